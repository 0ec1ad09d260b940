"""How the back office writes days, amounts and numbers, and what is refused with which id.

Source: brokerage.md section 5.13.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from serviceflow.api import FlowError, T, feed, feed_columns

from serviceflow_brokerage.refusals import TEXTS

CLEAR: Final = "-"
"""A cell that clears what is stored; an empty one leaves it."""
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|(\d{2})(\d{2}))")
_AMOUNT = re.compile(r"(-?)(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d*))?")


class CellFault(Exception):
    """What is wrong with a cell or a row: a reject id of section 11 and its facts."""

    def __init__(self, reason: str, **facts: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.said = TEXTS[reason].of(**facts) if reason in TEXTS else T("", zh="")

    @classmethod
    def of(cls, error: FlowError) -> CellFault:
        """Return the fault of a row that a rule of the branch has refused."""
        made = cls(error.ref.rpartition(".")[2])
        made.said = error.sentence
        return made


def read_day(typed: str) -> date:
    """Return a day written 2026-03-31, 2026/3/31 or 20260331; raises `CellFault`."""
    found = _DAY.fullmatch(typed)
    if found is None:
        raise CellFault("row-bad-date")
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        return date(year, month, day)
    except ValueError:
        raise CellFault("row-bad-date") from None


def read_moment(typed: str) -> datetime:
    """Return a moment of the shop's clock, written 2026-03-10 10:42 or with seconds; raises `CellFault`."""
    try:
        found = datetime.fromisoformat(typed.replace("/", "-"))
    except ValueError:
        raise CellFault("row-bad-date") from None
    if found.tzinfo is not None:
        raise CellFault("row-bad-date")
    return found


def read_fen(typed: str) -> int:
    """Return an amount of yuan with at most two decimals as fen; raises `CellFault`."""
    found = _AMOUNT.fullmatch(typed)
    if found is None:
        raise CellFault("row-bad-value", value=typed)
    sign, whole, part = found.groups()
    if part and len(part) > 2 and part[2:].strip("0"):
        raise CellFault("row-decimals")
    amount = int(whole.replace(",", "")) * 100 + int((part or "0")[:2].ljust(2, "0"))
    if sign and amount:
        raise CellFault("row-negative")
    return amount


def read_count(typed: str) -> int:
    """Return a whole number that is not negative; raises `CellFault`."""
    if typed.startswith("-") and typed[1:].isdigit():
        raise CellFault("row-negative")
    if not typed.isascii() or not typed.isdigit() or len(typed) > 15:
        raise CellFault("row-bad-value", value=typed)
    return int(typed)


def read_text(typed: str) -> str:
    """Return the words as they stand."""
    return typed


def read_set(typed: str) -> list[str]:
    """Return the words of a list, separated by blanks, commas, semicolons or bars."""
    return [word for word in re.split(r"[,，;；|、\s]+", typed) if word]


def one_of(*words: str) -> Callable[[str], str]:
    """Return a reader of one of these words."""

    def read(typed: str) -> str:
        if typed not in words:
            raise CellFault("row-bad-value", value=typed)
        return typed

    return read


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of a file: how it is called and read. ``needed``: the file must have it and each row must fill it."""

    key: str
    zh: str
    read: Callable[[str], Any]
    needed: bool = False

    def column(self) -> feed_columns.Column:
        return feed_columns.Column(self.key, T(self.key, zh=self.zh))


def cells_of(*cells: Cell) -> Mapping[str, Cell]:
    """Return the columns of a kind of file by their keys."""
    return {cell.key: cell for cell in cells}


def read_row(cells: Mapping[str, Any], known: Mapping[str, Cell]) -> dict[str, Any]:
    """Return the values of a row's filled cells by column; ``None`` for one that clears.

    Raises:
        CellFault: The first cell that cannot be read, or a needed one that is empty.
    """
    found: dict[str, Any] = {}
    for key, cell in known.items():
        given = cells.get(key)
        if not given:
            if cell.needed:
                raise CellFault("row-missing", name=key)
            continue
        typed = given[0][1]
        found[key] = None if typed == CLEAR and not cell.needed else cell.read(typed)
    return found


def row_faults(fault: CellFault) -> feed.RowFaults:
    """Return the fault as the feed counts it, with its id in front."""
    return feed.RowFaults(
        [(None, T(f"[{fault.reason}] {fault.said.to('en')}", zh=f"[{fault.reason}] {fault.said.to('zh')}"))]
    )
