"""What a campaign has brought: reach, responses, answers in time, conversions, lift. Source: brokerage.md section 5.7.

Counts are whole numbers of members or events, rates pairs of them; nothing is divided before it is printed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from serviceflow.api import MessageRow, Shop, Tx, instant_of, table_of
from sqlalchemy import select

from serviceflow_brokerage.campaign.events import INBOUND
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerSnapshot
from serviceflow_brokerage.tables.contact import (
    BrokerCampaign,
    BrokerCampaignEvent,
    BrokerCampaignMember,
    BrokerSubscription,
)

ASKED: Final = ("reply", "ask")


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def bp(self) -> int | None:
        """The share in bp, rounded down; ``None`` of nothing."""
        return 10_000 * self.part // self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of a campaign or of one of its channels. Minutes, bp and fen are whole numbers, rounded down."""

    reach: Share
    response: Share
    two_way: Share
    feedback_minutes: int | None
    inbound: int
    responders: int
    opt_out: Share
    conversion: Share
    control: Share
    lift_bp: int | None
    cost_per_response: int | None
    excluded: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Member:
    """One member with what happened, in order of time."""

    customer_id: int
    status: str
    channel: str
    events: list[tuple[datetime, str]] = field(default_factory=list)
    sent: datetime | None = None
    converted: bool = False
    inbound: list[tuple[datetime, str]] = field(default_factory=list)

    def has(self, kind: str) -> bool:
        """Return whether something of a kind happened."""
        return any(found == kind for _, found in self.events)


def measure(shop: Shop, tx: Tx, campaign: BrokerCampaign, channel: str | None = None) -> Measures:
    """Measure a campaign as it stands now, or one of its channels."""
    members = _members(tx, campaign, channel)
    _respond(shop, campaign, members)
    _convert(shop, tx, campaign, members)
    excluded: dict[str, int] = defaultdict(int)
    own = table_of(BrokerCampaignMember)
    for out in tx.all(BrokerCampaignMember, own.c.campaign == campaign.code, own.c.status == "excluded"):
        excluded[out.reason] += 1
    targeted = [m for m in members if m.status == "targeted"]
    control = [m for m in members if m.status == "control"]
    responders = [m for m in targeted if m.inbound]
    asking = [m for m in targeted if any(kind in ASKED for _, kind in m.inbound)]
    within = timedelta(hours=shop.setting("broker.campaign_reply_hours"))
    converted = Share(sum(m.converted for m in targeted), len(targeted))
    beside = Share(sum(m.converted for m in control), len(control))
    return Measures(
        reach=Share(_reached(targeted), len(targeted)),
        response=Share(len(responders), len(targeted)),
        two_way=Share(sum(_answered(m, within) for m in asking), len(asking)),
        feedback_minutes=_lower_median([_minutes(m) for m in responders]),
        inbound=sum(len(m.inbound) for m in responders),
        responders=len(responders),
        opt_out=Share(sum(m.has("opt_out") for m in targeted), len(targeted)),
        conversion=converted,
        control=beside,
        lift_bp=None if converted.bp is None or beside.bp is None else converted.bp - beside.bp,
        cost_per_response=campaign.budget // len(responders) if responders else None,
        excluded=excluded,
    )


def _members(tx: Tx, campaign: BrokerCampaign, channel: str | None) -> list[_Member]:
    own, events, messages = table_of(BrokerCampaignMember), table_of(BrokerCampaignEvent), table_of(MessageRow)
    mine = [own.c.campaign == campaign.code, own.c.status.in_(["targeted", "control"])]
    if channel is not None:
        mine.append(own.c.channel == channel)
    found = {m.id: _Member(m.customer_id, m.status, m.channel) for m in tx.all(BrokerCampaignMember, *mine)}
    happened = select(events.c.member_id, events.c.at, events.c.kind).join(own, own.c.id == events.c.member_id)
    for member, at, kind in tx.rows(happened.where(*mine).order_by(events.c.at, events.c.id)):
        found[member].events.append((at, kind))
    left = select(own.c.id, messages.c.sent_at).join(messages, messages.c.id == own.c.message_id)
    for member, at in tx.rows(left.where(*mine, messages.c.sent_at.is_not(None))):
        found[member].events.append((at, "sent"))
    for known in found.values():
        known.sent = min((at for at, kind in known.events if kind == "sent"), default=None)
    return list(found.values())


def _respond(shop: Shop, campaign: BrokerCampaign, members: list[_Member]) -> None:
    """Find the inbound events that count: from the first message until so many days after the end."""
    after = campaign.end + timedelta(days=shop.setting("broker.campaign_response_days") + 1)
    until = instant_of(after, time(0), shop.zone)
    for member in members:
        sent = member.sent
        if sent is not None:
            member.inbound = sorted((at, kind) for at, kind in member.events if kind in INBOUND and sent <= at < until)


def _reached(targeted: list[_Member]) -> int:
    """Count who got it; a channel without any receipt counts what was sent."""
    receipts = {m.channel for m in targeted if m.has("delivered")}
    return sum(m.has("delivered") if m.channel in receipts else m.sent is not None for m in targeted)


def _answered(member: _Member, within: timedelta) -> bool:
    answers = [at for at, kind in member.events if kind == "staff_response"]
    asked = [at for at, kind in member.inbound if kind in ASKED]
    return any(at <= answer <= at + within for at in asked for answer in answers)


def _minutes(member: _Member) -> int:
    assert member.sent is not None
    return int((member.inbound[0][0] - member.sent).total_seconds()) // 60


def _lower_median(values: list[int]) -> int | None:
    return sorted(values)[(len(values) - 1) // 2] if values else None


def _convert(shop: Shop, tx: Tx, campaign: BrokerCampaign, members: list[_Member]) -> None:
    """Find who met the goal within the days after the first message, for the control group after the start."""
    days = timedelta(days=shop.setting("broker.campaign_convert_days"))
    spans: dict[int, tuple[date, date]] = {}
    for member in members:
        first = campaign.started_on if member.status == "control" else None
        if member.status == "targeted" and member.sent is not None:
            first = shop.local_day(member.sent)
        if first is not None:
            spans[member.customer_id] = (first, first + days)
    met = _meeting(shop, tx, campaign, spans, members)
    for member in members:
        member.converted = member.customer_id in met


def _meeting(
    shop: Shop, tx: Tx, campaign: BrokerCampaign, spans: Mapping[int, tuple[date, date]], members: list[_Member]
) -> set[int]:
    if not spans:
        return set()
    first, last = min(a for a, _ in spans.values()), max(b for _, b in spans.values())
    own = table_of(BrokerCampaignMember)
    mine = select(own.c.customer_id).where(own.c.campaign == campaign.code, own.c.status != "excluded")
    if campaign.goal == "survey":
        dated = [(m.customer_id, shop.local_day(at), 1) for m in members for at, kind in m.events if kind == "answer"]
    elif campaign.goal == "open_account":
        accounts = table_of(BrokerAccount)
        opened = select(accounts.c.customer_id, accounts.c.opened_on)
        opened = opened.where(accounts.c.customer_id.in_(mine), accounts.c.opened_on.between(first, last))
        dated = [(customer, on, 1) for customer, on in tx.rows(opened)]
    elif campaign.goal == "subscribe":
        topics = table_of(BrokerSubscription)
        chosen = select(topics.c.customer_id, topics.c.since)
        chosen = chosen.where(topics.c.customer_id.in_(mine), topics.c.origin == "client")
        dated = [(customer, on, 1) for customer, on in tx.rows(chosen.where(topics.c.since.between(first, last)))]
    else:
        dated = _moved(tx, mine, first, last, trades=campaign.goal == "trade")
    least = campaign.goal_amount if campaign.goal == "deposit" and campaign.goal_amount is not None else 1
    sums: dict[int, int] = defaultdict(int)
    for customer, on, amount in dated:
        span = spans.get(customer)
        if span is not None and span[0] <= on <= span[1]:
            sums[customer] += amount
    return {customer for customer, amount in sums.items() if amount >= least}


def _moved(tx: Tx, mine: object, first: date, last: date, *, trades: bool) -> list[tuple[int, date, int]]:
    accounts, snapshots = table_of(BrokerAccount), table_of(BrokerSnapshot)
    what = snapshots.c.trades if trades else snapshots.c.deposits
    query = (
        select(accounts.c.customer_id, snapshots.c.as_of, what)
        .join(accounts, accounts.c.id == snapshots.c.account_id)
        .where(accounts.c.customer_id.in_(mine), snapshots.c.as_of.between(first, last), what >= 1)  # type: ignore[arg-type]
    )
    return [(customer, on, amount) for customer, on, amount in tx.rows(query)]
