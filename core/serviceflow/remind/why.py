"""Why a message went or did not: when and by which rule it was planned, and what happened to it since."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from serviceflow.remind.deliver import mark_of
from serviceflow.remind.outbox import ATTEMPTS, MESSAGES
from serviceflow.remind.permits import local
from serviceflow.remind.reasons import said
from serviceflow.store.tables import Attempt, Message, Order
from serviceflow.store.write import Tx
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop

STATES: dict[str, T] = {
    "planned": T("planned", zh="已计划"),
    "pending": T("ready to go", zh="待发送"),
    "claimed": T("about to go", zh="即将发送"),
    "sending": T("being handed over", zh="发送中"),
    "sent": T("sent", zh="已发送"),
    "held": T("put off", zh="推迟"),
    "retry": T("will be tried again", zh="待重试"),
    "uncertain": T("end unknown", zh="结果不明"),
    "failed": T("failed", zh="失败"),
    "expired": T("too late, not sent", zh="过时未发"),
    "cancelled": T("taken back", zh="已取消"),
    "suppressed": T("not allowed, not sent", zh="不允许, 未发"),
    "merged": T("went with another", zh="已合并"),
}
OUTCOMES: dict[str, T] = {
    "accepted": T("accepted", zh="已接受"),
    "rejected_permanent": T("refused", zh="被拒"),
    "not_accepted_retry": T("not accepted", zh="未被接受"),
    "throttled": T("throttled", zh="被限流"),
    "unknown": T("end unknown", zh="结果不明"),
    "": T("begun", zh="已开始"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a message."""

    at: datetime
    text: T


@dataclass(slots=True)
class Story:
    """A message with everything that happened to it, in order of time."""

    message: Message
    mark: str
    state: T
    events: list[Event] = field(default_factory=list)
    way_out: str | None = None

    def data(self) -> dict[str, Any]:
        """Return the story for scripts."""
        m = self.message
        return {
            "message": self.mark, "rule": m.rule, "purpose": m.purpose, "channel": m.channel, "state": m.state,
            "reason": str(self.events[-1].text) if self.events else "", "ref": m.reason_ref, "due_at": m.due_at,
            "sent_at": m.sent_at, "attempts": m.attempts, "order_id": m.order_id, "customer_id": m.customer_id,
            "events": [{"at": e.at, "text": str(e.text)} for e in self.events],
        }  # fmt: skip


def why(shop: Shop, tx: Tx, message: Message) -> Story:
    """Return the story of a message."""
    story = Story(message, mark_of(message), STATES[message.state])
    story.events.append(Event(message.made_at, _planned(shop, tx, message)))
    for at, state, ref, facts in message.trail:
        text = T("{state}: {why}", zh="{state}: {why}").of(state=STATES[state], why=said(ref, facts))
        story.events.append(Event(datetime.fromisoformat(at), text))
    for attempt in tx.all(Attempt, ATTEMPTS.c.message_id == message.id):
        story.events.append(Event(attempt.ended_at or attempt.begun_at, _handed(attempt)))
    if message.state in ("cancelled", "suppressed") and not message.trail:
        text = T("{state}: {why}", zh="{state}: {why}").of(state=STATES[message.state], why=plain(message.reason))
        story.events.append(Event(message.made_at, text))
    first, *rest = story.events
    story.events = [first, *sorted(rest, key=lambda e: e.at)]
    if message.state in ("uncertain", "failed"):
        story.way_out = f"flow remind resolve {story.mark} --sent|--resend|--drop"
    return story


def _planned(shop: Shop, tx: Tx, message: Message) -> T:
    order = tx.get(Order, message.order_id) if message.order_id is not None else None
    words = T(
        "planned by rule {rule} for {due}, {purpose}, over {channel}",
        zh="由规则 {rule} 计划于 {due}, {purpose}, 渠道 {channel}",
    ).of(rule=message.rule, due=local(shop, message.due_at), purpose=message.purpose, channel=message.channel or "-")
    if order is None:
        return words
    return T("{words}, order {no}, step {step}", zh="{words}, 订单 {no}, 步骤 {step}").of(
        words=words, no=order.number, step=message.step or "-"
    )


def _handed(attempt: Attempt) -> T:
    detail = f" ({attempt.detail})" if attempt.detail else ""
    if attempt.claim == "person":
        return T("a person vouches for it", zh="由人确认")
    return T("try {n} over {channel}: {outcome}{detail}", zh="第 {n} 次经 {channel}: {outcome}{detail}").of(
        n=attempt.number, channel=attempt.channel, outcome=OUTCOMES[attempt.outcome], detail=detail
    )


def messages_of(
    tx: Tx, *, order_id: int | None = None, customer_id: int | None = None, most: int = 50
) -> list[Message]:
    """Return the newest messages of an order or a customer, by when they are due."""
    column, value = (MESSAGES.c.order_id, order_id) if order_id is not None else (MESSAGES.c.customer_id, customer_id)
    found = tx.all(Message, column == value, order_by=[MESSAGES.c.due_at.desc(), MESSAGES.c.id.desc()])[:most]
    return list(reversed(found))
