"""What the cases of a transaction share: one live copy of each order and of what is planned for it.

Every change inside the transaction goes through these copies, so that no two cases act on different states and
nothing is read twice. Another transaction's change is caught by the row versions.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import bindparam, or_, select
from sqlmodel import SQLModel

from serviceflow.store.prepared import Prepared
from serviceflow.store.tables import Anchor, Message, Order, OrderClock, Request, Task, Timer
from serviceflow.store.write import Tx, key_of, table_of

M = TypeVar("M", bound=SQLModel)

UNSENT = ("planned", "pending", "held", "retry")
LIVE_TIMERS = ("planned", "resting", "waiting")


@dataclass(slots=True)
class Kept:
    """One order's live copy; what is ``None`` has not been read yet.

    Args:
        family: Ids of the order, its parents and everything under them; one list for all of them.
    """

    order: Order
    family: list[int] | None = None
    anchors: dict[str, datetime | date] | None = None
    tasks: list[Task] | None = None
    messages: list[Message] | None = None
    clocks: dict[str, OrderClock] | None = None
    timers: list[Timer] | None = None
    requests: list[Request] | None = None


def kept(tx: Tx, order: Order) -> Kept:
    """Return the one live copy of an order in this transaction."""
    found: Kept = tx.kept.setdefault(key_of(order), Kept(order))
    return found


def newborn(tx: Tx, order: Order, parent: Order | None) -> Kept:
    """Return the live copy of an order just inserted: it has nothing yet, and joins its parent's family."""
    family = relatives(tx, parent) if parent is not None else []
    family.append(key_of(order))
    fresh = Kept(order, family, {}, [], [], {}, [], [])
    tx.kept[key_of(order)] = fresh
    return fresh


def family_of(tx: Tx, order_id: int) -> list[Kept]:
    """Return the order, its parents and everything under them, locked, by id: one order of locking for all."""
    known = tx.kept.get(order_id)
    if known is None or known.family is None:
        _load_family(tx, order_id)
        known = tx.kept.get(order_id)
    return [tx.kept[member] for member in known.family] if known is not None and known.family is not None else []


def relatives(tx: Tx, order: Order) -> list[int]:
    """Return the ids of an order's family; the list is shared and grows with children opened later."""
    family_of(tx, key_of(order))
    found: list[int] = tx.kept[key_of(order)].family
    return found


@functools.cache
def _family_query(lock: bool) -> Prepared:
    orders = table_of(Order)
    up = select(orders.c.id, orders.c.parent_id).where(orders.c.id == bindparam("order")).cte("up", recursive=True)
    up = up.union_all(select(orders.c.id, orders.c.parent_id).join(up, orders.c.id == up.c.parent_id))
    under = select(up.c.id).where(up.c.parent_id.is_(None)).cte("under", recursive=True)
    under = under.union_all(select(orders.c.id).join(under, orders.c.parent_id == under.c.id))
    query = select(orders).where(orders.c.id.in_(select(under.c.id))).order_by(orders.c.id)
    return Prepared(query.with_for_update() if lock else query, orders.c)


@functools.cache
def _of_order(model: type[SQLModel], states: tuple[str, ...] = ()) -> Prepared:
    """Return the query for the rows of one order, in some states."""
    table = table_of(model)
    query = select(table).where(table.c.order_id == bindparam("order")).order_by(*table.primary_key)
    return Prepared(query.where(or_(*(table.c.state == s for s in states))) if states else query, table.c)


def _load_family(tx: Tx, order_id: int) -> None:
    tx.seen.clear()  # what was read before the lock may have been changed since
    members = tx.found(Order, _family_query(tx.dialect != "sqlite"), {"order": order_id})
    family = [key_of(member) for member in members]
    shared = [kept(tx, member) for member in members]
    for one in shared:
        one.family = family
        one.timers = _read(tx, Timer, one, LIVE_TIMERS)
        one.requests = _read(tx, Request, one, ("pending",))


def _read(tx: Tx, model: type[M], one: Kept, states: tuple[str, ...] = ()) -> list[M]:
    return tx.found(model, _of_order(model, states), {"order": one.order.id})


def anchors(tx: Tx, one: Kept) -> dict[str, datetime | date]:
    """Return an order's anchors by name."""
    if one.anchors is None:
        rows = _read(tx, Anchor, one)
        one.anchors = {row.key: value for row in rows if (value := row.at or row.day) is not None}
    return one.anchors


def tasks(tx: Tx, one: Kept) -> list[Task]:
    """Return an order's open tasks, earliest first."""
    if one.tasks is None:
        one.tasks = _read(tx, Task, one, ("open",))
    return sorted((t for t in one.tasks if t.state == "open"), key=lambda t: (t.due_at, key_of(t)))


def messages(tx: Tx, one: Kept) -> list[Message]:
    """Return an order's unsent messages."""
    if one.messages is None:
        one.messages = _read(tx, Message, one, UNSENT)
    return [m for m in one.messages if m.state in UNSENT]


def clocks(tx: Tx, one: Kept) -> dict[str, OrderClock]:
    """Return every clock an order has had, by key."""
    if one.clocks is None:
        one.clocks = {row.key: row for row in _read(tx, OrderClock, one)}
    return one.clocks


def timers(tx: Tx, one: Kept, *states: str) -> list[Timer]:
    """Return an order's timers in these states: ``planned``, ``resting``, ``waiting``."""
    if one.timers is None:
        one.timers = _read(tx, Timer, one, LIVE_TIMERS)
    return [t for t in one.timers if t.state in states]


def pending_request(tx: Tx, one: Kept) -> Request | None:
    """Return an order's undecided request."""
    if one.requests is None:
        one.requests = _read(tx, Request, one, ("pending",))
    return next((r for r in one.requests if r.state == "pending"), None)


def added(rows: list[M] | None, row: M) -> M:
    """Keep a row that was just added, where its kind has been read; return it."""
    if rows is not None:
        rows.append(row)
    return row
