"""What a sales centre keeps besides orders. Money in fen, areas in 1/100 m², percents in hundredths of a percent.

Source: realestate.md section 3. Moments of an order (deadlines, when it was signed) are its anchors.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from serviceflow.api import Row, instant, json_field, money_column, partial_index, personal, refers
from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field


def _order(*, primary: bool = False, null: bool = False) -> Any:
    return refers("orders.id", primary=primary, null=null)


def _live(name: str, column: str, where: str) -> Any:
    return partial_index(name, column, unique=True, where=where)


class ReProject(Row, table=True):
    """A project; its code is also the scope of its settings."""

    __tablename__ = "re_project"
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    name_zh: str
    name_en: str
    developer_id: int | None = refers("customer.id", null=True)
    land_use_years: int = 70
    planned_presale_date: date | None = None
    presale_permit_no: str | None = None
    presale_permit_date: date | None = None
    handover_date: date | None = None
    collection_account: str = ""


class ReUnit(Row, table=True):
    """One thing for sale. Its price is fixed while it is not unreleased, available or withdrawn."""

    __tablename__ = "re_unit"
    __table_args__ = (
        UniqueConstraint("project_id", "unit_no"),
        CheckConstraint("gross_area > 0 AND inner_area <= gross_area", name="areas"),
    )
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = refers("re_project.id")
    building: str
    entrance: str
    floor: int
    room: str
    unit_no: str = Field(index=True)
    kind: str = "residential"
    layout: str = ""
    orientation: str = ""
    gross_area: int
    inner_area: int
    price_basis: str = "gross"
    unit_price: int = money_column()
    list_total: int = money_column()
    floor_total: int | None = money_column(null=True)
    actual_area: int | None = None
    released_at: datetime | None = instant(null=True)
    state: str = "unreleased"


class RePriceLog(Row, table=True):
    """Each change of a price."""

    __tablename__ = "re_price_log"
    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = refers("re_unit.id")
    old: int = money_column()
    new: int = money_column()
    at: datetime = instant()
    staff_id: int | None = refers("staff.id", null=True, index=False)
    reason: str = ""


class ReUnitLog(Row, table=True):
    """What a unit was from a moment on: its state and list price. Reports of a past day read it."""

    __tablename__ = "re_unit_log"
    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = refers("re_unit.id")
    at: datetime = instant()
    state: str
    list_total: int = money_column()


class ReClaim(Row, table=True):
    """Who may have a unit, at which price. The lock itself is the hold ``re.unit``; this is its history."""

    __tablename__ = "re_claim"
    __table_args__ = (_live("ix_re_claim_live", "unit_id", "ended_at IS NULL"),)
    id: int | None = Field(default=None, primary_key=True)
    unit_id: int = refers("re_unit.id", index=False)
    order_id: int | None = _order(null=True)
    customer_id: int | None = refers("customer.id", null=True)
    agent_id: int | None = refers("staff.id", null=True)
    kind: str
    holder: str
    unit_price: int = money_column()
    list_total: int = money_column()
    started_at: datetime = instant()
    until_at: datetime | None = instant(null=True)
    extended: int = 0
    ended_at: datetime | None = instant(null=True)
    end_reason: str = ""


class ReInternalRegister(Row, table=True):
    """An internal customer register (内部客户登记书): wanted units, ranked; no money."""

    __tablename__ = "re_internal_register"
    __table_args__ = (UniqueConstraint("project_id", "customer_id"),)
    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(unique=True)
    project_id: int = refers("re_project.id")
    customer_id: int = refers("customer.id", merge="keep")
    agent_id: int | None = refers("staff.id", null=True)
    units: list[int] = json_field(list)
    registered_at: datetime = instant()


class ReBuyer(Row, table=True):
    """A buyer of a deal: the main one and at most two co-owners."""

    __tablename__ = "re_buyer"
    __table_args__ = (UniqueConstraint("order_id", "id_type", "id_no"),)
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    role: str
    name: str = personal(mask="name")
    kind: str = "person"
    company: str | None = None
    nationality: str = "CN"
    id_type: str = "resident"
    id_no: str = personal(mask="id")
    born: date | None = personal(null=True)
    province: str = ""
    address: str = personal(default="")
    postcode: str = ""
    phone: str | None = personal(mask="phone", null=True)
    mobile: str | None = personal(mask="phone", null=True)
    mobile2: str | None = personal(mask="phone", null=True)
    landline: str | None = personal(mask="phone", null=True)
    share: int = 100_00
    marital: str = "unmarried"


class ReDeal(Row, table=True):
    """What was agreed: unit, price, discounts, loan. One for each subscription, copied into its contract.

    ``discounts`` are rows {kind, percent, amount, certificate, void}.
    """

    __tablename__ = "re_deal"
    order_id: int = _order(primary=True)
    unit_id: int = refers("re_unit.id")
    area: int
    unit_price: int = money_column()
    list_total: int = money_column()
    pay_way: str = "mortgage"
    before_lapse: str | None = None
    discounts: list[dict[str, Any]] = json_field(list)
    deal_total: int = money_column(default=0)
    deposit_due: int = money_column(default=0)
    delay_count: int = 0
    room_change_count: int = 0
    rename_count: int = 0
    home_count: str = "first"
    loan: int = money_column(default=0)
    loan_years: int = 0
    loan_rate: int = 0
    loan_method: str = "equal-instalment"
    monthly: int = money_column(default=0)
    bank: str = ""
    full_price: bool = False
    contract_no: str | None = None
    filing_no: str | None = None


class ReLine(Row, table=True):
    """One line of a contract's payment schedule."""

    __tablename__ = "re_line"
    __table_args__ = (UniqueConstraint("order_id", "seq"),)
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    seq: int
    kind: str
    amount: int = money_column()
    due: date
    state: str = "open"
    credited: int = money_column(default=0)
    promised: str = ""


class ReReceipt(Row, table=True):
    """Money in or out. Never edited: a wrong one is voided by another.

    ``paper_no`` is the paper it is printed on: that of the first receipt of the same action.
    """

    __tablename__ = "re_receipt"
    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(unique=True)
    purchase_id: int = refers("orders.id")
    order_id: int = _order()
    paid_on: date
    amount: int = money_column()
    direction: str = "in"
    kind: str
    method: str
    card_bank: str | None = None
    card_last4: str | None = None
    external_ref: str | None = Field(default=None, unique=True)
    payer: str = personal(default="")
    card_fee: int = money_column(default=0)
    taken_by: int | None = refers("staff.id", null=True, index=False)
    voids_id: int | None = refers("re_receipt.id", null=True)
    paper_no: str = ""


class ReAllocation(Row, table=True):
    """Which part of a receipt pays which line."""

    __tablename__ = "re_allocation"
    id: int | None = Field(default=None, primary_key=True)
    receipt_id: int = refers("re_receipt.id")
    line_id: int = refers("re_line.id")
    amount: int = money_column()
    paid_on: date


class ReWaiver(Row, table=True):
    """Damages let off."""

    __tablename__ = "re_waiver"
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    amount: int = money_column()
    on: date
    reason: str = ""


class ReChecklist(Row, table=True):
    """A paper that the bank or the bureau wants, and whether it is here."""

    __tablename__ = "re_checklist"
    __table_args__ = (UniqueConstraint("order_id", "item", "person"),)
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    item: str
    person: str = "main"
    copies: int = 1
    received: int = 0
    received_on: date | None = None
    original_seen: bool = False
    months: int | None = None
    note: str = ""


class ReLeadProfile(Row, table=True):
    """What the sales centre knows of a customer."""

    __tablename__ = "re_lead_profile"
    customer_id: int = refers("customer.id", merge="keep", erase="delete", primary=True)
    grade: str = "C"
    stage: str = "awareness"
    fan_stage: str = "acquire"
    household: str | None = None
    budget: int | None = money_column(null=True)
    wants: str = ""
    heard_from: str = ""
    first_contact_on: date | None = None
    protected_until: date | None = None
    points: int = 0
    no_shows: int = 0


class ReCall(Row, table=True):
    """A line of the call register (来电登记)."""

    __tablename__ = "re_call"
    id: int | None = Field(default=None, primary_key=True)
    order_id: int | None = _order(null=True)
    at: datetime = instant()
    customer_id: int | None = refers("customer.id", null=True)
    agent_id: int | None = refers("staff.id", null=True)
    registered_by: int | None = refers("staff.id", null=True, index=False)
    heard_from: str = ""
    wants: str = ""
    questions: str = ""
    grade: str = ""
    outcome: str = ""
    submitted_at: datetime | None = instant(null=True)


class ReVisit(Row, table=True):
    """A line of the visit register (来访登记): one party of visitors."""

    __tablename__ = "re_visit"
    id: int | None = Field(default=None, primary_key=True)
    order_id: int | None = _order(null=True)
    at: datetime = instant()
    customer_id: int | None = refers("customer.id", null=True)
    agent_id: int | None = refers("staff.id", null=True)
    registered_by: int | None = refers("staff.id", null=True, index=False)
    name: str = personal(default="")
    party: int = 1
    kind: str = "turn"
    counted: bool = True
    heard_from: str = ""
    wants: str = ""
    objections: str = ""
    grade: str = ""
    outcome: str = ""
    assigned_at: datetime | None = instant(null=True)
    passed_by: list[int] = json_field(list)
    taken_at: datetime | None = instant(null=True)
    ended_at: datetime | None = instant(null=True)
    void_reason: str | None = None
    submitted_at: datetime | None = instant(null=True)


class ReRotaDay(Row, table=True):
    """The duty rota of a day; every operation of the day changes this row, so that they queue up."""

    __tablename__ = "re_rota_day"
    __table_args__ = (UniqueConstraint("project_id", "day"),)
    id: int | None = Field(default=None, primary_key=True)
    project_id: int = refers("re_project.id")
    day: date
    state: str = "open"
    confirmed_by: int | None = refers("staff.id", null=True, index=False)
    moves: int = 0


class ReRotaEntry(Row, table=True):
    """One agent's place in a day's rota."""

    __tablename__ = "re_rota_entry"
    __table_args__ = (UniqueConstraint("day_id", "agent_id"), UniqueConstraint("day_id", "seq"))
    id: int | None = Field(default=None, primary_key=True)
    day_id: int = refers("re_rota_day.id")
    agent_id: int = refers("staff.id")
    seq: int
    signed_in_at: datetime = instant()
    status: str = "ready"
    turns: int = 0
    missed: int = 0
    out_at: datetime | None = instant(null=True)


class ReWaiting(Row, table=True):
    """A party that waits because no agent was ready."""

    __tablename__ = "re_waiting"
    id: int | None = Field(default=None, primary_key=True)
    day_id: int = refers("re_rota_day.id")
    visit_id: int = refers("re_visit.id")
    since: datetime = instant()


class ReChannel(Row, table=True):
    """A new-media channel."""

    __tablename__ = "re_channel"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    kind: str = "interaction"
    purpose: str = ""
    one_to_one: bool = True
    cost_month: int = money_column(default=0)
    owner_id: int | None = refers("staff.id", null=True)
    active: bool = True


class ReMediaMetric(Row, table=True):
    """What a channel did in a month (``2026-03``)."""

    __tablename__ = "re_media_metric"
    __table_args__ = (UniqueConstraint("channel_id", "month"),)
    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = refers("re_channel.id")
    month: str
    scale: int = 0
    inbound: int = 0
    answered: int = 0
    leads: int = 0
    visits: int = 0
    complaints: int = 0
    spend: int = money_column(default=0)
    trust: int = 0


class ReMilestoneItem(Row, table=True):
    """An item of a project's milestone and how far it is."""

    __tablename__ = "re_milestone_item"
    __table_args__ = (UniqueConstraint("order_id", "milestone", "item"),)
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    milestone: str
    area_en: str
    area_zh: str
    item: str
    item_zh: str
    required: str
    level: str | None = None
    due: date | None = None
    done_by: int | None = refers("staff.id", null=True, index=False)
    waived_by: int | None = refers("staff.id", null=True, index=False)


class ReDefect(Row, table=True):
    """A fault found at inspection."""

    __tablename__ = "re_defect"
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    place: str
    text: str
    severity: str = "ordinary"
    round: int = 1
    state: str = "open"


class RePaper(Row, table=True):
    """A numbered paper: its type, what it says and when it was made."""

    __tablename__ = "re_paper"
    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(unique=True)
    type: str
    order_id: int | None = _order(null=True)
    made_at: datetime = instant()
    facts: dict[str, Any] = json_field()


TABLES = (
    ReProject,
    ReUnit,
    RePriceLog,
    ReUnitLog,
    ReClaim,
    ReInternalRegister,
    ReBuyer,
    ReDeal,
    ReLine,
    ReReceipt,
    ReAllocation,
    ReWaiver,
    ReChecklist,
    ReLeadProfile,
    ReCall,
    ReVisit,
    ReRotaDay,
    ReRotaEntry,
    ReWaiting,
    ReChannel,
    ReMediaMetric,
    ReMilestoneItem,
    ReDefect,
    RePaper,
)
