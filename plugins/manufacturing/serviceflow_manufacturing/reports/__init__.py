"""The factory's figures for any past period, from the history. Source: manufacturing.md section 9."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from serviceflow_manufacturing.reports import money, orders, service
from serviceflow_manufacturing.reports.period import Figure, Period

CHAPTERS: tuple[Callable[[Period], Iterator[Figure]], ...] = (
    orders.review_rate,
    orders.fulfilment,
    orders.conversion,
    orders.review_times,
    orders.first_pass,
    service.quotations,
    service.samples_on_time,
    service.acknowledgements,
    service.late_notices,
    service.entry_accuracy,
    money.ageing,
    money.targets,
    service.satisfaction,
)

__all__ = ["CHAPTERS", "Figure", "Period", "figures"]


def figures(period: Period) -> list[Figure]:
    """Return all figures of a period, in the order of the specification."""
    return [figure for chapter in CHAPTERS for figure in chapter(period)]
