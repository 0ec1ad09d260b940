"""The month in figures."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

import typer
from serviceflow.api import BadInput, Staff, T, plain
from serviceflow_cli.api import Column, label, out, writing_shop

from serviceflow_studio.reports import Figure, Period, figures

COLUMNS = [
    Column("who", T("Consultant", zh="门市")),
    Column("figure", T("Figure", zh="指标"), null=False, shown=False),
    Column("title", T("Figure", zh="指标"), null=False),
    Column("shown", T("Value", zh="数值"), null=False),
    Column("part", T("Part", zh="分子"), "number", shown=False),
    Column("base", T("Base", zh="分母"), "number", shown=False),
]


def report(
    month: Annotated[
        str, typer.Argument(metavar="[MONTH]", help=label("As 2025-03; this month", zh="如 2025-03"))
    ] = "",
    by: Annotated[str, typer.Option(help=label("consultant: one part for each", zh="consultant: 按门市"))] = "",
) -> None:
    """Show the month's figures, for the shop or for each consultant."""
    if by not in ("", "consultant"):
        raise BadInput(
            T("“{by}” is no way to part the figures.", zh="不能按“{by}”分。").of(by=by),
            plain("--by consultant"),
            ref="studio.report",
        )
    with writing_shop() as shop, shop.reading() as tx:
        first, last = month_of(month, shop.local_day(shop.clock.now()))
        people = [(s.id, s.name) for s in tx.all(Staff) if s.active] if by else [(None, "")]
        rows = [
            _row(figure, name)
            for owner, name in people
            for figure in figures(Period.of(shop, tx, first, last, owner))
            if not by or figure.part
        ]
    columns = COLUMNS if by else COLUMNS[1:]
    out.rows(
        "figures", columns, rows, empty=T("Nothing happened.", zh="没有数据。"), facts={"first": first, "last": last}
    )


def month_of(typed: str, today: date) -> tuple[date, date]:
    """Return the first and last day of a month such as ``2025-03``; of this month when nothing is typed."""
    try:
        first = date.fromisoformat(f"{typed}-01") if typed else today.replace(day=1)
    except ValueError as cause:
        raise BadInput(
            T("“{typed}” is no month.", zh="“{typed}”不是月份。").of(typed=typed), plain("2025-03"), ref="studio.month"
        ) from cause
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _row(figure: Figure, who: str) -> dict[str, Any]:
    return {
        "who": who,
        "figure": figure.key,
        "title": str(figure.title),
        "shown": figure.shown(),
        "part": figure.part,
        "base": figure.base,
    }
