"""Reports and key figures of the branch by name. Source: brokerage.md section 9."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

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
