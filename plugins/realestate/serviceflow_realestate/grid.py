"""A building drawn as a grid, floors by rooms; each state has a sign of its own, so that no colour is needed."""

from __future__ import annotations

from collections.abc import Sequence
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


def buildings(rows: Sequence[UnitRow], width: int) -> list[list[T]]:
    """Return each building as lines: a title, the rooms as heading, one line per floor from the top."""
    return [
        _building(list(group), width)
        for _, group in groupby(rows, key=lambda row: (row.unit.project_id, row.unit.building))
    ]


def _building(rows: list[UnitRow], width: int) -> list[T]:
    columns = sorted({(row.unit.entrance, row.unit.room) for row in rows})
    cells = {(row.unit.floor, row.unit.entrance, row.unit.room): row for row in rows}
    floors = sorted({row.unit.floor for row in rows}, reverse=True)
    available = sum(row.unit.state == "available" for row in rows)
    lines = [
        T("Building {no}: {n} units, {free} available", zh="{no} 栋: {n} 套, 可售 {free} 套").of(
            no=rows[0].unit.building, n=len(rows), free=available
        )
    ]
    room = max(max((len(f"{e}-{r}") for e, r in columns), default=4), 4) + 1
    fit = max((width - 5) // room, 1)
    for first in range(0, len(columns), fit):
        part = columns[first : first + fit]
        lines.append(_plain(" " * 5 + "".join(f"{e}-{r}".ljust(room) for e, r in part)))
        for floor in floors:
            signs = [_sign(cells.get((floor, e, r))) for e, r in part]
            if any(sign.strip() for sign in signs):
                lines.append(_plain(f"{floor:>3}  " + "".join(_padded(sign, room) for sign in signs).rstrip()))
    return lines


def _sign(row: UnitRow | None) -> str:
    return SIGNS[row.unit.state] if row is not None else ""


def _padded(sign: str, room: int) -> str:
    return sign + " " * (room - len(sign))


def _plain(text: str) -> T:
    return T(text.replace("{", "{{").replace("}", "}}") if "{" in text else text, zh=text)


def legend() -> T:
    """Return what the signs mean."""
    return T(
        "  ".join(f"{sign} {STATES[state].en}" for state, sign in SIGNS.items()),
        zh="  ".join(f"{sign} {STATES[state].zh}" for state, sign in SIGNS.items()),
    )
