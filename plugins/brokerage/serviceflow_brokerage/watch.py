"""Watching clients (客户关注): alerts raised and cleared, one task for each client, retention started.

Source: brokerage.md section 5.10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from serviceflow.api import (
    Customer,
    Notes,
    Order,
    Shop,
    T,
    TaskRow,
    Tx,
    add_business_days,
    case_of,
    conditions,
    instant_of,
    start_order,
    table_of,
)
from sqlalchemy import ColumnElement, Table, and_, literal, or_, select

from serviceflow_brokerage.lease import check_day, leased
from serviceflow_brokerage.people import segment_of
from serviceflow_brokerage.roles import SM
from serviceflow_brokerage.segment.fields import FIELDS, drop, fill_fields
from serviceflow_brokerage.segment.rulesets import rule_settings
from serviceflow_brokerage.tables.clients import BrokerClient, BrokerProfileChange
from serviceflow_brokerage.tables.segments import (
    BrokerAlert,
    BrokerDimensionValue,
    BrokerRun,
    BrokerSegmentState,
    BrokerWatchRule,
)
from serviceflow_brokerage.watch_fields import EVENT_FIELDS, WATCH_FIELDS, fill_moves

SEVERITIES: Final = ("high", "mid", "low")
LEAVING: Final = ("asset-drop", "large-withdrawal")
"""Rules that also look at clients who have closed within the look-back."""
RULE: Final = "brokerage:watch"
NO_LONGER: Final = T("condition no longer true", zh="条件已不成立")


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert of this run, before it is stored."""

    rule: BrokerWatchRule
    customer_id: int
    event_key: str | None
    evidence: Mapping[str, Any]
    closed: bool


@dataclass(slots=True)
class Watched:
    """What a watch run did."""

    run: int | None
    as_of: date
    raised: list[Raised] = field(default_factory=list)
    cleared: int = 0
    attached: int = 0
    tasks: int = 0
    retentions: int = 0


def watch_run(shop: Shop, day: date | None = None, *, dry_run: bool = False) -> Watched:
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
            _Watch(shop, tx, found).run()
        return found
    with leased(shop, "watch", day) as run:
        found = Watched(run.id, day)
        with shop.write("brokerage watch run") as tx:
            _Watch(shop, tx, found).run()
            tx.batch(table_of(BrokerRun), run.id, {"run": run.id, "raised": len(found.raised)})
            tx.summary = T("Watch run of {day}: {n} alerts", zh="关注运行 {day}: {n} 条预警").of(
                day=day, n=len(found.raised)
            )
        run.counts = {"raised": len(found.raised), "cleared": found.cleared, "tasks": found.tasks}
    return found


class _Watch:
    """One run inside its transaction."""

    def __init__(self, shop: Shop, tx: Tx, found: Watched) -> None:
        self.shop, self.tx, self.found, self.day = shop, tx, found, found.as_of
        self.settings = rule_settings(shop.setting)
        self.notes = Notes()

    def run(self) -> None:
        tx = self.tx
        fields = fill_fields(tx, self.day, self.settings)
        moves, events = fill_moves(tx, self.day, self.settings)
        table = table_of(BrokerWatchRule)
        self._clear_those_gone(fields)
        for rule in tx.all(BrokerWatchRule, table.c.enabled.is_(True), order_by=[table.c.position]):
            if rule.id == "profile-change":
                self._profile_changes(rule, fields)
            else:
                self._rule(rule, fields, moves, events)
        drop(tx, fields, moves, events)
        self._follow_up()

    # -- rules -----------------------------------------------------------------------------------------------

    def _rule(self, rule: BrokerWatchRule, fields: Table, moves: Table, events: Table) -> None:
        known = {
            **FIELDS, **WATCH_FIELDS, **EVENT_FIELDS, "segment": conditions.FieldType("text", T("Segment", zh="细分")),
        }  # fmt: skip
        dims = {leaf for leaf in _named(rule.condition) if leaf.startswith("dim.")}
        known |= {name: conditions.FieldType("enum", T(name, zh=name)) for name in dims}
        read = conditions.read_condition(rule.condition, known, self.settings.__contains__)
        condition = conditions.bound(read, self.settings.__getitem__)
        clients, states = table_of(BrokerClient), table_of(BrokerSegmentState)
        people = clients.outerjoin(fields, fields.c.customer_id == clients.c.customer_id)
        people = people.outerjoin(moves, moves.c.customer_id == clients.c.customer_id)
        people = people.outerjoin(states, states.c.customer_id == clients.c.customer_id)
        columns: dict[str, Any] = {name: fields.c[name] for name in FIELDS}
        columns |= {name: moves.c[name] for name in WATCH_FIELDS} | {"segment": states.c.segment}
        for name in sorted(dims):
            value = table_of(BrokerDimensionValue).alias()
            on = and_(value.c.customer_id == clients.c.customer_id, value.c.dimension == name.removeprefix("dim."))
            people = people.outerjoin(value, on)
            columns[name] = value.c.value
        here: ColumnElement[bool] = fields.c.customer_id.is_not(None)
        if rule.id in LEAVING:
            since = self.day - timedelta(days=self.settings["drop_lookback_days"])
            here = or_(here, and_(clients.c.closed_on > since, clients.c.closed_on <= self.day))
        if rule.kind == "event":
            people = people.join(events, events.c.customer_id == clients.c.customer_id)
            columns |= {name: events.c[name] for name in EVENT_FIELDS}
        holds = condition.sql(columns)
        named = conditions.fields_of(condition)
        more = ("net_outflow", "drop_cur") if rule.id == "asset-drop" else ()
        shown = [columns[name].label(f"v{n}") for n, name in enumerate((*named, *more))]
        event_key = events.c.as_of if rule.kind == "event" else literal(None)
        query = (
            select(clients.c.customer_id, fields.c.customer_id.is_(None), event_key, *shown)
            .select_from(people)
            .where(here, holds)
            .order_by(clients.c.client_seq)
        )
        if rule.kind == "state":
            self._clear(rule, people, clients, and_(here, ~holds, *[columns[name].is_not(None) for name in named]))
        for customer, gone, key, *values in self.tx.rows(query):
            evidence = {n: _plain(v) for n, v in zip((*named, *more), values, strict=True)}
            self._raise(rule, customer, key.isoformat() if key is not None else None, evidence, closed=bool(gone))

    def _profile_changes(self, rule: BrokerWatchRule, fields: Table) -> None:
        changes = table_of(BrokerProfileChange)
        midnight = instant_of(self.day + timedelta(days=1), time(0), self.shop.zone)
        scanned = midnight - timedelta(days=self.settings["event_scan_days"])
        query = (
            select(changes.c.customer_id, changes.c.id, changes.c.field)
            .join(fields, fields.c.customer_id == changes.c.customer_id)
            .where(
                changes.c.field.in_(self.shop.setting("broker.watch_profile_fields")),
                changes.c.at < midnight,
                changes.c.at >= scanned,
            )
            .order_by(changes.c.id)
        )
        for customer, key, name in self.tx.rows(query):
            self._raise(rule, customer, str(key), {"field": name}, closed=False)

    def _clear(self, rule: BrokerWatchRule, people: Any, clients: Table, no_longer: Any) -> None:
        alerts = table_of(BrokerAlert)
        calm = select(clients.c.customer_id).select_from(people).where(no_longer)
        for alert in self.tx.all(
            BrokerAlert, alerts.c.rule == rule.id, alerts.c.cleared_on.is_(None), alerts.c.event_key.is_(None),
            alerts.c.customer_id.in_(calm),
        ):  # fmt: skip
            self._cleared(alert)

    def _clear_those_gone(self, fields: Table) -> None:
        """Clear what stands of clients who no longer belong here; those just closed are still looked at."""
        alerts = table_of(BrokerAlert)
        here = select(fields.c.customer_id)
        for alert in self.tx.all(
            BrokerAlert, alerts.c.cleared_on.is_(None), alerts.c.event_key.is_(None), alerts.c.customer_id.not_in(here)
        ):
            client = self.tx.get(BrokerClient, alert.customer_id)
            since = self.day - timedelta(days=self.settings["drop_lookback_days"])
            just_closed = client is not None and client.closed_on is not None and client.closed_on > since
            if not (just_closed and alert.rule in LEAVING):
                self._cleared(alert)

    def _cleared(self, alert: BrokerAlert) -> None:
        self.tx.change(alert, cleared_on=self.day)
        self.found.cleared += 1
        if alert.task_id is None:
            return
        task = self.tx.need(TaskRow, alert.task_id)
        alerts, rules = table_of(BrokerAlert), table_of(BrokerWatchRule)
        auto = {r.id for r in self.tx.all(BrokerWatchRule, rules.c.auto_cancel.is_(True))}
        on_it = self.tx.all(BrokerAlert, alerts.c.task_id == alert.task_id)
        if task.state == "open" and all(a.cleared_on is not None and a.rule in auto for a in on_it):
            self.tx.change(task, state="cancelled", reason=str(NO_LONGER))

    def _raise(
        self,
        rule: BrokerWatchRule,
        customer_id: int,
        event_key: str | None,
        evidence: Mapping[str, Any],
        *,
        closed: bool,
    ) -> None:
        alerts = table_of(BrokerAlert)
        where = [alerts.c.rule == rule.id, alerts.c.customer_id == customer_id]
        if event_key is not None:
            if self.tx.one(BrokerAlert, *where, alerts.c.event_key == event_key) is not None:
                return
        else:
            last = self.tx.one(BrokerAlert, *where, order_by=[alerts.c.id.desc()])
            if last is not None and (last.cleared_on is None or (self.day - last.raised_on).days < rule.cooldown_days):
                return
        self.found.raised.append(Raised(rule, customer_id, event_key, evidence, closed))

    # -- what follows ----------------------------------------------------------------------------------------

    def _follow_up(self) -> None:
        by_client: dict[int, list[Raised]] = {}
        for alert in self.found.raised:
            by_client.setdefault(alert.customer_id, []).append(alert)
        for customer_id, alerts in by_client.items():
            left = [a for a in alerts if not (a.rule.start_flow and self._retained(customer_id, a))]
            if left:
                self._task(customer_id, left)

    def _retained(self, customer_id: int, alert: Raised) -> bool:
        """Link an alert to the client's retention order, started if there is none; returns whether it was."""
        segments = self.shop.setting("broker.retention_auto_segments")
        if alert.closed or segment_of(self.tx, customer_id) not in segments:
            return False
        orders = table_of(Order)
        order = self.tx.one(
            Order,
            orders.c.flow == "broker.retention",
            orders.c.customer_id == customer_id,
            orders.c.closed_at.is_(None),
        )
        if order is None:
            trade, flow = self.shop.newest_flow("broker.retention")
            start = flow.starts()[0]
            customer = self.tx.need(Customer, customer_id)
            order = start_order(
                self.shop, self.tx, trade, flow, start, start.form.of({"trigger": alert.rule.id}), now=self.tx.now,
                notes=self.notes, customer_id=customer_id, owner_id=customer.owner_id,
            )  # fmt: skip
            self.found.retentions += 1
        elif order.step == "observing" and alert.rule.severity == "high":
            case_of(self.shop, self.tx, order, self.notes).again(now=self.tx.now).act("relapse")
        self._store(alert, order_id=order.id)
        return True

    def _task(self, customer_id: int, alerts: list[Raised]) -> None:
        severity = min((a.rule.severity for a in alerts), key=SEVERITIES.index)
        within = self.shop.setting(f"broker.watch_due_{severity}")
        due = self._at(add_business_days(self.shop.calendar("shop"), self.day, within))
        tasks = table_of(TaskRow)
        task = self.tx.one(TaskRow, tasks.c.rule == RULE, tasks.c.customer_id == customer_id, tasks.c.state == "open")
        if task is not None:
            self.tx.change(task, due_at=min(task.due_at, due))
            self.found.attached += 1
        else:
            customer = self.tx.need(Customer, customer_id)
            ordered = sorted(alerts, key=lambda a: a.rule.position)
            task = self.tx.add(
                TaskRow(
                    rule=RULE, title_en=", ".join(a.rule.title_en for a in ordered),
                    title_zh="、".join(a.rule.title_zh for a in ordered), due_at=due, assignee_id=customer.owner_id,
                    role=None if customer.owner_id else SM, customer_id=customer_id, made_at=self.tx.now, stays=True,
                )
            )  # fmt: skip
            self.found.tasks += 1
        for alert in alerts:
            self._store(alert, task_id=task.id)

    def _store(self, alert: Raised, *, task_id: int | None = None, order_id: int | None = None) -> None:
        self.tx.add(
            BrokerAlert(
                rule=alert.rule.id, customer_id=alert.customer_id, event_key=alert.event_key, raised_on=self.day,
                evidence=dict(alert.evidence), task_id=task_id, order_id=order_id,
            )
        )  # fmt: skip

    def _at(self, day: date) -> datetime:
        return instant_of(day, time.fromisoformat(self.shop.setting("core.day_end")), self.shop.zone)


def _named(raw: Any) -> set[str]:
    if isinstance(raw, Mapping):
        own = {raw["field"]} if isinstance(raw.get("field"), str) else set()
        return own.union(*[_named(value) for value in raw.values()])
    return set().union(*[_named(item) for item in raw]) if isinstance(raw, list) else set()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
