"""Writing commands at a real terminal (a pty): what is missing is asked, what is not clear is chosen by number,
and whoever was slower is told who was quicker."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.store.tables import Interaction, Operation, Order

Flow = Callable[..., Any]
PATIENCE = 60.0


class Terminal:
    """A process of ``flow`` at a terminal."""

    def __init__(self, child: subprocess.Popen[bytes], master: int) -> None:
        self.child = child
        self.master = master
        self.seen = ""

    def until(self, words: str) -> str:
        """Read until ``words`` stand on the screen."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(deadline - time.monotonic(), 0))
            assert ready, f"never saw {words!r} in {self.seen!r}"
            try:
                self.seen += os.read(self.master, 4096).decode("utf-8", "replace")
            except OSError:  # the process ended
                assert words in self.seen, self.seen
        return self.seen

    def type(self, words: str) -> None:
        """Type a line."""
        os.write(self.master, words.encode() + b"\n")

    def end(self) -> int:
        """Read to the end and return the exit code."""
        while True:
            try:
                chunk = os.read(self.master, 4096)
            except OSError:
                break
            if not chunk:
                break
            self.seen += chunk.decode("utf-8", "replace")
        return self.child.wait(PATIENCE)


Sit = Callable[..., Any]


@pytest.fixture
def sit(staffed: Shop, installed: Path) -> Iterator[Sit]:
    """Sit down at a terminal and type a line."""
    open_: list[Terminal] = []

    @contextmanager
    def terminal(*words: str, who: str = "xiaomei", language: str = "zh") -> Iterator[Terminal]:
        master, slave = pty.openpty()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("FLOW_", "PYTHON", "LC_", "LANG"))}
        place = str(staffed.place.path or staffed.place.url)
        child = subprocess.Popen(
            [str(Path(sys.executable).with_name("flow")), "--db", place, "--as", who, "--lang", language, *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            close_fds=True,
            env={**kept, "PYTHONPATH": str(installed), "PYTHONIOENCODING": "utf-8", "TERM": "dumb"},
        )
        os.close(slave)
        found = Terminal(child, master)
        open_.append(found)
        yield found

    yield terminal
    for one in open_:
        if one.child.poll() is None:
            one.child.kill()
            one.child.wait()
        os.close(one.master)


def operations(shop: Shop) -> int:
    with shop.reading() as tx:
        return len(tx.all(Operation))


def step(shop: Shop) -> str:
    with shop.reading() as tx:
        return tx.need(Order, 1).step


def test_missing_fields_are_asked_for_one_by_one(flow: Flow, sit: Sit, staffed: Shop) -> None:
    flow("new", "atelier-case", "王小明")
    with sit("do", "0001", "take-deposit") as screen:
        screen.until("金额 (amount):")
        screen.type("800")
        screen.until("选 1-2")
        assert "1 现金" in screen.seen
        screen.type("2")
        assert screen.end() == 0
    assert "已付定" in screen.seen
    assert step(staffed) == "booked"


def test_enter_cancels_and_nothing_is_changed(flow: Flow, sit: Sit, staffed: Shop) -> None:
    flow("new", "atelier-case", "王小明")
    before = operations(staffed)
    with sit("do", "0001", "lose", language="en") as screen:
        screen.until("Reason (reason):")
        screen.type("")
        assert screen.end() == 2
    assert "nothing was changed" in screen.seen
    assert operations(staffed) == before


def test_one_of_several_customers_is_chosen_by_number(sit: Sit, staffed: Shop) -> None:
    with sit("log", "小明", "来店看样片", "--next", "+3b") as screen:
        screen.until("选 1-2, 回车取消:")
        names = [line.split()[1] for line in screen.seen.splitlines() if line.strip()[:2] in ("1 ", "2 ")]
        assert sorted(names) == ["李小明", "王小明"]
        screen.type("7")
        screen.type(str(names.index("王小明") + 1))
        assert screen.end() == 0
    assert "已记: 王小明 来店" in screen.seen
    with staffed.reading() as tx:
        (row,) = tx.all(Interaction)
        assert row.customer_id == 1


def test_the_notice_is_saved_when_the_person_says_yes(sit: Sit, staffed: Shop, tmp_path: Path) -> None:
    from serviceflow.store.tables import CalendarDay

    file = tmp_path / "notice.txt"
    file.write_text(
        "国务院办公厅关于2027年部分节假日安排的通知\n一、元旦：1月1日（周五）放假1天。\n"
        "二、国庆节：10月1日（周五）放假1天。\n",
        encoding="utf-8",
    )
    for typed, code, saved in (("n", 2, 0), ("y", 0, 2)):
        with sit("cal", "import", str(file)) as screen:
            screen.until("[y/N]")
            assert "元旦  放假 2027-01-01 周五" in screen.seen
            screen.type(typed)
            assert screen.end() == code
        with staffed.reading() as tx:
            assert len(tx.all(CalendarDay)) == saved


def test_the_slower_of_two_is_told_who_moved_it_and_where(flow: Flow, sit: Sit, staffed: Shop) -> None:
    flow("new", "atelier-case", "王小明")
    with sit("do", "0001", "take-deposit", "method=cash") as screen:
        screen.until("金额 (amount):")
        assert flow("do", "0001", "take-deposit", "amount=900", "method=card", who="cash").code == 0
        before = operations(staffed)
        screen.type("800")
        assert screen.end() == 4
    assert "S-2026-0001 已被 收银员 于" in screen.seen
    assert "现为“已付定”" in screen.seen
    assert "flow show S-2026-0001" in screen.seen
    assert operations(staffed) == before


def test_who_fills_a_form_while_the_order_changes_looks_again(flow: Flow, sit: Sit, staffed: Shop) -> None:
    flow("new", "atelier-case", "王小明")
    flow("do", "0001", "take-deposit", "amount=900", "method=card")
    with sit("do", "0001", "book-shoot", language="en") as screen:
        screen.until("Shoot (date):")
        assert flow("do", "0001", "book-shoot", "date=+9", who="desk").code == 0
        screen.type("+5")
        assert screen.end() == 4
    assert "was moved to Shoot booked by 前台" in screen.seen
    assert step(staffed) == "scheduled"


def test_ctrl_c_at_a_question_leaves_nothing(flow: Flow, sit: Sit, staffed: Shop) -> None:
    flow("new", "atelier-case", "王小明")
    before = operations(staffed)
    with sit("do", "0001", "lose") as screen:
        screen.until("原因 (reason):")
        screen.child.send_signal(2)
        assert screen.end() == 130
    assert "Traceback" not in screen.seen
    assert operations(staffed) == before
