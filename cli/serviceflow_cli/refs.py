"""From what somebody typed to the key of an order, a customer or a task; asks on a terminal where it is not clear.

For commands that write, too: the keys are found on the read path before the shop is opened for writing::

    order = refs.order_id("0012")          # or S-2026-0012, 小明, 0001, wxm: then the customer's open order
    customer = refs.customer_id("wxm")
    task = refs.task_id("#31")
"""

from __future__ import annotations

from collections.abc import Sequence

from serviceflow.errors import BadInput
from serviceflow.refs import find_customers, find_orders, open_orders_of, task_key
from serviceflow.store.read import Found, Reader, title
from serviceflow.texts import T

from serviceflow_cli.cells import clean
from serviceflow_cli.prompt import NINE, choose
from serviceflow_cli.session import reader


class NotFound(BadInput):
    """Nothing is known by what was typed."""

    ref = "not-found"


def order_id(typed: str) -> int:
    """Return the key of the order meant.

    Raises:
        NotFound: Nothing is found.
        BadInput: Several are, and nobody is there to choose.
        Cancelled: The person did not choose.
    """
    with reader() as read:
        return int(pick_order(read, typed)["order_id"])


def customer_id(typed: str) -> int:
    """Return the key of the customer meant; raises as `order_id` does."""
    with reader() as read:
        return int(pick_customer(read, typed)["customer_id"])


def task_id(typed: str) -> int:
    """Return the key of the task meant.

    Raises:
        NotFound: There is no such task.
    """
    with reader() as read:
        return int(pick_task(read, typed)["task_id"])


def pick_order(read: Reader, typed: str) -> Found:
    """Return the row of the order meant, of `v_order`."""
    found = find_orders(read, typed)
    if not found:
        found = open_orders_of(read, [row["customer_id"] for row in find_customers(read, typed)])
    if not found:
        raise NotFound(
            T("There is no order {typed}.", zh="没有订单 {typed}。").of(typed=clean(typed)),
            T("Look for it: flow find {typed}", zh="查找: flow find {typed}").of(typed=_quoted(typed)),
        )
    return _one(typed, found, [order_line(row) for row in found])


def pick_customer(read: Reader, typed: str) -> Found:
    """Return the row of the customer meant, of `v_customer`; an order's number stands for its customer."""
    found = find_customers(read, typed)
    if not found:
        ids = [row["customer_id"] for row in find_orders(read, typed) if row["customer_id"] is not None]
        found = read.among("SELECT * FROM v_customer WHERE customer_id IN (:ids)", "ids", ids)
    if not found:
        raise NotFound(
            T("There is no customer {typed}.", zh="没有客户 {typed}。").of(typed=clean(typed)),
            T("Enter one: flow customer add {typed} --phone …", zh="新增: flow customer add {typed} --phone …").of(
                typed=_quoted(typed)
            ),
        )
    return _one(typed, found, [customer_line(read, row) for row in found[: NINE + 1]])


def pick_task(read: Reader, typed: str) -> Found:
    """Return the row of the task meant, of `v_task`."""
    key = task_key(typed)
    found = read.one("SELECT * FROM v_task WHERE task_id = :id", id=key) if key is not None else None
    if found is None:
        raise NotFound(
            T("There is no task {typed}.", zh="没有待办 {typed}。").of(typed=clean(typed)),
            T("See them: flow today   flow task list", zh="查看: flow today   flow task list"),
        )
    return found


def order_line(row: Found) -> str:
    """Return an order in one line, as a chooser shows it."""
    return "  ".join(part for part in (row["order_number"], row["customer"], row["phone"], title(row, "step")) if part)


def customer_line(read: Reader, row: Found) -> str:
    """Return a customer in one line, with the step of the newest open order; the key tells namesakes apart."""
    newest = open_orders_of(read, [row["customer_id"]], 1)
    step = title(newest[0], "step") if newest else str(T("no open order", zh="无在办订单"))
    return "  ".join(part for part in (row["customer"], row["phone"], step, f"c{row['customer_id']}") if part)


def _one(typed: str, found: Sequence[Found], lines: Sequence[str]) -> Found:
    if len(found) == 1:
        return found[0]
    what = T("{n} fit {typed}:", zh="{typed} 有 {n} 个:").of(typed=clean(typed), n=len(found))
    return found[choose(what, lines[:NINE], more=len(found) > NINE)]


def _quoted(typed: str) -> str:
    import shlex

    word = clean(typed)
    return word if word.isalnum() else shlex.quote(word)
