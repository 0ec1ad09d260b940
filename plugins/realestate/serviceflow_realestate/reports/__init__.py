"""Figures of a period, each with its formula. Source: realestate.md section 9."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from serviceflow.api import T

from serviceflow_realestate.reports import after_sale, collected, marketing, people, sales
from serviceflow_realestate.reports.period import Period, Row


@dataclass(frozen=True, slots=True)
class Report:
    """A report: what it is called, how its figures are computed, the function that computes them."""

    title: T
    formula: T
    make: Callable[[Period], list[Row]]


REPORTS: Mapping[str, Report] = {
    "sell-through": Report(
        T("Sell-through", zh="去化率"),
        T(
            "(subscribed + signed + delivered + titled) / units ever released; by count, area, list total",
            zh="(已认购 + 已签约 + 已交楼 + 已办证) / 曾推盘; 按套数、面积、货值",
        ),
        sales.sell_through,
    ),
    "inventory": Report(
        T("Inventory", zh="库存"),
        T("units and list total by state, building, layout", zh="按状态、楼栋、户型的套数与货值"),
        sales.inventory,
    ),
    "funnel": Report(
        T("Funnel", zh="漏斗"),
        T(
            "calls → first visits → subscriptions (deposit paid) → contracts; each / the one before; "
            "by agent and heard_from",
            zh="来电 → 首访 → 认购(已付定金) → 签约; 各占前一步; 按置业顾问与得知途径",
        ),
        sales.funnel,
    ),
    "call-to-visit": Report(
        T("Call to visit", zh="来电到访"),
        T(
            "customers with a call who first came within funnel_days after it / customers with a call",
            zh="来电后 funnel_days 天内首访的客户 / 来电客户",
        ),
        sales.call_to_visit,
    ),
    "on-time": Report(
        T("On-time signing", zh="按时签约"),
        T(
            "contracts signed by the first signing deadline / deposits whose deadline fell in the period",
            zh="首个签约期限内签约 / 签约期限落在期内的认购",
        ),
        sales.on_time,
    ),
    "changes": Report(
        T("Delays, changes, forfeits, refunds", zh="延期变更挞定退定"),
        T("orders of that kind done / deposits received", zh="办结的该类单 / 期内收定金的认购"),
        sales.changes,
    ),
    "discount": Report(
        T("Average discount", zh="平均优惠"),
        T("1 - sum of deal totals / sum of list totals, of contracts", zh="1 - 成交总价合计 / 原价合计(合同)"),
        sales.discount,
    ),
    "collection": Report(
        T("Collection rate", zh="回款率"),
        T(
            "price receipts / lines due in the period (loans included); all receipts / deal totals of contracts",
            zh="房款收款 / 期内到期应收(含贷款); 累计收款 / 合同成交总价",
        ),
        collected.collection,
    ),
    "ageing": Report(
        T("Overdue ageing", zh="逾期账龄"),
        T("open overdue amounts cut at the dunning thresholds, with damages", zh="逾期未付按催收档分段, 附违约金"),
        collected.ageing,
    ),
    "loan": Report(
        T("Loans", zh="按揭"),
        T(
            "average days from signing to approval and on to the money; refused / decided; papers missing / opened",
            zh="签订到批贷、批贷到放款的平均天数; 拒贷 / 已批复; 缺件 / 新开",
        ),
        collected.loan,
    ),
    "rota": Report(
        T("Rota fairness", zh="轮班公平"),
        T(
            "per day: most turns - fewest, of agents present the whole day; missed; minutes waited",
            zh="每日: 全天在岗者最多轮次 - 最少轮次; 漏接; 等候分钟",
        ),
        people.rota,
    ),
    "follow-up": Report(
        T("Follow-up discipline", zh="回访纪律"),
        T(
            "follow-up tasks done by due time / due, by agent and grade",
            zh="按时完成的回访 / 到期回访, 按置业顾问与级别",
        ),
        people.follow_up,
    ),
    "agents": Report(
        T("Agent table", zh="置业顾问"),
        T(
            "receptions, deposits / receptions, contract total, money collected, complaints",
            zh="接待、认购 / 接待、合同额、回款、投诉",
        ),
        people.agents,
    ),
    "handover": Report(
        T("Handover", zh="交楼"),
        T(
            "passed / inspected for the first time; average days of repairs; deemed / delivered",
            zh="一次通过 / 首次验收; 平均整改天数; 视为交付 / 交付",
        ),
        after_sale.handover,
    ),
    "title": Report(
        T("Title deeds", zh="办证"),
        T("deeds issued by their deadline / due", zh="期限内出证 / 到期应出"),
        after_sale.title,
    ),
    "complaints": Report(
        T("Complaints", zh="投诉"),
        T(
            "answered within complaint_respond_hours / all; resolved in time / all; average score",
            zh="complaint_respond_hours 小时内响应 / 全部; 按时处理 / 全部; 平均满意度",
        ),
        people.complaints,
    ),
    "nurture": Report(
        T("Nurture", zh="触点"),
        T(
            "per touch: sent; replied, visited within nurture_response_days / sent",
            zh="各触点: 触达; nurture_response_days 天内回复、到访 / 触达",
        ),
        marketing.nurture,
    ),
    "media": Report(
        T("Media", zh="新媒体"),
        T(
            "per channel and month: scale; answered / inbound; leads / fans, visits / leads; spend / lead, "
            "spend / contract; trust and its change",
            zh="各渠道各月: 规模; 答复 / 进线; 线索 / 粉丝、到访 / 线索; 花费 / 线索、花费 / 合同; 信任与变化",
        ),
        marketing.media,
    ),
    "campaigns": Report(
        T("Campaign evaluation", zh="营销评估"),
        T(
            "since it was opened: contracts / sales target; leads handed over; spend / budget",
            zh="自开始: 合同额 / 销售目标; 移交线索; 花费 / 预算",
        ),
        marketing.campaigns,
    ),
    "milestones": Report(
        T("Milestones", zh="节点"),
        T("items ready / all, as they stand; days late", zh="就绪事项 / 全部(现状); 逾期天数"),
        after_sale.milestones,
    ),
    "stages": Report(
        T("Pipeline and fan stages", zh="客户阶段"),
        T("customers by pipeline stage and by fan stage, as they stand", zh="按营销阶段、粉丝阶段的客户数(现状)"),
        people.stages,
    ),
    "cash": Report(
        T("Cash forecast", zh="现金预测"),
        T("open lines by month of due date, overdue ones in the current month", zh="未付款项按到期月; 逾期计入当月"),
        collected.cash,
    ),
}


def find_report(typed: str) -> str | None:
    """Return the key of a report by key or title, either in part; ``None`` when none or several are meant."""
    wanted = typed.strip().casefold().replace(" ", "-")
    if wanted in REPORTS:
        return wanted
    found = [
        key
        for key, report in REPORTS.items()
        if wanted
        and (
            wanted in report.title.en.casefold().replace(" ", "-")
            or wanted in report.title.zh
            or wanted.startswith(key)
        )
    ]
    return found[0] if len(found) == 1 else None


__all__ = ["REPORTS", "Period", "Report", "Row", "find_report"]
