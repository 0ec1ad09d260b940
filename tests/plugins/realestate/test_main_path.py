"""A1 to A4 and A6, A7, A15: from the subscription to the signed contract. Source: realestate.md section 10."""

from __future__ import annotations

from datetime import date

from serviceflow_realestate.rehearsal import Rehearsal
from serviceflow_realestate.tables import ReChecklist


def test_A1_main_path_with_a_mortgage(centre: Rehearsal) -> None:
    centre.at("2026-03-05 10:00")
    wang = centre.customer("王伟", "13800000001", owner="lin")
    lead = centre.open("re-lead", wang, start="log-call", heard_from="报纸")
    centre.do(lead, "book-visit", visit_at="2026-03-06 10:00")
    centre.rota("sign_in", "lin")
    centre.at("2026-03-06 10:00")
    centre.rota("sign_in", "lin")
    centre.do(lead, "visit-again", "sun")
    centre.do(lead, "finish-visit", wants="3室", budget="1300000", grade="A")
    nurture = centre.rows_of_flow("re-nurture")[0]
    centre.at("2026-03-07 09:30")
    centre.do(lead, "choose-unit", unit="3-1-1502")
    sub = centre.child(lead, "subscription")
    assert centre.unit("3-1-1502").state == "held"
    assert centre.anchor(sub, "hold_until") == "2026-03-08 09:30"
    centre.do(sub, "confirm-control")
    draft = {
        "buyers": "name=王伟 id=110101198805200012 marital=married",
        "home_count": "first",
        "pay_way": "mortgage",
        "years": "30",
        "method": "equal-instalment",
    }
    assert centre.refused(sub, "submit-draft", loan="870000", **draft) == "Loan limit is 860,000."
    centre.do(sub, "submit-draft", loan="860000", **draft)
    deal = centre.deal(sub)
    assert (deal.deal_total, deal.loan, deal.monthly) == (1_235_710_00, 860_000_00, 4_564_25)
    centre.do(sub, "customer-signs")
    centre.do(sub, "approve-letter")
    centre.at("2026-03-07 11:00")
    centre.do(sub, "receive-deposit", amount="20000", method="debit", card="工行-1234")
    assert centre.unit("3-1-1502").state == "subscribed"
    assert centre.step(lead) == "won"
    assert centre.step(nurture) == "converted"
    centre.brief(sub)
    assert centre.step(sub) == "awaiting-signing"
    assert centre.anchor(sub, "signing_deadline") == "2026-03-14"
    assert centre.messages(sub)["signing-reminder"] == ["03-11 10:00", "03-13 10:00"]
    contract = centre.signed(sub, "2026-03-12 14:00", first="355710")
    assert centre.step(sub) == "converted"
    assert centre.unit("3-1-1502").state == "signed"
    assert centre.messages(sub, "cancelled")["signing-reminder"][-1] == "03-13 10:00"
    assert centre.lines(contract) == [
        ("first", 375_710, "2026-03-12", "paid"),
        ("loan", 860_000, "2026-05-11", "open"),
    ]
    assert centre.tasks(contract)["file-contract"] == ["04-12 00:00"]
    loan = centre.child(contract, "mortgage")
    assert centre.step(loan) == "collecting"
    assert centre.anchor(loan, "m_date") == "2026-03-12"
    papers = centre.rows(ReChecklist, order_id=loan)
    assert (len(papers), sum(p.copies for p in papers)) == (6, 12)
    centre.papers(loan)
    centre.do(loan, "sign-mortgage", bank="工行")
    centre.cron("2026-03-20 10:00")
    centre.do(contract, "file", filing_no="BA-1")
    centre.at("2026-03-25 10:00")
    centre.do(loan, "bank-approve", amount="860000", rate="4.9", years="30")
    centre.cron("2026-04-02 10:00")
    centre.do(contract, "archive", receiver="王伟")
    centre.cron("2026-04-20 10:00")
    centre.do(loan, "disburse", amount="860000")
    assert centre.step(loan) == "disbursed"
    assert centre.step(contract) == "paid-up"
    centre.cron("2026-07-01 10:00")
    assert centre.children(contract, "dunning") == []
    assert centre.damages(contract, date(2026, 7, 1)) == 0
