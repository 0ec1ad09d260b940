"""Each formula of a deal against a table computed apart from it, and against its definition in decimals.

The tables come from sums of present values and month by month repayment in decimals of 80 digits, without the closed
formulas and the whole-number arithmetic of `serviceflow_realestate.deals`.
"""

from __future__ import annotations

import inspect
import pkgutil
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from importlib import import_module

import pytest
import serviceflow_realestate.deals
from hypothesis import given, settings
from hypothesis import strategies as st
from serviceflow_realestate.deals import handover, loans, plans, prices, returns
from serviceflow_realestate.deals.damages import card_fee

SIGNED = date(2026, 3, 12)
FUNCTIONS = [
    function
    for module in pkgutil.iter_modules(serviceflow_realestate.deals.__path__)
    for _, function in inspect.getmembers(
        import_module(f"serviceflow_realestate.deals.{module.name}"), inspect.isfunction
    )
    if function.__module__.endswith(f"deals.{module.name}") and not function.__name__.startswith("_")
]


def fen(yuan: str | Decimal) -> int:
    """Return an amount in fen, rounded half up on its absolute value."""
    with localcontext() as exact:
        exact.prec = 60
        return int((Decimal(yuan) * 100).quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_a_formula_names_its_source(function: object) -> None:
    assert "Source: realestate.md" in (inspect.getdoc(function) or "")


@pytest.mark.parametrize(
    ("principal", "rate", "years", "level", "last", "interest"),
    [
        ("860000", 490, 30, "4564.25", "4564.10", "783129.85"),
        ("300000", 325, 10, "2931.57", "2931.68", "51788.51"),
        ("100000", 435, 7, "1383.05", "1383.11", "16176.26"),
    ],
)
def test_a_schedule_of_equal_instalments(
    principal: str, rate: int, years: int, level: str, last: str, interest: str
) -> None:
    rows = loans.schedule(fen(principal), rate, years, "equal-instalment")
    assert {row.payment for row in rows[:-1]} == {fen(level)}
    assert (rows[-1].payment, sum(row.interest for row in rows)) == (fen(last), fen(interest))


@pytest.mark.parametrize(
    ("principal", "rate", "years", "first", "second", "last", "interest"),
    [
        ("860000", 490, 30, "5900.56", "5890.80", "2398.24", "633855.51"),
        ("300000", 325, 10, "3312.50", "3305.73", "2506.77", "49156.30"),
        ("100000", 435, 7, "1552.98", "1548.66", "1194.47", "15406.20"),
    ],
)
def test_a_schedule_of_equal_principal(
    principal: str, rate: int, years: int, first: str, second: str, last: str, interest: str
) -> None:
    rows = loans.schedule(fen(principal), rate, years, "equal-principal")
    assert [rows[n].payment for n in (0, 1, -1)] == [fen(first), fen(second), fen(last)]
    assert sum(row.interest for row in rows) == fen(interest)
    assert loans.monthly(fen(principal), rate, years, "equal-principal") == fen(first)


@pytest.mark.parametrize(
    ("principal", "rate", "years", "level"),
    [
        ("700000", 420, 20, "4316.00"),
        ("500000", 385, 15, "3660.97"),
        ("1230000", 539, 25, "7472.69"),
        ("50000", 1200, 1, "4442.44"),
        ("2000000", 310, 30, "8540.33"),
        ("10000", 1, 30, "27.82"),
    ],
)
def test_monthly_payments(principal: str, rate: int, years: int, level: str) -> None:
    assert loans.monthly(fen(principal), rate, years, "equal-instalment") == fen(level)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 1500), st.integers(1, 30))
def test_a_monthly_payment_is_worth_the_loan_today(thousands: int, rate: int, years: int) -> None:
    with localcontext() as exact:
        exact.prec = 60
        worth = 1 / (1 + Decimal(rate) / 120_000)
        level = Decimal(thousands * 1000) / sum(worth**k for k in range(1, years * 12 + 1))
        assert loans.equal_instalment(thousands * 1000_00, rate, years) == fen(level)


@pytest.mark.parametrize(
    ("total", "area", "price"),
    [("1235710", 9850, "12545.28"), ("1674635", 12530, "13365.00"), ("147015", 1250, "11761.20"), ("1", 300, "0.33")],
)
def test_deal_unit_price(total: str, area: int, price: str) -> None:
    assert prices.deal_unit_price(fen(total), area) == fen(price)


@pytest.mark.parametrize(
    ("total", "percent", "most"), [("1235710", 2000, "247142"), ("100", 50, "0.50"), ("333", 3300, "109.89")]
)
def test_the_largest_deposit(total: str, percent: int, most: str) -> None:
    assert prices.most_deposit(fen(total), percent) == fen(most)


@given(st.integers(0, 10**11), st.integers(0, 100_00))
def test_a_share_and_the_largest_deposit_are_at_most_a_fen_apart(total: int, percent: int) -> None:
    assert prices.share(total, percent) == fen(Decimal(total * percent) / 1_000_000)
    assert prices.share(total, percent) - prices.most_deposit(total, percent) in (0, 1)


@given(st.integers(1, 50_000), st.integers(1, 10_000_000), st.sampled_from([1, 100, 1000_00]))
def test_a_list_price_is_the_nearest_multiple(area: int, unit_price: int, unit: int) -> None:
    found = prices.list_total(area, unit_price, unit)
    assert found % unit == 0
    assert abs(Decimal(area) * unit_price / 100 - found) <= Decimal(unit) / 2


@given(st.integers(1, 10**9), st.integers(0, 9000), st.integers(1, 10**6))
def test_a_loan_limit_is_the_largest_multiple(total: int, down: int, unit: int) -> None:
    found = loans.loan_limit(total, down, unit)
    assert found % unit == 0
    assert found * 10_000 <= total * (10_000 - down) < (found + unit) * 10_000


@pytest.mark.parametrize(
    ("total", "percent", "unit", "first", "balance"),
    [
        ("1223228", 3000, 100, "366968", "856260"),
        ("1223228", 3300, 1000_00, "404000", "819228"),
        ("999999", 5000, 100, "500000", "499999"),
    ],
)
def test_lump_lines(total: str, percent: int, unit: int, first: str, balance: str) -> None:
    assert plans.lump_lines(fen(total), percent, SIGNED, 30, unit) == [
        plans.PlanLine("first", fen(first), SIGNED),
        plans.PlanLine("balance", fen(balance), date(2026, 4, 11)),
    ]


def test_lines_of_a_mortgage_and_of_the_whole() -> None:
    assert plans.mortgage_lines(fen("1235710"), fen("860000"), SIGNED, 60) == [
        plans.PlanLine("first", fen("375710"), SIGNED),
        plans.PlanLine("loan", fen("860000"), date(2026, 5, 11)),
    ]
    assert plans.whole_line(fen("1260800"), SIGNED) == [plans.PlanLine("first", fen("1260800"), SIGNED)]


@pytest.mark.parametrize(
    ("total", "count", "amounts", "dues"),
    [
        ("860000", 3, ["286666", "286666", "286668"], ["2026-02-28", "2026-03-31", "2026-04-30"]),
        ("100", 7, ["14"] * 6 + ["16"], None),
        ("2", 3, ["0", "0", "2"], None),
    ],
)
def test_equal_lines(total: str, count: int, amounts: list[str], dues: list[str] | None) -> None:
    lines = plans.equal_lines(fen(total), count, date(2026, 1, 31), 100)
    assert [line.amount for line in lines] == [fen(amount) for amount in amounts]
    if dues is not None:
        assert [line.due.isoformat() for line in lines] == dues


@given(st.integers(1, 10**8), st.lists(st.integers(1, 60), min_size=1, max_size=8))
def test_any_plan_adds_up_to_the_price(total: int, weights: list[int]) -> None:
    cuts = [weight * 10_000 // sum(weights) for weight in weights]
    cuts[-1] += 10_000 - sum(cuts)
    lines = plans.instalment_lines(total * 100, [(cut, n) for n, cut in enumerate(cuts)], SIGNED, 100)
    assert sum(line.amount for line in lines) == total * 100
    for line, cut in zip(lines[:-1], cuts, strict=False):
        assert abs(Decimal(total * 100 * cut) / 10_000 - line.amount) <= 50


@pytest.mark.parametrize(
    ("contract", "actual", "price", "due"),
    [
        pytest.param(9850, 10145, "12545.28", "37008.58", id="2.95 of 2.955 m2: all of it"),
        pytest.param(9850, 10146, "12545.28", "37071.30", id="2.96 m2: the tolerance"),
        pytest.param(9850, 9555, "12545.28", "-37008.58", id="2.95 m2 less"),
        pytest.param(9850, 9554, "12545.28", "-37196.76", id="2.96 m2 less: 0.005 twice"),
        pytest.param(12530, 11800, "13365.00", "-144889.97", id="far below"),
        pytest.param(10000, 10300, "9999.99", "29999.97", id="exactly the tolerance"),
        pytest.param(10000, 9700, "9999.99", "-29999.97", id="exactly the tolerance less"),
    ],
)
def test_area_settlements(contract: int, actual: int, price: str, due: str) -> None:
    assert handover.area_settlement(contract, actual, fen(price), 300) == -fen(due.removeprefix("-")) * (
        1 if due.startswith("-") else -1
    )
    over = abs(actual - contract) * 100 > 3 * contract
    assert handover.area_error_over(contract, actual, 300) is over


@given(st.integers(1000, 50_000), st.integers(-5000, 5000), st.integers(1, 5_000_000))
def test_a_larger_area_never_costs_less(contract: int, difference: int, price: int) -> None:
    here = handover.area_settlement(contract, contract + difference, price, 300)
    assert here <= handover.area_settlement(contract, contract + difference + 1, price, 300)
    assert (here > 0) <= (difference > 0)


@pytest.mark.parametrize(
    ("area", "fund", "fee", "months", "price", "tax", "found"),
    [
        (9940, 80_00, 2_50, 6, "1247000.75", 100, ("7952.00", "1491.00", "12470.01")),
        (14127, 80_00, 2_85, 12, "2200000", 150, ("11301.60", "4831.43", "33000.00")),
        (1250, 80_00, 2_50, 6, "150000", 300, ("1000.00", "187.50", "4500.00")),
    ],
)
def test_fees(area: int, fund: int, fee: int, months: int, price: str, tax: int, found: tuple[str, str, str]) -> None:
    due = handover.fees(area, fen(price), tax, fund_per_m2=fund, property_per_m2=fee, property_months=months)
    assert (due.maintenance, due.property_fee, due.deed_tax) == tuple(fen(part) for part in found)
    assert due.total == sum(fen(part) for part in found)


@pytest.mark.parametrize(
    ("base", "rate", "days", "due"),
    [
        ("1235710", 3, 20, "7414.26"),
        ("1235710", 1, 9, "1112.14"),
        ("1000000", 3, 61, "18300.00"),
        ("375710", 3, 1, "112.71"),
        ("375710", 3, 0, "0"),
        ("375710", 3, -5, "0"),
    ],
)
def test_daily_compensation(base: str, rate: int, days: int, due: str) -> None:
    assert handover.daily_compensation(fen(base), rate, days) == fen(due)


@pytest.mark.parametrize(
    ("paid", "percent", "days", "interest"),
    [
        ("375710", 300, 365, "11271.30"),
        ("375710", 300, 495, "15285.74"),
        ("502391", 250, 1, "34.41"),
        ("20000", 300, 731, "1201.64"),
        ("20000", 300, 0, "0"),
    ],
)
def test_buyback_interest(paid: str, percent: int, days: int, interest: str) -> None:
    assert returns.buyback_interest(fen(paid), percent, SIGNED, SIGNED + timedelta(days=days)) == fen(interest)


@given(
    st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, 10**7)
)
def test_what_a_return_costs_the_customer_the_company_gets(
    own: int, loan: int, payoff: int, deal: int, damages: int
) -> None:
    def refund(cause: str) -> int:
        return returns.return_refund(own, loan, payoff, deal, damages, cause, penalty_percent=500)[0]

    base = own + loan - payoff
    penalty = prices.share(deal, 500)
    assert (refund("no-fault"), refund("area")) == (base, base)
    assert (refund("company") - base, base - refund("default")) == (penalty, penalty)
    assert refund("customer") == refund("default") - damages


@given(
    st.integers(1, 10**9),
    st.lists(st.sampled_from([("工行", "1"), ("建行", "2"), ("中行", "3")]), max_size=6),
    st.integers(0, 3),
)
def test_a_card_fee_is_bounded_and_free_cards_stay_free(amount: int, seen: list[tuple[str, str]], free: int) -> None:
    def fee(card: tuple[str, str], before: list[tuple[str, str]]) -> int:
        return card_fee(amount, "debit", card, before, free=free, debit_percent=50, debit_cap=25_00, credit_percent=60)

    first = list(dict.fromkeys(seen))
    for card in first:
        assert 0 <= fee(card, seen) <= 25_00
        assert (fee(card, seen) == 0) == (card in first[:free] or len(first) < free or amount * 50 < 5000)
