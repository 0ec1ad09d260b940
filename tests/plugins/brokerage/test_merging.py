"""Two customers who are one: section 5.11 of brokerage.md."""

from __future__ import annotations

from datetime import date

import pytest
from serviceflow.api import Customer, Refused, set_consent
from serviceflow.engine.merges import merge
from serviceflow.engine.operations import undo
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.segment.run import segment_run
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerClient
from serviceflow_brokerage.tables.contact import BrokerCampaign, BrokerCampaignEvent, BrokerCampaignMember
from serviceflow_brokerage.tables.segments import BrokerSegmentState
from serviceflow_brokerage.topics import subscribe, subscriptions, unsubscribe


def two(branch: Branch) -> tuple[int, int]:
    """A prospect and a client, both with a file and topics; the client is in segment general."""
    prospect = branch.client("钱新", income="high", occupation="教师", source_kind="bank")
    client = branch.client("钱新", "80090001", opened="2020-01-01", occupation="医生")
    branch.snapshot(branch.account(client, "10090001", "2020-01-01"), "2026-03-01", "1.00", trades=1)
    with branch.shop.write("topics") as tx:
        subscribe(tx, prospect, "weekly", date(2026, 3, 1))
        unsubscribe(tx, prospect, "brief", date(2026, 3, 1))
        subscribe(tx, client, "brief", date(2026, 3, 1))
        start = {"start": date(2026, 3, 1), "end": date(2026, 3, 9)}
        tx.add(BrokerCampaign(code="C1", campaign_seq=1, name="C1", kind="education", goal="trade", **start))
        for customer in (prospect, client):
            member = tx.add(BrokerCampaignMember(campaign="C1", customer_id=customer, status="targeted"))
            assert member.id is not None
            tx.add(BrokerCampaignEvent(member_id=member.id, kind="click", at=tx.now))
    branch.at("2026-03-03 20:00")
    segment_run(branch.shop)
    return prospect, client


@pytest.mark.parametrize("client_stays", [True, False], ids=["into the client", "into the prospect"])
def test_a_prospect_and_a_client_become_one(branch: Branch, client_stays: bool) -> None:
    prospect, client = two(branch)
    kept, gone = (client, prospect) if client_stays else (prospect, client)
    done = merge(branch.shop, gone, kept)
    with branch.shop.reading() as tx:
        (found,) = tx.all(BrokerClient)
        topics = {s.topic: s.state for s in subscriptions(tx, kept)}
        (member,) = [m for m in tx.all(BrokerCampaignMember) if m.campaign == "C1"]
        events = [e.member_id for e in tx.all(BrokerCampaignEvent)]
        assert tx.all(BrokerAccount)[0].customer_id == kept
        (state,) = tx.all(BrokerSegmentState)
    assert (found.customer_id, found.client_no, found.status, found.client_seq) == (kept, "80090001", "active", 2)
    occupation = "医生" if client_stays else "教师"
    assert (found.income, found.occupation, found.source_kind) == ("high", occupation, "bank")
    assert topics == {"weekly": "active", "brief": "opted_out"}
    assert (member.customer_id, member.id, events) == (kept, 1, [1, 1])
    assert (state.customer_id, state.segment) == (kept, "general")
    assert done is not None
    undo(branch.shop, done)
    with branch.shop.reading() as tx:
        files = {c.customer_id: c.client_no for c in tx.all(BrokerClient)}
        assert len(tx.all(BrokerCampaignMember)) == 2
    assert files == {prospect: None, client: "80090001"}


def test_two_clients_stay_two(branch: Branch) -> None:
    one = branch.client("钱新", "80090001", opened="2020-01-01")
    two_ = branch.client("钱新", "80090002", opened="2020-01-01")
    with pytest.raises(Refused) as refused:
        merge(branch.shop, two_, one)
    assert refused.value.sentence.to("en") == "Both are clients, cannot merge"


def test_a_customer_without_a_file_takes_the_other_ones(branch: Branch) -> None:
    prospect = branch.client("钱新", income="high")
    with branch.shop.write("customer") as tx:
        plain = tx.add(Customer(name="钱新", created_at=tx.now))
        set_consent(tx, plain, "marketing", True)
    assert plain.id is not None
    merge(branch.shop, prospect, plain.id)
    with branch.shop.reading() as tx:
        assert [(c.customer_id, c.income) for c in tx.all(BrokerClient)] == [(plain.id, "high")]
