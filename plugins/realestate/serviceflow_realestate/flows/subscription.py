"""Subscription letter (认购书), inventory control, deposit. Source: realestate.md section 4.6."""

from __future__ import annotations

from serviceflow.api import ANY, Flow, Grace, Link, T

from serviceflow_realestate import facts, tell
from serviceflow_realestate.flows import awaiting, deposits, reserving
from serviceflow_realestate.flows.subscription_steps import PAID

GRACE = Grace("realestate.reject_grace_days", ("signing_deadline", "full_price_deadline"))
RE_SUBSCRIPTION = Flow(
    key="re-subscription",
    version=1,
    title=T("Subscription", zh="认购"),
    series="SUB-{n:04}",
    steps=(*reserving.STEPS, *awaiting.STEPS),
    actions=(*reserving.ACTIONS, *awaiting.ACTIONS, deposits.correct_in(*PAID), *tell.common()),
    facts=facts.of_order,
    anchors=("hold_until", "deposit_on", "notice_on", "signing_deadline", "first_deadline", "full_price_deadline"),
    links=(
        Link(
            "delay",
            "re-delay",
            blocks_in=("verifying", "applying", "deciding", "executing"),
            refuses=ANY,
            allows=tell.ALLOWED_WHILE_BLOCKED,
            wake={"replying": GRACE},
            said=tell.BLOCKED,
        ),
        Link("discount", "re-discount"),
        Link(
            "presign",
            "re-presign",
            blocks_in=ANY,
            refuses=ANY,
            allows=tell.ALLOWED_WHILE_BLOCKED,
            ends={"done": "change-done"},
            wake={"rejected": GRACE},
            said=tell.BLOCKED,
        ),
        Link(
            "contract",
            "re-contract",
            blocks_in=("objection", "countersign"),
            refuses=("discount-lapse",),
            wake={"first-payment": GRACE},
        ),
        Link("replacement", "re-subscription"),
        Link("complaint", "re-complaint"),
    ),
)
