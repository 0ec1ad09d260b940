"""The pure rules, as tables. Source: manufacturing.md section 5."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from serviceflow_manufacturing.rehearsal import OFF_2025, WORK_2025
from serviceflow_manufacturing.rules import classes, content, dunning, planning, quoting, supply, terms, workdays
from serviceflow_manufacturing.settings import PLAN_MAKE, PLAN_STOCK, REVIEW_ROUTES, read_route


def calendar() -> workdays.FactoryCalendar:
    days: dict[date, tuple[bool, str]] = {}
    for first, last in OFF_2025:
        start = date.fromisoformat(first)
        for n in range((date.fromisoformat(last) - start).days + 1):
            days[start + timedelta(days=n)] = (False, "")
    return workdays.FactoryCalendar(frozenset(range(5)), days | {date.fromisoformat(d): (True, "") for d in WORK_2025})


FACTORY = calendar()


def on(text: str) -> date:
    return date.fromisoformat(f"2025-{text}")


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        pytest.param("04-25", 1, "04-27", id="a make-up Sunday is a workday"),
        pytest.param("04-03", 1, "04-07", id="Qingming is off"),
        pytest.param("05-31", 0, "06-03", id="0w from a day off is the next workday"),
        pytest.param("06-03", 0, "06-03", id="0w from a workday is that day"),
        pytest.param("06-27", -5, "06-20", id="five back"),
        pytest.param("01-27", 1, "02-05", id="over the Spring Festival"),
        pytest.param("09-26", 3, "09-30", id="Sunday 28 September counts"),
    ],
)
def test_the_nth_workday(start: str, n: int, end: str) -> None:
    assert workdays.plus(FACTORY, on(start), n) == on(end)


@pytest.mark.parametrize(
    ("start", "end", "n"),
    [("03-03", "04-25", 38), ("03-03", "05-08", 45), ("03-03", "05-07", 44), ("06-03", "06-03", 0),
     ("06-20", "06-27", 5), ("06-27", "06-20", -5), ("09-24", "10-31", 23)],
)  # fmt: skip
def test_workdays_between(start: str, end: str, n: int) -> None:
    assert workdays.count(FACTORY, on(start), on(end)) == n


def test_a_year_that_is_not_loaded_counts_by_weekdays_and_says_so() -> None:
    factory = calendar()
    assert workdays.plus(factory, date(2026, 1, 1), 1) == date(2026, 1, 2)
    assert [w.to("en") for w in factory.warnings()] == ["Calendar of 2026 is not loaded; plain weekdays were used."]


JACKET = [
    quoting.Material(16_500, 300, 285_000), quoting.Material(12_000, 300, 98_000),
    quoting.Material(10_000, 200, 32_000), quoting.Material(40_000, 200, 3_500), quoting.Material(10_000, 0, 9_000),
]  # fmt: skip
QUANTITY = quoting.bands("1:1.15;300:1.08;1000:1.00;3000:0.97;10000:0.94")


def test_S1_a_jacket_to_the_cent() -> None:
    cost = quoting.base(JACKET, labour=320_000, freight=15_000, quota_fee=0)
    assert cost == Fraction("99.64055")
    k = quoting.factor((10_000, 10_000, 10_000, 10_500))
    price = quoting.unit_price(cost, k, margin=15, vat=13, foreign=False)
    assert price == 1_359_600
    assert quoting.line_amount(1200, price) == 16_315_200


def test_S1_a_foreign_quotation() -> None:
    cost = quoting.base(JACKET, labour=320_000, freight=15_000, quota_fee=20_000)
    assert cost == Fraction("101.64055")
    k = quoting.factor((quoting.from_n(QUANTITY, 3000), 10_300, 10_500, 10_000))
    assert k == Fraction("1.049055")
    price = quoting.unit_price(cost, k, margin=15, vat=13, foreign=True, rate=7_180_000)
    assert (price, quoting.line_amount(3000, price)) == (170_800, 5_124_000)


@pytest.mark.parametrize(
    ("n", "k"),
    [(1, 11_500), (299, 11_500), (300, 10_800), (999, 10_800), (1000, 10_000), (9999, 9_700), (10_000, 9_400)],
)
def test_coefficients_count_from_n_inclusive(n: int, k: int) -> None:
    assert quoting.from_n(QUANTITY, n) == k


@pytest.mark.parametrize("broken", ["", "1", "1:x", "5:1.00;1:2.00", "1:1.23456"])
def test_a_table_of_coefficients_that_cannot_be_read(broken: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        quoting.bands(broken)


MAJOR = 50_000_000


def facts(form: str, fen: int, **more: object) -> classes.Facts:
    return classes.Facts(form, fen, MAJOR, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        pytest.param(facts("phone", 49_999_999), "A/phone", id="a fen below the threshold"),
        pytest.param(facts("phone", 50_000_000), "D/meeting", id="exactly the threshold"),
        pytest.param(facts("written", 800_000, special=((1, "modified"),)), "C/meeting", id="modified line"),
        pytest.param(facts("phone", 800_000, special=((1, "modified"),)), "C/meeting", id="rule 2 before 3"),
        pytest.param(facts("email", 800_000, special=((1, "not regular"),)), "C/meeting", id="suspended product"),
        pytest.param(facts("fax", 2_000_000), "B/general", id="fax"),
        pytest.param(facts("phone", 300_000, foreign=True), "A/meeting", id="Taiwan by phone"),
        pytest.param(facts("written", 100_000, contracting_line="L2"), "D/meeting", id="contracting line"),
        pytest.param(facts("email", 15_600_000, foreign=True), "B/meeting", id="foreign, general class"),
    ],
)
def test_S3_classes(given: classes.Facts, shown: str) -> None:
    assert classes.classify(given).shown == shown


def test_S3_a_foreign_amount_a_fen_below_the_threshold() -> None:
    said = content.merged(content.empty(), {"currency": "USD", "rate": 7_180_000, "lines": [
        {"product": "JK", "qty": 1, "unit_price": 696_378_800}]})  # fmt: skip
    assert content.amount(said) == 6_963_788
    assert content.amount_cny(said) == 49_999_998


def contract(**more: object) -> dict[str, object]:
    base = content.merged(content.empty(), {"currency": "CNY", "lines": [
        {"product": "JK", "spec": "M", "qty": 1000, "unit_price": 4_000_000}]})  # fmt: skip
    return content.merged({**base, "class": "B", "route": "general"}, more)


def test_a_difference_list_names_fields_then_lines_then_sums() -> None:
    new = contract(delivery_date="2025-07-15", lines=[
        {"line_no": 1, "qty": 1200}, {"product": "CAP-02", "qty": 300, "unit_price": 125_000}])  # fmt: skip
    old = contract(delivery_date="2025-06-30")
    assert [str(row) for row in content.differences(old, new)] == [
        "delivery_date: 2025-06-30 -> 2025-07-15",
        "lines[1].qty: 1000 -> 1200",
        "lines[2]: added CAP-02 300 pcs x 12.50",
        "amount: 400000.00 -> 483750.00",
    ]


def test_a_line_number_is_never_used_again() -> None:
    two = contract(lines=[{"product": "CAP", "qty": 1, "unit_price": 1}])
    one = content.merged(two, {"lines": [{"line_no": 2, "remove": True}]})
    again = content.merged(one, {"lines": [{"product": "HAT", "qty": 1, "unit_price": 1}]})
    assert [line["line_no"] for line in again["lines"]] == [1, 3]
    assert str(content.differences(two, one)[0]) == "lines[2]: removed CAP 1 pcs x 0.0001"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"lines": [{"line_no": 1, "qty": 1250}]}, [], id="25 %"),
        pytest.param({"lines": [{"line_no": 1, "qty": 1300}]}, ["amount 30 %"], id="exactly 30 % more"),
        pytest.param({"lines": [{"line_no": 1, "qty": 700}]}, ["amount 30 %"], id="exactly 30 % less"),
        pytest.param({"lines": [{"line_no": 1, "qty": 701}]}, [], id="a piece less than 30 %"),
        pytest.param({"lines": [{"line_no": 1, "change": "modified"}]}, ["lines[1] modified"], id="newly modified"),
        pytest.param({"contracting_line": "L1"}, ["contracting_line"], id="contracting line"),
        pytest.param({"packing": "bag"}, [], id="packing"),
    ],
)
def test_a_large_change(change: dict[str, object], why: list[str]) -> None:
    assert content.large(contract(), contract(**change), 30) == why


@pytest.mark.parametrize(
    ("letter", "missing"),
    [("A", ["delivery_date", "packing", "quality_standard"]),
     ("B", ["delivery_date", "packing", "quality_standard", "delivery_basis", "delivery_mode", "terms", "dispute"])],
)  # fmt: skip
def test_what_a_submission_lacks(letter: str, missing: list[str]) -> None:
    assert content.missing(contract(), letter) == missing


def test_S10_a_tight_plan_shrinks_in_proportion() -> None:
    plan = planning.backwards(FACTORY, on("09-24"), on("10-31"), planning.template(PLAN_MAKE))
    assert (plan.tight, plan.available, plan.needed) == (True, 23, 32)
    assert dict(plan.dates)["material-ordered"] == on("09-26")
    assert dict(plan.dates)["ship"] == on("10-31")


def test_a_plan_from_stock() -> None:
    plan = planning.backwards(FACTORY, on("06-03"), on("06-13"), planning.template(PLAN_STOCK))
    assert dict(plan.dates) == {"final-inspection": on("06-11"), "packed": on("06-12"), "documents-ready": on("06-12"),
                                "ship": on("06-13")}  # fmt: skip


@pytest.mark.parametrize(
    ("delivery", "basis", "transit", "sb"),
    [("07-31", "dispatch", 9, "07-31"), ("07-31", "arrival", 4, "07-25"), ("06-01", "dispatch", 0, "05-30")],
)
def test_ship_by(delivery: str, basis: str, transit: int, sb: str) -> None:
    assert planning.ship_by(FACTORY, on(delivery), basis, transit) == on(sb)


def test_the_forecast_is_the_largest_slip() -> None:
    states = [
        planning.State("material-in", 18, on("06-03"), done_on=on("06-06")),
        planning.State("production-half", 9, on("06-16")),
        planning.State("ship", 0, on("06-27")),
    ]
    assert planning.forecast(FACTORY, on("06-18"), on("06-27"), states) == on("07-02")
    assert planning.forecast(FACTORY, on("06-10"), on("06-27"), states[::2]) == on("07-02")


@pytest.mark.parametrize(
    ("per_piece", "pieces", "waste", "need"),
    [(16_500, 1000, 300, 169_950), (1, 1, 0, 1), (10_000, 3, 0, 300), (3_333, 3, 0, 100)],
)
def test_needs_are_rounded_up(per_piece: int, pieces: int, waste: int, need: int) -> None:
    assert supply.need(per_piece, pieces, waste, 1) == need


def test_terms_are_read_and_shown_as_typed() -> None:
    read = terms.read_terms("deposit:30@sign, balance:70@dispatch+30")
    assert terms.shown(read) == "deposit:30@sign, balance:70@dispatch+30"
    assert terms.stages([]) == [terms.Stage("balance", 100, "dispatch", 0)]
    with pytest.raises(ValueError, match="x"):
        terms.read_terms("x:30@sometime")


@pytest.mark.parametrize(("total", "over"), [(1030, False), (1031, True)])
def test_too_much_is_more_than_the_tolerance(total: int, over: bool) -> None:
    assert terms.over_ordered(total, 1000, 3) is over


@pytest.mark.parametrize(("total", "short"), [(970, False), (969, True)])
def test_too_little_is_less_than_the_tolerance(total: int, short: bool) -> None:
    assert terms.too_short(total, 1000, 3) is short


OFFSETS = [-3, 1, 7, 15, 30, 60]
DUE = on("07-03")


@pytest.mark.parametrize(
    ("today", "level", "found"),
    [
        pytest.param("06-29", 0, None, id="too early"),
        pytest.param("06-30", 0, 1, id="three days before"),
        pytest.param("07-03", 1, None, id="once"),
        pytest.param("07-03", 0, 1, id="on the day"),
        pytest.param("07-04", 0, 2, id="a day after there is no reminder before"),
        pytest.param("07-09", 2, None, id="between levels"),
        pytest.param("07-10", 2, 3, id="a week"),
        pytest.param("08-02", 3, 5, id="only the highest after a pause"),
        pytest.param("09-01", 5, 6, id="sixty days"),
    ],
)
def test_S14_the_ladder(today: str, level: int, found: int | None) -> None:
    done = dunning.dun(OFFSETS, dunning.Debt(100, DUE, level), on(today))
    assert (done.level if done is not None else None) == found


@pytest.mark.parametrize(
    ("debt", "found"),
    [
        pytest.param(dunning.Debt(0, DUE), None, id="paid"),
        pytest.param(dunning.Debt(1, DUE, disputed=True), None, id="disputed"),
        pytest.param(dunning.Debt(1, DUE, promise_on=on("08-20")), None, id="promised for today"),
        pytest.param(dunning.Debt(1, DUE, level=5, promise_on=on("08-19")), 0, id="broken: a call"),
        pytest.param(dunning.Debt(1, DUE, level=4, promise_on=on("08-19")), 5, id="broken: the next level"),
    ],
)
def test_S14_silence(debt: dunning.Debt, found: int | None) -> None:
    done = dunning.dun(OFFSETS, debt, on("08-20"))
    assert (done.level if done is not None else None) == found


def test_routes_read_as_stages_of_roles() -> None:
    assert read_route(REVIEW_ROUTES["general"]) == [["sales-manager", "production"], ["marketing-gm"]]
    with pytest.raises(ValueError, match=r".*"):
        read_route("sales-manager > ")
