"""Selecting pictures and what it costs. Source: studio.md sections 5.3 and 5.4."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from serviceflow.api import Case, T, table_of

from serviceflow_studio import ledger, prices
from serviceflow_studio.shoot import sessions
from serviceflow_studio.tables import StudioCase, StudioImages, StudioLine, StudioPick, StudioPrice

VIEWING = "viewing"
DISCOUNT = T("Discount", zh="优惠")


def image_sets(case: Case) -> list[StudioImages]:
    """Return the picture sets of all sessions of the case."""
    orders = [order.id for order in sessions.sessions(case)]
    return case.tx.all(StudioImages, table_of(StudioImages).c.order_id.in_(orders)) if orders else []


def picks(case: Case, *states: str) -> list[StudioPick]:
    """Return the case's pictures, of these states."""
    table = table_of(StudioPick)
    where = [table.c.state.in_(states)] if states else []
    return case.rows(StudioPick, *where)


def kept_count(case: Case) -> int:
    """Return how many pictures are kept; before pass 3 all that are not taken out."""
    return sum(pick.state != "rejected" for pick in picks(case))


def spread(case: Case, ranges: Iterable[Sequence[Any]] | None) -> list[tuple[str, int]]:
    """Return (set, photo) of ranges; a range that names no set means the newest one."""
    sets = image_sets(case)
    newest = sets[-1].image_no if sets else ""
    return [(image_no or newest, n) for image_no, first, last in ranges or () for n in range(first, last + 1)]


def unknown_photo(case: Case, *fields: Iterable[Sequence[Any]] | None) -> tuple[str, int, int] | None:
    """Return the first photo that is in no set, as (set, photo, photos in the set)."""
    counts = {s.image_no: s.photo_count or 0 for s in image_sets(case)}
    for ranges in fields:
        for image_no, photo in spread(case, ranges):
            if photo > counts.get(image_no, 0):
                return image_no, photo, counts.get(image_no, 0)
    return None


def mark(case: Case, ranges: Iterable[Sequence[Any]] | None, state: str) -> None:
    """Give pictures a state."""
    for image_no, photo in spread(case, ranges):
        case.tx.change(case.tx.need(StudioPick, image_no, photo), state=state)


def kept_after(case: Case, reject: Iterable[Sequence[Any]] | None, restore: Iterable[Sequence[Any]] | None) -> int:
    """Return how many pictures would be kept."""
    kept = {(p.image_no, p.photo) for p in picks(case) if p.state != "rejected"}
    return len((kept - set(spread(case, reject))) | set(spread(case, restore)))


def viewing_lines(case: Case) -> list[StudioLine]:
    """Return the lines sold at the viewing."""
    return case.rows(StudioLine, table_of(StudioLine).c.origin == VIEWING)


def extras_total(case: Case) -> int:
    """Return the sum of the viewing lines, without discount."""
    return sum(line.amount for line in viewing_lines(case))


def recompute(case: Case) -> None:
    """Bring the extra photos and the approved discount's amount up to date."""
    code = case.setting("studio.viewing.extra_photo_code")
    extra = prices.extra_photos(kept_count(case), sessions.package_of(case).included_photos)
    ledger.drop_lines(case, VIEWING, code)
    if extra and case.own(StudioCase).passes >= case.number("studio.viewing.passes"):
        ledger.add_line(case, case.tx.need(StudioPrice, code), extra, VIEWING)
    rescale_discount(case)
    case.change(amount=ledger.due_total(case))


def rescale_discount(case: Case) -> None:
    """Keep an approved discount's percentage on the present extras, half up to the fen."""
    total = extras_total(case)
    for line in case.rows(StudioLine, table_of(StudioLine).c.code == "DISCOUNT"):
        part, base = line.percent_part or 0, line.percent_base or 0
        off = prices.kept_percentage(part, base, total)
        case.tx.change(line, amount=-off, unit_price=-off)


def set_discount(case: Case, amount: int) -> None:
    """Take an approved discount off the extras, in place of an earlier one."""
    ledger.drop_lines(case, ledger.DISCOUNT, "DISCOUNT")
    line = ledger.let_off(case, "DISCOUNT", DISCOUNT, ledger.DISCOUNT, amount)
    case.tx.change(line, percent_part=amount, percent_base=extras_total(case))


def add_extra(case: Case, code: str, qty: int) -> None:
    """Sell something at the viewing; more of what is on the list already raises its line."""
    price = case.tx.need(StudioPrice, code)
    line = next((row for row in viewing_lines(case) if row.code == code), None)
    if line is None:
        ledger.add_line(case, price, qty, VIEWING)
    else:
        _set_qty(case, line, line.qty + qty)


def drop_extra(case: Case, code: str, qty: int) -> None:
    """Take something off the list again."""
    line = next(row for row in viewing_lines(case) if row.code == code)
    if qty >= line.qty:
        case.tx.remove(line)
    else:
        _set_qty(case, line, line.qty - qty)


def _set_qty(case: Case, line: StudioLine, qty: int) -> None:
    case.tx.change(line, qty=qty, amount=qty * line.unit_price)
