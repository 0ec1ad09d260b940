"""The contract with everything that may branch off it. Source: realestate.md section 4.10."""

from __future__ import annotations

from serviceflow.api import Action, Case, Do, Flow, Link, T

from serviceflow_realestate import facts, roles
from serviceflow_realestate.flows import buyback, contract, default, postsign
from serviceflow_realestate.flows.contract import IN_FORCE, blocking


def start_handover(case: Case, form: object) -> None:
    """The project hands over: the unit's turn has come."""
    case.open_child("handover")


def start_title(case: Case, form: object) -> None:
    """The unit is delivered: the deed is next, the unit's order stands at the contract desk."""
    child = case.again(order=case.children("handover")[-1])
    case.open_child("title", {"delivered_on": child.anchor_day("delivered_on") or case.today})


RE_CONTRACT = Flow(
    key="re-contract",
    version=1,
    title=T("Sale contract", zh="买卖合同"),
    series="CON-{n:04}",
    alone=False,
    facts=facts.of_order,
    anchors=("signing_at", "signed_on", "handover_on", "filed_on", "next_due", "last_due", "reprice_until"),
    steps=contract.STEPS,
    actions=contract.actions(
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
            effects=(Do(start_handover),),
        ),
        Action(
            "title-begins",
            T("Title begins", zh="开始办证"),
            ("delivered",),
            auto=True,
            when=lambda case: bool(case.children("handover")) and not case.children("title"),
            effects=(Do(start_title),),
        ),
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
