"""What members of staff hold of the factory, and passing it on. Source: manufacturing.md 5.11."""

from __future__ import annotations

from typing import Literal

from serviceflow.api import (
    Absence,
    Customer,
    Order,
    RequestRow,
    SlotRow,
    Staff,
    StaffRole,
    T,
    TaskRow,
    Tx,
    plain,
    table_of,
)

from serviceflow_manufacturing.flows.accounts import LIVE
from serviceflow_manufacturing.hooks import HandoverItem
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.tables import MfgHandover, MfgReceivable


def held_by(tx: Tx, staff: Staff) -> list[HandoverItem]:
    """Return everything of the trade that a member of staff holds."""
    assert staff.id is not None
    orders, customers, tasks = table_of(Order), table_of(Customer), table_of(TaskRow)
    mine = tx.all(Order, orders.c.owner_id == staff.id, orders.c.flow.like("mfg-%"))
    found = [_item("order", o.id, plain(o.number)) for o in mine if o.closed_at is None]
    found += [_item("customer", c.id, plain(c.name)) for c in tx.all(Customer, customers.c.owner_id == staff.id)
              if c.merged_into is None]  # fmt: skip
    open_tasks = tx.all(TaskRow, tasks.c.assignee_id == staff.id, tasks.c.state == "open")
    found += [_item("task", t.id, T(t.title_en, zh=t.title_zh)) for t in open_tasks
              if (t.rule or "").startswith("manufacturing:")]  # fmt: skip
    rows = table_of(MfgReceivable)
    owed = tx.all(MfgReceivable, rows.c.state.in_(LIVE),
                  rows.c.order_id.in_([o.id for o in mine]) | (rows.c.follower_id == staff.id))  # fmt: skip
    found += [_item("receivable", r.id, plain(f"{tx.need(Order, r.order_id).number} {r.label}"), "debts")
              for r in owed if r.follower_id in (None, staff.id)]  # fmt: skip
    return [*found, *_delegations(tx, staff.id), *_lone_slots(tx, staff.id)]


def _item(kind: str, key: int | None, text: T, part: Literal["work", "debts"] = "work") -> HandoverItem:
    return HandoverItem(f"{kind}:{key}", str(text), part)


def _delegations(tx: Tx, staff_id: int) -> list[HandoverItem]:
    table = table_of(Absence)
    given = tx.all(Absence, table.c.staff_id == staff_id, table.c.beside.is_(True), table.c.last >= tx.now.date())
    return [_item("delegation", a.id, plain(f"{a.role} {a.first}/{a.last}")) for a in given]


def _lone_slots(tx: Tx, staff_id: int) -> list[HandoverItem]:
    """Return the open review slots that nobody else could sign."""
    slots, requests = table_of(SlotRow), table_of(RequestRow)
    pending = {r.id: r for r in tx.all(RequestRow, requests.c.state == "pending")}
    held = {r.role for r in tx.all(StaffRole, table_of(StaffRole).c.staff_id == staff_id)}
    found = []
    for slot in tx.all(SlotRow, slots.c.verdict == "open", slots.c.request_id.in_(list(pending))):
        if slot.role not in held:
            continue
        others = tx.all(StaffRole, table_of(StaffRole).c.role == slot.role)
        if all(r.staff_id == staff_id for r in others):
            order = tx.need(Order, pending[slot.request_id].order_id)
            found.append(_item("slot", slot.id, plain(f"{order.number} {slot.role}")))
    return found


def pass_on(tx: Tx, item: HandoverItem, giver: Staff, recipient: Staff) -> None:
    """Move what an item names to its recipient, where the giver still holds it; slots stay with their role."""
    kind, _, key = item.ref.partition(":")
    if kind == "order":
        order = tx.get(Order, int(key))
        if order is not None and order.owner_id == giver.id:
            tx.change(order, owner_id=recipient.id)
    elif kind == "customer":
        customer = tx.get(Customer, int(key))
        if customer is not None and customer.owner_id == giver.id:
            tx.change(customer, owner_id=recipient.id)
    elif kind == "task":
        task = tx.get(TaskRow, int(key))
        if task is not None and task.assignee_id == giver.id and task.state == "open":
            tx.change(task, assignee_id=recipient.id)
    elif kind == "receivable":
        row = tx.get(MfgReceivable, int(key))
        if row is not None:
            tx.change(row, follower_id=recipient.id)


def refusal_to_leave(tx: Tx, staff: Staff) -> list[T]:
    """Return why somebody may not leave yet: what he still holds."""
    table = table_of(MfgHandover)
    done = [tx.need(Order, row.order_id).step for row in tx.all(MfgHandover, table.c.staff_id == staff.id)]
    n = 0 if "handed-over" in done else len(held_by(tx, staff))
    if not n:
        return []
    refusal = refuse("handover_needed", staff=staff.name, n=n)
    return [plain("{why} {how}").of(why=refusal.sentence, how=refusal.way_out)]
