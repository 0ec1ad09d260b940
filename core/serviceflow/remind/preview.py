"""What would go out until a moment, and what would be held back: nothing is changed by looking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from serviceflow.remind import permits
from serviceflow.remind.deliver import words_of
from serviceflow.remind.moments import template_of
from serviceflow.remind.outbox import LIVE, MESSAGES, present
from serviceflow.remind.reasons import mark_of
from serviceflow.remind.render import UnknownField
from serviceflow.remind.settings import Channels, load_channels
from serviceflow.remind.why import STATES
from serviceflow.store.tables import Message
from serviceflow.store.write import Tx
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A message as it would go by what is known now.

    Args:
        at: When it would leave.
        what: ``sends``, ``by_hand``, or the state it would take instead.
        why: Reason where it would not simply be sent.
    """

    message: Message
    mark: str
    at: datetime
    kind: str
    what: str
    title: T
    why: T
    body: str


def preview(shop: Shop, until: datetime, most: int = 500) -> list[Foreseen]:
    """Return what is due until a moment, in order of the moments at which it would leave."""
    channels = load_channels(shop)
    with shop.reading() as tx:
        now = present(shop.clock, tx)
        query = select(MESSAGES).where(LIVE, MESSAGES.c.due_at <= until).order_by(MESSAGES.c.due_at, MESSAGES.c.id)
        messages = tx.found(Message, query.limit(most))
        found = [_foresee(shop, tx, channels, message, now) for message in messages]
    return sorted(found, key=lambda f: (f.at, f.message.id or 0))


def _foresee(shop: Shop, tx: Tx, channels: Channels, message: Message, now: datetime) -> Foreseen:
    at = max(now, message.due_at, message.held_until or now, message.next_at or now)
    kind = channels.kind(message.channel or "")
    permit = permits.ask(shop, tx, message, at, quiet=False)
    body = message.body
    what, why = ("by_hand" if kind == "hand" else "sends"), plain("")
    if permit.state is not None and permit.reason is not None:
        what, why = permit.state, permit.reason.text()
    else:
        template = template_of(shop, message)
        by_hand = kind == "hand"  # who sends by hand decides about caps
        hold = (
            permits.quiet_until(shop, message, template, at)
            if by_hand
            else permits.hold(shop, tx, message, template, at)
        )
        if hold is not None and hold.until is not None and hold.reason is not None:
            at, why = hold.until, hold.reason.text()
        try:
            body = words_of(shop, tx, message, permit).body
        except UnknownField as cause:
            what, why = "failed", T("unknown field {name}", zh="未知字段 {name}").of(name=f"{{{cause}}}")
    titles = {"sends": T("goes", zh="发送"), "by_hand": T("by hand", zh="人工")}
    return Foreseen(
        message, mark_of(message.id, message.generation), at, kind, what, titles.get(what) or STATES[what], why, body
    )
