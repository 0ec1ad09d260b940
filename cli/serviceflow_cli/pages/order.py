"""The page of an order: where it stands, what happened, what is to be done, what may be done next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from serviceflow.flow.hints import filled_hint, settings_of
from serviceflow.refs import short_numbers
from serviceflow.store.read import Found, Reader, title
from serviceflow.texts import T, plain

from serviceflow_cli import out
from serviceflow_cli.out import Column
from serviceflow_cli.pages import parts

FIELDS: Final = (
    Column("kind", T("Kind", zh="类别"), help="order", null=False),
    Column("order", T("Order", zh="订单"), help="Number", null=False),
    Column("flow", T("Flow", zh="流程"), help="Key of the flow", null=False),
    Column("flow_title", T("Flow", zh="流程"), help="Title of the flow", null=False),
    Column("step", T("Step", zh="步骤"), help="Key of the step it stands in", null=False),
    Column("step_title", T("Step", zh="步骤"), help="Title of that step", null=False),
    Column("entered_at", T("Since", zh="自"), "instant", help="When it came into the step", null=False),
    Column("customer_id", T("Customer", zh="客户"), "number", help="Key of the customer"),
    Column("customer", T("Customer", zh="客户"), help="Name of the customer"),
    Column("phone", T("Phone", zh="电话"), help="The customer's preferred phone, masked"),
    Column("owner", T("Owner", zh="负责人"), help="Member of staff who owns it"),
    Column("amount", T("Amount", zh="金额"), "money", help="Amount in minor units of the currency"),
    Column("currency", T("Currency", zh="货币"), help="ISO 4217 code", null=False),
    Column("opened_at", T("Opened", zh="开单"), "instant", help="When it was opened", null=False),
    Column("closed_at", T("Closed", zh="结束"), "instant", help="When it was closed; null while open"),
    Column("outcome", T("Outcome", zh="结果"), help="How it ended", null=False),
    Column("parent", T("Part of", zh="所属"), help="Number of the order it was opened for"),
    Column("progress", T("Progress", zh="进度"), "any", help="Steps of the main way: step, title, state", null=False),
    Column("limits", T("Limits", zh="时限"), "any", help="Running deadlines: title, due", null=False),
    Column(
        "signoff", T("Waiting for", zh="待签"), "any", help="Signatures asked for: action, role, by, why", null=False
    ),
    Column("actions", T("Next", zh="可做"), "any", help="What may be tried: action, fields, command", null=False),
    Column("tasks", T("To do", zh="待办"), "any", help="Open tasks", null=False),
    Column("messages", T("Messages", zh="消息"), "any", help="Messages to come or in trouble", null=False),
    Column("children", T("Parts", zh="子订单"), "any", help="Orders opened for this one", null=False),
    Column("timeline", T("What happened", zh="经过"), "any", help="What happened, the newest first", null=False),
)


def order_page(read: Reader, order: Found) -> dict[str, Any]:
    """Return everything about an order, from its row of `v_order`."""
    key = order["order_id"]
    number = order["order_number"]
    short = short_numbers(read, [(number, order["seq"])])[number]
    return {
        "kind": "order", "order": number, "flow": order["flow"], "flow_title": title(order, "flow"),
        "step": order["step"], "step_title": title(order, "step"), "hint": _hint(read, order),
        "entered_at": order["entered_at"], "customer_id": order["customer_id"], "customer": order["customer"],
        "phone": order["phone"], "owner": order["owner"], "amount": order["amount"], "currency": order["currency"],
        "opened_at": order["opened_at"], "closed_at": order["closed_at"], "outcome": order["outcome"] or "",
        "parent": order["parent_number"], "progress": parts.progress(read, order), "limits": _limits(read, key),
        "signoff": _signoff(read, key), "actions": _actions(read, order, short),
        "tasks": parts.open_tasks(read, "order_id", key), "messages": parts.planned_messages(read, "order_id", key),
        "children": _children(read, key), "timeline": parts.timeline(read, order_id=key),
        "read_at": read.now, "roles": read.role_titles,
        "short": short,
    }  # fmt: skip


def _hint(read: Reader, order: Found) -> str:
    import json

    hint = title(order, "hint")
    if "{" not in hint:
        return hint
    own = read.among("SELECT key, value FROM setting WHERE scope = '' AND key IN (:keys)", "keys", settings_of(hint))
    values = {row["key"]: row["value"] for row in own}
    return filled_hint(hint, {key: json.loads(v) if isinstance(v, str) else v for key, v in values.items()})


def _limits(read: Reader, key: int) -> list[dict[str, Any]]:
    rows = read.rows(
        "SELECT * FROM v_limit WHERE order_id = :id AND state = 'running' ORDER BY due_at, limit_key", id=key
    )
    return [{"title": title(row), "due": row["due_at"]} for row in rows]


def _signoff(read: Reader, key: int) -> list[dict[str, Any]]:
    rows = read.rows("SELECT * FROM v_signoff WHERE order_id = :id ORDER BY slot_id", id=key)
    return [
        {"action": row["action"], "title": title(row), "role": row["role"], "by": row["requester"],
         "why": title(row, "why"), "asked_at": row["requested_at"]}
        for row in rows
    ]  # fmt: skip


def _actions(read: Reader, order: Found, short: str) -> list[dict[str, Any]]:
    rows = read.rows(
        "SELECT action, roles, fields, title_en, title_zh FROM catalogue_action"
        " WHERE flow = :flow AND version = :version AND step = :step ORDER BY position",
        flow=order["flow"],
        version=order["flow_version"],
        step=order["step"],
    )
    return [
        {
            "action": row["action"], "title": title(row), "roles": [r for r in row["roles"].split(",") if r],
            "fields": row["fields"].split(), "command": f"flow do {short} {row['action']} {row['fields']}".strip(),
        }
        for row in rows
    ]  # fmt: skip


def _children(read: Reader, key: int) -> list[dict[str, Any]]:
    rows = read.rows(
        f"SELECT * FROM v_order WHERE parent_id = :id ORDER BY order_id LIMIT {parts.MOST}",  # noqa: S608
        id=key,
    )
    return [
        {"order": row["order_number"], "flow": row["flow"], "step": row["step"], "step_title": title(row, "step"),
         "closed_at": row["closed_at"]}
        for row in rows
    ]  # fmt: skip


def draw_order(page: Mapping[str, Any]) -> None:
    """Draw the page of an order."""
    head = (page["order"], page["flow_title"], page["customer"], page["phone"])
    out.line("  ".join(part for part in head if part), "bold")
    parts.draw_progress(page["progress"])
    out.paragraph(" · ".join(_facts(page)), "  ")
    if page["hint"]:
        out.paragraph(page["hint"], "  ", "green")
    for waits in page["signoff"]:
        out.paragraph(
            T("! waits for {role}: {title}. {why}", zh="! 等待{role}审批: {title}。{why}").of(
                **{**waits, "role": page["roles"].get(waits["role"], waits["role"])}
            ),
            "",
            "yellow",
        )
    parts.draw_tasks(page["tasks"], page["read_at"], page["roles"])
    parts.draw_messages(page["messages"], page["read_at"])
    _draw_actions(page)
    if page["children"]:
        parts.heading(T("Parts", zh="子订单"))
        for child in page["children"][: parts.LINES]:
            out.line(plain("  {order}  {step_title}").of(**child))
    parts.draw_timeline(page["timeline"], page["read_at"], numbers=False)


def _facts(page: Mapping[str, Any]) -> list[str]:
    at, found = page["read_at"], []
    if page["closed_at"] is not None:
        found.append(T("closed {at}", zh="{at} 结束").of(at=out.moment(page["closed_at"], at)))
    else:
        found.append(T("in this step since {at}", zh="{at} 进入本步骤").of(at=out.moment(page["entered_at"], at)))
    if page["amount"] is not None:
        from serviceflow.money import format_money

        found.append(plain(f"{format_money(page['amount'], page['currency'])} {page['currency']}"))
    if page["owner"]:
        found.append(T("owner {name}", zh="负责 {name}").of(name=page["owner"]))
    for limit in page["limits"]:
        found.append(T("{title} until {at}", zh="{title} 限 {at}").of(
            title=limit["title"], at=out.moment(limit["due"], at)))  # fmt: skip
    if page["parent"]:
        found.append(T("part of {no}", zh="属于 {no}").of(no=page["parent"]))
    return [str(fact) for fact in found]


def _draw_actions(page: Mapping[str, Any]) -> None:
    if not page["actions"]:
        return
    parts.heading(T("What can be done next", zh="现在可做"))
    rows = [{"command": f"  {action['command']}", "title": action["title"]} for action in page["actions"]]
    out.table(
        [Column("command", T("Type", zh="命令")), Column("title", T("What", zh="事项"), give=1)], rows, heading=False
    )
    out.line(T("  Why others may not: flow do {no}", zh="  其余为何不可: flow do {no}").of(no=page["short"]), "dim")
