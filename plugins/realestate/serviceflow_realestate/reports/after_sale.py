"""Handover, title deeds, milestones of the project. Source: realestate.md section 9."""

from __future__ import annotations

from datetime import date, timedelta

from serviceflow.api import Order, OrderAction, T, table_of

from serviceflow_realestate.milestones import reached
from serviceflow_realestate.reports.period import Period, Row, average, count, day_of, rate
from serviceflow_realestate.tables import ReMilestoneItem


def handover(period: Period) -> list[Row]:
    """first-inspection pass rate; average repair days; deemed share."""
    passed = inspected = deemed = delivered = 0
    spans: list[int] = []
    for order in period.orders("re-handover"):
        if period.holds(period.anchor(order, "delivered_on")):
            delivered += 1
            deemed += bool(period.deeds(order, "deem"))
        first = next(iter(period.deeds(order, "accept", "defects", "accept-with-list")), None)
        if first is not None and period.holds(first.at):
            inspected += 1
            passed += first.action == "accept"
        spans += _repairs(period, order)
    return [
        rate("first-pass", T("Passed at the first inspection", zh="一次验收通过率"), passed, inspected),
        average("repair-days", T("Days of repairs", zh="平均整改天数"), spans),
        rate("deemed", T("Deemed delivered", zh="视为交付占比"), deemed, delivered),
    ]


def _repairs(period: Period, order: Order) -> list[int]:
    """Return the days from each list of defects to the inspection that followed, of those in the period."""
    found: list[int] = []
    since: OrderAction | None = None
    for deed in period.deeds(order, "defects", "reinspect", "accept-with-list"):
        if deed.action == "defects":
            since = deed
        elif since is not None:
            if period.holds(deed.at):
                found.append((period.day(deed.at) - period.day(since.at)).days)
            since = None
    return found


def title(period: Period) -> list[Row]:
    """deeds issued by title_deadline / due."""
    due = good = 0
    for order in period.orders("re-title"):
        last, on = period.anchor(order, "title_deadline"), period.anchor(order, "issued_on")
        if last is not None and period.holds(last):
            due += 1
            good += on is not None and on <= last
    return [rate("title-in-time", T("Deeds in time", zh="按时办证率"), good, due)]


def milestones(period: Period) -> list[Row]:
    """items ready / all; days late. Items as they stand now."""
    rows: list[Row] = []
    table = table_of(ReMilestoneItem)
    for order in period.orders("re-project"):
        passed = {deed.from_step: day_of(period, deed, "passed_on") for deed in period.deeds(order, "pass")}
        steps = [step.key for step in period.case(order).flow.steps if not step.final]
        for key in steps:
            items = period.tx.all(ReMilestoneItem, table.c.order_id == order.id, table.c.milestone == key)
            ready = sum(i.waived_by is not None or reached(i.level, i.required) for i in items)
            group = f"{order.scope} {key}"
            rows.append(rate("ready", T("Items ready", zh="就绪事项"), ready, len(items), group))
            due = _due(period, order, key)
            reached_here = key in passed or key == order.step
            if due is not None and reached_here:
                late = max((passed.get(key, period.last) - due).days, 0)
                rows.append(count("late", T("Days late", zh="逾期天数"), late, group))
    return rows


def _due(period: Period, order: Order, step: str) -> date | None:
    """Return the last day of a milestone, ``None`` where it has none."""
    case = period.case(order)
    limit = case.flow.step(step).limit
    found = case.due(limit) if limit is not None else None
    return period.day(found - timedelta(microseconds=1)) if found is not None else None
