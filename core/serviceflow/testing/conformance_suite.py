"""The conformance suite: what every trade must keep, on both databases. Run by `serviceflow.testing.conformance`."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.flow.trade import Trade
from serviceflow.plugin.find import find_plugins
from serviceflow.plugin.load import Plugins
from serviceflow.plugin.unusable import PluginFaulty, PluginUnusable
from serviceflow.store.engine import open_engine
from serviceflow.store.migrate import CORE, differences, owner_of_trade, upgrade
from serviceflow.store.place import Place
from serviceflow.testing.conformance import keys
from serviceflow.testing.conformance_persons import hand_over, undeclared_persons
from serviceflow.testing.conformance_texts import texts_in_one_language
from serviceflow.testing.conformance_upgrade import fill
from serviceflow.testing.conformance_walk import Walk
from serviceflow.testing.plugin_check import faults_besides_tables


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize by the plugins asked for."""
    parametrize(metafunc, keys(metafunc.config))


def parametrize(metafunc: pytest.Metafunc, plugins: list[str]) -> None:
    """Parametrize by plugin and, for walks, by flow, for upgrades by the revision they begin at."""
    if "revision" in metafunc.fixturenames:
        metafunc.parametrize("key,revision", [(k, r) for k in plugins for r in _revisions(k)])
    elif "flow_key" in metafunc.fixturenames:
        metafunc.parametrize("key,flow_key", [(k, f) for k in plugins for f in _flows(k)])
    elif "key" in metafunc.fixturenames:
        metafunc.parametrize("key", plugins)


def _trade(key: str) -> Trade:
    return Plugins(found=find_plugins(), report=lambda line: None).trade(key)


def _usable(key: str) -> Trade | None:
    """Return a trade, or nothing of one that cannot be loaded: `test_the_trade_is_sound` says why."""
    try:
        return _trade(key)
    except PluginUnusable:
        return None


def _revisions(key: str) -> list[str]:
    """Return where an upgrade may begin: with no tables, or at any revision but the newest."""
    trade = _usable(key)
    if trade is None or not trade.tables:
        return ["nothing"] if trade is not None else []
    _newest, *older = [s.revision for s in owner_of_trade(trade).script().walk_revisions()]
    return ["nothing", *reversed(older)]


def _flows(key: str) -> list[str]:
    trade = _usable(key)
    flows = trade.flows if trade is not None else ()
    return list(dict.fromkeys(flow.key for flow in flows if flow.starts() and flow.alone))


@pytest.fixture
def industries(key: str) -> tuple[str, ...]:
    """The shop uses the plugin that is tested and no other."""
    return (key,)


def test_the_trade_is_sound(key: str) -> None:
    try:
        faults = faults_besides_tables(_trade(key))
    except PluginFaulty as faulty:
        faults = [fault.to("en") for fault in faulty.faults]
    assert faults == []


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
            assert fill(engine, owner.tables) == []
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


@pytest.fixture
def walks(pytestconfig: pytest.Config) -> int:
    """How many random walks go through each flow."""
    return int(pytestconfig.getoption("--serviceflow-walks"))


def test_random_walks_keep_the_engine_whole_and_rows_with_their_persons(
    key: str, flow_key: str, shop: Shop, clock: SetClock, words: dict[str, list[str]], walks: int
) -> None:
    @settings(
        max_examples=walks, deadline=None, database=None, derandomize=True,
        phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.integers(0, 2**32 - 1))
    def walk(seed: int) -> None:
        Walk(shop, clock, key, flow_key, words, random.Random(seed)).go(f"seed {seed}")

    walk()
    hand_over(shop, key)
