"""The trade is sound: flows, roles, settings, words, tables and migrations."""

from __future__ import annotations

import pytest
from serviceflow.testing.plugin_check import check_plugin
from serviceflow_brokerage.plugin import trade
from serviceflow_brokerage.settings import SETTINGS, settings_faults


def test_the_trade_is_sound() -> None:
    check_plugin(trade)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("broker.rfm_weights", [20, 30, 51]),
        ("broker.risk_bands", [20, 36, 36, 82, 100]),
        ("broker.asset_large_fen", 10_000_000),
        ("broker.value_high", 50),
    ],
)
def test_settings_that_do_not_fit_together_are_named(key: str, value: object) -> None:
    changed = {**{s.key: s.default for s in SETTINGS}, key: value}
    assert [found for found, _ in settings_faults(changed.__getitem__)] == [key]
