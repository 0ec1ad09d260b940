"""Topics a client receives: those of his segment's plan and those of his own choice. Source: brokerage.md 5.5, 5.14."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from serviceflow.api import Tx, table_of

from serviceflow_brokerage.tables.contact import BrokerSubscription
from serviceflow_brokerage.tables.segments import BrokerServicePlan


def subscriptions(tx: Tx, customer_id: int) -> list[BrokerSubscription]:
    """Return all topics of a client, also those ended or opted out of."""
    return tx.all(BrokerSubscription, table_of(BrokerSubscription).c.customer_id == customer_id)


def subscribe_plan(tx: Tx, customer_id: int, segment: str, day: date) -> None:
    """Give a client who enters a segment the topics of its plan, and end those of the plan before.

    His own choices stay, and what he has opted out of is never added again.
    """
    plan = tx.get(BrokerServicePlan, segment)
    wanted = plan.topics if plan is not None else []
    known = {s.topic: s for s in subscriptions(tx, customer_id)}
    for topic in wanted:
        found = known.get(topic)
        if found is None:
            tx.add(BrokerSubscription(customer_id=customer_id, topic=topic, since=day))
        elif found.state == "ended":
            tx.change(found, state="active", origin="plan", since=day, run_id=None)
    for topic, found in known.items():
        if found.origin == "plan" and found.state == "active" and topic not in wanted:
            tx.change(found, state="ended", run_id=None)


def subscribe(tx: Tx, customer_id: int, topic: str, day: date, codes: Sequence[str] = (), channel: str = "") -> None:
    """Let a client choose a topic himself, with his own watch list."""
    table = table_of(BrokerSubscription)
    found = tx.one(BrokerSubscription, table.c.customer_id == customer_id, table.c.topic == topic)
    if found is None:
        tx.add(
            BrokerSubscription(
                customer_id=customer_id, topic=topic, origin="client", codes=list(codes), channel=channel, since=day
            )
        )
        return
    tx.change(
        found, origin="client", state="active", codes=list(codes), channel=channel or found.channel, since=day,
        run_id=None,
    )  # fmt: skip


def unsubscribe(tx: Tx, customer_id: int, topic: str, day: date) -> bool:
    """Let a client opt out of a topic, also of one no plan has given him yet; returns whether that is new."""
    table = table_of(BrokerSubscription)
    found = tx.one(BrokerSubscription, table.c.customer_id == customer_id, table.c.topic == topic)
    if found is None:
        tx.add(BrokerSubscription(customer_id=customer_id, topic=topic, origin="client", state="opted_out", since=day))
        return True
    if found.state == "opted_out":
        return False
    tx.change(found, state="opted_out", run_id=None)
    return True


def end_all(tx: Tx, customer_id: int) -> None:
    """End every topic of a client who has closed."""
    for found in subscriptions(tx, customer_id):
        if found.state == "active":
            tx.change(found, state="ended", run_id=None)
