"""The nine flows of the branch. Source: brokerage.md section 4."""

from __future__ import annotations

from serviceflow.api import Flow

from serviceflow_brokerage.flows import (
    agreement,
    closing,
    offer,
    opening,
    plan,
    question,
    retention,
    settlement,
    suitability,
)

FLOWS: tuple[Flow, ...] = (
    opening.FLOW,
    suitability.FLOW,
    offer.FLOW,
    retention.FLOW,
    closing.FLOW,
    agreement.FLOW,
    settlement.FLOW,
    plan.FLOW,
    question.FLOW,
)
