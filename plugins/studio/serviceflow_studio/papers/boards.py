"""Registers and control tables, printed as things stand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from serviceflow.api import Anchor, Case, Document, Order, OrderAction, Shop, Staff, T, Tx, table_of

from serviceflow_studio import boards, ledger
from serviceflow_studio.papers.common import sheet
from serviceflow_studio.places import CALENDARS
from serviceflow_studio.sale.forms import CALL_RESULTS, OBJECTIONS
from serviceflow_studio.tables import StudioCase
from serviceflow_studio.urging.forms import URGE_RESULTS

TITLES = {
    "shoot": T("Shoot control table", zh="摄影控制表"),
    "car": T("Outdoor cars", zh="外景车控制表"),
    "viewing": T("Viewing control table", zh="看样控制表"),
    "pickup": T("Pickup control table", zh="取件控制表"),
}


def control(shop: Shop, tx: Tx, calendar: str, first: date, days: int) -> dict[str, Any]:
    """A calendar over some days: who stands at each resource, what is free, who still owes."""
    rows = [row for n in range(days) for row in boards.control_table(shop, tx, calendar, first + timedelta(days=n))]
    most = max((len(row["places"]) for row in rows), default=0)
    debts = [d for n in range(days) for d in boards.owing(shop, tx, first + timedelta(days=n))]
    return {
        "calendar": TITLES[calendar],
        "first": first,
        "resources": boards.resources(CALENDARS[calendar], most),
        "rows": [{**row, "places": [*row["places"], *[""] * (most - len(row["places"]))]} for row in rows],
        "debts": debts if calendar == "shoot" else [],
    }


def _cases(shop: Shop, tx: Tx, *steps: str) -> list[Case]:
    table = table_of(Order)
    found = tx.all(Order, table.c.flow == "studio-case", *([table.c.step.in_(steps)] if steps else []))
    return [boards.case_in(shop, tx, order) for order in found]


def appointments(shop: Shop, tx: Tx, first: date, last: date) -> dict[str, Any]:
    """One line for each case received in these days."""
    rows = []
    for case in _cases(shop, tx):
        if not first <= case.day(case.order.opened_at) <= last:
            continue
        mine = case.own(StudioCase)
        rows.append(
            {
                "at": case.order.opened_at,
                "order_no": case.order.number,
                "names": case.customer.name,
                "package": mine.package or mine.want,
                "shoot": case.anchor("shoot_at") or "",
                "step": case.flow.step(case.order.step).title,
                "consultant": _name(tx, case.order.owner_id),
            }
        )
    return {"first": first, "last": last, "rows": rows}


def urging(shop: Shop, tx: Tx, first: date, last: date) -> dict[str, Any]:
    """One line for each urging of a deposit without a date."""
    rows = []
    for case, done in _done(shop, tx, first, last, "log-urge"):
        booked = tx.get(Anchor, case.order_id, "booked_at")
        rows.append(
            {
                "at": done.at,
                "order_no": case.order.number,
                "names": case.customer.name,
                "booked": case.day(booked.at) if booked is not None and booked.at is not None else "",
                "result": URGE_RESULTS[str(done.form["result"])],
                "note": done.form.get("note") or "",
                "balance": ledger.balance(case),
                "who": _name(tx, done.staff_id),
            }
        )
    return {"first": first, "last": last, "rows": rows}


def not_closed(shop: Shop, tx: Tx, first: date, last: date) -> dict[str, Any]:
    """One line for each call to somebody who left without buying."""
    rows = []
    for case, done in _done(shop, tx, first, last, "log-call"):
        mine = case.own(StudioCase)
        rows.append(
            {
                "at": done.at,
                "order_no": case.order.number,
                "names": case.customer.name,
                "left": case.anchor("left_at") or "",
                "objection": OBJECTIONS[mine.objection] if mine.objection else "",
                "result": CALL_RESULTS[str(done.form["result"])],
                "note": done.form.get("note") or "",
                "step": case.flow.step(case.order.step).title,
                "who": _name(tx, done.staff_id),
            }
        )
    return {"first": first, "last": last, "rows": rows}


def _done(shop: Shop, tx: Tx, first: date, last: date, action: str) -> list[tuple[Case, OrderAction]]:
    table = table_of(OrderAction)
    found = tx.all(OrderAction, table.c.action == action, order_by=[table.c.at, table.c.id])
    return [
        (boards.case_in(shop, tx, tx.need(Order, done.order_id)), done)
        for done in found
        if first <= shop.local_day(done.at) <= last
    ]


def _name(tx: Tx, staff_id: int | None) -> str:
    person = tx.get(Staff, staff_id) if staff_id is not None else None
    return person.name if person is not None else ""


SPAN = ("first", "last", "rows", "rows.at", "rows.order_no", "rows.names")
DOCUMENTS: tuple[Document, ...] = (
    Document(
        "control-table",
        T("Control table", zh="控制表"),
        sheet("control"),
        (
            "calendar",
            "first",
            "resources",
            "rows",
            "rows.day",
            "rows.start",
            "rows.places",
            "rows.free",
            "rows.capacity",
            "rows.over",
            "debts",
            "debts.order",
            "debts.balance",
            "debts.arrive",
        ),
        paper="A4 landscape",
    ),
    Document(
        "appointment-register",
        T("Appointment register", zh="门市预约登记表"),
        sheet("appointments"),
        (*SPAN, "rows.package", "rows.shoot", "rows.step", "rows.consultant"),
    ),
    Document(
        "urging-register",
        T("Urging register", zh="催单登记表"),
        sheet("urging"),
        (*SPAN, "rows.booked", "rows.result", "rows.note", "rows.balance", "rows.who"),
    ),
    Document(
        "not-closed-summary",
        T("Not-closed summary", zh="未成交追单汇总表"),
        sheet("not_closed"),
        (*SPAN, "rows.left", "rows.objection", "rows.result", "rows.note", "rows.step", "rows.who"),
    ),
)
