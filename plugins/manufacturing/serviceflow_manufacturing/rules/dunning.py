"""The dunning ladder: calendar days after the due date, highest level only. Source: manufacturing.md 5.9."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Debt:
    """A receivable as the ladder sees it."""

    open: int
    due_on: date
    level: int = 0
    disputed: bool = False
    promise_on: date | None = None


@dataclass(frozen=True, slots=True)
class Dun:
    """What is done today: a level, or 0 for the call after a broken promise that no level follows."""

    level: int


def reached(offsets: Sequence[int], due_on: date, today: date) -> int:
    """Return the highest level reached; level 1 is a reminder before the date and is over after it."""
    days = (today - due_on).days
    level = max((n for n, offset in enumerate(offsets, start=1) if days >= offset), default=0)
    return 0 if level == 1 and days > 0 else level


def dun(offsets: Sequence[int], debt: Debt, today: date) -> Dun | None:
    """Return what the ladder does today with a receivable, or ``None``.

    The day after a promise is broken, somebody calls where no new level is reached.
    """
    if debt.open <= 0 or debt.disputed or (debt.promise_on is not None and debt.promise_on >= today):
        return None
    level = reached(offsets, debt.due_on, today)
    if level > debt.level:
        return Dun(level)
    return Dun(0) if debt.promise_on is not None else None
