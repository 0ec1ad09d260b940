"""Money of a contract: receipts, their reversal, damages let off, dunning. Source: realestate.md 4.10 and 5.6."""

from __future__ import annotations

from serviceflow.api import (
    STAY,
    Action,
    Case,
    Do,
    Form,
    Guard,
    Need,
    Refuse,
    T,
    Verdict,
    choice,
    days,
    plain,
    table_of,
    text,
)

from serviceflow_realestate import fields, ledger, lineage, roles, settlements, tell
from serviceflow_realestate.first_payment import due_now, first_complete
from serviceflow_realestate.flows import deposits
from serviceflow_realestate.flows.contract_steps import IN_FORCE, PAYING
from serviceflow_realestate.schedule import schedule_changed
from serviceflow_realestate.tables import ReReceipt, ReWaiver

KINDS = {
    "price": T("Price", zh="房款"),
    "damages": T("Damages", zh="违约金"),
    "fee": T("Fee", zh="费用"),
    "tax": T("Tax", zh="税费"),
}


class Pay(fields.Money):
    kind: str = choice(T("For", zh="款项"), KINDS, required=False, default="price")


class Waive(Form):
    amount: int = fields.paid_amount(T("Amount", zh="金额"))
    reason: str = text(T("Reason", zh="原因"))


class VoidReceipt(Form):
    receipt: str = text(T("Receipt number", zh="收据号"), longest=60)
    reason: str = text(T("Reason", zh="原因"))


def _not_too_much(case: Case, form: Pay) -> Verdict:
    if form.kind not in ("price", "damages"):
        return None
    return _only(case, form.amount, due_now(case, form.kind))


def _only(case: Case, amount: int, most: int) -> Refuse | None:
    """Refuse more than is owed, in fen."""
    if amount <= most:
        return None
    return Refuse(T("Only {x} is outstanding.", zh="仅欠 {x}。").of(x=fields.yuan(most)), LEDGER)


LEDGER = plain("flow re ledger {here}")


def _damages_open(case: Case, form: object) -> Verdict:
    if ledger.open_damages(case, case.today):
        return None
    return Refuse(T("No damages are open.", zh="没有未付违约金。"), LEDGER)


def _waivable(case: Case, form: Waive) -> Verdict:
    why = _only(case, form.amount, ledger.open_damages(case, case.today))
    return why or Need(roles.BY_DIRECTOR, T("damages let off", zh="减免违约金"))


def _receipt(case: Case, number_: str) -> ReReceipt | None:
    table = table_of(ReReceipt)
    return case.tx.one(ReReceipt, table.c.number == number_, table.c.purchase_id == lineage.purchase(case).order_id)


def _voidable(case: Case, form: VoidReceipt) -> Verdict:
    found = _receipt(case, form.receipt)
    table = table_of(ReReceipt)
    if found is not None and found.kind == "deposit":
        return Refuse(
            T("A deposit receipt is corrected, not taken away.", zh="定金收据只能更正, 不能只作废。"),
            plain(f"flow re receipt void {form.receipt} --reason … --method …"),
        )
    if found is None or found.voids_id is not None:
        return Refuse(T("There is no receipt {no} to void.", zh="没有可作废的收据 {no}。").of(no=form.receipt), LEDGER)
    if case.tx.one(ReReceipt, table.c.voids_id == found.id) is not None:
        return Refuse(T("Receipt {no} is void already.", zh="收据 {no} 已作废。").of(no=form.receipt), LEDGER)
    return None


def receive(case: Case, form: Pay) -> None:
    """Book money and put it on the open lines."""
    receipt = ledger.book(case, ledger.entered(form, form.kind))
    if form.kind == "price" and ledger.lines(case):
        ledger.put_on_lines(case, receipt, [x for x in ledger.lines(case) if x.kind in ledger.CUSTOMER_KINDS])
    if ledger.lines(case):
        schedule_changed(case)
    tell.tell(case, "re-payment-received", amount=fields.yuan(form.amount), receipt=receipt.number)


def waived(case: Case, form: Waive) -> None:
    case.tx.add(ReWaiver(order_id=case.order_id, amount=form.amount, on=case.today, reason=form.reason))


def receipt_void(case: Case, form: VoidReceipt) -> None:
    found = _receipt(case, form.receipt)
    assert found is not None
    ledger.void(case, found)
    if ledger.lines(case):
        schedule_changed(case)
    if case.order.step == "signing" and not first_complete(case):
        case.act("reprice-late")


def no_dunning(case: Case) -> bool:
    """Return whether dunning may begin: a line is overdue, nothing chases it yet."""
    return (
        bool(ledger.overdue(case, case.today))
        and not case.children("dunning", open_only=True)
        and not case.children("default", open_only=True)
    )


def dun(case: Case, form: object) -> None:
    case.open_child("dunning", {})


ACTIONS = (
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
        "dunning-due",
        T("Start dunning", zh="开始催收"),
        IN_FORCE,
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
        guards=(
            Guard("damages-open", _damages_open, early=True),
            Guard("waivable", _waivable, needs=(roles.BY_DIRECTOR,)),
        ),
        effects=(Do(waived),),
    ),
    deposits.correct_in(*IN_FORCE),
    settlements.pay_out_from(*IN_FORCE, "closed", "unsigned"),
)
