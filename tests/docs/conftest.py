"""The documentation under test: the printer of the reference, and a machine that types what the pages say."""

from __future__ import annotations

import io
import os
import shlex
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from serviceflow.clock import SetClock
from serviceflow.texts import speak

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))

WIDTH = 100
SATURDAY = datetime(2026, 11, 21, 3, 20, tzinfo=UTC)

Typist = Callable[[str], str]


class _Screen(io.TextIOWrapper):
    """A terminal of 100 columns that both streams write to."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def isatty(self) -> bool:
        return True

    def text(self) -> str:
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


@pytest.fixture
def typist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typist:
    """Type one line of a page on a machine of its own, on the Saturday of the demo at 11:20; return what is shown."""
    from serviceflow_cli.main import run

    clock = SetClock(SATURDAY)
    for name in [n for n in os.environ if n.startswith("FLOW_") or n in ("LC_ALL", "LC_MESSAGES")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if "pytest-of-" not in folder])  # others' trades
    for name, value in {
        "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / ".local/share"), "LANG": "en_US.UTF-8",
        "COLUMNS": str(WIDTH),
        "NO_COLOR": "1", "TERM": "xterm", "USER": "may", "LOGNAME": "may",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)

    def type_line(line: str) -> str:
        words = shlex.split(line, comments=True)
        while words and "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            monkeypatch.setenv(name, value)
        assert words[:1] == ["flow"], f"an example is a line of flow: {line}"
        screen = _Screen()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", screen)
            patch.setattr(sys, "stderr", screen)
            patch.setattr(sys, "stdin", io.StringIO())
            run(words[1:], clock=clock)
        speak("en")
        return screen.text().replace(str(tmp_path), "/home/may")

    return type_line
