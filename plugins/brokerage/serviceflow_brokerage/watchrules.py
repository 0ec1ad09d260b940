"""Watch rules as data that the branch manager edits. Source: brokerage.md sections 5.10 and 5.12."""

from __future__ import annotations

import tomllib
from typing import Any

from serviceflow.api import BadInput, Shop, T, Tx, conditions, plain

from serviceflow_brokerage.alerts import PROFILE, read_rule
from serviceflow_brokerage.duties import need_role
from serviceflow_brokerage.followup import RETENTION, SEVERITIES
from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.roles import BM
from serviceflow_brokerage.segment.rulefile import RuleFault
from serviceflow_brokerage.segment.rulesets import rule_settings
from serviceflow_brokerage.tables.segments import BrokerWatchRule


def rule_of(tx: Tx, key: str) -> BrokerWatchRule:
    """Return a watch rule.

    Raises:
        Refused: There is none of that id.
    """
    found = tx.get(BrokerWatchRule, key)
    if found is None:
        raise refused("unknown", plain("flow broker watch rules"), what=T("watch rule", zh="关注规则"), id=key)
    return found


def set_rule(
    shop: Shop,
    tx: Tx,
    key: str,
    *,
    severity: str | None = None,
    cooldown_days: int | None = None,
    auto_cancel: bool | None = None,
    retention: bool | None = None,
    enabled: bool | None = None,
    condition: str | None = None,
) -> BrokerWatchRule:
    """Change a watch rule from the next run on; what is ``None`` stays.

    Args:
        condition: As TOML, such as ``all = [{field = "loss_bp", op = "ge", value = "$client_loss_bp"}]``.

    Raises:
        BadInput: There is no such severity.
        RuleFault: What is wrong with the condition.
        Refused: No such rule, or the actor is no branch manager.
    """
    need_role(shop, tx, T("Change a watch rule", zh="更改关注规则"), BM)
    found = rule_of(tx, key)
    if severity is not None and severity not in SEVERITIES:
        raise BadInput(
            T("“{word}” is not possible here.", zh="此处不能用“{word}”。").of(word=severity),
            T("There are: {there}", zh="可用: {there}").of(there=", ".join(SEVERITIES)),
            ref="broker.watch-rule",
        )
    given: dict[str, Any] = {
        "severity": severity,
        "cooldown_days": cooldown_days,
        "auto_cancel": auto_cancel,
        "enabled": enabled,
        "condition": _condition(shop, found, condition) if condition is not None else None,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if retention is not None:
        changes["start_flow"] = RETENTION if retention else None
    return tx.change(found, **changes)


def _condition(shop: Shop, rule: BrokerWatchRule, toml: str) -> dict[str, Any]:
    if rule.id == PROFILE:
        fields = T("it watches broker.watch_profile_fields", zh="由 broker.watch_profile_fields 决定")
        raise RuleFault("field", rule.id, fields)
    try:
        raw = tomllib.loads(toml)
        read_rule(BrokerWatchRule(**{**rule.model_dump(), "condition": raw}), rule_settings(shop.setting))
    except tomllib.TOMLDecodeError as cause:
        raise RuleFault("type", rule.id, T("no TOML: {why}", zh="不是 TOML: {why}").of(why=cause)) from cause
    except conditions.ConditionFault as fault:
        raise RuleFault(fault.fault, rule.id, fault.detail) from fault
    return raw
