"""A signed contract: filing, pick-up, performance, delivery, its end. Source: realestate.md section 4.10."""

from __future__ import annotations

from datetime import date

from serviceflow.api import (
    NOW,
    STAY,
    Action,
    Case,
    Do,
    Form,
    Guard,
    Message,
    Step,
    T,
    Task,
    Verdict,
    days,
    text,
)

from serviceflow_realestate import defaults, fields, group, ledger, roles, tell
from serviceflow_realestate.flows import discount
from serviceflow_realestate.flows.contract_steps import BEFORE_SIGN, IN_FORCE
from serviceflow_realestate.papers import paper
from serviceflow_realestate.schedule import SEND
from serviceflow_realestate.tables import ReDeal


class File(Form):
    filing_no: str = text(T("Filing number", zh="备案号"), longest=60)
    filed_on: date = fields.past_day(T("Filed on", zh="备案日期"), default_today=True)


class PickUp(Form):
    picked_on: date = fields.past_day(T("Picked up on", zh="领取日期"), default_today=True)
    receiver: str = text(T("Receiver", zh="领取人"), longest=80)


def _filed_in_order(case: Case, form: File) -> Verdict:
    return fields.not_before(form.filed_on, case.anchor_day("signed_on"), T("contract date", zh="合同日期"))


def _picked_up_in_order(case: Case, form: PickUp) -> Verdict:
    return fields.not_before(form.picked_on, case.anchor_day("filed_on"), T("filing date", zh="备案日期"))


def picked_up(case: Case, form: PickUp) -> None:
    paper(case, "RE-CONTRACT", receiver=form.receiver)


def filed(case: Case, form: File) -> None:
    case.tx.change(case.own(ReDeal), filing_no=form.filing_no)
    case.set_anchor("filed_on", form.filed_on)
    paper(case, "RE-CONTRACT")


def not_noticed(case: Case) -> bool:
    """Return whether no handover notice has gone out."""
    return not any(case.again(order=o).done("send-notice") for o in case.children("handover"))


def ended(case: Case, form: object) -> None:
    """End what hangs on a contract that is no more: messages, dunning, mortgage."""
    reason = T("the contract has ended", zh="合同已终止")
    case.cancel_messages(reason=reason)
    for link in ("dunning", "mortgage", "handover", "title"):
        for order in case.children(link, open_only=True):
            child = case.again(order=order)
            if "contract-ended" in child.flow.by_action:
                child.act("contract-ended")
    discount.void_open(case)


def reprice_default(case: Case, form: object) -> None:
    defaults.open_once(case, "customer", "mortgage-docs", "not paid after repricing")


FILING = days("realestate.filing_days", after="signed_on")


PICKUP = days("realestate.pickup_remind_days")

STEPS = (
    Step(
        "filing",
        T("Filing", zh="送国土局备案"),
        roles.CONTRACTS,
        limit=FILING,
        on_path=True,
        entry=(
            Task("file-contract", T("File contract", zh="合同备案"), roles.CONTRACTS, FILING, closed_by=("file",)),
            Message("re-contract-signed", NOW),
        ),
    ),
    Step(
        "pickup",
        T("Pick up", zh="领取备案合同"),
        roles.CONTRACTS,
        limit=PICKUP,
        on_path=True,
        entry=(
            tell.today("re-pickup"),
            Message("re-pickup", days("realestate.pickup_remind_days", at=SEND)),
            Task(
                "call-for-pickup",
                T("Call customer", zh="致电客户领取"),
                tell.AGENT_OF_ORDER,
                PICKUP,
                closed_by=("archive",),
            ),
        ),
    ),
    Step("performing", T("Performing", zh="履约收款"), roles.FINANCE, limit=days(0, after="last_due"), on_path=True),
    Step("paid-up", T("Paid up", zh="房款结清"), roles.AGENT, limit=days(0, after="handover_on"), on_path=True),
    Step("delivered", T("Delivered", zh="已交楼"), roles.CONTRACTS, on_path=True),
    Step("closed", T("Closed", zh="完结"), final=True, on_path=True),
    Step("unsigned", T("Not signed", zh="未签"), final=True),
    Step("terminated", T("Terminated", zh="已解除"), final=True),
    Step("superseded", T("Superseded", zh="已重签"), final=True),
)
ACTIONS = (
    Action(
        "file",
        T("File", zh="备案"),
        ("filing",),
        "pickup",
        by=(roles.CONTRACTS,),
        form=File,
        guards=(Guard("filed-order", _filed_in_order),),
        effects=(Do(filed),),
    ),
    Action(
        "filing-late",
        T("Filing overdue", zh="备案逾期"),
        ("filing",),
        STAY,
        at=FILING,
        effects=(tell.alert("filing-late", T("Filing of {no} is overdue", zh="{no} 备案逾期"), roles.MANAGER),),
    ),
    Action(
        "archive",
        T("Picked up, archived", zh="领取归档"),
        ("pickup",),
        "performing",
        by=(roles.CONTRACTS,),
        form=PickUp,
        effects=(Do(picked_up),),
        guards=(Guard("picked-up-order", _picked_up_in_order),),
    ),
    Action(
        "reprice-unpaid",
        T("Not paid after repricing", zh="重签后未付清"),
        (*BEFORE_SIGN, "filing", "pickup", "performing"),
        STAY,
        at=days(0, after="reprice_until"),
        when=lambda case: case.order.step in BEFORE_SIGN or ledger.outstanding(case) > 0,
        effects=(Do(reprice_default),),
    ),
    Action("all-paid", T("Paid up", zh="结清"), ("performing",), "paid-up", auto=True, when=ledger.all_paid),
    Action(
        "handover-missed",
        T("Handover late", zh="逾期交楼"),
        ("filing", "pickup", "performing", "paid-up"),
        STAY,
        at=days(0, after="handover_on"),
        when=not_noticed,
        effects=(
            tell.alert(
                "handover-late",
                T("The handover date of {no} has passed", zh="{no} 已过交楼日期"),
                roles.LEGAL,
                roles.MANAGER,
            ),
        ),
    ),
    Action(
        "delivered",
        T("Delivered", zh="已交楼"),
        ("paid-up",),
        "delivered",
        auto=True,
        when=tell.never,
        effects=(Do(group.look_again),),
    ),
    Action("title-handed", T("Title handed over", zh="已办证"), ("delivered",), "closed", auto=True, when=tell.never),
    Action(
        "terminate",
        T("Terminate", zh="解除"),
        (*IN_FORCE, "closed"),
        "terminated",
        auto=True,
        when=tell.never,
        effects=(Do(ended), Do(group.look_again)),
        outcome="terminated",
    ),
    Action(
        "supersede",
        T("Supersede", zh="重签"),
        IN_FORCE,
        "superseded",
        auto=True,
        when=tell.never,
        effects=(Do(ended), Do(group.look_again)),
        outcome="superseded",
    ),
)
