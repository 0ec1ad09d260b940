"""Trades written inside a test: joined to a shop as an installed plugin would be."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from serviceflow.flow.trade import Trade
from serviceflow.plugin.find import Found
from serviceflow.plugin.join import join
from serviceflow.plugin.load import Plugins

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.store.tables import Staff


def join_trade(shop: Shop, *trades: Trade) -> None:
    """Make trades without tables part of a shop, whatever is installed; every role goes to nobody."""
    found = _findable(trades)
    shop.plugins = Plugins(dict, found)
    loadable = Plugins(None, found)
    with shop.write("plugin enable") as tx:
        shop.plugins = loadable
        for trade in trades:
            join(shop, tx, trade)
    know_trades(shop, *trades)


def know_trades(shop: Shop, *trades: Trade) -> None:
    """Let a shop that `join_trade` made them part of, opened anew, find trades."""
    shop.plugins = Plugins(shop._joined_plugins, _findable(trades))
    shop.__dict__.pop("settings", None)


def _findable(trades: Sequence[Trade]) -> list[Found]:
    found = []
    for trade in trades:
        module = ModuleType(f"serviceflow_testing_{trade.key}")
        module.trade = trade  # type: ignore[attr-defined]
        sys.modules[module.__name__] = module
        found.append(Found(trade.key, module.__name__, f"testing-{trade.key}", trade.version))
    return found


def hire(shop: Shop, login: str, *roles: str, superior: int | None = None) -> Staff:
    """Add a member of staff with roles."""
    from serviceflow.store.tables import Staff, StaffRole

    with shop.write("staff add") as tx:
        person = tx.add(Staff(login=login, name=login, superior_id=superior))
        assert person.id is not None
        for role in roles:
            tx.add(StaffRole(staff_id=person.id, role=role))
    return person
