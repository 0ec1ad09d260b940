"""Money that comes in, is late, is to come; loans. Source: realestate.md section 9."""

from __future__ import annotations

from collections import defaultdict

from serviceflow.api import T

from serviceflow_realestate import ledger, lineage
from serviceflow_realestate.reports.period import Period, Row, amount, average, day_of, line, rate, share

CUTS = ("call", "written", "demand", "lawyer")


def collection(period: Period) -> list[Row]:
    """price receipts in the period / lines due in the period (loan lines included); and cumulative receipts /
    Σ deal_total of the contracts in force."""
    receipts, contracts = period.receipts(), period.in_force()
    inside = sum(ledger.signed(r) for r in receipts if period.holds(r.paid_on))
    due = sum(x.amount for order in contracts for x in period.lines(order) if period.holds(x.due))
    purchases = {lineage.purchase(period.case(order)).order_id for order in contracts}
    ever = sum(ledger.signed(r) for r in receipts if r.purchase_id in purchases)
    totals = sum(period.deal(order).deal_total for order in contracts)
    return [
        share("period", T("Collected of what fell due, yuan", zh="本期回款率, 元"), inside, due),
        share("cumulative", T("Collected of the contracts, yuan", zh="累计回款率, 元"), ever, totals),
    ]


def ageing(period: Period) -> list[Row]:
    """open overdue amounts cut at the dunning thresholds, with damages."""
    cuts = [period.setting(f"dunning_{name}_days") for name in CUTS]
    cuts.append(period.setting("dunning_default_after_days") + 1)
    owed, damages = dict.fromkeys(cuts, 0), dict.fromkeys(cuts, 0)
    for order in period.in_force():
        case = period.case(order)
        for one in period.lines(order):
            late, owing = (period.last - one.due).days, period.open(case, one)
            if late > 0 and owing and one.kind in ledger.CUSTOMER_KINDS:
                cut = max((c for c in cuts if c <= late), default=cuts[0])
                owed[cut] += owing
                damages[cut] += ledger.damages_of(case, one, period.last)
    rows = []
    for n, cut in enumerate(cuts):
        until = f"{cut}-{cuts[n + 1] - 1}" if n + 1 < len(cuts) else f"> {cut - 1}"
        days = T("{n} days", zh="{n} 天").of(n=until)
        rows.append(amount("open", T("Open, yuan", zh="逾期未付, 元"), owed[cut], days))
        rows.append(amount("damages", T("Damages, yuan", zh="违约金, 元"), damages[cut], days))
    return rows


def loan(period: Period) -> list[Row]:
    """average days sign → approve, approve → disburse; refusal rate; papers missing rate."""
    approved: list[int] = []
    paid: list[int] = []
    refused = decided = missing = opened = 0
    for order in period.orders("re-mortgage"):
        deeds = {deed.action: deed for deed in reversed(period.deeds(order))}
        signed, disbursed = deeds.get("sign-mortgage"), deeds.get("disburse")
        verdict = next((deeds[a] for a in ("bank-approve", "bank-approve-less", "bank-refuse") if a in deeds), None)
        good = next((deeds[a] for a in ("bank-approve", "bank-approve-less") if a in deeds), None)
        if period.holds(order.opened_at):
            opened += 1
            missing += any(deed.to_step == "missing" for deed in deeds.values())
        if verdict is not None and period.holds(day_of(period, verdict, "decided_on")):
            decided += 1
            refused += verdict.action == "bank-refuse"
            if verdict is good and signed is not None:
                since = day_of(period, signed, "signed_on")
                approved.append((day_of(period, verdict, "decided_on") - since).days)
        if good is not None and disbursed is not None and period.holds(day_of(period, disbursed, "paid_on")):
            since = day_of(period, good, "decided_on")
            paid.append((day_of(period, disbursed, "paid_on") - since).days)
    return [
        average("sign-approve", T("Days from signing to approval", zh="签订到批贷天数"), approved),
        average("approve-disburse", T("Days from approval to money", zh="批贷到放款天数"), paid),
        rate("refusals", T("Refused", zh="拒贷率"), refused, decided),
        rate("missing", T("Papers missing", zh="缺件率"), missing, opened),
    ]


def cash(period: Period) -> list[Row]:
    """open lines by month of due date, overdue shown as current month."""
    months: dict[str, int] = defaultdict(int)
    for order in period.in_force():
        case = period.case(order)
        for one in period.lines(order):
            months[f"{max(one.due, period.last):%Y-%m}"] += period.open(case, one)
    title = T("To come in, yuan", zh="预计回款, 元")
    rows = [amount("open", title, fen, month) for month, fen in sorted(months.items()) if fen]
    if rows:
        total = sum(months.values())
        rows.append(line("total", title, f"{total / 100:,.2f}", T("all", zh="合计"), part=total))
    return rows
