"""Stock, funnel, signing in time, changes, discounts. Source: realestate.md section 9."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta

from serviceflow.api import T, table_of

from serviceflow_realestate.inventory import STATES
from serviceflow_realestate.reports.period import Period, Row, count, line, rate, share
from serviceflow_realestate.tables import ReCall, ReProject, ReUnit, ReUnitLog

SOLD = ("subscribed", "signed", "delivered", "titled")
STAGES = {
    "calls": T("Calls", zh="来电"),
    "visits": T("First visits", zh="首访"),
    "subscriptions": T("Subscriptions", zh="认购"),
    "contracts": T("Contracts", zh="签约"),
}


def _stock(period: Period) -> list[tuple[ReUnit, ReUnitLog, bool]]:
    """Return each unit as it stood at the end of the last day, and whether it had ever been released."""
    table = table_of(ReUnitLog)
    logs: dict[int, list[ReUnitLog]] = defaultdict(list)
    for log in period.tx.all(ReUnitLog, table.c.at < period.end, order_by=[table.c.at, table.c.id]):
        logs[log.unit_id].append(log)
    codes = {p.id: p.code for p in period.tx.all(ReProject)}
    return [
        (unit, logs[unit.id][-1], any(log.state != "unreleased" for log in logs[unit.id]))
        for unit in period.tx.all(ReUnit, order_by=[table_of(ReUnit).c.id])
        if unit.id is not None and logs[unit.id] and period.project in ("", codes[unit.project_id])
    ]


def sell_through(period: Period) -> list[Row]:
    """(subscribed + signed + delivered + titled) / units ever released; by count, area, list total."""
    released = [(unit, log) for unit, log, ever in _stock(period) if ever]
    sold = [(unit, log) for unit, log in released if log.state in SOLD]
    return [
        rate("count", T("Units", zh="套数"), len(sold), len(released)),
        share("area", T("Area, m2", zh="面积, 平米"), sum(u.gross_area for u, _ in sold),
              sum(u.gross_area for u, _ in released)),
        share("total", T("List total, yuan", zh="货值, 元"), sum(log.list_total for _, log in sold),
              sum(log.list_total for _, log in released)),
    ]  # fmt: skip


def inventory(period: Period) -> list[Row]:
    """Units and list total by state, building, layout."""
    found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for unit, log, _ in _stock(period):
        found[log.state, unit.building, unit.layout or "-"].append(log.list_total)
    order = list(STATES)
    return [
        line(
            f"{state}/{building}/{layout}",
            T("{building} {layout}", zh="{building} 栋 {layout}").of(building=building, layout=layout),
            f"{len(totals)} · {sum(totals) / 100:,.2f}",
            STATES[state],
            part=len(totals),
            base=sum(totals),
        )
        for (state, building, layout), totals in sorted(found.items(), key=lambda x: (order.index(x[0][0]), x[0][1:]))
    ]


def funnel(period: Period) -> list[Row]:
    """calls → first visits → subscriptions (deposit paid) → contracts; each rate = next / previous; also by agent and
    by heard_from."""
    table = table_of(ReCall)
    first, last = period.instants
    calls = period.of_project(period.tx.all(ReCall, table.c.at >= first, table.c.at < last))
    visits = [v for v in period.first_visits().values() if period.holds(v.at)]
    events = {
        "calls": [(c.agent_id, c.heard_from or period.heard_from(c.customer_id)) for c in calls],
        "visits": [(v.agent_id, period.heard_from(v.customer_id)) for v in visits],
        "subscriptions": [(o.owner_id, period.heard_from(o.customer_id)) for o in period.deposits()],
        "contracts": [(o.owner_id, period.heard_from(o.customer_id)) for o in period.sales()],
    }
    rows = _steps({stage: len(found) for stage, found in events.items()}, T("all", zh="合计"))
    agents = sorted({agent for found in events.values() for agent, _ in found if agent is not None})
    for agent in agents:
        counts = {stage: sum(one == agent for one, _ in found) for stage, found in events.items()}
        rows += _steps(counts, period.name(agent))
    for heard in sorted({heard for found in events.values() for _, heard in found}):
        counts = {stage: sum(one == heard for _, one in found) for stage, found in events.items()}
        rows += _steps(counts, heard)
    return rows


def _steps(counts: dict[str, int], group: object) -> list[Row]:
    rows: list[Row] = []
    before: int | None = None
    for stage, number in counts.items():
        of = f" · {number / before * 100:.1f} %" if before else ""
        rows.append(line(stage, STAGES[stage], f"{number}{of}", group, part=number, base=before))
        before = number
    return rows


def call_to_visit(period: Period) -> list[Row]:
    """customers with a call in the period who have a first visit within {funnel_days} days after it / customers with
    a call."""
    days, visits = timedelta(days=period.setting("funnel_days")), period.first_visits()
    called, came = set(), set()
    for call in period.of_project(period.tx.all(ReCall, order_by=[table_of(ReCall).c.at])):
        if call.customer_id is None or not period.holds(call.at):
            continue
        called.add(call.customer_id)
        visit = visits.get(call.customer_id)
        if visit is not None and visit.at >= call.at and period.day(visit.at) <= period.day(call.at) + days:
            came.add(call.customer_id)
    return [rate("call-to-visit", T("Call to visit", zh="来电到访率"), len(came), len(called))]


def on_time(period: Period) -> list[Row]:
    """contracts signed on or before the first signing_deadline / deposits whose signing_deadline fell in the period."""
    due = signed = 0
    for order in period.orders("re-subscription"):
        last = period.anchor(order, "first_deadline")
        if not period.holds(last) or last is None:
            continue
        due += 1
        days = [period.anchor(c, "signed_on") for c in period.orders("re-contract") if c.parent_id == order.id]
        signed += any(day is not None and day <= last for day in days)
    return [rate("on-time-signing", T("Signed in time", zh="按时签约率"), signed, due)]


CHANGES = {
    "room-change": T("Room changes", zh="换房"),
    "rename": T("Renames", zh="更名"),
    "payment-change": T("Payment changes", zh="变更付款方式"),
}


def changes(period: Period) -> list[Row]:
    """orders of that kind done / deposits received in the period: delays, changes, forfeits, refunds."""
    base = len(period.deposits())
    kinds: Counter[str] = Counter()
    for flow in ("re-presign", "re-postsign"):
        for order in period.orders(flow):
            if order.step == "done" and period.holds(order.closed_at):
                kinds[str(order.data.get("kind"))] += 1
    delays = sum(o.step == "done" and period.holds(o.closed_at) for o in period.orders("re-delay"))
    every = sum(kinds[kind] for kind in CHANGES)
    return [
        rate("delay", T("Delays", zh="延期率"), delays, base),
        rate("change", T("Changes", zh="变更率"), every, base),
        *(rate(kind, title, kinds[kind], base, T("changes", zh="变更")) for kind, title in CHANGES.items()),
        rate("forfeit", T("Forfeits", zh="挞定率"), kinds["forfeit"], base),
        rate("refund", T("Refunds", zh="退定率"), kinds["refund"], base),
        rate("return", T("Returns after signing", zh="退房率"), kinds["return"], base),
    ]


def discount(period: Period) -> list[Row]:
    """1 - Σ deal_total / Σ list_total of contracts signed in the period and in force at its end."""
    deals = [period.deal(o) for o in period.in_force() if period.holds(period.anchor(o, "signed_on"))]
    total, agreed = sum(d.list_total for d in deals), sum(d.deal_total for d in deals)
    value = f"{(1 - agreed / total) * 100:.2f} %" if total else "-"
    return [
        line("average-discount", T("Average discount", zh="平均优惠"), value, part=total - agreed, base=total),
        count("contracts", STAGES["contracts"], len(deals)),
    ]
