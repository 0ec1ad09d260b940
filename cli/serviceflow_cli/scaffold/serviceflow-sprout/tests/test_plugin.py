"""The trade is what it says it is."""

from __future__ import annotations

from serviceflow.testing.plugin_check import check_plugin

from serviceflow_sprout.plugin import trade


def test_the_trade_is_sound() -> None:
    check_plugin(trade)
