"""A building drawn as a grid, floors by rooms; each state has a sign of its own, so that no colour is needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from serviceflow.api import T

from serviceflow_realestate.inventory import STATES
from serviceflow_realestate.stock import UnitRow

SIGNS = {
    "unreleased": ".",
    "available": "o",
    "held": "H",
    "subscribed": "S",
    "signed": "C",
    "delivered": "D",
    "titled": "T",
    "withdrawn": "x",
}
"""State → sign: letters, since those have one width on every console."""
MARGIN = 5
"""Columns before the rooms: the floor."""
Part = tuple[str, str]
"""A piece of a line and the state it shows, ``""`` for what is none."""
Line = list[Part]


def buildings(rows: Sequence[UnitRow], width: int) -> list[list[Line]]:
    """Return each building as lines: a title, the rooms as heading, one line per floor from the top.

    A building wider than ``width`` columns is drawn in pieces, some rooms each.
    """
    return [
        _building(list(group), width)
        for _, group in groupby(rows, key=lambda row: (row.unit.project_id, row.unit.building))
    ]


def _building(rows: list[UnitRow], width: int) -> list[Line]:
    columns = sorted({(row.unit.entrance, row.unit.room) for row in rows})
    cells = {(row.unit.floor, row.unit.entrance, row.unit.room): row for row in rows}
    floors = sorted({row.unit.floor for row in rows}, reverse=True)
    available = sum(row.unit.state == "available" for row in rows)
    title = T("Building {no}: {n} units, {free} available", zh="{no} 栋: {n} 套, 可售 {free} 套").of(
        no=rows[0].unit.building, n=len(rows), free=available
    )
    lines: list[Line] = [[(str(title), "")]]
    room = max(max((len(f"{e}-{r}") for e, r in columns), default=4), 4) + 1
    fit = max((width - MARGIN) // room, 1)
    for first in range(0, len(columns), fit):
        part = columns[first : first + fit]
        lines.append([(" " * MARGIN + "".join(f"{e}-{r}".ljust(room) for e, r in part).rstrip(), "")])
        for floor in floors:
            drawn = [cells.get((floor, e, r)) for e, r in part]
            if any(drawn):
                lines.append([(f"{floor:>3}  ", ""), *(_cell(row, room) for row in drawn)])
    return lines


def _cell(row: UnitRow | None, room: int) -> Part:
    if row is None:
        return " " * room, ""
    return SIGNS[row.unit.state].ljust(room), row.unit.state


def legend(states: Iterable[str]) -> list[Part]:
    """Return what the signs mean, of the states there are."""
    there = set(states)
    return [(f"{sign} {STATES[state]}", state) for state, sign in SIGNS.items() if state in there]


def rows_of(parts: Sequence[Part], width: int, gap: int = 2) -> list[Line]:
    """Return parts set side by side in as few lines as the width allows; a Chinese character takes two columns."""
    lines: list[Line] = [[]]
    used = 0
    for text, state in parts:
        size = sum(2 if ord(character) > 0x2E80 else 1 for character in text)
        if lines[-1] and used + gap + size > width:
            lines.append([])
            used = 0
        if lines[-1]:
            lines[-1].append((" " * gap, ""))
            used += gap
        lines[-1].append((text, state))
        used += size
    return lines


def plain_text(line: Line) -> str:
    """Return a line without its states."""
    return "".join(text for text, _ in line).rstrip()
