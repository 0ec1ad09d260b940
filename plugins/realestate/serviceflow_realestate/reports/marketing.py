"""Nurture, channels, campaigns. Source: realestate.md sections 4.2 and 9."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

from serviceflow.api import MessageRow, T, table_of

from serviceflow_realestate.flows.nurture import TEMPLATES
from serviceflow_realestate.reports.period import Period, Row, amount, count, line, rate, share
from serviceflow_realestate.tables import ReChannel, ReMediaMetric, ReVisit

UNSENT = ("suppressed", "cancelled", "expired", "merged", "failed")
"""States of a message that did not go out and will not."""


def nurture(period: Period) -> list[Row]:
    """per touch: sent (or waiting to be), replied within {nurture_response_days}, visited within it."""
    window = timedelta(days=period.setting("nurture_response_days"))
    found: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    messages = table_of(MessageRow)
    for order in period.orders("re-nurture"):
        rows = period.tx.all(MessageRow, messages.c.order_id == order.id, messages.c.state.not_in(UNSENT))
        told = {row.template for row in rows}
        deeds = period.deeds(order)
        visits = [v.at for v in period.tx.all(ReVisit, table_of(ReVisit).c.customer_id == order.customer_id)]
        for deed in deeds:
            entered = deed.to_step.startswith("touch-") and deed.from_step != deed.to_step
            if not entered or TEMPLATES[deed.to_step] not in told or not period.holds(deed.at):
                continue
            until = deed.at + window
            replied = any(d.action == "reply" and deed.at <= d.at <= until for d in deeds)
            found[deed.to_step].append((replied, any(deed.at <= at <= until for at in visits)))
    found_rows: list[Row] = []
    for step, touched in sorted(found.items(), key=lambda x: int("".join(filter(str.isdigit, x[0])) or 0)):
        found_rows += [
            count("sent", T("Sent", zh="触达"), len(touched), step),
            rate("replied", T("Replied", zh="回复"), sum(replied for replied, _ in touched), len(touched), step),
            rate("visited", T("Visited", zh="到访"), sum(came for _, came in touched), len(touched), step),
        ]
    return found_rows


def media(period: Period) -> list[Row]:
    """per channel and month: scale (fans, reach), service (answered/inbound), quality (leads/fans, visits/leads),
    efficiency (spend/lead, spend/contract), trust (score and change)."""
    names = {c.id: c.name for c in period.tx.all(ReChannel)}
    table = table_of(ReMediaMetric)
    signed: Counter[tuple[str, str]] = Counter()
    for order in period.sales():
        on = period.anchor(order, "signed_on")
        signed[period.heard_from(order.customer_id), f"{on:%Y-%m}"] += 1
    rows: list[Row] = []
    before: dict[int, int] = {}
    for metric in period.tx.all(ReMediaMetric, order_by=[table.c.channel_id, table.c.month]):
        name, trust = names[metric.channel_id], metric.trust
        change = trust - before[metric.channel_id] if metric.channel_id in before else None
        before[metric.channel_id] = trust
        if not f"{period.first:%Y-%m}" <= metric.month <= f"{period.last:%Y-%m}":
            continue
        group = f"{name} {metric.month}"
        rows += [
            count("scale", T("Scale: fans, reach", zh="规模: 粉丝、触达"), metric.scale, group),
            rate("service", T("Service: answered", zh="服务: 答复率"), metric.answered, metric.inbound, group),
            rate("leads", T("Quality: leads of fans", zh="质量: 线索/粉丝"), metric.leads, metric.scale, group),
            rate("visits", T("Quality: visits of leads", zh="质量: 到访/线索"), metric.visits, metric.leads, group),
            _each("lead-cost", T("Efficiency: yuan a lead", zh="效率: 元/线索"), metric.spend, metric.leads, group),
            _each("contract-cost", T("Efficiency: yuan a contract", zh="效率: 元/合同"), metric.spend,
                  signed[name, metric.month], group),
            line("trust", T("Trust", zh="信任"), f"{trust} ({change:+d})" if change is not None else trust, group,
                 part=trust, base=change),
        ]  # fmt: skip
    return rows


def _each(figure: str, title: T, spend: int, number: int, group: str) -> Row:
    value = f"{spend / number / 100:,.2f}" if number else "-"
    return line(figure, title, value, group, part=spend, base=number)


def campaigns(period: Period) -> list[Row]:
    """per campaign, since it was opened: contracts signed / sales target; leads handed over; spend / budget."""
    rows: list[Row] = []
    for order in period.orders("re-campaign"):
        until = period.last if order.closed_at is None else min(period.last, period.day(order.closed_at))
        since = period.day(order.opened_at)
        mine = Period(period.shop, period.tx, since, until, order.scope)
        sold = sum(mine.deal(one).deal_total for one in mine.sales())
        goal, plan = period.deeds(order, "set-goal"), period.deeds(order, "approve-strategy")
        leads = sum(int(deed.form["count"]) for deed in period.deeds(order, "hand-leads"))
        months = table_of(ReMediaMetric).c.month
        metrics = period.tx.all(ReMediaMetric, months >= f"{since:%Y-%m}", months <= f"{until:%Y-%m}")
        spent = sum(metric.spend for metric in metrics)
        target, budget = (
            int(deeds[-1].form[key]) if deeds else 0 for deeds, key in ((goal, "sales"), (plan, "budget"))
        )
        rows += [
            share("sales", T("Sales of the target, yuan", zh="销售额/目标, 元"), sold, target, order.number),
            count("leads", T("Leads handed over", zh="移交线索"), leads, order.number),
            share("spend", T("Spend of the budget, yuan", zh="花费/预算, 元"), spent, budget, order.number),
            amount("contracts", T("Contracts, yuan", zh="合同额, 元"), sold, order.number),
        ]
    return rows
