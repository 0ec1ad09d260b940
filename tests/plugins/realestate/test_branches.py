"""Branches off the main ways that no acceptance scenario takes. Source: realestate.md section 4."""

from __future__ import annotations

import pytest
from serviceflow_realestate.rehearsal import Rehearsal
from serviceflow_realestate.replay import Recorder

LETTER = {"buyers": "name=王伟 id=110101198805200012", "home_count": "first", "pay_way": "lump"}
DISCOUNT = {"percent": "2", "reason": "老客户", "leader": "赵宏"}


def lead(centre: Rehearsal) -> int:
    """Return a lead that called on 2026-03-02."""
    centre.at("2026-03-02 10:00")
    return centre.open("re-lead", centre.customer("陈静", "13800000080"), start="log-call", heard_from="网络")


def test_a_pool_customer_is_assigned(paced: Recorder) -> None:
    order = lead(paced)
    paced.cron("2026-04-02 00:00")
    assert (paced.step(order), paced.order(order).owner_id) == ("pool", None)
    assert paced.tasks(order)["assign-pool"] == ["04-06 00:00"]
    paced.do(order, "assign", agent="zhou")
    assert (paced.step(order), paced.order(order).owner_id) == ("following", paced.ids["zhou"])
    assert paced.anchor(order, "protected_on") == "2026-05-02"


def test_a_subscription_that_fails_and_a_lead_that_is_lost_and_found(centre: Rehearsal) -> None:
    order = lead(centre)
    centre.rota("sign_in", "lin")
    centre.do(order, "visit-again", "sun")
    centre.do(order, "choose-unit", unit="3-1-1502")
    sub = centre.child(order, "subscription")
    centre.do(sub, "refuse-control", reason="内部保留")
    assert (centre.step(sub), centre.step(order)) == ("lapsed", "following")
    assert centre.unit("3-1-1502").state == "available"
    centre.do(order, "lose", reason="do-not-contact")
    assert centre.step(centre.rows_of_flow("re-nurture")[0]) == "opted-out"
    assert centre.tasks(order)["archive-register"] == ["03-04 00:00"]
    centre.do(order, "reopen", reason="回心转意")
    assert centre.step(order) == "following"


def test_a_draft_goes_back(centre: Rehearsal) -> None:
    centre.at("2026-03-07 10:00")
    order = centre.subscribed()
    centre.do(order, "confirm-control")
    centre.do(order, "submit-draft", **LETTER)
    centre.do(order, "revise", reason="改份额")
    centre.do(order, "submit-draft", **LETTER)
    centre.do(order, "customer-signs")
    assert "opinion" in centre.refused(order, "return-draft")
    centre.do(order, "return-draft", opinion="缺身份证")
    assert centre.step(order) == "drafting"


def test_tasks_of_what_is_late(paced: Recorder) -> None:
    paced.at("2026-03-07 11:00")
    sub = paced.deposited()
    paced.do(sub, "seal-and-distribute", copies="4")
    paced.do(sub, "update-control")
    paced.cron("2026-03-09 00:00")
    assert paced.tasks(sub)["briefing-late"]
    paced.at("2026-03-09 10:00")
    paced.do(sub, "brief-customer", undertaking_signed="yes")
    paced.do(sub, "request-delay", reason="出差", requested_date="2026-03-20")
    delay = paced.child(sub, "delay")
    paced.do(delay, "verified", findings="属实")
    paced.do(delay, "submit-form")
    paced.cron("2026-03-11 00:00")
    assert paced.tasks(delay)["delay-undecided"]
    paced.do(delay, "withdraw", reason="不用了")
    assert paced.anchor(sub, "signing_deadline") == "2026-03-14"


@pytest.mark.parametrize("end", ["refused", "expired", "collected"])
def test_ends_of_an_extra_discount(paced: Recorder, end: str) -> None:
    contract = paced.signed_by_instalments()
    paced.do(contract, "request-discount", apply_at="collection", **DISCOUNT)
    extra = paced.child(contract, "discount")
    if end == "refused":
        paced.do(extra, "leader-refuses", opinion="不同意")
        assert paced.step(extra) == "rejected"
        return
    paced.do(extra, "leader-grants", certificate="签字单")
    paced.do(extra, "query", text="缺签字")
    paced.do(extra, "leader-grants", certificate="签字单")
    paced.do(extra, "file-proof", proof="存档")
    if end == "expired":
        paced.cron("2026-04-11 23:59")
        assert paced.step(extra) == "granted"
        paced.cron("2026-04-12 00:00")
        assert paced.step(extra) == "expired"
        return
    paced.do(extra, "apply-collection")
    assert paced.step(extra) == "applied"
    said = paced.refused(contract, "receive-payment", amount="1138413.01", method="transfer")
    assert said == "Only 1,138,413 is outstanding."  # 1,172,244 less 2 % of 1,691,550


def test_a_discount_at_collection_never_takes_the_loan(centre: Rehearsal) -> None:
    contract, _ = centre.with_loan()
    centre.do(contract, "request-discount", apply_at="collection", **DISCOUNT)
    extra = centre.child(contract, "discount")
    centre.do(extra, "leader-grants", certificate="签字单")
    centre.do(extra, "file-proof", proof="存档")
    assert centre.refused(extra, "apply-collection") == "Nothing left to credit."


def test_a_countersignature_refused_and_asked_for_again(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    contract = centre.at_terms(centre.briefed(), "2026-03-12 14:00")
    centre.do(contract, "objection", clauses="第 9 条")
    centre.do(contract, "signable", wording="补充说明")
    centre.sign(contract, "qian", approve=False, opinion="不同意")
    assert centre.step(contract) == "objection"
    centre.do(contract, "signable", wording="再改")
    centre.sign(contract, "wu", "qian", "zhao")
    assert centre.step(contract) == "first-payment"


def test_damages_are_let_off_by_the_director(january: Recorder) -> None:
    contract = january.instalments()
    assert january.refused(contract, "waive-damages", amount="1", reason="-") == "No damages are open."
    january.cron("2026-04-10 10:00")
    said = january.refused(contract, "waive-damages", amount="1507.18", reason="-")
    assert said == "Only 1,507.17 is outstanding."
    january.do(contract, "waive-damages", amount="1000", reason="首次")
    january.sign(contract, "zhao")
    said = january.refused(contract, "receive-payment", amount="508", method="cash", kind="damages")
    assert said == "Only 507.17 is outstanding."


def test_papers_that_come_too_late_are_accepted_or_not(centre: Rehearsal) -> None:
    contract, loan = centre.with_loan()
    centre.papers(loan, but="credit-report")
    centre.do(loan, "note-missing")
    centre.at("2026-03-18 10:00")
    centre.do(loan, "special-statement", text="在途", signed="yes")
    centre.sign(loan, "chen")
    centre.cron("2026-03-22 00:00")
    assert centre.refused(loan, "accept-late") == "Missing: credit-report"
    centre.do(loan, "receive-doc", item="credit-report", original_seen="yes")
    centre.do(loan, "accept-late")
    centre.sign(loan, "zhao")
    assert centre.step(loan) == "bank-review"
    assert centre.children(contract, "default") == []


def test_promised_papers_end_in_a_default_that_is_cured(centre: Rehearsal) -> None:
    contract, loan = centre.with_loan()
    centre.papers(loan, but="credit-report")
    centre.do(loan, "note-missing")
    centre.at("2026-03-18 10:00")
    centre.do(loan, "special-statement", text="在途", signed="yes")
    centre.sign(loan, "chen")
    centre.cron("2026-03-22 00:00")
    centre.do(loan, "to-default", reason="失联")
    default = centre.child(contract, "default")
    centre.do(default, "confirm-customer", facts="缺件")
    assert centre.refused(default, "cure", "qian") == "The default is not cured."
    centre.do(default, "negotiate", text="再给时间")
    centre.do(default, "fail")
    assert centre.step(default) == "terminating"


def test_handover_waits_for_a_receipt_to_be_booked_anew(centre: Rehearsal) -> None:
    contract = centre.paid_up()
    centre.cron("2027-06-20 10:00")
    centre.do(contract, "void-receipt", receipt="RE-RECEIPT-CHW-202603-0002", reason="错账")
    centre.do(contract, "open-handover")
    order = centre.child(contract, "handover")
    assert centre.refused(contract, "open-handover", "wei") == "HND-0001 is open already."
    assert centre.step(order) == "suspended"
    assert centre.refused(order, "settled") == "The customer still owes."
    centre.do(contract, "receive-payment", amount="355710", method="transfer", paid_on="2026-03-12")
    centre.sign(contract, "chen")  # the manager signs for the old date
    assert centre.step(order) == "qualification"
    centre.cron("2027-06-22 10:00")
    assert centre.children(contract, "dunning") == []


def test_a_receipt_voided_and_not_booked_anew_is_chased_the_next_day(centre: Rehearsal) -> None:
    contract = centre.paid_up()
    centre.cron("2027-06-20 10:00")
    centre.do(contract, "void-receipt", receipt="RE-RECEIPT-CHW-202603-0002", reason="错账")
    centre.cron("2027-06-20 23:59")
    assert centre.children(contract, "dunning") == []
    centre.cron("2027-06-21 00:00")
    assert centre.step(centre.child(contract, "dunning")) == "defaulted"


def test_a_return_for_the_area_is_chosen_in_time(centre: Rehearsal) -> None:
    contract, order = centre.handover()
    centre.do(order, "send-notice", start_date="2027-07-20", actual_area="102.00")
    centre.at("2027-07-20 10:00")
    proxy = {"id_seen": "yes", "proxy": "张三"}
    assert centre.refused(order, "customer-arrives", **proxy) == "A proxy needs a power of attorney."
    centre.do(order, "customer-arrives", power_of_attorney="yes", **proxy)
    centre.at("2027-08-05 10:00")
    assert centre.refused(order, "choose-return") == "Return only within 15 days after arrival."
    centre.at("2027-08-04 10:00")
    centre.do(order, "choose-return")
    assert centre.step(order) == "returned"
    assert centre.order(centre.child(contract, "postsign")).data["cause"] == "area"


def test_repairs_that_take_too_many_rounds_are_told_upwards(centre: Rehearsal) -> None:
    _, order = centre.handover()
    centre.do(order, "send-notice", start_date="2027-07-20", actual_area="98.50")
    centre.at("2027-07-20 10:00")
    centre.do(order, "customer-arrives", id_seen="yes")
    centre.do(order, "fees-paid", amount="21714.60", method="transfer")
    for n in range(4):
        assert ("rectify-rounds" in centre.tasks(order)) is False
        centre.do(order, "defects", defects=f"place=客厅 text=第{n}次")
        if n < 3:
            centre.do(order, "fixed", fixed="all")
            centre.do(order, "reinspect")
    assert len(centre.tasks(order)["rectify-rounds"]) == 2
    centre.do(order, "accept-with-list")
    centre.do(order, "sign-keys", meters="0", keys="6")
    assert len(centre.tasks(order)["fix-defect"]) == 1


def test_a_buyback_is_refused_or_taken_back(centre: Rehearsal) -> None:
    contract = centre.paid_up()
    centre.do(contract, "request-buyback", "lin", reason="agreed")
    first = centre.child(contract, "buyback")
    centre.do(first, "refuse", text="无条款")
    assert centre.step(first) == "rejected"
    centre.do(contract, "request-buyback", "lin", reason="bank-guarantee", missed_months="6")
    second = centre.child(contract, "buyback")
    centre.do(second, "accept-case", text="断供")
    centre.do(second, "withdraw", "lin", reason="已还款")
    assert (centre.step(second), centre.step(contract)) == ("withdrawn", "paid-up")


def test_a_bank_calls_its_guarantee_and_the_customer_owes(centre: Rehearsal) -> None:
    contract = centre.paid_up()
    centre.do(contract, "request-buyback", "lin", reason="bank-guarantee", missed_months="6")
    order = centre.child(contract, "buyback")
    centre.do(order, "accept-case", text="断供")
    centre.do(order, "value", wear_deduction="400000", payoff="845000")
    centre.do(order, "approve", "chen")
    centre.sign(order, "qian", "fang", "zhao")
    centre.do(order, "sign-agreement")
    centre.do(order, "cleared", proof="-")
    assert centre.refused(order, "pay", amount="1") == "Settlement is -71,075.50."  # 773,924.50 less 845,000
    centre.do(order, "pay", amount="0")
    assert centre.tasks(order)["collect-rest"]
    assert centre.unit("3-1-1502").state == "available"


def test_a_group_quote_is_revised_and_the_result_reviewed(centre: Rehearsal) -> None:
    centre.setting("group_min_units", "1")
    centre.at("2026-03-02 10:00")
    firm = centre.customer("某某公司", "13800000090", kind="organisation")
    order = centre.open("re-opportunity", firm, start="discover", background="员工团购", buyers="1")
    assert centre.refused(order, "assess", score="20", go="no") == "Close it: lose."
    centre.do(order, "assess", score="80", go="yes")
    centre.do(order, "develop", summary="-")
    centre.do(order, "confirm-needs", summary="-", units="1")
    centre.do(order, "propose", summary="-", units="3-1-1502")
    centre.do(order, "quote", percent="1", units="3-1-1502")
    centre.sign(order, "zhao")
    centre.do(order, "revise", reason="再谈")
    assert (centre.step(order), centre.unit("3-1-1502").state) == ("proposed", "available")
    centre.do(order, "quote", percent="2", units="3-1-1502")
    centre.sign(order, "zhao")
    centre.do(order, "sign-framework", copies="2")
    centre.sign(order, "chen")
    centre.do(order, "start-subscriptions", buyers="unit=3-1-1502 buyer=甲")
    centre.do(centre.children(order, "subscription")[0], "quit", reason="不买")
    centre.do(order, "review", improvement="预算")
    assert centre.step(order) == "reviewed"


def test_a_complaint_that_comes_back_goes_to_the_director(paced: Recorder) -> None:
    paced.at("2026-03-02 10:00")
    order = paced.open("re-complaint", paced.customer("王伟", "13800000001"), channel="phone", content="噪音")
    paced.cron("2026-03-03 10:01")
    assert paced.tasks(order)["respond-late"]
    paced.at("2026-03-03 11:00")
    said = paced.refused(order, "take", belongs_to_sales="no", measures="-")
    assert said == "Refer it to its department."
    paced.do(order, "take", belongs_to_sales="yes", measures="回访")
    for _ in range(2):
        assert paced.refused(order, "close", reason="-") == "Only after 2 returns."
        paced.do(order, "resolve", result="已处理")
        paced.do(order, "not-satisfied", text="没有改善")
    assert paced.tasks(order)["complaint-reopened"]
    paced.do(order, "resolve", result="赔付", cost="2001")
    assert paced.waiting(order) == ["director"]
    paced.sign(order, "zhao", approve=False, opinion="过高")
    paced.do(order, "close", reason="已尽力")
    assert paced.step(order) == "archived"
