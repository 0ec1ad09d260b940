"""Is the timer alive, what waits, what went wrong: for people and for monitoring. Loads no SQLModel and no plugin."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from serviceflow.errors import Exit
from serviceflow.remind import backlog
from serviceflow.remind.report import STANDING
from serviceflow.remind.settings import Channels, load_channels
from serviceflow.remind.timer import BACKWARDS, SILENT
from serviceflow.store.read import Found, Reader
from serviceflow.texts import T

TROUBLES = 20


@dataclass(slots=True)
class Status:
    """How reminders stand. ``alive`` is ``None`` where none ever ran.

    Attributes:
        resting: Channels that pause: ``channel``, ``held_until``, ``reason``.
        trouble: The oldest messages that need a person: ``id``, ``generation``, ``recipient_name``, ``state``,
            ``reason``.
    """

    now: datetime
    last_run: datetime | None
    alive: bool | None
    oldest_due: datetime | None
    next_at: datetime | None
    counts: dict[str, int]
    resting: list[Found] = field(default_factory=list)
    broken: list[T] = field(default_factory=list)
    trouble: list[Found] = field(default_factory=list)

    @property
    def exit_code(self) -> Exit:
        """10 when a person must look."""
        stopped = self.alive is False or (self.alive is None and self.oldest_due is not None)
        attention = stopped or self.broken or any(self.counts.get(key) for key in STANDING)
        return Exit.ATTENTION if attention else Exit.DONE

    def data(self) -> dict[str, Any]:
        """Return the status for monitoring."""
        return {
            "schema": 1, "alive": self.alive, "last_run": self.last_run, "oldest_due": self.oldest_due,
            "next": self.next_at, **self.counts, "resting": [c["channel"] for c in self.resting],
            "broken": [str(t) for t in self.broken],
        }  # fmt: skip


def status(read: Reader, *, most_age: timedelta = SILENT, channels: Channels | None = None) -> Status:
    """Return how reminders stand."""
    mine = channels if channels is not None else load_channels(read)
    for name in mine.named:
        mine.get(name)
    now = backlog.present(read)
    last = backlog.last_beat(read, now + BACKWARDS)
    found = backlog.standing(read, mine.kind, now)
    return Status(
        now=now,
        last_run=last,
        alive=None if last is None else now - last <= most_age,
        oldest_due=backlog.oldest_due(read, now),
        next_at=backlog.next_moment(read, now),
        counts={key: found[key] for key in ("ready", "by_hand", *STANDING)},
        resting=read.rows(
            "SELECT channel, reason, paused_until AS held_until FROM channel_state WHERE paused_until > :now", now=now
        ),
        broken=[cause.sentence for cause in mine.broken.values()],
        trouble=read.rows(
            f"""SELECT id, generation, recipient_name, state, reason FROM message
            WHERE {backlog.TROUBLED} ORDER BY due_at, id LIMIT {TROUBLES}"""  # noqa: S608
        ),
    )
