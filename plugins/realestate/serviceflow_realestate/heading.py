"""What stands on every paper of an order. Source: realestate.md section 6."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Case, T

from serviceflow_realestate import agreement, facts, tell
from serviceflow_realestate.tables import ReUnit


def common(case: Case) -> dict[str, Any]:
    """Return what stands on every paper of an order: project, customer, unit, agent."""
    where = facts.project(case)
    deal = agreement.find_deal(case)
    return {
        "project": T(where.name_en, zh=where.name_zh) if where is not None else "",
        "customer": case.customer.name if case.order.customer_id is not None else "",
        "order_no": case.order.number,
        "unit": case.tx.need(ReUnit, deal.unit_id).unit_no if deal is not None else "",
        "agent": tell.agent_name(case),
        "phone": tell.agent_phone(case),
    }
