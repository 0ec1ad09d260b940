"""Watch rules as data: section 5.12 of brokerage.md."""

from __future__ import annotations

from typing import Any

import pytest
from serviceflow.api import FlowError
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.tables.segments import BrokerAlert
from serviceflow_brokerage.watch import watch_run
from serviceflow_brokerage.watchrules import set_rule

TRADED = 'all = [{field = "trades_90", op = "ge", value = 5}]'


def change(branch: Branch, key: str, by: str = "fuze", **changes: Any) -> None:
    branch.staff(by)
    with branch.shop.write("watch set") as tx:
        set_rule(branch.shop, tx, key, **changes)


def raised(branch: Branch) -> list[tuple[str, str]]:
    found = watch_run(branch.shop)
    with branch.shop.reading() as tx:
        return [(a.rule, "open" if a.cleared_on is None else "cleared") for a in tx.all(BrokerAlert)][: found.raised]


def test_a_changed_rule_is_asked_from_the_next_run_on(branch: Branch) -> None:
    branch.at("2026-03-02 20:00")
    client = branch.client("赵敏", "80020001", opened="2020-01-01", owner="wanglei")
    branch.snapshot(branch.account(client, "A1", "2020-01-01"), "2026-03-01", "1.00", trades=5)
    change(branch, "no-trade", enabled=False)
    change(branch, "client-loss", condition=TRADED, severity="high")
    assert raised(branch) == [("client-loss", "open")]
    assert branch.tasks(customer=client)["watch"] == "2026-03-03"


@pytest.mark.parametrize(
    ("key", "by", "changes", "ref"),
    [
        pytest.param("no-trade", "wanglei", {"severity": "low"}, "core.role", id="not a manager's"),
        pytest.param("nothing", "fuze", {"severity": "low"}, "unknown", id="no such rule"),
        pytest.param("no-trade", "fuze", {"severity": "huge"}, "broker.watch-rule", id="no such severity"),
        pytest.param("no-trade", "fuze", {"condition": "all = "}, "rules-type", id="no TOML"),
        pytest.param(
            "no-trade", "fuze", {"condition": TRADED.replace("trades_90", "trade")}, "rules-field", id="no field"
        ),
        pytest.param("profile-change", "fuze", {"condition": TRADED}, "rules-field", id="it has none of its own"),
    ],
)  # fmt: skip
def test_what_a_watch_rule_refuses(branch: Branch, key: str, by: str, changes: dict[str, Any], ref: str) -> None:
    with pytest.raises(FlowError) as no:
        change(branch, key, by, **changes)
    assert no.value.ref == ref
