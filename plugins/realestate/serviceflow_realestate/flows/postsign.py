"""After signing: room change 换房, return 退房, rename 更名.

A blocking child of a contract. Source: realestate.md section 4.13.
"""

from __future__ import annotations

from datetime import timedelta
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
    Task,
    Verdict,
    choice,
    days,
    money,
    text,
    yes_no,
)
from serviceflow.api import day as day_field

from serviceflow_realestate import agreement, facts, fields, inventory, ledger, letter, roles, tell
from serviceflow_realestate.deals.handover import area_error_over
from serviceflow_realestate.deals.returns import return_refund
from serviceflow_realestate.flows.contract import columns_of, schedule_changed
from serviceflow_realestate.papers import paper
from serviceflow_realestate.tables import ReDeal, ReUnit

KINDS = {"return": T("Return", zh="退房"), "room-change": T("Room change", zh="换房"), "rename": T("Rename", zh="更名")}
CAUSES = {
    "customer": T("Customer's wish", zh="客户原因"),
    "company": T("Company's fault", zh="公司原因"),
    "no-fault": T("Nobody's fault", zh="双方无责"),
    "area": T("Area error", zh="面积误差"),
    "default": T("After a default", zh="违约解除"),
}
THREE = (roles.MANAGER, roles.FINANCE, roles.CONTRACTS)
BY_ALL = roles.route("postsign-all", THREE, (roles.DIRECTOR,), own="counts", rejected="reject")
BY_THREE = roles.route("postsign-three", THREE, own="counts", rejected="reject")
OPEN = ("application", "verification", "approval")


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
    approved: bool | None = yes_no(T("Approved before", zh="已批准"), required=False)


class Submit(Form):
    signed_on: Any = fields.past_day(T("Customer signed on", zh="客户签字日"), default_today=True)


class Findings(Form):
    findings: str = text(T("Findings", zh="核实情况"))


class Payoff(Form):
    payoff: int | None = money(T("Payoff", zh="还贷金额"), required=False, default=0)
    proof: str = text(T("Bank's proof", zh="银行证明"))


class Unfiled(Form):
    unfiled_on: Any = day_field(T("Cancelled on", zh="撤销日期"))


class Settle(Form):
    amount: int = money(T("Refund (or fee, or owed)", zh="退款(或费用、欠款)"))
    ref: str | None = text(T("Bank reference", zh="银行流水号"), required=False, longest=60)


def contract(case: Case) -> Case:
    found = ledger.contract(case)
    assert found is not None
    return found


def kind_of(case: Case) -> str:
    return str(tell.recall(case, "kind"))


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


def refusal(case: Case, form: Ask) -> T | None:
    """Return why a contract cannot be changed like that."""
    unit = agreement.unit_of(case)
    if form.approved:
        return T("Only the system opens this.", zh="仅由系统发起。")
    if form.kind == "return":
        if unit.state == "titled":
            return T("The deed is issued; use buyback.", zh="已出证, 请走回购。")
        tolerance = case.number("realestate.area_tolerance_percent")
        deal = agreement.deal_of(case)
        if form.cause == "area" and (
            unit.actual_area is None or not area_error_over(deal.area, unit.actual_area, tolerance)
        ):
            return T("Return only above {n}%.", zh="误差超过 {n}% 方可退房。").of(n=f"{tolerance / 100:g}")
        return None
    if form.kind == "room-change":
        if unit.state in ("delivered", "titled"):
            return T("Not after handover.", zh="交楼后不可办理。")
        new = inventory.unit_named(case.tx, form.unit or "")
        why = inventory.refusal(case.shop, case.tx, new, case.order.customer_id, case.now, None)
        if why is not None:
            return why
        return (
            T("The loan must be repaid first.", zh="须先还清贷款。")
            if loan_disbursed(case) and not form.repays
            else None
        )
    if unit.state == "titled":
        return T("The deed is issued; this is a resale.", zh="已出证, 属二手转让。")
    if loan_disbursed(case) and not form.repays:
        return T("The bank must agree: repay or cancel the loan first.", zh="须银行同意: 先还清或撤销贷款。")
    if unit.state == "delivered" and form.relation == "other":
        return T("After delivery only spouse, parent or child.", zh="交楼后仅限配偶、父母、子女。")
    return fields.buyers_refusal(form.buyers or [])


def _askable(case: Case, form: Ask) -> Verdict:
    why = refusal(case, form)
    return Refuse(why) if why is not None else None


ASKABLE = Guard("postsign-askable", _askable)


def open_change(case: Case, form: Ask) -> None:
    """Open the change; the contract waits."""
    case.open_child("postsign", {name: getattr(form, name) for name in form.fields})


def asked(case: Case, form: Ask) -> None:
    tell.remember(case, **{k: v for k, v in form.stored().items() if v is not None})
    paper(case, "RE-CHANGE2", kind=form.kind, reason=form.reason, cause=form.cause)


def began(case: Case, form: Ask) -> str:
    return "loan-unwind" if form.approved else "application"


def _approvable(case: Case, form: object) -> Verdict:
    kind = kind_of(case)
    if kind == "room-change":
        new = inventory.unit_named(case.tx, tell.recall(case, "unit"))
        why = inventory.refusal(case.shop, case.tx, new, case.order.customer_id, case.now, None)
        if why is not None:
            return Refuse(why)
    director = kind != "rename" or tell.recall(case, "relation") == "other"
    return Need(BY_ALL if director else BY_THREE, KINDS[kind])


def approved(case: Case, form: object) -> None:
    """Take the new unit in the same transaction in which the old one is freed."""
    if kind_of(case) != "room-change":
        return
    subscription = ledger.purchase(case)
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
        return Refuse(T("The payoff amount is needed.", zh="须填还贷金额。"))
    return None


def settlement(case: Case) -> int:
    """Return what is paid to the customer (negative: owed by him), or the fee of another change, in fen."""
    one, kind = contract(case), kind_of(case)
    if kind == "room-change":
        return case.number("realestate.postsign_room_change_fee")
    if kind == "rename":
        return case.number("realestate.postsign_rename_fee") if tell.recall(case, "relation") == "other" else 0
    cause = str(tell.recall(case, "cause"))
    penalty = {"default": "terminate_penalty", "company": "company_terminate_penalty"}.get(
        cause, "postsign_return_penalty"
    )
    refund, _ = return_refund(
        ledger.own_paid(one),
        ledger.loan_paid(one),
        int(tell.recall(case, "payoff", 0)),
        agreement.deal_of(one).deal_total,
        ledger.open_damages(one, case.today),
        cause,
        penalty_percent=case.number(f"realestate.{penalty}_percent"),
    )
    return refund


def _fits(case: Case, form: Settle) -> Verdict:
    due = settlement(case)
    if form.amount == abs(due):
        return None
    return Refuse(T("Settlement is {x}.", zh="结算金额为 {x}。").of(x=fields.yuan(due)))


def settled(case: Case, form: Settle) -> None:
    """Pay the refund, or collect the fee and make the new contract."""
    one, due, kind = contract(case), settlement(case), kind_of(case)
    if kind == "return":
        tell.remember(case, settlement=due)
        if due < 0:
            case.add_task(
                "collect-rest",
                T("The customer owes {x}", zh="客户欠 {x}").of(x=fields.yuan(-due)),
                who=roles.LEGAL,
                due=case.due(days("realestate.postsign_refund_days", after="now")) or case.now,
                stays=True,
            )
        elif due:
            ledger.book(
                one,
                ledger.Paid(
                    due, case.today, "refund", "transfer", ref=form.ref, payer=case.customer.name, direction="out"
                ),
            )
            tell.tell(case, "re-refund-paid", amount=fields.yuan(due), date=case.today.isoformat())
        return
    if due:
        ledger.book(one, ledger.Paid(due, case.today, "fee", "transfer", ref=form.ref, payer=case.customer.name))
    new_contract(case, one)


def new_contract(case: Case, old: Case) -> None:
    """Open the contract that replaces the old one, with its price, lines and money."""
    parent = old.parent()
    assert parent is not None
    new = case.again(order=parent.open_child("contract", {"at": case.now, "at_step": "signing"}))
    tell.remember(new, change_order=case.order_id)
    deal = old.own(ReDeal)
    values = {**columns_of(deal), "order_id": new.order_id, "contract_no": None, "filing_no": None}
    if kind_of(case) == "room-change":
        unit = inventory.unit_named(case.tx, tell.recall(case, "unit"))
        values |= {
            "unit_id": unit.id,
            "area": inventory.area_of(unit) if unit.price_basis != "whole" else unit.gross_area,
            "unit_price": unit.unit_price,
            "list_total": unit.list_total,
            "discounts": [row for row in deal.discounts if row["percent"]],
        }
    new.tx.add(ReDeal(**values))
    if kind_of(case) == "rename":
        letter.set_buyers(new, tell.recall(case, "buyers"))
    agreement.recompute(new)
    moved = ledger.own_paid(old) + ledger.loan_paid(old)
    if kind_of(case) == "rename":
        for line in ledger.lines(old):
            made = ledger.add_line(new, line.kind, line.amount, line.due)
            new.tx.change(made, credited=line.credited)
    else:
        total = agreement.deal_of(new).deal_total
        ledger.add_line(new, "first", min(moved, total), case.today)
        if total > moved:
            until = case.today + timedelta(days=case.number("realestate.topup_days"))
            ledger.add_line(new, "topup", total - moved, until)
        elif moved > total:
            case.add_task(
                "refund-surplus",
                T("Refund {x} to the customer", zh="退还客户 {x}").of(x=fields.yuan(moved - total)),
                who=roles.FINANCE,
                due=case.due(days("realestate.postsign_refund_days", after="now")) or case.now,
                stays=True,
            )
    for receipt in ledger.receipts(old):
        if receipt.kind in ("deposit", "price") and receipt.direction == "in":
            room = sum(ledger.open_of(new, line) for line in ledger.lines(new))
            if receipt.amount <= room:
                ledger.put_on_lines(new, receipt, ledger.lines(new))
    schedule_changed(new)


def after_settling(case: Case, form: object) -> str:
    return "unit-update" if kind_of(case) == "return" else "resign"


def finished(case: Case, form: object) -> None:
    """Free the unit of a return; the old contract ends."""
    one = contract(case)
    if kind_of(case) == "return":
        held = inventory.claim_of(case.tx, ledger.purchase(case).order_id)
        if held is not None:
            inventory.end(case.tx, held, "return", case.now)
        one.act("terminate")
    else:
        one.act("supersede")
    paper(case, "RE-SALES", unit=agreement.unit_of(case).unit_no, kind=kind_of(case))


DECIDE = days("realestate.change_decide_days")
NEXT = days("realestate.next_day_days")
UNFILE = days("realestate.unfile_days")
SETTLE = days("realestate.postsign_refund_days")
RE_POSTSIGN = Flow(
    key="re-postsign",
    version=1,
    title=T("Change after signing", zh="签约后变更"),
    series="PSC-{n:04}",
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
                    T("Fill the application; bring ID, contract, receipts", zh="填写申请; 携带身份证、合同、收据"),
                    tell.AGENT_OF_ORDER,
                    NEXT,
                    closed_by=("submit",),
                ),
            ),
        ),
        Step(
            "verification",
            T("Verify", zh="核实"),
            roles.CONTRACTS,
            limit=DECIDE,
            on_path=True,
            entry=(
                Task(
                    "verify-change",
                    T("Verify payments, damages, filing, loan, title", zh="核实付款、违约金、备案、贷款、产权"),
                    roles.CONTRACTS,
                    DECIDE,
                    closed_by=("verified", "not-founded"),
                ),
            ),
        ),
        Step("approval", T("Approval", zh="会签审批"), roles.MANAGER, limit=DECIDE, on_path=True),
        Step("loan-unwind", T("Unwind loan", zh="按揭撤销"), roles.MORTGAGES, limit=UNFILE, on_path=True),
        Step("unfile", T("Cancel filing", zh="撤销备案"), roles.CONTRACTS, limit=UNFILE, on_path=True),
        Step(
            "settlement",
            T("Settlement", zh="结算"),
            roles.FINANCE,
            limit=SETTLE,
            on_path=True,
            entry=(
                Task(
                    "settle-change", T("Settle the change", zh="变更结算"), roles.FINANCE, SETTLE, closed_by=("settle",)
                ),
            ),
        ),
        Step("resign", T("New contract", zh="重签合同"), roles.CONTRACTS, limit=days("realestate.signing_days")),
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
            Choose(began, ("application", "loan-unwind")),
            by=(roles.AGENT, roles.MANAGER),
            form=Ask,
            effects=(Do(asked, before=True),),
        ),
        Action("submit", T("Submit", zh="提交"), ("application",), "verification", by=(roles.AGENT,), form=Submit),
        Action(
            "verified", T("Verified", zh="已核实"), ("verification",), "approval", by=(roles.CONTRACTS,), form=Findings
        ),
        Action(
            "not-founded",
            T("Not founded", zh="不成立"),
            ("verification",),
            "rejected",
            by=(roles.CONTRACTS,),
            form=Findings,
        ),
        Action(
            "approve",
            T("Approve", zh="批准"),
            ("approval",),
            "loan-unwind",
            by=(roles.MANAGER,),
            form=tell.Opinion,
            guards=(Guard("postsign-approvable", _approvable, needs=(BY_ALL, BY_THREE)),),
            effects=(Do(approved),),
        ),
        Action("reject", T("Reject", zh="驳回"), ("approval",), "rejected", by=(roles.MANAGER,), form=tell.Opinion),
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
            guards=(Guard("settlement", _fits),),
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
        Action(
            "update-control",
            T("Update", zh="更改销控"),
            ("unit-update",),
            "done",
            by=(roles.MANAGER,),
            effects=(Do(finished),),
        ),
        Action("withdraw", T("Withdraw", zh="撤回"), OPEN, "withdrawn", by=(roles.AGENT,), form=tell.Because),
        *tell.common(),
    ),
)
