"""Who takes part in a campaign, who is its control group, who is left out and why. Source: brokerage.md section 5.7."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from serviceflow.api import Customer, MarketingCap, MessageRow, Shop, Tx, instant_of, table_of
from sqlalchemy import func, select

from serviceflow_brokerage.campaign.target import meant
from serviceflow_brokerage.people import assessments_at
from serviceflow_brokerage.reach import Person, Way, persons
from serviceflow_brokerage.segment.fields import drop, fill_fields
from serviceflow_brokerage.segment.rulesets import rule_settings
from serviceflow_brokerage.suitability import assets_enough, judged
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.contact import BrokerCampaign
from serviceflow_brokerage.tables.products import BrokerProduct, BrokerRiskAssessment
from serviceflow_brokerage.tables.segments import BrokerSegmentState, BrokerServicePlan

REASONS: Final = (
    "not-active", "no-contact-point", "opted-out", "no-consent", "open-complaint", "suitability", "frequency-cap",
)  # fmt: skip
"""Why somebody is left out, in the order in which the first that applies is recorded."""
CAP_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Place:
    """A client's place in a campaign: ``targeted``, ``control`` or ``excluded`` with the reason."""

    client: BrokerClient
    person: Person
    status: str
    reason: str = ""
    way: Way | None = None


def purpose_of(campaign: BrokerCampaign) -> str:
    """Return what its messages are for: surveys need no consent, an opt-out keeps them away too."""
    return "survey" if campaign.kind == "survey" else "marketing"


def is_control(client_seq: int, campaign_seq: int, control_pct: int) -> bool:
    """Return whether the lot makes a client part of the control group; the same lot whenever it is drawn."""
    return (client_seq * 48271 + campaign_seq * 69621) % 2147483647 % 100 < control_pct


def places(shop: Shop, tx: Tx, campaign: BrokerCampaign, day: date) -> list[Place]:
    """Return everybody the campaign means with his or her place, if it started on ``day``."""
    clients = meant(shop, tx, campaign)
    known = persons(tx, [c.customer_id for c in clients])
    fitting = _Fitting(shop, tx, campaign, [c.customer_id for c in clients], day)
    caps = _Caps(shop, tx, day)
    found = []
    for client in clients:
        person = known[client.customer_id]
        way = person.way(purpose_of(campaign), campaign.channels)
        reason = _excluded(campaign, client, person, way, fitting, caps)
        if reason:
            found.append(Place(client, person, "excluded", reason))
            continue
        control = is_control(client.client_seq, campaign.campaign_seq, campaign.control_pct)
        assert isinstance(way, Way)
        found.append(Place(client, person, "control" if control else "targeted", way=way))
    return found


def counted(found: list[Place]) -> dict[str, int]:
    """Return how many are targeted and in control, and the reasons with how many each leaves out."""
    seen = Counter(p.reason if p.status == "excluded" else p.status for p in found)
    return {key: seen[key] for key in ("targeted", "control", *REASONS) if seen[key] or key in ("targeted", "control")}


def _excluded(
    campaign: BrokerCampaign, client: BrokerClient, person: Person, way: Way | str, fitting: _Fitting, caps: _Caps
) -> str:
    wanted = "prospect" if campaign.kind == "acquisition" else "active"
    if client.status != wanted:
        return "not-active"
    if isinstance(way, str):
        return way
    if person.complains:
        return "open-complaint"
    if not fitting.fits(client):
        return "suitability"
    return "frequency-cap" if caps.reached(client.customer_id) else ""


class _Fitting:
    """Whether the campaign's product fits a client: items 3 to 7 of section 5.4."""

    def __init__(self, shop: Shop, tx: Tx, campaign: BrokerCampaign, customers: list[int], day: date) -> None:
        product = tx.get(BrokerProduct, campaign.product) if campaign.product is not None else None
        self.product = product if product is not None and product.r_level >= 1 else None
        self.day = day
        self.assets: dict[int, int | None] = {}
        self.assessments: dict[int, BrokerRiskAssessment] = {}
        if self.product is None:
            return
        self.assessments = assessments_at(tx, customers, day)
        if self.product.min_assets is not None:
            fields = fill_fields(tx, day, rule_settings(shop.setting))
            query = select(fields.c.customer_id, fields.c.assets_now)
            self.assets = dict(tx.rows(query))
            drop(tx, fields)

    def fits(self, client: BrokerClient) -> bool:
        """Return whether the product may be named to the client."""
        product = self.product
        if product is None:
            return True
        if not assets_enough(product, self.assets.get(client.customer_id)):
            return False
        assessment = self.assessments.get(client.customer_id)
        found = judged(client, assessment, product.r_level, product.invest_class, product.term_days, self.day)
        return found.result == "matched"


def marketing_cap(shop: Shop, tx: Tx, customer: Customer) -> MarketingCap | None:
    """Return what the plan of a client's segment allows of marketing, ``None`` for who is no client."""
    if tx.get(BrokerClient, customer.id) is None:
        return None
    state = tx.get(BrokerSegmentState, customer.id)
    plan = tx.get(BrokerServicePlan, state.segment) if state is not None and state.segment else None
    most = plan.max_marketing_30d if plan is not None else shop.setting("broker.marketing_cap_default")
    return MarketingCap(most, CAP_DAYS)


class _Caps:
    """How much marketing clients have had in the days before, and how much their segment's plan allows."""

    def __init__(self, shop: Shop, tx: Tx, day: date) -> None:
        messages, states = table_of(MessageRow), table_of(BrokerSegmentState)
        first = instant_of(day - timedelta(days=CAP_DAYS - 1), time(0), shop.zone)
        end = instant_of(day + timedelta(days=1), time(0), shop.zone)
        at = func.coalesce(messages.c.sent_at, messages.c.due_at)
        query = (
            select(messages.c.customer_id, func.count())
            .where(
                messages.c.purpose == "marketing", messages.c.customer_id.is_not(None), messages.c.staff_id.is_(None),
                messages.c.state.not_in(["cancelled", "suppressed", "failed", "expired"]), at >= first, at < end,
            )
            .group_by(messages.c.customer_id)
        )  # fmt: skip
        self.had: dict[int, int] = dict(tx.rows(query))
        self.segments: dict[int, str] = dict(tx.rows(select(states.c.customer_id, states.c.segment)))
        self.plans = {p.segment: p.max_marketing_30d for p in tx.all(BrokerServicePlan)}
        self.default: int = shop.setting("broker.marketing_cap_default")

    def reached(self, customer_id: int) -> bool:
        """Return whether one more message would be too many."""
        most = self.plans.get(self.segments.get(customer_id, ""), self.default)
        return self.had.get(customer_id, 0) >= most
