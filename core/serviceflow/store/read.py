"""The read path: SQL views over the DB-API. No SQLModel, no SQLAlchemy, no pydantic, no plugin is imported here.

Statements are written once with ``:name`` parameters; values come back as Python holds them (aware UTC instants,
dates, bools), told by the column's name in `serviceflow.store.views`.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from serviceflow.clock import Clock, SystemClock, clock_of
from serviceflow.errors import CannotWrite, ConfigError, SchemaMismatch, StorageFault, TryAgain
from serviceflow.store.place import Place
from serviceflow.store.stamp import check_stamp
from serviceflow.store.views import KINDS
from serviceflow.texts import T, language, plain

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Found = dict[str, Any]
"""One row, by column name."""

MANY: Final = 100
"""Counts stop here: "99+" is all a person needs to know, and a million rows need not be counted for it."""

_PARAMETER: Final = re.compile(r"(?<![:\w]):([a-z]\w*)")
_SQLITE_INSTANT: Final = "%Y-%m-%d %H:%M:%S"


class Reader:
    """One shop, open for reading. Make it with `Reader.open`; close it when done."""

    def __init__(self, place: Place, connection: Any, clock: Clock) -> None:
        self.place = place
        self.connection = connection
        self.clock = clock
        self.staff: Found | None = None

    @classmethod
    def open(cls, place: Place, *, login: str | None = None, clock: Clock | None = None) -> Reader:
        """Open the shop at a place.

        Args:
            login: Who reads; by default ``FLOW_STAFF``, the computer's user, or the only member of staff.

        Raises:
            ConfigError: There is no shop there, or nobody on its staff is called ``login``.
            SchemaMismatch: The database belongs to another version of the program.
            TryAgain: The server does not answer.
            StorageFault: The file is no database or is damaged.
        """
        connect = _open_sqlite if place.is_sqlite else _open_postgres
        read = cls(place, connect(place), clock or SystemClock())
        try:
            if "schema" not in read.meta:
                raise no_shop(place)
            check_stamp(read.meta["schema"])
            read.clock = clock or clock_of(read.meta)
            read.staff = read._who(login)
        except BaseException:
            read.close()
            raise
        return read

    def close(self) -> None:
        """Let go of the database."""
        self.connection.close()

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return "sqlite" if self.place.is_sqlite else "postgresql"

    # -- asking ------------------------------------------------------------------------------------------------

    def rows(self, sql: str, **values: Any) -> list[Found]:
        """Return the rows of a SELECT; ``:name`` in it stands for a value."""
        with storage_words(self.place):
            cursor = self.connection.execute(*bound(self.place, sql, values))
            names = [column[0] for column in cursor.description]
            read = [_READ.get(KINDS.get(name, "text")) for name in names]
            return [
                {n: f(v) if f and v is not None else v for n, f, v in zip(names, read, row, strict=True)}
                for row in cursor.fetchall()
            ]

    def one(self, sql: str, **values: Any) -> Found | None:
        """Return the first row, or ``None``."""
        found = self.rows(sql, **values)
        return found[0] if found else None

    def value(self, sql: str, **values: Any) -> Any:
        """Return the first column of the first row, or ``None``."""
        row = self.one(sql, **values)
        return next(iter(row.values())) if row else None

    def count(self, sql: str, **values: Any) -> int:
        """Return how many rows ``SELECT 1 FROM …`` has, but no more than `MANY`."""
        return int(self.value(f"SELECT count(*) FROM ({sql} LIMIT {MANY}) AS counted", **values))  # noqa: S608

    def among(self, sql: str, name: str, keys: Sequence[Any], **values: Any) -> list[Found]:
        """Return the rows of a SELECT in which ``:name`` stands for a list, as in ``IN (:keys)``."""
        if not keys:
            return []
        names = [f"{name}_{n}" for n in range(len(keys))]
        listed = sql.replace(f":{name}", ", ".join(f":{n}" for n in names))
        return self.rows(listed, **dict(zip(names, keys, strict=True)), **values)

    # -- the shop ----------------------------------------------------------------------------------------------

    @cached_property
    def meta(self) -> dict[str, str]:
        """Facts about the database: schema stamp, language, time zone."""
        try:
            return {row["key"]: row["value"] for row in self.rows("SELECT key, value FROM shop_meta")}
        except _NoTable:
            raise no_shop(self.place) from None

    @property
    def language(self) -> str:
        """Language of the shop, ``en`` or ``zh``."""
        return self.meta.get("language", "zh")

    @cached_property
    def zone(self) -> ZoneInfo:
        """Time zone of the shop."""
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.meta.get("timezone", "Asia/Shanghai"))

    @property
    def now(self) -> datetime:
        """The present moment, UTC."""
        return self.clock.now()

    @property
    def today(self) -> date:
        """The shop's calendar day."""
        return self.now.astimezone(self.zone).date()

    # -- who reads ---------------------------------------------------------------------------------------------

    @property
    def staff_id(self) -> int | None:
        """Key of the member of staff who reads; ``None`` when it cannot be told."""
        return self.staff["staff_id"] if self.staff else None

    @cached_property
    def roles(self) -> frozenset[str]:
        """Roles of the member of staff who reads."""
        return self.roles_of(self.staff_id)

    def roles_of(self, staff_id: int | None) -> frozenset[str]:
        """Return the roles a member of staff holds."""
        return frozenset(
            row["role"] for row in self.rows("SELECT role FROM v_staff_role WHERE staff_id = :id", id=staff_id)
        )

    @cached_property
    def role_titles(self) -> dict[str, str]:
        """Titles of roles in the current language, by key."""
        titles = {"admin": T("Administrator", zh="管理员"), "manager": T("Manager", zh="经理")}
        for key, value in self.meta.items():
            if key.startswith("trade."):
                roles = _json(value).get("roles", {})
                titles |= {role: T(names["title_en"], zh=names["title_zh"]) for role, names in roles.items()}
        return {role: str(title) for role, title in titles.items()}

    def member(self, name: str) -> Found:
        """Return the member of staff with this login or name.

        Raises:
            ConfigError: There is none.
        """
        found = self.one("SELECT * FROM v_staff WHERE login = :name OR name = :name ORDER BY active DESC", name=name)
        if found is None:
            raise ConfigError(
                T("Nobody on the staff is called {name}.", zh="没有员工 {name}。").of(name=name),
                plain("flow staff"),
                ref="staff",
            )
        return found

    def _who(self, login: str | None) -> Found | None:
        from getpass import getuser

        wanted = login or os.environ.get("FLOW_STAFF")
        if wanted:
            return self.member(wanted)
        with contextlib.suppress(OSError, KeyError):
            found = self.one("SELECT * FROM v_staff WHERE login = :name", name=getuser())
            if found is not None:
                return found
        active = self.rows("SELECT * FROM v_staff WHERE active LIMIT 2")
        return active[0] if len(active) == 1 else None


def title(row: Mapping[str, Any], name: str = "title") -> str:
    """Return the column ``title_en`` or ``title_zh`` (or those of another ``name``) in the current language."""
    return str(row[f"{name}_{language()}"] or "")


# -- values ----------------------------------------------------------------------------------------------------


def _instant(value: Any) -> datetime:
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.astimezone(UTC)  # type: ignore[no-any-return]


def _day(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _json(value: str) -> Any:
    import json

    return json.loads(value)


_READ: Final[Mapping[str, Any]] = {"instant": _instant, "day": _day, "yes_no": bool, "json": _json}


def bound(place: Place, sql: str, values: Mapping[str, Any]) -> tuple[str, Any]:
    """Return a statement with ``:name`` parameters, and their values, as the driver of a place wants them."""
    if place.is_sqlite:
        return sql, {name: _for_sqlite(value) for name, value in values.items()}
    return _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%")), dict(values)


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime(_SQLITE_INSTANT)
    if isinstance(value, date):
        return value.isoformat()
    return value


# -- connecting ------------------------------------------------------------------------------------------------


class _NoTable(Exception):
    """The database has no such table or view."""


def _open_sqlite(place: Place) -> sqlite3.Connection:
    path = place.path
    assert path is not None
    if not path.exists():
        raise no_shop(place)
    with storage_words(place):
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5, isolation_level=None)
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            # WAL needs a writable folder even to read. Where there is none nobody writes either, and the file
            # alone is the truth as long as no log stands beside it.
            connection.close()
            if path.with_name(path.name + "-wal").exists() or os.access(path.parent, os.W_OK):
                raise
            connection = sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True, isolation_level=None)
    return connection


def _open_postgres(place: Place) -> Any:
    try:
        import psycopg
    except ImportError:
        raise ConfigError(
            T("PostgreSQL needs a driver that is not installed.", zh="未安装 PostgreSQL 驱动。"),
            plain('pip install "serviceflow[postgres]"'),
            ref="postgres",
        ) from None
    with storage_words(place):
        connection = psycopg.connect(place.url or "", autocommit=True, connect_timeout=5)
        connection.execute("SET default_transaction_read_only = on")
    return connection


@contextlib.contextmanager
def storage_words(place: Place) -> Iterator[None]:
    """Turn the database's own words for a fault into ours."""
    try:
        yield
    except sqlite3.Error as cause:
        raise _fault_of(place, str(cause).lower()) or cause from cause
    except Exception as cause:
        if type(cause).__module__.partition(".")[0] != "psycopg":
            raise
        state = getattr(cause, "sqlstate", None)
        raise (_NoTable() if state == "42P01" else None) or (
            _unreachable(place) if state is None or state[:2] in ("08", "57", "53") else cause
        ) from cause


def _fault_of(place: Place, said: str) -> Exception | None:
    where = place.shown
    if "no such table" in said:
        return _NoTable()
    if "no such column" in said:
        return SchemaMismatch(
            T("{where} belongs to another version.", zh="{where} 属于另一版本。").of(where=where),
            plain("flow db upgrade"),
            ref="schema",
        )
    if "not a database" in said or "malformed" in said or "disk i/o" in said:
        return StorageFault(
            T("{where} is damaged or no database.", zh="{where} 已损坏或不是数据库。").of(where=where),
            plain("flow db check"),
            ref="damaged",
        )
    if "unable to open" in said or "readonly" in said:
        return CannotWrite(
            T("{where} cannot be opened.", zh="无法打开 {where}。").of(where=where),
            T("Check the rights of the file and its folder.", zh="请检查文件与文件夹的权限。"),
            ref="rights",
        )
    if "locked" in said:
        return TryAgain(
            T("{where} is busy.", zh="{where} 正忙。").of(where=where),
            T("Try again in a moment.", zh="请稍后再试。"),
            ref="busy",
        )
    return None


def _unreachable(place: Place) -> TryAgain:
    return TryAgain(
        T("The database {where} does not answer.", zh="数据库 {where} 无响应。").of(where=place.shown),
        T("Check that the server runs, then try again.", zh="请检查服务器是否运行, 然后再试。"),
        ref="unreachable",
    )


def no_shop(place: Place) -> ConfigError:
    """Return the refusal for a place without a shop."""
    return ConfigError(
        T("There is no shop at {where}.", zh="{where} 没有店铺。").of(where=place.shown),
        T(
            "Make one: flow init --industry studio   or try one: flow demo studio",
            zh="新建: flow init --industry studio   试用: flow demo studio",
        ),
        ref="no-shop",
    )
