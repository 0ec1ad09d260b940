"""``flow sprout …``: thin names for `flow new` and `flow do`, and the trade's own lists."""

from __future__ import annotations

from typing import Annotated

import typer
from serviceflow.api import T
from serviceflow_cli.api import Column, label, open_new, out, reader

app = typer.Typer(no_args_is_help=True)

VISITS = [
    Column("order_no", T("Order", zh="订单"), null=False, whole=True),
    Column("customer", T("Customer", zh="客户"), null=False),
    Column("deposit", T("Deposit", zh="定金"), "money", null=False),
]


@app.command()
def book(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help=label("Who", zh="客户"))],
    at: Annotated[str, typer.Argument(metavar="TIME", help=label("As you say it", zh="时间"))],
    wish: Annotated[str, typer.Option(help=label("Wish", zh="要求"))] = "",
) -> None:
    """Book a visit."""
    open_new("sprout-visit", customer, {"starts_at": at, "wish": wish})


@app.command()
def visits() -> None:
    """List the visits that are not over."""
    with reader() as read:
        found = read.rows(
            "SELECT o.number AS order_no, c.name AS customer, v.deposit AS deposit FROM sprout_visit v"
            " JOIN orders o ON o.id = v.order_id JOIN customer c ON c.id = v.customer_id"
            " WHERE o.closed_at IS NULL ORDER BY v.starts_at, o.id"
        )
    out.rows("visits", VISITS, [dict(row) for row in found], empty=T("Nobody is expected.", zh="没有预约。"))
