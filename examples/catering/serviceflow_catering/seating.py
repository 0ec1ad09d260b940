"""Whose table is whose: a visit holds its table for a span; spans meet but never overlap."""

from __future__ import annotations

from datetime import datetime, timedelta

from serviceflow.api import (
    Case,
    Order,
    Refuse,
    Refused,
    T,
    Taken,
    free_holds,
    overlapping,
    plain,
    table_of,
    take_span,
)

from serviceflow_catering.tables import CatTable, CatVisit

KIND = "catering.table"
AT_TABLE = ("seated", "dining", "paid")


def holder(order_id: int) -> str:
    """Return the name under which a visit holds its table."""
    return f"visit {order_id}"


def fits(case: Case, code: str | None, party: int) -> Refuse | None:
    """Refuse a party of nobody, and a table that is unknown, closed or too small (CAT-1)."""
    if party < 1:
        return Refuse(T("At least one guest.", zh="至少 1 位客人。"), ref="CAT-1")
    if code is None:
        return None
    table = case.tx.get(CatTable, code)
    if table is not None and table.active and table.seats >= party:
        return None
    seats = table.seats if table is not None and table.active else 0
    return Refuse(
        T("Table {t} has {n} seats.", zh="{t} 桌有 {n} 个座位。").of(t=code, n=seats),
        plain("flow catering floor"),
        ref="CAT-1",
    )


def taken_until(case: Case, code: str, start: datetime) -> datetime | None:
    """Return until when a table is not free for a visit that starts then; nothing when it is (CAT-2)."""
    end = start + timedelta(minutes=case.number("cat.turn_minutes"))
    other = overlapping(case.tx, KIND, code, start, end, but=holder(case.order_id))
    if other is not None:
        return other.until_at
    if start > case.now:
        return None
    visits, orders = table_of(CatVisit), table_of(Order)
    sitting = [visit.order_id for visit in case.tx.all(CatVisit, visits.c.table_code == code)]
    still = case.tx.all(Order, orders.c.id.in_(sitting), orders.c.step.in_(AT_TABLE), orders.c.id != case.order_id)
    return case.now if still else None


def is_free(case: Case, code: str | None, start: datetime) -> Refuse | None:
    """Refuse a table that is taken by then."""
    until = taken_until(case, code, start) if code is not None else None
    return _taken(case, code, until) if until is not None else None


def _taken(case: Case, code: str | None, until: datetime | None) -> Refuse:
    return Refuse(
        T("{t} is taken until {time}.", zh="{t} 桌占用至 {time}。").of(
            t=code, time=case.local(until)[11:] if until is not None else "-"
        ),
        plain("flow catering floor"),
        ref="CAT-2",
    )


def take(case: Case, code: str, start: datetime) -> None:
    """Hold a table from then on; what the visit held before is free.

    Raises:
        Refused: Somebody else was faster.
    """
    free(case)
    end = start + timedelta(minutes=case.number("cat.turn_minutes"))
    try:
        take_span(case.tx, KIND, code, start, end, order_id=case.order_id, holder=holder(case.order_id))
    except Taken as other:
        refuse = _taken(case, code, other.hold.until_at)
        raise Refused(refuse.sentence, refuse.way_out, ref=refuse.ref) from other


def free(case: Case) -> None:
    """Give the visit's table back."""
    free_holds(case.tx, holder(case.order_id))
