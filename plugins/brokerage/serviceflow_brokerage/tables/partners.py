"""Partners who bring clients (共生营销), what was agreed with them, what they are owed.

Source: brokerage.md section 3.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from serviceflow.api import Row, instant, json_field, money_column, partial_index, personal, refers
from sqlmodel import Field


class BrokerPartner(Row, table=True):
    __tablename__ = "broker_partner"
    customer_id: int = refers("customer.id", merge="keep", primary=True)
    code: str = Field(unique=True)
    kind: str
    regions: list[str] = json_field(list)
    contact: str = personal(default="")


class BrokerPartnerContract(Row, table=True):
    """Terms of a cooperation; ``end_on`` still belongs to it. Proposed terms are ``draft``."""

    __tablename__ = "broker_partner_contract"
    order_id: int = refers("orders.id", primary=True)
    customer_id: int = refers("customer.id")
    state: str = "draft"
    model: str = "none"
    start: date | None = None
    end_on: date | None = None
    regions: list[str] = json_field(list)
    per_account_fen: int | None = money_column(null=True)
    min_assets: int | None = money_column(null=True)
    within_days: int | None = None
    share: int | None = None
    share_months: int | None = None
    bundle_note: str = ""
    bundle_rate: int | None = None


class BrokerReferral(Row, table=True):
    __tablename__ = "broker_referral"
    id: int | None = Field(default=None, primary_key=True)
    partner_id: int = refers("customer.id")
    customer_id: int = refers("customer.id")
    referred_on: date
    registered_at: datetime = instant()
    state: str = "open"
    order_id: int | None = refers("orders.id", null=True)


class BrokerReassignment(Row, table=True):
    """A referral that is to count for another partner; ``approvals`` are [role, who, when].

    ``state`` is asked, done or refused. Source: brokerage.md section 5.6.
    """

    __tablename__ = "broker_reassignment"
    id: int | None = Field(default=None, primary_key=True)
    referral_id: int = refers("broker_referral.id")
    partner_id: int = refers("customer.id")
    reason: str
    by: int = refers("staff.id", index=False)
    at: datetime = instant()
    approvals: list[Any] = json_field(list)
    state: str = "asked"


class BrokerStatement(Row, table=True):
    """What a partner is owed for a month (its first day)."""

    __tablename__ = "broker_statement"
    __table_args__ = (
        partial_index(
            "ix_broker_statement_month",
            "customer_id",
            "month",
            unique=True,
            where="state <> 'void'",
        ),
    )
    order_id: int = refers("orders.id", primary=True)
    customer_id: int = refers("customer.id", index=False)
    month: date
    state: str = "drafted"
    total: int = money_column(default=0)
    carried_in: int = money_column(default=0)
    carried_out: int = money_column(default=0)
    payable: int = money_column(default=0)
    frozen: bool = False
    reference: str = ""


class BrokerStatementLine(Row, table=True):
    """A client's part of a statement; ``about`` is the month an adjustment corrects."""

    __tablename__ = "broker_statement_line"
    id: int | None = Field(default=None, primary_key=True)
    order_id: int = refers("orders.id")
    customer_id: int = refers("customer.id")
    kind: str
    about: date
    base: int = money_column(default=0)
    amount: int = money_column()
