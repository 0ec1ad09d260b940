"""A shop of the trade `atelier`, and lines typed into `flow`: in this process, or as a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from serviceflow.store.place import Place
from serviceflow.testing.fixtures import Furnish
from serviceflow.testing.processes import type_line
from serviceflow.texts import speak

if TYPE_CHECKING:
    from serviceflow.app import Shop

HERE = Path(__file__).parent
FLOW_WORDS = ("FLOW_LANG", "FLOW_DB", "FLOW_STAFF", "FLOW_DEBUG", "NO_COLOR", "COLUMNS")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the trade as an installer leaves it."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(HERE / "atelier_plugin.py", folder)
    info = folder / "atelier-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: atelier\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[serviceflow.plugins]\natelier = atelier_plugin\n", encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def installed(folder: Path) -> Iterator[Path]:
    """The trade on the import path, for as long as a test of this folder runs: others must not find it."""
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture
def industries() -> tuple[str, ...]:
    """The shop has this trade alone."""
    return ("atelier",)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a line gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """What was said, without empty lines."""
        return [line for line in self.err.splitlines() if line.strip()]


Flow = Callable[..., Answer]


def address(place: Place) -> str:
    """Return a place as ``--db`` takes it."""
    return str(place.path or place.url)


def type_into(shop: Shop, *words: str, who: str = "xiaomei", language: str = "zh") -> int:
    """Type a line in this process at the time of the shop's clock; returns the exit code."""
    from serviceflow_cli.main import run

    code = run(["--db", address(shop.place), "--as", who, "--lang", language, *words], clock=shop.clock)
    speak("en")
    return code


def people(shop: Shop) -> None:
    """Give a shop 老板 (manager), 收银员 (cashier) and 前台 (desk) beside 小美, and two customers called 小明."""
    from serviceflow.engine.customers import add_customer
    from serviceflow.engine.staff import add_staff

    add_staff(shop, "boss", name="老板", roles=["manager"])
    add_staff(shop, "cash", name="收银员", roles=["cashier"], superior="boss")
    add_staff(shop, "desk", name="前台", roles=["desk"], superior="boss")
    for name, number in (("王小明", "13800000001"), ("李小明", "13600000005")):
        with shop.write("customer add") as tx:
            add_customer(tx, name=name, phones=[number])


@pytest.fixture
def furnish() -> Furnish:
    return people


@pytest.fixture
def staffed(shop: Shop) -> Shop:
    """The shop of the fixture ``shop``, with its people."""
    return shop


@pytest.fixture
def flow(staffed: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Flow:
    """Type a line in this process, nobody at the terminal; ``who`` is 小美 unless said otherwise."""
    for name in FLOW_WORDS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "stdin", None)

    def line(*words: str, who: str = "xiaomei", language: str = "zh") -> Answer:
        capsys.readouterr()
        code = type_into(staffed, *words, who=who, language=language)
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return line


@pytest.fixture
def process(staffed: Shop, installed: Path) -> Flow:
    """Type a line into a process of its own, with its stdin closed."""

    def line(*words: str, who: str = "xiaomei", language: str = "zh", **environment: str) -> Answer:
        typed = ["--db", address(staffed.place), "--as", who, "--lang", language, *words]
        done = type_line(typed, environment_of(installed, **environment))
        return Answer(done.returncode, done.stdout, done.stderr)

    return line


def environment_of(installed: Path, **more: str) -> dict[str, str]:
    """Return an environment without the tester's own FLOW_ settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FLOW_", "PYTHON", "LC_", "LANG"))}
    return {**kept, "PYTHONPATH": str(installed), "PYTHONIOENCODING": "utf-8", "COLUMNS": "80", **more}
