"""Risk assessments that end soon, and levels that no longer fit what a client holds. Source: brokerage.md 5.4, 7."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from typing import Final

from serviceflow.api import (
    Customer,
    MessageRow,
    Notes,
    Order,
    Shop,
    T,
    TaskRow,
    Tx,
    case_of,
    instant_of,
    plain,
    table_of,
)
from sqlalchemy import select

from serviceflow_brokerage.duties import need_role, second_person
from serviceflow_brokerage.limits import due_in
from serviceflow_brokerage.messages import CHANNELS
from serviceflow_brokerage.people import assessment_at, assessments_at, file_of
from serviceflow_brokerage.reach import persons, send
from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.roles import CO, SM
from serviceflow_brokerage.suitability import assess, is_professional
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.products import (
    BrokerPersonalPlan,
    BrokerProduct,
    BrokerRiskAssessment,
    BrokerSuitability,
)
from serviceflow_brokerage.unsent import take_back

SOON: Final = "risk-soon"
AT: Final = time(10)
RENEWED: Final = T("the assessment was renewed", zh="测评已更新")
LOOK: Final = "brokerage:level-changed"
REVIEW: Final = "brokerage:risk-review"


def remind_of_end(shop: Shop, tx: Tx, day: date) -> int:
    """Tell clients whose assessment ends in so many days from ``day``; returns how many."""
    told = 0
    table, clients = table_of(BrokerRiskAssessment), table_of(BrokerClient)
    active = select(clients.c.customer_id).where(clients.c.status == "active")
    for days in shop.setting("broker.risk_soon_days"):
        ends = day + timedelta(days=days)
        ending = tx.all(BrokerRiskAssessment, table.c.expires_on == ends, table.c.customer_id.in_(active))
        counting = assessments_at(tx, [a.customer_id for a in ending], day)
        known = persons(tx, counting)
        for row in ending:
            if counting.get(row.customer_id) != row:
                continue
            way = known[row.customer_id].way("service", CHANNELS)
            if isinstance(way, str):
                continue
            send(
                tx, SOON, "service", row.customer_id, known[row.customer_id], way, about=f"assessment {row.id}/{days}",
                language=shop.setting("core.language"), facts={"expires": ends.isoformat()},
                due=instant_of(day, AT, shop.zone),
            )  # fmt: skip
            told += 1
    return told


def enter(
    shop: Shop, tx: Tx, customer_id: int, score: int, *, kinds: Sequence[str], max_term_days: int,
    knocked_out: bool = False, method: str = "onsite", questionnaire: int | None = None,
    recording_ref: str | None = None,
) -> BrokerRiskAssessment:  # fmt: skip
    """Enter an assessment made today, with what follows from it.

    Raises:
        Refused: ``retake-limit``.
    """
    today = shop.local_day(tx.now)
    before = assessment_at(tx, customer_id, today)
    made = assess(
        tx, shop.setting, customer_id, score, day=today, kinds=kinds, max_term_days=max_term_days,
        knocked_out=knocked_out, method=method, questionnaire=questionnaire, recording_ref=recording_ref,
    )  # fmt: skip
    renewed(shop, tx, made, before.level if before is not None else None)
    return made


def decide(shop: Shop, tx: Tx, number: int, *, counts: bool) -> BrokerRiskAssessment:
    """Let an assessment count that has waited for compliance, or not.

    Raises:
        Refused: It does not wait, the actor is not of compliance, or has entered it (``four-eyes``).
    """
    need_role(shop, tx, T("Approve a raised level", zh="复核测评升级"), CO)
    found = tx.get(BrokerRiskAssessment, number)
    if found is None or found.state != "pending_review":
        raise refused(
            "unknown", plain("flow broker risk list"), what=T("waiting assessment", zh="待复核测评"), id=number
        )
    second_person(tx, found.by)
    tx.change(found, state="current" if counts else "rejected")
    tasks = table_of(TaskRow)
    mine = [tasks.c.rule == REVIEW, tasks.c.subject == str(number), tasks.c.state == "open"]
    for task in tx.all(TaskRow, *mine):
        tx.change(task, state="done", done_at=tx.now, done_by=tx.staff_id, result=found.state)
    if counts:
        _supersede(tx, found)
        renewed(shop, tx, found, None)
    return found


def _supersede(tx: Tx, found: BrokerRiskAssessment) -> None:
    table = table_of(BrokerRiskAssessment)
    for other in tx.all(
        BrokerRiskAssessment, table.c.customer_id == found.customer_id, table.c.state == "current",
        table.c.assessed_on <= found.assessed_on, table.c.id < found.id,
    ):  # fmt: skip
        tx.change(other, state="superseded")


def renewed(shop: Shop, tx: Tx, made: BrokerRiskAssessment, before: int | None) -> None:
    """Follow up an assessment: one that waits makes a task, one that counts takes reminders back.

    Args:
        before: The level that counted until then; one above the new level may leave a client with what no longer fits.
    """
    customer = tx.need(Customer, made.customer_id)
    if made.state == "pending_review":
        title = T(
            "A raised level waits, {name}: flow broker risk approve {id}",
            zh="测评升级待复核, {name}: flow broker risk approve {id}",
        )
        _task(shop, tx, REVIEW, "risk-review", CO, customer, title.of(name=customer.name, id=made.id), str(made.id))
        return
    messages = table_of(MessageRow)
    unsent = [messages.c.customer_id == made.customer_id, messages.c.state.in_(["planned", "pending", "held"])]
    for message in tx.all(MessageRow, *unsent, messages.c.template.in_([SOON, "risk-renew"])):
        take_back(tx, message, RENEWED)
    if before is not None and made.level < before:
        _no_longer_fit(shop, tx, [made.customer_id], None)
    _plans_follow(shop, tx, made)


def _plans_follow(shop: Shop, tx: Tx, made: BrokerRiskAssessment) -> None:
    """Let the client's personal plans be looked through at once when the level is another, else when this one ends."""
    orders = table_of(Order)
    mine = [orders.c.customer_id == made.customer_id, orders.c.flow == "broker.personal-plan"]
    for order in tx.all(Order, *mine, orders.c.step == "active"):
        case = case_of(shop, tx, order, Notes()).again(now=tx.now)
        if case.own(BrokerPersonalPlan).level not in (None, made.level):
            case.act("level-changed")
        else:
            case.set_anchor("assessment_ends", made.expires_on)


def product_raised(shop: Shop, tx: Tx, product: BrokerProduct) -> int:
    """Tell every client who holds a product whose level is above his now; returns how many."""
    rows = table_of(BrokerSuitability)
    holders = [customer for (customer,) in tx.rows(select(rows.c.customer_id).where(rows.c.product == product.code))]
    return _no_longer_fit(shop, tx, holders, product.code)


def _no_longer_fit(shop: Shop, tx: Tx, customers: Iterable[int], code: str | None) -> int:
    today = shop.local_day(tx.now)
    keys = sorted(set(customers))
    levels, known, told = assessments_at(tx, keys, today), persons(tx, keys), 0
    for key in keys:
        client, level = file_of(tx, key), levels.get(key)
        if client is None or level is None or is_professional(client, today):
            continue
        above = [p for p in _held(tx, key) if p.r_level > level.level and code in (None, p.code)]
        for product in above:
            way = known[key].way("notice", CHANNELS)
            facts = {"product": product.name, "r": f"R{product.r_level}", "c": f"C{level.level}"}
            about = f"{product.code} R{product.r_level} C{level.level}/{today}"
            if not isinstance(way, str):
                send(
                    tx, "level-changed", "notice", key, known[key], way, about=about,
                    language=shop.setting("core.language"), facts=facts,
                )  # fmt: skip
        if above:
            title = T("Level changed: talk to {name}", zh="风险等级变动: 与{name}沟通").of(name=known[key].name)
            _task(shop, tx, LOOK, "level-changed", SM, tx.need(Customer, key), title, today.isoformat())
            told += 1
    return told


def _held(tx: Tx, customer_id: int) -> list[BrokerProduct]:
    """Return the products of a client's suitability orders that were executed."""
    rows, orders = table_of(BrokerSuitability), table_of(Order)
    codes = select(rows.c.product).join(orders, orders.c.id == rows.c.order_id)
    done = codes.where(rows.c.customer_id == customer_id, orders.c.step.in_(["executed", "completed"]))
    products = table_of(BrokerProduct)
    return tx.all(BrokerProduct, products.c.code.in_(done))


def _task(shop: Shop, tx: Tx, rule: str, limit: str, role: str, customer: Customer, title: T, subject: str) -> None:
    tasks = table_of(TaskRow)
    known = [tasks.c.rule == rule, tasks.c.customer_id == customer.id, tasks.c.state == "open"]
    if tx.one(TaskRow, *known, tasks.c.subject == subject) is not None:
        return
    owner = customer.owner_id if role == SM else None
    tx.add(
        TaskRow(
            rule=rule, subject=subject, title_en=title.to("en"), title_zh=title.to("zh"),
            due_at=due_in(shop, tx.now, limit), assignee_id=owner, role=None if owner else role,
            customer_id=customer.id, made_at=tx.now, stays=True,
        )
    )  # fmt: skip
