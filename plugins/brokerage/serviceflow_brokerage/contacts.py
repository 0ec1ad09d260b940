"""Contacts with clients: which count, what they end, how the next one moves with the segment.

Source: brokerage.md section 5.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from serviceflow.api import BadInput, Interaction, Shop, T, TaskRow, Tx, roll, table_of
from sqlalchemy import select

from serviceflow_brokerage.limits import end_of
from serviceflow_brokerage.reach import Person
from serviceflow_brokerage.refusals import not_possible, there_are
from serviceflow_brokerage.tables.segments import BrokerSegmentChange, BrokerServicePlan

RULE: Final = "brokerage:service-contact"
HUMAN: Final = {
    "phone": T("phone", zh="电话"),
    "visit": T("visit", zh="上门"),
    "face-to-face": T("face to face", zh="面谈"),
    "wechat": T("WeChat", zh="微信"),
    "video": T("video", zh="视频"),
}
"""Channels on which somebody has spoken with the client."""
OUTCOMES: Final = {
    "reached": T("reached", zh="已联系上"),
    "no-answer": T("no answer", zh="未接通"),
    "wrong-number": T("wrong number", zh="号码有误"),
    "refused": T("did not want to talk", zh="拒绝交流"),
}
_NEEDS: Final = {"phone": "phone", "wechat": "wechat", "video": "phone", "visit": "address"}
NOT_CALLED: Final = T("clients of the new segment are not called", zh="新细分不作定期联系")


def proposed(person: Person, channels: Sequence[str]) -> str | None:
    """Return the first channel of a plan that can be used: a contact point is there, nothing was opted out of."""
    if person.silent:
        return None
    for channel in channels:
        kind = _NEEDS.get(channel)
        if (kind is None or kind in person.points) and person.consent("service", channel) is not False:
            return channel
    return None


def note_contact(
    shop: Shop, tx: Tx, customer_id: int, text: str, channel: str = "phone", outcome: str = "reached"
) -> list[TaskRow]:
    """Write down that somebody spoke with a client, or tried; returns the tasks that are done with it.

    Raises:
        BadInput: There is no such channel or outcome.
    """
    for word, there in ((channel, HUMAN), (outcome, OUTCOMES)):
        if word not in there:
            raise BadInput(not_possible(word), there_are(there), ref="broker.contact")
    tx.add(
        Interaction(
            customer_id=customer_id, at=tx.now, channel=channel, outward=True, staff_id=tx.staff_id, summary=text,
            outcome=outcome,
        )
    )  # fmt: skip
    return contacted(shop, tx, customer_id, channel, outcome, tx.now)


def contacted(shop: Shop, tx: Tx, customer_id: int, channel: str, outcome: str, at: datetime) -> list[TaskRow]:
    """End the open service contact of a client if this contact counts; returns what has ended."""
    if channel not in HUMAN or outcome not in shop.setting("broker.contact_outcomes"):
        return []
    tasks = table_of(TaskRow)
    mine = [tasks.c.rule == RULE, tasks.c.customer_id == customer_id, tasks.c.state == "open"]
    found = tx.all(TaskRow, *mine)
    for task in found:
        tx.change(task, state="done", done_at=at, done_by=tx.staff_id, result=outcome)
    return found


def end_those_made(shop: Shop, tx: Tx) -> int:
    """End the service contacts whose client was reached meanwhile, wherever that was written down; returns how many."""
    tasks, said = table_of(TaskRow), table_of(Interaction)
    query = (
        select(tasks.c.id, said.c.at)
        .join(said, said.c.customer_id == tasks.c.customer_id)
        .where(
            tasks.c.rule == RULE, tasks.c.state == "open", said.c.at >= tasks.c.made_at,
            said.c.channel.in_(list(HUMAN)), said.c.outcome.in_(shop.setting("broker.contact_outcomes")),
        )
        .order_by(said.c.at)
    )  # fmt: skip
    first: dict[int, datetime] = {}
    for key, at in tx.rows(query):
        first.setdefault(key, at)
    for key, at in first.items():
        tx.change(tx.need(TaskRow, key), state="done", done_at=at, result="reached")
    return len(first)


def next_due(shop: Shop, tx: Tx, customer_id: int, since: date, contact_days: int) -> date:
    """Return when a client is to be contacted next: so many days after the last contact, else after ``since``."""
    said = table_of(Interaction)
    counting: list[Any] = [
        said.c.customer_id == customer_id, said.c.channel.in_(list(HUMAN)),
        said.c.outcome.in_(shop.setting("broker.contact_outcomes")),
    ]  # fmt: skip
    last = tx.one(Interaction, *counting, order_by=[said.c.at.desc()])
    base = shop.local_day(last.at) if last is not None else since
    return roll(shop.calendar("shop"), base + timedelta(days=contact_days), 1)


def follow_moves(shop: Shop, tx: Tx, run: int, day: date) -> None:
    """Let open service contacts of those who have moved follow their new plan: sooner, or not at all."""
    tasks, changes = table_of(TaskRow), table_of(BrokerSegmentChange)
    query = (
        select(tasks.c.id, changes.c.new)
        .join(changes, changes.c.customer_id == tasks.c.customer_id)
        .where(
            tasks.c.rule == RULE, tasks.c.state == "open", changes.c.run_id == run, changes.c.subject == "segment",
            changes.c.new.is_not(None),
        )
        .order_by(tasks.c.id)
    )  # fmt: skip
    plans = {p.segment: p.contact_days for p in tx.all(BrokerServicePlan)}
    for key, segment in tx.rows(query):
        task = tx.need(TaskRow, key)
        contact_days = plans.get(segment, 0)
        if contact_days == 0:
            tx.change(task, state="cancelled", done_at=tx.now, reason=str(NOT_CALLED))
            continue
        assert task.customer_id is not None
        due = end_of(shop, max(next_due(shop, tx, task.customer_id, day, contact_days), day))
        tx.change(task, due_at=min(task.due_at, due))
