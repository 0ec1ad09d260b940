"""What must always hold of messages and their hand-overs, as SQL: the same statements in tests and in `flow doctor`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from serviceflow.store.write import Tx
from serviceflow.texts import T


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule; ``broken`` selects the ids of messages that break it."""

    key: str
    says: T
    broken: str


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "state",
        T("every message is in a known state", zh="每条消息都处于已知状态"),
        """SELECT id FROM message WHERE state NOT IN ('planned','pending','held','retry','claimed','sending','sent',
        'uncertain','failed','expired','cancelled','suppressed','merged')""",
    ),
    Invariant(
        "sent-proof",
        T("what is sent has its moment and a hand-over that was accepted", zh="已发送的消息有时间, 且有被接受的记录"),
        """SELECT id FROM message WHERE state = 'sent' AND (sent_at IS NULL OR NOT EXISTS (
        SELECT 1 FROM message_attempt a
        WHERE a.message_id = message.id AND a.generation = message.generation AND a.outcome = 'accepted'))""",
    ),
    Invariant(
        "once",
        T("no generation was accepted twice", zh="同一次发送不会被接受两次"),
        """SELECT message_id FROM message_attempt WHERE outcome = 'accepted'
        GROUP BY message_id, generation HAVING count(*) > 1""",
    ),
    Invariant(
        "not-silent",
        T("an accepted message is never shown as anything but sent", zh="被接受的消息只会显示为已发送"),
        """SELECT m.id FROM message m JOIN message_attempt a ON a.message_id = m.id AND a.generation = m.generation
        WHERE a.outcome = 'accepted' AND m.state <> 'sent'""",
    ),
    Invariant(
        "leased",
        T("what is claimed or being sent has a holder and an end of the lease", zh="占用中的消息有持有者与期限"),
        """SELECT id FROM message WHERE state IN ('claimed','sending') AND (claim IS NULL OR lease_until IS NULL)""",
    ),
    Invariant(
        "free",
        T("what is over is held by nobody", zh="已结束的消息没有持有者"),
        """SELECT id FROM message WHERE state IN ('sent','failed','expired','suppressed','merged','uncertain','held')
        AND claim IS NOT NULL""",
    ),
    Invariant(
        "intent",
        T("what is being sent has one open hand-over", zh="发送中的消息恰有一条未完成的记录"),
        """SELECT id FROM message WHERE state = 'sending' AND (SELECT count(*) FROM message_attempt a
        WHERE a.message_id = message.id AND a.outcome = '') <> 1""",
    ),
    Invariant(
        "closed",
        T("nothing that is not being sent has an open hand-over", zh="未在发送的消息没有未完成的记录"),
        """SELECT DISTINCT m.id FROM message m JOIN message_attempt a ON a.message_id = m.id
        WHERE a.outcome = '' AND m.state <> 'sending'""",
    ),
    Invariant(
        "doubt",
        T(
            "nothing with an unknown end was failed, dropped by the clock or withheld",
            zh="结果不明的消息不会被判失败或过期",
        ),
        """SELECT DISTINCT m.id FROM message m JOIN message_attempt a ON a.message_id = m.id
        AND a.generation = m.generation WHERE a.outcome = 'unknown' AND m.state IN ('expired','suppressed','merged')""",
    ),
    Invariant(
        "reason",
        T("whatever was not sent says why", zh="未发送的消息都有原因"),
        """SELECT id FROM message WHERE reason = '' AND state IN
        ('held','retry','uncertain','failed','expired','cancelled','suppressed','merged')""",
    ),
    Invariant(
        "merged",
        T("what was merged names the message it went with", zh="被合并的消息注明去向"),
        """SELECT id FROM message WHERE state = 'merged' AND (merged_into IS NULL OR merged_into = id)""",
    ),
    Invariant(
        "moments",
        T("what waits knows until when", zh="等待中的消息有时间"),
        """SELECT id FROM message
        WHERE (state = 'held' AND held_until IS NULL) OR (state = 'retry' AND next_at IS NULL)""",
    ),
    Invariant(
        "occurrence",
        T("one message per occasion", zh="同一事由只有一条消息"),
        """SELECT min(id) FROM message WHERE state <> 'cancelled' GROUP BY occurrence HAVING count(*) > 1""",
    ),
)


def broken(tx: Tx, most: int = 20) -> dict[str, list[int]]:
    """Return for each rule that does not hold the first ids that break it."""
    found: dict[str, list[int]] = {}
    for rule in INVARIANTS:
        ids = [int(row[0]) for row in tx.connection.execute(text(rule.broken)).fetchmany(most)]
        if ids:
            found[rule.key] = ids
    return found
