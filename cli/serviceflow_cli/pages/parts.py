"""Parts that pages share: the progress of a flow, what happened, what is to be done, what will be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from serviceflow.refs import short_numbers
from serviceflow.spans import span
from serviceflow.store.read import Found, Reader, title
from serviceflow.texts import T, plain

from serviceflow_cli import out
from serviceflow_cli.cells import cell_len, clean
from serviceflow_cli.closing import closing_commands
from serviceflow_cli.out import Column

LINES: Final = 12
"""Lines of a timeline or list on the screen; scripts get `MOST`."""

MOST: Final = 200

EVENTS: Final[Mapping[str, T]] = {
    "contact": T("contact", zh="往来"),
    "action": T("action", zh="操作"),
    "message": T("message", zh="消息"),
    "task": T("task", zh="待办"),
}


def progress(read: Reader, order: Found) -> list[dict[str, Any]]:
    """Return the steps of the order's main way, and the one it stands in, with where they are: past, now, ahead."""
    steps = read.rows(
        "SELECT step, position, on_path, title_en, title_zh FROM catalogue_step"
        " WHERE flow = :flow AND version = :version ORDER BY position",
        flow=order["flow"],
        version=order["flow_version"],
    )
    visited = {
        row["step"]
        for row in read.rows(
            "SELECT from_step AS step FROM order_action WHERE order_id = :id"
            " UNION SELECT to_step FROM order_action WHERE order_id = :id",
            id=order["order_id"],
        )
    }
    shown = [s for s in steps if s["on_path"] or s["step"] == order["step"]]
    if not any(s["step"] == order["step"] for s in shown):
        shown.append({"step": order["step"], "title_en": order["step"], "title_zh": order["step"]})
    return [{"step": s["step"], "title": title(s), "state": _state(s["step"], order["step"], visited)} for s in shown]


def _state(step: str, now: str, visited: set[str]) -> str:
    return "now" if step == now else "past" if step in visited else "ahead"


_MARKS: Final = {"past": "■", "now": "●", "ahead": "○"}


def draw_progress(steps: Sequence[Mapping[str, Any]]) -> None:
    """Draw the steps as a line, broken between steps where the screen ends."""
    room = out.width()
    line = ""
    for step in steps:
        mark = f"{_MARKS[step['state']]} {clean(step['title'])}"
        joined = f"{line} → {mark}" if line else mark
        if room is not None and cell_len(joined) > room - 2 and line:
            out.line(f"{line} →", "cyan")
            joined = f"  {mark}"
        line = joined
    out.line(line, "cyan")


def timeline(read: Reader, *, order_id: int | None = None, customer_id: int | None = None) -> list[dict[str, Any]]:
    """Return what happened, the newest first."""
    where = "order_id = :key" if order_id is not None else "customer_id = :key"
    rows = read.rows(
        f"SELECT * FROM v_timeline WHERE {where} ORDER BY at DESC, event_id DESC LIMIT {MOST}",  # noqa: S608
        key=order_id if order_id is not None else customer_id,
    )
    return [
        {
            "at": row["at"], "event": row["event"], "order": row["order_number"], "title": title(row),
            "detail": title(row, "detail"), "staff": row["staff"],
        }
        for row in rows
    ]  # fmt: skip


def draw_timeline(events: Sequence[Mapping[str, Any]], read_at: datetime, *, numbers: bool) -> None:
    """Draw the newest events; ``numbers`` adds the order's number to each."""
    if not events:
        return
    heading(T("What happened", zh="经过"))
    rows = []
    for event in events[:LINES]:
        says = event["detail"] if event["event"] == "contact" else event["title"]
        if event["detail"] and event["event"] != "contact":
            says = plain("{title} → {detail}").of(title=says, detail=event["detail"])
        rows.append(
            {**event, "when": f"  {out.moment(event['at'], read_at)}", "kind": EVENTS[event["event"]], "says": says}
        )
    columns = [Column("when", T("When", zh="时间")), Column("kind", T("Kind", zh="类别"), give=4, whole=True),
               Column("says", T("What", zh="内容"), give=1), Column("staff", T("Who", zh="谁"), give=3)]  # fmt: skip
    if numbers:
        columns.append(Column("order", T("Order", zh="订单"), give=5, whole=True))
    out.table(columns, rows, heading=False)
    if len(events) > LINES:
        out.line(T("  … {n} more", zh="  … 另 {n} 条").of(n=len(events) - LINES), "dim")


def open_tasks(read: Reader, where: str, key: int) -> list[dict[str, Any]]:
    """Return the open tasks of an order or customer (``where`` is the column), the earliest due first."""
    rows = read.rows(
        f"SELECT * FROM v_task WHERE {where} = :key AND state = 'open' ORDER BY due_at, task_id LIMIT {MOST}",  # noqa: S608
        key=key,
    )
    commands = closing_commands(read, rows, short_numbers(read, [(r["order_number"], r["order_seq"]) for r in rows]))
    return [
        {
            "id": row["task_id"], "title": title(row), "due": row["due_at"], "late": row["due_at"] < read.now,
            "who": row["assignee"] or row["role"], "order": row["order_number"], "command": commands[row["task_id"]],
        }
        for row in rows
    ]  # fmt: skip


def draw_tasks(tasks: Sequence[Mapping[str, Any]], read_at: datetime, roles: Mapping[str, str]) -> None:
    """Draw open tasks, late ones marked; ``roles`` are their titles by key."""
    if not tasks:
        return
    heading(T("To do", zh="待办"))
    rows = [
        {
            **task,
            "who": roles.get(task["who"] or "", task["who"]),
            "when": f"! {T('{span} late', zh='逾期 {span}').of(span=span(read_at - task['due']))}"
            if task["late"]
            else f"  {out.moment(task['due'], read_at)}",
        }
        for task in tasks[:LINES]
    ]
    columns = [Column("when", T("Due", zh="到期")), Column("title", T("What", zh="事项"), give=1),
               Column("who", T("Who", zh="谁"), give=2), Column("command", T("Type", zh="命令"))]  # fmt: skip
    out.table(columns, rows, heading=False, tail="command")


def planned_messages(read: Reader, where: str, key: int) -> list[dict[str, Any]]:
    """Return the messages of an order or customer that have not gone out yet or need a look."""
    rows = read.rows(
        f"SELECT * FROM v_message WHERE {where} = :key"  # noqa: S608
        " AND state NOT IN ('sent','cancelled','expired','suppressed','merged') ORDER BY due_at, message_id"
        f" LIMIT {MOST}",
        key=key,
    )
    return [
        {
            "id": row["message_id"], "template": row["template"], "channel": row["channel"],
            "recipient": row["recipient"], "due": row["due_at"], "state": row["state"], "reason": row["reason"],
            "command": f"flow remind why m{row['message_id']}",
        }
        for row in rows
    ]  # fmt: skip


def draw_messages(messages: Sequence[Mapping[str, Any]], read_at: datetime) -> None:
    """Draw messages to come; those in trouble are marked."""
    if not messages:
        return
    from serviceflow.remind.why import STATES  # most pages have no messages

    heading(T("Messages", zh="消息"))
    rows = []
    for message in messages[:LINES]:
        trouble = message["state"] in ("failed", "uncertain")
        says = plain("{template} {state} {reason}").of(
            template=message["template"], state=STATES[message["state"]], reason=message["reason"] or ""
        )
        rows.append(
            {**message, "when": f"{'!' if trouble else ' '} {out.moment(message['due'], read_at)}", "says": says}
        )
    columns = [Column("when", T("Due", zh="到期")), Column("says", T("What", zh="内容"), give=1),
               Column("channel", T("Channel", zh="渠道"), give=4, whole=True),
               Column("recipient", T("To", zh="收件人"), give=3, whole=True),
               Column("command", T("Type", zh="命令"))]  # fmt: skip
    out.table(columns, rows, heading=False, tail="command")


def heading(text: T) -> None:
    """Print the heading of a part."""
    out.line()
    out.line(text, "bold")
