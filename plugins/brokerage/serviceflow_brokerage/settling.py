"""Statements of a month drafted by cron for every partner who has none. Source: brokerage.md section 4.7."""

from __future__ import annotations

from datetime import date
from typing import Final

from serviceflow.api import Customer, Notes, Refused, Shop, Tx, add_months, start_order

from serviceflow_brokerage.statements import partners_to_settle

SETTLEMENT: Final = "broker.partner-settlement"


def settle(shop: Shop, tx: Tx, day: date) -> None:
    """Draft the statements of the month before, on the day of the month the setting names."""
    if day.day == shop.setting("broker.settlement_day"):
        draft_month(shop, tx, add_months(day.replace(day=1), -1))


def draft_month(shop: Shop, tx: Tx, month: date) -> int:
    """Draft what is missing of a month that is over; returns how many statements were drafted."""
    trade, flow = shop.newest_flow(SETTLEMENT)
    start, notes, drafted = flow.starts()[0], Notes(), 0
    for partner in partners_to_settle(tx, month):
        owner = tx.need(Customer, partner).owner_id
        try:
            start_order(
                shop, tx, trade, flow, start, start.form.of({"month": month}), now=tx.now, notes=notes,
                customer_id=partner, owner_id=owner,
            )  # fmt: skip
        except Refused:  # another machine was faster
            continue
        drafted += 1
    return drafted
