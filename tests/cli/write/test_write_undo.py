"""Whatever a command writes, `flow undo` takes back row by row, and `flow redo` does again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.store.digests import digest
from serviceflow.store.write import tables_here
from serviceflow_cli.published import SHAPES
from serviceflow_cli.schemas import Change

Flow = Callable[..., Any]
Line = tuple[str, ...]

OWN_BOOKS = {"operation", "operation_row", "number_void", "number_series"}
"""What only ever grows: the journal, and numbers that are not given twice."""

ORDER = ("new", "atelier-case", "王小明", "heard=朋友介绍")
TASK = ("task", "add", "买花", "+1")
STAFF = ("staff", "add", "mei", "--name", "小梅", "--role", "desk")
ASKED = (ORDER, ("--as", "desk", "do", "0001", "discount", "percent=15"))
WRITES: dict[str, tuple[tuple[Line, ...], Line]] = {
    "flow log": ((TASK,), ("log", "王小明", "看样", "--next", "+3b")),
    "flow new": ((), ORDER),
    "flow do": ((ORDER,), ("do", "0001", "take-deposit", "amount=800", "method=cash")),
    "flow done": ((TASK,), ("done", "1", "买好了")),
    "flow task add": ((), TASK),
    "flow task snooze": ((TASK,), ("task", "snooze", "1", "+2")),
    "flow task assign": ((TASK,), ("task", "assign", "1", "desk")),
    "flow task skip": ((TASK,), ("task", "skip", "1", "不用了")),
    "flow sign approve": (ASKED, ("sign", "approve", "0001", "同意")),
    "flow sign reject": (ASKED, ("sign", "reject", "0001", "太多")),
    "flow customer add": ((), ("customer", "add", "赵敏", "--phone", "13700000003", "--day", "wedding=2026-12-12")),
    "flow customer edit": (
        (),
        ("customer", "edit", "王小明", "--phone", "13811110000", "--note", "新号", "--tag", "vip"),
    ),
    "flow customer merge": ((ORDER,), ("customer", "merge", "王小明", "李小明", "--yes")),
    "flow customer unmerge": (
        (ORDER, ("customer", "merge", "王小明", "李小明", "--yes")),
        ("customer", "unmerge", "李小明"),
    ),
    "flow customer import": ((), ("customer", "import", "{tmp}/people.csv")),
    "flow undo": ((TASK,), ("undo",)),
    "flow redo": ((TASK, ("undo",)), ("redo",)),
    "flow staff add": ((), STAFF),
    "flow staff edit": ((STAFF,), ("staff", "edit", "mei", "--phone", "13900001111", "--superior", "boss")),
    "flow staff role": ((STAFF,), ("staff", "role", "mei", "cashier", "--take", "desk")),
    "flow staff leave": ((STAFF,), ("staff", "leave", "mei", "+1", "+3", "--deputy", "desk")),
    "flow staff deactivate": (
        (STAFF, (*TASK, "--to", "mei")),
        ("staff", "deactivate", "mei", "--to", "desk"),
    ),
    "flow settings set": ((), ("settings", "set", "atelier.deposit_min", "900")),
    "flow settings reset": (
        (("settings", "set", "atelier.deposit_min", "900"),),
        ("settings", "reset", "atelier.deposit_min"),
    ),
    "flow cal import": ((), ("cal", "import", "{tmp}/notice.txt", "--yes")),
    "flow plugin disable": ((), ("plugin", "disable", "atelier")),
    "flow plugin enable": ((("plugin", "disable", "atelier"),), ("plugin", "enable", "atelier")),
}
"""By command: lines before it, and the line."""

AGAIN: dict[str, Line] = {"flow undo": ("undo",), "flow customer unmerge": ("customer", "unmerge", "李小明")}
"""They are undos themselves: taken back, what they undid stands again, and is undone again."""

OUTSIDE = {
    "flow init",
    "flow demo",
    "flow plugin new",
    "flow report",
    "flow db restore",
    "flow remind install",
    "flow remind uninstall",
}
"""They change no row of a shop that is there: files, timers, whole shops."""

STAY = {"flow doc print", "flow customer export", "flow remind resolve"}
"""What they record cannot be unsaid: a paper was printed, a file given out, a message left."""

NOTICE = """国务院办公厅关于2027年部分节假日安排的通知
一、元旦：1月1日（周五）放假1天。
二、春节：2月5日（农历除夕、周五）至11日（周四）放假调休，共7天。1月31日（周日）、2月14日（周日）上班。
"""


@pytest.fixture
def database() -> str:
    """Undo itself is tested on both databases."""
    return "sqlite"


def rows_of(shop: Shop) -> str:
    with shop.reading() as tx:
        return digest(tx.connection, [t for t in tables_here(tx.connection) if t.name not in OWN_BOOKS])


def test_every_command_that_writes_is_taken_back_here() -> None:
    writing = {command for shape in SHAPES.values() if isinstance(shape, Change) for command in shape.commands}
    assert {*WRITES, *OUTSIDE, *STAY} == writing


@pytest.mark.parametrize("command", WRITES)
def test_undo_restores_every_row_and_redo_does_it_again(
    command: str, flow: Flow, staffed: Shop, tmp_path: Path
) -> None:
    (tmp_path / "people.csv").write_text("姓名,电话\n周一,13822220001\n王小明,13800000001\n", encoding="utf-8")
    (tmp_path / "notice.txt").write_text(NOTICE, encoding="utf-8")
    earlier, line = WRITES[command]
    for words in earlier:
        assert flow(*words).code == 0, words
    before = rows_of(staffed)
    done = flow(*(word.format(tmp=tmp_path) for word in line), "--json")
    assert done.code == 0, done.err
    number, after = done.json["operation"], rows_of(staffed)
    assert after != before
    undone = flow("undo", str(number))
    assert undone.code == 0, undone.err
    assert rows_of(staffed) == before
    again = flow(*AGAIN.get(command, ("redo",)))
    assert again.code == 0, again.err
    assert rows_of(staffed) == after
