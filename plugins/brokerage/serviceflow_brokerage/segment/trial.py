"""Two rule files on the same day's data: who would move, from where to where, and by which rule.

Source: brokerage.md section 12.1; issue 7, `segment diff OLD NEW`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from serviceflow.api import Customer, Shop, Tx, table_of
from sqlalchemy import Column, Integer, MetaData, Table, Text, func, select

from serviceflow_brokerage.segment.fields import drop, make
from serviceflow_brokerage.segment.rated import columns_of, evidence_of, rated
from serviceflow_brokerage.segment.rulefile import RuleFile
from serviceflow_brokerage.segment.rulesets import lint, rule_settings
from serviceflow_brokerage.segment.run import kinds
from serviceflow_brokerage.tables.clients import BrokerClient


@dataclass(frozen=True, slots=True)
class Mover:
    """A client whom the new rules place elsewhere, with what the new rule has seen."""

    client_no: str
    name: str
    old: str
    new: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """What becomes of everybody when one rule file takes the other's place."""

    clients: int
    matrix: Mapping[tuple[str, str], int]
    movers: list[Mover]


def difference(shop: Shop, old: str, new: str, day: date, *, most: int = 50) -> Difference:
    """Compare two rule files (their text) on the data of a day; writes nothing.

    Args:
        most: How many of those who would move are named, by client sequence.

    Raises:
        RuleFault: One of the files is wrong.
    """
    settings = rule_settings(shop.setting)
    files = [lint(toml, shop.setting).bound(settings.__getitem__) for toml in (old, new)]
    with shop.write("brokerage segment diff", dry_run=True) as tx:
        before = _segments(tx, files[0], day, settings, "broker_tmp_before")
        after = _segments(tx, files[1], day, settings, "broker_tmp_after")
        both = before.join(after, after.c.customer_id == before.c.customer_id)
        rows = tx.rows(
            select(before.c.segment, after.c.segment, func.count())
            .select_from(both)
            .group_by(before.c.segment, after.c.segment)
        )
        matrix = {(a, b): n for a, b, n in rows}
        clients, customers = table_of(BrokerClient), table_of(Customer)
        moved = (
            select(clients.c.client_no, customers.c.name, before.c.segment, after.c.segment, after.c.evidence)
            .select_from(
                both.join(clients, clients.c.customer_id == before.c.customer_id).join(
                    customers, customers.c.id == before.c.customer_id
                )
            )
            .where(before.c.segment != after.c.segment)
            .order_by(clients.c.client_seq)
            .limit(most)
        )
        movers = [Mover(no or "", name, a, b, _read(seen)) for no, name, a, b, seen in tx.rows(moved)]
        drop(tx, before, after)
    return Difference(sum(matrix.values()), matrix, movers)


def _segments(tx: Tx, rules: RuleFile, day: date, settings: Mapping[str, Any], name: str) -> Table:
    table = rated(tx, rules, day, settings)
    kept = make(
        tx,
        Table(
            name,
            MetaData(),
            Column("customer_id", Integer, primary_key=True),
            Column("segment", Text()),
            Column("evidence", Text()),
            prefixes=["TEMPORARY"],
        ),
    )
    columns = columns_of(table)
    seen = evidence_of(rules.segments, kinds(rules), columns)
    query = select(table.c.customer_id, rules.segments.sql(columns), seen)
    tx.connection.execute(kept.insert().from_select(["customer_id", "segment", "evidence"], query))
    drop(tx, table)
    return kept


def _read(seen: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(seen)
    return found
