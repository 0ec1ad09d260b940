"""Published notes go to those who have chosen their topic, each once, at most so many a day.

Source: brokerage.md section 5.14.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from serviceflow.api import Shop, T, Tx, table_of
from sqlalchemy import func, select

from serviceflow_brokerage.lease import hold, leased
from serviceflow_brokerage.people import assessments_at
from serviceflow_brokerage.reach import Person, Way, persons, send
from serviceflow_brokerage.research.notes import settle, shares
from serviceflow_brokerage.suitability import is_professional
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.contact import BrokerDelivery, BrokerNote, BrokerSubscription, BrokerTopic
from serviceflow_brokerage.tables.products import BrokerRiskAssessment

SKIPPED: Final = {
    "no-contact": T("no contact point", zh="无联系方式"),
    "opted-out": T("opted out", zh="已退订"),
    "no-consent": T("no consent", zh="未同意营销"),
    "open-complaint": T("open complaint", zh="有未结投诉"),
    "suitability": T("suitability", zh="适当性不匹配"),
    "cap": T("daily cap", zh="达到每日上限"),
}
"""Why a note does not reach a subscriber, in the order in which the first that applies is recorded."""


@dataclass(slots=True)
class Pushed:
    """What a push run did."""

    notes: int = 0
    queued: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


def push_run(shop: Shop) -> Pushed:
    """Push every published note that was not pushed yet.

    Raises:
        BadInput: ``run-locked``.
    """
    found = Pushed()
    today = shop.local_day(shop.clock.now())
    with leased(shop, "push", today) as run:
        with shop.write("brokerage push run") as tx:
            _Push(shop, tx, today, found).run()
            hold(tx, run)
            tx.summary = T("Push run: {n} notes, {q} messages", zh="推送运行: 报告 {n} 份, 消息 {q} 条").of(
                n=found.notes, q=found.queued
            )
        run.counts = {"notes": found.notes, "queued": found.queued, "skipped": sum(found.skipped.values())}
    return found


class _Push:
    """One run inside its transaction."""

    def __init__(self, shop: Shop, tx: Tx, day: date, found: Pushed) -> None:
        self.shop, self.tx, self.day, self.found = shop, tx, day, found
        self.cap: int = shop.setting("broker.push_daily_cap")
        deliveries = table_of(BrokerDelivery)
        had = select(deliveries.c.customer_id, func.count()).where(
            deliveries.c.day == day, deliveries.c.state != "skipped"
        )
        self.had: Counter[int] = Counter(dict(tx.rows(had.group_by(deliveries.c.customer_id))))
        self.persons: dict[int, Person] = {}
        self.assessments: dict[int, BrokerRiskAssessment] = {}

    def run(self) -> None:
        settle(self.tx)
        notes = table_of(BrokerNote)
        for note in self.tx.all(
            BrokerNote, notes.c.state == "published", notes.c.pushed.is_(False),
            order_by=[notes.c.priority, notes.c.published_at, notes.c.id],
        ):  # fmt: skip
            self._note(note)
            self.tx.change(note, pushed=True)
            self.found.notes += 1

    def _note(self, note: BrokerNote) -> None:
        topic = self.tx.need(BrokerTopic, note.topic)
        facts: dict[str, Any] = {
            "topic": T(topic.title_en, zh=topic.title_zh).both(), "title": note.title, "link": note.link,
        }  # fmt: skip
        subscribers = self._subscribers(note)
        self._know([c.customer_id for c, _ in subscribers])
        for client, chosen in subscribers:
            way = self._way(note, client, chosen)
            message = None
            if isinstance(way, Way):
                own = chosen.origin == "client"
                message = send(
                    self.tx, "research-own" if own else "research-push", "service" if own else "marketing",
                    client.customer_id, self.persons[client.customer_id], way, about=f"note {note.id}",
                    language=self.shop.setting("core.language"), facts=facts,
                )  # fmt: skip
                self.had[client.customer_id] += 1
                self.found.queued += 1
            else:
                self.found.skipped[way] += 1
            assert note.id is not None
            self.tx.add(
                BrokerDelivery(
                    note_id=note.id, customer_id=client.customer_id, day=self.day,
                    state="queued" if message is not None else "skipped",
                    reason=way if isinstance(way, str) else "", message_id=message.id if message is not None else None,
                )
            )  # fmt: skip
            self.tx.spill()

    def _subscribers(self, note: BrokerNote) -> list[tuple[BrokerClient, BrokerSubscription]]:
        clients, topics, deliveries = table_of(BrokerClient), table_of(BrokerSubscription), table_of(BrokerDelivery)
        had = select(deliveries.c.customer_id).where(deliveries.c.note_id == note.id)
        mine = [topics.c.topic == note.topic, topics.c.state == "active", topics.c.customer_id.not_in(had)]
        chosen = {s.customer_id: s for s in self.tx.all(BrokerSubscription, *mine)}
        active = self.tx.all(
            BrokerClient, clients.c.status == "active",
            clients.c.customer_id.in_(select(topics.c.customer_id).where(*mine)), order_by=[clients.c.client_seq],
        )  # fmt: skip
        pairs = [(client, chosen[client.customer_id]) for client in active]
        return [(client, s) for client, s in pairs if shares(set(s.codes), note)]

    def _know(self, customers: list[int]) -> None:
        unknown = [c for c in customers if c not in self.persons]
        self.persons |= persons(self.tx, unknown)
        self.assessments |= assessments_at(self.tx, unknown, self.day)

    def _way(self, note: BrokerNote, client: BrokerClient, chosen: BrokerSubscription) -> Way | str:
        person, own = self.persons[client.customer_id], chosen.origin == "client"
        channels = [c for c in (chosen.channel, "sms", "wechat", "email") if c]
        way = person.way("service" if own else "marketing", channels)
        if isinstance(way, str):
            return "no-contact" if way == "no-contact-point" else way
        if not own and person.complains:
            return "open-complaint"
        if not self._suits(note, client):
            return "suitability"
        return way if self.had[client.customer_id] < self.cap else "cap"

    def _suits(self, note: BrokerNote, client: BrokerClient) -> bool:
        if note.r_level == 0 or is_professional(client, self.day):
            return True
        found = self.assessments.get(client.customer_id)
        return found is not None and self.day < found.expires_on and found.level >= note.r_level
