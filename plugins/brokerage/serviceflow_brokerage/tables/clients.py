"""Clients, their accounts and what the back office delivers of them. Source: brokerage.md section 3.

Money in fen, rates in ppm of turnover. Snapshots and batches are written by bulk statements, each batch with its
inverse; everything else changes row by row.
"""

from __future__ import annotations

from datetime import date, datetime

from serviceflow.api import Row, Stored, instant, json_field, money_column, partial_index, personal, refers
from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field


class BrokerRegion(Row, table=True):
    __tablename__ = "broker_region"
    code: str = Field(primary_key=True)
    name: str
    region_class: str
    capacity: str = "medium"
    quality: str = "mid"
    competition: str = "mid"
    entry: str = "phone"
    entry_origin: str = "rule"
    entry_reason: str = ""
    service_mix: list[str] = json_field(list)


class BrokerClient(Row, table=True):
    """What the branch knows of a customer; full identity numbers are never stored, only a keyed hash."""

    __tablename__ = "broker_client"
    __table_args__ = (
        CheckConstraint("status IN ('prospect','active','suspended','closed')", name="status"),
        partial_index(
            "ix_broker_client_id_hash",
            "id_hash",
            unique=True,
            where="status <> 'closed'",
        ),
        Index("ix_broker_client_status", "status"),
    )
    customer_id: int = refers("customer.id", merge="keep", erase="delete", primary=True)
    client_seq: int = Field(unique=True)
    client_no: str | None = Field(default=None, unique=True)
    status: str = "prospect"
    kind: str = "person"
    id_type: str | None = None
    id_last4: str | None = personal(null=True)
    id_hash: str | None = personal(null=True)
    id_valid_until: date | None = personal(null=True)
    opened_on: date | None = None
    closed_on: date | None = None
    branch: str = ""
    region_code: str | None = Field(default=None, foreign_key="broker_region.code")
    service_mode_declared: str | None = None
    time_input_declared: str | None = None
    education: str | None = personal(null=True)
    income: str | None = personal(null=True)
    occupation: str | None = personal(null=True)
    declared_wealth: int | None = money_column(null=True)
    family_note: str | None = personal(null=True)
    invest_history: list[str] = json_field(list)
    pref_kinds: list[str] = json_field(list)
    pref_channel: str | None = None
    investor_class: str = "ordinary"
    professional_until: date | None = None
    source_kind: str = "other"


class BrokerAccount(Row, table=True):
    """An account; ``base_rate`` is its rate outside offers. Open at D: opened_on <= D and not closed by D."""

    __tablename__ = "broker_account"
    __table_args__ = (
        CheckConstraint("(status = 'closed') = (closed_on IS NOT NULL)", name="closed"),
        CheckConstraint("closed_on IS NULL OR closed_on >= opened_on", name="life"),
    )
    id: int | None = Field(default=None, primary_key=True)
    account_no: str = Field(unique=True)
    customer_id: int = refers("customer.id")
    kind: str = "cash"
    opened_on: date
    closed_on: date | None = None
    status: str = "open"
    rate: int = 0
    base_rate: int = 0
    custody_bank: str | None = None


class BrokerBatch(Row, table=True):
    """One file that was loaded, refused or taken back."""

    __tablename__ = "broker_batch"
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    file_name: str
    sha256: str = Field(index=True)
    rows: int = 0
    inserted: int = 0
    replaced: int = 0
    unchanged: int = 0
    duplicate: int = 0
    rejected: int = 0
    state: str = "loaded"
    operation: int | None = None
    by: int | None = refers("staff.id", null=True, index=False)
    at: datetime = instant()


class BrokerBatchReject(Stored, table=True):
    __tablename__ = "broker_batch_reject"
    batch_id: int = Field(primary_key=True, foreign_key="broker_batch.id")
    line: int = Field(primary_key=True)
    reason: str
    text: str


class BrokerSnapshot(Stored, table=True):
    """State of an account at the end of ``as_of`` and what happened since its snapshot before."""

    __tablename__ = "broker_snapshot"
    __table_args__ = (
        CheckConstraint("total_assets >= 0", name="assets"),
        Index("ix_broker_snapshot_as_of", "as_of"),
        Index("ix_broker_snapshot_batch_id", "batch_id"),
    )
    account_id: int = Field(primary_key=True, foreign_key="broker_account.id")
    as_of: date = Field(primary_key=True)
    total_assets: int = money_column()
    cash: int | None = money_column(null=True)
    trades: int = 0
    trades_onsite: int | None = None
    turnover: int = money_column(default=0)
    commission: int = money_column(default=0)
    net_commission: int | None = money_column(null=True)
    deposits: int = money_column(default=0)
    withdrawals: int = money_column(default=0)
    last_trade_date: date | None = None
    batch_id: int | None = None


class BrokerSnapshotUndo(Stored, table=True):
    """A snapshot as it was before a batch replaced it."""

    __tablename__ = "broker_snapshot_undo"
    undone_by: int = Field(primary_key=True, foreign_key="broker_batch.id")
    account_id: int = Field(primary_key=True, foreign_key="broker_account.id")
    as_of: date = Field(primary_key=True)
    total_assets: int = money_column()
    cash: int | None = money_column(null=True)
    trades: int = 0
    trades_onsite: int | None = None
    turnover: int = money_column(default=0)
    commission: int = money_column(default=0)
    net_commission: int | None = money_column(null=True)
    deposits: int = money_column(default=0)
    withdrawals: int = money_column(default=0)
    last_trade_date: date | None = None
    batch_id: int | None = None


class BrokerProfileChange(Row, table=True):
    """A change of a watched field of the client file; old and new are masked."""

    __tablename__ = "broker_profile_change"
    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = refers("customer.id", erase="delete")
    field: str
    old: str | None = None
    new: str | None = None
    at: datetime = instant()
    by: int | None = refers("staff.id", null=True, index=False)
    batch_id: int | None = None


class BrokerNeed(Row, table=True):
    """A business need (业务需要) a client has told."""

    __tablename__ = "broker_need"
    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = refers("customer.id", erase="delete")
    text: str = personal()
    category: str = "other"
    state: str = "open"
    at: datetime = instant()


class BrokerComplaint(Row, table=True):
    """A complaint kept by the branch itself: open until its task is done. Source: brokerage.md section 5.11."""

    __tablename__ = "broker_complaint"
    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = refers("customer.id")
    order_id: int | None = refers("orders.id", null=True)
    task_id: int = refers("task.id", index=True)
    category: str
    text: str = personal()
    at: datetime = instant()


__all__ = [
    "BrokerAccount",
    "BrokerBatch",
    "BrokerBatchReject",
    "BrokerClient",
    "BrokerComplaint",
    "BrokerNeed",
    "BrokerProfileChange",
    "BrokerRegion",
    "BrokerSnapshot",
    "BrokerSnapshotUndo",
]
