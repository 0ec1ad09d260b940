"""What people decide about messages: sent by hand, skipped, and what becomes of an unknown end.

These are acts of a person, so they are journaled operations like any other; the hand-over line is written with them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from sqlalchemy import select, update

from serviceflow.errors import ChangedMeanwhile, Refused
from serviceflow.faults import fault
from serviceflow.remind import permits
from serviceflow.remind.catchup import part
from serviceflow.remind.deliver import SUBJECT_LINE, letter_of, words_of
from serviceflow.remind.outbox import LIVE, MESSAGES, MOVES, URGENCY, move, present
from serviceflow.remind.outcomes import Letter
from serviceflow.remind.reasons import Reason, because, no_message
from serviceflow.remind.render import UnknownField
from serviceflow.remind.settings import load_channels
from serviceflow.remind.why import STATES
from serviceflow.store.tables import Attempt, Message, Staff
from serviceflow.store.write import Tx
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop

Decision = Literal["sent", "resend", "drop"]
SHOWN = timedelta(minutes=10)
"""How long a message shown to one person is kept from the others."""


def _need(tx: Tx, number: int) -> Message:
    found = tx.get(Message, number, lock=True)
    if found is None:
        raise no_message(number)
    return found


def _who(tx: Tx) -> str:
    member = tx.get(Staff, tx.staff_id) if tx.staff_id is not None else None
    return member.name if member is not None else "?"


def resolve(shop: Shop, number: int, decision: Decision, why: str) -> Message:
    """Decide what becomes of a message whose end is unknown or that failed.

    ``sent`` believes that it arrived; ``resend`` sends it once more under a new key; ``drop`` ends it.

    Raises:
        Refused: It is in no doubt.
    """
    with shop.write(f"remind resolve m{number} --{decision}") as tx:
        now = present(shop.clock, tx)
        message = _need(tx, number)
        if message.state not in ("uncertain", "failed"):
            raise Refused(
                T("m{n} is {state}; nothing is to be decided.", zh="m{n} 状态为 {state}, 无需处理。").of(
                    n=number, state=STATES[message.state]
                ),
                plain(f"flow remind why m{number}"),
                ref="remind.not-open",
            )
        who = _who(tx)
        if decision == "sent":
            _vouch(tx, message, now)
            _decided(tx, message, "sent", now, because("remind.said-sent", who=who, why=why), sent_at=now)
        elif decision == "resend":
            _decided(
                tx,
                message,
                "pending",
                now,
                because("remind.resend", who=who, why=why),
                attempts=0,
                generation=message.generation + 1,
            )
        else:
            _decided(tx, message, "cancelled", now, because("remind.dropped", who=who, why=why))
        tx.summary = T("message m{n}: {why}", zh="消息 m{n}: {why}").of(n=number, why=message.reason)
        fault("resolve.before_commit")
    return message


def _decided(tx: Tx, message: Message, to: str, now: datetime, reason: Reason, **values: Any) -> None:
    if to not in MOVES[message.state]:
        raise ValueError(f"message {message.id}: {message.state} → {to}")
    tx.change(
        message,
        state=to,
        reason=str(reason.text()),
        reason_ref=reason.ref,
        claim=None,
        lease_until=None,
        next_at=None,
        trail=[*message.trail, [now.isoformat(), to, reason.ref, reason.stored()]],
        **values,
    )
    tx.customer_id, tx.order_id = message.customer_id, message.order_id


def _vouch(tx: Tx, message: Message, now: datetime) -> None:
    """Write the line that says a person vouches for the hand-over; lines of unknown end stay as they were."""
    tx.add(
        Attempt(
            message_id=message.id or 0,
            generation=message.generation,
            number=message.attempts + 1,
            channel=message.channel or "",
            claim="person",
            begun_at=now,
            ended_at=now,
            outcome="accepted",
        )
    )


# -- by hand ---------------------------------------------------------------------------------------------------


def waiting_by_hand(shop: Shop, tx: Tx, now: datetime) -> list[int]:
    """Return the messages that wait for a person, most urgent first."""
    channels = load_channels(shop)
    rows = tx.rows(
        select(MESSAGES.c.id, MESSAGES.c.channel)
        .where(LIVE, MESSAGES.c.due_at <= now, MESSAGES.c.state.in_(("pending", "retry", "claimed")))
        .order_by(URGENCY, MESSAGES.c.due_at, MESSAGES.c.id)
    )
    return [row.id for row in rows if channels.kind(row.channel or "") == "hand"]


def show_next(shop: Shop, after: set[int]) -> tuple[Message, Letter] | None:
    """Take the next message for the person at the keyboard: tested once more, its text finished.

    Args:
        after: Messages passed over already.
    """
    token = f"hand:{uuid4().hex[:12]}"
    while True:
        with shop.write("remind hand") as tx:
            now = present(shop.clock, tx)
            number = next((n for n in waiting_by_hand(shop, tx, now) if n not in after), None)
            if number is None:
                return None
            after.add(number)
            message = _need(tx, number)
            if message.state == "claimed" and (message.lease_until is None or message.lease_until > now):
                continue  # somebody else is looking at it
            if message.state == "claimed":
                move(tx, message, "pending", now)
            permit = permits.ask(shop, tx, message, now, quiet=False)
            if permit.state is not None:
                moved = move(tx, message, permit.state, now, reason=permit.reason, held_until=permit.until)
                if moved and permit.state != "held":
                    part(tx, message, now)
                continue
            try:
                words = words_of(shop, tx, message, permit, now)
            except UnknownField as cause:
                move(tx, message, "claimed", now)
                move(tx, message, "failed", now, reason=because("remind.template", why=f"{{{cause}}}"))
                continue
            tx.connection.execute(
                update(MESSAGES)
                .where(MESSAGES.c.id == message.id, MESSAGES.c.state == message.state)
                .values(
                    state="claimed",
                    claim=token,
                    lease_until=now + SHOWN,
                    body=words.body,
                    facts={**message.facts, SUBJECT_LINE: words.subject},
                )
            )
            message = _need(tx, number)
        return message, letter_of(shop, message)


def sent_by_hand(shop: Shop, message: Message) -> None:
    """Write down that the person sent it.

    Raises:
        ChangedMeanwhile: It was shown too long ago, and somebody else took it.
    """
    with shop.write(f"remind hand m{message.id}") as tx:
        now = present(shop.clock, tx)
        current = _still_mine(tx, message)
        _vouch(tx, current, now)
        _decided(
            tx,
            current,
            "sent",
            now,
            because("remind.by-hand", who=_who(tx)),
            sent_at=now,
            attempts=current.attempts + 1,
            body=message.body,
        )
        tx.summary = T("message m{n} sent by hand", zh="人工发送消息 m{n}").of(n=message.id)
        fault("hand.before_commit")


def skipped_by_hand(shop: Shop, message: Message, why: str) -> None:
    """End a message that the person decides not to send."""
    with shop.write(f"remind hand m{message.id} --skip") as tx:
        now = present(shop.clock, tx)
        _decided(tx, _still_mine(tx, message), "cancelled", now, because("remind.skipped", who=_who(tx), why=why))
        tx.summary = T("message m{n} skipped: {why}", zh="跳过消息 m{n}: {why}").of(n=message.id, why=why)


def put_back(shop: Shop, message: Message) -> None:
    """Give back a message that was only looked at."""
    with shop.write("remind hand") as tx:
        tx.connection.execute(
            update(MESSAGES)
            .where(MESSAGES.c.id == message.id, MESSAGES.c.claim == message.claim, MESSAGES.c.state == "claimed")
            .values(state="pending", claim=None, lease_until=None)
        )


def _still_mine(tx: Tx, message: Message) -> Message:
    current = _need(tx, message.id or 0)
    if current.state != "claimed" or current.claim != message.claim:
        raise ChangedMeanwhile(
            T(
                "m{n} was shown too long ago; somebody else may have taken it.", zh="m{n} 显示过久, 可能已被他人处理。"
            ).of(n=message.id),
            plain(f"flow remind why m{message.id}"),
            ref="changed",
        )
    return current
