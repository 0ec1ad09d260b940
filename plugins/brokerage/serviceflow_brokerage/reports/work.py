"""Reports on what staff did: alerts, retention, service calls, callbacks. Source: brokerage.md section 9."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from serviceflow.api import Customer, Staff, T, TaskRow, table_of
from sqlalchemy import func, select

from serviceflow_brokerage.callbacks import coverage
from serviceflow_brokerage.contacts import RULE as SERVICE
from serviceflow_brokerage.outcomes import OUTCOMES, outcome_of
from serviceflow_brokerage.reports.sheet import (
    CLIENTS,
    NAME,
    PART,
    SHARE,
    WHOLE,
    Head,
    Period,
    Sheet,
    counted,
    lower_median,
    mean,
    rate,
    share_of,
)
from serviceflow_brokerage.tables.clients import BrokerNeed
from serviceflow_brokerage.tables.contact import (
    BrokerCallback,
    BrokerCampaignEvent,
    BrokerCampaignMember,
)
from serviceflow_brokerage.tables.products import BrokerRetention
from serviceflow_brokerage.tables.segments import BrokerAlert, BrokerSegmentState, BrokerWatchRule

PRECISE: Final = ("served", "opportunity")
GROUP: Final = Head("group", T("By", zh="分组"))


def watch(period: Period) -> Sheet:
    """Alerts raised in the period by rule, and what became of their tasks."""
    tx, alerts = period.tx, table_of(BrokerAlert)
    raised = tx.all(BrokerAlert, alerts.c.raised_on.between(period.first, period.last))
    tasks = _tasks(period, {a.task_id for a in raised if a.task_id is not None})
    rows = []
    for rule in tx.all(BrokerWatchRule, order_by=[table_of(BrokerWatchRule).c.position]):
        mine = [a for a in raised if a.rule == rule.id]
        done = [t for t in (tasks.get(a.task_id or 0) for a in mine) if t is not None and t.state == "done"]
        outcomes = [outcome_of(t.result) for t in done]
        in_time = sum(t.done_at is not None and t.done_at <= t.due_at for t in done)
        days = [(period.day(t.done_at) - period.day(t.made_at)).days for t in done if t.done_at is not None]
        rows.append(
            {
                "rule": rule.id, "raised": len(mine), "done": len(done), "in_time": rate(in_time, len(done)),
                **{name: rate(outcomes.count(name), len(done)) for name in OUTCOMES},
                "days": lower_median(days), "precision": rate(sum(o in PRECISE for o in outcomes), len(done)),
            }
        )  # fmt: skip
    heads = (
        Head("rule", T("Rule", zh="规则")),
        Head("raised", T("Raised", zh="产生"), "number"),
        Head("done", T("Done", zh="完成"), "number"),
        Head("in_time", T("In time", zh="按时"), "share"),
        *(Head(name, title, "share") for name, title in OUTCOMES.items()),
        Head("days", T("Median days", zh="中位天数"), "number"),
        Head("precision", T("Precision", zh="准确率"), "share"),
    )
    return Sheet(heads, rows, bars="raised")


def _tasks(period: Period, ids: set[int]) -> dict[int, TaskRow]:
    found: dict[int, TaskRow] = {}
    ordered = sorted(ids)
    for at in range(0, len(ordered), 500):
        block = ordered[at : at + 500]
        found |= {t.id or 0: t for t in period.tx.all(TaskRow, table_of(TaskRow).c.id.in_(block))}
    return found


def retention(period: Period) -> Sheet:
    """Retention orders that ended in the period: kept among all, by trigger and by reason; assets kept."""
    ended = [o for o in period.orders("broker.retention") if period.inside(o.closed_at)]
    table = table_of(BrokerRetention)
    keys = [o.id for o in ended]
    rows_of = {r.order_id: r for r in period.tx.all(BrokerRetention, table.c.order_id.in_(keys))} if keys else {}
    decided = [(o.step, rows_of[o.id]) for o in ended if o.id in rows_of and o.step in ("kept", "lost", "unreachable")]
    rows = [_kept(T("all", zh="全部"), "", decided)]
    for value, mine in counted(decided, lambda pair: pair[1].trigger).items():
        rows.append(_kept(T("trigger", zh="触发"), value, mine))
    for value, mine in counted(decided, lambda pair: pair[1].reason or "-").items():
        rows.append(_kept(T("reason", zh="原因"), value, mine))
    heads = (GROUP, NAME, Head("kept", T("Kept", zh="挽留"), "number"), WHOLE, SHARE,
             Head("assets", T("Assets kept", zh="留存资产"), "money"))  # fmt: skip
    return Sheet(heads, rows, bars="kept")


def _kept(group: T, name: str, decided: Sequence[tuple[str, BrokerRetention]]) -> dict[str, Any]:
    kept = [row for step, row in decided if step == "kept"]
    return {
        "group": str(group), "name": name, "kept": len(kept), "whole": len(decided),
        "share": rate(len(kept), len(decided)), "assets": sum(row.assets_end or 0 for row in kept),
    }  # fmt: skip


def service(period: Period) -> Sheet:
    """Service calls due in the period that were made by then, by segment and owner; clients of owners; needs met."""
    tx, tasks = period.tx, table_of(TaskRow)
    due = tx.all(
        TaskRow, tasks.c.rule == SERVICE, tasks.c.due_at >= period.begin, tasks.c.due_at < period.end,
        tasks.c.state != "cancelled",
    )  # fmt: skip
    segments, owners = _segments(period, [t.customer_id for t in due]), _names(period)
    rows = [_in_time(T("all", zh="全部"), "", due)]
    for segment, mine in counted(due, lambda t: segments.get(t.customer_id, "-")).items():
        rows.append(_in_time(T("segment", zh="细分"), segment, mine))
    for owner, mine in counted(due, lambda t: owners.get(t.assignee_id or 0, "-")).items():
        rows.append(_in_time(T("owner", zh="负责人"), owner, mine))
    people, states = table_of(Customer), table_of(BrokerSegmentState)
    owned = (
        select(people.c.owner_id, func.count())
        .select_from(states.join(people, people.c.id == states.c.customer_id))
        .group_by(people.c.owner_id)
    )
    for owner_id, n in sorted(tx.rows(owned), key=lambda row: owners.get(row[0] or 0, "-")):
        rows.append({"group": str(CLIENTS.title), "name": owners.get(owner_id or 0, "-"), "part": n})
    needs = tx.all(BrokerNeed, table_of(BrokerNeed).c.at < period.end)
    met = sum(n.state == "met" for n in needs)
    rows.append({"group": str(T("needs met", zh="需要满足")), "name": "", "part": met, "whole": len(needs),
                 "share": rate(met, len(needs))})  # fmt: skip
    return Sheet((GROUP, NAME, PART, WHOLE, SHARE), rows)


def _in_time(group: T, name: str, due: Sequence[TaskRow]) -> dict[str, Any]:
    made = sum(t.state == "done" and t.done_at is not None and t.done_at <= t.due_at for t in due)
    return {"group": str(group), "name": name, "part": made, "whole": len(due), "share": rate(made, len(due))}


def _segments(period: Period, customers: Sequence[int | None]) -> Mapping[int | None, str]:
    states = table_of(BrokerSegmentState)
    known: dict[int | None, str] = {}
    wanted = sorted({c for c in customers if c is not None})
    for at in range(0, len(wanted), 500):
        block = wanted[at : at + 500]
        known |= {s.customer_id: s.segment for s in period.tx.all(BrokerSegmentState, states.c.customer_id.in_(block))}
    return known


def _names(period: Period) -> dict[int, str]:
    return {s.id or 0: s.name for s in period.tx.all(Staff)}


def callback(period: Period) -> Sheet:
    """New clients called back within the limit; the year's callbacks against what is required."""
    limit = period.shop.setting("broker.callback_limit_days")
    opened = period.actions("broker.account-opening", "confirm-open")
    said = _first_callbacks(period, {order.id or 0 for order, _ in opened})
    in_time = sum(order.id in said and (said[order.id] - period.day(done.at)).days <= limit for order, done in opened)
    year = coverage(period.shop, period.tx, period.last.year)
    rows = [
        share_of(
            T("New clients called back within {n} days", zh="新客户{n}日内回访").of(n=limit), in_time, len(opened)
        ),
        share_of(T("Called back in {year}", zh="{year}年度回访").of(year=year.year), year.called, year.base),
        {"name": str(T("Required in {year}", zh="{year}年度要求").of(year=year.year)), "part": year.needed,
         "whole": year.base, "share": period.shop.setting("broker.annual_callback_bp")},
    ]  # fmt: skip
    return Sheet((NAME, PART, WHOLE, SHARE), rows)


def _first_callbacks(period: Period, orders: set[int]) -> dict[int | None, Any]:
    everything = Period(period.shop, period.tx, period.first, period.last + timedelta(days=3650))
    found: dict[int | None, Any] = {}
    for order, done in everything.actions("broker.account-opening", "callback-ok"):
        if order.id in orders:
            found.setdefault(order.id, period.day(done.at))
    return found


def satisfaction(period: Period) -> Sheet:
    """Mean of what clients said of us in callbacks and surveys, 1 to 5, by segment and owner."""
    tx, calls = period.tx, table_of(BrokerCallback)
    said = [
        (c.customer_id, c.satisfied)
        for c in tx.all(BrokerCallback, calls.c.at >= period.begin, calls.c.at < period.end)
        if c.satisfied is not None
    ]
    events, members = table_of(BrokerCampaignEvent), table_of(BrokerCampaignMember)
    query = (
        select(members.c.customer_id, events.c.content)
        .join(members, members.c.id == events.c.member_id)
        .where(events.c.kind == "answer", events.c.at >= period.begin, events.c.at < period.end)
    )
    said += [(customer, int(words)) for customer, words in tx.rows(query) if words in ("1", "2", "3", "4", "5")]
    segments, owners = _segments(period, [c for c, _ in said]), _owners(period, {c for c, _ in said})
    rows = [_mean(T("all", zh="全部"), "", said)]
    for segment, mine in counted(said, lambda pair: segments.get(pair[0], "-")).items():
        rows.append(_mean(T("segment", zh="细分"), segment, mine))
    for owner, mine in counted(said, lambda pair: owners.get(pair[0], "-")).items():
        rows.append(_mean(T("owner", zh="负责人"), owner, mine))
    heads = (GROUP, NAME, Head("n", T("Answers", zh="份数"), "number"), Head("mean", T("Mean", zh="平均"), "mean"))
    return Sheet(heads, rows)


def _mean(group: T, name: str, said: Sequence[tuple[int, int]]) -> dict[str, Any]:
    return {"group": str(group), "name": name, "n": len(said), "mean": mean(sum(v for _, v in said), len(said))}


def _owners(period: Period, customers: set[int]) -> dict[int, str]:
    names, people = _names(period), table_of(Customer)
    found = period.tx.all(Customer, people.c.id.in_(customers)) if customers else []
    return {c.id or 0: names.get(c.owner_id or 0, "-") for c in found}
