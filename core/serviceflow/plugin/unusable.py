"""Why a plugin cannot be used. Its orders stay readable; actions on them are refused with one of these."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from traceback import FrameSummary, extract_tb

from serviceflow.errors import ConfigError
from serviceflow.texts import T, plain


class PluginUnusable(ConfigError):
    """A plugin that is not there, cannot be imported or is faulty; its orders stay readable."""

    def __init__(self, key: str, sentence: T, way_out: T | None = None) -> None:
        super().__init__(sentence, way_out or plain(f"flow plugin check {key}"), ref="plugin")
        self.key = key


class PluginMissing(PluginUnusable):
    """Nothing installed and enabled here owns the flow or has the key."""


class PluginBroken(PluginUnusable):
    """Importing the plugin fails; ``__cause__`` holds what was raised."""

    def __init__(self, key: str, sentence: T) -> None:
        super().__init__(key, sentence, plain(f"flow plugin doctor {key}"))


class PluginFaulty(PluginUnusable):
    """The plugin can be imported, but the check of its flows finds faults."""

    def __init__(self, key: str, faults: Sequence[T], way_out: T | None = None) -> None:
        self.faults = list(faults)
        more = len(faults) - 1
        first = (
            T("Plugin {key} has a fault: {fault}", zh="插件 {key} 有错误: {fault}")
            if not more
            else T("Plugin {key} has {n} faults: {fault} …", zh="插件 {key} 有 {n} 处错误: {fault} …")
        )
        super().__init__(key, first.of(key=key, fault=faults[0], n=len(faults)), way_out)


class FlowVersionMissing(PluginUnusable):
    """The plugin is there but does not ship the version of the flow that an order runs on."""


def described(cause: BaseException) -> str:
    """Return an exception in one line, with file and line of a syntax error."""
    words = " ".join(str(cause).split())
    return f"{type(cause).__name__}: {words}" if words else type(cause).__name__


def frames_of(cause: BaseException) -> list[FrameSummary]:
    """Return where an exception came through, without the importing and what this program does for it."""
    return [
        frame
        for frame in extract_tb(cause.__traceback__)
        if not frame.filename.startswith("<") and "importlib" not in frame.filename and not _is_ours(frame.filename)
    ]


def place_of(frames: Sequence[FrameSummary]) -> str:
    """Return file and line of the last of these places, as they follow an exception; empty without one."""
    return f", {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def _is_ours(filename: str) -> bool:
    return Path(filename).parent == Path(__file__).parent
