"""What ails a plugin: everything that is known of one that cannot be used, collected without letting it do harm."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import serviceflow
from serviceflow.plugin.ask import hook_names
from serviceflow.plugin.failures import last_failure, traceback_of
from serviceflow.plugin.find import Found, find_plugins
from serviceflow.plugin.load import Plugins, faults_on_asking
from serviceflow.plugin.unusable import PluginFaulty, PluginMissing, PluginUnusable
from serviceflow.store.place import shop_folder
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found.

    Args:
        state: ``well``, ``failed`` (it is sound, and raised while it was used), ``faulty`` (it loads, but is not sound)
            or ``broken`` (it cannot be loaded).
        versions: Name and version of what takes part, as lines.
        faults: What is wrong; none when it is well.
        skipped: What goes without the plugin meanwhile.
        traceback: Where it raised, its own frames and those of libraries; empty when nothing did.
        failed_at: When it raised while it was used, UTC.
    """

    state: str
    versions: Sequence[str]
    faults: Sequence[T]
    skipped: Sequence[T]
    traceback: Sequence[str]
    failed_at: datetime | None = None


def diagnose(key: str, shop: Shop | None) -> Diagnosis:
    """Load a plugin apart from any shop and say how that goes; a shop says what it goes without.

    Raises:
        PluginMissing: No plugin of that key is installed.
    """
    installed = [found for found in find_plugins() if found.key == key]
    plugins = Plugins(found=installed or find_plugins(), report=lambda line: None)
    versions = _versions(installed)
    try:
        trade = plugins.trade(key)
    except PluginMissing:
        raise
    except PluginFaulty as cause:
        return Diagnosis("faulty", versions, cause.faults, _skipped(key, shop), ())
    except PluginUnusable as cause:
        return Diagnosis("broken", versions, [cause.sentence], _skipped(key, shop), _traceback(cause))
    if faults := faults_on_asking(plugins.module(key), trade):
        return Diagnosis("faulty", versions, faults, _skipped(key, shop), ())
    hooks = ", ".join(hook_names(plugins.module(key))) or "-"
    facts = T("{title}: {f} flows, {t} tables, hooks: {hooks}", zh="{title}: {f} 个流程, {t} 张表, 钩子: {hooks}").of(
        title=trade.title, f=len(trade.flows), t=len(trade.tables), hooks=hooks
    )
    notes = [*_doubles(installed), *_changed(key, shop)]
    failure = last_failure(shop_folder(shop.place), key) if shop is not None else None
    if failure is not None:
        return Diagnosis("failed", [*versions, str(facts)], [], notes, failure[1], failure[0])
    return Diagnosis("well", [*versions, str(facts)], [], notes, ())


def _versions(installed: Sequence[Found]) -> list[str]:
    lines = [f"serviceflow {serviceflow.__version__}, Python {platform.python_version()}"]
    for found in installed:
        lines.append(f"{found.distribution} {found.version}: {found.module}")
        try:
            wanted = importlib.metadata.requires(found.distribution) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        lines += [f"  {line}" for line in map(_requirement, wanted) if line]
    return lines


def _requirement(wanted: str) -> str:
    if "extra ==" in wanted:
        return ""
    name = next((wanted[:n] for n, c in enumerate(wanted) if not (c.isalnum() or c in "-_.")), wanted)
    try:
        return f"{wanted}: {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return f"{wanted}: -" if ";" not in wanted else ""


def _traceback(failure: PluginUnusable) -> list[str]:
    return traceback_of(failure.__cause__) if failure.__cause__ is not None else []


def _skipped(key: str, shop: Shop | None) -> list[T]:
    """Return what goes without the plugin: its orders, and what every plugin is asked for."""
    lines = [
        T(
            "no hook of it is asked; merging customers and letting staff go are refused until it answers",
            zh="其钩子不再询问; 在其恢复之前, 不能合并客户或停用员工",
        )
    ]
    if shop is None or key not in shop.plugins.enabled():
        return [T("this shop does not use it", zh="本店未使用该插件")]
    with shop.reading() as tx:
        from serviceflow.plugin.join import orders_of

        count = orders_of(tx, key)
    return [
        T("open orders that can only be read: {n}", zh="只能查看的未结订单: {n}").of(n=count),
        T("its timers, nightly jobs and commands wait", zh="其定时操作、夜间任务和命令暂停"),
        *lines,
    ]


def _doubles(installed: Sequence[Found]) -> list[T]:
    return [
        T(
            "{name} {v} has a plugin of this key too; it is not used",
            zh="{name} {v} 也提供同键的插件, 未被使用",
        ).of(name=found.distribution, v=found.version)
        for found in installed[1:]
    ]


def _changed(key: str, shop: Shop | None) -> list[T]:
    from serviceflow.plugin.join import changed_under_orders

    if shop is None or key not in shop.plugins.enabled():
        return []
    with shop.reading() as tx:
        return [change.sentence for change in changed_under_orders(tx, shop.plugins.trade(key))]
