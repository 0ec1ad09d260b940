"""Column types that mean the same on SQLite and PostgreSQL, and what a column says about persons."""

from __future__ import annotations

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

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC).replace(microsecond=0)
        return value.strftime(SQLITE_INSTANT) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value + "+00:00")
        return value.astimezone(UTC)  # type: ignore[no-any-return]


class Json(TypeDecorator[Any]):
    """A JSON value as text with sorted keys: the same bytes, and so the same digest, on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return JSON().coerce_compared_value(op, value)


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
