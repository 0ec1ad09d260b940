"""`flow new` and `flow do`: what changed, what it planned and cancelled, what is next, how to undo; refusals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.store.tables import Message, Operation, Order, OrderAction, Task
from serviceflow.store.write import table_of

Flow = Callable[..., Any]


def order(shop: Shop, number: str = "S-2026-0001") -> Order:
    with shop.reading() as tx:
        found = tx.one(Order, table_of(Order).c.number == number)
    assert found is not None
    return found


def operations(shop: Shop) -> int:
    with shop.reading() as tx:
        return len(tx.all(Operation))


def test_a_sale_step_by_step_in_chinese(flow: Flow, staffed: Shop) -> None:
    opened = flow("new", "atelier-case", "王小明", "heard=朋友介绍", "phone=138 0000 0001")
    assert opened.lines == [
        "√ S-2026-0001 王小明: 接待, 现为接待  电话 138****0001",
        "  下一步: flow do 0001 take-deposit amount= method=   撤销: flow undo 7",
    ]
    paid = flow("do", "0001", "收定金", "amount=800", "method=刷卡")
    assert paid.lines == [
        "√ S-2026-0001 王小明: 接待 → 已付定",
        "  计划 催拍 2026-11-26 18:00 · 消息 atelier-thanks 2026-11-25 10:20",
        "  下一步: flow do 0001 book-shoot date=   撤销: flow undo 8",
    ]
    booked = flow("do", "wxm", "book-shoot", "date=11-29", "call_at=明天 10:00")
    assert booked.lines[0] == (
        "√ S-2026-0001 王小明: 已付定 → 已预约  拍摄 2026-11-29 周日 · 致电 2026-11-26 周四 10:00"
    )
    assert booked.lines[-1] == "  下一步: flow do 0001 start-viewing   撤销: flow undo 9"
    assert any(line.startswith("  取消 ") and "atelier-thanks" in line for line in booked.lines)
    with staffed.reading() as tx:
        assert [t.state for t in tx.all(Task)] == ["done"]
        assert [m.state for m in tx.all(Message)] == ["cancelled"]
    over = flow("do", "0001", "start-viewing")
    assert over.lines[0] == "√ S-2026-0001 王小明: 已预约 → 已看样"
    assert "flow show 0001" in over.lines[-1]
    for _ in range(4):
        assert flow("undo", "--yes").code == 0
    with staffed.reading() as tx:
        assert tx.all(Order) == []


def test_the_same_in_english(flow: Flow) -> None:
    flow("new", "atelier-case", "王小明")
    said = flow("do", "0001", "Take deposit", "amount=800.50", "method=cash", language="en")
    assert said.lines[0] == "√ S-2026-0001 王小明: Reception → Deposit paid"
    assert said.lines[1] == "! An odd sum."
    assert said.lines[2].startswith("  planned Urge to fix a date 2026-11-26 18:00")
    assert said.lines[-1] == "  next: flow do 0001 book-shoot date=   undo: flow undo 8"
    note = flow("do", "0001", "note", "text=called", "mobile=+86 136-0000-0005", language="en")
    assert note.lines[0] == "√ S-2026-0001 王小明: Note  Mobile 136****0005"
    assert "13600000005" not in note.err


def test_json_says_the_same_as_data(flow: Flow) -> None:
    made = flow("new", "atelier-case", "王小明", "--json").json
    assert (made["order"], made["step"], made["operation"]) == ("S-2026-0001", "reception", 7)
    paid = flow("do", "0001", "take-deposit", "amount=800", "method=cash", "--json")
    assert paid.err == ""
    found = paid.json
    assert (found["schema"], found["step_before"], found["step_after"]) == (1, "接待", "已付定")
    assert found["planned"] == ["催拍 2026-11-26 18:00", "消息 atelier-thanks 2026-11-25 10:20"]
    assert found["next_actions"] == ["discount", "book-shoot", "note"]
    assert flow("do", "0001", "book-shoot", "date=11-29", "--json=order,understood").json == {
        "schema": 1,
        "order": "S-2026-0001",
        "understood": ["拍摄 2026-11-29 周日"],
    }


@pytest.mark.parametrize(
    ("words", "code", "ref", "says"),
    [
        pytest.param(
            ["do", "0001", "take-depsit", "amount=800"], 2, "core.action", "take-deposit", id="action misspelt"
        ),
        pytest.param(["do", "0001", "frobnicate"], 2, "core.action", "take-deposit", id="action unknown"),
        pytest.param(
            ["do", "0001", "book-shoot", "date=11-29"],
            3,
            "core.not-offered",
            "take-deposit",
            id="action of another step",
        ),
        pytest.param(["do", "0001", "take-deposit"], 2, "form", "amount", id="fields missing"),
        pytest.param(
            ["do", "0001", "take-deposit", "amout=800", "method=cash"], 2, "form", "amount", id="field misspelt"
        ),
        pytest.param(["do", "0001", "take-deposit", "amount=1e3", "method=cash"], 2, "form", "amount", id="no amount"),
        pytest.param(
            ["do", "0001", "take-deposit", "amount=800", "method=chas"], 2, "form", "cash", id="choice misspelt"
        ),
        pytest.param(["do", "0001", "take-deposit", "amount"], 2, "core.field", "amount=800", id="no field=value"),
        pytest.param(
            ["do", "0001", "take-deposit", "amount=1", "amount=2"], 2, "core.field-twice", "amount", id="field twice"
        ),
        pytest.param(["do", "0001", "amount=800"], 2, "core.action", "flow do 0001", id="no action"),
        pytest.param(
            ["do", "0001", "lose", "reason=@/no/such/file"], 2, "core.file", "/no/such/file", id="no such file"
        ),
        pytest.param(
            ["do", "0001", "take-deposit", "amount=80", "method=cash"], 3, "atelier.enough", "500", id="guard says no"
        ),
        pytest.param(
            ["do", "0001", "take-deposit", "amount=80", "method=cash", "--override", "enuogh=x"],
            2,
            "core.override",
            "enough",
            id="guard misspelt",
        ),
        pytest.param(
            ["do", "0001", "take-deposit", "amount=80", "method=cash", "--override", "enough"],
            2,
            "core.override",
            "--override",
            id="override without a reason",
        ),
        pytest.param(["do", "0099"], 2, "not-found", "flow find", id="no such order"),
        pytest.param(["do", "0099", "note", "text=x"], 2, "not-found", "flow find", id="no such order to act on"),
        pytest.param(["do"], 2, "missing", "ORDER", id="nothing"),
        pytest.param(["new", "atelier-cas", "王小明"], 2, "flow", "atelier-case", id="flow misspelt"),
        pytest.param(
            ["new", "atelier-case"], 2, "core.customer-needed", "flow new atelier-case", id="customer missing"
        ),
        pytest.param(["new", "atelier-case", "赵六"], 2, "not-found", "flow customer add", id="customer unknown"),
        pytest.param(["new", "atelier-case", "小明"], 2, "which", "王小明", id="customer not clear"),
        pytest.param(["new", "atelier-case", "王小明", "hear=x"], 2, "form", "heard", id="opening field misspelt"),
        pytest.param(["new", "atelier-case", "王小明", "phone=12"], 2, "form", "phone", id="no phone"),
        pytest.param(["new", "atelier-errand"], 2, "core.start", "urgent", id="several ways to begin"),
    ],
)
def test_wrong_input_and_refusals_change_nothing(
    flow: Flow, staffed: Shop, words: list[str], code: int, ref: str, says: str
) -> None:
    flow("new", "atelier-case", "王小明")
    before = operations(staffed), order(staffed).rv
    for language in ("zh", "en"):
        said = flow(*words, language=language)
        assert (said.code, said.out) == (code, ""), said.err
        assert ref in said.lines[0]
        assert says in said.err
        assert len(said.lines) <= 2
    assert (operations(staffed), order(staffed).rv) == before


def test_a_role_is_refused_with_whom_to_ask(flow: Flow) -> None:
    flow("new", "atelier-case", "王小明")
    said = flow("do", "0001", "take-deposit", "amount=800", "method=cash", who="desk")
    assert (said.code, said.lines[0]) == (3, "× “收定金”限收银操作。 [core.role]")
    assert [row["login"] for row in flow("staff", "list", "--role", "cashier", "--json").json["staff"]] == [
        "cash",
        "xiaomei",
    ]


def test_a_manager_sets_a_rule_aside_with_a_reason(flow: Flow, staffed: Shop) -> None:
    flow("new", "atelier-case", "王小明")
    words = ["do", "0001", "take-deposit", "amount=80", "method=cash", "--override", "enough=老客户"]
    assert flow(*words, who="cash").code == 3
    said = flow(*words)
    assert said.code == 0
    assert "老客户" in said.err
    assert order(staffed).step == "booked"


def test_a_rule_of_the_opening_is_set_aside_with_a_reason(flow: Flow, staffed: Shop) -> None:
    words = ["new", "atelier-errand", "--start", "nightly"]
    assert flow(*words, who="boss").code == 3
    assert flow(*words, "--override", "staffed=加班", who="desk").code == 3
    said = flow(*words, "--override", "staffed=加班", who="boss")
    assert said.code == 0
    assert "加班" in said.err
    with staffed.reading() as tx:
        (deed,) = tx.all(OrderAction)
    assert deed.form == {"override": {"staffed": "加班"}}


def test_an_order_wins_over_its_own_customer_s_phone_and_is_one_choice_beside_another_s(flow: Flow) -> None:
    flow("new", "atelier-case", "王小明")
    assert flow("show", "0001").out.startswith("S-2026-0001")
    flow("customer", "add", "赵敏", "--phone", "13700000001")
    said = flow("show", "0001")
    assert said.code == 2
    assert all(one in said.err for one in ("S-2026-0001", "王小明", "赵敏"))


def test_what_may_be_done_now_and_why_the_rest_may_not(flow: Flow) -> None:
    flow("new", "atelier-case", "王小明")
    said = flow("do", "0001", who="desk")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "S-2026-0001  王小明  138****0001  接待"
    assert "  discount  折扣  percent=" in lines
    assert "  note      备注  text= [mobile=]" in lines
    assert "  × take-deposit 收定金: “收定金”限收银操作。 [core.role]" in lines
    assert lines[-1] == "试试: flow do 0001 lose reason="
    found = flow("do", "0001", "--json").json
    assert (found["order"], found["step"]) == ("S-2026-0001", "reception")
    deposit = next(a for a in found["actions"] if a["action"] == "take-deposit")
    assert deposit["allowed"] is True
    assert [(f["name"], f["required"]) for f in deposit["fields"]] == [("amount", True), ("method", True)]
    assert deposit["fields"][1]["choices"] == ["cash", "card"]
    flow("do", "0001", "lose", "reason=x")
    assert "已结束" in flow("do", "S-2026-0001").out


def test_a_dry_run_does_everything_and_takes_it_back(flow: Flow, staffed: Shop) -> None:
    flow("new", "atelier-case", "王小明")
    before = operations(staffed), order(staffed).rv
    said = flow("do", "0001", "take-deposit", "amount=800", "method=cash", "--dry-run")
    assert said.code == 0
    assert said.lines[0] == "√ S-2026-0001 王小明: 接待 → 已付定"
    assert "试运行" in said.lines[1]
    assert "催拍 2026-11-26 18:00" in said.err
    assert "flow undo" not in said.err
    assert (operations(staffed), order(staffed).rv) == before
    assert flow("do", "0001", "take-deposit", "amount=80", "method=cash", "--dry-run").code == 3
    new = flow("new", "atelier-case", "李小明", "--dry-run", "--json").json
    assert (new["order"], new["dry_run"]) == ("S-2026-0002", True)
    assert flow("new", "atelier-case", "李小明", "--json").json["order"] == "S-2026-0002"  # no gap


def test_a_field_from_a_file(flow: Flow, staffed: Shop, tmp_path: Path) -> None:
    file = tmp_path / "reason.txt"
    file.write_bytes("去了别家\r\n".encode("gb18030"))
    flow("new", "atelier-case", "王小明")
    assert flow("do", "0001", "lose", f"reason=@{file}").code == 0
    from serviceflow.store.tables import OrderAction

    with staffed.reading() as tx:
        forms = [deed.form for deed in tx.all(OrderAction) if deed.action == "lose"]
    assert forms == [{"reason": "去了别家"}]


def test_an_order_without_customer_and_a_named_start(flow: Flow) -> None:
    said = flow("new", "errand", "--start", "加急")
    assert said.lines[0] == "√ E-001: 加急, 现为进行中"
    assert flow("do", "001", "finish").lines[0] == "√ E-001: 进行中 → 已完"


def test_an_answer_has_at_most_six_lines(flow: Flow, clock: Any) -> None:
    from datetime import timedelta

    flow("new", "atelier-case", "王小明")
    for words in (["take-deposit", "amount=800.5", "method=cash"], ["note", "text=x"], ["book-shoot", "date=+5"]):
        said = flow("do", "0001", *words)
        assert said.code == 0
        assert len(said.lines) <= 6
        clock.set(clock.now() + timedelta(hours=1))


def test_everything_runs_as_a_process_with_its_stdin_closed(process: Flow) -> None:
    assert process("new", "atelier-case", "王小明").code == 0
    short = process("do", "0001", "take-deposit", language="en")
    assert (short.code, "amount" in short.lines[0], "method" in short.lines[0]) == (2, True, True)
    for words in (
        ["do", "0001", "take-deposit", "amount=800", "method=cash"],
        ["do", "0001"],
        ["sign"],
        ["task", "list"],
        ["settings", "list"],
        ["staff", "list"],
        ["cal", "show"],
    ):
        done = process(*words)
        assert done.code == 0, done.err
    assert process("log", "小明", "x").code == 2
    assert process("cal", "import", "-").code == 2


def test_a_gbk_console_and_a_narrow_one_show_every_answer(process: Flow) -> None:
    process("new", "atelier-case", "王小明")
    said = process("do", "0001", "take-deposit", "amount=800", "method=cash", COLUMNS="60")
    said.err.encode("gbk")
    process("do", "0001", COLUMNS="60").out.encode("gbk")
