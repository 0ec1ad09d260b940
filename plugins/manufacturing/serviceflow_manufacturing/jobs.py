"""Nightly work: dunning, late milestones and materials, monthly calls, entry days, digests. Source: 5.6-5.10, 7."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from serviceflow.api import (
    Case,
    Consent,
    Customer,
    Job,
    Notes,
    Order,
    Persons,
    Shop,
    Staff,
    StaffRole,
    T,
    TaskRow,
    Tx,
    add_months,
    case_of,
    format_money,
    instant_of,
    is_open,
    table_of,
    tell_staff,
)
from sqlalchemy import select

from serviceflow_manufacturing import desk, moments, roles
from serviceflow_manufacturing.flows import accounts, materials, plan
from serviceflow_manufacturing.rules import dunning, workdays
from serviceflow_manufacturing.tables import (
    MfgAck,
    MfgContract,
    MfgEntry,
    MfgEntryDay,
    MfgMaterial,
    MfgMilestone,
    MfgReceivable,
    MfgReview,
    MfgShipment,
)

LEVELS = {1: "pay-soon", 3: "dun-1", 4: "dun-2", 5: "dun-3"}
ALERTED = {4: (roles.MANAGER,), 5: (roles.FINANCE, roles.MARKETING_GM), 6: (roles.COMPANY_GM,)}


def _case(shop: Shop, tx: Tx, order_id: int) -> Case:
    """Return the system's case of an order."""
    return case_of(shop, tx, tx.need(Order, order_id), Notes()).again()


# -- dunning ---------------------------------------------------------------------------------------------------


def dun(shop: Shop, tx: Tx, nominal: date) -> None:
    """Do what the dunning ladder does with every receivable that has money open, as of the day it is run on.

    A test that was missed is not made up for: a level its day would have reached is skipped for good.
    """
    today, table = max(nominal, shop.local_day(tx.now)), table_of(MfgReceivable)
    offsets = shop.setting("mfg.dun.offsets_d")
    soon = today - timedelta(days=min(offsets))
    for row in tx.all(MfgReceivable, table.c.state.in_(accounts.LIVE), table.c.due_on <= soon):
        debt = dunning.Debt(row.amount - row.paid, row.due_on, row.dun_level, row.disputed, row.promise_on)
        found = dunning.dun(offsets, debt, today)
        if found is not None:
            _do_level(_case(shop, tx, row.order_id), row, found.level, today)


def _do_level(case: Case, row: MfgReceivable, level: int, today: date) -> None:
    number, cur = case.own(MfgContract).contract_no or case.order.number, accounts.currency(case)
    left, days = format_money(row.amount - row.paid, cur), (today - row.due_on).days
    if level in LEVELS:
        facts = {"contract_no": number, "open": left, "currency": cur, "due_on": row.due_on.isoformat(), "days": days}
        desk.send(case, LEVELS[level], max(case.now, moments.morning(case, today)), subject=str(row.id), facts=facts)
    if level in (0, 2):
        follower = [row.follower_id] if row.follower_id is not None else []
        owner = Persons("owner", T("the owner", zh="负责人"), lambda c: follower or roles.owner_of(c), roles.SALES)
        words = T("Call about {open} {cur} of {no}", zh="催收{no}款项{open} {cur}")
        desk.task(case, "call-payment", words.of(open=left, cur=cur, no=number), owner, stays=True,
                  subject=str(row.id))  # fmt: skip
    for role in ALERTED.get(level, ()):
        words = T("{no}: {open} {cur} overdue {days} days", zh="{no}：{open} {cur}逾期{days}天")
        said = words.of(no=number, open=left, cur=cur, days=days)
        desk.alert(case, f"dunning-{level}", said, role, subject=str(row.id))
    promise = None if row.promise_on is not None and row.promise_on < today else row.promise_on
    case.tx.change(row, dun_level=max(level, row.dun_level), promise_on=promise)


# -- milestones, materials --------------------------------------------------------------------------------------


def follow_up(shop: Shop, tx: Tx, today: date) -> None:
    """Alert about milestones and customer's material that passed their day."""
    late, due = table_of(MfgMilestone), table_of(MfgMaterial)
    orders = {m.order_id for m in tx.all(MfgMilestone, late.c.state == "open", late.c.planned_on < today)}
    supplied = tx.all(MfgMaterial, due.c.origin == "customer", due.c.state != "in", due.c.needed_by < today,
                      due.c.chased.is_(False))  # fmt: skip
    for order_id in sorted(orders | {m.order_id for m in supplied}):
        case = _case(shop, tx, order_id)
        if case.order.closed_at is None:
            plan.escalate(case)
            materials.chase(case)


# -- monthly calls ---------------------------------------------------------------------------------------------


def monthly_calls(shop: Shop, tx: Tx, today: date) -> None:
    """On the 1st of a month ask for a call to every customer who had goods in the last months."""
    if today.day != 1:
        return
    since = add_months(today, -shop.setting("mfg.after.active_months"))
    month = today.strftime("%Y-%m")
    due_day = today.replace(day=shop.setting("mfg.after.monthly_day"))
    rolled = workdays.ahead(shop.calendar(workdays.KEY, tx), due_day)
    due = instant_of(rolled, datetime.strptime(shop.setting(moments.DUE), "%H:%M").time(), shop.zone)  # noqa: DTZ007
    tasks = table_of(TaskRow)
    for customer_id in sorted(_active(tx, since, today)):
        customer = tx.need(Customer, customer_id)
        rule = "manufacturing:monthly-call"
        known = tx.one(TaskRow, tasks.c.rule == rule, tasks.c.customer_id == customer_id, tasks.c.subject == month)
        if known is not None or not _may_call(tx, customer):
            continue
        words = T(
            "Monthly call {name}: quality and delivery; stock and replenishment; new plans; open payment; complaints",
            zh="每月回访{name}：质量与交期；库存与补货；新计划；未付款；客诉",
        ).of(name=customer.name)
        tx.add(
            TaskRow(
                rule=rule,
                subject=month,
                title_en=words.to("en"),
                title_zh=words.to("zh"),
                due_at=max(due, tx.now),
                assignee_id=customer.owner_id,
                role=None if customer.owner_id is not None else roles.SALES,
                customer_id=customer_id,
                stays=True,
                made_at=tx.now,
            )
        )


def _active(tx: Tx, since: date, until: date) -> set[int]:
    shipments, entries = table_of(MfgShipment), table_of(MfgEntry)
    sent = shipments.c.dispatched_on
    orders = [s.order_id for s in tx.all(MfgShipment, shipments.c.kind == "sale", sent >= since, sent < until)]
    orders += [e.order_id for e in tx.all(MfgEntry, entries.c.sent_on >= since, entries.c.sent_on < until)]
    found = {tx.need(Order, order_id).customer_id for order_id in orders}
    return {customer_id for customer_id in found if customer_id is not None}


def _may_call(tx: Tx, customer: Customer) -> bool:
    table = table_of(Consent)
    newest = tx.one(Consent, table.c.customer_id == customer.id, table.c.channel.in_(("phone", "*")),
                    table.c.purpose.in_(("service", "call", "*")),
                    order_by=[table.c.at.desc(), table.c.id.desc()])  # fmt: skip
    return not customer.do_not_contact and (newest is None or newest.given)


# -- the day of entries ----------------------------------------------------------------------------------------


def entry_day(shop: Shop, tx: Tx, today: date) -> None:
    """Alert the entry checkers on a workday whose entries are not closed by the hour set."""
    factory = shop.calendar(workdays.KEY, tx)
    if not is_open(factory, today) or tx.get(MfgEntryDay, today) is not None:
        return
    if tx.one(MfgEntry, table_of(MfgEntry).c.received_day <= today) is None:
        return  # this factory took no stock orders yet
    words = T("Close the entries of {day}", zh="结账{day}录单").of(day=today)
    tx.add(TaskRow(rule="manufacturing:entry-close", subject=today.isoformat(), title_en=words.to("en"),
                   title_zh=words.to("zh"), due_at=tx.now, role=roles.CHECKER, stays=True, made_at=tx.now))  # fmt: skip


# -- digests ---------------------------------------------------------------------------------------------------


def digests(shop: Shop, tx: Tx, today: date) -> None:
    """Tell the general manager of phone orders passed, sales manager and planning of what is late."""
    if not is_open(shop.calendar(workdays.KEY, tx), today):
        return
    at = instant_of(today, time.fromisoformat(shop.setting("mfg.day.digest")), shop.zone)
    _tell(shop, tx, (roles.MARKETING_GM,), "digest-phone-orders", T("phone orders passed", zh="已通过的电话订单"),
          list(_phone_orders(shop, tx, at)))  # fmt: skip
    _tell(shop, tx, (roles.MANAGER, roles.PLANNING), "digest-late", T("late today", zh="今日逾期"),
          list(_late(shop, tx, today, at)))  # fmt: skip


def _tell(shop: Shop, tx: Tx, who: tuple[str, ...], key: str, head: T, lines: list[T]) -> None:
    if not lines:
        return
    held = tx.all(StaffRole, table_of(StaffRole).c.role.in_(who))
    for staff_id in sorted({row.staff_id for row in held}):
        member = tx.need(Staff, staff_id)
        if member.active:
            tell_staff(shop, tx, member, f"manufacturing:{key}", head, lines)


def _phone_orders(shop: Shop, tx: Tx, at: datetime) -> Iterator[T]:
    """Yield the phone orders passed until a moment that no digest has told of; each is told once."""
    table = table_of(MfgReview)
    for row in tx.all(MfgReview, table.c.state.in_(("passed", "expired")), table.c.route == "phone",
                      table.c.letter == "A", table.c.digested.is_(False), table.c.closed_at <= at,
                      order_by=[table.c.closed_at, table.c.id]):  # fmt: skip
        tx.change(row, digested=True)
        contract, order = tx.need(MfgContract, row.order_id), tx.need(Order, row.order_id)
        customer = tx.need(Customer, order.customer_id)
        words = T("{no} {name} {amount} CNY", zh="{no} {name} {amount}元")
        yield words.of(no=order.number, name=customer.name, amount=format_money(contract.amount_cny))


def _late(shop: Shop, tx: Tx, today: date, at: datetime) -> Iterator[T]:
    milestones, acks = table_of(MfgMilestone), table_of(MfgAck)
    told = set()
    for row in tx.all(MfgMilestone, milestones.c.state == "open", milestones.c.planned_on < today,
                      order_by=[milestones.c.planned_on, milestones.c.id]):  # fmt: skip
        order = tx.need(Order, row.order_id)
        if order.closed_at is not None:
            continue
        told.add(row.order_id)
        words = T("{no} {what}: planned {day}; forecast {forecast}", zh="{no} {what}：计划{day}；预计{forecast}")
        forecast = plan.forecast(_case(shop, tx, row.order_id))
        yield words.of(no=order.number, what=plan.title(row.key), day=row.planned_on, forecast=forecast)
    yield from _at_risk(shop, tx, told)
    for ack in tx.all(MfgAck, acks.c.state == "open", acks.c.due_at < at):
        order = tx.need(Order, ack.order_id)
        if order.closed_at is None:
            words = T("{no}: {role} has not acknowledged", zh="{no}：{role}未确认")
            yield words.of(no=order.number, role=shop.role_title(ack.role))


def _at_risk(shop: Shop, tx: Tx, told: set[int]) -> Iterator[T]:
    """Yield the orders that are forecast after their ship-by date though nothing of them is overdue today."""
    late, orders = table_of(MfgMilestone), table_of(Order)
    open_ones = late.join(orders, orders.c.id == late.c.order_id)
    query = select(late.c.order_id).select_from(open_ones).where(orders.c.closed_at.is_(None))
    query = query.where(late.c.done_on > late.c.planned_on, orders.c.step != "shipped").distinct()
    for order_id in sorted({row[0] for row in tx.rows(query)} - told):
        case = _case(shop, tx, order_id)
        forecast, sb = plan.forecast(case), case.anchor_day("sb")
        if forecast is not None and sb is not None and forecast > sb:
            words = T("{no}: ship by {sb}; forecast {forecast}", zh="{no}：最迟出货{sb}；预计{forecast}")
            yield words.of(no=case.order.number, sb=sb, forecast=forecast)


JOBS = (
    Job("dunning", dun, "mfg.day.message_time"),
    Job("follow-up", follow_up, "mfg.day.night"),
    Job("monthly-calls", monthly_calls, "mfg.day.night", missed="each"),
    Job("entry-day", entry_day, "mfg.entry.close_alert", missed="each"),
    Job("digests", digests, "mfg.day.digest"),
)
