"""Nightly work: agents who have not handed in their registers, units whose plain hold is over.

Source: realestate.md sections 4.3 and 5.1.
"""

from __future__ import annotations

from datetime import date

from serviceflow.api import Job, Shop, Tx, table_of

from serviceflow_realestate import inventory, registers
from serviceflow_realestate.tables import ReClaim


def end_holds(shop: Shop, tx: Tx, day: date) -> None:
    """End every claim whose time is over; taking a unit does the same at once."""
    table = table_of(ReClaim)
    for held in tx.all(ReClaim, table.c.ended_at.is_(None), table.c.until_at <= tx.now):
        inventory.expire(shop, tx, held)


JOBS = (
    Job("re-registers-remind", registers.remind, "realestate.register_submit_time"),
    Job("re-registers-alert", registers.alert, "realestate.register_alert_time"),
    Job("re-holds", end_holds, "realestate.message_send_time"),
)
