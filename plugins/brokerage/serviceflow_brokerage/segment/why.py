"""Why a client stands where he does: each rule in order with every leaf, its actual value and whether it passed.

Read from the fields the last committed run has stored, with its rules and its settings. Source: brokerage.md 5.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from serviceflow.api import Customer, T, Tx, conditions, table_of

from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.segment.rulefile import RuleFile, read_rules
from serviceflow_brokerage.tables.clients import BrokerBatch, BrokerClient
from serviceflow_brokerage.tables.segments import (
    BrokerDimensionValue,
    BrokerFeature,
    BrokerLabel,
    BrokerRuleset,
    BrokerRun,
    BrokerSegmentState,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One rule asked of the client: its leaves and what it said."""

    rule: str
    title: T
    priority: int | None
    value: str | None
    result: bool
    condition: conditions.Condition
    seen: list[conditions.Seen]

    def as_json(self) -> dict[str, Any]:
        """Return it as ``why --json`` prints it."""
        return {
            "rule": self.rule,
            "result": self.result,
            "leaves": [
                {
                    "field": s.leaf.field,
                    "op": s.leaf.op,
                    "value": _plain(s.leaf.value),
                    "actual": _plain(s.actual),
                    "result": s.result,
                }
                for s in self.seen
            ],
        }


@dataclass(frozen=True, slots=True)
class Why:
    """A client's segment (or dimension or label) with the rules that were asked."""

    client_no: str
    name: str
    key: str
    title: T
    since: date | None
    run: int
    rules: int
    state: BrokerSegmentState
    pinned: bool
    asked: list[Asked]
    because: Mapping[str, Asked]
    """For each dimension the rule that has decided it."""
    newer_data: bool


def why(tx: Tx, client_no: str, *, dimension: str | None = None, label: str | None = None, every: bool = False) -> Why:
    """Explain a client's segment, or one dimension or label of his.

    Args:
        every: Also the rules after the one that has decided.

    Raises:
        Refused: No such client, or no committed run has placed him.
    """
    client, customer = client_by_no(tx, client_no)
    state = tx.get(BrokerSegmentState, client.customer_id)
    feature = tx.get(BrokerFeature, client.customer_id)
    if state is None or feature is None:
        raise refused("unknown", what=T("segment of", zh="细分:"), id=client_no)
    runs = table_of(BrokerRun)
    run = tx.one(BrokerRun, runs.c.kind == "segment", runs.c.state == "done", order_by=[runs.c.id.desc()])
    assert run is not None
    assert run.ruleset is not None
    rules = _rules_of(tx, run)
    row = {**feature.model_dump(), "segment": state.segment}
    values = table_of(BrokerDimensionValue)
    for value in tx.all(BrokerDimensionValue, values.c.customer_id == client.customer_id):
        row[f"dim.{value.dimension}"] = value.value
    title = rules.title(state.segment)
    since: date | None = state.since
    if label is not None:
        found = next((x for x in rules.labels if x.id == label), None)
        if found is None:
            raise refused("unknown", what=T("label", zh="标签"), id=label)
        asked, title = [_ask(found.id, found.title, None, found.id, found.condition, row)], found.title
        since = _labelled(tx, client.customer_id, label)
    elif dimension is not None:
        if dimension not in {d.id for d in rules.dimensions}:
            raise refused("unknown", what=T("dimension", zh="维度"), id=dimension)
        placed = tx.get(BrokerDimensionValue, client.customer_id, dimension)
        asked, title = _table(rules.dimension(dimension).table, row, every), rules.dimension(dimension).title
        since = placed.since if placed is not None else None
    else:
        asked = _segments(rules, row, every)
    because = {d.id: _table(d.table, row, False)[-1] for d in rules.dimensions}
    return Why(
        client_no, customer.name, label or dimension or state.segment, title, since, state.run_id, run.ruleset, state,
        state.rule_id == "pin", asked, because, _newer(tx, run),
    )  # fmt: skip


def _labelled(tx: Tx, customer_id: int, label: str) -> date | None:
    found = tx.get(BrokerLabel, customer_id, label)
    return found.since if found is not None else None


def client_by_no(tx: Tx, client_no: str) -> tuple[BrokerClient, Customer]:
    """Return a client with his customer; raises `Refused`."""
    client = tx.one(BrokerClient, table_of(BrokerClient).c.client_no == client_no)
    if client is None:
        way = T("Look for the person: flow find NAME", zh="按姓名查找: flow find 姓名")
        raise refused("row-unknown-client", way, no=client_no)
    return client, tx.need(Customer, client.customer_id)


def _rules_of(tx: Tx, run: BrokerRun) -> RuleFile:
    ruleset = tx.need(BrokerRuleset, run.ruleset)
    return read_rules(ruleset.toml, run.settings.__contains__).bound(run.settings.__getitem__)


def _segments(rules: RuleFile, row: Mapping[str, Any], every: bool) -> list[Asked]:
    found = []
    for rule in rules.segments.rules:
        asked = _ask(rule.id, rules.title(rule.id), rules.priorities[rule.id], rule.id, rule.condition, row)
        found.append(asked)
        if asked.result and not every:
            break
    return found


def _table(table: conditions.FirstMatch, row: Mapping[str, Any], every: bool) -> list[Asked]:
    found = []
    for rule in table.rules:
        asked = _ask(rule.id, T(rule.id, zh=rule.id), None, rule.value_for(row), rule.condition, row)
        found.append(asked)
        if asked.result and not every:
            break
    return found


def _ask(
    rule: str,
    title: T,
    priority: int | None,
    value: str | None,
    condition: conditions.Condition,
    row: Mapping[str, Any],
) -> Asked:
    return Asked(rule, title, priority, value, condition.holds(row), condition, conditions.explain(condition, row))


def _newer(tx: Tx, run: BrokerRun) -> bool:
    batches = table_of(BrokerBatch)
    later = tx.one(BrokerBatch, batches.c.state == "loaded", batches.c.at > run.started_at)
    return later is not None


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value
