"""Watching clients (客户关注): one dated run over everybody, what it raised, cleared and led to.

Source: brokerage.md section 5.10.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from serviceflow.api import Shop, T, Tx, add_business_days, instant_of, table_of
from sqlalchemy import Table, case, select

from serviceflow_brokerage import alerts, followup
from serviceflow_brokerage.alerts import PROFILE, RAISED, Ready
from serviceflow_brokerage.followup import SEVERITIES
from serviceflow_brokerage.lease import Say, check_day, hold, leased, silent
from serviceflow_brokerage.limits import end_of
from serviceflow_brokerage.segment.fields import drop, fill_fields
from serviceflow_brokerage.segment.rulesets import rule_settings
from serviceflow_brokerage.tables.segments import BrokerRun, BrokerWatchRule
from serviceflow_brokerage.watch_fields import fill_moves

SHOWN: Final = 200
"""Alerts that a run returns one by one, the most severe first; all are stored."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert a run has raised."""

    rule: BrokerWatchRule
    customer_id: int
    event_key: str | None
    evidence: Mapping[str, Any]


@dataclass(slots=True)
class Watched:
    """What a watch run did. ``shown`` are the first alerts of ``raised``, by severity, rule and client sequence."""

    run: int | None
    as_of: date
    raised: int = 0
    shown: list[Raised] = field(default_factory=list)
    cleared: int = 0
    attached: int = 0
    tasks: int = 0
    retentions: int = 0


def watch_run(shop: Shop, day: date | None = None, *, dry_run: bool = False, say: Say = silent) -> Watched:
    """Raise and clear alerts as of a day.

    Raises:
        BadInput: ``as-of-future``, ``as-of-back`` or ``run-locked``.
    """
    today = shop.local_day(shop.clock.now())
    day = day or today
    with shop.reading() as tx:
        check_day(tx, "watch", day, today, back=dry_run)
    if dry_run:
        found = Watched(None, day)
        with shop.write("brokerage watch run", dry_run=True) as tx:
            _watch(shop, tx, found, say)
        return found
    with leased(shop, "watch", day) as run:
        found = Watched(run.id, day)
        with shop.write("brokerage watch run") as tx:
            _watch(shop, tx, found, say)
            hold(tx, run)
            tx.batch(table_of(BrokerRun), run.id, {"run": run.id, "raised": found.raised})
            tx.summary = T("Watch run of {day}: {n} alerts", zh="关注运行 {day}: {n} 条预警").of(
                day=day, n=found.raised
            )
        run.counts = {"raised": found.raised, "cleared": found.cleared, "tasks": found.tasks}
    return found


def _watch(shop: Shop, tx: Tx, found: Watched, say: Say) -> None:
    day, settings = found.as_of, rule_settings(shop.setting)
    table = table_of(BrokerWatchRule)
    rules = [
        alerts.read_rule(rule, settings)
        for rule in tx.all(BrokerWatchRule, table.c.enabled.is_(True), order_by=[table.c.position])
    ]
    say(T("fields of everybody", zh="计算客户字段"))
    fields = fill_fields(tx, day, settings)
    moves, events = fill_moves(tx, day, settings)
    watched = alerts.gather(tx, rules, fields, moves, day, settings["drop_lookback_days"])
    drop(tx, fields, moves)
    found.cleared = alerts.clear_those_gone(tx, watched, day)
    for ready in rules:
        say(T("rule {title}", zh="规则 {title}").of(title=T(ready.rule.title_en, zh=ready.rule.title_zh)))
        found.cleared += _ask(shop, tx, ready, watched, events, day)
    drop(tx, watched, events)
    followup.cancel_calm_tasks(tx, day)
    say(T("tasks", zh="生成任务"))
    followed = followup.follow_up(shop, tx, rules, _due(shop, day))
    found.tasks, found.attached, found.retentions = followed.tasks, followed.attached, followed.retentions
    found.raised, found.shown = alerts.count_raised(tx), _shown(tx, rules)
    alerts.store(tx, found.run or 0, day)
    drop(tx, RAISED)


def _ask(shop: Shop, tx: Tx, ready: Ready, watched: Table, events: Table, day: date) -> int:
    """Ask a rule of everybody; returns how many alerts it has cleared."""
    if ready.rule.id == PROFILE:
        until = instant_of(day + timedelta(days=1), time(0), shop.zone)
        first = day - timedelta(days=shop.setting("broker.event_scan_days") - 1)
        names = shop.setting("broker.watch_profile_fields")
        alerts.raise_profile_changes(tx, ready.rule, watched, names, instant_of(first, time(0), shop.zone), until)
        return 0
    if ready.rule.kind == "event":
        alerts.raise_events(tx, ready, watched, events)
        return 0
    cleared = alerts.clear(tx, ready, watched, day)
    alerts.raise_state(tx, ready, watched, day)
    return cleared


def _due(shop: Shop, day: date) -> dict[str, datetime]:
    calendar = shop.calendar("shop")
    return {
        s: end_of(shop, add_business_days(calendar, day, shop.setting(f"broker.watch_due_{s}"))) for s in SEVERITIES
    }


def _shown(tx: Tx, rules: Sequence[Ready]) -> list[Raised]:
    known = {r.rule.id: r.rule for r in rules}
    severity = case(*[(RAISED.c.rule == r.id, SEVERITIES.index(r.severity)) for r in known.values()])
    query = select(RAISED.c.rule, RAISED.c.customer_id, RAISED.c.event_key, RAISED.c.evidence)
    rows = tx.rows(query.order_by(severity, RAISED.c.n).limit(SHOWN))
    return [Raised(known[rule], customer, key, json.loads(seen)) for rule, customer, key, seen in rows]
