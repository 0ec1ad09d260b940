"""Sale contract (买卖合同) with everything that may branch off it: a child of a subscription.

Source: realestate.md section 4.10.
"""

from __future__ import annotations

from typing import Any

from serviceflow.api import ANY, Action, Case, Do, Flow, Guard, Link, Refuse, T, Verdict, plain

from serviceflow_realestate import delivery, facts, roles, tell
from serviceflow_realestate.flows import buyback, default, discount, payments, performance, postsign, signing
from serviceflow_realestate.flows.contract_steps import BEFORE_SIGN, IN_FORCE

ALLOWED = (*tell.ALLOWED_WHILE_BLOCKED, "receive-payment")


def blocking(key: str, flow: str, **more: Any) -> Link:
    """Return the link to a child that blocks the contract."""
    return Link(key, flow, blocks_in=ANY, refuses=ANY, allows=ALLOWED, said=tell.BLOCKED, **more)


def _one_handover(case: Case, form: object) -> Verdict:
    for order in case.children("handover", open_only=True):
        return Refuse(
            T("{number} is open already.", zh="{number} 已在办理。").of(number=order.number),
            plain(f"flow do {order.number}"),
        )
    return None


def start_handover(case: Case, form: object) -> None:
    """The project hands over: the unit's turn has come."""
    case.open_child("handover")


def start_title(case: Case, form: object) -> None:
    """The unit is delivered: the deed is next, the unit's order stands at the contract desk."""
    case.open_child("title", {"delivered_on": delivery.delivered_on(case) or case.today})


RE_CONTRACT = Flow(
    key="re-contract",
    version=1,
    title=T("Sale contract", zh="买卖合同"),
    series="CON-{n:04}",
    alone=False,
    facts=facts.of_order,
    anchors=("signing_at", "signed_on", "handover_on", "filed_on", "next_due", "last_due", "reprice_until"),
    steps=(*signing.STEPS, *performance.STEPS),
    actions=(
        *signing.ACTIONS,
        *payments.ACTIONS,
        *performance.ACTIONS,
        Action("reckon", T("Reckoned anew", zh="重新核算"), (*BEFORE_SIGN, *IN_FORCE), auto=True, when=tell.never),
        Action(
            "request-discount",
            T("Extra discount", zh="额外优惠"),
            IN_FORCE,
            by=(roles.AGENT, roles.ASSISTANT),
            form=discount.Ask,
            guards=(discount.ASKABLE,),
            effects=(Do(discount.open_discount),),
        ),
        Action(
            "request-change",
            T("Change", zh="变更"),
            IN_FORCE,
            by=(roles.AGENT, roles.MANAGER, roles.LEGAL),
            form=postsign.Ask,
            guards=(postsign.ASKABLE,),
            effects=(Do(postsign.open_change),),
        ),
        Action(
            "request-buyback",
            T("Buyback", zh="回购"),
            (*IN_FORCE, "closed"),
            by=(roles.AGENT, roles.MANAGER, roles.LEGAL, roles.MORTGAGES),
            form=buyback.Ask,
            guards=(buyback.ASKABLE,),
            effects=(Do(buyback.open_buyback),),
        ),
        Action(
            "open-default",
            T("Default", zh="违约"),
            IN_FORCE,
            by=(roles.LEGAL, roles.MANAGER),
            form=default.Open,
            guards=(default.ONE_EACH,),
            effects=(Do(default.open_default),),
        ),
        Action(
            "open-handover",
            T("Open handover", zh="开始交楼"),
            ("paid-up",),
            by=(roles.PROPERTY, roles.MANAGER),
            guards=(Guard("one-handover", _one_handover, early=True),),
            effects=(Do(start_handover),),
        ),
        Action(
            "handed-before",
            T("Handed over before", zh="此前已交楼"),
            ("paid-up",),
            "delivered",
            auto=True,
            when=lambda case: delivery.delivered_on(case) is not None,
        ),
        Action(
            "title-begins",
            T("Title begins", zh="开始办证"),
            ("delivered",),
            auto=True,
            when=lambda case: not case.children("title"),
            effects=(Do(start_title),),
        ),
        *tell.common(),
    ),
    links=(
        Link("mortgage", "re-mortgage"),
        Link("dunning", "re-dunning"),
        Link("discount", "re-discount"),
        blocking("postsign", "re-postsign"),
        blocking("buyback", "re-buyback"),
        blocking("default", "re-default"),
        Link("late-title", "re-default"),
        Link("handover", "re-handover", ends={"done": "delivered", "deemed": "delivered"}),
        Link("title", "re-title", ends={"handed": "title-handed"}),
        Link("complaint", "re-complaint"),
    ),
)
