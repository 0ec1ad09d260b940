"""Loads trades, one at a time and only when needed; what is wrong with one never touches another.

A plugin module holds ``trade: Trade``. It is imported behind a guard: a syntax error, a missing dependency, an
exit at import or a faulty flow costs one line on stderr, its own orders stay readable and refuse actions.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

from serviceflow.flow.faults import Fault
from serviceflow.flow.model import Flow
from serviceflow.flow.trade import Trade
from serviceflow.plugin.check import faults_of_trade
from serviceflow.plugin.find import Found, find_plugins
from serviceflow.plugin.source import line_of
from serviceflow.plugin.unusable import (
    FlowVersionMissing,
    PluginBroken,
    PluginFaulty,
    PluginMissing,
    PluginUnusable,
    described,
    frames_of,
    place_of,
)
from serviceflow.plugin.words import first_word
from serviceflow.settings import Setting
from serviceflow.texts import T, plain


@dataclass(frozen=True, slots=True)
class Joined:
    """What a shop remembers of a plugin, so that its owner is known without loading it."""

    prefixes: tuple[str, ...]
    enabled: bool = True
    listens: tuple[str, ...] = ()


Joins = Callable[[], Mapping[str, Joined]]
Report = Callable[[T], None]


def to_stderr(line: T) -> None:
    """Write one line about a plugin to stderr."""
    words = " ".join(str(line).split())
    encoding = sys.stderr.encoding or "utf-8"
    safe = "".join(c if c.isprintable() else "?" for c in words)[:300]
    sys.stderr.write(safe.encode(encoding, "replace").decode(encoding) + "\n")


class Plugins:
    """The trades of one process.

    Args:
        joins: Reads which plugins the shop uses; without it every installed plugin counts.
        found: Installed plugins; looked up when left out.
        report: Told once about each plugin that cannot be used.
    """

    def __init__(
        self, joins: Joins | None = None, found: Iterable[Found] | None = None, report: Report = to_stderr
    ) -> None:
        self._joins = joins
        self._given = list(found) if found is not None else None
        self._report = report
        self.forget()

    def forget(self) -> None:
        """Read anew which plugins the shop uses; what is imported stays imported."""
        self._joined: Mapping[str, Joined] | None = None
        self._found: dict[str, Found] | None = None
        self._loaded: dict[str, Trade] = {}
        self._modules: dict[str, ModuleType] = {}
        self._failed: dict[str, PluginUnusable] = {}

    # -- what is there, without loading --------------------------------------------------------------------

    @property
    def found(self) -> Mapping[str, Found]:
        """Installed plugins by key, enabled or not."""
        if self._found is None:
            self._found = {}
            for plugin in self._given if self._given is not None else find_plugins():
                self._found.setdefault(plugin.key, plugin)
        return self._found

    @property
    def joined(self) -> Mapping[str, Joined] | None:
        """What the shop remembers by key; ``None`` when there is no shop to ask."""
        if self._joined is None and self._joins is not None:
            self._joined = self._joins()
        return self._joined

    def enabled(self) -> list[str]:
        """Return the keys of the plugins the shop uses, A to Z, installed or not."""
        joined = self.joined
        return sorted(self.found) if joined is None else sorted(k for k, j in joined.items() if j.enabled)

    def owner(self, ident: str) -> str | None:
        """Return the key of the plugin an id (flow, setting, table) belongs to by its first word."""
        word = first_word(ident)
        for key, joined in (self.joined or {}).items():
            if word in joined.prefixes or word == key:
                return key
        for key, trade in self._loaded.items():
            if word in trade.prefixes:
                return key
        return word if word in self.found else None

    # -- loading -----------------------------------------------------------------------------------------------

    def trade(self, key: str) -> Trade:
        """Return one enabled trade.

        Raises:
            PluginUnusable: It is missing, broken or faulty; said once on stderr too.
        """
        if key in self._loaded:
            return self._loaded[key]
        if key in self._failed:
            raise self._failed[key]
        try:
            if key not in self.enabled():
                raise _not_enabled(key, self.found)
            self._loaded[key] = self._load(key)
        except PluginUnusable as failure:
            self._failed[key] = failure
            if key in self.enabled():
                self._report(failure.sentence)
            raise
        return self._loaded[key]

    def _load(self, key: str) -> Trade:
        if key not in self.found:
            raise PluginMissing(
                key,
                T("Plugin {key} is not installed here.", zh="本机没有安装插件 {key}。").of(key=key),
                T("Install it, or: flow plugin disable {key}", zh="请安装, 或: flow plugin disable {key}").of(key=key),
            )
        self._modules[key], trade = load_plugin(self.found[key])
        for other in self._loaded.values():
            shared = sorted(set(trade.prefixes) & set(other.prefixes))
            if shared:
                raise PluginFaulty(
                    key,
                    [
                        T("prefix {words} belongs to plugin {other} already", zh="前缀 {words} 已属于插件 {other}").of(
                            words=", ".join(shared), other=other.key
                        )
                    ],
                    plain(f"flow plugin disable {other.key}"),
                )
        return trade

    def loaded(self) -> list[Trade]:
        """Return the trades loaded so far, A to Z."""
        return [self._loaded[key] for key in sorted(self._loaded)]

    def all(self) -> list[Trade]:
        """Load every enabled trade and return those that can be used, A to Z."""
        for key in self.enabled():
            try:
                self.trade(key)
            except PluginUnusable:
                continue
        return self.loaded()

    def module(self, key: str) -> ModuleType:
        """Return the module of an enabled trade, for its hooks; raises as `trade`."""
        self.trade(key)
        return self._modules[key]

    def problems(self) -> list[PluginUnusable]:
        """Load every enabled trade and return why some cannot be used, A to Z."""
        self.all()
        return [self._failed[key] for key in self.enabled() if key in self._failed]

    def flow(self, key: str, version: int) -> tuple[Trade, Flow]:
        """Return a flow in a version, loading no plugin but its own.

        Raises:
            PluginUnusable: No plugin here owns it, its plugin cannot be used, or lacks the version.
        """
        trade = self.trade(self._owner_of_flow(key))
        for flow in trade.flows:
            if flow.key == key and flow.version == version:
                return trade, flow
        versions = sorted(f.version for f in trade.flows if f.key == key)
        raise FlowVersionMissing(
            trade.key,
            T(
                "Plugin {plugin} {v} has no version {n} of flow {flow} (it has: {versions}).",
                zh="插件 {plugin} {v} 没有流程 {flow} 的第 {n} 版(现有: {versions})。",
            ).of(plugin=trade.key, v=trade.version, n=version, flow=key, versions=", ".join(map(str, versions)) or "-"),
            T("Install a version of the plugin that still ships it.", zh="请安装仍带有该版本的插件。"),
        )

    def newest(self, key: str) -> tuple[Trade, Flow] | None:
        """Return the newest version of the flow with exactly this key, or ``None``; loads its plugin alone."""
        owner = self.owner(key)
        if owner is None or owner not in self.enabled():
            return None
        trade = self.trade(owner)
        flows = [f for f in trade.flows if f.key == key]
        return (trade, max(flows, key=lambda f: f.version)) if flows else None

    def settings(self, key: str) -> Sequence[Setting]:
        """Return the declarations of the plugin that owns a setting, loading no other; none when it cannot be."""
        owner = self.owner(key)
        if owner is None or owner not in self.enabled():
            return ()
        try:
            return self.trade(owner).settings
        except PluginUnusable:
            return ()

    def _owner_of_flow(self, flow: str) -> str:
        owner = self.owner(flow)
        if owner is not None:
            return owner
        for trade in self.all():
            if any(f.key == flow for f in trade.flows):
                return trade.key
        raise PluginMissing(
            first_word(flow),
            T(
                "No plugin here knows flow {flow}; its orders can be read but not moved.",
                zh="本机没有插件认识流程 {flow}; 其订单可读, 但不能操作。",
            ).of(flow=flow),
            plain("flow plugin list"),
        )


def load_plugin(found: Found) -> tuple[ModuleType, Trade]:
    """Import one plugin behind a guard and check it.

    Raises:
        PluginBroken: Importing it raised or tried to exit, or its module holds no trade.
        PluginFaulty: The check of its flows found faults.
    """
    try:
        module = importlib.import_module(found.module)
    except (Exception, SystemExit) as cause:
        raise _broken(found, _raised(found, cause)) from cause
    trade = getattr(module, "trade", None)
    if not isinstance(trade, Trade):
        raise _broken(found, T("{module} has no `trade`", zh="{module} 中没有 `trade`").of(module=found.module))
    if trade.key != found.key:
        words = T("its trade's key is {name}, its entry point's {key}", zh="其行业键为 {name}, 入口点键为 {key}")
        raise _broken(found, words.of(name=trade.key, key=found.key))
    if id(trade) in _sound:
        return module, trade
    try:
        faults = [*(_said(module, fault) for fault in faults_of_trade(trade)), *_hook_faults(module)]
    except Exception as cause:
        shape = _faults_of_shape(module, trade)
        if not shape:
            raise _broken(found, _raised(found, cause)) from cause
        raise PluginFaulty(found.key, shape) from cause
    if faults:  # what a lost comma brings about is not worth telling beside it
        raise PluginFaulty(found.key, _faults_of_shape(module, trade) or faults)
    _sound[id(trade)] = trade
    return module, trade


_sound: dict[int, Trade] = {}
"""Trades found sound in this process, by identity: plain data that nobody changes, and checking it takes 20 ms."""


def faults_on_asking(module: ModuleType | None, trade: Trade) -> list[T]:
    """Return what a load passes over, because looking takes time: wrong kinds of things, settings nobody declares."""
    from serviceflow.plugin.check_source import faults_of_source

    source = faults_of_source(module, trade) if module is not None else ()
    return [*_faults_of_shape(module, trade), *(_said(module, fault) for fault in source)]


def _faults_of_shape(module: ModuleType | None, trade: Trade) -> list[T]:
    from serviceflow.plugin.check_shape import faults_of_shape  # a load asks only once something is found wrong

    return [_said(module, fault) for fault in faults_of_shape(trade)]


def _raised(found: Found, cause: BaseException) -> T:
    """Return what was raised, and the last place of the plugin's own that it came through."""
    package = found.module.partition(".")[0]
    own = [f for f in frames_of(cause) if package in (Path(f.filename).stem, *Path(f.filename).parts)]
    return plain(described(cause) + place_of(own))


def _said(module: ModuleType | None, fault: Fault) -> T:
    line = line_of(module, fault.spot) if module is not None else None
    return plain("{line} {fault}").of(line=line, fault=fault.said) if line else fault.said


def _hook_faults(module: ModuleType) -> Sequence[T]:
    if not any(hasattr(thing, "serviceflow_impl") for thing in vars(module).values()):
        return ()
    from serviceflow.plugin.check_hooks import hook_faults  # most plugins have none

    return hook_faults(module)


def _broken(found: Found, why: T) -> PluginBroken:
    return PluginBroken(
        found.key,
        T("Plugin {key} cannot be loaded ({why}).", zh="插件 {key} 无法加载({why})。").of(key=found.key, why=why),
    )


def _not_enabled(key: str, found: Mapping[str, Found]) -> PluginMissing:
    if key in found:
        return PluginMissing(
            key,
            T("Plugin {key} is not enabled in this shop.", zh="本店未启用插件 {key}。").of(key=key),
            plain(f"flow plugin enable {key}"),
        )
    near = get_close_matches(key, found, n=1)
    return PluginMissing(
        key,
        T("There is no plugin {key}.", zh="没有插件 {key}。").of(key=key),
        T("Did you mean {near}?", zh="是否指 {near}?").of(near=near[0]) if near else plain("flow plugin list"),
    )
