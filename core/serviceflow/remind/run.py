"""One run of `flow remind run`: check, recover, release, hand over, report. Safe at any time, several at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import func, select, update

from serviceflow.errors import Exit, StorageFault, TryAgain
from serviceflow.remind import catchup, preflight
from serviceflow.remind.deliver import Courier, channel_row
from serviceflow.remind.digest import plan_digest
from serviceflow.remind.jobs import run_jobs
from serviceflow.remind.moments import run_queue
from serviceflow.remind.outbox import LIVE, MESSAGES, TROUBLED, due_channels, present
from serviceflow.remind.reasons import fault_of
from serviceflow.remind.settings import Channels, load_channels
from serviceflow.store.tables import ChannelState
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop

CHANNELS = table_of(ChannelState)
PATIENCE = 120.0
"""Seconds a run waits, all in all, for a channel's rate to let the next message through."""


@dataclass(slots=True)
class Report:
    """What a run did. ``standing`` is what it leaves."""

    count: Counter[str] = field(default_factory=Counter)
    warnings: list[T] = field(default_factory=list)
    failed: list[T] = field(default_factory=list)
    held: T | None = None
    next_at: datetime | None = None
    standing: Counter[str] = field(default_factory=Counter)

    @property
    def exit_code(self) -> Exit:
        """0 when nobody has to look; else 10."""
        trouble = self.standing["failed"] + self.standing["uncertain"]
        return Exit.ATTENTION if trouble or self.held is not None or self.failed else Exit.DONE

    def summary(self) -> dict[str, Any]:
        """Return the summary for monitoring."""
        done = {key: self.count[key] for key in (
            "sent", "retry", "uncertain", "failed", "held", "expired", "suppressed", "cancelled", "merged", "recovered",
            "released", "timers", "jobs", "digests")}  # fmt: skip
        return {"schema": 1, **done, "by_hand": self.standing["by_hand"],
                "standing": {"failed": self.standing["failed"], "uncertain": self.standing["uncertain"]},
                "warnings": [str(w) for w in self.warnings], "errors": [str(f) for f in self.failed],
                "clock_held": self.held is not None,
                "next": self.next_at.isoformat() if self.next_at is not None else None}  # fmt: skip


def run(
    shop: Shop,
    *,
    confirm_clock: bool = False,
    patience: float = PATIENCE,
    stopping: Callable[[], bool] = lambda: False,
    pause: Callable[[float], None] = time.sleep,
    channels: Channels | None = None,
) -> Report:
    """Do everything that is due.

    Args:
        confirm_clock: Go on although the clock leapt.
        patience: Seconds to wait for rates.
        stopping: Asked before each hand-over; the one in flight is finished.
        pause: Waits that many seconds.
        channels: This machine's channels; read from their file when left out.
    """
    instance = uuid4().hex
    report = Report()
    mine = channels if channels is not None else load_channels(shop)
    flight = preflight.take_off(shop, instance, confirm_clock=confirm_clock)
    report.warnings += flight.warnings
    if flight.held is not None:
        report.held = flight.held
        return report
    courier = Courier(shop, mine, instance, ramp=flight.ramp, stopping=stopping, pause=pause, count=report.count)
    _make_known(shop, mine)
    courier.recover()
    _plan(shop, mine, instance, report, flight.now)
    try:
        courier.run(time.monotonic() + patience)
    finally:
        mine.finish()
    report.count = courier.count
    _look_around(shop, mine, report)
    preflight.land(shop, instance, report.summary())
    return report


def _plan(shop: Shop, mine: Channels, instance: str, report: Report, now: datetime) -> None:
    report.count["jobs"] += run_jobs(shop, now, report.failed)
    released = run_queue(shop, now, instance)
    report.count["released"] += released.messages
    report.count["timers"] += released.timers
    report.failed += released.failed
    try:
        report.count["digests"] += plan_digest(shop, mine, now)
    except (TryAgain, StorageFault):
        raise
    except (Exception, SystemExit) as cause:  # a plugin's fault must not stop what customers wait for
        report.failed.append(T("digest: {why}", zh="日报: {why}").of(why=fault_of(cause)))
    if report.count["digests"]:
        report.count["released"] += run_queue(shop, now, instance).messages
    with shop.write("remind run") as tx:
        catchup.expire(shop, tx, now, report.count)
        catchup.merge_late(shop, tx, now, report.count, mine.by_template())


def _make_known(shop: Shop, mine: Channels) -> None:
    """Tell the other machines which channels are set up here, so that none of them writes those messages to files."""
    with shop.reading() as tx:
        known = {row.channel: row.kind for row in tx.all(ChannelState)}
    news = {name: mine.kind(name) for name in mine.named if known.get(name) != mine.kind(name)}
    if not news:
        return
    with shop.write("remind run") as tx:
        for name, kind in news.items():
            channel_row(tx, name)
            tx.connection.execute(update(CHANNELS).where(CHANNELS.c.channel == name).values(kind=kind))


def _look_around(shop: Shop, mine: Channels, report: Report) -> None:
    """Find out what the run leaves: troubles, work for hands, the next moment."""
    with shop.reading() as tx:
        now = present(shop.clock, tx)
        report.standing = standing(tx, mine, now)
        report.next_at = next_moment(tx, now)
        for name in due_channels(tx, now):
            broken = mine.broken.get(name)
            if broken is not None:
                report.failed.append(broken.sentence)


def next_moment(tx: Tx, now: datetime) -> datetime | None:
    """Return when the next message is due, or an old one is tried again."""
    planned = tx.scalar(
        select(MESSAGES.c.due_at)
        .where(LIVE, MESSAGES.c.state == "planned", MESSAGES.c.due_at > now)
        .order_by(MESSAGES.c.due_at)
        .limit(1)
    )
    again = tx.scalar(
        select(func.min(func.coalesce(MESSAGES.c.next_at, MESSAGES.c.held_until, type_=MESSAGES.c.next_at.type))).where(
            LIVE, MESSAGES.c.due_at <= now, MESSAGES.c.state.in_(("held", "retry"))
        )
    )
    moments = [at for at in (planned, again) if at is not None]
    return min(moments) if moments else None


def standing(tx: Tx, mine: Channels, now: datetime) -> Counter[str]:
    """Return how many messages wait: ``failed``, ``uncertain``, ``by_hand``, ``ready`` (due and not by hand)."""
    found: Counter[str] = Counter()
    rows = tx.rows(select(MESSAGES.c.state, func.count().label("n")).where(TROUBLED).group_by(MESSAGES.c.state))
    found.update({row.state: row.n for row in rows})
    ready = tx.rows(
        select(MESSAGES.c.channel, func.count().label("n"))
        .where(LIVE, MESSAGES.c.due_at <= now, MESSAGES.c.state.in_(("pending", "retry")))
        .group_by(MESSAGES.c.channel)
    )
    for row in ready:
        found["by_hand" if mine.kind(row.channel or "") == "hand" else "ready"] += row.n
    return found
