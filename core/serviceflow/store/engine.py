"""The way to the database: how its connections are set up, and a connection for the time of one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection

from serviceflow.errors import StorageFault
from serviceflow.store.filesystem import refuse_network_file
from serviceflow.store.place import Place
from serviceflow.store.queue import turn
from serviceflow.store.troubles import storage_faults
from serviceflow.texts import T, plain

PATIENCE_SQLITE = 5  # seconds
COMPILED = 2_000  # statements


class _Compiled(dict[Any, Any]):
    """Compiled statements of a process, by kind of database and not by engine: a process may open many shops."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        if len(self) >= COMPILED:
            self.clear()
        super().__setitem__((key[0].name, *key[1:]), value)


_SHARED = {"compiled_cache": _Compiled()}


def open_engine(place: Place) -> Engine:
    """Return an engine with one kept connection, set up so that a commit is durable.

    Raises:
        CannotWrite: The file lies on a network file system, where SQLite cannot keep its promises.
    """
    if not place.is_sqlite:
        engine = create_engine(
            place.sqlalchemy_url, pool_size=1, max_overflow=4, pool_pre_ping=True, execution_options=_SHARED
        )
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    assert place.path is not None
    refuse_network_file(place.path)
    options = {**_SHARED, "kept": []}  # taking a connection from the pool costs as much as three statements
    engine = create_engine(place.sqlalchemy_url, connect_args={"timeout": PATIENCE_SQLITE}, execution_options=options)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "engine_disposed", _let_go)
    return engine


def _set_up_sqlite(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # we say BEGIN ourselves
    # The timeout comes first: changing the journal mode takes a lock too.
    for pragma in (f"busy_timeout={PATIENCE_SQLITE * 1000}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        raw.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get("begun"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _let_go(engine: Engine) -> None:
    kept: list[PoolProxiedConnection] = engine.get_execution_options()["kept"]
    while kept:
        kept.pop().invalidate()


def _begin_postgresql(connection: Connection) -> None:
    if not connection.get_execution_options().get("begun"):
        connection.execute(text(_LIMITS))


# For this transaction only: a session's settings would leak through a pooler in transaction mode.
_LIMITS: Final = (
    "SELECT set_config('lock_timeout', '8s', true), set_config('statement_timeout', '10min', true),"
    " set_config('idle_in_transaction_session_timeout', '10min', true), clock_timestamp()"
)


class Line:
    """A connection for the time of one transaction: the driver's own, and SQLAlchemy's once somebody asks for it.

    What SQLAlchemy does around a transaction costs more than the statements of a short one (docs/architecture.md,
    "Writing").

    Raises:
        DBAPIError: What the database says, in SQLAlchemy's classes; so do all methods.
    """

    __slots__ = ("_connection", "_engine", "_kept", "_pooled", "began_at", "dialect", "driver", "reads")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.dialect = engine.dialect
        self._connection: Connection | None = None
        self._kept: list[PoolProxiedConnection] | None = engine.get_execution_options().get("kept")
        self.reads = False
        self.began_at: datetime | None = None
        """When a PostgreSQL server says that this line began to write; it comes with the limits, at no cost."""
        try:
            self._pooled = self._kept.pop() if self._kept else engine.raw_connection()
        except engine.dialect.loaded_dbapi.Error as cause:
            raise self._said("", (), cause) from cause
        self.driver: Any = self._pooled.driver_connection

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, cause: BaseException | None, where: TracebackType | None
    ) -> None:
        """Give the connection back; what was not committed is gone."""
        if self.reads and self._pooled.is_valid:
            self.rollback()
            if self.dialect.name == "sqlite":
                self.driver.execute("PRAGMA query_only=OFF")
        if self._connection is not None:
            self._connection.close()
        elif self._kept == [] and not self.driver.in_transaction:
            self._kept.append(self._pooled)
        else:
            self._pooled.close()

    @property
    def connection(self) -> Connection:
        """The same transaction for SQLAlchemy's statements; it is begun, and ends with this line."""
        if self._connection is None:
            self._connection = Connection(self._engine, self._pooled).execution_options(begun=True)
        return self._connection

    def begin(self, *, reads: bool = False) -> None:
        """Begin the transaction; one that ``reads`` sees one state of the database, and can write nothing."""
        self.reads = reads
        if self.dialect.name != "sqlite":
            if reads:
                self.execute("SET TRANSACTION READ ONLY")
            else:
                self.began_at = self.execute(_LIMITS).fetchone()[-1]
        elif reads:
            self.execute("PRAGMA query_only=ON")
            self.execute("BEGIN")
        else:
            self.execute("BEGIN IMMEDIATE")

    def execute(self, sql: str, values: Any = ()) -> Any:
        """Execute a statement of the driver's own; return the driver's cursor."""
        cursor = self.driver.cursor()
        try:
            cursor.execute(sql, values)
        except self.dialect.loaded_dbapi.Error as cause:
            raise self._said(sql, values, cause) from cause
        return cursor

    def execute_many(self, sql: str, values: Any) -> None:
        """Execute a statement of the driver's own once for each set of values."""
        try:
            self.driver.cursor().executemany(sql, values)
        except self.dialect.loaded_dbapi.Error as cause:
            raise self._said(sql, values, cause) from cause

    def commit(self) -> None:
        """Make the transaction durable."""
        try:
            self.driver.commit()
        except self.dialect.loaded_dbapi.Error as cause:
            raise self._said("COMMIT", (), cause) from cause

    def rollback(self) -> None:
        """Take the transaction back; a server that is gone has done so itself."""
        if self._pooled.is_valid:
            with contextlib.suppress(self.dialect.loaded_dbapi.Error):
                self.driver.rollback()

    def _said(self, sql: str, values: Any, cause: Any) -> Exception:
        if sql and self.dialect.is_disconnect(cause, self.driver, None):
            (self._connection or self._pooled).invalidate(cause)
        error = self.dialect.loaded_dbapi.Error
        said: Exception = DBAPIError.instance(sql, values, cause, error, dialect=self.dialect)
        return said


@contextlib.contextmanager
def reading(engine: Engine, place: Place) -> Iterator[Line]:
    """Read one state of the database inside the block, without the writers' lock; writing is not possible."""
    with storage_faults(place), Line(engine) as line:
        line.begin(reads=True)
        yield line


@contextlib.contextmanager
def schema_change(engine: Engine, place: Place) -> Iterator[Connection]:
    """Run the block as one transaction that may change tables; nothing is left of it when it raises."""
    with contextlib.ExitStack() as stack:
        if place.path is not None:
            stack.enter_context(turn(place.path))
        stack.enter_context(storage_faults(place))
        connection = stack.enter_context(engine.connect())
        raw = connection.connection.driver_connection
        assert raw is not None
        if place.is_sqlite:
            # A table is rebuilt by copy, drop and rename: references and views must look away meanwhile.
            raw.execute("PRAGMA foreign_keys=OFF")
            raw.execute("PRAGMA legacy_alter_table=ON")
            stack.callback(connection.invalidate)
        with connection.begin():
            if not place.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('serviceflow schema'))"))
            yield connection
            if place.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise StorageFault(
                    T(
                        "The new tables would leave rows that point nowhere. Nothing was changed.",
                        zh="新表结构会留下无效引用, 未做任何更改。",
                    ),
                    plain("flow db check"),
                    ref="schema.references",
                )
