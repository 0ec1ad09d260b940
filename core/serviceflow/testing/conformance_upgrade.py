"""Rows for tests of upgrades: what a revision does to an empty table says nothing of a shop's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, text, types

MOMENT = datetime(2026, 1, 31, 10, 20, tzinfo=UTC)


def fill(engine: Engine, names: Iterable[str]) -> list[str]:
    """Put one row into each of these tables, and into those they point to; return why some took none.

    Tables have the columns of the revision they stand at. Every column holds the same: the key 1, so that what points
    to a row finds it, and whatever the type can hold.
    """
    found = MetaData()
    with engine.connect() as connection:
        found.reflect(connection)
        connection.rollback()
        _unbound(connection)
        left = []
        for table in _with_targets([found.tables[name] for name in sorted(names) if name in found.tables]):
            if connection.execute(table.select().limit(1)).first():
                continue
            try:
                with connection.begin_nested():
                    connection.execute(table.insert().values(_row(table)))
            except Exception as cause:  # a check of the table's own
                left.append(f"{table.name}: {cause}")
        connection.commit()
    return left


def _with_targets(tables: list[Table]) -> list[Table]:
    """Return tables with all they point to."""
    for table in tables:  # grows while it is walked
        tables += {key.column.table for key in table.foreign_keys} - {*tables}
    return tables


def _unbound(connection: Connection) -> None:
    """Let rows point to rows that come after them."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET session_replication_role = replica"))
    else:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")


def _row(table: Table) -> dict[str, Any]:
    return {column.name: _value(column.type) for column in table.c if not column.nullable or column.primary_key}


def _value(kind: types.TypeEngine[Any]) -> Any:
    if isinstance(kind, types.Boolean):
        return True
    if isinstance(kind, types.DateTime):
        return MOMENT
    if isinstance(kind, types.Date):
        return date(2026, 1, 31)
    if isinstance(kind, types.Integer | types.Numeric):
        return 1
    if isinstance(kind, types.LargeBinary):
        return b"1"
    return "1"


__all__ = ["fill"]
