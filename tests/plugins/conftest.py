"""Lines typed into `flow` in a shop of a trade."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from serviceflow.clock import SetClock
from serviceflow.texts import speak

FLOW_WORDS = ("FLOW_LANG", "FLOW_DB", "FLOW_STAFF", "FLOW_DEBUG", "NO_COLOR", "COLUMNS")


@dataclass(frozen=True, slots=True)
class Said:
    """What a line gave."""

    stdout: str
    stderr: str


Flow = Callable[..., Said]


@pytest.fixture
def typed(clock: SetClock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Flow:
    """Type a line in English in a shop as somebody, at the time the clock shows, nobody at the terminal."""
    from serviceflow_cli.main import run

    for name in FLOW_WORDS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "stdin", None)

    def line(shop: str | Path, by: str, *words: str, code: int = 0) -> Said:
        capsys.readouterr()
        ended = run(["--db", str(shop), "--as", by, "--lang", "en", *words], clock=clock)
        said = capsys.readouterr()
        speak("en")
        assert ended == code, (words, said.out, said.err)
        return Said(said.out, said.err)

    return line
