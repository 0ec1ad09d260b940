"""Dates as people type them: one table, read at 10:20 on Wednesday 25 November 2026 in Shanghai."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from serviceflow.calendars import Calendar, CalendarYearMissing, ExchangeCalendar, PublicCalendar, ShopCalendar
from serviceflow.dates import When, echo, parse_when
from serviceflow.errors import BadInput
from serviceflow.texts import language, speak

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 25, 10, 20, 33, tzinfo=SHANGHAI)
CALENDARS: dict[str, Calendar] = {
    "shop": ShopCalendar(frozenset(range(7)), {}, {}),
    "cn-public": PublicCalendar({}),
    "cn-exchange": ExchangeCalendar({}),
}


def understood(text: str, now: datetime = NOW) -> str:
    """Return day and time as ``11-28 18:00``, with the year where it is not 2026."""
    when = parse_when(text, now, CALENDARS.__getitem__, "cn-public")
    day = when.day.isoformat().removeprefix("2026-")
    return f"{day} {when.at:%H:%M}" if when.at else day


FORMS = {
    # counted from today
    "+3": "11-28", "+ 3": "11-28", "+3d": "11-28", "+3天": "11-28",
    "+3 days": "11-28", "＋３": "11-28", "-3": "11-22",
    "+0": "11-25", "+2w": "12-09", "+2周": "12-09", "+2 weeks": "12-09", "+1m": "12-25", "+1月": "12-25",
    "+1个月": "12-25", "+3 months": "2027-02-25", "+1y": "2027-11-25", "+1年": "2027-11-25",
    "3天后": "11-28", "三天后": "11-28", "两周后": "12-09", "2个月后": "2027-01-25",
    "3天前": "11-22", "10天以后": "12-05",
    "in 3 days": "11-28", "in 2 weeks": "12-09", "3 days ago": "11-22", "2 weeks later": "12-09",
    # business days
    "+3b": "11-30", "+3B": "11-30", "+3个工作日": "11-30", "3个工作日后": "11-30",
    "-1b": "11-24", "+0b": "11-25",
    "+3b@shop": "11-28", "+3b@cn-exchange": "11-30", "+3 workdays": "11-30", "+3b 18:00": "11-30 18:00",
    # named days
    "今天": "11-25", "明天": "11-26", "后天": "11-27", "大后天": "11-28",
    "昨天": "11-24", "前天": "11-23", "大前天": "11-22",
    "today": "11-25", "tomorrow": "11-26", "Tomorrow": "11-26",
    "yesterday": "11-24", "day after tomorrow": "11-27",
    # weekdays: strictly after today; weeks begin on Monday
    "周五": "11-27", "星期五": "11-27", "礼拜五": "11-27", "週五": "11-27",
    "周日": "11-29", "周天": "11-29", "周一": "11-30",
    "周三": "12-02", "本周三": "11-25", "本周一": "11-23", "这周五": "11-27",
    "下周三": "12-02", "下周日": "12-06",
    "下个星期一": "11-30", "下下周一": "12-07", "上周五": "11-20",
    "mon": "11-30", "Monday": "11-30", "fri": "11-27", "friday": "11-27", "tues": "12-01", "wed": "12-02",
    "next wed": "12-02", "next friday": "12-04", "this fri": "11-27", "last fri": "11-20", "on sunday": "11-29",
    # days of a month
    "28号": "11-28", "28日": "11-28", "28 号": "11-28", "２８号": "11-28",
    "25号": "11-25", "24号": "12-24", "1号": "12-01",
    "月底": "11-30", "月末": "11-30", "月初": "12-01", "月中": "12-15", "下月初": "12-01", "下个月底": "12-31",
    "下月5号": "12-05", "下个月5号": "12-05", "下下月5号": "2027-01-05", "本月5号": "11-05", "上月5号": "10-05",
    "28th": "11-28", "the 1st": "12-01", "next month 5th": "12-05", "eom": "11-30",
    "end of the month": "11-30", "end of next month": "12-31", "start of next month": "12-01",
    # days of a year
    "11-28": "11-28", "11/28": "11-28", "11.28": "11-28", "11月28日": "11-28",
    "11月28": "11-28", "11 月 28 日": "11-28",
    "11-25": "11-25", "11-24": "2027-11-24", "3月1日": "2027-03-01", "3-1": "2027-03-01", "nov 28": "11-28",
    "28 Nov": "11-28", "November 28th": "11-28", "28th of nov": "11-28", "Mar 1": "2027-03-01",
    "2026-11-28": "11-28", "2026/11/28": "11-28", "2026.11.28": "11-28",
    "2026年11月28日": "11-28", "20261128": "11-28",
    "2025-01-02": "2025-01-02", "明年3月1日": "2027-03-01", "今年3月1日": "03-01", "Nov 28, 2027": "2027-11-28",
    # times of day
    "18:00": "11-25 18:00", "１８：００": "11-25 18:00", "10:20": "11-25 10:20", "10:19": "11-26 10:19",
    "9:00": "11-26 09:00", "下午3点": "11-25 15:00", "下午3点半": "11-25 15:30", "下午三点一刻": "11-25 15:15",
    "下午3点15分": "11-25 15:15", "下午3:30": "11-25 15:30", "早上9点": "11-26 09:00",
    "中午12点": "11-25 12:00",
    "中午1点": "11-25 13:00", "晚上8点": "11-25 20:00", "18点": "11-25 18:00", "十一点": "11-25 11:00",
    "3pm": "11-25 15:00", "3 pm": "11-25 15:00", "3:30pm": "11-25 15:30",
    "9am": "11-26 09:00", "12pm": "11-25 12:00",
    "12am": "11-26 00:00", "noon": "11-25 12:00", "凌晨3点": "11-26 03:00",
    # a day and a time
    "11-28 18:00": "11-28 18:00", "明天 18:00": "11-26 18:00", "明天18:00": "11-26 18:00",
    "今天 9:00": "11-25 09:00",
    "明天下午3点": "11-26 15:00", "今晚8点": "11-25 20:00", "明早9点半": "11-26 09:30",
    "明晚8点": "11-26 20:00",
    "周五下午3点半": "11-27 15:30", "下周三 14:00": "12-02 14:00", "28号18点": "11-28 18:00",
    "+3 18:00": "11-28 18:00",
    "月底 18:00": "11-30 18:00", "tomorrow 3pm": "11-26 15:00", "tomorrow at noon": "11-26 12:00",
    "fri 9am": "11-27 09:00", "2026-11-28T18:00": "11-28 18:00", "2026-11-28 18:00:00": "11-28 18:00",
    "2026年11月28日 下午3点": "11-28 15:00", "nov 28 18:00": "11-28 18:00",
    "Nov 28, 2027 6pm": "2027-11-28 18:00",
    # counted from this minute
    "+30min": "11-25 10:50", "+30分钟": "11-25 10:50", "+2h": "11-25 12:20",
    "+2小时": "11-25 12:20", "+2 hours": "11-25 12:20",
    "+14h": "11-26 00:20", "半小时后": "11-25 10:50", "2小时后": "11-25 12:20",
    "in 30 minutes": "11-25 10:50", "now": "11-25 10:20",
}  # fmt: skip


@pytest.mark.parametrize(("typed", "expected"), FORMS.items(), ids=list(FORMS))
def test_a_form(typed: str, expected: str) -> None:
    assert understood(typed) == expected
    assert understood(f"  {typed.upper()} ") == expected


REFUSED = {
    "": "not a date", "hello": "not a date", "3": "not a date", "+": "not a date", "+99999": "not a date",
    "+2h 18:00": "not a date", "明天下午": "not a date", "12/11/2026": "not a date", "26-11-28": "not a date",
    "{x}": "{x}", "11-28 18:00 19:00": "not a date", "下周": "not a date",
    "11-31": "nearest is 2026-11-30", "2026-02-29": "nearest is 2026-02-28", "02-29": "nearest is 2027-02-28",
    "31号": "nearest is 2026-11-30", "32号": "nearest is 2026-11-30", "0号": "nearest is 2026-12-01",
    "13-05": "Month first: 5-13", "14月40日": "Months are 1 to 12", "0000-01-01": "Months are 1 to 12",
    "24:00": "midnight is 00:00 of the next day", "25:00": "no such time", "18:60": "no such time",
    "晚上12点": "no such time", "早上15点": "no such time", "3点": "Type 03:00 or 15:00",
    "明天3点半": "Type 03:30 or 15:30", "+9999y": "years 1 to 9999",
}  # fmt: skip


@pytest.mark.parametrize(("typed", "said"), REFUSED.items(), ids=list(REFUSED))
def test_refused_with_a_way_out(typed: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        understood(typed)
    assert caught.value.way_out is not None
    assert said in f"{caught.value.sentence.to('en')} {caught.value.way_out.to('en')}"


@pytest.mark.parametrize(
    ("typed", "today", "expected"),
    [
        pytest.param("28号", date(2026, 11, 29), "12-28", id="past in the month is next month's"),
        pytest.param("28号", date(2026, 11, 28), "11-28", id="today is not past"),
        pytest.param("月底", date(2026, 11, 30), "11-30", id="the month's end today"),
        pytest.param("月初", date(2026, 11, 1), "11-01", id="the month's start today"),
        pytest.param("28号", date(2026, 12, 29), "2027-01-28", id="next month over New Year"),
        pytest.param("+1m", date(2026, 1, 31), "02-28", id="a month clamps"),
        pytest.param("02-29", date(2028, 1, 1), "2028-02-29", id="leap day this year"),
        pytest.param("周日", date(2026, 11, 29), "12-06", id="weekday: strictly after today"),
        pytest.param("下周一", date(2026, 11, 29), "11-30", id="on Sunday next week begins tomorrow"),
        pytest.param("+3b", date(2026, 2, 13), "02-25", id="make-up Saturday counts"),
        pytest.param("+0b", date(2026, 2, 17), "02-24", id="zero business days: first open day"),
    ],
)
def test_seen_from_another_day(typed: str, today: date, expected: str) -> None:
    assert understood(typed, datetime.combine(today, time(10, 20), tzinfo=SHANGHAI)) == expected


def test_30th_when_next_month_has_none_names_the_last_day() -> None:
    with pytest.raises(BadInput) as caught:
        understood("30号", datetime(2026, 1, 31, 9, tzinfo=SHANGHAI))
    assert "2026-02-28" in str(caught.value.way_out)


def test_hours_are_real_hours_when_the_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert understood("+2h", datetime(2026, 3, 29, 1, 30, tzinfo=berlin)) == "03-29 04:30"


def test_business_days_of_a_year_without_data() -> None:
    with pytest.raises(CalendarYearMissing):
        understood("+40b", datetime(2030, 12, 1, 9, tzinfo=SHANGHAI))


@pytest.mark.parametrize(
    ("typed", "code", "shown"),
    [
        pytest.param("+3b 18:00", "zh", "→ 2026-11-30 周一 18:00 (+3b cn-public)", id="zh"),
        pytest.param("+3b 18:00", "en", "→ 2026-11-30 Mon 18:00 (+3b cn-public)", id="en"),
        pytest.param("明天", "zh", "→ 2026-11-26 周四", id="no time, no note"),
        pytest.param("24号", "zh", "→ 2026-12-24 周四 (本月已过)", id="a note in zh"),
        pytest.param("24号", "en", "→ 2026-12-24 Thu (past this month)", id="a note in en"),
        pytest.param("9:00", "en", "→ 2026-11-26 Thu 09:00 (past today)", id="a time past"),
    ],
)
def test_echo(typed: str, code: str, shown: str) -> None:
    before = language()
    speak(code)
    try:
        echo_text = echo(parse_when(typed, NOW, CALENDARS.__getitem__, "cn-public"), SHANGHAI)
    finally:
        speak(before)
    assert echo_text == shown
    echo_text.encode("gbk")


def test_echo_shows_the_moment_kept_when_the_zone_skips_it() -> None:
    assert "03:00" in echo(When(date(2026, 3, 29), time(2, 30)), ZoneInfo("Europe/Berlin"))
    assert "02:30" in echo(When(date(2026, 3, 29), time(2, 30)))
