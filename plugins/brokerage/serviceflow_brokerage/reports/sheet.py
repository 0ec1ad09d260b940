"""A report as a sheet of rows, the period it is of, and how its numbers are rounded: half up, or down where named.

Rates without anything to divide by are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from serviceflow.api import Order, OrderAction, Shop, T, Tx, half_up, instant_of, table_of

Kind = Literal["text", "number", "money", "share", "mean", "day", "minutes"]
"""``share`` is in 1/10000, ``mean`` in 1/100; both are shown with two decimals."""


@dataclass(frozen=True, slots=True)
class Head:
    """One column: its name for scripts, its heading, what its values are."""

    key: str
    title: T
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report's rows. ``bars``: the column drawn as bars; ``cross``: (down, across, count) drawn as a matrix."""

    heads: tuple[Head, ...]
    rows: list[dict[str, Any]]
    bars: str | None = None
    cross: tuple[str, str, str] | None = None
    notes: list[T] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Period:
    """What a report is asked: days ``first`` to ``last``, both inside, and by which dimension."""

    shop: Shop
    tx: Tx
    first: date
    last: date
    by: str = ""

    @property
    def begin(self) -> datetime:
        """The instant the first day begins."""
        return instant_of(self.first, time(0), self.shop.zone)

    @property
    def end(self) -> datetime:
        """The instant after the last day."""
        return instant_of(self.last + timedelta(days=1), time(0), self.shop.zone)

    def day(self, at: datetime) -> date:
        """Return the local day of an instant."""
        return self.shop.local_day(at)

    def actions(self, flow: str, *names: str) -> list[tuple[Order, OrderAction]]:
        """Return what was done in the period with the orders of a flow, oldest first."""
        orders, done = table_of(Order), table_of(OrderAction)
        named = [done.c.action.in_(names)] if names else []
        found = self.tx.all(
            OrderAction, done.c.order_id.in_(_ids(flow)), done.c.at >= self.begin, done.c.at < self.end, *named,
            order_by=[done.c.at, done.c.id],
        )  # fmt: skip
        keys = {a.order_id for a in found}
        known = {o.id: o for o in self.tx.all(Order, orders.c.flow == flow, orders.c.id.in_(keys))} if keys else {}
        return [(known[a.order_id], a) for a in found]

    def orders(self, flow: str, *where: Any) -> list[Order]:
        """Return orders of a flow."""
        return self.tx.all(Order, table_of(Order).c.flow == flow, *where)

    def inside(self, at: datetime | None) -> bool:
        """Return whether an instant lies in the period."""
        return at is not None and self.begin <= at < self.end


def _ids(flow: str) -> Any:
    from sqlalchemy import select

    orders = table_of(Order)
    return select(orders.c.id).where(orders.c.flow == flow)


def rate(part: int, whole: int) -> int | None:
    """Return a share in 1/10000, half up; ``None`` of nothing."""
    return half_up(10_000 * part, whole) if whole else None


def mean(total: int, count: int) -> int | None:
    """Return a mean in 1/100, half up; ``None`` of nothing."""
    return half_up(100 * total, count) if count else None


def lower_median(values: Iterable[int]) -> int | None:
    """Return the middle value, of an even number the lower one; ``None`` of nothing."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2] if ordered else None


def counted(rows: Sequence[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    """Return rows grouped by a key, in order of the key."""
    found: dict[Any, list[Any]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return dict(sorted(found.items(), key=lambda item: str(item[0])))


def share_of(name: T, part: int, whole: int) -> dict[str, Any]:
    """Return a row that says: so many of so many, under `NAME`, `PART`, `WHOLE` and `SHARE`."""
    return {"name": str(name), "part": part, "whole": whole, "share": rate(part, whole)}


NAME = Head("name", T("Item", zh="项目"))
CLIENTS = Head("clients", T("Clients", zh="客户数"), "number")
PART = Head("part", T("Count", zh="数量"), "number")
WHOLE = Head("whole", T("Of", zh="基数"), "number")
SHARE = Head("share", T("Share", zh="占比"), "share")
