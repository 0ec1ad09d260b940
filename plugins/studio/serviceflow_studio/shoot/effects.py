"""What booking, moving and losing a shoot date does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from serviceflow.api import Case, Computed, Deadline, T, instant_of

from serviceflow_studio import bookings, ledger, offers
from serviceflow_studio.floor.minutes import planned_minutes, told_hours
from serviceflow_studio.shoot import forms, sessions
from serviceflow_studio.slips import write_lost_memo
from serviceflow_studio.tables import StudioBooking, StudioCase


def book(case: Case, form: Any, booking: StudioBooking) -> None:
    """Open the session of a new date; offers that cover the date are used."""
    session = plan_session(case, booking, sessions.left_to_shoot(case))
    del session
    offers.settle_by_shoot(case, booking.day)


def plan_session(case: Case, booking: StudioBooking, outfits: list[tuple[int, dict[str, Any]]]) -> Case:
    """Open a planned session for a booking, with its outfits."""
    order = case.open_child(sessions.LINK, {"shoot_at": booking.starts_at})
    session = case.again(order=order)
    sessions.add_outfits(session, outfits)
    case.tx.change(booking, order_id=session.order_id)
    case.set_anchor("shoot_at", booking.starts_at)
    return session


def move(case: Case, form: Any, booking: StudioBooking) -> None:
    """Give the planned session its new date."""
    session = sessions.planned(case)
    assert session is not None
    case.tx.change(booking, order_id=session.order_id)
    session.set_anchor("shoot_at", booking.starts_at)
    case.set_anchor("shoot_at", booking.starts_at)
    offers.settle_by_shoot(case, booking.day)


def give_up(case: Case, form: object) -> None:
    """Free the place of a shoot date that is given up."""
    _lose(case, "released")


def no_show(case: Case, form: object) -> None:
    """Note that the customer did not come."""
    _lose(case, "no-show")


def _lose(case: Case, state: str) -> None:
    session = sessions.planned(case)
    if session is not None:
        booking = bookings.live(session, "shoot", "booked")
        if booking is not None:
            bookings.end(session, booking, state)
        session.act("cancel")
    case.set_anchor("shoot_at", None)
    offers.settle_by_shoot(case, None)


def pay_today(case: Case, form: forms.PayShootToday) -> None:
    """Record the payment of somebody who is photographed at once."""
    case.tx.change(case.own(StudioCase), invoice_no=form.invoice_no)
    ledger.pay(case, "deposit", form.amount, form.method, form.invoice_no)


def check_in(case: Case, form: forms.CheckIn) -> None:
    """Keep the place and send the session onto the floor."""
    session = sessions.planned(case)
    assert session is not None
    booking = bookings.live(session, "shoot", "booked")
    if booking is not None:
        bookings.end(session, booking, "kept")
    write_lost_memo(case, form)
    minutes = planned_minutes(case.setting, sessions.outfits_of_session(session))
    case.notes.lines.append(
        T("planned {n} min, tell them {h} h", zh="预计{n}分钟, 告知{h}小时").of(n=minutes, h=told_hours(minutes))
    )
    session.act("arrive")


def change_outfits(case: Case, form: object) -> None:
    """Give the planned session the outfits of the package that was changed to."""
    session = sessions.planned(case)
    if session is None:
        return
    for outfit in sessions.outfits_of_session(session):
        case.tx.remove(outfit)
    outfits = sessions.left_to_shoot(case)
    sessions.add_outfits(session, outfits)
    outdoor = any(outfit["place"] == "outdoor" for _, outfit in outfits)
    booking = bookings.live(session, "shoot", "booked")
    if booking is not None and booking.outdoor != outdoor:
        bookings.change_car(case, booking, wanted=outdoor)


def next_session(case: Case, form: object) -> None:
    """Let the case follow the session that is still planned; visits nobody made are skipped."""
    case.cancel_tasks("visit-consultant", "visit-viewing", reason=T("session over", zh="拍摄已结束"), state="skipped")
    session = sessions.planned(case)
    case.set_anchor("session_on", case.today)
    if session is not None:
        case.set_anchor("shoot_at", session.anchor("shoot_at"))


def aborted(case: Case, form: object) -> None:
    """Let the case follow a session that is still planned, or lose its date."""
    next_session(case, form)
    if sessions.planned(case) is None:
        case.set_anchor("shoot_at", None)
        offers.settle_by_shoot(case, None)


def late_change_after(case: Case) -> Deadline | None:
    """Return the moment after which a change of the shoot date is late: the end of the day two days before."""
    start = case.anchor_day("shoot_at")
    if start is None:
        return None
    from datetime import time

    return Deadline(instant_of(start - timedelta(days=1), time(0), case.zone), closed=False)


LATE_CHANGE = Computed(late_change_after)


def shoot_ahead(case: Case) -> bool:
    """Return whether the shoot is on a later day, so that day-before plans make sense."""
    start = case.anchor_day("shoot_at")
    return start is not None and start > case.today
