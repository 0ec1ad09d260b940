"""Tables as files for Excel and WPS: text stays text, nothing is computed, Chinese columns are wide enough."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, TextIO

FORMULA_STARTS: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")
WIDEST: Final = 60


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet computes: one that begins like a formula gets an apostrophe before it."""
    return "'" + cell if cell.startswith(FORMULA_STARTS) else cell


def unguarded(cell: str) -> str:
    """Return a cell as it was before `guarded`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell


def open_csv(path: Path) -> TextIO:
    """Open a CSV file for writing: UTF-8 with the mark without which Excel garbles Chinese."""
    return path.open("w", encoding="utf-8-sig", newline="")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Write a table as CSV; returns the number of rows."""
    with open_csv(path) as file:
        writer = csv.writer(file)
        writer.writerow(header)
        count = 0
        for count, row in enumerate(rows, start=1):  # noqa: B007
            writer.writerow([guarded(cell) for cell in row])
        return count


def write_xlsx(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]], *, sheet: str = "Sheet1") -> int:
    """Write a table as a workbook of text cells with a fixed first row and a filter; returns the number of rows.

    Text is written as text, so that a phone keeps its leading 0 and ``=1+1`` is not computed.
    """
    import xlsxwriter  # type: ignore[import-untyped]  # 46 ms

    book = xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    page = book.add_worksheet(sheet)
    text = book.add_format({"num_format": "@"})
    bold = book.add_format({"bold": True, "num_format": "@"})
    widths = [display_width(title) for title in header]
    for place, title in enumerate(header):
        page.write_string(0, place, title, bold)
    count = 0
    for count, row in enumerate(rows, start=1):
        for place, cell in enumerate(row):
            if cell:
                page.write_string(count, place, cell[:32_767], text)
                widths[place] = max(widths[place], display_width(cell))
    for place, width in enumerate(widths):
        page.set_column(place, place, min(width + 2, WIDEST), text)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(count, 1), max(len(header) - 1, 0))
    book.close()
    return count


def display_width(text: str) -> int:
    """Return how many half-width characters a text is wide."""
    return len(text) if text.isascii() else sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
