"""The reverse of one operation, row by row: what was inserted goes, what was changed or removed comes back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Table, delete, func, insert, select, tuple_, update
from sqlmodel import SQLModel

from serviceflow.engine.batches import undo_batch
from serviceflow.errors import Refused
from serviceflow.faults import fault
from serviceflow.store import rows
from serviceflow.store.tables import Change, Row, VoidNumber
from serviceflow.store.write import Recorded, Tx, decoded, encoded, key_values, model_of, row_key, table_of, tables_here
from serviceflow.texts import T, plain

CHUNK = 500
"""Rows taken back with one set of statements; below the number of parameters either database takes."""

Values = Mapping[str, Any]


class RowInTheWay(Exception):
    """A row that forbids taking the operation back."""

    def __init__(self, table: str, key: str) -> None:
        super().__init__(f"{table} {key}")
        self.table = table
        self.key = key


class NotAsLeft(RowInTheWay):
    """A row is not as the operation left it."""


class StillReferred(RowInTheWay):
    """A row of another operation (number ``operation``, if it is known) refers to one that would go."""

    def __init__(self, table: str, key: str, operation: int | None) -> None:
        super().__init__(table, key)
        self.operation = operation


def what_stays(tx: Tx, number: int) -> tuple[list[T], list[str]]:
    """Return what taking an operation back would leave standing, and the numbers it would make void."""
    stays: list[T] = []
    void: list[str] = []
    may_stay = [
        t.name for t in SQLModel.metadata.tables.values() if "number" in t.c or "why_stays" in vars(model_of(t))
    ]
    for change in _images(tx, number, inserted_into=may_stay):
        table = _table(change)
        for row in _live(tx, table, [change["row_key"]]).values():
            why = _why_stays(table, row)
            if why is not None:
                stays.append(why)
            elif _number(table, row):
                void.append(_number(table, row))
    return stays, void


def _images(tx: Tx, number: int, *, inserted_into: Sequence[str] | None = None) -> Iterator[Values]:
    """Yield the row changes of an operation, last one first, a page at a time."""
    changes = table_of(Change)
    query = select(changes).where(changes.c.operation_id == number).order_by(changes.c.seq.desc()).limit(CHUNK)
    if inserted_into is not None:
        query = query.where(changes.c.kind == "I", changes.c.table_name.in_(inserted_into))
    else:  # void numbers follow from the rows that bear them
        query = query.where(changes.c.table_name != table_of(VoidNumber).name)
    page = [dict(row) for row in tx.connection.execute(query).mappings()]
    while page:
        yield from page
        older = query.where(changes.c.seq < page[-1]["seq"])
        page = [dict(row) for row in tx.connection.execute(older).mappings()]


def _chunks(found: Iterator[Values]) -> Iterator[list[Values]]:
    """Yield runs of inserted or of removed rows of at most ``CHUNK`` together, all others one by one."""
    for kind, run in groupby(found, key=lambda change: change["kind"]):
        part: list[Values] = []
        for change in run:
            part.append(change)
            if kind not in ("I", "D") or len(part) == CHUNK:
                yield part
                part = []
        if part:
            yield part


def _table(change: Values) -> Table:
    table = SQLModel.metadata.tables.get(change["table_name"])
    if table is None:
        raise Refused(
            T("Table {name} belongs to a plugin that is not here.", zh="数据表 {name} 属于未安装的插件。").of(
                name=change["table_name"]
            ),
            plain("flow plugin list"),
            ref="undo.plugin",
        )
    return table


def _why_stays(table: Table, row: Values) -> T | None:
    model = model_of(table)
    if not issubclass(model, Row) or model.why_stays is Row.why_stays:
        return None
    return rows.loaded(model, row).why_stays()


def _unjournaled(table: Table) -> frozenset[str]:
    model = model_of(table)
    return model.unjournaled if issubclass(model, Row) else frozenset()


def _number(table: Table, row: Values) -> str:
    """Return the readable number of a row, empty where its table has none."""
    number = row["number"] if "number" in table.c else ""
    return number if isinstance(number, str) else ""


def _image(change: Values) -> Values:
    image: Values | None = change["image"]
    if image is None:
        raise Refused(
            T(
                "What stood in {table} {key} before was erased with a person's data.",
                zh="{table} {key} 的原值已随个人信息删除。",
            ).of(table=change["table_name"], key=change["row_key"]),
            None,
            ref="undo.erased",
        )
    return image


def _live(tx: Tx, table: Table, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the rows as they are now, by key."""
    found = tx.connection.execute(select(table).where(_is_one_of(table, keys))).mappings()
    return {row_key(table, dict(row)): dict(row) for row in found}


def _is_one_of(table: Table, keys: Sequence[str]) -> Any:
    values = [tuple(key_values(table, key).values()) for key in keys]
    columns = list(table.primary_key)
    return columns[0].in_([v for (v,) in values]) if len(columns) == 1 else tuple_(*columns).in_(values)


class TakingBack:
    """Takes operation ``number`` back inside a transaction, which thereby becomes an operation of its own.

    ``stays`` says what could not be taken back, ``void`` which numbers are never used again.
    """

    def __init__(self, tx: Tx, number: int) -> None:
        self.tx = tx
        self.number = number
        self.stays: list[T] = []
        self.void: list[str] = []
        self.rows = 0
        self.kept: set[tuple[str, str]] = set()
        self.tables = tables_here(tx.connection)

    def run(self) -> None:
        """Do it.

        Raises:
            RowInTheWay: Something built on it.
        """
        for chunk in _chunks(_images(self.tx, self.number)):
            if chunk[0]["kind"] == "I":
                self._by_table(chunk, self._remove, reverse=True)
            elif chunk[0]["kind"] == "D":
                self._by_table(chunk, self._bring_back, reverse=False)
            elif chunk[0]["kind"] == "U":
                self._restore(chunk[0])
            elif "column" in _image(chunk[0]):
                self._remove_batch(chunk[0])
            else:
                undo_batch(self.tx, dict(_image(chunk[0])))
                self.rows += 1
            fault("undo.chunk")
            self.tx.spill()

    def _by_table(self, changes: Sequence[Values], do: Any, *, reverse: bool) -> None:
        """Do it table by table; rows that refer to others go before them and come back after them."""
        found: dict[str, list[Values]] = defaultdict(list)
        for change in changes:
            found[_table(change).name].append(change)
        for table in reversed(self.tables) if reverse else self.tables:
            if table.name in found:
                do(table, found[table.name])

    def _remove(self, table: Table, changes: Sequence[Values]) -> None:
        live = _live(self.tx, table, [change["row_key"] for change in changes])
        gone = []
        for change in changes:
            key = change["row_key"]
            if key not in live:
                raise NotAsLeft(table.name, key)
            why = _why_stays(table, live[key])
            if why is not None:
                self._keep(table, key, live[key], why)
            else:
                self._same(table, key, live[key], decoded(table, _image(change)["after"]))
                gone.append(change)
        keys = [change["row_key"] for change in gone]
        if not keys:
            return
        self._free(table, keys)
        self.tx.connection.execute(delete(table).where(_is_one_of(table, keys)))
        for change in gone:
            row = live[change["row_key"]]
            self._note(change, "D", {"before": {k: encoded(v) for k, v in row.items()}})
            if _number(table, row):
                self.tx.add(VoidNumber(number=_number(table, row), operation=self.number, at=self.tx.now))
                self.void.append(_number(table, row))

    def _keep(self, table: Table, key: str, row: Values, why: T) -> None:
        if (table.name, key) not in self.kept:
            self.stays.append(why)
        self.kept.add((table.name, key))
        if row.get("state") in ("retry", "pending", "held", "claimed"):
            # It was tried and not delivered: no further try, but the tries stay on record.
            self.tx.change(model_of(table)(**row), state="cancelled", reason="undone")
        if table.name == "document" and row["state"] != "void":
            because = T("undone", zh="已撤销")
            self.tx.change(
                model_of(table)(**row), state="void", void_at=self.tx.now, void_en=because.en, void_zh=because.zh
            )

    def _free(self, table: Table, keys: Sequence[str]) -> None:
        """See to rows elsewhere that refer to the rows about to go: kept ones let go, others forbid it."""
        if len(table.primary_key) != 1:
            return
        (own,) = table.primary_key
        values = [key_values(table, key)[own.name] for key in keys]
        for child, column in self._referrers(table):
            found = self.tx.connection.execute(select(child).where(child.c[column].in_(values))).mappings().all()
            for row in map(dict, found):
                key = row_key(child, row)
                if (child.name, key) in self.kept and child.c[column].nullable:
                    self.tx.change(model_of(child)(**row), **{column: None})
                elif child is not table or key not in keys:
                    raise StillReferred(child.name, key, self._made_by(child, key))

    def _referrers(self, table: Table) -> list[tuple[Table, str]]:
        """Return every (table, column) with a foreign key to ``table``."""
        return [
            (child, key.parent.name) for child in self.tables for key in child.foreign_keys if key.column.table is table
        ]

    def _made_by(self, table: Table, key: str) -> int | None:
        if table.name == "operation":
            return int(key)
        changes = table_of(Change)
        found = self.tx.scalar(
            select(func.max(changes.c.operation_id)).where(
                changes.c.table_name == table.name, changes.c.row_key == key, changes.c.operation_id != self.number
            )
        )
        return int(found) if found is not None else None

    def _restore(self, change: Values) -> None:
        table, key = _table(change), change["row_key"]
        row = _live(self.tx, table, [key]).get(key)
        if row is None:
            raise NotAsLeft(table.name, key)
        after, before = decoded(table, _image(change)["after"]), decoded(table, _image(change)["before"])
        loose = _unjournaled(table) - {"rv"}
        moved_on = any(row[k] != v for k, v in after.items() if k in loose)
        why = _why_stays(table, row) if moved_on else None
        if why is not None:
            self._keep(table, key, row, why)
            return
        self._same(table, key, row, after)
        if "rv" in row:
            before["rv"] = row["rv"] + 1  # it only grows: whoever holds an older copy must not store over this
        keys = key_values(table, key)
        self.tx.connection.execute(update(table).where(*(table.c[k] == v for k, v in keys.items())).values(**before))
        self._note(
            change,
            "U",
            {"before": {k: encoded(row[k]) for k in before}, "after": {k: encoded(v) for k, v in before.items()}},
        )

    def _bring_back(self, table: Table, changes: Sequence[Values]) -> None:
        self.tx.connection.execute(insert(table), [decoded(table, _image(change)["before"]) for change in changes])
        for change in changes:
            self._note(change, "I", {"after": _image(change)["before"]})
            void = self.tx.get(VoidNumber, number) if (number := _number(table, _image(change)["before"])) else None
            if void is not None:
                self.tx.remove(void)

    def _remove_batch(self, change: Values) -> None:
        """Remove all rows that a bulk statement made: those whose column ``image["column"]`` holds the batch's key."""
        table = _table(change)
        batch = table.c[_image(change)["column"]] == int(change["row_key"])
        while True:
            query = select(table).where(batch).order_by(*table.primary_key).limit(CHUNK)
            rows = [dict(row) for row in self.tx.connection.execute(query).mappings()]
            if not rows:
                return
            self._remove(
                table,
                [
                    {
                        "table_name": table.name,
                        "row_key": row_key(table, row),
                        "order_id": row.get("order_id"),
                        "customer_id": row.get("customer_id"),
                        "image": {"after": {k: encoded(v) for k, v in row.items()}},
                    }
                    for row in rows
                ],
            )
            self.tx.spill()

    def _same(self, table: Table, key: str, row: Values, left: Values) -> None:
        loose = _unjournaled(table) | {"rv"}
        if any(row[k] != v for k, v in left.items() if k not in loose and k in row):
            raise NotAsLeft(table.name, key)

    def _note(self, change: Values, kind: str, image: dict[str, Any]) -> None:
        self.tx.record(
            Recorded(change["table_name"], change["row_key"], kind, image, change["order_id"], change["customer_id"])
        )
        self.rows += 1
