"""Bookings in the calendars: taken, held for a signature, moved, kept, freed. Source: studio.md sections 3, 5.2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from serviceflow.api import Case, Order, Refused, Shop, T, Tx, free_holds, hold_rows, keep_holds, plain, table_of

from serviceflow_studio.places import CALENDARS, CAR, WHOLE_DAY, Capacity, Wish, key, listed
from serviceflow_studio.tables import StudioBooking

LIVE = ("pending", "booked")


def live(case: Case, calendar: str, *states: str) -> StudioBooking | None:
    """Return the case's booking in a calendar that is pending or booked."""
    table = table_of(StudioBooking)
    return case.tx.one(
        StudioBooking,
        table.c.order_id == case.order_id,
        table.c.calendar == calendar,
        table.c.state.in_(states or LIVE),
    )


def last(case: Case, calendar: str) -> StudioBooking | None:
    """Return the case's newest booking in a calendar, whatever became of it."""
    table = table_of(StudioBooking)
    return case.tx.one(
        StudioBooking, table.c.order_id == case.order_id, table.c.calendar == calendar, order_by=[table.c.id.desc()]
    )


def holder(booking: StudioBooking) -> str:
    """Return the key under which a booking holds its places."""
    return f"studio-booking/{booking.id}"


def book(case: Case, wish: Wish, *, state: str = "booked", override_by: int | None = None) -> StudioBooking:
    """Take the places of a wish.

    Raises:
        Refused: Somebody else has just taken the last of them; nothing is stored.
    """
    at = wish.at(case.zone)
    booking = case.tx.add(
        StudioBooking(
            calendar=wish.calendar,
            order_id=case.order_id,
            day=wish.day,
            starts_at=at,
            ends_at=at + timedelta(minutes=wish.minutes) if wish.minutes else None,
            outdoor=wish.car,
            state=state,
            by_id=case.actor.id if case.actor else None,
            at=case.now,
            override_by_id=override_by,
        )
    )
    calendars = Capacity.of(case)
    resource = calendars.take(wish, order_id=case.order_id, holder=holder(booking), state=state)
    if resource is None:
        following = calendars.next_starts(wish, not_before=case.now, latest=horizon(case))
        raise Refused(
            T("{date} {time} was just taken. Next: {next}", zh="{date} {time} 刚被约满,最近可约: {next}").of(
                date=wish.day, time=f"{wish.start:%H:%M}", next=listed(following)
            ),
            plain(f"flow studio cal {wish.calendar} {wish.day} --free"),
            ref="studio.place-taken",
        )
    return case.tx.change(booking, resource=resource)


def end(case: Case, booking: StudioBooking, state: str) -> None:
    """End a booking; a kept one goes on holding its place, any other frees it at once."""
    if state == "kept":
        keep_holds(case.tx, holder(booking), "kept")
    else:
        free_holds(case.tx, holder(booking))
    case.tx.change(booking, state=state)


def change_car(case: Case, booking: StudioBooking, *, wanted: bool) -> None:
    """Take a car for a booked shoot, or give its car back."""
    cell = key(booking.day, WHOLE_DAY)
    if wanted:
        CAR.take(
            case.tx,
            [cell],
            Capacity.of(case).capacity("car", booking.day, [WHOLE_DAY]),
            order_id=case.order_id,
            holder=holder(booking),
        )
    else:
        for hold in hold_rows(case.tx, holder(booking)):
            if hold.kind == CAR.kind:
                case.tx.remove(hold)
    case.tx.change(booking, outdoor=wanted)


def horizon(case: Case) -> Any:
    """Return the furthest day that can be booked."""
    return case.today + timedelta(days=case.number("studio.calendar.horizon_days"))


def own(case: Case) -> Case | None:
    """Return the case itself, as the owner of its bookings."""
    return case


@dataclass(frozen=True)
class Book:
    """Effect that books, or moves what is booked; while signatures are missing the place is held.

    Args:
        wish: What the form asks for.
        then: Runs with the booking once it stands: anchors, child orders.
        owner: Order whose booking is moved; none when it is the first.
    """

    wish: Callable[[Case, Any], Wish | None]
    then: Callable[[Case, Any, StudioBooking], None]
    owner: Callable[[Case], Case | None] = own
    before = True

    def _booked(self, case: Case, calendar: str) -> StudioBooking | None:
        owner = self.owner(case)
        return live(owner, calendar, "booked") if owner is not None else None

    def reserve(self, case: Case, form: Any) -> None:
        """Hold the place until the request is decided."""
        wish = self.wish(case, form)
        if wish is None:
            return
        old = self._booked(case, wish.calendar)
        if old is not None:  # an order has one live booking: the pending one waits beside it
            case.tx.change(old, waits_beside=True)
        book(case, wish, state="pending")

    def release(self, case: Case, form: Any) -> None:
        """Free the place of a request that was rejected or not decided in time."""
        wish = self.wish(case, form)
        if wish is None:
            return
        pending = live(case, wish.calendar, "pending")
        if pending is not None:
            end(case, pending, "released")
        old = self._booked(case, wish.calendar)
        if old is not None:
            case.tx.change(old, waits_beside=False)

    def apply(self, case: Case, form: Any) -> None:
        wish = self.wish(case, form)
        if wish is None:
            return
        pending = live(case, wish.calendar, "pending")
        old = self._booked(case, wish.calendar)
        if old is not None:
            end(case, old, "moved")
        if pending is not None:
            keep_holds(case.tx, holder(pending), "booked")
            signer = case.actor.id if case.actor else None
            self.then(case, form, case.tx.change(pending, state="booked", override_by_id=signer))
        else:
            self.then(case, form, book(case, wish))


def overbooked(shop: Shop, tx: Tx, calendar: str, day: date, cell: str, capacity: int) -> list[str]:
    """Return the numbers of the orders whose places lie above a new capacity of a day or of one start."""
    calendars = Capacity(tx, shop.setting, shop.zone)
    starts = [start for start in calendars.starts(calendar) if not cell or f"{start:%H:%M}" == cell]
    above = CALENDARS[calendar].above(tx, [key(day, start) for start in starts], capacity)
    orders = (tx.need(Order, hold.order_id) for hold in above if hold.order_id is not None)
    return sorted({order.number for order in orders})
