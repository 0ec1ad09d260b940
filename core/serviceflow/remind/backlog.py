"""What waits, what went wrong and what comes next, asked on the read path: no SQLModel, no plugin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Final

from serviceflow.clock import SystemClock
from serviceflow.remind.timer import OVERDUE
from serviceflow.store.read import Reader

LIVE: Final = "state IN ('planned','pending','held','retry','claimed','sending')"
"""The words of the partial index: a query that holds them reads it, however many messages were ever sent."""
TROUBLED: Final = "state IN ('uncertain','failed')"


def present(read: Reader) -> datetime:
    """Return now by the one clock all machines share: on PostgreSQL the server's, unless a clock was given."""
    if read.place.is_sqlite or not isinstance(read.clock, SystemClock):
        return read.now
    at: datetime = read.value("SELECT date_trunc('second', clock_timestamp()) AS due_at")
    return at


def standing(read: Reader, kind: Callable[[str], str], now: datetime) -> Counter[str]:
    """Return how many messages wait: ``failed``, ``uncertain``, ``by_hand``, ``ready`` (due and not by hand).

    ``overdue`` are those of the last two that have waited for more than `OVERDUE`.

    Args:
        kind: Tells the kind of a channel by its name.
    """
    found: Counter[str] = Counter()
    for row in read.rows(f"SELECT state, count(*) AS n FROM message WHERE {TROUBLED} GROUP BY state"):  # noqa: S608
        found[row["state"]] = row["n"]
    ready = f"""SELECT channel, count(*) AS n, sum(CASE WHEN due_at <= :then THEN 1 ELSE 0 END) AS late FROM message
        WHERE {LIVE} AND due_at <= :now AND state IN ('pending','retry') GROUP BY channel"""  # noqa: S608
    for row in read.rows(ready, now=now, then=now - OVERDUE):
        found["by_hand" if kind(row["channel"] or "") == "hand" else "ready"] += row["n"]
        found["overdue"] += int(row["late"])
    return found


def next_moment(read: Reader, now: datetime) -> datetime | None:
    """Return when the next message is due, or an old one is tried again."""
    planned = f"""SELECT due_at FROM message
        WHERE {LIVE} AND state = 'planned' AND due_at > :now ORDER BY due_at LIMIT 1"""  # noqa: S608
    again = f"""SELECT min(COALESCE(next_at, held_until)) AS due_at FROM message
        WHERE {LIVE} AND due_at <= :now AND state IN ('held','retry')"""  # noqa: S608
    moments = [at for query in (planned, again) if (at := read.value(query, now=now)) is not None]
    return min(moments) if moments else None


def first_due(read: Reader) -> datetime | None:
    """Return when the earliest message that has not gone is or was due."""
    at: datetime | None = read.value(f"SELECT min(due_at) AS due_at FROM message WHERE {LIVE}")  # noqa: S608
    return at


def oldest_due(read: Reader, now: datetime) -> datetime | None:
    """Return since when the message that waits longest is due."""
    at: datetime | None = read.value(
        f"""SELECT min(due_at) AS due_at FROM message WHERE {LIVE} AND due_at <= :now
        AND state IN ('planned','pending','retry','claimed','sending')""",  # noqa: S608
        now=now,
    )
    return at


def last_beat(read: Reader, until: datetime | None = None) -> datetime | None:
    """Return when a run last gave a sign of life.

    Args:
        until: Signs of later moments were written by a wrong clock and do not count.
    """
    if until is None:
        at: datetime | None = read.value("SELECT max(beat_at) AS due_at FROM runner")
    else:
        at = read.value("SELECT max(beat_at) AS due_at FROM runner WHERE beat_at <= :until", until=until)
    return at
