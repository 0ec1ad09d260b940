"""The same work with cron at another pace: what was done is kept and done again elsewhere, the ledgers are compared.

Source: realestate.md, conventions (timers first; a late cron changes no outcome).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from serviceflow.api import Anchor, FlowError, MessageRow, Order, OrderAction, OrderClock, TaskRow

from serviceflow_realestate.rehearsal import Rehearsal
from serviceflow_realestate.tables import ReAllocation, ReClaim, ReDeal, ReLine, RePaper, ReReceipt, ReUnit

Name = tuple[Any, ...]
"""An order, told by how it came about and not by its number, which depends on who was first."""
Ledger = dict[str, list[tuple[Any, ...]]]
Deed = tuple[datetime, str | None, Callable[[Rehearsal, int | None], object], Name | None, str]


def names(centre: Rehearsal) -> dict[int, Name]:
    """Return every order's name: the parent's with link and place among its like, else flow, customer and place."""
    found: dict[int, Name] = {}
    places: dict[Name, int] = defaultdict(int)
    for order in centre.rows(Order):
        like = (*found[order.parent_id], order.link) if order.parent_id is not None else (order.flow, order.customer_id)
        places[like] += 1
        found[order.id] = (*like, places[like])
    return found


class Recorder(Rehearsal):
    """A rehearsal that remembers what was done, by whom and when."""

    deeds: list[Deed]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.deeds = []
        self.busy = False

    def _kept(self, deed: Callable[[Rehearsal, int | None], Any], order: int | None = None) -> Any:
        """Do a deed and keep it with its order's name and what it was refused for."""
        if self.busy:  # a part of a deed that is kept as a whole
            return deed(self, order)
        name = names(self)[order] if order is not None else None
        by = next((login for login, known in self.ids.items() if known == self.shop.staff_id), None)
        at, refused = self.clock.now(), ""
        self.busy = True
        try:
            return deed(self, order)
        except FlowError as refusal:
            refused = refusal.sentence.to("en")
            raise
        finally:
            self.busy = False
            self.deeds.append((at, by, deed, name, refused))

    def setting(self, name: str, typed: str, scope: str = "") -> None:
        self._kept(lambda centre, _: Rehearsal.setting(centre, name, typed, scope))

    def zone(self, name: str, project: str) -> None:
        self._kept(lambda centre, _: Rehearsal.zone(centre, name, project))

    def customer(self, name: str, *phones: str, owner: str | None = None, **more: Any) -> int:
        return int(self._kept(lambda centre, _: Rehearsal.customer(centre, name, *phones, owner=owner, **more)))

    def open(self, flow: str, customer: int | None, by: str = "lin", start: str | None = None, **fields: str) -> int:
        return int(self._kept(lambda centre, _: Rehearsal.open(centre, flow, customer, by, start, **fields)))

    def do(self, order: int, action: str, by: str | None = None, **fields: str) -> Any:
        return self._kept(lambda centre, one: Rehearsal.do(centre, _some(one), action, by, **fields), order)

    def sign(self, order: int, *by: str, approve: bool = True, opinion: str = "同意") -> None:
        self._kept(lambda centre, one: Rehearsal.sign(centre, _some(one), *by, approve=approve, opinion=opinion), order)

    def rota(self, what: str, agent: str | None = None, **more: Any) -> Any:
        return self._kept(lambda centre, _: Rehearsal.rota(centre, what, agent, **more))

    def consent(self, customer: int, *channels: str) -> None:
        self._kept(lambda centre, _: Rehearsal.consent(centre, customer, *channels))

    def finish(self, *keys: str, until: datetime) -> None:
        self._kept(lambda centre, _: Rehearsal.finish(centre, *keys, until=until))

    def again(self, centre: Rehearsal) -> None:
        """Do everything once more in another centre, at the same moments, with its own pace of cron."""
        for at, by, deed, name, refused in self.deeds:
            centre.at(at.astimezone(centre.shop.zone).strftime("%Y-%m-%d %H:%M:%S"))
            if by is not None:
                centre.staff(by)
            said = ""
            try:
                deed(centre, _found(centre, name))
            except FlowError as refusal:
                said = refusal.sentence.to("en")
            if said != refused:
                raise AssertionError(f"at {at} {name}: “{said}” instead of “{refused}”")
        centre.cron(self.clock.now().astimezone(centre.shop.zone).strftime("%Y-%m-%d %H:%M:%S"))


def _some(order: int | None) -> int:
    assert order is not None
    return order


def _found(centre: Rehearsal, name: Name | None) -> int | None:
    """Return the order of a name; one that only a timer opens is there once cron has run."""
    if name is None:
        return None
    known = {told: order for order, told in names(centre).items()}
    if name not in known:
        centre.run_due()
        known = {told: order for order, told in names(centre).items()}
    return known[name]


def ledger(centre: Rehearsal) -> Ledger:
    """Return what stands in the store of every order and unit, but for numbers and for how messages went out."""
    who = names(centre)
    lines = {line.id: (who[line.order_id], line.seq) for line in centre.rows(ReLine)}
    found: Mapping[str, list[tuple[Any, ...]]] = {
        "orders": [(who[o.id], o.step, o.outcome, o.amount, o.closed_at, o.owner_id) for o in centre.rows(Order)],
        "actions": [(who[a.order_id], a.at, a.action, a.from_step, a.to_step) for a in centre.rows(OrderAction)],
        "anchors": [(who[a.order_id], a.key, a.at, a.day) for a in centre.rows(Anchor)],
        "clocks": [(who[c.order_id], c.key, c.due_at, c.state) for c in centre.rows(OrderClock)],
        "tasks": [(who.get(t.order_id), t.rule, t.role, t.due_at, t.state) for t in centre.rows(TaskRow)],
        "messages": [
            (who.get(m.order_id), m.template, m.due_at, m.state)
            for m in centre.rows(MessageRow)
            if not m.template.startswith("re-touch-")  # too late, they are not sent: section 4.4 (b)
        ],
        "deals": [(who[d.order_id], d.deal_total, d.loan, d.pay_way, d.monthly) for d in centre.rows(ReDeal)],
        "lines": [(*lines[x.id], x.kind, x.amount, x.due, x.credited, x.state) for x in centre.rows(ReLine)],
        "receipts": [(who[r.order_id], r.paid_on, r.kind, r.direction, r.amount) for r in centre.rows(ReReceipt)],
        "allocations": [(*lines[a.line_id], a.paid_on, a.amount) for a in centre.rows(ReAllocation)],
        "papers": [(who.get(p.order_id), p.type, p.made_at) for p in centre.rows(RePaper)],
        "claims": [
            (c.unit_id, c.kind, c.started_at, c.until_at, c.ended_at, c.end_reason) for c in centre.rows(ReClaim)
        ],
        "units": [(u.unit_no, u.state) for u in centre.rows(ReUnit)],
    }
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def difference(one: Ledger, other: Ledger) -> list[str]:
    """Return what only one of two ledgers has, a line for each entry."""
    return [
        f"{sign} {name}: {row}"
        for name in one
        for sign, here, there in (("-", one[name], other[name]), ("+", other[name], one[name]))
        for row in here
        if row not in there
    ]
