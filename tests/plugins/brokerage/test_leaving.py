"""Clients who leave: scenarios S10 and S14 of brokerage.md section 10."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from serviceflow.api import Order, Refused, table_of
from serviceflow_brokerage.rehearsal import SHANGHAI, Branch
from serviceflow_brokerage.segment.run import segment_run
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerClient
from serviceflow_brokerage.tables.products import BrokerClosing, BrokerPersonalPlan, BrokerRateOffer
from serviceflow_brokerage.tables.segments import BrokerSegmentChange
from serviceflow_brokerage.topics import subscribe, subscriptions

from tests.plugins.walks import remembered

YES = {"identity_ok": "yes", "holdings_zero": "yes", "unsettled_zero": "yes", "debt_zero": "yes", "not_frozen": "yes"}


@pytest.fixture
def rich(branch: Branch) -> int:
    return core(branch)


@remembered
def core(branch: Branch) -> int:
    """A client of segment core, owner 王磊."""
    branch.at("2026-03-02 10:00")
    client = branch.client("郑富", "80050001", opened="2020-01-01", owner="wanglei")
    account = branch.account(client, "10050001", "2020-01-01")
    branch.snapshot(account, "2026-03-01", "1,000,000.00")
    segment_run(branch.shop)
    return client


def contacting(branch: Branch, client: int) -> int:
    order = branch.open("retention", client, "wanglei")
    branch.do(order, "take", "wanglei")
    return order


def test_s10_retention_three_attempts(branch: Branch, rich: int) -> None:
    order = contacting(branch, rich)
    branch.at("2026-03-03 10:00")
    branch.do(order, "no-answer", "wanglei", channel="phone")
    assert branch.refused(order, "no-answer", "wanglei", channel="phone") == "attempt-same-day"
    for day in ("04", "05"):
        branch.at(f"2026-03-{day} 10:00")
        branch.do(order, "no-answer", "wanglei", channel="phone")
    assert branch.step(order) == "unreachable"
    assert branch.messages(order) == ["unreachable-letter"]
    assert branch.tasks(order=order) == {"retry-client": "2026-06-03"}


@pytest.mark.parametrize(("assets", "step"), [("900,000.00", "kept"), ("899,999.99", "lost")])
def test_s10_retention_observed(branch: Branch, rich: int, assets: str, step: str) -> None:
    order = contacting(branch, rich)
    branch.at("2026-03-03 10:00")
    branch.do(order, "reached", "wanglei", channel="phone", summary="嫌佣金高")
    branch.at("2026-03-04 10:00")
    branch.do(order, "set-reason", "wanglei", reason="fee")
    branch.do(order, "offer-accepted", "wanglei", remedies="commission_offer")
    assert branch.step(order) == "observing"
    assert branch.tasks(order=order)["care-call"] == "2026-04-03"
    with branch.shop.reading() as tx:
        (child,) = tx.all(Order, table_of(Order).c.parent_id == order)
        offer = tx.need(BrokerRateOffer, child.id)
    assert (child.flow, child.step, offer.rate, offer.reason) == (
        "broker.commission-offer", "drafted", 150, "retention",
    )  # fmt: skip
    branch.snapshot(1, "2026-04-30", assets)
    branch.at("2026-05-02 23:00")
    assert branch.run(order) == "observing"
    branch.at("2026-05-03 09:00")
    assert branch.run(order) == step


def test_only_one_retention_of_a_client_is_open(branch: Branch, rich: int) -> None:
    contacting(branch, rich)
    with pytest.raises(Refused) as refused:
        branch.open("retention", rich, "wanglei")
    assert refused.value.ref == "retention-open"


@pytest.mark.parametrize(
    ("fields", "ref"),
    [
        pytest.param({"remedies": "coffee"}, "unknown", id="no such remedy"),
        pytest.param({"remedies": "commission_offer", "new_rate": "300"}, "rate-not-lower", id="not lower"),
        pytest.param({"remedies": "commission_offer", "new_rate": "79"}, "rate-below-cost", id="below cost"),
        pytest.param({"remedies": "commission_offer", "account": "1"}, "account-not-open", id="no such account"),
    ],
)
def test_a_remedy_that_cannot_be_is_not_promised(branch: Branch, rich: int, fields: dict[str, str], ref: str) -> None:
    order = contacting(branch, rich)
    branch.do(order, "reached", "wanglei", channel="phone", summary="嫌佣金高")
    branch.do(order, "set-reason", "wanglei", reason="fee")
    assert branch.refused(order, "offer-accepted", "wanglei", **fields) == ref


def test_a_plan_as_remedy_is_a_child_order_and_a_complaint_goes_to_the_branch_manager(
    branch: Branch, rich: int
) -> None:
    order = contacting(branch, rich)
    branch.do(order, "reached", "wanglei", channel="phone", summary="不满")
    branch.do(order, "set-reason", "wanglei", reason="complaint", detail="电话没人接")
    assert branch.tasks(order=order)["complaint"] == "2026-03-03"
    branch.do(order, "offer-accepted", "wanglei", remedies="personal_plan,question", horizon_days="730")
    with branch.shop.reading() as tx:
        (child,) = tx.all(Order, table_of(Order).c.parent_id == order)
        plan = tx.need(BrokerPersonalPlan, child.id)
    assert (child.flow, plan.horizon_days, plan.amount) == ("broker.personal-plan", 730, 100_000_000)


def closing(branch: Branch, client: int) -> int:
    branch.at("2026-03-06 10:00")
    asked = {"account": "10050001", "kind": "close", "reason": "搬家", "channel": "phone"}
    return branch.open("account-closing", client, "zhouning", **asked)


def test_s14_closing(branch: Branch, rich: int) -> None:
    retention = contacting(branch, rich)
    with branch.shop.write("subscribe") as tx:
        subscribe(tx, rich, "weekly", date(2026, 3, 1))
    order = closing(branch, rich)
    with pytest.raises(Refused) as refused:
        closing(branch, rich)
    assert refused.value.ref.endswith("close-duplicate")
    branch.do(order, "check", "zhouning", **{**YES, "debt_zero": "no"})
    assert branch.step(order) == "blocked"
    with branch.shop.reading() as tx:
        assert tx.need(BrokerClosing, order).open_items == ["debt_zero"]
    branch.at("2026-03-10 10:00")
    branch.do(order, "resolved", "zhouning", note="已还款")
    branch.do(order, "check", "zhouning", **YES)
    assert branch.step(order) == "talk"
    branch.at("2026-03-12 09:00")
    assert branch.run(order) == "processing"
    entered = branch.order(order).entered_at.astimezone(SHANGHAI)
    assert entered == datetime(2026, 3, 11, 18, 0, tzinfo=SHANGHAI)
    assert branch.tasks(order=order)["close-account"] == "2026-03-13"
    branch.at("2026-03-13 10:00")
    branch.do(order, "confirm-closed", "wutao", closed_on="2026-03-13")
    with branch.shop.reading() as tx:
        assert tx.all(BrokerAccount)[0].closed_on == date(2026, 3, 13)
        assert tx.need(BrokerClient, rich).status == "closed"
        assert {s.topic: s.state for s in subscriptions(tx, rich)} == dict.fromkeys(
            ["brief", "sector", "stock", "weekly"], "ended"
        )
    assert branch.step(retention) == "lost"
    assert branch.tasks(customer=rich) == {}
    segment_run(branch.shop)
    with branch.shop.reading() as tx:
        last = tx.all(BrokerSegmentChange, order_by=[table_of(BrokerSegmentChange).c.id])[-1]
    assert (last.old, last.new, last.rule_id) == ("core", None, "left")


def test_s14_a_client_who_stays_is_observed(branch: Branch, rich: int) -> None:
    order = closing(branch, rich)
    branch.do(order, "check", "zhouning", **YES)
    branch.do(order, "client-stays", "wanglei", summary="愿意再看看")
    assert branch.step(order) == "withdrawn"
    with branch.shop.reading() as tx:
        made = tx.one(Order, table_of(Order).c.flow == "broker.retention")
    assert made is not None
    assert made.step == "observing"


def test_a_transfer_may_leave_holdings(branch: Branch, rich: int) -> None:
    branch.at("2026-03-06 10:00")
    asked = {"account": "10050001", "kind": "transfer", "reason": "搬家", "channel": "phone"}
    order = branch.open("account-closing", rich, "zhouning", **asked)
    branch.do(order, "check", "zhouning", **{**YES, "holdings_zero": "no"})
    assert branch.step(order) == "talk"


def test_a_blocked_closing_lapses(branch: Branch, rich: int) -> None:
    order = closing(branch, rich)
    branch.do(order, "check", "zhouning", **{**YES, "holdings_zero": "no"})
    branch.at("2026-04-05 18:00")
    assert branch.run(order) == "blocked"
    branch.at("2026-04-05 18:01")
    assert branch.run(order) == "lapsed"


def test_a_client_who_stays_while_a_retention_is_open_gets_no_second_one(branch: Branch, rich: int) -> None:
    retention = contacting(branch, rich)
    order = closing(branch, rich)
    branch.do(order, "check", "zhouning", **YES)
    branch.do(order, "client-stays", "wanglei", summary="留下")
    with branch.shop.reading() as tx:
        found = tx.all(Order, table_of(Order).c.flow == "broker.retention")
    assert [(o.id, o.step) for o in found] == [(retention, "contacting")]
    assert branch.step(order) == "withdrawn"
