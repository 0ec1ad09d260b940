"""What the trade keeps of its own."""

from __future__ import annotations

from typing import ClassVar

from serviceflow.api import Row, refers


class Pet(Row, table=True):
    """The animal of an order."""

    __tablename__: ClassVar[str] = "petcare_pet"
    order_id: int = refers("orders.id", primary=True)
    customer_id: int = refers("customer.id")
    name: str
