"""The sessions of a case: planned, on the floor, ended; which outfits are left to shoot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from serviceflow.api import Case, Order, table_of

from serviceflow_studio.tables import StudioBooking, StudioCase, StudioOutfit, StudioPackage

LINK = "shoot"
OVER = ("done", "aborted", "cancelled")


def sessions(case: Case) -> list[Order]:
    """Return the case's sessions, oldest first."""
    return case.children(LINK)


def planned(case: Case) -> Case | None:
    """Return the session that is planned and not begun."""
    order = next((o for o in sessions(case) if o.step == "planned"), None)
    return case.again(order=order) if order is not None else None


def on_the_floor(case: Case) -> Case | None:
    """Return the session that has begun and not ended."""
    order = next((o for o in sessions(case) if o.step != "planned" and o.step not in OVER), None)
    return case.again(order=order) if order is not None else None


def outfits_of(case: Case, *states: str) -> list[StudioOutfit]:
    """Return the outfits of all sessions of the case, of these states (of all when none is named)."""
    orders = [order.id for order in sessions(case)]
    table = table_of(StudioOutfit)
    where = [table.c.order_id.in_(orders)]
    if states:
        where.append(table.c.state.in_(states))
    return case.tx.all(StudioOutfit, *where, order_by=[table.c.seq, table.c.id]) if orders else []


def anything_shot(case: Case) -> bool:
    """Return whether a picture of the case was taken."""
    return bool(outfits_of(case, "shot"))


def package_of(case: Case) -> StudioPackage:
    """Return the package that was signed."""
    return case.tx.need(StudioPackage, case.own(StudioCase).package)


def left_to_shoot(case: Case) -> list[tuple[int, dict[str, Any]]]:
    """Return the package's outfits that no session has shot, as (place in the package, outfit)."""
    shot = {outfit.seq for outfit in outfits_of(case, "shot")}
    return [(n, outfit) for n, outfit in enumerate(package_of(case).outfits, start=1) if n not in shot]


def needs_car(case: Case, form: object) -> bool:
    """Return whether what a session would shoot includes an outdoor outfit."""
    if case.flow.key != "studio-case" or case.own(StudioCase).package is None:
        return False
    return any(outfit["place"] == "outdoor" for _, outfit in left_to_shoot(case))


def car_is_theirs(case: Case, day: date) -> bool:
    """Return whether the session to be moved has its car on that day already."""
    session = planned(case)
    if session is None:
        return False
    table = table_of(StudioBooking)
    return (
        case.tx.one(
            StudioBooking,
            table.c.order_id == session.order_id,
            table.c.day == day,
            table.c.outdoor,
            table.c.state == "booked",
        )
        is not None
    )


def add_outfits(session: Case, outfits: Sequence[tuple[int, dict[str, Any]]]) -> None:
    """Give a session its outfits."""
    for seq, outfit in outfits:
        session.tx.add(StudioOutfit(order_id=session.order_id, seq=seq, type=outfit["type"], place=outfit["place"]))


def outfits_of_session(session: Case, *states: str) -> list[StudioOutfit]:
    """Return a session's own outfits in the order of the package."""
    rows = session.rows(StudioOutfit)
    return sorted((o for o in rows if not states or o.state in states), key=lambda o: o.seq)
