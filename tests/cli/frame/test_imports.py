"""What a light command really loads: a fresh interpreter each, nothing of the ORM and no trade."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping

import pytest
from serviceflow.app import Shop
from serviceflow.store.tables import Meta, Task

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

HEAVY = ("sqlmodel", "sqlalchemy", "pydantic", "alembic", "pypinyin", "jinja2", "phonenumbers", "rich.console")
PROBE = """
import sys
from serviceflow_cli.main import run
code = run(sys.argv[1:])
loaded = sorted({{m.split(".")[0] for m in sys.modules if m.startswith("serviceflow_")}} - {{"serviceflow_cli"}})
loaded += [m for m in {heavy!r} if m in sys.modules]
print(code, loaded, file=sys.stderr)
"""


def probe(shop: Shop, words: list[str], environment: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Return the data a line prints in a fresh interpreter, and the last line of its talk."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("FLOW_", "LC_", "LANG"))}
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(heavy=HEAVY), *words],
        env={**clean, "FLOW_DB": str(shop.place.path), "FLOW_STAFF": "xiaomei", **(environment or {})},
        capture_output=True, encoding="utf-8", check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.stdout, done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "words",
    [
        ["--help"], ["--version"], ["help", "show"], [], ["today"], ["today", "--all", "--json"], ["today", "--csv"],
        ["find", "xm"], ["find", "0001", "--json"], ["show", "0012"], ["show", "wxm"], ["show", "#1", "--json"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_light_command_loads_neither_orm_nor_trade(studio: Shop, words: list[str]) -> None:
    printed, loaded = probe(studio, words)
    assert printed
    assert loaded == "0 []"


@pytest.mark.parametrize(
    ("finishers", "loads"),
    [
        pytest.param(["other"], False, id="a task like any other"),
        pytest.param(["urge"], True, id="one of which the trade wants to know more"),
        pytest.param(None, True, id="a catalogue of an older program, which does not say"),
    ],
)
def test_a_task_is_ticked_off_without_its_trade(studio: Shop, finishers: list[str] | None, loads: bool) -> None:
    with studio.write("fixture") as tx:
        noted = json.loads(tx.need(Meta, "trade.studio").value)
        assert noted.pop("finishers") == []
        tx.note("trade.studio", json.dumps({**noted, **({"finishers": finishers} if finishers is not None else {})}))
        urge = Task(
            rule="studio:urge",
            title_en="Urge",
            title_zh="催拍",
            due_at=tx.now,
            made_at=tx.now,
            order_id=1,
            assignee_id=1,
        )
        number = tx.add(urge).id
    _, loaded = probe(studio, ["done", str(number), "said yes"])
    assert loaded.startswith("0 ")
    assert ("serviceflow_studio" in loaded) is loads


@pytest.mark.parametrize("words", [["shwo"], ["show", "--jso"], ["show"]], ids=" ".join)
def test_nor_does_a_typing_error(studio: Shop, words: list[str]) -> None:
    assert probe(studio, words)[1] == "2 []"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        pytest.param("flow to", "today", id="commands"),
        pytest.param("flow stu", "studio", id="trades"),
        pytest.param("flow do 00", "0012", id="orders"),
        pytest.param("flow do S-2026-001", "S-2026-0012", id="orders by number"),
        pytest.param("flow do 0012 b", "book-shoot", id="actions allowed now"),
        pytest.param("flow do 0012 book-shoot ", "date=", id="fields"),
        pytest.param("flow done ", "1", id="tasks"),
        pytest.param("flow show --js", "--json", id="options"),
    ],
)
def test_completion_is_as_light(studio: Shop, line: str, wanted: str) -> None:
    words = line.split(" ")
    printed, loaded = probe(
        studio, [], {"_FLOW_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    )
    assert wanted in printed.split("\n")
    assert all(word.startswith(words[-1]) for word in printed.split())
    assert loaded == "0 []"


def test_actions_of_another_step_are_not_offered(studio: Shop) -> None:
    printed, _ = probe(studio, [], {"_FLOW_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "flow do 0012 "})
    assert '"book-shoot":"预约拍摄"' in printed
    assert "start-viewing" not in printed
