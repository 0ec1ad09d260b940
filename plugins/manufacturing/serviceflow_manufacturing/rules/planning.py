"""The rough plan, backwards from the ship-by date, and what it foretells. Source: manufacturing.md 5.6."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from serviceflow.api import Calendar

from serviceflow_manufacturing.rules import workdays


@dataclass(frozen=True, slots=True)
class Offset:
    """One row of a plan template: workdays before the ship-by date."""

    key: str
    role: str
    before: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Dates by milestone; ``tight`` when fewer workdays are left than the template wants."""

    dates: tuple[tuple[str, date], ...]
    tight: bool
    available: int
    needed: int


@dataclass(frozen=True, slots=True)
class State:
    """A milestone as the forecast sees it."""

    key: str
    before: int
    planned_on: date
    done_on: date | None = None
    needed: bool = True


def template(text: str) -> list[Offset]:
    """Return the rows of a template ``key:role:32;…``.

    Raises:
        ValueError: A row cannot be read, or a key stands twice.
    """
    rows = [row.strip().split(":") for row in text.replace("；", ";").split(";") if row.strip()]
    if any(len(row) != 3 for row in rows) or len({row[0] for row in rows}) != len(rows) or not rows:
        raise ValueError(text)
    return [Offset(key, role, int(n)) for key, role, n in rows]


def ship_by(calendar: Calendar, delivery: date, basis: str, transit: int) -> date:
    """Return SB: the delivery date, less ``transit`` calendar days on basis ``arrival``, rolled back to a workday."""
    return workdays.back(calendar, delivery - timedelta(days=transit) if basis == "arrival" else delivery)


def backwards(calendar: Calendar, today: date, sb: date, rows: Sequence[Offset]) -> Plan:
    """Return the plan of open milestones; with too few workdays the offsets shrink in proportion."""
    available = workdays.count(calendar, today, sb)
    needed = max((row.before for row in rows), default=0)
    tight = available < needed
    dates = []
    for row in rows:
        offset = row.before * max(available, 0) // needed if tight else row.before
        on = workdays.plus(calendar, sb, -offset) if offset else sb
        dates.append((row.key, workdays.plus(calendar, today, 0) if on < today else on))
    return Plan(tuple(dates), tight, available, needed)


def late_days(calendar: Calendar, planned_on: date, done_on: date) -> int:
    """Return how many workdays late something was done."""
    return max(0, workdays.count(calendar, planned_on, done_on))


def forecast(calendar: Calendar, today: date, sb: date, states: Sequence[State]) -> date:
    """Return the day the goods will be ready to ship: the ship-by date and the largest slip."""
    slips = [0]
    for state in states:
        if state.needed and state.done_on is None and state.planned_on < today:
            slips.append(workdays.count(calendar, state.planned_on, today))
    done = [(s.done_on, -s.before, s) for s in states if s.needed and s.done_on is not None]
    if done:
        last = max(done, key=lambda entry: (entry[0], entry[1]))[2]
        assert last.done_on is not None
        slips.append(late_days(calendar, last.planned_on, last.done_on))
    slip = max(slips)
    return workdays.plus(calendar, sb, slip) if slip else sb
