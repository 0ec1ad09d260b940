"""Names somebody made up: nothing of them reaches a terminal, a shell or a spreadsheet but harmless text."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.store.tables import Customer, Interaction, Task
from serviceflow.testing.lines import whole_screen

NAMES = {
    "title": "\x1b]0;owned\x07王",
    "colour": "\x1b[31mred\x1b[0m",
    "clear": "\x1b[2J\x1b[H李",
    "c1": "\x9b31mc1\x85next",
    "bidi": "abc\u202egnp.exe\u2066x\u2069",
    "markup": "[bold red]x[/] [link=http://e.vil]y[/link]",
    "lines": "a\nb\r\nc\td\u2028e",
    "long": "长" * 10_000,
    "formula": '=HYPERLINK("http://e.vil")',
    "plus": "+86 at @SUM(1+1)",
    "shell": "$(touch /tmp/owned) `id` ; rm -rf ~",
    "zero": "a\u200bb\ufeffc\u00add",
    "wide": "𠮷㛃👩‍👩‍👧é",
    "braces": "{title} {0} %s %(x)s",
    "bell": "\a\b\b\b\x7f\x00x".replace("\x00", ""),
}


@pytest.fixture
def hostile(studio: Shop) -> dict[str, tuple[int, int]]:
    """Customers with such names, a task and an interaction each; their keys."""
    from serviceflow.store.tables import FindKey

    made = {}
    with studio.write("fixture") as tx:
        for name, value in NAMES.items():
            row = tx.add(Customer(name=value, created_at=tx.now, note=value, source=value, tags=[value]))
            tx.add(FindKey(key=f"zz{name}", customer_id=row.id))
            task = tx.add(
                Task(title_en=value, title_zh=value, due_at=tx.now, made_at=tx.now, assignee_id=1, customer_id=row.id,
                     order_id=1)
            )  # fmt: skip
            tx.add(Interaction(customer_id=row.id, at=tx.now, summary=value, order_id=1))
            assert row.id is not None
            assert task.id is not None
            made[name] = (row.id, task.id)
    return made


def lines_of(customer: int, task: int) -> list[tuple[str, ...]]:
    """Return every reading command about a customer and his task."""
    return [("today",), ("today", "--all"), ("find", "zz"), ("show", f"c{customer}"), ("show", "S-2026-0012"),
            ("show", f"#{task}")]  # fmt: skip


UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", NAMES)
def test_no_screen_carries_what_a_name_brings(
    flow: Callable[..., Any], hostile: dict[str, tuple[int, int]], name: str
) -> None:
    for words in lines_of(*hostile[name]):
        for width in (60, 120):
            for encoding in ("utf-8", "gbk"):
                answer = flow(*words, width=width, encoding=encoding)
                assert answer.code == 0, words
                assert UNSAFE.search(answer.out + answer.err) is None, words
        data = flow(*words, "--json")
        assert UNSAFE.search(data.out) is None
        json.loads(data.out)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_terminal_gets_no_escape_but_our_colours(studio: Shop, hostile: dict[str, tuple[int, int]]) -> None:
    for words in (("today",), ("find", "zz"), *(("show", f"c{customer}") for customer, _ in hostile.values())):
        shown = whole_screen(studio, *words)
        assert "\x1b[" in shown
        assert "\x1b" not in re.sub(r"\x1b\[(?:[0-9]{1,2})?m", "", shown), words


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_suggested_command_carries_a_name(flow: Callable[..., Any], hostile: dict[str, tuple[int, int]]) -> None:
    for words in (("today",), ("find", "zz")):
        for item in next(v for v in json.loads(flow(*words, "--json").out).values() if isinstance(v, list)):
            assert re.fullmatch(r"flow [\w #.=-]+", item["command"], re.ASCII), item["command"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_spreadsheet_computes_nothing(
    flow: Callable[..., Any], hostile: dict[str, tuple[int, int]], tmp_path: Any
) -> None:
    for words in (("today",), ("find", "zz")):
        for row in csv.reader(io.StringIO(flow(*words, "--csv").out)):
            assert not [cell for cell in row if cell[:1] in ("=", "+", "-", "@")]
    file = tmp_path / "today.csv"
    answer = flow("today", f"--csv={file}")
    assert (answer.code, answer.out) == (0, "")
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    assert rows[0][:3] == ["分组", "编号", "到期"]
    assert any("'=HYPERLINK" in cell for row in rows for cell in row)
