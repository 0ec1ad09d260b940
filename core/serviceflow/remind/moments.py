"""One queue of due timers and message releases, in order of their nominal moments.

A message stands before a timer of the same moment. What was released in a run is not taken back by a later timer of
that run, just as if each had run on time: released messages are held by a claim until the queue is through. When the
process dies in between, the next run takes these claims over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, not_, select, update

from serviceflow.engine.notes import Notes
from serviceflow.engine.timers import run_due
from serviceflow.errors import FlowError, TryAgain
from serviceflow.faults import FaultInjected, fault
from serviceflow.flow.effects import Template
from serviceflow.plugin.unusable import PluginUnusable
from serviceflow.remind import outbox
from serviceflow.remind.elsewhere import of_trades, trades_elsewhere
from serviceflow.remind.outbox import LEASED, LIVE, MESSAGES, RELEASE, move
from serviceflow.remind.permits import ASK_AGAIN, Permit, end_of_quiet, quiet_until
from serviceflow.remind.reasons import because, fault_of
from serviceflow.store.tables import Message, Order, Request, Timer
from serviceflow.store.write import Tx, key_of, table_of
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop

TIMERS = table_of(Timer)
REQUESTS = table_of(Request)
LEASE = timedelta(minutes=10)
BATCH = 1000


@dataclass(slots=True)
class Released:
    """What the queue did."""

    messages: int = 0
    timers: int = 0
    failed: list[T] = field(default_factory=list)
    """Orders whose timers could not run, each with the reason."""


def run_queue(shop: Shop, now: datetime, instance: str) -> Released:
    """Run what is due up to ``now``; safe beside other runs."""
    done = Released()
    passed: set[int] = set()
    token = f"{instance}{RELEASE}"
    _take_over(shop, now, token)
    while True:
        with shop.reading() as tx:
            due = _next_order(tx, now, passed)
            horizon = due[0] if due is not None else now
            waiting = _waiting(shop, tx, horizon)
        if waiting:
            done.messages += _release(shop, horizon, now, token if due is not None else None)
        if due is None:
            break
        acted = _run_timers(shop, due[1], min(now, horizon + timedelta(seconds=1)), done)
        done.timers += acted
        if not acted:
            passed.add(due[1])
    with shop.write("remind run") as tx:
        tx.connection.execute(
            update(MESSAGES)
            .where(LEASED, MESSAGES.c.claim == token, MESSAGES.c.state == "claimed")
            .values(state="pending", claim=None, lease_until=None)
        )
    return done


def _take_over(shop: Shop, now: datetime, token: str) -> None:
    """Hold what a run had released that died before its timers were through, so that these do not take it back."""
    left = (LEASED, MESSAGES.c.state == "claimed", MESSAGES.c.claim.endswith(RELEASE), outbox.over(now))
    with shop.reading() as tx:
        if tx.scalar(select(MESSAGES.c.id).where(*left).limit(1)) is None:
            return
    with shop.write("remind run") as tx:
        tx.connection.execute(update(MESSAGES).where(*left).values(claim=token, lease_until=now + LEASE))


def _next_order(tx: Tx, now: datetime, passed: set[int]) -> tuple[datetime, int] | None:
    """Return the earliest nominal moment at which an order not passed over has something to do, and the order."""
    timers = select(TIMERS.c.due_at, TIMERS.c.order_id).where(
        TIMERS.c.state == "planned",
        (TIMERS.c.due_at < now) | ((TIMERS.c.due_at == now) & TIMERS.c.closed.is_(False)),
        TIMERS.c.order_id.not_in(passed),
    )
    requests = select(REQUESTS.c.expires_at, REQUESTS.c.order_id).where(
        REQUESTS.c.state == "pending", REQUESTS.c.expires_at < now, REQUESTS.c.order_id.not_in(passed)
    )
    found = [
        *tx.rows(timers.order_by(TIMERS.c.due_at, TIMERS.c.order_id).limit(1)),
        *tx.rows(requests.order_by(REQUESTS.c.expires_at, REQUESTS.c.order_id).limit(1)),
    ]
    return min((at, number) for at, number in found) if found else None


def _run_timers(shop: Shop, number: int, until: datetime, done: Released) -> int:
    """Run what the order's family has due up to ``until``; a closed deadline acts only after it."""
    try:
        with shop.write("remind timers") as tx:
            notes = Notes()
            order = tx.need(Order, number, lock=True)
            acted = run_due(shop, tx, order, until, notes)
            tx.order_id, tx.customer_id = order.id, order.customer_id
            tx.summary = notes.lines[0] if notes.lines else tx.summary
            fault("timer.before_commit")
        fault("timer.after_commit")
    except (TryAgain, FaultInjected):
        raise
    except (Exception, SystemExit) as cause:  # a plugin's fault must not stop what is due of other orders
        done.failed.append(T("order {n}: {why}", zh="订单 {n}: {why}").of(n=number, why=fault_of(cause)))
        return 0
    return acted


def _due(shop: Shop, horizon: datetime) -> list[ColumnElement[bool]]:
    """Return the condition that a message can be released: what only lacked its trade elsewhere need not wait here."""
    lacked = (MESSAGES.c.reason_ref == "remind.plugin") & not_(of_trades(trades_elsewhere(shop)))
    waited = (MESSAGES.c.state == "planned") | (MESSAGES.c.held_until <= horizon) | lacked
    return [LIVE, MESSAGES.c.due_at <= horizon, MESSAGES.c.state.in_(("planned", "held")), waited]  # type: ignore[list-item]


def _waiting(shop: Shop, tx: Tx, horizon: datetime) -> bool:
    return tx.scalar(select(MESSAGES.c.id).where(*_due(shop, horizon)).limit(1)) is not None


def _release(shop: Shop, horizon: datetime, now: datetime, token: str | None) -> int:
    """Release what is due up to ``horizon``; what falls into quiet hours waits for their end, from its own moment."""
    released = 0
    # Quiet hours that a message's moment lies in are over, unless they last now: then no message need be looked at.
    free_for_all = end_of_quiet(shop, horizon) is None and not trades_elsewhere(shop)
    while True:
        with shop.write("remind run") as tx:
            due = select(MESSAGES.c.id).where(*_due(shop, horizon)).order_by(MESSAGES.c.due_at, MESSAGES.c.id)
            if tx.dialect != "sqlite":
                due = due.with_for_update(skip_locked=True)
            waiting = list(tx.connection.execute(due.limit(BATCH)).scalars())
            free = waiting if free_for_all else _not_held(shop, tx, waiting, horizon, now)
            outbox.release(tx, free, token, now + LEASE)
            fault("release.before_commit")
        fault("release.after_commit")
        released += len(free)
        if len(waiting) < BATCH:
            return released


def _not_held(shop: Shop, tx: Tx, waiting: list[int], horizon: datetime, now: datetime) -> list[int]:
    """Hold those that wait for the end of quiet hours or for their trade; return the others."""
    free = []
    for message in tx.all(Message, MESSAGES.c.id.in_(waiting), order_by=[MESSAGES.c.due_at, MESSAGES.c.id]):
        hold = _lacks_its_trade(shop, message, now) or quiet_until(
            shop, message, template_of(shop, message), message.held_until or message.due_at
        )
        if hold is not None and hold.until is not None and hold.until > horizon:
            move(tx, message, "held", now, reason=hold.reason, held_until=hold.until)
        else:
            free.append(key_of(message))
    return free


def _lacks_its_trade(shop: Shop, message: Message, now: datetime) -> Permit | None:
    """Return the hold of a message whose trade this machine does not have, ``None`` where it has it."""
    trade, _, _ = message.rule.partition(":")
    if message.template == outbox.DIGEST or trade not in trades_elsewhere(shop):
        return None
    try:
        shop.plugins.trade(trade)
    except PluginUnusable as cause:
        return Permit("held", because("remind.plugin", why=cause.sentence), now + ASK_AGAIN)
    return None


def template_of(shop: Shop, message: Message) -> Template | None:
    """Return the template of a message, ``None`` where its plugin cannot be loaded or has it no more."""
    trade, _, _ = message.rule.partition(":")
    if trade == "core":
        return None
    try:
        return shop.plugins.trade(trade).template(message.template)
    except (FlowError, KeyError):
        return None
