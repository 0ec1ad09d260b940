"""`flow init`: a shop without a question, with the named industries alone, and three commands that work next."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.store.place import Place
from serviceflow.store.tables import PluginRow, Staff, StaffRole
from serviceflow.testing.processes import type_line


def run(where: Place, installed: Path, *words: str, language: str = "zh") -> subprocess.CompletedProcess[str]:
    from os import environ

    kept = {k: v for k, v in environ.items() if not k.startswith(("FLOW_", "PYTHON", "LC_", "LANG"))}
    return type_line(
        ["--db", str(where.path or where.url), "--lang", language, *words],
        {**kept, "PYTHONPATH": str(installed), "PYTHONIOENCODING": "utf-8"},
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_init_asks_nothing_and_its_next_three_commands_run(empty_place: Place, installed: Path, language: str) -> None:
    made = run(
        empty_place, installed, "init", "--industry", "atelier", "--staff", "小美", "--name", "美影", language=language
    )
    assert (made.returncode, made.stdout) == (0, "")
    commands = [line.strip()[2:] for line in made.stderr.splitlines() if line.strip()[:2] in ("1 ", "2 ", "3 ")]
    assert len(commands) == 3
    for command in commands:
        done = run(empty_place, installed, *shlex.split(command)[1:], language=language)
        assert done.returncode == 0, done.stderr
    shop = Shop.open(empty_place)
    with shop.reading() as tx:
        assert [row.key for row in tx.all(PluginRow) if row.enabled] == ["atelier"]
        (first,) = tx.all(Staff)
        assert (first.name, first.language) == ("小美", language)
        assert {row.role for row in tx.all(StaffRole)} == {"admin", "manager", "desk", "cashier"}
    assert shop.settings.get("core.shop_name") == "美影"
    assert shop.settings.get("core.language") == language
    shop.close()


def test_init_refuses_what_is_there_and_what_it_does_not_know(empty_place: Place, installed: Path) -> None:
    unknown = run(empty_place, installed, "init", "--industry", "atelir")
    assert unknown.returncode == 2
    assert "atelier" in unknown.stderr
    assert run(empty_place, installed, "init", "--industry", "atelier").returncode == 0
    again = run(empty_place, installed, "init", "--industry", "atelier")
    assert again.returncode == 3
    assert len(again.stderr.splitlines()) == 2


def test_init_answers_scripts_in_json(empty_place: Place, installed: Path) -> None:
    import json

    made = run(empty_place, installed, "init", "--industry", "atelier", "--login", "mei", "--json")
    assert made.returncode == 0
    found = json.loads(made.stdout)
    assert (found["staff"], found["industries"], len(found["next"])) == ("mei", ["atelier"], 3)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_demonstration_answers_scripts_in_json(
    flow: Callable[..., Any], fits: Callable[[str, str], None], tmp_path: Path
) -> None:
    made = flow("demo", "atelier", "--db", str(tmp_path / "demo.db"), "--json")
    assert made.code == 0, made.err
    fits("demo", made.out)


@pytest.mark.parametrize("database", ["sqlite"])
def test_init_where_nothing_can_be_written_says_so(database: str, installed: Path) -> None:
    made = run(Place(path=Path("/proc/nowhere/shop.db")), installed, "init", "--industry", "atelier")
    assert made.returncode == 73
    assert "Traceback" not in made.stderr
    odd = subprocess.run(
        [str(Path(sys.executable).with_name("flow")), "--db", "mysql://x/y", "init"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert odd.returncode == 78
