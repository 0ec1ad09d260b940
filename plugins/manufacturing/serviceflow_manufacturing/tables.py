"""What a factory keeps besides orders. Source: manufacturing.md section 3.

Money is in the smallest unit of the contract's currency; unit prices, consumption and coefficients are whole
numbers of 1/10,000, rates of 1/1,000,000, material quantities of 1/100, percents of waste of 1/100 percent.
Review slots and delegations are the core's (`signoff_slot`, `absence`).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from serviceflow.api import Row, instant, json_field, money_column, partial_index, personal, refers
from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field


def _order(*, primary: bool = False, null: bool = False) -> Any:
    return refers("orders.id", primary=primary, null=null)


def _staff() -> Any:
    return refers("staff.id", null=True, index=False)


class MfgProfile(Row, table=True):
    """What the factory knows of a customer; ``channel`` is how he wants to be written to, empty for the usual way."""

    __tablename__ = "mfg_profile"
    customer_id: int = refers("customer.id", merge="keep", erase="delete", primary=True)
    region: str
    grade: str = "new"
    desk: str = "domestic"
    background: str = personal(default="")
    terms: list[dict[str, Any]] = json_field(list)
    marks: str = ""
    channel: str = ""


class MfgCalendar(Row, table=True):
    """A listed day of the factory calendar: ``off`` or ``work``."""

    __tablename__ = "mfg_calendar"
    day: date = Field(primary_key=True)
    kind: str
    reason: str = ""


class MfgProduct(Row, table=True):
    """A product; regular (常规) when listed, with a batch notice, and in state ``batch``."""

    __tablename__ = "mfg_product"
    code: str = Field(primary_key=True)
    name_en: str
    name_zh: str
    category: str = ""
    listed: bool = False
    batch_notice_no: str = ""
    state: str = "developing"

    @property
    def regular(self) -> bool:
        return self.listed and bool(self.batch_notice_no) and self.state == "batch"


class MfgExperience(Row, table=True):
    """Prices by experience for a category of goods."""

    __tablename__ = "mfg_experience"
    category: str = Field(primary_key=True)
    quick_price: int = money_column(default=0)
    labour: int = money_column(default=0)
    freight: int = money_column(default=0)
    quota_fee: int = money_column(default=0)


class MfgEnquiry(Row, table=True):
    """What belongs to an `mfg-enquiry` order: ``lines`` are {text, product, category, qty}, ``papers`` {name, on}."""

    __tablename__ = "mfg_enquiry"
    order_id: int = _order(primary=True)
    lines: list[dict[str, Any]] = json_field(list)
    needed_on: date | None = None
    target_price: int | None = money_column(null=True)
    papers: list[dict[str, Any]] = json_field(list)
    missing: list[str] = json_field(list)
    mode: str = ""


class MfgQuote(Row, table=True):
    """One version of a quotation; ``changed`` names coefficients changed by hand, with the reason."""

    __tablename__ = "mfg_quote"
    __table_args__ = (UniqueConstraint("order_id", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    no: str | None = Field(default=None, unique=True)
    order_id: int = _order()
    version: int
    mode: str
    state: str = "draft"
    currency: str = "CNY"
    rate: int = money_column(default=1_000_000)
    coefficients: dict[str, Any] = json_field()
    changed: dict[str, Any] = json_field()
    priced_by: int | None = _staff()
    submitted_by: int | None = _staff()
    opinion: str = ""
    sent_on: date | None = None
    valid_until: date | None = None


class MfgQuoteLine(Row, table=True):
    """One style of a quotation."""

    __tablename__ = "mfg_quote_line"
    __table_args__ = (UniqueConstraint("quote_id", "seq"), CheckConstraint("qty > 0", name="qty"))
    id: int | None = Field(default=None, primary_key=True)
    quote_id: int = Field(foreign_key="mfg_quote.id", index=True)
    seq: int
    text: str
    product: str = ""
    category: str = ""
    qty: int
    unit_price: int | None = money_column(null=True)
    computed_price: int | None = money_column(null=True)
    override_reason: str = ""


class MfgQuoteCost(Row, table=True):
    """One cost of a style, per piece."""

    __tablename__ = "mfg_quote_cost"
    id: int | None = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="mfg_quote_line.id", index=True)
    kind: str
    text: str = ""
    consumption: int = money_column(default=10_000)
    waste: int = 0
    price: int = money_column()


class MfgSample(Row, table=True):
    """What belongs to an `mfg-sample` or `mfg-swatch` order alone."""

    __tablename__ = "mfg_sample"
    order_id: int = _order(primary=True)
    kind: str
    text: str = ""
    round: int = 1
    papers: list[dict[str, Any]] = json_field(list)
    missing: list[str] = json_field(list)
    deadline: date
    transit_d: int
    planned_on: date | None = None
    finished_on: date | None = None
    sent_on: date | None = None
    carrier: str = ""
    comment_on: date | None = None
    comment: str = ""
    decision: str = ""
    processor: str = ""
    material: str = ""
    registered_late: bool = False
    cancelled_by: str = ""
    sendings: list[dict[str, Any]] = json_field(list)


class MfgContract(Row, table=True):
    """What belongs to an `mfg-order` alone. ``draft`` is its content before signing, later that of the version."""

    __tablename__ = "mfg_contract"
    order_id: int = _order(primary=True)
    contract_no: str | None = Field(default=None, unique=True)
    old_numbers: list[str] = json_field(list)
    form: str
    letter: str = "B"
    route: str = "general"
    rule: int = 4
    version: int = 0
    draft: dict[str, Any] = json_field()
    amount_cny: int = money_column(default=0)
    signed_on: date | None = Field(default=None, index=True)
    passed_on: date | None = None
    unreviewed: bool = False
    reported_no: str = ""
    customer_signer: str = ""
    agreement_no: str = ""
    agreement_on: date | None = None
    agreement_for: list[int] = json_field(list)
    tech_review: str = ""
    scheduling_no: str = ""
    parameters: str = ""
    late_notice: bool = False
    invite: list[str] = json_field(list)
    template: str = ""
    shipped_on: date | None = None


class MfgVersion(Row, table=True):
    """One version of a contract; never altered or deleted."""

    __tablename__ = "mfg_version"
    __table_args__ = (UniqueConstraint("order_id", "n"),)
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    n: int
    origin: str
    content: dict[str, Any] = json_field()
    change_id: int | None = refers("orders.id", null=True, index=False)
    effective_at: datetime | None = instant(null=True)
    signed_on: date | None = None
    by_id: int | None = _staff()


class MfgLine(Row, table=True):
    """What is known of a line beside its text: technical confirmation, details, what the warehouse has ready."""

    __tablename__ = "mfg_line"
    __table_args__ = (UniqueConstraint("order_id", "line_no"),)
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    line_no: int
    confirmed: bool = False
    tech_review_needed: bool = False
    style: bool = False
    sizes: bool = False
    material: bool = False
    packing: bool = False
    delivery: bool = False
    ready_qty: int = 0


class MfgPhoneRecord(Row, table=True):
    """Customer phone-order record (客户电话订单记录)."""

    __tablename__ = "mfg_phone_record"
    order_id: int = _order(primary=True)
    caller: str = personal()
    called_at: datetime = instant()
    product: str
    spec: str
    qty: int
    price: int = money_column()
    packing: str
    quality: str
    delivery_date: date
    taken_by: int | None = _staff()


class MfgReview(Row, table=True):
    """One round of a review; its signatures are the slots of ``request_id``. ``order_id`` is order or amendment."""

    __tablename__ = "mfg_review"
    __table_args__ = (UniqueConstraint("order_id", "round"),)
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    request_id: int | None = Field(default=None, foreign_key="signoff_request.id")
    round: int
    version: int
    letter: str
    route: str
    requester_id: int | None = _staff()
    owner_id: int | None = _staff()
    state: str = "open"
    submitted_at: datetime = instant()
    closed_at: datetime | None = instant(null=True)
    meeting_at: datetime | None = instant(null=True)
    place: str = ""
    record: str = ""
    digested: bool = False


class MfgPoint(Row, table=True):
    """One of the six points of a review target."""

    __tablename__ = "mfg_review_point"
    __table_args__ = (UniqueConstraint("order_id", "point"),)
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    point: int
    state: str = "open"
    note: str = ""
    by_id: int | None = _staff()
    at: datetime | None = instant(null=True)


class MfgMeasure(Row, table=True):
    """A measure decided in a review."""

    __tablename__ = "mfg_measure"
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    text: str
    role: str
    due: date
    done_at: datetime | None = instant(null=True)


class MfgSalesOrder(Row, table=True):
    """A sales order (销售订单) of one version."""

    __tablename__ = "mfg_sales_order"
    __table_args__ = (UniqueConstraint("order_id", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    so_no: str = Field(unique=True)
    order_id: int = _order()
    version: int
    erp_no: str = Field(unique=True)
    issued_at: datetime = instant()
    by_id: int | None = _staff()


class MfgAck(Row, table=True):
    """A department's acknowledgement of a sales order."""

    __tablename__ = "mfg_ack"
    __table_args__ = (UniqueConstraint("sales_order_id", "role"),)
    id: int | None = Field(default=None, primary_key=True)
    sales_order_id: int = Field(foreign_key="mfg_sales_order.id")
    order_id: int = _order()
    role: str
    state: str = "open"
    by_id: int | None = _staff()
    at: datetime | None = instant(null=True)
    due_at: datetime = instant()
    question: str = ""
    answer: str = ""


class MfgMilestone(Row, table=True):
    """A milestone of the plan; ``escalated`` tells for which planned date and level an alert went out."""

    __tablename__ = "mfg_milestone"
    __table_args__ = (UniqueConstraint("order_id", "key"), Index("ix_mfg_milestone_open", "state", "planned_on"))
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    key: str
    role: str
    before: int
    planned_on: date
    first_planned_on: date
    done_on: date | None = None
    qty: int | None = None
    state: str = "open"
    note: str = ""
    escalated: int = 0


class MfgMaterial(Row, table=True):
    """A material of an order."""

    __tablename__ = "mfg_material"
    __table_args__ = (UniqueConstraint("order_id", "code"),)
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    code: str
    text: str = ""
    origin: str
    per_piece: int = money_column()
    waste: int = 0
    need_qty: int = money_column(default=0)
    unit: str = "m"
    needed_by: date | None = None
    sample_required: bool = False
    sample_state: str = "none"
    po_no: str = ""
    ordered_on: date | None = None
    received_qty: int = money_column(default=0)
    received_on: date | None = None
    state: str = "planned"
    chased: bool = False


class MfgChange(Row, table=True):
    """What belongs to an `mfg-amendment` or `mfg-delay` order alone; `parent_id` is the contract's order."""

    __tablename__ = "mfg_change"
    __table_args__ = (
        UniqueConstraint("parent_id", "seq"),
        partial_index("ix_mfg_change_open", "parent_id", unique=True, where="live"),
    )
    order_id: int = _order(primary=True)
    parent_id: int = refers("orders.id")
    seq: int
    live: bool = True
    kind: str
    origin: str
    reason: str
    base: int
    content: dict[str, Any] = json_field()
    size: str = "supplement"
    letter: str = "B"
    route: str = "general"
    document_no: str = ""
    draft_no: str = ""
    signed_on: date | None = None
    passed_on: date | None = None
    agreement_no: str = ""
    agreement_on: date | None = None
    agreement_for: list[int] = json_field(list)
    tech_review: str = ""
    proposed: date | None = None
    new_date: date | None = None
    told_on: date | None = None
    late_notice: bool = False
    result: str = ""
    invite: list[str] = json_field(list)


class MfgShipment(Row, table=True):
    """What belongs to an `mfg-shipment` order alone; `parent_id` is the contract's order."""

    __tablename__ = "mfg_shipment"
    order_id: int = _order(primary=True)
    parent_id: int = refers("orders.id")
    kind: str = "sale"
    state: str = "open"
    planned_on: date
    creator_id: int | None = _staff()
    preparer_id: int | None = _staff()
    checker_id: int | None = _staff()
    packages: int = 0
    weight: str = ""
    last: bool = False
    released: bool = False
    customs_no: str = ""
    carrier: str = ""
    waybill: str = ""
    dispatched_on: date | None = Field(default=None, index=True)
    delivered_on: date | None = None
    receiver: str = personal(default="")


class MfgShipmentLine(Row, table=True):
    __tablename__ = "mfg_shipment_line"
    __table_args__ = (UniqueConstraint("order_id", "line_no"), CheckConstraint("qty > 0", name="qty"))
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    line_no: int
    qty: int


class MfgShipmentDoc(Row, table=True):
    __tablename__ = "mfg_shipment_doc"
    __table_args__ = (UniqueConstraint("order_id", "kind"),)
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    kind: str
    no: str
    on: date


class MfgReceivable(Row, table=True):
    """Money a customer owes; ``order_id`` is the contract's order, ``shipment_id`` the shipment's.

    ``follower_id`` calls about it instead of the order's owner: who took it over in a hand-over.
    """

    __tablename__ = "mfg_receivable"
    __table_args__ = (
        CheckConstraint("paid >= 0 AND paid <= amount", name="paid"),
        partial_index(
            "ix_mfg_receivable_open",
            "due_on",
            where="state IN ('open','part')",
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    shipment_id: int | None = refers("orders.id", null=True)
    label: str
    anchor: str
    amount: int = money_column()
    paid: int = money_column(default=0)
    owed_on: date
    due_on: date
    written_off_on: date | None = None
    follower_id: int | None = refers("staff.id", null=True, hand_over=True, index=False)
    state: str = "open"
    disputed: bool = False
    promise_on: date | None = None
    dun_level: int = 0


class MfgPayment(Row, table=True):
    __tablename__ = "mfg_payment"
    __table_args__ = (CheckConstraint("amount > 0", name="positive"),)
    id: int | None = Field(default=None, primary_key=True)
    receivable_id: int = Field(foreign_key="mfg_receivable.id", index=True)
    order_id: int = _order()
    amount: int = money_column()
    on: date
    receipt_no: str = Field(unique=True)
    by_id: int | None = _staff()


class MfgEntry(Row, table=True):
    """What belongs to an `mfg-entry` order alone. ``lines`` are {product, qty, price}."""

    __tablename__ = "mfg_entry"
    __table_args__ = (UniqueConstraint("source_ref", "received_day"),)
    order_id: int = _order(primary=True)
    source_ref: str
    received_at: datetime = instant()
    received_day: date = Field(index=True)
    lines: list[dict[str, Any]] = json_field(list)
    consignee: str = personal(mask="name")
    phone: str = personal(mask="phone")
    address: str = personal()
    cod_amount: int = money_column()
    enterer_id: int | None = _staff()
    checker_id: int | None = _staff()
    replaces_id: int | None = refers("orders.id", null=True, index=False)
    carrier: str = ""
    waybill: str = ""
    sent_on: date | None = None
    remitted: int = money_column(default=0)
    remitted_on: date | None = None


class MfgEntryDay(Row, table=True):
    """A closed day of entries."""

    __tablename__ = "mfg_entry_day"
    day: date = Field(primary_key=True)
    received_count: int
    closed_by: int | None = _staff()
    closed_at: datetime = instant()
    reason: str = ""


class MfgError(Row, table=True):
    """An error made with an entry or a shipment (``order_id``)."""

    __tablename__ = "mfg_error"
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    kind: str
    person_id: int | None = refers("staff.id", null=True)
    cost: int = money_column(default=0)
    note: str = ""
    at: datetime = instant()


class MfgComplaint(Row, table=True):
    """What belongs to an `mfg-complaint` order alone; ``about_id`` is the contract's order."""

    __tablename__ = "mfg_complaint"
    order_id: int = _order(primary=True)
    about_id: int | None = refers("orders.id", null=True)
    kind: str
    text: str = personal()
    disputed: list[int] = json_field(list)
    department: str = ""
    cause: str = ""
    measure: str = ""
    remedy: str = ""
    amount: int = money_column(default=0)
    replacement_id: int | None = refers("orders.id", null=True, index=False)


class MfgTarget(Row, table=True):
    __tablename__ = "mfg_target"
    staff_id: int = refers("staff.id", primary=True)
    month: str = Field(primary_key=True)
    amount: int = money_column()


class MfgSurvey(Row, table=True):
    """A customer's scores from 1 to 5 for an order."""

    __tablename__ = "mfg_survey"
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    product: int
    delivery: int
    service: int
    price: int
    comment: str = personal(default="")
    at: datetime = instant()


class MfgExport(Row, table=True):
    """An export of call-back notes and contact data: who, when, how many rows."""

    __tablename__ = "mfg_export"
    id: int | None = Field(default=None, primary_key=True)
    what: str
    rows: int
    reason: str
    by_id: int | None = _staff()
    at: datetime = instant()


class MfgHandover(Row, table=True):
    """What belongs to an `mfg-handover` order alone."""

    __tablename__ = "mfg_handover"
    order_id: int = _order(primary=True)
    staff_id: int = refers("staff.id")
    last_day: date


class MfgHandoverItem(Row, table=True):
    """One thing handed over; ``ref`` is what the plugin ``trade`` calls it, such as ``order:12``, or empty."""

    __tablename__ = "mfg_handover_item"
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = _order()
    kind: str
    department: str
    text: str
    trade: str = ""
    ref: str = ""
    recipient_id: int | None = refers("staff.id", null=True)
    giver_at: datetime | None = instant(null=True)
    recipient_at: datetime | None = instant(null=True)
    supervisor_at: datetime | None = instant(null=True)
    omission_of: int | None = None
    answerable: list[int] = json_field(list)


TABLES = (
    MfgProfile, MfgCalendar, MfgProduct, MfgExperience, MfgEnquiry, MfgQuote, MfgQuoteLine, MfgQuoteCost, MfgSample,
    MfgContract, MfgVersion, MfgLine, MfgPhoneRecord, MfgReview, MfgPoint, MfgMeasure, MfgSalesOrder, MfgAck,
    MfgMilestone, MfgMaterial, MfgChange, MfgShipment, MfgShipmentLine, MfgShipmentDoc, MfgReceivable, MfgPayment,
    MfgExport, MfgEntry, MfgEntryDay, MfgError, MfgComplaint, MfgTarget, MfgSurvey, MfgHandover, MfgHandoverItem,
)  # fmt: skip
