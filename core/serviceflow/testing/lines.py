"""The installed command ``flow`` as a person or a script runs it: in a process of its own, on a terminal or a pipe."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from serviceflow.app import Shop

FLOW = Path(sys.executable).with_name("flow")
"""The command as installed beside this interpreter."""


def home(shop: Shop) -> dict[str, str]:
    """Return the environment of somebody who works in a shop."""
    return {"FLOW_DB": str(shop.place.path), "FLOW_STAFF": "xiaomei"}


def environment(more: dict[str, str]) -> dict[str, str]:
    """Return an environment without anything of the machine's own but what Python needs."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FLOW_", "LC_", "LANG", "NO_COLOR", "COLUMNS"))}
    return {**kept, "PYTHONIOENCODING": "utf-8", "TERM": "xterm", **more}


def run_flow(
    more: dict[str, str], *words: str, typed: str = "", timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run the installed command with nobody at the terminal."""
    return subprocess.run(
        [FLOW, *words], env=environment(more), input=typed, capture_output=True, encoding="utf-8", timeout=timeout
    )


def on_terminal(shop: Shop, terminal: int, *words: str) -> subprocess.Popen[bytes]:
    """Start the installed command on a terminal of its own."""
    return subprocess.Popen(
        [FLOW, *words], env=environment(home(shop) | {"NO_COLOR": "1"}), stdin=terminal, stdout=terminal,
        stderr=terminal, start_new_session=True,
    )  # fmt: skip


def read_until(terminal: int, wanted: str, seconds: float = 20) -> str:
    """Return what a terminal shows until ``wanted`` is on it."""
    shown = b""
    end = time.monotonic() + seconds
    while wanted not in shown.decode(errors="replace"):
        assert time.monotonic() < end, shown.decode(errors="replace")
        try:
            shown += os.read(terminal, 65536)
        except OSError:
            break
    return shown.decode(errors="replace")


def whole_screen(shop: Shop, *words: str, columns: int = 100) -> str:
    """Return everything the command writes to a terminal with colours; it must succeed."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [FLOW, *words], env=environment(home(shop) | {"COLUMNS": str(columns)}), stdin=child, stdout=child, stderr=child
    )
    os.close(child)
    shown = b""
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(parent)
    if process.wait(30) != 0:
        raise AssertionError(shown.decode(errors="replace"))
    return shown.decode("utf-8")
