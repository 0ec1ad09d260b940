"""Statements about single rows, built once per table, and rows as objects without the ORM's bookkeeping.

Building a statement costs four times what running it does, and an ORM constructor more than reading the row
(docs/architecture.md, "Writing").
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Result, Table, bindparam, insert, select
from sqlmodel import SQLModel

from serviceflow.store.prepared import Prepared

M = TypeVar("M", bound=SQLModel)


def loaded(model: type[M], values: Mapping[Any, Any] | Iterable[tuple[str, Any]]) -> M:
    """Return a stored row as an object of its class; nothing is validated or watched."""
    row: M = model.__new__(model)
    row.__dict__.update(values)
    return row


def found(model: type[M], result: Result[Any]) -> list[M]:
    """Return the rows of a query over all columns of a table."""
    names = tuple(result.keys())
    return [loaded(model, zip(names, row)) for row in result]  # noqa: B905


def put(row: SQLModel, values: Mapping[str, Any]) -> None:
    """Set columns of a row object to what the database holds now."""
    row.__dict__.update(values)


@functools.cache
def names(table: Table) -> tuple[str, ...]:
    """Return the names of a table's columns."""
    return tuple(column.name for column in table.c)


@functools.cache
def keys(table: Table) -> tuple[str, ...]:
    """Return the names of the primary key's columns."""
    return tuple(column.name for column in table.primary_key)


@functools.cache
def by_column(table: Table, column: str) -> Prepared:
    """Return the query for the rows with a ``value`` in a column, by primary key."""
    query = select(table).where(table.c[column] == bindparam("value")).order_by(*table.primary_key)
    return Prepared(query, table.c)


@functools.cache
def inserted(table: Table, made: tuple[str, ...] = ()) -> Prepared:
    """Return the insertion of one row; ``made`` names key columns that the database fills, and are returned."""
    query = insert(table).values({name: bindparam(name) for name in names(table) if name not in made})
    return Prepared(query.returning(*(table.c[name] for name in made)) if made else query)


def insertion(table: Table, dialect: str) -> Any:
    """Return an insertion that may say what becomes of a row that is there already (``on_conflict_do_…``)."""
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as build
    else:
        from sqlalchemy.dialects.postgresql import insert as build  # type: ignore[assignment]
    return build(table)


@functools.cache
def changed(table: Table, columns: frozenset[str], versioned: bool) -> Prepared:
    """Return the change of some columns of the row ``at_<key>`` …, in version ``at_rv`` where rows have one."""
    query = table.update().where(*_same(table, versioned))
    return Prepared(query.values({name: bindparam(name) for name in sorted(columns)}))


@functools.cache
def removed(table: Table, versioned: bool) -> Prepared:
    """Return the removal of the row ``at_<key>`` …, in version ``at_rv`` where rows have one."""
    return Prepared(table.delete().where(*_same(table, versioned)))


@functools.cache
def by_key(table: Table, lock: bool) -> Prepared:
    """Return the query for the row ``at_<key>`` …."""
    query = select(table).where(*_same(table, versioned=False))
    return Prepared(query.with_for_update() if lock else query, table.c)


def _same(table: Table, versioned: bool) -> list[ColumnElement[bool]]:
    return [table.c[name] == bindparam(f"at_{name}") for name in (*keys(table), *(["rv"] if versioned else []))]
