"""Everybody's fields with RFM, value score and dimensions, in one table of the transaction.

A dimension may read those above it; dimensions that read none are computed first, then those that read these, one
pass over the clients each. Source: brokerage.md sections 5.2, 5.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from serviceflow.api import T, Tx, conditions
from sqlalchemy import Column, ColumnElement, Table, Text, case, cast, func, literal, select

from serviceflow_brokerage.lease import Say, silent
from serviceflow_brokerage.segment.fields import SCORES, FieldTypes, drop, fill_fields, make, run_sql, temporary
from serviceflow_brokerage.segment.rulefile import Dimension, RuleFile, needs

SCORE: Final = """
INSERT INTO broker_tmp_scores (customer_id, r, f, m)
SELECT customer_id,
  1 + :q * (RANK() OVER (ORDER BY last_trade) - 1) / COUNT(*) OVER (),
  1 + :q * (RANK() OVER (ORDER BY COALESCE(trades_365, 0)) - 1) / COUNT(*) OVER (),
  1 + :q * (RANK() OVER (ORDER BY COALESCE(commission_365, 0)) - 1) / COUNT(*) OVER ()
FROM broker_tmp_fields WHERE last_trade IS NOT NULL
"""


def rated(tx: Tx, rules: RuleFile, day: date, settings: Mapping[str, Any], say: Say = silent) -> Table:
    """Return a table of this transaction with the fields, scores and dimensions of everybody at a day.

    Args:
        rules: Bound to ``settings``.
        settings: By name without prefix, ``rfm_weights`` among them.
    """
    say(T("fields of everybody", zh="计算客户字段"))
    base = fill_fields(tx, day, settings)
    say(T("scores and dimensions", zh="评分与分维"))
    scored = _scored(tx, base, settings)
    drop(tx, base)
    for number, level in enumerate(_levels(rules.dimensions)):
        wider = make(tx, _with(f"broker_tmp_rated{number}", scored, level))
        columns = columns_of(scored)
        found = [*scored.c, *(part for d in level for part in (d.table.sql(columns), d.table.rule_sql(columns)))]
        tx.connection.execute(wider.insert().from_select([c.name for c in wider.c], select(*found)))
        drop(tx, scored)
        scored = wider
    return scored


def columns_of(table: Table) -> dict[str, ColumnElement[Any]]:
    """Return the columns by the names that rules use; the deciding rules of dimensions stand under ``rule.``."""
    return dict(table.c.items())


def _scored(tx: Tx, base: Table, settings: Mapping[str, Any]) -> Table:
    scores = make(tx, temporary("broker_tmp_scores"))
    run_sql(tx, SCORE, q=settings["rfm_quantiles"])
    by_r, by_f, by_m = settings["rfm_weights"]
    r, f, m = (func.coalesce(scores.c[name], 0) for name in ("r", "f", "m"))
    value = (by_r * r + by_f * f + by_m * m) // settings["rfm_quantiles"]
    full = make(tx, temporary("broker_tmp_scored"))
    fixed = [c for c in base.c if c.name not in SCORES]
    query = select(*fixed, r, f, m, value).select_from(
        base.outerjoin(scores, scores.c.customer_id == base.c.customer_id)
    )
    tx.connection.execute(full.insert().from_select([*(c.name for c in fixed), "r", "f", "m", "value_score"], query))
    drop(tx, scores)
    return full


def _levels(dimensions: tuple[Dimension, ...]) -> list[list[Dimension]]:
    names = {d.id for d in dimensions}
    depth: dict[str, int] = {}
    for dimension in dimensions:  # in file order, so that what one reads is known
        depth[dimension.id] = 1 + max((depth[n] for n in needs(dimension.table, names)), default=-1)
    return [[d for d in dimensions if depth[d.id] == n] for n in sorted(set(depth.values()))]


def _with(name: str, table: Table, dimensions: list[Dimension]) -> Table:
    known = [Column(c.name, c.type) for c in table.c if c.name.startswith(("dim.", "rule."))]
    new = [Column(f"{part}.{d.id}", Text()) for d in dimensions for part in ("dim", "rule")]
    return temporary(name, *known, *new)


def evidence(condition: conditions.Condition, fields: FieldTypes, columns: Mapping[str, Any]) -> ColumnElement[str]:
    """Return, as SQL, the values that a condition has seen: JSON with its keys sorted."""
    return evidence_json(sorted(conditions.fields_of(condition)), fields, columns)


def evidence_of(table: conditions.FirstMatch, fields: FieldTypes, columns: Mapping[str, Any]) -> ColumnElement[str]:
    """Return, as SQL, what the rule that decides has seen."""
    *tested, rest = table.rules
    if not tested:
        return literal("{}")
    cases = [(rule.condition.sql(columns), evidence(rule.condition, fields, columns)) for rule in tested]
    return case(*cases, else_=evidence(rest.condition, fields, columns))


def evidence_json(names: Sequence[str], fields: FieldTypes, columns: Mapping[str, Any]) -> ColumnElement[str]:
    """Return, as SQL, the values of these fields as a JSON object, in the order given."""
    found: ColumnElement[Any] = literal("{", Text())
    for n, name in enumerate(names):
        found = found.op("||")(literal(f'{"," if n else ""}"{name}":', Text())).op("||")(
            _json_value(fields[name], columns[name])
        )
    return found.op("||")(literal("}", Text()))


def _json_value(kind: conditions.FieldType, column: Any) -> ColumnElement[str]:
    null = literal("null", Text())
    if kind.kind == "bool":
        return case(
            (column.is_(None), null), (column.is_(True), literal("true", Text())), else_=literal("false", Text())
        )
    if kind.kind in ("enum", "text", "date"):
        words = cast(column, Text())
        escaped = func.replace(func.replace(words, "\\", "\\\\"), '"', '\\"')
        return case(
            (column.is_(None), null), else_=literal('"', Text()).op("||")(escaped).op("||")(literal('"', Text()))
        )
    return func.coalesce(cast(column, Text()), null)
