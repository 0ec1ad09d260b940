"""Gap-free series of numbers: drawn in the transaction that uses them, so that a failed one leaves no gap."""

from __future__ import annotations

from sqlalchemy import insert

from serviceflow.store.tables import Series
from serviceflow.store.write import Tx, table_of


def draw_number(tx: Tx, series: str) -> int:
    """Return the next number of a series, from 1; who draws at the same time waits for this transaction."""
    table = table_of(Series)
    if tx.dialect != "sqlite":  # two first drawers at once: the second waits for the row of the first
        from sqlalchemy.dialects.postgresql import insert as upsert

        tx.connection.execute(upsert(table).values(key=series, last=0).on_conflict_do_nothing())
    row = tx.connection.execute(
        table.update().where(table.c.key == series).values(last=table.c.last + 1).returning(table.c.last)
    ).first()
    if row is not None:
        return int(row.last)
    tx.connection.execute(insert(table).values(key=series, last=1))
    return 1
