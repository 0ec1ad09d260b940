"""A building as a grid: readable without colour and in 80 columns. Source: issue 6, point 1."""

from __future__ import annotations

import pytest
from serviceflow.texts import speak
from serviceflow_realestate import grid
from serviceflow_realestate.inventory import STATES
from serviceflow_realestate.stock import UnitRow
from serviceflow_realestate.tables import ReUnit


def unit(floor: int, room: str, state: str = "available", entrance: str = "1", building: str = "3") -> UnitRow:
    """Return a unit of a building as the grid gets it."""
    made = ReUnit(
        project_id=1,
        building=building,
        entrance=entrance,
        floor=floor,
        room=room,
        unit_no=f"{building}-{entrance}-{floor:02}{room}",
        gross_area=9850,
        inner_area=9850,
        unit_price=1_280_000,
        list_total=1_260_800_00,
        state=state,
    )
    return UnitRow(made, None, None, None)


def drawn(rows: list[UnitRow], width: int = 80) -> list[str]:
    return [grid.plain_text(line) for picture in grid.buildings(rows, width) for line in picture]


def test_each_state_has_a_sign_of_its_own() -> None:
    assert set(grid.SIGNS) == set(STATES)
    assert len(set(grid.SIGNS.values())) == len(STATES)
    assert all(sign.isascii() and len(sign) == 1 for sign in grid.SIGNS.values())


def test_floors_from_the_top_and_rooms_from_the_left() -> None:
    rows = [unit(1, "01", "signed"), unit(1, "02"), unit(2, "01", "held"), unit(3, "02", "withdrawn", entrance="2")]
    assert drawn(rows) == [
        "Building 3: 4 units, 1 available",
        "     1-01 1-02 2-02",
        "  3            x",
        "  2  H",
        "  1  C    o",
    ]


@pytest.mark.parametrize(("rooms", "pieces"), [(15, 1), (16, 2), (40, 3)])
def test_a_wide_building_is_drawn_in_pieces_of_80_columns(rooms: int, pieces: int) -> None:
    lines = drawn([unit(floor, f"{room:02}") for floor in (1, 2) for room in range(1, rooms + 1)])
    assert max(map(len, lines)) <= 80
    assert len(lines) == 1 + 3 * pieces
    assert sum(line.count("o") for line in lines[1:]) == 2 * rooms


def test_buildings_follow_each_other() -> None:
    lines = drawn([unit(1, "01"), unit(1, "01", building="5"), unit(12, "01", building="P1")])
    assert [line for line in lines if line.startswith("Building")] == [
        "Building 3: 1 units, 1 available",
        "Building 5: 1 units, 1 available",
        "Building P1: 1 units, 1 available",
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_legend_names_what_is_there_within_the_width(language: str) -> None:
    speak(language)
    try:
        lines = grid.rows_of(grid.legend(STATES), 80)
        few = grid.rows_of(grid.legend({"held", "available"}), 80)
        shown = [grid.plain_text(line) for line in (*lines, *few)]
    finally:
        speak("en")
    assert all(sum(2 if ord(c) > 0x2E80 else 1 for c in line) <= 80 for line in shown)
    assert shown[-1] == {"en": "o available  H held", "zh": "o 可售  H 保留"}[language]
