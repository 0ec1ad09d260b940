"""``ar``, ``pay``, ``promise``, ``writeoff``: what customers owe."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from serviceflow.api import BadInput, Customer, Order, T, plain, table_of
from serviceflow_cli.api import Column, DryRun, label, out, writing_shop

from serviceflow_manufacturing.commands.deeds import do
from serviceflow_manufacturing.flows.accounts import LIVE
from serviceflow_manufacturing.tables import MfgContract, MfgReceivable

AR = [
    Column("id", T("No.", zh="编号"), "number", null=False),
    Column("customer", T("Customer", zh="客户"), null=False),
    Column("order", T("Order", zh="订单"), null=False, whole=True),
    Column("contract", T("Contract", zh="合同"), give=1),
    Column("label", T("Stage", zh="阶段"), null=False, give=2),
    Column("amount", T("Amount", zh="金额"), "money", null=False),
    Column("open", T("Open", zh="未收"), "money", null=False),
    Column("currency", T("Currency", zh="币种"), null=False),
    Column("due", T("Due", zh="到期"), "day", null=False),
    Column("days", T("Days over", zh="逾期天"), "number", null=False),
    Column("level", T("Dunned", zh="催款级"), "number", null=False, give=3),
    Column("promise", T("Promised", zh="承诺"), "day", give=4),
    Column("disputed", T("Disputed", zh="争议"), "yes_no", null=False),
]
Number = Annotated[int, typer.Argument(metavar="RECEIVABLE", help=label("Number of flow mfg ar", zh="应收编号"))]


def ar(
    customer: Annotated[str, typer.Argument(metavar="[CUSTOMER]", help=label("Part of the name", zh="客户名"))] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help=label("Only overdue ones", zh="只看逾期"))] = False,
) -> None:
    """List open receivables, oldest first."""
    with writing_shop() as shop, shop.reading() as tx:
        today, table = shop.local_day(tx.now), table_of(MfgReceivable)
        rows: list[dict[str, Any]] = []
        for row in tx.all(MfgReceivable, table.c.state.in_(LIVE), order_by=[table.c.due_on, table.c.id]):
            order = tx.need(Order, row.order_id)
            name = tx.need(Customer, order.customer_id).name
            if (customer and customer.casefold() not in name.casefold()) or (overdue and row.due_on >= today):
                continue
            contract = tx.need(MfgContract, row.order_id)
            rows.append({
                "id": row.id, "customer": name, "order": order.number, "contract": contract.contract_no,
                "label": row.label, "amount": row.amount, "open": row.amount - row.paid,
                "currency": contract.draft["currency"] or "CNY", "due": row.due_on,
                "days": max((today - row.due_on).days, 0), "level": row.dun_level, "promise": row.promise_on,
                "disputed": row.disputed,
            })  # fmt: skip
    out.rows("receivables", AR, rows, empty=T("Nothing is owed.", zh="没有应收款。"))


def _order_of(receivable: int) -> str:
    with writing_shop() as shop, shop.reading() as tx:
        row = tx.get(MfgReceivable, receivable)
        if row is None:
            words = T("There is no receivable {n}.", zh="没有应收 {n}。").of(n=receivable)
            raise BadInput(words, plain("flow mfg ar"), ref="mfg.receivable")
        return tx.need(Order, row.order_id).number


def pay(
    receivable: Number,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help=label("Amount", zh="金额"))],
    on: Annotated[str, typer.Option("--on", metavar="DATE", help=label("Paid on", zh="收款日"))],
    receipt: Annotated[str, typer.Option("--receipt", metavar="NO", help=label("Receipt number", zh="收据号"))],
    dry_run: DryRun = False,
) -> None:
    """Enter a payment."""
    do(_order_of(receivable), "pay", dry_run=dry_run, receivable=receivable, amount=amount, on=on, receipt=receipt)


def promise(
    receivable: Number,
    on: Annotated[str, typer.Argument(metavar="DATE", help=label("Promised for", zh="承诺日期"))],
    dry_run: DryRun = False,
) -> None:
    """Note a promise to pay: nothing is sent until that day is over."""
    do(_order_of(receivable), "promise", dry_run=dry_run, receivable=receivable, on=on)


def writeoff(
    receivable: Number,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=label("Why", zh="原因"))],
    dry_run: DryRun = False,
) -> None:
    """Ask for a receivable to be written off; the general manager marketing signs."""
    do(_order_of(receivable), "write-off", dry_run=dry_run, receivable=receivable, reason=reason)
