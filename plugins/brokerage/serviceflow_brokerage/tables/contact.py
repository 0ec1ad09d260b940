"""Campaigns, research notes and who receives them. Source: brokerage.md section 3."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from serviceflow.api import Row, instant, json_field, money_column, refers
from sqlalchemy import UniqueConstraint
from sqlmodel import Field


class BrokerCampaign(Row, table=True):
    """A campaign; ``target`` is a condition of rule files, ``feedback`` the ways back for the client.

    ``approvals`` are [role, who, when]; ``note`` says why it was returned or cancelled.
    """

    __tablename__ = "broker_campaign"
    code: str = Field(primary_key=True)
    campaign_seq: int = Field(unique=True)
    name: str
    kind: str
    target: dict[str, Any] = json_field()
    product: str | None = Field(default=None, foreign_key="broker_product.code")
    channels: list[str] = json_field(list)
    feedback: list[str] = json_field(list)
    start: date
    end: date
    control_pct: int = 0
    goal: str
    goal_amount: int | None = money_column(null=True)
    budget: int = money_column(default=0)
    body: str = ""
    link: str = ""
    state: str = "draft"
    author_id: int | None = refers("staff.id", null=True, index=False)
    approvals: list[Any] = json_field(list)
    note: str = ""
    started_on: date | None = None


class BrokerCampaignMember(Row, table=True):
    __tablename__ = "broker_campaign_member"
    __table_args__ = (UniqueConstraint("campaign", "customer_id"),)
    id: int | None = Field(default=None, primary_key=True)
    campaign: str = Field(foreign_key="broker_campaign.code")
    customer_id: int = refers("customer.id", erase="delete")
    status: str
    reason: str = ""
    channel: str = ""
    message_id: int | None = refers("message.id", null=True)


class BrokerCampaignEvent(Row, table=True):
    __tablename__ = "broker_campaign_event"
    id: int | None = Field(default=None, primary_key=True)
    member_id: int = Field(foreign_key="broker_campaign_member.id", index=True)
    kind: str
    at: datetime = instant()
    content: str = ""
    external_id: str | None = Field(default=None, unique=True)


class BrokerSurveyQuestion(Row, table=True):
    """A question of a survey campaign; ``profile_field``: the field of the client file that an answer updates."""

    __tablename__ = "broker_survey_question"
    campaign: str = Field(primary_key=True, foreign_key="broker_campaign.code")
    key: str = Field(primary_key=True)
    text: str
    options: list[str] = json_field(list)
    profile_field: str | None = None


class BrokerCallback(Row, table=True):
    """A callback (回访) that went well: identity, risks and no proxy trading are confirmed."""

    __tablename__ = "broker_callback"
    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = refers("customer.id", erase="delete")
    order_id: int | None = refers("orders.id", null=True)
    staff_id: int | None = refers("staff.id", null=True, index=False)
    at: datetime = instant()
    satisfied: int | None = None


class BrokerTopic(Row, table=True):
    __tablename__ = "broker_topic"
    code: str = Field(primary_key=True)
    title_en: str
    title_zh: str


class BrokerCoverage(Row, table=True):
    """Who writes what, and how often."""

    __tablename__ = "broker_coverage"
    id: int | None = Field(default=None, primary_key=True)
    staff_id: int = refers("staff.id", hand_over=True)
    topic: str = Field(foreign_key="broker_topic.code")
    subject: str = ""
    cadence: str = "none"
    due_time: str = "08:30"


class BrokerNote(Row, table=True):
    __tablename__ = "broker_note"
    id: int | None = Field(default=None, primary_key=True)
    title: str
    topic: str = Field(foreign_key="broker_topic.code")
    codes: list[str] = json_field(list)
    r_level: int = 0
    priority: int = 5
    author_id: int | None = refers("staff.id", null=True, index=False)
    body: str = ""
    link: str = ""
    state: str = "draft"
    published_at: datetime | None = instant(null=True)
    pushed: bool = False


class BrokerSubscription(Row, table=True):
    """A topic a client receives; ``codes`` is his own watch list, empty means all.

    ``run_id``: the segment run that has put it in; runs move such rows by set statements, others one by one. It goes
    when somebody changes the row by hand.
    """

    __tablename__ = "broker_subscription"
    __table_args__ = (UniqueConstraint("customer_id", "topic"),)
    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = refers("customer.id", erase="delete", index=False)
    topic: str = Field(foreign_key="broker_topic.code", index=True)
    channel: str = ""
    origin: str = "plan"
    codes: list[str] = json_field(list)
    state: str = "active"
    since: date
    run_id: int | None = Field(default=None, index=True)


class BrokerDelivery(Row, table=True):
    __tablename__ = "broker_delivery"
    __table_args__ = (UniqueConstraint("note_id", "customer_id"),)
    id: int | None = Field(default=None, primary_key=True)
    note_id: int = Field(foreign_key="broker_note.id", index=True)
    customer_id: int = refers("customer.id", erase="delete")
    day: date
    state: str
    reason: str = ""
    message_id: int | None = refers("message.id", null=True)
