"""A whole shop moved from one database to another, either way, and proved by counts and digests before it counts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Integer, Table, bindparam, delete, func, insert, inspect, select, text

from serviceflow.errors import CannotWrite, Refused, StorageFault
from serviceflow.faults import fault
from serviceflow.store.digests import BATCH, table_digest
from serviceflow.store.engine import open_engine, reading, schema_change
from serviceflow.store.migrate import Owner, upgrade
from serviceflow.store.place import Place
from serviceflow.store.stamp import check_stamp
from serviceflow.store.tables import Meta, Staff
from serviceflow.store.write import table_of, tables_here
from serviceflow.texts import T, plain


@dataclass(frozen=True, slots=True)
class Copied:
    """A table that was copied: what it holds at both ends."""

    table: str
    rows: int
    digest: str


def copy_shop(
    source: Place,
    target: Place,
    owners: Sequence[Owner],
    progress: Callable[[str, int], None] = lambda _table, _rows: None,
) -> list[Copied]:
    """Copy all rows of ``source`` into the empty ``target``; in one transaction, so it is there whole or not at all.

    Args:
        owners: Whose tables the shop has: the core and its plugins.
        progress: Told the table and how many of its rows are copied.

    Raises:
        Refused: There is a shop at the target, or the source has tables of a plugin that is not here.
        StorageFault: A table is not the same at both ends; nothing is kept.
    """
    _make_room(target)
    one, other = open_engine(source), open_engine(target)
    try:
        with reading(one, source) as line:
            old = line.connection
            check_stamp(
                old.execute(select(table_of(Meta).c.value).where(table_of(Meta).c.key == "schema")).scalar_one()
            )
            _refuse_unknown_tables(old, owners)
            upgrade(other, target, owners)
            with schema_change(other, target) as new:
                _refuse_full(new, target)
                copied = [_copy_table(old, new, table, progress) for table in tables_here(old)]
                if not target.is_sqlite:
                    _set_sequences(new)
                fault("copy.before_commit")
    finally:
        one.dispose()
        other.dispose()
    return copied


def _make_room(target: Place) -> None:
    if target.path is None or target.path.exists():
        return
    try:
        target.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.path.touch(mode=0o600)
    except OSError as cause:
        raise CannotWrite(
            T("{file} cannot be written: {why}.", zh="无法写入 {file}: {why}。").of(
                file=target.path, why=cause.strerror
            ),
            T("Check the rights and the free space of {folder}.", zh="请检查 {folder} 的权限与剩余空间。").of(
                folder=target.path.parent
            ),
            ref="copy.unwritable",
        ) from cause


def _refuse_unknown_tables(old: Connection, owners: Sequence[Owner]) -> None:
    known = {name for owner in owners for name in (*owner.tables, owner.version_table)}
    unknown = sorted(set(inspect(old).get_table_names()) - known)
    if unknown:
        raise Refused(
            T(
                "Tables of a plugin that is not here would be left behind: {names}.",
                zh="有未安装插件的数据表会被遗漏: {names}。",
            ).of(names=", ".join(unknown)),
            T("Install the plugin, then copy: flow plugin list", zh="请先安装该插件: flow plugin list"),
            ref="copy.plugin",
        )


def _refuse_full(new: Connection, target: Place) -> None:
    if new.execute(select(func.count()).select_from(table_of(Staff))).scalar():
        raise Refused(
            T("There is a shop at {where} already.", zh="{where} 已有店铺。").of(where=target.shown),
            T("Name an empty database.", zh="请指定空数据库。"),
            ref="copy.target",
        )


def _copy_table(old: Connection, new: Connection, table: Table, progress: Callable[[str, int], None]) -> Copied:
    new.execute(delete(table))  # what the upgrade put there: the stamp comes with the copy
    own = [c.name for c in table.c if any(key.column.table is table for key in c.foreign_keys)]
    later: list[dict[str, Any]] = []
    done = 0
    for batch in _batches(old, table):
        for row in batch if own else ():
            if any(row[name] is not None for name in own):
                later.append({f"at_{c.name}": row[c.name] for c in table.primary_key} | {n: row[n] for n in own})
                row.update(dict.fromkeys(own))
        new.execute(insert(table), batch)
        done += len(batch)
        progress(table.name, done)
    if later:  # rows that refer to rows of the same table: when all of them are there
        here = [c == bindparam(f"at_{c.name}") for c in table.primary_key]
        new.execute(table.update().where(*here).values({n: bindparam(n) for n in own}), later)
    before, after = table_digest(old, table), table_digest(new, table)
    if before != after:
        raise StorageFault(
            T(
                "Table {name} is not the same at both ends ({a} and {b} rows). Nothing was kept.",
                zh="数据表 {name} 两端不一致({a} 行与 {b} 行), 未保留任何内容。",
            ).of(name=table.name, a=before[0], b=after[0]),
            plain("flow db check"),
            ref="copy.differs",
        )
    return Copied(table.name, *after)


def _batches(old: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    rows = old.execute(select(table).order_by(*table.primary_key).execution_options(yield_per=BATCH))
    with contextlib.closing(rows):
        for batch in rows.mappings().partitions():
            yield [_plain(row) for row in batch]


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return dict(row)


def _set_sequences(new: Connection) -> None:
    """Make PostgreSQL's counters go on after the highest key that came with the copy."""
    for table in tables_here(new):
        keys = list(table.primary_key)
        if len(keys) == 1 and isinstance(keys[0].type, Integer) and keys[0].autoincrement:
            name = {"table": f'"{table.name}"', "column": keys[0].name}
            sequence = new.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), name).scalar()
            highest = new.execute(select(func.max(keys[0]))).scalar()
            if sequence and highest:
                new.execute(text("SELECT setval(:sequence, :highest)"), {"sequence": sequence, "highest": highest})
