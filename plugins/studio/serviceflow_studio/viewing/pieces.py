"""The pieces a case brings: made from the package and what was sold. Source: studio.md sections 4.2, 5.2."""

from __future__ import annotations

from datetime import date, timedelta

from serviceflow.api import Case, table_of

from serviceflow_studio import bookings
from serviceflow_studio.catalogue import piece_code
from serviceflow_studio.shoot import sessions
from serviceflow_studio.tables import StudioLine, StudioPiece, StudioPrice

MADE_FROM = ("option", "viewing")
"""Origins of lines that bring a piece; floor items are handed over on the floor."""
NOT_MADE = ("floor-item",)


def build(case: Case) -> None:
    """Make the pieces of the list as it is signed now; those of an earlier version go."""
    for piece in case.rows(StudioPiece):
        case.tx.remove(piece)
    days = case.number("studio.production.days")
    for made in sessions.package_of(case).pieces:
        code = piece_code(made)
        add(case, code, code, code, "package", made["qty"], days, bulky=made["bulky"])
    for line in case.rows(StudioLine, table_of(StudioLine).c.origin.in_(MADE_FROM)):
        add_of_line(case, line)


def add_of_line(case: Case, line: StudioLine) -> StudioPiece | None:
    """Make the piece of a line that was sold."""
    price = case.tx.need(StudioPrice, line.code)
    if price.kind in NOT_MADE:
        return None
    return add(
        case, line.code, line.text_en, line.text_zh, line.origin, line.qty, price.production_days, bulky=price.bulky
    )


def add(case: Case, code: str, en: str, zh: str, origin: str, qty: int, days: int, *, bulky: bool) -> StudioPiece:
    """Make a piece, or more of one that is there."""
    there = piece_of(case, code)
    if there is not None:
        return case.tx.change(there, qty=there.qty + qty, production_days=max(there.production_days, days))
    return case.tx.add(
        StudioPiece(
            order_id=case.order_id,
            code=code,
            text_en=en,
            text_zh=zh,
            origin=origin,
            qty=qty,
            production_days=days,
            bulky=bulky,
        )
    )


def piece_of(case: Case, code: str) -> StudioPiece | None:
    """Return a piece of the case by its code."""
    table = table_of(StudioPiece)
    return case.tx.one(StudioPiece, table.c.order_id == case.order_id, table.c.code == code)


def earliest_pickup(case: Case) -> date:
    """Return the first day on which all pieces can be ready."""
    signed = case.anchor_day("list_signed_at") or case.today
    longest = max((p.production_days for p in case.rows(StudioPiece) if p.handed < p.qty), default=0)
    return signed + timedelta(days=longest)


def pickup_too_early(case: Case) -> bool:
    """Return whether the booked pickup lies before the pieces can be ready."""
    booked = bookings.live(case, "pickup")
    return booked is not None and booked.day < earliest_pickup(case)


def all_passed(case: Case) -> bool:
    """Return whether every piece has passed its check."""
    rows = case.rows(StudioPiece)
    return bool(rows) and all(p.passed == p.qty for p in rows)
