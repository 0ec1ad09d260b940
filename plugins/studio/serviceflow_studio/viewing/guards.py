"""Guards of selecting, of the list's three hours and of pickup appointments. Source: studio.md sections 4.2, 11."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from serviceflow.api import Case, Guard, Need, Refuse, T, Verdict, format_money, plain

from serviceflow_studio import ledger, prices, roles
from serviceflow_studio.bookings import horizon, live
from serviceflow_studio.places import Capacity, Wish, key, listed
from serviceflow_studio.shoot import rules as shoot_rules
from serviceflow_studio.shoot import sessions
from serviceflow_studio.tables import StudioCase
from serviceflow_studio.viewing import forms, pieces, selection


def _is_viewing_day(case: Case, form: object) -> Verdict:
    booked = case.anchor_day("viewing_at")
    if booked == case.today:
        return None
    return Refuse(
        T("The viewing is booked for {date}, today is {today}; move it first.", zh="预约日期为{date},请先改期。").of(
            date=booked or "-", today=case.today
        ),
        plain(f"flow do {case.order.number} move-viewing date={case.today} time= reason="),
    )


def _noshow_time(case: Case, form: object) -> Verdict:
    start = case.anchor("viewing_at")
    if not isinstance(start, datetime):
        return Refuse(T("No viewing is booked.", zh="未约看样。"), plain(f"flow do {case.order.number} book-viewing"))
    from_ = start + timedelta(minutes=case.number("studio.viewing.noshow_minutes"))
    if case.now >= from_:
        return None
    return Refuse(T("No-show can be noted from {t}.", zh="{t}后方可登记未到。").of(t=case.local(from_)), None)


def _files_ready(case: Case, form: object) -> Verdict:
    sets = selection.image_sets(case)
    missing = next((s for s in sets if s.state != "complete"), None)
    if missing is None and sets:
        return None
    return Refuse(
        T("Image set {x} is not complete.", zh="影像{x}未齐。").of(x=missing.image_no if missing else "-"),
        plain(f"flow do {case.order.number} files-ready image_no= photo_count="),
    )


def _set_known(case: Case, form: forms.FilesReady | forms.FilesMissing) -> Verdict:
    if form.image_no in {s.image_no for s in selection.image_sets(case)}:
        return None
    known = ", ".join(s.image_no for s in selection.image_sets(case)) or "-"
    return Refuse(T("{x} is no image set of this case.", zh="影像{x}不属于此订单。").of(x=form.image_no), plain(known))


def pass_in_order(wanted: int, done: int) -> Refuse | None:
    """Refuse a pass before the one that comes first."""
    if wanted <= done + 1:
        return None
    return Refuse(T("Pass {n} comes first.", zh="请先完成第{n}遍。").of(n=done + 1), plain(f"pass-{done + 1}"))


PASS_OF: dict[type, int] = {forms.Pass2: 2, forms.Pass3: 3}


def _passes_in_order(case: Case, form: object) -> Verdict:
    return pass_in_order(PASS_OF.get(type(form), 1), case.own(StudioCase).passes)


def _passes_done(case: Case, form: object) -> Verdict:
    done, wanted = case.own(StudioCase).passes, case.number("studio.viewing.passes")
    return pass_in_order(wanted + 1, done) if done < wanted else None


def _photo_exists(case: Case, form: Any) -> Verdict:
    found = selection.unknown_photo(case, form.reject, getattr(form, "restore", None))
    if found is None:
        return None
    image_no, photo, count = found
    return Refuse(
        T("Photo {n} is not in {image_no} (1-{count}).", zh="{image_no} 无照片{n}(1-{count})。").of(
            n=photo, image_no=image_no, count=count
        ),
        plain("1-{count}").of(count=count),
    )


def _extra_there(case: Case, form: Any) -> Verdict:
    there = {line.code: line.qty for line in selection.viewing_lines(case)}
    changes = isinstance(form, forms.ChangeList)
    dropped: list[list[Any]] = (form.drop or []) if changes else [[form.code, form.qty]]
    for code, qty in dropped:
        if qty > there.get(code, 0) or code == case.setting("studio.viewing.extra_photo_code"):
            return Refuse(
                T("{code}: only {n} are on the list.", zh="{code}: 清单上只有{n}件。").of(
                    code=code, n=there.get(code, 0)
                ),
                T("On the list: {codes}", zh="清单上有: {codes}").of(codes=", ".join(sorted(there)) or "-"),
            )
    return None


def enough(kept: int, included: int) -> Refuse | None:
    """Refuse a selection of fewer photos than the package includes."""
    if kept >= included:
        return None
    return Refuse(
        T("{n} more photos must be kept (package {included}).", zh="还需选{n}张。").of(
            n=included - kept, included=included
        ),
        T("Keep more photos, or begin a new pass.", zh="请补选照片。"),
    )


def _enough_kept(case: Case, form: Any) -> Verdict:
    kept = selection.kept_after(case, getattr(form, "reject", None), getattr(form, "restore", None))
    return enough(kept, sessions.package_of(case).included_photos)


def _viewing_discount(case: Case, form: forms.Discount) -> Verdict:
    total = selection.extras_total(case)
    if not 0 < form.amount <= total:
        return Refuse(
            T("The discount lies between 0.01 and the extras {total}.", zh="优惠须在0.01与加选{total}之间。").of(
                total=format_money(total)
            ),
            plain("amount={total}").of(total=format_money(total)) if total > 0 else None,
        )
    signer = prices.discount_signer(form.amount, total, case.number("studio.discount.supervisor_percent"))
    return Need(
        roles.BY_SUPERVISOR if signer == "supervisor" else roles.BY_MANAGER,
        T("discount {off} of {total}: {why}", zh="优惠{off}, 加选{total}: {why}").of(
            off=format_money(form.amount), total=format_money(total), why=form.reason
        ),
    )


def window_end(case: Case) -> datetime:
    """Return the last instant at which the signed list may be changed."""
    signed = case.anchor("list_signed_at")
    assert isinstance(signed, datetime)
    return signed + timedelta(hours=case.number("studio.viewing.change_hours"))


def _change_window(case: Case, form: object) -> Verdict:
    if case.now <= window_end(case):
        return None
    return Refuse(
        T("The {n} hours ended {t}; only additions are possible.", zh="已过{t},只加不减。").of(
            n=case.number("studio.viewing.change_hours"), t=case.local(window_end(case))
        ),
        plain(f"flow do {case.order.number} add-only"),
    )


def _window_over(case: Case, form: object) -> Verdict:
    if case.now > window_end(case):
        return None
    return Refuse(
        T("Changes are possible until {t}; hand over after that.", zh="{t}前可改,之后再移交。").of(
            t=case.local(window_end(case))
        ),
        None,
    )


def _balance_zero(case: Case, form: object) -> Verdict:
    """Refuse a debt; handing over also refuses a credit."""
    owed = ledger.balance(case)
    strict = case.order.step == "selected"
    if owed <= 0 and not (strict and owed < 0):
        return None
    return Refuse(
        T("Balance is {balance}: collect it / refund the credit first.", zh="余额{balance}元,请先收清或退清。").of(
            balance=format_money(owed)
        ),
        plain(f"flow do {case.order.number} {'pay' if owed > 0 else 'refund-credit'}"),
    )


def _pickup_booked(case: Case, form: object) -> Verdict:
    if live(case, "pickup") is not None:
        return None
    return Refuse(T("Book the pickup first.", zh="请先约取件。"), plain(f"flow do {case.order.number} book-pickup"))


def pickup_wish(case: Case, form: forms.BookPickup) -> Wish:
    """Return what a pickup takes."""
    return Wish("pickup", form.date, time.fromisoformat(form.time))


def _pickup_slot(case: Case, form: forms.BookPickup) -> Verdict:
    wish, calendars = pickup_wish(case, form), Capacity.of(case)
    starts = calendars.starts("pickup")
    if wish.start in starts:
        return None
    return Refuse(
        T("Slots run {first}-{last} every {n} min.", zh="时段不符, 可约{first}-{last}, 每{n}分钟。").of(
            first=f"{starts[0]:%H:%M}", last=f"{starts[-1]:%H:%M}", n=case.number("studio.pickup.slot_minutes")
        ),
        plain(f"flow studio cal pickup {wish.day} --free"),
    )


def _pickup_horizon(case: Case, form: forms.BookPickup) -> Verdict:
    refusal = shoot_rules.within_horizon(form.date, case.today, horizon(case))
    if refusal is not None or pickup_wish(case, form).at(case.zone) >= case.now:
        return refusal
    return shoot_rules.within_horizon(case.today - timedelta(days=1), case.today, horizon(case))


def _pickup_free(case: Case, form: forms.BookPickup) -> Verdict:
    wish, calendars = pickup_wish(case, form), Capacity.of(case)
    pending = live(case, "pickup")
    if calendars.free(wish) or (pending is not None and pending.starts_at == wish.at(case.zone)):
        return None
    used, most = calendars.used(wish)
    following = calendars.next_starts(wish, not_before=case.now, latest=horizon(case))
    return Refuse(
        T("{date} {time} is full ({used}/{cap}).", zh="{date} {time} 已满({used}/{cap})。").of(
            date=wish.day, time=form.time, used=used, cap=most
        ),
        T("Next: {next}", zh="最近可约: {next}").of(next=listed(following)),
    )


def _earliest_pickup(case: Case, form: forms.BookPickup) -> Verdict:
    first = pieces.earliest_pickup(case)
    if form.date >= first:
        return None
    return Need(
        roles.BY_SUPERVISOR, T("Earlier than {d}: waits for the supervisor.", zh="早于{d}须主管批准。").of(d=first)
    )


def reshoot_wish(case: Case, form: forms.Reshoot) -> Wish:
    """Return what a reshoot takes; a car if one of its outfits is worn outdoors."""
    outdoor = any(outfit["place"] == "outdoor" for _, outfit in reshot(case, form))
    return Wish("shoot", form.date, time.fromisoformat(form.wave), car=outdoor)


def reshot(case: Case, form: forms.Reshoot) -> list[tuple[int, dict[str, Any]]]:
    """Return the outfits to shoot again, as (place in the package, outfit)."""
    all_of_them = list(enumerate(sessions.package_of(case).outfits, start=1))
    return [(n, outfit) for n, outfit in all_of_them if str(n) in form.outfits]


def _outfits_known(case: Case, form: forms.Reshoot) -> Verdict:
    if len(reshot(case, form)) == len(set(form.outfits)) > 0:
        return None
    known = ", ".join(f"{n} {o['type']}" for n, o in enumerate(sessions.package_of(case).outfits, start=1))
    return Refuse(
        T("Name outfits by their numbers: {known}.", zh="请按序号指明造型: {known}。").of(known=known),
        plain("outfits=1,2"),
    )


def _reshoot_place(case: Case, form: forms.Reshoot) -> Verdict:
    wish, calendars = reshoot_wish(case, form), Capacity.of(case)
    pending = live(case, "shoot", "pending")
    if calendars.fits(wish) or (pending is not None and pending.starts_at == wish.at(case.zone)):
        return None
    used, most = calendars.used(wish)
    return Refuse(
        T("{date} {time} is full ({used}/{cap}).", zh="{date} {time} 已满({used}/{cap})。").of(
            date=key(wish.day, wish.start)[:10], time=form.wave, used=used, cap=most
        ),
        shoot_rules.following(case, wish),
    )


def _reshoot_signed(case: Case, form: forms.Reshoot) -> Verdict:
    return Need(roles.MANAGER_AND_DISPATCHER, T("reshoot: {why}", zh="重拍: {why}").of(why=form.reason))


IS_VIEWING_DAY = Guard("is-viewing-day", _is_viewing_day, early=True)
VIEWING_NOSHOW = Guard("viewing-noshow-time", _noshow_time, early=True)
FILES_READY = Guard("files-ready", _files_ready, early=True)
SET_KNOWN = Guard("image-known", _set_known)
PASSES_IN_ORDER = Guard("passes-in-order", _passes_in_order)
PASSES_DONE = Guard("passes-done", _passes_done, early=True)
PHOTO_EXISTS = Guard("photo-exists", _photo_exists)
EXTRA_THERE = Guard("extra-there", _extra_there)
ENOUGH_KEPT = Guard("enough-kept", _enough_kept)
VIEWING_DISCOUNT = Guard("viewing-discount", _viewing_discount, needs=(roles.BY_SUPERVISOR, roles.BY_MANAGER))
CHANGE_WINDOW = Guard("change-window", _change_window, early=True)
WINDOW_OVER = Guard("window-over", _window_over, early=True)
BALANCE_ZERO = Guard("balance-zero", _balance_zero, early=True)
PICKUP_BOOKED = Guard("pickup-booked", _pickup_booked, early=True)
PICKUP_SLOT = Guard("pickup-slot", _pickup_slot)
PICKUP_HORIZON = Guard("pickup-horizon", _pickup_horizon, once=True)
PICKUP_FREE = Guard("pickup-free", _pickup_free)
EARLIEST_PICKUP = Guard("earliest-pickup", _earliest_pickup, once=True, needs=(roles.BY_SUPERVISOR,))
OUTFITS_KNOWN = Guard("outfits-known", _outfits_known)
RESHOOT_PLACE = Guard("reshoot-place", _reshoot_place)
RESHOOT_SIGNED = Guard("reshoot-signed", _reshoot_signed, needs=(roles.MANAGER_AND_DISPATCHER,))
HANDOVER_SIGNED = Guard(
    "handover-signed",
    lambda case, form: Need(roles.BY_FINANCE, T("receipt of envelope and list", zh="签收资料袋与清单")),
    needs=(roles.BY_FINANCE,),
)
