"""Business days: which days are open, why, and how to walk them; months and years counted from their anchor.

Days are calendar days in the shop's zone. A weekday is a number as in `date.weekday`: Monday is 0.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from typing import Final, Literal, Protocol

from serviceflow.errors import BadInput, ConfigError
from serviceflow.texts import T

Zero = Literal["same", "first"]

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEKDAYS: Final = tuple(T(en, zh="周" + zh) for en, zh in zip(_DAYS, "一二三四五六日", strict=True))
EXCHANGE_CLOSED: Final[Mapping[date, str]] = {date(2024, 2, 9): "除夕"}  # the only one 2007-2026 (ecosystem.md 5)
LONGEST_REST: Final = 366  # days without one open day before we call the calendar wrong


@dataclass(frozen=True, slots=True)
class DayKind:
    """What a calendar says of a day.

    Args:
        open: Whether it is a business day.
        why: The reason a person would give.
    """

    open: bool
    why: T


class CalendarYearMissing(ConfigError):
    """A calendar has no data for a year; nobody guesses public holidays."""

    def __init__(self, key: str, year: int) -> None:
        sentence = T("Calendar {key} has no data for {year}.", zh="日历 {key} 没有 {year} 年的数据。")
        way_out = T(
            "Import the official notice: flow cal import NOTICE.txt", zh="导入官方通知: flow cal import NOTICE.txt"
        )
        super().__init__(sentence.of(key=key, year=year), way_out, ref="core.calendar.year")


class Calendar(Protocol):
    """Says of each day whether it is open. Plugins may register their own."""

    @property
    def key(self) -> str:
        """Name as typed after ``--calendar``."""

    def kind(self, day: date) -> DayKind:
        """Return whether ``day`` is open and why; raise `CalendarYearMissing` rather than guess."""


@dataclass(frozen=True)
class ShopCalendar:
    """The shop's own weekly opening days with its exceptions; no year limit.

    Args:
        weekdays: Open weekdays, Monday 0.
        holidays: Closed days and their names.
        extra_workdays: Open days off the weekly pattern and their names; they win over ``holidays``.
    """

    weekdays: frozenset[int]
    holidays: Mapping[date, str]
    extra_workdays: Mapping[date, str]
    key: str = "shop"

    def kind(self, day: date) -> DayKind:
        if day in self.extra_workdays:
            return DayKind(True, _named(T("extra workday", zh="加班日"), self.extra_workdays[day]))
        if day in self.holidays:
            return DayKind(False, _named(T("closed", zh="休息"), self.holidays[day]))
        return _weekly(day, self.weekdays)


@dataclass(frozen=True)
class PublicCalendar:
    """Chinese public holidays with make-up workdays (调休): the library's years, and imported notices.

    Args:
        extra: Days of imported notices: whether each is a workday. They win over the library. A year whose
            1 October is among them was imported (every notice names National Day, and a notice may reach
            into the neighbouring years); its other days follow Monday to Friday.
        years: Further imported years.
    """

    extra: Mapping[date, bool]
    years: Collection[int] = ()
    key: str = "cn-public"

    def kind(self, day: date) -> DayKind:
        if day in self.extra:
            return _public(self.extra[day], T("imported notice", zh="导入的通知"))
        if day.year not in self.years and date(day.year, 10, 1) not in self.extra:
            from chinese_calendar import constants  # 7 ms that most commands do not need

            if not min(constants.holidays).year <= day.year <= max(constants.holidays).year:
                raise CalendarYearMissing(self.key, day.year)
            for table, is_open in ((constants.workdays, True), (constants.holidays, False)):
                if day in table:
                    return _public(is_open, T(table[day], zh=constants.Holiday(table[day]).chinese))
        return _weekly(day, frozenset(range(5)))


@dataclass(frozen=True)
class ExchangeCalendar:
    """Trading days: a weekday that is no public holiday; make-up workdays stay closed.

    Args:
        extra: As in `PublicCalendar`; so is ``years``.
        closed: Further closed days and their names.
    """

    extra: Mapping[date, bool]
    years: Collection[int] = ()
    closed: Mapping[date, str] = field(default_factory=lambda: EXCHANGE_CLOSED)
    key: str = "cn-exchange"

    def kind(self, day: date) -> DayKind:
        public = PublicCalendar(self.extra, self.years, self.key).kind(day)
        if day.weekday() > 4:
            return DayKind(False, WEEKDAYS[day.weekday()])
        if day in self.closed:
            return DayKind(False, _named(T("exchange closed", zh="休市"), self.closed[day]))
        return public


@dataclass(frozen=True, slots=True)
class Walked:
    """One line of `explain`: ``count`` is how many business days are counted up to and including this day."""

    day: date
    open: bool
    why: T
    count: int


def is_open(cal: Calendar, day: date) -> bool:
    """Return whether ``day`` is a business day of ``cal``."""
    return cal.kind(day).open


def roll(cal: Calendar, day: date, by: Literal[1, -1] = 1) -> date:
    """Return ``day`` if it is open in ``cal``, else the next (``by`` is -1: the previous) open day."""
    return day if is_open(cal, day) else add_business_days(cal, day, by)


def add_business_days(cal: Calendar, start: date, n: int, zero: Zero = "same") -> date:
    """Return the ``n``-th business day strictly after ``start`` (before it when ``n`` is negative).

    Args:
        cal: Whose business days.
        start: Never counted itself; may be a closed day.
        n: Business days, any sign.
        zero: What ``n == 0`` means: ``start`` itself, or the first open day on or after it.

    Raises:
        ConfigError: a year without data, or a calendar with no open day for a year.
    """
    last = start
    for walked in _walk(cal, start, n, zero):
        last = walked.day
    return last


def explain(cal: Calendar, start: date, n: int, zero: Zero = "same") -> list[Walked]:
    """Return the walk of `add_business_days` day by day: ``start`` first with count 0, the result last."""
    kind = cal.kind(start)
    return [Walked(start, kind.open, kind.why, 0), *_walk(cal, start, n, zero)]


def nth_business_day(cal: Calendar, year: int, month: int, n: int) -> date:
    """Return the ``n``-th business day of a month; ``-1`` is the last one. ``n`` is not 0."""
    days = [date(year, month, d) for d in range(1, month_length(year, month) + 1)]
    days = days if n > 0 else days[::-1]
    found = next(islice((day for day in days if is_open(cal, day)), abs(n) - 1, None), None) if n else None
    if found is None:
        sentence = T("{month} has no business day number {n} ({key}).", zh="{month} 没有第 {n} 个工作日({key})。")
        way_out = T("Count from 1, or from the end with -1.", zh="从 1 数起, 或用 -1 从月底数起。")
        raise BadInput(sentence.of(month=f"{year}-{month:02}", n=n, key=cal.key), way_out, ref="calendar.month")
    return found


def add_days(day: date, n: int) -> date:
    """Return ``day`` moved by ``n`` calendar days; beyond the years 1 to 9999 is `BadInput`."""
    try:
        return day + timedelta(days=n)
    except OverflowError:
        raise _too_far() from None


def month_length(year: int, month: int) -> int:
    """Return the number of days of a month (`calendar.monthrange` would load `locale`: 10 ms)."""
    return 31 if month == 12 else (date(year, month + 1, 1) - date(year, month, 1)).days


def add_months(day: date, n: int) -> date:
    """Return ``day`` moved by ``n`` months, clamped to the month's end: 31 Jan + 1 is 28 Feb.

    For a series, add 1, 2, 3 ... to the anchor, never 1 to the last result: 31 Jan + 2 is 31 Mar.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + n, 12)
    if not 1 <= year <= 9999:
        raise _too_far()
    return date(year, month + 1, min(day.day, month_length(year, month + 1)))


def add_years(day: date, n: int) -> date:
    """Return ``day`` moved by ``n`` years; 29 Feb becomes 28 Feb in a common year."""
    return add_months(day, 12 * n)


def observed(month_day: tuple[int, int], year: int) -> date:
    """Return the day a yearly (month, day) is kept in ``year``: 29 Feb on 28 Feb in common years."""
    month, day = month_day
    return date(year, month, 28 if month_day == (2, 29) and month_length(year, 2) == 28 else day)


def _walk(cal: Calendar, start: date, n: int, zero: Zero) -> Iterator[Walked]:
    seeks_first = n == 0 and zero == "first" and not is_open(cal, start)
    wanted = 1 if seeks_first else abs(n)
    day, count, rest = start, 0, 0
    while count < wanted:
        day = add_days(day, -1 if n < 0 else 1)
        kind = cal.kind(day)
        count, rest = (count + 1, 0) if kind.open else (count, rest + 1)
        if rest > LONGEST_REST:
            sentence = T("The calendar {key} has no open day near {day}.", zh="日历 {key} 在 {day} 附近没有工作日。")
            way_out = T("Look at its open weekdays: flow settings", zh="检查每周营业日: flow settings")
            raise ConfigError(sentence.of(key=cal.key, day=day), way_out, ref="calendar.never-open")
        yield Walked(day, kind.open, kind.why, 0 if seeks_first else count)


def _weekly(day: date, weekdays: Collection[int]) -> DayKind:
    return DayKind(day.weekday() in weekdays, WEEKDAYS[day.weekday()])


def _public(is_workday: bool, name: T) -> DayKind:
    what = T("make-up workday", zh="调休上班") if is_workday else T("holiday", zh="放假")
    return DayKind(is_workday, _named(what, name))


def _named(what: T, name: T | str) -> T:
    return T("{what}: {name}", zh="{what}: {name}").of(what=what, name=name) if name else what


def _too_far() -> BadInput:
    sentence = T("That day lies outside the years 1 to 9999.", zh="日期超出公元 1 至 9999 年。")
    return BadInput(sentence, T("Type a smaller number.", zh="请输入小一些的数。"), ref="calendar.far")


@dataclass(frozen=True, slots=True)
class Notice:
    """A State Council notice: ``days`` says of each named day whether it is a workday.

    ``holidays`` holds (name, first day off, last day off, make-up workdays) in the notice's order.
    """

    year: int
    days: dict[date, bool]
    holidays: list[tuple[str, date, date, list[date]]]


def parse_notice(text: str) -> Notice:
    """Read the official holiday notice as pasted; line breaks and full-width punctuation do not matter.

    Weekdays and day counts that the text names must agree with its dates.

    Raises:
        BadInput: no year, no holiday, an impossible date, or a disagreement; names the line.

    Source: 国务院办公厅关于2026年部分节假日安排的通知, and those since 2012.
    """
    lines = unicodedata.normalize("NFKC", text).splitlines()
    glyphs = [(glyph, n) for n, line in enumerate(lines, 1) for glyph in line if not glyph.isspace()]
    whole, at_line = "".join(glyph for glyph, _ in glyphs), [n for _, n in glyphs]
    title, heads = re.search(r"([12]\d{3})年部分节假日", whole), [*re.finditer(_HEAD, whole)]
    if title is None or not heads:
        raise _bad_notice(1, T("no year or no holiday found", zh="没有找到年份或节日"))
    notice = Notice(int(title[1]), {}, [])
    for head, end in zip(heads, [*(head.start() for head in heads[1:]), len(whole)], strict=True):
        off: list[date] = []
        makeups: list[date] = []
        for piece in re.finditer(_PIECE, whole[head.end() : end]):
            line = at_line[head.end() + piece.end(1)]
            named = _notice_days(piece[1], notice.year, line)
            if piece["count"] and int(piece["count"]) != len(named):
                raise _bad_notice(line, T("these are {n} days", zh="日期共 {n} 天").of(n=len(named)))
            (makeups if piece[2] == "上班" else off).extend(named)
        if not off:
            raise _bad_notice(at_line[head.start()], T("no day off", zh="没有放假日期"))
        notice.holidays.append((head[1], off[0], off[-1], makeups))
        notice.days.update(dict.fromkeys(off, False) | dict.fromkeys(makeups, True))
    return notice


# Compiled on first use: every command imports this module, next to none reads a notice.
_HEAD: Final = r"[一二三四五六七八九十]、([^:。()\d]{1,20}):"
_PIECE: Final = r"([^。;]*?)(上班|放假(?:[^。;]*?共(?P<count>\d+)天)?)"
_NAMED: Final = r"(至|到|-)?(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(?:\(([^)]*)\))?"


def _notice_days(text: str, year: int, line: int) -> list[date]:
    """Return the days that e.g. ``1月1日(周四)至3日(周六)`` names; a range over New Year states its year."""
    days: list[date] = []
    for match in re.finditer(_NAMED, text):
        until, own_year, month, number, remark = match.groups()
        before = days[-1] if days else date(year, 1, 1)
        try:
            day = date(int(own_year or before.year), int(month or before.month), int(number))
            if until and day < before and before.year < year:
                day = day.replace(year=year)
        except ValueError:
            raise _bad_notice(line, T("{day} does not exist", zh="没有 {day} 这一天").of(day=match[0])) from None
        said = re.search(r"(?:周|星期)([一二三四五六日天])", remark or "")
        if said and "一二三四五六日".index(said[1].replace("天", "日")) != day.weekday():
            right = WEEKDAYS[day.weekday()]
            raise _bad_notice(line, T("{day} is a {right}", zh="{day} 是{right}").of(day=day, right=right))
        days += [before + timedelta(days=n + 1) for n in range((day - before).days)] if until else [day]
        if until and day < before:
            raise _bad_notice(line, T("{text} runs backwards", zh="{text} 日期倒置").of(text=match[0]))
    if not days:
        raise _bad_notice(line, T("no date before {text}", zh="缺少日期").of(text="放假/上班"))
    return days


def _bad_notice(line: int, why: T) -> BadInput:
    sentence = T("Line {line} of the notice: {why}.", zh="通知第 {line} 行: {why}。").of(line=line, why=why)
    return BadInput(
        sentence, T("Paste the whole official notice unchanged.", zh="请原样粘贴官方通知全文。"), ref="calendar.notice"
    )
