"""Callbacks of the year: a share of the clients active at last year-end is called back. Source: brokerage.md 5.5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from serviceflow.api import Customer, Shop, Tx, instant_of, table_of
from sqlalchemy import func, select

from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.contact import BrokerCallback
from serviceflow_brokerage.tables.segments import BrokerRun, BrokerSegmentChange, BrokerSegmentState


@dataclass(frozen=True, slots=True)
class ToCall:
    """A client who was not called back yet."""

    customer_id: int
    client_no: str | None
    name: str
    segment: str | None
    value_score: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the callbacks of a year are: of ``base`` clients ``called`` were, ``needed`` at least."""

    year: int
    base: int
    called: int
    needed: int
    uncalled: list[ToCall]


def note_callback(
    tx: Tx, customer_id: int, at: datetime, *, satisfied: int | None = None, order_id: int | None = None
) -> BrokerCallback:
    """Write down a callback that went well."""
    return tx.add(
        BrokerCallback(customer_id=customer_id, order_id=order_id, staff_id=tx.staff_id, at=at, satisfied=satisfied)
    )


def check_ok(identity_ok: bool, risks_told: bool, no_proxy_trading: bool) -> None:
    """Refuse to call a callback well that has not confirmed everything; raises `Refused` (``callback-not-ok``)."""
    if not (identity_ok and risks_told and no_proxy_trading):
        raise refused("callback-not-ok")


def coverage(shop: Shop, tx: Tx, year: int) -> Coverage:
    """Return how far the callbacks of a year are, and whom to call next: most valuable first, then by sequence."""
    base = _active_before(tx, year)
    callbacks = table_of(BrokerCallback)
    first = instant_of(date(year, 1, 1), time(0), shop.zone)
    end = instant_of(date(year + 1, 1, 1), time(0), shop.zone)
    made = select(callbacks.c.customer_id).where(callbacks.c.at >= first, callbacks.c.at < end)
    called = {customer for (customer,) in tx.rows(made)} & base
    needed = -(-len(base) * shop.setting("broker.annual_callback_bp") // 10_000)
    return Coverage(year, len(base), len(called), needed, _uncalled(tx, base - called))


def _active_before(tx: Tx, year: int) -> set[int]:
    """Return the clients whom the last segment run of the year before has placed, but not among the dormant."""
    runs, changes = table_of(BrokerRun), table_of(BrokerSegmentChange)
    last = tx.scalar(
        select(func.max(runs.c.id)).where(
            runs.c.kind == "segment", runs.c.state == "done",
            runs.c.as_of.between(date(year - 1, 1, 1), date(year - 1, 12, 31)),
        )
    )  # fmt: skip
    if last is None:
        return set()
    newest: Any = func.row_number().over(partition_by=changes.c.customer_id, order_by=changes.c.id.desc())
    placed = (
        select(changes.c.customer_id, changes.c.new, newest.label("place"))
        .where(changes.c.subject == "segment", changes.c.run_id <= last)
        .subquery()
    )
    there = placed.c.new.is_not(None) & (placed.c.new != "dormant")
    return {c for (c,) in tx.rows(select(placed.c.customer_id).where(placed.c.place == 1, there))}


def _uncalled(tx: Tx, customers: set[int]) -> list[ToCall]:
    clients, people, states = table_of(BrokerClient), table_of(Customer), table_of(BrokerSegmentState)
    query = (
        select(clients.c.customer_id, clients.c.client_no, people.c.name, states.c.segment, states.c.value_score)
        .join(people, people.c.id == clients.c.customer_id)
        .outerjoin(states, states.c.customer_id == clients.c.customer_id)
        .where(clients.c.status != "closed")
        .order_by(func.coalesce(states.c.value_score, 0).desc(), clients.c.client_seq)
    )
    return [
        ToCall(customer, number, name, segment, score or 0)
        for customer, number, name, segment, score in tx.rows(query)
        if customer in customers
    ]
