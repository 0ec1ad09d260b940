"""The page of a customer: who it is, the orders, what is to be done, what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from serviceflow.refs import short_numbers
from serviceflow.store.read import Found, Reader, title
from serviceflow.texts import T, plain

from serviceflow_cli import out
from serviceflow_cli.out import Column
from serviceflow_cli.pages import parts

FIELDS: Final = (
    Column("kind", T("Kind", zh="类别"), help="customer", null=False),
    Column("customer_id", T("No.", zh="编号"), "number", help="Key", null=False),
    Column("customer", T("Name", zh="姓名"), help="Name", null=False),
    Column("customer_kind", T("Sort", zh="性质"), help="person or organisation", null=False),
    Column("contacts", T("Contacts", zh="联系方式"), "any", help="Ways to reach the customer, masked", null=False),
    Column("birthday", T("Birthday", zh="生日"), "day", help="Birthday"),
    Column("language", T("Language", zh="语言"), help="Language of messages; null means the shop's"),
    Column("source", T("Source", zh="来源"), help="Where the customer came from", null=False),
    Column("owner", T("Owner", zh="负责人"), help="Member of staff who looks after the customer"),
    Column("tags", T("Tags", zh="标签"), "list", help="Tags", null=False),
    Column("note", T("Note", zh="备注"), help="Note", null=False),
    Column("do_not_contact", T("Do not contact", zh="请勿联系"), "yes_no", help="Only messages of safety", null=False),
    Column("made_at", T("Since", zh="登记"), "instant", help="When the customer was entered", null=False),
    Column("orders", T("Orders", zh="订单"), "any", help="Orders, open ones first", null=False),
    Column("tasks", T("To do", zh="待办"), "any", help="Open tasks", null=False),
    Column("messages", T("Messages", zh="消息"), "any", help="Messages to come or in trouble", null=False),
    Column("timeline", T("What happened", zh="经过"), "any", help="What happened, the newest first", null=False),
)


def customer_page(read: Reader, customer: Found) -> dict[str, Any]:
    """Return everything about a customer, from the row of `v_customer`."""
    key = customer["customer_id"]
    contacts = read.rows(
        "SELECT contact_kind, value, preferred FROM v_contact WHERE customer_id = :id"  # noqa: S608
        f" ORDER BY preferred DESC, contact_id LIMIT {parts.MOST}",
        id=key,
    )
    return {
        "kind": "customer", "customer_id": key, "customer": customer["customer"],
        "customer_kind": customer["customer_kind"], "birthday": customer["birthday"],
        "contacts": [{"kind": c["contact_kind"], "value": c["value"], "preferred": c["preferred"]} for c in contacts],
        "language": customer["language"], "source": customer["source"] or "", "owner": customer["owner"],
        "tags": customer["tags"] or [], "note": customer["note"] or "", "made_at": customer["made_at"],
        "do_not_contact": customer["do_not_contact"], "orders": _orders(read, key),
        "tasks": parts.open_tasks(read, "customer_id", key),
        "messages": parts.planned_messages(read, "customer_id", key),
        "timeline": parts.timeline(read, customer_id=key), "read_at": read.now, "roles": read.role_titles,
    }  # fmt: skip


def _orders(read: Reader, key: int) -> list[dict[str, Any]]:
    rows = read.rows(
        f"SELECT * FROM v_order WHERE customer_id = :id ORDER BY opened_at DESC LIMIT {parts.MOST}",  # noqa: S608
        id=key,
    )
    rows.sort(key=lambda row: row["closed_at"] is not None)
    short = short_numbers(read, [(row["order_number"], row["seq"]) for row in rows])
    return [
        {
            "order": row["order_number"], "flow": row["flow"], "flow_title": title(row, "flow"), "step": row["step"],
            "step_title": title(row, "step"), "opened_at": row["opened_at"], "closed_at": row["closed_at"],
            "command": f"flow show {short.get(row['order_number'], row['order_number'])}",
        }
        for row in rows
    ]  # fmt: skip


def draw_customer(page: Mapping[str, Any]) -> None:
    """Draw the page of a customer."""
    reached = "  ".join(contact["value"] or "" for contact in page["contacts"][:3])
    out.line(plain("{name}  {reached}").of(name=page["customer"], reached=reached), "bold")
    facts = [T("customer c{n} since {day}", zh="客户 c{n}, {day} 登记").of(
        n=page["customer_id"], day=f"{out.local(page['made_at']):%Y-%m-%d}")]  # fmt: skip
    if page["source"]:
        facts.append(T("from {source}", zh="来源 {source}").of(source=page["source"]))
    if page["owner"]:
        facts.append(T("owner {name}", zh="负责 {name}").of(name=page["owner"]))
    if page["birthday"] is not None:
        facts.append(T("birthday {day}", zh="生日 {day}").of(day=page["birthday"]))
    if page["tags"]:
        facts.append(plain("{tags}").of(tags=", ".join(str(tag) for tag in page["tags"])))
    out.paragraph(" · ".join(str(fact) for fact in facts), "  ")
    if page["do_not_contact"]:
        out.line(T("! Do not contact", zh="! 请勿联系"), "red")
    if page["note"]:
        out.paragraph(page["note"], "  ")
    if page["orders"]:
        parts.heading(T("Orders", zh="订单"))
        rows = [{**order, "no": f"  {order['order']}", "opened": out.moment(order["opened_at"], page["read_at"])}
                for order in page["orders"][: parts.LINES]]  # fmt: skip
        columns = [Column("no", T("Order", zh="订单")), Column("step_title", T("Step", zh="步骤"), give=1),
                   Column("flow_title", T("Flow", zh="流程"), give=3), Column("opened", T("Opened", zh="开单"), give=4),
                   Column("command", T("Type", zh="命令"))]  # fmt: skip
        out.table(columns, rows, heading=False, tail="command")
    else:
        out.line(T("  No order yet: flow new FLOW c{n}", zh="  尚无订单: flow new 流程 c{n}").of(n=page["customer_id"]))
    parts.draw_tasks(page["tasks"], page["read_at"], page["roles"])
    parts.draw_messages(page["messages"], page["read_at"])
    parts.draw_timeline(page["timeline"], page["read_at"], numbers=True)
