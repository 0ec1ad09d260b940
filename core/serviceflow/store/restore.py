"""Backups of any shop, and shops brought back from them; the shop that was there is kept."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from serviceflow.errors import BadInput, StorageFault
from serviceflow.faults import fault
from serviceflow.store.backup import backup, backup_name, damage
from serviceflow.store.copy import copy_shop
from serviceflow.store.migrate import Owner
from serviceflow.store.place import Place
from serviceflow.store.queue import turn
from serviceflow.texts import T, plain


def back_up(place: Place, target: Path, owners: Sequence[Owner]) -> Path:
    """Write the shop into one private SQLite file, checked before it gets its name.

    A shop on PostgreSQL is copied row by row, its digests compared; one in a file is copied page by page.
    """
    if place.is_sqlite:
        return backup(place, target)
    if target.exists():
        raise BadInput(
            T("{file} is there already.", zh="{file} 已存在。").of(file=target),
            T("Name another file.", zh="请换一个文件名。"),
            ref="backup.there",
        )
    part = target.with_name(target.name + ".copy")
    _remove(part)
    try:
        copy_shop(place, Place(path=part), owners)
        return backup(Place(path=part), target)
    finally:
        _remove(part)


def restore(place: Place, source: Path, owners: Sequence[Owner]) -> Path | None:
    """Put a backup in the shop's place.

    Returns:
        Where the shop that was there is kept; ``None`` when there was none. On PostgreSQL the database must be
        empty: keeping what is there is done by its own means.

    Raises:
        BadInput: The file is not there or holds no shop.
        StorageFault: The backup is damaged; the shop stays as it was.
    """
    check_backup(source)
    if place.path is None:
        copy_shop(Place(path=source), place, owners)
        return None
    target = place.path
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with turn(target):
        fresh = backup(Place(path=source), backup_name(target, "restoring"))
        fault("restore.copied")
        kept = backup_name(target, "replaced") if target.exists() else None
        if kept is not None:
            for ending in ("-wal", "-shm", ""):  # the log belongs to the file: one without the other is damaged
                part = target.with_name(target.name + ending)
                if part.exists():
                    part.rename(kept.with_name(kept.name + ending))
        fault("restore.moved")
        fresh.rename(target)
    return kept


def check_backup(source: Path) -> None:
    """Agree when a file holds a whole shop; raises as `restore`."""
    if not source.is_file():
        raise BadInput(T("There is no file {file}.", zh="没有文件 {file}。").of(file=source), plain("ls"), ref="backup")
    try:
        wrong = damage(source)
        with contextlib.closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT value FROM shop_meta WHERE key = 'schema'").fetchone()
    except sqlite3.Error as cause:
        if cause.sqlite_errorname.startswith("SQLITE_CORRUPT"):
            raise _damaged(source, str(cause)) from cause
        raise BadInput(
            T("{file} holds no shop: {why}", zh="{file} 不是店铺备份: {why}").of(file=source, why=cause),
            plain("flow db restore FILE"),
            ref="backup",
        ) from cause
    if wrong:
        raise _damaged(source, wrong[0])


def _damaged(source: Path, what: str) -> StorageFault:
    return StorageFault(
        T("{file} is damaged: {what}. The shop stays as it is.", zh="{file} 已损坏: {what}。店铺保持不变。").of(
            file=source, what=what
        ),
        T("Take an older backup.", zh="请换用更早的备份。"),
        ref="backup",
    )


def _remove(file: Path) -> None:
    for ending in ("", "-wal", "-shm", ".lock"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
