"""Subscription letter (认购书), inventory control, deposit. Source: realestate.md section 4.6."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from serviceflow.api import (
    ANY,
    NOW,
    START,
    STAY,
    Action,
    Case,
    Choose,
    Computed,
    Deadline,
    Do,
    Flow,
    Form,
    Grace,
    Guard,
    Link,
    Message,
    Moment,
    Need,
    Recipient,
    Refuse,
    Staff,
    Step,
    T,
    Task,
    Verdict,
    choice,
    day,
    days,
    moment,
    must_be_yes,
    number,
    plain,
    text,
)

from serviceflow_realestate import (
    agreement,
    facts,
    fields,
    first_payment,
    inventory,
    ledger,
    letter,
    nurturing,
    roles,
    tell,
)
from serviceflow_realestate.agreement import PAY_WAYS
from serviceflow_realestate.flows import change, discount, presign
from serviceflow_realestate.flows import delay as delaying
from serviceflow_realestate.papers import paper
from serviceflow_realestate.tables import ReClaim, ReDeal, ReUnit
from serviceflow_realestate.tell import Because, Opinion

UNPAID = ("unit-check", "drafting", "customer-sign", "manager-review", "deposit")
SIGNING = ("awaiting-signing", "overdue")
SEND = "realestate.message_send_time"


# -- forms -----------------------------------------------------------------------------------------------


class Subscribe(Form):
    unit: str = text(T("Unit", zh="房号"), longest=40)
    pay_way: str | None = choice(T("Way of paying", zh="付款方式"), PAY_WAYS, required=False)
    transfer: int | None = number(T("Moved from order", zh="换自认购"), required=False, most=10**9)
    promo: int | None = fields.percent(T("Group discount, %", zh="团购优惠, %"), required=False)


class Signatures(Form):
    customer_signed_on: date = fields.past_day(T("Customer signed on", zh="客户签字日"), default_today=True)
    agent_signed_on: date = fields.past_day(T("Agent signed on", zh="置业顾问签字日"), default_today=True)


class ReturnDraft(Form):
    opinion: str = text(T("Opinion", zh="意见"))


class Deposit(fields.Money):
    more: list[dict[str, Any]] | None = None


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


# -- guards ----------------------------------------------------------------------------------------------


def _unit_free(case: Case, form: Subscribe) -> Verdict:
    if form.transfer is not None:
        return Refuse(
            T("A move between units is asked for as a change.", zh="换房须走变更申请。"),
            T(
                "From the subscription: flow do ORDER request-change kind=room-change",
                zh="在原认购中: flow do 单号 request-change kind=room-change",
            ),
        )
    unit = inventory.unit_named(case.tx, form.unit)
    parent = case.parent()
    why = inventory.refusal(
        case.shop, case.tx, unit, case.order.customer_id, case.now, parent.order_id if parent else None
    )
    return Refuse(why, plain("flow re units --state available")) if why else None


def _up_to_date(case: Case, form: object) -> Verdict:
    why = letter.out_of_date(case)
    return Refuse(why, T("Return it: return-draft", zh="请退回重拟: return-draft")) if why is not None else None


def _deposit_matches(case: Case, form: Deposit) -> Verdict:
    due = case.own(ReDeal).deposit_due
    if form.amount == due:
        return None
    return Refuse(
        T("Deposit due is {x}, entered {y}.", zh="应收定金 {x}, 录入 {y}。").of(
            x=fields.yuan(due), y=fields.yuan(form.amount)
        ),
        T("Enter amount={x}", zh="请填 amount={x}").of(x=fields.typed(due)),
    )


def _nothing_paid(case: Case, form: object) -> Verdict:
    """Refuse to give up where a deposit was moved from another unit: what becomes of it is decided as a change."""
    if ledger.deposit_of(case) == 0:
        return None
    return Refuse(
        T(
            "The deposit was moved here; complete the letter, then ask for a refund.",
            zh="定金已转入本单, 请先完成认购再申请退定。",
        ),
        plain("flow do {here}"),
    )


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


def _extendable(case: Case, form: object) -> Verdict:
    held = inventory.claim_of(case.tx, case.order_id)
    if held is not None and held.extended >= case.number("realestate.hold_extend_max"):
        return Refuse(T("The hold was already extended.", zh="保留已延长过。"), plain("flow do {here}"))
    return Need(roles.BY_MANAGER, T("extension of a hold", zh="延长保留"))


# -- effects ---------------------------------------------------------------------------------------------


def hold_until(times: Any) -> Deadline | None:
    """Return the end of the hold: at its very instant it is over."""
    at = times.base("hold_until")
    return Deadline(at, closed=False) if at is not None else None


HOLD_ENDS = Computed(hold_until, ("hold_until",))


def begin(case: Case, form: Subscribe) -> None:
    """Claim the unit and copy its price; a move from another unit brings its claim, price way and count."""
    unit = inventory.unit_named(case.tx, form.unit)
    case.change(scope=inventory.project_of(case.tx, unit).code)
    moved = case.tx.get(ReDeal, form.transfer) if form.transfer is not None else None
    parent = case.parent()
    until = None if moved else case.now + timedelta(hours=case.number("realestate.hold_hours"))
    held = inventory.claim_case(
        case, unit, kind="subscription", until=until, own=parent.order_id if parent is not None else None
    )
    case.tx.add(
        ReDeal(
            order_id=case.order_id,
            unit_id=held.unit_id,
            area=inventory.deal_area(unit),
            unit_price=held.unit_price,
            list_total=held.list_total,
            pay_way=form.pay_way or "mortgage",
            deal_total=held.list_total,
            loan_rate=case.number("realestate.loan_rate_annual_percent"),
            room_change_count=moved.room_change_count + 1 if moved else 0,
            rename_count=moved.rename_count if moved else 0,
            discounts=[agreement.discount("group", form.promo)] if form.promo else [],
        )
    )
    case.change(amount=held.list_total)
    if until is not None:
        case.set_anchor("hold_until", until)
    if parent is not None and parent.order.flow == "re-lead":
        nurturing.trading(case)


def _to_agent(case: Case) -> list[Recipient]:
    """Return the agent as the recipient of a message to the staff."""
    staff = case.tx.get(Staff, case.order.owner_id) if case.order.owner_id is not None else None
    if staff is None:
        return []
    contacts = [("phone", staff.phone or ""), ("email", staff.email or "")]
    until = case.anchor("hold_until")
    shown = case.local(until) if isinstance(until, datetime) else ""
    return [
        Recipient(
            staff.name,
            tuple(c for c in contacts if c[1]),
            subject="agent",
            facts={"name": case.customer.name, "until": shown},
        )
    ]


HOLD_EXPIRING = Message(
    "re-hold-expiring",
    Moment("hours", "realestate.hold_warn_hours", "hold_until", sign=-1),
    to=_to_agent,
    stays=True,
    cancelled_by=("receive-deposit", "quit", "hold-expired", "refuse-control"),
)


def let_go(case: Case, form: object) -> None:
    """End the claim of a subscription that came to nothing; the lead goes on."""
    held = inventory.claim_of(case.tx, case.order_id)
    if held is not None:
        inventory.end(case.tx, held, case.order.step, case.now)


def expired(case: Case, form: object) -> None:
    """End the claim and tell the agent."""
    let_go(case, form)
    case.alert(
        "hold-lost",
        T("The hold of {no} has expired", zh="{no} 的保留已到期").of(no=case.order.number),
        who=tell.AGENT_OF_ORDER,
    )


def extend(case: Case, form: object) -> None:
    held = inventory.claim_of(case.tx, case.order_id)
    assert held is not None
    assert held.until_at is not None
    until = held.until_at + timedelta(hours=case.number("realestate.hold_hours"))
    inventory.keep(case.tx, held, kind=held.kind, order_id=case.order_id, now=case.now, until=until)
    case.tx.change(held, extended=held.extended + 1)
    case.set_anchor("hold_until", until)


def approval_sheet(case: Case, form: object) -> None:
    paper(case, "RE-APPROVAL")


def after_approval(case: Case, form: object) -> str:
    """Return where an approved letter goes: to finance, or on when the deposit was moved here."""
    return "seal" if ledger.own_paid(case) else "deposit"


def deposit_paid(case: Case, form: Deposit) -> None:
    """Book the deposit; the claim never ends by time from now on."""
    receipt = ledger.book(case, ledger.entered(form, "deposit"))
    held = inventory.claim_of(case.tx, case.order_id)
    assert held is not None
    inventory.keep(case.tx, held, kind="subscription", order_id=case.order_id, now=case.now, until=None)
    inventory.set_state(case.tx, case.tx.need(ReUnit, held.unit_id), "subscribed")
    case.set_anchor("deposit_on", form.paid_on)
    case.set_anchor("hold_until", None)
    tell.tell(case, "re-subscribed", NOW, amount=fields.yuan(form.amount), receipt=receipt.number)
    nurturing.advance(case, "purchase")
    parent = case.parent()
    if parent is not None and parent.order.flow == "re-lead" and parent.order.closed_at is None:
        parent.act("deal")


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


def _hold_gone(case: Case) -> T | None:
    """Return what is said when somebody pays for a hold that is over."""
    if case.order.step != "lapsed":
        return None
    ended = [
        c.until_at
        for c in case.tx.all(ReClaim)
        if c.order_id == case.order_id and c.until_at is not None and c.ended_at is not None
    ]
    if not ended:
        return None
    return T("The hold expired at {time}.", zh="保留已于 {time} 到期。").of(time=case.local(ended[-1]))


def has_mortgage(case: Case) -> bool:
    """Return whether the customer borrows."""
    return case.own(ReDeal).pay_way == "mortgage"


# -- the flow --------------------------------------------------------------------------------------------

HOLD = HOLD_ENDS


def _step(
    key: str, en: str, zh: str, role: str, limit: Any, *entry: Any, path: bool = True, hint: T | None = None
) -> Step:
    return Step(key, T(en, zh=zh), role, limit=limit, entry=entry, on_path=path, hint=hint)


TODAY = days(0, after="entry")
STEPS = (
    _step(
        "unit-check",
        "Check inventory control",
        "核对销控",
        roles.MANAGER,
        HOLD,
        Task(
            "confirm-control",
            T("Confirm control of {unit}", zh="核对 {unit} 销控"),
            roles.MANAGER,
            TODAY,
            closed_by=("confirm-control", "refuse-control"),
        ),
    ),
    _step(
        "drafting",
        "Customer file and letter",
        "填档案与认购书",
        roles.AGENT,
        HOLD,
        Task(
            "customer-file",
            T("Fill the customer file and the letter", zh="填写成交客户档案表与认购书"),
            tell.AGENT_OF_ORDER,
            TODAY,
            closed_by=("submit-draft",),
        ),
    ),
    _step(
        "customer-sign",
        "Customer confirms",
        "客户确认签名",
        roles.AGENT,
        HOLD,
        hint=T(
            "Read out price, discounts, deposit, the signing and full-price rules, forfeiture",
            zh="向客户读出价格、优惠、定金、签约期限、原价期与挞定规则",
        ),
    ),
    _step(
        "manager-review",
        "Approval sheet",
        "认购审批",
        roles.MANAGER,
        HOLD,
        Task(
            "review-letter",
            T("Review letter and approval sheet", zh="审核认购书与审批单"),
            roles.MANAGER,
            TODAY,
            closed_by=("approve-letter", "return-draft"),
        ),
    ),
    _step(
        "deposit",
        "Deposit",
        "收取定金",
        roles.FINANCE,
        HOLD,
        Task(
            "collect-deposit", T("Collect deposit", zh="收取定金"), roles.FINANCE, TODAY, closed_by=("receive-deposit",)
        ),
    ),
    _step(
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
    _step(
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
    _step(
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
    _step(
        "awaiting-signing",
        "Awaiting signing",
        "待签约",
        roles.AGENT,
        days(0, after="signing_deadline"),
        Message("re-signing-notice", NOW),
        Message(
            "re-signing-reminder",
            Moment("days", 0, "signing_deadline", SEND, sign=-1),
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
    _step(
        "overdue",
        "Late, full price",
        "逾期原价期",
        roles.MANAGER,
        days(0, after="full_price_deadline"),
        Message("re-signing-overdue", NOW),
        Message(
            "re-forfeit-warning",
            Moment("days", 0, "full_price_deadline", SEND, sign=-1),
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

UNIT_FREE = Guard("unit-free", _unit_free)
ACTIONS = (
    Action(
        "subscribe",
        T("Subscribe", zh="发起认购"),
        START,
        Choose(lambda case, form: "drafting" if form.transfer else "unit-check", ("unit-check", "drafting")),
        by=(roles.AGENT,),
        form=Subscribe,
        guards=(UNIT_FREE,),
        effects=(Do(begin, before=True), HOLD_EXPIRING),
    ),
    Action("confirm-control", T("Confirm", zh="确认可售"), ("unit-check",), "drafting", by=(roles.MANAGER,)),
    Action(
        "refuse-control",
        T("Refuse", zh="控盘不售"),
        ("unit-check",),
        "lapsed",
        by=(roles.MANAGER,),
        form=Because,
        effects=(Do(let_go, before=True),),
        outcome="refused",
    ),
    Action(
        "submit-draft",
        T("Submit letter", zh="提交认购书"),
        ("drafting",),
        "customer-sign",
        by=(roles.AGENT,),
        form=letter.Letter,
        guards=(letter.PEOPLE, letter.PRICE, letter.LOAN, letter.INCOME),
        effects=(Do(letter.write),),
    ),
    Action(
        "customer-signs",
        T("Signatures", zh="双方签字"),
        ("customer-sign",),
        "manager-review",
        by=(roles.AGENT,),
        form=Signatures,
        effects=(Do(approval_sheet),),
    ),
    Action("revise", T("Revise", zh="修改"), ("customer-sign",), "drafting", by=(roles.AGENT,), form=Because),
    Action(
        "approve-letter",
        T("Approve", zh="审批通过"),
        ("manager-review",),
        Choose(after_approval, ("deposit", "seal")),
        by=(roles.MANAGER,),
        form=Opinion,
        guards=(Guard("draft-current", _up_to_date),),
    ),
    Action(
        "return-draft", T("Return", zh="退回"), ("manager-review",), "drafting", by=(roles.MANAGER,), form=ReturnDraft
    ),
    Action(
        "receive-deposit",
        T("Receive deposit", zh="收定金"),
        ("deposit",),
        "seal",
        by=(roles.FINANCE,),
        form=Deposit,
        guards=(Guard("deposit-due", _deposit_matches), fields.REF_NEW, fields.BACKDATED),
        effects=(Do(deposit_paid),),
        outcome="deposit",
        refusal=_hold_gone,
    ),
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
        effects=(
            Do(
                lambda case, form: case.alert(
                    "briefing-late",
                    T("{no} was not briefed in time", zh="{no} 未按时告知").of(no=case.order.number),
                    who=roles.MANAGER,
                )
            ),
        ),
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
    Action(
        "quit",
        T("Quit", zh="客户放弃"),
        UNPAID,
        "lapsed",
        by=(roles.AGENT,),
        form=Because,
        guards=(Guard("nothing-paid", _nothing_paid, early=True),),
        effects=(Do(let_go, before=True),),
        outcome="quit",
    ),
    Action(
        "hold-expired",
        T("Hold expired", zh="保留到期"),
        UNPAID,
        "lapsed",
        at=HOLD_ENDS,
        effects=(Do(expired, before=True),),
        outcome="expired",
    ),
    Action(
        "extend-hold",
        T("Extend", zh="延长保留"),
        UNPAID,
        by=(roles.AGENT,),
        form=Because,
        guards=(Guard("extendable", _extendable, needs=(roles.BY_MANAGER,)),),
        effects=(Do(extend),),
    ),
    *tell.common(),
)

GRACE = Grace("realestate.reject_grace_days", ("signing_deadline", "full_price_deadline"))
RE_SUBSCRIPTION = Flow(
    key="re-subscription",
    version=1,
    title=T("Subscription", zh="认购"),
    series="SUB-{n:04}",
    steps=STEPS,
    actions=ACTIONS,
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
