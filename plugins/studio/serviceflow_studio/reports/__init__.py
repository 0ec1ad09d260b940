"""The studio's figures for a period, from the history of its orders. Source: studio.md section 9.

A figure with nothing to divide by is a dash. Events count by their date; medians are of the lower middle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from serviceflow_studio.reports import sale, work
from serviceflow_studio.reports.period import Figure, Period

__all__ = ["CHAPTERS", "Figure", "Period", "figures"]

CHAPTERS: tuple[Callable[[Period], Iterator[Figure]], ...] = (
    sale.closing,
    sale.following_up,
    sale.booking,
    sale.offering,
    sale.aged_deposits,
    sale.calendars,
    work.stations,
    work.viewing,
    work.sales,
    work.production,
    work.satisfaction,
    work.complaints,
    work.referrals,
    work.sources,
)


def figures(period: Period) -> list[Figure]:
    """Return all figures of a period, in the order of the specification."""
    return [figure for chapter in CHAPTERS for figure in chapter(period)]
