"""The one clock. Instants are aware and UTC, to the second; days are dates in the shop's zone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells the present moment."""

    def now(self) -> datetime:
        """Return now: aware, UTC, whole seconds."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)


class LateClock:
    """The machine's clock set back by a fixed time: a demonstration goes on from its own day."""

    def __init__(self, behind: timedelta) -> None:
        self.behind = behind

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0) - self.behind


CLOCK_BEHIND = "clock.behind"
"""Fact of a demonstration's database: by how many seconds its clock is set back."""


def clock_of(meta: Mapping[str, str]) -> Clock:
    """Return the clock of a shop by the facts of its database; only a demonstration has its own."""
    behind = meta.get(CLOCK_BEHIND)
    return LateClock(timedelta(seconds=int(behind))) if behind is not None else SystemClock()


class SetClock:
    """A clock that stands until it is moved: tests, demonstrations, rehearsals."""

    def __init__(self, at: datetime) -> None:
        self.at = at.astimezone(UTC).replace(microsecond=0)

    def now(self) -> datetime:
        """Return where it stands."""
        return self.at

    def set(self, at: datetime) -> None:
        """Stand at ``at`` (aware) from now on."""
        self.at = at.astimezone(UTC).replace(microsecond=0)


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the UTC instant of the local date ``day`` and time ``at`` in ``zone``.

    A time that the zone skips (spring) becomes the first minute after the gap; one that happens twice
    (autumn) is the first of the two.
    """
    first, second = (datetime.combine(day, at.replace(fold=fold), tzinfo=zone) for fold in (0, 1))
    before, after = first.utcoffset(), second.utcoffset()
    if before is None or after is None or before >= after:  # an ordinary time, or one that happens twice
        return first.astimezone(UTC)
    # Inside a gap fold=0 takes the offset before it and fold=1 the one after it: the jump lies between the two.
    start, end = int(second.timestamp()), int(first.timestamp())
    jump = bisect_left(range(start, end), True, key=lambda at: datetime.fromtimestamp(at, zone).utcoffset() == after)
    return datetime.fromtimestamp(start + jump, UTC)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """Return the local calendar day of an instant."""
    return at.astimezone(zone).date()


def midnight_after(day: date, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which the local day ``day`` is over."""
    return instant(day + timedelta(days=1), time(0), zone)
