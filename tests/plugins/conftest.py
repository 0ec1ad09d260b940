"""Lines typed into `flow` in a shop of a trade."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.store.tables import Staff
from serviceflow.store.write import key_of
from serviceflow.testing.fixtures import Furnish
from serviceflow.texts import speak

from tests.plugins.walks import Walks

FLOW_WORDS = ("FLOW_LANG", "FLOW_DB", "FLOW_STAFF", "FLOW_DEBUG", "NO_COLOR", "COLUMNS")


@dataclass(frozen=True, slots=True)
class Said:
    """What a line gave."""

    stdout: str
    stderr: str


Flow = Callable[..., Said]


@pytest.fixture(scope="module")
def walks(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walks]:
    """The walks of this file that are copied once they have been gone."""
    made = Walks(lambda: request.getfixturevalue("postgres"), tmp_path_factory.mktemp("walks"))
    yield made
    made.forget()


def with_staff(staffed: Callable[[Shop, SetClock], object]) -> Furnish:
    """Return what gives a new shop the staff of a trade's rehearsal."""

    def people(shop: Shop) -> None:
        assert isinstance(shop.clock, SetClock)
        staffed(shop, shop.clock)

    return people


def staff_of(shop: Shop, logins: Iterable[str]) -> dict[str, int]:
    """Return login → id of people who work in a shop."""
    with shop.reading() as tx:
        known = {person.login: key_of(person) for person in tx.all(Staff)}
    return {login: known[login] for login in logins}


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
