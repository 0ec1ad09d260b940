"""Questions and plans: scenario S16 of brokerage.md section 10, and section 4.8."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from serviceflow.calendars import ShopCalendar
from serviceflow_brokerage.flows.question import answer_due
from serviceflow_brokerage.rehearsal import SHANGHAI, Branch
from serviceflow_brokerage.renewals import enter
from serviceflow_brokerage.tables.contact import BrokerCoverage

WEEK = ShopCalendar(frozenset(range(5)), {}, {})


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        pytest.param("2026-03-06 15:30", "2026-03-09 11:30", id="friday afternoon goes on on monday"),
        pytest.param("2026-03-06 17:00", "2026-03-09 10:00", id="friday at closing time"),
        pytest.param("2026-03-07 12:00", "2026-03-09 10:00", id="saturday"),
        pytest.param("2026-03-09 08:59", "2026-03-09 10:00", id="before opening"),
        pytest.param("2026-03-09 09:00", "2026-03-09 13:00", id="at opening"),
        pytest.param("2026-03-09 13:00", "2026-03-09 17:00", id="just fits"),
    ],
)
def test_s16_when_an_answer_is_due(asked: str, due: str) -> None:
    moment = datetime.fromisoformat(asked).replace(tzinfo=SHANGHAI)
    found = answer_due(moment, 4, time(9), time(17), WEEK)
    assert found.strftime("%Y-%m-%d %H:%M") == due


@pytest.fixture
def client(branch: Branch) -> int:
    branch.at("2026-03-06 15:30")
    made = branch.client("何问", "80070001", opened="2020-01-01", family_note="三口", invest_history=["equity"],
                         pref_kinds=["equity"], declared_wealth=100)  # fmt: skip
    branch.assessed(made, 2, "2026-01-01", "2027-01-01", kinds="equity,fixed_income", term=400)
    with branch.shop.write("coverage") as tx:
        tx.add(BrokerCoverage(staff_id=branch.ids["fenxi"], topic="stock"))
    return made


def asked(branch: Branch, client: int) -> int:
    return branch.open("advice-question", client, "zuoxi", text="怎么看后市?", topic="stock", channel="web")


def test_s16_question(branch: Branch, client: int) -> None:
    order = asked(branch, client)
    assert branch.step(order) == "assigned"
    assert branch.messages(order) == ["question-ack"]
    assert branch.tasks(order=order) == {"answer-question": "2026-03-09"}
    assert branch.refused(order, "answer", "fenxi", text="买入", r_level="3") == "active-recommendation"
    branch.do(order, "answer", "fenxi", text="市场概况", r_level="0")
    assert branch.step(order) == "answered"
    branch.at("2026-03-09 18:01")
    assert branch.run(order) == "closed"
    branch.at("2026-03-16 09:30")
    branch.do(order, "reopen", "zuoxi", text="还有一问")
    assert branch.tasks(order=order) == {"answer-question": "2026-03-16"}


def test_s16_a_forbidden_question_is_declined(branch: Branch, client: int) -> None:
    order = asked(branch, client)
    branch.do(order, "decline", "fenxi", reason="guaranteed_return")
    assert branch.step(order) == "declined"
    assert "question-declined" in branch.messages(order)


LINES = (
    "product=债基 r_level=2 invest_class=fixed_income weight={a}; "
    "product=股基 r_level={r} invest_class=equity weight={b}"
)


def test_a_plan_is_drafted_reviewed_by_another_and_looked_through(branch: Branch, client: int) -> None:
    order = branch.open("personal-plan", client, "wanglei", goal="养老", amount="100000", horizon_days="3650")
    branch.do(order, "accept", "wanglei")
    assert branch.refused(order, "submit", "fenxi", lines=LINES.format(a=6000, b=3999, r=2)) == "plan-weights"
    assert branch.refused(order, "submit", "fenxi", lines=LINES.format(a=6000, b=4000, r=3)) == "plan-mismatch"
    branch.do(order, "submit", "fenxi", lines=LINES.format(a=6000, b=4000, r=2))
    branch.do(order, "approve", "yanlei", opinion="同意")
    branch.do(order, "client-changes", "wanglei")
    branch.do(order, "submit", "fenxi", lines=LINES.format(a=6000, b=4000, r=2))
    branch.do(order, "approve", "yanlei", opinion="同意")
    branch.do(order, "client-accepts", "wanglei")
    branch.at("2026-06-03 23:00")
    assert branch.run(order) == "active"
    branch.at("2026-06-04 00:00")
    assert branch.run(order) == "reviewing"
    branch.do(order, "confirm", "fenxi", note="维持")
    branch.at("2026-09-02 09:00")
    assert branch.run(order) == "reviewing"


def test_a_plan_needs_a_full_file(branch: Branch, client: int) -> None:
    other = branch.client("空档", "80070002", opened="2020-01-01")
    order = branch.open("personal-plan", other, "wanglei", goal="养老", amount="1", horizon_days="1")
    assert branch.refused(order, "accept", "wanglei") == "plan-profile-incomplete"
    assert date(2026, 3, 6) == branch.order(order).opened_at.date()


@pytest.mark.parametrize(
    ("score", "step", "ends"),
    [pytest.param(20, "reviewing", None, id="another level"), pytest.param(30, "active", "2028-03-06", id="the same")],
)
def test_a_new_assessment_is_felt_by_the_plan(
    branch: Branch, client: int, score: int, step: str, ends: str | None
) -> None:
    order = branch.open("personal-plan", client, "wanglei", goal="养老", amount="100000", horizon_days="3650")
    branch.do(order, "accept", "wanglei")
    branch.do(order, "submit", "fenxi", lines=LINES.format(a=6000, b=4000, r=2))
    branch.do(order, "approve", "yanlei", opinion="同意")
    branch.do(order, "client-accepts", "wanglei")
    with branch.shop.write("assess") as tx:
        enter(branch.shop, tx, client, score, kinds=["equity"], max_term_days=365)
    assert branch.step(order) == step
    if ends is not None:
        assert branch.anchor(order, "assessment_ends") == date.fromisoformat(ends)
