"""A contract before it is signed: appointment, terms, objections, first payment. Source: realestate.md section 4.10."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from serviceflow.api import (
    START,
    Action,
    Ask,
    Case,
    Choose,
    Do,
    Form,
    Guard,
    Message,
    Order,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    before,
    choice,
    day,
    days,
    instant_of,
    items,
    moment,
    of,
    plain,
    table_of,
    text,
)

from serviceflow_realestate import agreement, facts, fields, ledger, roles, settlements, succession, tell
from serviceflow_realestate.first_payment import first_complete
from serviceflow_realestate.flows import discount
from serviceflow_realestate.flows.contract_steps import BEFORE_SIGN
from serviceflow_realestate.papers import paper
from serviceflow_realestate.schedule import SEND, schedule_changed
from serviceflow_realestate.tables import ReDeal

BY_FOUR = roles.route(
    "countersign",
    (roles.MANAGER, roles.CONTRACTS, roles.FINANCE, roles.DIRECTOR),
    own="counts",
    rejected="countersign-refused",
)


FAULTS = {
    "company-fault": T("Company's fault", zh="公司原因"),
    "no-fault": T("Nobody's fault", zh="双方无责"),
    "customer-fault": T("Customer's fault", zh="客户原因"),
}


class Book(Form):
    at: datetime = moment(T("Signing at", zh="签约时间"))


class Open(Book):
    """An appointment, or the contract that replaces another and begins later."""

    at_step: str | None = text(T("Begins at", zh="起始步骤"), required=False)


class Arrives(Form):
    papers: list[str] = items(T("Papers brought (id-card, …)", zh="携带资料(id-card 等)"))


class Objects(Form):
    clauses: str = text(T("Clauses", zh="条款"))


class Wording(Form):
    wording: str = text(T("Agreed wording", zh="商定文字"))


class NotSignable(Form):
    cause: str = choice(T("Cause", zh="原因"), FAULTS)


class Sign(Form):
    contract_no: str = text(T("Contract number", zh="合同编号"), longest=60)
    contract_date: date = fields.past_day(T("Contract date", zh="合同日期"), default_today=True)
    handover_date: date = day(T("Handover date", zh="交楼日期"))
    mortgage_date: date | None = day(T("Loan papers complete on", zh="按揭资料日期"), required=False)


def _subscription(case: Case) -> Case | None:
    """Return the subscription while it waits for this contract."""
    parent = case.parent()
    return parent if parent is not None and parent.order.closed_at is None else None


def _rebook_in_time(case: Case, form: Book) -> Verdict:
    parent = _subscription(case)
    last = facts.deadline(parent) if parent is not None else None
    if last is None or case.day(form.at) <= last:
        return None
    return Refuse(
        T("Signing must be booked by {deadline}; ask for a delay.", zh="须在 {deadline} 前签约, 可申请延期。").of(
            deadline=last.isoformat()
        ),
        plain(f"flow do {parent.order.number} request-delay") if parent is not None else None,
    )


def _has_id(case: Case, form: Arrives) -> Verdict:
    if any(word.casefold() in ("id-card", "id", "身份证") for word in form.papers):
        return None
    return Refuse(
        T("ID of the main buyer is required.", zh="须有主买受人身份证。"),
        T("Enter it among what was brought: papers=id-card", zh="请填入携带资料: papers=id-card"),
    )


def _may_sign(case: Case, form: Sign) -> Verdict:
    parent = _subscription(case)
    if parent is not None:
        last = facts.deadline(parent)
        if last is not None and form.contract_date > last:
            return Refuse(
                T("Signing deadline was {d}.", zh="签约期限为 {d}。").of(d=last.isoformat()),
                plain(f"flow do {parent.order.number}"),
            )
        why = _full_price(case)
        if why is not None and not first_complete(case):
            return Refuse(why, plain("flow do {here} receive-payment"))
    return _dates_in_order(case, form) or _number_is_new(case, form)


def _dates_in_order(case: Case, form: Sign) -> Refuse | None:
    """Refuse a handover or loan papers before the contract, and loan papers later than the bank waits."""
    signed = T("contract date", zh="合同日期")
    for found in (form.handover_date, form.mortgage_date):
        why = fields.not_before(found, form.contract_date, signed) if found is not None else None
        if why is not None:
            return why
    last = form.contract_date + timedelta(days=case.number("realestate.mortgage_docs_days"))
    if form.mortgage_date is not None and form.mortgage_date > last:
        return Refuse(
            T("The loan papers must be complete by {d}.", zh="按揭资料最迟 {d} 齐备。").of(d=last.isoformat()),
            T("Enter mortgage_date={d}, or an earlier day", zh="请填 mortgage_date={d} 或更早").of(d=last.isoformat()),
        )
    return None


def _number_is_new(case: Case, form: Sign) -> Refuse | None:
    table = table_of(ReDeal)
    other = case.tx.one(ReDeal, table.c.contract_no == form.contract_no, table.c.order_id != case.order_id)
    if other is None:
        return None
    return Refuse(
        T("Contract number {no} is used.", zh="合同编号 {no} 已使用。").of(no=form.contract_no),
        plain(f"flow show {case.tx.need(Order, other.order_id).number}"),
    )


def _not_complete(case: Case, form: object) -> Verdict:
    if not first_complete(case):
        return None
    return Refuse(T("The first payment is complete.", zh="首付已到位。"), plain("flow do {here} sign"))


def _full_price(case: Case) -> T | None:
    """Return what is said of signing after the deadline without the full price."""
    parent = _subscription(case)
    if parent is None or parent.order.step != "overdue":
        return None
    return T("After {d} the full list price must be paid before signing.", zh="{d} 后须付清原价方可签约。").of(
        d=facts.day_text(parent.anchor_day("signing_deadline"))
    )


def booked(case: Case, form: Open) -> None:
    """Set the appointment; a contract that replaces another begins later."""
    rebook(case, form)
    if not form.at_step:
        paper(case, "RE-NOTICE")


def rebook(case: Case, form: Book) -> None:
    case.set_anchor("signing_at", form.at)
    tell.remember(case, time=case.local(form.at))


def missed(case: Case, form: object) -> None:
    tell.tell(case, "re-no-show")
    case.add_task(
        "rebook-signing",
        T("Rebook signing or ask for a delay", zh="改约签约或申请延期"),
        who=tell.AGENT_OF_ORDER,
        due=case.now,
        closed_by=("rebook", "prepare"),
    )


def countersign_sheet(case: Case, form: Wording) -> None:
    paper(case, "RE-COUNTERSIGN", wording=form.wording)


def price_fixed(case: Case, form: object) -> None:
    """Put granted discounts into the price before the first line is drawn up."""
    discount.apply_to_contract(case)


def not_signable(case: Case, form: NotSignable) -> None:
    """End the purchase: forfeit for the customer's fault, else refund with that cause."""
    parent = _subscription(case)
    assert parent is not None
    values: dict[str, Any] = {"reason": "contract not signable"}
    if form.cause == "customer-fault":
        parent.open_child("presign", {**values, "kind": "forfeit"})
    else:
        parent.open_child("presign", {**values, "kind": "refund", "cause": form.cause})


def signed(case: Case, form: Sign) -> None:
    """Sign: copy the deal, draw up the lines, put the money on them, convert the subscription, start the loan."""
    source = agreement.deal_of(case)
    if source.order_id != case.order_id:
        succession.copy_buyers(case, case)
        copied = {**succession.columns_of(source), "order_id": case.order_id, "contract_no": form.contract_no}
        case.tx.add(ReDeal(**copied))
    else:
        case.tx.change(source, contract_no=form.contract_no)
    deal = case.own(ReDeal)
    case.set_anchor("signed_on", form.contract_date)
    case.set_anchor("handover_on", form.handover_date)
    case.change(amount=deal.deal_total)
    if not ledger.lines(case):
        dated = case.again(now=instant_of(form.contract_date, time(12), case.zone))
        for line in agreement.schedule(dated, deal):
            ledger.add_line(case, line.kind, line.amount, line.due)
        surplus = ledger.put_what_fits(case, ledger.lines(case))
        settlements.owe(case, "refund-surplus", "refund", surplus, "realestate.refund_pay_days")
    schedule_changed(case)
    paper(case, "RE-CONTRACT")
    parent = _subscription(case)
    if parent is not None:
        parent.act("convert")
    change = tell.recall(case, "change_order")
    if change is not None:
        case.again(order=case.tx.need(Order, change)).act("new-contract")
    if any(line.kind == "loan" and line.state == "open" for line in ledger.lines(case)):
        case.open_child("mortgage", {"m_date": form.mortgage_date or form.contract_date})


def refund_above_deposit(case: Case, form: object) -> None:
    """Let finance refund what was taken above the deposit."""
    price = ledger.taken_of(case, "price") + ledger.taken_of(case, "refund")
    settlements.owe(case, "refund-first-payment", "refund", price, "realestate.refund_pay_days")


def began(case: Case, form: Open) -> str:
    """Return where a contract begins: at the appointment, or later when it replaces another."""
    return form.at_step or "appointment"


TODAY = days(0)


NEXT = days("realestate.next_day_days")

STEPS = (
    Step(
        "appointment",
        T("Appointment", zh="预约签约"),
        roles.AGENT,
        limit=of("signing_at"),
        on_path=True,
        entry=(
            Task(
                "report-signing",
                T("Report signing time to contract desk", zh="向合同部报签约时间"),
                tell.AGENT_OF_ORDER,
                TODAY,
                closed_by=("prepare",),
            ),
            tell.now("re-signing-appointment"),
            Message(
                "re-signing-appointment",
                before("signing_at", days="realestate.next_day_days", at=SEND),
                stays=True,
                cancelled_by=("rebook", "missed"),
            ),
        ),
    ),
    Step(
        "preparation",
        T("Preparation", zh="签约准备"),
        roles.AGENT,
        limit=before("signing_at", days="realestate.signing_prep_days", at="23:59", past="now"),
        on_path=True,
        entry=(
            Task(
                "contract-draft",
                T("Draft the contract", zh="起草合同"),
                roles.CONTRACTS,
                TODAY,
                closed_by=("customer-arrives",),
            ),
            Task(
                "book-bank",
                T("Book the bank's officer", zh="约银行按揭人员"),
                roles.MORTGAGES,
                TODAY,
                when=lambda case: agreement.deal_of(case).pay_way == "mortgage",
                closed_by=("customer-arrives",),
            ),
        ),
    ),
    Step(
        "terms",
        T("Terms", zh="条款确认"),
        roles.AGENT,
        limit=TODAY,
        on_path=True,
        hint=T(
            "Explain the clauses; the bank's officer looks through the loan papers", zh="讲解条款; 银行按揭人员核对资料"
        ),
    ),
    Step(
        "objection",
        T("Objection", zh="客户异议"),
        roles.MANAGER,
        limit=NEXT,
        entry=(
            Task(
                "judge-objection",
                T("Judge: signable or not", zh="判断: 可签或不可签"),
                roles.MANAGER,
                NEXT,
                closed_by=("signable", "not-signable"),
            ),
        ),
    ),
    Step(
        "countersign",
        T("Countersign", zh="书面会签"),
        roles.MANAGER,
        limit=days("realestate.countersign_days"),
        entry=(Ask("countersigned", BY_FOUR, T("wording agreed with the customer", zh="与客户商定的文字")),),
    ),
    Step(
        "first-payment",
        T("First payment", zh="交首付款"),
        roles.FINANCE,
        limit=TODAY,
        on_path=True,
        entry=(
            Task(
                "take-first",
                T("Take the first payment", zh="收首付款"),
                roles.FINANCE,
                TODAY,
                closed_by=("first-payment-complete",),
            ),
        ),
    ),
    Step(
        "signing",
        T("Signing", zh="签约"),
        roles.CONTRACTS,
        limit=TODAY,
        on_path=True,
        entry=(
            Task(
                "sign-contract",
                T("Print, sign, seal", zh="打印、签字、盖章"),
                roles.CONTRACTS,
                TODAY,
                closed_by=("sign",),
            ),
        ),
    ),
)
ACTIONS = (
    Action(
        "book",
        T("Book signing", zh="预约签约"),
        START,
        Choose(began, ("appointment", "terms", "signing")),
        by=(roles.AGENT,),
        form=Open,
        effects=(Do(booked, before=True),),
    ),
    Action("prepare", T("Ready", zh="准备就绪"), ("appointment",), "preparation", by=(roles.AGENT,)),
    Action(
        "rebook",
        T("Rebook", zh="改约"),
        ("appointment", "preparation"),
        by=(roles.AGENT,),
        form=Book,
        guards=(Guard("rebook-in-time", _rebook_in_time),),
        effects=(Do(rebook),),
    ),
    Action(
        "missed",
        T("Missed", zh="客户未到"),
        ("preparation",),
        "appointment",
        by=(roles.AGENT,),
        at=days(0, after="signing_at"),
        by_hand=True,
        effects=(Do(missed),),
    ),
    Action(
        "customer-arrives",
        T("Arrives", zh="客户到场"),
        ("preparation",),
        "terms",
        by=(roles.AGENT,),
        form=Arrives,
        guards=(Guard("main-id", _has_id),),
    ),
    Action(
        "no-objection",
        T("No objection", zh="无异议"),
        ("terms",),
        "first-payment",
        by=(roles.AGENT,),
        effects=(Do(price_fixed, before=True),),
    ),
    Action("objection", T("Objection", zh="有异议"), ("terms",), "objection", by=(roles.AGENT,), form=Objects),
    Action(
        "signable",
        T("Signable", zh="可签"),
        ("objection",),
        "countersign",
        by=(roles.MANAGER,),
        form=Wording,
        effects=(Do(countersign_sheet, before=True),),
    ),
    Action(
        "not-signable",
        T("Not signable", zh="不可签"),
        ("objection",),
        "unsigned",
        by=(roles.MANAGER,),
        form=NotSignable,
        effects=(Do(not_signable),),
    ),
    Action(
        "countersigned",
        T("Countersigned", zh="会签通过"),
        ("countersign",),
        "first-payment",
        auto=True,
        when=tell.never,
        effects=(Do(price_fixed, before=True),),
    ),
    Action(
        "countersign-refused",
        T("Not countersigned", zh="会签不通过"),
        ("countersign",),
        "objection",
        auto=True,
        when=tell.never,
    ),
    Action(
        "first-payment-complete",
        T("First payment complete", zh="首付到位"),
        ("first-payment",),
        "signing",
        auto=True,
        when=first_complete,
    ),
    Action(
        "reprice-late",
        T("Back to the first payment", zh="退回交首付款"),
        ("signing",),
        "first-payment",
        by=(roles.FINANCE,),
        guards=(Guard("not-complete", _not_complete, early=True),),
    ),
    Action(
        "sign",
        T("Sign", zh="签约"),
        ("signing",),
        "filing",
        by=(roles.CONTRACTS,),
        form=Sign,
        guards=(Guard("may-sign", _may_sign),),
        effects=(Do(signed, before=True),),
        refusal=_full_price,
        outcome="signed",
    ),
    Action(
        "subscription-ended",
        T("Subscription ended", zh="认购终止"),
        BEFORE_SIGN,
        "unsigned",
        auto=True,
        when=tell.never,
        effects=(Do(refund_above_deposit),),
    ),
)
