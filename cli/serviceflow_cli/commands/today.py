"""`flow today`, which is also `flow` alone: what is lost if nobody looks, most urgent first, each with its command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer
from serviceflow.texts import T, plain

from serviceflow_cli import out
from serviceflow_cli.cells import cell_len, clean
from serviceflow_cli.morning import Item, Morning, look
from serviceflow_cli.out import Column, label
from serviceflow_cli.session import current, reader

FIELDS: Final = (
    Column("group", T("Group", zh="分组"), help="overdue, today, sign, limit or message", null=False),
    Column("id", T("No.", zh="编号"), "number", help="Key of the task, request or message; a limit has none"),
    Column("due", T("Due", zh="到期"), "instant", help="When it is or was due"),
    Column("title", T("What", zh="事项"), give=1, null=False, help="What it is, in the language of the answer"),
    Column("customer", T("Customer", zh="客户"), give=2, help="The customer's name"),
    Column("phone", T("Phone", zh="电话"), give=4, whole=True, help="The customer's phone, masked"),
    Column("order", T("Order", zh="订单"), give=5, whole=True, help="The order's number"),
    Column("who", T("Who", zh="谁"), give=3, help="The person or the role it is for"),
    Column("command", T("Type", zh="命令"), help="The command that deals with it", null=False),
)
_WHEN: Final = Column("when", T("When", zh="时间"))
SHOWN_PER_GROUP: Final = 20


def today(
    staff: Annotated[
        str, typer.Option(metavar="LOGIN", help=label("The day of somebody else", zh="查看他人的一天"))
    ] = "",
    everybody: Annotated[bool, typer.Option("--all", help=label("The whole shop", zh="全店"))] = False,
) -> None:
    """Show what is late, due today, waiting for a signature, ending, or in trouble."""
    current().silence_seen_to = True  # the page has it
    with reader() as read:
        morning = look(read, staff=staff or None, everybody=everybody)
    if current().format == "text":
        _draw(morning)
        return
    facts = {"at": morning.at, "staff": morning.name, "counts": morning.counts, "banner": morning.banner}
    out.for_machines("items", FIELDS, (_row(item) for item in morning.items), facts)


def _row(item: Item) -> dict[str, Any]:
    return {column.key: getattr(item, column.key) for column in FIELDS}


def _shown(item: Item, roles: Mapping[str, str]) -> dict[str, Any]:
    mark = "!" if item.urgent else " "
    prefix = _PREFIX.get(item.group)
    title = plain("{prefix}: {title}").of(prefix=prefix, title=item.title) if prefix else item.title
    return {**_row(item), "when": f"{mark} {item.when}", "title": title, "who": roles.get(item.who, item.who)}


def _draw(morning: Morning) -> None:
    from serviceflow.calendars import WEEKDAYS

    there = out.local(morning.at)
    head = T("Today {weekday} {day}", zh="今天 {weekday} {day}").of(
        weekday=WEEKDAYS[there.weekday()], day=f"{there:%m-%d}"
    )
    counts = "  ".join(f"{title} {morning.shown(group)}" for group, title in _TITLES.items())
    who = str(plain("{head} · {name}").of(head=head, name=clean(morning.name)))
    room = out.width()
    if room is not None and cell_len(who) + 4 + cell_len(counts) > room:
        out.line(who, "bold")
        out.line(f"  {counts}", "bold")
    else:
        out.line(f"{who}    {counts}", "bold")
    if morning.banner is not None:
        out.line(plain("! {banner}   flow doctor").of(banner=morning.banner), "red")
    shown: list[Item] = []
    more: list[tuple[str, int]] = []
    for group in ("overdue", "today", "sign", "limit", "message"):
        items = [item for item in morning.items if item.group == group]
        shown += items[:SHOWN_PER_GROUP]
        if len(items) > SHOWN_PER_GROUP:
            more.append((group, len(items)))
    if shown:
        out.table(
            _shown_columns(morning), [_shown(item, morning.roles) for item in shown], heading=False, tail="command"
        )
    for group, _ in more:
        out.line(T("… {title} {n} in all: flow task list", zh="… {title}共 {n}: flow task list").of(
            title=_TITLES[group], n=morning.shown(group)), "dim")  # fmt: skip
    if not shown:
        out.line(T("Nothing waits. Who comes next? flow find NAME", zh="没有待办。查客户: flow find 姓名"))


def _shown_columns(morning: Morning) -> list[Column]:
    left_out = {"group", "id", "due"} | (set() if morning.everybody else {"who"})
    return [_WHEN, *(column for column in FIELDS if column.key not in left_out)]


_TITLES: Final = {
    "overdue": T("late", zh="逾期"),
    "today": T("today", zh="今天"),
    "sign": T("to sign", zh="等我签"),
    "limit": T("ending", zh="到限"),
    "message": T("in trouble", zh="出错"),
}
_PREFIX: Final = {"sign": T("sign", zh="待签"), "limit": T("limit", zh="时限"), "message": T("message", zh="消息")}
