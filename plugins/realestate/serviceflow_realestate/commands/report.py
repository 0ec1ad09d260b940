"""Figures of a period."""

from __future__ import annotations

from typing import Annotated

import typer
from serviceflow.api import BadInput, T, plain
from serviceflow_cli.api import Column, label, out, writing_shop

from serviceflow_realestate.reception import project_here
from serviceflow_realestate.reports import REPORTS, Period, find_report

COLUMNS = [
    Column("group", T("Of", zh="分组"), null=False),
    Column("figure", T("Figure", zh="项目"), null=False, shown=False),
    Column("title", T("Figure", zh="指标"), null=False),
    Column("value", T("Value", zh="数值"), null=False),
    Column("part", T("Part", zh="分子"), "number", shown=False),
    Column("base", T("Base", zh="分母"), "number", shown=False),
]
NAMES = [
    Column("name", T("Report", zh="报表"), null=False, whole=True),
    Column("title", T("What", zh="名称"), null=False),
    Column("formula", T("Formula", zh="公式"), null=False, give=1),
]


def report(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help=label("Report", zh="报表"))] = "",
    first: Annotated[str, typer.Option("--from", help=label("First day", zh="起始日"))] = "",
    last: Annotated[str, typer.Option("--to", help=label("Last day", zh="截止日"))] = "",
    project: Annotated[str, typer.Option("--project", help=label("Project", zh="项目"))] = "",
) -> None:
    """Show a report of a period, by default this month so far; without a name, the reports there are."""
    if not name:
        rows = [{"name": key, "title": str(one.title), "formula": str(one.formula)} for key, one in REPORTS.items()]
        out.rows("reports", NAMES, rows)
        return
    key = find_report(name)
    if key is None:
        raise BadInput(
            T("There is no report {name}.", zh="没有报表 {name}。").of(name=name),
            plain(", ".join(REPORTS)),
            ref="re.report",
        )
    with writing_shop() as shop, shop.reading() as tx:
        now = shop.clock.now()
        until = shop.parse_day(last, now) if last else shop.local_day(now)
        since = shop.parse_day(first, now) if first else until.replace(day=1)
        if since > until:
            raise BadInput(
                T("{date} is before the {other}.", zh="{date} 早于{other}。").of(
                    date=until.isoformat(), other=T("first day", zh="起始日")
                ),
                plain(f"flow re report {key} --from {until} --to {since}"),
                ref="re.period",
            )
        code = project_here(tx, project).code if project else ""
        rows = REPORTS[key].make(Period(shop, tx, since, until, code))
    facts = {"report": key, "first": since, "last": until}
    out.rows("figures", COLUMNS, rows, empty=T("Nothing happened.", zh="没有数据。"), facts=facts)
