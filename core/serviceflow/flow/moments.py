"""Moments and deadlines: when something is due, said once for tasks, messages, limits and timers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from serviceflow.calendars import Calendar, add_business_days, add_months
from serviceflow.clock import day_of, instant, midnight_after

Unit = Literal["minutes", "hours", "days", "bdays", "months"]


class Times(Protocol):
    """What a moment needs to be computed for one order."""

    zone: ZoneInfo
    now: datetime

    def base(self, name: str) -> datetime | date | None:
        """Return the anchor ``name``, or ``entry`` (step entry) or ``now``; ``None`` when not set."""

    def number(self, setting: str) -> int:
        """Return a whole-number setting."""

    def clock_time(self, setting: str) -> time:
        """Return a time-of-day setting."""

    def calendar(self, key: str) -> Calendar:
        """Return a calendar."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last moment. ``closed``: the instant itself is still in time; else it is already over."""

    at: datetime
    closed: bool

    def over(self, now: datetime) -> bool:
        return now > self.at if self.closed else now >= self.at


@dataclass(frozen=True, slots=True)
class Moment:
    """``count`` units after (or before, when negative) a base, optionally at a time of day.

    Args:
        unit: ``bdays`` counts open days of ``calendar``.
        count: A number or the name of the setting that holds it.
        after: Base: an anchor's name, ``entry`` or ``now``.
        at: Time of day ``"18:00"`` or a setting's name; only for days and longer.
        sign: -1 counts back from the base.
        extra: Added to ``count``, for "the day after day n".
        past: What a moment already past becomes when it is planned: ``now`` or ``skip`` (not made).
    """

    unit: Unit
    count: int | str
    after: str
    at: str | None = None
    sign: int = 1
    extra: int = 0
    calendar: str = "shop"
    past: Literal["now", "skip", "keep"] = "now"
    earliest: str | None = None

    def settings(self) -> list[str]:
        """Return the names of the settings it reads."""
        return [s for s in (self.count, self.at) if isinstance(s, str) and "." in s]

    def of(self, times: Times) -> datetime | None:
        """Return the instant, or ``None`` while its base is not set."""
        found = self.deadline(times)
        return found.at if found else None

    def deadline(self, times: Times) -> Deadline | None:
        """Return the deadline it makes as a limit: minutes and hours to the second, days to their end.

        Source: core.md section 3, "Limits and dates"; capabilities.md row 21.
        """
        base = times.base(self.after)
        if base is None:
            return None
        n = self.sign * ((times.number(self.count) if isinstance(self.count, str) else self.count) + self.extra)
        if self.unit in ("minutes", "hours"):
            start = base if isinstance(base, datetime) else instant(base, time(0), times.zone)
            result = Deadline(start + timedelta(**{self.unit: n}), closed=True)
        else:
            day = self._day(day_of(base, times.zone) if isinstance(base, datetime) else base, n, times)
            if self.at is None:
                result = Deadline(midnight_after(day, times.zone), closed=False)
            else:
                clock = times.clock_time(self.at) if "." in self.at else time.fromisoformat(self.at)
                result = Deadline(instant(day, clock, times.zone), closed=True)
        floor = times.base(self.earliest) if self.earliest else None
        if isinstance(floor, datetime) and floor > result.at:
            return Deadline(floor, closed=True)
        return result

    def _day(self, day: date, n: int, times: Times) -> date:
        if self.unit == "months":
            return add_months(day, n)
        if self.unit == "bdays":
            return add_business_days(times.calendar(self.calendar), day, n)
        return day + timedelta(days=n)


def minutes(count: int | str, *, after: str = "entry") -> Moment:
    """Return the instant so many minutes after a base."""
    return Moment("minutes", count, after)


def hours(count: int | str, *, after: str = "entry") -> Moment:
    """Return the instant so many hours after a base."""
    return Moment("hours", count, after)


def days(count: int | str, *, after: str = "entry", at: str | None = None, extra: int = 0,
         past: Literal["now", "skip", "keep"] = "now", earliest: str | None = None) -> Moment:
    """Return the calendar day so many days after a base: its end, or a time of it."""
    return Moment("days", count, after, at, extra=extra, past=past, earliest=earliest)


def days_before(count: int | str, *, of: str, at: str, past: Literal["now", "skip", "keep"] = "skip") -> Moment:
    """Return a time of the calendar day so many days before a base."""
    return Moment("days", count, of, at, sign=-1, past=past)


def bdays(count: int | str, *, after: str = "entry", at: str | None = None, calendar: str = "shop") -> Moment:
    """Return the business day of a named calendar so many open days after a base."""
    return Moment("bdays", count, after, at, calendar=calendar)


def months(count: int | str, *, after: str = "entry", at: str | None = None) -> Moment:
    """Return the day so many months after a base, clamped to the month's end."""
    return Moment("months", count, after, at)


When = Moment | Callable[[Times], datetime | None]
