"""Before anything is sent: is there room to write down what was sent, is the file whole, can the clock be right?"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DatabaseError

from serviceflow import __version__
from serviceflow.clock import SystemClock
from serviceflow.errors import StorageFault
from serviceflow.faults import fault
from serviceflow.remind.calm import PREFIX
from serviceflow.remind.heartbeat import DAY, KEPT
from serviceflow.remind.jobs import META, claim_day
from serviceflow.remind.outbox import present
from serviceflow.remind.room import enough_room
from serviceflow.remind.timer import BACKWARDS, LOOKED, LOOKED_THOROUGHLY, PAUSE
from serviceflow.spans import span
from serviceflow.store.tables import Runner
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop

RUNNERS = table_of(Runner)
CALM = timedelta(minutes=15)
"""How long after a pause only a fifth of a channel's rate is used."""
WEEK = timedelta(days=7)
LONG_GAP, LONGEST_GAP = timedelta(days=1), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Flight:
    """What a run starts from. With ``held`` nothing may be sent, and nothing expires.

    Attributes:
        failed: What a person must look at, though it stops nothing.
    """

    now: datetime
    ramp: bool
    warnings: tuple[T, ...] = ()
    held: T | None = None
    failed: tuple[T, ...] = ()


def whole(shop: Shop, today: date, *, thoroughly: bool = False) -> bool:
    """Look once a day whether an SQLite file is whole; False when that was done today or a server looks after it.

    Args:
        thoroughly: Compare every index with its table too.

    Raises:
        StorageFault: It is damaged; nothing may be sent on what it says.
    """
    if not shop.place.is_sqlite:
        return False
    with shop.reading() as tx:
        if tx.scalar(select(META.c.value).where(META.c.key == LOOKED)) == today.isoformat():
            return False
        try:
            look = "integrity_check" if thoroughly else "quick_check"
            said = str(tx.connection.exec_driver_sql(f"PRAGMA {look}(1)").scalar())
        except DatabaseError as cause:
            said = str(cause.orig)
    if said != "ok":
        raise StorageFault(
            T("The database is damaged ({what}); nothing is sent.", zh="数据库已损坏({what}), 不发送任何消息。").of(
                what=said.strip().splitlines()[-1][:120]
            ),
            T(
                "Restore the last good copy: flow db restore BACKUP",
                zh="请恢复最近的完好备份: flow db restore 备份文件",
            ),
            ref="remind.damaged",
        )
    return True


def _week_is_over(shop: Shop, today: date) -> bool | None:
    """Return whether the last thorough look is a week old, ``None`` where weeks are not counted yet."""
    with shop.reading() as tx:
        last = tx.scalar(select(META.c.value).where(META.c.key == LOOKED_THOROUGHLY))
    return today - date.fromisoformat(last) >= WEEK if last is not None else None


def books_of(shop: Shop) -> tuple[T, ...]:
    """Return what is wrong with the journal. It is told and stops nothing: no message is made of it."""
    from serviceflow.store.audit import verify

    with shop.reading() as tx:
        faults = verify(tx.connection).faults
    if not faults:
        return ()
    words = T(
        "the journal has {n} faults: {first}   flow audit verify", zh="日志有 {n} 处错误: {first}   flow audit verify"
    )
    return (words.of(n=len(faults), first=faults[0]),)


def take_off(shop: Shop, instance: str, *, confirm_clock: bool) -> Flight:
    """Check room and clock and write the first heartbeat: a write probe and a sign of life in one commit."""
    enough_room(shop.place)
    today = shop.local_day(shop.clock.now())
    week_over = _week_is_over(shop, today)
    looked = whole(shop, today, thoroughly=bool(week_over))
    failed = books_of(shop) if week_over else ()
    with shop.write("remind run") as tx:
        now = present(shop.clock, tx)
        last: datetime | None = tx.scalar(select(RUNNERS.c.beat_at).order_by(RUNNERS.c.beat_at.desc()).limit(1))
        gap = now - last if last is not None else timedelta(0)
        held = None if confirm_clock else _jumped(shop, gap)
        if held is not None:
            return Flight(now, ramp=False, held=held)
        tx.connection.execute(
            insert(RUNNERS).values(
                instance=instance,
                started_at=now,
                beat_at=now,
                version=__version__,
                summary={"gap": max(0, int(gap.total_seconds()))},
            )
        )
        if looked:
            claim_day(tx, LOOKED, today)
        if week_over is not False:
            claim_day(tx, LOOKED_THOROUGHLY, today)
        _forget_old(tx, now)
        fault("run.before_heartbeat")
        ramp = _ramps(tx, now)
    fault("run.after_heartbeat")
    warnings = []
    if gap < -BACKWARDS:
        warnings.append(
            T("the clock went back by {gap}; nothing is sent twice", zh="时钟回拨了 {gap}; 不会重复发送").of(
                gap=span(-gap)
            )
        )
    elif gap > PAUSE:
        warnings.append(T("no run for {gap}; catching up slowly", zh="已停 {gap} 未运行; 缓慢补发").of(gap=span(gap)))
    return Flight(now, ramp, tuple(warnings), failed=failed)


def land(shop: Shop, instance: str, summary: dict[str, object], calm: tuple[str, datetime] | None = None) -> None:
    """Write the last heartbeat with what the run did.

    Args:
        calm: Key and moment of `remind.calm`: until then no job and no digest can be due here.
    """
    with shop.write("remind run") as tx:
        now = present(shop.clock, tx)
        row = tx.need(Runner, instance)
        tx.connection.execute(
            update(RUNNERS)
            .where(RUNNERS.c.instance == instance)
            .values(beat_at=now, finished_at=now, summary={**row.summary, **summary})
        )
        tx.connection.execute(delete(META).where(META.c.key.startswith(PREFIX), META.c.value <= now.isoformat()))
        if calm is not None:
            tx.note(calm[0], calm[1].isoformat())


def _forget_old(tx: Tx, now: datetime) -> None:
    kept = select(RUNNERS.c.beat_at).order_by(RUNNERS.c.beat_at.desc()).offset(KEPT).limit(1)
    oldest = tx.scalar(kept)
    if oldest is not None:
        tx.connection.execute(delete(RUNNERS).where(RUNNERS.c.beat_at <= oldest, RUNNERS.c.beat_at < now - DAY))


def _ramps(tx: Tx, now: datetime) -> bool:
    """Return whether a run of the last minutes began after a pause."""
    recent = tx.all(Runner, RUNNERS.c.started_at > now - CALM, RUNNERS.c.started_at <= now)
    return any(run.summary.get("gap", 0) > PAUSE.total_seconds() for run in recent)


def _jumped(shop: Shop, gap: timedelta) -> T | None:
    """Return why the clock cannot be trusted: a leap of a month, or of a day on a clock nobody sets."""
    if gap <= LONG_GAP:
        return None
    if gap <= LONGEST_GAP and not (isinstance(shop.clock, SystemClock) and clock_is_adrift()):
        return None
    return T(
        "the last run was {gap} ago by this machine's clock; nothing is sent until that is confirmed",
        zh="按本机时钟, 上次运行在 {gap} 之前; 确认前不发送任何消息",
    ).of(gap=span(gap))


def clock_is_adrift() -> bool:
    """Return whether the system says that its clock is not synchronised; not knowing is no."""
    try:
        said = subprocess.run(
            ["timedatectl", "show", "--property=NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and said.stdout.strip() == "no"
