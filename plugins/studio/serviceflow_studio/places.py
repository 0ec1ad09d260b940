"""The capacity calendars: which starts there are, how many places, who holds them. Source: studio.md section 5.2.

Cells are keyed ``2025-03-12 09:00``; an exception of the day or of one cell stands before the setting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from serviceflow.api import CapacityException, Case, Places, T, Tx, instant_of, plain, table_of

from serviceflow_studio.waves import read_waves

SHOOT = Places("studio.shoot", "w")
CAR = Places("studio.car", "car")
VIEWING = Places("studio.viewing", "room")
PICKUP = Places("studio.pickup", "desk")
CALENDARS = {"shoot": SHOOT, "car": CAR, "viewing": VIEWING, "pickup": PICKUP}
WHOLE_DAY = time(0)
NAMED, LOOKED_AHEAD = 3, 30
"""Next possible starts a refusal names, and the days it looks for them."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one booking would take: a start, and the cells behind it."""

    calendar: str
    day: date
    start: time
    minutes: int = 0
    car: bool = False

    def at(self, zone: ZoneInfo) -> datetime:
        """Return the start as an instant."""
        return instant_of(self.day, self.start, zone)


class Capacity:
    """The calendars of a shop at one moment, inside a transaction."""

    def __init__(self, tx: Tx, setting: Callable[[str], Any], zone: ZoneInfo) -> None:
        self.tx = tx
        self.setting = setting
        self.zone = zone

    @classmethod
    def of(cls, case: Case) -> Capacity:
        """Return the calendars as a case sees them."""
        return cls(case.tx, case.setting, case.zone)

    # -- what there is ------------------------------------------------------------------------------------

    def starts(self, calendar: str) -> list[time]:
        """Return the starts a day has, before exceptions."""
        if calendar == "shoot":
            return list(read_waves(self.setting("studio.shoot.waves")))
        if calendar == "car":
            return [WHOLE_DAY]
        step = self.setting("studio.viewing.grid" if calendar == "viewing" else "studio.pickup.slot_minutes")
        opens, closes = self.hours(calendar)
        return list(grid(opens, closes, step))

    def hours(self, calendar: str) -> tuple[time, time]:
        """Return when the viewing rooms or pickup desks open and close."""
        ends = (self.setting(f"studio.{calendar}.{end}") for end in ("open", "close"))
        opens, closes = (time.fromisoformat(end) for end in ends)
        return opens, closes

    def usual(self, calendar: str, start: time) -> int:
        """Return the places of a start as the setting says."""
        if calendar == "shoot":
            return read_waves(self.setting("studio.shoot.waves")).get(start, 0)
        key = {"car": "studio.shoot.cars", "viewing": "studio.viewing.rooms", "pickup": "studio.pickup.capacity"}
        return int(self.setting(key[calendar]))

    def exceptions(self, calendar: str, first: date, last: date) -> dict[tuple[date, str], CapacityException]:
        """Return the exceptions of some days: (day, cell) → exception; cell ``""`` is the whole day."""
        table = table_of(CapacityException)
        rows = self.tx.all(
            CapacityException, table.c.kind == CALENDARS[calendar].kind, table.c.day >= first, table.c.day <= last
        )
        return {(row.day, row.cell): row for row in rows}

    def capacity(self, calendar: str, day: date, starts: Sequence[time]) -> dict[str, int]:
        """Return the places of some cells of a day, by cell key."""
        return self._capacity(calendar, day, starts, self.exceptions(calendar, day, day))

    def _capacity(
        self, calendar: str, day: date, starts: Sequence[time], known: dict[tuple[date, str], CapacityException]
    ) -> dict[str, int]:
        whole = known.get((day, ""))
        found = {}
        for start in starts:
            own = known.get((day, f"{start:%H:%M}"))
            chosen = own or whole
            found[key(day, start)] = chosen.capacity if chosen is not None else self.usual(calendar, start)
        return found

    def closed(self, calendar: str, day: date) -> CapacityException | None:
        """Return the exception that closes a whole day."""
        whole = self.exceptions(calendar, day, day).get((day, ""))
        return whole if whole is not None and whole.capacity == 0 else None

    # -- what is free -------------------------------------------------------------------------------------

    def cells(self, wish: Wish) -> list[time]:
        """Return the starts of the cells a wish takes."""
        if not wish.minutes:
            return [wish.start]
        step = timedelta(minutes=self.setting("studio.viewing.grid"))
        first = datetime.combine(wish.day, wish.start)
        count = -(-wish.minutes * 60 // int(step.total_seconds()))
        return [(first + n * step).time() for n in range(count)]

    def free(self, wish: Wish) -> list[str]:
        """Return the resources that have every cell of a wish free."""
        cells = self.cells(wish)
        keys = [key(wish.day, cell) for cell in cells]
        return CALENDARS[wish.calendar].free(self.tx, keys, self.capacity(wish.calendar, wish.day, cells))

    def used(self, wish: Wish) -> tuple[int, int]:
        """Return how many places of the start are taken, and how many there are."""
        cell = key(wish.day, wish.start)
        taken = CALENDARS[wish.calendar].taken(self.tx, [cell])
        return len(taken[cell]), self.capacity(wish.calendar, wish.day, [wish.start])[cell]

    def take(self, wish: Wish, *, order_id: int, holder: str, state: str) -> str | None:
        """Take the lowest-numbered resource, and a car where one is wanted; both or none."""
        cells = self.cells(wish)
        keys = [key(wish.day, cell) for cell in cells]
        places = CALENDARS[wish.calendar]
        resource = places.take(
            self.tx, keys, self.capacity(wish.calendar, wish.day, cells), order_id=order_id, holder=holder, state=state
        )
        if resource is None or not wish.car:
            return resource
        day = [key(wish.day, WHOLE_DAY)]
        car = CAR.take(
            self.tx, day, self.capacity("car", wish.day, [WHOLE_DAY]), order_id=order_id, holder=holder, state=state
        )
        return resource if car is not None else None

    def fits(self, wish: Wish) -> bool:
        """Return whether a wish lies within opening hours and finds its places free, car included."""
        if wish.calendar == "viewing" and not self.within_hours(wish):
            return False
        if not self.free(wish):
            return False
        return not wish.car or bool(self.free(Wish("car", wish.day, WHOLE_DAY)))

    def within_hours(self, wish: Wish) -> bool:
        """Return whether a viewing or pickup begins and ends while the house is open."""
        opens, closes = self.hours(wish.calendar)
        ends = datetime.combine(wish.day, wish.start) + timedelta(minutes=wish.minutes)
        return wish.start >= opens and ends <= datetime.combine(wish.day, closes)

    def next_starts(self, wish: Wish, *, not_before: datetime, latest: date) -> list[Wish]:
        """Return up to 3 possible starts from the wished one on, within 30 days."""
        found: list[Wish] = []
        starts = self.starts(wish.calendar)
        for n in range(LOOKED_AHEAD + 1):
            day = wish.day + timedelta(days=n)
            if day > latest:
                break
            for start in starts:
                other = Wish(wish.calendar, day, start, wish.minutes, wish.car)
                if (n or start >= wish.start) and other.at(self.zone) >= not_before and self.fits(other):
                    found.append(other)
                    if len(found) == NAMED:
                        return found
        return found


def key(day: date, start: time) -> str:
    """Return the key of a cell."""
    return f"{day.isoformat()} {start:%H:%M}"


def grid(opens: time, closes: time, minutes: int) -> Iterator[time]:
    """Return the starts from opening on, every so many minutes, that begin before closing."""
    at = datetime.combine(date.min, opens)
    end = datetime.combine(date.min, closes)
    while at < end:
        yield at.time()
        at += timedelta(minutes=minutes)


def listed(wishes: Sequence[Wish]) -> T:
    """Return starts as a list for a sentence; a dash when there is none."""
    return plain(", ".join(key(w.day, w.start) for w in wishes) or "-")
