"""Where an import's rows wait: a private file beside nothing, so that the shop is locked only while rows are stored.

The same tables are attached to (SQLite) or copied into (PostgreSQL) the writing transaction, which then works with
whole-table statements; memory holds one block of rows at a time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from serviceflow.engine.customer_columns import CustomerRow
from serviceflow.names import find_keys, search_key
from serviceflow.texts import T

NEW, FOLDED, KNOWN, REFUSED = range(4)
"""States of a staged row: makes a customer; added to an earlier row; belongs to a customer of the shop; bad."""

TABLES: Final = {
    "stage_row": (
        "n INTEGER PRIMARY KEY",
        "line INTEGER",
        "state INTEGER",
        "target INTEGER",
        "leader INTEGER",
        "keyless BOOLEAN",
        "name_key TEXT",
        "name TEXT",
        "birthday DATE",
        "source TEXT",
        "note TEXT",
        "language TEXT",
        "kind TEXT",
        "tags TEXT",
        "do_not_contact BOOLEAN",
    ),
    "stage_contact": (
        "c INTEGER PRIMARY KEY",
        "n INTEGER",
        "kind TEXT",
        "value TEXT",
        "shown TEXT",
        "ext TEXT",
        "preferred BOOLEAN",
    ),
    "stage_date": ("n INTEGER", "name TEXT", "day DATE"),
    "stage_key": ("n INTEGER", "key TEXT"),
    "stage_match": ("n INTEGER", "kind TEXT", "value TEXT"),
    "stage_hit": ("n INTEGER", "customer_id INTEGER"),
}
INDEXES: Final = (
    "CREATE INDEX stage_contact_n ON stage_contact (n)",
    "CREATE INDEX stage_key_n ON stage_key (n)",
    "CREATE INDEX stage_date_n ON stage_date (n)",
    "CREATE INDEX stage_match_n ON stage_match (n)",
    "CREATE INDEX stage_hit_n ON stage_hit (n)",
)
BLOCK: Final = 5_000
CACHE_KB: Final = 16_000
STORE_CACHE_KB: Final = 48_000
"""SQLite's page cache while rows are stored: with the usual 2 MB each key of a large shop costs a page write."""


class Stage:
    """The rows of one import before they are stored."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "stage.db"
        self.db = sqlite3.connect(self.path, isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{CACHE_KB}"):
            self.db.execute(f"PRAGMA {pragma}")
        for name, columns in TABLES.items():
            self.db.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
        self.db.execute("BEGIN")
        self.rows = 0
        self.contacts = 0
        self._blocks: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES}

    def add(self, line: int, row: CustomerRow) -> None:
        """Stage a good row."""
        self.rows += 1
        n, blocks, first_of = self.rows, self._blocks, set[str]()
        by_kind: dict[str, list[str]] = {}
        keyless = True
        for point in row.points:
            self.contacts += 1
            blocks["stage_contact"].append(
                (self.contacts, n, point.kind, point.value, point.shown, point.ext, point.kind not in first_of)
            )
            first_of.add(point.kind)
            by_kind.setdefault(point.kind, []).append(point.value)
            if point.identifies:
                keyless = False
                blocks["stage_match"].append((n, point.kind, point.value))
        if keyless:
            digest = hashlib.sha256(row.fingerprint.encode()).hexdigest()
            blocks["stage_match"].append((n, "row", digest))
        blocks["stage_row"].append(
            (
                n,
                line,
                NEW,
                None,
                None,
                keyless,
                search_key(row.name),
                row.name,
                row.birthday,
                row.source,
                row.note,
                row.language,
                row.kind,
                tags_json(row.tags),
                row.do_not_contact,
            )
        )
        blocks["stage_date"].extend((n, name, day) for name, day in row.dates.items())
        keys = find_keys(row.name, by_kind.get("phone", ()), by_kind.get("email", ()), by_kind.get("wechat", ()))
        blocks["stage_key"].extend([(n, key) for key in keys])
        if n % BLOCK == 0:
            self._flush()

    def _flush(self) -> None:
        for name, rows in self._blocks.items():
            if rows:
                marks = ",".join("?" * len(TABLES[name]))
                self.db.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608 - our own names
                rows.clear()

    def finish(self) -> dict[int, T]:
        """Fold rows of the same person into their first one and close; returns late faults by line."""
        self._flush()
        for index in INDEXES:
            self.db.execute(index)
        late = self._fold_all()
        self.db.execute("COMMIT")
        self.db.close()
        return late

    def _fold_all(self) -> dict[int, T]:
        leaders: dict[int, int] = {}
        late: dict[int, T] = {}
        for n, firsts in self._doubles():
            found = {leaders.get(first, first) for first in firsts}
            if len(found) > 1:
                self.db.execute("UPDATE stage_row SET state = ? WHERE n = ?", (REFUSED, n))
                lines = sorted(self._line(m) for m in found)
                late[self._line(n)] = TWO_ROWS.of(a=lines[0], b=lines[1])
                continue
            (leader,) = found
            leaders[n] = leader
            self._fold(n, leader)
        return late

    def _doubles(self) -> Iterator[tuple[int, list[int]]]:
        """Return each row that shares a phone or e-mail with earlier ones, and the first row of each share."""
        rows = self.db.cursor().execute(
            "SELECT n, first FROM (SELECT n, min(n) OVER (PARTITION BY kind, value) AS first FROM stage_match)"
            " WHERE first < n ORDER BY n"
        )
        now, firsts = 0, list[int]()
        for n, first in rows:
            if n != now and firsts:
                yield now, firsts
                firsts = []
            now = n
            firsts.append(first)
        if firsts:
            yield now, firsts

    def _line(self, n: int) -> int:
        return int(self.db.execute("SELECT line FROM stage_row WHERE n = ?", (n,)).fetchone()[0])

    def _fold(self, n: int, leader: int) -> None:
        """Give the earlier row what it lacks of the later one."""
        own = row_of(self.db, n)
        first = row_of(self.db, leader)
        changes = missing(first, own)
        if changes:
            names = ", ".join(f"{name} = :{name}" for name in changes)
            self.db.execute(f"UPDATE stage_row SET {names} WHERE n = :n", {**changes, "n": leader})  # noqa: S608
        values = {"n": n, "leader": leader, "folded": FOLDED}
        for statement in _FOLD:
            self.db.execute(statement, values)


TWO_ROWS = T(
    "has the phone or e-mail of two others, lines {a} and {b}; who is it?",
    zh="电话或邮箱与第 {a} 行和第 {b} 行两位客户相同, 无法判断是谁",
)

_FOLD: Final = (
    "UPDATE stage_contact SET n = :leader, preferred = 0 WHERE n = :n AND NOT EXISTS (SELECT 1 FROM stage_contact f"
    " WHERE f.n = :leader AND f.kind = stage_contact.kind AND f.value = stage_contact.value)",
    "DELETE FROM stage_contact WHERE n = :n",
    "UPDATE stage_date SET n = :leader WHERE n = :n AND NOT EXISTS (SELECT 1 FROM stage_date f"
    " WHERE f.n = :leader AND f.name = stage_date.name)",
    "DELETE FROM stage_date WHERE n = :n",
    "UPDATE stage_key SET n = :leader WHERE n = :n AND NOT EXISTS (SELECT 1 FROM stage_key f"
    " WHERE f.n = :leader AND f.key = stage_key.key)",
    "DELETE FROM stage_key WHERE n = :n",
    "UPDATE stage_match SET n = :leader WHERE n = :n",
    "UPDATE stage_row SET state = :folded, leader = :leader WHERE n = :n",
)


def tags_json(tags: list[str]) -> str:
    """Return tags as the column type `Json` stores them."""
    return json.dumps(tags, ensure_ascii=False, separators=(",", ":"))


def row_of(db: sqlite3.Connection, n: int) -> dict[str, Any]:
    """Return a staged row by its columns."""
    cursor = db.execute("SELECT * FROM stage_row WHERE n = ?", (n,))
    return dict(zip([d[0] for d in cursor.description], cursor.fetchone(), strict=True))


def missing(known: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Return what ``known`` lacks and ``row`` says: empty fields, tags, and another name into the note."""
    changes = {name: row[name] for name in ("birthday", "language", "source") if row[name] and not known[name]}
    if row["do_not_contact"] and not known["do_not_contact"]:
        changes["do_not_contact"] = True
    had, more = json.loads(known["tags"]), json.loads(row["tags"])
    if not set(more) <= set(had):
        changes["tags"] = tags_json(sorted({*had, *more}))
    notes = [known["note"]] if known["note"] else []
    for text in (row["note"], also(row["name"]) if row["name"] != known["name"] else ""):
        if text and text not in " / ".join(notes):
            notes.append(text)
    note = " / ".join(notes)
    return changes | ({"note": note} if note != known["note"] else {})


def also(name: str) -> str:
    """Return how another name of the same person is kept in the note."""
    return f"又名 {name}"


@contextlib.contextmanager
def brought(stage: Stage, connection: Connection) -> Iterator[None]:
    """Make the staged tables visible to a writing transaction; leave the block when that has ended."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name != "sqlite":
        _copy(stage, raw)
        yield  # the tables go with the transaction
        return
    raw.execute("ATTACH DATABASE ? AS stage", (str(stage.path),))
    raw.execute(f"PRAGMA cache_size=-{STORE_CACHE_KB}")
    try:
        yield
    finally:
        raw.execute("PRAGMA cache_size=-2000")
        raw.execute("DETACH DATABASE stage")


def _copy(stage: Stage, raw: Any) -> None:
    local = sqlite3.connect(stage.path)
    try:
        for name, columns in TABLES.items():
            raw.execute(f"CREATE TEMP TABLE {name} ({', '.join(columns)}) ON COMMIT DROP")
            with raw.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                for row in local.execute(f"SELECT * FROM {name}"):  # noqa: S608 - our own names
                    copy.write_row(row)
        for index in INDEXES:
            raw.execute(index)
        for name in TABLES:
            raw.execute(f"ANALYZE {name}")
    finally:
        local.close()
