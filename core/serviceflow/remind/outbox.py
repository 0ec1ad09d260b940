"""The outbox: which states a message may pass through, and the guarded statements that move it.

Delivery is bookkeeping of what happened, not an operation a person could take back: these statements do not go
through the journal (an operation per message costs three times the hand-over, docs/architecture.md, "Sending").
Their ledger is ``message_attempt``, written before each hand-over, and the message's ``trail``. They count up ``rv``
all the same, so that nobody's older copy of the row can overwrite them and `undo` sees that the message moved on.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    case,
    exists,
    func,
    select,
    text,
    update,
)

from serviceflow.clock import Clock, SystemClock
from serviceflow.faults import fault
from serviceflow.remind import backlog
from serviceflow.remind.reasons import Reason
from serviceflow.remind.timer import LEASE_LONGEST
from serviceflow.store import rows
from serviceflow.store.prepared import Prepared
from serviceflow.store.tables import Attempt, Message
from serviceflow.store.write import Tx, table_of

MESSAGES: Final = table_of(Message)
ATTEMPTS: Final = table_of(Attempt)

FINAL: Final = ("sent", "failed", "expired", "cancelled", "suppressed", "merged")
MOVES: Final[dict[str, tuple[str, ...]]] = {
    "planned": ("pending", "held", "claimed", "expired", "cancelled", "suppressed", "merged"),
    "pending": ("claimed", "held", "expired", "cancelled", "suppressed", "merged"),
    "held": ("pending", "claimed", "held", "expired", "cancelled", "suppressed", "merged"),
    "retry": ("claimed", "held", "expired", "cancelled", "suppressed", "uncertain", "sent"),
    "claimed": (
        "sending",
        "pending",
        "held",
        "retry",
        "expired",
        "cancelled",
        "suppressed",
        "failed",
        "uncertain",
        "merged",
        "sent",
    ),
    "sending": ("sent", "pending", "retry", "uncertain", "failed"),
    "uncertain": ("sent", "retry", "pending", "cancelled", "failed"),
    "failed": ("pending", "cancelled", "sent"),
    "suppressed": (),
    "expired": (),
    "cancelled": (),
    "merged": ("pending", "held", "expired", "cancelled", "suppressed"),
    "sent": (),
}
"""From a state to those that may follow. ``retry`` and ``uncertain`` may become ``sent`` by a late answer; what was
merged goes its own way again when the other does not go, or may itself not go any more."""

LIVE: Final = text(backlog.LIVE.replace("state", "message.state"))
"""The words of the partial index: a query that holds them reads it, however many messages were ever sent."""
LEASED: Final = text("message.state IN ('claimed','sending')")
TROUBLED: Final = text(backlog.TROUBLED.replace("state", "message.state"))
RANK: Final = {"safety": 0, "notice": 1, "service": 2, "survey": 3}
URGENCY: Final = case(RANK, value=MESSAGES.c.purpose, else_=4)
DIGEST: Final = "digest"
"""Template of what the staff are told in the morning; its words are finished when it is planned."""
RELEASE: Final = ":release"
"""How a claim ends that holds released messages while timers are still to act."""


def present(clock: Clock, tx: Tx) -> datetime:
    """Return now by the one clock all machines share: on PostgreSQL the server's, unless a clock was given."""
    if tx.dialect == "sqlite" or not isinstance(clock, SystemClock):
        return clock.now()
    at = tx.line.began_at or tx.bare.execute(select(func.clock_timestamp())).scalar_one()
    return at.astimezone(UTC).replace(microsecond=0)


def move(
    tx: Tx,
    message: Message,
    to: str,
    now: datetime,
    *,
    reason: Reason | None = None,
    claim: str | None = None,
    **values: Any,
) -> bool:
    """Move a message as it was read to another state; False when it is no longer there.

    Args:
        claim: Only while this claim holds it.
        reason: Kept in the row and, with its moment, in the trail.
    """
    if to not in MOVES[message.state]:
        raise ValueError(f"message {message.id}: {message.state} → {to}")
    changes: dict[str, Any] = {"state": to, **values}
    if to not in ("claimed", "sending"):
        changes |= {"claim": None, "lease_until": None}
    if reason is not None:
        sentence = reason.text()
        changes |= {"reason": str(sentence), "reason_ref": reason.ref}
        if to != message.state or reason.ref != message.reason_ref:
            changes["trail"] = [*message.trail, [now.isoformat(), to, reason.ref, reason.stored()]]
    elif to in ("pending", "sent"):
        changes |= {"reason": "", "reason_ref": ""}
    given = {"at_id": message.id, "at_state": message.state, **changes}
    if claim is not None:
        given["at_claim"] = claim
    if tx.run(_moved(frozenset(changes), claim is not None), given).rowcount != 1:
        return False
    rows.put(message, changes)
    return True


@functools.cache
def _moved(columns: frozenset[str], claimed: bool) -> Prepared:
    """Return the change of a message ``at_id`` in ``at_state``, held by ``at_claim``; it counts up ``rv``."""
    where = [MESSAGES.c.id == bindparam("at_id"), MESSAGES.c.state == bindparam("at_state")]
    if claimed:
        where.append(MESSAGES.c.claim == bindparam("at_claim"))
    values: dict[str, Any] = {name: bindparam(name) for name in sorted(columns)}
    return Prepared(update(MESSAGES).where(*where).values(values | {"rv": MESSAGES.c.rv + 1}))


def copied(message: Message) -> Message:
    """Return a copy, for a transaction that may be run again."""
    return rows.loaded(Message, message.__dict__)


# -- claiming --------------------------------------------------------------------------------------------------


BATCH: Final = 50
"""Most messages of a claim."""
_PLACES: Final = tuple(f"id{n}" for n in range(BATCH))
_NOW: Final[BindParameter[Any]] = bindparam("now")
_TAKEABLE: Final = (MESSAGES.c.state == "pending") | ((MESSAGES.c.state == "retry") & (MESSAGES.c.next_at <= _NOW))
_READY: Final = (LIVE, MESSAGES.c.due_at <= _NOW, _TAKEABLE)
_CHANNELS_DUE: Final = Prepared(select(MESSAGES.c.channel).distinct().where(*_READY, MESSAGES.c.channel.is_not(None)))
READY_IN_CHANNEL: Final = (
    select(MESSAGES.c.id)
    .where(*_READY, MESSAGES.c.channel == bindparam("channel"))
    .order_by(URGENCY, MESSAGES.c.due_at, MESSAGES.c.id)
    .limit(bindparam("most", type_=Integer))
)
"""At most ``most`` messages of a ``channel`` that are ready ``now``, most urgent first, then longest due."""
_READY_HERE: Final = Prepared(READY_IN_CHANNEL)
_FREE: Final = select(MESSAGES.c.id).where(*_READY, MESSAGES.c.id.in_([bindparam(place) for place in _PLACES]))


def _claimed(free: Select[Any]) -> Prepared:
    values = {"state": "claimed", "claim": bindparam("token"), "lease_until": bindparam("until")}
    taken = update(MESSAGES).where(MESSAGES.c.id.in_(free.correlate(None)), _TAKEABLE)
    return Prepared(taken.values(values).returning(*MESSAGES.c), MESSAGES.c)


_CLAIM: Final = {"sqlite": _claimed(_FREE), "postgresql": _claimed(_FREE.with_for_update(skip_locked=True))}
_UNCLAIM: Final = Prepared(
    update(MESSAGES)
    .where(LEASED, MESSAGES.c.claim == bindparam("token"), MESSAGES.c.state == "claimed")
    .values(state="pending", claim=None, lease_until=None)
)


def due_channels(tx: Tx, now: datetime) -> list[str]:
    """Return the channels that have something to hand over now."""
    return sorted(row[0] for row in _CHANNELS_DUE.run(tx.line, {"now": now}).fetchall())


def ready(tx: Tx, channel: str, now: datetime, most: int) -> list[int]:
    """Return messages of a channel that are ready, most urgent first, then longest due.

    Sorting all that is due costs as much for a few as for many: ask for many and `claim` a few at a time.
    """
    given = {"now": now, "channel": channel, "most": most}
    return [row[0] for row in _READY_HERE.run(tx.line, given).fetchall()]


def claim(tx: Tx, token: str, ids: Sequence[int], now: datetime, lease: timedelta) -> list[Message]:
    """Take those of some messages that are still ready and nobody else's, most urgent first, then longest due.

    Args:
        ids: At most `BATCH` of them.
    """
    wanted = dict.fromkeys(_PLACES) | dict(zip(_PLACES, ids, strict=False))
    tx.seen.clear()
    taken = tx.found(Message, _CLAIM[tx.dialect], {"now": now, "token": token, "until": now + lease, **wanted})
    fault("claim.before_commit")
    return sorted(taken, key=lambda m: (RANK.get(m.purpose, 4), m.due_at, m.id or 0))


def unclaim(tx: Tx, token: str) -> int:
    """Give back what is claimed and not begun."""
    return int(tx.run(_UNCLAIM, {"token": token}).rowcount)


# -- hand-overs ------------------------------------------------------------------------------------------------

_OF_GENERATION: Final = (
    ATTEMPTS.c.message_id == bindparam("message"),
    ATTEMPTS.c.generation == bindparam("generation"),
)
_BEGUN_FIRST: Final = select(func.min(ATTEMPTS.c.begun_at)).where(*_OF_GENERATION)
_MAY_HAVE_ARRIVED: Final = Prepared(
    select(exists().where(*_OF_GENERATION, (ATTEMPTS.c.outcome == "unknown") | (ATTEMPTS.c.outcome == "")))
)
_BEGUN: Final = rows.inserted(ATTEMPTS, ("id",))
_ENDED: Final = rows.changed(ATTEMPTS, frozenset({"ended_at", "outcome", "detail"}), versioned=False)


def _generation(message: Message) -> dict[str, Any]:
    return {"message": message.id, "generation": message.generation}


def intend(tx: Tx, message: Message, token: str, now: datetime, **values: Any) -> Attempt | None:
    """Write down that the hand-over begins; ``None`` when the claim was lost meanwhile."""
    if not move(tx, message, "sending", now, claim=token, attempts=message.attempts + 1, **values):
        return None
    given = {
        "message_id": message.id, "generation": message.generation, "number": message.attempts,
        "channel": message.channel or "", "claim": token, "begun_at": now, "ended_at": None, "outcome": "",
        "detail": "",
    }  # fmt: skip
    return rows.loaded(Attempt, {**given, "id": tx.run(_BEGUN, given).fetchone()[0]})


def end_attempt(tx: Tx, attempt_id: int | None, now: datetime, outcome: str, detail: str) -> None:
    """Complete the line of a hand-over."""
    tx.run(_ENDED, {"at_id": attempt_id, "ended_at": now, "outcome": outcome, "detail": detail[:500]})


def begun_first(tx: Tx, message: Message) -> datetime | None:
    """Return when the first hand-over of this generation began."""
    first: datetime | None = tx.connection.execute(_BEGUN_FIRST, _generation(message)).scalar()
    return first


def may_have_arrived(tx: Tx, message: Message) -> bool:
    """Return whether an earlier hand-over of this generation has an unknown end."""
    return bool(_MAY_HAVE_ARRIVED.run(tx.line, _generation(message)).fetchone()[0])


def open_attempt(tx: Tx, message: Message) -> Attempt | None:
    """Return the hand-over of a message that was begun and not completed."""
    return tx.one(
        Attempt, ATTEMPTS.c.message_id == message.id, ATTEMPTS.c.outcome == "", order_by=[ATTEMPTS.c.id.desc()]
    )


# -- recovery --------------------------------------------------------------------------------------------------


def over(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a lease is over, or so far ahead that the clock was wrong."""
    return (MESSAGES.c.lease_until <= now) | (MESSAGES.c.lease_until > now + 2 * LEASE_LONGEST)


def broken_leases(tx: Tx, now: datetime, limit: int = 500) -> list[Message]:
    """Return messages whose holder is gone.

    A claim that was not begun goes back at once; what was begun is returned for its channel's rules.
    """
    tx.connection.execute(
        update(MESSAGES)
        .where(LEASED, over(now), MESSAGES.c.state == "claimed", MESSAGES.c.claim.not_like(f"%{RELEASE}"))
        .values(state="pending", claim=None, lease_until=None)
    )
    # By the index's own column first: ordered by id, SQLite walks the whole table instead.
    query = (
        select(MESSAGES)
        .where(LEASED, over(now), MESSAGES.c.state == "sending")
        .order_by(MESSAGES.c.lease_until, MESSAGES.c.id)
        .limit(limit)
    )
    if tx.dialect != "sqlite":
        query = query.with_for_update(skip_locked=True)
    return tx.found(Message, query)


def to_ask(tx: Tx, now: datetime, channels: Collection[str], limit: int = 50) -> list[Message]:
    """Return uncertain messages whose provider can be asked now."""
    query = (
        select(MESSAGES)
        .where(
            TROUBLED,
            MESSAGES.c.state == "uncertain",
            MESSAGES.c.next_at <= now,
            MESSAGES.c.channel.in_(channels),
        )
        .order_by(MESSAGES.c.next_at)
        .limit(limit)
    )
    return tx.found(Message, query)


# -- counting --------------------------------------------------------------------------------------------------


def lately(tx: Tx, channel: str, since: datetime, most: int) -> Sequence[datetime]:
    """Return when the channel's newest hand-overs since then began, at most ``most``, newest first."""
    return [
        row.begun_at
        for row in tx.rows(
            select(ATTEMPTS.c.begun_at)
            .where(ATTEMPTS.c.channel == channel, ATTEMPTS.c.begun_at >= since)
            .order_by(ATTEMPTS.c.begun_at.desc())
            .limit(most)
        )
    ]


_TO_THE_SAME: Final = (
    MESSAGES.c.customer_id == bindparam("customer"),
    MESSAGES.c.recipient == bindparam("recipient"),
    MESSAGES.c.id != bindparam("self"),
)
_SENT_SINCE: Final = Prepared(
    select(MESSAGES.c.sent_at)
    .where(*_TO_THE_SAME, MESSAGES.c.state == "sent", MESSAGES.c.sent_at > bindparam("since"))
    .order_by(MESSAGES.c.sent_at),
    [MESSAGES.c.sent_at],
)
_FLYING: Final = Prepared(
    select(MESSAGES.c.due_at).where(
        *_TO_THE_SAME,
        (MESSAGES.c.state == "sending") | (MESSAGES.c.state == "uncertain"),
        MESSAGES.c.due_at > bindparam("since"),
    ),
    [MESSAGES.c.due_at],
)


def sent_to_the_same(tx: Tx, message: Message, since: datetime) -> list[datetime]:
    """Return when this message's recipient was written to since then, oldest first."""
    given = {"customer": message.customer_id, "recipient": message.recipient, "self": message.id, "since": since}
    return [row["sent_at"] for row in _SENT_SINCE.rows(tx.line, given)]


def flying_to_the_same(tx: Tx, message: Message, since: datetime) -> list[datetime]:
    """Return since when messages are due to this message's recipient that may be arriving just now."""
    given = {"customer": message.customer_id, "recipient": message.recipient, "self": message.id, "since": since}
    return [row["due_at"] for row in _FLYING.rows(tx.line, given)]


_MERGED: Final = Prepared(
    select(MESSAGES)
    .where(MESSAGES.c.merged_into == bindparam("keeper"), MESSAGES.c.reason_ref == "remind.merged")
    .order_by(MESSAGES.c.id),
    MESSAGES.c,
)


def merged_into(tx: Tx, message: Message) -> list[Message]:
    """Return the messages whose texts go out with this one's."""
    return tx.found(Message, _MERGED, {"keeper": message.id})


_REFUSED_BEFORE: Final = Prepared(
    select(MESSAGES.c.id)
    .where(
        TROUBLED,
        MESSAGES.c.state == "failed",
        MESSAGES.c.reason_ref == "remind.bad-address",
        MESSAGES.c.recipient == bindparam("recipient"),
        MESSAGES.c.channel == bindparam("channel"),
        MESSAGES.c.id != bindparam("self"),
    )
    .limit(1)
)


def refused_before(tx: Tx, message: Message) -> int | None:
    """Return the failed message that showed this one's address to be dead, until a person has decided about it."""
    if not message.recipient:
        return None
    given = {"recipient": message.recipient, "channel": message.channel, "self": message.id}
    found = _REFUSED_BEFORE.run(tx.line, given).fetchone()
    return int(found[0]) if found is not None else None


# -- releasing -------------------------------------------------------------------------------------------------


def release(tx: Tx, ids: Sequence[int], token: str | None, lease_until: datetime) -> None:
    """Let messages go whose moment has come; under a claim while later timers of the same run are still to act."""
    if not ids:
        return
    values: dict[str, Any] = {"state": "pending", "rv": MESSAGES.c.rv + 1, "reason": "", "reason_ref": ""}
    if token is not None:
        values |= {"state": "claimed", "claim": token, "lease_until": lease_until}
    tx.connection.execute(
        update(MESSAGES).where(MESSAGES.c.id.in_(ids), MESSAGES.c.state.in_(("planned", "held"))).values(**values)
    )
