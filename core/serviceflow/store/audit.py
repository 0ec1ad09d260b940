"""Checks the books: the chain of operations, every row's images, and the rows as they are now.

A chain alone does not see that its end was cut off: that takes a head kept elsewhere (``flow audit head``). Only
what a saved head covers is anchored; whoever owns the database could have rewritten the rest.
"""

from __future__ import annotations

import hashlib
import json
import sys
from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from json.encoder import encode_basestring as _text
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, select

from serviceflow.errors import BadInput
from serviceflow.store.columns import Json
from serviceflow.store.images import inserted, quoted
from serviceflow.store.tables import Operation, Row
from serviceflow.store.write import GENESIS, chain_hash, key_values, model_of, table_of, tables_here
from serviceflow.texts import T, plain

MOST = 50
"""Faults that are listed one by one; the rest are counted."""

TOGETHER = 1_000
"""Recorded rows that are hashed at once: an operation may have a million."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest operation and its hash: all that has to be kept elsewhere to notice a cut or rewritten history."""

    operation: int
    hash: str
    at: str

    def line(self) -> str:
        """Return the head as a line of a file."""
        return json.dumps({"operation": self.operation, "hash": self.hash, "at": self.at})


@dataclass(slots=True)
class Findings:
    """What a check of the books found. Operations up to ``anchored`` are vouched for by a saved head."""

    operations: int = 0
    rows: int = 0
    live: int = 0
    anchored: int = 0
    faults: list[T] = field(default_factory=list)
    more: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def add(self, fault: T) -> None:
        """Note a fault."""
        if len(self.faults) < MOST:
            self.faults.append(fault)
        else:
            self.more += 1


def head(connection: Connection) -> Head:
    """Return the head of the chain as it is now."""
    table = table_of(Operation)
    row = connection.execute(select(table.c.id, table.c.hash, table.c.at).order_by(table.c.id.desc()).limit(1)).first()
    return Head(row.id, row.hash, row.at.isoformat()) if row is not None else Head(0, GENESIS, "")


def read_heads(text: str) -> list[Head]:
    """Return the heads in a saved file, one a line.

    Raises:
        BadInput: A line is no head.
    """
    heads = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
            heads.append(Head(int(found["operation"]), str(found["hash"]), str(found.get("at", ""))))
        except (ValueError, KeyError, TypeError) as cause:
            raise BadInput(
                T("Line {n} of the head file is no head.", zh="存档文件第 {n} 行无效。").of(n=number),
                plain("flow audit head > FILE"),
                ref="audit.head",
            ) from cause
    return heads


def verify(connection: Connection, heads: Iterable[Head] = (), *, rows: bool = True) -> Findings:
    """Check the books in one pass and, with ``rows``, the rows as they are in another."""
    found = Findings()
    saved = {h.operation: h for h in heads}
    books = _Books(connection, found)
    last = books.chain(saved)
    for number, kept in sorted(saved.items()):
        if number > last:
            found.add(
                T(
                    "Operations {a} to {b} are missing: the end was cut off after {at}.",
                    zh="操作 {a} 至 {b} 缺失: 记录在 {at} 之后被截断。",
                ).of(a=last + 1, b=number, at=kept.at)
            )
    tables = [table for table in tables_here(connection) if table.name not in ("operation", "operation_row")]
    for table in tables if rows else ():
        books.compare(table)
    return found


class _Books:
    def __init__(self, connection: Connection, found: Findings) -> None:
        self.connection = connection
        self.found = found
        self.alive: Counter[str] = Counter()
        self.batches: dict[str, set[tuple[str, int]]] = {}
        self.ranges: dict[tuple[str, str], list[tuple[int, int]]] = {}

    # -- the chain ---------------------------------------------------------------------------------------------

    def chain(self, saved: dict[int, Head]) -> int:
        """Check operation after operation; return the number of the last."""
        salted = "coalesce(salt, '') || image"
        hashed_bytes = (
            f"CAST({salted} AS BLOB)" if self.connection.dialect.name == "sqlite" else f"convert_to({salted}, 'UTF8')"
        )
        rows = self._stream(
            f"SELECT operation_id, table_name, row_key, kind, CASE kind WHEN 'B' THEN image END, {hashed_bytes},"  # noqa: S608
            " commitment FROM operation_row ORDER BY operation_id, seq"
        )
        row = next(rows, None)
        last, previous = 0, GENESIS
        for operation in self._stream(
            "SELECT id, at, staff_id, command, undoes, rows_hash, prev_hash, hash FROM operation ORDER BY id"
        ):
            number, at, staff, command, undoes, rows_hash, prev_hash, hashed = operation
            self._expect_next(last + 1, number)
            while row is not None and row[0] < number:
                row = self._row_of_nothing(row, rows)
            digest = hashlib.sha256(b"[")
            lines: list[str] = []
            while row is not None and row[0] == number:
                if len(lines) == TOGETHER:
                    digest.update(",".join([*lines, ""]).encode())
                    lines.clear()
                lines.append(self._row(row))
                row = next(rows, None)
                self.found.rows += 1
            digest.update(",".join(lines).encode() + b"]")
            if digest.hexdigest() != rows_hash:
                self.found.add(
                    T("Operation {n}: rows were added, removed or exchanged.", zh="操作 {n}: 行记录被增删或调换。").of(
                        n=number
                    )
                )
            facts = {"id": number, "at": _instant(at), "staff_id": staff, "command": command, "undoes": undoes}
            if prev_hash != previous and number == last + 1:
                self.found.add(
                    T("Operation {n} does not follow the one before it.", zh="操作 {n} 与前一操作不衔接。").of(n=number)
                )
            if chain_hash(prev_hash, facts, rows_hash) != hashed:
                self.found.add(T("Operation {n} was changed afterwards.", zh="操作 {n} 事后被改动。").of(n=number))
            if number in saved:
                self._anchor(number, hashed, saved[number])
            last, previous = number, hashed
            self.found.operations += 1
        while row is not None:
            row = self._row_of_nothing(row, rows)
        return last

    def _expect_next(self, expected: int, number: int) -> None:
        if number != expected:
            self.found.add(
                T("Operations {a} to {b} are missing.", zh="操作 {a} 至 {b} 缺失。").of(a=expected, b=number - 1)
            )

    def _row_of_nothing(self, row: Sequence[Any], rows: Iterator[Sequence[Any]]) -> Sequence[Any] | None:
        self.found.add(T("A row of operation {n} has no operation.", zh="操作 {n} 的行记录没有对应操作。").of(n=row[0]))
        return next(rows, None)

    def _anchor(self, number: int, hashed: str, kept: Head) -> None:
        if hashed == kept.hash:
            self.found.anchored = max(self.found.anchored, number)
        else:
            self.found.add(
                T(
                    "Operation {n} is not the one whose head was saved at {at}: history was rewritten.",
                    zh="操作 {n} 与 {at} 存档的不同: 历史被改写。",
                ).of(n=number, at=kept.at)
            )

    def _row(self, row: Sequence[Any]) -> str:
        number, table, key, kind, batch, image, commitment = row
        if kind == "I":
            self.alive[table] += 1
        elif kind == "D":
            self.alive[table] -= 1
        elif batch is not None:
            self._note_batch(table, key, json.loads(batch))
        # Without image and salt a person's data was erased; the commitment still stands in the chain.
        if image is not None and hashlib.sha256(image).hexdigest() != commitment:
            self.found.add(
                T(
                    "Operation {n}: what is recorded of {table} {key} was edited.",
                    zh="操作 {n}: {table} {key} 的记录内容被改动。",
                ).of(n=number, table=table, key=key)
            )
        # What `rows_digest` takes of a row; written out because this runs once for every row ever changed.
        return f'[{_text(table)},{_text(key)},"{kind}","{commitment}"]'

    def _note_batch(self, table: str, key: str, image: dict[str, Any]) -> None:
        """Note which rows a bulk statement made: those whose column holds its key, or lies in its range of ids."""
        if "column" in image:
            self.batches.setdefault(table, set()).add((image["column"], int(key)))
        for covered, column in image.get("covers", {}).items():
            insort(self.ranges.setdefault((covered, column), []), (image["first"], image["last"]))

    # -- the rows as they are ----------------------------------------------------------------------------------

    def compare(self, table: Table) -> None:
        """Check that every row of a table is what its last image says, and that none is missing."""
        model = model_of(table)
        loose = model.unjournaled if issubclass(model, Row) else frozenset()
        strict = issubclass(model, Row) and not loose
        if not strict and not self.alive[table.name]:
            return
        rows = known = 0
        for key, group in groupby(self._stream(self._with_images(table)), key=itemgetter(0)):
            rows += 1
            recorded = list(group)
            if recorded[0][1] is None:
                if strict and not self._of_a_batch(table, json.loads(recorded[0][5])["after"]):
                    self.found.add(
                        T("{table} {key} was put in by no operation.", zh="{table} {key} 不是由任何操作录入的。").of(
                            table=table.name, key=key
                        )
                    )
                continue
            known += 1
            if len(recorded) > 1:
                recorded.sort(key=itemgetter(1, 2))
                recorded = recorded[max(n for n, row in enumerate(recorded) if row[3] == "I" or n == 0) :]
            if recorded[-1][5] is not None:
                self._compare_row(table, key, [row[4] for row in recorded], recorded[-1][5], loose)
        self.found.live += rows
        if known < self.alive[table.name]:
            self._name_missing(table)

    def _of_a_batch(self, table: Table, values: Mapping[str, Any]) -> bool:
        if any(values[column] == key for column, key in self.batches.get(table.name, ())):
            return True
        for (covered, column), ranges in self.ranges.items():
            if covered == table.name:
                value = values[column]
                before = bisect_right(ranges, (value, sys.maxsize)) - 1
                if before >= 0 and ranges[before][1] >= value:
                    return True
        return False

    def _with_images(self, table: Table) -> str:
        """Return the query for key, operation, number, kind and image of every change of every row, and the row.

        The row is as its insertion would be recorded, and NULL where this one image says the same: the database
        compares, which is twice as quick as to fetch every column.
        """
        parts = [f"CAST(t.{quoted(c.name)} AS TEXT)" for c in table.primary_key]
        if len(parts) > 1:  # as `row_key` writes it
            parts = [f"replace(replace({part}, '%', '%25'), '/', '%2F')" for part in parts]
        keys = " || '/' || ".join(parts)
        live = inserted(table, self.connection.dialect.name)
        order = ", ".join(f"t.{quoted(c.name)}" for c in table.primary_key)
        return (
            f"SELECT {keys}, r.operation_id, r.seq, r.kind, r.image,"  # noqa: S608
            f" CASE WHEN r.image = {live} THEN NULL ELSE {live} END FROM {quoted(table.name)} t"
            f" LEFT JOIN operation_row r ON r.table_name = '{table.name}' AND r.row_key = {keys} AND r.kind <> 'B'"
            f" ORDER BY {order}"
        )

    def _compare_row(self, table: Table, key: str, images: list[str | None], live: str, loose: frozenset[str]) -> None:
        expected: dict[str, Any] = {}
        for image in images:
            if image is None:  # erased: what the row was is no longer known
                return
            expected.update(json.loads(image).get("after", {}))
        try:
            now = json.loads(live)["after"]
        except ValueError:  # what stands in a column of JSON is none
            now = dict.fromkeys(c.name for c in table.c if isinstance(c.type, Json))
        wrong = sorted(
            name for name, value in expected.items() if name in now and name not in loose and now[name] != value
        )
        if wrong:
            self.found.add(
                T(
                    "{table} {key} was changed by no operation ({columns}).",
                    zh="{table} {key} 未经操作被改动({columns})。",
                ).of(table=table.name, key=key, columns=", ".join(wrong))
            )

    def _name_missing(self, table: Table) -> None:
        last: dict[str, str] = {}
        for key, kind in self._stream(
            f"SELECT row_key, kind FROM operation_row WHERE table_name = '{table.name}' AND kind <> 'B'"  # noqa: S608
            " ORDER BY operation_id, seq"
        ):
            last[key] = kind
        wanted = [key for key, kind in last.items() if kind != "D"]
        for key in wanted:
            where = [table.c[name] == value for name, value in key_values(table, key).items()]
            if self.connection.execute(select(*table.primary_key).where(*where)).first() is None:
                self.found.add(
                    T("{table} {key} was removed by no operation.", zh="{table} {key} 未经操作被删除。").of(
                        table=table.name, key=key
                    )
                )

    def _stream(self, query: str) -> Iterator[Sequence[Any]]:
        """Return the rows of a query as the driver gives them: through SQLAlchemy they cost three times as much."""
        raw: Any = self.connection.connection.driver_connection
        rows: Iterator[Sequence[Any]] = (
            raw.execute(query) if self.connection.dialect.name == "sqlite" else _served(raw, query)
        )
        return rows


def _served(raw: Any, query: str) -> Iterator[Sequence[Any]]:
    """Yield the rows of a query from a cursor that the server keeps: psycopg's own would fetch all of them at once."""
    with raw.cursor(name=f"audit_{id(query)}") as cursor:
        cursor.itersize = 5_000
        yield from cursor.execute(query)


def _instant(value: Any) -> str:
    """Return a stored instant as images write it: ``2026-11-25T02:20:00+00:00``."""
    if isinstance(value, str):
        return value.replace(" ", "T") + "+00:00"
    at: datetime = value
    return at.astimezone(UTC).isoformat()
