"""A wrong deposit receipt: voided and written anew at once, since a purchase stands on its deposit.

Source: realestate.md section 5.6. Money that goes back is no wrong receipt but a change (4.9).
"""

from __future__ import annotations

from datetime import date

from serviceflow.api import Action, Case, Do, Form, Guard, Refuse, T, Verdict, choice, plain, text

from serviceflow_realestate import fields, ledger, lineage, roles
from serviceflow_realestate.schedule import schedule_changed
from serviceflow_realestate.tables import ReReceipt


class Correction(Form):
    """How a deposit was truly paid; its amount is the deposit due, its day and payer as before unless given."""

    receipt: str = text(T("Receipt number", zh="收据号"), longest=60)
    reason: str = text(T("Reason", zh="原因"))
    method: str = choice(T("Method", zh="付款方式"), fields.METHODS)
    card: str | None = text(T("Card, as bank-1234", zh="银行卡, 如 工行-1234"), required=False, longest=40)
    ref: str | None = text(T("Bank reference", zh="银行流水号"), required=False, longest=60)
    payer: str | None = text(T("Payer", zh="付款人"), required=False, longest=80)
    paid_on: date | None = fields.past_day(T("Paid on", zh="付款日期"), required=False)


def _deposit(case: Case, number: str) -> ReReceipt | None:
    """Return a deposit of the purchase that is in force."""
    return next((r for r in ledger.in_force(case) if r.kind == "deposit" and r.number == number), None)


def _correctable(case: Case, form: Correction) -> Verdict:
    if _deposit(case, form.receipt) is not None:
        return None
    return Refuse(
        T("There is no deposit receipt {no} to void.", zh="没有可作废的定金收据 {no}。").of(no=form.receipt),
        plain("flow re ledger {here}"),
    )


def correct(case: Case, form: Correction) -> None:
    """Void the receipt, book the deposit as it was paid and put it where the wrong one was."""
    wrong = _deposit(case, form.receipt)
    assert wrong is not None
    ledger.void(case, wrong)
    bank, last4 = fields.split_card(form.card)
    payer, paid_on = form.payer or wrong.payer, form.paid_on or wrong.paid_on
    right = ledger.Paid(wrong.amount, paid_on, "deposit", form.method, bank, last4, form.ref, payer)
    made = ledger.book(case, right)
    lineage.purchase(case).set_anchor("deposit_on", paid_on)
    if ledger.lines(case):
        ledger.put_on_lines(case, made, [x for x in ledger.lines(case) if x.kind in ledger.CUSTOMER_KINDS])
        schedule_changed(case)


def correct_in(*steps: str) -> Action:
    """Return the action by which the manager corrects a deposit receipt."""
    return Action(
        "correct-deposit",
        T("Correct deposit receipt", zh="更正定金收据"),
        steps,
        by=(roles.MANAGER,),
        form=Correction,
        guards=(Guard("correctable", _correctable), fields.REF_NEW),
        effects=(Do(correct),),
    )
