"""Campaigns: section 5.7 and scenario S11 of brokerage.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from serviceflow.api import Customer, FlowError, MarketingCap, MessageRow, StaffRole, TaskRow, set_consent, table_of
from serviceflow.engine.tasks import finish_task
from serviceflow_brokerage.campaign import events, life
from serviceflow_brokerage.campaign.events import OPTED_OUT
from serviceflow_brokerage.campaign.measures import Measures, Share, measure
from serviceflow_brokerage.campaign.members import counted, is_control, marketing_cap, places
from serviceflow_brokerage.rehearsal import SHANGHAI, Branch
from serviceflow_brokerage.segment.run import segment_run
from serviceflow_brokerage.tables.clients import BrokerClient, BrokerComplaint
from serviceflow_brokerage.tables.contact import BrokerCampaign, BrokerCampaignMember
from serviceflow_brokerage.tables.segments import BrokerSegmentState, BrokerServicePlan

GENERAL = {"all": [{"field": "segment", "op": "eq", "value": "general"}]}
PLAIN = {
    "kind": "education", "target": GENERAL, "channels": ["sms"], "feedback": ["reply"], "start": date(2026, 3, 10),
    "end": date(2026, 3, 20), "control_pct": 0, "goal": "trade",
}  # fmt: skip


def client(branch: Branch, number: str, *, phone: bool = True, consent: bool = True, level: int = 3) -> int:
    made = branch.client(
        f"客户{number}", number, opened="2020-01-01", owner="wanglei", phone=f"138000{number[-5:]}" if phone else ""
    )
    account = branch.account(made, f"A{number}", "2020-01-01")
    branch.snapshot(account, "2026-03-01", "1,000.00", trades=1)
    branch.assessed(made, level, "2025-06-01", "2027-06-01")
    if consent:
        said(branch, made, True)
    return made


def said(branch: Branch, customer: int, given: bool) -> None:
    with branch.shop.write("consent") as tx:
        set_consent(tx, tx.need(Customer, customer), "marketing", given)


def complains(branch: Branch, customer: int) -> None:
    with branch.shop.write("complaint") as tx:
        task = tx.add(TaskRow(title_en="Complaint", title_zh="投诉", due_at=tx.now, made_at=tx.now, stays=True))
        assert task.id is not None
        tx.add(BrokerComplaint(customer_id=customer, task_id=task.id, category="service", text="慢", at=tx.now))


def marketed(branch: Branch, customer: int, *days: str) -> None:
    with branch.shop.write("messages") as tx:
        for day in days:
            at = datetime.fromisoformat(f"{day} 10:00").replace(tzinfo=SHANGHAI)
            tx.add(
                MessageRow(
                    rule="brokerage:campaign", template="campaign", purpose="marketing", channel="sms",
                    customer_id=customer, due_at=at, sent_at=at, state="sent", made_at=at, stays=True,
                    occurrence=f"{customer}/{day}",
                )
            )  # fmt: skip


def with_campaign(branch: Branch, by: str, work: Callable[..., object], code: str = "C1", *more: object) -> None:
    branch.staff(by)
    with branch.shop.write("campaign") as tx:
        work(branch.shop, tx, life.campaign_of(tx, code), *more)


def drafted(branch: Branch, code: str = "C1", **changed: object) -> None:
    branch.staff("yingxiao")
    with branch.shop.write("campaign new") as tx:
        life.draft(branch.shop, tx, code, "春季投教", **{**PLAIN, **changed})


def approved(branch: Branch, *signers: str) -> None:
    with_campaign(branch, "yingxiao", life.submit)
    for login in signers or ("fuze",):
        with_campaign(branch, login, life.approve)


def refusal(work: Callable[[], object]) -> str:
    with pytest.raises(FlowError) as no:
        work()
    return no.value.ref


def campaign(branch: Branch, code: str = "C1") -> BrokerCampaign:
    with branch.shop.reading() as tx:
        return tx.need(BrokerCampaign, code)


def measured(branch: Branch, channel: str | None = None) -> Measures:
    with branch.shop.reading() as tx:
        return measure(branch.shop, tx, life.campaign_of(tx, "C1"), channel)


def log(branch: Branch, customer: int, kind: str, at: str, content: str = "", **more: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=SHANGHAI)
    if branch.clock.now() < moment:
        branch.clock.set(moment)
    with branch.shop.write("campaign log") as tx:
        events.record(branch.shop, tx, life.campaign_of(tx, "C1"), customer, kind, moment, content, **more)


def test_s11_campaign(branch: Branch) -> None:
    branch.at("2026-03-09 20:00")
    branch.product("P3", 3)
    eight = {letter: client(branch, f"800000{n}0", phone=letter != "b") for n, letter in enumerate("abcdefgh", 1)}
    for letter in "cd":
        complains(branch, eight[letter])
    said(branch, eight["c"], False)
    marketed(branch, eight["g"], "2026-02-09", "2026-02-20", "2026-03-01", "2026-03-09")
    marketed(branch, eight["h"], "2026-02-08", "2026-02-20", "2026-03-01", "2026-03-09")
    branch.assessed(eight["e"], 2, "2026-01-05", "2028-01-05")
    branch.assessed(eight["f"], 3, "2026-01-05", "2026-03-10")
    with branch.shop.write("suspend") as tx:
        tx.change(tx.need(BrokerClient, eight["a"]), status="suspended")
    segment_run(branch.shop)
    drafted(branch, product="P3", feedback=[])
    assert refusal(lambda: with_campaign(branch, "yingxiao", life.submit)) == "campaign-no-feedback"
    with_campaign(branch, "yingxiao", life.revise, "C1", {"feedback": ["reply"]})
    with_campaign(branch, "yingxiao", life.submit)
    with_campaign(branch, "fuze", life.approve)
    assert campaign(branch).state == "submitted"
    with_campaign(branch, "hegui", life.approve)
    assert refusal(lambda: with_campaign(branch, "yingxiao", life.start)) == "too-early"
    branch.at("2026-03-10 10:00")
    with_campaign(branch, "yingxiao", life.start)
    with branch.shop.reading() as tx:
        members = {m.customer_id: (m.status, m.reason) for m in tx.all(BrokerCampaignMember)}
    excluded = [
        "not-active",
        "no-contact-point",
        "opted-out",
        "open-complaint",
        "suitability",
        "suitability",
        "frequency-cap",
    ]
    assert [members[eight[letter]] for letter in "abcdefg"] == [("excluded", reason) for reason in excluded]
    assert members[eight["h"]] == ("targeted", "")
    log(branch, eight["h"], "sent", "2026-03-10 10:00")
    log(branch, eight["h"], "reply", "2026-03-10 10:42", "想了解")
    assert branch.tasks(customer=eight["h"])["campaign-reply"] == "2026-03-11"
    log(branch, eight["h"], "staff_response", "2026-03-11 10:42")
    assert "campaign-reply" not in branch.tasks(customer=eight["h"])
    found = measured(branch)
    assert (found.response, found.two_way, found.feedback_minutes) == (Share(1, 1), Share(1, 1), 42)


@pytest.mark.parametrize(
    ("answered", "two_way"), [("2026-03-11 10:42", Share(1, 1)), ("2026-03-11 10:43", Share(0, 1))]
)
def test_s11_an_answer_counts_within_a_day_inclusive(branch: Branch, answered: str, two_way: Share) -> None:
    branch.at("2026-03-10 09:00")
    one = client(branch, "80000010")
    segment_run(branch.shop)
    drafted(branch)
    approved(branch)
    with_campaign(branch, "yingxiao", life.start)
    log(branch, one, "sent", "2026-03-10 10:00")
    log(branch, one, "reply", "2026-03-10 10:42")
    log(branch, one, "staff_response", answered)
    assert measured(branch).two_way == two_way


def test_the_plan_of_the_segment_caps_marketing_of_every_trade(branch: Branch) -> None:
    """Section 5.11: where several plugins know a cap the smaller counts; this one answers for its clients only."""
    branch.at("2026-03-10 09:00")
    one, two = client(branch, "80000010"), client(branch, "80000020")
    segment_run(branch.shop)
    with branch.shop.write("plan") as tx:
        stranger = tx.add(Customer(name="路人", created_at=tx.now))
        plan = tx.need(BrokerServicePlan, tx.need(BrokerSegmentState, one).segment)
        tx.change(plan, max_marketing_30d=2)
        caps = [marketing_cap(branch.shop, tx, c) for c in (tx.need(Customer, one), tx.need(Customer, two), stranger)]
    assert caps == [MarketingCap(2, 30), MarketingCap(2, 30), None]


@pytest.mark.parametrize(
    ("client_seq", "campaign_seq", "pct", "control"),
    [
        pytest.param(1, 1, 0, False, id="no control group"),
        pytest.param(1, 1, 92, False, id="lot 92 is not below 92"),
        pytest.param(1, 1, 93, True, id="lot 92 is below 93"),
        pytest.param(44488, 1, 24, (44488 * 48271 + 69621) % 2147483647 % 100 < 24, id="beyond the modulus"),
    ],
)
def test_the_lot_of_the_control_group(client_seq: int, campaign_seq: int, pct: int, control: bool) -> None:
    assert is_control(client_seq, campaign_seq, pct) is control


def test_measures_with_a_control_group(branch: Branch) -> None:
    branch.at("2026-03-10 09:00")
    clients = [client(branch, f"80000{n:03}") for n in range(100, 112)]
    segment_run(branch.shop)
    drafted(branch, control_pct=40, budget=100_00)
    approved(branch)
    with_campaign(branch, "yingxiao", life.start)
    with branch.shop.reading() as tx:
        place = {m.customer_id: m.status for m in tx.all(BrokerCampaignMember)}
    targeted = [c for c in clients if place[c] == "targeted"]
    control = [c for c in clients if place[c] == "control"]
    assert (len(targeted), len(control)) == (7, 5)
    assert set(messages(branch)) == set(targeted)
    for n, one in enumerate(targeted[:4]):
        log(branch, one, "sent", "2026-03-10 10:00")
        log(branch, one, "click", f"2026-03-10 10:0{n}")
    log(branch, targeted[0], "delivered", "2026-03-10 10:05")
    log(branch, targeted[1], "reply", "2026-03-10 11:00", " td ")
    log(branch, targeted[2], "play", "2026-04-03 23:59")
    log(branch, targeted[3], "play", "2026-04-04 00:00")
    accounts = {customer: n for n, customer in enumerate(clients, 1)}
    branch.snapshot(accounts[targeted[0]], "2026-04-09", "1.00", trades=1)
    branch.snapshot(accounts[targeted[1]], "2026-04-10", "1.00", trades=1)
    branch.snapshot(accounts[targeted[6]], "2026-03-11", "1.00", trades=1)
    branch.snapshot(accounts[control[0]], "2026-03-10", "1.00", trades=1)
    found = measured(branch)
    assert found.reach == Share(1, 7)
    assert found.response == Share(4, 7)
    assert (found.inbound, found.responders, found.feedback_minutes) == (5, 4, 1)
    assert found.opt_out == Share(1, 7)
    assert (found.conversion, found.control) == (Share(1, 7), Share(1, 5))
    assert found.lift_bp == 1428 - 2000
    assert found.cost_per_response == 2500
    assert found.two_way == Share(0, 0)


def messages(branch: Branch) -> dict[int | None, str]:
    table = table_of(MessageRow)
    with branch.shop.reading() as tx:
        return {m.customer_id: m.state for m in tx.all(MessageRow, table.c.template == "campaign")}


def test_a_client_who_opts_out_gets_nothing_more(branch: Branch) -> None:
    branch.at("2026-03-10 09:00")
    one, two = client(branch, "80000010"), client(branch, "80000020")
    segment_run(branch.shop)
    drafted(branch)
    approved(branch)
    with_campaign(branch, "yingxiao", life.start)
    log(branch, one, "reply", "2026-03-10 09:00", "退订")
    assert messages(branch) == {one: "cancelled", two: "planned"}
    drafted(branch, "C2")
    with branch.shop.write("try", dry_run=True) as tx:
        found = places(branch.shop, tx, life.campaign_of(tx, "C2"), date(2026, 3, 10))
    assert counted(found) == {"targeted": 1, "control": 0, "opted-out": 1}
    with_campaign(branch, "yingxiao", life.cancel, "C1", "预算取消")
    assert messages(branch) == {one: "cancelled", two: "cancelled"}
    with branch.shop.reading() as tx:
        told = {m.customer_id: m.trail[-1][1:] for m in tx.all(MessageRow)}
    assert told == {
        one: ["cancelled", "", {"words": OPTED_OUT.both()}],
        two: ["cancelled", "", {"words": life.CANCELLED.both()}],
    }


def test_the_days_close_and_evaluate_a_campaign(branch: Branch) -> None:
    branch.at("2026-03-10 09:00")
    client(branch, "80000010")
    segment_run(branch.shop)
    drafted(branch)
    approved(branch)
    with_campaign(branch, "yingxiao", life.start)
    states = []
    for day in ("2026-03-20", "2026-03-21", "2026-04-19", "2026-04-20"):
        with branch.shop.write("advance") as tx:
            life.advance(branch.shop, tx, date.fromisoformat(day))
        states.append(campaign(branch).state)
    assert states == ["running", "closed", "closed", "evaluated"]


@pytest.mark.parametrize(
    ("act", "by", "ref"),
    [
        pytest.param(life.approve, "yingxiao", "core.role", id="a campaign manager does not sign"),
        pytest.param(life.approve, "hegui", "core.role", id="compliance is not asked without a product"),
        pytest.param(life.start, "yingxiao", "campaign-state", id="not started before it is signed"),
        pytest.param(life.close, "yingxiao", "campaign-state", id="not closed before it runs"),
        pytest.param(life.submit, "yingxiao", "campaign-state", id="not submitted twice"),
    ],
)
def test_what_a_submitted_campaign_refuses(branch: Branch, act: Callable[..., object], by: str, ref: str) -> None:
    branch.at("2026-03-10 09:00")
    drafted(branch)
    with_campaign(branch, "yingxiao", life.submit)
    assert refusal(lambda: with_campaign(branch, by, act)) == ref


def test_nobody_signs_his_own_campaign_and_a_returned_one_is_a_draft_again(branch: Branch) -> None:
    branch.at("2026-03-10 09:00")
    drafted(branch)
    with_campaign(branch, "yingxiao", life.submit)
    with branch.shop.write("roles") as tx:
        tx.add(StaffRole(staff_id=branch.ids["yingxiao"], role="branch-manager"))
    assert refusal(lambda: with_campaign(branch, "yingxiao", life.approve)) == "four-eyes"
    with branch.shop.reading() as tx:
        (task,) = tx.all(TaskRow, table_of(TaskRow).c.rule == life.APPROVE)
    branch.staff("fuze")
    assert refusal(lambda: finish_task(branch.shop, task.id or 0, "同意")) == "core.task-finisher"
    with_campaign(branch, "fuze", life.hand_back, "C1", "目标过宽")
    assert (campaign(branch).state, campaign(branch).note) == ("draft", "目标过宽")
    with branch.shop.reading() as tx:
        task = tx.need(TaskRow, task.id)
    assert (task.state, task.reason) == ("cancelled", str(life.RETURNED))


def test_a_campaign_nobody_is_left_for_does_not_start(branch: Branch) -> None:
    branch.at("2026-03-10 09:00")
    client(branch, "80000010", consent=False)
    segment_run(branch.shop)
    drafted(branch)
    approved(branch)
    assert refusal(lambda: with_campaign(branch, "yingxiao", life.start)) == "campaign-empty"
    assert campaign(branch).state == "approved"


def test_prospects_are_won_by_their_file_alone(branch: Branch) -> None:
    branch.at("2026-03-10 09:00")
    prospect = branch.client("钱新", phone="13700000001", source_kind="bank")
    known = client(branch, "80000010")
    with branch.shop.write("source") as tx:
        tx.change(tx.need(BrokerClient, known), source_kind="bank")
    said(branch, prospect, True)
    segment_run(branch.shop)
    bank = {"all": [{"field": "source_kind", "op": "eq", "value": "bank"}]}
    drafted(branch, kind="acquisition", target=bank, goal="open_account")
    with branch.shop.write("try", dry_run=True) as tx:
        found = places(branch.shop, tx, life.campaign_of(tx, "C1"), date(2026, 3, 10))
    assert {p.client.customer_id: p.reason or p.status for p in found} == {prospect: "targeted", known: "not-active"}


def test_answers_of_a_survey_fill_the_file(branch: Branch) -> None:
    branch.at("2026-03-10 09:00")
    one = client(branch, "80000010", consent=False)
    segment_run(branch.shop)
    questions = [life.Question("income", "收入?", ("low", "mid", "high"), "income")]
    branch.staff("yingxiao")
    with branch.shop.write("new") as tx:
        life.draft(
            branch.shop, tx, "C1", "客户调查", questions,
            **{**PLAIN, "kind": "survey", "goal": "survey", "feedback": ["survey"]},
        )  # fmt: skip
    approved(branch)
    with_campaign(branch, "yingxiao", life.start)
    log(branch, one, "sent", "2026-03-10 10:00")
    log(branch, one, "answer", "2026-03-10 10:05", "mid", question="income")
    with branch.shop.reading() as tx:
        assert tx.need(BrokerClient, one).income == "mid"
    assert measured(branch).conversion == Share(1, 1)
    assert (
        refusal(lambda: log(branch, one, "answer", "2026-03-10 10:06", "rich", question="income")) == "broker.campaign"
    )
