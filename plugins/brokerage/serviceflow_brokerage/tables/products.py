"""Products, risk assessments, rates and the order data of the flows about them. Source: brokerage.md section 3."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from serviceflow.api import Row, instant, json_field, money_column, personal, refers
from sqlalchemy import Index
from sqlmodel import Field


class BrokerProduct(Row, table=True):
    """A product; ``r_level`` 0 is plain facts without a suitability test. ``levels``: [day, level] since the start."""

    __tablename__ = "broker_product"
    code: str = Field(primary_key=True)
    name: str
    r_level: int
    invest_class: str
    term_days: int | None = None
    min_assets: int | None = money_column(null=True)
    status: str = "on_sale"
    levels: list[Any] = json_field(list)


class BrokerQuestionnaire(Row, table=True):
    """Questions ``{key, text, options: [{text, points, knock_out}]}``; the most points of all make exactly 100."""

    __tablename__ = "broker_questionnaire"
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    questions: list[Any] = json_field(list)
    state: str = "active"


class BrokerRiskAssessment(Row, table=True):
    """A risk assessment; ``expires_on`` is the first invalid day, ``by`` who has entered it."""

    __tablename__ = "broker_risk_assessment"
    __table_args__ = (Index("ix_broker_risk_assessment_customer", "customer_id", "assessed_on"),)
    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = refers("customer.id", index=False)
    questionnaire: int | None = None
    score: int
    level: int
    lowest: bool = False
    kinds: list[str] = json_field(list)
    max_term_days: int
    assessed_on: date
    expires_on: date
    method: str = "onsite"
    recording_ref: str | None = None
    state: str = "current"
    by: int | None = refers("staff.id", null=True, index=False)


class BrokerOpening(Row, table=True):
    """What an account opening gathers. Source: brokerage.md section 4.1."""

    __tablename__ = "broker_opening"
    order_id: int = refers("orders.id", primary=True)
    customer_id: int = refers("customer.id")
    origin: str
    referral_id: int | None = None
    campaign: str | None = None
    entry_product: str | None = None
    custody_bank: str | None = None
    verifier_id: int | None = refers("staff.id", null=True, index=False)
    rate: int | None = None
    agreements: list[str] = json_field(list)
    account_no: str | None = None
    satisfied: int | None = None


class BrokerSuitability(Row, table=True):
    """One client, one product, one amount, with the check's result and the letter if there is one."""

    __tablename__ = "broker_suitability"
    order_id: int = refers("orders.id", primary=True)
    customer_id: int = refers("customer.id")
    product: str = Field(foreign_key="broker_product.code")
    amount: int = money_column()
    initiated_by: str
    channel: str
    checked_at: datetime | None = instant(null=True)
    result: str = ""
    reason: str = ""
    failing: list[str] = json_field(list)
    by_letter: bool = False
    letter_no: str | None = None
    letter_state: str = ""
    issued_at: datetime | None = instant(null=True)
    letter_level: int | None = None
    letter_r_level: int | None = None
    letter_items: list[str] = json_field(list)
    age_at_issue: int | None = None
    executed_amount: int | None = money_column(null=True)


class BrokerRateOffer(Row, table=True):
    """A special rate of one account; ``expires_on`` is its first invalid day."""

    __tablename__ = "broker_rate_offer"
    order_id: int = refers("orders.id", primary=True)
    customer_id: int = refers("customer.id")
    account_id: int = Field(foreign_key="broker_account.id", index=True)
    rate: int
    old_rate: int
    reason: str
    months: int
    effective_on: date | None = None
    expires_on: date | None = None
    revoke_on: date | None = None
    committed_assets: int | None = money_column(null=True)
    committed_turnover_90d: int | None = money_column(null=True)
    reviews: int = 0
    state: str = "drafted"


class BrokerRetention(Row, table=True):
    __tablename__ = "broker_retention"
    order_id: int = refers("orders.id", primary=True)
    customer_id: int = refers("customer.id")
    trigger: str
    started_on: date
    assets_start: int | None = money_column(null=True)
    assets_end: int | None = money_column(null=True)
    reason: str | None = None
    remedies: list[str] = json_field(list)


class BrokerClosing(Row, table=True):
    __tablename__ = "broker_closing"
    order_id: int = refers("orders.id", primary=True)
    customer_id: int = refers("customer.id")
    account_id: int = Field(foreign_key="broker_account.id", index=True)
    kind: str
    reason: str
    channel: str
    talked: bool = False
    open_items: list[str] = json_field(list)


class BrokerPersonalPlan(Row, table=True):
    """A personal plan; ``lines``: {product, r_level, invest_class, term_days, weight} with weights of 10000 bp."""

    __tablename__ = "broker_personal_plan"
    order_id: int = refers("orders.id", primary=True)
    customer_id: int = refers("customer.id")
    goal: str = personal()
    amount: int = money_column()
    horizon_days: int
    author_id: int | None = refers("staff.id", null=True, index=False)
    lines: list[Any] = json_field(list)
    level: int | None = None


class BrokerQuestion(Row, table=True):
    __tablename__ = "broker_question"
    order_id: int = refers("orders.id", primary=True)
    customer_id: int = refers("customer.id")
    topic: str
    channel: str
    text: str = personal()
    asked_at: datetime = instant()
    answer_due: datetime = instant()
    answer: str = personal(default="")
    r_level: int | None = None
    answered_at: datetime | None = instant(null=True)
    analyst_id: int | None = refers("staff.id", null=True, hand_over=True, index=False)
