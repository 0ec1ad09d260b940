"""The command groups of trades: their names without loading a plugin, their commands under ``flow <trade> …``.

Which plugins are installed is read from their entry points; titles and other names (``flow mfg``) from what the shop
wrote down when they joined it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from serviceflow.errors import ConfigError, FlowError
from serviceflow.plugin.find import find_plugins
from serviceflow.texts import T, plain

from serviceflow_cli.session import current, reader


@dataclass(frozen=True, slots=True)
class TradeName:
    """A trade as far as it is known without loading it."""

    key: str
    title: T
    aliases: tuple[str, ...] = ()


def trades(*, ask_server: bool = False) -> list[TradeName]:
    """Return the installed trades the shop uses, A to Z; all installed ones while there is no shop to ask.

    Args:
        ask_server: Look into a shop on a server, too; a page of help is not worth the connection.
    """
    written = _written_down(strict=ask_server) if ask_server or _is_file() else None
    keys = dict.fromkeys(plugin.key for plugin in find_plugins())
    if written is None:
        return [TradeName(key, plain(key)) for key in keys]
    return [_named(key, written[key]) for key in keys if key in written]


def _named(key: str, known: Any) -> TradeName:
    return TradeName(key, T(known["title_en"], zh=known["title_zh"]), tuple(known["aliases"]))


def _is_file() -> bool:
    try:
        return current().place.is_sqlite
    except FlowError:  # a wrong address is reported by whoever opens it
        return False


def _written_down(*, strict: bool) -> dict[str, Any] | None:
    """Return what the shop wrote down of the trades it uses; ``None`` without a shop.

    Args:
        strict: Somebody the shop does not know is told so, where a command is to be run; a page of help is not.
    """
    import json

    try:
        with reader() as read:
            used = {row["key"] for row in read.rows("SELECT key, enabled FROM plugin") if row["enabled"]}
            facts = {key.removeprefix("trade."): value for key, value in read.meta.items() if key.startswith("trade.")}
    except FlowError as cause:
        if strict and cause.ref == "staff":
            raise
        return None  # no shop yet: the names of the entry points will do
    return {key: json.loads(value) for key, value in facts.items() if key in used}


def command_of_trade(name: str) -> Any:
    """Return the command group of a trade by its key or another of its names; ``None`` when there is none.

    Raises:
        ConfigError: The shop does not use the plugin, it cannot be loaded, or it has no commands.
    """
    from serviceflow_cli.lazy import as_command

    key = next((trade.key for trade in trades(ask_server=True) if name in (trade.key, *trade.aliases)), None)
    if key is None:
        if name in (plugin.key for plugin in find_plugins()):
            raise ConfigError(
                T("Plugin {key} is not enabled in this shop.", zh="本店未启用插件 {key}。").of(key=name),
                plain(f"flow plugin enable {name}"),
                ref="plugin",
            )
        return None
    from serviceflow.plugin.load import Plugins

    trade = Plugins().trade(key)
    if not trade.commands:
        raise ConfigError(
            T("The trade {name} has no commands of its own.", zh="行业 {name} 没有自己的命令。").of(name=key),
            plain("flow --help"),
            ref="command",
        )
    module, _, attribute = trade.commands.partition(":")
    return as_command(name, getattr(importlib.import_module(module), attribute), str(trade.title))
