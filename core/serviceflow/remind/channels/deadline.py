"""A hard end for a conversation over a socket, and for the channel of a plugin.

A socket's own time-out starts anew with every byte; a server that drips one byte every few seconds would hold a
run for ever. A watchdog cuts the connection instead. What a plugin does cannot be cut; the run goes on without it.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

CALL_TIMEOUT = 30.0
"""Seconds one hand-over may take, all in all."""
PATIENCE = 2 * CALL_TIMEOUT
"""Seconds the channel of a plugin is waited for."""
R = TypeVar("R")


@contextlib.contextmanager
def cut_after(seconds: float, connection: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Shut down the socket that ``connection`` returns when the block takes longer than ``seconds``."""

    def cut() -> None:
        live = connection()
        if live is not None:
            with contextlib.suppress(OSError):
                live.shutdown(socket.SHUT_RDWR)

    watchdog = threading.Timer(seconds, cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()


def answer_within(seconds: float, call: Callable[[], R]) -> R:
    """Return what ``call`` returns, or raise what it raises.

    Raises:
        TimeoutError: It took longer; it is left to itself and ends with the process at the latest.
    """
    answers: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((True, call()))
        except BaseException as cause:
            answers.put((False, cause))

    threading.Thread(target=work, daemon=True).start()
    try:
        returned, value = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"{seconds:g} s") from None
    if not returned:
        raise value
    return value  # type: ignore[no-any-return]
