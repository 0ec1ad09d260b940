"""Versions of the rule file: loading one, the one in force, the settings its ``$names`` read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from serviceflow.api import Tx, table_of

from serviceflow_brokerage.segment.rulefile import RuleFile, read_rules
from serviceflow_brokerage.settings import whole_settings
from serviceflow_brokerage.tables.segments import BrokerRuleset


def rule_settings(get: Callable[[str], Any]) -> dict[str, Any]:
    """Return the settings a run reads at its start, by name without prefix."""
    return {**whole_settings(get), "rfm_weights": list(get("broker.rfm_weights"))}


def lint(toml: str, get: Callable[[str], Any]) -> RuleFile:
    """Return the rules of a file; raises `RuleFault`."""
    return read_rules(toml, whole_settings(get).__contains__)


def load(tx: Tx, toml: str, get: Callable[[str], Any]) -> tuple[BrokerRuleset, bool]:
    """Make a rule file the one in force; returns its version and whether it is a new one."""
    lint(toml, get)
    rules = table_of(BrokerRuleset)
    digest = hashlib.sha256(toml.encode()).hexdigest()
    known = tx.one(BrokerRuleset, rules.c.sha256 == digest)
    if known is not None and known.state == "active":
        return known, False
    newest = tx.one(BrokerRuleset, order_by=[rules.c.version.desc()])
    for old in tx.all(BrokerRuleset, rules.c.state == "active"):
        tx.change(old, state="old")
    if known is not None:
        return tx.change(known, state="active"), False
    version = newest.version + 1 if newest is not None else 1
    return tx.add(BrokerRuleset(version=version, sha256=digest, toml=toml, by=tx.staff_id, at=tx.now)), True


def active(tx: Tx) -> BrokerRuleset:
    """Return the rule file in force."""
    found = tx.one(BrokerRuleset, table_of(BrokerRuleset).c.state == "active")
    assert found is not None  # the shipped one is loaded when the plugin joins a shop
    return found
