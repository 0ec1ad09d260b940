"""What a table holds, as a count and a digest that is the same on both databases and in any order of rows."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from serviceflow.store.write import canonical, encoded

BATCH = 2_000


def row_digest(row: Mapping[str, Any], aside: Collection[str] = ()) -> int:
    """Return the digest of one row as a number, some columns set aside."""
    plain = {name: encoded(value) for name, value in row.items() if name not in aside}
    return int.from_bytes(hashlib.sha256(canonical(plain)).digest())


def table_digest(connection: Connection, table: Table, aside: Collection[str] = ()) -> tuple[int, str]:
    """Return how many rows ``table`` holds and the sum of their digests, in hexadecimal, some columns set aside."""
    count = total = 0
    query = select(table).execution_options(yield_per=BATCH)
    for row in connection.execute(query).mappings():
        count += 1
        total += row_digest(row, aside)  # type: ignore[arg-type]
    return count, f"{total % 2**256:064x}"


def digest(connection: Connection, tables: Iterable[Table]) -> str:
    """Return one digest over what the rows of several tables say, their versions set aside: those only grow."""
    lines = [(table.name, *table_digest(connection, table, ("rv",))) for table in sorted(tables, key=lambda t: t.name)]
    return hashlib.sha256(canonical([list(line) for line in lines])).hexdigest()
