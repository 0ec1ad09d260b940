"""Business days, months from the anchor, and the State Council notice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from serviceflow.calendars import (
    Calendar,
    CalendarYearMissing,
    ExchangeCalendar,
    PublicCalendar,
    ShopCalendar,
    add_business_days,
    add_days,
    add_months,
    add_years,
    explain,
    is_open,
    nth_business_day,
    observed,
    parse_notice,
    roll,
)
from serviceflow.errors import BadInput, ConfigError
from serviceflow.texts import T

MON_TO_FRI = frozenset(range(5))
SHOP = ShopCalendar(MON_TO_FRI, {date(2026, 3, 4): "stocktaking"}, {date(2026, 3, 7): "spring fair"})
PUBLIC = PublicCalendar({})
EXCHANGE = ExchangeCalendar({})

NOTICE_2026 = """国务院办公厅关于2026年
部分节假日安排的通知
国办发明电〔2025〕7号
各省、自治区、直辖市人民政府,国务院各部委、各直属机构:
  经国务院批准,现将2026年元旦、春节等放假调休日期的具体安排通知如下。
  一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
  二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
  三、清明节：4月4日（周六）至6日（周一）放假，共3天。
  四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
  五、端午节：6月19日（周五）至21日（周日）放假，共3天。
  六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
  七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
  节假日期间，各地区、各部门要妥善安排好值班和安全、保卫等工作。
国务院办公厅
2025年11月4日
"""


@pytest.mark.parametrize(
    ("cal", "day", "expected", "why"),
    [
        pytest.param(SHOP, date(2026, 3, 3), True, "周二", id="shop: a weekly opening day"),
        pytest.param(SHOP, date(2026, 3, 8), False, "周日", id="shop: a weekly day off"),
        pytest.param(SHOP, date(2026, 3, 4), False, "休息: stocktaking", id="shop: a holiday closes"),
        pytest.param(SHOP, date(2026, 3, 7), True, "加班日: spring fair", id="shop: an extra workday opens"),
        pytest.param(SHOP, date(2099, 3, 3), True, "周二", id="shop: no year limit"),
        pytest.param(PUBLIC, date(2026, 2, 14), True, "调休上班: 春节", id="public: make-up Saturday is open"),
        pytest.param(PUBLIC, date(2026, 2, 16), False, "放假: 春节", id="public: holiday on a weekday"),
        pytest.param(PUBLIC, date(2026, 3, 7), False, "周六", id="public: plain weekend"),
        pytest.param(EXCHANGE, date(2026, 2, 14), False, "周六", id="exchange: make-up Saturday stays closed"),
        pytest.param(EXCHANGE, date(2026, 2, 16), False, "放假: 春节", id="exchange: public holiday"),
        pytest.param(EXCHANGE, date(2024, 2, 9), False, "休市: 除夕", id="exchange: the known exception"),
        pytest.param(PUBLIC, date(2024, 2, 9), True, "周五", id="public: which was a workday by notice"),
    ],
)
def test_kind_of_day(cal: Calendar, day: date, expected: bool, why: str) -> None:
    kind = cal.kind(day)
    assert (kind.open, kind.why.to("zh")) == (expected, why)


@pytest.mark.parametrize("cal", [PUBLIC, EXCHANGE], ids=lambda cal: cal.key)
@pytest.mark.parametrize("year", [2003, 2030])
def test_a_year_without_data_is_an_error_naming_the_import(cal: Calendar, year: int) -> None:
    with pytest.raises(CalendarYearMissing) as caught:
        cal.kind(date(year, 3, 3))
    assert cal.key in str(caught.value)
    assert str(year) in str(caught.value)
    for code in ("en", "zh"):
        assert "flow cal import NOTICE.txt" in T("{w}", zh="{w}").of(w=caught.value.way_out).to(code)


@pytest.mark.parametrize(
    ("cal", "start", "n", "zero", "end"),
    [
        pytest.param(PUBLIC, date(2026, 2, 13), 1, "same", date(2026, 2, 14), id="make-up Saturday counts"),
        pytest.param(PUBLIC, date(2026, 2, 13), 3, "same", date(2026, 2, 25), id="over Spring Festival"),
        pytest.param(EXCHANGE, date(2026, 2, 13), 3, "same", date(2026, 2, 26), id="exchange skips the make-up day"),
        pytest.param(PUBLIC, date(2026, 2, 25), -3, "same", date(2026, 2, 13), id="negative walks back"),
        pytest.param(PUBLIC, date(2026, 2, 17), 1, "same", date(2026, 2, 24), id="a closed start is not counted"),
        pytest.param(PUBLIC, date(2026, 2, 17), 0, "same", date(2026, 2, 17), id="zero: the same date"),
        pytest.param(PUBLIC, date(2026, 2, 17), 0, "first", date(2026, 2, 24), id="zero: first open on or after"),
        pytest.param(PUBLIC, date(2026, 2, 25), 0, "first", date(2026, 2, 25), id="zero: open start is first"),
    ],
)
def test_add_business_days(cal: Calendar, start: date, n: int, zero: str, end: date) -> None:
    assert add_business_days(cal, start, n, zero) == end  # type: ignore[arg-type]
    walk = explain(cal, start, n, zero)  # type: ignore[arg-type]
    assert walk[0].day == start
    assert (walk[-1].day, walk[-1].count) == (end, abs(n))


def test_there_and_back_again_from_an_open_day() -> None:
    for offset in range(0, 300, 7):
        start = roll(PUBLIC, date(2025, 1, 6) + timedelta(days=offset))
        for n in (1, 4, 19):
            assert add_business_days(PUBLIC, add_business_days(PUBLIC, start, n), -n) == start


def test_explain_walks_day_by_day() -> None:
    walk = explain(PUBLIC, date(2026, 2, 13), 2)
    assert [(w.day.day, w.open, w.count) for w in walk][:3] == [(13, True, 0), (14, True, 1), (15, False, 1)]
    assert [w.day for w in walk] == [date(2026, 2, 13) + timedelta(days=n) for n in range(12)]


@pytest.mark.parametrize(
    ("day", "by", "expected"),
    [
        pytest.param(date(2026, 3, 6), 1, date(2026, 3, 6), id="an open day stays"),
        pytest.param(date(2026, 3, 7), 1, date(2026, 3, 9), id="next"),
        pytest.param(date(2026, 3, 8), -1, date(2026, 3, 6), id="previous"),
    ],
)
def test_roll(day: date, by: int, expected: date) -> None:
    assert roll(PUBLIC, day, by) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("year", "month", "n", "expected"),
    [
        pytest.param(2026, 10, 1, date(2026, 10, 8), id="first after National Day"),
        pytest.param(2026, 3, 5, date(2026, 3, 6), id="fifth"),
        pytest.param(2026, 2, -1, date(2026, 2, 28), id="last is a make-up Saturday"),
    ],
)
def test_nth_business_day(year: int, month: int, n: int, expected: date) -> None:
    assert nth_business_day(PUBLIC, year, month, n) == expected


@pytest.mark.parametrize("n", [0, 30, -30])
def test_a_month_has_no_such_business_day(n: int) -> None:
    with pytest.raises(BadInput):
        nth_business_day(PUBLIC, 2026, 3, n)


def test_a_shop_that_never_opens_is_a_setting_to_mend_not_a_hang() -> None:
    with pytest.raises(ConfigError):
        add_business_days(ShopCalendar(frozenset(), {}, {}), date(2026, 1, 1), 1)


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        pytest.param(date(2026, 1, 31), 1, date(2026, 2, 28), id="clamped to the month's end"),
        pytest.param(date(2026, 1, 31), 2, date(2026, 3, 31), id="from the anchor each time"),
        pytest.param(date(2028, 1, 31), 1, date(2028, 2, 29), id="leap February"),
        pytest.param(date(2026, 12, 15), 1, date(2027, 1, 15), id="over New Year"),
        pytest.param(date(2026, 1, 31), -2, date(2025, 11, 30), id="backwards"),
        pytest.param(date(2026, 5, 5), 0, date(2026, 5, 5), id="zero"),
    ],
)
def test_add_months(day: date, n: int, expected: date) -> None:
    assert add_months(day, n) == expected


def test_add_years_clamps_leap_day() -> None:
    assert add_years(date(2024, 2, 29), 1) == date(2025, 2, 28)
    assert add_years(date(2024, 2, 29), 4) == date(2028, 2, 29)


def test_beyond_the_calendar_is_bad_input() -> None:
    with pytest.raises(BadInput):
        add_months(date(2026, 1, 1), 12 * 9000)
    with pytest.raises(BadInput):
        add_days(date(2026, 1, 1), 4_000_000)


def test_leap_birthday_is_observed_on_28_february() -> None:
    assert observed((2, 29), 2026) == date(2026, 2, 28)
    assert observed((2, 29), 2028) == date(2028, 2, 29)
    assert observed((5, 4), 2026) == date(2026, 5, 4)


def test_the_official_notice_of_2026_agrees_with_the_library_on_every_day() -> None:
    notice = parse_notice(NOTICE_2026)
    assert notice.year == 2026
    assert notice.holidays[1] == ("春节", date(2026, 2, 15), date(2026, 2, 23), [date(2026, 2, 14), date(2026, 2, 28)])
    assert len(notice.holidays) == 7
    imported = PublicCalendar(notice.days, {2026})
    for offset in range(365):
        day = date(2026, 1, 1) + timedelta(days=offset)
        assert is_open(imported, day) == is_open(PUBLIC, day), day


def test_an_imported_year_opens_both_calendars() -> None:
    notice = parse_notice(
        "关于2027年部分节假日安排的通知 一、国庆节:10月1日(周五)至7日放假调休,共7天。10月9日(周六)上班。"
    )
    public, exchange = PublicCalendar(notice.days), ExchangeCalendar(notice.days)
    assert [is_open(public, date(2027, 10, d)) for d in (1, 7, 8, 9, 10)] == [False, False, True, True, False]
    assert not is_open(exchange, date(2027, 10, 9))
    assert is_open(public, date(2027, 3, 3))


def test_a_neighbouring_notice_does_not_import_the_year_it_reaches_into() -> None:
    with pytest.raises(CalendarYearMissing):
        PublicCalendar({date(2027, 12, 31): False}).kind(date(2027, 3, 3))


TITLE = "国务院办公厅关于2027年部分节假日安排的通知\n"


@pytest.mark.parametrize(
    ("body", "first", "last", "makeups"),
    [
        pytest.param(
            "一、元旦：1月1日（周五）放假，与周末连休。", date(2027, 1, 1), date(2027, 1, 1), [], id="one day"
        ),
        pytest.param(
            "一、元旦：2026年12月31日（周四）至2027年1月2日（周六）放假调休，共3天。2026年12月27日（星期日）上班。",
            date(2026, 12, 31),
            date(2027, 1, 2),
            [date(2026, 12, 27)],
            id="the year before is named",
        ),
        pytest.param(
            "一、元旦:2026年12月31日至1月2日放假,共3天。",
            date(2026, 12, 31),
            date(2027, 1, 2),
            [],
            id="only the first year named",
        ),
        pytest.param(
            "四、劳动节:4月30日(周五)至5月4日(周二)放假调休,共5天。4月25日(周日)、\n5月8日(周六)上班。",
            date(2027, 4, 30),
            date(2027, 5, 4),
            [date(2027, 4, 25), date(2027, 5, 8)],
            id="crosses a month, wrapped line",
        ),
        pytest.param(
            "二、春节:2月5日至12日放假,共8天。鼓励各单位安排职工在除夕(2月4日)休息。",
            date(2027, 2, 5),
            date(2027, 2, 12),
            [],
            id="advice is not a day off",
        ),
    ],
)
def test_a_notice_sentence(body: str, first: date, last: date, makeups: list[date]) -> None:
    notice = parse_notice(TITLE + body)
    assert notice.holidays[0][1:] == (first, last, makeups)
    assert notice.days[first] is False
    assert all(notice.days[day] for day in makeups)


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        pytest.param("hello", 1, "no year", id="no notice at all"),
        pytest.param("", 1, "no year", id="empty"),
        pytest.param(TITLE, 1, "no holiday", id="title only"),
        pytest.param(TITLE + "一、元旦:1月1日(周四)放假。", 2, "is a Fri", id="weekday disagrees"),
        pytest.param(TITLE + "\n一、元旦:1月1日至3日放假,共4天。", 3, "3 days", id="count disagrees"),
        pytest.param(TITLE + "二、春节:2月30日放假。", 2, "does not exist", id="impossible date"),
        pytest.param(TITLE + "二、春节:照常。", 2, "no day off", id="no day off"),
        pytest.param(TITLE + "二、春节:调休上班。", 2, "no date", id="no date"),
        pytest.param(TITLE + "二、春节:2月12日至5日放假。", 2, "backwards", id="backwards"),
    ],
)
def test_a_faulty_notice_names_its_line(text: str, line: int, why: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_notice(text)
    assert caught.value.sentence.to("en").startswith(f"Line {line} ")
    assert why in caught.value.sentence.to("en")
