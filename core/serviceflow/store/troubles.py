"""The databases' own words for trouble, turned into ours: busy, full, read-only, damaged, out of reach, raced."""

from __future__ import annotations

import functools
import random
import sqlite3
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from serviceflow.errors import CannotWrite, ChangedMeanwhile, ConfigError, FlowError, StorageFault, TryAgain
from serviceflow.store.place import Place
from serviceflow.texts import T

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 6


class Collided(TryAgain):
    """PostgreSQL chose this transaction to give way to another; the same again may well succeed."""


class storage_faults:
    """Raises our errors for what the database reports inside the block; its own mistakes and ours pass."""

    __slots__ = ("place",)

    def __init__(self, place: Place) -> None:
        self.place = place

    def __enter__(self) -> None:
        """Nothing is opened."""

    def __exit__(self, kind: type[BaseException] | None, cause: BaseException | None, where: object) -> None:
        if not isinstance(cause, DBAPIError | sqlite3.Error):
            return
        origin = cause.orig if isinstance(cause, DBAPIError) else cause
        if isinstance(origin, sqlite3.Error):
            ours = _of_sqlite(origin, self.place)
        else:
            ours = _of_postgresql(cause, origin, self.place)
        if ours is not None:
            raise ours from cause


def retried(command: Callable[P, R]) -> Callable[P, R]:
    """Make a command that runs one transaction repeat itself when PostgreSQL broke a deadlock through it."""

    @functools.wraps(command)
    def again(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, TRIES):
            try:
                return command(*args, **kwargs)
            except Collided:
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # so that two do not collide in step
        return command(*args, **kwargs)

    return again


def _of_sqlite(origin: sqlite3.Error, place: Place) -> FlowError | None:
    code = getattr(origin, "sqlite_errorname", "")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return _busy(place)
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return _read_only(place)
    if code.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return _full(place, str(origin))
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return _damaged(place, str(origin))
    if code in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
        return _raced(str(origin).partition(": ")[2])
    return None


def _of_postgresql(cause: Exception, origin: BaseException | None, place: Place) -> FlowError | None:
    code = getattr(origin, "sqlstate", None) or ""
    said = str(origin)
    if isinstance(cause, IntegrityError):
        diagnosis = getattr(origin, "diag", None)
        return _raced(f"{getattr(diagnosis, 'constraint_name', '')}") if code == "23505" else None
    if code in ("40001", "40P01"):
        busy = _busy(place)
        return Collided(busy.sentence, busy.way_out)
    if code in ("55P03", "57014", "25P03", "53300"):
        return _busy(place)
    if code in ("25006", "42501"):
        return _read_only(place)
    if code in ("53100", "58030"):
        return _full(place, said)
    if code.startswith("XX"):
        return _damaged(place, said)
    if (
        code in ("28000", "28P01", "3D000")
        or ("does not exist" in said and not code)
        or "authentication failed" in said
    ):
        return ConfigError(
            T("The database {where} lets nobody in: {why}", zh="无法登录数据库 {where}: {why}").of(
                where=place.shown, why=said.strip().splitlines()[-1]
            ),
            T(
                "Check address, name and password (FLOW_DB, ~/.pgpass).",
                zh="请检查地址、用户名与密码 (FLOW_DB, ~/.pgpass)。",
            ),
            ref="database.login",
        )
    if code.startswith(("08", "57P")) or (not code and isinstance(cause, OperationalError)):
        return TryAgain(
            T("The database {where} does not answer.", zh="数据库 {where} 无响应。").of(where=place.shown),
            T("Nothing was changed; check that the server runs.", zh="未做任何更改, 请检查服务器。"),
            ref="database.away",
        )
    return None


def _busy(place: Place) -> TryAgain:
    return TryAgain(
        T("{where} is busy.", zh="{where} 正忙。").of(where=place.shown),
        T("Nothing was changed; try again in a moment.", zh="未做任何更改, 请稍后再试。"),
        ref="busy",
    )


def _read_only(place: Place) -> CannotWrite:
    way_out = (
        T("Check the rights of the file and its folder.", zh="请检查文件与文件夹的权限。")
        if place.is_sqlite
        else T("Check the rights of the database's user.", zh="请检查数据库用户的权限。")
    )
    return CannotWrite(
        T("{where} cannot be written.", zh="无法写入 {where}。").of(where=place.shown), way_out, ref="read-only"
    )


def _full(place: Place, said: str) -> StorageFault:
    return StorageFault(
        T("{where}: {why}. Nothing was changed.", zh="{where}: {why}。未做任何更改。").of(where=place.shown, why=said),
        T("Free some space, then run: flow db check", zh="请腾出空间, 然后运行: flow db check"),
        ref="disk",
    )


def _damaged(place: Place, said: str) -> StorageFault:
    return StorageFault(
        T("{where} is damaged: {why}. Nothing was changed.", zh="{where} 已损坏: {why}。未做任何更改。").of(
            where=place.shown, why=said
        ),
        T(
            "See how far: flow db check; then: flow db restore BACKUP",
            zh="先检查: flow db check; 再恢复: flow db restore 备份",
        ),
        ref="damaged",
    )


def _raced(what: str) -> ChangedMeanwhile:
    return ChangedMeanwhile(
        T("Somebody else entered the same at the same moment ({what}).", zh="他人刚刚录入了相同内容({what})。").of(
            what=what
        ),
        T("Nothing was stored; look again and repeat.", zh="未保存任何内容, 请重看后再试。"),
        ref="raced",
    )
