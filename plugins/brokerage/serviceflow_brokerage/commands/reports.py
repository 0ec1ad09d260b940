"""``flow broker report NAME``: figures as tables, with bars and a matrix where people would rather look."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Final

import typer
from serviceflow.api import BadInput, Shop, T, add_months, on_demand, plain
from serviceflow_cli.api import Column, current, label, out, write_page, writing_shop

from serviceflow_brokerage.amounts import share, yuan
from serviceflow_brokerage.commands.seen import draw_matrix
from serviceflow_brokerage.reports import REPORTS, TITLES
from serviceflow_brokerage.reports.business import half_year
from serviceflow_brokerage.reports.sheet import Head, Kind, Period, Sheet

BAR: Final = 30
"""Cells of the longest bar."""
NUMBERS: Final[tuple[Kind, ...]] = ("number", "money", "share", "mean", "minutes")


def report(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help=label("Which; without: the list", zh="名称; 省略则列出"))
    ] = "",
    month: Annotated[str, typer.Option(help=label("Such as 2026-03; the last one", zh="如 2026-03; 默认上月"))] = "",
    first: Annotated[str, typer.Option("--from", help=label("First day", zh="起始日"))] = "",
    last: Annotated[str, typer.Option("--to", help=label("Last day", zh="截止日"))] = "",
    by: Annotated[str, typer.Option(help=label("Dimension, for segments", zh="按维度(segments)"))] = "",
    printed: Annotated[
        bool, typer.Option("--print", help=label("As a page (selfcheck)", zh="打印(selfcheck)"))
    ] = False,
) -> None:
    """Show a report: segments, values, migration, watch, churn, retention, service, callback and more."""
    if not name:
        _names()
        return
    if name not in REPORTS:
        raise BadInput(
            T("There is no report {name}.", zh="没有报表 {name}。").of(name=name),
            T("There are: {there}", zh="可用: {there}").of(there=", ".join(REPORTS)), ref="broker.report",
        )  # fmt: skip
    with writing_shop() as shop, shop.reading() as tx:
        begin, end = _days(shop, name, month, first, last)
        sheet = REPORTS[name](Period(shop, tx, begin, end, by))
        if printed:
            out.talk(str(_printed(shop, name, begin, end, sheet)))
            return
    columns = [_column(head) for head in sheet.heads]
    empty = T("Nothing in this period.", zh="期内无数据。")
    if current().format != "text" or not sheet.rows:
        out.rows(name, columns, sheet.rows, empty=empty, facts={"from": begin, "to": end})
        return
    said = T("{title}  {first} to {last}", zh="{title}  {first} 至 {last}")
    out.line(said.of(title=TITLES[name], first=begin, last=end), "dim")
    if sheet.cross is not None:
        down, across, count = sheet.cross
        heads = {head.key: head.title for head in sheet.heads}
        cells = {(str(row[down]), str(row[across])): int(row[count]) for row in sheet.rows}
        draw_matrix(heads[down], heads[across], cells)
    else:
        _table(sheet)
    for note in sheet.notes:
        out.line(note)


def _names() -> None:
    rows = [{"name": name, "what": str(TITLES[name])} for name in REPORTS]
    columns = [Column("name", T("Report", zh="报表")), Column("what", T("Shows", zh="内容"), give=1)]
    out.rows("reports", columns, rows, empty=plain("-"))


def _days(shop: Shop, name: str, month: str, first: str, last: str) -> tuple[date, date]:
    now = shop.clock.now()
    today = shop.local_day(now)
    if month:
        try:
            begin = date.fromisoformat(f"{month}-01")
        except ValueError:
            raise BadInput(
                T("{typed} is no month.", zh="{typed} 不是月份。").of(typed=month),
                T("Write it 2026-03.", zh="请写 2026-03。"), ref="broker.month",
            ) from None  # fmt: skip
        return begin, add_months(begin, 1) - timedelta(days=1)
    if not first and not last:
        if name == "selfcheck":
            return half_year(today)
        begin = add_months(today.replace(day=1), -1)
        return begin, today.replace(day=1) - timedelta(days=1)
    end = shop.parse_day(last, now) if last else today
    begin = shop.parse_day(first, now) if first else end.replace(day=1)
    if begin > end:
        raise BadInput(
            T("The period ends before it begins.", zh="截止日早于起始日。"),
            plain("--from 2026-01-01 --to 2026-03-31"), ref="broker.period",
        )  # fmt: skip
    return begin, end


def _column(head: Head) -> Column:
    kind = {"number": "number", "money": "money", "share": "number", "mean": "number", "minutes": "number"}
    return Column(head.key, head.title, kind.get(head.kind, head.kind))  # type: ignore[arg-type]


def _text(value: Any, kind: Kind) -> str:
    if value is None:
        return "-" if kind in NUMBERS else ""
    match kind:
        case "money":
            return yuan(value)
        case "share":
            return share(value)
        case "mean":
            return share(value).removesuffix(" %")
        case "number":
            return f"{value:,}"
        case _:
            return str(value)


def _table(sheet: Sheet) -> None:
    columns = [
        Column(h.key, h.title, "number" if h.kind in NUMBERS else "text", give=0 if n < 2 else 1)
        for n, h in enumerate(sheet.heads)
    ]
    most = max((row.get(sheet.bars) or 0 for row in sheet.rows), default=0) if sheet.bars else 0
    rows = []
    for row in sheet.rows:
        shown: dict[str, Any] = {h.key: _text(row.get(h.key), h.kind) if h.key in row else "" for h in sheet.heads}
        if sheet.bars:
            shown["bar"] = _bar(row.get(sheet.bars) or 0, most)
        rows.append(shown)
    if sheet.bars:
        columns.append(Column("bar", plain(""), give=9))
    out.table(columns, rows)


def _bar(value: int, most: int) -> str:
    """Return a bar in proportion to the longest; what is not nothing is seen."""
    return "■" * max(1, value * BAR // most) if value > 0 and most > 0 else ""


def _printed(shop: Shop, name: str, begin: date, end: date, sheet: Sheet) -> T:
    if name != "selfcheck":
        raise BadInput(
            T("Only selfcheck is a paper.", zh="仅 selfcheck 可打印。"), plain("flow broker report selfcheck --print"),
            ref="broker.report-print",
        )  # fmt: skip
    figures = [
        {
            "name": row["name"],
            "value": f"{row['part']}" + (f" / {row['whole']}" if row.get("whole") is not None else ""),
        }
        for row in sheet.rows
    ]
    html = on_demand(shop, "brokerage", "selfcheck", {"first": begin, "last": end, "figures": figures})
    file = write_page(shop, html, None, f"selfcheck-{begin}-{end}")
    return T("√ {file}", zh="√ {file}").of(file=file)
