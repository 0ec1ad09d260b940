"""The factory calendar (工厂日历): workdays, and walking them. Source: manufacturing.md 1.1 F2, F3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from serviceflow.api import Calendar, DayKind, T, add_business_days, is_open, roll

KEY = "mfg-factory"
_WEEK = tuple(T(en, zh=zh) for en, zh in zip(
    ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    strict=True))  # fmt: skip


@dataclass(frozen=True)
class FactoryCalendar:
    """Listed days win over weekdays; a year without any listed day counts by weekdays alone, and says so.

    Args:
        weekdays: Workdays of a plain week, Monday 0.
        days: Listed days: whether each is a workday, and why.
    """

    weekdays: frozenset[int]
    days: Mapping[date, tuple[bool, str]]
    missing: set[int] = field(default_factory=set, compare=False)
    key: str = KEY

    @cached_property
    def loaded(self) -> frozenset[int]:
        """Years of which any day is listed."""
        return frozenset(day.year for day in self.days)

    def kind(self, day: date) -> DayKind:
        listed = self.days.get(day)
        if listed is not None:
            works, reason = listed
            word = T("make-up workday", zh="调休上班") if works else T("holiday", zh="放假")
            why = T("{what}: {name}", zh="{what}: {name}").of(what=word, name=reason) if reason else word
            return DayKind(works, why)
        if day.year not in self.loaded:
            self.missing.add(day.year)
        return DayKind(day.weekday() in self.weekdays, _WEEK[day.weekday()])

    def warnings(self) -> list[T]:
        """Return a line for each year that was walked without being loaded."""
        words = T(
            "Calendar of {year} is not loaded; plain weekdays were used.",
            zh="未载入{year}年工厂日历，按普通工作周计算。",
        )
        return [words.of(year=year) for year in sorted(self.missing)]


def plus(calendar: Calendar, day: date, n: int) -> date:
    """Return D+nw: the n-th workday after a day (before it when negative); 0: the day, or the next workday."""
    return add_business_days(calendar, day, n, "first")


def count(calendar: Calendar, start: date, end: date) -> int:
    """Return wd(start, end): workdays after ``start`` up to and including ``end``; negative when it lies before."""
    if end < start:
        return -count(calendar, end, start)
    return sum(is_open(calendar, start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def back(calendar: Calendar, day: date) -> date:
    """Return the day, or the workday before it where it is none."""
    return roll(calendar, day, -1)


def ahead(calendar: Calendar, day: date) -> date:
    """Return the day, or the workday after it where it is none."""
    return roll(calendar, day, 1)
