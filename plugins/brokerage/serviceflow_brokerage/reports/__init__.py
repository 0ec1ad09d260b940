"""Reports and key figures of the branch by name. Source: brokerage.md section 9."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from serviceflow.api import T

from serviceflow_brokerage.reports import business, clients, work
from serviceflow_brokerage.reports.sheet import Period, Sheet

REPORTS: Final[Mapping[str, Callable[[Period], Sheet]]] = {
    "segments": clients.segments,
    "values": clients.values,
    "migration": clients.migration,
    "watch": work.watch,
    "churn": clients.churn,
    "retention": work.retention,
    "service": work.service,
    "callback": work.callback,
    "suitability": business.suitability,
    "selfcheck": business.selfcheck,
    "profit": clients.profit,
    "satisfaction": work.satisfaction,
    "commission": business.commission,
    "opening": business.opening,
    "partner": business.partner,
    "campaign": business.campaign,
    "research": business.research,
    "channel": clients.channel,
}
"""A report reads a period and answers with a sheet; it writes nothing."""
TITLES: Final[Mapping[str, T]] = {
    "segments": T("Clients, assets and commission by segment or dimension", zh="各细分(或维度)客户、资产与佣金"),
    "values": T("How value scores are spread", zh="价值分分布"),
    "migration": T("Who moved from which segment to which", zh="细分迁移矩阵"),
    "watch": T("Alerts and what they came to", zh="预警及处理结果"),
    "churn": T("Clients closed, clients dormant", zh="流失与休眠"),
    "retention": T("Clients kept, by trigger and reason", zh="挽留结果"),
    "service": T("Service calls in time, clients of owners, needs met", zh="服务联系按时率、负责客户、需要满足"),
    "callback": T("Callbacks of new clients and of the year", zh="新客户与年度回访"),
    "suitability": T("Checks, letters, mismatches executed", zh="适当性检查、警示书与办理"),
    "selfcheck": T("Suitability of the half-year; --print", zh="半年适当性自查; 可 --print"),
    "profit": T("Net commission less what contacts cost", zh="净佣金减联系成本"),
    "satisfaction": T("What clients said of us", zh="客户满意度"),
    "commission": T("Commission, mean rate, special rates", zh="佣金、平均费率、优惠让利"),
    "opening": T("Leads, reached, opened, in how many days", zh="开户漏斗"),
    "partner": T("What each partner brings and is owed", zh="渠道产出与应付"),
    "campaign": T("Measures of campaigns by channel", zh="活动指标"),
    "research": T("Subscriptions, deliveries, answers in time", zh="订阅、推送与答复"),
    "channel": T("Channels by class of region", zh="渠道与地区"),
}
"""What each report shows."""
