"""A subscription from the claim on its unit to the deposit. Source: realestate.md section 4.6."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from serviceflow.api import (
    NOW,
    START,
    Action,
    Case,
    Choose,
    Computed,
    Deadline,
    Do,
    Form,
    Guard,
    Message,
    Moment,
    Need,
    Recipient,
    Refuse,
    T,
    Task,
    Verdict,
    choice,
    days,
    number,
    plain,
    table_of,
    text,
)

from serviceflow_realestate import agreement, fields, inventory, ledger, letter, nurturing, roles, tell
from serviceflow_realestate.agreement import PAY_WAYS
from serviceflow_realestate.flows.subscription_steps import UNPAID, step
from serviceflow_realestate.papers import paper
from serviceflow_realestate.tables import ReClaim, ReDeal, ReUnit
from serviceflow_realestate.tell import Because, Opinion


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


def _unit_free(case: Case, form: Subscribe) -> Verdict:
    if form.transfer is not None:
        return Refuse(
            T("A move between units is asked for as a change.", zh="换房须走变更申请。"),
            T(
                "From the subscription: flow do ORDER request-change kind=room-change",
                zh="在原认购中: flow do 单号 request-change kind=room-change",
            ),
        )
    if form.promo is not None:
        return Refuse(
            T("A group discount comes from a group purchase.", zh="团购优惠须由团购订单带入。"),
            plain("flow new re-opportunity"),
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


def _extendable(case: Case, form: object) -> Verdict:
    held = inventory.claim_of(case.tx, case.order_id)
    if held is not None and held.extended >= case.number("realestate.hold_extend_max"):
        return Refuse(T("The hold was already extended.", zh="保留已延长过。"), plain("flow do {here}"))
    return Need(roles.BY_MANAGER, T("extension of a hold", zh="延长保留"))


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
    nurturing.trading(case)


def _to_agent(case: Case) -> list[Recipient]:
    """Return the agent as the recipient of a message to the staff."""
    staff = tell.agent(case)
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
    nurturing.end_cadence(case, "convert")
    parent = case.parent()
    if parent is not None and parent.order.flow == "re-lead" and parent.order.closed_at is None:
        parent.act("deal")


def _hold_gone(case: Case) -> T | None:
    """Return what is said when somebody acts on a hold whose time is over."""
    if case.order.step != "lapsed":
        return None
    ended = [
        c.until_at
        for c in case.tx.all(ReClaim, table_of(ReClaim).c.order_id == case.order_id)
        if c.until_at is not None and c.ended_at is not None and c.until_at <= c.ended_at
    ]
    if not ended:
        return None
    return T("The hold expired at {time}.", zh="保留已于 {time} 到期。").of(time=case.local(ended[-1]))


TODAY = days(0, after="entry")
STEPS = (
    step(
        "unit-check",
        "Check inventory control",
        "核对销控",
        roles.MANAGER,
        HOLD_ENDS,
        Task(
            "confirm-control",
            T("Confirm control of {unit}", zh="核对 {unit} 销控"),
            roles.MANAGER,
            TODAY,
            closed_by=("confirm-control", "refuse-control"),
        ),
    ),
    step(
        "drafting",
        "Customer file and letter",
        "填档案与认购书",
        roles.AGENT,
        HOLD_ENDS,
        Task(
            "customer-file",
            T("Fill the customer file and the letter", zh="填写成交客户档案表与认购书"),
            tell.AGENT_OF_ORDER,
            TODAY,
            closed_by=("submit-draft",),
        ),
    ),
    step(
        "customer-sign",
        "Customer confirms",
        "客户确认签名",
        roles.AGENT,
        HOLD_ENDS,
        hint=T(
            "Read out price, discounts, deposit, the signing and full-price rules, forfeiture",
            zh="向客户读出价格、优惠、定金、签约期限、原价期与挞定规则",
        ),
    ),
    step(
        "manager-review",
        "Approval sheet",
        "认购审批",
        roles.MANAGER,
        HOLD_ENDS,
        Task(
            "review-letter",
            T("Review letter and approval sheet", zh="审核认购书与审批单"),
            roles.MANAGER,
            TODAY,
            closed_by=("approve-letter", "return-draft"),
        ),
    ),
    step(
        "deposit",
        "Deposit",
        "收取定金",
        roles.FINANCE,
        HOLD_ENDS,
        Task(
            "collect-deposit", T("Collect deposit", zh="收取定金"), roles.FINANCE, TODAY, closed_by=("receive-deposit",)
        ),
    ),
)
ACTIONS = (
    Action(
        "subscribe",
        T("Subscribe", zh="发起认购"),
        START,
        Choose(lambda case, form: "drafting" if form.transfer else "unit-check", ("unit-check", "drafting")),
        by=(roles.AGENT,),
        form=Subscribe,
        guards=(Guard("unit-free", _unit_free),),
        effects=(Do(begin, before=True), HOLD_EXPIRING),
    ),
    Action(
        "confirm-control",
        T("Confirm", zh="确认可售"),
        ("unit-check",),
        "drafting",
        by=(roles.MANAGER,),
        refusal=_hold_gone,
    ),
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
        refusal=_hold_gone,
    ),
    Action(
        "customer-signs",
        T("Signatures", zh="双方签字"),
        ("customer-sign",),
        "manager-review",
        by=(roles.AGENT,),
        form=Signatures,
        effects=(Do(approval_sheet),),
        refusal=_hold_gone,
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
        refusal=_hold_gone,
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
)
