"""Which watch rules hold for whom: alerts raised and cleared by set statements, whatever the number of clients.

Source: brokerage.md section 5.10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from serviceflow.api import T, Tx, conditions, table_of
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Integer,
    MetaData,
    Null,
    Table,
    Text,
    and_,
    cast,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
)

from serviceflow_brokerage.segment.fields import FIELDS, make
from serviceflow_brokerage.segment.rated import evidence_json
from serviceflow_brokerage.tables.clients import BrokerClient, BrokerProfileChange
from serviceflow_brokerage.tables.segments import (
    BrokerAlert,
    BrokerDimensionValue,
    BrokerSegmentState,
    BrokerWatchRule,
)
from serviceflow_brokerage.watch_fields import EVENT_FIELDS, WATCH_FIELDS

LEAVING: Final = ("asset-drop", "large-withdrawal")
"""Rules that also look at clients who have closed within the look-back."""
PROFILE: Final = "profile-change"
ALSO: Final[Mapping[str, tuple[str, ...]]] = {"asset-drop": ("net_outflow", "drop_cur")}
"""What a rule's evidence shows besides the fields it names."""
RAISED: Final = Table(
    "broker_tmp_raised",
    MetaData(),
    Column("n", Integer, primary_key=True),
    Column("rule", Text),
    Column("customer_id", Integer),
    Column("event_key", Text),
    Column("evidence", Text),
    Column("gone", Boolean),
    Column("task_id", Integer),
    Column("order_id", Integer),
    prefixes=["TEMPORARY"],
)
"""Alerts of this run, by rule and client sequence, before it is known what follows from them."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A rule that can be asked: its condition with the values that settings have now, and what its evidence shows."""

    rule: BrokerWatchRule
    condition: conditions.Condition
    shown: tuple[str, ...]


def known_fields(named: Sequence[str]) -> dict[str, conditions.FieldType]:
    """Return every field watch rules may name; dimensions are taken from what is ``named``."""
    words = {"segment": conditions.FieldType("text", T("Segment", zh="细分"))}
    dims = {name: conditions.FieldType("enum", T(name, zh=name)) for name in named if name.startswith("dim.")}
    return {**FIELDS, **WATCH_FIELDS, **EVENT_FIELDS, **words, **dims}


def read_rule(rule: BrokerWatchRule, settings: Mapping[str, Any]) -> Ready:
    """Return a rule ready to be asked; raises `conditions.ConditionFault`."""
    if rule.id == PROFILE:
        return Ready(rule, conditions.ALWAYS, ())
    fields = known_fields(sorted(_named(rule.condition)))
    read = conditions.read_condition(rule.condition, fields, settings.__contains__)
    shown = (*conditions.fields_of(read), *ALSO.get(rule.id, ()))
    return Ready(rule, conditions.bound(read, settings.__getitem__), tuple(dict.fromkeys(shown)))


def gather(tx: Tx, rules: Sequence[Ready], fields: Table, moves: Table, day: date, look_back: int) -> Table:
    """Return a table of this transaction with everybody watched and the fields that rules name, one row a client.

    ``gone`` are those who have closed within the look-back.
    """
    clients, states = table_of(BrokerClient), table_of(BrokerSegmentState)
    people = clients.outerjoin(fields, fields.c.customer_id == clients.c.customer_id)
    people = people.outerjoin(moves, moves.c.customer_id == clients.c.customer_id)
    people = people.outerjoin(states, states.c.customer_id == clients.c.customer_id)
    sources: dict[str, Any] = {name: fields.c[name] for name in FIELDS}
    sources |= {name: moves.c[name] for name in WATCH_FIELDS}
    sources["segment"] = states.c.segment
    wanted = sorted({name for r in rules for name in r.shown if name not in EVENT_FIELDS})
    for name in wanted:
        if name.startswith("dim."):
            value = table_of(BrokerDimensionValue).alias()
            on = and_(value.c.customer_id == clients.c.customer_id, value.c.dimension == name.removeprefix("dim."))
            people = people.outerjoin(value, on)
            sources[name] = value.c.value
    watched = make(
        tx,
        Table(
            "broker_tmp_watched",
            MetaData(),
            Column("customer_id", Integer, primary_key=True),
            Column("client_seq", Integer),
            Column("gone", Boolean),
            *(Column(name, sources[name].type) for name in wanted),
            prefixes=["TEMPORARY"],
        ),
    )
    here = fields.c.customer_id.is_not(None)
    just_closed = and_(clients.c.closed_on > day - timedelta(days=look_back), clients.c.closed_on <= day)
    query = (
        select(clients.c.customer_id, clients.c.client_seq, not_(here), *(sources[name] for name in wanted))
        .select_from(people)
        .where(or_(here, just_closed))
    )
    tx.connection.execute(watched.insert().from_select([c.name for c in watched.c], query))
    make(tx, RAISED)
    return watched


def clear(tx: Tx, ready: Ready, watched: Table, day: date) -> int:
    """Clear a state rule's alerts where its condition is no longer true and nothing it names is missing."""
    alerts, columns = table_of(BrokerAlert), dict(watched.c.items())
    calm = select(watched.c.customer_id).where(
        watched.c.customer_id == alerts.c.customer_id,
        _belongs(ready, watched),
        _evaluable(ready, columns),
        not_(ready.condition.sql(columns)),
    )
    return _clear(tx, day, alerts.c.rule == ready.rule.id, alerts.c.event_key.is_(None), calm.exists())


def clear_those_gone(tx: Tx, watched: Table, day: date) -> int:
    """Clear what stands of clients who no longer belong here; those just closed are still looked at by two rules."""
    alerts = table_of(BrokerAlert)
    mine = select(watched.c.customer_id).where(watched.c.customer_id == alerts.c.customer_id)
    looked_at = and_(alerts.c.rule.in_(LEAVING), mine.exists())
    return _clear(tx, day, not_(mine.where(watched.c.gone == false()).exists()), not_(looked_at))


def _clear(tx: Tx, day: date, *where: ColumnElement[bool]) -> int:
    alerts = table_of(BrokerAlert)
    cleared = alerts.update().values(cleared_on=day, rv=alerts.c.rv + 1).where(alerts.c.cleared_on.is_(None), *where)
    return tx.connection.execute(cleared).rowcount


def raise_state(tx: Tx, ready: Ready, watched: Table, day: date) -> None:
    """Note an alert for everybody for whom a state rule holds, unless one stands or was raised not long ago."""
    columns, alerts = dict(watched.c.items()), table_of(BrokerAlert)
    recent = alerts.c.raised_on > day - timedelta(days=ready.rule.cooldown_days)
    standing = (
        select(alerts.c.id)
        .where(
            alerts.c.rule == ready.rule.id,
            alerts.c.customer_id == watched.c.customer_id,
            alerts.c.event_key.is_(None),
            or_(alerts.c.cleared_on.is_(None), recent),
        )
        .exists()
    )
    holds = (_belongs(ready, watched), _evaluable(ready, columns), ready.condition.sql(columns), not_(standing))
    _note(tx, ready.rule.id, watched, null(), _evidence(ready, columns), watched, *holds)


def raise_events(tx: Tx, ready: Ready, watched: Table, events: Table) -> None:
    """Note an alert for each event of which a rule holds, once for ever."""
    columns: dict[str, Any] = {**dict(watched.c.items()), **{name: events.c[name] for name in EVENT_FIELDS}}
    key = cast(events.c.as_of, Text)
    joined = watched.join(events, events.c.customer_id == watched.c.customer_id)
    holds = (_belongs(ready, watched), ready.condition.sql(columns), _new_event(ready.rule.id, watched, key))
    _note(tx, ready.rule.id, watched, key, _evidence(ready, columns), joined, *holds)


def raise_profile_changes(
    tx: Tx, rule: BrokerWatchRule, watched: Table, names: Sequence[str], since: datetime, until: datetime
) -> None:
    """Note an alert for each change of a watched field of a client file, ``since`` inclusive, ``until`` not."""
    changes = table_of(BrokerProfileChange)
    key = cast(changes.c.id, Text)
    joined = watched.join(changes, changes.c.customer_id == watched.c.customer_id)
    seen = literal('{"field":"', Text()).op("||")(changes.c.field).op("||")(literal('"}', Text()))
    _note(
        tx, rule.id, watched, key, seen, joined, watched.c.gone == false(), changes.c.field.in_(names),
        changes.c.at >= since, changes.c.at < until, _new_event(rule.id, watched, key),
    )  # fmt: skip


def store(tx: Tx, run: int, day: date) -> None:
    """Store the alerts of the run with the task or order each has led to."""
    alerts = table_of(BrokerAlert)
    names = [
        "rv", "rule", "customer_id", "event_key", "raised_on", "evidence", "task_id", "order_id", "run_id",
    ]  # fmt: skip
    found = [RAISED.c[n] for n in ("rule", "customer_id", "event_key")]
    query = select(
        literal(1), *found, literal(day), RAISED.c.evidence, RAISED.c.task_id, RAISED.c.order_id, literal(run)
    ).order_by(RAISED.c.n)
    tx.connection.execute(alerts.insert().from_select(names, query))
    tx.batch(alerts, run, {"column": "run_id", "run": run})


def _note(
    tx: Tx, rule: str, watched: Table, key: Any, evidence: ColumnElement[str], people: Any, *where: ColumnElement[bool]
) -> None:
    query = (
        select(literal(rule, Text()), watched.c.customer_id, cast(key, Text), evidence, watched.c.gone)
        .select_from(people)
        .where(*where)
        .order_by(watched.c.client_seq, *([] if isinstance(key, Null) else [key]))
    )
    names = ["rule", "customer_id", "event_key", "evidence", "gone"]
    tx.connection.execute(RAISED.insert().from_select(names, query, include_defaults=False))


def _belongs(ready: Ready, watched: Table) -> ColumnElement[bool]:
    return watched.c.customer_id.is_not(None) if ready.rule.id in LEAVING else watched.c.gone == false()


def _evaluable(ready: Ready, columns: Mapping[str, Any]) -> ColumnElement[bool]:
    """Every field the condition compares is there; whether one is there at all may itself be what is asked."""
    asked = {leaf.field for leaf in conditions.leaves(ready.condition) if leaf.op not in ("present", "missing")}
    return and_(true(), *[columns[name].is_not(None) for name in sorted(asked)])


def _evidence(ready: Ready, columns: Mapping[str, Any]) -> ColumnElement[str]:
    return evidence_json(ready.shown, known_fields(ready.shown), columns)


def _new_event(rule: str, watched: Table, key: Any) -> ColumnElement[bool]:
    alerts = table_of(BrokerAlert)
    known = select(alerts.c.id).where(
        alerts.c.rule == rule, alerts.c.customer_id == watched.c.customer_id, alerts.c.event_key == key
    )
    return not_(known.exists())


def _named(raw: Any) -> set[str]:
    if isinstance(raw, Mapping):
        own = {raw["field"]} if isinstance(raw.get("field"), str) else set()
        return own.union(*[_named(value) for value in raw.values()])
    return set().union(*[_named(item) for item in raw]) if isinstance(raw, list) else set()


def count_raised(tx: Tx) -> int:
    """Return how many alerts the run has noted."""
    return int(tx.scalar(select(func.count()).select_from(RAISED)))
