"""The tables of the core. Integer keys inside; every changeable row counts its versions in ``rv``.

Titles that staff of both languages read are stored per language (``title_en``, ``title_zh``); JSON holds
form data of flows without a table of their own.

A change here needs a revision: ``python -m serviceflow.store.revise core "what changes"`` (before the first
release: ``python -m serviceflow.store.revise core foundation --first``).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import uuid4

from sqlalchemy import Index, MetaData, UniqueConstraint
from sqlmodel import Field, SQLModel

from serviceflow.store.columns import (
    Bytewise,
    Instant,
    Json,
    instant,
    json_field,
    money,
    partial_index,
    personal,
    refers,
)
from serviceflow.store.schema import Stored
from serviceflow.texts import T

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING
metadata: MetaData = SQLModel.metadata

__all__ = ["Instant", "Json", "Row", "metadata"]


class Row(Stored):
    """A row that can be changed. ``rv`` grows by one with each change; a writer with an old one is refused."""

    journal: ClassVar[bool] = True
    unjournaled: ClassVar[frozenset[str]] = frozenset()
    """Columns that something else than an operation changes, such as the delivery of a message."""
    rv: int = 1

    def why_stays(self) -> T | None:
        """Return why the row cannot be taken back with the operation that made it, ``None`` when it can."""
        return None


class Meta(Stored, table=True):
    """Facts about the shop's database itself: schema stamps, identity, language for reading commands."""

    __tablename__ = "shop_meta"
    key: str = Field(primary_key=True)
    value: str


class Staff(Row, table=True):
    """A member of staff; who left stays, and is not active."""

    id: int | None = Field(default=None, primary_key=True)
    login: str = Field(unique=True)
    name: str
    superior_id: int | None = refers("staff.id", null=True, hand_over=True, index=False)
    department: str | None = None
    phone: str | None = personal(mask="phone", null=True)
    email: str | None = None
    language: str | None = None
    active: bool = True


class StaffRole(Row, table=True):
    """A role somebody holds."""

    __tablename__ = "staff_role"
    staff_id: int = refers("staff.id", primary=True)
    role: str = Field(primary_key=True)


class Absence(Row, table=True):
    """Leave, or a delegation, with a stand-in; both dates belong to it.

    ``beside``: the stand-in signs beside the person (a delegation), not instead of them (leave). ``role``
    limits it to one role.
    """

    id: int | None = Field(default=None, primary_key=True)
    staff_id: int = refers("staff.id")
    first: date
    last: date
    deputy_id: int | None = refers("staff.id", null=True)
    role: str | None = None
    beside: bool = False
    note: str = ""


class Customer(Row, table=True):
    """A person or company; one that was merged into another names it."""

    id: int | None = Field(default=None, primary_key=True)
    kind: str = "person"
    name: str = personal(mask="name")
    birthday: date | None = personal(null=True)
    language: str | None = None
    source: str = ""
    owner_id: int | None = refers("staff.id", null=True, hand_over=True)
    tags: list[str] = json_field(list)
    note: str = personal(default="")
    do_not_contact: bool = False
    merged_into: int | None = refers("customer.id", merge="keep", null=True)
    batch_id: int | None = Field(default=None, index=True)
    created_at: datetime = instant()


class Contact(Row, table=True):
    """A way to reach a customer. ``value`` is the normal form that finds duplicates; ``shown`` is as typed."""

    __tablename__ = "contact"
    __table_args__ = (Index("ix_contact_kind_value", "kind", "value"),)
    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = refers("customer.id", erase="delete")
    kind: str
    value: str = personal(mask="phone")
    shown: str = personal(mask="phone")
    ext: str | None = None
    preferred: bool = True


class FindKey(Stored, table=True):
    """One way a customer is remembered: a name's suffix, pinyin, initials, last four digits."""

    __tablename__ = "find_key"
    __table_args__ = (Index("ix_find_key_customer_id", "customer_id"),)
    key: str = Field(primary_key=True, sa_type=Bytewise)
    customer_id: int = refers("customer.id", merge="keep", erase="delete", primary=True)


class CustomerDate(Row, table=True):
    """A named yearly day of a customer, such as ``wedding``."""

    __tablename__ = "customer_date"
    customer_id: int = refers("customer.id", erase="delete", primary=True)
    name: str = Field(primary_key=True)
    day: date = personal()


class Consent(Row, table=True):
    """One consent event; the newest per channel and purpose counts."""

    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = refers("customer.id")
    channel: str = "*"
    purpose: str
    given: bool
    at: datetime = instant()
    evidence: str = ""


class Interaction(Row, table=True):
    """Something that was said or written between a customer and the shop."""

    __table_args__ = (Index("ix_interaction_customer_id_at", "customer_id", "at"),)
    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = refers("customer.id", erase="delete", index=False)
    order_id: int | None = refers("orders.id", null=True)
    at: datetime = instant()
    channel: str = "visit"
    outward: bool = False
    staff_id: int | None = refers("staff.id", null=True, index=False)
    summary: str = personal()
    outcome: str = ""


class Order(Row, table=True):
    """One order: its flow and version, the step it stands in, whose it is."""

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_seq", "seq"),
        Index("ix_orders_customer_id_opened_at", "customer_id", "opened_at"),
        Index("ix_orders_flow_step", "flow", "step"),
        Index("ix_orders_customer_id_flow", "customer_id", "flow"),
        Index("ix_orders_open_key", "open_key", unique=True),
    )
    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(unique=True)
    seq: int
    customer_id: int | None = refers("customer.id", null=True, index=False)
    flow: str
    flow_version: int
    step: str
    entry: int = 1
    entered_at: datetime = instant()
    owner_id: int | None = refers("staff.id", null=True, hand_over=True)
    scope: str = ""
    amount: int | None = money(null=True)
    currency: str = "CNY"
    data: dict[str, Any] = json_field()
    parent_id: int | None = refers("orders.id", null=True)
    link: str | None = None
    open_key: str | None = None
    outcome: str = ""
    opened_at: datetime = instant()
    closed_at: datetime | None = instant(null=True)


class Anchor(Row, table=True):
    """A named moment of an order; exactly one of ``at`` and ``day`` is set."""

    order_id: int = refers("orders.id", primary=True)
    key: str = Field(primary_key=True)
    at: datetime | None = instant(null=True)
    day: date | None = None


class OrderAction(Stored, table=True):
    """One action done with an order: what reports, tries and the timeline read.

    ``at`` is the event time (a timer's nominal moment, the last signature); ``late`` is how far past its
    measure it was, in ``late_unit``.
    """

    __tablename__ = "order_action"
    __table_args__ = (Index("ix_order_action_order_id_at", "order_id", "at"),)
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = refers("orders.id", index=False)
    action: str
    from_step: str
    to_step: str
    entry: int
    at: datetime = instant()
    recorded_at: datetime = instant()
    staff_id: int | None = refers("staff.id", null=True, index=False)
    form: dict[str, Any] = json_field()
    late: int | None = None
    late_unit: str = ""


class OrderClock(Row, table=True):
    """A running deadline of an order; ``state`` is running, resting, stopped (in time) or broken."""

    __tablename__ = "order_clock"
    __table_args__ = (
        partial_index(
            "ix_order_clock_due",
            "due_at",
            where="state = 'running'",
        ),
    )
    order_id: int = refers("orders.id", primary=True)
    key: str = Field(primary_key=True)
    title_en: str
    title_zh: str
    started_at: datetime = instant()
    due_at: datetime = instant()
    closed: bool
    state: str = "running"
    rested_at: datetime | None = instant(null=True)
    ended_at: datetime | None = instant(null=True)


class Timer(Row, table=True):
    """An action of the system planned for a moment. ``due_at`` is its nominal moment.

    ``closed``: the moment itself is still in time, so it acts only after it. ``clock`` is the clock it waits for.
    """

    __table_args__ = (
        partial_index(
            "ix_timer_due",
            "due_at",
            "order_id",
            where="state = 'planned'",
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = refers("orders.id")
    action: str
    due_at: datetime = instant()
    closed: bool
    entry: int
    clock: str | None = None
    state: str = "planned"
    reason: str = ""


class Task(Row, table=True):
    """Something a person has to do. ``rule`` is ``plugin:key``; ``subject`` tells tasks of one rule apart."""

    __table_args__ = (
        partial_index(
            "ix_task_open_role",
            "role",
            "due_at",
            where="state = 'open'",
        ),
        partial_index(
            "ix_task_open_assignee",
            "assignee_id",
            "due_at",
            where="state = 'open'",
        ),
        partial_index("ix_task_open_due", "due_at", where="state = 'open'"),
    )
    id: int | None = Field(default=None, primary_key=True)
    rule: str | None = None
    subject: str = ""
    title_en: str
    title_zh: str
    due_at: datetime = instant()
    assignee_id: int | None = refers("staff.id", null=True, hand_over=True, index=False)
    role: str | None = None
    customer_id: int | None = refers("customer.id", null=True)
    order_id: int | None = refers("orders.id", null=True)
    step: str | None = None
    entry: int | None = None
    stays: bool = False
    closed_by: str = ""
    made_by: int | None = None
    made_at: datetime = instant()
    state: str = "open"
    done_at: datetime | None = instant(null=True)
    done_by: int | None = refers("staff.id", null=True, index=False)
    result: str = ""
    reason: str = ""


class Message(Row, table=True):
    """One text for one recipient over one channel. The engine plans and cancels it; `remind` sends it.

    ``rule`` is ``plugin:key``. ``occurrence`` is the key that makes planning twice a no-op: rule, subject, event
    date or due moment, channel, recipient; unique among rows not cancelled. ``generation`` grows only when a
    person chooses to send again, so that ``uid/generation`` is one constant key over all retries. ``trail`` holds
    what happened to it besides hand-overs: [instant, state, ref of the reason, facts].
    """

    unjournaled: ClassVar[frozenset[str]] = frozenset(
        {
            "rv",
            "state",
            "reason",
            "reason_ref",
            "channel",
            "recipient",
            "recipient_name",
            "subject",
            "facts",
            "body",
            "held_until",
            "attempts",
            "next_at",
            "claim",
            "lease_until",
            "provider_ref",
            "merged_into",
            "sent_at",
            "trail",
            "generation",
        }
    )
    __table_args__ = (
        partial_index(
            "ix_message_due",
            "due_at",
            where="state IN ('planned','pending','held','retry','claimed','sending')",
        ),
        partial_index(
            "ix_message_occurrence",
            "occurrence",
            unique=True,
            where="state <> 'cancelled'",
        ),
        partial_index(
            "ix_message_lease",
            "lease_until",
            where="state IN ('claimed','sending')",
        ),
        partial_index(
            "ix_message_trouble",
            "state",
            where="state IN ('uncertain','failed')",
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(default_factory=lambda: uuid4().hex)
    generation: int = 1
    rule: str
    template: str
    variant: str = ""
    purpose: str
    language: str = "zh"
    channel: str | None = None
    customer_id: int | None = refers("customer.id", null=True)
    staff_id: int | None = refers("staff.id", null=True, index=False)
    order_id: int | None = refers("orders.id", null=True)
    step: str | None = None
    entry: int | None = None
    stays: bool = False
    recipient: str | None = personal(mask="phone", null=True)
    recipient_name: str = personal(mask="name", default="")
    subject: str = ""
    facts: dict[str, Any] = json_field()
    body: str = personal(default="")
    condition: str = ""
    due_at: datetime = instant()
    held_until: datetime | None = instant(null=True)
    expires_at: datetime | None = instant(null=True)
    occurrence: str
    state: str = "planned"
    reason: str = ""
    reason_ref: str = ""
    attempts: int = 0
    next_at: datetime | None = instant(null=True)
    claim: str | None = None
    lease_until: datetime | None = instant(null=True)
    provider_ref: str = ""
    merged_into: int | None = refers("message.id", null=True)
    made_at: datetime = instant()
    sent_at: datetime | None = instant(null=True)
    trail: list[Any] = json_field(list)

    def why_stays(self) -> T | None:
        if self.state in ("sending", "sent", "uncertain") or self.attempts:
            return T("message {n} ({template}) to {who}: {state}", zh="消息 {n}({template}) 致 {who}: {state}").of(
                n=self.id, template=self.template, who=self.recipient_name or self.recipient or "-", state=self.state
            )
        return None


class Attempt(Stored, table=True):
    """One handing-over of a message to a channel; written before it begins, completed after it."""

    __tablename__ = "message_attempt"
    __table_args__ = (Index("ix_message_attempt_channel", "channel", "begun_at"),)
    id: int | None = Field(default=None, primary_key=True)
    message_id: int = refers("message.id")
    generation: int
    number: int
    channel: str
    claim: str
    begun_at: datetime = instant()
    ended_at: datetime | None = instant(null=True)
    outcome: str = ""
    detail: str = ""


class ChannelState(Stored, table=True):
    """Breaker and pause of one channel, shared by all machines; its rate is counted from the attempts.

    ``kind`` is what a machine's set-up says the channel is: machines without that set-up leave its messages alone.
    """

    __tablename__ = "channel_state"
    channel: str = Field(primary_key=True)
    kind: str = ""
    paused_until: datetime | None = instant(null=True)
    reason: str = ""
    failures: int = 0


class Runner(Stored, table=True):
    """Heartbeat of one `flow remind run`; the newest tells whether the timer is alive."""

    __tablename__ = "runner"
    instance: str = Field(primary_key=True)
    started_at: datetime = instant()
    beat_at: datetime = instant(index=True)
    finished_at: datetime | None = instant(null=True)
    version: str
    summary: dict[str, Any] = json_field()


class Request(Row, table=True):
    """An action that waits for signatures."""

    __tablename__ = "signoff_request"
    __table_args__ = (
        partial_index(
            "ix_request_pending",
            "order_id",
            unique=True,
            where="state = 'pending'",
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = refers("orders.id")
    action: str
    form: dict[str, Any] = json_field()
    routes: str
    stage: int = 0
    requested_by: int | None = refers("staff.id", null=True, index=False)
    requested_at: datetime = instant()
    expires_at: datetime | None = instant(null=True)
    expires_closed: bool = True
    why_en: str = ""
    why_zh: str = ""
    state: str = "pending"
    reason: str = ""
    decided_at: datetime | None = instant(null=True)


class Slot(Row, table=True):
    """One signature asked for: by a role, or by one person."""

    __tablename__ = "signoff_slot"
    id: int | None = Field(default=None, primary_key=True)
    request_id: int = refers("signoff_request.id")
    stage: int
    role: str | None = None
    staff_id: int | None = refers("staff.id", null=True, index=False)
    signed_by: int | None = refers("staff.id", null=True, index=False)
    signed_for: int | None = refers("staff.id", null=True, index=False)
    verdict: str = "open"
    opinion: str = ""
    at: datetime | None = instant(null=True)


class Hold(Row, table=True):
    """One live hold of a thing: a place's cell, a span of a resource, or a claim (cell ``""``). Freed = removed."""

    __tablename__ = "hold"
    __table_args__ = (
        UniqueConstraint("kind", "resource", "cell"),
        Index("ix_hold_kind_cell", "kind", "cell"),
        Index("ix_hold_until_at", "until_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    resource: str
    cell: str = ""
    order_id: int | None = refers("orders.id", null=True)
    holder: str = Field(index=True)
    state: str = "booked"
    starts_at: datetime | None = instant(null=True)
    until_at: datetime | None = instant(null=True)
    taken_at: datetime = instant()


class CapacityException(Row, table=True):
    """Another capacity of one calendar day, or of one cell of it (cell ``""`` is the whole day)."""

    __tablename__ = "capacity_exception"
    kind: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    cell: str = Field(default="", primary_key=True)
    capacity: int
    reason: str = ""


class Series(Stored, table=True):
    """The last number drawn of a gap-free series."""

    __tablename__ = "number_series"
    key: str = Field(primary_key=True)
    last: int


class VoidNumber(Stored, table=True):
    """A number that was taken back: never used again, and accounted for."""

    __tablename__ = "number_void"
    number: str = Field(primary_key=True)
    operation: int
    at: datetime = instant()


class SettingRow(Row, table=True):
    __tablename__ = "setting"
    key: str = Field(primary_key=True)
    scope: str = Field(default="", primary_key=True)
    value: Any = Field(sa_type=Json)


class CalendarDay(Row, table=True):
    """A day of an imported official notice: works or rests, against its weekday or with it."""

    __tablename__ = "calendar_day"
    calendar: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    works: bool
    name: str = ""


class Operation(Stored, table=True):
    """One writing command: who, when, what; chained by hash to the one before."""

    __tablename__ = "operation"
    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = instant()
    staff_id: int | None = refers("staff.id", null=True, index=False)
    command: str
    summary_en: str = ""
    summary_zh: str = ""
    order_id: int | None = Field(default=None, index=True)
    customer_id: int | None = Field(default=None, index=True)
    undoes: int | None = Field(default=None, index=True)
    request_key: str | None = Field(default=None, unique=True)
    rows_hash: str
    prev_hash: str
    hash: str


class Change(Stored, table=True):
    """One row an operation made (I), changed (U) or removed (D); B is a batch with its own inverse.

    ``image`` holds before and after behind ``salt``; the chain holds only the commitment, so that a person's
    data can be erased and the chain still verifies.
    """

    __tablename__ = "operation_row"
    __table_args__ = (
        Index("ix_operation_row_target", "table_name", "row_key"),
        Index("ix_operation_row_order", "order_id"),
        Index("ix_operation_row_customer", "customer_id"),
    )
    operation_id: int = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    table_name: str
    row_key: str
    kind: str
    order_id: int | None = None
    customer_id: int | None = None
    salt: str | None = None
    image: dict[str, Any] | None = Field(default=None, sa_type=Json)
    commitment: str


class CatalogueFlow(Stored, table=True):
    """Titles of a flow for commands that load no plugin; refreshed when a plugin's version changes."""

    __tablename__ = "catalogue_flow"
    plugin: str
    flow: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    digest: str
    title_en: str
    title_zh: str


class CatalogueStep(Stored, table=True):
    __tablename__ = "catalogue_step"
    flow: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    step: str = Field(primary_key=True)
    position: int
    final: bool
    on_path: bool
    role: str | None = None
    title_en: str
    title_zh: str
    hint_en: str = ""
    hint_zh: str = ""


class CatalogueAction(Stored, table=True):
    """An action that people may try in a step; under step ``*`` every action of the flow, for titles."""

    __tablename__ = "catalogue_action"
    flow: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    step: str = Field(primary_key=True)
    action: str = Field(primary_key=True)
    position: int
    roles: str
    fields: str
    moves: bool
    signs: bool = False
    title_en: str
    title_zh: str


class RequestAnswer(Stored, table=True):
    """The answer to a command that was given a request id, so that a retry gets the same and changes nothing.

    ``digest`` is of the command's words; ``answer`` is missing only when the process died before it answered.
    """

    __tablename__ = "request_answer"
    key: str = Field(primary_key=True)
    digest: str
    at: datetime = instant()
    answer: dict[str, Any] | None = Field(default=None, sa_type=Json)


class PluginRow(Row, table=True):
    """A plugin that has joined the shop, known to commands that load none.

    ``version`` is the distribution's when it joined; that of the catalogue's writer stands in ``shop_meta``.
    """

    __tablename__ = "plugin"
    key: str = Field(primary_key=True)
    prefixes: list[str] = json_field(list)
    listens: list[str] = json_field(list)
    version: str
    enabled: bool = True


class DocumentRow(Row, table=True):
    """A document that was issued: the facts it showed then. ``state`` is draft, final or void.

    Version 1 bears the number (a document kind without a series has none); later versions point to it by ``of_id``.
    ``language`` is the one it was made for; ``printed`` counts the copies that left the printer.
    """

    unjournaled: ClassVar[frozenset[str]] = frozenset({"rv", "printed"})
    __tablename__ = "document"
    __table_args__ = (Index("ix_document_kind", "trade", "key"), UniqueConstraint("of_id", "version"))
    id: int | None = Field(default=None, primary_key=True)
    number: str | None = Field(default=None, unique=True)
    of_id: int | None = Field(default=None, foreign_key="document.id")
    trade: str
    key: str
    order_id: int | None = refers("orders.id", null=True)
    customer_id: int | None = refers("customer.id", null=True)
    title_en: str
    title_zh: str
    version: int = 1
    language: str
    state: str = "final"
    facts: dict[str, Any] = Field(
        default_factory=dict, sa_type=Json, nullable=False, sa_column_kwargs={"info": {"personal": True, "mask": None}}
    )
    printed: int = 0
    made_by: int | None = refers("staff.id", null=True, index=False)
    made_at: datetime = instant()
    void_at: datetime | None = instant(null=True)
    void_en: str = ""
    void_zh: str = ""

    def why_stays(self) -> T | None:
        """Return that paper left the house: its number was seen and must be accounted for."""
        if not self.printed:
            return None
        return T("document {no} was printed {n} times; it is void now", zh="单据 {no} 已打印 {n} 份, 现作废").of(
            no=self.number or f"#{self.id}", n=self.printed
        )
