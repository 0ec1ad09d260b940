"""`flow show`: one page about an order, a customer or a task, found by whatever was typed."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from serviceflow.refs import find_customers, find_orders, task_key
from serviceflow.store.read import Found, Reader
from serviceflow.texts import T

from serviceflow_cli import out, refs
from serviceflow_cli.cells import clean
from serviceflow_cli.out import label
from serviceflow_cli.pages import customer, order, task
from serviceflow_cli.prompt import NINE, choose
from serviceflow_cli.session import reader


def show(
    ref: Annotated[list[str], typer.Argument(metavar="REF", help=label(
        "Order number or its end, #task, phone, last four digits, name, pinyin, initials",
        zh="订单号或其尾数、#待办、电话、后四位、姓名、拼音、首字母"))],
) -> None:  # fmt: skip
    """Show one page."""
    typed = " ".join(ref)
    with reader() as read:
        page = _page(read, typed)
    fields, draw = {
        "order": (order.FIELDS, order.draw_order),
        "customer": (customer.FIELDS, customer.draw_customer),
        "task": (task.FIELDS, task.draw_task),
    }[page["kind"]]
    out.page(fields, page, lambda: draw(page))


def _page(read: Reader, typed: str) -> dict[str, Any]:
    if typed.lstrip()[:1] in ("#", "＃"):
        return task.task_page(read, refs.pick_task(read, typed))
    kind, row = _pick(read, typed)
    return order.order_page(read, row) if kind == "order" else customer.customer_page(read, row)


def _pick(read: Reader, typed: str) -> tuple[str, Found]:
    orders = find_orders(read, typed)
    if len(orders) == 1 and orders[0]["order_number"].upper() == typed.strip().upper():
        return "order", orders[0]
    customers = find_customers(read, typed)
    if len(orders) == 1 and [row["customer_id"] for row in customers] == [orders[0]["customer_id"]]:
        return "order", orders[0]  # its end is also that of its own customer's phone; its page names both
    found = [("order", row) for row in orders] + [("customer", row) for row in customers]
    if len(found) == 1:
        return found[0]
    if not found:
        key = task_key(typed)
        hint = (
            T("For task {n} type: flow show '#{n}'", zh="查看待办 {n}: flow show '#{n}'").of(n=key)
            if key is not None and read.one("SELECT task_id FROM v_task WHERE task_id = :id", id=key)
            else T("Try less of it, pinyin or initials: flow find …", zh="写少一点, 或用拼音、首字母: flow find …")
        )
        raise refs.NotFound(
            T("Nothing is found by {typed}.", zh="没有找到 {typed}。").of(typed=clean(typed)), hint, ref="not-found"
        )
    lines = [
        refs.order_line(row) if kind == "order" else refs.customer_line(read, row) for kind, row in found[: NINE + 1]
    ]
    what = T("{n} fit {typed}:", zh="{typed} 有 {n} 个:").of(typed=clean(typed), n=len(found))
    return found[choose(what, lines[:NINE], more=len(found) > NINE)]
