"""What follows from the alerts of a watch run: retention orders, and one task for each client.

New tasks are made by set statements; a task or an order that stands already changes for itself, in the journal.
Source: brokerage.md section 5.10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from serviceflow.api import (
    Customer,
    Notes,
    Order,
    Refused,
    Shop,
    T,
    TaskRow,
    Tx,
    case_of,
    listed,
    start_order,
    table_of,
)
from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text, and_, case, false, func, literal, select

from serviceflow_brokerage.alerts import RAISED, Ready
from serviceflow_brokerage.roles import SM
from serviceflow_brokerage.segment.fields import drop, make
from serviceflow_brokerage.tables.segments import BrokerAlert, BrokerSegmentState, BrokerWatchRule

RULE: Final = "brokerage:watch"
RETENTION: Final = "broker.retention"
SEVERITIES: Final = ("high", "mid", "low")
NO_LONGER: Final = T("condition no longer true", zh="条件已不成立")
_NEW: Final = Table(
    "broker_tmp_new_tasks",
    MetaData(),
    Column("customer_id", Integer, primary_key=True),
    Column("rules", BigInteger),
    Column("severity", Integer),
    prefixes=["TEMPORARY"],
)
_WORDS: Final = Table(
    "broker_tmp_words",
    MetaData(),
    Column("rules", BigInteger, primary_key=True),
    Column("title_en", Text),
    Column("title_zh", Text),
    prefixes=["TEMPORARY"],
)


@dataclass(frozen=True, slots=True)
class Followed:
    """How many tasks and orders a run has made, and to how many tasks it has added alerts."""

    tasks: int
    attached: int
    retentions: int


def follow_up(shop: Shop, tx: Tx, rules: Sequence[Ready], due: dict[str, datetime]) -> Followed:
    """Give every alert of the run its retention order or its task.

    Args:
        due: By severity, when a new task is due.
    """
    tx.connection.exec_driver_sql("CREATE INDEX broker_tmp_raised_client ON broker_tmp_raised (customer_id)")
    retentions = _retain(shop, tx, [r.rule for r in rules if r.rule.start_flow])
    attached = _attach(tx, rules, due)
    return Followed(_new_tasks(tx, rules, due), attached, retentions)


def cancel_calm_tasks(tx: Tx, day: date) -> int:
    """Cancel the open tasks of which every alert has been cleared and all their rules allow it."""
    alerts, rules, tasks = table_of(BrokerAlert), table_of(BrokerWatchRule), table_of(TaskRow)
    stays = (
        select(alerts.c.id)
        .select_from(alerts.join(rules, rules.c.id == alerts.c.rule))
        .where(alerts.c.task_id == tasks.c.id, (alerts.c.cleared_on.is_(None)) | (rules.c.auto_cancel == false()))
    )
    cleared = select(alerts.c.task_id).where(alerts.c.cleared_on == day, alerts.c.task_id.is_not(None))
    calm = tx.all(TaskRow, tasks.c.id.in_(cleared), tasks.c.state == "open", ~stays.exists())
    for task in calm:
        tx.change(task, state="cancelled", done_at=tx.now, reason=str(NO_LONGER))
    return len(calm)


# -- retention ---------------------------------------------------------------------------------------------------


def _retain(shop: Shop, tx: Tx, rules: Sequence[BrokerWatchRule]) -> int:
    states, known = table_of(BrokerSegmentState), {rule.id: rule for rule in rules}
    query = (
        select(RAISED.c.n, RAISED.c.customer_id, RAISED.c.rule)
        .select_from(RAISED.join(states, states.c.customer_id == RAISED.c.customer_id))
        .where(
            RAISED.c.rule.in_(known),
            RAISED.c.gone == false(),
            states.c.segment.in_(shop.setting("broker.retention_auto_segments")),
        )
        .order_by(RAISED.c.n)
    )
    started, notes = 0, Notes()
    for n, customer_id, rule in tx.rows(query):
        order = _open_retention(tx, customer_id)
        if order is None:
            order = _start(shop, tx, customer_id, rule, notes)
            if order is None:
                continue
            started += 1
        elif order.step == "observing" and known[rule].severity == "high":
            case_of(shop, tx, order, notes).again(now=tx.now).act("relapse")
        tx.connection.execute(RAISED.update().values(order_id=order.id).where(RAISED.c.n == n))
    return started


def _open_retention(tx: Tx, customer_id: int) -> Order | None:
    orders = table_of(Order)
    return tx.one(Order, orders.c.flow == RETENTION, orders.c.customer_id == customer_id, orders.c.closed_at.is_(None))


def _start(shop: Shop, tx: Tx, customer_id: int, rule: str, notes: Notes) -> Order | None:
    """Start an order; where the flow refuses it, the alert becomes a task as the others do."""
    trade, flow = shop.newest_flow(RETENTION)
    start = flow.starts()[0]
    owner = tx.need(Customer, customer_id).owner_id
    try:
        return start_order(
            shop, tx, trade, flow, start, start.form.of({"trigger": rule}), now=tx.now, notes=notes,
            customer_id=customer_id, owner_id=owner,
        )  # fmt: skip
    except Refused:
        return None


# -- tasks -------------------------------------------------------------------------------------------------------


def _attach(tx: Tx, rules: Sequence[Ready], due: dict[str, datetime]) -> int:
    """Put alerts on the watch task their client has already; it becomes due no later than they ask."""
    tasks = table_of(TaskRow)
    watch = and_(tasks.c.rule == RULE, tasks.c.customer_id == RAISED.c.customer_id, tasks.c.state == "open")
    query = (
        select(func.min(tasks.c.id), func.min(_severity(rules)))
        .select_from(RAISED.join(tasks, watch))
        .where(RAISED.c.order_id.is_(None))
        .group_by(RAISED.c.customer_id)
    )
    found = tx.rows(query)
    for number, severity in found:
        task = tx.need(TaskRow, number)
        tx.change(task, due_at=min(task.due_at, due[SEVERITIES[severity]]))
    if found:
        _link(tx)
    return len(found)


def _new_tasks(tx: Tx, rules: Sequence[Ready], due: dict[str, datetime]) -> int:
    make(tx, _NEW)
    make(tx, _WORDS)
    bits = {r.rule.id: 1 << n for n, r in enumerate(rules)}
    bit = case(*[(RAISED.c.rule == rule, value) for rule, value in bits.items()], else_=0)
    grouped = (
        select(RAISED.c.customer_id, func.sum(bit.distinct()), func.min(_severity(rules)))
        .where(RAISED.c.order_id.is_(None), RAISED.c.task_id.is_(None))
        .group_by(RAISED.c.customer_id)
    )
    tx.connection.execute(_NEW.insert().from_select(["customer_id", "rules", "severity"], grouped))
    words = [_words(rules, int(mask)) for (mask,) in tx.rows(select(_NEW.c.rules).distinct())]
    made = 0
    if words:
        tx.connection.execute(_WORDS.insert(), words)
        made = _store(tx, due)
        _link(tx)
    drop(tx, _NEW, _WORDS)
    return made


def _words(rules: Sequence[Ready], mask: int) -> dict[str, Any]:
    """Return the title of a task about these rules, in the order of their table."""
    named = [r.rule for n, r in enumerate(rules) if mask >> n & 1]
    titles = listed(T(rule.title_en, zh=rule.title_zh) for rule in named)
    return {"rules": mask, "title_en": titles.to("en"), "title_zh": titles.to("zh")}


def _store(tx: Tx, due: dict[str, datetime]) -> int:
    tasks, customers = table_of(TaskRow), table_of(Customer)
    before = tx.scalar(select(func.coalesce(func.max(tasks.c.id), 0)))
    moments = [(_NEW.c.severity == n, literal(due[key], tasks.c.due_at.type)) for n, key in enumerate(SEVERITIES)]
    given: dict[str, Any] = {
        "rv": literal(1), "rule": literal(RULE), "subject": literal(""), "title_en": _WORDS.c.title_en,
        "title_zh": _WORDS.c.title_zh, "due_at": case(*moments), "assignee_id": customers.c.owner_id,
        "role": case((customers.c.owner_id.is_(None), SM), else_=None), "customer_id": _NEW.c.customer_id,
        "stays": literal(True), "closed_by": literal(""), "made_at": literal(tx.now, tasks.c.made_at.type),
        "state": literal("open"), "result": literal(""), "reason": literal(""),
    }  # fmt: skip
    people = _NEW.join(_WORDS, _WORDS.c.rules == _NEW.c.rules).join(customers, customers.c.id == _NEW.c.customer_id)
    query = select(*given.values()).select_from(people).order_by(_NEW.c.customer_id)
    tx.connection.execute(tasks.insert().from_select(list(given), query, include_defaults=False))
    last = tx.scalar(select(func.max(tasks.c.id)))
    tx.batch(tasks, before, {"covers": {"task": "id"}, "batch": before, "first": before + 1, "last": last, "rows": {}})
    return int(tx.scalar(select(func.count()).select_from(_NEW)))


def _link(tx: Tx) -> None:
    tasks = table_of(TaskRow)
    mine = select(func.min(tasks.c.id)).where(
        tasks.c.rule == RULE, tasks.c.customer_id == RAISED.c.customer_id, tasks.c.state == "open"
    )
    unlinked = (RAISED.c.order_id.is_(None), RAISED.c.task_id.is_(None))
    tx.connection.execute(RAISED.update().values(task_id=mine.scalar_subquery()).where(*unlinked))


def _severity(rules: Sequence[Ready]) -> Any:
    return case(*[(RAISED.c.rule == r.rule.id, SEVERITIES.index(r.rule.severity)) for r in rules])
