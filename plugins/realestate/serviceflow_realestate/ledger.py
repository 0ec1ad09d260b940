"""Lines, receipts, damages of a purchase. A receipt is never edited, only voided by another.

Source: realestate.md sections 5.6 and 5.7. A purchase is a subscription with its contracts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from serviceflow.api import Case, Due, T, allocate, capitals, format_money, late_damages, plain, table_of

from serviceflow_realestate import lineage
from serviceflow_realestate.deals.damages import card_fee
from serviceflow_realestate.fields import METHODS, Money, split_card, yuan
from serviceflow_realestate.heading import common
from serviceflow_realestate.paperwork import draw_number, keep_of
from serviceflow_realestate.tables import ReAllocation, ReLine, ReReceipt, ReWaiver

CUSTOMER_KINDS = ("first", "instalment", "balance", "topup", "area")
"""Lines the customer pays; the bank pays the loan."""
PRICE = ("deposit", "price", "area", "refund")
KINDS = {
    "deposit": T("Deposit", zh="定金"),
    "price": T("House price", zh="房款"),
    "damages": T("Late payment damages", zh="逾期违约金"),
    "area": T("Area difference", zh="面积差款"),
    "fee": T("Fee", zh="费用"),
    "tax": T("Deed tax", zh="契税"),
    "refund": T("Refund", zh="退款"),
    "penalty": T("Compensation", zh="赔付"),
    "buyback": T("Buyback", zh="回购款"),
}
"""Kinds of receipts."""
RECEIVED, PAID_OUT = T("Received", zh="收款"), T("Paid out", zh="付款")
TAKEN = ("deposit", "price")
"""Kinds of receipts that are put on lines."""


def lines(case: Case) -> list[ReLine]:
    """Return the payment lines of a contract in order."""
    table = table_of(ReLine)
    return case.tx.all(ReLine, table.c.order_id == case.order_id, order_by=[table.c.seq])


def payments(case: Case, line: ReLine) -> list[tuple[date, int]]:
    """Return (day, amount) of what was allocated to a line."""
    table = table_of(ReAllocation)
    return [(a.paid_on, a.amount) for a in case.tx.all(ReAllocation, table.c.line_id == line.id)]


def open_of(case: Case, line: ReLine) -> int:
    """Return what is open of a line now."""
    if line.state == "replaced":
        return 0
    return line.amount - line.credited - sum(amount for _, amount in payments(case, line))


def add_line(case: Case, kind: str, amount: int, due: date) -> ReLine:
    """Add a line at the end of the schedule."""
    last = max((line.seq for line in lines(case)), default=0)
    return case.tx.add(ReLine(order_id=case.order_id, seq=last + 1, kind=kind, amount=amount, due=due))


def overdue(case: Case, today: date) -> list[ReLine]:
    """Return the customer's lines that are overdue, the oldest first."""
    found = [
        line
        for line in lines(case)
        if line.kind in CUSTOMER_KINDS and line.due < today and line.state == "open" and open_of(case, line) > 0
    ]
    return sorted(found, key=lambda line: (line.due, line.seq))


def damages_of(case: Case, line: ReLine, until: date) -> int:
    """Return the damages of one line as of a day, in fen."""
    if line.kind not in CUSTOMER_KINDS or line.state == "replaced":
        return 0
    return late_damages(
        line.amount - line.credited,
        line.due,
        payments(case, line),
        until,
        grace=case.number("realestate.late_grace_days"),
        per_myriad=case.number("realestate.late_rate_per_myriad"),
    )


def open_damages(case: Case, until: date) -> int:
    """Return the damages of a contract that were neither paid nor let off, as of a day."""
    due = int(case.order.data.get("damages_kept", 0)) + sum(damages_of(case, line, until) for line in lines(case))
    paid = sum(signed(r) for r in receipts(case) if r.kind == "damages" and r.order_id == case.order_id)
    table = table_of(ReWaiver)
    waived = sum(w.amount for w in case.tx.all(ReWaiver, table.c.order_id == case.order_id))
    return max(due - paid - waived, 0)


def keep_damages(case: Case, amount: int) -> None:
    """Let so much more (or less) of damages be due than the lines say: of lines dated anew, of the contract before."""
    case.change(data={**case.order.data, "damages_kept": int(case.order.data.get("damages_kept", 0)) + amount})


# -- receipts ------------------------------------------------------------------------------------------------


def receipts(case: Case) -> list[ReReceipt]:
    """Return every receipt of the purchase, oldest first."""
    table = table_of(ReReceipt)
    return case.tx.all(ReReceipt, table.c.purchase_id == lineage.purchase(case).order_id, order_by=[table.c.id])


def signed(receipt: ReReceipt) -> int:
    """Return a receipt's amount, money out being negative."""
    return receipt.amount if receipt.direction == "in" else -receipt.amount


def _came_in(case: Case) -> list[ReReceipt]:
    """Return the money that came in, but for what was voided since."""
    every = receipts(case)
    void_ids = {r.voids_id for r in every}
    return [r for r in every if r.direction == "in" and r.voids_id is None and r.id not in void_ids]


def in_force(case: Case) -> list[ReReceipt]:
    """Return the money that came in for the price, but for what was voided since."""
    return [r for r in _came_in(case) if r.kind in TAKEN]


def deposit_of(case: Case) -> int:
    """Return the deposit that is with the company."""
    return taken_of(case, "deposit")


def taken_of(case: Case, kind: str) -> int:
    """Return what came in for a kind of money and did not go out again."""
    return sum(signed(r) for r in receipts(case) if r.kind == kind)


def own_paid(case: Case, until: date | None = None) -> int:
    """Return what the customer paid for the price (deposit included) and did not get back."""
    return sum(
        signed(r)
        for r in receipts(case)
        if r.kind in PRICE and r.method != "bank-loan" and (until is None or r.paid_on <= until)
    )


def loan_paid(case: Case, until: date | None = None) -> int:
    """Return what the bank paid."""
    return sum(signed(r) for r in receipts(case) if r.method == "bank-loan" and (until is None or r.paid_on <= until))


@dataclass(frozen=True, slots=True)
class Paid:
    """Money as it is entered: fen, day, how, with which card, for what."""

    amount: int
    on: date
    kind: str
    method: str
    card_bank: str | None = None
    card_last4: str | None = None
    ref: str | None = None
    payer: str = ""
    direction: str = "in"


def entered(form: Money, kind: str, payer: str = "") -> Paid:
    """Return money as a form has it."""
    bank, last4 = split_card(form.card)
    return Paid(form.amount, form.paid_on, kind, form.method, bank, last4, form.ref, form.payer or payer)


def fee_of(case: Case, paid: Paid) -> int:
    """Return the card fee on top of a payment; a card of a void receipt was none."""
    seen = [(r.card_bank or "", r.card_last4 or "") for r in _came_in(case) if r.method == "debit"]
    return card_fee(
        paid.amount,
        paid.method,
        (paid.card_bank or "", paid.card_last4 or ""),
        seen,
        free=case.number("realestate.debit_free_cards"),
        debit_percent=case.number("realestate.debit_fee_percent"),
        debit_cap=case.number("realestate.debit_fee_cap"),
        credit_percent=case.number("realestate.credit_fee_percent"),
    )


def book(case: Case, *paid: Paid, voids: int | None = None) -> ReReceipt:
    """Write a receipt for each amount of an action and one paper for all; they are not allocated yet.

    Args:
        voids: The receipt they reverse; its card fee goes back with it.

    Returns:
        The first receipt; its number is the paper's.
    """
    wrong = case.tx.need(ReReceipt, voids) if voids is not None else None
    fee = wrong.card_fee if wrong is not None else 0
    if paid[0].direction == "in" and wrong is None:
        fee = fee_of(case, replace(paid[0], amount=sum(one.amount for one in paid)))  # one payment, one fee
    if fee:
        case.notes.lines.append(T("card fee {fee}", zh="刷卡手续费 {fee}").of(fee=format_money(fee)))
    made = [_receipt(case, one, voids, 0 if n else fee) for n, one in enumerate(paid)]
    for receipt in made:
        case.tx.change(receipt, paper_no=made[0].number)
    total = sum(signed(r) for r in made)
    facts = {
        **common(case),
        "payer": paid[0].payer or case.customer.name,
        "way": PAID_OUT if paid[0].direction == "out" else RECEIVED,
        "method": METHODS.get(paid[0].method, plain(paid[0].method)),
        "date": paid[0].on,
        "rows": [
            {
                "number": r.number,
                "kind": KINDS.get(r.kind, plain(r.kind)),
                "amount": yuan(r.amount),
                "card_fee": yuan(r.card_fee) if r.card_fee else "",
            }
            for r in made
        ],
        "amount": yuan(abs(total)),
        "capitals": capitals(abs(total)),
        "voids": wrong.number if wrong is not None else "",
    }
    keep_of(case, "RE-RECEIPT", facts, made[0].number)
    return made[0]


def _receipt(case: Case, paid: Paid, voids: int | None, fee: int) -> ReReceipt:
    return case.tx.add(
        ReReceipt(
            number=draw_number(case.tx, "RE-RECEIPT", case.order.scope or "-", case.today.strftime("%Y%m")),
            purchase_id=lineage.purchase(case).order_id,
            order_id=case.order_id,
            paid_on=paid.on,
            amount=paid.amount,
            direction=paid.direction,
            kind=paid.kind,
            method=paid.method,
            card_bank=paid.card_bank,
            card_last4=paid.card_last4,
            external_ref=paid.ref,
            payer=paid.payer,
            card_fee=fee,
            taken_by=case.actor.id if case.actor is not None else None,
            voids_id=voids,
        )
    )


def put_on_lines(case: Case, receipt: ReReceipt, among: Sequence[ReLine]) -> None:
    """Allocate a receipt to open lines, the earliest due first.

    Raises:
        Overpaid: It is more than they have open.
    """
    _put(case, receipt, among, receipt.amount)


def put_what_fits(case: Case, among: Sequence[ReLine]) -> int:
    """Allocate the money of the purchase to lines, oldest receipt first; return what is more than they have open.

    Money that went back to the customer is no surplus.
    """
    kept, surplus = own_paid(case) + loan_paid(case), 0
    for receipt in in_force(case):
        if receipt.method == "bank-loan":
            into = [line for line in among if line.kind == "loan"] or among
        else:
            into = [line for line in among if line.kind != "loan"]
        part = min(receipt.amount, sum(open_of(case, line) for line in into if line.state == "open"))
        _put(case, receipt, into, part)
        surplus += receipt.amount - part
        kept -= part
    return max(min(surplus, kept), 0)


def _put(case: Case, receipt: ReReceipt, among: Sequence[ReLine], amount: int) -> None:
    """Allocate an amount of a receipt; raises `Overpaid`."""
    assert receipt.id is not None
    waiting = [Due(line, line.due, line.seq, open_of(case, line)) for line in among if line.state == "open"]
    for line, share in allocate(amount, waiting):
        case.tx.add(ReAllocation(receipt_id=receipt.id, line_id=line.id, amount=share, paid_on=receipt.paid_on))
        settle(case, line)


def give_up(case: Case) -> None:
    """Mark the lines of a contract that is replaced, and take the money off them."""
    table = table_of(ReAllocation)
    for line in lines(case):
        for part in case.tx.all(ReAllocation, table.c.line_id == line.id):
            case.tx.remove(part)
        case.tx.change(line, state="replaced")


def settle(case: Case, line: ReLine) -> None:
    """Mark a line paid (or credited) when nothing of it is open, open again otherwise."""
    if line.state == "replaced":
        return
    state = "open" if open_of(case, line) > 0 else "credited" if line.credited >= line.amount else "paid"
    case.tx.change(line, state=state)


def open_lines(case: Case) -> list[ReLine]:
    """Return the customer's lines with something open."""
    return [line for line in lines(case) if line.kind in CUSTOMER_KINDS and open_of(case, line) > 0]


def outstanding(case: Case) -> int:
    """Return what the customer still owes of the price."""
    return sum(open_of(case, line) for line in open_lines(case))


def void(case: Case, receipt: ReReceipt) -> ReReceipt:
    """Write the reversing receipt of a wrong one and take back its allocations."""
    reverse = Paid(
        receipt.amount,
        case.today,
        receipt.kind,
        receipt.method,
        payer=receipt.payer,
        direction="out" if receipt.direction == "in" else "in",
    )
    made = book(case, reverse, voids=receipt.id)
    table = table_of(ReAllocation)
    for part in case.tx.all(ReAllocation, table.c.receipt_id == receipt.id):
        line = case.tx.need(ReLine, part.line_id)
        case.tx.remove(part)
        settle(case, line)
    return made


def nothing_due(case: Case) -> bool:
    """Return whether no line of a contract is open and no damages are."""
    return not any(line.state == "open" for line in lines(case)) and open_damages(case, case.today) == 0


def all_paid(case: Case) -> bool:
    """Return whether a contract has lines and every one is paid, credited or replaced, and no damages are open."""
    return any(line.state != "replaced" for line in lines(case)) and nothing_due(case)
