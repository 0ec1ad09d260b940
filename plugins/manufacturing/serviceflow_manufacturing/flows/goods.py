"""Goods of an order: details, ready, inspected, into shipments, back again. Source: manufacturing.md 4.4, 5.8."""

from __future__ import annotations

from datetime import date
from typing import Any

from serviceflow.api import Case, Form, Guard, T, Verdict, day, number, text

from serviceflow_manufacturing import desk, moments, roles
from serviceflow_manufacturing.flows import accounts, contract, plan
from serviceflow_manufacturing.forms import Dated, shipment_lines, tick
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import terms, workdays
from serviceflow_manufacturing.tables import MfgContract, MfgLine, MfgShipment


class NewShipment(Dated):
    not_past = ("planned_on",)
    workday = ("planned_on",)
    lines: list[dict[str, Any]] = shipment_lines()
    planned_on: date = day(T("Planned on", zh="计划出货日"))


class ConfirmDetails(Form):
    line_no: int = number(T("Line", zh="行号"), least=1)
    style: bool | None = tick(T("Style", zh="款式"))
    sizes: bool | None = tick(T("Sizes", zh="尺码"))
    material: bool | None = tick(T("Material", zh="面辅料"))
    packing: bool | None = tick(T("Packing", zh="包装"))
    delivery: bool | None = tick(T("Delivery", zh="交货"))


class GoodsReady(Form):
    lines: list[dict[str, Any]] = shipment_lines()


class InspectionFailed(Form):
    text: str = text(T("Text", zh="说明"), longest=2000)
    qty: int = number(T("Quantity", zh="数量"), least=1, most=10**8)


def over_quantity(case: Case, lines: list[dict[str, Any]], *, but: int | None = None) -> Verdict:
    """Refuse a shipment that would exceed an ordered quantity by more than its tolerance."""
    planned = accounts.in_shipment(case, but=but)
    ordered = {line["line_no"]: line for line in contract.lines_of(case.own(MfgContract).draft)}
    for row in lines:
        line = ordered.get(row["line_no"])
        total = planned.get(row["line_no"], 0) + row["qty"]
        if line is None:
            return refuse("over_quantity", n=row["line_no"], total=total, max=0, main=case.order.number)
        if terms.over_ordered(total, line["qty"], line["tolerance_percent"]):
            allowed = terms.most(line["qty"], line["tolerance_percent"])
            return refuse("over_quantity", n=row["line_no"], total=total, max=allowed, main=case.order.number)
    return None


def _over(case: Case, form: NewShipment) -> Verdict:
    return over_quantity(case, form.lines)


def _inspected(case: Case, form: Any) -> Verdict:
    row = plan.milestone(case, "final-inspection")
    return refuse("inspection_open") if row is not None and row.state == "open" else None


def new_shipment(case: Case, form: NewShipment) -> None:
    """Open a shipment that sells."""
    open_shipment(case, "sale", form.lines, form.planned_on)


def open_shipment(case: Case, kind: str, lines: list[dict[str, Any]], planned_on: date) -> int:
    """Open a shipment of the contract; who opens it may not check it."""
    child = case.open_child("shipment", {"lines": lines, "planned_on": planned_on, "kind": kind})
    row = case.tx.need(MfgShipment, child.id)
    case.tx.change(row, creator_id=case.tx.staff_id)
    return row.order_id


def confirm_details(case: Case, form: ConfirmDetails) -> None:
    """Tick what is confirmed of a line."""
    for line in case.rows(MfgLine):
        if line.line_no == form.line_no:
            ticks = {n: v for n in ("style", "sizes", "material", "packing", "delivery")
                     if (v := getattr(form, n)) is not None}  # fmt: skip
            case.tx.change(line, **ticks)


def ready(case: Case, form: GoodsReady) -> None:
    """Note what is packed; production and packing are done."""
    packed = {row["line_no"]: row["qty"] for row in form.lines}
    for line in case.rows(MfgLine):
        if line.line_no in packed:
            case.tx.change(line, ready_qty=packed[line.line_no])
    plan.finish(case, "production-done", case.today)
    plan.finish(case, "packed", case.today, sum(packed.values()))


def inspection_failed(case: Case, form: InspectionFailed) -> None:
    """Open inspection and packing again and ask for rework."""
    on = workdays.plus(moments.factory(case), case.today, 2)
    for key in ("final-inspection", "packed"):
        plan.reopen(case, key, on)
    words = T("Rework {qty} of {no}: {text}", zh="{no}返工{qty}件：{text}")
    said = words.of(qty=form.qty, no=case.order.number, text=form.text)
    desk.task(case, "rework", said, roles.PRODUCTION, stays=True)


def all_shipped(case: Case, form: Any) -> None:
    """Close the plan of an order whose goods have all left."""
    plan.finish(case, "ship", case.own(MfgContract).shipped_on or case.today)
    for row in plan.milestones(case):
        if row.state == "open":
            plan.drop(case, row, "all shipped")
    case.cancel_messages("supply-reminder", "supply-late", reason=T("all shipped", zh="已全部出货"))


def came_back(case: Case, form: Any) -> None:
    """Plan the shipping of goods that came back."""
    case.tx.change(case.own(MfgContract), shipped_on=None)
    plan.reopen(case, "ship")
    words = T("Ship {no} again", zh="{no}重新出货").of(no=case.order.number)
    due = moments.due_in(case, "new-shipment-again")
    case.cancel_tasks("new-shipment", reason=T("goods came back", zh="货物退回"))
    case.add_task("new-shipment", words, who=roles.DESK, due=due, closed_by=("new-shipment",))


OVER = Guard("over_quantity", _over)
INSPECTED = Guard("inspection_open", _inspected, early=True)
