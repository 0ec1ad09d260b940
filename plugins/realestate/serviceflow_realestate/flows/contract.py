"""Sale contract (买卖合同), filing, performance: a child of a subscription. Source: realestate.md section 4.10."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from serviceflow.api import (
    ANY,
    NOW,
    START,
    STAY,
    Action,
    Ask,
    Case,
    Choose,
    Computed,
    Do,
    Form,
    Guard,
    Link,
    Message,
    Need,
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
    money,
    of,
    table_of,
    text,
)

from serviceflow_realestate import agreement, facts, fields, ledger, roles, tell
from serviceflow_realestate.flows import discount
from serviceflow_realestate.papers import paper
from serviceflow_realestate.tables import ReBuyer, ReDeal, ReReceipt, ReWaiver

BEFORE_SIGN = ("appointment", "preparation", "terms", "objection", "countersign", "first-payment", "signing")
IN_FORCE = ("filing", "pickup", "performing", "paid-up", "delivered")
PAYING = ("first-payment", "signing", *IN_FORCE)
SEND = "realestate.message_send_time"
BY_FOUR = roles.route(
    "countersign",
    (roles.MANAGER, roles.CONTRACTS, roles.FINANCE, roles.DIRECTOR),
    own="counts",
    rejected="countersign-refused",
)
KINDS = {
    "price": T("Price", zh="房款"),
    "damages": T("Damages", zh="违约金"),
    "fee": T("Fee", zh="费用"),
    "tax": T("Tax", zh="税费"),
}
FAULTS = {
    "company-fault": T("Company's fault", zh="公司原因"),
    "no-fault": T("Nobody's fault", zh="双方无责"),
    "customer-fault": T("Customer's fault", zh="客户原因"),
}


class Book(Form):
    at: datetime = moment(T("Signing at", zh="签约时间"))
    at_step: str | None = text(T("Begins at", zh="起始步骤"), required=False)


class Arrives(Form):
    papers: list[str] = items(T("Papers brought (id-card, …)", zh="携带资料(id-card 等)"))


class Objects(Form):
    clauses: str = text(T("Clauses", zh="条款"))


class Wording(Form):
    wording: str = text(T("Agreed wording", zh="商定文字"))


class NotSignable(Form):
    cause: str = choice(T("Cause", zh="原因"), FAULTS)


class Pay(fields.Money):
    kind: str = choice(T("For", zh="款项"), KINDS, required=False, default="price")


class Sign(Form):
    contract_no: str = text(T("Contract number", zh="合同编号"), longest=60)
    contract_date: date = fields.past_day(T("Contract date", zh="合同日期"), default_today=True)
    handover_date: date = day(T("Handover date", zh="交楼日期"))
    mortgage_date: date | None = day(T("Loan papers complete on", zh="按揭资料日期"), required=False)


class File(Form):
    filing_no: str = text(T("Filing number", zh="备案号"), longest=60)
    filed_on: date = fields.past_day(T("Filed on", zh="备案日期"), default_today=True)


class PickUp(Form):
    picked_on: date = fields.past_day(T("Picked up on", zh="领取日期"), default_today=True)
    receiver: str = text(T("Receiver", zh="领取人"), longest=80)


class Waive(Form):
    amount: int = money(T("Amount", zh="金额"))
    reason: str = text(T("Reason", zh="原因"))


class VoidReceipt(Form):
    receipt: str = text(T("Receipt number", zh="收据号"), longest=60)
    reason: str = text(T("Reason", zh="原因"))


# -- guards ----------------------------------------------------------------------------------------------


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
        )
    )


def _has_id(case: Case, form: Arrives) -> Verdict:
    if any(word.casefold() in ("id-card", "id", "身份证") for word in form.papers):
        return None
    return Refuse(T("ID of the main buyer is required.", zh="须有主买受人身份证。"))


def due_now(case: Case, kind: str) -> int:
    """Return the most that can be paid now: of the first payment before signing, of open lines after it."""
    if kind == "damages":
        return ledger.open_damages(case, case.today)
    if not ledger.lines(case):
        return max(agreement.first_amount(case, agreement.deal_of(case)) - ledger.own_paid(case), 0)
    return ledger.outstanding(case)


def _not_too_much(case: Case, form: Pay) -> Verdict:
    if form.kind not in ("price", "damages"):
        return None
    most = due_now(case, form.kind)
    if form.amount <= most:
        return None
    return Refuse(T("Only {x} is outstanding.", zh="仅欠 {x}。").of(x=fields.yuan(most)))


def first_complete(case: Case) -> bool:
    """Return whether the first line, or everything after the deadline, has been paid."""
    drawn = ledger.lines(case)
    if drawn:
        return ledger.open_of(case, drawn[0]) <= 0
    return ledger.own_paid(case) >= agreement.first_amount(case, agreement.deal_of(case))


def _may_sign(case: Case, form: Sign) -> Verdict:
    parent = _subscription(case)
    if parent is not None:
        last = facts.deadline(parent)
        if last is not None and form.contract_date > last:
            return Refuse(T("Signing deadline was {d}.", zh="签约期限为 {d}。").of(d=last.isoformat()))
        why = _full_price(case)
        if why is not None and not first_complete(case):
            return Refuse(why)
    table = table_of(ReDeal)
    if case.tx.one(ReDeal, table.c.contract_no == form.contract_no, table.c.order_id != case.order_id) is not None:
        return Refuse(T("Contract number {no} is used.", zh="合同编号 {no} 已使用。").of(no=form.contract_no))
    return None


def _not_complete(case: Case, form: object) -> Verdict:
    return Refuse(T("The first payment is complete.", zh="首付已到位。")) if first_complete(case) else None


def _full_price(case: Case) -> T | None:
    """Return what is said of signing after the deadline without the full price."""
    parent = _subscription(case)
    if parent is None or parent.order.step != "overdue":
        return None
    return T("After {d} the full list price must be paid before signing.", zh="{d} 后须付清原价方可签约。").of(
        d=facts.day_text(parent.anchor_day("signing_deadline"))
    )


def _filed_in_order(case: Case, form: File) -> Verdict:
    signed = case.anchor_day("signed_on")
    if signed is not None and form.filed_on < signed:
        return Refuse(
            T("{date} is before the {other}.", zh="{date} 早于{other}。").of(
                date=form.filed_on.isoformat(), other=T("contract date", zh="合同日期")
            )
        )
    return None


def _waivable(case: Case, form: Waive) -> Verdict:
    due = ledger.open_damages(case, case.today)
    if form.amount > due:
        return Refuse(T("Only {x} is outstanding.", zh="仅欠 {x}。").of(x=fields.yuan(due)))
    return Need(roles.BY_DIRECTOR, T("damages let off", zh="减免违约金"))


def _receipt(case: Case, number_: str) -> ReReceipt | None:
    table = table_of(ReReceipt)
    return case.tx.one(ReReceipt, table.c.number == number_, table.c.purchase_id == ledger.purchase(case).order_id)


def _voidable(case: Case, form: VoidReceipt) -> Verdict:
    found = _receipt(case, form.receipt)
    table = table_of(ReReceipt)
    if found is None or found.kind == "deposit" or found.voids_id is not None:
        return Refuse(T("There is no receipt {no} to void.", zh="没有可作废的收据 {no}。").of(no=form.receipt))
    if case.tx.one(ReReceipt, table.c.voids_id == found.id) is not None:
        return Refuse(T("Receipt {no} is void already.", zh="收据 {no} 已作废。").of(no=form.receipt))
    return None


# -- effects ---------------------------------------------------------------------------------------------


def booked(case: Case, form: Book) -> None:
    """Set the appointment; a contract that replaces another begins later."""
    case.set_anchor("signing_at", form.at)
    tell.remember(case, time=case.local(form.at))
    if not form.at_step:
        paper(case, "RE-NOTICE", at=form.at.isoformat())


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
    values: dict[str, Any] = {"reason": "contract not signable", "by_system": True}
    if form.cause == "customer-fault":
        parent.open_child("presign", {**values, "kind": "forfeit"})
    else:
        parent.open_child("presign", {**values, "kind": "refund", "cause": form.cause})


def receive(case: Case, form: Pay) -> None:
    """Book money and put it on the open lines."""
    bank, last4 = fields.split_card(form.card)
    paid = ledger.Paid(form.amount, form.paid_on, form.kind, form.method, bank, last4, form.ref, form.payer or "")
    receipt = ledger.book(case, paid)
    if form.kind == "price" and ledger.lines(case):
        ledger.put_on_lines(case, receipt, [x for x in ledger.lines(case) if x.kind in ledger.CUSTOMER_KINDS])
    if ledger.lines(case):
        schedule_changed(case)
    tell.tell(case, "re-payment-received", amount=fields.yuan(form.amount), receipt=receipt.number)


def schedule_changed(case: Case) -> None:
    """Plan reminders of open lines anew and set the date of the oldest; what hangs on lines is judged again."""
    case.cancel_messages("re-payment-due", reason=T("the schedule changed", zh="付款计划已变"))
    at = time.fromisoformat(case.setting(SEND))
    for line in ledger.open_lines(case):
        for n in case.setting("realestate.due_remind_days_before"):
            when = instant_of(date.fromordinal(line.due.toordinal() - n), at, case.zone)
            if when > case.now:
                tell.tell(
                    case,
                    "re-payment-due",
                    Computed(lambda _, when=when: when),
                    subject=f"{line.seq}/{n}",
                    seq=line.seq,
                    amount=fields.yuan(ledger.open_of(case, line)),
                    due=line.due.isoformat(),
                )
    oldest = min((line.due for line in ledger.open_lines(case)), default=None)
    case.set_anchor("next_due", oldest)
    last = max((line.due for line in ledger.lines(case) if line.state == "open"), default=None)
    case.set_anchor("last_due", last or case.anchor_day("last_due") or case.today)
    for link in ("dunning", "default"):
        for order in case.children(link, open_only=True):
            case.again(order=order).act("reckon")
    for order in case.children("handover", open_only=True):
        if order.step == "suspended" and ledger.nothing_due(case):
            case.again(order=order).act("settled")


def reckon(contract: Case) -> None:
    """Let a contract whose lines or money changed from elsewhere judge again where it stands."""
    if contract.order.closed_at is None and contract.order.step in (*BEFORE_SIGN, *IN_FORCE):
        schedule_changed(contract)
        contract.act("reckon")


def signed(case: Case, form: Sign) -> None:
    """Sign: copy the deal, draw up the lines, put the money on them, convert the subscription, start the loan."""
    source = agreement.deal_of(case)
    if source.order_id != case.order_id:
        for buyer in agreement.buyers(case):
            case.tx.add(ReBuyer(**{**columns_of(buyer), "order_id": case.order_id}))
        case.tx.add(ReDeal(**{**columns_of(source), "order_id": case.order_id, "contract_no": form.contract_no}))
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
        for receipt in ledger.receipts(case):
            if receipt.kind in ("deposit", "price") and receipt.direction == "in" and not _voided(case, receipt):
                ledger.put_on_lines(case, receipt, ledger.lines(case))
    schedule_changed(case)
    paper(
        case,
        "RE-CONTRACT",
        contract_no=form.contract_no,
        unit=agreement.unit_of(case).unit_no,
        deal_total=deal.deal_total,
        lines=[[x.kind, x.amount, x.due.isoformat()] for x in ledger.lines(case)],
    )
    parent = _subscription(case)
    if parent is not None:
        parent.act("convert")
    change = tell.recall(case, "change_order")
    if change is not None:
        case.again(order=case.tx.need(Order, change)).act("new-contract")
    if deal.pay_way == "mortgage" and change is None:
        case.open_child("mortgage", {"m_date": form.mortgage_date or form.contract_date})


def columns_of(row: Any) -> dict[str, Any]:
    """Return what a row holds, without its key and version, to copy it."""
    return {name: getattr(row, name) for name in type(row).model_fields if name not in ("id", "rv")}


def _voided(case: Case, receipt: ReReceipt) -> bool:
    table = table_of(ReReceipt)
    return case.tx.one(ReReceipt, table.c.voids_id == receipt.id) is not None


def filed(case: Case, form: File) -> None:
    case.tx.change(case.own(ReDeal), filing_no=form.filing_no)
    case.set_anchor("filed_on", form.filed_on)
    paper(case, "RE-CONTRACT", filing_no=form.filing_no)


def waived(case: Case, form: Waive) -> None:
    case.tx.add(ReWaiver(order_id=case.order_id, amount=form.amount, on=case.today, reason=form.reason))


def receipt_void(case: Case, form: VoidReceipt) -> None:
    found = _receipt(case, form.receipt)
    assert found is not None
    ledger.void(case, found)
    if ledger.lines(case):
        schedule_changed(case)


def refund_above_deposit(case: Case, form: object) -> None:
    """Let finance refund what was taken above the deposit."""
    price = sum(ledger.signed(r) for r in ledger.receipts(case) if r.kind == "price")
    if price > 0:
        case.add_task(
            "refund-first-payment",
            T("Refund {x} to the customer", zh="退还客户 {x}").of(x=fields.yuan(price)),
            who=roles.FINANCE,
            due=case.due(days("realestate.refund_pay_days", after="now")) or case.now,
            stays=True,
        )


def no_dunning(case: Case) -> bool:
    """Return whether dunning may begin: a line is overdue, nothing chases it yet."""
    return (
        bool(ledger.overdue(case, case.today))
        and not case.children("dunning", open_only=True)
        and not case.children("default", open_only=True)
    )


def dun(case: Case, form: object) -> None:
    case.open_child("dunning", {})


def reprice_default(case: Case, form: object) -> None:
    case.open_child("default", {"side": "customer", "cause": "mortgage-docs", "facts": "not paid after repricing"})


def late_filing(case: Case, form: object) -> None:
    case.alert(
        "filing-late", T("Filing of {no} is overdue", zh="{no} 备案逾期").of(no=case.order.number), who=roles.MANAGER
    )


def handover_missed(case: Case, form: object) -> None:
    for role in (roles.LEGAL, roles.MANAGER):
        case.alert(
            "handover-late",
            T("The handover date of {no} has passed", zh="{no} 已过交楼日期").of(no=case.order.number),
            who=role,
        )


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


def began(case: Case, form: Book) -> str:
    """Return where a contract begins: at the appointment, or later when it replaces another."""
    return form.at_step or "appointment"


TODAY = days(0)
NEXT = days("realestate.next_day_days")
FILING = days("realestate.filing_days", after="signed_on")
PICKUP = days("realestate.pickup_remind_days")
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
            tell.now("re-pickup"),
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


def actions(*more: Action) -> tuple[Action, ...]:
    """Return the contract's actions and those that other flows bring."""
    return (
        Action(
            "book",
            T("Book signing", zh="预约签约"),
            START,
            Choose(began, ("appointment", "terms", "signing")),
            by=(roles.AGENT,),
            form=Book,
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
            "receive-payment",
            T("Receive", zh="收款"),
            PAYING,
            by=(roles.FINANCE,),
            form=Pay,
            guards=(fields.REF_NEW, Guard("not-too-much", _not_too_much), fields.BACKDATED),
            effects=(Do(receive),),
        ),
        Action(
            "void-receipt",
            T("Void receipt", zh="作废收据"),
            PAYING,
            by=(roles.MANAGER,),
            form=VoidReceipt,
            guards=(Guard("voidable", _voidable),),
            effects=(Do(receipt_void),),
        ),
        Action(
            "first-payment-complete",
            T("First payment complete", zh="首付到位"),
            ("first-payment",),
            "signing",
            auto=True,
            when=first_complete,
        ),
        Action("reckon", T("Reckoned anew", zh="重新核算"), (*BEFORE_SIGN, *IN_FORCE), auto=True, when=tell.never),
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
            "filing-late", T("Filing overdue", zh="备案逾期"), ("filing",), STAY, at=FILING, effects=(Do(late_filing),)
        ),
        Action(
            "archive",
            T("Picked up, archived", zh="领取归档"),
            ("pickup",),
            "performing",
            by=(roles.CONTRACTS,),
            form=PickUp,
        ),
        Action(
            "reprice-unpaid",
            T("Not paid after repricing", zh="重签后未付清"),
            (*BEFORE_SIGN, "filing", "pickup", "performing"),
            STAY,
            at=days(0, after="reprice_until"),
            when=lambda case: ledger.outstanding(case) > 0,
            effects=(Do(reprice_default),),
        ),
        Action("all-paid", T("Paid up", zh="结清"), ("performing",), "paid-up", auto=True, when=ledger.all_paid),
        Action(
            "dunning-due",
            T("Start dunning", zh="开始催收"),
            ("filing", "pickup", "performing"),
            STAY,
            at=days("realestate.dunning_call_days", after="next_due", extra=-1),
            when=no_dunning,
            effects=(Do(dun),),
        ),
        Action(
            "waive-damages",
            T("Waive damages", zh="减免违约金"),
            IN_FORCE,
            by=(roles.MANAGER,),
            form=Waive,
            guards=(Guard("waivable", _waivable, needs=(roles.BY_DIRECTOR,)),),
            effects=(Do(waived),),
        ),
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
            "handover-missed",
            T("Handover late", zh="逾期交楼"),
            ("filing", "pickup", "performing", "paid-up"),
            STAY,
            at=days(0, after="handover_on"),
            when=not_noticed,
            effects=(Do(handover_missed),),
        ),
        Action("delivered", T("Delivered", zh="已交楼"), ("paid-up",), "delivered", auto=True, when=tell.never),
        Action(
            "title-handed", T("Title handed over", zh="已办证"), ("delivered",), "closed", auto=True, when=tell.never
        ),
        Action(
            "terminate",
            T("Terminate", zh="解除"),
            (*IN_FORCE, "closed"),
            "terminated",
            auto=True,
            when=tell.never,
            effects=(Do(ended),),
            outcome="terminated",
        ),
        Action(
            "supersede",
            T("Supersede", zh="重签"),
            IN_FORCE,
            "superseded",
            auto=True,
            when=tell.never,
            effects=(Do(ended),),
            outcome="superseded",
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
        *more,
        *tell.common(),
    )


ALLOWED = (*tell.ALLOWED_WHILE_BLOCKED, "receive-payment")


def blocking(key: str, flow: str, *, steps: Any = ANY, **more: Any) -> Link:
    """Return the link to a child that blocks the contract."""
    return Link(key, flow, blocks_in=steps, refuses=ANY, allows=ALLOWED, said=tell.BLOCKED, **more)
