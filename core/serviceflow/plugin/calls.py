"""A plugin's turn: what of it runs, in which order and how long; what it raises undoes the work and names it.

Every function of a plugin that the engine or a hook calls runs inside `call`. ``flow --trace`` listens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError

from serviceflow.errors import FlowError, Refused
from serviceflow.plugin.unusable import described, frames_of, place_of
from serviceflow.texts import T, plain

OURS = Path(__file__).parents[1]


class PluginFailed(Refused):
    """A function of a plugin raised, so what was wanted is refused; ``__cause__`` holds what was raised."""

    def __init__(self, key: str, what: str, why: T) -> None:
        super().__init__(
            T(
                "Plugin {key} failed ({what}: {why}), so nothing was changed.",
                zh="插件 {key} 出错({what}: {why}), 未做任何更改。",
            ).of(key=key, what=what, why=why),
            plain(f"flow plugin doctor {key}"),
            ref="plugin-failed",
        )
        self.key = key


@dataclass(slots=True)
class Call:
    """One call of a plugin's function.

    Args:
        depth: How many other calls it ran inside.
        seconds: How long it took, those inside it included; ``None`` while it runs.
    """

    plugin: str
    what: str
    depth: int
    seconds: float | None = None
    failed: bool = False


@dataclass(slots=True)
class Trace:
    """The calls of one command, in the order they began."""

    calls: list[Call]
    depth: int = 0


_trace: ContextVar[Trace | None] = ContextVar("trace", default=None)


@contextmanager
def traced() -> Iterator[list[Call]]:
    """Collect the calls made inside the block."""
    trace = Trace([])
    token = _trace.set(trace)
    try:
        yield trace.calls
    finally:
        _trace.reset(token)


@contextmanager
def call(plugin: str, what: str, detail: Callable[[], str] | str = "") -> Iterator[None]:
    """Run a plugin's function inside the block.

    Args:
        what: Kind of function, such as ``guard`` or a hook's name.
        detail: Which one of that kind; a function when that costs anything to say.

    Raises:
        PluginFailed: The function raised something else than a `FlowError`, or what a database says of itself.
    """
    trace = _trace.get()
    running = None
    if trace is not None:
        running = Call(plugin, _named(what, detail), trace.depth)
        trace.calls.append(running)
        trace.depth += 1
        began = time.perf_counter()
    try:
        yield
    except Exception as cause:
        if running is not None:
            running.failed = True
        if isinstance(cause, FlowError) or _of_the_database(cause):
            raise
        raise PluginFailed(plugin, _named(what, detail), plain(described(cause) + _place(cause))) from cause
    finally:
        if trace is not None and running is not None:
            trace.depth -= 1
            running.seconds = time.perf_counter() - began


def _place(cause: Exception) -> str:
    """Return the last place of the plugin's own that an exception came through; libraries it calls are no use here."""
    others = [frame for frame in frames_of(cause) if not Path(frame.filename).is_relative_to(OURS)]
    own = [frame for frame in others if Path(frame.filename).parent == Path(others[0].filename).parent]
    return place_of(own)


def _named(what: str, detail: Callable[[], str] | str) -> str:
    return f"{what} {detail() if callable(detail) else detail}".rstrip()


def _of_the_database(cause: Exception) -> bool:
    """Whether the database speaks of itself (busy, full, raced) rather than of a row that cannot be."""
    if not isinstance(cause, DBAPIError):
        return False
    if not isinstance(cause, IntegrityError):
        return True
    code = getattr(cause.orig, "sqlite_errorname", "") or getattr(cause.orig, "sqlstate", "") or ""
    return code in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505")
