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
    T,
    Verdict,
    choice,
    money,
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
    roles,
    settlements,
    succession,
    tell,
)
from serviceflow_realestate.agreement import METHODS, PAY_WAYS
from serviceflow_realestate.deals import prices
from serviceflow_realestate.deals.prices import share
from serviceflow_realestate.flows import change
from serviceflow_realestate.papers import paper
from serviceflow_realestate.tables import ReDeal, ReUnit

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


class Verified(Form):
    cause: str = text(T("Cause", zh="原因"))


def _subscription(case: Case) -> Case:
    parent = case.parent()
    assert parent is not None
    return parent


def refusal(case: Case, form: Ask) -> Refuse | None:
    """Return why a subscription cannot be changed like that."""
    deal = case.own(ReDeal)
    if form.kind == "room-change":
        unit = inventory.unit_named(case.tx, form.unit or "")
        if unit.id == deal.unit_id:
            return Refuse(T("The new unit is the old one.", zh="新房号与原房号相同。"), OTHER_UNITS)
        return _unit_refusal(case, unit, case.order.customer_id)
    if form.kind in ("rename", "payment-change") and case.order.step == "overdue":
        return Refuse(
            T("Not possible after the signing deadline.", zh="逾期后不可办理。"), plain("flow do {here} restore")
        )
    if form.kind == "rename":
        if deal.rename_count >= case.number("realestate.presign_rename_max"):
            return Refuse(T("Already renamed {n} times.", zh="已更名 {n} 次。").of(n=deal.rename_count), None)
        return fields.buyers_refusal(form.buyers or [])
    if form.kind == "payment-change":
        return _payment_refusal(case, deal, form)
    return None


OTHER_UNITS = plain("flow re units --state available")


def _unit_refusal(case: Case, unit: ReUnit, customer_id: int | None) -> Refuse | None:
    """Return why a subscription cannot move to a unit: it is not to be had, or too cheap for the deposit."""
    why = inventory.refusal(case.shop, case.tx, unit, customer_id, case.now, None)
    if why is not None:
        return Refuse(why, OTHER_UNITS)
    percent = case.number("realestate.deposit_max_percent")
    most = prices.most_deposit(unit.list_total, percent)
    if ledger.deposit_of(case) > most:
        return Refuse(
            T("A deposit may be at most {n}% of the price ({x}).", zh="定金不得超过总价的 {n}%({x})。").of(
                n=f"{percent / 100:g}", x=fields.yuan(most)
            ),
            OTHER_UNITS,
        )
    return None


def _payment_refusal(case: Case, deal: ReDeal, form: Ask) -> Refuse | None:
    """Return why another way of paying cannot be had: the price would be too low, the loan too high."""
    unit, pay_way = case.tx.need(ReUnit, deal.unit_id), str(form.pay_way)
    total = agreement.total_with(case, deal.list_total, agreement.other_way(case, deal, pay_way))
    if unit.floor_total is not None and total < unit.floor_total:
        return Refuse(T("Below the floor price of the unit.", zh="低于房源底价。"), None)
    if pay_way != "mortgage":
        return None
    main = agreement.main_buyer(case)
    born = main.born if main else None
    return letter.loan_refusal(case, unit, total, deal.home_count, form.loan or 0, form.years or 0, born)


def _askable(case: Case, form: Ask) -> Verdict:
    if form.kind == "forfeit" and roles.MANAGER not in case.roles:
        return roles.MANAGER_ONLY
    return refusal(case, form)


ASKABLE = Guard("change-askable", _askable)


def open_change(case: Case, form: Ask) -> None:
    """Open the change; the subscription waits."""
    case.open_child("presign", {name: getattr(form, name) for name in form.fields})


def _asked(case: Case, form: Ask) -> None:
    change.remember(case, form)
    paper(case, "RE-CHANGE", kind=form.kind, reason=form.reason, cause=form.cause)


def _approvable(case: Case, form: object) -> Verdict:
    kind, parent = change.kind_of(case), _subscription(case)
    deal = parent.own(ReDeal)
    both = kind == "refund"
    if kind == "room-change":
        unit = inventory.unit_named(case.tx, tell.recall(case, "unit"))
        why = _unit_refusal(parent, unit, case.order.customer_id)
        if why is not None:
            return why
        most = case.number("realestate.presign_room_change_max")
        both = deal.room_change_count >= most or parent.order.step == "overdue"
    if kind == "rename":
        both = tell.recall(case, "relation") == "other"
    return Need(BY_BOTH if both else BY_SALES, KINDS[kind])


def _approved(case: Case, form: object) -> None:
    if change.kind_of(case) == "room-change":
        _change_room(case)


def _change_room(case: Case) -> None:
    """Take the new unit, move the deposit, free the old unit: all or nothing.

    What was paid above the deposit goes back to the customer when the old contract ends.
    """
    old = _subscription(case)
    deal = old.own(ReDeal)
    late = old.order.step == "overdue"
    pay_way = "lump" if late else str(tell.recall(case, "pay_way") or deal.pay_way)
    child: Order = old.open_child(
        "replacement", {"unit": tell.recall(case, "unit"), "transfer": old.order_id, "pay_way": pay_way}
    )
    new = case.again(order=child)
    succession.copy_buyers(old, new)
    deposit = ledger.deposit_of(old)
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
        discounts=[] if late else agreement.other_way(new, deal, pay_way),
    )
    if late:
        tell.remember(new, list_price=True)
    held = inventory.claim_of(case.tx, old.order_id)
    if held is not None:
        inventory.end(case.tx, held, "room-change", case.now)


def settlement(case: Case) -> tuple[int, int, int]:
    """Return (refunded of the deposit, penalty paid by the company on top, fee taken), in fen."""
    kind = change.kind_of(case)
    deposit = ledger.deposit_of(_subscription(case))
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


def _settlement_fits(case: Case, form: settlements.Settle) -> Verdict:
    return settlements.fits(sum(settlement(case)), form.amount)


def _settle(case: Case, form: settlements.Settle) -> None:
    refund, penalty, fee = settlement(case)
    parent, kind, who = _subscription(case), change.kind_of(case), case.customer.name
    kept = ledger.deposit_of(parent) - refund
    settlements.pay_out(parent, {"refund": refund, "penalty": penalty}, form, who, told=case)
    settlements.take_fee(parent, fee, form, who)
    if kind == "forfeit":
        tell.tell(case, "re-forfeited", amount=fields.yuan(kept))
    if kind == "rename":
        letter.set_buyers(parent, tell.recall(case, "buyers"))
        parent.tx.change(parent.own(ReDeal), rename_count=parent.own(ReDeal).rename_count + 1)
        letter.papers(parent)
    if kind == "payment-change":
        _change_payment(case, parent)


def _change_payment(case: Case, parent: Case) -> None:
    """Recompute price and plan; a contract at its first payment is looked at again."""
    deal, pay_way = parent.own(ReDeal), str(tell.recall(case, "pay_way"))
    agreement.recompute(
        parent,
        pay_way=pay_way,
        discounts=agreement.other_way(parent, deal, pay_way),
        loan=tell.recall(case, "loan", 0) if pay_way == "mortgage" else 0,
        loan_years=tell.recall(case, "years", 0) if pay_way == "mortgage" else 0,
        loan_method=tell.recall(case, "method") or deal.loan_method,
    )
    first_payment.price_changed(parent)


def _update_control(case: Case, form: object) -> None:
    parent, kind = _subscription(case), change.kind_of(case)
    held = inventory.claim_of(case.tx, parent.order_id)
    if kind in ("forfeit", "refund") and held is not None:
        inventory.end(case.tx, held, kind, case.now)
    paper(case, "RE-SALES", unit=agreement.unit_of(case).unit_no, kind=kind)


def _may_withdraw(case: Case, form: object) -> Verdict:
    return roles.MANAGER_ONLY if change.kind_of(case) == "forfeit" and roles.MANAGER not in case.roles else None


RE_PRESIGN = Flow(
    key="re-presign",
    version=1,
    title=T("Change before signing", zh="签约前变更"),
    series="CHG-{n:04}",
    alone=False,
    facts=facts.of_order,
    steps=change.steps(
        bring=T("Fill the application; collect letter and receipts", zh="填写申请, 收回认购书与收据"),
        verifier=roles.MANAGER,
        verify=T("Verify cause and papers", zh="核实原因与资料"),
        settle_within="realestate.refund_pay_days",
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
        *change.decisions(
            submitted_by=(roles.AGENT, roles.ASSISTANT),
            verifier=roles.MANAGER,
            findings=Verified,
            not_founded=tell.Says,
            approval=Guard("change-approvable", _approvable, needs=(BY_SALES, BY_BOTH)),
            approved=_approved,
            to="settlement",
        ),
        Action(
            "settle",
            T("Settle", zh="结算"),
            ("settlement",),
            "unit-update",
            by=(roles.FINANCE,),
            form=settlements.Settle,
            guards=(Guard("settlement", _settlement_fits), fields.REF_NEW),
            effects=(Do(_settle),),
        ),
        change.update_control(Do(_update_control, before=True)),
        change.withdraw((roles.AGENT, roles.MANAGER), Guard("may-withdraw", _may_withdraw)),
        *tell.common(),
    ),
)
