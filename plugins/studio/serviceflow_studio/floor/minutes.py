"""How long a session takes. Source: studio.md section 4.3, "Segments" and "Planned minutes"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from serviceflow_studio.tables import StudioOutfit

STATIONS = ("greet", "brief", "settle", "dress", "makeup", "callin", "talk_max")
"""Stations every session passes before the first picture."""
SHOT = {
    "white-gown": "studio.floor.shot_white_gown",
    "evening": "studio.floor.shot_evening",
    "special": "studio.floor.shot_special",
}
HALF_HOUR = 30


def segments(outfits: Sequence[StudioOutfit]) -> list[list[StudioOutfit]]:
    """Return the segments: each studio outfit alone, all outdoor outfits together."""
    found: list[list[StudioOutfit]] = []
    for outfit in outfits:
        if outfit.place == "outdoor" and found and found[-1][0].place == "outdoor":
            found[-1].append(outfit)
        else:
            found.append([outfit])
    return found


def planned_minutes(setting: Callable[[str], Any], outfits: Sequence[StudioOutfit]) -> int:
    """Return the minutes a session with these outfits takes."""
    parts = segments(outfits)
    before = sum(setting(f"studio.floor.{station}") for station in STATIONS)
    shooting = sum(
        setting("studio.floor.outdoor") if part[0].place == "outdoor" else setting(SHOT[part[0].type]) for part in parts
    )
    between = max(len(parts) - 1, 0) * (setting("studio.floor.change") + setting("studio.floor.retouch"))
    return int(before + shooting + between)


def told_hours(minutes: int) -> str:
    """Return what the customer is told: the next half hour up, in hours."""
    halves = -(-minutes // HALF_HOUR)
    return f"{halves // 2}" if halves % 2 == 0 else f"{halves // 2}.5"
