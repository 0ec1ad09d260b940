"""The command groups of trades: their names without loading a plugin, their commands under ``flow <trade> …``."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from serviceflow.errors import ConfigError
from serviceflow.plugin.find import find_plugins
from serviceflow.texts import T, plain


@dataclass(frozen=True, slots=True)
class TradeName:
    """A trade as far as it is known without loading it."""

    key: str
    title: T


def trades() -> list[TradeName]:
    """Return the installed trades, A to Z."""
    return [TradeName(plugin.key, plain(plugin.distribution)) for plugin in find_plugins()]


def command_of_trade(name: str) -> Any:
    """Return the command group of a trade, or ``None`` when there is no such trade.

    Raises:
        ConfigError: The plugin cannot be loaded, or has no commands.
    """
    from serviceflow_cli.lazy import as_command

    if name not in {plugin.key for plugin in find_plugins()}:
        return None
    from serviceflow.plugin.load import Plugins

    trade = Plugins().trade(name)
    if not trade.commands:
        raise ConfigError(
            T("The trade {name} has no commands of its own.", zh="行业 {name} 没有自己的命令。").of(name=name),
            plain("flow --help"),
            ref="command",
        )
    module, _, attribute = trade.commands.partition(":")
    return as_command(name, getattr(importlib.import_module(module), attribute), str(trade.title))
