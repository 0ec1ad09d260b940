"""A figure, and the period it is of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import median_low
from typing import Any, TypeVar

from serviceflow.api import (
    Order,
    OrderAction,
    Shop,
    Stored,
    T,
    Tx,
    format_money,
    instant_of,
    table_of,
)
from sqlalchemy import select, union

M = TypeVar("M", bound=Stored)

BOOKING = ("take-deposit", "pay-shoot-today")
FLOWS = ("studio-case", "studio-shoot", "studio-complaint", "studio-referral")
NAMED = 1_000
LEAVING = ("leave-undecided", "leave-no-contact")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: ``part`` of ``base`` as a share, or a plain value."""

    key: str
    title: T
    part: float | None = None
    base: float | None = None
    money: bool = False

    def shown(self) -> str:
        """Return it as people read it: a share in percent, an amount in yuan, a dash for nothing."""
        if self.part is None or (self.base is not None and not self.base):
            return "-"
        if self.base is not None:
            return f"{100 * self.part / self.base:.1f} % ({self.part:g}/{self.base:g})"
        return format_money(int(self.part)) if self.money else f"{self.part:g}"


@dataclass(slots=True)
class Period:
    """What happened between two days, both inclusive, of all cases or of one consultant's.

    ``orders`` are those opened in it and those with which something was done in it, ``deeds`` all that was done with
    these up to its end: a month's figures are not to read the years before it.
    """

    shop: Shop
    tx: Tx
    first: date
    last: date
    owner: int | None = None
    orders: dict[int, Order] = field(default_factory=dict)
    deeds: list[OrderAction] = field(default_factory=list)

    @classmethod
    def of(cls, shop: Shop, tx: Tx, first: date, last: date, owner: int | None = None) -> Period:
        """Return the period with its orders and what was done with them up to its end."""
        made = cls(shop, tx, first, last, owner)
        orders, deeds = table_of(Order), table_of(OrderAction)
        recent = union(
            select(deeds.c.order_id).where(deeds.c.at >= made.begin, deeds.c.at < made.end),
            select(orders.c.id).where(orders.c.opened_at >= made.begin, orders.c.opened_at < made.end),
        )
        found = tx.all(Order, orders.c.id.in_(recent), *made.counted)
        made.orders = {o.id: o for o in found if o.id is not None}
        done = tx.all(
            OrderAction, deeds.c.order_id.in_(recent), deeds.c.at < made.end, order_by=[deeds.c.at, deeds.c.id]
        )
        made.deeds = [d for d in done if d.order_id in made.orders]
        return made

    @property
    def counted(self) -> list[Any]:
        """Return the conditions under which an order counts, in the period or not."""
        table = table_of(Order)
        flows = table.c.flow.in_(FLOWS)
        return [flows] if self.owner is None else [flows, table.c.owner_id == self.owner]

    @property
    def begin(self) -> datetime:
        return instant_of(self.first, time(0), self.shop.zone)

    @property
    def end(self) -> datetime:
        return instant_of(self.last + timedelta(days=1), time(0), self.shop.zone)

    def within(self, at: datetime | None) -> bool:
        """Return whether a moment lies in the period."""
        return at is not None and self.begin <= at < self.end

    def done(self, *actions: str, flow: str = "studio-case") -> list[OrderAction]:
        """Return what was done in the period, of these actions of a flow."""
        return [
            d for d in self.deeds if d.action in actions and self.within(d.at) and self.orders[d.order_id].flow == flow
        ]

    def first_of(self, action: str) -> dict[int, OrderAction]:
        """Return the first doing of an action by order, up to the end of the period."""
        found: dict[int, OrderAction] = {}
        for deed in self.deeds:
            if deed.action == action:
                found.setdefault(deed.order_id, deed)
        return found

    def mine(self, model: type[M], *where: Any) -> list[M]:
        """Return the rows that meet the conditions and belong to an order that counts, of the period or not."""
        orders = table_of(Order)
        belongs = select(orders.c.id).where(orders.c.id == table_of(model).c.order_id, *self.counted).exists()
        return self.tx.all(model, *where, belongs)

    def of_orders(self, model: type[M], ids: Iterable[int], *where: Any) -> list[M]:
        """Return the rows of these orders that meet the conditions, by order."""
        column = table_of(model).c.order_id
        return [row for some in batched(ids) for row in self.tx.all(model, column.in_(some), *where)]


def batched(ids: Iterable[int]) -> Iterator[list[int]]:
    """Yield ids by so many as one statement may name."""
    listed = sorted(ids)
    for start in range(0, len(listed), NAMED):
        yield listed[start : start + NAMED]


def median(values: Sequence[float]) -> float | None:
    """Return the lower median, or nothing of nothing."""
    return median_low(values) if values else None


def mean(values: Sequence[float]) -> float | None:
    """Return the mean to two decimals, or nothing of nothing."""
    return round(sum(values) / len(values), 2) if values else None
