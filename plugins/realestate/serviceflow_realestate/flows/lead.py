"""Calls, visits, reception, follow-up (接待客户). Source: realestate.md section 4.3."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Flow, Link, Order, Refused, Shop, T, plain, table_of

from serviceflow_realestate import facts, nurturing, tell
from serviceflow_realestate.flows import lead_following, lead_visits
from serviceflow_realestate.reception import ANSWER_BY

RE_LEAD = Flow(
    key="re-lead",
    version=1,
    title=T("Lead", zh="客户接待"),
    series="LD-{n:05}",
    facts=facts.of_order,
    anchors=("visit_at", "protected_on", ANSWER_BY),
    open_key=lambda case: f"re-lead/{case.order.customer_id}",
    links=(
        Link("subscription", "re-subscription", ends={"lapsed": "subscription-failed"}),
        Link("complaint", "re-complaint"),
    ),
    steps=(*lead_visits.STEPS, *lead_following.STEPS),
    actions=(*lead_visits.ACTIONS, *lead_following.ACTIONS, *tell.common(nurturing.entrust)),
)


def live_lead(tx: Any, customer_id: int) -> Order | None:
    """Return the lead of a customer: the open one, else the newest."""
    table = table_of(Order)
    found = tx.all(Order, table.c.flow == "re-lead", table.c.customer_id == customer_id, order_by=[table.c.id])
    return next((o for o in found if o.closed_at is None), found[-1] if found else None)


def lead_of(shop: Shop, customer: int) -> int:
    """Return the lead of a customer.

    Raises:
        Refused: There is none.
    """
    with shop.reading() as tx:
        lead = live_lead(tx, customer)
    if lead is None or lead.id is None:
        raise Refused(
            T("This customer has no lead yet.", zh="该客户尚无接待记录。"),
            plain("flow re call PHONE"),
            ref="re.no-lead",
        )
    return lead.id
