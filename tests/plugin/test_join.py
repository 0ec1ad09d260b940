"""Plugins join and leave a shop; the catalogue follows their versions; orders keep theirs. On both databases."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest
from serviceflow.app import Shop, make_shop
from serviceflow.clock import SetClock
from serviceflow.engine.act import act, open_order
from serviceflow.engine.customers import add_customer
from serviceflow.errors import Refused, SchemaMismatch
from serviceflow.flow.trade import Trade
from serviceflow.plugin import join
from serviceflow.plugin.find import Found
from serviceflow.plugin.load import Plugins
from serviceflow.plugin.stamp import behind
from serviceflow.plugin.unusable import PluginFaulty, PluginMissing
from serviceflow.store.place import Place
from serviceflow.store.tables import CatalogueFlow, CatalogueStep, Meta, PluginRow
from serviceflow.store.write import table_of
from sqlalchemy import inspect

PETCARE = Found("petcare", "serviceflow_petcare.plugin", "serviceflow-petcare", "0.1.0")


@pytest.fixture
def bare(empty_place: Place, clock: SetClock, petcare: Trade, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop without any trade, on a machine where petcare is installed."""
    monkeypatch.setattr("serviceflow.plugin.load.find_plugins", lambda: [PETCARE])
    shop = make_shop(empty_place, login="anna", name="Anna", language="en", clock=clock, industries=())
    yield shop
    shop.close()


def meta(shop: Shop) -> dict[str, str]:
    with shop.reading() as tx:
        return {row.key: row.value for row in tx.all(Meta)}


def customer(shop: Shop) -> int:
    with shop.write("customer add") as tx:
        return int(add_customer(tx, name="Bob").id or 0)


def as_module(name: str, source: str) -> Found:
    """Make a module of a small plugin without a file."""
    from types import ModuleType

    module = ModuleType(name)
    exec(source, module.__dict__)
    sys.modules[name] = module
    return Found(module.trade.key, name, name, module.trade.version)


def test_enabling_makes_tables_and_titles_and_orders_run(bare: Shop) -> None:
    assert bare.plugins.enabled() == []
    assert not inspect(bare.engine).has_table("petcare_pet")
    change = join.enable(bare, "petcare")
    assert change.operation is not None
    assert inspect(bare.engine).has_table("petcare_pet")
    with bare.reading() as tx:
        assert {row.flow for row in tx.all(CatalogueFlow)} == {"petcare-boarding", "petcare-claim"}
    done = open_order(
        bare, "petcare-boarding", customer(bare), {"pet": "Rex", "arrives_on": "2026-12-01"}, start="book"
    )
    assert done.order.number == "PB-2026-0001"


def test_enabling_twice_and_disabling_twice_are_refused(bare: Shop) -> None:
    join.enable(bare, "petcare")
    with pytest.raises(Refused, match="Plugin petcare is enabled already"):
        join.enable(bare, "petcare")
    join.disable(bare, "petcare")
    with pytest.raises(Refused, match="Plugin petcare is not enabled"):
        join.disable(bare, "petcare")
    join.enable(bare, "petcare")
    assert bare.plugins.enabled() == ["petcare"]


def test_a_disabled_plugins_orders_refuse_actions_and_go_on_when_it_is_back(bare: Shop) -> None:
    join.enable(bare, "petcare")
    fields = {"pet": "Rex", "arrives_on": "2026-12-01"}
    order = int(open_order(bare, "petcare-boarding", customer(bare), fields, start="walk-in").order.id or 0)
    assert join.disable(bare, "petcare").open_orders == 1
    with pytest.raises(PluginMissing, match="Plugin petcare is not enabled in this shop"):
        act(bare, order, "feed", {"grams": "10"})
    join.enable(bare, "petcare")
    assert act(bare, order, "feed", {"grams": "10"}).operation is not None


def test_only_who_is_in_charge_enables(bare: Shop) -> None:
    from serviceflow.store.tables import StaffRole

    with bare.write("test") as tx:
        for row in tx.all(StaffRole):
            tx.remove(row)
    with pytest.raises(Refused):
        join.enable(bare, "petcare")
    assert not inspect(bare.engine).has_table("petcare_pet")


def test_a_plugin_that_cannot_be_loaded_changes_nothing(bare: Shop) -> None:
    bare.plugins = Plugins(bare._joined_plugins, [Found("bad", "no_such_module", "bad", "1")])
    with pytest.raises(Exception, match="Plugin bad cannot be loaded"):
        join.enable(bare, "bad")
    with bare.reading() as tx:
        assert tx.all(PluginRow) == []


def test_role_ids_that_meet_are_named(bare: Shop, small: Callable[..., str]) -> None:
    spa = as_module("sf_join_spa", small("spa").replace("clerk-spa", "keeper"))
    bare.plugins = Plugins(bare._joined_plugins, [PETCARE, spa])
    join.enable(bare, "petcare")
    assert join.enable(bare, "spa").shared_roles == [("keeper", "petcare")]


def test_prefixes_that_meet_are_refused(bare: Shop, small: Callable[..., str]) -> None:
    spa = as_module("sf_join_spa2", small("spa").replace('prefixes=("spa",)', 'prefixes=("spa", "petcare")'))
    bare.plugins = Plugins(bare._joined_plugins, [PETCARE, spa])
    join.enable(bare, "petcare")
    with pytest.raises(PluginFaulty, match="petcare belongs to plugin petcare already"):
        join.enable(bare, "spa")


# -- versions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "installed", "stale"),
    [
        pytest.param("1.9", "1.10", ["spa"], id="newer"),
        pytest.param("1.0", "1.0", [], id="the same"),
        pytest.param("2.0", "1.0", [], id="older: another machine is ahead"),
        pytest.param(None, "1.0", [], id="not of this shop"),
    ],
)
def test_behind(written: str | None, installed: str, stale: list[str]) -> None:
    rows = {"schema": "0001"} | ({"catalogue.spa": written} if written else {})
    assert behind(rows, [Found("spa", "spa", "spa", installed)]) == stale


def upgrade(shop: Shop, monkeypatch: pytest.MonkeyPatch, name: str, source: str) -> Shop:
    """Open the shop again on a machine with another version of the plugin."""
    found = as_module(name, source)
    monkeypatch.setattr("serviceflow.plugin.load.find_plugins", lambda: [found])
    return Shop.open(shop.place, clock=shop.clock)


@pytest.fixture
def with_spa(bare: Shop, small: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Shop:
    found = as_module("sf_spa_one", small("spa"))
    monkeypatch.setattr("serviceflow.plugin.load.find_plugins", lambda: [found])
    bare.plugins.forget()
    join.enable(bare, "spa")
    return bare


def titles(shop: Shop) -> dict[str, str]:
    with shop.reading() as tx:
        return {row.step: row.title_en for row in tx.all(CatalogueStep)}


def test_an_upgrade_is_in_the_catalogue_when_the_shop_is_opened(
    with_spa: Shop, small: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert titles(with_spa)["open"] == "Open"
    before = operations(with_spa)
    source = small("spa", version="1.1").replace('T("Open", zh="进行中")', 'T("In work", zh="进行中")')
    again = upgrade(with_spa, monkeypatch, "sf_spa_two", source)
    assert titles(again)["open"] == "In work"
    assert meta(again)["catalogue.spa"] == "1.1"
    assert operations(again) == before, "there is nothing to undo"
    again.close()


def operations(shop: Shop) -> int:
    from serviceflow.store.tables import Operation
    from sqlalchemy import func, select

    with shop.reading() as tx:
        return int(tx.scalar(select(func.count()).select_from(table_of(Operation))))


def test_a_flow_changed_under_its_open_orders_is_a_fault_until_it_gets_a_number(
    with_spa: Shop, small: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_order(with_spa, "spa-case", None, {})
    changed = small("spa", version="1.1", last="gone")
    again = upgrade(with_spa, monkeypatch, "sf_spa_changed", changed)
    for _ in range(2):  # refreshing the catalogue must not hide it
        with again.reading() as tx:
            faults = join.changed_under_orders(tx, again.plugins.trade("spa"))
        assert [f.sentence.both() for f in faults] == [
            {
                "en": "spa-case version 1 was changed while 1 orders run on it: give it a new version number",
                "zh": "spa-case 第 1 版有 1 张未结订单却被改动: 请使用新的版本号",
            }
        ]
        with again.write("plugin refresh") as tx:
            join.join(again, tx, again.plugins.trade("spa"))
    again.close()


def test_without_open_orders_a_flow_may_change(
    with_spa: Shop, small: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = int(open_order(with_spa, "spa-case", None, {}).order.id or 0)
    act(with_spa, order, "close", {})
    again = upgrade(with_spa, monkeypatch, "sf_spa_free", small("spa", version="1.1", last="gone"))
    with again.reading() as tx:
        assert join.changed_under_orders(tx, again.plugins.trade("spa")) == []
    again.close()


def test_tables_older_than_the_plugin_ask_for_the_upgrade_first(
    bare: Shop, petcare: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    join.enable(bare, "petcare")
    newer = Found("petcare", PETCARE.module, PETCARE.distribution, "0.2.0")
    monkeypatch.setattr("serviceflow.plugin.load.find_plugins", lambda: [newer])
    with bare.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version_petcare")
    with pytest.raises(SchemaMismatch, match="older than the plugin"):
        Shop.open(bare.place, clock=bare.clock)


# -- hooks with callers ------------------------------------------------------------------------------------


def test_a_plugin_may_refuse_a_merge(bare: Shop) -> None:
    from serviceflow.engine.merges import merge

    join.enable(bare, "petcare")
    one, two = customer(bare), customer(bare)
    open_order(bare, "petcare-boarding", two, {"pet": "Rex", "arrives_on": "2026-12-01"}, start="book")
    with pytest.raises(Refused, match="Bob has a pet in the house"):
        merge(bare, two, one)
    assert merge(bare, one, two) is not None


def test_a_plugin_may_keep_a_member_of_staff(bare: Shop, small: Callable[..., str]) -> None:
    from serviceflow.engine.staff import add_staff, deactivate

    hook = (
        "\nfrom serviceflow.api import hookimpl\n@hookimpl\ndef staff_may_leave(staff):\n"
        "    return [T('{n} has the keys.', zh='{n}').of(n=staff.name)] if staff.login == 'ben' else None\n"
    )
    spa = as_module("sf_spa_keys", small("spa") + hook)
    bare.plugins = Plugins(bare._joined_plugins, [spa])
    join.enable(bare, "spa")
    for login in ("ben", "cat"):
        add_staff(bare, login, name=login.title())
    with pytest.raises(Refused, match="Ben has the keys"):
        deactivate(bare, "ben")
    assert not deactivate(bare, "cat").staff.active
