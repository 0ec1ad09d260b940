"""What agents and customers do: rota, follow-up, agents, complaints, stages. Source: realestate.md section 9."""

from __future__ import annotations

from collections import Counter, defaultdict

from serviceflow.api import T, TaskRow, table_of

from serviceflow_realestate import ledger
from serviceflow_realestate.nurturing import FAN_STAGES, STAGE_TITLES, STAGES
from serviceflow_realestate.reports.period import Period, Row, amount, average, count, rate
from serviceflow_realestate.tables import ReLeadProfile, ReProject, ReRotaDay, ReRotaEntry, ReVisit

FAN_TITLES = {
    "acquire": T("Acquire", zh="吸粉"),
    "nurture": T("Nurture", zh="养粉"),
    "trade": T("Trade", zh="交易"),
}


def rota(period: Period) -> list[Row]:
    """per day: spread = max(turns) - min(turns) of agents present the whole day; missed; waiting minutes (average,
    max). Present the whole day is who had signed in before the first party came and stayed until the last."""
    days, codes = table_of(ReRotaDay), {p.id: p.code for p in period.tx.all(ReProject)}
    rows: list[Row] = []
    parties: dict[object, list[ReVisit]] = defaultdict(list)
    for visit in period.visits():
        parties[period.day(visit.at)].append(visit)
    for day in period.tx.all(
        ReRotaDay, days.c.day >= period.first, days.c.day <= period.last, order_by=[days.c.day, days.c.id]
    ):
        if period.project not in ("", codes[day.project_id]):
            continue
        came = parties[day.day]
        entries = period.tx.all(ReRotaEntry, table_of(ReRotaEntry).c.day_id == day.id)
        whole = [e.turns for e in entries if _whole_day(e, came)]
        waits = [(v.assigned_at - v.at).total_seconds() / 60 for v in came if v.assigned_at is not None]
        on = day.day.isoformat()
        rows += [
            count("spread", T("Spread of turns", zh="轮次差"), max(whole) - min(whole) if whole else 0, on),
            count("missed", T("Missed", zh="漏接"), sum(e.missed for e in entries), on),
            average("waiting", T("Waiting, minutes", zh="平均等候, 分钟"), waits, on),
            count("longest", T("Longest waiting, minutes", zh="最长等候, 分钟"), round(max(waits, default=0)), on),
        ]
    return rows


def _whole_day(entry: ReRotaEntry, parties: list[ReVisit]) -> bool:
    if not parties:
        return entry.status != "out"
    stayed = entry.out_at is None or entry.out_at >= parties[-1].at
    return entry.signed_in_at <= parties[0].at and stayed


def follow_up(period: Period) -> list[Row]:
    """follow-up tasks done by due time / due, by agent and grade."""
    table = table_of(TaskRow)
    found: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for task in period.of_project(period.tx.all(TaskRow, table.c.rule == "realestate:follow-up")):
        if period.holds(task.due_at) and task.state in ("done", "open"):
            done = task.state == "done" and task.done_at is not None and task.done_at <= task.due_at
            found[period.name(task.assignee_id), task.subject].append(done)
    words = T("Follow-ups in time, grade {grade}", zh="按时回访, {grade} 级")
    return [
        rate(f"grade-{grade or '-'}", words.of(grade=grade or "-"), sum(done), len(done), agent)
        for (agent, grade), done in sorted(found.items())
    ]


def agents(period: Period) -> list[Row]:
    """receptions, conversion, contract total, collection, complaints."""
    receptions: Counter[int | None] = Counter(v.agent_id for v in period.visits() if period.holds(v.at))
    deposits = Counter(order.owner_id for order in period.deposits())
    totals: Counter[int | None] = Counter()
    for order in period.sales():
        totals[order.owner_id] += period.deal(order).deal_total
    owners = {o.id: o.owner_id for flow in ("re-subscription", "re-contract") for o in period.orders(flow)}
    money: Counter[int | None] = Counter()
    for receipt in period.receipts():
        if period.holds(receipt.paid_on):
            money[owners.get(receipt.order_id)] += ledger.signed(receipt)
    against = Counter(o.data.get("agent_id") for o in period.orders("re-complaint") if period.holds(o.opened_at))
    people = {who for found in (receptions, deposits, totals, money, against) for who in found if who is not None}
    rows: list[Row] = []
    for who in sorted(people):
        name = period.name(who)
        rows += [
            count("receptions", T("Receptions", zh="接待"), receptions[who], name),
            rate("conversion", T("Deposits of receptions", zh="认购转化"), deposits[who], receptions[who], name),
            amount("contracts", T("Contracts, yuan", zh="合同额, 元"), totals[who], name),
            amount("collection", T("Collected, yuan", zh="回款, 元"), money[who], name),
            count("complaints", T("Complaints", zh="投诉"), against[who], name),
        ]
    return rows


def complaints(period: Period) -> list[Row]:
    """answered within {complaint_respond_hours} h / all; resolved in time; average score."""
    hours = period.setting("complaint_respond_hours")
    mine = [o for o in period.orders("re-complaint") if period.holds(o.opened_at)]
    answered = resolved = 0
    scores: list[float] = []
    for order in mine:
        first = next(iter(period.deeds(order, "take", "refer")), None)
        answered += first is not None and (first.at - order.opened_at).total_seconds() <= hours * 3600
        done = next(iter(period.deeds(order, "resolve", "property-answer")), None)
        if done is not None:
            days = period.setting(f"complaint_{'property' if done.action == 'property-answer' else 'resolve'}_days")
            resolved += (period.day(done.at) - period.day(order.opened_at)).days <= days
        scores += [float(deed.form["score"]) for deed in period.deeds(order, "satisfied")]
    return [
        rate("answered", T("Answered in time", zh="按时响应率"), answered, len(mine)),
        rate("resolved", T("Resolved in time", zh="按时处理率"), resolved, len(mine)),
        average("score", T("Average score", zh="平均满意度"), scores),
    ]


def stages(period: Period) -> list[Row]:
    """customers by pipeline stage and by fan stage, as they stand; of those first met by the last day."""
    table = table_of(ReLeadProfile)
    known = period.tx.all(ReLeadProfile, table.c.first_contact_on <= period.last)
    pipeline, fans = Counter(p.stage for p in known), Counter(p.fan_stage for p in known)
    return [
        *(count(key, STAGE_TITLES[key], pipeline[key], T("pipeline", zh="营销阶段")) for key in STAGES),
        *(count(key, FAN_TITLES[key], fans[key], T("fans", zh="粉丝阶段")) for key in FAN_STAGES),
    ]
