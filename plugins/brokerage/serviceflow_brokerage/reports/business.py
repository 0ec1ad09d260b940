"""Reports on suitability, rates, openings, partners, campaigns, research. Source: brokerage.md section 9."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from serviceflow.api import Customer, Order, OrderAction, T, TaskRow, table_of
from sqlalchemy import case, func, select

from serviceflow_brokerage.campaign.measures import measure
from serviceflow_brokerage.reports.sheet import (
    NAME,
    PART,
    SHARE,
    WHOLE,
    Head,
    Period,
    Sheet,
    counted,
    lower_median,
    rate,
    share_of,
)
from serviceflow_brokerage.statements import net_commission
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerComplaint, BrokerSnapshot
from serviceflow_brokerage.tables.contact import (
    BrokerCampaign,
    BrokerDelivery,
    BrokerNote,
    BrokerSubscription,
)
from serviceflow_brokerage.tables.partners import BrokerPartner, BrokerReferral, BrokerStatement
from serviceflow_brokerage.tables.products import BrokerOpening, BrokerQuestion, BrokerRateOffer, BrokerSuitability
from serviceflow_brokerage.tables.segments import BrokerFeature

SUITABILITY: Final = "broker.suitability"
OPENING: Final = "broker.account-opening"
MILLION: Final = 1_000_000


# -- suitability -------------------------------------------------------------------------------------------------


def suitability(period: Period) -> Sheet:
    """Results of checks, letters, give-ups; mismatches executed, assessments expired, callbacks overdue."""
    tx, shop = period.tx, period.shop
    done = period.actions(SUITABILITY)
    came = [a.to_step for _, a in done if a.from_step != a.to_step]
    checks = {step: came.count(step) for step in ("matched", "mismatched")}
    checks["refused"] = sum(a.to_step == "refused" and a.from_step == "requested" for _, a in done)
    total = sum(checks.values())
    letters = sum(a.action == "client-insists" for _, a in done)
    gave_up = sum(a.action == "give-up" for _, a in done)
    executed = [o.id for o, a in done if a.action == "execute" and a.to_step in ("executed", "completed")]
    rows_of = table_of(BrokerSuitability)
    by_letter = len(tx.all(BrokerSuitability, rows_of.c.order_id.in_(executed), rows_of.c.by_letter.is_(True)))
    features = table_of(BrokerFeature)
    late = func.sum(case((features.c.risk_days_left <= 0, 1), else_=0))
    people = tx.scalar(select(func.count()).select_from(features))
    expired = tx.scalar(select(late).select_from(features))
    tasks = table_of(TaskRow)
    overdue = tx.all(
        TaskRow, tasks.c.rule.in_(["brokerage:suit-callback", "brokerage:new-client-callback"]),
        tasks.c.state == "open", tasks.c.due_at < shop.clock.now(),
    )  # fmt: skip
    rows = [share_of(RESULTS[step], n, total) for step, n in checks.items()]
    rows += [
        {"name": str(T("Warning letters", zh="警示书")), "part": letters},
        {"name": str(T("Given up", zh="放弃")), "part": gave_up},
        share_of(T("Mismatches executed", zh="不匹配办理"), by_letter, len(executed)),
        share_of(T("Assessments expired", zh="测评过期"), int(expired or 0), people),
        {"name": str(T("Callbacks overdue", zh="回访逾期")), "part": len(overdue)},
    ]
    return Sheet((NAME, PART, WHOLE, SHARE), rows)


RESULTS: Final = {
    "matched": T("Checks: fits", zh="检查: 匹配"),
    "mismatched": T("Checks: does not fit", zh="检查: 不匹配"),
    "refused": T("Checks: refused", zh="检查: 拒绝"),
}


def selfcheck(period: Period) -> Sheet:
    """The figures of suitability with the complaints about it, for the half-yearly self-check."""
    complaints = table_of(BrokerComplaint)
    found = period.tx.all(
        BrokerComplaint, complaints.c.category == "suitability", complaints.c.at >= period.begin,
        complaints.c.at < period.end,
    )  # fmt: skip
    sheet = suitability(period)
    rows = [*sheet.rows, {"name": str(T("Complaints about suitability", zh="适当性投诉")), "part": len(found)}]
    return Sheet(sheet.heads, rows)


# -- rates -------------------------------------------------------------------------------------------------------


def commission(period: Period) -> Sheet:
    """Commission and mean rate of the period; what special rates cost the branch; offers whose terms are not met."""
    tx, snapshots, accounts = period.tx, table_of(BrokerSnapshot), table_of(BrokerAccount)
    inside = snapshots.c.as_of.between(period.first, period.last)
    paid, turned = tx.rows(select(func.sum(snapshots.c.commission), func.sum(snapshots.c.turnover)).where(inside))[0]
    lost = tx.scalar(
        select(func.sum(snapshots.c.turnover * (accounts.c.base_rate - accounts.c.rate) // MILLION))
        .select_from(snapshots.join(accounts, accounts.c.id == snapshots.c.account_id))
        .where(inside, accounts.c.rate < accounts.c.base_rate)
    )
    offers = table_of(BrokerRateOffer)
    unmet = tx.all(BrokerRateOffer, offers.c.state.in_(["reviewing", "notice"]))
    paid, turned = int(paid or 0), int(turned or 0)
    mean_rate = paid * MILLION // turned if turned else None
    rows: list[dict[str, Any]] = [
        {"name": str(T("Commission", zh="佣金")), "money": paid},
        {"name": str(T("Turnover", zh="成交额")), "money": turned},
        {"name": str(T("Mean rate (ppm)", zh="平均费率(百万分之)")), "count": mean_rate},
        {"name": str(T("Given away by special rates", zh="优惠让利")), "money": int(lost or 0)},
        {"name": str(T("Offers whose commitment is not met", zh="未达承诺的优惠")), "count": len(unmet)},
    ]  # fmt: skip
    heads = (NAME, Head("money", T("Amount", zh="金额"), "money"), Head("count", T("Number", zh="数值"), "number"))
    return Sheet(heads, rows)


# -- openings ----------------------------------------------------------------------------------------------------


def opening(period: Period) -> Sheet:
    """Leads of the period by origin: how many were reached and opened, in how many days; why the others ended."""
    tx, table = period.tx, table_of(Order)
    leads = period.orders(OPENING, table.c.opened_at >= period.begin, table.c.opened_at < period.end)
    keys = [o.id for o in leads]
    own, done = table_of(BrokerOpening), table_of(OrderAction)
    origins = {r.order_id: r.origin for r in tx.all(BrokerOpening, own.c.order_id.in_(keys))} if keys else {}
    acts = tx.all(OrderAction, done.c.order_id.in_(keys), order_by=[done.c.id]) if keys else []
    reached = {a.order_id for a in acts if a.to_step not in ("lead", "lapsed", "declined", "rejected")}
    opened = {a.order_id: a for a in acts if a.to_step == "opened"}
    rows = []
    for origin, mine in [("", leads), *counted(leads, lambda o: origins.get(o.id, "-")).items()]:
        days = [(period.day(opened[o.id].at) - period.day(o.opened_at)).days for o in mine if o.id in opened]
        rows.append(
            {
                "name": origin or str(T("all", zh="全部")), "leads": len(mine),
                "contacted": sum(o.id in reached for o in mine), "opened": len(days),
                "share": rate(len(days), len(mine)), "days": lower_median(days),
            }
        )  # fmt: skip
    for why, count in _ends(acts).items():
        rows.append({"name": why, "leads": count})
    heads = (
        NAME,
        Head("leads", T("Leads", zh="线索"), "number"),
        Head("contacted", T("Contacted", zh="已联系"), "number"),
        Head("opened", T("Opened", zh="已开户"), "number"),
        SHARE,
        Head("days", T("Median days", zh="中位天数"), "number"),
    )
    return Sheet(heads, rows, bars="leads")


def _ends(acts: Sequence[OrderAction]) -> dict[str, int]:
    """Return how often leads ended without an account, by step and reason."""
    found: dict[str, int] = {}
    for act in acts:
        if act.to_step in ("lapsed", "declined", "rejected") and act.from_step != act.to_step:
            reason = act.form.get("reason")
            why = f"{act.to_step}: {reason}" if reason else act.to_step
            found[why] = found.get(why, 0) + 1
    return dict(sorted(found.items()))


# -- partners ----------------------------------------------------------------------------------------------------


def partner(period: Period) -> Sheet:
    """What each partner's referrals of the period came to, what their clients bring and what the partner is owed."""
    tx, referrals, statements = period.tx, table_of(BrokerReferral), table_of(BrokerStatement)
    first = period.first.replace(day=1)
    rows = []
    for found in tx.all(BrokerPartner, order_by=[table_of(BrokerPartner).c.code]):
        mine = tx.all(BrokerReferral, referrals.c.partner_id == found.customer_id)
        lately = [r for r in mine if period.first <= r.referred_on <= period.last]
        opened = sum(r.state == "attributed" for r in lately)
        owed = tx.all(
            BrokerStatement, statements.c.customer_id == found.customer_id, statements.c.state != "void",
            statements.c.month.between(first, period.last),
        )  # fmt: skip
        payable = sum(s.payable for s in owed)
        rows.append(
            {
                "code": found.code, "name": tx.need(Customer, found.customer_id).name, "referrals": len(lately),
                "opened": opened, "share": rate(opened, len(lately)),
                "net": _net(period, [r.customer_id for r in mine if r.state == "attributed"]), "payable": payable,
                "cost": payable // opened if opened else None,
            }
        )  # fmt: skip
    heads = (
        Head("code", T("Partner", zh="渠道")),
        Head("name", T("Name", zh="名称")),
        Head("referrals", T("Referrals", zh="推荐"), "number"),
        Head("opened", T("Opened", zh="开户"), "number"),
        SHARE,
        Head("net", T("Net commission", zh="净佣金"), "money"),
        Head("payable", T("Payable", zh="应付"), "money"),
        Head("cost", T("Cost per account", zh="单户成本"), "money"),
    )
    return Sheet(heads, rows)


def _net(period: Period, customers: Sequence[int]) -> int:
    if not customers:
        return 0
    snapshots, accounts = table_of(BrokerSnapshot), table_of(BrokerAccount)
    mine = select(accounts.c.id).where(accounts.c.customer_id.in_(customers))
    found = period.tx.all(
        BrokerSnapshot, snapshots.c.account_id.in_(mine), snapshots.c.as_of.between(period.first, period.last)
    )
    passed = period.shop.setting("broker.passthrough_ppm")
    return sum(net_commission(row, passed) for row in found)


# -- campaigns, research -----------------------------------------------------------------------------------------


def campaign(period: Period) -> Sheet:
    """The measures of every campaign that ran in the period, whole and by channel."""
    table = table_of(BrokerCampaign)
    running = period.tx.all(
        BrokerCampaign, table.c.state.in_(["running", "closed", "evaluated"]), table.c.start <= period.last,
        table.c.end >= period.first,
    )  # fmt: skip
    rows = [_measured(period, c, channel) for c in running for channel in (None, *c.channels)]
    heads = (
        Head("code", T("Campaign", zh="活动")),
        Head("channel", T("Channel", zh="渠道")),
        Head("targeted", T("Targeted", zh="目标"), "number"),
        Head("reach", T("Reach", zh="触达"), "share"),
        Head("response", T("Response", zh="响应"), "share"),
        Head("two_way", T("Two-way", zh="双向"), "share"),
        Head("minutes", T("Feedback (min)", zh="反馈(分钟)"), "number"),
        Head("opt_out", T("Opt-out", zh="退订"), "share"),
        Head("conversion", T("Conversion", zh="转化"), "share"),
        Head("lift", T("Lift", zh="提升"), "share"),
        Head("cost", T("Cost per response", zh="单次响应成本"), "money"),
    )
    return Sheet(heads, rows, bars="response")


def _measured(period: Period, found: BrokerCampaign, channel: str | None) -> dict[str, Any]:
    seen = measure(period.shop, period.tx, found, channel)
    return {
        "code": found.code, "channel": channel or "", "targeted": seen.reach.whole, "reach": seen.reach.bp,
        "response": seen.response.bp, "two_way": seen.two_way.bp, "minutes": seen.feedback_minutes,
        "opt_out": seen.opt_out.bp, "conversion": seen.conversion.bp, "lift": seen.lift_bp,
        "cost": seen.cost_per_response,
    }  # fmt: skip


def research(period: Period) -> Sheet:
    """Subscriptions by origin; deliveries of the period, those skipped by reason; questions answered in time."""
    tx, own, notes = period.tx, table_of(BrokerSubscription), table_of(BrokerNote)
    rows = [
        {"name": str(T("Subscriptions: {origin}", zh="订阅: {origin}").of(origin=origin)), "part": n}
        for origin, n in tx.rows(
            select(own.c.origin, func.count())
            .where(own.c.state == "active")
            .group_by(own.c.origin)
            .order_by(own.c.origin)
        )
    ]
    table = table_of(BrokerDelivery)
    inside = table.c.day.between(period.first, period.last)
    states = tx.rows(
        select(table.c.state, table.c.reason, func.count()).where(inside).group_by(table.c.state, table.c.reason)
    )
    total = sum(n for _, _, n in states)
    for state, reason, n in sorted(states):
        words = T("Deliveries: {state}", zh="推送: {state}").of(state=f"{state} {reason}".strip())
        rows.append(share_of(words, n, total))
    published = tx.all(BrokerNote, notes.c.published_at >= period.begin, notes.c.published_at < period.end)
    rows.append({"name": str(T("Notes published", zh="发布研报")), "part": len(published)})
    asked = table_of(BrokerQuestion)
    answered = tx.all(BrokerQuestion, asked.c.answered_at >= period.begin, asked.c.answered_at < period.end)
    in_time = sum(q.answered_at is not None and q.answered_at <= q.answer_due for q in answered)
    rows.append(share_of(T("Questions answered in time", zh="按时答复"), in_time, len(answered)))
    return Sheet((NAME, PART, WHOLE, SHARE), rows)


def half_year(day: date) -> tuple[date, date]:
    """Return the last half-year that is over on a day."""
    if day.month > 6:
        return date(day.year, 1, 1), date(day.year, 6, 30)
    return date(day.year - 1, 7, 1), date(day.year - 1, 12, 31)
