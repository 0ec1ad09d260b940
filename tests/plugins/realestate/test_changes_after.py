"""Changes after signing with their money: room change, rename, return, remedies, other plans. Source: 4.11 to 4.17."""

from __future__ import annotations

from datetime import date

import pytest
from serviceflow_realestate.rehearsal import BUYER, Rehearsal
from serviceflow_realestate.tables import ReBuyer, ReReceipt

from tests.plugins.walks import remembered

FRIEND = "name=李娜 id=110101199001010023"
Line = tuple[str, int, str, str]
"""Kind, yuan, due, state."""


@remembered
def approved(centre: Rehearsal, contract: int, *signers: str, **ask: str) -> int:
    """Ask for a change and have it approved by everybody it takes."""
    centre.do(contract, "request-change", "lin", reason="客户申请", **ask)
    change = centre.child(contract, "postsign")
    centre.do(change, "submit")
    centre.do(change, "verified", findings="属实")
    centre.do(change, "approve", "chen")
    centre.sign(change, "qian", "wu", *signers)
    return change


def money_out(centre: Rehearsal, contract: int) -> list[tuple[str, float]]:
    """Return (kind, yuan) of what went out of a purchase."""
    sub = centre.order(contract).parent_id
    return [(r.kind, r.amount / 100) for r in centre.rows(ReReceipt, purchase_id=sub) if r.direction == "out"]


def newest(centre: Rehearsal, contract: int) -> int:
    """Return the newest contract of a purchase."""
    sub = centre.order(contract).parent_id
    assert sub is not None
    return centre.children(sub, "contract")[-1]


def test_a_room_change_moves_money_buyers_and_percent_discounts(centre: Rehearsal) -> None:
    contract, loan = centre.with_loan()
    change = approved(centre, contract, "zhao", kind="room-change", unit="3-1-1602")
    assert (centre.unit("3-1-1502").state, centre.unit("3-1-1602").state) == ("available", "signed")
    assert centre.refused(change, "settle", amount="0") == "Settlement is 5,000."
    centre.do(change, "settle", amount="5000", ref="HF-1")
    new = newest(centre, contract)
    assert (centre.step(new), centre.deal(new).deal_total, centre.deal(new).loan) == ("signing", 1_245_364_00, 0)
    assert centre.lines(new) == [
        ("first", 375_710, "2026-03-12", "paid"),
        ("topup", 869_654, "2026-03-19", "open"),
    ]
    assert [b.name for b in centre.rows(ReBuyer, order_id=new)] == ["王伟"]
    centre.do(new, "sign", contract_no="HT-2", handover_date="2027-06-30")
    centre.do(change, "update-control")
    assert (centre.step(contract), centre.step(new), centre.step(loan)) == ("superseded", "filing", "ended")
    assert [state for *_, state in centre.lines(contract)] == ["replaced", "replaced"]
    centre.do(new, "receive-payment", amount="869654", method="transfer")
    assert centre.lines(new)[1][3] == "paid"


def test_a_room_change_after_the_loan_was_repaid_moves_the_loan_too(centre: Rehearsal) -> None:
    contract = centre.paid_up()
    ask = {"kind": "room-change", "unit": "3-1-1602"}
    assert centre.refused(contract, "request-change", "lin", reason="-", **ask) == "The loan must be repaid first."
    change = approved(centre, contract, "zhao", repays="yes", **ask)
    assert centre.refused(change, "loan-cleared", proof="-") == "The payoff amount is needed."
    centre.do(change, "loan-cleared", payoff="857600", proof="结清证明")
    centre.do(change, "unfiled")
    centre.do(change, "settle", amount="5000")
    assert [(kind, amount) for kind, amount, *_ in centre.lines(newest(centre, contract))] == [
        ("first", 1_235_710),
        ("topup", 9_654),
    ]


def test_a_room_change_to_a_cheaper_unit_gives_the_surplus_back(centre: Rehearsal) -> None:
    contract, _ = centre.with_loan()
    change = approved(centre, contract, "zhao", kind="room-change", unit="P1-1-B117")
    centre.do(change, "settle", amount="5000")
    new = newest(centre, contract)
    assert centre.lines(new) == [("first", 147_015, "2026-03-12", "paid")]
    centre.do(new, "sign", contract_no="HT-2", handover_date="2027-06-30")
    centre.do(change, "update-control")
    assert centre.tasks(new)["refund-surplus"] == ["04-12 00:00"]
    centre.do(new, "pay-out", amount="228695")
    assert money_out(centre, contract) == [("refund", 228_695)]


@pytest.mark.parametrize(
    ("relation", "signers", "fee"), [("other", ["zhao"], "2000"), ("spouse", [], "0"), ("child", [], "0")]
)
def test_a_rename_keeps_price_and_lines(centre: Rehearsal, relation: str, signers: list[str], fee: str) -> None:
    contract, loan = centre.with_loan()
    before = centre.lines(contract)
    change = approved(centre, contract, *signers, kind="rename", buyers=FRIEND, relation=relation)
    centre.do(change, "settle", amount=fee)
    new = newest(centre, contract)
    assert centre.lines(new) == before
    assert centre.deal(new).deal_total == 1_235_710_00
    assert [b.name for b in centre.rows(ReBuyer, order_id=new)] == ["李娜"]
    centre.do(new, "sign", contract_no="HT-2", handover_date="2027-06-30")
    centre.do(change, "update-control")
    assert (centre.step(contract), centre.step(loan)) == ("superseded", "ended")
    assert centre.step(centre.child(new, "mortgage")) == "collecting"


def test_a_rename_keeps_the_damages(january: Rehearsal) -> None:
    contract = january.instalments()
    january.cron("2026-04-10 10:00")
    january.do(contract, "receive-payment", amount="1000", method="cash", kind="damages")
    open_ = january.damages(contract, date(2026, 4, 10))
    assert open_ == 1507_17 - 1000_00
    change = approved(january, contract, kind="rename", buyers=FRIEND, relation="child")
    january.do(change, "settle", amount="0")
    new = newest(january, contract)
    assert january.damages(new, date(2026, 4, 10)) == open_
    assert january.damages(new, date(2026, 4, 11)) == 1657_89 - 1000_00


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ({"kind": "room-change", "unit": "3-1-1602"}, "Not after handover."),
        ({"kind": "rename", "buyers": FRIEND, "relation": "other"}, "After delivery only spouse, parent or child."),
        ({"kind": "return", "cause": "area"}, "Return only above 3%."),
    ],
)
def test_what_is_not_changed_after_the_handover(centre: Rehearsal, ask: dict[str, str], said: str) -> None:
    contract = centre.paid_up()
    with centre.shop.write("delivered") as tx:
        tx.change(centre.unit("3-1-1502"), state="delivered", actual_area=9900)
    assert centre.refused(contract, "request-change", "lin", reason="-", repays="yes", **ask) == said


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ({"kind": "return", "cause": "customer"}, "The deed is issued; use buyback."),
        ({"kind": "rename", "buyers": FRIEND, "relation": "child"}, "The deed is issued; this is a resale."),
    ],
)
def test_what_is_not_changed_after_the_deed(centre: Rehearsal, ask: dict[str, str], said: str) -> None:
    contract = centre.paid_up()
    with centre.shop.write("titled") as tx:
        tx.change(centre.unit("3-1-1502"), state="titled")
    assert centre.refused(contract, "request-change", "lin", reason="-", **ask) == said


def test_causes_of_the_system_are_not_for_people(centre: Rehearsal) -> None:
    contract, _ = centre.with_loan()
    ask = {"kind": "return", "reason": "-"}
    assert "default" in centre.refused(contract, "request-change", "lin", cause="default", **ask)
    assert "approved" in centre.refused(contract, "request-change", "lin", cause="customer", approved="yes", **ask)


def test_a_return_takes_penalty_and_open_damages(january: Rehearsal) -> None:
    contract = january.instalments()
    january.cron("2026-04-10 10:00")
    change = approved(january, contract, "zhao", kind="return", cause="customer")
    assert january.step(change) == "settlement"
    assert january.refused(change, "settle", amount="0") == "Settlement is 417,152.08."
    january.do(change, "settle", amount="417152.08", ref="TF-1")
    january.do(change, "update-control", withdraw_unit="yes")
    assert (january.step(contract), january.unit("5-2-0801").state) == ("terminated", "withdrawn")
    assert money_out(january, contract) == [("refund", 417_152.08)]
    assert january.step(january.child(contract, "dunning")) == "ended"


def test_a_return_gives_back_taxes_that_were_not_remitted(centre: Rehearsal) -> None:
    contract, _ = centre.with_loan()
    centre.do(contract, "receive-payment", amount="12357.10", method="transfer", kind="tax")
    change = approved(centre, contract, "zhao", kind="return", cause="company")
    settle = {"amount": "445353.50", "taxes_remitted": "4499.10"}
    assert centre.refused(change, "settle", amount="437495.50") == "Settlement is 449,852.60."
    centre.do(change, "settle", **settle)
    assert money_out(centre, contract) == [("refund", 375_710.0), ("penalty", 61_785.5), ("tax", 7_858.0)]


def test_a_return_may_leave_the_customer_owing(january: Rehearsal) -> None:
    january.setting("postsign_return_penalty_percent", "50")
    contract = january.instalments()
    change = approved(january, contract, "zhao", kind="return", cause="customer")
    assert january.refused(change, "settle", amount="1") == "Settlement is -334,926.50."
    january.do(change, "settle", amount="0")
    assert january.tasks(change)["collect-rest"] == ["03-03 00:00"]
    assert money_out(january, contract) == []


def test_a_reference_of_the_bank_is_booked_once(centre: Rehearsal) -> None:
    contract, loan = centre.with_loan()
    centre.papers(loan)
    centre.do(loan, "sign-mortgage", bank="工行")
    centre.do(loan, "bank-approve", amount="860000", rate="4.9", years="30")
    centre.do(contract, "receive-payment", amount="1", method="transfer", kind="fee", ref="LS-7")
    said = centre.refused(loan, "disburse", amount="860000", ref="LS-7")
    assert said.startswith("Reference LS-7 was already booked on RE-RECEIPT-CHW-202603-")
    centre.at("2026-03-20 10:00")
    centre.do(loan, "disburse", amount="860000", paid_on="2026-03-12", ref="LS-8")
    assert centre.waiting(loan) == ["sales-manager"]  # older than a week


@remembered
def refused_loan(centre: Rehearsal, fault: str = "none") -> tuple[int, int]:
    """Return the contract of A1 and its loan, which the bank has refused."""
    contract, loan = centre.with_loan()
    centre.papers(loan)
    centre.do(loan, "sign-mortgage", bank="工行")
    centre.at("2026-03-20 10:00")
    centre.do(loan, "bank-refuse", reason="征信", fault=fault)
    return contract, loan


@pytest.mark.parametrize(
    ("pay_way", "lines"),
    [
        ("lump", [("balance", 860_000, "2026-04-19", "open")]),
        (
            "instalment",
            [
                ("instalment", 286_666, "2026-04-20", "open"),
                ("instalment", 286_666, "2026-05-20", "open"),
                ("instalment", 286_668, "2026-06-20", "open"),
            ],
        ),
    ],
)
def test_another_plan_instead_of_a_loan(
    centre: Rehearsal, pay_way: str, lines: list[tuple[str, int, str, str]]
) -> None:
    contract, loan = refused_loan(centre)
    centre.do(loan, "change-plan", pay_way=pay_way)
    centre.sign(loan, "zhao")
    assert centre.step(loan) == "replaced"
    assert centre.lines(contract) == [
        ("first", 375_710, "2026-03-12", "paid"),
        ("loan", 860_000, "2026-05-11", "replaced"),
        *lines,
    ]
    assert centre.deal(contract).deal_total == 1_235_710_00


def test_a_lower_loan_leaves_a_top_up(centre: Rehearsal) -> None:
    contract, loan = centre.with_loan()
    centre.papers(loan)
    centre.do(loan, "sign-mortgage", bank="工行")
    centre.at("2026-03-20 10:00")
    bank = {"rate": "4.2", "years": "20"}
    assert centre.refused(loan, "bank-approve", amount="860001", **bank) == "Applied for 860,000, not 860,001."
    centre.do(loan, "bank-approve-less", amount="700000", **bank)
    assert centre.refused(loan, "lower-loan", new_loan="710000") == "Loan limit is 700,000."
    assert centre.refused(loan, "lower-loan", new_loan="695000") == "Loans are multiples of 10,000."
    centre.do(loan, "lower-loan", new_loan="700000")
    assert centre.lines(contract)[1:] == [
        ("loan", 700_000, "2026-05-11", "open"),
        ("topup", 160_000, "2026-03-27", "open"),
    ]
    deal = centre.deal(contract)
    assert (deal.loan, deal.loan_rate, deal.loan_years, deal.monthly) == (700_000_00, 420, 20, 4_316_00)
    assert centre.refused(loan, "disburse", amount="860000") == "Loan line is 700,000."
    centre.do(loan, "disburse", amount="700000")
    centre.do(contract, "receive-payment", amount="160000", method="transfer")
    assert {state for *_, state in centre.lines(contract)} == {"paid"}


@pytest.mark.parametrize(("fault", "end"), [("customer", "defaulted"), ("none", "returned")])
def test_no_agreement_at_the_end_of_the_negotiation(paced: Rehearsal, fault: str, end: str) -> None:
    contract, loan = refused_loan(paced, fault)
    paced.cron("2026-04-04 23:59")
    assert paced.step(loan) == "negotiating"
    paced.cron("2026-04-05 00:00")
    assert paced.step(loan) == end
    if fault == "customer":
        assert paced.order(paced.child(contract, "default")).data["cause_key"] == "mortgage-refused"
    else:
        assert paced.order(paced.child(contract, "postsign")).data["cause"] == "no-fault"


def test_the_bank_asks_for_more_papers(paced: Rehearsal) -> None:
    _, loan = paced.with_loan()
    paced.papers(loan)
    paced.do(loan, "sign-mortgage", bank="工行")
    paced.cron("2026-03-20 10:00")
    paced.do(loan, "bank-asks-more", items="bank-statements,收入补充")
    assert (paced.step(loan), paced.anchor(loan, "docs_deadline")) == ("missing", "2026-03-27")
    assert paced.refused(loan, "sign-mortgage", bank="工行") == "Missing: bank-statements, 收入补充"
    for item in ("bank-statements", "收入补充"):
        paced.do(loan, "receive-doc", item=item, original_seen="yes", months="12")
    paced.do(loan, "sign-mortgage", bank="工行")
    paced.do(loan, "bank-approve", amount="860000", rate="4.9", years="30")
    paced.do(loan, "bank-withdraws", reason="额度", fault="none")
    paced.do(loan, "resubmit", bank="建行", m_date="2026-03-25")
    assert (paced.step(loan), paced.anchor(loan, "m_date")) == ("collecting", "2026-03-25")


def test_a_remedy_dates_lines_anew_and_keeps_the_damages(january: Rehearsal) -> None:
    contract = january.instalments()
    january.cron("2026-05-31 00:00")
    default = january.child(contract, "default")
    january.at("2026-06-05 10:00")
    january.do(default, "confirm-customer", facts="逾期")
    january.do(default, "negotiate", text="协商")
    assert january.refused(default, "remedy", text="-", lines="seq=1 due=2026-07-15") == "Line 1 is not open."
    said = january.refused(default, "remedy", text="-", lines="seq=2 due=2026-06-04")
    assert said == "2026-06-04 is before the present day."
    january.do(default, "remedy", text="补充协议", lines="seq=2 due=2026-07-15; seq=3 due=2026-08-15")
    january.sign(default, "zhao")
    assert january.step(default) == "remedied"
    assert [due for _, _, due, _ in january.lines(contract)] == ["2026-01-31", "2026-07-15", "2026-08-15", "2026-07-31"]
    assert january.damages(contract, date(2026, 6, 5)) == 10_700_93
    assert january.damages(contract, date(2026, 7, 15)) == 10_700_93
    january.cron("2026-07-16 00:00")
    assert january.step(january.child(contract, "dunning")) == "call"


def test_dunning_that_had_to_wait_begins_where_it_stands(january: Rehearsal) -> None:
    contract = january.instalments()
    january.at("2026-03-20 10:00")
    january.do(contract, "open-default", "fang", side="customer", cause="other", facts="-")
    default = january.child(contract, "default")
    january.at("2026-05-05 10:00")
    assert january.children(contract, "dunning") == []
    january.do(default, "dismiss", facts="不成立")
    january.cron("2026-05-05 11:00")
    dunning = january.child(contract, "dunning")
    assert january.step(dunning) == "lawyer"
    january.cron("2026-05-31 00:00")
    assert january.step(dunning) == "defaulted"


def test_one_default_of_a_side_at_a_time(january: Rehearsal) -> None:
    contract = january.instalments()
    january.do(contract, "open-default", "fang", side="customer", cause="other", facts="-")
    january.cron("2026-05-31 00:00")
    assert len(january.children(contract, "default")) == 1


@remembered
def late_offer(centre: Rehearsal, start: str) -> tuple[int, int]:
    """Return the contract of A1, handed over late, and the default in which the company makes its offer."""
    contract, order = centre.handover()
    centre.do(order, "send-notice", start_date=start, actual_area="98.50")
    centre.do(contract, "open-default", "fang", side="company", cause="late-handover")
    default = centre.child(contract, "default")
    centre.do(default, "confirm-company", facts="逾期交楼")
    return contract, default


def test_the_company_pays_for_twenty_days(centre: Rehearsal) -> None:
    contract, default = late_offer(centre, "2027-07-20")
    assert centre.said(default, "re-company-offer")["amount"] == "7,414.26"
    assert centre.refused(default, "choose-return", "lin") == "Return only after more than 60 days late."
    centre.do(default, "keep")
    centre.sign(default, "zhao")
    assert centre.step(default) == "compensated"
    centre.do(contract, "pay-out", amount="7414.26")
    assert money_out(centre, contract) == [("penalty", 7_414.26)]


def test_the_customer_may_return_after_sixty_three_days(centre: Rehearsal) -> None:
    contract, default = late_offer(centre, "2027-09-01")
    assert centre.said(default, "re-company-offer")["amount"] == "23,354.92"
    centre.do(default, "choose-return", "lin")
    centre.sign(default, "zhao")
    change = centre.child(contract, "postsign")
    assert centre.step(change) == "loan-unwind"
    centre.do(change, "loan-cleared", payoff="857600", proof="-")
    centre.do(change, "unfiled")
    centre.do(change, "settle", amount="439895.50")
    assert money_out(centre, contract) == [("refund", 378_110.0), ("penalty", 61_785.5)]


@remembered
def delivered(centre: Rehearsal) -> tuple[int, int]:
    """Return the contract of A1 and its title order, the unit handed over on 2027-07-20, fees paid."""
    contract, order = centre.handover()
    centre.do(order, "send-notice", start_date="2027-07-20", actual_area="98.50")
    centre.at("2027-07-20 10:00")
    centre.do(order, "customer-arrives", id_seen="yes")
    centre.do(order, "fees-paid", amount="21714.60", method="transfer", ref="FY-1")
    centre.do(order, "accept")
    centre.do(order, "sign-keys", meters="0", keys="6")
    return contract, centre.child(contract, "title")


def test_a_name_changed_after_the_handover_leads_to_the_title(centre: Rehearsal) -> None:
    contract, title = delivered(centre)
    ask = {"kind": "rename", "buyers": FRIEND, "relation": "spouse"}
    said = centre.refused(contract, "request-change", "lin", reason="-", **ask)
    assert said == "The bank must agree: repay or cancel the loan first."
    change = approved(centre, contract, repays="yes", **ask)
    centre.do(change, "loan-cleared", payoff="857600", proof="-")
    centre.do(change, "unfiled")
    centre.do(change, "settle", amount="0")
    new = newest(centre, contract)
    centre.do(new, "sign", contract_no="HT-2", handover_date="2027-07-20")
    centre.do(change, "update-control")
    assert (centre.step(contract), centre.step(title)) == ("superseded", "ended")
    centre.do(new, "file", filing_no="BA-2")
    centre.do(new, "archive", receiver="李娜")
    assert centre.step(new) == "delivered"
    assert centre.anchor(centre.child(new, "title"), "title_deadline") == "2027-10-18"


def test_fees_by_card_bear_one_card_fee(centre: Rehearsal) -> None:
    contract, order = centre.handover()
    centre.do(order, "send-notice", start_date="2027-07-20", actual_area="99.40")
    centre.at("2027-07-20 10:00")
    centre.do(order, "customer-arrives", id_seen="yes")
    centre.do(order, "fees-paid", amount="33203.76", method="debit", card="建行-9999")
    fees = [r.card_fee for r in centre.rows(ReReceipt, order_id=contract) if r.card_last4 == "9999"]
    assert fees == [25_00, 0, 0, 0]


@pytest.mark.parametrize(("fault", "deadline"), [("customer", "2027-10-24"), ("company", "2027-10-18")])
def test_corrections_of_a_title(centre: Rehearsal, fault: str, deadline: str) -> None:
    _, title = delivered(centre)
    centre.at("2027-07-26 10:00")
    said = centre.refused(title, "docs-complete", owner_file="yes", invoice="no", id_copies="no")
    assert said == "Missing: invoice, id-copies"
    centre.do(title, "docs-complete", owner_file="yes", invoice="yes", id_copies="yes")
    centre.do(title, "submit", acceptance_no="SL-1")
    assert centre.anchor(title, "title_deadline") == "2027-10-18"
    centre.do(title, "bureau-returns", items="补身份证", fault=fault)
    centre.at("2027-08-05 10:00")
    said = centre.refused(title, "resubmit", submitted_on="2027-07-25")
    assert said == "2027-07-25 is before the day it was returned."
    centre.do(title, "resubmit", submitted_on="2027-08-01")
    assert centre.anchor(title, "title_deadline") == deadline
    said = centre.refused(title, "issue", deed_no="CQ-1", issued_on="2027-07-31")
    assert said == "2027-07-31 is before the submission."
    centre.do(title, "issue", deed_no="CQ-1")


def test_papers_and_taxes_of_the_customer_move_the_deadline(centre: Rehearsal) -> None:
    contract, title = delivered(centre)
    tax = next(r.number for r in centre.rows(ReReceipt, order_id=contract) if r.kind == "tax")
    centre.do(contract, "void-receipt", receipt=tax, reason="错账")
    centre.at("2027-08-23 10:00")  # 4 days late
    centre.do(title, "docs-complete", owner_file="yes", invoice="yes", id_copies="yes")
    assert centre.anchor(title, "title_deadline") == "2027-10-22"
    assert centre.refused(title, "submit", acceptance_no="SL-1") == "Deed tax is not paid."
    centre.at("2027-09-05 10:00")  # 3 days late
    centre.do(contract, "receive-payment", amount="12357.10", method="transfer", kind="tax")
    centre.at("2027-09-20 10:00")
    centre.do(title, "submit", acceptance_no="SL-1")
    assert centre.anchor(title, "title_deadline") == "2027-10-25"


def test_a_title_is_not_late_while_the_customer_is(paced: Rehearsal) -> None:
    contract, title = delivered(paced)
    paced.cron("2027-11-01 00:00")  # the papers were due on 2027-08-19, the deed on 2027-10-18
    assert paced.children(contract, "late-title") == []
    paced.at("2027-11-07 10:00")
    paced.do(title, "docs-complete", owner_file="yes", invoice="yes", id_copies="yes")
    assert paced.anchor(title, "title_deadline") == "2028-01-06"
    paced.do(title, "submit", acceptance_no="SL-1")
    paced.cron("2028-01-07 00:00")
    assert len(paced.children(contract, "late-title")) == 1


def test_a_late_title_is_offered_by_the_day(paced: Rehearsal) -> None:
    contract, title = delivered(paced)
    paced.do(title, "docs-complete", owner_file="yes", invoice="yes", id_copies="yes")
    paced.do(title, "submit", acceptance_no="SL-1")
    paced.cron("2027-10-19 00:00")
    default = paced.child(contract, "late-title")
    paced.at("2027-10-28 10:00")
    paced.do(default, "confirm-company", facts="逾期")
    assert paced.said(default, "re-company-offer")["amount"] == "1,235.71"
    assert paced.refused(default, "choose-return", "lin") == "A late title is no reason for a return."
    paced.do(title, "issue", deed_no="CQ-1")
    paced.do(title, "hand-over", receiver="bank", id_no="1")
    assert paced.step(contract) == "closed"
    paced.do(default, "keep")
    paced.sign(default, "zhao")
    paced.do(contract, "pay-out", amount="1235.71")
    assert money_out(paced, contract) == [("penalty", 1_235.71)]


def test_a_titled_unit_is_bought_back_from_a_closed_contract(centre: Rehearsal) -> None:
    contract, title = delivered(centre)
    centre.do(title, "docs-complete", owner_file="yes", invoice="yes", id_copies="yes")
    centre.do(title, "submit", acceptance_no="SL-1")
    centre.do(title, "issue", deed_no="CQ-1")
    centre.do(title, "hand-over", receiver="owner", id_no="1", mortgage_no="DY-1")
    said = centre.refused(contract, "request-buyback", "lin", reason="bank-guarantee", missed_months="6")
    assert said == "The guarantee has ended."
    centre.do(contract, "request-buyback", "lin", reason="policy")
    order = centre.child(contract, "buyback")
    centre.do(order, "accept-case", text="政策")
    centre.do(order, "value", wear_deduction="8000", payoff="845000")
    centre.do(order, "approve", "chen")
    centre.sign(order, "qian", "fang", "zhao")
    centre.do(order, "sign-agreement")
    centre.do(order, "cleared", proof="-")
    # 375,710 at 3 % for 495 days is 15,285.74
    assert centre.refused(order, "pay", amount="0") == "Settlement is 405,995.74."
    centre.do(order, "pay", amount="405995.74", withdraw_unit="yes", ref="HG-1")
    assert (centre.step(contract), centre.unit("3-1-1502").state) == ("terminated", "withdrawn")
    assert money_out(centre, contract) == [("buyback", 845_000.0), ("buyback", 405_995.74)]


def test_a_returned_unit_is_sold_again(centre: Rehearsal) -> None:
    contract, _ = centre.with_loan()
    change = approved(centre, contract, "zhao", kind="return", cause="no-fault")
    centre.do(change, "settle", amount="375710")
    centre.do(change, "update-control")
    again = centre.subscribed("3-1-1502", centre.customer("赵强", "13800000002"), by="zhou")
    centre.do(again, "confirm-control")
    centre.do(again, "submit-draft", buyers=BUYER, home_count="first", pay_way="lump")
    assert centre.deal(again).deal_total == 1_223_228_00
