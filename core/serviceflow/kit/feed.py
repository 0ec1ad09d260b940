"""A feed: rows in, reasons out. What every import of a trade shares, whatever its rows are.

Good rows are kept and bad ones written, with line and reason, to a file beside the input that can be mended and
fed again. How rows become records, and how they are taken back, is the business of who takes them.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from serviceflow.errors import CannotWrite
from serviceflow.kit.feed_columns import ColumnMap
from serviceflow.kit.feed_source import FeedRow, Source
from serviceflow.kit.spreadsheets import guarded, open_csv, unguarded
from serviceflow.texts import T

SHOWN: Final = 20
STEP: Final = 5_000

Phase = Literal["read", "store"]
Progress = Callable[[Phase, int], None]
"""Told now and then how many rows were read, then how many were stored."""

Cells = Mapping[str, Sequence[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row was refused: its line, the heading of the column if it is about one, and a sentence."""

    line: int
    column: str
    why: T

    def __str__(self) -> str:
        return f"{self.column}: {self.why}" if self.column else str(self.why)


class RowFaults(Exception):
    """All that is wrong with one row: (place of the column or ``None``, sentence)."""

    def __init__(self, faults: Sequence[tuple[int | None, T]]) -> None:
        super().__init__()
        self.faults = faults


@dataclass(slots=True)
class Rejects:
    """The refused rows of a feed: counted, the first kept to be shown, all written to a file.

    The file is written under another name first and appears, whole, with `keep`.
    """

    beside: Path
    header: Sequence[str]
    count: int = 0
    shown: list[Reason] = field(default_factory=list)
    kept: Path | None = None
    _draft: Path | None = None
    _file: Any = None
    _writer: Any = None

    def add(self, row: FeedRow, reasons: Sequence[Reason]) -> None:
        """Refuse a row."""
        self.count += 1
        self.shown.extend(reasons[: max(SHOWN - len(self.shown), 0)])
        if self._writer is None:
            self._open()
        why = "; ".join(map(str, reasons))
        self._writer.writerow([str(row.line), guarded(why), *map(guarded, row.cells)])

    def _open(self) -> None:
        handle, name = tempfile.mkstemp(prefix="flow-rejects-", suffix=".csv")
        os.close(handle)
        self._draft = Path(name)
        self._file = open_csv(self._draft)
        self._writer = csv.writer(self._file)
        self._writer.writerow([str(T("line", zh="行号")), str(T("reason", zh="原因")), *map(guarded, self.header)])

    def keep(self) -> None:
        """Put the file beside the input, under a name that is free: somebody may be mending an earlier one.

        Raises:
            CannotWrite: The folder of the input cannot be written.
        """
        if self._draft is None:
            return
        self._file.close()
        try:
            descriptor, path = self._free_name()
            with open(descriptor, "wb") as target, self._draft.open("rb") as draft:
                while block := draft.read(1 << 20):
                    target.write(block)
        except OSError as cause:
            raise CannotWrite(
                T(
                    "The refused rows cannot be written beside {path}: {why}. Nothing was imported.",
                    zh="无法在 {path} 旁写入有问题的行: {why}。未导入任何内容。",
                ).of(path=self.beside.name, why=cause.strerror),
                T("Copy the input to a folder you may write in.", zh="请把文件复制到可写的文件夹。"),
                ref="feed",
            ) from cause
        self.kept = path

    def _free_name(self) -> tuple[int, Path]:
        for number in itertools.count(1):
            ending = ".errors.csv" if number == 1 else f".errors-{number}.csv"
            path = self.beside.with_name(self.beside.name + ending)
            try:
                return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), path
            except FileExistsError:
                continue
        raise AssertionError

    def forget(self) -> None:
        """Remove the file that `keep` made, when what it belongs to was not done after all."""
        if self.kept is not None:
            self.kept.unlink(missing_ok=True)
            self.kept = None

    def close(self) -> None:
        """Remove the draft."""
        if self._file is not None:
            self._file.close()
        if self._draft is not None:
            self._draft.unlink(missing_ok=True)


@contextlib.contextmanager
def rejects_beside(path: Path, header: Sequence[str]) -> Iterator[Rejects]:
    """Collect refused rows inside the block; an error in it leaves no file."""
    rejects = Rejects(path, header)
    try:
        yield rejects
    except BaseException:
        rejects.forget()
        raise
    finally:
        rejects.close()


def read_feed(
    source: Source, columns: ColumnMap, take: Callable[[int, Cells], None], rejects: Rejects, progress: Progress
) -> int:
    """Give each row below the headings to ``take``; what it refuses goes to ``rejects``. Returns the rows read.

    Args:
        take: Gets the line and the filled cells by field; raises `RowFaults`.
    """
    header, width, count = columns.header, len(columns.header.cells), 0
    for row in source.rows():
        if row.line <= header.line or row.cells == header.cells:
            continue
        count += 1
        if count % STEP == 0:
            progress("read", count)
        cells = [unguarded(cell.strip()) for cell in row.cells]
        try:
            if len(cells) > width and any(cells[width:]):
                raise RowFaults(
                    [
                        (
                            None,
                            T(
                                "more cells than headings; is a comma not in quotes?",
                                zh="单元格多于表头, 是否有逗号未加引号?",
                            ),
                        )
                    ]
                )
            take(row.line, columns.pick(cells))
        except RowFaults as found:
            rejects.add(row, reasons_of(row.line, found, header.cells))
    progress("read", count)
    return count


def reasons_of(line: int, found: RowFaults, header: Sequence[str]) -> list[Reason]:
    """Return the faults of a row as reasons that name their columns."""
    return [Reason(line, header[place] if place is not None else "", why) for place, why in found.faults]


def reject_lines(source: Source, columns: ColumnMap, late: Mapping[int, T], rejects: Rejects) -> None:
    """Refuse rows whose fault was seen only when they met the shop; ``late`` says why, by line."""
    if not late:
        return
    for row in source.rows():
        if row.line in late and row.line > columns.header.line:
            rejects.add(row, [Reason(row.line, "", late[row.line])])
