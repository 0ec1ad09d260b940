"""Receivables of a contract: made by its stages, paid, promised, written off, settled. Source: manufacturing.md 5.8.

Every function here takes the case of the contract's order (`mfg-order`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from serviceflow.api import (
    Case,
    Form,
    Guard,
    Need,
    Order,
    T,
    Tx,
    Verdict,
    day,
    format_money,
    money,
    number,
    plain,
    table_of,
    text,
)

from serviceflow_manufacturing import desk, roles
from serviceflow_manufacturing.forms import NOT_FUTURE, NOT_PAST, Dated
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import content, terms
from serviceflow_manufacturing.tables import (
    MfgContract,
    MfgPayment,
    MfgReceivable,
    MfgShipment,
    MfgShipmentLine,
)

LIVE = ("open", "part")
RECEIVABLE = T("open receivable {n}", zh="未收应收{n}")
DUNNING = ("pay-soon", "dun-1", "dun-2", "dun-3")
"""Messages about a receivable; their subject is its number."""


def receivables(case: Case, *, live: bool = False) -> list[MfgReceivable]:
    """Return the contract's receivables by due date, only those with money open if asked."""
    table = table_of(MfgReceivable)
    where = [table.c.order_id == case.order_id]
    if live:
        where.append(table.c.state.in_(LIVE))
    return case.tx.all(MfgReceivable, *where, order_by=[table.c.due_on, table.c.id])


def stages(case: Case) -> list[terms.Stage]:
    """Return the payment stages of the version in force."""
    return terms.stages(case.own(MfgContract).draft["terms"])


def currency(case: Case) -> str:
    """Return the contract's currency."""
    return str(case.own(MfgContract).draft["currency"] or "CNY")


def owe(
    case: Case, label: str, anchor: str, amount: int, due_on: date, shipment_id: int | None = None
) -> MfgReceivable | None:
    """Write a receivable; nothing for an amount of 0."""
    if amount <= 0:
        return None
    return case.tx.add(
        MfgReceivable(
            order_id=case.order_id,
            shipment_id=shipment_id,
            label=label,
            anchor=anchor,
            amount=amount,
            owed_on=case.today,
            due_on=due_on,
        )
    )


# -- made by events --------------------------------------------------------------------------------------------


def at_signing(case: Case) -> None:
    """Owe the stages that are due on signing, on the contract amount."""
    contract = case.own(MfgContract)
    assert contract.signed_on is not None
    total = content.amount(contract.draft)
    for stage in stages(case):
        if stage.anchor == "sign":
            owe(case, stage.label, "sign", terms.part(total, stage.percent),
                contract.signed_on + timedelta(days=stage.days))  # fmt: skip


def at_amendment(case: Case, before: Sequence[terms.Stage], signed_on: date) -> None:
    """Adjust the stages due on signing to the new amount: a further receivable, or unpaid ones lowered."""
    total = content.amount(case.own(MfgContract).draft)
    signed = [r for r in receivables(case) if r.anchor == "sign" and r.state != "written-off"]
    target = sum(terms.part(total, stage.percent) for stage in stages(case) if stage.anchor == "sign")
    owed = sum(r.amount for r in signed)
    if target > owed:
        stage = next(s for s in stages(case) if s.anchor == "sign")
        owe(case, stage.label, "sign", target - owed, signed_on + timedelta(days=stage.days))
    lower = owed - target
    for row in reversed(signed):
        cut = min(max(lower, 0), row.amount - row.paid)
        if cut:
            _set(case.tx, row, amount=row.amount - cut)
            lower -= cut


def shipment_lines(case: Case, shipment_id: int) -> dict[int, int]:
    """Return a shipment's quantities by line."""
    table = table_of(MfgShipmentLine)
    return {line.line_no: line.qty for line in case.tx.all(MfgShipmentLine, table.c.order_id == shipment_id)}


def shipments(case: Case, *, kind: str = "sale") -> list[MfgShipment]:
    """Return the contract's shipments that were not cancelled."""
    table = table_of(MfgShipment)
    return case.tx.all(MfgShipment, table.c.parent_id == case.order_id, table.c.kind == kind,
                       table.c.state != "cancelled")  # fmt: skip


def shipped(case: Case) -> dict[int, int]:
    """Return what was dispatched and not returned, by line."""
    return _sum(case, [s for s in shipments(case) if s.dispatched_on is not None])


def in_shipment(case: Case, *, but: int | None = None) -> dict[int, int]:
    """Return what is shipped or in an open sale shipment, by line; ``but`` leaves one shipment out."""
    return _sum(case, [s for s in shipments(case) if s.order_id != but])


def _sum(case: Case, found: Sequence[MfgShipment]) -> dict[int, int]:
    total: dict[int, int] = {}
    for shipment in found:
        for line_no, qty in shipment_lines(case, shipment.order_id).items():
            total[line_no] = total.get(line_no, 0) + qty
    return total


def value(case: Case, shipment: MfgShipment) -> int:
    """Return what a shipment is worth; the first dispatched one carries the other charges."""
    said = case.own(MfgContract).draft
    quantities = shipment_lines(case, shipment.order_id)
    worth = sum(content.line_value({**line, "qty": quantities.get(line["line_no"], 0)}) for line in said["lines"])
    dispatched = [s for s in shipments(case) if s.dispatched_on is not None and s.order_id != shipment.order_id]
    earlier = [s for s in dispatched if shipment.dispatched_on is None or _before(s, shipment)]
    return worth + (0 if earlier else int(said["other_charges"]))


def _before(one: MfgShipment, other: MfgShipment) -> bool:
    assert one.dispatched_on is not None
    assert other.dispatched_on is not None
    return (one.dispatched_on, one.order_id) < (other.dispatched_on, other.order_id)


def before_dispatch(case: Case, shipment: MfgShipment) -> None:
    """Owe what has to be paid before a shipment leaves; made anew when the shipment is edited."""
    for row in receivables(case):
        if row.shipment_id == shipment.order_id and row.anchor == "before-dispatch" and not row.paid:
            case.tx.remove(row)
    paid = sum(r.amount for r in receivables(case)
               if r.shipment_id == shipment.order_id and r.anchor == "before-dispatch")  # fmt: skip
    for stage in stages(case):
        if stage.anchor == "before-dispatch":
            amount = terms.part(value(case, shipment), stage.percent) - paid
            owe(case, stage.label, stage.anchor, amount, max(shipment.planned_on, case.today), shipment.order_id)


def at_dispatch(case: Case, shipment: MfgShipment) -> None:
    """Owe the stages that are due on dispatch of a shipment."""
    assert shipment.dispatched_on is not None
    for stage in stages(case):
        if stage.anchor == "dispatch":
            due = shipment.dispatched_on + timedelta(days=stage.days)
            owe(case, stage.label, "dispatch", terms.part(value(case, shipment), stage.percent), due,
                shipment.order_id)  # fmt: skip


def at_delivery(case: Case, shipment: MfgShipment) -> None:
    """Owe the stages that are due on delivery, with the settlement where it falls on the last of them."""
    assert shipment.delivered_on is not None
    last = stages(case)[-1]
    for stage in stages(case):
        if stage.anchor == "delivery":
            amount = terms.part(value(case, shipment), stage.percent)
            if stage == last and _completed_by(case, shipment):
                amount += settlement(case)
            owe(case, stage.label, "delivery", amount, shipment.delivered_on + timedelta(days=stage.days),
                shipment.order_id)  # fmt: skip


def _completed_by(case: Case, shipment: MfgShipment) -> bool:
    completing = completing_shipment(case)
    return completing is not None and completing.order_id == shipment.order_id


def completing_shipment(case: Case) -> MfgShipment | None:
    """Return the last dispatched sale shipment of a contract whose goods have all left."""
    if case.own(MfgContract).shipped_on is None:
        return None
    found = [s for s in shipments(case) if s.dispatched_on is not None]
    return max(found, key=lambda s: (s.dispatched_on or date.min, s.order_id), default=None)


def settlement(case: Case) -> int:
    """Return what all shipments are worth beyond all stage amounts, those still to come included."""
    sent = [s for s in shipments(case) if s.dispatched_on is not None]
    total = sum(value(case, s) for s in sent)
    amounts = [r.amount for r in receivables(case) if r.anchor == "sign" and r.state != "written-off"]
    for stage in stages(case):
        if stage.anchor != "sign":
            amounts += [terms.part(value(case, s), stage.percent) for s in sent]
    return terms.settlement(total, amounts)


def settle(case: Case, shipment: MfgShipment) -> None:
    """Put the settlement on the completing shipment's amount of the last stage, or beside it."""
    difference, last = settlement(case), stages(case)[-1]
    if not difference or last.anchor == "delivery":
        return  # on delivery it is part of the amount then owed
    row = next((r for r in receivables(case) if r.shipment_id == shipment.order_id and r.anchor == last.anchor
                and r.label == last.label and r.state in LIVE), None)  # fmt: skip
    if row is not None and last.anchor != "sign" and row.amount + difference >= row.paid:
        _set(case.tx, row, amount=row.amount + difference)
    elif difference > 0:
        assert shipment.dispatched_on is not None
        owe(case, "settlement", "settlement", difference, shipment.dispatched_on, shipment.order_id)
    else:
        refund(case, -difference)


def refund(case: Case, amount: int, cur: str = "") -> None:
    """Ask finance to pay money back, in the contract's currency if none is named."""
    cur = cur or currency(case)
    words = T("Pay back {amount} {cur} of {no}", zh="{no}退款{amount} {cur}")
    said = words.of(amount=format_money(amount, cur), cur=cur, no=case.order.number)
    desk.task(case, "refund", said, roles.FINANCE, stays=True)


def take_back(case: Case, shipment: MfgShipment) -> None:
    """Remove what a shipment owes, unless it was paid: then finance pays it back."""
    for row in receivables(case):
        if row.shipment_id == shipment.order_id:
            silence(case, row, T("goods came back", zh="货物退回"))
            if row.paid:
                refund(case, row.paid)
                _set(case.tx, row, amount=row.paid)
                case.tx.change(row, anchor="returned")
            else:
                case.tx.remove(row)


def cancellation(case: Case, costs: int) -> tuple[int, int]:
    """Close the account of a cancelled contract; returns (paid, balance owed by the customer, negative: to him)."""
    paid = sum(p.amount for p in payments(case))
    for row in receivables(case, live=True):
        case.tx.change(row, state="written-off", written_off_on=case.today)
    if costs > paid:
        due = case.today + timedelta(days=case.number("mfg.cancel.pay_d"))
        owe(case, "cancel-cost", "cancel-cost", costs - paid, due)
    elif costs < paid:
        refund(case, paid - costs)
    return paid, costs - paid


def payments(case: Case) -> list[MfgPayment]:
    """Return the contract's payments."""
    table = table_of(MfgPayment)
    return case.tx.all(MfgPayment, table.c.order_id == case.order_id, order_by=[table.c.id])


def _set(tx: Tx, row: MfgReceivable, *, amount: int | None = None, paid: int | None = None) -> None:
    """Change amount or payments of a receivable; its state follows."""
    owed = row.amount if amount is None else amount
    got = row.paid if paid is None else paid
    state = "paid" if got >= owed else "part" if got else "open"
    if owed == 0 and not got:
        tx.remove(row)
        return
    tx.change(row, amount=owed, paid=got, state=state)


def credit(case: Case, amount: int) -> None:
    """Lower the contract's open receivables, oldest first; the rest is paid back."""
    for row in receivables(case, live=True):
        cut = min(amount, row.amount - row.paid)
        amount -= cut
        if cut == row.amount - row.paid:
            silence(case, row, T("credited", zh="已抵扣"))
        _set(case.tx, row, amount=row.amount - cut)
    if amount:
        refund(case, amount)


# -- what blocks a dispatch -------------------------------------------------------------------------------------


def unpaid_before(case: Case, shipment_id: int) -> int:
    """Return what is unpaid of stages due on signing or before this dispatch."""
    return sum(
        r.amount - r.paid
        for r in receivables(case, live=True)
        if r.anchor == "sign" or (r.anchor == "before-dispatch" and r.shipment_id == shipment_id)
    )


def overdue_of_customer(case: Case) -> tuple[int, int]:
    """Return (open, days) of the customer's worst receivable that blocks dispatch, (0, 0) when none does."""
    rows, orders = table_of(MfgReceivable), table_of(Order)
    mine = [o.id for o in case.tx.all(Order, orders.c.customer_id == case.order.customer_id,
                                      orders.c.flow == "mfg-order")]  # fmt: skip
    limit = case.number("mfg.credit.block_d")
    found = case.tx.all(MfgReceivable, rows.c.order_id.in_(mine), rows.c.state.in_(LIVE),
                        rows.c.disputed.is_(False))  # fmt: skip
    late = [(r.amount - r.paid, (case.today - r.due_on).days) for r in found]
    blocking = [entry for entry in late if entry[1] >= limit]
    return (sum(amount for amount, _ in blocking), max(days for _, days in blocking)) if blocking else (0, 0)


# -- actions ---------------------------------------------------------------------------------------------------


class Pay(Dated):
    not_future = ("on",)
    receivable: int = number(T("Receivable", zh="应收编号"), least=1, most=10**9)
    amount: int = money(T("Amount", zh="金额"))
    on: date = day(T("Date", zh="日期"))
    receipt: str = text(T("Receipt number", zh="收据号"), longest=60)


class Promise(Dated):
    not_past = ("on",)
    receivable: int = number(T("Receivable", zh="应收编号"), least=1, most=10**9)
    on: date = day(T("Promised for", zh="承诺日期"))


class WriteOff(Form):
    receivable: int = number(T("Receivable", zh="应收编号"), least=1, most=10**9)
    reason: str = text(T("Reason", zh="原因"))


def _row(case: Case, form: Any) -> MfgReceivable | None:
    row = case.tx.get(MfgReceivable, form.receivable)
    return row if row is not None and row.order_id == case.order_id else None


def _known(case: Case, form: Any) -> Verdict:
    row = _row(case, form)
    if row is None or row.state not in LIVE:
        return refuse("fields_missing", fields=RECEIVABLE.of(n=form.receivable), how=plain("flow mfg ar"))
    return None


def _overpaid(case: Case, form: Pay) -> Verdict:
    row = _row(case, form)
    left = row.amount - row.paid if row is not None else 0
    if form.amount <= left:
        return None
    cur = currency(case)
    return refuse("overpaid", amount=format_money(form.amount, cur), open=format_money(left, cur))


def _receipt(case: Case, form: Pay) -> Verdict:
    used = case.tx.one(MfgPayment, table_of(MfgPayment).c.receipt_no == form.receipt)
    return refuse("receipt_used", no=form.receipt) if used is not None else None


def _write_off_signed(case: Case, form: Any) -> Verdict:
    return Need(roles.BY_MARKETING_GM, T("write-off", zh="坏账核销"))


def pay(case: Case, form: Pay) -> None:
    """Take a payment; messages and calls about a paid receivable are taken back."""
    row = case.tx.need(MfgReceivable, form.receivable)
    assert row.id is not None
    case.tx.add(MfgPayment(receivable_id=row.id, order_id=case.order_id, amount=form.amount, on=form.on,
                           receipt_no=form.receipt, by_id=case.actor.id if case.actor else None))  # fmt: skip
    _set(case.tx, row, paid=row.paid + form.amount)
    if row.state == "paid":
        silence(case, row, T("paid", zh="已付清"))


def promise(case: Case, form: Promise) -> None:
    """Note a promise: nothing is done about the receivable through that day."""
    row = case.tx.need(MfgReceivable, form.receivable)
    case.tx.change(row, promise_on=form.on)
    silence(case, row, T("promised", zh="已承诺付款"))


def write_off(case: Case, form: WriteOff) -> None:
    """Give a receivable up."""
    row = case.tx.need(MfgReceivable, form.receivable)
    case.tx.change(row, state="written-off", written_off_on=case.today)
    silence(case, row, T("written off", zh="已核销"))


def silence(case: Case, row: MfgReceivable, reason: T) -> None:
    """Take back what still would be sent or done about a receivable."""
    case.close_tasks("call-payment", subject=str(row.id), result=str(reason))
    case.cancel_messages(*DUNNING, reason=reason, subject=str(row.id))


PAY_GUARDS = (
    Guard("receivable_open", _known),
    NOT_FUTURE,
    Guard("overpaid", _overpaid),
    Guard("receipt_used", _receipt),
)
PROMISE_GUARDS = (Guard("receivable_open", _known), NOT_PAST)
WRITE_OFF_GUARDS = (
    Guard("receivable_open", _known),
    Guard("write_off_signed", _write_off_signed, needs=(roles.BY_MARKETING_GM,)),
)
