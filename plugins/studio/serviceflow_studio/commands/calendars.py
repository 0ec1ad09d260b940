"""The capacity calendars at the desk: booking, moving, control tables, closed days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any

import typer
from serviceflow.api import BadInput, CapacityException, Refused, Shop, T, plain
from serviceflow_cli.api import Column, DryRun, current, label, out, writing_shop

from serviceflow_studio import boards
from serviceflow_studio.bookings import overbooked
from serviceflow_studio.catalogue import CATEGORIES
from serviceflow_studio.commands.deeds import do, seen
from serviceflow_studio.commands.papers import print_page
from serviceflow_studio.papers.boards import control
from serviceflow_studio.places import CALENDARS

KINDS = label("shoot, viewing or pickup", zh="shoot viewing pickup")
MOVES = {
    "shoot": ("scheduled",),
    "viewing": ("view-waiting",),
    "pickup": ("selected", "production", "ready", "part-collected"),
}
"""Steps in which an appointment of a kind may stand already."""


def book(
    order: Annotated[str, typer.Argument(metavar="ST", help=label("Case number", zh="订单号"))],
    what: Annotated[str, typer.Argument(metavar="WHAT", help=KINDS)],
    day: Annotated[str, typer.Argument(metavar="DATE", help=label("Date", zh="日期"))] = "",
    at: Annotated[str, typer.Argument(metavar="TIME", help=label("Time", zh="时间"))] = "",
    minutes: Annotated[str, typer.Option(help=label("Length of a viewing", zh="看样时长"))] = "",
    reason: Annotated[str, typer.Option(help=label("Why it is moved or given up", zh="改期或取消的原因"))] = "",
    release: Annotated[bool, typer.Option("--release", help=label("Give the shoot date up", zh="取消拍摄期"))] = False,
    dry_run: DryRun = False,
) -> None:
    """Book a shoot, viewing or pickup, or move what is booked."""
    if what not in MOVES:
        raise BadInput(
            T("“{what}” cannot be booked.", zh="不能预约“{what}”。").of(what=what),
            plain("shoot · viewing · pickup"),
            ref="studio.calendar",
        )
    if release:
        do(order, "release-shoot", dry_run=dry_run, reason=reason)
        return
    start = {"wave": at} if what == "shoot" else {"time": at}
    if what == "viewing":
        start["minutes"] = minutes
    moved = seen(order).step in MOVES[what] and bool(reason)
    why = reason if moved else ""
    do(order, f"{'move' if moved else 'book'}-{what}", start, dry_run=dry_run, date=day, reason=why)


def cal(
    calendar: Annotated[
        str, typer.Argument(metavar="WHAT", help=label("shoot, car, viewing, pickup", zh="shoot car viewing pickup"))
    ],
    day: Annotated[str, typer.Argument(metavar="[DATE]", help=label("Date", zh="日期"))] = "",
    days: Annotated[int, typer.Option(min=1, max=60, help=label("How many days", zh="几天"))] = 1,
    free: Annotated[bool, typer.Option("--free", help=label("Free starts only", zh="只看空位"))] = False,
    close: Annotated[str, typer.Option(metavar="REASON", help=label("Close the day", zh="停拍"))] = "",
    capacity: Annotated[int | None, typer.Option(min=0, help=label("Other capacity", zh="改名额"))] = None,
    cell: Annotated[str, typer.Option(metavar="TIME", help=label("Of this start only", zh="只改此时段"))] = "",
    force: Annotated[bool, typer.Option("--force", help=label("Also below what is booked", zh="低于已约也改"))] = False,
    paper: Annotated[bool, typer.Option("--print", help=label("Print it on A4", zh="打印 A4 控制表"))] = False,
) -> None:
    """Show or print a control table, or change a day's capacity."""
    if calendar not in CALENDARS:
        raise BadInput(
            T("There is no calendar {what}.", zh="没有控制表 {what}。").of(what=calendar),
            plain(" · ".join(CALENDARS)),
            ref="studio.calendar",
        )
    with writing_shop() as shop:
        now = shop.clock.now()
        first = shop.parse_day(day, now) if day else shop.local_day(now)
        if close or capacity is not None:
            _change(shop, calendar, first, cell, 0 if close else capacity or 0, close, force=force)
            return
        if paper:
            with shop.reading() as tx:
                facts = control(shop, tx, calendar, first, days)
            print_page(shop, "control-table", facts, f"{calendar}-{first}")
            return
        if free and calendar == "viewing":
            _free_rooms(shop, first, days)
            return
        if days > WEEK:
            with shop.reading() as tx:
                months = boards.month(shop, tx, calendar, first, days)
            out.rows("days", MONTH, [row for row in months if row["free"]] if free else months)
            return
        with shop.reading() as tx:
            found: list[dict[str, Any]] = []
            for n in range(days):
                found += boards.control_table(shop, tx, calendar, first + timedelta(days=n))
            debts = boards.owing(shop, tx, first) if calendar == "shoot" else []
    _table(calendar, [row for row in found if row["free"]] if free else found)
    if debts and current().format == "text":
        said = "; ".join(f"{d['order']} {d['balance']} ({d['arrive']})" for d in debts)
        out.line(T("owing, and arriving early: {said}", zh="欠款须早到: {said}").of(said=said), "dim")


WEEK = 7
"""More days than these are shown one a line."""
MONTH = [
    Column("day", T("Day", zh="日期"), "day", null=False),
    Column("weekday", T("Weekday", zh="星期"), null=False),
    Column("taken", T("Taken", zh="已约"), "number", null=False),
    Column("free", T("Free", zh="余位"), "number", null=False),
    Column("capacity", T("Of", zh="共"), "number", null=False),
    Column("over", T("Over", zh="超额"), "number", null=False, give=2),
    Column("full", T("Full starts", zh="满员时段"), "list", null=False, give=1),
    Column("state", T("State", zh="状态"), null=False),
]
TABLE = [
    Column("day", T("Day", zh="日期"), "day", null=False),
    Column("start", T("Start", zh="时段"), null=False),
    Column("free", T("Free", zh="余位"), "number", null=False),
    Column("capacity", T("Of", zh="共"), "number", null=False),
    Column("over", T("Over", zh="超额"), "number", null=False),
]
"""Between start and free stands a column for each room, car or wave."""
FREE = [
    Column("day", T("Day", zh="日期"), "day", null=False),
    Column("category", T("Category", zh="类别"), null=False),
    Column("minutes", T("Minutes", zh="分钟"), "number", null=False),
    Column("starts", T("Free starts", zh="可约开始时间"), "list", null=False),
]


def _free_rooms(shop: Shop, first: date, days: int) -> None:
    """Show who is in which viewing room, and between which starts a viewing of each length still fits."""
    rows: list[dict[str, Any]] = []
    with shop.reading() as tx:
        for n in range(days):
            day = first + timedelta(days=n)
            lengths = [(name, int(shop.setting(f"studio.viewing.{name}_minutes"))) for name in CATEGORIES]
            free = [(name, length, boards.free_starts(shop, tx, "viewing", day, length)) for name, length in lengths]
            rows += [{"day": day, "category": name, "minutes": length, "starts": s} for name, length, s in free]
            if current().format == "text":
                _say_rooms(boards.rooms(shop, tx, day), free, int(shop.setting("studio.viewing.grid")), day, days)
    if current().format != "text":
        out.rows("free", FREE, rows)


def _say_rooms(
    rooms: Mapping[str, Sequence[str]], free: Sequence[tuple[str, int, list[str]]], grid: int, day: date, days: int
) -> None:
    if days > 1:
        out.line(f"{day:%Y-%m-%d}", "bold")
    for name, visits in rooms.items():
        out.paragraph(f"{name} {', '.join(visits) or '-'}")
    for category, length, starts in free:
        spans = ", ".join(boards.spans(starts, grid)) or "-"
        said = T("{category} ({hours} h): {spans}", zh="{category}({hours} 小时): {spans}")
        out.paragraph(said.of(category=CATEGORIES[category], hours=f"{length / 60:g}", spans=spans))


def _table(calendar: str, found: list[dict[str, Any]]) -> None:
    most = max((len(row["places"]) for row in found), default=0)
    names = boards.resources(CALENDARS[calendar], most)
    columns = [*TABLE[:2], *(Column(name, plain(name), give=1) for name in names), *TABLE[2:]]
    if not any(row["over"] for row in found):
        columns[-1] = replace(columns[-1], shown=False)
    rows = [{**row, **dict(zip(names, row["places"], strict=False))} for row in found]
    out.rows("places", columns, rows, empty=T("Nothing is free.", zh="已无余位。"))


def _change(shop: Shop, calendar: str, day: date, cell: str, capacity: int, reason: str, *, force: bool) -> None:
    kind = CALENDARS[calendar].kind
    with shop.write("studio cal") as tx:
        above = overbooked(shop, tx, calendar, day, cell, capacity)
        if above and not force:
            raise Refused(
                T("{n} bookings lie above the new capacity: {list}. Use --force.", zh="有{n}个预约超出: {list}。").of(
                    n=len(above), list=", ".join(above)
                ),
                T("Add --force to keep them all the same.", zh="加 --force 保留这些预约。"),
                ref="studio.capacity",
            )
        row = tx.get(CapacityException, kind, day, cell)
        if row is None:
            tx.add(CapacityException(kind=kind, day=day, cell=cell, capacity=capacity, reason=reason))
        else:
            tx.change(row, capacity=capacity, reason=reason)
        tx.summary = T("{what} {day} {cell}: {n}", zh="{what} {day} {cell}: {n}").of(
            what=calendar, day=day, cell=cell, n=capacity
        )
    out.done(tx.summary, undo=tx.operation)
