"""Research notes: drafted, read by a second person, published, withdrawn. Source: brokerage.md section 5.14."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from serviceflow.api import BadInput, MessageRow, Shop, T, Tx, plain, table_of
from sqlalchemy import select

from serviceflow_brokerage.duties import need_role, second_person
from serviceflow_brokerage.reach import persons, send
from serviceflow_brokerage.refusals import refused
from serviceflow_brokerage.research.coverage import written
from serviceflow_brokerage.roles import AN, CO, RL
from serviceflow_brokerage.tables.contact import BrokerDelivery, BrokerNote, BrokerTopic
from serviceflow_brokerage.topics import subscriptions
from serviceflow_brokerage.unsent import take_back

STATES: Final = {
    "draft": T("draft", zh="草稿"),
    "in_review": T("in review", zh="待复核"),
    "published": T("published", zh="已发布"),
    "withdrawn": T("withdrawn", zh="已撤回"),
}
WITHDRAWN: Final = T("the note was withdrawn", zh="报告已撤回")


def note_of(tx: Tx, number: int) -> BrokerNote:
    """Return a note.

    Raises:
        Refused: There is none of that number.
    """
    found = tx.get(BrokerNote, number)
    if found is None:
        raise refused("unknown", plain("flow broker note list"), what=T("note", zh="报告"), id=number)
    return found


def topic_of(tx: Tx, code: str) -> BrokerTopic:
    """Return a topic.

    Raises:
        BadInput: There is none of that code; names those there are.
    """
    found = tx.get(BrokerTopic, code)
    if found is None:
        there = ", ".join(t.code for t in tx.all(BrokerTopic))
        raise BadInput(
            T("There is no topic {topic}.", zh="没有主题 {topic}。").of(topic=code),
            T("There are: {there}", zh="可用: {there}").of(there=there),
            ref="broker.topic",
        )
    return found


def add(
    shop: Shop, tx: Tx, title: str, topic: str, *, codes: Sequence[str] = (), r_level: int = 0, priority: int = 5,
    body: str = "", link: str = "",
) -> BrokerNote:  # fmt: skip
    """Draft a note; its author is who adds it.

    Raises:
        BadInput: No such topic, or neither body nor link.
        Refused: The actor is no analyst.
    """
    author = need_role(shop, tx, T("Write a note", zh="撰写报告"), AN)
    topic_of(tx, topic)
    if not body and not link:
        raise BadInput(
            T("A note needs a body or a link.", zh="须写正文或链接。"), plain("--link URL"), ref="broker.note"
        )
    return tx.add(
        BrokerNote(
            title=title, topic=topic, codes=list(codes), r_level=r_level, priority=priority, author_id=author,
            body=body, link=link,
        )
    )  # fmt: skip


def review(shop: Shop, tx: Tx, note: BrokerNote) -> None:
    """Hand a draft in for review."""
    need_role(shop, tx, T("Hand in a note", zh="提交报告"), AN)
    _in(note, "draft")
    tx.change(note, state="in_review")


def publish(shop: Shop, tx: Tx, note: BrokerNote) -> None:
    """Publish a note after reading it; the author's task to write it is done.

    Raises:
        Refused: ``note-not-reviewed``: it was not handed in, or the author publishes it.
    """
    need_role(shop, tx, T("Publish a note", zh="发布报告"), RL)
    if note.state == "draft":
        raise refused("note-not-reviewed", plain(f"flow broker note review {note.id}"))
    _in(note, "in_review")
    second_person(tx, note.author_id, "note-not-reviewed")
    tx.change(note, state="published", published_at=tx.now)
    written(shop, tx, note)


def withdraw(shop: Shop, tx: Tx, note: BrokerNote) -> tuple[int, int]:
    """Take a published note back; returns how many pushes were stopped and how many clients are told.

    Raises:
        Refused: It was not published.
    """
    need_role(shop, tx, T("Withdraw a note", zh="撤回报告"), RL, CO)
    _in(note, "published")
    tx.change(note, state="withdrawn")
    settle(tx)
    deliveries, messages = table_of(BrokerDelivery), table_of(MessageRow)
    stopped = 0
    for delivery in tx.all(BrokerDelivery, deliveries.c.note_id == note.id, deliveries.c.state == "queued"):
        message = tx.one(MessageRow, messages.c.id == delivery.message_id)
        if message is not None and message.state not in ("sending", "uncertain"):
            take_back(tx, message, WITHDRAWN)
            tx.change(delivery, state="skipped", reason="withdrawn")
            stopped += 1
    got = tx.all(BrokerDelivery, deliveries.c.note_id == note.id, deliveries.c.state.in_(["sent", "queued"]))
    return stopped, _tell(shop, tx, note, [d.customer_id for d in got])


def _tell(shop: Shop, tx: Tx, note: BrokerNote, customers: list[int]) -> int:
    told = 0
    for customer, person in persons(tx, customers).items():
        way = person.way("service", ("sms", "wechat", "email"))
        if not isinstance(way, str):
            send(
                tx, "note-withdrawn", "service", customer, person, way, about=f"note {note.id}",
                language=shop.setting("core.language"), facts={"title": note.title},
            )  # fmt: skip
            told += 1
    return told


def settle(tx: Tx) -> None:
    """Let deliveries say ``sent`` whose message has left."""
    deliveries, messages = table_of(BrokerDelivery), table_of(MessageRow)
    left = select(messages.c.id).where(messages.c.state == "sent")
    for delivery in tx.all(BrokerDelivery, deliveries.c.state == "queued", deliveries.c.message_id.in_(left)):
        tx.change(delivery, state="sent")


def of_client(tx: Tx, customer_id: int) -> list[tuple[BrokerNote, BrokerDelivery | None]]:
    """Return the published notes of a client's topics, newest first, with the delivery if there was one."""
    mine = {s.topic: set(s.codes) for s in subscriptions(tx, customer_id) if s.state == "active"}
    notes, deliveries = table_of(BrokerNote), table_of(BrokerDelivery)
    had = {d.note_id: d for d in tx.all(BrokerDelivery, deliveries.c.customer_id == customer_id)}
    found = tx.all(BrokerNote, notes.c.state == "published", order_by=[notes.c.published_at.desc(), notes.c.id.desc()])
    return [(n, had.get(n.id or 0)) for n in found if n.id in had or shares(mine.get(n.topic), n)]


def shares(codes: set[str] | None, note: BrokerNote) -> bool:
    """Return whether a subscription with this watch list means a note; ``None``: there is no subscription."""
    return codes is not None and (not codes or bool(codes & set(note.codes)))


def _in(note: BrokerNote, state: str) -> None:
    if note.state != state:
        raise refused("note-state", id=note.id, state=STATES[note.state])
