"""What a studio keeps besides orders. Money in fen, codes as typed on paper. Source: studio.md section 3.

Moments of a case (when it was booked, left, signed, collected) are anchors of its order and its outcome is the
order's: the view `studio_case_facts` shows them beside these rows.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from serviceflow.api import Row, instant, json_field, money_column, personal, refers
from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field


def _order(*, primary: bool = False) -> Any:
    return refers("orders.id", primary=primary)


class StudioPerson(Row, table=True):
    """One of the 1 to 6 people of a customer; at most one bride and one groom."""

    __tablename__ = "studio_person"
    __table_args__ = (
        Index(
            "ix_studio_person_couple",
            "customer_id",
            "address_as",
            unique=True,
            sqlite_where=text("address_as <> 'guest'"),
            postgresql_where=text("address_as <> 'guest'"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = refers("customer.id", erase="delete")
    name: str = personal(mask="name")
    address_as: str
    seat: str | None = None
    phone: str | None = personal(mask="phone", null=True)
    birthday: date | None = personal(null=True)


class StudioProfile(Row, table=True):
    """What the studio knows of a customer."""

    __tablename__ = "studio_profile"
    customer_id: int = refers("customer.id", merge="keep", erase="delete", primary=True)
    wedding_date: date | None = personal(null=True)
    heard_from: str = ""
    vip: bool = False
    skin_allergy: str = personal(default="")
    first_consultant_id: int | None = refers("staff.id", null=True, index=False)


class StudioPackage(Row, table=True):
    """A package (套系). ``outfits`` are {type, place} in order; ``pieces`` {kind, size, qty, bulky}."""

    __tablename__ = "studio_package"
    code: str = Field(primary_key=True)
    name_en: str
    name_zh: str
    category: str
    list_price: int = money_column()
    outfits: list[dict[str, Any]] = json_field(list)
    included_photos: int
    pieces: list[dict[str, Any]] = json_field(list)
    bridal_makeup: bool = False
    dress_loan: bool = False
    signature: bool = False
    active: bool = True


class StudioPrice(Row, table=True):
    """A line of the price list for everything beyond the package (后期价格表)."""

    __tablename__ = "studio_price"
    code: str = Field(primary_key=True)
    name_en: str
    name_zh: str
    kind: str
    unit_price: int = money_column()
    production_days: int = 0
    bulky: bool = False
    active: bool = True


class StudioCase(Row, table=True):
    """What belongs to a `studio-case` order alone."""

    __tablename__ = "studio_case"
    order_id: int = _order(primary=True)
    category: str | None = None
    package: str | None = None
    contract_price: int | None = money_column(null=True)
    budget: int | None = money_column(null=True)
    plan_no: str | None = None
    estimate_no: str | None = None
    invoice_no: str | None = None
    card_no: str | None = None
    first_shown: str | None = None
    pack_given_at: datetime | None = instant(null=True)
    want: str = ""
    inquiry_no: str | None = None
    objection: str | None = None


class StudioLine(Row, table=True):
    """Something a case owes for, or is let off, beside the contract price; ``amount`` is signed fen."""

    __tablename__ = "studio_line"
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    code: str
    text_en: str
    text_zh: str
    origin: str
    qty: int = 1
    unit_price: int = money_column()
    amount: int = money_column()
    percent_part: int | None = money_column(null=True)
    percent_base: int | None = money_column(null=True)


class StudioPayment(Row, table=True):
    """Money that changed hands; ``amount`` is positive, ``kind`` says which way."""

    __tablename__ = "studio_payment"
    __table_args__ = (CheckConstraint("amount > 0", name="positive"),)
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    kind: str
    amount: int = money_column()
    method: str
    receipt_no: str = Field(unique=True)
    at: datetime = instant()
    cashier_id: int | None = refers("staff.id", null=True, index=False)


class StudioOffer(Row, table=True):
    """A price off that was offered once, until a day (that day is in time)."""

    __tablename__ = "studio_offer"
    __table_args__ = (UniqueConstraint("order_id", "kind"),)
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    kind: str
    benefit: str = ""
    amount_off: int = money_column()
    sent_on: date
    valid_until: date = Field(index=True)
    state: str = "open"


class StudioCard(Row, table=True):
    """A love card (尊荣爱情卡); a secondary card has a parent."""

    __tablename__ = "studio_card"
    card_no: str = Field(primary_key=True)
    customer_id: int = refers("customer.id")
    level: str
    issued_at: datetime = instant()
    parent_card: str | None = Field(default=None, foreign_key="studio_card.card_no")
    state: str = "active"


TABLES: tuple[type[Row], ...] = (
    StudioPerson,
    StudioProfile,
    StudioPackage,
    StudioPrice,
    StudioCase,
    StudioLine,
    StudioPayment,
    StudioOffer,
    StudioCard,
)
