"""What is too late, and what a time without sending has piled up: expired, replaced by the latest, or merged.

Nothing is dropped without a row that says why.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select

from serviceflow.errors import FlowError
from serviceflow.faults import fault
from serviceflow.remind import outbox, permits
from serviceflow.remind.outbox import LIVE, MESSAGES, may_have_arrived, move
from serviceflow.remind.permits import local
from serviceflow.remind.reasons import because
from serviceflow.remind.timer import LATE
from serviceflow.store.tables import Message
from serviceflow.store.write import Tx

if TYPE_CHECKING:
    from serviceflow.app import Shop

Policy = Literal["all", "latest", "merge"]


def expire(shop: Shop, tx: Tx, now: datetime, count: Counter[str]) -> None:
    """End the messages whose time is over; one that may have arrived already is put before a person instead."""
    table = MESSAGES
    query = select(table).where(
        LIVE, table.c.due_at <= now, table.c.expires_at < now,
        table.c.state.in_(("planned", "pending", "held", "retry")))  # fmt: skip
    if tx.dialect != "sqlite":
        query = query.with_for_update(skip_locked=True)
    for message in tx.found(Message, query):
        assert message.expires_at is not None
        reason = because("remind.expired", at=local(shop, message.expires_at))
        to = "uncertain" if message.state == "retry" and may_have_arrived(tx, message) else "expired"
        if move(tx, message, to, now, reason=reason, next_at=None):
            count[to] += 1
            if to == "expired":
                part(tx, message, now)
    fault("expire.before_commit")


def merge_late(shop: Shop, tx: Tx, now: datetime, count: Counter[str], single: Collection[str] = ()) -> None:
    """Apply the catch-up policy of each rule to what is late by more than `LATE`.

    Args:
        single: Channels that send approved words only, into which no other text can be merged.
    """
    table = MESSAGES
    late = (LIVE, table.c.due_at <= now - LATE, table.c.state == "pending", table.c.attempts == 0)
    rules = [row.rule for row in tx.rows(select(table.c.rule).distinct().where(*late))]
    policies = {rule: policy_of(shop, rule) for rule in rules}
    wanted = [rule for rule, policy in policies.items() if policy != "all"]
    if not wanted:
        return
    query = select(table).where(*late, table.c.rule.in_(wanted)).order_by(table.c.due_at, table.c.id)
    if tx.dialect != "sqlite":
        query = query.with_for_update(skip_locked=True)
    groups: dict[tuple[Policy, tuple[str | None, ...]], list[Message]] = defaultdict(list)
    for message in tx.found(Message, query):
        policy = policies[message.rule]
        if policy == "merge" and message.channel in single:
            continue
        family = message.rule if policy == "latest" else message.rule.partition(":")[0]
        to = str(message.staff_id if message.staff_id is not None else message.customer_id)
        groups[policy, (family, message.channel, message.recipient, message.purpose, to)].append(message)
    for (policy, _), messages in groups.items():
        keeper = messages[-1] if policy == "latest" else messages[0]
        ref = "remind.latest" if policy == "latest" else "remind.merged"
        for message in messages:
            if message is not keeper and move(
                tx, message, "merged", now, reason=because(ref, mark=f"m{keeper.id}"), merged_into=keeper.id
            ):
                count["merged"] += 1
    fault("merge.before_commit")


def part(tx: Tx, keeper: Message, now: datetime) -> None:
    """Let what was to go with a message that will not go be sent by itself."""
    for child in outbox.merged_into(tx, keeper):
        move(tx, child, "pending", now, reason=because("remind.parted", mark=f"m{keeper.id}"), merged_into=None)


def still_goes(shop: Shop, tx: Tx, child: Message, now: datetime) -> bool:
    """Return whether a merged message may go itself; one that may not leaves the other, for its own reason."""
    permit = permits.ask(shop, tx, child, now, quiet=False)
    if permit.state is None:
        return True
    move(tx, child, permit.state, now, reason=permit.reason, held_until=permit.until, merged_into=None)
    return False


def policy_of(shop: Shop, rule: str) -> Policy:
    """Return what a rule says about late messages; staff digests keep the latest."""
    trade, _, key = rule.partition(":")
    if trade == "core":
        return "latest"
    try:
        flows = shop.plugins.trade(trade).flows
    except FlowError:
        return "all"
    for flow in flows:
        for plan in flow.plans:
            if plan.key == key and hasattr(plan, "catch_up"):
                return plan.catch_up
    return "all"
