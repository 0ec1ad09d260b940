"""The figures of a month, counted by hand. Source: studio.md section 9."""

from __future__ import annotations

from datetime import date

from serviceflow.api import Order
from serviceflow_studio import ledger
from serviceflow_studio.boards import case_in
from serviceflow_studio.rehearsal import Rehearsal
from serviceflow_studio.reports import Period, figures


def month(studio: Rehearsal, first: date, last: date, owner: int | None = None) -> dict[str, str]:
    with studio.shop.reading() as tx:
        return {f.key: f.shown() for f in figures(Period.of(studio.shop, tx, first, last, owner))}


def test_a_month_counted_by_hand(studio: Rehearsal) -> None:
    studio.at("2025-03-03 10:00")
    first = studio.booked(name="甲", phone="13800000001", heard_from="点评")
    studio.at("2025-03-04 10:00")
    second = studio.open(studio.customer("乙", "13800000002"))
    studio.do(second, "leave-undecided")
    studio.at("2025-03-04 10:31")
    studio.do(second, "hand-sheet", objection="price", true_reason="预算")
    studio.do(second, "log-call", result="refused")
    studio.at("2025-03-05 10:00")
    third = studio.open(studio.customer("丙", "13800000003"))
    studio.do(third, "leave-undecided")
    studio.do(third, "hand-sheet", objection="time", true_reason="婚期未定")
    studio.at("2025-03-20 10:00")
    studio.do(third, "returns")
    plan = {"package": "W2999", "price": "2999", "terms_read": "yes", "customer_signed": "yes"}
    studio.do(third, "technique", technique="gift")
    studio.do(third, "sign-plan", **plan)
    studio.do(third, "take-deposit", amount="600", method="cash", invoice_no="3")
    studio.do(first, "give-pack", card_no="LC1", explained="yes")
    studio.do(first, "book-shoot", date="2025-03-28", wave="09:00")
    march = month(studio, date(2025, 3, 1), date(2025, 3, 31))
    assert march["close-rate"] == "66.7 % (2/3)"
    assert march["sheet-on-time"] == "50.0 % (1/2)"
    assert march["call-on-time"] == "50.0 % (1/2)"
    assert march["win-back"] == "50.0 % (1/2)"
    assert march["win-back-time"] == "100.0 % (1/1)"
    assert march["sale-first"] == "6998.00"
    assert march["utilisation-shoot"] == "0.4 % (1/248)"
    assert march["technique-gift"] == "100.0 % (1/1)"
    assert march["source-点评"] == "100.0 % (1/1)"
    assert march["no-show-shoot"] == "-"
    assert (march["aged-0"], march["aged-0-balance"]) == ("1", "2399.00")
    assert (march["aged-11"], march["aged-61"]) == ("0", "0")
    assert march["complaints-in-time"] == march["sessions-in-time"] == march["ready-on-time"] == "-"
    april = month(studio, date(2025, 4, 1), date(2025, 4, 30))
    assert april["close-rate"] == "-"


def test_a_case_counts_where_its_latest_outcome_lies(studio: Rehearsal) -> None:
    studio.at("2025-03-31 20:00")
    case = studio.open(studio.customer("丁", "13800000004"))
    studio.do(case, "leave-undecided")
    assert month(studio, date(2025, 3, 1), date(2025, 3, 31))["close-rate"] == "0.0 % (0/1)"
    studio.at("2025-04-01 10:00")
    studio.do(case, "returns")
    studio.do(case, "sign-plan", package="W2999", price="2999", terms_read="yes", customer_signed="yes")
    studio.do(case, "take-deposit", amount="600", method="cash", invoice_no="4")
    assert month(studio, date(2025, 4, 1), date(2025, 4, 30))["close-rate"] == "100.0 % (1/1)"


def test_a_month_reads_the_cases_with_which_something_was_done_in_it(studio: Rehearsal) -> None:
    studio.at("2025-03-03 10:00")
    studio.booked(name="甲", phone="13800000001")
    later = studio.booked(name="乙", phone="13800000002")
    studio.at("2025-04-02 10:00")
    studio.do(later, "give-pack", card_no="LC1", explained="yes")
    with studio.shop.reading() as tx:
        april = Period.of(studio.shop, tx, date(2025, 4, 1), date(2025, 4, 30))
        assert list(april.orders) == [later]
        assert {deed.action for deed in april.deeds} >= {"take-deposit", "give-pack"}
        assert len({deed.order_id for deed in april.deeds}) == 1


def test_what_many_cases_owe_is_what_each_owes(studio: Rehearsal) -> None:
    studio.at("2025-03-03 10:00")
    cases = [studio.booked(name=name, phone=f"1380000000{n}") for n, name in enumerate(("甲", "乙"), start=1)]
    with studio.shop.reading() as tx:
        one_by_one = {n: ledger.balance(case_in(studio.shop, tx, tx.need(Order, n))) for n in cases}
        assert ledger.balances(tx, [cases]) == one_by_one
        assert ledger.balances(tx, ([n] for n in cases)) == one_by_one
