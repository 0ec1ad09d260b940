"""What a salon keeps: skins, treatments, packages and their uses, patch tests, sessions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from serviceflow.api import Row, instant, json_field, money_column, personal, refers
from sqlmodel import Field


class BeautyProfile(Row, table=True):
    """A guest's skin. Health data: kept only with consent, deleted with the person.

    ``past_treatments``: kind, where, price, on (ISO date), destructive.
    """

    __tablename__: ClassVar[str] = "beauty_profile"
    customer_id: int = refers("customer.id", erase="delete", primary=True)
    skin: str = personal(default="")
    allergies: str = personal(default="")
    pregnant: bool = personal(default=False)
    products_used: str = personal(default="")
    past_treatments: list[dict[str, Any]] = json_field(list)
    reaction: str = personal(default="none")
    drink: str = personal(default="")
    guardian: str = personal(default="")
    form_on: date | None = None
    health_consent_on: date | None = None


class BeautyTreatment(Row, table=True):
    """A treatment of the menu. ``kind`` is repair, basic, whitening or strong; ``gap_days`` lie between sessions."""

    __tablename__: ClassVar[str] = "beauty_treatment"
    code: str = Field(primary_key=True)
    name_en: str
    name_zh: str
    minutes: int
    price: int = money_column()
    kind: str
    gap_days: int = 0
    patch_test: bool = False
    active: bool = True


class BeautyPackage(Row, table=True):
    """A card of sessions; one row for each order of `beauty-package`."""

    __tablename__: ClassVar[str] = "beauty_package"
    order_id: int = refers("orders.id", primary=True)
    customer_id: int = refers("customer.id")
    treatment: str = Field(foreign_key="beauty_treatment.code")
    paid_sessions: int
    gift_sessions: int = 0
    price: int = money_column()
    paid: int = money_column()
    starts_on: date
    expires_on: date
    frozen_on: date | None = None
    frozen_until: date | None = None
    frozen_days: int = 0
    freezes: int = 0
    refund: int = money_column(default=0)


class BeautyUse(Row, table=True):
    """One session taken from a package: ``paid`` before ``gift``; one use for each session."""

    __tablename__: ClassVar[str] = "beauty_use"
    id: int | None = Field(default=None, primary_key=True)
    package_id: int = Field(foreign_key="beauty_package.order_id", index=True)
    session_id: int = Field(foreign_key="orders.id", unique=True, sa_column_kwargs={"info": {"refers": "orders.id"}})
    kind: str
    at: datetime = instant()
    undone: bool = False


class BeautyPatch(Row, table=True):
    """A patch test of a treatment."""

    __tablename__: ClassVar[str] = "beauty_patch"
    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = refers("customer.id", erase="delete")
    treatment: str = Field(foreign_key="beauty_treatment.code")
    at: datetime = instant()
    result: str


class BeautySession(Row, table=True):
    """What a visit is about."""

    __tablename__: ClassVar[str] = "beauty_session"
    order_id: int = refers("orders.id", primary=True)
    customer_id: int = refers("customer.id")
    starts_at: datetime = instant(index=True)
    treatment: str | None = Field(default=None, foreign_key="beauty_treatment.code")
    therapist_id: int | None = refers("staff.id", null=True, hand_over=True)
    locker: int | None = None
    package_id: int | None = Field(default=None, foreign_key="beauty_package.order_id")
    price: int = money_column(default=0)
    home_care: str = personal(default="")
    sold: list[Any] = json_field(list)


TABLES = (BeautyTreatment, BeautyProfile, BeautyPackage, BeautyUse, BeautyPatch, BeautySession)
