"""Suitability: scenarios S7 and S8 of brokerage.md section 10, and the check item by item."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from serviceflow.api import MessageRow, Refused, Staff, StaffRole, table_of
from serviceflow_brokerage.feed.kinds import KINDS
from serviceflow_brokerage.feed.load import load_file
from serviceflow_brokerage.people import assessment_at
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.renewals import decide, enter, remind_of_end
from serviceflow_brokerage.suitability import assess, scored
from serviceflow_brokerage.tables.products import BrokerProduct, BrokerQuestionnaire, BrokerSuitability

WANTED = {"product": "P4", "amount": "600000", "initiated_by": "client", "channel": "onsite"}


def sun(branch: Branch, birthday: str = "1956-03-10") -> int:
    """孙建国 of S7 and the product he wants."""
    client = branch.client("孙建国", "80030001", opened="2020-01-01", birthday=birthday)
    branch.account(client, "10030001", "2020-01-01")
    branch.assessed(client, 3, "2025-06-01", "2027-06-01", kinds="mixed,equity", term=1095)
    branch.product("P4", 4, "mixed", term_days=1095)
    return client


def row(branch: Branch, order: int) -> BrokerSuitability:
    with branch.shop.reading() as tx:
        return tx.need(BrokerSuitability, order)


def insisted(branch: Branch, **wanted: str) -> int:
    branch.at("2026-03-10 10:00")
    order = branch.open("suitability", sun(branch), "wanglei", **{**WANTED, **wanted})
    branch.at("2026-03-10 10:05")
    branch.do(order, "client-insists", "wanglei", statement_ref="ST1")
    return order


def test_s7_client_insists(branch: Branch) -> None:
    branch.at("2026-03-10 10:00")
    order = branch.open("suitability", sun(branch), "wanglei", **WANTED)
    assert branch.step(order) == "mismatched"
    assert row(branch, order).failing == ["risk"]
    branch.at("2026-03-10 10:05")
    branch.do(order, "client-insists", "wanglei", statement_ref="ST1")
    assert row(branch, order).letter_no == "JS2026-00001"
    branch.at("2026-03-11 10:04")
    paper = {"recording_ref": "R1", "witness": "周宁"}
    assert branch.refused(order, "sign-letter", "wanglei", **paper) == "cooling-not-over"
    branch.at("2026-03-11 10:05")
    assert branch.refused(order, "sign-letter", "wanglei", recording_ref="R1") == "witness-missing"
    assert branch.refused(order, "sign-letter", "wanglei", witness="周宁") == "recording-missing"
    branch.do(order, "sign-letter", "wanglei", **paper)
    assert branch.step(order) == "approval"
    branch.sign(order, "hegui")
    assert branch.step(order) == "approval"
    branch.at("2026-03-12 10:00")
    branch.sign(order, "fuze")
    assert branch.step(order) == "cleared"
    branch.at("2026-03-13 10:00")
    assert branch.refused(order, "execute", "zhouning", amount="620000") == "amount-over-letter"
    branch.do(order, "execute", "zhouning", amount="600000")
    assert branch.step(order) == "executed"
    assert branch.tasks(order=order) == {"suit-callback": "2026-03-20"}


def test_s7_a_letter_may_be_signed_up_to_its_last_minute_and_then_lapses(branch: Branch) -> None:
    order = insisted(branch)
    branch.at("2026-03-20 18:00")
    assert branch.run(order) == "warning"
    branch.do(order, "sign-letter", "wanglei", recording_ref="R1", witness="周宁")
    assert branch.step(order) == "approval"


def test_a_letter_that_nobody_signs_lapses(branch: Branch) -> None:
    order = insisted(branch)
    branch.at("2026-03-20 18:01")
    assert branch.run(order) == "lapsed"
    assert row(branch, order).letter_state == "void"


def test_one_rejection_ends_the_order(branch: Branch) -> None:
    order = insisted(branch)
    branch.at("2026-03-11 10:05")
    branch.do(order, "sign-letter", "wanglei", recording_ref="R1", witness="周宁")
    branch.sign(order, "fuze", approve=False, opinion="年龄过高")
    assert branch.step(order) == "refused"
    assert "suit-refused" in branch.messages(order)


def test_a_match_that_has_changed_sends_the_order_back(branch: Branch) -> None:
    """5.4 is run again on the day of the deal; a higher R-level than on the letter is another product."""
    branch.at("2026-03-10 10:00")
    client = sun(branch, "1990-01-01")
    order = branch.open("suitability", client, "wanglei", **{**WANTED, "amount": "1000"})
    branch.do(order, "client-insists", "wanglei", statement_ref="ST1")
    branch.at("2026-03-11 10:00")
    branch.do(order, "sign-letter", "wanglei", recording_ref="R1")
    branch.sign(order, "hegui")
    with branch.shop.write("level") as tx:
        tx.change(tx.need(BrokerProduct, "P4"), r_level=5)
    branch.do(order, "execute", "zhouning", amount="1000")
    assert branch.step(order) == "mismatched"


@pytest.mark.parametrize(
    ("r_level", "wanted", "profile", "step", "reason"),
    [
        pytest.param(2, {}, {"lowest": True, "level": 1}, "refused", "lowest-no-insist", id="lowest, R2"),
        pytest.param(1, {}, {"lowest": True, "level": 1}, "matched", "", id="lowest, R1"),
        pytest.param(0, {}, {"level": 1, "expires": "2026-03-10"}, "matched", "plain", id="plain facts"),
        pytest.param(3, {}, {"level": 3, "expires": "2026-03-11"}, "matched", "", id="last valid day"),
        pytest.param(3, {}, {"level": 3, "expires": "2026-03-10"}, "requested", "risk-expired", id="first invalid day"),
        pytest.param(4, {"initiated_by": "staff"}, {"level": 3}, "refused", "active-recommendation", id="staff, R4"),
        pytest.param(5, {}, {"professional": True}, "matched", "professional", id="professional"),
    ],
)
def test_s8_hard_refusals(
    branch: Branch, r_level: int, wanted: dict[str, str], profile: dict[str, object], step: str, reason: str
) -> None:
    branch.at("2026-03-10 10:00")
    professional = {"investor_class": "professional", "professional_until": date(2026, 3, 10)}
    more = professional if profile.get("professional") else {}
    client = branch.client("王小妹", "80030002", opened="2020-01-01", **more)
    branch.product("P4", r_level)
    if "level" in profile:
        expires = str(profile.get("expires", "2027-01-01"))
        branch.assessed(client, int(str(profile["level"])), "2024-03-10", expires, lowest=bool(profile.get("lowest")))
    order = branch.open("suitability", client, "wanglei", **{**WANTED, **wanted})
    assert (branch.step(order), row(branch, order).reason) == (step, reason)
    assert ("risk-renew" in branch.messages(order)) is (step == "requested")


@pytest.mark.parametrize(("assets", "step"), [("499,999.99", "refused"), ("500,000.00", "matched")])
def test_s8_access_conditions_hold_for_professionals_too(branch: Branch, assets: str, step: str) -> None:
    branch.at("2026-03-10 10:00")
    client = branch.client(
        "高远", "80030003", opened="2020-01-01", investor_class="professional", professional_until=date(2030, 1, 1)
    )
    branch.snapshot(branch.account(client, "10030003", "2020-01-01"), "2026-03-09", assets)
    branch.product("P4", 4, min_assets=50_000_000)
    order = branch.open("suitability", client, "wanglei", **WANTED)
    assert branch.step(order) == step


def test_assessments_are_limited_and_a_raise_after_a_mismatch_waits(branch: Branch) -> None:
    order = insisted(branch)
    client = row(branch, order).customer_id
    given = {"day": date(2026, 3, 11), "kinds": ["equity"], "max_term_days": 100}
    with branch.shop.write("assess") as tx:
        first = assess(tx, branch.shop.setting, client, 54, **given)
        second = assess(tx, branch.shop.setting, client, 53, **given)
        assert (first.level, first.state, second.level, second.state) == (4, "pending_review", 3, "current")
        assert second.expires_on == date(2028, 3, 11)
        with pytest.raises(Refused) as refused:
            assess(tx, branch.shop.setting, client, 50, **given)
    assert refused.value.ref == "retake-limit"


def executed(branch: Branch, r_level: int = 3) -> int:
    """A client of level 3 who holds P4; returns the client."""
    branch.at("2026-03-10 10:00")
    client = branch.client("王小妹", "80030002", opened="2020-01-01", owner="wanglei", phone="13800000001")
    branch.product("P4", r_level)
    branch.assessed(client, 3, "2025-06-01", "2027-06-01")
    order = branch.open("suitability", client, "wanglei", **WANTED)
    branch.do(order, "confirm-match", "wanglei", confirm_ref="Q1")
    branch.do(order, "execute", "zhouning", amount="100")
    assert branch.step(order) == "completed"
    return client


def told(branch: Branch, client: int) -> list[str]:
    messages = table_of(MessageRow)
    with branch.shop.reading() as tx:
        found = tx.all(MessageRow, messages.c.customer_id == client, messages.c.order_id.is_(None))
    return [f"{m.template} {m.facts['r']} {m.facts['c']}" for m in found]


@pytest.mark.parametrize(
    ("to", "expected"),
    [pytest.param(4, ["level-changed R4 C3"], id="raised above him"), pytest.param(3, [], id="still within")],
)
def test_a_product_whose_level_is_raised_is_told_to_those_who_hold_it(
    branch: Branch, tmp_path: Path, to: int, expected: list[str]
) -> None:
    client = executed(branch, 2)
    file = tmp_path / "products.csv"
    file.write_text(f"code,name,r_level,invest_class\nP4,P4,{to},equity\n", "utf-8")
    load_file(branch.shop, "products", KINDS["products"](), file, replace=True)
    assert told(branch, client) == expected
    assert branch.tasks(customer=client) == ({"level-changed": "2026-03-13"} if expected else {})
    with branch.shop.reading() as tx:
        assert tx.need(BrokerProduct, "P4").levels == [["2026-03-10", to]]


def test_a_lower_level_of_the_client_is_told_too(branch: Branch) -> None:
    client = executed(branch)
    with branch.shop.write("assess") as tx:
        enter(branch.shop, tx, client, 36, kinds=["equity"], max_term_days=100)
    assert told(branch, client) == ["level-changed R3 C2"]


def test_a_raised_level_waits_for_a_second_person_of_compliance(branch: Branch) -> None:
    order = insisted(branch)
    client = row(branch, order).customer_id
    branch.staff("hegui")
    with branch.shop.write("assess") as tx:
        made = enter(branch.shop, tx, client, 54, kinds=["equity"], max_term_days=100)
    assert branch.tasks(customer=client)["risk-review"] == "2026-03-12"
    with branch.shop.write("approve") as tx, pytest.raises(Refused) as refused:
        decide(branch.shop, tx, made.id or 0, counts=True)
    assert refused.value.ref == "four-eyes"
    with branch.shop.write("staff") as tx:
        other = tx.add(Staff(login="second", name="二人"))
        tx.add(StaffRole(staff_id=other.id or 0, role="compliance"))
    branch.shop.staff_id = other.id
    with branch.shop.write("approve") as tx:
        assert decide(branch.shop, tx, made.id or 0, counts=True).state == "current"
        found = assessment_at(tx, client, date(2026, 3, 10))
    assert found is not None
    assert found.level == 4
    assert "risk-review" not in branch.tasks(customer=client)


def test_reminders_before_an_assessment_ends_go_out_unless_it_is_renewed(branch: Branch) -> None:
    branch.at("2026-05-01 08:00")
    one = branch.client("赵一", "80030004", opened="2020-01-01", phone="13800000001")
    two = branch.client("钱二", "80030005", opened="2020-01-01", phone="13800000002")
    branch.assessed(one, 3, "2024-06-01", "2026-06-01")
    branch.assessed(two, 3, "2024-06-01", "2026-06-01")
    branch.assessed(two, 3, "2025-06-01", "2027-06-01")
    made = {}
    for day in ("2026-05-01", "2026-05-02", "2026-05-25"):
        with branch.shop.write("nightly") as tx:
            made[day] = remind_of_end(branch.shop, tx, date.fromisoformat(day))
    assert made == {"2026-05-01": 0, "2026-05-02": 1, "2026-05-25": 1}
    with branch.shop.write("assess") as tx:
        enter(branch.shop, tx, one, 50, kinds=["equity"], max_term_days=100)
    with branch.shop.reading() as tx:
        assert {m.state for m in tx.all(MessageRow)} == {"cancelled"}


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        pytest.param({}, (100, False), id="the most of all makes 100"),
        pytest.param({"loss": "X"}, (90, True), id="unwilling to bear any loss"),
        pytest.param({"capacity": "X", "age": "A"}, (82, True), id="no full capacity"),
    ],
)
def test_answers_are_scored_by_the_shipped_questionnaire(
    branch: Branch, chosen: dict[str, str], expected: tuple[int, bool]
) -> None:
    with branch.shop.reading() as tx:
        questionnaire = tx.need(BrokerQuestionnaire, 1)
    best = {question["key"]: "D" for question in questionnaire.questions}
    assert scored(questionnaire, {**best, **chosen}) == expected
    with pytest.raises(Refused):
        scored(questionnaire, {**best, "age": "Z"})
