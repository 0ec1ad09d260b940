"""A row as the journal records it, written by the database: what stands there is compared without being fetched."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Date, Integer, Table

from serviceflow.store.columns import Instant, Json, Money


def inserted(table: Table, dialect: str) -> str:
    """Return the SQL of the image that inserting a row of ``t`` as it is now would have.

    It is the text that `serviceflow.store.write` writes but for the escapes of control characters, which each
    database chooses: texts that differ may be equal as JSON.
    """
    columns = sorted(table.c, key=lambda column: column.name)
    parts = " || ',' || ".join(f"'{quoted(c.name)}:' || {_json(c, dialect)}" for c in columns)
    return f"'{{\"after\":{{' || {parts} || '}}}}'"


def _json(column: Column[Any], dialect: str) -> str:
    lite = dialect == "sqlite"
    kind, value = column.type, f"t.{quoted(column.name)}"
    if isinstance(kind, Instant):
        iso = (
            f"replace({value}, ' ', 'T')" if lite else _formed(f"{value} AT TIME ZONE 'UTC'", 'YYYY-MM-DD"T"HH24:MI:SS')
        )
        written = f"'\"' || {iso} || '+00:00\"'"
    elif isinstance(kind, Json):
        written = value  # stored as canonical JSON already
    elif isinstance(kind, Boolean):
        written = f"CASE WHEN {value} THEN 'true' WHEN NOT {value} THEN 'false' END"
    elif isinstance(kind, Integer | Money):
        written = f"CAST({value} AS TEXT)"
    elif isinstance(kind, Date):
        written = f"'\"' || {value if lite else _formed(value, 'YYYY-MM-DD')} || '\"'"
    else:
        written = f"json_quote({value})" if lite else f"CAST(to_json({value}) AS TEXT)"
    return f"coalesce({written}, 'null')" if column.nullable else written


def _formed(moment: str, form: str) -> str:
    return f"to_char({moment}, '{form}')"


def quoted(name: str) -> str:
    """Return a table's or column's name as SQL writes it."""
    return f'"{name}"'
