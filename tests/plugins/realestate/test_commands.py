"""A sales centre's morning, typed as the specification types it. Source: realestate.md section 8."""

from __future__ import annotations

import json
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from serviceflow.api import Customer
from serviceflow.store.place import Place
from serviceflow_realestate.rehearsal import Rehearsal
from serviceflow_realestate.tables import ReReceipt

from tests.plugins.conftest import Flow


@pytest.fixture
def flow(centre: Rehearsal, place: Place, typed: Flow) -> Flow:
    """Type a line in English as somebody, at the time the centre's clock shows, nobody at the terminal."""
    return partial(typed, str(place.path or place.url))


def test_the_quote_of_the_specification(centre: Rehearsal, flow: Flow) -> None:
    centre.at("2026-03-07 09:00")
    assert flow("lin", "re", "quote", "3-1-1502", "--pay", "mortgage", "--years", "30").stdout.splitlines() == [
        "3-1-1502  98.50 m2 x 12,800 = 1,260,800",
        "discounts  payway 1%, on-time 1%            deal total 1,235,710",
        "first payment 375,710 (deposit 20,000 + 355,710 at signing)   loan 860,000",
        "30 years, 4.90 %, Equal instalments          monthly 4,564.25",
    ]
    assert "Loan limit is 860,000" in flow("lin", "re", "quote", "3-1-1502", "--loan", "870000", code=2).stderr


def test_the_building_as_a_grid(centre: Rehearsal, flow: Flow) -> None:
    centre.at("2026-03-07 09:00")
    centre.subscribed()
    shown = flow("lin", "realestate", "units").stdout.splitlines()
    assert shown[:4] == [
        "Building 3: 2 units, 1 available",
        "     1-02",
        " 16  o",
        " 15  H",
    ]
    assert shown[-1] == "o available  H held"
    assert max(map(len, shown)) <= 80
    found = json.loads(flow("lin", "re", "units", "--state", "available", "--json").stdout)["units"]
    assert [row["unit"] for row in found] == ["3-1-1602", "5-2-0801", "P1-1-B117"]
    assert "is no state" in flow("lin", "re", "units", "--state", "sold", code=2).stderr


def test_reception_by_hand(centre: Rehearsal, flow: Flow) -> None:
    centre.at("2026-03-07 08:30")
    for login in ("lin", "zhou"):
        flow(login, "re", "rota", "in")
    flow("sun", "re", "rota", "confirm")
    centre.at("2026-03-07 09:00")
    done = flow("sun", "re", "visit", "in", "13800001111", "--name", "王先生", "--party", "2")
    said = done.stdout + done.stderr
    assert "assigned 林静 (turn 1 of today, kind: turn), answer by 09:03:00" in said
    assert "greeter now: 周凯, ready: 周凯, waiting: -" in said
    centre.at("2026-03-07 09:02")
    flow("lin", "re", "visit", "take")
    why = json.loads(flow("sun", "re", "rota", "explain", "--json").stdout)["rota"]
    assert [row["why"] for row in why] == [
        "next: fewest turns (0), signed in as number 2",
        "not next: receiving; 1 turn(s) when ready again",
    ]
    flow("lin", "re", "visit", "done", "王先生", "--wants", "3室", "--budget", "1300000", "--grade", "A")
    flow("lin", "re", "follow", "王先生", "--by", "phone", "--grade", "A", "--note", "约签约")
    flow("lin", "re", "subscribe", "3-1-1502", "--customer", "王先生")
    assert centre.unit("3-1-1502").state == "held"
    board = flow("chen", "re", "board").stdout
    assert "3-1-1502" in board
    flow("lin", "re", "daily", "submit")
    rows = json.loads(flow("sun", "re", "daily", "report", "--json").stdout)["agents"]
    assert rows[0] | {"first": 1, "submitted": True} == rows[0]


def test_holds_by_hand(centre: Rehearsal, flow: Flow) -> None:
    centre.at("2026-03-07 09:00")
    centre.customer("赵强", "13800000002")
    flow("lin", "re", "hold", "3-1-1602", "--customer", "赵强")
    said = flow("zhou", "re", "hold", "3-1-1602", "--release", code=3).stderr
    assert "Only its agent or the sales manager may do this" in said
    flow("lin", "re", "hold", "3-1-1602", "--release")
    assert centre.unit("3-1-1602").state == "available"
    said = flow("lin", "re", "unit", "withdraw", "3-1-1602", code=3).stderr
    assert "Only the sales manager may do this" in said
    flow("chen", "re", "unit", "price", "3-1-1602", "13000", "--reason", "调价")
    assert centre.unit("3-1-1602").list_total == 1_280_500_00


def test_money_by_hand(centre: Rehearsal, flow: Flow) -> None:
    centre.at("2026-03-07 11:00")
    sub = centre.briefed()
    contract = centre.at_terms(sub, "2026-03-12 14:00")
    centre.do(contract, "no-objection")
    number = centre.order(contract).number
    flow("qian", "re", "pay", number, "355710", "--method", "debit", "--card", "建行-9")
    flow("wu", "do", number, "sign", "contract_no=HT-1", "handover_date=2027-06-30")
    found = json.loads(flow("qian", "re", "ledger", number, "--json").stdout)
    assert [(r["kind"], r["amount"], r["open"]) for r in found["lines"]] == [
        ("first", 37571000, 0),
        ("loan", 86000000, 86000000),
    ]
    assert [r["amount"] for r in found["receipts"]] == [2000000, 35571000]
    loan = centre.order(centre.child(contract, "mortgage")).number
    flow("zheng", "re", "docs", loan, "--got", "id-card", "--got", "bank-statements:both:12")
    papers = json.loads(flow("zheng", "re", "docs", loan, "--json").stdout)["papers"]
    assert [p["item"] for p in papers if p["received"]] == ["id-card", "bank-statements"]
    assert json.loads(flow("qian", "re", "late", "--json").stdout)["late"] == []
    assert "sell-through" in flow("chen", "re", "report", "nonsense", code=2).stderr
    assert (
        json.loads(flow("chen", "re", "report", "sell-through", "--json").stdout)["figures"][0]["value"]
        == "25.0 % (1/4)"
    )


def test_visitors_by_wrong_words_leave_nothing_behind(centre: Rehearsal, flow: Flow) -> None:
    centre.at("2026-03-07 09:00")
    before = len(centre.rows(Customer))
    assert (
        "Nobody is called nobody" in flow("sun", "re", "visit", "in", "13800009999", "--ask", "nobody", code=2).stderr
    )
    assert "不是电话号码" not in flow("sun", "re", "visit", "in", "abc", code=2).stderr
    assert len(centre.rows(Customer)) == before
    flow("sun", "re", "visit", "in", "13800009999", "--name", "Kim")
    assert len(centre.rows(Customer)) == before + 1
    flow("chen", "re", "visit", "void", "LD-00001", "--reason", "peer")
    assert centre.rota("waiting") == []
    assert "Which project?" in flow("sun", "re", "milestone", "P99", code=2).stderr


def test_a_plan_and_the_sales_table_print(centre: Rehearsal, flow: Flow, tmp_path: Path) -> None:
    centre.at("2026-03-07 09:00")
    plan, table = tmp_path / "plan.html", tmp_path / "sales.html"
    flow("lin", "re", "quote", "3-1-1502", "--out", str(plan))
    flow("lin", "re", "units", "--out", str(table))
    assert all(word in plan.read_text(encoding="utf-8") for word in ("1,235,710", "4,564.25", "21,714.60"))
    assert "3-1-1502" in table.read_text(encoding="utf-8")
    said = flow("lin", "re", "quote", "3-1-1502", "--years", "31", code=2).stderr
    assert "At most 30 years" in said
    assert "flow re quote 3-1-1502 --years 30" in said


def test_a_receipt_is_voided_by_its_number(centre: Rehearsal, flow: Flow) -> None:
    centre.at("2026-03-07 11:00")
    contract = centre.at_terms(centre.briefed(), "2026-03-12 14:00")
    centre.do(contract, "no-objection")
    centre.do(contract, "receive-payment", amount="100", method="cash")
    deposit, wrong = "RE-RECEIPT-CHW-202603-0001", "RE-RECEIPT-CHW-202603-0002"
    assert f"flow re receipt void {wrong}" in flow("qian", "re", "receipt", "change", wrong, code=3).stderr
    assert "--method" in flow("chen", "re", "receipt", "void", deposit, "--reason", "-", code=3).stderr
    flow("chen", "re", "receipt", "void", wrong, "--reason", "错录")
    assert [(r.direction, r.amount) for r in centre.rows(ReReceipt)][1:] == [("in", 100_00), ("out", 100_00)]


def test_a_deposit_receipt_is_corrected(centre: Rehearsal, flow: Flow) -> None:
    """Before signing on the subscription, after it on the contract; the purchase and its money stay as they are."""
    centre.at("2026-03-07 11:00")
    sub = centre.briefed()
    deposit = "RE-RECEIPT-CHW-202603-0001"
    flow("chen", "re", "receipt", "void", deposit, "--reason", "错录", "--method", "cash", "--payer", "李娜")
    assert [(r.direction, r.kind, r.amount, r.method, r.payer) for r in centre.rows(ReReceipt)] == [
        ("in", "deposit", 20_000_00, "debit", ""),
        ("out", "deposit", 20_000_00, "debit", ""),
        ("in", "deposit", 20_000_00, "cash", "李娜"),
    ]
    assert (centre.step(sub), centre.unit("3-1-1502").state) == ("awaiting-signing", "subscribed")
    said = flow("chen", "re", "receipt", "void", deposit, "--reason", "-", "--method", "cash", code=3).stderr
    assert f"There is no deposit receipt {deposit} to void" in said
    contract = centre.signed(sub, "2026-03-12 14:00", first="355710")
    before = centre.lines(contract)
    again = "RE-RECEIPT-CHW-202603-0003"
    centre.at("2026-03-17 10:00")
    said = centre.refused(contract, "void-receipt", receipt=again, reason="-")
    assert said == "A deposit receipt is corrected, not taken away."
    flow("chen", "re", "receipt", "void", again, "--reason", "错录", "--method", "transfer", "--ref", "LS-1")
    assert centre.lines(contract) == before
    assert centre.damages(contract, date(2026, 3, 17)) == 0
    assert [(r.method, r.paid_on.isoformat(), r.card_fee) for r in centre.rows(ReReceipt)][3:] == [
        ("debit", "2026-03-12", 0),
        ("cash", "2026-03-17", 0),
        ("transfer", "2026-03-07", 0),
    ]
