"""Column types that mean the same on SQLite and PostgreSQL, and what a column says about persons."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Index, Integer, MetaData, Text, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field

SQLITE_INSTANT = "%Y-%m-%d %H:%M:%S"


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, whole seconds: ``timestamptz`` on PostgreSQL, sortable text on SQLite."""

    impl = DateTime
    cache_ok = True
    python_type = datetime

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(DateTime(timezone=True))

    # Plain functions: SQLAlchemy's own three calls a value are a tenth of what a short transaction takes.
    def bind_processor(self, dialect: Dialect) -> Any:
        return _as_text if dialect.name == "sqlite" else _in_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return _of_text if dialect.name == "sqlite" else _in_utc


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return value.astimezone(UTC).replace(microsecond=0)


@functools.lru_cache(maxsize=256)
def _as_text(value: datetime | None) -> str | None:
    at = _in_utc(value)
    return at.strftime(SQLITE_INSTANT) if at is not None else None


def _of_text(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value + "+00:00") if value is not None else None


class Json(TypeDecorator[Any]):
    """A JSON value as text with sorted keys: the same bytes, and so the same digest, on both databases."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        return _as_json

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return _of_json

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return JSON().coerce_compared_value(op, value)


as_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
"""Returns a value as JSON text: sorted keys, no spaces, the same bytes everywhere."""


def _as_json(value: Any) -> str | None:
    return None if value is None else as_json(value)


def _of_json(value: str | None) -> Any:
    return None if value is None else json.loads(value)


class Bytewise(TypeDecorator[str]):
    """Text that is compared byte by byte on both databases, so that an index serves "begins with"."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(Text(collation="C") if dialect.name == "postgresql" else Text())


Mask = Literal["phone", "id", "name"]


def refers(
    target: str,
    *,
    merge: Literal["move", "keep"] = "move",
    erase: Literal["keep", "delete"] = "keep",
    hand_over: bool = False,
    null: bool = False,
    index: bool = True,
    primary: bool = False,
) -> Any:
    """Return a column that points to row ``target`` ("customer.id", "staff.id", "orders.id").

    Args:
        target: Table and key.
        merge: When two customers become one the row is moved to the other (``move``), or stays as it is (``keep``).
        erase: When a person's data is erased the row stays without its personal columns, or goes (``delete``).
        hand_over: Whether it goes to the successor when a member of staff leaves.
        null: It may be empty.
        index: It is looked up by.
        primary: It is the primary key: one row for each.
    """
    return Field(
        default=None if null else ...,
        sa_column_args=(ForeignKey(target),),
        nullable=null,
        primary_key=primary,
        index=index and not primary,
        sa_column_kwargs={"info": {"refers": target, "merge": merge, "erase": erase, "hand_over": hand_over}},
    )


def personal(*, mask: Mask | None = None, null: bool = False, default: Any = ..., index: bool = False) -> Any:
    """Return a column that holds personal data: masked in output, erased with the person.

    Args:
        mask: How it is shown to who may not see it whole: as a ``phone``, an ``id``, a ``name``.
        null: It may be empty.
        default: Value of a row that says nothing.
        index: It is looked up by.
    """
    info = {"personal": True, "mask": mask}
    return Field(
        default=None if null and default is ... else default,
        nullable=null,
        index=index,
        sa_column_kwargs={"info": info},
    )


def instant(*, null: bool = False, index: bool = False) -> Any:
    """Return a column that holds an instant; ``null`` and ``index`` as the database means them."""
    return Field(default=None if null else ..., sa_type=Instant, nullable=null, index=index)


def money(*, null: bool = False, default: Any = ...) -> Any:
    """Return a column for an amount in minor units; beyond 32 bits, which end at 21 million yuan.

    Args:
        null: It may be empty.
        default: Value of a row that says nothing.
    """
    # A class, not an instance: SQLModel builds the column's type itself.
    return Field(default=None if null and default is ... else default, sa_type=Money, nullable=null)


class Money(TypeDecorator[int]):
    """A 64-bit whole number on both databases."""

    impl = Integer
    cache_ok = True
    python_type = int

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Return an index over some rows of a table.

    Args:
        name: Unique in the database.
        columns: What is looked up.
        where: Which rows, in SQL that both databases read alike.
        unique: No two of these rows may be the same in the columns.
    """
    return Index(name, *columns, unique=unique, info={"where": where})


def tell_dialects(metadata: MetaData) -> None:
    """Give both databases the conditions of partial indexes; only who writes or compares tables needs them.

    Naming a database in an index loads all of its dialect, a tenth of what a writing command may take.
    """
    for table in metadata.tables.values():
        for index in table.indexes:
            if "where" in index.info:
                for dialect in ("sqlite", "postgresql"):
                    index.dialect_kwargs[f"{dialect}_where"] = text(index.info["where"])


def json_field(default_factory: Any = dict) -> Any:
    """Return a column that holds a JSON value, by default what ``default_factory`` makes."""
    return Field(default_factory=default_factory, sa_type=Json, nullable=False)
