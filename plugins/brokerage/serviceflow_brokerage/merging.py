"""Two customers who are one: one client file of two, opt-outs that win, one place in a campaign. Source: 5.11."""

from __future__ import annotations

from typing import Any, Final

from serviceflow.api import Customer, T, Tx, table_of

from serviceflow_brokerage.people import file_of
from serviceflow_brokerage.refusals import TEXTS
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.contact import BrokerCampaignEvent, BrokerCampaignMember, BrokerSubscription
from serviceflow_brokerage.tables.segments import (
    BrokerDimensionValue,
    BrokerFeature,
    BrokerLabel,
    BrokerSegmentChange,
    BrokerSegmentState,
)

IDENTITY: Final = frozenset(
    {
        "rv", "customer_id", "client_seq", "client_no", "status", "kind", "id_type", "id_last4", "id_hash",
        "id_valid_until", "opened_on", "closed_on", "investor_class", "professional_until",
    }
)  # fmt: skip
"""What a client file has from the client of the two; the rest is told, and what KEEP has told wins."""
PLACED: Final = (BrokerFeature, BrokerSegmentState, BrokerDimensionValue, BrokerLabel)


def reasons_against(tx: Tx, kept: Customer, gone: Customer) -> list[T]:
    """Return why two customers cannot become one: both are clients."""
    files = [file_of(tx, customer.id) for customer in (kept, gone)]
    both = all(found is not None and found.client_no is not None for found in files)
    return [TEXTS["merge-two-clients"]] if both else []


def make_one(tx: Tx, kept: Customer, gone: Customer) -> None:
    """Make one of what both customers have of the branch."""
    assert kept.id is not None
    assert gone.id is not None
    _files(tx, kept.id, gone.id)
    _topics(tx, kept.id, gone.id)
    _memberships(tx, kept.id, gone.id)


def _files(tx: Tx, kept: int, gone: int) -> None:
    mine, other = file_of(tx, kept), file_of(tx, gone)
    if other is None:
        return
    base = other if mine is None or (other.client_no is not None and mine.client_no is None) else mine
    values: dict[str, Any] = {c.name: getattr(base, c.name) for c in table_of(BrokerClient).c}
    for told in (other, mine):
        for name in values.keys() - IDENTITY if told is not None else ():
            said = getattr(told, name)
            if said and not (name == "source_kind" and said == "other"):
                values[name] = said
    for found in (mine, other):
        if found is not None:
            tx.remove(found)
    tx.add(BrokerClient(**values | {"customer_id": kept, "rv": 1}))
    if base is other:
        _follow(tx, kept, gone)


def _follow(tx: Tx, kept: int, gone: int) -> None:
    """Move what the last run has said of the client."""
    for model in PLACED:
        table = table_of(model)
        for row in tx.all(model, table.c.customer_id == gone):
            tx.remove(row)
            tx.add(model(**{c.name: getattr(row, c.name) for c in table.c} | {"customer_id": kept}))
    changes = table_of(BrokerSegmentChange)
    for change in tx.all(BrokerSegmentChange, changes.c.customer_id == gone):
        tx.change(change, customer_id=kept)


def _topics(tx: Tx, kept: int, gone: int) -> None:
    topics = table_of(BrokerSubscription)
    mine = {s.topic: s for s in tx.all(BrokerSubscription, topics.c.customer_id == kept)}
    for left in tx.all(BrokerSubscription, topics.c.customer_id == gone, topics.c.state == "opted_out"):
        found = mine.get(left.topic)
        if found is not None and found.state != "opted_out":
            tx.change(found, state="opted_out", run_id=None)


def _memberships(tx: Tx, kept: int, gone: int) -> None:
    """Keep the earlier of two places in one campaign, with what happened in both."""
    members, events = table_of(BrokerCampaignMember), table_of(BrokerCampaignEvent)
    mine = {m.campaign: m for m in tx.all(BrokerCampaignMember, members.c.customer_id == kept)}
    for left in tx.all(BrokerCampaignMember, members.c.customer_id == gone):
        found = mine.get(left.campaign)
        if found is None or found.id is None or left.id is None:
            continue
        earlier, later = (left, found) if left.id < found.id else (found, left)
        for event in tx.all(BrokerCampaignEvent, events.c.member_id == later.id):
            tx.change(event, member_id=earlier.id)
        tx.remove(later)
        if earlier is left:
            tx.change(left, customer_id=kept)
