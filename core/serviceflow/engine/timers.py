"""Due timers and undecided requests of a family of orders, done as if each had run on time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from serviceflow.engine import clocks, signoff
from serviceflow.engine.case import Case
from serviceflow.engine.kept import family_of
from serviceflow.engine.notes import Notes
from serviceflow.engine.perform import perform
from serviceflow.errors import FlowError
from serviceflow.store.tables import Hold, Order
from serviceflow.store.write import Tx, key_of, table_of
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop


def anything_due(tx: Tx, order: Order, now: datetime) -> bool:
    """Return whether a timer or an undecided request of the order's family is due; asks no trade."""
    family = family_of(tx, key_of(order))
    return bool(clocks.due_timers(tx, family, now)) or signoff.next_expired(tx, family, now) is not None


def run_due(shop: Shop, tx: Tx, order: Order, now: datetime, notes: Notes) -> int:
    """Do the due timers of the order's family in order of nominal moment, as if each had run on time.

    A timer whose condition does not hold waits until something changes in its family. Timers of an order whose
    plugin cannot be loaded stay as they are.

    Returns:
        How many were done.
    """
    done = 0
    passed: set[int | None] = set()
    while True:
        family = family_of(tx, key_of(order))
        timer = next((t for t in clocks.due_timers(tx, family, now) if t.id not in passed), None)
        request = signoff.next_expired(tx, family, now)
        if (
            request is not None
            and request.expires_at is not None
            and (timer is None or request.expires_at <= timer.due_at)
        ):
            signoff.expire(_system_case(shop, tx, tx.kept[request.order_id].order, request.expires_at, notes), request)
            done += 1
            continue
        if timer is None:
            return done
        try:
            case = _system_case(shop, tx, tx.kept[timer.order_id].order, timer.due_at, notes)
        except FlowError:
            passed.add(timer.id)
            continue
        action = case.flow.action(timer.action)
        if action.when is not None and not action.when(case):
            tx.change(timer, state="waiting", reason="")
            continue
        tx.change(timer, state="done")
        notes.lines.append(
            T("{at} {number} {action}", zh="{at} {number} {action}").of(
                at=case.local(timer.due_at), number=case.order.number, action=action.title
            )
        )
        clocks.break_clock(case, timer.clock)
        perform(case, action, action.form.of({}))
        done += 1


def run_due_of_holders(shop: Shop, tx: Tx, now: datetime) -> int:
    """Do what is due of every family of orders that holds a thing: what it should have given up is free again.

    Before an action may take a place, so that a late cron keeps nobody out of it.

    Returns:
        How many timers and requests were done.
    """
    table, done = table_of(Hold), 0
    for order_id in dict.fromkeys(due_orders(tx, now)):
        holding = tx.one(Hold, table.c.order_id.in_([key_of(k.order) for k in family_of(tx, order_id)]))
        if holding is not None:
            done += run_due(shop, tx, tx.need(Order, order_id), now, Notes())
    return done


def _system_case(shop: Shop, tx: Tx, order: Order, now: datetime | None, notes: Notes) -> Case:
    trade, flow = shop.flow(order.flow, order.flow_version)
    return Case(shop, tx, trade, flow, order, now=now or tx.now, actor=None, notes=notes)


def due_orders(tx: Tx, now: datetime, limit: int = 500) -> list[int]:
    """Return at most ``limit`` orders that have a due timer or a request that has expired, earliest first."""
    return [*clocks.orders_with_due_timers(tx, now, limit), *signoff.orders_with_expired(tx, now, limit)]
