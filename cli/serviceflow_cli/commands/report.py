"""``flow report``: figures of the flows with bars, in the terminal, for scripts, or as a page to print."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from serviceflow.errors import BadInput, CannotWrite
from serviceflow.spans import span
from serviceflow.store.read import Reader
from serviceflow.texts import T

from serviceflow_cli import out
from serviceflow_cli.bars import bar, bar_page
from serviceflow_cli.out import Column, label
from serviceflow_cli.reports import MAKERS, TITLES, Period, Report, day_of_past
from serviceflow_cli.session import current, reader

LISTED: Final = [
    Column("report", T("Report", zh="报表"), null=False),
    Column("title", T("Shows", zh="内容"), give=1, null=False),
    Column("command", T("Type", zh="命令"), null=False),
]
FUNNEL: Final = [
    Column("step", T("Step key", zh="步骤键"), shown=False, null=False),
    Column("title", T("Step", zh="步骤"), give=1, null=False),
    Column("count", T("Orders", zh="订单"), "number", null=False, help="Orders of the period that came to the step"),
    Column("percent", T("%", zh="%"), "number", help="Of those that came to the first step"),
    Column("bar", T("", zh=""), null=False, help="The bar of the screen"),
    Column("hours", T("Hours", zh="小时"), "number", shown=False, help="Whole hours they stood there, on average"),
    Column("stood", T("Stood", zh="停留"), give=2, help="The same in words"),
]
OPEN: Final = [
    Column("flow", T("Flow key", zh="流程键"), shown=False, null=False),
    Column("flow_title", T("Flow", zh="流程"), give=3, null=False),
    Column("step", T("Step key", zh="步骤键"), shown=False, null=False),
    Column("title", T("Step", zh="步骤"), give=1, null=False),
    Column("count", T("Orders", zh="订单"), "number", null=False, help="Open orders in the step"),
    Column("bar", T("", zh=""), null=False, help="The bar of the screen"),
    Column("since", T("Oldest since", zh="最早进入"), "instant", give=4, help="When the oldest of them came into it"),
    Column("oldest", T("Oldest", zh="最久的"), give=2, whole=True, help="Number of that order"),
]
COLUMNS: Final = {"funnel": FUNNEL, "open": OPEN}
DAYS: Final = 30
BAR: Final = 24


def report(
    name: Annotated[
        str, typer.Argument(metavar="[REPORT]", help=label("All reports without it", zh="不写则列出"))
    ] = "",
    flow: Annotated[str, typer.Option("--flow", metavar="FLOW", help=label("Which flow", zh="哪个流程"))] = "",
    since: Annotated[
        str, typer.Option("--since", metavar="DATE", help=label("Opened since (30 days)", zh="开单自 (默认 30 天)"))
    ] = "",
    until: Annotated[
        str, typer.Option("--until", metavar="DATE", help=label("Opened until (today)", zh="开单至 (默认今天)"))
    ] = "",
    html: Annotated[bool, typer.Option("--html", help=label("As a page to print", zh="生成可打印的网页"))] = False,
    file: Annotated[str, typer.Option("--out", metavar="FILE", help=label("Where to write it", zh="写入的文件"))] = "",
) -> None:
    """Show a report with bars; a trade's own reports are among its commands."""
    if not name:
        rows = [{"report": key, "title": title, "command": f"flow report {key}"} for key, title in TITLES.items()]
        out.rows("reports", LISTED, rows)
        return
    if name not in MAKERS:
        raise BadInput(
            T("There is no report {name}.", zh="没有报表 {name}。").of(name=name),
            T("There are: {names}", zh="现有: {names}").of(names=", ".join(MAKERS)),
            ref="report",
        )
    with reader() as read:
        period = _period(read, since, until)
        found = MAKERS[name](read, flow, period)
        zone = read.zone
    most = max((row["count"] for row in found.rows), default=0)
    for row in found.rows:
        row["bar"] = bar(row["count"], most, BAR)
        row["stood"] = str(span(timedelta(hours=row["hours"]))) if row.get("hours") else ""
    first, last = (f"{at.astimezone(zone):%Y-%m-%d}" for at in (period.since, period.until - timedelta(seconds=1)))
    of = T("orders opened {a} to {b}", zh="开单 {a} 至 {b}").of(a=first, b=last)
    if html or file:
        _write(name, found, [of] if found.dated else [], file)
        return
    if current().format == "text":
        out.line(found.title, "bold")
        if found.dated:
            out.line(of, "dim")
    facts: dict[str, Any] = {"report": name}
    if found.dated:
        facts |= {"since": period.since, "until": period.until}
    out.rows("rows", COLUMNS[name], found.rows, empty=T("No orders.", zh="没有订单。"), facts=facts)
    if found.remark is not None and current().format == "text":
        out.line(found.remark)


def _period(read: Reader, since: str, until: str) -> Period:
    first = day_of_past(read, since) if since else read.today - timedelta(days=DAYS)
    last = day_of_past(read, until) if until else read.today
    if last < first:
        raise BadInput(
            T("{a} is after {b}.", zh="{a} 晚于 {b}。").of(a=first, b=last),
            T("Name the first day first: --since 11-01 --until 11-30", zh="请先写第一天: --since 11-01 --until 11-30"),
            ref="report.period",
        )
    start, end = (datetime.combine(day, time(), tzinfo=read.zone) for day in (first, last + timedelta(days=1)))
    return Period(start, end)


def _write(name: str, found: Report, remarks: list[T], file: str) -> None:
    from serviceflow.store.place import shop_folder

    path = Path(file) if file else shop_folder(current().place) / "reports" / f"{name}.html"
    said = [*remarks, found.remark] if found.remark is not None else remarks
    page = bar_page(found.title, COLUMNS[name], found.rows, said, "count")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    except OSError as cause:
        raise CannotWrite(
            T("{file} cannot be written: {why}.", zh="无法写入 {file}: {why}。").of(
                file=path, why=cause.strerror or cause
            ),
            T("Check its rights and free space, or name another.", zh="请检查权限与剩余空间, 或换一个文件名。"),
            ref="report.file",
        ) from cause
    out.done(
        T("{title} written to {file}", zh="{title} 已写入 {file}").of(title=found.title, file=path),
        data={"report": name, "file": str(path)},
    )
