"""Dates as people type them, in Chinese and English: one table of forms, and the echo of what was understood.

A form reads from the start of the text; what it leaves must be a time of day (`18:00`, 下午3点半, 3pm) or nothing.
Days that are named without a year or month look forward, and today is not past:

- a weekday (周五, fri) is the next such day strictly after today; 本周五 is the one of this week, 下周五 and
  ``next fri`` the one of next week, weeks beginning on Monday;
- 28号, 月底 and 11-28 are in this month or year unless past; 本月 and 下月, or a year, say otherwise;
- a time alone is today's, or tomorrow's once it is past.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from serviceflow.calendars import WEEKDAYS, Calendar, add_business_days, add_days, add_months, month_length
from serviceflow.errors import BadInput
from serviceflow.money import half_width
from serviceflow.texts import T

_NOTHING: Final = T("", zh="")


@dataclass(frozen=True, slots=True)
class When:
    """A day, perhaps a time of it (local, to the minute), and a note on how it was reached (may be empty)."""

    day: date
    at: time | None
    note: T = _NOTHING


@dataclass(frozen=True, slots=True)
class _Now:
    local: datetime
    calendars: Callable[[str], Calendar]
    calendar: str

    @property
    def today(self) -> date:
        return self.local.date()


def parse_when(text: str, now_local: datetime, calendars: Callable[[str], Calendar], default_calendar: str) -> When:
    """Return the day and time that ``text`` means.

    Args:
        text: What was typed; full width, upper case and spaces do not matter.
        now_local: Now in the shop's zone; aware, so that ``+2h`` is right across a change of the clocks.
        calendars: Finds a calendar by its key; asked only for business days (``+3b``, ``+3b@cn-exchange``).
        default_calendar: Key of the calendar when the text names none.

    Raises:
        BadInput: no form fits, the day or time does not exist, or 3点 may be two times of day.
        ConfigError: business days of a year without data.
    """
    typed = _tidy(text)
    now = _Now(now_local, calendars, default_calendar)
    for form, read in _FORMS:
        match = re.match(form, typed)
        clock = re.fullmatch(_TIME, typed[match.end() :].lstrip(" t,")) if match else None
        if match and clock:
            when = read(match, now)
            at = _time_of(clock, text)
            if at is None or when.at is None:
                return When(when.day, at or when.at, when.note)
    clock = re.fullmatch(_TIME, typed)
    if clock and (at := _time_of(clock, text)):
        if at >= now_local.time().replace(second=0, microsecond=0):
            return When(now.today, at)
        return When(add_days(now.today, 1), at, T("past today", zh="今天已过"))
    raise BadInput(
        T('"{text}" is not a date I know.', zh="看不懂日期“{text}”。").of(text=text.strip()),
        T("Try +3, +3b, tomorrow, fri, 11-28 or 11-28 18:00.", zh="试试 +3、+3b、明天、周五、28号、11-28 18:00。"),
        ref="core.date",
    )


def echo(when: When, zone: ZoneInfo | None = None) -> str:
    """Return what was understood, in the current language: ``→ 2026-11-30 周一 18:00 (+3b cn-public)``.

    With ``zone``, a time that the zone skips is shown as the moment that will really be kept.
    """
    day, at = when.day, when.at
    if zone is not None and at is not None:
        from serviceflow.clock import instant

        kept = instant(day, at, zone).astimezone(zone)
        day, at = kept.date(), kept.time()
    parts = [day.isoformat(), str(WEEKDAYS[day.weekday()]), f"{at:%H:%M}" if at else "", f"({when.note})"]
    return "→ " + " ".join(part for part in parts if part not in ("", "()"))


def _tidy(text: str) -> str:
    """Return ``text`` half-width, lower-case, simplified, with single spaces, none beside Chinese or a colon."""
    typed = " ".join(half_width(text).translate(_SIMPLER).lower().split())
    typed = re.sub(r" ?([\u4e00-\u9fff:]) ?", r"\1", typed)
    return re.sub(r"^(今|明|后)(早|晚)(?!上)", r"\1天\2上", re.sub(r"^(今|明|后)(?=早上|晚上)", r"\1天", typed))


_SIMPLER: Final = str.maketrans("號點週後兩個時間禮–—−", "号点周后两个时间礼---")
_DIGITS: Final = {zh: n for n, zh in enumerate("一二三四五六七八九十", 1)} | {"两": 2, "十一": 11, "十二": 12}
_NUMBER: Final = r"\d{1,4}|十[一二]|[一二两三四五六七八九十]"


def _number(word: str) -> int:
    return _DIGITS.get(word) or int(word)


_PERIODS: Final = {  # the hours of the day that a word can mean
    "am": range(12),
    "pm": range(12, 24),
    "凌晨": range(6),
    "早": range(4, 12),
    "上午": range(6, 13),
    "中午": range(11, 15),
    "下午": range(12, 19),
    "傍晚": range(16, 21),
    "晚": range(17, 24),
}
_MINUTES: Final = {"": 0, "整": 0, "一刻": 15, "半": 30, "三刻": 45}
# Patterns are compiled, and kept, by `re` when a date is read: all of them at import are 25 ms of every command.
_TIME: Final = (
    r"(?:at )?(?:(?P<noon>noon|中午)|(?P<zh>凌晨|早(?:上|晨)?|上午|中午|下午|傍晚|晚(?:上)?)?"
    r"(?:(?P<h>\d{1,2}):(?P<m>\d\d)(?::00)?(?: ?(?P<ap>am|pm))?|(?P<h2>\d{1,2}) ?(?P<ap2>am|pm)"
    rf"|(?P<h3>{_NUMBER})[点时](?P<m3>整|半|一刻|三刻|(?:\d{{1,2}}分?)?)))?"
)


def _time_of(clock: re.Match[str], text: str) -> time | None:
    """Return the time of day of a match of `_TIME`; nothing typed is ``None``."""
    if clock["noon"]:
        return time(12)
    if not clock[0]:
        return None
    hour = _number(clock["h"] or clock["h2"] or clock["h3"])
    tail = (clock["m3"] or "").removesuffix("分")
    minute = int(clock["m"] or 0) or (_MINUTES[tail] if tail in _MINUTES else int(tail))
    period = clock["ap"] or clock["ap2"] or re.sub("^(早|晚).", r"\1", clock["zh"] or "")
    if period:
        fitting = [h for h in (hour, hour + 12, hour - 12) if h in _PERIODS[period]]
    else:
        fitting = [hour, hour + 12] if clock["h3"] and 1 <= hour <= 7 else [hour]
    if len(fitting) == 1 and fitting[0] < 24 and minute < 60:
        return time(fitting[0], minute)
    if len(fitting) > 1:
        sentence = T("{text}: morning or afternoon?", zh="{text}: 上午还是下午?")
        hours = {"early": f"{hour:02}:{minute:02}", "late": f"{hour + 12}:{minute:02}"}
        way_out = T("Type {early} or {late}.", zh="请写 {early} 或 {late}。").of(**hours)
    else:
        sentence = T("{text}: there is no such time of day.", zh="{text}: 没有这个时刻。")
        way_out = T(
            "Type 00:00 to 23:59; midnight is 00:00 of the next day.", zh="请写 00:00 至 23:59; 半夜写次日 00:00。"
        )
    raise BadInput(sentence.of(text=text.strip()), way_out, ref="core.time")


def _real(year: int, month: int, day: int) -> date:
    """Return the date, or refuse it with the nearest one that exists."""
    try:
        return date(year, month, day)
    except ValueError:
        way_out = T("Months are 1 to 12, days 1 to 31.", zh="月份为 1 至 12, 日为 1 至 31。")
    if 1 <= year <= 9999 and 1 <= month <= 12:
        near = f"{year}-{month:02}-{min(max(day, 1), month_length(year, month)):02}"
        way_out = T("The nearest is {near}.", zh="最接近的是 {near}。").of(near=near)
    elif 1 <= day <= 12 < month <= 31:
        way_out = T("Month first: {month}-{day}.", zh="先写月份: {month}-{day}。").of(month=day, day=month)
    sentence = T("There is no {year}-{month}-{day}.", zh="没有 {year}-{month}-{day} 这一天。")
    raise BadInput(sentence.of(year=year, month=f"{month:02}", day=f"{day:02}"), way_out, ref="core.date")


_UNIT: Final = (
    r"(?:(?P<min>min(?:ute)?s?|分钟?)|(?P<h>h(?:(?:ou)?rs?)?|个?小时|个?钟头)"
    r"|(?P<b>b(?:d|usiness days?)?|workdays?|个?工作日)|(?P<m>mo(?:nth)?s?|m|个?月)"
    r"|(?P<w>w(?:ee)?k?s?|周|个?星期|个?礼拜)|(?P<y>y(?:ears?)?|年)|(?P<d>d(?:ays?)?|天|日))"
)


def _offset(match: re.Match[str], now: _Now) -> When:
    facts = match.groupdict()
    unit = next((unit for unit in ("min", "h", "b", "m", "w", "y", "d") if facts[unit]), "d")
    sign = "-" if facts["sign"] in ("-", "前", "ago") else "+"
    size = _number(facts["n"])
    n = int(f"{sign}{size}")
    note = f"{sign}{size}{unit}"
    if unit in ("min", "h"):
        return _later(now.local, timedelta(minutes=n * (60 if unit == "h" else 1)), note)
    if unit == "b":
        cal = now.calendars(facts.get("cal") or now.calendar)
        note = f"{note} {cal.key}"
        day = add_business_days(cal, now.today, n, zero="first")
    elif unit in ("m", "y"):
        day = add_months(now.today, n * (12 if unit == "y" else 1))
    else:
        day = add_days(now.today, n * (7 if unit == "w" else 1))
    return When(day, None, T(note, zh=note))


def _later(local: datetime, by: timedelta, note: str) -> When:
    """Return the moment ``by`` from now, whole minutes; counted in UTC where the zone is known."""
    at = local + by if local.tzinfo is None else (local.astimezone(UTC) + by).astimezone(local.tzinfo)
    return When(at.date(), at.time().replace(second=0, microsecond=0), T(note, zh=note))


_NAMED: Final = {
    "大前天": -3,
    "前天": -2,
    "昨天": -1,
    "昨日": -1,
    "今天": 0,
    "今日": 0,
    "明天": 1,
    "明日": 1,
    "后天": 2,
    "大后天": 3,
} | {"yesterday": -1, "today": 0, "tomorrow": 1, "tmr": 1, "day after tomorrow": 2}
_AWAY: Final = {"上": -1, "last": -1, "本": 0, "这": 0, "this": 0, "the": 0, "下": 1, "next": 1, "下下": 2}
_FIRST_LETTERS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)


def _weekday(match: re.Match[str], now: _Now) -> When:
    away, name = match["away"], match["name"]
    number = (
        _FIRST_LETTERS.index(name[:3])
        if name.isascii() and name.isalpha()
        else "一二三四五六日".index(name.replace("天", "日"))
    )
    ahead = number - now.today.weekday()
    if away is None:
        return When(add_days(now.today, ahead if ahead > 0 else ahead + 7), None)
    return When(add_days(now.today, ahead + 7 * _AWAY[away]), None)


def _in_month(match: re.Match[str], now: _Now) -> When:
    """Return a day of this, the last or a coming month: 28号, 下月5号, 月底, ``end of next month``."""
    facts = match.groupdict()
    first = add_months(now.today.replace(day=1), _AWAY[facts["away"] or "this"])
    if facts.get("part") in ("底", "末", "end", "eom"):
        return When(add_days(add_months(first, 1), -1), None)
    day = int(facts.get("day") or {"初": 1, "start": 1, "中": 15}[facts["part"]])
    if facts["away"] is None and day < now.today.day:
        first = add_months(first, 1)
        return When(_real(first.year, first.month, day), None, T("past this month", zh="本月已过"))
    return When(_real(first.year, first.month, day), None)


def _in_year(match: re.Match[str], now: _Now) -> When:
    """Return a month and day, of the year typed or the first that is not past."""
    facts = match.groupdict()
    month = _MONTHS.index(facts["month"][:3]) + 1 if facts["month"].isalpha() else int(facts["month"])
    day, today = int(facts["day"]), now.today
    if facts.get("year"):
        years = {"今年": today.year, "明年": today.year + 1, "去年": today.year - 1}
        return When(_real(years.get(facts["year"]) or int(facts["year"]), month, day), None)
    if (month, day) >= (today.month, today.day):
        return When(_real(today.year, month, day), None)
    return When(_real(today.year + 1, month, day), None, T("past this year", zh="今年已过"))


_YEAR_EN: Final = r"(?:,? ?(?P<year>(?:19|20)\d\d))?(?!\d)"
_FORMS: Final[list[tuple[str, Callable[[re.Match[str], _Now], When]]]] = [
    (rf"(?P<sign>[+-]) ?(?P<n>\d{{1,4}})(?!\d) ?{_UNIT}?(?: ?@ ?(?P<cal>[a-z][a-z0-9-]*))?", _offset),
    (rf"(?P<n>{_NUMBER}) ?{_UNIT} ?[之以]?(?P<sign>后|前|later|ago|from now)", _offset),
    (rf"(?P<sign>in) (?P<n>\d{{1,4}}) ?{_UNIT}", _offset),
    (r"半个?小时[之以]?后", lambda _, now: _later(now.local, timedelta(minutes=30), "+30min")),
    (r"现在|now", lambda _, now: _later(now.local, timedelta(), "")),
    (f"(?:the )?({'|'.join(_NAMED)})", lambda match, now: When(add_days(now.today, _NAMED[match[1]]), None)),
    (r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})(?!\d)", _in_year),
    (r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?!\d)", _in_year),
    (r"(?:(?P<year>\d{4}(?=年)|[今明去]年)年?)?(?P<month>\d{1,2})月(?P<day>\d{1,2})[日号]?(?![\d:])", _in_year),
    (r"(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?![\d/.-])", _in_year),
    (rf"{_MONTH} ?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:]){_YEAR_EN}", _in_year),
    (rf"(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)? ?(?:of )?{_MONTH}{_YEAR_EN}", _in_year),
    (r"(?:(?P<away>上|下下|下|本|这)个?月)?(?P<day>\d{1,2})[号日]", _in_month),
    (r"(?:(?P<away>上|下下|下|本|这)个?)?月(?P<part>[底末初中])", _in_month),
    (r"(?:(?P<away>next|this) month )?(?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th)", _in_month),
    (r"(?:(?P<part>end|start) of )(?P<away>next|this|the) month", _in_month),
    (r"(?P<part>eom)(?P<away>)", _in_month),
    (r"(?P<away>上|下下|下|本|这)?个?(?:周|星期|礼拜)(?P<name>[一二三四五六日天])", _weekday),
    (
        r"(?:on )?(?:(?P<away>next|this|last) )?"
        r"(?P<name>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)\b",
        _weekday,
    ),
]
