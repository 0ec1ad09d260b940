"""`flow sign`: what waits for me and why, signing, rejecting, stand-ins, and the route explained."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.store.tables import Operation, Request

Flow = Callable[..., Any]


@pytest.fixture
def asked(flow: Flow, staffed: Shop) -> Flow:
    """A discount of 15 % that 前台 asked for, waiting for a manager."""
    flow("new", "atelier-case", "王小明")
    said = flow("do", "0001", "discount", "percent=15", who="desk")
    assert said.code == 0
    assert said.lines[0] == "√ S-2026-0001 王小明: 折扣 等待经理审批"
    assert "flow sign why 0001" in said.err
    return flow


def states(shop: Shop) -> list[str]:
    with shop.reading() as tx:
        return [request.state for request in tx.all(Request)]


def test_only_who_must_sign_now_sees_it_and_why(asked: Flow) -> None:
    mine = asked("sign", "--json", who="boss").json["waiting"]
    assert [(w["order"], w["action"], w["requester"], w["because"]) for w in mine] == [
        ("S-2026-0001", "折扣", "前台", "您是经理")
    ]
    assert mine[0]["why"] == "15% 超过 10%"
    for other in ("desk", "cash"):
        said = asked("sign", who=other)
        assert (said.code, said.out) == (0, "")
    table = asked("sign", who="boss")
    assert "flow sign approve S-2026-0001" in table.err


def test_an_approval_does_what_was_asked_for(asked: Flow, staffed: Shop) -> None:
    said = asked("sign", "approve", "0001", "同意", who="boss")
    assert said.code == 0
    assert said.lines[0] == "√ S-2026-0001 王小明: 批准 折扣"
    assert len(said.lines) <= 6
    assert "flow undo" in said.err
    assert states(staffed) == ["approved"]
    again = asked("sign", "approve", "0001", "同意", who="boss")
    assert (again.code, "[core.nothing-to-sign]" in again.err) == (3, True)
    assert asked("undo", "--yes", who="boss").code == 0
    assert states(staffed) == ["pending"]


def test_a_rejection_needs_an_opinion_and_drops_the_request(asked: Flow, staffed: Shop) -> None:
    short = asked("sign", "reject", "0001", "否", who="boss")
    assert (short.code, "[core.sign-opinion]" in short.err) == (3, True)
    assert states(staffed) == ["pending"]
    said = asked("sign", "reject", "0001", "超过授权", who="boss")
    assert said.lines[0] == "√ S-2026-0001 王小明: 驳回 折扣"
    assert states(staffed) == ["rejected"]


def test_nobody_signs_what_they_asked_for_or_what_is_not_theirs(asked: Flow, staffed: Shop) -> None:
    for who, ref in (("desk", "core.sign-own"), ("cash", "core.sign-role")):
        said = asked("sign", "approve", "0001", "同意", who=who)
        assert (said.code, f"[{ref}]" in said.err) == (3, True)
        assert "经理" in said.lines[1]
    assert states(staffed) == ["pending"]


def test_a_stand_in_signs_for_who_is_away(asked: Flow, staffed: Shop) -> None:
    asked("staff", "leave", "boss", "今天", "+2", "--deputy", "cash")
    assert asked("sign", "--json", who="boss").json["waiting"] == []
    mine = asked("sign", "--json", who="cash").json["waiting"]
    assert [w["because"] for w in mine] == ["代理 老板(经理)"]
    why = asked("sign", "why", "0001", who="cash")
    assert "收银员 (老板)" in why.out
    assert "您: 代理 老板(经理)" in why.out
    assert asked("sign", "approve", "0001", "代签", who="cash").code == 0
    assert states(staffed) == ["approved"]


def test_a_delegate_stands_beside(asked: Flow) -> None:
    asked("staff", "leave", "boss", "今天", "+2", "--deputy", "cash", "--beside", "--role", "manager")
    for who in ("boss", "cash"):
        assert len(asked("sign", "--json", who=who).json["waiting"]) == 1


def test_a_route_of_two_stages_is_explained_and_walked(
    flow: Flow, fits: Callable[[str, str], None], staffed: Shop
) -> None:
    flow("new", "atelier-case", "王小明")
    flow("do", "0001", "discount", "percent=30", who="desk")
    why = flow("sign", "why", "0001", who="boss")
    assert why.code == 0
    lines = why.out.splitlines()
    assert lines[0] == "S-2026-0001  王小明  折扣"
    assert "申请人 前台 2026-11-25 10:20: 30% 超过 20%" in lines[1]
    assert "  第 1 步(全部) ← 现在" not in lines
    assert any(line.startswith("  第 2 步(全部) ← 现在") for line in lines)  # the desk's own signature counted at once
    assert any("经理" in line and "今天可签: 小美, 老板" in line for line in lines)
    assert any("前台 已批准" in line for line in lines)
    answer = flow("sign", "why", "0001", "--json")
    fits("sign-why", answer.out)
    found = answer.json
    assert [(s["stage"], s["open"], s["takes"]) for s in found["stages"]] == [(1, False, "任一"), (2, True, "全部")]
    english = flow("sign", "why", "0001", language="en")
    assert "stage 2 (all) ← now" in english.out
    assert "you: you are Manager" in english.out
    assert flow("sign", "approve", "0001", "ok", who="boss").code == 0
    assert states(staffed) == ["approved"]


def test_while_it_waits_steps_are_refused_and_the_way_out_works(asked: Flow) -> None:
    said = asked("do", "0001", "take-deposit", "amount=800", "method=cash")
    assert (said.code, "[core.pending-sign-off]" in said.err) == (3, True)
    assert "flow sign why S-2026-0001" in said.lines[1]
    assert asked("sign", "why", "S-2026-0001").code == 0


def test_an_undecided_request_lapses_at_its_moment(asked: Flow, staffed: Shop, clock: Any) -> None:
    assert "2026-11-26 10:20 未决则作废" in asked("sign", "why", "0001").out
    clock.set(clock.now() + timedelta(hours=25))
    said = asked("sign", "approve", "0001", "同意", who="boss")
    assert said.code == 3
    done = asked("do", "0001", "take-deposit", "amount=800", "method=cash")
    assert done.code == 0
    assert "逾期未批" in done.err
    assert states(staffed) == ["expired"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["sign", "approve"], 2),
        (["sign", "approve", "0099", "x"], 2),
        (["sign", "why", "0099"], 2),
        (["sign", "why", "0002"], 3),
        (["sign", "reject", "0002", "不同意"], 3),
        (["sign", "aprove", "0001"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_input_changes_nothing(asked: Flow, staffed: Shop, words: list[str], code: int) -> None:
    asked("new", "atelier-case", "李小明")
    with staffed.reading() as tx:
        before = len(tx.all(Operation))
    said = asked(*words)
    assert (said.code, said.out, len(said.lines)) == (code, "", 2)
    with staffed.reading() as tx:
        assert len(tx.all(Operation)) == before


def test_a_dry_run_signs_nothing(asked: Flow, staffed: Shop) -> None:
    assert asked("sign", "approve", "0001", "同意", "--dry-run", who="boss").code == 0
    assert states(staffed) == ["pending"]
