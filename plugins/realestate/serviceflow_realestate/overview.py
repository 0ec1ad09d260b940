"""The start of the day on one screen. Source: realestate.md section 8, ``flow re board``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from serviceflow.api import Anchor, Customer, Order, RequestRow, Shop, T, Tx, table_of

from serviceflow_realestate import accounts, ledger
from serviceflow_realestate.reception import Reception, project_here
from serviceflow_realestate.rota import order as rota_order
from serviceflow_realestate.tables import ReClaim, ReUnit


def today(shop: Shop, tx: Tx) -> list[dict[str, Any]]:
    """Return the board's lines: part, what, when."""
    found = [*_rota(shop, tx), *_holds(shop, tx), *_signings(shop, tx), *_dues(shop, tx), *_late(shop, tx)]
    waiting = tx.all(RequestRow, table_of(RequestRow).c.state == "pending")
    for request in waiting:
        order = tx.need(Order, request.order_id)
        action = shop.flow(order.flow, order.flow_version)[1].action(request.action).title
        found.append(
            _line("approvals", T("{no} {action}", zh="{no} {action}").of(no=order.number, action=action), None)
        )
    return found


PARTS = {
    "rota": T("Rota", zh="轮班"),
    "waiting": T("Waiting", zh="等候"),
    "holds": T("Holds ending", zh="保留到期"),
    "signings": T("Signings", zh="签约"),
    "dues": T("Due", zh="到期应收"),
    "overdue": T("Overdue", zh="逾期"),
    "approvals": T("Approvals", zh="待审批"),
}


def _line(part: str, what: T | str, at: Any) -> dict[str, Any]:
    return {"part": part, "part_title": str(PARTS[part]), "what": str(what), "at": at}


def _rota(shop: Shop, tx: Tx) -> list[dict[str, Any]]:
    room = Reception(shop, tx, project_here(tx), tx.now)
    names = [f"{room.name(e.agent)}({e.turns})" for e in rota_order(room.day())]
    found = [_line("rota", ", ".join(names) or T("nobody is ready", zh="无人待命"), None)]
    return [*found, *(_line("waiting", visit.name, visit.at) for visit in room.waiting())]


def _holds(shop: Shop, tx: Tx) -> list[dict[str, Any]]:
    table = table_of(ReClaim)
    soon = tx.now + timedelta(days=1)
    ending = tx.all(ReClaim, table.c.ended_at.is_(None), table.c.until_at <= soon, order_by=[table.c.until_at])
    return [_line("holds", tx.need(ReUnit, claim.unit_id).unit_no, claim.until_at) for claim in ending]


def _signings(shop: Shop, tx: Tx) -> list[dict[str, Any]]:
    orders, anchors = table_of(Order), table_of(Anchor)
    found = []
    for order in tx.all(Order, orders.c.flow == "re-contract", orders.c.step.in_(["appointment", "preparation"])):
        at = tx.one(Anchor, anchors.c.order_id == order.id, anchors.c.key == "signing_at")
        if at is not None and at.at is not None and shop.local_day(at.at) == shop.local_day(tx.now):
            name = tx.need(Customer, order.customer_id).name
            found.append(_line("signings", f"{order.number} {name}", at.at))
    return found


def _dues(shop: Shop, tx: Tx) -> list[dict[str, Any]]:
    today_ = shop.local_day(tx.now)
    return [
        _line("dues", f"{case.order.number} {ledger.open_of(case, line) / 100:,.2f}", None)
        for case in accounts.contracts(shop, tx)
        for line in ledger.open_lines(case)
        if line.due == today_
    ]


def _late(shop: Shop, tx: Tx) -> list[dict[str, Any]]:
    return [
        _line(
            "overdue",
            T("{no} {customer}: {days} days, {x}", zh="{no} {customer}: {days} 天, {x}").of(
                no=row["contract"], customer=row["customer"], days=row["days"], x=f"{row['amount'] / 100:,.2f}"
            ),
            None,
        )
        for row in accounts.overdue_rows(shop, tx, 1)
    ]
