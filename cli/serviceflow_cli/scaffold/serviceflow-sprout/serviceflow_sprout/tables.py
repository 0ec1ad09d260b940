"""Rows of the trade's own. A column that points to a customer says what happens when that person is merged or erased.

After a change: python -m serviceflow.store.revise sprout "what changes"
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from serviceflow.api import Row, instant, money_column, personal, refers


class SproutVisit(Row, table=True):
    """What a visit is about; one row for each order."""

    __tablename__: ClassVar[str] = "sprout_visit"
    order_id: int = refers("orders.id", primary=True)
    customer_id: int = refers("customer.id")
    starts_at: datetime = instant()
    deposit: int = money_column(default=0)
    wish: str = personal(default="")


TABLES = (SproutVisit,)
