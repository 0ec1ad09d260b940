"""What viewing, selecting and signing the list does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from serviceflow.api import Case, T, format_money, instant_of

from serviceflow_studio import bookings, ledger
from serviceflow_studio.persons import profile_of
from serviceflow_studio.shoot import sessions
from serviceflow_studio.shoot.effects import plan_session
from serviceflow_studio.slips import write_lost_memo
from serviceflow_studio.tables import StudioBooking, StudioCase, StudioImages, StudioPick, StudioPrice
from serviceflow_studio.viewing import forms, guards, pieces, selection
from serviceflow_studio.viewing.bookings import lose_viewing

SET_VIEWING = T("Agree a viewing date", zh="约看样日期")


def files_ready(case: Case, form: forms.FilesReady) -> None:
    """Register the pictures of a set; the check is done once all sets are complete."""
    images = case.tx.need(StudioImages, form.image_no)
    known = images.photo_count or 0
    case.tx.change(images, photo_count=form.photo_count, state="complete")
    for photo in range(known + 1, form.photo_count + 1):
        case.tx.add(StudioPick(image_no=form.image_no, photo=photo, order_id=case.order_id))
    if all(s.state == "complete" for s in selection.image_sets(case)):
        case.close_tasks("check-files", result="files-ready")


def files_missing(case: Case, form: forms.FilesMissing) -> None:
    """Tell the image controller."""
    case.tx.change(case.tx.need(StudioImages, form.image_no), state="missing")
    case.alert(
        "find-files",
        T("Image set {x}: {note}", zh="影像{x}: {note}").of(x=form.image_no, note=form.note),
        who="image-controller",
    )


def viewing_no_show(case: Case, form: object) -> None:
    """Note that the customer did not come to the viewing; a new date is agreed by the next evening."""
    viewing = case.anchor_day("viewing_at")
    lose_viewing(case, "no-show")
    by_hand = case.actor is not None
    day = case.today + timedelta(days=1) if by_hand or viewing is None else viewing + timedelta(days=1)
    case.cancel_tasks("set-viewing", reason=T("planned anew", zh="重新安排"))
    due = instant_of(day, case.clock_time("studio.day.task_due"), case.zone)
    case.add_task(
        "set-viewing", SET_VIEWING, who="viewing-consultant", due=max(due, case.now), closed_by=("book-viewing",)
    )


def start_viewing(case: Case, form: forms.StartViewing) -> None:
    """Keep the room."""
    booking = bookings.live(case, "viewing", "booked")
    if booking is not None:
        bookings.end(case, booking, "kept")
    write_lost_memo(case, form)


def _passed(case: Case, number: int) -> None:
    mine = case.own(StudioCase)
    case.tx.change(mine, passes=max(mine.passes, number))


def pass_1(case: Case, form: object) -> None:
    """Note that all pictures were seen."""
    _passed(case, 1)


def pass_2(case: Case, form: forms.Pass2) -> None:
    """Take pictures out."""
    selection.mark(case, form.reject, "rejected")
    _passed(case, 2)


def pass_3(case: Case, form: forms.Pass3) -> None:
    """Settle: what is not taken out is kept."""
    selection.mark(case, form.reject, "rejected")
    selection.mark(case, form.restore, "kept")
    for pick in selection.picks(case, "undecided"):
        case.tx.change(pick, state="kept")
    _passed(case, 3)
    selection.recompute(case)
    case.notes.lines.append(T("{n} photos kept", zh="留片{n}张").of(n=selection.kept_count(case)))


def add_extra(case: Case, form: forms.Extra) -> None:
    """Sell something at the viewing."""
    selection.add_extra(case, form.code, form.qty)
    for image_no, photo in selection.spread(case, form.photos):
        pick = case.tx.get(StudioPick, image_no, photo)
        if pick is not None and form.request:
            case.tx.change(pick, request=form.request)
    selection.recompute(case)


def drop_extra(case: Case, form: forms.Extra) -> None:
    """Take something off the list."""
    selection.drop_extra(case, form.code, form.qty)
    selection.recompute(case)


def discount(case: Case, form: forms.Discount) -> None:
    """Take the signed discount off."""
    selection.set_discount(case, form.amount)
    case.change(amount=ledger.due_total(case))


def sign_list(case: Case, form: forms.SignList) -> None:
    """Make out the production list and the pieces on it."""
    selection.recompute(case)
    pieces.build(case)
    _new_list(case)
    hours = case.number("studio.viewing.change_hours")
    case.notes.lines.append(
        T("to pay {balance}; no return or change {n} h after signing", zh=("应付{balance}元;签字{n}小时后不得退改")).of(
            balance=format_money(ledger.balance(case)), n=hours
        )
    )


def _new_list(case: Case) -> None:
    mine, made = case.own(StudioCase), case.issue("production-list")
    case.tx.change(mine, list_no=made.number or mine.list_no, list_version=made.version)


def bridal_wanted(case: Case) -> bool:
    """Return whether make-up or dress for the wedding are to be arranged, and there is time for it."""
    package = sessions.package_of(case)
    assert case.customer.id is not None
    wedding = profile_of(case.tx, case.customer.id).wedding_date
    if wedding is None or not (package.bridal_makeup or package.dress_loan):
        return False
    case.set_anchor("wedding_on", wedding)
    return wedding - timedelta(days=case.number("studio.bridal.days")) >= case.today


def change_list(case: Case, form: forms.ChangeList) -> None:
    """Change the list within its hours; pieces and extra photos follow."""
    for code, qty in form.drop or ():
        selection.drop_extra(case, code, qty)
    for code, qty in form.add or ():
        selection.add_extra(case, code, qty)
    selection.mark(case, form.reject, "rejected")
    selection.mark(case, form.restore, "kept")
    selection.recompute(case)
    pieces.build(case)
    _new_list(case)
    _tell_if_too_early(case)


def add_only(case: Case, form: forms.AddOnly) -> None:
    """Add to the signed list."""
    selection.add_extra(case, form.code, form.qty)
    selection.rescale_discount(case)
    price = case.tx.need(StudioPrice, form.code)
    pieces.add(
        case,
        price.code,
        price.name_en,
        price.name_zh,
        selection.VIEWING,
        form.qty,
        price.production_days,
        bulky=price.bulky,
    )
    case.change(amount=ledger.due_total(case))
    _new_list(case)
    _tell_if_too_early(case)


def _tell_if_too_early(case: Case) -> None:
    if pieces.pickup_too_early(case):
        case.alert(
            "pickup-too-early",
            T(
                "Pickup is before the pieces can be ready ({d}): agree another date",
                zh="取件日早于最早可取日{d}, 请改约",
            ).of(d=pieces.earliest_pickup(case)),
            who="viewing-consultant",
        )


def reshoot(case: Case, form: forms.Reshoot, booking: StudioBooking) -> None:
    """Open the outfits again in a new session, free of charge; the passes start again."""
    outfits = guards.reshot(case, form)
    again = {n for n, _ in outfits}
    for outfit in sessions.outfits_of(case, "shot"):
        if outfit.seq in again:
            case.tx.change(outfit, state="moved")
    lose_viewing(case, "released")
    case.tx.change(case.own(StudioCase), passes=0)
    plan_session(case, booking, outfits)


def set_pickup(case: Case, form: Any, booking: StudioBooking) -> None:
    """Let the case's plans follow its pickup."""
    case.set_anchor("pickup_at", booking.starts_at)
    case.issue("pickup-notice")
