"""Complaints (投诉) as the branch keeps them itself, open until their task is done.

Source: brokerage.md section 5.11.
"""

from __future__ import annotations

from serviceflow.api import Case, MessageRow, T, TaskRow, Tx, table_of
from sqlalchemy import exists, select

from serviceflow_brokerage.limits import task
from serviceflow_brokerage.roles import BM, CO
from serviceflow_brokerage.tables.clients import BrokerComplaint
from serviceflow_brokerage.unsent import UNSENT, take_back

COMPLAINS = T("open complaint", zh="有未结投诉")
CATEGORIES = ("service", "commission", "suitability", "system", "research", "other")


def open_complaint(case: Case, category: str, text: str) -> None:
    """Open a complaint about an order: a task for the branch manager; compliance looks on where money is at stake."""
    due = case.due(task("complaint", after="now"))
    assert due is not None
    subject = f"{category}-{len(case.rows(BrokerComplaint)) + 1}"
    title = T("Complaint of {name}: {text}", zh="投诉 {name}: {text}").of(name=case.customer.name, text=text)
    case.add_task("complaint", title, who=BM, due=due, stays=True, subject=subject)
    tasks = table_of(TaskRow)
    made = case.tx.one(
        TaskRow, tasks.c.order_id == case.order_id, tasks.c.rule == "brokerage:complaint", tasks.c.subject == subject
    )
    assert made is not None
    assert made.id is not None
    assert case.order.customer_id is not None
    case.tx.add(
        BrokerComplaint(
            customer_id=case.order.customer_id, order_id=case.order_id, task_id=made.id, category=category, text=text,
            at=case.now,
        )
    )  # fmt: skip
    _no_marketing(case)
    if category in ("commission", "suitability"):
        case.add_task("complaint-look", title, who=CO, due=due, stays=True, subject=subject)


def _no_marketing(case: Case) -> None:
    """Take back the marketing that has not gone out yet: none reaches a client while a complaint is open."""
    messages = table_of(MessageRow)
    mine = [messages.c.customer_id == case.order.customer_id, messages.c.purpose == "marketing"]
    for message in case.tx.all(MessageRow, *mine, messages.c.state.in_(UNSENT)):
        take_back(case.tx, message, COMPLAINS)


def is_open(tx: Tx, customer_id: int, category: str | None = None) -> bool:
    """Return whether a complaint of the customer (of a category) is open."""
    complaints, tasks = table_of(BrokerComplaint), table_of(TaskRow)
    where = [complaints.c.customer_id == customer_id, tasks.c.id == complaints.c.task_id, tasks.c.state == "open"]
    where += [complaints.c.category == category] if category is not None else []
    return bool(tx.scalar(select(exists().where(*where))))
