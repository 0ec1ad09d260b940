"""Tables, dishes, what guests like, visits and what went wrong in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from serviceflow.api import Row, instant, json_field, money_column, personal, refers
from sqlmodel import Field


class CatTable(Row, table=True):
    """A table of the house."""

    __tablename__: ClassVar[str] = "cat_table"
    code: str = Field(primary_key=True)
    seats: int
    area: str = ""
    active: bool = True


class CatDish(Row, table=True):
    """A dish of the menu; ``heat`` runs from 0 to 3."""

    __tablename__: ClassVar[str] = "cat_dish"
    code: str = Field(primary_key=True)
    name_en: str
    name_zh: str
    price: int = money_column()
    tastes: list[str] = json_field(list)
    heat: int = 0
    allergens: list[str] = json_field(list)
    signature: bool = False
    sold_out: bool = False


class CatProfile(Row, table=True):
    """What a guest likes and must not eat."""

    __tablename__: ClassVar[str] = "cat_profile"
    customer_id: int = refers("customer.id", erase="delete", primary=True)
    likes: list[str] = json_field(list)
    dislikes: list[str] = json_field(list)
    tastes: list[str] = json_field(list)
    heat: int | None = None
    allergens: list[str] = json_field(list)
    seat_wish: str = personal(default="")


class CatVisit(Row, table=True):
    """What a visit is about. ``dishes``: code, qty, served_at (ISO) or nothing."""

    __tablename__: ClassVar[str] = "cat_visit"
    order_id: int = refers("orders.id", primary=True)
    customer_id: int = refers("customer.id")
    table_code: str | None = Field(default=None, foreign_key="cat_table.code")
    party: int
    starts_at: datetime = instant(index=True)
    seated_at: datetime | None = instant(null=True)
    dishes: list[dict[str, Any]] = json_field(list)
    bill: int = money_column(default=0)
    paid: int = money_column(default=0)
    comment: str = personal(default="")


class CatProblem(Row, table=True):
    """Something that went wrong at a table."""

    __tablename__: ClassVar[str] = "cat_problem"
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = refers("orders.id")
    kind: str
    dish: str | None = None
    at: datetime = instant()
    remedy: str
    cost: int = money_column(default=0)
    solved_at: datetime | None = instant(null=True)
    happy: bool | None = None


TABLES = (CatTable, CatDish, CatProfile, CatVisit, CatProblem)
