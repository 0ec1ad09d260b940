"""A figure, and the period it is of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import median_low
from typing import Any

from serviceflow.api import (
    Anchor,
    Order,
    OrderAction,
    Shop,
    T,
    Tx,
    format_money,
    instant_of,
    table_of,
)

BOOKING = ("take-deposit", "pay-shoot-today")
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
    """What happened between two days, both inclusive, of all cases or of one consultant's."""

    shop: Shop
    tx: Tx
    first: date
    last: date
    owner: int | None = None
    orders: dict[int, Order] = field(default_factory=dict)
    deeds: list[OrderAction] = field(default_factory=list)

    @classmethod
    def of(cls, shop: Shop, tx: Tx, first: date, last: date, owner: int | None = None) -> Period:
        """Return the period with its orders and everything done up to its end."""
        made = cls(shop, tx, first, last, owner)
        table = table_of(Order)
        where: list[Any] = [table.c.flow.in_(("studio-case", "studio-shoot", "studio-complaint", "studio-referral"))]
        if owner is not None:
            where.append(table.c.owner_id == owner)
        made.orders = {o.id: o for o in tx.all(Order, *where) if o.id is not None}
        deeds = table_of(OrderAction)
        made.deeds = [
            d
            for d in tx.all(OrderAction, deeds.c.at < made.end, order_by=[deeds.c.at, deeds.c.id])
            if d.order_id in made.orders
        ]
        return made

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

    def anchor(self, order_id: int, name: str) -> Anchor | None:
        """Return a named moment of an order."""
        return self.tx.get(Anchor, order_id, name)

    def mine(self, rows: Iterable[Any]) -> list[Any]:
        """Return the rows of the period's orders."""
        return [row for row in rows if row.order_id in self.orders]


def median(values: Sequence[float]) -> float | None:
    """Return the lower median, or nothing of nothing."""
    return median_low(values) if values else None


def mean(values: Sequence[float]) -> float | None:
    """Return the mean to two decimals, or nothing of nothing."""
    return round(sum(values) / len(values), 2) if values else None
