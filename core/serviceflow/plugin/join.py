"""How a plugin joins a shop, and how the shop's catalogue follows a new version of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from serviceflow.flow.model import Trade
from serviceflow.plugin.load import Joined
from serviceflow.store.tables import PluginRow
from serviceflow.store.write import Tx, table_of

if TYPE_CHECKING:
    from serviceflow.app import Shop


def joined_plugins(tx: Tx) -> dict[str, Joined]:
    """Return what the shop remembers of each plugin, by key."""
    return {
        row.key: Joined(tuple(row.prefixes), row.version, row.enabled, tuple(row.listens)) for row in tx.all(PluginRow)
    }


def join(shop: Shop, tx: Tx, trade: Trade) -> None:
    """Make a trade part of the shop; its tables exist already. ``install`` runs the first time only."""
    row = tx.get(PluginRow, trade.key)
    version = shop.plugins.found[trade.key].version
    if row is None:
        tx.add(PluginRow(key=trade.key, prefixes=list(trade.prefixes), listens=sorted(trade.listens), version=version))
        if trade.install is not None:
            trade.install(tx)
    else:
        tx.change(row, prefixes=list(trade.prefixes), listens=sorted(trade.listens), version=version, enabled=True)
    shop.write_catalogue(tx, trade)


def stale(shop: Shop) -> list[str]:
    """Return the enabled plugins whose installed version is not the one the catalogue was written from."""
    joined = shop.plugins.joined or {}
    return [
        key
        for key in shop.plugins.enabled()
        if key in shop.plugins.found and shop.plugins.found[key].version != joined[key].version
    ]


def follow_versions(shop: Shop) -> list[str]:
    """Write the catalogue of plugins that were upgraded since; return their keys. One operation, if any."""
    keys = [trade.key for trade in shop.plugins.all() if trade.key in stale(shop)]
    if keys:
        with shop.write("plugin refresh") as tx:
            for key in keys:
                join(shop, tx, shop.plugins.trade(key))
        shop.plugins.forget()
    return keys


def open_orders_by_version(tx: Tx) -> dict[tuple[str, int], int]:
    """Return how many open orders run on each flow and version."""
    from sqlalchemy import func

    from serviceflow.store.tables import Order

    table = table_of(Order)
    query = (
        select(table.c.flow, table.c.flow_version, func.count())
        .where(table.c.closed_at.is_(None))
        .group_by(table.c.flow, table.c.flow_version)
    )
    return {(flow, version): count for flow, version, count in tx.rows(query)}
