"""A figure, and the period it is of: both days inclusive, of all customers or some. Source: section 9."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from serviceflow.api import Calendar, Customer, Order, Shop, T, Tx, format_money, half_up, table_of

from serviceflow_manufacturing.rules import workdays
from serviceflow_manufacturing.tables import MfgProfile


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: a share of ``base`` in percent, or a plain value. Nothing to divide by is a dash.

    Args:
        unit: ``percent``, ``days`` and ``rate`` have one decimal, half up; ``money`` is in fen.
    """

    key: str
    title: T
    part: Fraction | int | None
    base: int | None = None
    unit: str = "percent"

    def value(self) -> str:
        """Return the number as people read it, a dash for none."""
        if self.part is None or (self.base is not None and not self.base):
            return "-"
        if self.unit == "money":
            return format_money(int(self.part))
        if self.unit == "count":
            return str(int(self.part))
        share = Fraction(self.part) * (100 if self.unit == "percent" else 1) / (self.base or 1)
        return one_decimal(share)

    def shown(self) -> str:
        """Return value and parts."""
        if self.unit == "percent" and self.value() != "-":
            return f"{self.value()} % ({self.part}/{self.base})"
        return self.value()


def one_decimal(value: Fraction) -> str:
    """Return a number rounded half up to one decimal."""
    tenths = half_up((value * 10).numerator, (value * 10).denominator)
    whole, rest = divmod(abs(tenths), 10)
    return f"{'-' if tenths < 0 else ''}{whole}.{rest}"


def mean(values: Sequence[int]) -> Fraction | None:
    """Return the mean, ``None`` of nothing."""
    return Fraction(sum(values), len(values)) if values else None


def median(values: Sequence[int]) -> Fraction | None:
    """Return the median, of an even number the middle of the two middle ones."""
    ordered = sorted(values)
    if not ordered:
        return None
    half = len(ordered) // 2
    return Fraction(ordered[half]) if len(ordered) % 2 else Fraction(ordered[half - 1] + ordered[half], 2)


@dataclass(slots=True)
class Period:
    """What happened between two days; ``as_of`` is the day of the report: nothing later counts."""

    shop: Shop
    tx: Tx
    first: date
    last: date
    as_of: date
    customer: int | None = None
    owner: int | None = None
    desk: str = ""
    _orders: dict[int, Order] = field(default_factory=dict)
    _calendar: Calendar | None = None

    def order(self, order_id: int) -> Order:
        """Return an order."""
        if order_id not in self._orders:
            self._orders[order_id] = self.tx.need(Order, order_id)
        return self._orders[order_id]

    def counts(self, order_id: int | None) -> bool:
        """Return whether an order belongs to the customers, owner and desk asked for."""
        if order_id is None:
            return False
        order = self.order(order_id)
        if self.customer is not None and order.customer_id != self.customer:
            return False
        if self.owner is not None and order.owner_id != self.owner:
            return False
        if not self.desk or order.customer_id is None:
            return True
        profile = self.tx.get(MfgProfile, order.customer_id)
        return profile is not None and profile.desk == self.desk

    def has(self, day: date | datetime | None) -> bool:
        """Return whether something happened in the period, as far as the day of the report knows."""
        if day is None:
            return False
        on = self.shop.local_day(day) if isinstance(day, datetime) else day
        return self.covers(on) and on <= self.as_of

    def covers(self, day: date) -> bool:
        """Return whether a day, such as one on which something is due, lies in the period."""
        return self.first <= day <= self.last

    def day(self, at: datetime) -> date:
        """Return the local day of a moment."""
        return self.shop.local_day(at)

    def workdays(self, start: date, end: date) -> int:
        """Return wd(start, end)."""
        if self._calendar is None:
            self._calendar = self.shop.calendar(workdays.KEY, self.tx)
        return workdays.count(self._calendar, start, end)

    def customers_of(self, staff_id: int) -> set[int]:
        """Return the customers a member of staff owns."""
        table = table_of(Customer)
        return {c.id for c in self.tx.all(Customer, table.c.owner_id == staff_id) if c.id is not None}
