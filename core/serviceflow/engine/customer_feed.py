"""Importing customers: a file in, customers out, bad rows beside the input; one operation that can be undone.

Whoever is known by phone or e-mail, in the shop or earlier in the file, gets what is missing and is never entered
twice. New customers are stored by statements over whole blocks; the journal holds their inverse (`batches`).
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, text

from serviceflow.engine.batches import Range, next_ids
from serviceflow.engine.customer_columns import COLUMNS, NEEDED, read_customer
from serviceflow.engine.customer_stage import FOLDED, KNOWN, NEW, REFUSED, Stage, brought, missing, tags_json
from serviceflow.engine.customers import index_customer
from serviceflow.errors import StorageFault
from serviceflow.kit.feed import Cells, Progress, read_feed, reject_lines, rejects_beside
from serviceflow.kit.feed_columns import ColumnMap, map_columns
from serviceflow.kit.feed_source import open_source
from serviceflow.store.columns import Instant
from serviceflow.store.tables import Contact, Customer, CustomerDate
from serviceflow.store.write import Tx, decoded, table_of
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.kit.feed import Reason

CHUNK: Final = 50_000


@dataclass(slots=True)
class Imported:
    """What became of a file.

    Attributes:
        read: Rows below the headings.
        new: Customers entered.
        completed: Customers who were known and got something they lacked.
        known: Rows of customers who were known and lacked nothing.
        repeated: Rows that were added to an earlier row of the file.
        refused: Bad rows; ``reasons`` holds those of the first, ``errors`` is the file with all.
    """

    columns: ColumnMap
    said: T
    read: int = 0
    new: int = 0
    completed: int = 0
    known: int = 0
    repeated: int = 0
    refused: int = 0
    reasons: list[Reason] = field(default_factory=list)
    errors: Path | None = None
    operation: int | None = None


def import_customers(
    shop: Shop,
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    dry_run: bool = False,
    progress: Progress = lambda _phase, _done: None,
    shown: Callable[[ColumnMap, T], None] = lambda _columns, _said: None,
) -> Imported:
    """Import a file of customers.

    Args:
        columns: Column → field, where the headings do not say it.
        dry_run: Do everything, keep nothing, write no file.
        shown: Told what the columns are taken for before any row is read.

    Raises:
        BadInput: The file cannot be read, or its columns are not recognised.
        CannotWrite: There are bad rows and no place for them beside the input.
    """
    source = open_source(path)
    mapping = map_columns(source, COLUMNS, set(NEEDED), columns or {})
    shown(mapping, source.said)
    result = Imported(mapping, source.said)
    today = shop.local_day(shop.clock.now())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flow-import-")))
        rejects = stack.enter_context(rejects_beside(path, mapping.header.cells))
        stage = Stage(folder)

        def take(line: int, cells: Cells) -> None:
            stage.add(line, read_customer(cells, today))

        with _room_for_staging(folder):
            result.read = read_feed(source, mapping, take, rejects, progress)
            late = stage.finish()
        with shop.write("customer import", dry_run=dry_run) as tx:
            stack.enter_context(brought(stage, tx.connection))
            _store(tx, result, late, stage.contacts, progress)
            reject_lines(source, mapping, late, rejects)
            result.refused, result.reasons = rejects.count, rejects.shown
            tx.summary = T("{n} customers imported from {file}", zh="导入 {n} 位客户, 文件 {file}").of(
                n=result.new, file=path.name
            )
            if not dry_run:
                rejects.keep()
        result.errors = rejects.kept
        result.operation = None if dry_run else tx.operation
    return result


@contextmanager
def _room_for_staging(folder: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, OSError) as cause:
        raise StorageFault(
            T(
                "The rows of the file cannot be kept in {folder} meanwhile: {why}. Nothing was imported.",
                zh="无法在 {folder} 暂存文件内容: {why}。未导入任何内容。",
            ).of(folder=folder.parent, why=cause),
            T("Free some space there, or set TMPDIR to another folder.", zh="请腾出空间, 或把 TMPDIR 设为其他文件夹。"),
            ref="feed",
        ) from cause


@dataclass(slots=True)
class _Bulk:
    """Runs statements on the staged tables with the values they share."""

    tx: Tx
    values: dict[str, Any]

    def run(self, statement: str, **values: Any) -> Any:
        prepared = text(statement)
        if ":now" in statement:
            prepared = prepared.bindparams(bindparam("now", type_=Instant))
        names = set(prepared._bindparams)
        return self.tx.connection.execute(prepared, {k: v for k, v in {**self.values, **values}.items() if k in names})


def _store(tx: Tx, result: Imported, late: dict[int, T], contacts: int, progress: Progress) -> None:
    bulk = _Bulk(
        tx, {"fresh": NEW, "folded": FOLDED, "known": KNOWN, "refused": REFUSED, "now": tx.now, "owner": tx.staff_id}
    )
    if tx.dialect != "sqlite":
        # Nobody may enter one of these customers between the comparison and the insert.
        bulk.run("LOCK TABLE customer, contact IN SHARE ROW EXCLUSIVE MODE")
    _recognise(bulk, late)
    result.new = _enter(tx, bulk, contacts, progress)
    result.completed, touched = _complete(tx, bulk)
    count = "SELECT count(*) FROM stage_row WHERE state = :state"
    result.known = bulk.run(count, state=KNOWN).scalar() - touched
    result.repeated = bulk.run(count, state=FOLDED).scalar()


def _recognise(bulk: _Bulk, late: dict[int, T]) -> None:
    """Say of each staged row whose it is; rows that two customers claim are refused."""
    bulk.run(_BY_CONTACT)
    bulk.run(_BY_EVERYTHING)
    for line, first, second in bulk.run(_CLAIMED_TWICE).all():
        late[line] = TWO_CUSTOMERS.of(first=first, second=second)
    bulk.run(
        "UPDATE stage_row SET state = :refused WHERE coalesce(leader, n) IN"
        " (SELECT n FROM stage_hit GROUP BY n HAVING count(*) > 1)"
    )
    bulk.run(
        "UPDATE stage_row SET state = :known,"
        " target = (SELECT min(customer_id) FROM stage_hit h WHERE h.n = stage_row.n)"
        " WHERE state = :fresh AND n IN (SELECT n FROM stage_hit)"
    )


TWO_CUSTOMERS = T(
    "has the phone or e-mail of two customers, {first} and {second}; if they are one, merge them first",
    zh="电话或邮箱同时属于两位客户: {first} 与 {second}; 若为同一人请先合并",
)

_BY_CONTACT = """
INSERT INTO stage_hit SELECT DISTINCT m.n, c.customer_id FROM stage_match m
JOIN contact c ON c.kind = m.kind AND c.value = m.value JOIN customer u ON u.id = c.customer_id
WHERE u.merged_into IS NULL"""

# Without phone or e-mail a row belongs to somebody of the same name of whom everything it says is known.
_BY_EVERYTHING = """
INSERT INTO stage_hit SELECT r.n, min(u.id) FROM stage_row r
JOIN find_key k ON k.key = r.name_key JOIN customer u ON u.id = k.customer_id
WHERE r.keyless AND r.state = :fresh AND u.merged_into IS NULL AND u.name = r.name AND u.kind = r.kind
AND (r.birthday IS NULL OR r.birthday = u.birthday) AND (r.source = '' OR r.source = u.source)
AND (r.note = '' OR r.note = u.note) AND (r.tags = '[]' OR r.tags = u.tags)
AND (r.language IS NULL OR r.language = u.language)
AND NOT EXISTS (SELECT 1 FROM stage_contact s WHERE s.n = r.n AND NOT EXISTS (
    SELECT 1 FROM contact c WHERE c.customer_id = u.id AND c.kind = s.kind AND c.value = s.value))
AND NOT EXISTS (SELECT 1 FROM stage_date s WHERE s.n = r.n AND NOT EXISTS (
    SELECT 1 FROM customer_date d WHERE d.customer_id = u.id AND d.name = s.name AND d.day = s.day))
GROUP BY r.n"""

_CLAIMED_TWICE = """
SELECT r.line, a.name, b.name FROM (
    SELECT n, min(customer_id) AS first, max(customer_id) AS second FROM stage_hit GROUP BY n HAVING count(*) > 1) h
JOIN stage_row r ON coalesce(r.leader, r.n) = h.n
JOIN customer a ON a.id = h.first JOIN customer b ON b.id = h.second
WHERE r.state <> :refused ORDER BY r.line"""


def _enter(tx: Tx, bulk: _Bulk, contacts: int, progress: Progress) -> int:
    """Store the new customers block by block; returns how many they are."""
    rows = bulk.run("SELECT max(n) FROM stage_row WHERE state = :fresh").scalar()
    if rows is None:
        return 0
    batch = tx.number()
    values = {
        "base": next_ids(tx, table_of(Customer), rows),
        "contact_base": next_ids(tx, table_of(Contact), contacts),
        "batch": batch,
    }
    counts = dict.fromkeys((name for name, _ in _ENTER), 0)
    for after in range(0, rows, CHUNK):
        for name, statement in _ENTER:
            counts[name] += bulk.run(statement, after=after, upto=after + CHUNK, **values).rowcount
        progress("store", counts["customer"])
    Range(batch, values["base"] + 1, values["base"] + rows, counts).record(tx)
    return counts["customer"]


# Each block is stored in the order of the index it disturbs most, so that each page is written once a block.
_ENTER: Final = (
    (
        "customer",
        """
INSERT INTO customer (id, rv, kind, name, birthday, language, source, owner_id, tags, note, do_not_contact,
    batch_id, created_at)
SELECT :base + n, 1, kind, name, birthday, language, source, CAST(:owner AS INTEGER), tags, note, do_not_contact,
    CAST(:batch AS INTEGER), :now FROM stage_row WHERE state = :fresh AND n > :after AND n <= :upto ORDER BY n""",
    ),
    (
        "contact",
        """
INSERT INTO contact (id, rv, customer_id, kind, value, shown, ext, preferred)
SELECT :contact_base + s.c, 1, :base + s.n, s.kind, s.value, s.shown, s.ext, s.preferred FROM stage_contact s
JOIN stage_row r ON r.n = s.n WHERE r.state = :fresh AND s.n > :after AND s.n <= :upto ORDER BY s.kind, s.value""",
    ),
    (
        "customer_date",
        """
INSERT INTO customer_date (rv, customer_id, name, day) SELECT 1, :base + s.n, s.name, s.day FROM stage_date s
JOIN stage_row r ON r.n = s.n WHERE r.state = :fresh AND s.n > :after AND s.n <= :upto""",
    ),
    (
        "find_key",
        """
INSERT INTO find_key (key, customer_id) SELECT s.key, :base + s.n FROM stage_key s
JOIN stage_row r ON r.n = s.n WHERE r.state = :fresh AND s.n > :after AND s.n <= :upto ORDER BY s.key""",
    ),
)


def _complete(tx: Tx, bulk: _Bulk) -> tuple[int, int]:
    """Give customers who were known what they lack; returns how many got something, and of how many rows."""
    completed: set[int] = set()
    touched = 0
    for (n,) in bulk.run(_LACKING).all():
        row = dict(bulk.run("SELECT * FROM stage_row WHERE n = :n", n=n).mappings().one())
        customer = tx.need(Customer, row["target"], lock=True)
        if _complete_one(tx, bulk, customer, row):
            completed.add(row["target"])
            touched += 1
        tx.spill()
    return len(completed), touched


_LACKING = """
SELECT r.n FROM stage_row r JOIN customer u ON u.id = r.target
WHERE r.state = :known AND ((u.birthday IS NULL AND r.birthday IS NOT NULL) OR (u.source = '' AND r.source <> '')
OR (u.language IS NULL AND r.language IS NOT NULL) OR (r.do_not_contact AND NOT u.do_not_contact)
OR (r.note <> '' AND u.note <> r.note) OR (r.tags <> '[]' AND r.tags <> u.tags) OR r.name <> u.name
OR EXISTS (SELECT 1 FROM stage_contact s WHERE s.n = r.n AND NOT EXISTS (
    SELECT 1 FROM contact c WHERE c.customer_id = u.id AND c.kind = s.kind AND c.value = s.value))
OR EXISTS (SELECT 1 FROM stage_date s WHERE s.n = r.n AND NOT EXISTS (
    SELECT 1 FROM customer_date d WHERE d.customer_id = u.id AND d.name = s.name))) ORDER BY r.n"""


def _complete_one(tx: Tx, bulk: _Bulk, customer: Customer, row: dict[str, Any]) -> bool:
    known = {name: getattr(customer, name) for name in row if name in Customer.model_fields}
    known["tags"] = tags_json(customer.tags)
    changes = missing(known, row)
    if "tags" in changes:
        changes["tags"] = json.loads(changes["tags"])
    before = len(tx.changes)
    if changes:
        tx.change(customer, **decoded(table_of(Customer), changes))
    if _add_contacts(tx, customer, bulk.run("SELECT * FROM stage_contact WHERE n = :n ORDER BY c", n=row["n"])):
        index_customer(tx, customer)
    for day in bulk.run("SELECT * FROM stage_date WHERE n = :n", n=row["n"]).mappings():
        if tx.get(CustomerDate, customer.id, day["name"]) is None:
            values = decoded(table_of(CustomerDate), dict(day))
            tx.add(CustomerDate(customer_id=row["target"], name=values["name"], day=values["day"]))
    return len(tx.changes) > before


def _add_contacts(tx: Tx, customer: Customer, staged: Any) -> bool:
    table = table_of(Contact)
    had = tx.all(Contact, table.c.customer_id == customer.id)
    values, preferred = {(c.kind, c.value) for c in had}, {c.kind for c in had if c.preferred}
    assert customer.id is not None
    added = False
    for point in staged.mappings():
        if (point["kind"], point["value"]) in values:
            continue
        tx.add(
            Contact(
                customer_id=customer.id,
                kind=point["kind"],
                value=point["value"],
                shown=point["shown"],
                ext=point["ext"],
                preferred=point["kind"] not in preferred,
            )
        )
        preferred.add(point["kind"])
        added = True
    return added
