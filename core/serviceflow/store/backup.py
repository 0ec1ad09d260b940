"""Backups of an SQLite shop by the online API: whole while others write, and checked before they count."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from serviceflow.errors import CannotWrite, StorageFault
from serviceflow.faults import fault
from serviceflow.store.place import Place
from serviceflow.texts import T, plain


def backup_name(file: Path, why: str = "backup") -> Path:
    """Return a name beside ``file`` that is free: ``shop-20261125T022000-backup.db``."""
    stem = f"{file.stem}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{why}"
    names = (file.with_name(f"{stem}{n}{file.suffix}") for n in ("", *(f"-{i}" for i in range(2, 1000))))
    return next(name for name in names if not name.exists())


def backup(place: Place, target: Path) -> Path:
    """Copy the shop into ``target``, check the copy, and only then give it its name.

    Raises:
        CannotWrite: ``target`` is there already, or cannot be made.
        StorageFault: The copy is not sound; it is not kept.
    """
    assert place.path is not None
    if target.exists():
        raise CannotWrite(
            T("{file} is there already.", zh="{file} 已存在。").of(file=target),
            T("Name another file.", zh="请换一个文件名。"),
            ref="backup.there",
        )
    part = target.with_name(target.name + ".part")
    try:
        # Made before SQLite opens it, so that nobody else can read it for even a moment.
        os.close(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
        with contextlib.closing(_open(place.path)) as source, contextlib.closing(_open(part)) as copy:
            # In one step: in several, each write of another process would start it over. Writers do not wait.
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file that holds everything
        fault("backup.copied")
        wrong = damage(part) or broken_chain(part)
        if wrong:
            raise StorageFault(
                T("The backup of {where} is not sound: {what}", zh="{where} 的备份不完整: {what}").of(
                    where=place.shown, what=wrong[0]
                ),
                plain("flow db check"),
                ref="backup.unsound",
            )
        part.replace(target)
        _sync(target)
    except (OSError, sqlite3.Error) as cause:
        raise CannotWrite(
            T("The backup {file} cannot be written: {why}.", zh="无法写入备份 {file}: {why}。").of(
                file=target, why=cause
            ),
            T("Check the rights and the free space of {folder}.", zh="请检查 {folder} 的权限与剩余空间。").of(
                folder=target.parent
            ),
            ref="backup.unwritable",
        ) from cause
    finally:
        part.unlink(missing_ok=True)
    return target


def _open(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=30, isolation_level=None)
    connection.execute("PRAGMA busy_timeout=30000")
    return connection


def _sync(file: Path) -> None:
    for path in (file, file.parent):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def damage(file: Path) -> list[str]:
    """Return what SQLite finds wrong with a file: pages, indexes and rows that point nowhere; empty when sound."""
    with contextlib.closing(_open(file)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]
        dangling = connection.execute("PRAGMA foreign_key_check").fetchall()
    return found + [f"{table} {rowid} → {parent}" for table, rowid, parent, _ in dangling[:20]]


def broken_chain(file: Path) -> list[str]:
    """Return what is wrong with the chain of operations in a file; empty when it is sound."""
    from sqlalchemy import create_engine

    from serviceflow.store.audit import verify

    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(file))
    try:
        with engine.connect() as connection:
            return [str(fault) for fault in verify(connection, rows=False).faults]
    finally:
        engine.dispose()
