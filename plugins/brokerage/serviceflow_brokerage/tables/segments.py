"""Rule files, dated runs and what they found; service plans, watch rules and alerts. Source: brokerage.md section 3.

A run's results are written by set statements in one transaction; ``evidence`` holds the values its rule has seen.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from serviceflow.api import Row, Stored, instant, json_field, money_column, partial_index, refers
from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field


class BrokerRuleset(Row, table=True):
    """A rule file that was loaded; the active one decides, older ones explain what they decided."""

    __tablename__ = "broker_ruleset"
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    sha256: str = Field(unique=True)
    toml: str
    state: str = "active"
    by: int | None = refers("staff.id", null=True, index=False)
    at: datetime = instant()


class BrokerRun(Row, table=True):
    """One import or run. While ``running`` it holds the lease of the branch's data until ``beat_at`` is too old."""

    __tablename__ = "broker_run"
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(index=True)
    as_of: date
    ruleset: int | None = None
    state: str = "running"
    host: str = ""
    counts: dict[str, Any] = json_field()
    settings: dict[str, Any] = json_field()
    started_at: datetime = instant()
    beat_at: datetime = instant()
    finished_at: datetime | None = instant(null=True)


class BrokerLease(Stored, table=True):
    """Who works on the branch's data; one row at most."""

    __tablename__ = "broker_lease"
    name: str = Field(primary_key=True)
    run_id: int
    host: str
    beat_at: datetime = instant()


class BrokerFeature(Stored, table=True):
    """The fields of one client as the last committed segment run computed them. Source: brokerage.md section 5.1."""

    __tablename__ = "broker_feature"
    customer_id: int = refers("customer.id", merge="keep", erase="delete", primary=True)
    status: str | None = None
    kind: str | None = None
    investor_class: str | None = None
    source_kind: str | None = None
    branch: str | None = None
    region_code: str | None = None
    education: str | None = None
    income: str | None = None
    occupation: str | None = None
    pref_channel: str | None = None
    service_mode_declared: str | None = None
    time_input_declared: str | None = None
    region_class: str | None = None
    region_entry: str | None = None
    age: int | None = None
    days_since_open: int | None = None
    open_accounts: int | None = None
    assets_now: int | None = money_column(null=True)
    assets_avg: int | None = money_column(null=True)
    cash_now: int | None = money_column(null=True)
    cash_bp: int | None = money_column(null=True)
    data_date: date | None = None
    data_age: int | None = None
    last_trade: date | None = None
    traded_ever: bool | None = None
    days_since_trade: int | None = None
    trades_90: int | None = None
    trades_365: int | None = None
    turnover_90: int | None = money_column(null=True)
    turnover_365: int | None = money_column(null=True)
    commission_90: int | None = money_column(null=True)
    commission_365: int | None = money_column(null=True)
    deposits_30: int | None = money_column(null=True)
    withdrawals_30: int | None = money_column(null=True)
    onsite_bp_180: int | None = None
    risk_level: int | None = None
    risk_valid: bool | None = None
    risk_days_left: int | None = None
    on_discount: bool | None = None
    open_complaint: bool | None = None
    r: int = 0
    f: int = 0
    m: int = 0
    value_score: int = 0


class BrokerSegmentState(Stored, table=True):
    __tablename__ = "broker_segment_state"
    __table_args__ = (Index("ix_broker_segment_state_segment", "segment"),)
    customer_id: int = refers("customer.id", merge="keep", erase="delete", primary=True)
    segment: str
    rule_id: str
    since: date
    run_id: int
    r: int = 0
    f: int = 0
    m: int = 0
    value_score: int = 0


class BrokerDimensionValue(Stored, table=True):
    __tablename__ = "broker_dimension_value"
    customer_id: int = refers("customer.id", merge="keep", erase="delete", primary=True)
    dimension: str = Field(primary_key=True)
    value: str
    rule_id: str
    since: date


class BrokerLabel(Stored, table=True):
    __tablename__ = "broker_label"
    customer_id: int = refers("customer.id", merge="keep", erase="delete", primary=True)
    label: str = Field(primary_key=True)
    since: date


class BrokerSegmentChange(Stored, table=True):
    """A change of ``segment``, ``dimension:<id>`` or ``label:<id>``; ``old`` or ``new`` is null when there was none."""

    __tablename__ = "broker_segment_change"
    __table_args__ = (Index("ix_broker_segment_change_effective_on", "effective_on"),)
    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = refers("customer.id", merge="keep", erase="delete")
    subject: str
    old: str | None = None
    new: str | None = None
    effective_on: date
    run_id: int = Field(index=True)
    rule_id: str
    evidence: dict[str, Any] = json_field()


class BrokerPin(Row, table=True):
    """A segment that was set by hand at a moment until a day, or until it was taken back."""

    __tablename__ = "broker_pin"
    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = refers("customer.id", erase="delete")
    segment: str
    until: date
    reason: str
    by: int | None = refers("staff.id", null=True, index=False)
    at: datetime = instant()
    ended_at: datetime | None = instant(null=True)
    state: str = "valid"


class BrokerServicePlan(Row, table=True):
    """How clients of a segment are served. ``contact_days`` 0: no calls."""

    __tablename__ = "broker_service_plan"
    segment: str = Field(primary_key=True)
    contact_days: int
    contact_channels: list[str] = json_field(list)
    topics: list[str] = json_field(list)
    max_marketing_30d: int = 4
    note: str = ""


class BrokerWatchRule(Row, table=True):
    """A rule of attention; ``condition`` is in the language of rule files."""

    __tablename__ = "broker_watch_rule"
    id: str = Field(primary_key=True)
    position: int
    title_en: str
    title_zh: str
    kind: str
    condition: dict[str, Any] = json_field()
    severity: str
    cooldown_days: int = 0
    auto_cancel: bool = False
    start_flow: str | None = None
    enabled: bool = True


class BrokerAlert(Row, table=True):
    __tablename__ = "broker_alert"
    __table_args__ = (
        UniqueConstraint("rule", "customer_id", "event_key"),
        partial_index(
            "ix_broker_alert_open",
            "rule",
            "customer_id",
            unique=True,
            where="cleared_on IS NULL AND event_key IS NULL",
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    rule: str
    customer_id: int = refers("customer.id", erase="delete")
    event_key: str | None = None
    raised_on: date
    cleared_on: date | None = None
    task_id: int | None = refers("task.id", null=True)
    order_id: int | None = refers("orders.id", null=True)
    evidence: dict[str, Any] = json_field()
    run_id: int | None = Field(default=None, index=True)
