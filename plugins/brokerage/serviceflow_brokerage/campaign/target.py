"""Whom a campaign means: its condition, asked of the last committed segment run and, to win clients, of prospects.

Source: brokerage.md section 5.7.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, Final

from serviceflow.api import Shop, T, Tx, conditions, table_of
from sqlalchemy import and_, func, null, or_, select

from serviceflow_brokerage.segment.fields import FIELDS, SCORES
from serviceflow_brokerage.segment.rulefile import RuleFault, read_rules
from serviceflow_brokerage.segment.rulesets import active, rule_settings
from serviceflow_brokerage.settings import whole_settings
from serviceflow_brokerage.tables.clients import BrokerClient, BrokerRegion
from serviceflow_brokerage.tables.contact import BrokerCampaign
from serviceflow_brokerage.tables.segments import BrokerDimensionValue, BrokerFeature, BrokerSegmentState

_REGION: Final = {"region_class": "region_class", "region_entry": "entry"}
_PROFILE: Final = (
    "status", "kind", "investor_class", "source_kind", "branch", "region_code", "education", "income", "occupation",
    "pref_channel", "service_mode_declared", "time_input_declared",
)  # fmt: skip
"""Fields of the client file: what is known of a prospect."""


def read_target(shop: Shop, tx: Tx, toml: str) -> dict[str, Any]:
    """Return a target condition that was typed as TOML, such as ``all = [{field = "segment", …}]``.

    Raises:
        RuleFault: What is wrong with it.
    """
    try:
        raw = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as cause:
        raise RuleFault("type", "target", T("no TOML: {why}", zh="不是 TOML: {why}").of(why=cause)) from cause
    condition_of(shop, tx, raw)
    return raw


def condition_of(shop: Shop, tx: Tx, target: Mapping[str, Any]) -> conditions.Condition:
    """Return a stored target as a condition with the settings of now.

    Raises:
        RuleFault: It names what the rules in force do not know.
    """
    known = whole_settings(shop.setting)
    rules = read_rules(active(tx).toml, known.__contains__)
    fields: dict[str, conditions.FieldType] = {**FIELDS, **SCORES}
    fields["status"] = conditions.FieldType("enum", FIELDS["status"].title, ("prospect", *FIELDS["status"].words))
    fields |= {f"dim.{d.id}": conditions.FieldType("enum", d.title) for d in rules.dimensions}
    fields["segment"] = conditions.FieldType(
        "enum", T("Segment", zh="细分"), tuple(rule.id for rule in rules.segments.rules)
    )
    try:
        read = conditions.read_condition(target, fields, known.__contains__)
    except conditions.ConditionFault as fault:
        raise RuleFault(fault.fault, "target", fault.detail) from fault
    return conditions.bound(read, rule_settings(shop.setting).__getitem__)


def meant(shop: Shop, tx: Tx, campaign: BrokerCampaign) -> list[BrokerClient]:
    """Return the clients a campaign means, by their sequence, before anybody is excluded."""
    condition = condition_of(shop, tx, campaign.target)
    wins = campaign.kind == "acquisition"
    clients, features, states = table_of(BrokerClient), table_of(BrokerFeature), table_of(BrokerSegmentState)
    regions = table_of(BrokerRegion)
    people = clients.outerjoin(features, features.c.customer_id == clients.c.customer_id)
    people = people.outerjoin(states, states.c.customer_id == clients.c.customer_id)
    people = people.outerjoin(regions, regions.c.code == clients.c.region_code)
    columns: dict[str, Any] = {name: features.c[name] for name in (*FIELDS, *SCORES)}
    columns["segment"] = states.c.segment
    if wins:
        columns |= {name: func.coalesce(features.c[name], clients.c[name]) for name in _PROFILE}
        columns |= {name: func.coalesce(features.c[name], regions.c[own]) for name, own in _REGION.items()}
    for name in sorted({n for n in conditions.fields_of(condition) if n.startswith("dim.")}):
        value = table_of(BrokerDimensionValue).alias()
        on = and_(value.c.customer_id == clients.c.customer_id, value.c.dimension == name.removeprefix("dim."))
        people = people.outerjoin(value, on)
        columns[name] = value.c.value
    placed = features.c.customer_id.is_not(null())
    here = or_(placed, clients.c.status == "prospect") if wins else placed
    found = select(clients.c.customer_id).select_from(people).where(here, condition.sql(columns))
    return tx.all(BrokerClient, clients.c.customer_id.in_(found), order_by=[clients.c.client_seq])
