"""Money that leaves the company: settling a change, and what a contract owes its customer until finance pays it out.

Source: realestate.md sections 4.9, 4.10, 4.13, 4.14, 4.17 and 5.8.
"""

from __future__ import annotations

from dataclasses import replace

from serviceflow.api import (
    Action,
    Case,
    Do,
    Form,
    Guard,
    Moment,
    Refuse,
    T,
    Verdict,
    choice,
    days,
    money,
    plain,
    text,
)

from serviceflow_realestate import fields, ledger, roles, tell

DUE = {
    "refund": T("Refund {x} to the customer", zh="退还客户 {x}"),
    "penalty": T("Pay compensation of {x}", zh="支付赔付 {x}"),
}
"""Kind of receipt → what finance is told to do."""


class Settle(Form):
    amount: int = money(T("Paid out, or fee taken", zh="支付或收取金额"))
    method: str = choice(
        T("Method", zh="付款方式"),
        {key: title for key, title in fields.METHODS.items() if key != "bank-loan"},
        required=False,
        default="transfer",
    )
    ref: str | None = text(T("Bank reference", zh="银行流水号"), required=False, longest=60)


def fits(due: int, entered: int) -> Verdict:
    """Refuse an amount that is not the settlement, in fen; of a negative one, owed by the customer, nothing is paid."""
    if entered == due or (due < 0 and entered in (0, -due)):
        return None
    return Refuse(
        T("Settlement is {x}.", zh="结算金额为 {x}。").of(x=fields.yuan(due)),
        T("Enter amount={x}", zh="请填 amount={x}").of(x=fields.typed(abs(due))),
    )


def pay_out(one: Case, parts: dict[str, int], form: Settle, payer: str, *, told: Case | None = None) -> None:
    """Book what goes to the customer, by kind of receipt; the bank's reference belongs to the first part.

    Args:
        told: The order the customer's message belongs to, when it is another.
    """
    paid = [
        ledger.Paid(amount, one.today, kind, form.method, payer=payer, direction="out")
        for kind, amount in parts.items()
        if amount > 0
    ]
    if not paid:
        return
    ledger.book(one, replace(paid[0], ref=form.ref), *paid[1:])
    total = sum(part.amount for part in paid)
    tell.tell(told or one, "re-refund-paid", amount=fields.yuan(total), date=one.today.isoformat())


def take_fee(one: Case, amount: int, form: Settle, payer: str) -> None:
    """Book the fee of a change."""
    if amount:
        ledger.book(one, ledger.Paid(amount, one.today, "fee", form.method, ref=form.ref, payer=payer))


def owed_by_customer(case: Case, amount: int, due: Moment) -> None:
    """Let legal collect what a settlement leaves the customer owing."""
    case.add_task(
        "collect-rest",
        T("The customer owes {x}", zh="客户欠 {x}").of(x=fields.yuan(amount)),
        who=roles.LEGAL,
        due=case.due(due) or case.now,
        stays=True,
    )


def owe(contract: Case, task: str, kind: str, amount: int, within: str) -> None:
    """Note what a contract owes its customer; finance has so many days to pay it out.

    Args:
        task: Key of finance's task.
        kind: ``refund`` of the customer's own money, or ``penalty`` on top of it.
        within: Setting of the days.
    """
    if amount <= 0:
        return
    tell.remember(contract, owed=[*owed(contract), [kind, amount]])
    contract.add_task(
        task,
        DUE[kind].of(x=fields.yuan(amount)),
        who=roles.FINANCE,
        due=contract.due(days(within, after="now")) or contract.now,
        stays=True,
        closed_by=("pay-out",),
    )


def owed(contract: Case) -> list[list[object]]:
    """Return (kind, amount) of what a contract still owes its customer."""
    return list(tell.recall(contract, "owed", []))


def _sums(contract: Case) -> dict[str, int]:
    found: dict[str, int] = {}
    for kind, amount in owed(contract):
        found[str(kind)] = found.get(str(kind), 0) + int(str(amount))
    return found


def _something_owed(case: Case, form: object) -> Verdict:
    if _sums(case):
        return None
    return Refuse(T("Nothing is to be paid out.", zh="没有应付客户的款项。"), plain("flow re ledger {here}"))


def _owed_matches(case: Case, form: Settle) -> Verdict:
    return fits(sum(_sums(case).values()), form.amount)


def _paid_out(case: Case, form: Settle) -> None:
    pay_out(case, _sums(case), form, case.customer.name)
    tell.remember(case, owed=[])


def pay_out_from(*steps: str) -> Action:
    """Return the action by which finance pays out what a contract owes, also once it has ended."""
    return Action(
        "pay-out",
        T("Pay out", zh="付款给客户"),
        steps,
        by=(roles.FINANCE,),
        form=Settle,
        guards=(Guard("something-owed", _something_owed, early=True), Guard("owed", _owed_matches), fields.REF_NEW),
        effects=(Do(_paid_out),),
    )
