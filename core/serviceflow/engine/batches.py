"""Customers that bulk statements stored, and how they are taken back and put back: the inverse of an import.

One journal row stands for a whole range of customers. Taking it back removes them with their contact points, yearly
days and find keys, and keeps the removed rows in the journal, a block to a row, so that it can be taken back in turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table, func, insert, select, text
from sqlmodel import SQLModel

from serviceflow.engine.merges import referring_columns
from serviceflow.errors import Refused
from serviceflow.names import find_keys
from serviceflow.store.tables import Change, Contact, Customer, CustomerDate, FindKey
from serviceflow.store.write import Recorded, Tx, decoded, encoded, table_of
from serviceflow.texts import T, plain

OWNED: Final[tuple[type[SQLModel], ...]] = (Customer, Contact, CustomerDate, FindKey)
"""Tables of which a batch holds rows, parents first."""

KEPT: Final[tuple[type[SQLModel], ...]] = (Customer, Contact, CustomerDate)
"""Of these the removed rows are kept; find keys are made anew from them."""

BLOCK: Final = 20
"""Customers whose removed rows one journal row keeps: a page of the journal holds hundreds of them."""

HEAVY: Final = 50
"""Such journal rows are written when there are this many; each is worth a hundred of the usual ones."""


@dataclass(frozen=True, slots=True)
class Range:
    """Customers stored at one go: their first and last id, and how many rows of each table belong to them."""

    batch: int
    first: int
    last: int
    rows: dict[str, int]

    def record(self, tx: Tx) -> None:
        """Write it into the journal, under a key that is no customer's."""
        covers = {table_of(model).name: _customer_column(model).name for model in OWNED}
        image = {"batch": self.batch, "first": self.first, "last": self.last, "rows": self.rows, "covers": covers}
        tx.record(Recorded("customer", f"batch {self.batch}: {self.first}-{self.last}", "B", image))


def next_ids(tx: Tx, table: Table, count: int) -> int:
    """Reserve ``count`` ids above all there are; returns the id before the first.

    On PostgreSQL the table must be locked against other writers.
    """
    top = int(tx.scalar(select(func.coalesce(func.max(table.c.id), 0))))
    if tx.dialect == "sqlite":
        return top
    top = max(
        top,
        int(
            tx.connection.execute(
                text("SELECT nextval(pg_get_serial_sequence(:t, 'id'))"), {"t": table.name}
            ).scalar_one()
        ),
    )
    tx.connection.execute(
        text("SELECT setval(pg_get_serial_sequence(:t, 'id'), :last)"), {"t": table.name, "last": top + count}
    )
    return top


def undo_batch(tx: Tx, image: dict[str, Any]) -> None:
    """Take back what a journal row of kind B says was done, and record how to do it again.

    Raises:
        Refused: Later work stands on it, or it is nothing that can be taken back.
    """
    if "covers" in image:
        _take_back(tx, Range(image["batch"], image["first"], image["last"], image["rows"]))
    elif "gone" in image:
        _put_back(tx, image["gone"])
    else:
        raise Refused(
            T("What was shown or written to a file cannot be taken back.", zh="已显示或导出的内容无法收回。"),
            T("Undo an earlier one by its number: flow history", zh="按编号撤销更早的操作: flow history"),
            ref="undo.batch",
        )


def _take_back(tx: Tx, made: Range) -> None:
    _refuse_if_used(tx, made)
    customers = table_of(Customer)
    first = made.first
    while first <= made.last:
        ids = tx.rows(
            select(customers.c.id).where(customers.c.id.between(first, made.last)).order_by(customers.c.id).limit(BLOCK)
        )
        if not ids:
            break
        last = ids[-1][0]
        gone: dict[str, list[dict[str, Any]]] = {}
        for model in KEPT:
            table, column = table_of(model), _customer_column(model)
            rows = tx.connection.execute(
                select(table).where(column.between(first, last)).order_by(*table.primary_key)
            ).mappings()
            gone[table.name] = [{name: encoded(value) for name, value in row.items()} for row in rows]
        for model in reversed(OWNED):
            tx.connection.execute(table_of(model).delete().where(_customer_column(model).between(first, last)))
        tx.record(Recorded("customer", f"batch {made.batch}: {first}-{last}", "B", {"gone": gone}))
        tx.spill(HEAVY)
        first = last + 1


def _put_back(tx: Tx, gone: dict[str, list[dict[str, Any]]]) -> None:
    customers = table_of(Customer)
    first, last = gone["customer"][0]["id"], gone["customer"][-1]["id"]
    if tx.scalar(select(customers.c.id).where(customers.c.id.between(first, last)).limit(1)) is not None:
        raise Refused(
            T("Others were entered in their place since.", zh="其编号之后已被新客户使用。"),
            T("Import the file again: flow customer import FILE", zh="请重新导入: flow customer import 文件"),
            ref="undo.batch",
        )
    for model in KEPT:
        table = table_of(model)
        if rows := gone[table.name]:
            tx.connection.execute(insert(table), [decoded(table, row) for row in rows])
    points: dict[tuple[int, str], list[str]] = {}
    for row in gone["contact"]:
        points.setdefault((row["customer_id"], row["kind"]), []).append(row["value"])
    keys = [
        {"key": key, "customer_id": row["id"]}
        for row in gone["customer"]
        for key in find_keys(row["name"], *(points.get((row["id"], kind), ()) for kind in ("phone", "email", "wechat")))
    ]
    tx.connection.execute(insert(table_of(FindKey)), keys)
    counts = {**{name: len(rows) for name, rows in gone.items()}, "find_key": len(keys)}
    Range(gone["customer"][0]["batch_id"], first, last, counts).record(tx)
    tx.spill(HEAVY)


def _refuse_if_used(tx: Tx, made: Range) -> None:
    """Refuse when a live operation after the import touched one of its customers, or anything points to one."""
    from serviceflow.engine.operations import entry  # which takes back through this module

    changes = table_of(Change)
    later = select(changes.c.operation_id).distinct().order_by(changes.c.operation_id)
    later = later.where(changes.c.customer_id.between(made.first, made.last), changes.c.operation_id > made.batch)
    for number in tx.connection.execute(later).scalars().all():
        found = entry(tx, number)
        if found.live and found.undoes is None:
            raise Refused(
                T("#{n} {what} stands on this import.", zh="#{n} {what} 以本次导入为基础。").of(
                    n=number, what=found.summary
                ),
                T("Take that back first: flow undo {n}", zh="请先撤销它: flow undo {n}").of(n=number),
                ref="undo.later",
            )
    owned = {table_of(model).name for model in OWNED}
    for model, name, _ in referring_columns(tx):
        table = table_of(model)
        if table.name in owned and name == "customer_id":
            continue
        used = tx.scalar(select(table.c[name]).where(table.c[name].between(made.first, made.last)).limit(1))
        if used is not None:
            raise _not_as_left(table.name, used)
    for model in OWNED:
        table, column = table_of(model), _customer_column(model)
        count = tx.scalar(select(func.count()).select_from(table).where(column.between(made.first, made.last)))
        if count != made.rows[table.name]:
            raise _not_as_left(table.name, made.first)


def _not_as_left(table: str, customer_id: int) -> Refused:
    return Refused(
        T(
            "The customers of this import are not as it left them: {table}, customer {key}.",
            zh="本次导入的客户已不是导入时的内容: {table}, 客户 {key}。",
        ).of(table=table, key=customer_id),
        plain("flow audit verify"),
        ref="undo.changed",
    )


def _customer_column(model: type[Any]) -> Any:
    table = table_of(model)
    return table.c.id if model is Customer else table.c.customer_id
