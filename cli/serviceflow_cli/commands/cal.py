"""``flow cal``: business days explained, months shown, the official holiday notice imported."""

from __future__ import annotations

import re
import sys
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer
from serviceflow.calendars import WEEKDAYS, Calendar, add_days, explain, month_length
from serviceflow.errors import BadInput
from serviceflow.texts import T, plain

from serviceflow_cli import out
from serviceflow_cli.answers import Answer, answer
from serviceflow_cli.cells import pad
from serviceflow_cli.options import Yes
from serviceflow_cli.out import Column, label
from serviceflow_cli.session import current, writing_shop

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.engine.holidays import NoticeDays

app = typer.Typer()

Key = Annotated[
    str,
    typer.Option(
        "--calendar",
        "-c",
        metavar="KEY",
        help=label("shop, cn-public or cn-exchange", zh="shop、cn-public 或 cn-exchange"),
    ),
]

DAYS = [
    Column("day", T("Day", zh="日期"), "day", null=False),
    Column("weekday", T("Weekday", zh="星期"), null=False),
    Column("open", T("Open", zh="营业"), "yes_no", null=False),
    Column("count", T("Count", zh="计数"), "number"),
    Column("why", T("Why", zh="原因"), give=1, null=False),
]


@app.command("explain", context_settings={"ignore_unknown_options": True})
def explain_(
    start: Annotated[
        str, typer.Argument(metavar="DAY", help=label("Such as 2026-02-13, today", zh="如 2026-02-13、今天"))
    ],
    steps: Annotated[
        str, typer.Argument(metavar="+N", help=label("Business days, such as +3b", zh="工作日数, 如 +3b"))
    ],
    calendar: Key = "shop",
) -> None:
    """Walk from a day so many business days on, or back, and say of each day why it counts or not."""
    from serviceflow.dates import When, echo, parse_when

    n = _steps(steps)
    with writing_shop() as shop:
        found = parse_when(start, shop.clock.now().astimezone(shop.zone), shop.calendar, "shop")
        cal = shop.calendar(calendar)
        walked = explain(cal, found.day, n)
    rows = [
        {
            "day": step.day, "weekday": str(WEEKDAYS[step.day.weekday()]), "open": step.open, "why": str(step.why),
            "count": step.count if step.count and step.open else None,
        }
        for step in walked
    ]  # fmt: skip
    end = When(walked[-1].day, None, plain(f"{n:+}b {cal.key}"))
    out.rows("days", DAYS, rows, facts={"result": end.day, "calendar": cal.key})
    out.talk(echo(found).removeprefix("→ ") + " " + echo(end))


def _steps(typed: str) -> int:
    match = re.fullmatch(r"([+-]?\d{1,4})\s*(?:b|bd|个?工作日)", typed.strip().replace("＋", "+"))
    if match is None:
        raise BadInput(
            T("“{typed}” is no number of business days.", zh="“{typed}”不是工作日数。").of(typed=typed),
            T("Type +3b, or -3b to go back.", zh="请写 +3b, 往回写 -3b。"),
            ref="core.cal-steps",
        )
    return int(match[1])


@app.command("show")
def show(
    month: Annotated[
        str, typer.Argument(metavar="YYYY-MM", help=label("This month when left out", zh="不写为本月"))
    ] = "",
    calendar: Key = "shop",
) -> None:
    """A month: which days are open, which are closed and why."""
    with writing_shop() as shop:
        first = _month(month, shop.local_day(shop.clock.now()))
        cal = shop.calendar(calendar)
        days = [add_days(first, n) for n in range(month_length(first.year, first.month))]
        kinds = {day: cal.kind(day) for day in days}
    if current().format == "text":
        _draw_month(cal, first, days, {day: kind.open for day, kind in kinds.items()})
        for day, kind in kinds.items():
            if kind.why not in WEEKDAYS:
                out.line(f"  {day:%m-%d} {WEEKDAYS[day.weekday()]} {kind.why}")
        return
    rows = ({"day": day, "weekday": str(WEEKDAYS[day.weekday()]), "open": kind.open, "why": str(kind.why)}
            for day, kind in kinds.items())  # fmt: skip
    out.rows("days", [column for column in DAYS if column.key != "count"], rows, facts={"calendar": cal.key})


def _draw_month(cal: Calendar, first: date, days: list[date], is_open: dict[date, bool]) -> None:
    out.line(T("{month}  {calendar}  open: {n} days", zh="{month}  {calendar}  营业 {n} 天").of(
        month=f"{first:%Y-%m}", calendar=cal.key, n=sum(is_open.values())), "bold")  # fmt: skip
    out.line("".join(pad(f" {weekday}", 7) for weekday in WEEKDAYS))
    cells = ["" for _ in range(first.weekday())] + [
        f" {day.day:2}" if is_open[day] else f"({day.day:2})" for day in days
    ]
    for week in range(0, len(cells), 7):
        out.line("".join(pad(cell, 7) for cell in cells[week : week + 7]))
    out.line(T("(n) closed", zh="(n) 休息"), "dim")


def _month(typed: str, today: date) -> date:
    if not typed:
        return today.replace(day=1)
    match = re.fullmatch(r"(?:(\d{4})[-/.年])?(\d{1,2})月?", typed.strip())
    if match is None or not 1 <= int(match[2]) <= 12 or not int(match[1] or today.year) >= 1:
        raise BadInput(T("“{typed}” is no month.", zh="“{typed}”不是月份。").of(typed=typed),
                       T("Type it like 2026-11.", zh="请写成 2026-11。"), ref="core.cal-month")  # fmt: skip
    return date(int(match[1] or today.year), int(match[2]), 1)


@app.command("import")
def import_(
    file: Annotated[
        str,
        typer.Argument(
            metavar="NOTICE.txt",
            help=label("Text of the notice; - reads it from stdin", zh="通知全文; - 表示从标准输入读"),
        ),
    ],
    yes: Yes = False,
) -> None:
    """Read the official holiday notice as pasted, show its days, and save them into calendar cn-public."""
    from serviceflow_cli.prompt import confirm
    from serviceflow_cli.textfiles import read_text

    text = sys.stdin.read() if file == "-" else read_text(file)

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.holidays import import_notice, read_notice

        read = read_notice(shop, text)
        _show_notice(read)
        if not read.changed:
            return Answer(T("{year} is known already; nothing to save.", zh="{year} 年已有, 无需保存。").of(
                year=read.notice.year), data={"year": read.notice.year, "saved": 0})  # fmt: skip
        confirm(T("Save these {n} days?", zh="保存这 {n} 天?").of(n=len(read.notice.days)), yes=yes)
        done = import_notice(shop, text)
        return Answer(
            T("Holidays of {year} saved: {n} days, {changed} new or corrected",
              zh="{year} 年节假日已保存: {n} 天, 其中新增或更正 {changed} 天").of(
                year=done.notice.year, n=len(done.notice.days), changed=done.changed),
            next_=f"flow cal show {done.notice.year}-10 --calendar cn-public",
            operation=done.operation,
            data={"year": done.notice.year, "saved": done.changed,
                  "days": [{"day": day, "works": works} for day, works in sorted(done.notice.days.items())]},
        )  # fmt: skip

    answer(work)


def _show_notice(read: NoticeDays) -> None:
    out.talk(T("{year}:", zh="{year} 年:").of(year=read.notice.year))
    for name, first, last, makeups in read.notice.holidays:
        off = out.day(first) if first == last else f"{out.day(first)} … {out.day(last)}"
        works = "、".join(out.day(day) for day in makeups)
        out.talk(
            T("  {name}  off {off}{works}", zh="  {name}  放假 {off}{works}").of(
                name=name, off=off, works=T("  works {days}", zh="  上班 {days}").of(days=works) if works else "")
        )  # fmt: skip
