"""Amounts as typed, and exact arithmetic on them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from serviceflow.errors import BadInput
from serviceflow.money import capitals, format_money, half_up, parse_money, percent_of_ceil_unit, within_percent


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        pytest.param("800", 80000, id="whole yuan"),
        pytest.param("800.00", 80000, id="two decimals"),
        pytest.param("0.05", 5, id="fen"),
        pytest.param("1,299.5", 129950, id="thousands and one decimal"),
        pytest.param("1,234,567", 123456700, id="millions"),
        pytest.param("￥800", 80000, id="full-width yuan sign"),
        pytest.param("¥ 800", 80000, id="half-width sign, space"),
        pytest.param("800元", 80000, id="yuan in words"),
        pytest.param("８００．５", 80050, id="full-width digits"),
        pytest.param("１，２９９", 129900, id="full-width comma"),
        pytest.param(" 800 ", 80000, id="spaces around"),
        pytest.param("0", 0, id="zero"),
        pytest.param("007", 700, id="leading zeros"),
    ],
)
def test_parse_money(typed: str, minor: int) -> None:
    assert parse_money(typed) == minor


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        pytest.param("", "missing", id="empty"),
        pytest.param("  ", "missing", id="blank"),
        pytest.param("abc", "not an amount", id="letters"),
        pytest.param("800 CNY", "not an amount", id="code"),
        pytest.param("1.005", "more than 2 decimals", id="three decimals"),
        pytest.param("1e3", "scientific", id="scientific"),
        pytest.param("1.38E+10", "scientific", id="scientific from a spreadsheet"),
        pytest.param("-5", "without a sign", id="minus"),
        pytest.param("+5", "without a sign", id="plus"),
        pytest.param("1.2万", "in full", id="ten thousands"),
        pytest.param("8k", "in full", id="k"),
        pytest.param("12,99", "not an amount", id="comma as decimal point"),
        pytest.param("1,2345", "not an amount", id="misplaced comma"),
        pytest.param("1 299", "not an amount", id="space inside"),
        pytest.param("8²", "not an amount", id="superscript is no digit"),
        pytest.param("⑧", "not an amount", id="circled is no digit"),
        pytest.param("٨", "not an amount", id="digits of another script"),
        pytest.param("$5", "not an amount", id="sign of another currency"),
        pytest.param("5.", "not an amount", id="bare point"),
        pytest.param(".5", "not an amount", id="no whole part"),
        pytest.param("nan", "not an amount", id="nan"),
        pytest.param("{x}", "{x} is not an amount", id="braces are words"),
        pytest.param("9" * 20, "too large", id="too large"),
        pytest.param("9" * 9999, "too large", id="absurdly large"),
    ],
)
def test_parse_money_refuses(typed: str, why: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_money(typed)
    assert why in caught.value.sentence.to("en")
    assert caught.value.way_out is not None


def test_parse_money_of_other_currencies() -> None:
    assert parse_money("$5.25", "USD") == 525
    assert parse_money("500", "JPY", digits=0) == 500
    with pytest.raises(BadInput):
        parse_money("500.5", "JPY", digits=0)


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        pytest.param(319900, "CNY", "3199.00", id="no thousands"),
        pytest.param(5, "CNY", "0.05", id="fen"),
        pytest.param(-5, "CNY", "-0.05", id="negative"),
        pytest.param(0, "CNY", "0.00", id="zero"),
        pytest.param(500, "JPY", "500", id="no decimals"),
    ],
)
def test_format_money(minor: int, currency: str, shown: str) -> None:
    assert format_money(minor, currency) == shown


@pytest.mark.parametrize("minor", [0, 1, 9, 10, 99, 100, 129950, 10**12 + 1])
def test_what_is_shown_can_be_typed_back(minor: int) -> None:
    assert parse_money(format_money(minor)) == minor


@pytest.mark.parametrize(
    ("base", "percent", "expected"),
    [
        pytest.param(319900, 30, 96000, id="959.70 becomes 960"),
        pytest.param(100000, 30, 30000, id="whole yuan stays"),
        pytest.param(1, 1, 100, id="a trace becomes one yuan"),
        pytest.param(0, 30, 0, id="nothing of nothing"),
        pytest.param(319900, 0, 0, id="no percent"),
    ],
)
def test_percent_of_ceil_unit(base: int, percent: int, expected: int) -> None:
    assert percent_of_ceil_unit(base, percent) == expected


@pytest.mark.parametrize(
    ("part", "base", "percent", "within"),
    [
        pytest.param(1000, 10000, 10, True, id="exactly at the limit"),
        pytest.param(1001, 10000, 10, False, id="one fen over"),
        pytest.param(33, 333, 10, True, id="no rounding: 33 of 33.3"),
        pytest.param(34, 333, 10, False, id="no rounding: 34 of 33.3"),
    ],
)
def test_within_percent(part: int, base: int, percent: int, within: bool) -> None:
    assert within_percent(part, base, percent) is within


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        pytest.param(5, 2, 3, id="a half goes up"),
        pytest.param(-5, 2, -3, id="away from zero for negatives"),
        pytest.param(5, -2, -3, id="negative denominator"),
        pytest.param(-5, -2, 3, id="both negative"),
        pytest.param(7, 3, 2, id="below a half"),
        pytest.param(8, 3, 3, id="above a half"),
        pytest.param(0, 7, 0, id="zero"),
    ],
)
def test_half_up(numerator: int, denominator: int, expected: int) -> None:
    assert half_up(numerator, denominator) == expected


def test_half_up_is_never_more_than_a_half_away() -> None:
    for numerator in range(-40, 41):
        for denominator in range(1, 12):
            error = half_up(numerator, denominator) - Fraction(numerator, denominator)
            assert abs(error) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("fen", "said"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角"),
        (105, "壹元零伍分"),
        (1001, "壹拾元零壹分"),
        (319900, "叁仟壹佰玖拾玖元整"),
        pytest.param(1280050, "壹万贰仟捌佰元伍角", id="no zero before jiao after whole hundreds"),
        pytest.param(10000005, "壹拾万元零伍分", id="jiao missing"),
        (10001000, "壹拾万零壹拾元整"),
        pytest.param(100000000, "壹佰万元整", id="empty groups are silent"),
        (1000010000, "壹仟万零壹佰元整"),
        pytest.param(10050000000, "壹亿零伍拾万元整", id="one zero for a run"),
        (12345678901, "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元零壹分"),
        pytest.param(100000500000, "壹拾亿零伍仟元整", id="a whole empty group before thousands"),
        (-500, "负伍元整"),
    ],
)
def test_an_amount_in_capitals(fen: int, said: str) -> None:
    assert capitals(fen) == said
