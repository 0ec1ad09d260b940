"""Papers of the shoot day: the dispatcher's sheet, seat card, service notes, floor sales, visits."""

from __future__ import annotations

from datetime import date
from typing import Any

from serviceflow.api import Case, Document, Order, OrderAction, Shop, Staff, T, TaskRow, Tx, table_of

from serviceflow_studio.boards import case_in, short_name
from serviceflow_studio.catalogue import OUTFITS
from serviceflow_studio.floor.minutes import planned_minutes, told_hours
from serviceflow_studio.papers.common import PERSONS, case_of_session, head, persons, sheet
from serviceflow_studio.persons import profile_of
from serviceflow_studio.shoot import sessions
from serviceflow_studio.tables import StudioBooking, StudioLockerUse, StudioSession


def sessions_on(shop: Shop, tx: Tx, day: date) -> list[Case]:
    """Return the sessions of a day in the order of their waves."""
    table = table_of(StudioBooking)
    booked = tx.all(
        StudioBooking,
        table.c.calendar == "shoot",
        table.c.day == day,
        table.c.state.in_(("booked", "kept")),
        order_by=[table.c.starts_at, table.c.id],
    )
    return [case_in(shop, tx, order) for b in booked if (order := tx.need(Order, b.order_id)).flow == "studio-shoot"]


def dispatch(shop: Shop, tx: Tx, day: date) -> dict[str, Any]:
    """Every session of the day with its stages, staff, key and towels."""
    return {"day": day, "sessions": [_session(tx, session) for session in sessions_on(shop, tx, day)]}


def _session(tx: Tx, session: Case) -> dict[str, Any]:
    mine, parent = session.own(StudioSession), case_of_session(session)
    use = next(iter(tx.all(StudioLockerUse, table_of(StudioLockerUse).c.order_id == session.order_id)), None)
    outfits = sessions.outfits_of_session(session)
    return {
        "order_no": parent.order.number,
        "names": session.customer.name,
        "step": session.flow.step(session.order.step).title,
        "stages": "  ".join(f"{_title(session, d)} {session.local(d.at)[11:]}" for d in session.done() if d.from_step),
        "outfits": ", ".join(o.dress_code or str(OUTFITS[o.type]) for o in outfits),
        "photographer": mine.photographer or "",
        "assistant": mine.assistant or "",
        "key": use.locker if use is not None else "",
        "towels": mine.towels,
        "hours": told_hours(planned_minutes(session.setting, outfits)),
    }


def _title(session: Case, done: OrderAction) -> str:
    return str(session.flow.action(done.action).title)


def sales(shop: Shop, tx: Tx, day: date) -> dict[str, Any]:
    """What was sold on the floor that day, by whom."""
    rows = []
    for session in sessions_on(shop, tx, day):
        for done in session.done("sell"):
            seller = tx.get(Staff, done.staff_id) if done.staff_id is not None else None
            rows.append(
                {
                    "at": done.at,
                    "order_no": case_of_session(session).order.number,
                    "names": short_name(session.customer.name),
                    "code": done.form["code"],
                    "qty": done.form["qty"],
                    "seller": seller.name if seller is not None else "",
                }
            )
    return {"day": day, "sales": rows}


def visits(shop: Shop, tx: Tx, day: date) -> dict[str, Any]:
    """Who looked in on the sessions of the day, and who did not."""
    table = table_of(TaskRow)
    rows = []
    for session in sessions_on(shop, tx, day):
        parent = case_of_session(session)
        for task in tx.all(
            TaskRow, table.c.order_id == parent.order_id, table.c.rule.like("%:visit-%"), order_by=[table.c.id]
        ):
            person = tx.get(Staff, task.done_by) if task.done_by is not None else None
            rows.append(
                {
                    "order_no": parent.order.number,
                    "names": short_name(parent.customer.name),
                    "visit": T(task.title_en, zh=task.title_zh),
                    "due": task.due_at,
                    "done_at": task.done_at or "",
                    "who": person.name if person is not None else "",
                    "result": task.result or task.reason,
                }
            )
    return {"day": day, "visits": rows}


def seat_card(session: Case) -> dict[str, Any]:
    """The welcome card on a guest's seat."""
    start = session.anchor("shoot_at")
    return {"names": session.customer.name, "seat": session.own(StudioSession).seat_card or "", "day": start or ""}


def service_notes(session: Case) -> dict[str, Any]:
    """What the customer is told of the day: course, length, what is voluntary."""
    outfits = sessions.outfits_of_session(session)
    assert session.customer.id is not None
    return {
        **head(case_of_session(session)),
        "persons": persons(session),
        "start": session.anchor("shoot_at") or "",
        "hours": told_hours(planned_minutes(session.setting, outfits)),
        "outfits": [{"text": OUTFITS[o.type], "outdoor": o.place == "outdoor"} for o in outfits],
        "allergy": profile_of(session.tx, session.customer.id).skin_allergy,
        "key_deposit": session.number("studio.locker.deposit"),
    }


DOCUMENTS: tuple[Document, ...] = (
    Document(
        "dispatch-sheet",
        T("Dispatch sheet", zh="专业部调度表"),
        sheet("dispatch"),
        (
            "day",
            "sessions",
            "sessions.order_no",
            "sessions.names",
            "sessions.step",
            "sessions.stages",
            "sessions.outfits",
            "sessions.photographer",
            "sessions.assistant",
            "sessions.key",
            "sessions.towels",
            "sessions.hours",
        ),
        paper="A4 landscape",
    ),
    Document(
        "floor-sales",
        T("Floor sales register", zh="专业部推销登记表"),
        sheet("floor_sales"),
        ("day", "sales", "sales.at", "sales.order_no", "sales.names", "sales.code", "sales.qty", "sales.seller"),
    ),
    Document(
        "visit-register",
        T("Visit register", zh="探班登记表"),
        sheet("visits"),
        (
            "day",
            "visits",
            "visits.order_no",
            "visits.names",
            "visits.visit",
            "visits.due",
            "visits.done_at",
            "visits.who",
            "visits.result",
        ),
    ),
    Document(
        "seat-card",
        T("VIP seat card", zh="贵宾入座卡"),
        sheet("seat_card"),
        ("names", "seat", "day"),
        paper="A5 landscape",
    ),
    Document(
        "service-notes",
        T("Service notes of the day", zh="拍摄当天服务说明"),
        sheet("service_notes"),
        (
            "order_no",
            "customer",
            "contact",
            "consultant",
            *PERSONS,
            "start",
            "hours",
            "outfits",
            "outfits.text",
            "outfits.outdoor",
            "allergy",
            "key_deposit",
        ),
        paper="A5",
        audience="customer",
    ),
)
