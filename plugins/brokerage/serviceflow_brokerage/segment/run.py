"""A dated segment run: everybody's fields, scores, dimensions, segment and labels; only differences are written.

Set statements throughout, one transaction. Source: brokerage.md section 5.2, "Order of a run".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from serviceflow.api import Shop, T, Tx, conditions, instant_of, table_of
from sqlalchemy import Column, Table, Text, and_, case, func, literal, or_, select

from serviceflow_brokerage.contacts import follow_moves
from serviceflow_brokerage.content import follow_segments
from serviceflow_brokerage.lease import Run, Say, StopRun, check_day, hold, leased, silent
from serviceflow_brokerage.refusals import bad
from serviceflow_brokerage.segment.fields import FIELDS, SCORES, drop, make, run_sql, temporary
from serviceflow_brokerage.segment.rated import columns_of, evidence, evidence_of, rated
from serviceflow_brokerage.segment.rulefile import RuleFile
from serviceflow_brokerage.segment.rulesets import active, lint, rule_settings
from serviceflow_brokerage.tables.segments import (
    BrokerDimensionValue,
    BrokerFeature,
    BrokerLabel,
    BrokerPin,
    BrokerRun,
    BrokerSegmentChange,
    BrokerSegmentState,
)

MASS_FROM: Final = 100
"""Below so many clients any share of them may move."""


@dataclass(slots=True)
class Outcome:
    """What a run found: counts, clients per segment and, for a dry run, who would move from where to where."""

    run: int | None
    as_of: date
    version: int
    counts: dict[str, int] = field(default_factory=dict)
    segments: dict[str, int] = field(default_factory=dict)
    migration: dict[tuple[str | None, str | None], int] = field(default_factory=dict)


def segment_run(
    shop: Shop,
    day: date | None = None,
    *,
    dry_run: bool = False,
    accept_mass_change: bool = False,
    say: Say = silent,
) -> Outcome:
    """Divide all clients as of a day by the rules in force.

    Args:
        day: Today when left out.
        dry_run: Writes nothing; any day that is past may be tried.

    Raises:
        BadInput: ``as-of-future``, ``as-of-back``, ``run-locked``, ``mass-change``.
    """
    today = shop.local_day(shop.clock.now())
    day = day or today
    settings = rule_settings(shop.setting)
    with shop.reading() as tx:
        check_day(tx, "segment", day, today, back=dry_run)
        ruleset, pinned_at = active(tx), _ran_at(shop, tx, day) if dry_run and day < today else None
    rules = lint(ruleset.toml, shop.setting).bound(settings.__getitem__)
    if dry_run:
        with shop.write("brokerage segment run", dry_run=True) as tx:
            found = Outcome(None, day, ruleset.version)
            divide(
                tx,
                rules,
                Run(0, "segment", day),
                settings,
                found,
                accept_mass_change=True,
                say=say,
                pinned_at=pinned_at,
            )
        return found
    with leased(shop, "segment", day, ruleset=ruleset.version, settings=settings) as run:
        found = Outcome(run.id, day, ruleset.version)
        with shop.write("brokerage segment run") as tx:
            divide(tx, rules, run, settings, found, accept_mass_change=accept_mass_change, say=say)
            follow_moves(shop, tx, run.id, day)
            hold(tx, run)
            run.counts = {**found.counts, "segments": found.segments}
            tx.batch(table_of(BrokerRun), run.id, {"run": run.id, "as_of": day.isoformat(), "counts": run.counts})
            tx.summary = T("Segment run {n} of {day}: {changed} moved", zh="细分运行{n}({day}): 变更{changed}").of(
                n=run.id, day=day, changed=found.counts["changed"]
            )
    return found


def divide(
    tx: Tx,
    rules: RuleFile,
    run: Run,
    settings: Mapping[str, Any],
    found: Outcome,
    *,
    accept_mass_change: bool,
    say: Say,
    pinned_at: datetime | None = None,
) -> None:
    """Compute and write a run inside a transaction; ``rules`` are bound to ``settings``.

    Args:
        pinned_at: Count the pins of that moment, not those of now.

    Raises:
        StopRun: ``mass-change``.
    """
    table = rated(tx, rules, run.as_of, settings, say)
    placed = _placed(tx, rules, table, run.as_of, pinned_at)
    _count(tx, placed, found)
    moved, both = found.counts["changed"], found.counts["stayed"] + found.counts["changed"]
    if not accept_mass_change and both >= MASS_FROM and moved * 10_000 > settings["mass_change_bp"] * both:
        raise StopRun(bad("mass-change", x=moved, c=both))
    say(T("writing differences", zh="写入变更"))
    for dimension in rules.dimensions:
        _write_dimension(tx, dimension.id, evidence_of(dimension.table, kinds(rules), columns_of(table)), table, run)
    for label in rules.labels:
        passes = label.condition.sql(_with_segment(table, placed))
        seen = evidence(label.condition, kinds(rules), _with_segment(table, placed))
        _write_label(tx, label.id, passes, seen, table.join(placed, placed.c.customer_id == table.c.customer_id), run)
    _forget(tx, rules)
    _write_segments(tx, run)
    follow_segments(tx, run.id, run.as_of)
    features = table_of(BrokerFeature)
    tx.connection.execute(features.delete())
    tx.connection.execute(
        features.insert().from_select([c.name for c in features.c], select(*[table.c[c.name] for c in features.c]))
    )
    drop(tx, table, placed)


def kinds(rules: RuleFile) -> dict[str, conditions.FieldType]:
    """Return every field that rules may name, with its kind."""
    dims = {f"dim.{d.id}": conditions.FieldType("enum", d.title) for d in rules.dimensions}
    return {**FIELDS, **SCORES, **dims, "segment": conditions.FieldType("enum", T("Segment", zh="细分"))}


def _with_segment(table: Table, placed: Table) -> dict[str, Any]:
    return {**columns_of(table), "segment": placed.c.segment}


def _ran_at(shop: Shop, tx: Tx, day: date) -> datetime:
    """Return when a past day was run, the end of that day if it never was: what stood then decided."""
    runs = table_of(BrokerRun)
    found = tx.one(
        BrokerRun, runs.c.kind == "segment", runs.c.state == "done", runs.c.as_of == day, order_by=[runs.c.id.desc()]
    )
    return found.started_at if found is not None else instant_of(day + timedelta(days=1), time(0), shop.zone)


def _placed(tx: Tx, rules: RuleFile, table: Table, day: date, pinned_at: datetime | None) -> Table:
    """Return a table of this transaction with everybody's new segment; a valid pin goes before the rules."""
    placed = make(tx, temporary("broker_tmp_placed", Column("evidence", Text()), like=BrokerSegmentState))
    pins, columns = table_of(BrokerPin), columns_of(table)
    standing = (
        [pins.c.state == "valid"]
        if pinned_at is None
        else [pins.c.at <= pinned_at, or_(pins.c.ended_at.is_(None), pins.c.ended_at >= pinned_at)]
    )
    pinned = (
        select(pins.c.customer_id, func.max(pins.c.segment).label("segment"), func.max(pins.c.until).label("until"))
        .where(pins.c.until >= day, *standing)
        .group_by(pins.c.customer_id)
        .subquery()
    )
    by_rule = [rules.segments.sql(columns), rules.segments.rule_sql(columns)]
    seen = evidence_of(rules.segments, kinds(rules), columns)
    query = select(
        table.c.customer_id,
        func.coalesce(pinned.c.segment, by_rule[0]),
        case((pinned.c.segment.is_not(None), literal("pin")), else_=by_rule[1]),
        literal(day),
        literal(0),
        table.c.r,
        table.c.f,
        table.c.m,
        table.c.value_score,
        case((pinned.c.segment.is_not(None), literal("{}", Text())), else_=seen),
    ).select_from(table.outerjoin(pinned, pinned.c.customer_id == table.c.customer_id))
    names = ["customer_id", "segment", "rule_id", "since", "run_id", "r", "f", "m", "value_score", "evidence"]
    tx.connection.execute(placed.insert().from_select(names, query))
    return placed


def _count(tx: Tx, placed: Table, found: Outcome) -> None:
    state = table_of(BrokerSegmentState)
    query = (
        select(state.c.segment, placed.c.segment, func.count())
        .select_from(placed.outerjoin(state, state.c.customer_id == placed.c.customer_id))
        .group_by(state.c.segment, placed.c.segment)
    )
    for old, new, count in tx.rows(query):
        found.migration[old, new] = count
        found.segments[new] = found.segments.get(new, 0) + count
    left = (
        select(state.c.segment, func.count())
        .where(~select(placed.c.customer_id).where(placed.c.customer_id == state.c.customer_id).exists())
        .group_by(state.c.segment)
    )
    for old, count in tx.rows(left):
        found.migration[old, None] = count
    kept = {(old, new): n for (old, new), n in found.migration.items() if old is not None and new is not None}
    found.counts = {
        "clients": sum(found.segments.values()),
        "ranked": int(tx.scalar(select(func.count()).select_from(placed).where(placed.c.r > 0))),
        "changed": sum(n for (old, new), n in kept.items() if old != new),
        "stayed": sum(n for (old, new), n in kept.items() if old == new),
        "new": sum(n for (old, _), n in found.migration.items() if old is None),
        "left": sum(n for (_, new), n in found.migration.items() if new is None),
    }


_CHANGED = """
INSERT INTO broker_segment_change (customer_id, subject, old, new, effective_on, run_id, rule_id, evidence)
SELECT n.customer_id, 'segment', o.segment, n.segment, :d, :run, n.rule_id, n.evidence
FROM broker_tmp_placed n LEFT JOIN broker_segment_state o ON o.customer_id = n.customer_id
WHERE o.customer_id IS NULL OR o.segment <> n.segment ORDER BY n.customer_id
"""
_LEFT = """
INSERT INTO broker_segment_change (customer_id, subject, old, new, effective_on, run_id, rule_id, evidence)
SELECT o.customer_id, 'segment', o.segment, NULL, :d, :run, 'left', '{}'
FROM broker_segment_state o
WHERE NOT EXISTS (SELECT 1 FROM broker_tmp_placed n WHERE n.customer_id = o.customer_id) ORDER BY o.customer_id
"""
_UPDATE = """
UPDATE broker_segment_state SET
  since = CASE WHEN broker_segment_state.segment <> n.segment THEN :d ELSE broker_segment_state.since END,
  run_id = CASE WHEN broker_segment_state.segment <> n.segment THEN :run ELSE broker_segment_state.run_id END,
  segment = n.segment, rule_id = n.rule_id, r = n.r, f = n.f, m = n.m, value_score = n.value_score
FROM broker_tmp_placed n
WHERE n.customer_id = broker_segment_state.customer_id AND (
  broker_segment_state.segment <> n.segment OR broker_segment_state.rule_id <> n.rule_id
  OR broker_segment_state.r <> n.r OR broker_segment_state.f <> n.f OR broker_segment_state.m <> n.m
  OR broker_segment_state.value_score <> n.value_score)
"""
_NEW = """
INSERT INTO broker_segment_state (customer_id, segment, rule_id, since, run_id, r, f, m, value_score)
SELECT n.customer_id, n.segment, n.rule_id, n.since, :run, n.r, n.f, n.m, n.value_score FROM broker_tmp_placed n
WHERE NOT EXISTS (SELECT 1 FROM broker_segment_state o WHERE o.customer_id = n.customer_id)
"""


def _write_segments(tx: Tx, run: Run) -> None:
    run_sql(tx, _CHANGED, d=run.as_of, run=run.id)
    run_sql(tx, _LEFT, d=run.as_of, run=run.id)
    for model in (BrokerSegmentState, BrokerDimensionValue, BrokerLabel):
        run_sql(tx, _GONE[model])
    run_sql(tx, _UPDATE, d=run.as_of, run=run.id)
    run_sql(tx, _NEW, run=run.id)


_NOT_PLACED = "NOT EXISTS (SELECT 1 FROM broker_tmp_placed n WHERE n.customer_id = {}.customer_id)"
_GONE: Final[Mapping[type[Any], str]] = {
    model: f"DELETE FROM {table_of(model).name} WHERE {_NOT_PLACED.format(table_of(model).name)}"  # noqa: S608
    for model in (BrokerSegmentState, BrokerDimensionValue, BrokerLabel)
}


def _write_dimension(tx: Tx, key: str, seen: Any, table: Table, run: Run) -> None:
    """Write one dimension's differences; somebody divided for the first time gets no change of it."""
    values, state, changes = table_of(BrokerDimensionValue), table_of(BrokerSegmentState), table_of(BrokerSegmentChange)
    value, rule = table.c[f"dim.{key}"], table.c[f"rule.{key}"]
    old = and_(values.c.customer_id == table.c.customer_id, values.c.dimension == key)
    joined = table.join(state, state.c.customer_id == table.c.customer_id).outerjoin(values, old)
    differs = or_(values.c.value.is_(None), values.c.value != value)
    tx.connection.execute(
        changes.insert().from_select(
            ["customer_id", "subject", "old", "new", "effective_on", "run_id", "rule_id", "evidence"],
            select(
                table.c.customer_id,
                literal(f"dimension:{key}"),
                values.c.value,
                value,
                literal(run.as_of),
                literal(run.id),
                rule,
                seen,
            )
            .select_from(joined)
            .where(differs)
            .order_by(table.c.customer_id),
        )
    )
    tx.connection.execute(
        values.update()
        .values(value=value, rule_id=rule, since=case((values.c.value != value, run.as_of), else_=values.c.since))
        .where(old, or_(values.c.value != value, values.c.rule_id != rule))
    )
    tx.connection.execute(
        values.insert().from_select(
            ["customer_id", "dimension", "value", "rule_id", "since"],
            select(table.c.customer_id, literal(key), value, rule, literal(run.as_of))
            .select_from(table.outerjoin(values, old))
            .where(values.c.customer_id.is_(None)),
        )
    )


def _write_label(tx: Tx, key: str, passes: Any, seen: Any, everybody: Any, run: Run) -> None:
    """Write one label's differences: gained (null to its id) and lost (its id to null)."""
    labels, state, changes = table_of(BrokerLabel), table_of(BrokerSegmentState), table_of(BrokerSegmentChange)
    customer = everybody.left.c.customer_id
    had = and_(labels.c.customer_id == customer, labels.c.label == key)
    known = everybody.join(state, state.c.customer_id == customer).outerjoin(labels, had)
    gained, lost = and_(labels.c.label.is_(None), passes), and_(labels.c.label.is_not(None), ~passes)
    tx.connection.execute(
        changes.insert().from_select(
            ["customer_id", "subject", "old", "new", "effective_on", "run_id", "rule_id", "evidence"],
            select(
                customer,
                literal(f"label:{key}"),
                labels.c.label,
                case((gained, literal(key)), else_=None),
                literal(run.as_of),
                literal(run.id),
                literal(key),
                seen,
            )
            .select_from(known)
            .where(or_(gained, lost))
            .order_by(customer),
        )
    )
    stays = select(customer).select_from(everybody).where(customer == labels.c.customer_id, passes).exists()
    tx.connection.execute(labels.delete().where(labels.c.label == key, ~stays))
    tx.connection.execute(
        labels.insert().from_select(
            ["customer_id", "label", "since"],
            select(customer, literal(key), literal(run.as_of))
            .select_from(everybody.outerjoin(labels, had))
            .where(gained),
        )
    )


def _forget(tx: Tx, rules: RuleFile) -> None:
    """Remove what the rules no longer know; nobody has moved because of that."""
    values, labels = table_of(BrokerDimensionValue), table_of(BrokerLabel)
    tx.connection.execute(values.delete().where(values.c.dimension.not_in([d.id for d in rules.dimensions])))
    tx.connection.execute(labels.delete().where(labels.c.label.not_in([label.id for label in rules.labels])))
