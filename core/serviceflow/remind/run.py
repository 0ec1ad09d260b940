"""One run of `flow remind run`: check, recover, release, hand over, report. Safe at any time, several at once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, time, timedelta
from time import monotonic, sleep
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import update

from serviceflow.clock import instant
from serviceflow.errors import StorageFault, TryAgain
from serviceflow.plugin.unusable import PluginMissing
from serviceflow.remind import backlog, catchup, preflight
from serviceflow.remind.calm import calm_key
from serviceflow.remind.deliver import Courier, channel_row
from serviceflow.remind.digest import plan_digest
from serviceflow.remind.jobs import run_jobs
from serviceflow.remind.moments import run_queue
from serviceflow.remind.outbox import due_channels, present
from serviceflow.remind.reasons import fault_of
from serviceflow.remind.report import Report
from serviceflow.remind.settings import Channels, load_channels
from serviceflow.store.read import Reader
from serviceflow.store.tables import ChannelState, Staff
from serviceflow.store.write import table_of
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop

CHANNELS = table_of(ChannelState)
PATIENCE = 120.0
"""Seconds a run waits, all in all, for a channel's rate to let the next message through."""


def run(
    shop: Shop,
    *,
    confirm_clock: bool = False,
    patience: float = PATIENCE,
    stopping: Callable[[], bool] = lambda: False,
    pause: Callable[[float], None] = sleep,
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
    report.failed += flight.failed
    if flight.held is not None:
        report.held = flight.held
        return report
    courier = Courier(shop, mine, instance, ramp=flight.ramp, stopping=stopping, pause=pause, count=report.count)
    _make_known(shop, mine)
    courier.recover()
    _plan(shop, mine, instance, report, flight.now)
    try:
        courier.run(monotonic() + patience)
    finally:
        report.failed += mine.finish()
    report.count = courier.count
    calm = _look_around(shop, mine, report)
    preflight.land(shop, instance, report.summary(), calm)
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


def _look_around(shop: Shop, mine: Channels, report: Report) -> tuple[str, datetime] | None:
    """Find out what the run leaves: troubles, work for hands, the next moment; and until when jobs can rest."""
    with shop.reading() as tx:
        me = tx.get(Staff, shop.staff_id) if shop.staff_id is not None else None
        for name in due_channels(tx, present(shop.clock, tx)):
            broken = mine.broken.get(name)
            if broken is not None:
                report.failed.append(broken.sentence)
    with contextlib.closing(Reader.open(shop.place, login=me.login if me else None, clock=shop.clock)) as read:
        now = backlog.present(read)
        report.standing = backlog.standing(read, mine.kind, now)
        report.next_at = backlog.next_moment(read, now)
        # A plugin that other machines have changes the key when it comes; one that is broken may be mended any time.
        if report.failed or any(not isinstance(p, PluginMissing) for p in shop.plugins.problems()):
            return None
        return calm_key(read), _next_job(shop, now)


def _next_job(shop: Shop, now: datetime) -> datetime:
    """Return when the next job, the next digest or the next look at the file is due."""
    times = {shop.settings.get(job.at) for trade in shop.plugins.all() for job in trade.jobs}
    clock = {time.fromisoformat(at) for at in (*times, shop.settings.get("core.digest_at"), "00:00")}
    today = shop.local_day(now)
    moments = [instant(day, at, shop.zone) for day in (today, today + timedelta(days=1)) for at in clock]
    return min(moment for moment in moments if moment > now)
