"""Talking points filled without their trade: settings by name, what only the order knows left out."""

from __future__ import annotations

import pytest
from serviceflow.flow.hints import filled_hint, kept_hint, settings_of
from serviceflow.settings import Setting
from serviceflow.texts import T

SETTINGS = (
    Setting("spa.hint.steps", "int", 7, T("Steps", zh="步数")),
    Setting("spa.day.call", "time", "10:00", T("Call at", zh="致电")),
    Setting("spa.a.days", "int", 1, T("Days", zh="天")),
    Setting("spa.b.days", "int", 2, T("Days", zh="天")),
    Setting("spa.fee", "money", 5000, T("Fee", zh="费用")),
)


@pytest.mark.parametrize(
    ("said", "own", "shown"),
    [
        pytest.param("walk {steps} steps", {}, "walk 7 steps", id="default"),
        pytest.param("walk {steps} steps", {"spa.hint.steps": 3}, "walk 3 steps", id="the shop's own"),
        pytest.param("送客{steps}步, {call}致电", {}, "送客7步, 10:00致电", id="several"),
        pytest.param("in {days} days", {}, "", id="two settings end so"),
        pytest.param("costs {fee}", {}, "", id="money is worded by the trade"),
        pytest.param("{steps} steps, cost {cost}", {}, "", id="only the order knows"),
        pytest.param("smile", {}, "smile", id="no facts"),
    ],
)
def test_a_talking_point_is_filled_without_its_trade(said: str, own: dict[str, object], shown: str) -> None:
    hint = kept_hint(said, SETTINGS)
    assert set(own) <= set(settings_of(hint))
    assert filled_hint(hint, own) == shown
