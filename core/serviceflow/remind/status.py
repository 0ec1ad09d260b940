"""Is the timer alive, what waits, what went wrong: for people and for monitoring."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from serviceflow.errors import Exit
from serviceflow.remind.outbox import LIVE, MESSAGES, TROUBLED, present
from serviceflow.remind.run import next_moment, standing
from serviceflow.remind.settings import Channels, load_channels
from serviceflow.remind.timer import SILENT
from serviceflow.store.tables import ChannelState, Message, Runner
from serviceflow.store.write import table_of
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop

RUNNERS = table_of(Runner)
TROUBLES = 20


@dataclass(slots=True)
class Status:
    """How reminders stand. ``alive`` is ``None`` where none ever ran."""

    now: datetime
    last_run: datetime | None
    alive: bool | None
    oldest_due: datetime | None
    next_at: datetime | None
    counts: dict[str, int]
    resting: list[ChannelState] = field(default_factory=list)
    broken: list[T] = field(default_factory=list)
    trouble: list[Message] = field(default_factory=list)

    @property
    def exit_code(self) -> Exit:
        """10 when a person must look."""
        stopped = self.alive is False or (self.alive is None and self.oldest_due is not None)
        attention = stopped or self.broken or self.counts.get("failed") or self.counts.get("uncertain")
        return Exit.ATTENTION if attention else Exit.DONE

    def data(self) -> dict[str, Any]:
        """Return the status for monitoring."""
        return {
            "schema": 1, "alive": self.alive, "last_run": self.last_run, "oldest_due": self.oldest_due,
            "next": self.next_at, **self.counts, "resting": [c.channel for c in self.resting],
            "broken": [str(t) for t in self.broken],
        }  # fmt: skip


def status(shop: Shop, *, most_age: timedelta = SILENT, channels: Channels | None = None) -> Status:
    """Return how reminders stand."""
    mine = channels if channels is not None else load_channels(shop)
    for name in mine.named:
        mine.get(name)
    with shop.reading() as tx:
        now = present(shop.clock, tx)
        last: datetime | None = tx.scalar(select(func.max(RUNNERS.c.beat_at)))
        waiting = (
            LIVE,
            MESSAGES.c.due_at <= now,
            MESSAGES.c.state.in_(("planned", "pending", "retry", "claimed", "sending")),
        )
        found = standing(tx, mine, now)
        resting = table_of(ChannelState)
        return Status(
            now=now,
            last_run=last,
            alive=None if last is None else now - last <= most_age,
            oldest_due=tx.scalar(select(func.min(MESSAGES.c.due_at)).where(*waiting)),
            next_at=next_moment(tx, now),
            counts={key: found[key] for key in ("ready", "by_hand", "failed", "uncertain")},
            resting=tx.all(ChannelState, resting.c.paused_until > now),
            broken=[cause.sentence for cause in mine.broken.values()],
            trouble=tx.all(Message, TROUBLED,
                           order_by=[MESSAGES.c.due_at, MESSAGES.c.id])[:TROUBLES],
        )  # fmt: skip
