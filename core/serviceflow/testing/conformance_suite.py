"""The conformance suite: what every trade must keep, on both databases. Run by `serviceflow.testing.conformance`."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.flow.model import Trade
from serviceflow.plugin.find import find_plugins
from serviceflow.plugin.load import Plugins
from serviceflow.store.migrate import CORE, differences, owner_of_trade, upgrade
from serviceflow.store.place import Place
from serviceflow.store.write import open_engine
from serviceflow.testing.conformance import keys
from serviceflow.testing.conformance_texts import texts_in_one_language
from serviceflow.testing.conformance_walk import Walk
from serviceflow.testing.plugin_check import check_plugin, undeclared_persons


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize by plugin and, for walks, by flow."""
    if "revision" in metafunc.fixturenames:
        metafunc.parametrize("key,revision", [(k, r) for k in keys(metafunc.config) for r in _revisions(k)])
    elif "flow_key" in metafunc.fixturenames:
        metafunc.parametrize("key,flow_key", [(k, f) for k in keys(metafunc.config) for f in _flows(k)])
    elif "key" in metafunc.fixturenames:
        metafunc.parametrize("key", keys(metafunc.config))


def _trade(key: str) -> Trade:
    return Plugins(found=find_plugins(), report=lambda line: None).trade(key)


def _revisions(key: str) -> list[str]:
    trade = _trade(key)
    if not trade.tables:
        return ["nothing"]
    return ["nothing", *reversed([s.revision for s in owner_of_trade(trade).script().walk_revisions()])]


def _flows(key: str) -> list[str]:
    return list(dict.fromkeys(flow.key for flow in _trade(key).flows if flow.starts() and flow.alone))


@pytest.fixture
def industries(key: str) -> tuple[str, ...]:
    """The shop uses the plugin that is tested and no other."""
    return (key,)


def test_the_trade_is_sound(key: str) -> None:
    check_plugin(_trade(key))


def test_every_text_is_in_both_languages(key: str) -> None:
    assert texts_in_one_language(_trade(key)) == []


def test_columns_about_persons_are_declared(key: str) -> None:
    assert undeclared_persons(_trade(key)) == []


def test_it_joins_a_shop_and_leaves_it_and_comes_back(key: str, shop: Shop) -> None:
    from serviceflow.plugin.join import disable, enable

    disable(shop, key)
    assert key not in shop.plugins.enabled()
    enable(shop, key)
    assert [problem.sentence for problem in shop.plugins.problems()] == []


def test_tables_of_every_released_version_become_those_of_now(key: str, revision: str, empty_place: Place) -> None:
    trade = _trade(key)
    if not trade.tables:
        assert trade.migrations is None
        return
    owner = owner_of_trade(trade)
    engine = open_engine(empty_place)
    try:
        upgrade(engine, empty_place, [CORE])
        if revision != "nothing":
            upgrade(engine, empty_place, [owner], to=revision)
        upgrade(engine, empty_place, [CORE, owner])
        with engine.connect() as connection:
            assert differences(connection, owner) == []
    finally:
        engine.dispose()


@pytest.fixture
def words(pytestconfig: pytest.Config) -> dict[str, list[str]]:
    """Words worth typing, as the plugin's own tests name them."""
    found: dict[str, list[str]] = {}
    for told in pytestconfig.hook.pytest_serviceflow_words():
        for name, typed in told.items():
            found.setdefault(name, []).extend(typed)
    return found


def test_a_random_walk_keeps_the_engine_whole(
    key: str, flow_key: str, shop: Shop, clock: SetClock, words: dict[str, list[str]], pytestconfig: pytest.Config
) -> None:
    @settings(
        max_examples=pytestconfig.getoption("--serviceflow-walks"), deadline=None, database=None, derandomize=True,
        phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.integers(0, 2**32 - 1))
    def walk(seed: int) -> None:
        Walk(shop, clock, key, flow_key, words, random.Random(seed)).go(f"seed {seed}")

    walk()
