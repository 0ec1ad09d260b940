"""`flow staff`: roles, superiors, leave and delegation, and leaving with nothing left in hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.store.tables import Absence, Customer, Operation, Staff, StaffRole, Task
from serviceflow.store.write import table_of

Flow = Callable[..., Any]


def person(shop: Shop, login: str) -> Staff:
    with shop.reading() as tx:
        found = tx.one(Staff, table_of(Staff).c.login == login)
    assert found is not None
    return found


def roles(shop: Shop, login: str) -> set[str]:
    with shop.reading() as tx:
        return {r.role for r in tx.all(StaffRole) if r.staff_id == person(shop, login).id}


def operations(shop: Shop) -> int:
    with shop.reading() as tx:
        return len(tx.all(Operation))


def test_a_new_member_is_told_in_at_most_six_lines_with_undo_and_a_masked_phone(flow: Flow, staffed: Shop) -> None:
    said = flow(
        "staff",
        "add",
        "li",
        "--name",
        "李红",
        "--role",
        "前台",
        "--role",
        "cashier",
        "--superior",
        "老板",
        "--phone",
        "138 0000 0009",
        "--email",
        "Li@Example.com",
    )
    assert said.code == 0
    assert len(said.lines) <= 6
    assert said.lines[0] == "√ 李红 (li): 已加入: 前台、收银"
    assert "138****0009" in said.err
    assert "13800000009" not in said.err
    assert "flow undo" in said.err
    li = person(staffed, "li")
    assert (li.name, li.phone, li.superior_id) == ("李红", "+8613800000009", person(staffed, "boss").id)
    assert roles(staffed, "li") == {"desk", "cashier"}


@pytest.mark.parametrize(
    ("words", "code", "ref", "way_out"),
    [
        pytest.param(["staff", "add", "desk", "--name", "x"], 3, "core.staff-taken", "another", id="login taken"),
        pytest.param(["staff", "add", "DESK"], 3, "core.staff-taken", "another", id="login taken in capitals"),
        pytest.param(["staff", "add", "li hong"], 2, "core.staff-login", "flow staff add", id="login with a blank"),
        pytest.param(["staff", "add", ""], 2, "core.staff-login", "flow staff add", id="empty login"),
        pytest.param(
            ["staff", "add", "li", "--role", "cashire"], 2, "core.role-unknown", "cashier", id="role misspelt"
        ),
        pytest.param(["staff", "add", "li", "--role", "zzz"], 2, "core.role-unknown", "desk", id="role unknown"),
        pytest.param(
            ["staff", "add", "li", "--superior", "bos"], 2, "core.staff-unknown", "boss", id="superior misspelt"
        ),
        pytest.param(["staff", "add", "li", "--email", "nobody"], 2, "core.email", "@", id="no e-mail"),
        pytest.param(
            ["staff", "role", "desk", "--take", "cashier"], 2, "core.role-not-held", "desk", id="role not held"
        ),
        pytest.param(
            ["staff", "role", "xiaomei", "--take", "admin"],
            3,
            "core.staff-last-admin",
            "flow staff role",
            id="last administrator's role",
        ),
        pytest.param(
            ["staff", "deactivate", "xiaomei"],
            3,
            "core.staff-last-admin",
            "flow staff role",
            id="last administrator leaves",
        ),
        pytest.param(
            ["staff", "edit", "boss", "--superior", "desk"],
            3,
            "core.staff-superior",
            "flow staff list",
            id="superiors in a circle",
        ),
        pytest.param(
            ["staff", "edit", "nobody", "--name", "x"], 2, "core.staff-unknown", "flow staff list", id="nobody"
        ),
        pytest.param(["staff", "leave", "desk", "+3", "+1"], 2, "core.leave-dates", "First day", id="leave backwards"),
        pytest.param(
            ["staff", "leave", "desk", "-5", "-3"], 2, "option", "--help", id="a date that looks like an option"
        ),
        pytest.param(
            ["staff", "leave", "desk", "2026-11-20", "2026-11-24"], 2, "core.leave-past", "+3", id="leave past"
        ),
        pytest.param(
            ["staff", "leave", "desk", "+1", "+2", "--deputy", "desk"],
            2,
            "core.leave-self",
            "--deputy",
            id="own deputy",
        ),
        pytest.param(
            ["staff", "leave", "desk", "+1", "+2", "--beside"],
            2,
            "core.leave-deputy",
            "--deputy",
            id="delegation to nobody",
        ),
        pytest.param(
            ["staff", "leave", "desk", "+1", "+2", "--role", "cashier"],
            2,
            "core.role-not-held",
            "desk",
            id="delegating a role not held",
        ),
        pytest.param(["staff", "leave", "desk"], 2, "core.leave-dates", "flow staff leave desk", id="no dates"),
        pytest.param(["staff", "leave", "desk", "someday"], 2, "core.date", "+3", id="no date"),
        pytest.param(
            ["staff", "leave", "desk", "--cancel"], 3, "core.leave-none", "flow staff list", id="no leave to end"
        ),
        pytest.param(["staff", "frobnicate"], 2, "command", "--help", id="no such command"),
    ],
)
def test_wrong_input_changes_nothing_and_names_the_way_out(
    flow: Flow, staffed: Shop, words: list[str], code: int, ref: str, way_out: str
) -> None:
    before = operations(staffed)
    for language in ("zh", "en"):
        said = flow(*words, language=language)
        assert (said.code, said.out) == (code, "")
        assert f"[{ref}]" in said.lines[0]
        assert len(said.lines) == 2
    assert way_out in said.lines[1]
    assert operations(staffed) == before


@pytest.mark.parametrize(
    "words",
    [
        ["staff", "add", "li"],
        ["staff", "edit", "cash", "--department", "财务"],
        ["staff", "role", "cash", "admin"],
        ["staff", "deactivate", "cash"],
        ["staff", "leave", "cash", "+1"],
        ["settings", "set", "core.day_end", "19:00"],
        ["settings", "reset", "core.day_end"],
    ],
    ids=lambda words: " ".join(words),
)
def test_running_the_shop_is_for_an_administrator_or_a_manager(flow: Flow, words: list[str]) -> None:
    said = flow(*words, who="desk")
    assert (said.code, "[core.staff-in-charge]" in said.err) == (3, True)
    assert "老板" in said.lines[1]


def test_a_person_and_their_superior_may_write_down_leave(flow: Flow, staffed: Shop) -> None:
    assert flow("staff", "leave", "desk", "+1", who="desk").code == 0
    assert flow("staff", "leave", "cash", "+1", who="boss").code == 0
    with staffed.reading() as tx:
        assert len(tx.all(Absence)) == 2


def test_leave_includes_both_days_and_says_what_was_understood(flow: Flow, staffed: Shop) -> None:
    said = flow("staff", "leave", "boss", "明天", "+3", "--deputy", "desk")
    assert said.code == 0
    assert said.lines[0] == "√ 老板 (boss): 2026-11-26 至 2026-11-28(含首尾)请假, 由 前台 代理"
    assert "2026-11-26 周四 … 2026-11-28 周六 (+3d)" in said.err
    with staffed.reading() as tx:
        (absence,) = tx.all(Absence)
    assert (absence.first, absence.last, absence.beside) == (date(2026, 11, 26), date(2026, 11, 28), False)
    assert flow("staff", "leave", "boss", "11-28").code == 3  # the last day belongs to it
    assert flow("staff", "leave", "boss", "11-29").code == 0
    assert flow("staff", "leave", "cash", "11-28", "--deputy", "boss").code == 3  # the stand-in is away too


def test_a_delegation_stands_beside_for_one_role(flow: Flow, staffed: Shop) -> None:
    said = flow("staff", "leave", "boss", "+1", "+9", "--beside", "--deputy", "desk", "--role", "manager", "--json")
    assert said.code == 0
    assert said.json["beside"] is True
    assert said.json["role"] == "manager"
    with staffed.reading() as tx:
        (absence,) = tx.all(Absence)
    assert (absence.role, absence.beside, absence.deputy_id) == ("manager", True, person(staffed, "desk").id)
    assert "11-26…12-04 +前台 [manager]" in flow("staff", "list").out


def test_coming_back_early_ends_leave_yesterday_and_drops_what_is_ahead(flow: Flow, staffed: Shop, clock: Any) -> None:
    from datetime import timedelta

    flow("staff", "leave", "boss", "今天", "+5", "--deputy", "desk")
    flow("staff", "leave", "boss", "+20", "+22")
    clock.set(clock.now() + timedelta(days=2))
    assert flow("staff", "leave", "boss", "--cancel").code == 0
    with staffed.reading() as tx:
        (absence,) = tx.all(Absence)
    assert absence.last == date(2026, 11, 26)


def test_who_has_open_tasks_may_only_leave_by_handing_them_over(flow: Flow, staffed: Shop) -> None:
    flow("task", "add", "回电话", "+1", "--to", "desk", "--customer", "王小明")
    with staffed.write("customer edit") as tx:
        tx.change(tx.need(Customer, 1), owner_id=person(staffed, "desk").id)
    refused = flow("staff", "deactivate", "desk")
    assert (refused.code, "[core.staff-in-hand]" in refused.err) == (3, True)
    assert "#1 回电话" in refused.lines[0]
    assert "--to" in refused.lines[1]
    assert flow("staff", "deactivate", "desk", "--to", "desk").code == 2
    assert flow("staff", "deactivate", "desk", "--to", "nobody").code == 2
    dry = flow("staff", "deactivate", "desk", "--to", "cash", "--dry-run")
    assert dry.code == 0
    assert person(staffed, "desk").active
    told = flow("staff", "deactivate", "desk", "--to", "cash")
    assert told.code == 0
    assert "待办 1" in told.err
    cash = person(staffed, "cash")
    with staffed.reading() as tx:
        assert tx.need(Task, 1).assignee_id == cash.id
        assert tx.need(Customer, 1).owner_id == cash.id
    assert not person(staffed, "desk").active
    assert flow("today", who="desk").code != 70
    left = flow("log", "王小明", "x", who="desk")
    assert (left.code, "[core.staff-left]" in left.err) == (3, True)
    assert flow("task", "assign", "1", "desk").code == 3  # nobody hands work to who left
    assert flow("staff", "edit", "desk", "--active").code == 0
    assert flow("log", "王小明", "x", who="desk").code == 0


def test_who_leaves_hands_over_subordinates_too(flow: Flow, staffed: Shop) -> None:
    flow("staff", "role", "cash", "manager")
    assert flow("staff", "deactivate", "boss", "--to", "cash").code == 0
    assert person(staffed, "desk").superior_id == person(staffed, "cash").id
    assert person(staffed, "cash").superior_id is None


def test_the_list_has_roles_leave_and_masked_phones(flow: Flow) -> None:
    flow("staff", "edit", "desk", "--phone", "13912345678", "--department", "门市部")
    found = flow("staff", "list", "--json").json["staff"]
    desk = next(row for row in found if row["login"] == "desk")
    assert desk["roles"] == ["desk"]
    assert desk["phone"] == "139****5678"
    assert desk["superior"] == "老板"
    assert desk["active"] is True
    assert [row["login"] for row in flow("staff", "list", "--role", "cashier", "--json").json["staff"]] == [
        "cash",
        "xiaomei",
    ]
    assert flow("staff", "list", "--csv").out.startswith("登录名,姓名,岗位")


def test_roles_of_core_and_trade_are_listed(flow: Flow) -> None:
    found = {row["role"]: row["title"] for row in flow("staff", "role", "desk", "--json").json["roles"]}
    assert found == {"admin": "管理员", "manager": "经理", "desk": "前台", "cashier": "收银"}


def test_a_command_without_a_person_is_refused(staffed: Shop, process: Flow) -> None:
    said = process("log", "王小明", "x", who="ghost")
    assert said.code == 78
    assert "ghost" in said.err


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "words",
    [
        ("do", "0001", "take-deposit", "amount=800", "method=cash"),
        ("sign", "approve", "0001"),
        ("new", "atelier-case", "李小明"),
        ("log", "王小明", "来店"),
        ("customer", "add", "赵敏"),
        ("undo",),
        ("settings", "set", "atelier.sign_hours", "48"),
        ("task", "add", "买花", "+1"),
    ],
)
def test_who_has_left_changes_nothing_any_more(flow: Flow, words: tuple[str, ...]) -> None:
    flow("new", "atelier-case", "王小明")
    assert flow("staff", "deactivate", "cash").code == 0
    refused = flow(*words, who="cash")
    assert refused.code == 3
    assert refused.lines[0] == "× 收银员 已停用。 [core.staff-left]"
    assert flow("today", who="cash").code == 0
