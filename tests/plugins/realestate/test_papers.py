"""Papers are numbered without gaps and print as pages of their own, in both languages. Source: realestate.md 6."""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from datetime import date

import pytest
from serviceflow.documents.check import faults_of_templates
from serviceflow.texts import speak
from serviceflow_realestate import contents, printing
from serviceflow_realestate.flows.handover import due_at_handover
from serviceflow_realestate.paperwork import TITLES
from serviceflow_realestate.plugin import trade
from serviceflow_realestate.rehearsal import Rehearsal
from serviceflow_realestate.tables import ReMilestoneItem, RePaper, ReReceipt

from tests.plugins.walks import remembered


def test_every_type_has_contents_fields_and_a_sound_template() -> None:
    assert set(printing.FIELDS) == set(TITLES)
    assert set(TITLES) - set(contents.CONTENTS) == {"RE-ROTA", "RE-CALL", "RE-VISIT", "RE-RECEIPT"}
    assert list(faults_of_templates(trade)) == []


def pages(centre: Rehearsal, language: str, kinds: Collection[str] = TITLES) -> dict[str, str]:
    """Return the newest page of each of these types that there is, without its markup."""
    found = {}
    speak(language)
    with centre.shop.reading() as tx:
        newest = {paper.type: paper for paper in tx.all(RePaper) if paper.type in kinds}
        for kind, paper in newest.items():
            page = printing.print_paper(centre.shop, tx, paper)
            assert paper.number in page
            assert TITLES[kind].to(language) in html.unescape(page)
            bare = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
            found[kind] = re.sub(r"\s+", " ", html.unescape(bare))
    speak("en")
    return found


SAID = {
    "RE-ROTA": ("Order of the day", "林静 08:30 0 0"),
    "RE-CALL": ("Heard from", "王伟"),
    "RE-INTERNAL": ("This register takes no payment", "1 3-1-1502"),
    "RE-PLAN": ("Monthly payment, yuan 4,564.25", "signing in time 1%", "Maintenance fund, yuan 7,880", "375,710"),
    "RE-FILE": ("Main buyer 王伟 CN 110101198805200012 浙江 湖滨路1号", "I declare that the data above are true"),
    "RE-LETTER": ("copy 4", "within 7 days of the notice", "30 days are left to pay in full", "Version final"),
    "RE-APPROVAL": ("Manager's opinion 同意", "Decided by 陈峰"),
    "RE-SALES": ("3-1-1502 subscribed 王伟 林静",),
    "RE-PACK": ("Sample income proof", "Marriage certificate 2", "Steps of payment at the bank"),
    "RE-UNDERTAKING": ("Land use, years 70", "Parking: 无车位", "at most 25 yuan a payment", "completed within 3 days"),
    "RE-NOTICE": ("Sign by 2026-03-14", "To pay at signing, yuan 355,710"),
    "RE-CONTRACT": ("Contract no. HT-001", "Filing no. BA-1", "Received by 王伟", "2 Loan 2026-05-11 860,000 open"),
    "RE-LOANLIST": ("Bank statements 2 2 2026-03-12 12",),
    "RE-RECEIPT": ("Payer 王伟", "House price 355,710", "叁拾伍万伍仟柒佰壹拾元整"),
}
"""Type → what its English page of the main path says."""


@pytest.fixture
def bought(centre: Rehearsal) -> Rehearsal:
    purchase(centre)
    return centre


@remembered
def purchase(centre: Rehearsal) -> None:
    """王伟 has called, registered, subscribed, signed and picked up his filed contract."""
    centre.at("2026-03-07 08:30")
    centre.rota("sign_in", "lin")
    centre.rota("confirm", by=centre.ids["sun"])
    wang = centre.customer("王伟", "13800000001", owner="lin")
    lead = centre.open("re-lead", wang, start="log-call", heard_from="报纸")
    centre.do(lead, "visit-again", "sun")
    centre.do(lead, "finish-visit", wants="3室", budget="1300000", grade="A")
    centre.do(lead, "register-internal", units="3-1-1502, 3-1-1602")
    centre.hand_in("lin")
    centre.at("2026-03-07 11:00")
    sub = centre.open("re-subscription", wang, unit="3-1-1502")
    centre.do(sub, "confirm-control")
    buyer = "name=王伟 id=110101198805200012 marital=married share=100 province=浙江 address=湖滨路1号"
    centre.do(sub, "submit-draft", buyers=buyer, home_count="first", pay_way="mortgage", loan="860000", years="30")
    centre.do(sub, "customer-signs")
    centre.do(sub, "approve-letter", opinion="同意")
    centre.do(sub, "receive-deposit", amount="20000", method="debit", card="工行-1234")
    centre.do(sub, "seal-and-distribute", copies="4")
    centre.do(sub, "update-control")
    centre.do(sub, "brief-customer", undertaking_signed="yes", parking_note="无车位")
    contract = centre.signed(sub, "2026-03-12 14:00", first="355710")
    loan = centre.child(contract, "mortgage")
    centre.papers(loan)
    centre.do(loan, "sign-mortgage", bank="工行")
    centre.at("2026-03-16 10:00")
    centre.do(loan, "bank-approve", amount="860000", rate="4.9", years="30")
    centre.at("2026-03-20 10:00")
    centre.do(contract, "file", filing_no="BA-1")
    centre.at("2026-04-02 10:00")
    centre.do(contract, "archive", receiver="王伟")


def test_papers_of_the_main_path(bought: Rehearsal) -> None:
    english, chinese = pages(bought, "en"), pages(bought, "zh")
    missing = [(kind, said) for kind, words in SAID.items() for said in words if said not in english[kind]]
    assert missing == []
    assert "银行付款步骤" in chinese["RE-PACK"]
    for page in (*english.values(), *chinese.values()):
        assert "None" not in page
        assert "{" not in page


def test_numbers_have_no_gaps(bought: Rehearsal) -> None:
    papers = [p for p in bought.rows(RePaper) if p.type != "RE-RECEIPT"]
    numbers = [(p.type, p.number) for p in papers] + [("RE-RECEIPT", r.number) for r in bought.rows(ReReceipt)]
    for kind in {kind for kind, _ in numbers}:
        drawn = sorted(int(number[-4:]) for one, number in numbers if one == kind)
        assert drawn == list(range(1, len(drawn) + 1))


def test_one_paper_for_all_receipts_of_an_action(bought: Rehearsal) -> None:
    contract = bought.rows_of_flow("re-contract")[0]
    loan = bought.child(contract, "mortgage")
    bought.at("2026-04-20 10:00")
    bought.do(loan, "disburse", amount="860000")
    bought.at("2027-06-01 10:00")
    bought.do(contract, "open-handover")
    handover = bought.child(contract, "handover")
    bought.do(handover, "send-notice", start_date="2027-06-20", actual_area="99.40")
    bought.at("2027-06-20 10:00")
    before = len(bought.rows(RePaper, type="RE-RECEIPT"))
    bought.do(handover, "customer-arrives", id_seen="yes")
    bought.do(handover, "fees-paid", amount="33203.76", method="transfer")
    assert len(bought.rows(RePaper, type="RE-RECEIPT")) == before + 1
    page = pages(bought, "en", {"RE-RECEIPT"})["RE-RECEIPT"]
    assert [x in page for x in ("Area difference 11,290.75", "Fee 7,952", "Fee 1,491", "Deed tax 12,470.01")] == [
        True
    ] * 4
    assert "Total 33,203.76 yuan, 叁万叁仟贰佰零叁元柒角陆分" in page
    assert "Deed tax, yuan 12,470.01" in pages(bought, "en", {"RE-AREA"})["RE-AREA"]


def test_a_request_is_completed_by_what_came_of_it(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    sub = centre.briefed()
    centre.at("2026-03-13 10:00")
    centre.do(sub, "request-delay", reason="出差", requested_date="2026-03-25")
    delay = centre.child(sub, "delay")
    centre.do(delay, "verified", findings="属实")
    centre.do(delay, "submit-form")
    page = pages(centre, "en", {"RE-DELAY"})["RE-DELAY"]
    assert "Signing date so far 2026-03-14" in page
    assert "Decision" not in page
    centre.at("2026-03-14 10:00")
    centre.do(delay, "approve")
    centre.do(delay, "execute")
    page = pages(centre, "en", {"RE-DELAY"})["RE-DELAY"]
    assert [x in page for x in ("Asked for 2026-03-25", "Verified 属实", "Decision approved", "Executed by 孙悦")] == [
        True
    ] * 4
    assert "陈峰" in page
    assert date(2026, 3, 25).isoformat() in page


def told(centre: Rehearsal, *wanted: tuple[str, str]) -> None:
    """Fail unless the newest page of each type says so in English; the Chinese pages have no word missing."""
    kinds = {kind for kind, _ in wanted}
    english, chinese = pages(centre, "en", kinds), pages(centre, "zh", kinds)
    assert [(kind, said, english.get(kind)) for kind, said in wanted if said not in english.get(kind, "")] == []
    for page in (*english.values(), *chinese.values()):
        assert "None" not in page
        assert "{" not in page


def test_papers_of_handover_title_and_buyback(centre: Rehearsal) -> None:
    contract, order = centre.handover()
    centre.do(order, "send-notice", start_date="2027-07-20", actual_area="98.50")
    centre.at("2027-07-20 09:00")
    centre.do(order, "customer-arrives", id_seen="yes")
    centre.do(order, "fees-paid", amount=str(centre.look(order, due_at_handover) / 100), method="transfer")
    centre.do(order, "defects", defects="place=客厅 text=划痕")
    told(
        centre,
        ("RE-HANDOVER", "From 2027-07-20 Until 2027-08-19"),
        ("RE-AREA", "Measured area, m2 98.50 Difference 0.00%"),
        ("RE-INSPECT", "1 客厅 划痕 ordinary open"),
    )
    centre.do(order, "fixed", fixed="all")
    centre.do(order, "reinspect")
    centre.do(order, "accept")
    centre.do(order, "sign-keys", meters="水 0 电 0", keys="6")
    title = centre.child(contract, "title")
    centre.do(title, "docs-complete", owner_file="yes", invoice="yes", id_copies="yes")
    centre.do(title, "submit", acceptance_no="SL-1")
    centre.do(title, "issue", deed_no="CQ-1")
    centre.do(title, "hand-over", receiver="owner", id_no="1", mortgage_no="DY-1")
    told(
        centre,
        ("RE-INSPECT", "1 客厅 划痕 ordinary accepted"),
        ("RE-KEYS", "Keys 6 Meter readings 水 0 电 0"),
        ("RE-TITLEFILE", "Acceptance no. SL-1 Deed no. CQ-1 Received by Owner"),
        ("RE-TITLEFILE", "Owner file, confirmed here"),
    )


def test_papers_of_dunning_and_default(january: Rehearsal) -> None:
    contract = january.instalments()
    january.pace = "daily"
    january.cron("2026-05-31 09:00")
    default = january.child(contract, "default")
    january.do(default, "confirm-customer", facts="第二期未付")
    told(
        january,
        ("RE-DEMAND", "Payment no. 2 Due 2026-03-31 Days late 15 Open, yuan 502,391"),
        ("RE-LAWYER", "Days late 30"),
        ("RE-LAWYER", "Account 6222 0000 0000 0001"),
        ("RE-DEFAULT", "Cause Late payment What was not kept Payment dates of the contract Facts 第二期未付"),
        ("RE-DEFAULT", "Without cure by 2026-06-15"),
    )
    january.cron("2026-06-16 09:00")
    january.do(default, "terminate")
    january.sign(default, "chen", "zhao")
    told(
        january,
        ("RE-TERMINATE", "Paid by the customer 502,391"),
        ("RE-CHANGE2", "Kind Return Cause After a default"),
    )


def test_papers_of_requests_complaints_and_milestones(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    sub = centre.briefed()
    centre.do(sub, "request-discount", percent="2", apply_at="contract", reason="老客户", leader="赵宏")
    discount = centre.child(sub, "discount")
    centre.do(discount, "leader-grants", certificate="证 1")
    centre.do(discount, "file-proof", proof="存档 1")
    centre.do(sub, "request-change", "lin", kind="payment-change", pay_way="lump", reason="有现金")
    complaint = centre.open("re-complaint", centre.customer("李娜", "13800000009"), channel="phone", content="噪声")
    centre.do(complaint, "take", belongs_to_sales="yes", measures="联系物业")
    centre.do(complaint, "resolve", result="已处理")
    centre.do(complaint, "satisfied", score="5")
    told(
        centre,
        ("RE-DISCOUNT", "Leader 赵宏 Value 2% Granted In the contract Granted on 2026-03-07 Valid until 2026-04-06"),
        ("RE-CHANGE", "Kind Payment change"),
        ("RE-CHANGE", "Way of paying Mortgage Lump sum"),
        ("RE-COMPLAINT", "Department Sales Measures 联系物业 Result 已处理 Score 5"),
    )
    developer = centre.customer("开发商", "13800000099", kind="organisation")
    project = centre.open("re-project", developer, "ying", project="CHW")
    for item in centre.rows(ReMilestoneItem, order_id=project, milestone="m1-structure"):
        centre.do(project, "tick", item=item.item, level=item.required)
    centre.do(project, "pass", passed_on="2026-03-07")
    told(centre, ("RE-MILESTONE", "Sales papers and readiness Build and staff the sales team draft draft"))


def test_papers_of_an_objection_and_a_statement(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    contract = centre.at_terms(centre.briefed(), "2026-03-12 14:00")
    centre.do(contract, "objection", clauses="第九条")
    centre.do(contract, "signable", "chen", wording="交楼期限延至六月底")
    told(centre, ("RE-COUNTERSIGN", "Clause 第九条 Agreed wording 交楼期限延至六月底"))
