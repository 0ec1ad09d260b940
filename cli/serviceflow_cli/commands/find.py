"""`flow find`: customers and orders as somebody remembers them: name, pinyin, initials, phone, tail of a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer
from serviceflow.refs import find_customers, find_orders, open_orders_of, short_numbers
from serviceflow.store.read import Found, Reader, title
from serviceflow.texts import T

from serviceflow_cli import out
from serviceflow_cli.cells import clean
from serviceflow_cli.out import Column, label
from serviceflow_cli.session import current, reader

FIELDS: Final = (
    Column("customer_id", T("No.", zh="编号"), "number", shown=False, help="Key of the customer"),
    Column("customer", T("Customer", zh="客户"), give=1, help="Name of the customer"),
    Column("phone", T("Phone", zh="电话"), give=3, whole=True, help="Preferred phone, masked"),
    Column("order", T("Order", zh="订单"), give=4, whole=True, help="Number of the order"),
    Column("flow", T("Flow", zh="流程"), shown=False, help="Key of the order's flow"),
    Column("step", T("Step", zh="步骤"), shown=False, help="Key of the step the order stands in"),
    Column("step_title", T("Step", zh="步骤"), give=2, help="Title of that step"),
    Column("next", T("Next", zh="下一步"), give=5, help="The next open task"),
    Column("due", T("Due", zh="到期"), "instant", give=6, whole=True, help="When that task is due"),
    Column("command", T("Type", zh="命令"), null=False, help="The command that shows more"),
)


def find(
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help=label(
        "Name, pinyin, initials, phone, last four digits, end of an order number",
        zh="姓名、拼音、首字母、电话、后四位、订单号尾数"))],
    limit: Annotated[int, typer.Option(min=1, max=50, help=label("How many at most", zh="最多几条"))] = 20,
) -> None:  # fmt: skip
    """Find customers and orders."""
    typed = " ".join(text)
    with reader() as read:
        rows = _rows(read, typed, limit)
    empty = T("Nobody is found by {typed}.", zh="没有找到 {typed}。").of(typed=clean(typed))
    if current().format == "text":
        if rows:
            out.table(FIELDS, rows, tail="command")
        else:
            out.talk(empty)
            out.talk(T("  Try part of the name, pinyin, initials or the last four digits.",
                       zh="  试试姓名的一部分、拼音、首字母或电话后四位。"))  # fmt: skip
        return
    out.for_machines("found", FIELDS, rows)


def _rows(read: Reader, typed: str, limit: int) -> list[dict[str, Any]]:
    orders = find_orders(read, typed, limit=limit)
    customers = find_customers(read, typed, limit)
    of_customers = open_orders_of(read, (row["customer_id"] for row in customers))
    tasks = _next_tasks(read, [row["order_id"] for row in (*orders, *of_customers)])
    short = short_numbers(read, [(row["order_number"], row["seq"]) for row in (*orders, *of_customers)])
    rows = [_order_row(row, tasks, short) for row in orders]
    seen = {row["order_id"] for row in orders}
    for customer in customers:
        own = [row for row in of_customers if row["customer_id"] == customer["customer_id"]]
        rows += [_order_row(row, tasks, short) for row in own[:3] if row["order_id"] not in seen]
        if not own:
            rows.append(_customer_row(customer))
    return rows[:limit]


def _next_tasks(read: Reader, orders: Sequence[int]) -> dict[int, Found]:
    """Return the next open task of each order."""
    rows = read.among(
        "SELECT order_id, title_en, title_zh, due_at FROM v_task WHERE order_id IN (:ids) AND state = 'open'"
        " ORDER BY due_at DESC",
        "ids",
        list(dict.fromkeys(orders)),
    )
    return {row["order_id"]: row for row in rows}


def _order_row(order: Found, tasks: dict[int, Found], short: dict[str, str]) -> dict[str, Any]:
    task = tasks.get(order["order_id"])
    return {
        "customer_id": order["customer_id"], "customer": order["customer"], "phone": order["phone"],
        "order": order["order_number"], "flow": order["flow"], "step": order["step"],
        "step_title": title(order, "step"), "next": title(task) if task else None,
        "due": task["due_at"] if task else None,
        "command": f"flow show {short.get(order['order_number'], order['order_number'])}",
    }  # fmt: skip


def _customer_row(customer: Found) -> dict[str, Any]:
    # The key, not the name: a command is made to be copied, and a name may hold what a shell would obey.
    return {
        "customer_id": customer["customer_id"], "customer": customer["customer"], "phone": customer["phone"],
        "step_title": str(T("no open order", zh="无在办订单")), "command": f"flow show c{customer['customer_id']}",
    }  # fmt: skip
