"""`flow task`, `flow done`, `flow log`: follow-ups, and what was said, in one line each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.store.tables import Change, Interaction, Operation, Task
from serviceflow.store.write import table_of

Flow = Callable[..., Any]


def task(shop: Shop, number: int = 1) -> Task:
    with shop.reading() as tx:
        return tx.need(Task, number)


def operations(shop: Shop) -> int:
    with shop.reading() as tx:
        return len(tx.all(Operation))


@pytest.mark.parametrize(
    ("typed", "echo", "due"),
    [
        pytest.param("+3b", "→ 2026-11-30 周一 18:00 (+3b shop)", datetime(2026, 11, 30, 10, tzinfo=UTC), id="+3b"),
        pytest.param("周五", "→ 2026-11-27 周五 18:00", datetime(2026, 11, 27, 10, tzinfo=UTC), id="周五"),
        pytest.param("明天下午3点", "→ 2026-11-26 周四 15:00", datetime(2026, 11, 26, 7, tzinfo=UTC), id="明天下午3点"),
        pytest.param("11-28 18:30", "→ 2026-11-28 周六 18:30", datetime(2026, 11, 28, 10, 30, tzinfo=UTC), id="11-28"),
        pytest.param("+2h", "→ 2026-11-25 周三 12:20 (+2h)", datetime(2026, 11, 25, 4, 20, tzinfo=UTC), id="+2h"),
        pytest.param("月底", "→ 2026-11-30 周一 18:00", datetime(2026, 11, 30, 10, tzinfo=UTC), id="月底"),
    ],
)
def test_every_command_that_takes_a_date_echoes_what_it_understood(
    flow: Flow, staffed: Shop, typed: str, echo: str, due: datetime
) -> None:
    added = flow("task", "add", "回电话", typed, "--customer", "王小明")
    assert added.code == 0
    assert echo in added.lines[0]
    assert task(staffed).due_at == due
    logged = flow("log", "王小明", "来店看样片", "--next", typed)
    assert f"下次跟进 #2 {echo}" in logged.lines[0]
    assert task(staffed, 2).due_at == due
    flow("task", "add", "备料", "+9")
    snoozed = flow("task", "snooze", "3", typed)
    assert echo in snoozed.lines[0]
    assert task(staffed, 3).due_at == due


def test_a_task_is_for_who_adds_it_unless_said_otherwise(flow: Flow, staffed: Shop) -> None:
    flow("task", "add", "一", "+1", who="desk")
    flow("task", "add", "二", "+1", "--to", "前台")
    flow("task", "add", "三", "+1", "--role", "收银")
    assert (task(staffed, 1).assignee_id, task(staffed, 1).made_by) == (task(staffed, 2).assignee_id,) * 2
    assert (task(staffed, 3).assignee_id, task(staffed, 3).role) == (None, "cashier")
    mine = flow("task", "list", "--json", who="desk").json["tasks"]
    assert [row["title"] for row in mine] == ["一", "二"]
    assert [row["title"] for row in flow("task", "list", "--json", who="cash").json["tasks"]] == ["三"]
    assert len(flow("task", "list", "--all", "--json").json["tasks"]) == 3
    assert [row["title"] for row in flow("task", "list", "--staff", "cash", "--json").json["tasks"]] == ["三"]


def test_done_keeps_the_result_and_by_whom(flow: Flow, staffed: Shop) -> None:
    flow("task", "add", "催拍", "+1", "--customer", "王小明")
    said = flow("done", "1", "约到周日", who="desk")
    assert said.code == 0
    assert said.lines[0] == "√ #1 催拍 王小明: 已完成: 约到周日"
    assert len(said.lines) <= 6
    row = task(staffed)
    assert (row.state, row.result) == ("done", "约到周日")
    again = flow("done", "#1")
    assert (again.code, "[core.task-closed]" in again.err, "前台" in again.lines[0]) == (3, True, True)
    english = flow("done", "1", language="en")
    assert english.lines[0] == "× Task #1 is done already by 前台: 约到周日. [core.task-closed]"
    assert flow("undo", "--yes", who="desk").code == 0
    assert task(staffed).state == "open"


def test_skipping_needs_a_reason_and_keeps_it(flow: Flow, staffed: Shop) -> None:
    flow("task", "add", "催拍", "+1")
    refused = flow("task", "skip", "1")
    assert (refused.code, 'flow task skip 1 "原因"' in refused.err) == (2, True)
    assert flow("task", "skip", "1", "客户已取消").code == 0
    row = task(staffed)
    assert (row.state, row.reason, row.result) == ("skipped", "客户已取消", "")
    assert "客户已取消" in flow("done", "1").lines[0]


def test_snoozing_and_handing_on_are_recorded(flow: Flow, staffed: Shop) -> None:
    flow("task", "add", "催拍", "+1")
    flow("task", "snooze", "1", "+2")
    flow("task", "assign", "1", "desk")
    flow("task", "assign", "1", "role:收银")
    assert (task(staffed).role, task(staffed).assignee_id) == ("cashier", None)
    with staffed.reading() as tx:
        changes = tx.all(Change, table_of(Change).c.table_name == "task", order_by=[table_of(Change).c.operation_id])
    assert [change.kind for change in changes] == ["I", "U", "U", "U"]
    assert changes[1].image is not None
    assert changes[1].image["before"]["due_at"] == "2026-11-26T10:00:00+00:00"


@pytest.mark.parametrize(
    ("words", "code", "ref"),
    [
        pytest.param(["done", "99"], 2, "not-found", id="no such task"),
        pytest.param(["done", "xyz"], 2, "not-found", id="no number"),
        pytest.param(["done", "99999999999999999999"], 2, "not-found", id="absurd number"),
        pytest.param(["done"], 2, "missing", id="nothing"),
        pytest.param(["done", "1", "x" * 2001], 2, "core.task-long", id="endless result"),
        pytest.param(["task", "snooze", "1", "someday"], 2, "core.date", id="no date"),
        pytest.param(["task", "snooze", "1", "2026-02-30"], 2, "core.date", id="a day that is not"),
        pytest.param(["task", "snooze", "1", "2026-11-24"], 2, "core.task-past", id="the past"),
        pytest.param(["task", "snooze", "1", "+1"], 3, "core.task-same", id="same moment"),
        pytest.param(["task", "snooze", "1", "+3b@cn-publik"], 2, "calendar", id="no such calendar"),
        pytest.param(["task", "snooze", "1", "+300b@cn-public"], 78, "core.calendar.year", id="a year without data"),
        pytest.param(["task", "assign", "1", "des"], 2, "core.staff-unknown", id="misspelt person"),
        pytest.param(["task", "assign", "1", "role:cashire"], 2, "core.role-unknown", id="misspelt role"),
        pytest.param(["task", "assign", "1", "xiaomei"], 3, "core.task-same", id="theirs already"),
        pytest.param(["task", "add", "  ", "+1"], 2, "core.task-title", id="empty title"),
        pytest.param(["task", "add", "x" * 201, "+1"], 2, "core.task-title", id="endless title"),
        pytest.param(
            ["task", "add", "x", "+1", "--to", "desk", "--role", "desk"], 2, "core.task-whom", id="two owners"
        ),
        pytest.param(["task", "add", "x", "+1", "--customer", "赵六"], 2, "not-found", id="no such customer"),
        pytest.param(["task", "add", "x", "+1", "--order", "0099"], 2, "not-found", id="no such order"),
        pytest.param(["task", "add", "x"], 2, "missing", id="no date at all"),
        pytest.param(["log", "王小明", ""], 2, "core.log-text", id="nothing said"),
        pytest.param(["log", "王小明", "x" * 5001], 2, "core.log-text", id="too much said"),
        pytest.param(["log", "小明", "来店"], 2, "which", id="two customers in a script"),
        pytest.param(["log", "赵六", "来店"], 2, "not-found", id="log for nobody"),
        pytest.param(["log", "王小明", "x", "--channel", "fone"], 2, "core.log-channel", id="misspelt channel"),
        pytest.param(["log", "王小明", "x", "--next", "2026-11-01"], 2, "core.task-past", id="follow-up in the past"),
        pytest.param(["log", "王小明", "x", "--order", "0001"], 2, "core.log-order", id="somebody else's order"),
        pytest.param(["log", "王小明", "x", "--nxt", "+3"], 2, "option", id="misspelt option"),
    ],
)
def test_wrong_input_changes_nothing_and_names_a_way_out(
    flow: Flow, staffed: Shop, words: list[str], code: int, ref: str
) -> None:
    flow("task", "add", "催拍", "+1")
    flow("new", "atelier-case", "李小明")
    before = operations(staffed)
    for language in ("zh", "en"):
        said = flow(*words, language=language)
        assert (said.code, said.out) == (code, ""), said.err
        assert f"[{ref}]" in said.lines[0]
        assert len(said.lines) == 2
    assert operations(staffed) == before


def test_several_customers_are_listed_in_a_script(flow: Flow) -> None:
    said = flow("log", "小明", "来店看样片")
    assert said.code == 2
    assert "王小明" in said.lines[0]
    assert "李小明" in said.lines[0]
    assert "13800000001" not in said.err


def test_log_notes_the_contact_and_the_follow_up_in_one_operation(flow: Flow, staffed: Shop) -> None:
    before = operations(staffed)
    flow("new", "atelier-case", "王小明")
    said = flow(
        "log", "wxm", "电话回访, 下周来", "--channel", "电话", "--out", "--order", "0001", "--next", "+3b", "--json"
    )
    assert said.code == 0
    assert operations(staffed) == before + 2
    assert (said.json["channel"], said.json["order"], said.json["follow_up"]) == ("phone", "S-2026-0001", 1)
    assert said.json["due_at"] == "2026-11-30T18:00:00+08:00"
    with staffed.reading() as tx:
        (row,) = tx.all(Interaction)
    assert (row.channel, row.outward, row.summary) == ("phone", True, "电话回访, 下周来")
    assert task(staffed).rule == "core:follow-up"
    assert flow("undo", "--yes").code == 0
    with staffed.reading() as tx:
        assert tx.all(Interaction) == []
        assert tx.all(Task) == []


def test_logging_finishes_the_follow_ups_due_by_tonight(flow: Flow, staffed: Shop, clock: Any) -> None:
    flow("log", "王小明", "首次来店", "--next", "+1")
    flow("log", "王小明", "再约", "--next", "+5")
    flow("log", "李小明", "首次来店", "--next", "+1")
    clock.set(clock.now() + timedelta(days=1))
    said = flow("log", "王小明", "已回电")
    assert "同时完成: #1 跟进" in said.err
    assert [task(staffed, n).state for n in (1, 2, 3)] == ["done", "open", "open"]
    assert task(staffed, 1).result == "已回电"


def test_a_task_of_an_order_is_closed_by_hand(flow: Flow, staffed: Shop) -> None:
    flow("new", "atelier-case", "王小明")
    flow("do", "0001", "take-deposit", "amount=800", "method=cash")
    listed = flow("task", "list", "--order", "0001", "--json").json["tasks"]
    assert [(row["title"], row["whom"]) for row in listed] == [("催拍", "前台")]
    said = flow("done", str(listed[0]["task_id"]), "约到周日")
    assert said.lines[0].startswith(f"√ #{listed[0]['task_id']} 催拍 S-2026-0001 王小明: 已完成: 约到周日")
    assert "flow show S-2026-0001" in said.err
    history = flow("history", "0001", "--json")
    assert history.code == 0
    assert "约到周日" in history.out


def test_hostile_words_reach_no_terminal(flow: Flow, staffed: Shop) -> None:
    evil = "\x1b[2J[red]\u202e=1+1"
    for words in (["log", "王小明", evil], ["task", "add", evil, "+1"], ["done", "1", evil]):
        said = flow(*words)
        assert said.code == 0
        assert "\x1b" not in said.err
        assert "\u202e" not in said.err
    assert "'" not in flow("task", "list", "--closed").out
    assert "\x1b" not in flow("task", "list", "--closed", "--csv").out
