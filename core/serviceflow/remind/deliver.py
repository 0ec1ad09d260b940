"""Handing over: claim a batch, write the intent, call the channel, write the result with the next intent.

One durable commit per message (reliability.md, pattern B2): the result of a hand-over and the intent of the next
stand in the same transaction. No call goes out inside a transaction.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from sqlalchemy import bindparam, select, text, update

from serviceflow.errors import TryAgain
from serviceflow.faults import fault
from serviceflow.remind import catchup, outbox, permits
from serviceflow.remind.channels import deadline
from serviceflow.remind.channels.deadline import answer_within
from serviceflow.remind.elsewhere import ready_here, trades_elsewhere
from serviceflow.remind.heard import tell_sent
from serviceflow.remind.outbox import ATTEMPTS, BATCH, MESSAGES, move, present
from serviceflow.remind.outcomes import (
    Absent,
    Accepted,
    Answer,
    Askable,
    ByTemplate,
    Channel,
    Idempotent,
    Letter,
    NotAccepted,
    Outcome,
    Queryable,
    Rejected,
    Throttled,
    Unknown,
)
from serviceflow.remind.reasons import Reason, because, fault_of, mark_of
from serviceflow.remind.render import UnknownField, Words, first_words, render
from serviceflow.remind.settings import KINDS, Channels
from serviceflow.store import rows
from serviceflow.store.tables import Attempt, ChannelState, Message, Order, Task
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop

LISTED = 500
"""Messages of the list that claims are cut from."""
LEASE = timedelta(minutes=2)
RENEW = timedelta(minutes=1)
TRIES = 8
FIRST_WAIT, GROWTH, LONGEST_WAIT = 60, 4, 12 * 3600
PROBE = 300
"""Most seconds between two probes of a channel that is out of order."""
ASK_EVERY, ASK_FOR = timedelta(minutes=5), timedelta(days=1)
FOREIGN = timedelta(hours=1)
"""After this a broken hand-over over a channel this machine does not have is put before a person."""
BUSY_TRIES = 3
SUBJECT_LINE = "subject_line"
"""Fact that keeps the subject of a text that was handed over once."""
VALUES = "field_values"
"""Fact that keeps what the fields of that text were filled with."""
CHANNELS = table_of(ChannelState)
TASKS = table_of(Task)
BAD_ADDRESS = "core:bad-address"
_WORKS_AGAIN = (
    update(CHANNELS)
    .where(CHANNELS.c.channel == bindparam("at_channel"), CHANNELS.c.failures > 0)
    .values(failures=0, paused_until=None, reason="")
)
R = TypeVar("R")


@dataclass(slots=True)
class Sent:
    """One hand-over whose result is not written down yet."""

    message: Message
    attempt: Attempt
    outcome: Outcome


@dataclass(slots=True)
class Courier:
    """Hands over what is ready, for one run.

    Args:
        ramp: Use a fifth of each channel's rate: after a time without sending.
        stopping: Asked before each hand-over.
    """

    shop: Shop
    channels: Channels
    instance: str
    ramp: bool = False
    stopping: Callable[[], bool] = lambda: False
    pause: Callable[[float], None] = time.sleep
    count: Counter[str] = field(default_factory=Counter)
    sick: set[str] = field(default_factory=set)
    """Channels with failures behind them."""
    again_at: datetime | None = None
    """When a channel's rate lets the next message through, where that is what stopped us."""
    _waiting: dict[str, list[int]] = field(default_factory=dict)
    _words_only: dict[int, ByTemplate | None] = field(default_factory=dict)

    # -- the loop --------------------------------------------------------------------------------------------

    def run(self, until: float) -> None:
        """Hand over until nothing is ready, or `time.monotonic` reaches ``until``."""
        while not self.stopping():
            self.again_at = None
            now, ready = self._commit(self._ready)
            handed = 0
            while ready and not self.stopping():  # asking what is ready costs more, the more is waiting
                ready = [name for name in ready if self._batch(name)]
                handed += len(ready)
            if handed:
                continue
            if self.again_at is None:
                return
            wait = (self.again_at - now).total_seconds() + 1
            if time.monotonic() + wait > until:
                return
            self.pause(wait)

    def _commit(self, work: Callable[[Tx, datetime], R]) -> R:
        """Run ``work`` in a transaction of bookkeeping, again when the database was busy; three times at most."""
        for tries in range(BUSY_TRIES + 1):
            counted = dict(self.count)
            try:
                with self.shop.write("remind run") as tx:
                    return work(tx, present(self.shop.clock, tx))
            except TryAgain:
                if tries == BUSY_TRIES:
                    raise
                self.count = Counter(counted)
                time.sleep(random.uniform(0.05, 0.5))
        raise AssertionError

    def _ready(self, tx: Tx, now: datetime) -> tuple[datetime, list[str]]:
        return now, [name for name in outbox.due_channels(tx, now) if self._usable(tx, name, now)]

    def _usable(self, tx: Tx, name: str, now: datetime) -> bool:
        state = tx.get(ChannelState, name)
        if state is not None:
            if _rests(state, now):
                self.count["paused"] += 1
                return False
            if state.kind and name not in self.channels.named:
                return False  # another machine serves it
        channel = self.channels.get(name)
        return channel is not None and not channel.by_hand

    def _batch(self, name: str) -> bool:
        """Hand over one batch of a channel; False when nothing of it could go."""
        channel = self.channels.get(name)
        assert channel is not None
        token = f"{self.instance}:{uuid4().hex[:8]}"
        messages = self._commit(lambda tx, now: self._claim(tx, channel, name, token, now))
        fault("claim.after_commit")
        last: Sent | None = None
        waiting = list(messages)
        while waiting and not self.stopping():
            begun, tested = self._commit(partial(self._mark_and_intend, last, waiting, channel, token))
            fault("intent.after_commit")
            last, waiting = None, waiting[tested:]
            if begun is not None:
                last = Sent(*begun, self._call(channel, begun[0]))
                if closes(last.outcome):
                    break
        if messages:
            self._commit(partial(self._mark_and_unclaim, last, token))
            fault("mark.after_commit")
        return bool(messages)

    def _claim(self, tx: Tx, channel: Channel, name: str, token: str, now: datetime) -> list[Message]:
        state = tx.get(ChannelState, name)
        limit = BATCH
        if state is not None and _rests(state, now):
            return []
        if state is not None and state.failures:
            self.sick.add(name)
            limit = 1
        limit = min(limit, self._room(tx, channel, name, now))
        while limit > 0:
            waiting = self._waiting.get(name) or self._listed(tx, name, now)
            if not waiting:
                break
            self._waiting[name] = waiting[limit:]
            taken = outbox.claim(tx, token, waiting[:limit], now, LEASE)
            if taken:
                return taken
        return []

    def _listed(self, tx: Tx, name: str, now: datetime) -> list[int]:
        absent = trades_elsewhere(self.shop)
        return ready_here(tx, name, now, LISTED, absent) if absent else outbox.ready(tx, name, now, LISTED)

    def _mark_and_intend(
        self, last: Sent | None, waiting: list[Message], channel: Channel, token: str, tx: Tx, now: datetime
    ) -> tuple[tuple[Message, Attempt] | None, int]:
        """Write down the last result and the next intent; return it, and how many messages were tested for it.

        What may not go is put off in the same commit. On PostgreSQL one message is tested for each: a transaction
        that held the locks of several recipients could wait in a ring with another.
        """
        self._one_at_a_time(tx, waiting[0])  # first of all locks, in every transaction, so that none waits in a ring
        if last is not None:
            self._mark(tx, last, now)
            fault("mark.before_commit")
        tested, attempt = 0, None
        for message in waiting if tx.dialect == "sqlite" else waiting[:1]:
            tested += 1
            current = outbox.copied(message)
            attempt = self._intent(tx, current, channel, token, now)
            if attempt is not None:
                break
        fault("intent.before_commit")
        return ((current, attempt) if attempt is not None else None), tested

    def _mark_and_unclaim(self, last: Sent | None, token: str, tx: Tx, now: datetime) -> None:
        if last is not None:
            self._mark(tx, last, now)
        outbox.unclaim(tx, token)
        fault("mark.before_commit")

    # -- before ------------------------------------------------------------------------------------------------

    def _room(self, tx: Tx, channel: Channel, name: str, now: datetime) -> int:
        """Return how many messages the channel's rate lets through now; the channel's row is locked meanwhile."""
        if channel.rate is None:
            return BATCH
        if tx.dialect != "sqlite":
            channel_row(tx, name)
            tx.connection.execute(select(CHANNELS.c.channel).where(CHANNELS.c.channel == name).with_for_update())
        most = max(1, channel.rate.count // 5) if self.ramp else channel.rate.count
        span = timedelta(seconds=channel.rate.seconds)
        times = outbox.lately(tx, name, now - span, most)
        if len(times) >= most:
            free = times[-1] + span + timedelta(seconds=1)
            self.again_at = min(self.again_at or free, free)
        return most - len(times)

    def _intent(self, tx: Tx, message: Message, channel: Channel, token: str, now: datetime) -> Attempt | None:
        """Test the message once more and write down that its hand-over begins."""
        if message.lease_until is not None and message.lease_until - now < RENEW:
            tx.connection.execute(
                update(MESSAGES)
                .where(outbox.LEASED, MESSAGES.c.claim == token, MESSAGES.c.state == "claimed")
                .values(lease_until=now + LEASE)
            )
        permit = permits.ask(self.shop, tx, message, now)
        if permit.state is not None:
            assert permit.reason is not None
            if outbox.may_have_arrived(tx, message) and permit.state != "held":
                if move(tx, message, "uncertain", now, reason=permit.reason, claim=token, next_at=None):
                    self.count["uncertain"] += 1
            elif move(tx, message, permit.state, now, reason=permit.reason, claim=token, held_until=permit.until):
                self.count[permit.state] += 1
                if permit.state != "held":
                    catchup.part(tx, message, now)
            return None
        if self._key_too_old(tx, message, channel, now):
            if move(tx, message, "uncertain", now, reason=because("remind.key-too-old"), claim=token, next_at=None):
                self.count["uncertain"] += 1
            return None
        words_only = self._by_template(channel)
        if words_only is not None:
            try:
                served = words_only.serves(template_of(message))
            except (Exception, SystemExit) as cause:  # the channel's fault: this message waits, the others go on
                why, again = because("remind.plugin", why=fault_of(cause)), now + permits.ASK_AGAIN
                if move(tx, message, "held", now, reason=why, claim=token, held_until=again):
                    self.count["held"] += 1
                return None
            if not served:
                reason = because("remind.no-provider-text", template=template_of(message))
                move(tx, message, "pending", now, reason=reason, claim=token, channel="hand")
                return None
        if self._room(tx, channel, message.channel or "", now) <= 0:
            return None
        try:
            words = words_of(self.shop, tx, message, permit, now)
        except UnknownField as cause:
            self._fail(tx, message, because("remind.template", why=f"{{{cause}}}"), token, now)
            return None
        size = len(words.body.encode())
        if channel.most_bytes is not None and size > channel.most_bytes:
            self._fail(tx, message, because("remind.too-long", n=size, most=channel.most_bytes), token, now)
            return None
        attempt = outbox.intend(
            tx,
            message,
            token,
            now,
            lease_until=now + LEASE,
            body=words.body,
            facts={**message.facts, SUBJECT_LINE: words.subject, VALUES: dict(words.values)},
        )
        if attempt is None:
            self.count["lost"] += 1
        return attempt

    def _by_template(self, channel: Channel) -> ByTemplate | None:
        """Return the channel if it sends approved words only; asked once, for the question is dear."""
        key = id(channel)
        if key not in self._words_only:
            self._words_only[key] = channel if isinstance(channel, ByTemplate) else None
        return self._words_only[key]

    @staticmethod
    def _one_at_a_time(tx: Tx, message: Message) -> None:
        """Let no other machine count this recipient's messages before this intent is stored."""
        if tx.dialect != "sqlite" and message.customer_id is not None:
            tx.connection.execute(
                text("SELECT pg_advisory_xact_lock(:space, :who)").bindparams(
                    space=0x5EF1, who=message.customer_id % 2_000_000_000
                )
            )

    @staticmethod
    def _key_too_old(tx: Tx, message: Message, channel: Channel, now: datetime) -> bool:
        if not isinstance(channel.ability, Idempotent) or channel.ability.key_ttl is None:
            return False
        if not message.attempts or not outbox.may_have_arrived(tx, message):
            return False
        first = outbox.begun_first(tx, message)
        return first is not None and now - first >= timedelta(seconds=channel.ability.key_ttl / 2)

    def _fail(self, tx: Tx, message: Message, reason: Reason, token: str, now: datetime) -> None:
        if move(tx, message, "failed", now, reason=reason, claim=token):
            self.count["failed"] += 1

    # -- the call ----------------------------------------------------------------------------------------------

    def _call(self, channel: Channel, message: Message) -> Outcome:
        begun = time.monotonic()
        fault("send.before_call")
        if time.monotonic() - begun > LEASE.total_seconds() / 2:
            why = T("the process was stopped before the hand-over", zh="发送前进程被暂停")
            return NotAccepted(why)  # another machine may have taken the message over meanwhile
        letter = letter_of(self.shop, message)
        outcome = self._safely(message.channel or "", partial(channel.send, letter))
        fault("send.after_call")
        if isinstance(outcome, Accepted):
            fault("send.after_accept")
        return outcome

    def _safely(self, name: str, call: Callable[[], R]) -> R | Unknown:
        """Return what a channel answers; whatever goes wrong in it is an unknown end and must not stop the others."""
        failed = T("the channel failed: {why}", zh="渠道出错: {why}")
        try:
            ours = self.channels.kind(name) in KINDS  # they keep CALL_TIMEOUT themselves
            answer = call() if ours else answer_within(deadline.PATIENCE, call)
        except (Exception, SystemExit) as cause:  # a channel of a plugin may raise anything
            return Unknown(failed.of(why=f"{type(cause).__name__}: {cause}"))
        return answer if isinstance(answer, Answer) else Unknown(failed.of(why=f"-> {answer!r:.80}"))

    # -- after -------------------------------------------------------------------------------------------------

    def _mark(self, tx: Tx, sent: Sent, now: datetime) -> None:
        """Write down what came of a hand-over; a claim that was lost meanwhile takes only a late "accepted"."""
        message, outcome = outbox.copied(sent.message), sent.outcome
        detail = outcome.ref if isinstance(outcome, Accepted) else str(outcome.why)
        outbox.end_attempt(tx, sent.attempt.id, now, outcome.kind, detail)
        token = sent.attempt.claim
        if isinstance(outcome, Accepted):
            self._accepted(tx, message, outcome, token, now)
            return
        doubt = outbox.may_have_arrived(tx, message)
        if isinstance(outcome, Throttled):
            until = now + timedelta(seconds=outcome.after)
            reason = because("remind.throttled", at=permits.local(self.shop, until), why=outcome.why)
            self._rest(tx, message.channel or "", until, str(outcome.why))
            self._back(tx, message, reason, token, now, until)
        elif isinstance(outcome, Unknown):
            self._trouble(tx, message.channel or "", outcome.why, now, certain=False)
            self._settle(tx, message, outcome.why, token, now)
        elif isinstance(outcome, NotAccepted) and outcome.channel_fault:
            until = self._trouble(tx, message.channel or "", outcome.why, now, certain=True)
            reason = because("remind.channel-fault", at=permits.local(self.shop, until), why=outcome.why)
            self._back(tx, message, reason, token, now, until)
        elif isinstance(outcome, NotAccepted) and message.attempts < TRIES:
            at = now + timedelta(seconds=max(wait_after(message.attempts), outcome.after or 0))
            reason = because("remind.retry", at=permits.local(self.shop, at), why=outcome.why)
            if move(tx, message, "retry", now, reason=reason, claim=token, next_at=at):
                self.count["retry"] += 1
        else:
            dead = isinstance(outcome, Rejected) and outcome.bad_address
            if dead:
                _have_address_corrected(tx, message, outcome.why, now)
            refused = "remind.bad-address" if dead else "remind.refused"
            ref = refused if isinstance(outcome, Rejected) else "remind.given-up"
            reason = because(ref, why=outcome.why, n=message.attempts)
            end = "uncertain" if doubt else "failed"
            if move(tx, message, end, now, reason=reason, claim=token, next_at=None):
                self.count[end] += 1

    def _accepted(self, tx: Tx, message: Message, outcome: Accepted, token: str, now: datetime) -> None:
        reason = None if outcome.confirmed else because("remind.unconfirmed")
        values: dict[str, Any] = {"sent_at": now, "provider_ref": outcome.ref[:200], "next_at": None}
        if not move(tx, message, "sent", now, reason=reason, claim=token, **values):
            stands = tx.need(Message, message.id)
            if stands.generation != message.generation or stands.state not in ("uncertain", "retry", "claimed"):
                return
            if not move(tx, stands, "sent", now, reason=reason, **values):
                return
        self.count["sent"] += 1
        if message.channel in self.sick:
            tx.connection.execute(_WORKS_AGAIN, {"at_channel": message.channel})
        tell_sent(self.shop, tx, message)

    def _back(self, tx: Tx, message: Message, reason: Reason, token: str, now: datetime, until: datetime) -> None:
        """Put a message back that is not to blame: no try is burned."""
        if move(tx, message, "retry", now, reason=reason, claim=token, next_at=until, attempts=message.attempts - 1):
            self.count["retry"] += 1

    def _settle(self, tx: Tx, message: Message, why: T, token: str | None, now: datetime) -> None:
        """Decide about a hand-over whose end is unknown, by what its channel is able to do."""
        channel = self.channels.get(message.channel or "")
        ability = channel.ability if channel is not None else None
        first = outbox.begun_first(tx, message) or now
        wait = timedelta(seconds=wait_after(message.attempts))
        if isinstance(ability, Idempotent) and message.attempts < TRIES:
            half = timedelta(seconds=ability.key_ttl / 2) if ability.key_ttl is not None else None
            at = now + wait if half is None else min(now + wait, first + half - timedelta(seconds=1))
            if at > now:
                reason = because("remind.same-key", why=why, at=permits.local(self.shop, at))
                if move(tx, message, "retry", now, reason=reason, claim=token, next_at=at):
                    self.count["retry"] += 1
                return
        if isinstance(ability, Queryable):
            at = now + timedelta(seconds=ability.settle)
            reason = because("remind.will-ask", why=why, at=permits.local(self.shop, at))
            if move(tx, message, "uncertain", now, reason=reason, claim=token, next_at=at):
                self.count["uncertain"] += 1
            return
        to_staff = message.staff_id is not None or message.template == outbox.DIGEST
        if to_staff and message.attempts < 2 and ability is not None:
            if move(
                tx,
                message,
                "retry",
                now,
                reason=because("remind.maybe-twice", why=why),
                claim=token,
                next_at=now + wait,
            ):
                self.count["retry"] += 1
            return
        if move(tx, message, "uncertain", now, reason=because("remind.unknown", why=why), claim=token, next_at=None):
            self.count["uncertain"] += 1

    # -- the channel's breaker -----------------------------------------------------------------------------------

    def _rest(self, tx: Tx, name: str, until: datetime, why: str) -> None:
        channel_row(tx, name)
        tx.connection.execute(update(CHANNELS).where(CHANNELS.c.channel == name).values(paused_until=until, reason=why))

    def _trouble(self, tx: Tx, name: str, why: T, now: datetime, *, certain: bool) -> datetime:
        """Count a failure of the channel; open its breaker at once when the channel is surely out of order."""
        self.sick.add(name)
        channel_row(tx, name)
        failures = int(
            tx.connection.execute(
                update(CHANNELS)
                .where(CHANNELS.c.channel == name)
                .values(failures=CHANNELS.c.failures + 1)
                .returning(CHANNELS.c.failures)
            ).scalar_one()
        )
        until = now + timedelta(seconds=min(PROBE, FIRST_WAIT * 2 ** (failures - 1)))
        if certain or failures >= 3:
            self._rest(tx, name, until, str(why))
        return until

    # -- recovery ------------------------------------------------------------------------------------------------

    def recover(self) -> None:
        """Take up what a process left that is gone: give claims back, settle hand-overs of unknown end."""
        self._commit(self._recover)
        fault("recover.after_commit")
        self._ask()

    def _recover(self, tx: Tx, now: datetime) -> None:
        for message in outbox.broken_leases(tx, now):
            young = message.lease_until is not None and now - message.lease_until < FOREIGN
            if young and not self._here(tx, message.channel or ""):
                continue  # a machine that has the channel knows better what to do
            why = because("remind.interrupted").text()
            attempt = outbox.open_attempt(tx, message)
            if attempt is not None:
                outbox.end_attempt(tx, attempt.id, now, "unknown", str(why))
            self._settle(tx, message, why, message.claim, now)
            self.count["recovered"] += 1
        fault("recover.before_commit")

    def _here(self, tx: Tx, name: str) -> bool:
        """Return whether this machine has the channel."""
        if self.channels.get(name) is None:
            return False
        state = tx.get(ChannelState, name)
        return name in self.channels.named or state is None or not state.kind

    def _ask(self) -> None:
        """Ask providers about hand-overs of unknown end; one that gives no answer is asked once in a run."""
        askable: dict[str, Askable] = {}
        for name in self.channels.named:
            channel = self.channels.get(name)
            if channel is not None and isinstance(channel.ability, Queryable) and isinstance(channel, Askable):
                askable[name] = channel
        if not askable:
            return
        with self.shop.reading() as tx:
            now = present(self.shop.clock, tx)
            waiting = [message for name in askable for message in outbox.to_ask(tx, now, [name])]
            begun = {message.id: outbox.begun_first(tx, message) or now for message in waiting}
        for message in waiting:
            name, letter = message.channel or "", letter_of(self.shop, message)
            if name not in askable:
                continue
            answer = self._safely(name, partial(askable[name].ask, letter, begun[message.id]))
            fault("ask.after_call")
            self._commit(partial(self._answered, message, answer))
            if isinstance(answer, Unknown):
                del askable[name]

    def _answered(self, message: Message, answer: Answer, tx: Tx, now: datetime) -> None:
        message = outbox.copied(message)
        if isinstance(answer, Accepted):
            if move(tx, message, "sent", now, sent_at=now, provider_ref=answer.ref[:200], next_at=None):
                self._attempts_become(tx, message, "accepted")
                self.count["sent"] += 1
        elif isinstance(answer, Absent):
            if move(tx, message, "retry", now, reason=because("remind.absent"), next_at=now):
                self._attempts_become(tx, message, "not_accepted_retry")
        elif isinstance(answer, Rejected):
            if move(tx, message, "failed", now, reason=because("remind.refused", why=answer.why), next_at=None):
                self._attempts_become(tx, message, answer.kind)
                self.count["failed"] += 1
        else:
            first = outbox.begun_first(tx, message) or now
            later = now + ASK_EVERY if now - first < ASK_FOR else None
            tx.connection.execute(
                update(MESSAGES)
                .where(MESSAGES.c.id == message.id, MESSAGES.c.state == "uncertain")
                .values(next_at=later)
            )

    @staticmethod
    def _attempts_become(tx: Tx, message: Message, outcome: str) -> None:
        tx.connection.execute(
            update(ATTEMPTS)
            .where(
                ATTEMPTS.c.message_id == message.id,
                ATTEMPTS.c.generation == message.generation,
                ATTEMPTS.c.outcome == "unknown",
            )
            .values(outcome=outcome)
        )


def _have_address_corrected(tx: Tx, message: Message, why: T, now: datetime) -> None:
    """Give the staff the task to correct an address at which nothing can arrive, once."""
    subject = f"{message.channel}:{message.recipient}"
    same = (TASKS.c.rule == BAD_ADDRESS, TASKS.c.subject == subject, TASKS.c.state == "open")
    if tx.one(Task, *same, TASKS.c.customer_id == message.customer_id) is not None:
        return
    title = T("Correct {address} of {name}: {why}", zh="更正{name}的联系方式 {address}: {why}").of(
        address=message.recipient, name=message.recipient_name, why=why
    )
    order = tx.get(Order, message.order_id) if message.order_id is not None else None
    tx.add(
        Task(
            rule=BAD_ADDRESS,
            subject=subject,
            title_en=title.to("en"),
            title_zh=title.to("zh"),
            due_at=now + timedelta(days=1),
            assignee_id=order.owner_id if order is not None else None,
            role=None if order is not None and order.owner_id is not None else "admin",
            customer_id=message.customer_id,
            made_at=now,
        )
    )


def _rests(state: ChannelState, now: datetime) -> bool:
    """Return whether the channel's breaker is open, or its provider asked for patience."""
    return state.paused_until is not None and state.paused_until > now


def channel_row(tx: Tx, name: str) -> None:
    """Make sure that the channel has its row."""
    first = rows.insertion(CHANNELS, tx.dialect).values(channel=name, kind="", reason="", failures=0)
    tx.connection.execute(first.on_conflict_do_nothing())


def words_of(shop: Shop, tx: Tx, message: Message, permit: permits.Permit, now: datetime | None = None) -> Words:
    """Return the words; those of an earlier try stay, for the same key must carry the same text.

    Args:
        now: When they are to go: what was merged into it and may not go now leaves it. Without it nothing is changed.
    """
    if message.body and (message.attempts or permit.template is None):
        line = message.facts.get(SUBJECT_LINE) or first_words(shop, message.body)
        return Words(line, message.body, message.facts.get(VALUES, {}))
    assert permit.template is not None
    words = render(shop, permit.trade, permit.template, message, permit.live or {})
    parts = [words.body]
    for child in outbox.merged_into(tx, message):
        if now is not None and not catchup.still_goes(shop, tx, child, now):
            continue
        template = shop.plugins.trade(permit.trade).template(child.template)
        parts.append(render(shop, permit.trade, template, child, permit.live or {}).body)
    return Words(words.subject, "\n\n".join(dict.fromkeys(parts)), words.values)


def template_of(message: Message) -> str:
    """Return the key of a message's words with its trade."""
    return f"{message.rule.partition(':')[0]}:{message.template}"


def closes(outcome: Outcome) -> bool:
    """Return whether an outcome ends the batch: the channel takes nothing more now, or may be out of order."""
    return isinstance(outcome, Throttled | Unknown) or (isinstance(outcome, NotAccepted) and outcome.channel_fault)


def wait_after(tries: int) -> int:
    """Return the seconds to wait after a number of tries: full jitter, growing by four, twelve hours at most."""
    longest = min(LONGEST_WAIT, FIRST_WAIT * GROWTH ** max(0, tries - 1))
    return max(1, round(random.uniform(0, longest)))


def send_key(message: Message) -> str:
    """Return the key that is the same over all tries of one generation."""
    return f"{message.uid}-{message.generation}"


def letter_of(shop: Shop, message: Message) -> Letter:
    """Return a message with finished words as a channel sees it."""
    body = message.body
    if message.reason_ref == "remind.maybe-twice":
        body += "\n" + T("(possible repeat)", zh="(可能重复)").to(message.language)
    return Letter(
        send_key(message),
        mark_of(message.id, message.generation),
        message.recipient or "",
        message.recipient_name,
        message.facts.get(SUBJECT_LINE) or first_words(shop, message.body),
        body,
        message.language,
        message.purpose == "marketing",
        template_of(message),
        message.facts.get(VALUES, {}),
    )
