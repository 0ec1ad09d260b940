"""Payment stages, what each shipment owes, the settlement at the end. Source: manufacturing.md 5.8. Money in cents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from serviceflow.api import half_up

ANCHORS = ("sign", "before-dispatch", "dispatch", "delivery")
DEFAULT: list[dict[str, Any]] = [{"label": "balance", "percent": 100, "anchor": "dispatch", "days": 0}]
_STAGE = re.compile(r"(?:(?P<label>[^:：]+)[:：])?(?P<percent>\d{1,3})@(?P<anchor>[a-z-]+?)(?:\+(?P<days>\d{1,3}))?")


@dataclass(frozen=True, slots=True)
class Stage:
    """One payment stage; ``days`` are calendar days after the anchor."""

    label: str
    percent: int
    anchor: str
    days: int


def read_terms(typed: str) -> list[dict[str, Any]]:
    """Return the stages of ``deposit:30@sign, balance:70@dispatch+30``.

    Raises:
        ValueError: A stage cannot be read.
    """
    found = []
    for number, part in enumerate(re.split(r"[,，;；]", typed), start=1):
        match = _STAGE.fullmatch(part.strip())
        if match is None or match["anchor"] not in ANCHORS:
            raise ValueError(part)
        found.append({"label": (match["label"] or f"stage {number}").strip(), "percent": int(match["percent"]),
                      "anchor": match["anchor"], "days": int(match["days"] or 0)})  # fmt: skip
    return found


def shown(terms: Sequence[dict[str, Any]]) -> str:
    """Return stages as they are typed."""
    parts = [f"{t['label']}:{t['percent']}@{t['anchor']}" + (f"+{t['days']}" if t["days"] else "") for t in terms]
    return ", ".join(parts)


def stages(terms: Sequence[dict[str, Any]]) -> list[Stage]:
    """Return the stages of a contract; without any, everything is due on dispatch."""
    return [Stage(t["label"], t["percent"], t["anchor"], t["days"]) for t in (terms or DEFAULT)]


def part(base: int, percent: int) -> int:
    """Return a stage's amount: percent of the base, half up to the cent."""
    return half_up(base * percent, 100)


def settlement(value: int, amounts: Sequence[int]) -> int:
    """Return what the shipments are worth beyond the sum of all stage amounts; may be negative."""
    return value - sum(amounts)


def over_ordered(total: int, qty: int, tolerance: int) -> bool:
    """Return whether a quantity is above the ordered one by more than ``tolerance`` percent."""
    return total * 100 > qty * (100 + tolerance)


def too_short(shipped: int, qty: int, tolerance: int) -> bool:
    """Return whether a shipped quantity is below the ordered one by more than ``tolerance`` percent."""
    return shipped * 100 < qty * (100 - tolerance)


def most(qty: int, tolerance: int) -> int:
    """Return the largest quantity allowed."""
    return qty * (100 + tolerance) // 100


def least(qty: int, tolerance: int) -> int:
    """Return the smallest quantity that completes a line."""
    return -(-qty * (100 - tolerance) // 100)
