"""The factory calendar as the shop keeps it: settings and the listed days. Source: manufacturing.md 1.1 F2."""

from __future__ import annotations

from serviceflow.api import Shop, Tx

from serviceflow_manufacturing.rules.workdays import FactoryCalendar
from serviceflow_manufacturing.tables import MfgCalendar


def factory_calendar(shop: Shop, tx: Tx) -> FactoryCalendar:
    """Return the factory calendar of a shop."""
    days = {row.day: (row.kind == "work", row.reason) for row in tx.all(MfgCalendar)}
    return FactoryCalendar(frozenset(n - 1 for n in shop.setting("mfg.calendar.weekdays")), days)
