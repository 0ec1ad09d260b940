"""What a case owes and what was paid: lines and payments. Source: studio.md section 3, "Balance"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from serviceflow.api import Case, T, Tx, format_money, table_of

from serviceflow_studio import prices
from serviceflow_studio.tables import StudioCase, StudioLine, StudioPayment, StudioPrice

OPTION, OFFER, DISCOUNT = "option", "offer", "discount"


def due_total(case: Case) -> int:
    """Return what the case owes in all, in fen; 0 before a price is signed."""
    contract = case.own(StudioCase).contract_price or 0
    return prices.due_total(contract, (line.amount for line in case.rows(StudioLine)))


def paid_total(case: Case) -> int:
    """Return what was paid and not refunded, in fen."""
    return prices.paid_total((p.kind, p.amount) for p in case.rows(StudioPayment))


def balance(case: Case) -> int:
    """Return what is still to pay, in fen; negative is a credit to refund."""
    return due_total(case) - paid_total(case)


def balances(tx: Tx, batches: Iterable[list[int]]) -> dict[int, int]:
    """Return what each of many cases still has to pay, in fen, by the order's id."""
    lines: dict[int, list[int]] = defaultdict(list)
    paid: dict[int, list[tuple[str, int]]] = defaultdict(list)
    found: dict[int, int] = {}
    for ids in batches:
        for line in tx.all(StudioLine, table_of(StudioLine).c.order_id.in_(ids)):
            lines[line.order_id].append(line.amount)
        for payment in tx.all(StudioPayment, table_of(StudioPayment).c.order_id.in_(ids)):
            paid[payment.order_id].append((payment.kind, payment.amount))
        contracts = {
            case.order_id: case.contract_price or 0
            for case in tx.all(StudioCase, table_of(StudioCase).c.order_id.in_(ids))
        }
        for order_id in ids:
            due = prices.due_total(contracts.get(order_id, 0), lines[order_id])
            found[order_id] = due - prices.paid_total(paid[order_id])
    return found


def owing_note(case: Case) -> T:
    """Return the sentence that names the debt, or nothing when there is none."""
    owed = balance(case)
    if owed <= 0:
        return T("", zh="")
    return T("Please bring the balance of {balance}.", zh="请备好余款{balance}元。").of(balance=format_money(owed))


def next_receipt(case: Case) -> str:
    """Return the next number ``IV0001`` of the gap-free series of receipts that were not typed from paper."""
    return f"IV{case.tx.draw('studio-IV'):04}"


def pay(case: Case, kind: str, amount: int, method: str, receipt_no: str | None = None) -> StudioPayment:
    """Record money and write its receipt; a number is drawn where the till gave none."""
    payment = case.tx.add(
        StudioPayment(
            order_id=case.order_id,
            kind=kind,
            amount=amount,
            method=method,
            receipt_no=receipt_no or next_receipt(case),
            at=case.now,
            cashier_id=case.actor.id if case.actor else None,
        )
    )
    case.issue("invoice", payment, number=payment.receipt_no)
    case.notes.lines.append(
        T("receipt {no}: {amount}", zh="收据 {no}: {amount} 元").of(no=payment.receipt_no, amount=format_money(amount))
    )
    return payment


def receipt_exists(case: Case, receipt_no: str) -> bool:
    """Return whether a receipt of this number was written before."""
    return bool(case.tx.of(StudioPayment, "receipt_no", receipt_no))


def add_line(case: Case, price: StudioPrice, qty: int, origin: str, unit_price: int | None = None) -> StudioLine:
    """Add a line of the price list to the case, at the list price unless another is given."""
    unit = price.unit_price if unit_price is None else unit_price
    return case.tx.add(
        StudioLine(
            order_id=case.order_id,
            code=price.code,
            text_en=price.name_en,
            text_zh=price.name_zh,
            origin=origin,
            qty=qty,
            unit_price=unit,
            amount=unit * qty,
        )
    )


def let_off(case: Case, code: str, title: T, origin: str, amount: int) -> StudioLine:
    """Add a line that takes ``amount`` fen off."""
    return case.tx.add(
        StudioLine(
            order_id=case.order_id,
            code=code,
            text_en=title.en,
            text_zh=title.zh,
            origin=origin,
            qty=1,
            unit_price=-amount,
            amount=-amount,
        )
    )


def drop_lines(case: Case, origin: str, code: str | None = None) -> None:
    """Take back the lines of an origin, or those of one code."""
    for line in case.rows(StudioLine, table_of(StudioLine).c.origin == origin):
        if code is None or line.code == code:
            case.tx.remove(line)
