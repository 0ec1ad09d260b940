"""The figures of a period. Source: examples.md section 9."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from serviceflow.api import MessageRow, Order, OrderAction, Shop, Tx, table_of

from serviceflow_catering.tables import CatProblem, CatVisit

FLOW = "catering-visit"


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of a period; rates are made of them when they are shown.

    Args:
        due: Bookings whose time fell into the period, the cancelled left out.
        turns: How often each table was taken.
        regulars: Customers with enough visits within some days.
        written: Messages that called guests back; ``back``: those they came again after.
    """

    due: int
    no_shows: int
    visits: int
    problems: int
    happy: int
    solved: int
    turns: dict[str, int]
    regulars: int
    written: int
    back: int


def figures(shop: Shop, tx: Tx, first: date, last: date) -> Figures:
    """Return the figures of the days from first to last, both counted."""
    orders = {order.id: order for order in tx.all(Order, table_of(Order).c.flow == FLOW)}
    booked = _opened_by(tx, "book")
    visits = [v for v in tx.all(CatVisit) if first <= shop.local_day(v.starts_at) <= last]
    due = [v for v in visits if v.order_id in booked and orders[v.order_id].step != "cancelled"]
    came = [v for v in visits if v.seated_at is not None]
    ids = {v.order_id for v in came}
    problems = [p for p in tx.all(CatProblem) if p.order_id in ids]
    solved = [p for p in problems if p.solved_at is not None]
    written = [
        m
        for m in tx.all(MessageRow, table_of(MessageRow).c.template == "cat-return")
        if m.sent_at is not None and first <= shop.local_day(m.sent_at) <= last
    ]
    back = timedelta(days=shop.setting("cat.return_cd"))
    seated = [(v.customer_id, v.seated_at) for v in tx.all(CatVisit) if v.seated_at is not None]
    return Figures(
        due=len(due),
        no_shows=sum(orders[v.order_id].step == "no-show" for v in due),
        visits=len(came),
        problems=len(problems),
        happy=sum(p.happy is True for p in solved),
        solved=len(solved),
        turns=dict(sorted(Counter(v.table_code for v in came if v.table_code).items())),
        regulars=regulars(seated, shop.setting("cat.regular_visits"), shop.setting("cat.regular_days")),
        written=len(written),
        back=sum(
            any(c == m.customer_id and m.sent_at is not None and m.sent_at < at <= m.sent_at + back for c, at in seated)
            for m in written
        ),
    )


def _opened_by(tx: Tx, action: str) -> set[int]:
    table = table_of(OrderAction)
    return {deed.order_id for deed in tx.all(OrderAction, table.c.action == action, table.c.from_step == "")}


def regulars(seated: Sequence[tuple[int, datetime]], visits: int, days: int) -> int:
    """Return how many customers have so many visits within some days of each other."""
    found = 0
    for customer in {c for c, _ in seated}:
        at = sorted(moment for c, moment in seated if c == customer)
        found += any(at[n + visits - 1] - at[n] <= timedelta(days=days) for n in range(len(at) - visits + 1))
    return found
