"""A subscription from the deposit to the contract: briefing, deadlines, lateness. Source: realestate.md section 4.6."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from serviceflow.api import (
    NOW,
    STAY,
    Action,
    Case,
    Choose,
    Do,
    Form,
    Guard,
    Message,
    Moment,
    Need,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    day,
    days,
    moment,
    must_be_yes,
    number,
    plain,
    text,
)

from serviceflow_realestate import agreement, facts, fields, first_payment, inventory, roles, tell
from serviceflow_realestate.flows import change, discount, presign
from serviceflow_realestate.flows import delay as delaying
from serviceflow_realestate.flows.subscription_steps import SIGNING, step
from serviceflow_realestate.papers import paper
from serviceflow_realestate.tables import ReDeal, ReUnit


class Seal(Form):
    copies: int = number(T("Copies", zh="份数"), least=1, most=99)


def _deposit_day(context: Any) -> date | None:
    return context.anchor_day("deposit_on") if isinstance(context, Case) else None


class Brief(Form):
    notice_date: date = day(T("Notice date", zh="告知日期"), default=_deposit_day)
    undertaking_signed: bool = must_be_yes(
        T("Purchase undertaking signed", zh="购房承诺函已签"),
        T("The purchase undertaking must be signed", zh="须签订购房承诺函"),
    )
    parking_note: str | None = text(T("Parking note", zh="车位说明"), required=False)


class BookSigning(Form):
    at: datetime = moment(T("Signing at", zh="签约时间"))


class Restore(Form):
    new_deadline: date = day(T("New deadline", zh="新签约期限"))
    reason: str = text(T("Reason", zh="原因"))


def _copies(case: Case, form: Seal) -> Verdict:
    wanted = case.number("realestate.subscription_copies")
    if form.copies == wanted:
        return None
    return Refuse(
        T("{n} copies are needed, not {m}.", zh="须 {n} 份, 不是 {m} 份。").of(n=wanted, m=form.copies),
        plain(f"flow do {{here}} seal-and-distribute copies={wanted}"),
    )


def _notice_in_order(case: Case, form: Brief) -> Verdict:
    deposit = case.anchor_day("deposit_on")
    if form.notice_date > case.today:
        return Refuse(
            T("{date} is in the future.", zh="{date} 是将来的日期。").of(date=form.notice_date.isoformat()),
            plain("flow do {here} brief-customer notice_date=today"),
        )
    return fields.not_before(form.notice_date, deposit, T("deposit", zh="定金日期"))


def _before_deadline(case: Case, form: BookSigning) -> Verdict:
    last = facts.deadline(case)
    if last is None or case.day(form.at) <= last:
        return None
    return Refuse(
        T("Signing must be booked by {deadline}; ask for a delay.", zh="须在 {deadline} 前签约, 可申请延期。").of(
            deadline=last.isoformat()
        ),
        plain("flow do {here} request-delay"),
    )


def _restorable(case: Case, form: Restore) -> Verdict:
    last = case.today + timedelta(days=case.number("realestate.delay_max_days"))
    if form.new_deadline < case.today or form.new_deadline > last:
        return Refuse(
            T("The new deadline must lie between {a} and {b}.", zh="新期限须在 {a} 与 {b} 之间。").of(
                a=case.today.isoformat(), b=last.isoformat()
            ),
            plain(f"flow do {{here}} restore new_deadline={last.isoformat()}"),
        )
    return Need(roles.BY_DIRECTOR, T("remedy of a late signing", zh="逾期补救"))


def sealed(case: Case, form: object) -> None:
    paper(case, "RE-LETTER", final=True)


def sales_row(case: Case, form: object) -> None:
    paper(case, "RE-SALES")


def briefed(case: Case, form: Brief) -> None:
    """Start the signing period and hand out the papers."""
    case.set_anchor("notice_on", form.notice_date)
    last = form.notice_date + timedelta(days=case.number("realestate.signing_days"))
    case.set_anchor("signing_deadline", last)
    case.set_anchor("first_deadline", last)
    paper(case, "RE-PACK")
    paper(case, "RE-UNDERTAKING", parking_note=form.parking_note)
    paper(case, "RE-NOTICE", deadline=last.isoformat())


def book_signing(case: Case, form: BookSigning) -> None:
    """Start the contract, or book the open one anew."""
    for order in case.children("contract", open_only=True):
        contract = case.again(order=order)
        contract.act("rebook", {"at": form.at})
        return
    case.open_child("contract", {"at": form.at})


def lapse(case: Case, form: object) -> None:
    """Void all discounts: list price, lump sum, a last period to pay in full."""
    deal = case.own(ReDeal)
    deadline = case.anchor_day("signing_deadline")
    assert deadline is not None
    tell.remember(case, loan_before=deal.loan)
    agreement.recompute(
        case,
        before_lapse=deal.pay_way,
        pay_way="lump",
        full_price=True,
        discounts=[{**row, "void": True} for row in deal.discounts],
    )
    last = deadline + timedelta(days=case.number("realestate.full_price_days"))
    case.set_anchor("full_price_deadline", last)
    discount.void_open(case)
    first_payment.price_changed(case)


def restored(case: Case, form: Restore) -> None:
    """Give discounts, way of paying and loan back as they were."""
    deal = case.own(ReDeal)
    agreement.recompute(
        case,
        full_price=False,
        pay_way=deal.before_lapse or deal.pay_way,
        loan=int(tell.recall(case, "loan_before", 0)),
        discounts=[{**row, "void": False} for row in deal.discounts],
    )
    case.set_anchor("full_price_deadline", None)
    case.set_anchor("signing_deadline", form.new_deadline)
    first_payment.price_changed(case)


def open_forfeit(case: Case, form: object) -> None:
    case.open_child("presign", {"kind": "forfeit", "reason": "full price deadline passed"})


def converted(case: Case, form: object) -> None:
    """The contract is signed: the claim becomes the contract's."""
    held = inventory.claim_of(case.tx, case.order_id)
    assert held is not None
    inventory.keep(case.tx, held, kind="contract", order_id=case.order_id, now=case.now, until=None)
    inventory.set_state(case.tx, case.tx.need(ReUnit, held.unit_id), "signed")


def after_change(case: Case, form: object) -> str:
    """Return where a finished change leads: out, or nowhere for a rename or another way of paying."""
    kind = change.kind_of(case.again(order=case.children("presign")[-1]))
    return {"forfeit": "forfeited", "refund": "refunded", "room-change": "replaced"}.get(kind, STAY)


def close_contract(case: Case, form: object) -> None:
    """End the open contract of a subscription that has ended."""
    if case.order.closed_at is None:
        return
    for order in case.children("contract", open_only=True):
        contract = case.again(order=order)
        if contract.flow.action("subscription-ended").offered_in(contract.flow.step(order.step)):
            contract.act("subscription-ended")
    discount.void_open(case)


def has_mortgage(case: Case) -> bool:
    """Return whether the customer borrows."""
    return case.own(ReDeal).pay_way == "mortgage"


STEPS = (
    step(
        "seal",
        "Seal and distribute",
        "盖章分发",
        roles.CONTRACTS,
        days("realestate.seal_days"),
        Task(
            "seal",
            T(
                "Seal and hand out the letters: customer, assistant, finance, contract desk",
                zh="盖章并分发认购书: 客户、助理、财务、合同",
            ),
            roles.CONTRACTS,
            days("realestate.seal_days"),
            closed_by=("seal-and-distribute",),
        ),
    ),
    step(
        "control-update",
        "Update control, file",
        "销控更改与存档",
        roles.MANAGER,
        days("realestate.control_update_days"),
        Task(
            "update-sales-table",
            T("Update sales table", zh="更改销控"),
            roles.MANAGER,
            days("realestate.control_update_days"),
            closed_by=("update-control",),
        ),
        Task(
            "file-letter",
            T("Record, analyse, file", zh="登记、分析、存档"),
            roles.ASSISTANT,
            days("realestate.control_update_days"),
            stays=True,
        ),
    ),
    step(
        "briefing",
        "Papers and notice",
        "资料交付与告知",
        roles.AGENT,
        days("realestate.briefing_days"),
        Task(
            "brief",
            T("Hand out the paper pack, sign the purchase undertaking", zh="交付购房资料, 签购房承诺函"),
            tell.AGENT_OF_ORDER,
            days("realestate.briefing_days"),
            closed_by=("brief-customer",),
        ),
    ),
    step(
        "awaiting-signing",
        "Awaiting signing",
        "待签约",
        roles.AGENT,
        days(0, after="signing_deadline"),
        Message("re-signing-notice", NOW),
        Message(
            "re-signing-reminder",
            Moment("days", 0, "signing_deadline", tell.SEND, sign=-1),
            each="realestate.signing_remind_days_before",
        ),
        Task(
            "book-signing",
            T("Book signing", zh="预约签约"),
            tell.AGENT_OF_ORDER,
            days("realestate.next_day_days"),
            closed_by=("book-signing",),
        ),
        Task(
            "collect-loan-papers",
            T("Collect loan papers", zh="收集按揭资料"),
            roles.MORTGAGES,
            days("realestate.mortgage_docs_days", after="notice_on"),
            when=has_mortgage,
            stays=True,
        ),
    ),
    step(
        "overdue",
        "Late, full price",
        "逾期原价期",
        roles.MANAGER,
        days(0, after="full_price_deadline"),
        Message("re-signing-overdue", NOW),
        Message(
            "re-forfeit-warning",
            Moment("days", 0, "full_price_deadline", tell.SEND, sign=-1),
            each="realestate.forfeit_warn_days_before",
        ),
        Task(
            "remedy",
            T("Remedy with customer", zh="与客户协商补救"),
            tell.AGENT_OF_ORDER,
            days("realestate.next_day_days"),
        ),
        Task(
            "decide-remedy",
            T("Decide remedy", zh="决定补救"),
            roles.MANAGER,
            days("realestate.next_day_days"),
            closed_by=("restore",),
        ),
        path=False,
    ),
    Step("converted", T("Signed", zh="已签约"), final=True, on_path=True),
    Step("lapsed", T("Lapsed", zh="未成"), final=True),
    Step("forfeited", T("Forfeited", zh="已挞定"), final=True),
    Step("refunded", T("Refunded", zh="已退定"), final=True),
    Step("replaced", T("Unit changed", zh="已换房"), final=True),
)
ACTIONS = (
    Action(
        "seal-and-distribute",
        T("Seal", zh="盖章"),
        ("seal",),
        "control-update",
        by=(roles.CONTRACTS,),
        form=Seal,
        guards=(Guard("copies", _copies),),
        effects=(Do(sealed),),
    ),
    Action(
        "update-control",
        T("Update", zh="更改销控"),
        ("control-update",),
        "briefing",
        by=(roles.MANAGER,),
        effects=(Do(sales_row),),
    ),
    Action(
        "brief-customer",
        T("Brief", zh="告知签约"),
        ("briefing",),
        "awaiting-signing",
        by=(roles.AGENT,),
        form=Brief,
        guards=(Guard("notice-order", _notice_in_order),),
        effects=(Do(briefed, before=True),),
    ),
    Action(
        "briefing-late",
        T("Briefing overdue", zh="告知逾期"),
        ("briefing",),
        STAY,
        at=days("realestate.briefing_days"),
        effects=(tell.alert("briefing-late", T("{no} was not briefed in time", zh="{no} 未按时告知"), roles.MANAGER),),
    ),
    Action(
        "book-signing",
        T("Book signing", zh="预约签约"),
        SIGNING,
        by=(roles.AGENT,),
        form=BookSigning,
        guards=(Guard("book-in-time", _before_deadline),),
        effects=(Do(book_signing),),
    ),
    Action(
        "request-delay",
        T("Ask delay", zh="申请延迟"),
        ("awaiting-signing",),
        by=(roles.AGENT,),
        form=delaying.Ask,
        guards=(delaying.POSSIBLE,),
        effects=(Do(delaying.open_delay),),
        refusal=T("Only a subscription awaiting signing can be delayed.", zh="只有待签约的认购可以延期。"),
    ),
    Action(
        "request-discount",
        T("Extra discount", zh="额外优惠"),
        (
            "drafting",
            "customer-sign",
            "manager-review",
            "deposit",
            "seal",
            "control-update",
            "briefing",
            "awaiting-signing",
        ),
        by=(roles.AGENT, roles.ASSISTANT),
        form=discount.Ask,
        guards=(discount.ASKABLE,),
        effects=(Do(discount.open_discount),),
        refusal=discount.lapsed,
    ),
    Action(
        "request-change",
        T("Change", zh="换房/退定/更名"),
        SIGNING,
        by=(roles.AGENT, roles.MANAGER),
        form=presign.Ask,
        guards=(presign.ASKABLE,),
        effects=(Do(presign.open_change),),
    ),
    Action(
        "discount-lapse",
        T("Discounts lapse", zh="逾期失去优惠"),
        ("awaiting-signing",),
        "overdue",
        at=days(0, after="signing_deadline"),
        effects=(Do(lapse, before=True),),
    ),
    Action(
        "restore",
        T("Restore", zh="补救恢复"),
        ("overdue",),
        "awaiting-signing",
        by=(roles.MANAGER,),
        form=Restore,
        guards=(Guard("restorable", _restorable, needs=(roles.BY_DIRECTOR,)),),
        effects=(Do(restored, before=True),),
    ),
    Action(
        "forfeit-open",
        T("Forfeit", zh="进入挞定"),
        ("overdue",),
        at=days(0, after="full_price_deadline"),
        effects=(Do(open_forfeit),),
    ),
    Action(
        "convert",
        T("Signed", zh="已签约"),
        SIGNING,
        "converted",
        auto=True,
        when=tell.never,
        effects=(Do(converted, before=True),),
        outcome="converted",
    ),
    Action(
        "change-done",
        T("Change done", zh="变更完成"),
        SIGNING,
        Choose(after_change, ("forfeited", "refunded", "replaced")),
        auto=True,
        when=tell.never,
        effects=(Do(close_contract),),
    ),
)
