"""The page of a task: what, for whom, until when, about which customer and order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from serviceflow.refs import short_numbers
from serviceflow.spans import span
from serviceflow.store.read import Found, Reader, title
from serviceflow.texts import T, plain

from serviceflow_cli import out
from serviceflow_cli.closing import closing_commands
from serviceflow_cli.out import Column

FIELDS: Final = (
    Column("kind", T("Kind", zh="类别"), help="task", null=False),
    Column("id", T("No.", zh="编号"), "number", help="Key", null=False),
    Column("title", T("What", zh="事项"), help="What is to be done", null=False),
    Column("due", T("Due", zh="到期"), "instant", help="When it is due", null=False),
    Column("state", T("State", zh="状态"), help="open, done, skipped or cancelled", null=False),
    Column("who", T("Who", zh="谁"), help="The person or the role it is for"),
    Column("customer", T("Customer", zh="客户"), help="Name of the customer"),
    Column("phone", T("Phone", zh="电话"), help="The customer's preferred phone, masked"),
    Column("order", T("Order", zh="订单"), help="Number of the order"),
    Column("rule", T("Rule", zh="规则"), help="The rule that made it; null when a person did"),
    Column("made_at", T("Made", zh="建立"), "instant", help="When it was made", null=False),
    Column("done_at", T("Ended", zh="结束"), "instant", help="When it ended"),
    Column("result", T("Result", zh="结果"), help="What came of it", null=False),
    Column("reason", T("Reason", zh="原因"), help="Why it ended without being done", null=False),
    Column("command", T("Type", zh="命令"), help="The command that deals with it; null once it ended"),
)

STATES: Final = {
    "open": T("open", zh="未完成"),
    "done": T("done", zh="已完成"),
    "skipped": T("skipped", zh="已跳过"),
    "cancelled": T("cancelled", zh="已取消"),
}
"""Titles of the states of a task."""


def task_page(read: Reader, task: Found) -> dict[str, Any]:
    """Return everything about a task, from its row of `v_task`."""
    short = short_numbers(read, [(task["order_number"], task["order_seq"])])
    command = closing_commands(read, [task], short)[task["task_id"]] if task["state"] == "open" else None
    return {
        "kind": "task", "id": task["task_id"], "title": title(task), "due": task["due_at"], "state": task["state"],
        "who": task["assignee"] or task["role"], "customer": task["customer"], "phone": task["phone"],
        "order": task["order_number"], "rule": task["rule"], "made_at": task["made_at"], "done_at": task["done_at"],
        "result": task["result"] or "", "reason": task["reason"] or "", "command": command, "read_at": read.now,
        "roles": read.role_titles,
    }  # fmt: skip


def draw_task(page: Mapping[str, Any]) -> None:
    """Draw the page of a task."""
    out.line(plain("#{id}  {title}").of(**page), "bold")
    late = page["read_at"] - page["due"]
    state = STATES.get(page["state"], plain(page["state"]))
    facts = [state, T("due {at}", zh="{at} 到期").of(at=out.moment(page["due"], page["read_at"]))]
    if page["state"] == "open" and late.total_seconds() > 0:
        facts.append(T("{span} late", zh="逾期 {span}").of(span=span(late)))
    if page["who"]:
        facts.append(T("for {who}", zh="由 {who}").of(who=page["roles"].get(page["who"], page["who"])))
    if page["done_at"] is not None:
        facts.append(T("ended {at}", zh="{at} 结束").of(at=out.moment(page["done_at"], page["read_at"])))
    out.paragraph(" · ".join(str(fact) for fact in facts), "  ")
    about = "  ".join(part for part in (page["order"], page["customer"], page["phone"]) if part)
    if about:
        out.line(f"  {about}")
    for words in (page["result"], page["reason"]):
        if words:
            out.paragraph(words, "  ")
    if page["command"]:
        note = ' "…"' if page["command"].startswith("flow done") else ""
        out.line(plain("  {command}{note}   flow task snooze {id} +1").of(**page, note=note), "dim")
