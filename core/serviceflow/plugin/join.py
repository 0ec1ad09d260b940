"""How a plugin joins and leaves a shop, and how the shop's catalogue follows a new version of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update

from serviceflow.errors import Refused, SchemaMismatch
from serviceflow.flow.trade import Trade
from serviceflow.plugin.load import Joined, Plugins, faults_on_asking
from serviceflow.plugin.stamp import PREFIX
from serviceflow.plugin.unusable import PluginFaulty
from serviceflow.store.tables import CatalogueFlow, Meta, Order, PluginRow
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop


@dataclass(frozen=True, slots=True)
class PluginChange:
    """What enabling or disabling a plugin came to.

    Args:
        shared_roles: Role ids it has in common with other plugins, with their keys: one id is one job in a shop.
        open_orders: Orders of its flows that are not closed.
    """

    trade: str
    operation: int | None
    shared_roles: list[tuple[str, str]] = field(default_factory=list)
    open_orders: int = 0


def joined_plugins(tx: Tx) -> dict[str, Joined]:
    """Return what the shop remembers of each plugin, by key."""
    return {row.key: Joined(tuple(row.prefixes), row.enabled, tuple(row.listens)) for row in tx.all(PluginRow)}


def join(shop: Shop, tx: Tx, trade: Trade) -> None:
    """Make a trade part of the shop; its tables exist already. ``install`` runs the first time only."""
    row = tx.get(PluginRow, trade.key)
    version = shop.plugins.found[trade.key].version
    if row is None:
        tx.add(PluginRow(key=trade.key, prefixes=list(trade.prefixes), listens=sorted(trade.listens), version=version))
        if trade.install is not None:
            trade.install(tx)
    else:
        tx.change(row, prefixes=list(trade.prefixes), listens=sorted(trade.listens), enabled=True)
    _stamp(tx, trade.key, version)
    pinned = changed_under_orders(tx, trade)
    shop.write_catalogue(tx, trade)
    table = table_of(CatalogueFlow)
    for change in pinned:  # the digest its orders were opened under stays, so that the fault does too
        tx.connection.execute(
            update(table)
            .where(table.c.flow == change.flow, table.c.version == change.version)
            .values(digest=change.digest)
        )


# -- versions ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changed:
    """A flow whose steps or actions changed under the same version number while orders run on it."""

    flow: str
    version: int
    digest: str
    open_orders: int

    @property
    def sentence(self) -> T:
        return T(
            "{flow} version {n} was changed while {count} orders run on it: give it a new version number",
            zh="{flow} 第 {n} 版有 {count} 张未结订单却被改动: 请使用新的版本号",
        ).of(flow=self.flow, n=self.version, count=self.open_orders)


def changed_under_orders(tx: Tx, trade: Trade) -> list[Changed]:
    """Return the flows of a trade that are not what their open orders were opened under."""
    table = table_of(CatalogueFlow)
    query = select(table.c.flow, table.c.version, table.c.digest).where(table.c.plugin == trade.key)
    digests = {(row.flow, row.version): row.digest for row in tx.rows(query)}
    orders = open_orders(tx, trade)
    return [
        Changed(flow.key, flow.version, digests[flow.key, flow.version], orders[flow.key, flow.version])
        for flow in trade.flows
        if (flow.key, flow.version) in orders and digests.get((flow.key, flow.version), flow.digest()) != flow.digest()
    ]


def open_orders(tx: Tx, trade: Trade) -> dict[tuple[str, int], int]:
    """Return how many open orders run on each flow and version of a trade; none without any."""
    return {key: n for key, n in _open_orders(tx).items() if key[0] in {flow.key for flow in trade.flows}}


def orders_of(tx: Tx, key: str) -> int:
    """Return how many open orders a plugin has, which need not be there."""
    table = table_of(CatalogueFlow)
    flows = set(tx.connection.execute(select(table.c.flow).where(table.c.plugin == key)).scalars())
    return sum(n for (flow, _), n in _open_orders(tx).items() if flow in flows)


def _open_orders(tx: Tx) -> dict[tuple[str, int], int]:
    table = table_of(Order)
    query = (
        select(table.c.flow, table.c.flow_version, func.count())
        .where(table.c.closed_at.is_(None))
        .group_by(table.c.flow, table.c.flow_version)
    )
    return {(flow, version): count for flow, version, count in tx.rows(query)}


def follow_versions(shop: Shop, keys: Iterable[str]) -> None:
    """Write the catalogue of plugins that were upgraded since; no operation, for there is nothing to undo.

    Raises:
        SchemaMismatch: The tables of one of them are older than it; ``flow db upgrade`` comes first.
    """
    from serviceflow.store.migrate import owner_of_trade, pending

    trades = [trade for trade in shop.plugins.all() if trade.key in keys]
    with shop.engine.connect() as connection:
        due = pending(connection, [owner_of_trade(trade) for trade in trades if trade.tables])
        connection.rollback()
    if due:
        raise SchemaMismatch(
            T("The tables of plugin {key} are older than the plugin.", zh="插件 {key} 的数据表比插件旧。").of(
                key=due[0][0].key
            ),
            plain("flow db upgrade"),
            ref="schema.older",
        )
    with shop.write("plugin refresh") as tx:
        for trade in trades:
            join(shop, tx, trade)
        for key in set(keys) - {trade.key for trade in trades}:
            _stamp(tx, key, shop.plugins.found[key].version)
    shop.plugins.forget()


def _stamp(tx: Tx, key: str, version: str) -> None:
    table = table_of(Meta)
    tx.connection.execute(delete(table).where(table.c.key == PREFIX + key))
    tx.connection.execute(insert(table).values(key=PREFIX + key, value=version))


# -- joining and leaving -----------------------------------------------------------------------------------


def enable(shop: Shop, key: str) -> PluginChange:
    """Make a plugin part of the shop: its tables, its first rows, its titles.

    Raises:
        PluginUnusable: It is not installed, cannot be loaded or is faulty; nothing is changed.
        Refused: The shop uses it already, or whoever asks is not in charge.
    """
    from serviceflow.engine.staff import in_charge
    from serviceflow.store.migrate import CORE, owner_of_trade, upgrade

    if key in shop.plugins.enabled():
        raise Refused(
            T("Plugin {key} is enabled already.", zh="插件 {key} 已启用。").of(key=key),
            plain(f"flow plugin show {key}"),
            ref="plugin.enabled",
        )
    with shop.reading() as tx:
        in_charge(tx)
    others = shop.plugins.all()
    installed = Plugins(found=shop.plugins.found.values(), report=lambda line: None)
    trade = installed.trade(key)
    if faults := faults_on_asking(installed.module(key), trade):
        raise PluginFaulty(key, faults)
    for other in others:
        shared = sorted({*trade.prefixes, *trade.aliases} & {*other.prefixes, *other.aliases})
        if shared:
            raise PluginFaulty(
                key,
                [
                    T("{words} belongs to plugin {other} already", zh="{words} 已属于插件 {other}").of(
                        words=", ".join(shared), other=other.key
                    )
                ],
                plain(f"flow plugin disable {other.key}"),
            )
        for flow in trade.flows:
            like = next((f for f in other.flows if f.series == flow.series), None)
            if like is not None:
                words = T(
                    "{flow} numbers its orders like {other}: {series}", zh="{flow} 的编号格式与 {other} 相同: {series}"
                )
                faults = [words.of(flow=flow.key, other=like.key, series=plain(flow.series))]
                raise PluginFaulty(key, faults, plain(f"flow plugin disable {other.key}"))
    if trade.tables:
        upgrade(shop.engine, shop.place, [CORE, *(owner_of_trade(t) for t in (*others, trade) if t.tables)])
    with shop.write(f"plugin enable {key}") as tx:
        in_charge(tx)
        join(shop, tx, trade)
        tx.summary = T("plugin {title} enabled", zh="启用插件 {title}").of(title=trade.title)
    _read_anew(shop)
    return PluginChange(key, tx.operation, _shared_roles(trade, others))


def disable(shop: Shop, key: str) -> PluginChange:
    """Take a plugin out of the shop's work: its rows stay, its orders can be read but not moved.

    Raises:
        Refused: The shop does not use it, or whoever asks is not in charge.
    """
    from serviceflow.engine.staff import in_charge

    with shop.write(f"plugin disable {key}") as tx:
        in_charge(tx)
        row = tx.get(PluginRow, key)
        if row is None or not row.enabled:
            raise Refused(
                T("Plugin {key} is not enabled.", zh="插件 {key} 未启用。").of(key=key),
                plain("flow plugin list"),
                ref="plugin.enabled",
            )
        tx.change(row, enabled=False)
        count = orders_of(tx, key)
        tx.summary = T("plugin {key} disabled", zh="停用插件 {key}").of(key=key)
    _read_anew(shop)
    return PluginChange(key, tx.operation, open_orders=count)


def _read_anew(shop: Shop) -> None:
    shop.plugins.forget()
    shop.__dict__.pop("settings", None)


def _shared_roles(trade: Trade, others: Iterable[Trade]) -> list[tuple[str, str]]:
    return [
        (role.key, other.key) for role in trade.roles for other in others if role.key in {r.key for r in other.roles}
    ]
