"""After signing: room change 换房, return 退房, rename 更名.

A blocking child of a contract. Source: realestate.md section 4.13.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from serviceflow.api import (
    START,
    Action,
    Case,
    Choose,
    Do,
    Flow,
    Form,
    Guard,
    Need,
    Refuse,
    Step,
    T,
    Verdict,
    choice,
    days,
    money,
    plain,
    text,
    yes_no,
)

from serviceflow_realestate import (
    agreement,
    delivery,
    facts,
    fields,
    inventory,
    ledger,
    letter,
    lineage,
    roles,
    settlements,
    succession,
    tell,
)
from serviceflow_realestate.deals.handover import area_error_over
from serviceflow_realestate.deals.returns import return_refund
from serviceflow_realestate.flows import change
from serviceflow_realestate.lineage import contract
from serviceflow_realestate.papers import paper
from serviceflow_realestate.schedule import schedule_changed
from serviceflow_realestate.tables import ReUnit

KINDS = {"return": T("Return", zh="退房"), "room-change": T("Room change", zh="换房"), "rename": T("Rename", zh="更名")}
CAUSES = {
    "customer": T("Customer's wish", zh="客户原因"),
    "company": T("Company's fault", zh="公司原因"),
    "no-fault": T("Nobody's fault", zh="双方无责"),
    "area": T("Area error", zh="面积误差"),
}
AFTER_DEFAULT = {**CAUSES, "default": T("After a default", zh="违约解除")}
THREE = (roles.MANAGER, roles.FINANCE, roles.CONTRACTS)
BY_ALL = roles.route("postsign-all", THREE, (roles.DIRECTOR,), own="counts", rejected="reject")
BY_THREE = roles.route("postsign-three", THREE, own="counts", rejected="reject")


class Ask(Form):
    kind: str = choice(T("Kind", zh="类别"), KINDS)
    reason: str = text(T("Reason", zh="原因"))
    cause: str | None = choice(T("Cause", zh="原因归属"), CAUSES, required=lambda v: v.get("kind") == "return")
    unit: str | None = text(T("New unit", zh="新房号"), required=lambda v: v.get("kind") == "room-change", longest=40)
    repays: bool | None = yes_no(T("Repays the loan first", zh="先还清贷款"), required=False)
    buyers: list[dict[str, Any]] | None = fields.buyer_rows(
        T("Buyers", zh="买受人"), required=lambda v: v.get("kind") == "rename"
    )
    relation: str | None = choice(
        T("Relation", zh="关系"), fields.RELATIONS, required=lambda v: v.get("kind") == "rename"
    )


class Open(Ask):
    """What is asked for, or what a default has led to."""

    cause: str | None = choice(T("Cause", zh="原因归属"), AFTER_DEFAULT, required=lambda v: v.get("kind") == "return")
    approved: bool | None = yes_no(T("Approved before", zh="已批准"), required=False)


class Findings(Form):
    findings: str = text(T("Findings", zh="核实情况"))


class Payoff(Form):
    payoff: int | None = money(T("Payoff", zh="还贷金额"), required=False, default=0)
    proof: str = text(T("Bank's proof", zh="银行证明"))


class Unfiled(Form):
    unfiled_on: date = fields.past_day(T("Cancelled on", zh="撤销日期"), default_today=True)


class Settle(settlements.Settle):
    taxes_remitted: int = money(T("Of the taxes taken, already remitted", zh="已代缴的税费"), required=False, default=0)


def loan_disbursed(one: Case) -> bool:
    return ledger.loan_paid(one) > 0


def loan_signed(case: Case) -> bool:
    """Return whether a loan was signed, so that it has to be unwound."""
    one = contract(case)
    return loan_disbursed(one) or any(
        case.again(order=o).order.data.get("loan_signed") for o in one.children("mortgage")
    )


def is_filed(case: Case) -> bool:
    return contract(case).anchor_day("filed_on") is not None


def refusal(case: Case, form: Ask) -> Refuse | None:
    """Return why a contract cannot be changed like that."""
    unit = agreement.unit_of(case)
    if form.kind == "return":
        return _return_refusal(case, unit, form)
    if form.kind == "room-change":
        if unit.state in ("delivered", "titled"):
            return Refuse(T("Not after handover.", zh="交楼后不可办理。"), plain("flow do {here} request-buyback"))
        return _loan_stands(case, form) or _unit_refusal(case, form.unit or "")
    if unit.state == "titled":
        return Refuse(T("The deed is issued; this is a resale.", zh="已出证, 属二手转让。"), None)
    if loan_disbursed(case) and not form.repays:
        return Refuse(
            T("The bank must agree: repay or cancel the loan first.", zh="须银行同意: 先还清或撤销贷款。"), REPAYS
        )
    if unit.state == "delivered" and form.relation == "other":
        return Refuse(T("After delivery only spouse, parent or child.", zh="交楼后仅限配偶、父母、子女。"), None)
    return fields.buyers_refusal(form.buyers or [])


REPAYS = T("When the customer repays it: repays=yes", zh="客户先还清时填: repays=yes")


def _return_refusal(case: Case, unit: ReUnit, form: Ask) -> Refuse | None:
    if unit.state == "titled":
        return Refuse(
            T("The deed is issued; use buyback.", zh="已出证, 请走回购。"), plain("flow do {here} request-buyback")
        )
    tolerance = case.number("realestate.area_tolerance_percent")
    area, actual = agreement.deal_of(case).area, unit.actual_area
    if form.cause == "area" and (actual is None or not area_error_over(area, actual, tolerance)):
        return Refuse(T("Return only above {n}%.", zh="误差超过 {n}% 方可退房。").of(n=f"{tolerance / 100:g}"), None)
    return None


def _loan_stands(case: Case, form: Ask) -> Refuse | None:
    if loan_disbursed(case) and not form.repays:
        return Refuse(T("The loan must be repaid first.", zh="须先还清贷款。"), REPAYS)
    return None


def _unit_refusal(case: Case, number: str) -> Refuse | None:
    new = inventory.unit_named(case.tx, number)
    why = inventory.refusal(case.shop, case.tx, new, case.order.customer_id, case.now, None)
    return Refuse(why, plain("flow re units --state available")) if why is not None else None


def _askable(case: Case, form: Ask) -> Verdict:
    return refusal(case, form)


ASKABLE = Guard("postsign-askable", _askable)


def open_change(case: Case, form: Ask) -> None:
    """Open the change; the contract waits."""
    case.open_child("postsign", {name: getattr(form, name) for name in form.fields})


def asked(case: Case, form: Open) -> None:
    change.remember(case, form)
    paper(case, "RE-CHANGE2", kind=form.kind, reason=form.reason, cause=form.cause)


def began(case: Case, form: Open) -> str:
    return "loan-unwind" if form.approved else "application"


def _approvable(case: Case, form: object) -> Verdict:
    kind = change.kind_of(case)
    if kind == "room-change" and (why := _unit_refusal(case, tell.recall(case, "unit"))) is not None:
        return why
    director = kind != "rename" or tell.recall(case, "relation") == "other"
    return Need(BY_ALL if director else BY_THREE, KINDS[kind])


def approved(case: Case, form: object) -> None:
    """Take the new unit in the same transaction in which the old one is freed."""
    if change.kind_of(case) != "room-change":
        return
    subscription = lineage.purchase(case)
    old = inventory.claim_of(case.tx, subscription.order_id)
    if old is not None:
        inventory.keep(case.tx, old, kind="contract", order_id=None, now=case.now, until=None)
    new = inventory.unit_named(case.tx, tell.recall(case, "unit"))
    held = inventory.claim_case(subscription, new, kind="contract", until=None)
    inventory.set_state(case.tx, case.tx.need(ReUnit, held.unit_id), "signed")
    if old is not None:
        inventory.end(case.tx, old, "room-change", case.now)


def loan_cleared(case: Case, form: Payoff) -> None:
    tell.remember(case, payoff=form.payoff or 0)
    for order in contract(case).children("mortgage", open_only=True):
        case.again(order=order).act("contract-ended")


def _payoff(case: Case, form: Payoff) -> Verdict:
    if loan_disbursed(contract(case)) and not form.payoff:
        return Refuse(
            T("The payoff amount is needed.", zh="须填还贷金额。"), plain("flow do {here} loan-cleared payoff=")
        )
    return None


def settlement(case: Case, taxes_remitted: int = 0) -> int:
    """Return what is paid to the customer (negative: owed by him), or the fee of another change, in fen."""
    kind = change.kind_of(case)
    if kind == "room-change":
        return case.number("realestate.postsign_room_change_fee")
    if kind == "rename":
        return case.number("realestate.postsign_rename_fee") if tell.recall(case, "relation") == "other" else 0
    return refund_and_penalty(case)[0] + taxes_back(case, taxes_remitted)


def refund_and_penalty(case: Case) -> tuple[int, int]:
    """Return what a return pays back of the price, and the penalty in it, in fen. Source: realestate.md section 5.8."""
    one, cause = contract(case), str(tell.recall(case, "cause"))
    penalty = {"default": "terminate_penalty", "company": "company_terminate_penalty"}.get(
        cause, "postsign_return_penalty"
    )
    return return_refund(
        ledger.own_paid(one),
        ledger.loan_paid(one),
        int(tell.recall(case, "payoff", 0)),
        agreement.deal_of(one).deal_total,
        ledger.open_damages(one, case.today),
        cause,
        penalty_percent=case.number(f"realestate.{penalty}_percent"),
    )


def taxes_back(case: Case, remitted: int) -> int:
    """Return the taxes taken that the company has not remitted yet; they go back with a return."""
    return max(ledger.taken_of(contract(case), "tax") - remitted, 0)


def _fits(case: Case, form: Settle) -> Verdict:
    return settlements.fits(settlement(case, form.taxes_remitted), form.amount)


def settled(case: Case, form: Settle) -> None:
    """Pay the refund, or collect the fee and make the new contract."""
    one, kind, due = contract(case), change.kind_of(case), settlement(case, form.taxes_remitted)
    if kind == "return":
        _pay_back(case, one, form, due)
        return
    settlements.take_fee(one, due, form, case.customer.name)
    new_contract(case, one)


def _pay_back(case: Case, one: Case, form: Settle, due: int) -> None:
    """Book a return: what the company adds is a penalty, taxes are taxes, the rest is the customer's own money."""
    tell.remember(case, settlement=due)
    if due < 0:
        settlements.owed_by_customer(case, -due, SETTLE_FROM_NOW)
        return
    taxes = min(taxes_back(case, form.taxes_remitted), due)
    added = refund_and_penalty(case)[1] if tell.recall(case, "cause") == "company" else 0
    penalty = min(added, due - taxes)
    parts = {"refund": due - taxes - penalty, "penalty": penalty, "tax": taxes}
    settlements.pay_out(one, parts, form, case.customer.name, told=case)


def new_contract(case: Case, old: Case) -> None:
    """Open the contract that replaces the old one, with its price, lines and money."""
    rename = change.kind_of(case) == "rename"
    terms: dict[str, Any] = {}
    if not rename:
        unit = inventory.unit_named(case.tx, tell.recall(case, "unit"))
        terms = {
            "unit_id": unit.id,
            "area": inventory.deal_area(unit),
            "unit_price": unit.unit_price,
            "list_total": unit.list_total,
            "discounts": [row for row in agreement.deal_of(old).discounts if row["percent"]],
            "pay_way": "lump",
        }
    new = succession.successor(old, "signing", **terms)
    tell.remember(new, change_order=case.order_id)
    if rename:
        letter.set_buyers(new, tell.recall(case, "buyers"))
        succession.move_lines(old, new)
        if (handed := delivery.delivered_on(old)) is not None:
            tell.remember(new, delivered_on=handed.isoformat())
    else:
        surplus = succession.move_money(old, new, lambda moved: _draw_up(new, moved))
        settlements.owe(new, "refund-surplus", "refund", surplus, "realestate.postsign_refund_days")
    schedule_changed(new)


def _draw_up(new: Case, moved: int) -> None:
    """Draw up the lines after a room change: what was paid, and what is short of the new price."""
    total = agreement.deal_of(new).deal_total
    if moved > 0:
        ledger.add_line(new, "first", min(moved, total), new.today)
    if total > moved:
        until = new.today + timedelta(days=new.number("realestate.topup_days"))
        ledger.add_line(new, "topup", total - moved, until)


def after_settling(case: Case, form: object) -> str:
    return "unit-update" if change.kind_of(case) == "return" else "resign"


def finished(case: Case, form: change.Control) -> None:
    """Free the unit of a return, or keep it from sale; the old contract ends."""
    one, kind = contract(case), change.kind_of(case)
    if kind == "return":
        held = inventory.claim_of(case.tx, lineage.purchase(case).order_id)
        if held is not None:
            inventory.end(case.tx, held, "return", case.now, "withdrawn" if form.withdraw_unit else "available")
        one.act("terminate")
    else:
        one.act("supersede")
    paper(case, "RE-SALES", unit=agreement.unit_of(case).unit_no, kind=kind)


UNFILE = days("realestate.unfile_days")
SETTLE_FROM_NOW = days("realestate.postsign_refund_days", after="now")
RE_POSTSIGN = Flow(
    key="re-postsign",
    version=1,
    title=T("Change after signing", zh="签约后变更"),
    series="PSC-{n:04}",
    alone=False,
    facts=facts.of_order,
    steps=change.steps(
        bring=T("Fill the application; bring ID, contract, receipts", zh="填写申请; 携带身份证、合同、收据"),
        verifier=roles.CONTRACTS,
        verify=T("Verify payments, damages, filing, loan, title", zh="核实付款、违约金、备案、贷款、产权"),
        settle_within="realestate.postsign_refund_days",
        unwinding=(
            Step("loan-unwind", T("Unwind loan", zh="按揭撤销"), roles.MORTGAGES, limit=UNFILE, on_path=True),
            Step("unfile", T("Cancel filing", zh="撤销备案"), roles.CONTRACTS, limit=UNFILE, on_path=True),
        ),
        signing=(
            Step("resign", T("New contract", zh="重签合同"), roles.CONTRACTS, limit=days("realestate.signing_days")),
        ),
    ),
    actions=(
        Action(
            "start",
            T("Ask", zh="申请"),
            START,
            Choose(began, ("application", "loan-unwind")),
            by=(roles.AGENT, roles.MANAGER),
            form=Open,
            effects=(Do(asked, before=True),),
        ),
        *change.decisions(
            submitted_by=(roles.AGENT,),
            verifier=roles.CONTRACTS,
            findings=Findings,
            not_founded=Findings,
            approval=Guard("postsign-approvable", _approvable, needs=(BY_ALL, BY_THREE)),
            approved=approved,
            to="loan-unwind",
        ),
        Action(
            "no-loan",
            T("No loan", zh="无按揭"),
            ("loan-unwind",),
            "unfile",
            auto=True,
            when=lambda case: not loan_signed(case),
        ),
        Action(
            "loan-cleared",
            T("Loan cleared", zh="贷款已清"),
            ("loan-unwind",),
            "unfile",
            by=(roles.MORTGAGES,),
            form=Payoff,
            guards=(Guard("payoff", _payoff),),
            effects=(Do(loan_cleared),),
        ),
        Action(
            "not-filed",
            T("Not filed", zh="未备案"),
            ("unfile",),
            "settlement",
            auto=True,
            when=lambda case: not is_filed(case),
        ),
        Action(
            "unfiled",
            T("Filing cancelled", zh="已撤销备案"),
            ("unfile",),
            "settlement",
            by=(roles.CONTRACTS,),
            form=Unfiled,
        ),
        Action(
            "settle",
            T("Settle", zh="结算"),
            ("settlement",),
            Choose(after_settling, ("unit-update", "resign")),
            by=(roles.FINANCE,),
            form=Settle,
            guards=(Guard("settlement", _fits), fields.REF_NEW),
            effects=(Do(settled),),
        ),
        Action(
            "new-contract",
            T("New contract signed", zh="新合同已签"),
            ("resign",),
            "unit-update",
            auto=True,
            when=tell.never,
        ),
        change.update_control(Do(finished), change.Control),
        change.withdraw((roles.AGENT,)),
        *tell.common(),
    ),
)
