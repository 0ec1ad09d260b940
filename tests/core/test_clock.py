"""The one clock: local times that are skipped or happen twice, in every zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo, available_timezones

import pytest
from serviceflow.clock import SetClock, SystemClock, day_of, instant, midnight_after

FROM, UNTIL = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2020, 2031))
MINUTE = timedelta(minutes=1)
utc = partial(datetime, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        pytest.param("Asia/Shanghai", date(2026, 3, 2), time(18), utc(2026, 3, 2, 10), id="plain"),
        pytest.param("Europe/Berlin", date(2026, 3, 29), time(2, 30), utc(2026, 3, 29, 1), id="gap: 02:30 is 03:00"),
        pytest.param("Europe/Berlin", date(2026, 3, 29), time(2), utc(2026, 3, 29, 1), id="gap: its first minute"),
        pytest.param("Europe/Berlin", date(2026, 3, 29), time(3), utc(2026, 3, 29, 1), id="gap: its end exists"),
        pytest.param("Europe/Berlin", date(2026, 10, 25), time(2, 30), utc(2026, 10, 25, 0, 30), id="twice: first"),
        pytest.param("Australia/Lord_Howe", date(2026, 10, 4), time(2, 10), utc(2026, 10, 3, 15, 30), id="half hour"),
        pytest.param("Africa/Cairo", date(2026, 4, 24), time(0), utc(2026, 4, 23, 22), id="gap at midnight"),
        pytest.param("Pacific/Apia", date(2011, 12, 30), time(12), utc(2011, 12, 30, 10), id="a whole day skipped"),
    ],
)
def test_instant(zone: str, day: date, at: time, expected: datetime) -> None:
    assert instant(day, at, ZoneInfo(zone)) == expected


def test_fold_of_the_time_given_does_not_matter() -> None:
    zone = ZoneInfo("Europe/Berlin")
    for at in (time(2, 30), time(12)):
        for day in (date(2026, 3, 29), date(2026, 10, 25)):
            assert instant(day, at.replace(fold=1), zone) == instant(day, at, zone)


def jumps(zone: ZoneInfo) -> list[int]:
    """Return the seconds since 1970 at which the offset of ``zone`` changes, 2020 to 2030."""
    found, step = [], 5 * 86400  # Ramadan breaks in Morocco are the shortest spells: about 30 days

    def offset(at: int) -> timedelta | None:
        return datetime.fromtimestamp(at, zone).utcoffset()

    for start in range(FROM, UNTIL, step):
        low, high = start, start + step
        if offset(low) != offset(high):
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append(high)
    return found


def test_every_transition_of_every_zone() -> None:
    gaps = repeats = 0
    seen: set[tuple[tuple[int, timedelta | None], ...]] = set()
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        rules = tuple((at, datetime.fromtimestamp(at, zone).utcoffset()) for at in jumps(zone))
        if not rules or rules in seen:  # links and zones that share their rules
            continue
        seen.add(rules)
        for at, _ in rules:
            jump = datetime.fromtimestamp(at, UTC)
            last = (jump - MINUTE).astimezone(zone).replace(tzinfo=None) + MINUTE  # where the old clock would stand
            new = jump.astimezone(zone).replace(tzinfo=None)
            width = abs(new - last)
            for local in (last, last + width / 2, last + width - MINUTE) if new > last else ():
                assert instant(local.date(), local.time(), zone) == jump, (name, local)
                gaps += 1
            for local in (new, new + width / 2, new + width - MINUTE) if new < last else ():
                assert instant(local.date(), local.time(), zone) == jump - (last - local), (name, local)
                repeats += 1
            for moment in (jump - timedelta(hours=30), jump + timedelta(hours=30)):
                local = moment.astimezone(zone)
                assert instant(local.date(), local.time(), zone) == moment, (name, local)
    assert gaps > 300
    assert repeats > 300


def test_days() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    assert day_of(datetime(2026, 3, 1, 16, 0, tzinfo=UTC), shanghai) == date(2026, 3, 2)
    assert midnight_after(date(2026, 3, 2), shanghai) == datetime(2026, 3, 2, 16, tzinfo=UTC)


def test_clocks_tell_whole_seconds_in_utc() -> None:
    clock = SetClock(datetime(2026, 3, 2, 18, 0, 0, 999, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert clock.now() == datetime(2026, 3, 2, 10, tzinfo=UTC)
    clock.set(datetime(2026, 3, 3, tzinfo=UTC))
    assert clock.now() == datetime(2026, 3, 3, tzinfo=UTC)
    assert SystemClock().now().microsecond == 0
    assert SystemClock().now().tzinfo is UTC
