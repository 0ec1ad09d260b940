"""Moments and deadlines: when something is due, said once for tasks, messages, limits and timers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from serviceflow.calendars import Calendar, add_business_days, add_months, roll
from serviceflow.clock import day_of, instant, midnight_after

Unit = Literal["itself", "minutes", "hours", "days", "bdays", "months"]
Past = Literal["now", "skip"]
"""What a moment already past when it is planned becomes: the present, or nothing is made."""


class Times(Protocol):
    """What a moment needs to be computed for one order."""

    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days begin and end."""

    def base(self, name: str) -> datetime | date | None:
        """Return what a moment counts from; ``None`` while it is not set.

        Names: an anchor, ``entry`` (the step's entry), ``now``, ``clock:KEY``, ``parent:ANCHOR``.
        """

    def number(self, setting: str) -> int:
        """Return a whole-number setting."""

    def clock_time(self, setting: str) -> time:
        """Return a time-of-day setting."""

    def calendar(self, key: str) -> Calendar:
        """Return a calendar."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last moment.

    Args:
        at: The instant, UTC.
        closed: The instant itself is still in time; else it is already over.
    """

    at: datetime
    closed: bool

    def over(self, now: datetime) -> bool:
        """Return whether it is too late."""
        return now > self.at if self.closed else now >= self.at


@dataclass(frozen=True, slots=True)
class Moment:
    """``count`` units after (or before) a base, optionally at a time of day.

    Args:
        unit: ``bdays`` counts open days of ``calendar``; ``itself`` is the base: its instant, or the end of its day.
        count: A number or the name of the setting that holds it.
        after: The base: an anchor, ``entry`` (of the step), ``now``, ``clock:KEY``, ``parent:ANCHOR``.
        at: Time of day ``"18:00"`` or a setting's name; only for days and longer.
        sign: -1 counts back from the base.
        extra: Added to ``count``, for "the day after day n".
        zero: What 0 business days mean: the ``same`` date, or the ``first`` open day on or after it.
        calendar: Whose open days: ``shop``, ``cn-public``, ``cn-exchange``, or one of a plugin.
        rolled: Moves the day to the ``next`` or ``previous`` open day of ``calendar`` where it is closed.
        past: What it becomes when it is past as it is planned: ``now``, or nothing is made (``skip``).
        not_before: Another base; if that is later, it is the moment.
    """

    unit: Unit
    count: int | str
    after: str
    at: str | None = None
    sign: Literal[1, -1] = 1
    extra: int = 0
    calendar: str = "shop"
    zero: Literal["same", "first"] = "same"
    rolled: Literal["next", "previous"] | None = None
    past: Past = "now"
    not_before: str | None = None

    def bases(self) -> frozenset[str]:
        """Return what it hangs on."""
        return frozenset(name for name in (self.after, self.not_before) if name)

    def settings(self) -> tuple[str, ...]:
        """Return the names of the settings it reads."""
        return tuple(s for s in (self.count, self.at) if isinstance(s, str) and "." in s)

    def deadline(self, times: Times) -> Deadline | None:
        """Return the deadline: minutes and hours to the second, days to their end or their time of day.

        Source: core.md section 3, "Limits and dates"; capabilities.md rows 20 and 21.
        """
        base = times.base(self.after)
        if base is None:
            return None
        n = self.sign * ((times.number(self.count) if isinstance(self.count, str) else self.count) + self.extra)
        if self.unit == "itself" and isinstance(base, datetime):
            result = Deadline(base, closed=True)
        elif self.unit in ("minutes", "hours"):
            start = base if isinstance(base, datetime) else instant(base, time(0), times.zone)
            result = Deadline(start + timedelta(**{self.unit: n}), closed=True)
        else:
            day = self._day(day_of(base, times.zone) if isinstance(base, datetime) else base, n, times)
            if self.at is None:
                result = Deadline(midnight_after(day, times.zone), closed=False)
            else:
                clock = times.clock_time(self.at) if "." in self.at else time.fromisoformat(self.at)
                result = Deadline(instant(day, clock, times.zone), closed=True)
        floor = times.base(self.not_before) if self.not_before else None
        if isinstance(floor, datetime) and floor > result.at:
            return Deadline(floor, closed=False)
        return result

    def _day(self, day: date, n: int, times: Times) -> date:
        if self.unit == "months":
            day = add_months(day, n)
        elif self.unit == "bdays":
            day = add_business_days(times.calendar(self.calendar), day, n, self.zero)
        else:
            day += timedelta(days=n)
        if self.rolled is not None:
            day = roll(times.calendar(self.calendar), day, 1 if self.rolled == "next" else -1)
        return day


@dataclass(frozen=True, slots=True)
class Extreme:
    """The earliest or latest of several moments; those without a base do not count."""

    of: tuple[When, ...]
    latest: bool = False
    past: Past = "now"

    def bases(self) -> frozenset[str]:
        return frozenset().union(*(moment.bases() for moment in self.of))

    def settings(self) -> tuple[str, ...]:
        return tuple(name for moment in self.of for name in moment.settings())

    def deadline(self, times: Times) -> Deadline | None:
        found = [d for moment in self.of if (d := moment.deadline(times)) is not None]
        if not found:
            return None
        return max(found, key=lambda d: d.at) if self.latest else min(found, key=lambda d: d.at)


@dataclass(frozen=True, slots=True)
class Computed:
    """A moment that a function of the plugin computes.

    Args:
        function: Called with the case; returns the moment, or ``None`` while there is none.
        hangs_on: Anchors whose change computes it anew.
        past: As in `Moment`.
    """

    function: Callable[..., Deadline | datetime | None]
    hangs_on: tuple[str, ...] = ()
    past: Past = "now"

    def bases(self) -> frozenset[str]:
        """Return what it hangs on."""
        return frozenset(self.hangs_on)

    def settings(self) -> tuple[str, ...]:
        """Return nothing: which settings the function reads is its own affair."""
        return ()

    def deadline(self, times: Times) -> Deadline | None:
        """Return what the function says; an instant is still in time at itself."""
        found = self.function(times)
        return Deadline(found, closed=True) if isinstance(found, datetime) else found


When = Moment | Extreme | Computed


def minutes(count: int | str, *, after: str = "entry") -> Moment:
    """Return the instant so many minutes after a base."""
    return Moment("minutes", count, after)


def hours(count: int | str, *, after: str = "entry") -> Moment:
    """Return the instant so many hours after a base."""
    return Moment("hours", count, after)


def days(
    count: int | str,
    *,
    after: str = "entry",
    at: str | None = None,
    extra: int = 0,
    past: Past = "now",
    not_before: str | None = None,
) -> Moment:
    """Return the calendar day so many days after a base: its end, or a time of it."""
    return Moment("days", count, after, at, extra=extra, past=past, not_before=not_before)


def before(base: str, *, days: int | str, at: str, past: Past = "skip") -> Moment:
    """Return a time of the calendar day so many ``days`` before a ``base``; past when planned, nothing is made."""
    return Moment("days", days, base, at, sign=-1, past=past)


def bdays(
    count: int | str,
    *,
    after: str = "entry",
    at: str | None = None,
    calendar: str = "shop",
    zero: Literal["same", "first"] = "same",
) -> Moment:
    """Return the business day of a named calendar so many open days after a base."""
    return Moment("bdays", count, after, at, calendar=calendar, zero=zero)


def months(count: int | str, *, after: str = "entry", at: str | None = None) -> Moment:
    """Return the day so many months after a base, clamped to the month's end."""
    return Moment("months", count, after, at)


def of(base: str) -> Moment:
    """Return the ``base`` itself: the instant, or the end of the day."""
    return Moment("itself", 0, base)


def earliest(*moments: When) -> Extreme:
    """Return the earliest of several ``moments``; those without a base do not count."""
    return Extreme(moments)


def latest(*moments: When) -> Extreme:
    """Return the latest of several ``moments``; those without a base do not count."""
    return Extreme(moments, latest=True)


NOW = Moment("minutes", 0, "now")
"""The moment of the event."""
