"""Daily registers and the nurture list. Source: realestate.md sections 4.3 (daily registers) and 4.4."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from serviceflow.api import (
    Contact,
    Customer,
    Order,
    Shop,
    Staff,
    StaffRole,
    T,
    TaskRow,
    Timer,
    Tx,
    instant_of,
    table_of,
    tell_staff,
)

from serviceflow_realestate import roles
from serviceflow_realestate.paperwork import draw_number, keep
from serviceflow_realestate.reception import agents, project_here
from serviceflow_realestate.tables import ReCall, ReVisit


def bounds(shop: Shop, day: date) -> tuple[datetime, datetime]:
    """Return the first instant of a local day and that of the next."""
    return instant_of(day, time(0), shop.zone), instant_of(day + timedelta(days=1), time(0), shop.zone)


def _rows(shop: Shop, tx: Tx, model: Any, day: date) -> list[Any]:
    first, last = bounds(shop, day)
    table = table_of(model)
    return tx.all(model, table.c.at >= first, table.c.at < last)


def submit(shop: Shop, tx: Tx, code: str = "") -> tuple[int, int]:
    """Freeze the person's calls and visits of today and number them as papers; return how many."""
    today, project = shop.local_day(tx.now), project_here(tx, code)
    counts = []
    for kind, model in (("RE-CALL", ReCall), ("RE-VISIT", ReVisit)):
        mine = [r for r in _rows(shop, tx, model, today) if r.agent_id == shop.staff_id and r.submitted_at is None]
        for row in mine:
            tx.change(row, submitted_at=tx.now)
        number = draw_number(tx, kind, project.code, today.strftime("%Y%m"))
        agent = tx.get(Staff, shop.staff_id)
        facts = {
            "project": T(project.name_en, zh=project.name_zh),
            "date": today,
            "agent": agent.name if agent is not None else "",
            "rows": [_line(shop, tx, row) for row in mine],
        }
        keep(tx, number, project.code, tx.now, facts)
        counts.append(len(mine))
    return counts[0], counts[1]


def _line(shop: Shop, tx: Tx, row: ReCall | ReVisit) -> dict[str, Any]:
    """Return a line of a register as its paper shows it."""
    contacts = table_of(Contact)
    phone = tx.one(Contact, contacts.c.customer_id == row.customer_id, contacts.c.kind == "phone")
    customer = tx.get(Customer, row.customer_id) if row.customer_id is not None else None
    by = tx.get(Staff, row.registered_by) if row.registered_by is not None else None
    return {
        "at": row.at.astimezone(shop.zone).strftime("%H:%M"),
        "customer": customer.name if customer is not None else "",
        "phone": phone.value if phone is not None else "",
        "heard_from": row.heard_from,
        "wants": row.wants,
        "questions": row.questions if isinstance(row, ReCall) else row.objections,
        "grade": row.grade,
        "registered_by": by.name if by is not None else "",
    }


def missing(shop: Shop, tx: Tx, day: date) -> list[Staff]:
    """Return the agents who have logged something that day and not handed it in."""
    late = {
        row.agent_id
        for model in (ReCall, ReVisit)
        for row in _rows(shop, tx, model, day)
        if row.submitted_at is None and row.agent_id is not None
    }
    return [tx.need(Staff, agent) for agent in sorted(late)]


OPEN = T("Registers not submitted: {agents}", zh="未提交登记: {agents}")


def remind(shop: Shop, tx: Tx, day: date) -> None:
    """Remind each agent who has not handed in his registers, by a task and a message."""
    for agent in missing(shop, tx, day):
        _task(tx, "hand-in-registers", T("Hand in your registers", zh="提交今日登记"), agent.id, None)
        tell_staff(shop, tx, agent, "realestate:re-registers-open", OPEN.of(agents=agent.name), [])


def alert(shop: Shop, tx: Tx, day: date) -> None:
    """Give the managers the list of those who have not."""
    names = ", ".join(agent.name for agent in missing(shop, tx, day))
    if not names:
        return
    words = OPEN.of(agents=names)
    _task(tx, "registers-open", words, None, roles.MANAGER)
    table = table_of(StaffRole)
    for row in tx.all(StaffRole, table.c.role == roles.MANAGER):
        tell_staff(shop, tx, tx.need(Staff, row.staff_id), "realestate:re-registers-open", words, [])


def _task(tx: Tx, key: str, title: T, person: int | None, role: str | None) -> None:
    tx.add(
        TaskRow(
            rule=f"realestate:{key}",
            title_en=title.to("en"),
            title_zh=title.to("zh"),
            due_at=tx.now,
            assignee_id=person,
            role=role,
            stays=True,
            made_at=tx.now,
        )
    )


def totals(shop: Shop, tx: Tx, day: date) -> list[dict[str, Any]]:
    """Return the registers of a day, one row for each agent."""
    calls, visits = _rows(shop, tx, ReCall, day), _rows(shop, tx, ReVisit, day)
    found = []
    for agent in sorted({*agents(tx), *(r.agent_id for r in (*calls, *visits) if r.agent_id is not None)}):
        mine = [v for v in visits if v.agent_id == agent]
        called = [c for c in calls if c.agent_id == agent]
        if not mine and not called:
            continue
        found.append(
            {
                "agent": tx.need(Staff, agent).name,
                "calls": len(called),
                "visits": len(mine),
                "first": sum(v.kind in ("turn", "asked-for") for v in mine),
                "own": sum(v.kind in ("own", "cover") for v in mine),
                "void": sum(v.void_reason is not None for v in mine),
                "submitted": all(r.submitted_at is not None for r in (*mine, *called)),
            }
        )
    return found


def touches(shop: Shop, tx: Tx, *, due: bool) -> list[dict[str, Any]]:
    """Return the open nurture orders with their next touch."""
    orders, timers = table_of(Order), table_of(Timer)
    found = []
    for order in tx.all(Order, orders.c.flow == "re-nurture", orders.c.closed_at.is_(None)):
        timer = tx.one(Timer, timers.c.order_id == order.id, timers.c.state == "planned", order_by=[timers.c.due_at])
        next_at = timer.due_at if timer is not None else None
        if due and (next_at is None or next_at > tx.now + timedelta(days=7)):
            continue
        owner = tx.get(Staff, order.owner_id) if order.owner_id is not None else None
        found.append(
            {
                "order": order.number,
                "customer": tx.need(Customer, order.customer_id).name,
                "step": order.step,
                "step_title": str(shop.flow(order.flow, order.flow_version)[1].step(order.step).title),
                "next": next_at,
                "agent": owner.name if owner is not None else None,
            }
        )
    return found
