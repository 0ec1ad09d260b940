"""Figures of a period."""

from __future__ import annotations

from typing import Annotated

import typer
from serviceflow.api import BadInput, T, plain
from serviceflow_cli.api import Column, label, out, writing_shop

from serviceflow_realestate.reports import REPORTS, Period

COLUMNS = [
    Column("figure", T("Figure", zh="项目"), null=False),
    Column("title", T("What", zh="指标"), null=False, give=1),
    Column("value", T("Value", zh="数值"), null=False),
]


def report(
    name: Annotated[str, typer.Argument(metavar="NAME", help=label("Report", zh="报表"))],
    first: Annotated[str, typer.Option("--from", help=label("First day", zh="起始日"))] = "",
    last: Annotated[str, typer.Option("--to", help=label("Last day", zh="截止日"))] = "",
) -> None:
    """Show a report: sell-through, funnel, collection, ageing, rota and others."""
    if name not in REPORTS:
        raise BadInput(
            T("There is no report {name}.", zh="没有报表 {name}。").of(name=name),
            plain(", ".join(REPORTS)),
            ref="re.report",
        )
    with writing_shop() as shop, shop.write("re report", dry_run=True) as tx:
        now = shop.clock.now()
        until = shop.parse_day(last, now) if last else shop.local_day(now)
        since = shop.parse_day(first, now) if first else until.replace(day=1)
        rows = REPORTS[name][1](Period(shop, tx, since, until))
    out.rows(
        "figures", COLUMNS, rows, empty=T("Nothing happened.", zh="没有数据。"), facts={"first": since, "last": until}
    )
