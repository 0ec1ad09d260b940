"""Figures of a period, each with its formula. Source: realestate.md section 9."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from serviceflow.api import T

from serviceflow_realestate.reports import after_sale, collected, marketing, people, sales
from serviceflow_realestate.reports.period import Period, Row

Report = Callable[[Period], list[Row]]
REPORTS: Mapping[str, tuple[T, Report]] = {
    "sell-through": (T("Sell-through", zh="去化率"), sales.sell_through),
    "inventory": (T("Inventory", zh="库存"), sales.inventory),
    "funnel": (T("Funnel", zh="漏斗"), sales.funnel),
    "call-to-visit": (T("Call to visit", zh="来电到访"), sales.call_to_visit),
    "on-time": (T("On-time signing", zh="按时签约"), sales.on_time),
    "changes": (T("Delays, changes, forfeits, refunds", zh="延期变更挞定退定"), sales.changes),
    "discount": (T("Average discount", zh="平均优惠"), sales.discount),
    "collection": (T("Collection rate", zh="回款率"), collected.collection),
    "ageing": (T("Overdue ageing", zh="逾期账龄"), collected.ageing),
    "loan": (T("Loans", zh="按揭"), collected.loan),
    "rota": (T("Rota fairness", zh="轮班公平"), people.rota),
    "follow-up": (T("Follow-up discipline", zh="回访纪律"), people.follow_up),
    "agents": (T("Agent table", zh="置业顾问"), people.agents),
    "handover": (T("Handover", zh="交楼"), after_sale.handover),
    "title": (T("Title deeds", zh="办证"), after_sale.title),
    "complaints": (T("Complaints", zh="投诉"), people.complaints),
    "nurture": (T("Nurture", zh="触点"), marketing.nurture),
    "media": (T("Media", zh="新媒体"), marketing.media),
    "campaigns": (T("Campaign evaluation", zh="营销评估"), marketing.campaigns),
    "milestones": (T("Milestones", zh="节点"), after_sale.milestones),
    "stages": (T("Pipeline and fan stages", zh="客户阶段"), people.stages),
    "cash": (T("Cash forecast", zh="现金预测"), collected.cash),
}


def find_report(typed: str) -> str | None:
    """Return the key of a report by key or title, either in part; ``None`` when none or several are meant."""
    wanted = typed.strip().casefold().replace(" ", "-")
    if wanted in REPORTS:
        return wanted
    found = [
        key
        for key, (title, _) in REPORTS.items()
        if wanted and (wanted in title.en.casefold().replace(" ", "-") or wanted in title.zh or wanted.startswith(key))
    ]
    return found[0] if len(found) == 1 else None


def formula_of(key: str) -> str:
    """Return how a report is computed, in one line."""
    return " ".join((REPORTS[key][1].__doc__ or "").split())


__all__ = ["REPORTS", "Period", "Report", "Row", "find_report", "formula_of"]
