"""How an order ends: fulfilled when nothing is open, or cancelled with an account. Source: 4.4, 5.8."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Case, Form, Guard, Need, Order, T, TaskRow, Verdict, format_money, money, table_of, text

from serviceflow_manufacturing import papers, roles
from serviceflow_manufacturing.flows import accounts
from serviceflow_manufacturing.forms import BY, REASON, one_of
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.tables import MfgComplaint, MfgContract


class CancelOrder(Form):
    by: str = one_of(T("By", zh="取消方"), BY)
    reason: str = text(REASON)
    costs: int = money(T("Costs", zh="费用"))


def _not_shipped(case: Case, form: Any) -> Verdict:
    gone = [s for s in accounts.shipments(case) if s.dispatched_on is not None]
    return refuse("already_shipped") if gone else None


def _no_open_shipment(case: Case, form: Any) -> Verdict:
    for kind in ("sale", "replacement"):
        for shipment in accounts.shipments(case, kind=kind):
            if shipment.state != "delivered":
                return refuse("shipment_open", no=_number(case, shipment.order_id))
    return None


def _number(case: Case, order_id: int) -> str:
    return case.tx.need(Order, order_id).number


def _cancellable(case: Case, form: Any) -> Verdict:
    unsigned = case.order.step == "requirements" and not case.own(MfgContract).unreviewed
    return refuse("not_cancellable") if unsigned else None


def _cancel_signed(case: Case, form: Any) -> Verdict:
    both = case.own(MfgContract).route == "meeting"
    return Need(roles.BOTH_GMS if both else roles.BY_MARKETING_GM, T("cancel a contract", zh="取消合同"))


def _money_open(case: Case, form: Any) -> Verdict:
    left = sum(r.amount - r.paid for r in accounts.receivables(case, live=True))
    return refuse("money_open", open=format_money(left, accounts.currency(case))) if left else None


def _complaint_open(case: Case, form: Any) -> Verdict:
    found = open_complaints(case)
    return refuse("complaint_open", no=found[0]) if found else None


def open_complaints(case: Case) -> list[str]:
    """Return the numbers of the contract's open complaints."""
    table = table_of(MfgComplaint)
    orders = [case.tx.need(Order, c.order_id) for c in case.tx.all(MfgComplaint, table.c.about_id == case.order_id)]
    return [o.number for o in orders if o.closed_at is None]


def closable(case: Case) -> bool:
    """Return whether nothing of a shipped order is open any more."""
    return all(rule(case, None) is None for rule in (_no_open_shipment, _money_open, _complaint_open))


def try_close(case: Case) -> None:
    """Close a shipped order if nothing is open any more; asked after every event that may have been the last."""
    if case.order.step == "shipped" and closable(case):
        case.act("close-order")


def cancel(case: Case, form: CancelOrder) -> None:
    """Draw the account of a cancelled contract and end what is planned for it."""
    paid, balance = accounts.cancellation(case, form.costs)
    cur = accounts.currency(case)
    papers.make(case, "cancellation-account", {
        "order": case.order.number, "contract_no": case.own(MfgContract).contract_no or "", "by": BY[form.by],
        "reason": form.reason, "costs": format_money(form.costs, cur), "payments": format_money(paid, cur),
        "balance": format_money(balance, cur), "currency": cur,
    })  # fmt: skip
    keep = ("refund",)
    for task in _open_rules(case):
        if task not in keep:
            case.cancel_tasks(task, reason=T("contract cancelled", zh="合同已取消"))
    case.cancel_messages(reason=T("contract cancelled", zh="合同已取消"))
    case.change(outcome=f"cancelled-{form.by}")


def _open_rules(case: Case) -> set[str]:
    table = table_of(TaskRow)
    found = case.tx.all(TaskRow, table.c.order_id == case.order_id, table.c.state == "open")
    return {(task.rule or "").partition(":")[2] for task in found}


def after_money(case: Case, form: Any) -> None:
    """Close the order where the payment was the last thing open."""
    try_close(case)


NO_SHIPMENT = Guard("shipment_open", _no_open_shipment, early=True)
NOT_SHIPPED = Guard("already_shipped", _not_shipped, early=True)
CANCELLABLE = Guard("not_cancellable", _cancellable, early=True)
CANCEL_SIGNED = Guard("cancel_signed", _cancel_signed, needs=(roles.BY_MARKETING_GM, roles.BOTH_GMS))
MONEY_OPEN = Guard("money_open", _money_open, early=True)
COMPLAINT_OPEN = Guard("complaint_open", _complaint_open, early=True)
