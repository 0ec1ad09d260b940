"""``kpi``: the figures of a past period."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer
from serviceflow.api import BadInput, Staff, T, Tx, plain, table_of
from serviceflow_cli.api import Column, label, out, writing_shop

from serviceflow_manufacturing.commands.deeds import customer_named
from serviceflow_manufacturing.reports import Period, figures

DESKS = ("domestic", "export")
KPI = [
    Column("key", T("Figure", zh="指标"), null=False, whole=True),
    Column("title", T("What", zh="名称"), null=False, give=1),
    Column("value", T("Value", zh="数值"), null=False),
    Column("part", T("Part", zh="分子"), give=2),
    Column("base", T("Base", zh="分母"), "number", give=3),
]


def kpi(
    first: Annotated[str, typer.Option("--from", metavar="DATE", help=label("First day", zh="起始日"))],
    last: Annotated[str, typer.Option("--to", metavar="DATE", help=label("Last day", zh="截止日"))],
    customer: Annotated[str, typer.Option("--customer", help=label("Only this customer", zh="只看客户"))] = "",
    owner: Annotated[str, typer.Option("--owner", help=label("Only of this owner", zh="只看负责人"))] = "",
    desk: Annotated[str, typer.Option("--desk", help=label("domestic or export", zh="domestic 或 export"))] = "",
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE", help=label("As known at the end of a day", zh="截至某日的情况"))
    ] = "",
) -> None:
    """Show the figures of a period, both days included; with --as-of as they were on an earlier day."""
    with writing_shop() as shop, shop.reading() as tx:
        start, end = shop.parse_day(first, tx.now), shop.parse_day(last, tx.now)
        _in_order(start, end)
        if desk not in ("", *DESKS):
            words = T("“{desk}” is no desk.", zh="“{desk}”不是业务台。").of(desk=desk)
            raise BadInput(words, plain(", ".join(DESKS)), ref="mfg.desk")
        known = shop.parse_day(as_of, tx.now) if as_of else shop.local_day(tx.now)
        of = customer_named(tx, customer).id if customer else None
        period = Period(shop, tx, start, end, known, of, _owner(tx, owner), desk)
        rows = [
            {"key": f.key, "title": str(f.title), "value": f.shown(),
             "part": str(f.part) if f.base is not None and f.part is not None else None, "base": f.base}
            for f in figures(period)
        ]  # fmt: skip
    out.rows("figures", KPI, rows)


def _in_order(start: date, end: date) -> None:
    if end < start:
        words = T("{end} is before {start}.", zh="{end} 早于 {start}。").of(end=end, start=start)
        raise BadInput(words, plain("flow mfg kpi --from 2025-06-01 --to 2025-06-30"), ref="mfg.period")


def _owner(tx: Tx, typed: str) -> int | None:
    if not typed:
        return None
    table = table_of(Staff)
    found = tx.one(Staff, (table.c.login == typed) | (table.c.name == typed))
    if found is None:
        words = T("Nobody on the staff is called {name}.", zh="没有员工 {name}。").of(name=typed)
        raise BadInput(words, plain("flow staff list"), ref="mfg.owner")
    return found.id
