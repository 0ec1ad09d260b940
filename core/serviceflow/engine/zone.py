"""A shop moves to another time zone: what is planned for ten in the morning stays at ten, now of the new zone.

Only messages that nobody has begun to send move. One that is due so many hours after something keeps its instant.
Their keys stay, for they name local times: nothing can be planned a second time. Tasks, limits and timers keep their
moments; those made from now on are computed in the new zone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from serviceflow.clock import instant
from serviceflow.errors import FlowError
from serviceflow.flow.effects import Message as Rule
from serviceflow.flow.moments import Computed, Extreme, When
from serviceflow.store.tables import Message
from serviceflow.store.write import Tx, key_of, table_of
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop

QUIET = "remind.quiet-hours"
"""Reason of messages that wait for a time of day."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One planned message, due at another instant from now on.

    Args:
        template: ``plugin:key`` of its words.
    """

    message_id: int
    template: str
    recipient: str
    before: datetime
    after: datetime


def replan_messages(shop: Shop, tx: Tx, old: ZoneInfo, new: ZoneInfo) -> list[Moved]:
    """Let planned messages keep their time of day in a new zone; return those that move, in order of their new moment.

    What would have been due by now goes at the next run.
    """
    if old.key == new.key:
        return []
    table = table_of(Message)
    moved = []
    for row in tx.all(Message, table.c.state.in_(("planned", "held")), order_by=[table.c.due_at, table.c.id]):
        changes = dict(_changes(shop, row, old, new))
        if not changes:
            continue
        before = row.due_at
        tx.change(row, **changes)
        moved.append(Moved(key_of(row), row.rule, row.recipient_name, before, row.due_at))
    return sorted(moved, key=lambda m: (m.after, m.message_id))


def _changes(shop: Shop, row: Message, old: ZoneInfo, new: ZoneInfo) -> Iterator[tuple[str, Any]]:
    rules = _rules(shop, row)
    due = not rules or any(by_the_clock(rule.due) for rule in rules)
    end = any(rule.expires is not None and by_the_clock(rule.expires) for rule in rules) if rules else due
    wanted = {"due_at": due, "expires_at": end, "held_until": row.reason_ref == QUIET}
    for name, wants in wanted.items():
        at = getattr(row, name)
        if wants and at is not None and (there := same_time(at, old, new)) != at:
            yield name, there


def _rules(shop: Shop, row: Message) -> list[Rule]:
    """Return the rules of flows that may have planned a message; none for a life message or a digest."""
    trade, _, key = row.rule.partition(":")
    try:
        flows = shop.plugins.trade(trade).flows if trade != "core" else ()
    except FlowError:
        return []
    return [plan for flow in flows for plan in flow.plans if isinstance(plan, Rule) and plan.key == key]


def by_the_clock(when: When) -> bool:
    """Return whether a moment is a day or a time of day, and so another instant in another zone."""
    if isinstance(when, Extreme):
        return any(by_the_clock(part) for part in when.of)
    return isinstance(when, Computed) or when.unit in ("days", "bdays", "months") or when.at is not None


def same_time(at: datetime, old: ZoneInfo, new: ZoneInfo) -> datetime:
    """Return the instant at which the clocks of ``new`` show what those of ``old`` show at ``at``."""
    here = at.astimezone(old)
    return instant(here.date(), here.time().replace(fold=0), new)


def moved_lines(moved: list[Moved], zone: ZoneInfo, most: int = 10) -> list[T]:
    """Return what moves, a line for each message, in the new zone's time; the rest is a number."""
    lines = [
        T("m{n} {template} {who}  {before} → {after}", zh="m{n} {template} {who}  {before} → {after}").of(
            n=m.message_id, template=m.template, who=m.recipient, **_local(m, zone)
        )
        for m in moved[:most]
    ]
    if len(moved) > most:
        lines.append(T("and {n} more", zh="另有 {n} 条").of(n=len(moved) - most))
    return lines


def _local(moved: Moved, zone: ZoneInfo) -> Mapping[str, str]:
    return {name: getattr(moved, name).astimezone(zone).strftime("%m-%d %H:%M") for name in ("before", "after")}
