"""Deal arithmetic against tables computed by other means, and laws that hold for any numbers."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, getcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serviceflow.kit.payments import Due, Overpaid, allocate, late_damages
from serviceflow_realestate.deals import handover, loans, plans, prices, returns
from serviceflow_realestate.deals.damages import card_fee

getcontext().prec = 60
YUAN = 100


def cents(value: Decimal) -> int:
    """Return yuan as fen, rounded half up, by decimal arithmetic."""
    return int((value * 100).quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("area", "price", "total"),
    [("98.50", "12800", 1_260_800), ("98.50", "12900", 1_270_650), ("125.30", "13500", 1_691_550), ("1.00", "0.50", 1)],
)
def test_list_total(area: str, price: str, total: int) -> None:
    assert prices.list_total(int(Decimal(area) * 100), int(Decimal(price) * 100), 100) == total * YUAN


@pytest.mark.parametrize(
    ("percents", "amounts", "total"),
    [
        pytest.param([100, 100], [], 1_235_710, id="payway and on time"),
        pytest.param([100, 100, 300], [], 1_198_639, id="an extra discount on top"),
        pytest.param([], [10_000_00], 1_250_800, id="a fixed amount"),
        pytest.param([100, 100], [10_000_00], 1_225_710, id="percents before amounts"),
        pytest.param([], [], 1_260_800, id="none"),
    ],
)
def test_deal_total(percents: list[int], amounts: list[int], total: int) -> None:
    assert prices.deal_total(1_260_800_00, percents, amounts, 100) == total * YUAN


@given(
    st.integers(1, 10**9),
    st.lists(st.integers(0, 2000), max_size=5),
    st.integers(0, 10**6),
    st.permutations(range(5)),
)
def test_the_order_of_percents_does_not_matter(total: int, percents: list[int], amount: int, order: list[int]) -> None:
    shuffled = [percents[i] for i in order if i < len(percents)]
    direct = prices.deal_total(total * YUAN, percents, [amount], 100)
    assert direct == prices.deal_total(total * YUAN, shuffled, [amount], 100)
    exact = Decimal(total)
    for percent in percents:
        exact *= 1 - Decimal(percent) / 10000
    exact -= Decimal(amount) / 100
    assert direct == int(exact.quantize(Decimal(1), ROUND_HALF_UP)) * YUAN


@pytest.mark.parametrize(
    ("principal", "rate", "years", "monthly"),
    [
        pytest.param(860_000, "4.90", 30, "4564.25", id="A1"),
        pytest.param(1_000_000, "4.90", 30, "5307.27", id="the textbook million over 30 years"),
        pytest.param(1_000_000, "4.90", 20, "6544.44", id="over 20 years"),
        pytest.param(300_000, "3.25", 10, "2931.57", id="a fund loan"),
        pytest.param(120_000, "0", 10, "1000.00", id="without interest"),
    ],
)
def test_equal_instalments(principal: int, rate: str, years: int, monthly: str) -> None:
    assert loans.equal_instalment(principal * YUAN, int(Decimal(rate) * 100), years) == cents(Decimal(monthly))


@settings(max_examples=40)
@given(
    st.integers(1, 2000),
    st.integers(0, 1200),
    st.integers(1, 30),
    st.sampled_from(["equal-instalment", "equal-principal"]),
)
def test_a_schedule_repays_exactly_the_loan(tens: int, rate: int, years: int, method: str) -> None:
    principal = tens * 10_000 * YUAN
    rows = loans.schedule(principal, rate, years, method)
    assert len(rows) == years * 12
    assert rows[-1].balance == 0
    assert sum(row.payment - row.interest for row in rows) == principal
    assert all(row.payment >= row.interest >= 0 for row in rows)


def test_equal_principal_pays_less_each_month() -> None:
    rows = loans.schedule(1_200_000 * YUAN, 490, 10, "equal-principal")
    assert rows[0].payment == 10_000_00 + 4_900_00
    assert [r.payment for r in rows] == sorted((r.payment for r in rows), reverse=True)


@pytest.mark.parametrize(
    ("total", "down", "limit"),
    [(1_235_710, 3000, 860_000), (1_198_639, 3000, 830_000), (1_000_000, 3000, 700_000), (999_999, 5000, 490_000)],
)
def test_loan_limit(total: int, down: int, limit: int) -> None:
    assert loans.loan_limit(total * YUAN, down, 10_000 * YUAN) == limit * YUAN


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("1988-05-20", "2026-05-19", 37),
        ("1988-05-20", "2026-05-20", 38),
        pytest.param("1992-02-29", "2026-02-28", 33, id="29 February: not yet on 28 February"),
        pytest.param("1992-02-29", "2026-03-01", 34, id="29 February: on 1 March"),
    ],
)
def test_completed_age(born: str, on: str, age: int) -> None:
    assert loans.completed_age(date.fromisoformat(born), date.fromisoformat(on)) == age


def test_instalment_lines_are_whole_yuan_and_add_up() -> None:
    parts = plans.read_parts(["30@0", "30@2", "30@4", "10@6"])
    lines = plans.instalment_lines(1_674_635_00, parts, date(2026, 1, 31), 100)
    assert [(line.amount // 100, line.due.isoformat()) for line in lines] == [
        (502_391, "2026-01-31"),
        (502_391, "2026-03-31"),
        (502_391, "2026-05-31"),
        (167_462, "2026-07-31"),
    ]


@given(st.integers(1, 10**8), st.integers(1, 24))
def test_equal_lines_add_up(total: int, count: int) -> None:
    lines = plans.equal_lines(total * YUAN, count, date(2026, 8, 31), 100)
    assert sum(line.amount for line in lines) == total * YUAN
    assert all(line.amount % 100 == 0 for line in lines)


@pytest.mark.parametrize("words", [["30@0"], ["30@0", "70"], ["50@0", "60@1"], ["x@0"]])
def test_a_plan_that_is_none_is_refused(words: list[str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        plans.read_parts(words)


# -- late damages --------------------------------------------------------------------------------------------

DUE = date(2026, 3, 31)
LINE = 502_391_00


def slow_damages(amount: int, due: date, payments: list[tuple[date, int]], until: date, grace: int, rate: int) -> int:
    """Return the damages by counting day for day."""
    left, cleared = amount, None
    for on, paid in sorted(payments):
        left -= paid
        if left <= 0 and cleared is None:
            cleared = on
    if (cleared is not None and cleared <= due + timedelta(days=grace)) or until <= due + timedelta(days=grace):
        return 0
    total, day = Decimal(0), due + timedelta(days=1)
    while day <= until:
        open_ = amount - sum(paid for on, paid in payments if on < day)
        total += Decimal(max(open_, 0)) * rate / 10000
        day += timedelta(days=1)
    return int(total.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("payments", "until", "damages"),
    [
        pytest.param([("04-10", 202_391)], "04-15", 1957_17, id="A10 to the demand"),
        pytest.param([("04-10", 202_391), ("04-20", 300_000)], "05-30", 2407_17, id="A10 cleared"),
        pytest.param([("04-03", 502_391)], "05-30", 0, id="on the last day of grace"),
        pytest.param([("04-04", 502_391)], "05-30", 602_87, id="a day after grace, the days of grace count too"),
        pytest.param([], "04-03", 0, id="within grace nothing is due yet"),
        pytest.param([("03-30", 502_391)], "05-30", 0, id="paid in time"),
    ],
)
def test_late_damages(payments: list[tuple[str, int]], until: str, damages: int) -> None:
    paid = [(date.fromisoformat(f"2026-{on}"), amount * YUAN) for on, amount in payments]
    assert late_damages(LINE, DUE, paid, date.fromisoformat(f"2026-{until}"), grace=3, per_myriad=3) == damages


@settings(max_examples=200)
@given(
    st.integers(1, 10**8),
    st.lists(st.tuples(st.integers(-20, 90), st.integers(1, 10**7)), max_size=6),
    st.integers(-5, 120),
    st.integers(0, 10),
    st.integers(0, 20),
)
def test_late_damages_as_counted_day_for_day(
    amount: int, payments: list[tuple[int, int]], days: int, grace: int, rate: int
) -> None:
    paid, left = [], amount
    for after, part in sorted(payments):
        part = min(part, left)
        if part:
            paid.append((DUE + timedelta(days=after), part))
        left -= part
    until = DUE + timedelta(days=days)
    assert late_damages(amount, DUE, paid, until, grace=grace, per_myriad=rate) == slow_damages(
        amount, DUE, paid, until, grace, rate
    )


def test_money_goes_to_the_earliest_line_first() -> None:
    lines = [
        Due("b", date(2026, 3, 31), 2, 500),
        Due("c", date(2026, 5, 31), 3, 500),
        Due("a", date(2026, 3, 31), 1, 200),
    ]
    assert allocate(800, lines) == [("a", 200), ("b", 500), ("c", 100)]
    with pytest.raises(Overpaid) as caught:
        allocate(1201, lines)
    assert caught.value.open == 1200


# -- returns, handover, buyback, cards -----------------------------------------------------------------------

DEAL = 1_235_710_00


@pytest.mark.parametrize(
    ("cause", "damages", "refund"),
    [
        pytest.param("customer", 0, 316_324_50, id="A12 by his own wish"),
        pytest.param("customer", 1_000_00, 315_324_50, id="open damages come off"),
        pytest.param("company", 1_000_00, 439_895_50, id="A12 for the company's fault"),
        pytest.param("no-fault", 1_000_00, 378_110_00, id="nobody's fault"),
        pytest.param("area", 0, 378_110_00, id="area error"),
        pytest.param("default", 9_999_99, 316_324_50, id="after a default the penalty replaces damages"),
    ],
)
def test_return_refund(cause: str, damages: int, refund: int) -> None:
    found, _ = returns.return_refund(375_710_00, 860_000_00, 857_600_00, DEAL, damages, cause, penalty_percent=500)
    assert found == refund


@pytest.mark.parametrize(
    ("reason", "price"),
    [("agreed", 1_238_981_30), ("policy", 1_246_981_30), ("bank-guarantee", 1_165_924_50)],
)
def test_buyback_price(reason: str, price: int) -> None:
    interest = returns.buyback_interest(375_710_00, 300, date(2026, 3, 12), date(2027, 3, 12))
    assert interest == 11_271_30
    assert returns.buyback_price(reason, DEAL, interest, 8_000_00, 0, bank_penalty_percent=500) == price


@pytest.mark.parametrize(
    ("actual", "due"),
    [
        pytest.param("99.40", "11290.75", id="A13 within the tolerance the buyer pays"),
        pytest.param("97.60", "-11290.75", id="within the tolerance he gets it back"),
        pytest.param("102.00", "37071.30", id="A13 above: only the tolerance is paid"),
        pytest.param("95.00", "-50745.66", id="A13 below: the part beyond counts twice"),
        pytest.param("98.50", "0", id="as agreed"),
    ],
)
def test_area_settlement(actual: str, due: str) -> None:
    found = handover.area_settlement(9850, int(Decimal(actual) * 100), prices.deal_unit_price(DEAL, 9850), 300)
    assert found == (-cents(-Decimal(due)) if due.startswith("-") else cents(Decimal(due)))


@pytest.mark.parametrize(
    ("residential", "home", "area", "percent"),
    [
        (True, "first", 9940, 100),
        (True, "first", 14000, 100),
        (True, "first", 14001, 150),
        (True, "second", 14000, 100),
        (True, "second", 14001, 200),
        (True, "other", 9000, 300),
        (False, "first", 900, 300),
    ],
)
def test_deed_tax_percent(residential: bool, home: str, area: int, percent: int) -> None:
    assert (
        handover.deed_tax_percent(
            residential, home, area, limit=140, small=100, first_large=150, second_large=200, other=300
        )
        == percent
    )


def test_fees_of_A13() -> None:
    due = handover.fees(9940, DEAL + 11_290_75, 100, fund_per_m2=8000, property_per_m2=250, property_months=6)
    assert (due.maintenance, due.property_fee, due.deed_tax, due.total) == (7_952_00, 1_491_00, 12_470_01, 21_913_01)


@pytest.mark.parametrize(
    ("amount", "method", "card", "seen", "fee"),
    [
        pytest.param(100_000_00, "debit", ("工行", "1"), [], 0, id="the first debit card is free"),
        pytest.param(100_000_00, "debit", ("工行", "1"), [("工行", "1")], 0, id="for all its payments"),
        pytest.param(100_000_00, "debit", ("建行", "2"), [("工行", "1")], 25_00, id="another one costs, capped"),
        pytest.param(1_000_00, "debit", ("建行", "2"), [("工行", "1")], 5_00, id="below the cap"),
        pytest.param(1_000_00, "credit", ("建行", "2"), [], 6_00, id="credit cards always cost"),
        pytest.param(1_000_00, "transfer", ("", ""), [], 0, id="a transfer costs nothing"),
    ],
)
def test_card_fee(amount: int, method: str, card: tuple[str, str], seen: list[tuple[str, str]], fee: int) -> None:
    found = card_fee(amount, method, card, seen, free=1, debit_percent=50, debit_cap=25_00, credit_percent=60)
    assert found == fee
