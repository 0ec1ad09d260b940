"""Asks every plugin a question: one typed function for each hook, plugin key A to Z, one plugin's exception apart.

A veto fails closed: who cannot answer has said no. A hook that only tells fails open, with one line naming the plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

from serviceflow.errors import FlowError
from serviceflow.plugin import hookspecs
from serviceflow.plugin.calls import PluginFailed, call
from serviceflow.plugin.hookspecs import PROJECT, Health
from serviceflow.plugin.load import Plugins
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.store.tables import Customer, Staff
    from serviceflow.store.write import Tx


@dataclass(frozen=True, slots=True)
class _Answerer:
    key: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]

    def __call__(self, given: Mapping[str, Any]) -> Any:
        return self.function(*(given[name] for name in self.arguments))


def may_merge(plugins: Plugins, tx: Tx, kept: Customer, gone: Customer) -> list[T]:
    """Return the reasons plugins give against making two customers one.

    Raises:
        PluginFailed: A plugin could not be asked.
    """
    return _reasons(plugins, "may_merge", {"tx": tx, "kept": kept, "gone": gone})


def after_merge(plugins: Plugins, tx: Tx, kept: Customer, gone: Customer) -> None:
    """Tell plugins that two customers have become one.

    Raises:
        PluginFailed: A plugin could not be told; the merge is to be rolled back.
    """
    for answerer in _answerers(plugins, "after_merge"):
        with call(answerer.key, "after_merge"):
            answerer({"tx": tx, "kept": kept, "gone": gone})


def staff_may_leave(plugins: Plugins, tx: Tx, staff: Staff) -> list[T]:
    """Return what plugins want handed over before a member of staff leaves.

    Raises:
        PluginFailed: A plugin could not be asked.
    """
    return _reasons(plugins, "staff_may_leave", {"tx": tx, "staff": staff})


def doctor_checks(shop: Shop) -> list[Health]:
    """Return what plugins say about their health; one that fails is a line itself."""
    lines: list[Health] = []
    for failure in shop.plugins.problems():
        lines.append(Health("bad", failure.sentence, failure.way_out))
    for answerer in _answerers(shop.plugins, "doctor_checks"):
        try:
            with call(answerer.key, "doctor_checks"):
                lines += answerer({"shop": shop}) or []
        except FlowError as cause:
            lines.append(Health("bad", cause.sentence, cause.way_out))
    return lines


def digest_lines(shop: Shop, tx: Tx, staff: Staff, now: datetime) -> list[T]:
    """Return what plugins tell a member of staff in the morning; one that fails is a line itself."""
    lines: list[T] = []
    for answerer in _answerers(shop.plugins, "digest_lines"):
        try:
            # A statement that fails would end the whole transaction on PostgreSQL.
            with tx.savepoint(), call(answerer.key, "digest_lines"):
                lines += answerer({"shop": shop, "tx": tx, "staff": staff, "now": now}) or []
        except FlowError as cause:
            lines.append(cause.sentence)
    return lines


def answers(
    plugins: Plugins, specs: ModuleType, hook: str, given: Mapping[str, Any], *, of: str | None = None
) -> Iterator[tuple[str, Any]]:
    """Yield (plugin key, answer) to a hook that a plugin asks itself, plugin key A to Z; ``None`` is no answer.

    Who answers marks his function ``@hookimpl(optionalhook=True)``, because the asking plugin may not be installed.

    Args:
        specs: The asking plugin's module of hook specifications.
        hook: Name of the hook.
        given: Its arguments by name.
        of: Ask this plugin alone.

    Raises:
        PluginFailed: A plugin could not be asked.
    """
    for answerer in _answerers(plugins, hook, specs):
        if of not in (None, answerer.key):
            continue
        with call(answerer.key, hook):
            said = answerer(given)
        if said is not None:
            yield answerer.key, said


def _reasons(plugins: Plugins, hook: str, given: Mapping[str, Any]) -> list[T]:
    reasons: list[T] = []
    for failure in plugins.problems():
        raise PluginFailed(failure.key, hook, failure.sentence)
    for answerer in _answerers(plugins, hook):
        with call(answerer.key, hook):
            reasons += answerer(given) or []
    return reasons


def _answerers(plugins: Plugins, hook: str, *specs: ModuleType) -> Iterator[_Answerer]:
    manager = _manager({trade.key: plugins.module(trade.key) for trade in plugins.all()}, *specs)
    # Last registered is called first, and A was registered last.
    for found in reversed(getattr(manager.hook, hook).get_hookimpls()):
        yield _Answerer(found.plugin_name, found.function, tuple(found.argnames))


def _manager(modules: Mapping[str, ModuleType], *specs: ModuleType) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(PROJECT)
    for module in (hookspecs, *specs):
        manager.add_hookspecs(module)
    for key in sorted(modules, reverse=True):
        manager.register(modules[key], name=key)
    return manager


def hook_names(module: ModuleType) -> list[str]:
    """Return the hooks that a plugin's module answers, A to Z."""
    manager = _manager({"": module})
    return sorted(caller.name for caller in manager.get_hookcallers(module) or [])
