"""What has to be paid before a contract is signed. Source: realestate.md sections 4.6, 4.10 and 5.5."""

from __future__ import annotations

from serviceflow.api import Case

from serviceflow_realestate import agreement, ledger


def due_now(case: Case, kind: str) -> int:
    """Return the most that can be paid now: of the first payment before signing, of open lines after it."""
    if kind == "damages":
        return ledger.open_damages(case, case.today)
    if not ledger.lines(case):
        return max(agreement.first_amount(case, agreement.deal_of(case)) - ledger.own_paid(case), 0)
    return ledger.outstanding(case)


def first_complete(case: Case) -> bool:
    """Return whether the first line, or everything after the deadline, has been paid."""
    drawn = ledger.lines(case)
    if drawn:
        return ledger.open_of(case, drawn[0]) <= 0
    return ledger.own_paid(case) >= agreement.first_amount(case, agreement.deal_of(case))


def price_changed(subscription: Case) -> None:
    """Let an open contract look again at its first payment after the price or the way of paying changed."""
    for order in subscription.children("contract", open_only=True):
        contract = subscription.again(order=order)
        contract.act("reckon")
        if contract.order.step == "signing" and not first_complete(contract):
            contract.act("reprice-late")
