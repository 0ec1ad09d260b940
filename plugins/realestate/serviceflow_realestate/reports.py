"""Figures of a period, each with its formula. Source: realestate.md section 9."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from serviceflow.api import Anchor, Case, Order, OrderAction, Shop, Staff, T, TaskRow, Tx, table_of

from serviceflow_realestate import accounts, ledger
from serviceflow_realestate.inventory import STATES
from serviceflow_realestate.milestones import reached
from serviceflow_realestate.registers import bounds
from serviceflow_realestate.tables import (
    ReCall,
    ReChannel,
    ReDeal,
    ReDefect,
    ReMediaMetric,
    ReMilestoneItem,
    ReReceipt,
    ReRotaDay,
    ReRotaEntry,
    ReUnit,
    ReVisit,
)

Row = dict[str, Any]
SOLD = ("subscribed", "signed", "delivered", "titled")


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days, both belonging to it."""

    shop: Shop
    tx: Tx
    first: date
    last: date

    @property
    def instants(self) -> tuple[datetime, datetime]:
        return bounds(self.shop, self.first)[0], bounds(self.shop, self.last)[1]

    def holds(self, day: date | datetime | None) -> bool:
        """Return whether a day or an instant lies in the period."""
        if day is None:
            return False
        local = self.shop.local_day(day) if isinstance(day, datetime) else day
        return self.first <= local <= self.last

    def orders(self, flow: str) -> list[Order]:
        return self.tx.all(Order, table_of(Order).c.flow == flow)

    def deeds(self, flow: str, *actions: str) -> list[OrderAction]:
        """Return what was done in the period with orders of a flow, oldest first."""
        ids = {o.id for o in self.orders(flow)}
        first, last = self.instants
        table = table_of(OrderAction)
        found = self.tx.all(OrderAction, table.c.action.in_(actions), table.c.at >= first, table.c.at < last)
        return [deed for deed in found if deed.order_id in ids]

    def anchor(self, order_id: int | None, key: str) -> date | None:
        row = self.tx.get(Anchor, order_id, key)
        if row is None:
            return None
        return row.day if row.day is not None else self.shop.local_day(row.at) if row.at is not None else None

    def name(self, staff_id: int | None) -> str:
        staff = self.tx.get(Staff, staff_id) if staff_id is not None else None
        return staff.name if staff is not None else "-"


def rate(part: int, base: int) -> str:
    """Return a share as ``66.7 % (2/3)``; ``-`` without a base."""
    return f"{part / base * 100:.1f} % ({part}/{base})" if base else "-"


def line(key: str, title: T, value: Any) -> Row:
    """Return one figure."""
    return {"figure": key, "title": str(title), "value": str(value)}


def yuan(fen: int) -> str:
    return f"{fen / 100:,.2f}"


def sell_through(period: Period) -> list[Row]:
    """(subscribed + signed + delivered + titled) / units ever released; by count, area, list total."""
    units = [u for u in period.tx.all(ReUnit) if u.released_at is not None]
    sold = [u for u in units if u.state in SOLD]
    areas = sum(u.gross_area for u in sold), sum(u.gross_area for u in units)
    totals = sum(u.list_total for u in sold), sum(u.list_total for u in units)
    return [
        line("count", T("Units", zh="套数"), rate(len(sold), len(units))),
        line("area", T("Area, m2", zh="面积, 平米"), _share(*areas)),
        line("total", T("List total, yuan", zh="货值, 元"), _share(*totals)),
    ]


def _share(part: int, base: int) -> str:
    """Return a share of hundredths, such as fen or 1/100 m2, with both in whole units."""
    return f"{part / base * 100:.1f} % ({part / 100:,.2f}/{base / 100:,.2f})" if base else "-"


def inventory(period: Period) -> list[Row]:
    """Units and list total by state, building and layout."""
    found: dict[tuple[str, str, str], list[ReUnit]] = defaultdict(list)
    for unit in period.tx.all(ReUnit):
        found[unit.state, unit.building, unit.layout].append(unit)
    return [
        line(
            f"{state}/{building}/{layout or '-'}",
            T("{state} {building} {layout}", zh="{state} {building} {layout}").of(
                state=STATES[state], building=building, layout=layout
            ),
            f"{len(units)} · {yuan(sum(u.list_total for u in units))}",
        )
        for (state, building, layout), units in sorted(found.items())
    ]


def funnel(period: Period) -> list[Row]:
    """Calls → first visits → deposits → contracts; each rate is next / previous."""
    calls = {c.customer_id for c in period.tx.all(ReCall) if period.holds(c.at)}
    firsts = _first_visits(period)
    visits = {customer for customer, at in firsts.items() if period.holds(at)}
    deposits = period.deeds("re-subscription", "receive-deposit")
    contracts = period.deeds("re-contract", "sign")
    counts = [
        ("calls", T("Callers", zh="来电客户"), len(calls)),
        ("visits", T("First visits", zh="首访"), len(visits)),
        ("deposits", T("Deposits", zh="认购"), len(deposits)),
        ("contracts", T("Contracts", zh="签约"), len(contracts)),
    ]
    rows, before = [], 0
    for n, (key, title, count) in enumerate(counts):
        rows.append(line(key, title, f"{count} · {rate(count, before)}" if n else count))
        before = count
    return rows


def _first_visits(period: Period) -> dict[int, datetime]:
    firsts: dict[int, datetime] = {}
    for visit in period.tx.all(ReVisit):
        if visit.customer_id is not None and visit.void_reason is None:
            firsts[visit.customer_id] = min(firsts.get(visit.customer_id, visit.at), visit.at)
    return firsts


def call_to_visit(period: Period) -> list[Row]:
    """Customers with a call who have a first visit within the funnel's days after it / customers with a call."""
    days, firsts = int(period.shop.setting("realestate.funnel_days")), _first_visits(period)
    called: dict[int, datetime] = {}
    for call in period.tx.all(ReCall):
        if call.customer_id is not None and period.holds(call.at):
            called[call.customer_id] = min(called.get(call.customer_id, call.at), call.at)
    came = sum(
        customer in firsts and 0 <= (firsts[customer] - at).total_seconds() <= days * 86400
        for customer, at in called.items()
    )
    return [line("call-to-visit", T("Call to visit", zh="来电到访率"), rate(came, len(called)))]


def on_time(period: Period) -> list[Row]:
    """Contracts signed on or before the first deadline / deposits whose deadline fell in the period."""
    due = [o for o in period.orders("re-subscription") if period.holds(period.anchor(o.id, "first_deadline"))]
    signed = 0
    for order in due:
        for child in period.tx.all(
            Order, table_of(Order).c.parent_id == order.id, table_of(Order).c.flow == "re-contract"
        ):
            on, last = period.anchor(child.id, "signed_on"), period.anchor(order.id, "first_deadline")
            signed += on is not None and last is not None and on <= last
    return [line("on-time-signing", T("Signed in time", zh="按时签约率"), rate(signed, len(due)))]


def changes(period: Period) -> list[Row]:
    """Delays, changes, forfeits, refunds done in the period / deposits received in it."""
    base = len(period.deeds("re-subscription", "receive-deposit"))
    delays = len(period.deeds("re-delay", "execute"))
    rows = [line("delay", T("Delayed", zh="延期率"), rate(delays, base))]
    kinds: dict[str, int] = defaultdict(int)
    for deed in period.deeds("re-presign", "update-control"):
        kinds[str(period.tx.need(Order, deed.order_id).data.get("kind"))] += 1
    for kind, title in (
        ("room-change", T("Room changes", zh="换房率")),
        ("rename", T("Renames", zh="更名率")),
        ("forfeit", T("Forfeits", zh="挞定率")),
        ("refund", T("Refunds", zh="退定率")),
    ):
        rows.append(line(kind, title, rate(kinds[kind], base)))
    return rows


def discount(period: Period) -> list[Row]:
    """1 - sum of deal totals / sum of list totals of contracts signed in the period."""
    deals = [period.tx.need(ReDeal, deed.order_id) for deed in period.deeds("re-contract", "sign")]
    total = sum(d.list_total for d in deals)
    value = f"{(1 - sum(d.deal_total for d in deals) / total) * 100:.2f} %" if total else "-"
    return [line("average-discount", T("Average discount", zh="平均优惠"), value)]


def _contracts(period: Period) -> list[Case]:
    return accounts.contracts(period.shop, period.tx, live=False)


def collection(period: Period) -> list[Row]:
    """Price receipts in the period / lines due in it (loan lines included); and all receipts / deal totals."""
    receipts = period.tx.all(ReReceipt, table_of(ReReceipt).c.kind.in_(["deposit", "price"]))
    inside = sum(ledger.signed(r) for r in receipts if period.holds(r.paid_on))
    alive = [c for c in _contracts(period) if c.order.step not in ("superseded", "unsigned")]
    due = sum(x.amount for c in alive for x in ledger.lines(c) if x.state != "replaced" and period.holds(x.due))
    totals = sum(d.deal_total for c in alive if (d := c.tx.get(ReDeal, c.order_id)) is not None)
    ever = sum(ledger.signed(r) for r in receipts if r.paid_on <= period.last)
    return [
        line(
            "period",
            T("Collected of due", zh="本期回款率"),
            f"{yuan(inside)} / {yuan(due)}" + (f" = {inside / due * 100:.1f} %" if due else ""),
        ),
        line(
            "cumulative",
            T("Collected of contracts", zh="累计回款率"),
            f"{yuan(ever)} / {yuan(totals)}" + (f" = {ever / totals * 100:.1f} %" if totals else ""),
        ),
    ]


def ageing(period: Period) -> list[Row]:
    """Open overdue amounts cut at the dunning thresholds, with damages."""
    names = ("call", "written", "demand", "lawyer")
    cuts = [int(period.shop.setting(f"realestate.dunning_{name}_days")) for name in names]
    cuts.append(int(period.shop.setting("realestate.dunning_default_after_days")) + 1)
    amounts: dict[int, list[int]] = {cut: [0, 0] for cut in cuts}
    for case in accounts.contracts(period.shop, period.tx):
        for one in ledger.overdue(case, period.last):
            late = (period.last - one.due).days
            cut = max((c for c in cuts if c <= late), default=cuts[0])
            amounts[cut][0] += ledger.open_of(case, one)
            amounts[cut][1] += ledger.damages_of(case, one, period.last)
    rows = []
    for n, cut in enumerate(cuts):
        until = f"{cut}-{cuts[n + 1] - 1}" if n + 1 < len(cuts) else f"> {cut - 1}"
        rows.append(
            line(until, T("{n} days", zh="{n} 天").of(n=until), f"{yuan(amounts[cut][0])} · {yuan(amounts[cut][1])}")
        )
    return rows


def loan(period: Period) -> list[Row]:
    """Average days sign to approve and approve to disburse; refusals; papers missing."""
    spans: dict[str, list[int]] = {"approve": [], "disburse": []}
    refused = missing = count = 0
    for order in period.orders("re-mortgage"):
        deeds = {d.action: d.at for d in period.tx.all(OrderAction, table_of(OrderAction).c.order_id == order.id)}
        decided = next((deeds[a] for a in ("bank-approve", "bank-refuse", "bank-approve-less") if a in deeds), None)
        count += period.holds(order.opened_at)
        missing += period.holds(order.opened_at) and "note-missing" in deeds
        if decided is not None and period.holds(decided):
            refused += "bank-refuse" in deeds
            if "sign-mortgage" in deeds:
                spans["approve"].append((decided - deeds["sign-mortgage"]).days)
        if "disburse" in deeds and "bank-approve" in deeds and period.holds(deeds["disburse"]):
            spans["disburse"].append((deeds["disburse"] - deeds["bank-approve"]).days)
    return [
        line("sign-approve", T("Days to approval", zh="审批天数"), _average(spans["approve"])),
        line("approve-disburse", T("Days to money", zh="放款天数"), _average(spans["disburse"])),
        line("refusals", T("Refused", zh="拒贷率"), rate(refused, len(spans["approve"]) or refused)),
        line("missing", T("Papers missing", zh="缺件率"), rate(missing, count)),
    ]


def _average(values: Sequence[float]) -> str:
    return f"{sum(values) / len(values):.1f}" if values else "-"


def rota(period: Period) -> list[Row]:
    """Per day: spread of turns, turns missed, minutes visitors waited for an answer (average, most)."""
    rows = []
    table = table_of(ReRotaDay)
    for day in period.tx.all(
        ReRotaDay, table.c.day >= period.first, table.c.day <= period.last, order_by=[table.c.day]
    ):
        entries = period.tx.all(ReRotaEntry, table_of(ReRotaEntry).c.day_id == day.id)
        present = [e.turns for e in entries if e.status != "out"]
        spread = max(present) - min(present) if present else 0
        waits = [
            (v.assigned_at - v.at).total_seconds() / 60
            for v in period.tx.all(ReVisit)
            if v.assigned_at is not None and period.shop.local_day(v.at) == day.day
        ]
        rows.append(
            line(
                day.day.isoformat(),
                T("Spread, missed, waiting", zh="轮次差、漏接、等候"),
                f"{spread} · {sum(e.missed for e in entries)} · {_average(waits)} / {max(waits, default=0):.0f}",
            )
        )
    return rows


def follow_up(period: Period) -> list[Row]:
    """Follow-up tasks done by their due time / due, by agent."""
    table = table_of(TaskRow)
    found: dict[int | None, list[bool]] = defaultdict(list)
    for task in period.tx.all(TaskRow, table.c.rule == "realestate:follow-up"):
        if period.holds(task.due_at) and task.state in ("done", "open"):
            found[task.assignee_id].append(
                task.state == "done" and task.done_at is not None and task.done_at <= task.due_at
            )
    return [
        line(period.name(who), T("Follow-ups in time", zh="按时回访"), rate(sum(done), len(done)))
        for who, done in sorted(found.items(), key=lambda x: str(x[0]))
    ]


def agents(period: Period) -> list[Row]:
    """Receptions, deposits of them, contract total, money received, complaints, by agent."""
    rows = []
    orders = {o.id: o for o in period.tx.all(Order)}
    people = sorted({o.owner_id for o in orders.values() if o.flow in ("re-lead", "re-subscription") and o.owner_id})
    deposits, signed = period.deeds("re-subscription", "receive-deposit"), period.deeds("re-contract", "sign")
    visits = [v for v in period.tx.all(ReVisit) if period.holds(v.at) and v.void_reason is None]
    for who in people:
        mine = sum(v.agent_id == who for v in visits)
        sold = sum(orders[d.order_id].owner_id == who for d in deposits)
        total = sum(period.tx.need(ReDeal, d.order_id).deal_total for d in signed if orders[d.order_id].owner_id == who)
        money = sum(
            ledger.signed(r)
            for r in period.tx.all(ReReceipt)
            if period.holds(r.paid_on) and r.kind in ledger.PRICE and orders[r.order_id].owner_id == who
        )
        complaints = sum(
            o.data.get("agent_id") == who
            for o in orders.values()
            if o.flow == "re-complaint" and period.holds(o.opened_at)
        )
        rows.append(
            line(
                period.name(who),
                T("Receptions, conversion, contracts, money, complaints", zh="接待、转化、合同额、回款、投诉"),
                f"{mine} · {rate(sold, mine)} · {yuan(total)} · {yuan(money)} · {complaints}",
            )
        )
    return rows


def handover(period: Period) -> list[Row]:
    """First inspections passed; average days of repairs; share deemed delivered."""
    passed = repaired = deemed = done = 0
    spans: list[float] = []
    for order in period.orders("re-handover"):
        deeds = period.tx.all(
            OrderAction, table_of(OrderAction).c.order_id == order.id, order_by=[table_of(OrderAction).c.id]
        )
        names = [d.action for d in deeds]
        if period.holds(order.closed_at):
            deemed += order.step == "deemed"
            done += order.step in ("done", "deemed")
        inspected = [a for a in names if a in ("accept", "defects")]
        if inspected and period.holds(next(d.at for d in deeds if d.action == inspected[0])):
            repaired += 1
            passed += inspected[0] == "accept"
        found = [d.at for d in deeds if d.action == "defects"]
        again = [d.at for d in deeds if d.action == "reinspect"]
        spans += [(b - a).total_seconds() / 86400 for a, b in zip(found, again, strict=False)]
    defects = len(period.tx.all(ReDefect))
    return [
        line("first-pass", T("Passed at the first inspection", zh="一次验收通过率"), rate(passed, repaired)),
        line("repair-days", T("Days of repairs", zh="整改天数"), _average(spans)),
        line("deemed", T("Deemed delivered", zh="视为交付占比"), rate(deemed, done)),
        line("defects", T("Defects", zh="问题数"), defects),
    ]


def title(period: Period) -> list[Row]:
    """Deeds issued by their deadline / due in the period."""
    due = [o for o in period.orders("re-title") if period.holds(period.anchor(o.id, "title_deadline"))]
    good = 0
    for order in due:
        on, last = period.anchor(order.id, "issued_on"), period.anchor(order.id, "title_deadline")
        good += on is not None and last is not None and on <= last
    return [line("title-in-time", T("Deeds in time", zh="按时办证率"), rate(good, len(due)))]


def complaints(period: Period) -> list[Row]:
    """Answered within the hours / all; resolved in time; average score."""
    hours = int(period.shop.setting("realestate.complaint_respond_hours"))
    answered = 0
    scores: list[float] = []
    mine = [o for o in period.orders("re-complaint") if period.holds(o.opened_at)]
    for order in mine:
        deeds = period.tx.all(OrderAction, table_of(OrderAction).c.order_id == order.id)
        first = next((d.at for d in deeds if d.action in ("take", "refer")), None)
        answered += first is not None and (first - order.opened_at).total_seconds() <= hours * 3600
        scores += [float(d.form["score"]) for d in deeds if d.action == "satisfied"]
    return [
        line("answered", T("Answered in time", zh="按时响应率"), rate(answered, len(mine))),
        line("score", T("Average score", zh="平均满意度"), _average(scores)),
    ]


def media(period: Period) -> list[Row]:
    """Per channel and month: scale, service, quality, efficiency, trust."""
    names = {c.id: c.name for c in period.tx.all(ReChannel)}
    rows = []
    for metric in period.tx.all(ReMediaMetric, order_by=[table_of(ReMediaMetric).c.month]):
        if f"{period.first:%Y-%m}" <= metric.month <= f"{period.last:%Y-%m}":
            efficiency = yuan(metric.spend // metric.leads) if metric.leads else "-"
            service, quality = rate(metric.answered, metric.inbound), rate(metric.leads, metric.scale)
            rows.append(
                line(
                    f"{metric.month} {names[metric.channel_id]}",
                    T("Scale, service, quality, efficiency, trust", zh="规模、服务、质量、效率、信任"),
                    f"{metric.scale} · {service} · {quality} · {efficiency} · {metric.trust}",
                )
            )
    return rows


def milestones(period: Period) -> list[Row]:
    """Items ready / all, by milestone of each project."""
    found: dict[str, list[bool]] = defaultdict(list)
    for item in period.tx.all(ReMilestoneItem):
        found[item.milestone].append(item.waived_by is not None or reached(item.level, item.required))
    return [line(key, T("Ready", zh="就绪"), rate(sum(done), len(done))) for key, done in sorted(found.items())]


def nurture(period: Period) -> list[Row]:
    """Per touch: entered, replied and visited within the response time."""
    window = timedelta(days=int(period.shop.setting("realestate.nurture_response_days")))
    table = table_of(OrderAction)
    found: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for order in period.orders("re-nurture"):
        deeds = period.tx.all(OrderAction, table.c.order_id == order.id)
        visits = period.tx.all(ReVisit, table_of(ReVisit).c.customer_id == order.customer_id)
        for deed in deeds:
            if deed.to_step.startswith("touch-") and deed.from_step != deed.to_step and period.holds(deed.at):
                replied = any(d.action == "reply" and deed.at <= d.at <= deed.at + window for d in deeds)
                came = any(deed.at <= v.at <= deed.at + window for v in visits)
                found[deed.to_step].append((replied, came))
    return [
        line(
            step,
            T("Sent, replied, visited", zh="触达、回复、到访"),
            f"{len(one)} · {rate(sum(a for a, _ in one), len(one))} · {rate(sum(b for _, b in one), len(one))}",
        )
        for step, one in sorted(found.items())
    ]


def cash(period: Period) -> list[Row]:
    """Open lines by month of their due date; overdue ones count in the month of the last day."""
    months: dict[str, int] = defaultdict(int)
    for case in accounts.contracts(period.shop, period.tx):
        for one in ledger.lines(case):
            owed = ledger.open_of(case, one)
            if owed > 0 and one.state == "open":
                months[f"{max(one.due, period.last):%Y-%m}"] += owed
    return [line(month, T("To come in", zh="预计回款"), yuan(amount)) for month, amount in sorted(months.items())]


REPORTS: Mapping[str, tuple[T, Callable[[Period], list[Row]]]] = {
    "sell-through": (T("Sell-through", zh="去化率"), sell_through),
    "inventory": (T("Inventory", zh="库存"), inventory),
    "funnel": (T("Funnel", zh="漏斗"), funnel),
    "call-to-visit": (T("Call to visit", zh="来电到访"), call_to_visit),
    "on-time": (T("On-time signing", zh="按时签约"), on_time),
    "changes": (T("Delays, changes, forfeits, refunds", zh="延期变更挞定退定"), changes),
    "discount": (T("Average discount", zh="平均优惠"), discount),
    "collection": (T("Collection", zh="回款"), collection),
    "ageing": (T("Overdue ageing", zh="逾期账龄"), ageing),
    "loan": (T("Loans", zh="按揭"), loan),
    "rota": (T("Rota fairness", zh="轮班公平"), rota),
    "follow-up": (T("Follow-up discipline", zh="回访纪律"), follow_up),
    "agents": (T("Agents", zh="置业顾问"), agents),
    "handover": (T("Handover", zh="交楼"), handover),
    "title": (T("Title deeds", zh="办证"), title),
    "complaints": (T("Complaints", zh="投诉"), complaints),
    "nurture": (T("Nurture", zh="触点"), nurture),
    "media": (T("Media", zh="新媒体"), media),
    "milestones": (T("Milestones", zh="节点"), milestones),
    "cash": (T("Cash forecast", zh="现金预测"), cash),
}
