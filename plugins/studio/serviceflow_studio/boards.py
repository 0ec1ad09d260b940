"""What the studio sees at a glance: control tables, the floor, deposits without a date.

Source: studio.md section 8. Boards are read inside one transaction and are plain rows; commands and reports print them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from serviceflow.api import (
    Anchor,
    Case,
    Customer,
    Notes,
    Order,
    Places,
    RequestRow,
    Shop,
    T,
    Tx,
    case_of,
    format_money,
    table_of,
)

from serviceflow_studio import ledger
from serviceflow_studio.bookings import holder, live
from serviceflow_studio.floor.minutes import planned_minutes, told_hours
from serviceflow_studio.floor.steps import LIMITS
from serviceflow_studio.places import CALENDARS, WHOLE_DAY, Capacity, Wish, key
from serviceflow_studio.shoot import sessions
from serviceflow_studio.tables import StudioBooking, StudioCase, StudioLockerUse, StudioOutfit, StudioSession
from serviceflow_studio.viewing.guards import window_end

Row = dict[str, Any]
ENDED = ("done", "aborted", "cancelled")


def short_name(name: str) -> str:
    """Return how a couple stands on a board: the first character of each name, ``陈/李``."""
    return "/".join(part.strip()[:1] if not part.isascii() else part.strip() for part in name.split("/"))


def case_in(shop: Shop, tx: Tx, order: Order) -> Case:
    """Return an order's case for looking only."""
    return case_of(shop, tx, order, Notes())


# -- control tables ------------------------------------------------------------------------------------------


def control_table(shop: Shop, tx: Tx, calendar: str, day: date) -> list[Row]:
    """Return one row per start of a day: start, what stands at each resource, free of capacity."""
    calendars = Capacity(tx, shop.setting, shop.zone)
    places = CALENDARS[calendar]
    starts = calendars.starts(calendar)
    capacity = calendars.capacity(calendar, day, starts)
    taken = places.taken(tx, [key(day, start) for start in starts])
    names = _holders(shop, tx, calendar, day)
    rows = []
    for start in starts:
        cell = key(day, start)
        held = {name: names.get(hold.holder, "?") for name, hold in taken[cell].items()}
        over = [name for name in held if int(name.removeprefix(places.prefix)) > capacity[cell]]
        rows.append(
            {
                "day": day,
                "start": "" if start == WHOLE_DAY else f"{start:%H:%M}",
                "places": [held.get(name, "-") for name in resources(places, max(capacity[cell], len(held)))],
                "free": max(capacity[cell] - len(held) + len(over), 0),
                "capacity": capacity[cell],
                "over": len(over),
            }
        )
    return rows


def month(shop: Shop, tx: Tx, calendar: str, first: date, days: int) -> list[Row]:
    """Return one row per day: what is taken and free of a calendar, and which starts are full or closed."""
    rows = []
    for n in range(days):
        day = first + timedelta(days=n)
        starts = control_table(shop, tx, calendar, day)
        capacity, free = sum(row["capacity"] for row in starts), sum(row["free"] for row in starts)
        full = [row["start"] for row in starts if row["capacity"] and not row["free"]]
        rows.append(
            {
                "day": day,
                "weekday": str(WEEKDAYS[day.weekday()]),
                "taken": sum(row["capacity"] - row["free"] + row["over"] for row in starts),
                "free": free,
                "capacity": capacity,
                "over": sum(row["over"] for row in starts),
                "full": full,
                "state": str(CLOSED if not capacity else FULL if not free else ""),
            }
        )
    return rows


CLOSED, FULL = T("closed", zh="停拍"), T("full", zh="已满")
WEEKDAYS = tuple(
    T(en, zh=f"周{zh}")
    for en, zh in zip(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), "一二三四五六日", strict=True)
)


def resources(places: Places, count: int) -> list[str]:
    """Return the names of the first resources of a calendar."""
    return [f"{places.prefix}{n}" for n in range(1, count + 1)]


def _holders(shop: Shop, tx: Tx, calendar: str, day: date) -> dict[str, str]:
    table = table_of(StudioBooking)
    wanted = "shoot" if calendar == "car" else calendar
    found = {}
    for booking in tx.all(
        StudioBooking, table.c.calendar == wanted, table.c.day == day, table.c.state.in_(("pending", "booked", "kept"))
    ):
        case = _case_order(tx, booking.order_id)
        customer = tx.get(Customer, case.customer_id)
        said = f"{case.number} {short_name(customer.name if customer else '?')}"
        said += str(T(" *outdoor", zh=" *外景")) if booking.outdoor and calendar == "shoot" else ""
        found[holder(booking)] = f"({said})" if booking.state == "pending" else said
    return found


def _case_order(tx: Tx, order_id: int) -> Order:
    order = tx.need(Order, order_id)
    return tx.need(Order, order.parent_id) if order.parent_id is not None else order


def owing(shop: Shop, tx: Tx, day: date) -> list[Row]:
    """Return who is photographed on a day and still owes, with the earlier arrival."""
    table = table_of(StudioBooking)
    rows = []
    for booking in tx.all(StudioBooking, table.c.calendar == "shoot", table.c.day == day, table.c.state == "booked"):
        order = _case_order(tx, booking.order_id)
        owed = ledger.balance(case_in(shop, tx, order))
        if owed > 0:
            early = timedelta(minutes=shop.setting("studio.shoot.balance_early_minutes"))
            arrive = (booking.starts_at - early).astimezone(shop.zone)
            rows.append({"order": order.number, "balance": format_money(owed), "arrive": f"{arrive:%H:%M}"})
    return rows


def free_starts(shop: Shop, tx: Tx, calendar: str, day: date, minutes: int) -> list[str]:
    """Return the starts of a day at which a booking of so many minutes finds a place."""
    calendars = Capacity(tx, shop.setting, shop.zone)
    wishes = (Wish(calendar, day, start, minutes) for start in calendars.starts(calendar))
    return [f"{wish.start:%H:%M}" for wish in wishes if calendars.fits(wish)]


def rooms(shop: Shop, tx: Tx, day: date) -> dict[str, list[str]]:
    """Return who is in which viewing room on a day: ``14:00-16:30 ST0101 陈/李``."""
    table = table_of(StudioBooking)
    count = Capacity(tx, shop.setting, shop.zone).capacity("viewing", day, [WHOLE_DAY])[key(day, WHOLE_DAY)]
    found: dict[str, list[str]] = {name: [] for name in resources(CALENDARS["viewing"], count)}
    for booking in tx.all(
        StudioBooking,
        table.c.calendar == "viewing",
        table.c.day == day,
        table.c.state.in_(("pending", "booked", "kept")),
        order_by=[table.c.starts_at],
    ):
        order = _case_order(tx, booking.order_id)
        who = f"{order.number} {short_name(tx.need(Customer, order.customer_id).name)}"
        assert booking.ends_at is not None
        start, end = booking.starts_at.astimezone(shop.zone), booking.ends_at.astimezone(shop.zone)
        found.setdefault(booking.resource, []).append(f"{start:%H:%M}-{end:%H:%M} {who}")
    return found


def spans(starts: Sequence[str], grid: int) -> list[str]:
    """Return starts as spans of neighbours on a grid of minutes: ``09:00-11:30``; a lone one stands by itself."""
    runs: list[list[str]] = []
    for start in starts:
        if runs and _minutes(start) - _minutes(runs[-1][-1]) == grid:
            runs[-1].append(start)
        else:
            runs.append([start])
    return [run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


# -- the floor -----------------------------------------------------------------------------------------------


def floor(shop: Shop, tx: Tx, day: date) -> list[Row]:
    """Return every session of a day: the running ones at their stations, then those still to come."""
    table = table_of(StudioBooking)
    ids = {
        b.order_id
        for b in tx.all(
            StudioBooking, table.c.calendar == "shoot", table.c.day == day, table.c.state.in_(("booked", "kept"))
        )
    }
    orders = [order for order_id in sorted(ids) if (order := tx.need(Order, order_id)).step not in ENDED]
    rows = [_station(shop, tx, order) for order in orders if order.flow == "studio-shoot"]
    return sorted(rows, key=lambda row: (row["waits_to_come"], row["since_at"]))


def _station(shop: Shop, tx: Tx, order: Order) -> Row:
    session = case_in(shop, tx, order)
    parent = _case_order(tx, session.order_id)
    outfits = sessions.outfits_of_session(session)
    shot = sum(outfit.state == "shot" for outfit in outfits)
    since, limit = order.entered_at, limit_of(session, outfits)
    minutes = int((shop.clock.now() - since).total_seconds() // 60)
    use = next(iter(session.tx.all(StudioLockerUse, table_of(StudioLockerUse).c.order_id == session.order_id)), None)
    mine = tx.get(StudioSession, session.order_id)
    planned = order.step == "planned"
    start = session.anchor("shoot_at")
    at = start if planned and isinstance(start, datetime) else since
    return {
        "order": parent.number,
        "session": order.number,
        "names": short_name(session.customer.name),
        "step": order.step,
        "step_title": str(session.flow.step(order.step).title),
        "since_at": at,
        "since": f"{at.astimezone(shop.zone):%H:%M}",
        "minutes": None if planned else minutes,
        "limit": limit,
        "waits_to_come": planned,
        "late": max(int((shop.clock.now() - at).total_seconds() // 60), 0) if planned else 0,
        "over": not planned and limit is not None and minutes > limit,
        "outfit": f"{min(shot + 1, len(outfits))}/{len(outfits)}",
        "key": use.locker if use is not None else "",
        "planned": told_hours(planned_minutes(shop.setting, outfits)),
        "staff": (mine.photographer or "") if mine is not None else "",
    }


def limit_of(session: Case, outfits: Sequence[StudioOutfit]) -> int | None:
    """Return the minutes the station of a session allows; nothing where there is no limit."""
    step = session.flow.step(session.order.step)
    if session.order.step in LIMITS:
        return session.number(f"studio.floor.{LIMITS[session.order.step]}")
    deadline = step.limit.deadline(session) if step.limit is not None else None
    if deadline is None:
        return None
    return int((deadline.at - session.order.entered_at).total_seconds() // 60)


# -- deposits without a date ---------------------------------------------------------------------------------


def aged_deposits(shop: Shop, tx: Tx, older_than: int = 0) -> list[Row]:
    """Return the booked cases without a shoot date, oldest first."""
    table = table_of(Order)
    rows = []
    for order in tx.all(Order, table.c.flow == "studio-case", table.c.step.in_(("booked", "urging"))):
        booked = tx.get(Anchor, order.id, "booked_at")
        if booked is None or booked.at is None:
            continue
        age = (shop.local_day(shop.clock.now()) - shop.local_day(booked.at)).days
        if age < older_than:
            continue
        case = case_in(shop, tx, order)
        rows.append(
            {
                "order": order.number,
                "names": case.customer.name,
                "step": order.step,
                "step_title": str(case.flow.step(order.step).title),
                "booked": shop.local_day(booked.at),
                "age": age,
                "balance": ledger.balance(case),
                "urged": case.times_done("log-urge"),
            }
        )
    return sorted(rows, key=lambda row: -row["age"])


# -- the morning hand-over -----------------------------------------------------------------------------------


def to_hand_over(shop: Shop, tx: Tx) -> list[Row]:
    """Return the cases with a signed list: whether they may be handed over, and whether finance is to sign."""
    table, requests = table_of(Order), table_of(RequestRow)
    rows = []
    for order in tx.all(Order, table.c.flow == "studio-case", table.c.step == "selected"):
        case = case_in(shop, tx, order)
        waits = (
            tx.one(
                RequestRow,
                requests.c.order_id == order.id,
                requests.c.action == "to-production",
                requests.c.state == "pending",
            )
            is not None
        )
        over = shop.clock.now() > window_end(case)
        owed, booked = ledger.balance(case), live(case, "pickup") is not None
        state = (
            T("finance signs", zh="待财务签收")
            if waits
            else T("may still be changed", zh="可改期内")
            if not over
            else T("balance {n}", zh="余额{n}").of(n=format_money(owed))
            if owed
            else T("no pickup booked", zh="未约取件")
            if not booked
            else T("to hand over", zh="待移交")
        )
        rows.append(
            {
                "order": order.number,
                "order_id": order.id,
                "names": case.customer.name,
                "list": case.own(StudioCase).list_no or "",
                "state": str(state),
                "waits": waits,
                "may": over and not owed and booked and not waits,
            }
        )
    return rows
