"""One file becomes one batch: read as a stream, checked, loaded in one transaction or not at all.

A file that breaks off leaves nothing; the same file given again is taken from its start, and one that is loaded
already changes nothing. Of a file that is refused its bad rows are kept, as of one that is loaded.
Source: brokerage.md section 5.13.
"""

from __future__ import annotations

import codecs
import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, Protocol

from serviceflow.api import BadInput, Shop, T, Tx, feed, feed_columns, feed_source, plain, table_of

from serviceflow_brokerage.feed.cells import Cell, CellFault, row_faults
from serviceflow_brokerage.lease import StopRun, hold, leased
from serviceflow_brokerage.refusals import bad
from serviceflow_brokerage.tables.clients import BrokerBatch, BrokerBatchReject

MOST: Final = 50_000
"""Bad rows of which line and reason are kept one by one; the rest are counted."""


@dataclass(slots=True)
class Counts:
    """What becomes of a file's rows: rows = inserted + replaced + unchanged + duplicate + rejected.

    ``late``: how many of the rejected were refused only when they met the shop.
    """

    inserted: int = 0
    replaced: int = 0
    unchanged: int = 0
    duplicate: int = 0
    late: int = 0


@dataclass(slots=True)
class Loaded:
    """What an import did. ``already``: the batch that had loaded this very file before."""

    batch: int | None
    rows: int = 0
    counts: Counts = field(default_factory=Counts)
    rejected: int = 0
    rejects: Path | None = None
    already: int | None = None
    unused: list[str] = field(default_factory=list)
    notes: list[T] = field(default_factory=list)


class Loader(Protocol):
    """What one kind of file needs besides the frame."""

    cells: Mapping[str, Cell]

    def begin(self, shop: Shop, tx: Tx, batch: int, today: date, *, replace: bool) -> None:
        """Get ready."""

    def take(self, line: int, cells: feed.Cells) -> None:
        """Take a row; raises `CellFault`."""

    def finish(self) -> tuple[Counts, dict[int, CellFault]]:
        """Store what was taken; returns the counts and, by line, the first `MOST` of what was refused only now."""

    def notes(self) -> list[T]:
        """Return what the operator should know."""


def load_file(
    shop: Shop,
    kind: str,
    loader: Loader,
    path: Path,
    *,
    replace: bool = False,
    dry_run: bool = False,
    encoding: str = "",
    rejects_to: Path | None = None,
    progress: feed.Progress = lambda _phase, _done: None,
) -> Loaded:
    """Import a file of the back office.

    Raises:
        BadInput: ``import-header``, ``import-too-many-bad``, ``run-locked``, or the file cannot be read.
    """
    source = feed_source.open_source(path)
    if encoding:
        source.encoding = _known(encoding)
        source.head = [row for _, row in zip(range(10), source.rows(), strict=False)]
    columns = _columns(source, loader.cells)
    digest = _digest(path)
    with shop.reading() as tx:
        batches = table_of(BrokerBatch)
        same = [batches.c.kind == kind, batches.c.sha256 == digest, batches.c.state == "loaded"]
        known = tx.one(BrokerBatch, *same, order_by=[batches.c.id.desc()])
    if known is not None and not (replace and known.rejected):  # its rows that differed may now be meant
        return Loaded(known.id, already=known.id)
    today = shop.local_day(shop.clock.now())
    found = Loaded(None, unused=[h for h, key in zip(columns.header.cells, columns.fields, strict=True) if not key])
    with leased(shop, "import", today) as run:
        with feed.rejects_beside(path, columns.header.cells) as rejects:
            reasons: dict[int, CellFault] = {}
            refused, keeps = None, not dry_run or rejects_to is not None
            try:
                with shop.write(f"brokerage import {kind}", dry_run=dry_run) as tx:
                    batch = tx.add(_batch(tx, kind, path, digest))
                    loader.begin(shop, tx, batch.id or 0, today, replace=replace)
                    found.rows = feed.read_feed(source, columns, _taking(loader.take, reasons), rejects, progress)
                    found.counts, late = loader.finish()
                    feed.reject_lines(source, columns, {n: _said(fault) for n, fault in late.items()}, rejects)
                    found.rejected = rejects.count + found.counts.late - len(late)
                    reasons |= late
                    if found.rejected * 10_000 > shop.setting("broker.import_max_bad_bp") * found.rows:
                        raise _TooManyBad
                    hold(tx, run)
                    _close(tx, batch, found, reasons, path)
                    found.batch = None if dry_run else batch.id
                    if keeps:
                        rejects.keep()
            except _TooManyBad:
                refused = found.rejected
                if keeps:
                    rejects.keep()
        found.notes, found.rejects = loader.notes(), _moved(rejects.kept, rejects_to)
        if refused is not None:
            if not dry_run:
                _refuse(shop, kind, path, digest, found, reasons)
            raise StopRun(bad("import-too-many-bad", bad=refused, rows=found.rows, rejects=found.rejects or path.name))
        run.counts = {"batch": found.batch, "rows": found.rows, "rejected": found.rejected}
    return found


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise BadInput(
            T("There is no encoding {name}.", zh="没有编码 {name}。").of(name=encoding),
            plain("--encoding gb18030 | utf-8"), ref="broker.encoding",
        ) from None  # fmt: skip


class _TooManyBad(Exception):
    """More rows are bad than a file may have."""


def _batch(tx: Tx, kind: str, path: Path, digest: str) -> BrokerBatch:
    return BrokerBatch(kind=kind, file_name=path.name, sha256=digest, by=tx.staff_id, at=tx.now, operation=None)


def _refuse(shop: Shop, kind: str, path: Path, digest: str, found: Loaded, reasons: Mapping[int, CellFault]) -> None:
    """Note that a file was refused, and why its rows are bad."""
    with shop.write(f"brokerage import {kind}") as tx:
        batch = _batch(tx, kind, path, digest)
        batch.state = "refused"
        batch = tx.add(batch)
        tx.change(batch, rows=found.rows, rejected=found.rejected, operation=tx.number())
        _note_rejects(tx, batch, reasons)
        tx.summary = T("{file} refused: {bad} of {rows} rows are bad", zh="拒绝 {file}: {bad}/{rows} 行有误").of(
            file=path.name, bad=found.rejected, rows=found.rows
        )


def _taking(
    take: Callable[[int, feed.Cells], None], reasons: dict[int, CellFault]
) -> Callable[[int, feed.Cells], None]:
    def taking(line: int, cells: feed.Cells) -> None:
        try:
            take(line, cells)
        except CellFault as fault:
            if len(reasons) < MOST:
                reasons[line] = fault
            raise row_faults(fault) from fault

    return taking


def _columns(source: feed_source.Source, cells: Mapping[str, Cell]) -> feed_columns.ColumnMap:
    needed = {cell.key for cell in cells.values() if cell.needed}
    try:
        columns = feed_columns.map_columns(source, [cell.column() for cell in cells.values()], needed, {})
    except BadInput as cause:
        if cause.ref != "feed.columns":
            raise
        raise bad("import-header", cols=", ".join(sorted(needed))) from cause
    if missing := needed - set(columns.fields):
        raise bad("import-header", cols=", ".join(sorted(missing)))
    return columns


def _close(tx: Tx, batch: BrokerBatch, found: Loaded, reasons: Mapping[int, CellFault], path: Path) -> None:
    c = found.counts
    tx.change(
        batch, rows=found.rows, inserted=c.inserted, replaced=c.replaced, unchanged=c.unchanged, duplicate=c.duplicate,
        rejected=found.rejected, operation=tx.number(),
    )  # fmt: skip
    _note_rejects(tx, batch, reasons)
    if batch.kind == "snapshots":  # the other kinds are in the journal row by row
        tx.batch(table_of(BrokerBatch), batch.id or 0, {"file": path.name, "rows": found.rows, "undo": "import undo"})
    tx.summary = T("{file}: {n} rows loaded as batch {batch}", zh="{file}: {n} 行, 批次 {batch}").of(
        file=path.name, n=found.rows - found.rejected, batch=batch.id
    )


def _note_rejects(tx: Tx, batch: BrokerBatch, reasons: Mapping[int, CellFault]) -> None:
    for line, fault in sorted(reasons.items()):
        tx.add(BrokerBatchReject(batch_id=batch.id or 0, line=line, reason=fault.reason, text=str(fault.said)))


def _said(fault: CellFault) -> T:
    return row_faults(fault).faults[0][1]


def _moved(kept: Path | None, to: Path | None) -> Path | None:
    return Path(shutil.move(kept, to)) if kept is not None and to is not None else kept


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
