"""A hard end for a conversation over a socket.

A socket's own time-out starts anew with every byte; a server that drips one byte every few seconds would hold a
run for ever. A watchdog cuts the connection instead.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

CALL_TIMEOUT = 30.0
"""Seconds one hand-over may take, all in all."""


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
