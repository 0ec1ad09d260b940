"""Files as they come out of Excel, WPS or a phone, as rows of text cells with their line numbers.

Encodings are tried strictly in a fixed order (byte order mark, UTF-8, GB18030) and never guessed: a wrong guess
stores garbled names without an error. Everything but a workbook is read as a stream.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TextIO

from serviceflow.errors import BadInput
from serviceflow.texts import T, plain

MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WORKBOOKS: Final = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
CARDS: Final = (".vcf", ".vcard")
HEADER_WITHIN: Final = 10
CELL_LIMIT: Final = 131_072  # characters; longer is a quotation mark that is never closed
_SAVE_AGAIN = T("Save it as “CSV UTF-8” or as .xlsx and try again.", zh="请另存为“CSV UTF-8”或 .xlsx 后再试。")


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One row: the line it begins on, counted from 1, and its cells."""

    line: int
    cells: list[str]


@dataclass(slots=True)
class Source:
    """An opened input: what it is, its first rows, and all rows as often as they are asked for."""

    path: Path
    said: T
    encoding: str = ""
    delimiter: str = ""
    head: list[FeedRow] = field(default_factory=list)

    def rows(self) -> Iterator[FeedRow]:
        """Return the rows from the first line on; empty ones are left out."""
        if self.path.suffix.lower() in WORKBOOKS:
            return _sheet_rows(self.path)
        if self.path.suffix.lower() in CARDS:
            from serviceflow.kit.feed_cards import card_rows

            return card_rows(self.path)
        return _text_rows(self.path, self.encoding, self.delimiter)


def open_source(path: Path) -> Source:
    """Open a CSV, workbook or vCard file and look at its first rows.

    Raises:
        BadInput: There is no such file, nothing is in it, or it can be read in none of the ways known.
    """
    if not path.is_file():
        raise BadInput(
            T("There is no file {path}.", zh="没有文件 {path}。").of(path=path),
            T("Check the name; put quotes around one with blanks.", zh="请检查文件名; 含空格时请加引号。"),
            ref="feed",
        )
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS:
        source = Source(path, T("workbook", zh="工作簿"))
    elif suffix in CARDS:
        source = Source(path, T("vCard", zh="通讯录 vCard"))
    else:
        encoding = encoding_of(path)
        delimiter = _delimiter_of(path, encoding)
        shown = {"\t": "tab"}.get(delimiter, f"“{delimiter}”")
        source = Source(path, plain(f"CSV, {encoding.removesuffix('-sig').upper()} {shown}"), encoding, delimiter)
    source.head = list(itertools.islice(source.rows(), HEADER_WITHIN))
    if not source.head:
        raise BadInput(
            T("{path} is empty.", zh="{path} 是空的。").of(path=path.name),
            T("Save it again where it comes from.", zh="请在来源处重新导出。"),
            ref="feed",
        )
    return source


def encoding_of(path: Path) -> str:
    """Return the encoding of a text file: that of its mark, else UTF-8, else GB18030.

    Raises:
        BadInput: It is text in neither.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
            for mark, encoding in MARKS:
                if start.startswith(mark):
                    return encoding
        for encoding in ("utf-8", "gb18030"):
            if _decodes(path, encoding):
                return encoding
    except OSError as cause:
        raise _unreadable(path, cause) from cause
    raise BadInput(
        T("{path} is neither UTF-8 nor GB18030 text.", zh="{path} 既不是 UTF-8 也不是 GB18030 文本。").of(
            path=path.name
        ),
        _SAVE_AGAIN,
        ref="feed",
    )


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                if b"\0" in block:
                    return False
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _unreadable(path: Path, cause: OSError) -> BadInput:
    return BadInput(
        T("{path} cannot be read: {why}.", zh="无法读取 {path}: {why}。").of(path=path, why=cause.strerror),
        T("Check its name and its rights.", zh="请检查文件名与权限。"),
        ref="feed",
    )


def _delimiter_of(path: Path, encoding: str) -> str:
    """Return the one of comma, tab and semicolon that cuts the most of the first lines, and into the most cells."""
    with path.open(encoding=encoding, newline="") as file:
        lines = list(itertools.islice(file, HEADER_WITHIN))

    def cuts(mark: str) -> tuple[int, int]:
        cells = [len(row) for row in csv.reader(lines, delimiter=mark)]
        return sum(n > 1 for n in cells), sum(cells)

    return max(",\t;", key=cuts)


def _text_rows(path: Path, encoding: str, delimiter: str) -> Iterator[FeedRow]:
    with path.open(encoding=encoding, newline="") as file:
        pieces: list[str] = []
        reader = csv.reader(_noted(file, pieces), delimiter=delimiter)
        line = 1
        try:
            for cells in reader:
                if _never_closed("".join(pieces), cells, delimiter):
                    raise csv.Error
                pieces.clear()
                if any(cells):
                    yield FeedRow(line, cells)
                line = reader.line_num + 1
        except csv.Error as cause:
            raise BadInput(
                T("Line {line}: a quotation mark is opened and never closed.", zh="第 {line} 行: 引号没有成对。").of(
                    line=line
                ),
                T("Close it, or remove it, and try again.", zh="请补上或删除该引号后再试。"),
                ref="feed",
            ) from cause
        except UnicodeError as cause:
            raise BadInput(
                T("{path} is damaged near line {line}.", zh="{path} 在第 {line} 行附近损坏。").of(
                    path=path.name, line=line
                ),
                _SAVE_AGAIN,
                ref="feed",
            ) from cause


def _noted(file: TextIO, pieces: list[str]) -> Iterator[str]:
    """Yield the lines of a file without NUL, and note each until its row is complete."""
    for text in file:
        pieces.append(text.replace("\0", "") if "\0" in text else text)
        yield pieces[-1]


def _never_closed(typed: str, cells: Sequence[str], delimiter: str) -> bool:
    """Return whether a row ends inside a quotation: the reader takes all that follows for one cell and says nothing."""
    if typed.count('"') % 2 == 0 or not cells:
        return False
    return cells[-1].endswith(("\n", "\r")) or typed.count(delimiter) >= len(cells)


def _sheet_rows(path: Path) -> Iterator[FeedRow]:
    """Return the rows of the first sheet that has any."""
    from python_calamine import CalamineError, load_workbook

    try:
        book = load_workbook(str(path))
        names: Sequence[str] = book.sheet_names
        sheet = next((s for s in map(book.get_sheet_by_name, names) if s.total_height), None)
    except (CalamineError, OSError, ValueError) as cause:
        raise BadInput(
            T("{path} is no workbook that can be read: {why}.", zh="{path} 不是可读的工作簿: {why}。").of(
                path=path.name, why=cause
            ),
            T("Remove its password and save it as .xlsx or CSV.", zh="请去除密码, 另存为 .xlsx 或 CSV。"),
            ref="feed",
        ) from cause
    if sheet is None:
        return
    for line, row in enumerate(sheet.iter_rows(), start=1):
        cells = [cell_text(value) for value in row]
        if any(cells):
            yield FeedRow(line, cells)


def cell_text(value: Any) -> str:
    """Return what a person sees in a cell: a phone stored as a number loses no digit and gains no ``.0``."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)
