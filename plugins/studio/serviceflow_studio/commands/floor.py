"""The dispatcher's board, and the next normal step of a session."""

from __future__ import annotations

import sys
import time
from typing import Annotated, Any

import typer
from serviceflow.api import BadInput, Order, T, plain, table_of
from serviceflow_cli.api import Column, label, out, writing_shop
from serviceflow_cli.api import do as flow_do

from serviceflow_studio import boards
from serviceflow_studio.commands.deeds import seen

BOARD = [
    Column("order", T("Order", zh="订单"), null=False, whole=True),
    Column("names", T("Names", zh="姓名"), null=False),
    Column("step_title", T("Station", zh="工位"), null=False),
    Column("step", T("Station", zh="工位"), null=False, shown=False),
    Column("since", T("Since", zh="起"), null=False),
    Column("time", T("Min/limit", zh="分/限"), null=False),
    Column("minutes", T("Minutes", zh="分钟"), "number", shown=False),
    Column("limit", T("Limit", zh="时限"), "number", shown=False),
    Column("late", T("Late", zh="迟到"), "number", shown=False, null=False),
    Column("over", T("Over", zh="超时"), "yes_no", shown=False, null=False),
    Column("outfit", T("Outfit", zh="造型"), null=False, give=1),
    Column("key", T("Key", zh="钥匙"), give=2),
    Column("planned", T("Planned h", zh="预计(时)"), give=3),
    Column("staff", T("Staff", zh="摄影师"), give=4),
]
NORMAL = {
    "arrived": "register",
    "briefing": "briefed",
    "settling": "hand-key",
    "dressing": "dressed",
    "makeup": "made-up",
    "call-in": "called-in",
    "rapport": "start",
    "shooting": "shot",
    "changing": "changed",
    "retouch": "retouched",
    "waiting": "resume",
    "outdoor": "returned",
    "unmaking": "cleaned",
    "checkout": "checkout",
}
"""The one normal action of each station."""
REFRESH = 10
"""Seconds between two looks at the floor."""
CLEAR = "\033[2J\033[H"


def floor(
    day: Annotated[str, typer.Argument(metavar="[DATE]", help=label("Date", zh="日期"))] = "",
    watch: Annotated[bool, typer.Option("--watch", help=label("Keep on showing it", zh="持续刷新"))] = False,
    every: Annotated[
        int, typer.Option("--every", metavar="SECONDS", min=1, help=label("How often, with --watch", zh="刷新间隔(秒)"))
    ] = REFRESH,
) -> None:
    """Show every session at its station, with its time."""
    while True:
        _board(day)
        if not watch:
            return
        time.sleep(every)
        if sys.stdout.isatty():
            sys.stdout.write(CLEAR)


def _board(day: str) -> None:
    with writing_shop() as shop, shop.reading() as tx:
        now = shop.clock.now()
        when = shop.parse_day(day, now) if day else shop.local_day(now)
        found = boards.floor(shop, tx, when)
    out.rows("sessions", BOARD, [_shown(row) for row in found], empty=T("Nobody is on the floor.", zh="现场无人。"))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    if row["minutes"] is None:
        late = str(T("late {n} !", zh="迟到 {n} !").of(n=row["late"])) if row["late"] else "-"
        return {**row, "time": late}
    limit = row["limit"] if row["limit"] is not None else "-"
    return {**row, "time": f"{row['minutes']}/{limit}{' !' if row['over'] else ''}"}


def next_(
    order: Annotated[str, typer.Argument(metavar="ST", help=label("Case number", zh="订单号"))],
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[FIELD=VALUE]…", help=label("Fields", zh="字段"))
    ] = None,
) -> None:
    """Do the one normal next action of a case on the floor."""
    case = seen(order)
    with writing_shop() as shop, shop.reading() as tx:
        table = table_of(Order)
        found = [
            o
            for o in tx.all(Order, table.c.parent_id == case.order_id, table.c.flow == "studio-shoot")
            if o.step in NORMAL
        ] or [o for o in tx.all(Order, table.c.id == case.order_id) if o.step in NORMAL and o.flow == "studio-shoot"]
    if not found:
        raise BadInput(
            T("{no} is not on the floor.", zh="{no} 不在现场。").of(no=case.number),
            plain("flow studio floor"),
            ref="studio.floor",
        )
    flow_do(found[-1].number, [NORMAL[found[-1].step], *(words or ())], None, False, None)
