"""A9, A10, A12, A13, A17, A19: loans, late payments, returns, handover, buyback. Source: realestate.md section 10."""

from __future__ import annotations

from datetime import date

import pytest
from serviceflow_realestate.rehearsal import Rehearsal
from serviceflow_realestate.tables import ReDefect, ReReceipt


def test_A9a_no_statement(paced: Rehearsal) -> None:
    contract, loan = paced.with_loan()
    paced.papers(loan, but="bank-statements")
    said = paced.refused(loan, "receive-doc", item="bank-statements", original_seen="yes", months="5")
    assert said == "Bank statements must cover at least 6 months."
    paced.cron("2026-03-13 00:00")
    assert paced.step(loan) == "missing"
    assert paced.anchor(loan, "docs_deadline") == "2026-03-19"
    assert paced.messages(loan)["mortgage-missing"][-1] == "03-18 10:00"
    paced.cron("2026-03-20 00:00")
    assert paced.step(loan) == "defaulted"
    default = paced.child(contract, "default")
    assert paced.order(default).data["cause_key"] == "mortgage-docs"


def test_A9b_statement_in_time(paced: Rehearsal) -> None:
    _, loan = paced.with_loan()
    paced.papers(loan, but="bank-statements")
    paced.cron("2026-03-18 10:00")
    paced.do(loan, "special-statement", text="流水在途", signed="yes")
    paced.sign(loan, "chen")
    assert paced.anchor(loan, "docs_deadline") == "2026-03-21"
    paced.cron("2026-03-21 15:00")
    paced.do(loan, "receive-doc", item="bank-statements", original_seen="yes", months="12")
    paced.do(loan, "sign-mortgage", bank="工行")
    assert paced.step(loan) == "bank-review"


def test_A9c_promise_missed_and_repriced(paced: Rehearsal) -> None:
    contract, loan = paced.with_loan()
    paced.papers(loan, but="bank-statements")
    paced.cron("2026-03-18 10:00")
    paced.do(loan, "special-statement", text="流水在途", signed="yes")
    paced.sign(loan, "chen")
    paced.cron("2026-03-22 00:00")
    assert paced.step(loan) == "docs-overdue"
    paced.at("2026-03-22 10:00")
    paced.do(loan, "reprice")
    paced.sign(loan, "zhao")
    assert (paced.step(loan), paced.step(contract)) == ("repriced", "superseded")
    sub = paced.order(contract).parent_id
    assert sub is not None
    new = paced.child(sub, "contract")
    deal = paced.deal(new)
    assert (paced.step(new), deal.deal_total, deal.pay_way) == ("terms", 1_260_800_00, "lump")
    assert paced.lines(new) == [
        ("first", 375_710, "2026-03-22", "paid"),
        ("balance", 885_090, "2026-04-20", "open"),
    ]
    paced.cron("2026-04-21 00:00")
    assert paced.order(paced.child(new, "default")).data["cause_key"] == "mortgage-docs"


def test_a_rejected_statement_counts_as_none(paced: Rehearsal) -> None:
    _, loan = paced.with_loan()
    paced.papers(loan, but="bank-statements")
    paced.cron("2026-03-19 10:00")
    paced.do(loan, "special-statement", text="流水在途", signed="yes")
    paced.cron("2026-03-20 09:00")
    assert paced.step(loan) == "missing"
    paced.sign(loan, "chen", approve=False, opinion="不成立")
    paced.cron("2026-03-20 09:00")
    assert paced.step(loan) == "defaulted"


def test_A10_instalments_damages_dunning(january: Rehearsal) -> None:
    contract = january.instalments()
    assert january.deal(contract).deal_total == 1_674_635_00
    assert [(k, a, d) for k, a, d, _ in january.lines(contract)] == [
        ("first", 502_391, "2026-01-31"),
        ("instalment", 502_391, "2026-03-31"),
        ("instalment", 502_391, "2026-05-31"),
        ("instalment", 167_462, "2026-07-31"),
    ]
    assert january.messages(contract)["payment-due"][:2] == ["03-24 10:00", "03-30 10:00"]
    january.cron("2026-04-01 00:00")
    dunning = january.child(contract, "dunning")
    assert january.step(dunning) == "call"
    january.cron("2026-04-07 00:00")
    assert january.step(dunning) == "written"
    january.at("2026-04-10 10:00")
    january.do(contract, "receive-payment", amount="202391", method="transfer")
    january.cron("2026-04-15 00:00")
    assert january.step(dunning) == "demand"
    assert january.damages(contract, date(2026, 4, 15)) == 1957_17
    january.at("2026-04-20 10:00")
    january.do(contract, "receive-payment", amount="300000", method="transfer")
    assert january.step(dunning) == "cleared"
    assert january.damages(contract, date(2026, 5, 20)) == 2407_17
    said = january.refused(contract, "receive-payment", amount="669854", method="transfer")
    assert said == "Only 669,853 is outstanding."
    january.do(contract, "receive-payment", amount="2407.17", method="cash", kind="damages")
    assert january.damages(contract, date(2026, 5, 20)) == 0


def test_A12_return_with_a_disbursed_loan(centre: Rehearsal) -> None:
    contract = centre.paid_up()
    assert centre.step(contract) == "paid-up"
    centre.do(contract, "request-change", "lin", kind="return", cause="customer", reason="自愿")
    change = centre.child(contract, "postsign")
    centre.do(change, "submit")
    centre.do(change, "verified", findings="无违约金")
    centre.do(change, "approve", "chen")
    centre.sign(change, "qian", "wu", "zhao")
    assert centre.step(change) == "loan-unwind"
    centre.do(change, "loan-cleared", payoff="857600", proof="结清证明")
    centre.do(change, "unfiled", unfiled_on="2026-04-20")
    assert centre.refused(change, "settle", amount="378110") == "Settlement is 316,324.50."
    centre.do(change, "settle", amount="316324.50")
    centre.do(change, "update-control")
    assert centre.unit("3-1-1502").state == "available"
    assert centre.step(contract) == "terminated"


def test_A12_for_the_companys_fault(centre: Rehearsal) -> None:
    contract = centre.paid_up()
    centre.do(contract, "request-change", "lin", kind="return", cause="company", reason="公司原因")
    change = centre.child(contract, "postsign")
    centre.do(change, "submit")
    centre.do(change, "verified", findings="属实")
    centre.do(change, "approve", "chen")
    centre.sign(change, "qian", "wu", "zhao")
    centre.do(change, "loan-cleared", payoff="857600", proof="结清证明")
    centre.do(change, "unfiled", unfiled_on="2026-04-20")
    centre.do(change, "settle", amount="439895.50")


def test_A13_handover(centre: Rehearsal) -> None:
    _, order = centre.handover()
    area = {"actual_area": "99.40"}
    assert centre.refused(order, "send-notice", start_date="2027-07-04", **area) == "Notice must be 15 days ahead."
    centre.do(order, "send-notice", start_date="2027-07-20", **area)
    data = centre.order(order).data
    assert (data["late_days"], data["compensation"]) == (20, 7414_26)
    centre.at("2027-07-20 10:00")
    centre.do(order, "customer-arrives", id_seen="yes")
    assert centre.refused(order, "choose-return") == "Return only above 3%."
    assert (
        centre.refused(order, "fees-paid", amount="33203.75", method="cash") == "Due is 33,203.76, entered 33,203.75."
    )
    centre.do(order, "fees-paid", amount="33203.76", method="transfer")
    amounts = sorted(
        r.amount
        for r in centre.rows(ReReceipt, order_id=centre.order(order).parent_id)
        if r.kind in ("area", "fee", "tax")
    )
    assert amounts == [1491_00, 7952_00, 11290_75, 12470_01]
    centre.do(
        order,
        "defects",
        defects="place=客厅 text=划痕; place=卧室 text=空鼓; place=阳台 text=裂缝 severity=structural",
    )
    structural = next(d for d in centre.rows(ReDefect, order_id=order) if d.severity == "structural")
    assert centre.refused(order, "accept-with-list") == "A structural defect is open."
    assert centre.refused(order, "reinspect") == "A defect is open."
    centre.do(order, "fixed", fixed=str(structural.id))
    centre.do(order, "fixed", fixed="all")
    centre.do(order, "reinspect")
    centre.do(order, "accept")
    centre.do(order, "sign-keys", meters="水 0 电 0", keys="6")
    contract = centre.order(order).parent_id
    assert contract is not None
    assert (centre.step(order), centre.step(contract)) == ("done", "delivered")
    assert centre.unit("3-1-1502").state == "delivered"
    title = centre.child(contract, "title")
    centre.do(title, "docs-complete", owner_file="yes", invoice="yes", id_copies="yes")
    centre.do(title, "submit", acceptance_no="SL-1")
    centre.do(title, "issue", deed_no="CQ-1")
    assert centre.unit("3-1-1502").state == "titled"
    said = centre.refused(title, "hand-over", receiver="owner", id_no="1")
    assert said == "The mortgage registration number is needed."
    centre.do(title, "hand-over", receiver="owner", id_no="1", mortgage_no="DY-1")
    assert centre.step(contract) == "closed"


@pytest.mark.parametrize(("actual", "due"), [("102.00", 3707130), ("95.00", -5074566)])
def test_A13c_area_beyond_the_tolerance(centre: Rehearsal, actual: str, due: int) -> None:
    from serviceflow_realestate.flows.handover import area_due

    _, order = centre.handover()
    centre.do(order, "send-notice", start_date="2027-07-20", actual_area=actual)
    assert centre.look(order, area_due) == due


def test_A13d_nobody_comes(paced: Rehearsal) -> None:
    contract, order = paced.handover()
    paced.do(order, "send-notice", start_date="2027-07-20", actual_area="98.50")
    assert paced.anchor(order, "window_end") == "2027-08-19"
    assert paced.messages(order)["handover-reminder"] == ["07-20 10:00", "08-16 10:00"]
    paced.cron("2027-08-19 23:59")
    assert paced.step(order) == "noticed"
    paced.cron("2027-08-20 00:00")
    assert (paced.step(order), paced.step(contract)) == ("deemed", "delivered")
    title = paced.child(contract, "title")
    assert paced.anchor(title, "delivered_on") == "2027-08-19"
    assert paced.anchor(title, "title_deadline") == "2027-11-17"


def test_A17_buyback(centre: Rehearsal) -> None:
    contract = centre.paid_up()
    said = centre.refused(contract, "request-buyback", "lin", reason="bank-guarantee", missed_months="5")
    assert said == "The bank may call after 6 missed months."
    centre.cron("2027-03-10 10:00")
    centre.do(contract, "request-buyback", "lin", reason="agreed")
    order = centre.child(contract, "buyback")
    centre.do(order, "accept-case", text="协议条款")
    centre.do(order, "value", wear_deduction="8000", payoff="845000")
    centre.do(order, "approve", "chen")
    centre.sign(order, "qian", "fang", "zhao")
    centre.at("2027-03-12 10:00")
    centre.do(order, "sign-agreement")
    centre.do(order, "cleared", proof="结清")
    assert centre.tasks(order)["pay-buyback"] == ["04-12 00:00"]
    assert centre.refused(order, "pay", amount="0") == "Settlement is 393,981.30."
    centre.do(order, "pay", amount="393981.30")
    assert centre.unit("3-1-1502").state == "available"
    assert centre.step(contract) == "terminated"


def test_A19_dunning_to_default(january: Rehearsal) -> None:
    contract = january.instalments()
    january.cron("2026-04-15 00:00")
    dunning = january.child(contract, "dunning")
    january.at("2026-04-15 10:00")
    said = january.refused(dunning, "promise", pay_on="2026-04-23", amount="502391")
    assert said == "A promise may reach at most 7 days ahead."
    january.do(dunning, "promise", pay_on="2026-04-22", amount="502391")
    january.cron("2026-04-22 23:59")
    assert january.step(dunning) == "promised"
    january.cron("2026-04-23 00:00")
    assert january.step(dunning) == "demand"
    january.cron("2026-04-30 00:00")
    assert january.step(dunning) == "lawyer"
    january.cron("2026-05-30 12:00")
    assert january.step(dunning) == "lawyer"
    january.cron("2026-05-31 00:00")
    assert january.step(dunning) == "defaulted"
    default = january.child(contract, "default")
    january.at("2026-05-31 10:00")
    january.do(default, "confirm-customer", facts="两期未付")
    assert january.anchor(default, "cure_on") == "2026-06-15"
    january.cron("2026-06-16 00:00")
    assert january.step(default) == "terminating"
    january.at("2026-06-16 10:00")
    january.do(default, "terminate")
    january.sign(default, "chen", "zhao")
    change = january.child(contract, "postsign")
    assert january.step(change) == "settlement"
    assert january.refused(change, "settle", amount="0") == "Settlement is 418,659.25."
    january.do(change, "settle", amount="418659.25")
    january.do(change, "update-control")
    assert january.step(contract) == "terminated"
    assert january.unit("5-2-0801").state == "available"


def test_a_cured_default_lets_the_contract_go_on(january: Rehearsal) -> None:
    contract = january.instalments()
    january.cron("2026-05-31 00:00")
    default = january.child(contract, "default")
    january.at("2026-06-05 10:00")
    january.do(default, "confirm-customer", facts="逾期")
    january.do(contract, "receive-payment", amount="1004782", method="transfer")
    assert january.step(default) == "demand"
    damages = january.damages(contract, date(2026, 6, 5))
    january.do(contract, "receive-payment", amount=f"{damages / 100:.2f}", method="cash", kind="damages")
    assert january.step(default) == "cured"
