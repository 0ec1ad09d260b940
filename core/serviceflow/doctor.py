"""A look over everything a shop stands on, each finding with what to do about it (``flow doctor``).

Above all rooms: what storage, reminders and plugins say about themselves comes together here.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import text

from serviceflow.calendars import CalendarYearMissing
from serviceflow.plugin.ask import doctor_checks
from serviceflow.remind.install import scheduler_found
from serviceflow.remind.invariants import INVARIANTS, broken
from serviceflow.remind.status import status
from serviceflow.store.filesystem import filesystem_of, is_network
from serviceflow.store.migrate import owners_here, pending
from serviceflow.store.queue import lock_file
from serviceflow.store.read import Reader
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from pathlib import Path

    from serviceflow.app import Shop

Level = Literal["good", "look", "bad"]

LEAST_FREE = 64 * 2**20
"""Bytes: below it a commit may fail at any moment."""

MOST_SKEW = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: good, worth a look, or bad; and the way to mend it."""

    key: str
    level: Level
    sentence: T
    fix: T | None = None


def examine(shop: Shop) -> list[Finding]:
    """Return all findings, in the order a person would mend them."""
    found: list[Finding] = []
    for look in LOOKS:
        found.extend(look(shop))
    return found


def has_wal_reset_bug(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite may damage a file when a checkpoint and a writer meet (mended in 3.51.3, 3.50.7, 3.44.6)."""
    if version >= (3, 51, 3) or version < (3, 7, 0):
        return False
    return not ((3, 50, 7) <= version < (3, 51, 0) or (3, 44, 6) <= version < (3, 45, 0))


def _database(shop: Shop) -> Iterator[Finding]:
    with shop.reading() as tx:
        if shop.place.is_sqlite:
            version = sqlite3.sqlite_version_info[:3]
            shown = T("SQLite {v}", zh="SQLite {v}").of(v=sqlite3.sqlite_version)
            if has_wal_reset_bug((version[0], version[1], version[2])):
                yield Finding(
                    "sqlite",
                    "look",
                    T("SQLite {v} can damage a file in rare races.", zh="SQLite {v} 在极少数竞争中可能损坏文件。").of(
                        v=sqlite3.sqlite_version
                    ),
                    T(
                        "Use a Python with SQLite 3.51.3, 3.50.7 or 3.44.6; our writers queue, which avoids the race.",
                        zh="请改用带 SQLite 3.51.3、3.50.7 或 3.44.6 的 Python; 本程序的写入排队已避开该竞争。",
                    ),
                )
            else:
                yield Finding("sqlite", "good", shown)
            mode = tx.connection.exec_driver_sql("PRAGMA journal_mode").scalar()
            durable = tx.connection.exec_driver_sql("PRAGMA synchronous").scalar()
            good = (mode, durable) == ("wal", 2)
            yield Finding(
                "durable",
                "good" if good else "bad",
                T("journal {m}, synchronous {s}", zh="日志 {m}, 同步 {s}").of(
                    m=mode, s="FULL" if durable == 2 else durable
                ),
                None if good else T("Keep the file on a local disk.", zh="请把文件放在本机磁盘。"),
            )
        else:
            yield Finding("server", "good", plain(str(tx.scalar(text("SELECT split_part(version(), ' on ', 1)")))))  # type: ignore[arg-type]
            there: datetime = tx.scalar(text("SELECT now()"))  # type: ignore[arg-type]
            skew = abs(there - datetime.now(UTC))
            yield Finding(
                "clock",
                "good" if skew <= MOST_SKEW else "look",
                T("this machine's clock is {n} s off the server's", zh="本机时钟与服务器相差 {n} 秒").of(
                    n=int(skew.total_seconds())
                ),
                None if skew <= MOST_SKEW else T("Switch on time synchronisation.", zh="请启用时间同步。"),
            )


def _schema(shop: Shop) -> Iterator[Finding]:
    with shop.reading() as tx:
        due = pending(tx.connection, owners_here(tx.connection, shop.plugins.all()))
    if due:
        yield Finding(
            "schema",
            "bad",
            T("tables to upgrade: {names}", zh="待升级的数据表: {names}").of(
                names=", ".join(owner.key for owner, _, _ in due)
            ),
            plain("flow db upgrade"),
        )
    else:
        yield Finding("schema", "good", T("tables are at their newest revision", zh="数据表为最新版本"))


def _files(shop: Shop) -> Iterator[Finding]:
    file = shop.place.path
    if file is None:
        return
    kind = filesystem_of(file)
    if is_network(kind):
        yield Finding(
            "disk",
            "bad",
            T("the file is on a network file system ({k})", zh="文件位于网络文件系统({k})").of(k=kind),
            T(
                "Move it to a local disk, or use PostgreSQL: flow db copy FROM TO",
                zh="请移到本机磁盘, 或改用 PostgreSQL: flow db copy 源 目标",
            ),
        )
    log = file.with_name(file.name + "-wal")
    needed = max(LEAST_FREE, 2 * log.stat().st_size if log.exists() else 0)
    free = shutil.disk_usage(file.parent).free
    yield Finding(
        "space",
        "good" if free >= needed else "bad",
        T("{n} MB free on the disk", zh="磁盘剩余 {n} MB").of(n=free // 2**20),
        None
        if free >= needed
        else T("Free some space in {folder}.", zh="请清理 {folder} 的空间。").of(folder=file.parent),
    )
    yield from _rights(file)


def _rights(file: Path) -> Iterator[Finding]:
    if sys.platform == "win32":  # rights are inherited from the person's folder
        return
    parts = [file, lock_file(file), *(file.with_name(file.name + ending) for ending in ("-wal", "-shm"))]
    open_ones = [part for part in parts if part.exists() and stat.S_IMODE(part.stat().st_mode) & 0o077]
    if open_ones:
        yield Finding(
            "rights",
            "bad",
            T("others on this computer can read {names}", zh="本机其他用户可读取 {names}").of(
                names=", ".join(part.name for part in open_ones)
            ),
            plain("chmod 600 {files}").of(files=" ".join(str(part) for part in open_ones)),
        )
    else:
        yield Finding("rights", "good", T("the files are private", zh="文件仅本人可读"))


def _calendars(shop: Shop) -> Iterator[Finding]:
    calendar = shop.calendar("cn-public")
    this = shop.local_day(shop.clock.now()).year
    missing = []
    for year in (this, this + 1):
        try:
            calendar.kind(date(year, 7, 1))
        except CalendarYearMissing:
            missing.append(str(year))
    # The notice for a year is published in the November before it.
    late = str(this) in missing or (missing and shop.local_day(shop.clock.now()).month == 12)
    if missing:
        yield Finding(
            "calendar",
            "look" if not late else "bad",
            T("no public holidays known for {years}", zh="缺少 {years} 年节假日数据").of(years=", ".join(missing)),
            T("When the notice is out: flow cal import NOTICE", zh="通知发布后: flow cal import 通知"),
        )
    else:
        yield Finding(
            "calendar", "good", T("public holidays known to the end of {y}", zh="节假日数据至 {y} 年底").of(y=this + 1)
        )


def _timer(shop: Shop) -> Iterator[Finding]:
    with contextlib.closing(Reader.open(shop.place, clock=shop.clock)) as read:
        found = status(read)
    if found.alive:
        yield Finding("timer", "good", T("the timer runs", zh="定时运行正常"))
        return
    begins = T("{how}: flow remind install", zh="{how}: flow remind install")
    how = scheduler_found()
    way = begins.of(how=how) if how is not None else plain("flow remind install")
    if found.alive is None:
        yield Finding("timer", "look", T("the timer has never run", zh="定时从未运行"), way)
    else:
        yield Finding("timer", "bad", T("the timer has stopped", zh="定时已停止"), way)


def _messages(shop: Shop) -> Iterator[Finding]:
    with shop.reading() as tx:
        found = broken(tx)
    for rule in INVARIANTS:
        if rule.key in found:
            numbers = found[rule.key]
            yield Finding(
                f"messages {rule.key}",
                "bad",
                T("does not hold: {rule} ({marks})", zh="不成立: {rule}({marks})").of(
                    rule=rule.says, marks=", ".join(f"m{n}" for n in numbers)
                ),
                plain(f"flow remind why m{numbers[0]}"),
            )
    if not found:
        yield Finding("messages", "good", T("every message is accounted for", zh="每条消息都有交代"))


LEVELS: dict[str, Level] = {"ok": "good", "note": "look", "bad": "bad"}


def _plugins(shop: Shop) -> Iterator[Finding]:
    broken_ones = {problem.key for problem in shop.plugins.problems()}
    for key in shop.plugins.enabled():
        if key not in broken_ones:
            yield Finding(f"plugin {key}", "good", T("plugin {key} is sound", zh="插件 {key} 正常").of(key=key))
    for health in doctor_checks(shop):
        yield Finding("plugins", LEVELS[health.state], health.sentence, health.fix)


LOOKS: tuple[Callable[[Shop], Iterator[Finding]], ...] = (
    _database, _schema, _files, _calendars, _timer, _messages, _plugins)  # fmt: skip
