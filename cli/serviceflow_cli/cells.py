"""Text in cells: a Chinese character takes two columns of a terminal. Cleans, cuts, pads and lays out lines.

Rich's table of widths is used without the rest of Rich: importing its console costs as much as Typer (60 ms
measured), its widths 10.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from rich.cells import cell_len as cell_len
from rich.cells import chop_cells

LONGEST: Final = 2000
"""Characters kept of any one value; a 10 KB name is a fault of entry, not something to print."""

_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(text: object) -> str:
    """Return ``text`` as one line that can do nothing to a terminal.

    Control characters (C0, C1, escape), marks that turn the direction of writing, invisible format characters and
    surrogates go; line breaks and tabs become spaces.
    """
    raw = str(text)
    if raw.isascii() and raw.isprintable():
        return raw[:LONGEST]
    kept = []
    for char in raw[:LONGEST]:
        if char in "\n\r\t\x0b\x0c\x85\u2028\u2029":
            kept.append(" ")
        elif char not in _BIDI and unicodedata.category(char) not in _DROPPED:
            kept.append(char)
    return "".join(kept)


def fit(text: str, width: int) -> str:
    """Return ``text`` cut to ``width`` cells, ending in ``…`` where something is missing."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    return chop_cells(text, width - 1)[0] + "…"


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Return ``text`` filled with blanks to ``width`` cells; ``right`` puts them before it."""
    blanks = " " * (width - cell_len(text))
    return blanks + text if right else text + blanks


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Return ``text`` broken into lines of ``width`` cells: at blanks where there are some, else between characters."""
    lines: list[str] = []
    room = max(width - cell_len(indent), 8)
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= room:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, room) or [""]
        lines += full
    lines.append(line)
    return [indent + line for line in lines]


def aligned(rows: Iterable[Sequence[str]], gap: str = "  ") -> list[str]:
    """Return rows of cells as lines with aligned columns."""
    rows = [list(row) for row in rows]
    columns = max((len(row) for row in rows), default=0)
    widths = [max((cell_len(row[n]) for row in rows if n < len(row)), default=0) for n in range(columns)]
    return [gap.join(pad(cell, widths[n]) for n, cell in enumerate(row)).rstrip() for row in rows]
