"""The only way rows change: one transaction per command, every change recorded as one operation.

Statements go through SQLAlchemy Core on the SQLModel tables. ORM sessions cost three times as much for the
same duty and, by default, lose concurrent updates without an error (docs/architecture.md, "Writing").
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Select, Table, inspect, select
from sqlmodel import SQLModel

from serviceflow.errors import ChangedMeanwhile
from serviceflow.faults import fault
from serviceflow.store import rows
from serviceflow.store.columns import as_json
from serviceflow.store.engine import Line
from serviceflow.store.place import Place
from serviceflow.store.prepared import Prepared
from serviceflow.store.queue import turn
from serviceflow.store.schema import MODELS
from serviceflow.store.tables import Change, Meta, Operation, Row, Series
from serviceflow.store.troubles import storage_faults
from serviceflow.texts import T, plain

M = TypeVar("M", bound=SQLModel)
_NOTHING = plain("")

GENESIS = "0" * 64
SPILL = 5_000  # changes


def table_of(model: type[SQLModel]) -> Table:
    """Return the table behind a class: ``model``."""
    return model.__table__  # type: ignore[attr-defined, no-any-return]


def key_of(row: Any) -> int:
    """Return the generated key of a stored row (``id`` is ``None`` only until it is stored)."""
    if row.id is None:
        raise ValueError(f"{type(row).__name__} is not stored yet")
    return int(row.id)


def model_of(table: Table) -> type[SQLModel]:
    """Return the model class of a table."""
    model: type[SQLModel] = MODELS[table]
    return model


def tables_here(connection: Connection) -> list[Table]:
    """Return the tables of loaded models that this database has, those referred to first.

    A plugin may be installed and loaded without being part of this shop.
    """
    names = set(inspect(connection).get_table_names())
    return [table for table in SQLModel.metadata.sorted_tables if table in MODELS and table.name in names]


def encoded(value: Any) -> Any:
    """Return a column value as JSON can hold it; an instant as it is stored: UTC, whole seconds."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(microsecond=0).isoformat()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def decoded(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return JSON values as the columns of ``table`` hold them; columns that are no more are left out."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        if name not in table.c:
            continue
        kind = table.c[name].type.python_type if value is not None and isinstance(value, str) else str
        if kind is datetime:
            value = datetime.fromisoformat(value)
        elif kind is date:
            value = date.fromisoformat(value)
        result[name] = value
    return result


@dataclass(slots=True)
class Recorded:
    """One change of one row, before it is written into the journal."""

    table: str
    key: str
    kind: str
    image: dict[str, Any]
    order_id: int | None = None
    customer_id: int | None = None


@dataclass(slots=True)
class Journal:
    """The place of an operation in the chain and the digest of the rows written for it so far."""

    number: int
    previous: str
    rows: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)


@dataclass(slots=True)
class Tx:
    """One transaction. Add, change and remove rows through it and nothing else.

    Args:
        line: The driver's way to the database, for prepared statements that only read; those that write: `run`.
        now: When it began, UTC; the time of everything in it.
        staff_id: Who is at work; nobody for the system.
        command: What was typed, in short.
        dialect: ``sqlite`` or ``postgresql``.
        summary: What the history will say of it.
        order_id: The order it is about, for the history.
        customer_id: The customer it is about, for the history.
    """

    line: Line
    now: datetime
    staff_id: int | None
    command: str
    dialect: str
    changes: list[Recorded] = field(default_factory=list)
    summary: T = _NOTHING
    order_id: int | None = None
    customer_id: int | None = None
    undoes: int | None = None
    operation: int | None = None
    kept: dict[int, Any] = field(default_factory=dict)
    """The live copy of each order that the engine works on, by id (`engine.case.Kept`)."""
    journal: Journal | None = None
    calendars: dict[str, Any] = field(default_factory=dict)
    """Calendars made for this transaction, by key."""
    request_key: str | None = None
    seen: dict[Table, dict[Any, Any]] = field(default_factory=dict)
    """Rows read in this transaction and not written since; an action asks for the same few again and again."""

    @property
    def bare(self) -> Connection:
        """SQLAlchemy's connection, for statements that only read; those that write go through `connection`."""
        return self.line.connection

    @property
    def connection(self) -> Connection:
        """The bare connection, for statements over many rows; what was read before is read again afterwards."""
        self.seen.clear()
        return self.line.connection

    def run(self, statement: Prepared, given: Mapping[str, Any]) -> Any:
        """Execute a prepared statement that writes past the journal; return the driver's cursor."""
        self.seen.clear()
        return statement.run(self.line, given)

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """Take back what the block did when it raises, and nothing else of the transaction."""
        before = len(self.changes)
        try:
            with self.bare.begin_nested():
                yield
        except BaseException:
            self.seen.clear()
            del self.changes[before:]
            raise

    # -- reading inside the transaction ------------------------------------------------------------------

    def get(self, model: type[M], *key: Any, lock: bool = False) -> M | None:
        """Return the row with this primary key, or ``None``; ``lock`` keeps others from it (PostgreSQL)."""
        table = table_of(model)
        lock = lock and self.dialect != "sqlite"
        seen = self.seen.setdefault(table, {})
        if lock or ("row", *key) not in seen:
            seen["row", *key] = rows.by_key(table, lock).rows(self.line, _at(rows.keys(table), key))
        found = seen["row", *key]
        return rows.loaded(model, found[0]) if found else None

    def need(self, model: type[M], *key: Any, lock: bool = False) -> M:
        """Return the row with this primary key, which must exist."""
        found = self.get(model, *key, lock=lock)
        if found is None:
            raise LookupError(f"{model.__name__} {key}")
        return found

    def all(self, model: type[M], *where: Any, order_by: Any = None) -> list[M]:
        """Return the rows that meet all conditions, by primary key unless said otherwise."""
        table = table_of(model)
        if not isinstance(order_by, list | tuple):
            order_by = table.primary_key if order_by is None else [order_by]
        return self.found(model, select(table).where(*where).order_by(*order_by))

    def found(self, model: type[M], query: Prepared | Select[Any], given: Mapping[str, Any] | None = None) -> list[M]:
        """Return the rows of a query over all columns of a table, with its parameters."""
        given = given or {}
        if isinstance(query, Prepared):
            return [rows.loaded(model, row) for row in query.rows(self.line, given)]
        return rows.found(model, self.bare.execute(query, given))

    def of(self, model: type[M], column: str, value: Any) -> list[M]:
        """Return the rows with a value in one column, by primary key."""
        table = table_of(model)
        seen = self.seen.setdefault(table, {})
        if ("column", column, value) not in seen:
            seen["column", column, value] = rows.by_column(table, column).rows(self.line, {"value": value})
        return [rows.loaded(model, row) for row in seen["column", column, value]]

    def one(self, model: type[M], *where: Any, order_by: Any = None) -> M | None:
        """Return the first row that meets all conditions, or ``None``."""
        rows = self.all(model, *where, order_by=order_by)
        return rows[0] if rows else None

    def scalar(self, query: Select[Any]) -> Any:
        """Return the first column of the first row."""
        return self.bare.execute(query).scalar()

    def rows(self, query: Select[Any]) -> Sequence[Any]:
        """Return all rows of a query."""
        return self.bare.execute(query).all()

    # -- writing -----------------------------------------------------------------------------------------

    def add(self, row: M) -> M:
        """Insert a row; its generated key is set on it."""
        table = table_of(type(row))
        values = {name: getattr(row, name) for name in rows.names(table)}
        missing = tuple(name for name in rows.keys(table) if values[name] is None)
        cursor = rows.inserted(table, missing).run(self.line, values)
        if missing:
            made = dict(zip(missing, cursor.fetchone(), strict=True))
            values |= made
            rows.put(row, made)
        self._record(table, "I", values, {"after": {k: encoded(v) for k, v in values.items()}})
        return row

    def change(self, row: M, **changes: Any) -> M:
        """Change columns of a row that was read in this or an earlier transaction.

        Raises:
            ChangedMeanwhile: Somebody else changed it since.
        """
        table = table_of(type(row))
        changes = {k: v for k, v in changes.items() if getattr(row, k) != v}
        if not changes:
            return row
        where, versioned = self._where(table, row)
        if isinstance(row, Row):
            changes["rv"] = row.rv + 1
        update = rows.changed(table, frozenset(changes), versioned)
        if update.run(self.line, {**changes, **where}).rowcount != 1:
            raise self._not_there(table, row)
        before = {k: encoded(getattr(row, k)) for k in changes}
        rows.put(row, changes)
        values = {name: getattr(row, name) for name in rows.names(table)}
        self._record(table, "U", values, {"before": before, "after": {k: encoded(v) for k, v in changes.items()}})
        return row

    def remove(self, row: SQLModel) -> None:
        """Delete a row.

        Raises:
            ChangedMeanwhile: Somebody else changed or deleted it since.
        """
        table = table_of(type(row))
        where, versioned = self._where(table, row)
        if rows.removed(table, versioned).run(self.line, where).rowcount != 1:
            raise self._not_there(table, row)
        values = {name: getattr(row, name) for name in rows.names(table)}
        self._record(table, "D", values, {"before": {k: encoded(v) for k, v in values.items()}})

    @staticmethod
    def _where(table: Table, row: SQLModel) -> tuple[dict[str, Any], bool]:
        names, versioned = rows.keys(table), isinstance(row, Row)
        names = (*names, "rv") if versioned else names
        return _at(names, [getattr(row, name) for name in names]), versioned

    def _not_there(self, table: Table, row: SQLModel) -> Exception:
        keys = {name: getattr(row, name) for name in rows.keys(table)}
        return self.overtaken(table, keys) if isinstance(row, Row) else LookupError(f"{table.name} {keys}")

    def number(self) -> int:
        """Return the number this operation will have; on PostgreSQL other writers wait from then on."""
        self.journal = self.journal or _open_journal(self)
        return self.journal.number

    def spill(self, most: int = SPILL) -> None:
        """Write the changes so far into the journal if they are many, so that bulk work does not hold them.

        On PostgreSQL other writers wait from then on until this transaction ends.
        """
        if len(self.changes) >= most:
            _journal_changes(self)
            self.changes.clear()

    def batch(self, table: Table, key: int, image: dict[str, Any]) -> None:
        """Record that bulk statements made batch ``key`` of ``table``; ``image`` says how to take it back."""
        self._record(table, "B", {"batch": key}, image, batch_key=str(key))

    def record(self, change: Recorded) -> None:
        """Record a change that was made by a statement of the caller's own (undo)."""
        self.changes.append(change)

    def _record(
        self, table: Table, kind: str, values: Mapping[str, Any], image: dict[str, Any], batch_key: str | None = None
    ) -> None:
        self.seen.pop(table, None)
        key = batch_key or row_key(table, values)
        order_id = values.get("id") if table.name == "orders" else values.get("order_id")
        customer_id = values.get("id") if table.name == "customer" else values.get("customer_id")
        self.changes.append(Recorded(table.name, key, kind, image, order_id, customer_id))

    def overtaken(self, table: Table, keys: Mapping[str, Any]) -> ChangedMeanwhile:
        """Return the refusal for a writer whose copy of a row is old: who changed it, and when."""
        from serviceflow.store.overtaken import changed_meanwhile

        return changed_meanwhile(self, table, keys)

    def note(self, key: str, value: str) -> None:
        """Put a fact about the shop's database (`Meta`), for all machines; it is no operation."""
        put_meta(self.connection, key, value)

    def draw(self, series: str) -> int:
        """Return the next number of a gap-free series; drawn in this transaction, so a failed one leaves no gap."""
        table = table_of(Series)
        known = table.update().where(table.c.key == series).values(last=table.c.last + 1).returning(table.c.last)
        found = self.bare.execute(known).scalar()
        if found is None:  # the first one, unless another machine draws the first at this moment
            first = rows.insertion(table, self.dialect).values(key=series, last=0)
            self.bare.execute(first.on_conflict_do_nothing())
            found = self.bare.execute(known).scalar()
        return int(found)  # type: ignore[arg-type]


def put_meta(connection: Connection, key: str, value: str) -> None:
    """Put a fact about a shop's database, whether it is there already or not."""
    table = table_of(Meta)
    put = rows.insertion(table, connection.dialect.name).values(key=key, value=value)
    connection.execute(put.on_conflict_do_update(index_elements=[table.c.key], set_={"value": value}))


def _at(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    return {f"at_{name}": value for name, value in zip(names, values, strict=True)}


def row_key(table: Table, values: Mapping[str, Any]) -> str:
    """Return the primary key of a row as one text; the parts of a composite key stand between slashes."""
    parts = [str(encoded(values[c.name])) for c in table.primary_key]
    return parts[0] if len(parts) == 1 else "/".join(p.replace("%", "%25").replace("/", "%2F") for p in parts)


def key_values(table: Table, key: str) -> dict[str, Any]:
    """Return the primary key that `row_key` wrote."""
    columns = list(table.primary_key)
    parts = [key] if len(columns) == 1 else [p.replace("%2F", "/").replace("%25", "%") for p in key.split("/")]
    typed = {c.name: int(p) if c.type.python_type is int else p for c, p in zip(columns, parts, strict=True)}
    return decoded(table, typed)


def canonical(value: Any) -> bytes:
    """Return the bytes that are hashed for a JSON value."""
    return as_json(value).encode()


def commitment(salt: str, image: Any) -> str:
    """Return what stands in the chain for a row image; without ``salt`` and image it says nothing."""
    return hashlib.sha256(salt.encode() + canonical(image)).hexdigest()


def chain_hash(prev_hash: str, operation: Mapping[str, Any], rows_hash: str) -> str:
    """Return the hash of an operation that follows ``prev_hash``."""
    facts = {
        "id": operation["id"],
        "at": encoded(operation["at"]),
        "staff": operation["staff_id"],
        "command": operation["command"],
        "undoes": operation["undoes"],
        "rows": rows_hash,
    }
    return hashlib.sha256(prev_hash.encode() + canonical(facts)).hexdigest()


def rows_digest(rows: Sequence[tuple[str, str, str, str]]) -> str:
    """Return the digest over (table, key, kind, commitment) of an operation's rows, in their order."""
    return hashlib.sha256(canonical([list(row) for row in rows])).hexdigest()


def _close_operation(tx: Tx) -> None:
    if not tx.changes and (tx.journal is None or not tx.journal.rows):
        return
    journal = _journal_changes(tx)
    journal.digest.update(b"]")
    rows_hash = journal.digest.hexdigest()
    facts = {
        "id": journal.number,
        "at": tx.now,
        "staff_id": tx.staff_id,
        "command": tx.command,
        "undoes": tx.undoes,
        "summary_en": tx.summary.to("en"),
        "summary_zh": tx.summary.to("zh"),
        "order_id": tx.order_id,
        "customer_id": tx.customer_id,
        "request_key": tx.request_key,
        "rows_hash": rows_hash,
        "prev_hash": journal.previous,
    }
    facts["hash"] = chain_hash(journal.previous, facts, rows_hash)
    rows.inserted(table_of(Operation)).run(tx.line, facts)
    tx.operation = journal.number


def _journal_changes(tx: Tx) -> Journal:
    """Write the changes that are not written yet; the digest is that of `rows_digest`, row by row."""
    journal = tx.journal = tx.journal or _open_journal(tx)
    lines: list[dict[str, Any]] = []
    for change in tx.changes:
        journal.rows += 1
        salt = secrets.token_hex(8)
        lines.append(
            {
                "operation_id": journal.number,
                "seq": journal.rows,
                "table_name": change.table,
                "row_key": change.key,
                "kind": change.kind,
                "order_id": change.order_id,
                "customer_id": change.customer_id,
                "salt": salt,
                "image": change.image,
                "commitment": commitment(salt, change.image),
            }
        )
        journal.digest.update(b"[" if journal.rows == 1 else b",")
        journal.digest.update(canonical([change.table, change.key, change.kind, lines[-1]["commitment"]]))
    if lines:
        rows.inserted(table_of(Change)).run_many(tx.line, lines)
    return journal


_HEAD = select(table_of(Operation).c.id, table_of(Operation).c.hash).order_by(table_of(Operation).c.id.desc()).limit(1)


def _open_journal(tx: Tx) -> Journal:
    if tx.dialect != "sqlite":  # writers chain one after the other
        meta = table_of(Meta)
        tx.bare.execute(select(meta.c.value).where(meta.c.key == "journal").with_for_update())
    last = tx.bare.execute(_HEAD).first()
    return Journal(last.id + 1, last.hash) if last else Journal(1, GENESIS)


@contextlib.contextmanager
def transaction(
    engine: Engine, place: Place, *, now: datetime, staff_id: int | None, command: str, dry_run: bool = False
) -> Iterator[Tx]:
    """Run the block as one transaction and one operation; nothing is left of it when it raises.

    With ``dry_run`` everything is done and then rolled back: what would happen is what did happen.
    """
    queue = turn(place.path) if place.path is not None else contextlib.nullcontext()
    with queue, storage_faults(place), Line(engine) as line:
        line.begin()
        tx = Tx(line, now, staff_id, command, engine.dialect.name)
        try:
            yield tx
            fault("write.before_journal")
            _close_operation(tx)
            fault("write.before_commit")
        except BaseException:
            line.rollback()
            raise
        if dry_run:
            line.rollback()
        else:
            line.commit()
            fault("write.after_commit")
