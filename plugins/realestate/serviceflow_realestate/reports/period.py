"""A period of local days and what every report asks of it; the figures reports are made of.

What a report says of a past day is what a report made on that day would have said: it looks at nothing later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from serviceflow.api import Anchor, Case, Customer, Notes, Order, OrderAction, Shop, Staff, T, Tx, case_of, table_of

from serviceflow_realestate import ledger
from serviceflow_realestate.registers import bounds
from serviceflow_realestate.tables import ReDeal, ReLeadProfile, ReLine, ReReceipt, ReVisit

Row = dict[str, Any]
ENDED = ("terminated", "superseded", "unsigned")


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days of one project or of all, both ends belonging to it."""

    shop: Shop
    tx: Tx
    first: date
    last: date
    project: str = ""
    _orders: dict[str, list[Order]] = field(default_factory=dict)

    @property
    def instants(self) -> tuple[datetime, datetime]:
        return bounds(self.shop, self.first)[0], self.end

    @property
    def end(self) -> datetime:
        """The instant after the last day."""
        return bounds(self.shop, self.last)[1]

    def setting(self, name: str) -> int:
        return int(self.shop.setting(f"realestate.{name}", self.project))

    def day(self, at: datetime) -> date:
        return self.shop.local_day(at)

    def holds(self, day: date | datetime | None) -> bool:
        """Return whether a day or an instant lies in the period."""
        if day is None:
            return False
        local = self.day(day) if isinstance(day, datetime) else day
        return self.first <= local <= self.last

    # -- orders ------------------------------------------------------------------------------------------

    def orders(self, flow: str) -> list[Order]:
        """Return the orders of a flow that had been opened by the end, oldest first."""
        if flow not in self._orders:
            table = table_of(Order)
            where = [table.c.flow == flow, table.c.opened_at < self.end]
            if self.project:
                where.append(table.c.scope == self.project)
            self._orders[flow] = self.tx.all(Order, *where, order_by=[table.c.id])
        return self._orders[flow]

    def case(self, order: Order) -> Case:
        return case_of(self.shop, self.tx, order, Notes())

    def deeds(self, order: Order, *actions: str) -> list[OrderAction]:
        """Return what had been done with an order by the end, oldest first."""
        table = table_of(OrderAction)
        named = [table.c.action.in_(actions)] if actions else []
        return self.tx.all(
            OrderAction, table.c.order_id == order.id, table.c.at < self.end, *named, order_by=[table.c.id]
        )

    def done(self, flow: str, *actions: str) -> list[tuple[Order, OrderAction]]:
        """Return the orders of a flow with which one of these actions was done in the period, and when."""
        first, last = self.instants
        table = table_of(OrderAction)
        deeds = self.tx.all(
            OrderAction, table.c.action.in_(actions), table.c.at >= first, table.c.at < last, order_by=[table.c.id]
        )
        known = {order.id: order for order in self.orders(flow)}
        return [(known[deed.order_id], deed) for deed in deeds if deed.order_id in known]

    def anchor(self, order: Order, key: str) -> date | None:
        """Return the local day of a moment of an order."""
        row = self.tx.get(Anchor, order.id, key)
        if row is None:
            return None
        return row.day if row.day is not None else self.day(row.at) if row.at is not None else None

    # -- the sale ----------------------------------------------------------------------------------------

    def deposits(self) -> list[Order]:
        """Return the subscriptions whose deposit was received in the period; one that moved with a unit is none."""
        found = []
        for order in self.orders("re-subscription"):
            paid = self.deeds(order, "receive-deposit")
            if paid and self.holds(day_of(self, paid[0], "paid_on")):
                found.append(order)
        return found

    def signed(self) -> list[Order]:
        """Return the contracts signed by the end, oldest first, superseded and terminated ones among them."""
        found = []
        for order in self.orders("re-contract"):
            on = self.anchor(order, "signed_on")
            if on is not None and on <= self.last:
                found.append(order)
        return found

    def sales(self) -> list[Order]:
        """Return the contracts signed in the period, one for each purchase: its first."""
        first: dict[int | None, Order] = {}
        for order in self.signed():
            first.setdefault(order.parent_id, order)
        return [order for order in first.values() if self.holds(self.anchor(order, "signed_on"))]

    def in_force(self) -> list[Order]:
        """Return the signed contracts that had not ended by the end of the last day."""
        return [
            order
            for order in self.signed()
            if order.step not in ENDED or order.closed_at is None or order.closed_at >= self.end
        ]

    def deal(self, order: Order) -> ReDeal:
        return self.tx.need(ReDeal, order.id)

    def lines(self, order: Order) -> list[ReLine]:
        """Return the lines of a contract that are no others' forerunners, in order."""
        return [line for line in ledger.lines(self.case(order)) if line.state != "replaced"]

    def open(self, case: Case, line: ReLine) -> int:
        """Return what was open of a line at the end of the last day, in fen."""
        paid = sum(amount for on, amount in ledger.payments(case, line) if on <= self.last)
        return max(line.amount - line.credited - paid, 0)

    def receipts(self) -> list[ReReceipt]:
        """Return the price receipts up to the last day, reversals among them."""
        table = table_of(ReReceipt)
        found = self.tx.all(
            ReReceipt, table.c.kind.in_(ledger.TAKEN), table.c.paid_on <= self.last, order_by=[table.c.id]
        )
        if not self.project:
            return found
        orders = table_of(Order)
        here = {o.id for o in self.tx.all(Order, orders.c.scope == self.project)}
        return [r for r in found if r.order_id in here]

    # -- people ------------------------------------------------------------------------------------------

    def name(self, staff_id: int | None) -> str:
        staff = self.tx.get(Staff, staff_id) if staff_id is not None else None
        return staff.name if staff is not None else "-"

    def heard_from(self, customer_id: int | None) -> str:
        """Return how a customer came to know of the project."""
        profile = self.tx.get(ReLeadProfile, customer_id) if customer_id is not None else None
        return (profile.heard_from if profile is not None else "") or "-"

    def visits(self) -> list[ReVisit]:
        """Return the parties that came by the end and were buyers, oldest first."""
        table = table_of(ReVisit)
        found = self.tx.all(
            ReVisit, table.c.at < self.end, table.c.void_reason.is_(None), order_by=[table.c.at, table.c.id]
        )
        return [v for v in found if self._here(v.order_id)]

    def first_visits(self) -> dict[int, ReVisit]:
        """Return each customer's first visit, up to the end."""
        first: dict[int, ReVisit] = {}
        for visit in self.visits():
            if visit.customer_id is not None:
                first.setdefault(visit.customer_id, visit)
        return first

    def _here(self, order_id: int | None) -> bool:
        if not self.project or order_id is None:
            return True
        return self.tx.need(Order, order_id).scope in ("", self.project)

    def of_project(self, rows: Iterable[Any]) -> list[Any]:
        """Return the rows whose order belongs to the project."""
        return [row for row in rows if self._here(row.order_id)]

    def customer(self, order: Order) -> Customer:
        return self.tx.need(Customer, order.customer_id)


def day_of(period: Period, deed: OrderAction, name: str) -> date:
    """Return the day that a form names, else the day of the action."""
    typed = deed.form.get(name)
    return date.fromisoformat(typed) if isinstance(typed, str) and typed else period.day(deed.at)


# -- figures ---------------------------------------------------------------------------------------------------


def line(
    figure: str, title: T, value: Any, group: Any = "", *, part: int | None = None, base: int | None = None
) -> Row:
    """Return one figure: what of which group, as people read it, and the two numbers it is made of."""
    return {"group": str(group), "figure": figure, "title": str(title), "value": str(value), "part": part, "base": base}


def rate(figure: str, title: T, part: int, base: int, group: Any = "") -> Row:
    """Return a share of a count, ``66.7 % (2/3)``; ``-`` without a base."""
    value = f"{part / base * 100:.1f} % ({part}/{base})" if base else "-"
    return line(figure, title, value, group, part=part, base=base)


def share(figure: str, title: T, part: int, base: int, group: Any = "") -> Row:
    """Return a share of hundredths, such as fen or 1/100 m2, with both in whole units."""
    value = f"{part / base * 100:.1f} % ({part / 100:,.2f}/{base / 100:,.2f})" if base else "-"
    return line(figure, title, value, group, part=part, base=base)


def count(figure: str, title: T, number: int, group: Any = "") -> Row:
    """Return a number of things."""
    return line(figure, title, number, group, part=number)


def amount(figure: str, title: T, fen: int, group: Any = "") -> Row:
    """Return an amount of money."""
    return line(figure, title, f"{fen / 100:,.2f}", group, part=fen)


def average(figure: str, title: T, values: Sequence[float], group: Any = "") -> Row:
    """Return an average with one decimal; ``-`` of nothing."""
    value = f"{sum(values) / len(values):.1f}" if values else "-"
    return line(figure, title, value, group, base=len(values))
