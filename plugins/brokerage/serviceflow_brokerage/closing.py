"""What follows when accounts and clients close. Source: brokerage.md sections 4.5, 5.13."""

from __future__ import annotations

from datetime import date

from serviceflow.api import Case, MessageRow, Notes, Order, Shop, T, TaskRow, Tx, case_of, table_of

from serviceflow_brokerage import topics
from serviceflow_brokerage.people import accounts_of
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerClient
from serviceflow_brokerage.tables.products import BrokerRateOffer
from serviceflow_brokerage.unsent import UNSENT, take_back

ENDING = {
    "broker.retention": "client-closed",
    "broker.personal-plan": "end",
}
"""What the system does with a client's open orders when he closes."""
BECAUSE = T("the client has closed", zh="客户已销户")


def close_account(shop: Shop, tx: Tx, account: BrokerAccount, on: date, notes: Notes, *, but: int = 0) -> bool:
    """Close an account and, if it was the last, the client; returns whether the client has closed.

    Args:
        but: The order that does it and is left alone.
    """
    tx.change(account, status="closed", closed_on=on)
    _orders_act(shop, tx, account.customer_id, {"broker.commission-offer": "account-closed"}, notes, account=account)
    if any(a.status != "closed" for a in accounts_of(tx, account.customer_id)):
        return False
    tx.change(tx.need(BrokerClient, account.customer_id), status="closed", closed_on=on)
    topics.end_all(tx, account.customer_id)
    _orders_act(shop, tx, account.customer_id, ENDING, notes)
    tasks, messages = table_of(TaskRow), table_of(MessageRow)
    for task in tx.all(TaskRow, tasks.c.customer_id == account.customer_id, tasks.c.state == "open"):
        if task.order_id != but:
            tx.change(task, state="cancelled", done_at=tx.now, reason=str(BECAUSE))
    unsent = [messages.c.customer_id == account.customer_id, messages.c.state.in_(UNSENT)]
    for message in tx.all(MessageRow, *unsent, messages.c.purpose.in_(["marketing", "service"])):
        if message.order_id != but:
            take_back(tx, message, BECAUSE)
    return True


def _orders_act(
    shop: Shop, tx: Tx, customer_id: int, acts: dict[str, str], notes: Notes, account: BrokerAccount | None = None
) -> None:
    orders = table_of(Order)
    where = [orders.c.customer_id == customer_id, orders.c.flow.in_(acts), orders.c.closed_at.is_(None)]
    for order in tx.all(Order, *where):
        case: Case = case_of(shop, tx, order, notes).again(now=tx.now)
        if account is not None and not _about(case, account):
            continue
        action = acts[order.flow]
        values = {"reason": str(BECAUSE)} if "reason" in case.flow.action(action).form.fields else {}
        case.act(action, values)


def _about(case: Case, account: BrokerAccount) -> bool:
    offer = case.tx.get(BrokerRateOffer, case.order_id)
    return offer is not None and offer.account_id == account.id
