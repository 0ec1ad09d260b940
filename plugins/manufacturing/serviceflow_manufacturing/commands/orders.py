"""``quote``, ``ack``, ``plan``, ``late``, ``materials``: prices, acknowledgements, dates of an order."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer
from serviceflow.api import BadInput, Case, Notes, Order, T, case_of, format_scaled, is_open, plain, table_of
from serviceflow_cli.api import Column, label, out, writing_shop

from serviceflow_manufacturing import moments
from serviceflow_manufacturing.commands.deeds import Ref, case_for, do, warn_of_calendar
from serviceflow_manufacturing.flows import contract, quotes
from serviceflow_manufacturing.flows import materials as needs
from serviceflow_manufacturing.flows import plan as plans
from serviceflow_manufacturing.rules import workdays
from serviceflow_manufacturing.tables import MfgAck, MfgContract, MfgMilestone, MfgSalesOrder

QUOTE = [
    Column("line", T("Line", zh="行号"), "number", null=False),
    Column("text", T("Goods", zh="品名"), null=False, give=1),
    Column("qty", T("Quantity", zh="数量"), "number", null=False),
    Column("k_quantity", T("Quantity k", zh="数量系数"), null=False, give=2),
    Column("k_styles", T("Styles k", zh="款式系数"), null=False, give=3),
    Column("k_customer", T("Customer k", zh="客户系数"), null=False, give=4),
    Column("k_urgency", T("Urgency k", zh="加急系数"), null=False, give=5),
    Column("unit_price", T("Unit price", zh="单价"), null=False),
    Column("amount", T("Amount", zh="金额"), null=False),
    Column("currency", T("Currency", zh="币种"), null=False),
]
COSTS = [
    Column("line", T("Line", zh="行号"), "number", null=False),
    Column("kind", T("Kind", zh="类别"), null=False),
    Column("text", T("Text", zh="说明"), null=False, give=1),
    Column("consumption", T("Consumption", zh="单耗"), null=False),
    Column("waste", T("Waste %", zh="损耗%"), null=False),
    Column("price", T("Price", zh="单价"), null=False),
]


def quote(
    enquiry: Ref,
    costs: Annotated[bool, typer.Option("--costs", help=label("Show the costs instead", zh="显示成本"))] = False,
) -> None:
    """Show coefficients and prices of the current quotation, or its costs."""
    facts = case_for(enquiry, _quote, "mfg-enquiry")
    if costs:
        rows = [{**row, "line": row["seq"], "kind": str(row["kind"])} for row in facts["costs"]]
        out.rows("costs", COSTS, rows, empty=T("No costs are entered.", zh="没有录入成本。"))
        return
    amounts = {row["seq"]: row["amount"] for row in facts["sheet"]}
    rows = [{**row, "line": row["seq"], "amount": amounts[row["seq"]], "currency": facts["currency"]}
            for row in facts["lines"]]  # fmt: skip
    out.rows("lines", QUOTE, rows, empty=T("No quotation yet.", zh="还没有报价。"))


def _quote(case: Case) -> dict[str, Any]:
    found = quotes.current(case)
    if found is None:
        return {"lines": [], "costs": [], "sheet": [], "currency": ""}
    return {**quotes.inside(case, found), "sheet": quotes.sheet(case, found)["lines"]}


def ack(
    sales_order: Annotated[str, typer.Argument(metavar="SO", help=label("Sales order", zh="销售订单号"))],
    query: Annotated[str, typer.Option("--query", metavar="TEXT", help=label("Ask instead", zh="提出疑问"))] = "",
) -> None:
    """Acknowledge a sales order for your department, or ask about it."""
    with writing_shop() as shop, shop.reading() as tx:
        found = tx.one(MfgSalesOrder, table_of(MfgSalesOrder).c.so_no == sales_order)
        if found is None:
            words = T("There is no sales order {no}.", zh="没有销售订单 {no}。")
            raise BadInput(words.of(no=sales_order), plain("flow show ORDER"), ref="mfg.sales_order")
        number = tx.need(Order, found.order_id).number
    do(number, "query" if query else "acknowledge", so_no=sales_order, question=query)


PLAN = [
    Column("milestone", T("Milestone", zh="节点"), null=False, whole=True),
    Column("title", T("What", zh="内容"), null=False, give=1),
    Column("role", T("Role", zh="岗位"), null=False, give=2),
    Column("first", T("First", zh="首次计划"), "day"),
    Column("planned", T("Planned", zh="计划"), "day", null=False),
    Column("done", T("Done", zh="完成"), "day"),
    Column("state", T("State", zh="状态"), null=False, shown=False),
    Column("standing", T("State", zh="状态"), null=False),
]
STANDING = {
    "open": T("open", zh="未完成"),
    "done": T("done", zh="已完成"),
    "not-needed": T("not needed", zh="不适用"),
    "tight": T("tight", zh="紧排"),
}


def plan(
    order: Annotated[str, typer.Argument(metavar="[ORDER]", help=label("Order number", zh="订单号"))] = "",
    preview: Annotated[
        str, typer.Option("--preview", metavar="DATE", help=label("As if delivery were on", zh="假设交期"))
    ] = "",
    recheck: Annotated[
        bool, typer.Option("--recheck", help=label("Milestones on days off", zh="落在休息日的节点"))
    ] = False,
) -> None:
    """Show the plan of an order; preview another delivery date; list milestones that fall on a day off."""
    if recheck:
        out.rows("milestones", OFF, _on_days_off(), empty=T("All milestones are on workdays.", zh="节点均为工作日。"))
        return
    if preview:
        rows = case_for(order, lambda case: _preview(case, preview), "mfg-order")
    else:
        rows = case_for(order, _plan, "mfg-order")
    out.rows("milestones", PLAN, rows, empty=T("There is no plan yet.", zh="还没有计划。"))


def _plan(case: Case) -> list[dict[str, Any]]:
    return [
        {
            "milestone": m.key,
            "title": str(plans.title(m.key)),
            "role": str(case.shop.role_title(m.role)),
            "first": m.first_planned_on,
            "planned": m.planned_on,
            "done": m.done_on,
            "state": m.state,
            "standing": str(STANDING[m.state]),
        }
        for m in plans.milestones(case)
    ]


def _preview(case: Case, typed: str) -> list[dict[str, Any]]:
    delivery = case.parse_day(typed)
    template = case.own(MfgContract).template or plans.default_template(case)
    found = plans.planned(case, template, contract.ship_by(case, delivery))
    state = "tight" if found.tight else "open"
    return [{"milestone": key, "title": str(plans.title(key)), "role": "", "first": None, "planned": on, "done": None,
             "state": state, "standing": str(STANDING[state])} for key, on in found.dates]  # fmt: skip


OFF = [
    Column("order", T("Order", zh="订单"), null=False, whole=True),
    Column("milestone", T("Milestone", zh="节点"), null=False),
    Column("planned", T("Planned", zh="计划"), "day", null=False),
]


def _on_days_off() -> list[dict[str, Any]]:
    with writing_shop() as shop, shop.reading() as tx:
        factory = shop.calendar(workdays.KEY, tx)
        rows = tx.all(MfgMilestone, table_of(MfgMilestone).c.state == "open")
        return [{"order": tx.need(Order, m.order_id).number, "milestone": m.key, "planned": m.planned_on}
                for m in rows if not is_open(factory, m.planned_on)]  # fmt: skip


LATE = [
    Column("order", T("Order", zh="订单"), null=False, whole=True),
    Column("what", T("What", zh="事项"), null=False, give=1),
    Column("role", T("Role", zh="岗位"), null=False),
    Column("due", T("Due", zh="应完成"), "day", null=False),
    Column("days", T("Workdays late", zh="迟(工作日)"), "number", null=False),
    Column("ship_by", T("Ship by", zh="最迟出货"), "day"),
    Column("forecast", T("Forecast", zh="预计"), "day"),
    Column("at_risk", T("At risk", zh="有风险"), "yes_no", null=False),
]


def late(role: Annotated[str, typer.Option("--role", help=label("Only of this role", zh="只看岗位"))] = "") -> None:
    """List what is overdue, with the forecast of its order."""
    with writing_shop() as shop, shop.write("look", dry_run=True) as tx:
        today = shop.local_day(tx.now)
        rows: list[dict[str, Any]] = []
        table = table_of(MfgMilestone)
        for m in tx.all(MfgMilestone, table.c.state == "open", table.c.planned_on < today,
                        order_by=[table.c.planned_on, table.c.id]):  # fmt: skip
            case = case_of(shop, tx, tx.need(Order, m.order_id), Notes())
            if case.order.closed_at is None and role in ("", m.role):
                rows.append(_late(case, str(plans.title(m.key)), m.role, m.planned_on, today))
        acks = table_of(MfgAck)
        for a in tx.all(MfgAck, acks.c.state == "open", acks.c.due_at < tx.now):
            case = case_of(shop, tx, tx.need(Order, a.order_id), Notes())
            if case.order.closed_at is None and role in ("", a.role):
                rows.append(
                    _late(case, str(T("Acknowledgement", zh="确认销售订单")), a.role, case.day(a.due_at), today)
                )
        warn_of_calendar(tx.calendars.get(workdays.KEY))
    out.rows("late", LATE, rows, empty=T("Nothing is late.", zh="没有逾期。"))


def _late(case: Case, what: str, role: str, due: date, today: date) -> dict[str, Any]:
    forecast, sb = plans.forecast(case), case.anchor_day("sb")
    return {
        "order": case.order.number,
        "what": what,
        "role": str(case.shop.role_title(role)),
        "due": due,
        "days": workdays.count(moments.factory(case), due, today),
        "ship_by": sb,
        "forecast": forecast,
        "at_risk": forecast is not None and sb is not None and forecast > sb,
    }


MATERIALS = [
    Column("code", T("Code", zh="编码"), null=False, whole=True),
    Column("name", T("Name", zh="名称"), null=False, give=1),
    Column("origin", T("Origin", zh="来源"), null=False),
    Column("per_piece", T("Per piece", zh="单耗"), null=False, give=2),
    Column("need", T("Need", zh="需求量"), null=False),
    Column("received", T("Received", zh="已到"), null=False),
    Column("unit", T("Unit", zh="单位"), null=False),
    Column("needed_by", T("Needed by", zh="需到厂"), "day"),
    Column("state", T("State", zh="状态"), null=False, shown=False),
    Column("standing", T("State", zh="状态"), null=False),
]


def materials(order: Ref) -> None:
    """Show what material an order needs, what came in, and by when the rest is needed."""
    rows = case_for(order, _materials, "mfg-order")
    out.rows("materials", MATERIALS, rows, empty=T("No material is entered.", zh="未登记物料。"))


def _materials(case: Case) -> list[dict[str, Any]]:
    return [
        {
            "code": m.code,
            "name": m.text,
            "origin": str(needs.ORIGINS[m.origin]),
            "per_piece": format_scaled(m.per_piece, 4),
            "need": needs.shown(m.need_qty),
            "received": needs.shown(m.received_qty),
            "unit": m.unit,
            "needed_by": m.needed_by,
            "state": m.state,
            "standing": str(needs.STATES[m.state]),
        }
        for m in needs.materials(case)
    ]
