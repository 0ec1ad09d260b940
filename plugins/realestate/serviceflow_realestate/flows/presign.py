"""Before signing: forfeit 挞定, refund 退定, room change 换房, rename 更名, payment change.

A blocking child of a subscription. Source: realestate.md section 4.9.
"""

from __future__ import annotations

from typing import Any

from serviceflow.api import (
    START,
    Action,
    Case,
    Do,
    Flow,
    Form,
    Guard,
    Need,
    Order,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    choice,
    days,
    money,
    number,
    text,
    yes_no,
)

from serviceflow_realestate import agreement, facts, fields, inventory, ledger, letter, roles, tell
from serviceflow_realestate.agreement import METHODS, PAY_WAYS
from serviceflow_realestate.deals.prices import share
from serviceflow_realestate.papers import paper
from serviceflow_realestate.tables import ReDeal, ReUnit
from serviceflow_realestate.tell import Because

KINDS = {
    "forfeit": T("Forfeit", zh="挞定"),
    "refund": T("Refund", zh="退定"),
    "room-change": T("Room change", zh="换房"),
    "rename": T("Rename", zh="更名"),
    "payment-change": T("Payment change", zh="变更付款方式"),
}
CAUSES = {
    "company-fault": T("Company's fault", zh="公司原因"),
    "no-fault": T("Nobody's fault", zh="双方无责"),
    "goodwill": T("Goodwill", zh="酌情"),
}
BY_SALES = roles.route("change-sales", (roles.MANAGER,), own="counts", rejected="reject")
BY_BOTH = roles.route("change-both", (roles.MANAGER,), (roles.DIRECTOR,), own="counts", rejected="reject")
OPEN = ("application", "verification", "approval")


def _is(*kinds: str) -> Any:
    return lambda values: values.get("kind") in kinds


class Ask(Form):
    kind: str = choice(T("Kind", zh="类别"), KINDS)
    reason: str = text(T("Reason", zh="原因"))
    cause: str | None = choice(T("Cause", zh="原因归属"), CAUSES, required=_is("refund"))
    refund_percent: int | None = fields.percent(
        T("Refunded, %", zh="退还比例, %"), required=lambda v: v.get("cause") == "goodwill"
    )
    unit: str | None = text(T("New unit", zh="新房号"), required=_is("room-change"), longest=40)
    pay_way: str | None = choice(T("Way of paying", zh="付款方式"), PAY_WAYS, required=_is("payment-change"))
    buyers: list[dict[str, Any]] | None = fields.buyer_rows(T("Buyers", zh="买受人"), required=_is("rename"))
    relation: str | None = choice(T("Relation", zh="关系"), fields.RELATIONS, required=_is("rename"))
    loan: int | None = money(T("Loan", zh="贷款金额"), required=False)
    years: int | None = number(T("Loan years", zh="贷款年数"), required=False, least=1, most=99)
    method: str | None = choice(T("Repayment", zh="还款方式"), METHODS, required=False)
    by_system: bool | None = yes_no(T("By the system", zh="系统发起"), required=False)


class Submit(Form):
    customer_signed_on: Any = fields.past_day(T("Customer signed on", zh="客户签字日"), default_today=True)


class Verified(Form):
    cause: str = text(T("Cause", zh="原因"))


class Rejection(Form):
    opinion: str | None = text(T("Opinion", zh="意见"))


class Settle(Form):
    amount: int = money(T("Paid out, or fee taken", zh="支付或收取金额"))
    method: str = choice(T("Method", zh="付款方式"), fields.METHODS, required=False, default="transfer")
    ref: str | None = text(T("Bank reference", zh="银行流水号"), required=False, longest=60)


def kind_of(case: Case) -> str:
    """Return the kind of a change."""
    return str(tell.recall(case, "kind"))


def _subscription(case: Case) -> Case:
    parent = case.parent()
    assert parent is not None
    return parent


def refusal(case: Case, form: Ask) -> T | None:
    """Return why a subscription cannot be changed like that."""
    late = case.order.step == "overdue"
    deal = case.own(ReDeal)
    if form.by_system:
        return T("Only the system opens this.", zh="仅由系统发起。")
    if form.kind == "room-change":
        unit = inventory.unit_named(case.tx, form.unit or "")
        if unit.id == deal.unit_id:
            return T("The new unit is the old one.", zh="新房号与原房号相同。")
        return inventory.refusal(case.shop, case.tx, unit, case.order.customer_id, case.now, None)
    if form.kind in ("rename", "payment-change") and late:
        return T("Not possible after the signing deadline.", zh="逾期后不可办理。")
    if form.kind == "rename":
        if deal.rename_count >= case.number("realestate.presign_rename_max"):
            return T("Already renamed {n} times.", zh="已更名 {n} 次。").of(n=deal.rename_count)
        return fields.buyers_refusal(form.buyers or [])
    if form.kind == "payment-change" and form.pay_way == "mortgage":
        unit = case.tx.need(ReUnit, deal.unit_id)
        main = agreement.main_buyer(case)
        rows = _rows_for(case, deal, "mortgage")
        total = agreement.total_with(case, deal.list_total, rows)
        return letter.loan_refusal(
            case, unit, total, deal.home_count, form.loan or 0, form.years or 0, main.born if main else None
        )
    return None


def _askable(case: Case, form: Ask) -> Verdict:
    if form.kind == "forfeit" and case.actor is not None and roles.MANAGER not in case.roles:
        return Refuse(
            T("Only {roles} may do this.", zh="只有{roles}可以操作。").of(roles=T("the sales manager", zh="销售经理"))
        )
    why = refusal(case, form)
    return Refuse(why) if why is not None else None


ASKABLE = Guard("change-askable", _askable)


def open_change(case: Case, form: Ask) -> None:
    """Open the change; the subscription waits."""
    case.open_child("presign", {name: getattr(form, name) for name in form.fields})


def _asked(case: Case, form: Ask) -> None:
    tell.remember(case, **{k: v for k, v in form.stored().items() if v is not None})
    paper(case, "RE-CHANGE", kind=form.kind, reason=form.reason, cause=form.cause)


def _approvable(case: Case, form: object) -> Verdict:
    kind, parent = kind_of(case), _subscription(case)
    deal = parent.own(ReDeal)
    both = kind == "refund"
    if kind == "room-change":
        unit = inventory.unit_named(case.tx, tell.recall(case, "unit"))
        why = inventory.refusal(case.shop, case.tx, unit, case.order.customer_id, case.now, None)
        if why is not None:
            return Refuse(why)
        most = case.number("realestate.presign_room_change_max")
        both = deal.room_change_count >= most or parent.order.step == "overdue"
    if kind == "rename":
        both = tell.recall(case, "relation") == "other"
    return Need(BY_BOTH if both else BY_SALES, KINDS[kind])


def _approved(case: Case, form: object) -> None:
    if kind_of(case) == "room-change":
        _change_room(case)


def _rows_for(case: Case, deal: ReDeal, pay_way: str) -> list[dict[str, Any]]:
    """Return a deal's discounts with those of another way of paying."""
    kept = [row for row in deal.discounts if row["kind"] not in ("payway", "on-time")]
    return [*agreement.automatic(case, pay_way), *kept]


def _change_room(case: Case) -> None:
    """Take the new unit, move the deposit, free the old unit: all or nothing."""
    old = _subscription(case)
    deal = old.own(ReDeal)
    pay_way = "lump" if deal.full_price else tell.recall(case, "pay_way") or deal.pay_way
    child: Order = old.open_child(
        "replacement", {"unit": tell.recall(case, "unit"), "transfer": old.order_id, "pay_way": pay_way}
    )
    new = case.again(order=child)
    rows = [
        {
            "name": b.name,
            "id": b.id_no,
            "id_type": b.id_type,
            "born": b.born.isoformat() if b.born else None,
            "marital": b.marital,
            "share": b.share,
            "phone": b.phone,
            "address": b.address,
        }
        for b in agreement.buyers(old)
    ]
    letter.set_buyers(new, rows)
    deposit = ledger.own_paid(old)
    today = case.today
    ledger.book(old, ledger.Paid(deposit, today, "deposit", "transfer", direction="out", payer=child.number))
    ledger.book(new, ledger.Paid(deposit, today, "deposit", "transfer", payer=old.order.number))
    new.set_anchor("deposit_on", today)
    agreement.recompute(
        new,
        home_count=deal.home_count,
        deposit_due=deposit,
        loan=deal.loan,
        loan_years=deal.loan_years,
        loan_rate=deal.loan_rate,
        loan_method=deal.loan_method,
        discounts=[] if deal.full_price else _rows_for(new, deal, pay_way),
    )
    held = inventory.claim_of(case.tx, old.order_id)
    if held is not None:
        inventory.end(case.tx, held, "room-change", case.now)


def settlement(case: Case) -> tuple[int, int, int]:
    """Return (refunded, penalty paid by the company on top, fee taken), in fen."""
    kind = kind_of(case)
    deposit = ledger.own_paid(_subscription(case))
    if kind == "forfeit":
        return deposit - share(deposit, case.number("realestate.forfeit_percent")), 0, 0
    if kind == "refund":
        cause = tell.recall(case, "cause")
        if cause == "company-fault":
            return deposit, deposit * (case.number("realestate.refund_company_multiple") - 1), 0
        return (share(deposit, tell.recall(case, "refund_percent", 0)) if cause == "goodwill" else deposit), 0, 0
    if kind == "rename":
        return 0, 0, case.number("realestate.presign_rename_fee")
    return 0, 0, 0


def _settlement_fits(case: Case, form: Settle) -> Verdict:
    refund, penalty, fee = settlement(case)
    due = refund + penalty + fee
    return None if form.amount == due else Refuse(T("Settlement is {x}.", zh="结算金额为 {x}。").of(x=fields.yuan(due)))


def _settle(case: Case, form: Settle) -> None:
    refund, penalty, fee = settlement(case)
    parent, kind = _subscription(case), kind_of(case)
    kept = ledger.own_paid(parent) - refund
    for amount, what in ((refund, "refund"), (penalty, "penalty")):
        if amount:
            paid = ledger.Paid(amount, case.today, what, form.method, direction="out", payer=case.customer.name)
            ledger.book(parent, paid)
    if fee:
        ledger.book(parent, ledger.Paid(fee, case.today, "fee", form.method, ref=form.ref, payer=case.customer.name))
    if kind == "forfeit":
        tell.tell(case, "re-forfeited", amount=fields.yuan(kept))
    if refund + penalty:
        tell.tell(case, "re-refund-paid", amount=fields.yuan(refund + penalty), date=case.today.isoformat())
    if kind == "rename":
        letter.set_buyers(parent, tell.recall(case, "buyers"))
        parent.tx.change(parent.own(ReDeal), rename_count=parent.own(ReDeal).rename_count + 1)
        letter.papers(parent)
    if kind == "payment-change":
        _change_payment(case, parent)


def _change_payment(case: Case, parent: Case) -> None:
    deal, pay_way = parent.own(ReDeal), str(tell.recall(case, "pay_way"))
    agreement.recompute(
        parent,
        pay_way=pay_way,
        discounts=_rows_for(parent, deal, pay_way),
        loan=tell.recall(case, "loan", 0) if pay_way == "mortgage" else 0,
        loan_years=tell.recall(case, "years", 0),
        loan_method=tell.recall(case, "method") or deal.loan_method,
    )


def _update_control(case: Case, form: object) -> None:
    parent = _subscription(case)
    held = inventory.claim_of(case.tx, parent.order_id)
    if kind_of(case) in ("forfeit", "refund") and held is not None:
        inventory.end(case.tx, held, kind_of(case), case.now)
    paper(case, "RE-SALES", unit=agreement.unit_of(case).unit_no, kind=kind_of(case))


def _may_withdraw(case: Case, form: object) -> Verdict:
    if kind_of(case) == "forfeit" and roles.MANAGER not in case.roles:
        return Refuse(
            T("Only {roles} may do this.", zh="只有{roles}可以操作。").of(roles=T("the sales manager", zh="销售经理"))
        )
    return None


DECIDE = days("realestate.change_decide_days")
NEXT = days("realestate.next_day_days")
RE_PRESIGN = Flow(
    key="re-presign",
    version=1,
    title=T("Change before signing", zh="签约前变更"),
    series="CHG-{n:04}",
    alone=False,
    facts=facts.of_order,
    steps=(
        Step(
            "application",
            T("Application", zh="填申请"),
            roles.AGENT,
            limit=NEXT,
            on_path=True,
            entry=(
                Task(
                    "change-application",
                    T("Fill the application; collect letter and receipts", zh="填写申请, 收回认购书与收据"),
                    tell.AGENT_OF_ORDER,
                    NEXT,
                    closed_by=("submit",),
                ),
            ),
        ),
        Step(
            "verification",
            T("Verify", zh="核实"),
            roles.MANAGER,
            limit=DECIDE,
            on_path=True,
            entry=(
                Task(
                    "verify-change",
                    T("Verify cause and papers", zh="核实原因与资料"),
                    roles.MANAGER,
                    DECIDE,
                    closed_by=("verified", "not-founded"),
                ),
            ),
        ),
        Step("approval", T("Approval", zh="审批"), roles.MANAGER, limit=DECIDE, on_path=True),
        Step(
            "settlement",
            T("Settlement", zh="财务结算"),
            roles.FINANCE,
            limit=days("realestate.refund_pay_days"),
            on_path=True,
            entry=(
                Task(
                    "settle-change",
                    T("Settle the change", zh="变更结算"),
                    roles.FINANCE,
                    days("realestate.refund_pay_days"),
                    closed_by=("settle",),
                ),
            ),
        ),
        Step(
            "unit-update",
            T("Update control", zh="销控更改"),
            roles.MANAGER,
            limit=NEXT,
            on_path=True,
            entry=(
                Task(
                    "update-sales-table",
                    T("Update sales table", zh="更改销控"),
                    roles.MANAGER,
                    NEXT,
                    closed_by=("update-control",),
                ),
                Task("file-change", T("File the change", zh="变更存档"), roles.ASSISTANT, NEXT, stays=True),
            ),
        ),
        Step("done", T("Done", zh="完成"), final=True, on_path=True),
        Step("rejected", T("Rejected", zh="驳回"), final=True),
        Step("withdrawn", T("Withdrawn", zh="撤回"), final=True),
    ),
    actions=(
        Action(
            "start",
            T("Ask", zh="申请"),
            START,
            "application",
            by=(roles.AGENT, roles.MANAGER),
            form=Ask,
            effects=(Do(_asked, before=True),),
        ),
        Action(
            "submit",
            T("Submit", zh="提交"),
            ("application",),
            "verification",
            by=(roles.AGENT, roles.ASSISTANT),
            form=Submit,
        ),
        Action(
            "verified", T("Verified", zh="已核实"), ("verification",), "approval", by=(roles.MANAGER,), form=Verified
        ),
        Action(
            "not-founded",
            T("Not founded", zh="不成立"),
            ("verification",),
            "rejected",
            by=(roles.MANAGER,),
            form=tell.Says,
        ),
        Action(
            "approve",
            T("Approve", zh="批准"),
            ("approval",),
            "settlement",
            by=(roles.MANAGER,),
            form=tell.Opinion,
            guards=(Guard("change-approvable", _approvable, needs=(BY_SALES, BY_BOTH)),),
            effects=(Do(_approved),),
        ),
        Action("reject", T("Reject", zh="驳回"), ("approval",), "rejected", by=(roles.MANAGER,), form=Rejection),
        Action(
            "settle",
            T("Settle", zh="结算"),
            ("settlement",),
            "unit-update",
            by=(roles.FINANCE,),
            form=Settle,
            guards=(Guard("settlement", _settlement_fits),),
            effects=(Do(_settle),),
        ),
        Action(
            "update-control",
            T("Update", zh="更改销控"),
            ("unit-update",),
            "done",
            by=(roles.MANAGER,),
            effects=(Do(_update_control, before=True),),
        ),
        Action(
            "withdraw",
            T("Withdraw", zh="撤回"),
            OPEN,
            "withdrawn",
            by=(roles.AGENT, roles.MANAGER),
            form=Because,
            guards=(Guard("may-withdraw", _may_withdraw),),
        ),
        *tell.common(),
    ),
)
