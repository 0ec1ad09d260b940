"""What a studio keeps besides orders. Money in fen, codes as typed on paper. Source: studio.md section 3.

Moments of a case (when it was booked, left, signed, collected) are anchors of its order and its outcome is the
order's; holds of places and exceptions of capacity stand in the core's tables ``hold`` and ``capacity_exception``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from serviceflow.api import Row, instant, json_field, money_column, partial_index, personal, refers
from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field


def _order(*, primary: bool = False) -> Any:
    return refers("orders.id", primary=primary)


class StudioPerson(Row, table=True):
    """One of the 1 to 6 people of a customer; at most one bride and one groom."""

    __tablename__ = "studio_person"
    __table_args__ = (
        partial_index(
            "ix_studio_person_couple",
            "customer_id",
            "address_as",
            unique=True,
            where="address_as <> 'guest'",
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
    passes: int = 0
    list_no: str | None = None
    list_version: int = 0
    part_agreed: bool = False
    booklet_no: str | None = None
    data_checked: bool = False


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
    used_by: str = ""


class StudioBooking(Row, table=True):
    """An appointment in a calendar; its places are holds of the core. Ended ones stay for the figures.

    ``waits_beside``: a booked one whose move waits for a signature, beside the pending one.
    """

    __tablename__ = "studio_booking"
    __table_args__ = (
        partial_index(
            "ix_studio_booking_live",
            "order_id",
            "calendar",
            unique=True,
            where="state IN ('pending','booked') AND NOT waits_beside",
        ),
        Index("ix_studio_booking_day", "calendar", "day"),
    )
    id: int | None = Field(default=None, primary_key=True)
    calendar: str
    order_id: int = _order()
    day: date
    starts_at: datetime = instant()
    ends_at: datetime | None = instant(null=True)
    outdoor: bool = False
    resource: str = ""
    state: str
    waits_beside: bool = False
    by_id: int | None = refers("staff.id", null=True, index=False)
    at: datetime = instant()
    override_by_id: int | None = refers("staff.id", null=True, index=False)


class StudioOutfit(Row, table=True):
    """One outfit of a session; ``seq`` is its place in the package. A moved one was given to another session."""

    __tablename__ = "studio_outfit"
    __table_args__ = (UniqueConstraint("order_id", "seq"),)
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    seq: int
    type: str
    place: str
    dress_code: str | None = None
    started_at: datetime | None = instant(null=True)
    done_at: datetime | None = instant(null=True)
    photos: int | None = None
    state: str = "open"


class StudioMemo(Row, table=True):
    """A signed memo: pieces handed over later, a lost slip, a rework. ``lines`` are {piece, qty, promised}."""

    __tablename__ = "studio_memo"
    no: str = Field(primary_key=True)
    kind: str
    order_id: int = _order()
    lines: list[dict[str, Any]] = json_field(list)
    id_type: str | None = None
    id_last4: str | None = personal(null=True)
    signed: bool = False
    at: datetime = instant()


class StudioSession(Row, table=True):
    """What belongs to a `studio-shoot` order alone."""

    __tablename__ = "studio_session"
    order_id: int = _order(primary=True)
    seat_card: str | None = None
    photographer: str | None = None
    assistant: str | None = None
    depart_place: str | None = None
    driver: str | None = None
    towels: int = 0
    towels_back: int | None = None


class StudioLocker(Row, table=True):
    """A locker; ``state`` is free, in-use or out-of-order."""

    __tablename__ = "studio_locker"
    number: str = Field(primary_key=True)
    state: str = "free"


class StudioLockerUse(Row, table=True):
    """One handing-out of a locker's key against a deposit."""

    __tablename__ = "studio_locker_use"
    __table_args__ = (
        partial_index(
            "ix_studio_locker_use_open",
            "locker",
            unique=True,
            where="back_at IS NULL AND NOT forfeited",
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    locker: str = Field(foreign_key="studio_locker.number")
    order_id: int = _order()
    deposit: int = money_column()
    out_at: datetime = instant()
    back_at: datetime | None = instant(null=True)
    refunded_at: datetime | None = instant(null=True)
    forfeited: bool = False


class StudioImages(Row, table=True):
    """A set of pictures (影像档) of one session; ``state`` is awaited, complete or missing."""

    __tablename__ = "studio_images"
    image_no: str = Field(primary_key=True)
    order_id: int = _order()
    photo_count: int | None = None
    state: str = "awaited"


class StudioPick(Row, table=True):
    """What becomes of one picture; ``state`` is undecided, rejected or kept."""

    __tablename__ = "studio_pick"
    image_no: str = Field(primary_key=True, foreign_key="studio_images.image_no")
    photo: int = Field(primary_key=True)
    order_id: int = _order()
    state: str = "undecided"
    request: str = ""


class StudioPiece(Row, table=True):
    """Something the customer takes home. Always 0 <= handed <= passed <= arrived <= qty.

    ``counted_ok`` is what the pickup that is going on found in order; ``None`` before it was counted.
    """

    __tablename__ = "studio_piece"
    __table_args__ = (
        UniqueConstraint("order_id", "code"),
        CheckConstraint("0 <= handed AND handed <= passed AND passed <= arrived AND arrived <= qty", name="counts"),
    )
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    code: str
    text_en: str
    text_zh: str
    origin: str
    qty: int
    arrived: int = 0
    passed: int = 0
    handed: int = 0
    production_days: int = 0
    promised: date | None = None
    bulky: bool = False
    counted_ok: int | None = None
    reworked: int = 0


class StudioSurvey(Row, table=True):
    """What a customer thought, 1 to 5; once per case, or declined."""

    __tablename__ = "studio_survey"
    order_id: int = _order(primary=True)
    reception: int | None = None
    dress: int | None = None
    makeup: int | None = None
    photography: int | None = None
    viewing: int | None = None
    product: int | None = None
    overall: int | None = None
    comment: str = personal(default="")
    declined: bool = False
    at: datetime = instant()


class StudioComplaint(Row, table=True):
    """What belongs to a `studio-complaint` order alone."""

    __tablename__ = "studio_complaint"
    order_id: int = _order(primary=True)
    text: str = personal()
    severity: str
    remedy: str | None = None
    amount: int | None = money_column(null=True)
    remedy_text: str = personal(default="")


class StudioReferral(Row, table=True):
    """What belongs to a `studio-referral` order alone; one per referred case."""

    __tablename__ = "studio_referral"
    __table_args__ = (UniqueConstraint("case_id"),)
    order_id: int = _order(primary=True)
    case_id: int = _order()
    card_no: str = Field(foreign_key="studio_card.card_no")
    gift: int = money_column()


class StudioCard(Row, table=True):
    """A love card (尊荣爱情卡); a secondary card has a parent."""

    __tablename__ = "studio_card"
    card_no: str = Field(primary_key=True)
    customer_id: int = refers("customer.id")
    level: str
    issued_at: datetime = instant()
    parent_card: str | None = Field(default=None, foreign_key="studio_card.card_no")
    state: str = "active"


VIEWS = {
    "studio_hold": "SELECT substr(kind, 8) AS calendar, resource, substr(cell, 1, 10) AS day, substr(cell, 12) AS cell,"
    " CAST(substr(holder, 16) AS INTEGER) AS booking FROM hold WHERE substr(kind, 1, 7) = 'studio.'",
    "studio_exception": "SELECT substr(kind, 8) AS calendar, day, cell, capacity, reason FROM capacity_exception"
    " WHERE substr(kind, 1, 7) = 'studio.'",
}
"""The calendars as section 3 names them, over the core's tables; a booking is the key of ``studio_booking``."""

TABLES: tuple[type[Row], ...] = (
    StudioPerson,
    StudioProfile,
    StudioPackage,
    StudioPrice,
    StudioCase,
    StudioLine,
    StudioPayment,
    StudioOffer,
    StudioBooking,
    StudioOutfit,
    StudioMemo,
    StudioSession,
    StudioLocker,
    StudioLockerUse,
    StudioImages,
    StudioPick,
    StudioPiece,
    StudioSurvey,
    StudioComplaint,
    StudioReferral,
    StudioCard,
)
