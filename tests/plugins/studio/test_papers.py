"""What the studio prints: which paper at which action, with which number, in both languages. Source: studio.md 6."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from serviceflow.api import DocumentRow, Notes, Order, case_of, on_demand, printed
from serviceflow.documents.pages import reaches_outside
from serviceflow.documents.printing import number_of
from serviceflow.engine.operations import undo
from serviceflow.store.tables import VoidNumber
from serviceflow.texts import language, speak
from serviceflow_cli.main import run
from serviceflow_studio.papers import DOCUMENTS, boards, floor, members
from serviceflow_studio.papers.sale import price_table, two_packages
from serviceflow_studio.rehearsal import Rehearsal
from serviceflow_studio.tables import StudioCase, StudioPackage, StudioPrice

from tests.plugins.studio.test_days import a2
from tests.plugins.studio.test_pieces import in_production, make, selected

VOID_TAGS = ("meta", "br")


class Page(HTMLParser):
    """A page as a browser reads it: every tag closed, texts by tag, rows of tables."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID_TAGS:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1]][-1] += data

    @property
    def pairs(self) -> dict[str, str]:
        """Return what stands beside each label."""
        return dict(zip(self.texts.get("dt", []), self.texts.get("dd", []), strict=True))


def issued(studio: Rehearsal, *keys: str) -> list[tuple[str, str, int, str]]:
    with studio.shop.reading() as tx:
        return [(r.key, number_of(tx, r), r.version, r.state) for r in tx.all(DocumentRow) if not keys or r.key in keys]


def shown(studio: Rehearsal, key: str, spoken: str = "en") -> Page:
    """Print the newest paper of a kind."""
    with studio.shop.write("doc print") as tx:
        row = [r for r in tx.all(DocumentRow) if r.key == key][-1]
        return Page(printed(studio.shop, tx, row, spoken=spoken))


def test_the_papers_of_a_sale(studio: Rehearsal) -> None:
    studio.at("2025-03-01 14:00")
    case = studio.at_payment(bride="陈媛:13800000001", groom="李征:13800000002")
    assert issued(studio) == [
        ("intake-sheet", "", 1, "final"),
        ("comparison-sheet", "", 1, "final"),
        ("plan-sheet", "PL0001", 1, "final"),
        ("estimate", "ES0001", 1, "final"),
    ]
    assert shown(studio, "intake-sheet").texts["td"][:4] == ["left", "Bride", "陈媛", "+8613800000001"]
    assert "Least deposit (20 %): 800.00 · 捌佰元整" in shown(studio, "estimate").texts["p"][0]
    studio.do(case, "take-deposit", amount="800", method="cash", invoice_no="8841")
    receipt = shown(studio, "invoice", "zh")
    assert receipt.texts["span"][0] == "编号 8841"
    assert (receipt.pairs["款项"], receipt.pairs["余额"]) == ("定金", "3199.00")
    assert "捌佰元整" in receipt.texts["p"][0]
    studio.do(case, "give-pack", card_no="LC0101", explained="yes")
    assert [key for key, *_ in issued(studio)][-3:] == ["reminder-card", "dress-vouchers", "love-card"]


def test_a_plan_that_is_chosen_again_is_void_and_its_number_never_used_again(studio: Rehearsal) -> None:
    studio.at("2025-03-01 14:00")
    case = studio.at_payment()
    studio.do(case, "back-to-closing", reason="再看看")
    studio.do(case, "sign-plan", package="W2999", price="2999", terms_read="yes", customer_signed="yes")
    assert issued(studio, "plan-sheet", "estimate") == [
        ("plan-sheet", "PL0001", 1, "void"),
        ("estimate", "ES0001", 1, "void"),
        ("plan-sheet", "PL0002", 1, "final"),
        ("estimate", "ES0002", 1, "final"),
    ]
    studio.do(case, "take-deposit", amount="600", method="cash", invoice_no="1")
    studio.do(case, "change-package", package="W3999", price="3999", customer_signed="yes")
    assert issued(studio, "plan-sheet")[1:] == [
        ("plan-sheet", "PL0002", 1, "void"),
        ("plan-sheet", "PL0003", 1, "final"),
    ]


def test_an_undone_plan_leaves_a_void_number_on_record(studio: Rehearsal) -> None:
    studio.at("2025-03-01 14:00")
    case = studio.at_payment()
    undo(studio.shop)
    with studio.shop.reading() as tx:
        assert {tx.need(VoidNumber, number).number for number in ("PL0001", "ES0001")} == {"PL0001", "ES0001"}
    studio.do(case, "sign-plan", package="W3999", price="3999", terms_read="yes", customer_signed="yes")
    assert issued(studio, "plan-sheet") == [("plan-sheet", "PL0002", 1, "final")]


def test_a_receipt_that_was_typed_wrongly_is_typed_again(studio: Rehearsal) -> None:
    studio.at("2025-03-01 14:00")
    case = studio.at_payment()
    for _ in range(2):
        studio.do(case, "take-deposit", amount="900", method="cash", invoice_no="8841")
        undo(studio.shop)
    studio.do(case, "take-deposit", amount="800", method="cash", invoice_no="8841")
    assert issued(studio, "invoice") == [("invoice", "8841", 1, "final")]


def test_the_inquiry_sheet_is_completed_as_its_second_version(studio: Rehearsal) -> None:
    studio.at("2025-05-10 16:00")
    case = studio.open(studio.customer("周敏", "13900000005"))
    studio.do(case, "begin", category="wedding")
    studio.do(case, "leave-undecided", customer_remark="再比较")
    studio.at("2025-05-10 16:31:00")
    studio.do(case, "hand-sheet", objection="price", true_reason="预算不够")
    assert issued(studio, "inquiry-sheet") == [
        ("inquiry-sheet", "IQ0001", 1, "final"),
        ("inquiry-sheet", "IQ0001", 2, "final"),
    ]
    page = shown(studio, "inquiry-sheet")
    assert page.pairs["Customer's words"] == "再比较"
    assert (page.pairs["Objection"], page.pairs["True reason"], page.pairs["Late by min"]) == ("Price", "预算不够", "1")
    assert (page.pairs["Left at"], page.pairs["Sheet in at"]) == ("2025-05-10 16:00", "2025-05-10 16:31")


def test_the_production_list_has_versions_two_copies_and_its_hours(studio: Rehearsal) -> None:
    case = selected(studio)
    studio.do(case, "add-only", code="DISC", qty="2", customer_signed="yes")
    assert issued(studio, "production-list") == [
        ("production-list", "ML0001", 1, "final"),
        ("production-list", "ML0001", 2, "final"),
    ]
    page = shown(studio, "production-list")
    assert len(page.texts["h1"]) == 2
    assert page.pairs["Photo numbers"] == "0312-01: 63-96"
    assert page.pairs["Signed at"] == "2025-03-15 16:20"
    assert "No return or change 3 h after 2025-03-15 16:20 (until 2025-03-15 19:20)." in page.texts["p"]
    with studio.shop.reading() as tx:
        mine = tx.need(StudioCase, case)
    assert (mine.list_no, mine.list_version) == ("ML0001", 2)


def test_rework_memo_and_lost_slip(studio: Rehearsal) -> None:
    case = in_production(studio)
    assert shown(studio, "pickup-notice").pairs["Pickup at"] == "2025-04-05 10:30"
    studio.at("2025-04-03 11:00")
    make(studio, case, album=1, X_PHOTO=4, ENL24=1)
    studio.do(case, "arrive", piece="frame-20in", qty="1")
    studio.do(case, "qc-fail", piece="frame-20in", qty="1", fault="划痕", due="2025-04-07")
    sheet = shown(studio, "rework-sheet")
    assert (sheet.pairs["Fault"], sheet.pairs["Due"]) == ("划痕", "2025-04-07")
    studio.at("2025-04-04 17:10")
    studio.do(case, "agree-part", customer_agreed="yes", promised="2025-04-08")
    studio.at("2025-04-05 10:30")
    studio.do(case, "start-pickup", slip="lost", id_type="passport", id_last4="7788", memo_signed="yes")
    memo = shown(studio, "lost-slip-memo")
    assert (memo.pairs["Slip lost"], memo.pairs["ID document"], memo.pairs["Last 4 characters"]) == (
        "pickup notice", "Passport", "7788",
    )  # fmt: skip
    for code, qty in (("album", "1"), ("X-PHOTO", "4"), ("ENL24", "1")):
        studio.do(case, "count", piece=code, ok=qty, missing="0", defect="0")
    studio.do(case, "count", piece="frame-20in", ok="0", missing="1", defect="0", promised="2025-04-08")
    studio.do(case, "passport", data_checked="yes")
    assert "booklet" not in {key for key, *_ in issued(studio)}
    studio.do(case, "passport", booklet_no="B1", data_checked="yes")
    assert "booklet" in {key for key, *_ in issued(studio)}
    studio.do(case, "survey", declined="yes")
    studio.do(case, "sign-pickup", customer_signed="yes")
    assert shown(studio, "pickup-memo").texts["td"] == ["frame-20in", "1", "2025-04-08"]
    assert {(key, number) for key, number, *_ in issued(studio) if number and number[:2] in ("RW", "LS", "PM")} == {
        ("rework-sheet", "RW0001"), ("lost-slip-memo", "LS0001"), ("pickup-memo", "PM0001"),
    }  # fmt: skip
    every_issued_paper_prints(studio)


def every_issued_paper_prints(studio: Rehearsal) -> None:
    """Print whatever was issued in both languages: whole, alone, in its language only, on its paper."""
    papers = {document.key: document for document in DOCUMENTS}
    with studio.shop.write("doc print") as tx:
        for row in tx.all(DocumentRow):
            for spoken in ("zh", "en"):
                html = printed(studio.shop, tx, row, spoken=spoken)
                stands_alone(html, papers[row.key].title.to(spoken), papers[row.key].paper)


def stands_alone(html: str, title: str, paper: str) -> None:
    page = Page(html)
    assert page.texts["h1"][0] == title
    assert f"@page {{ size: {paper};" in page.texts["style"][0]
    assert reaches_outside(html) is None
    if title.isascii():  # labels are English; what people typed may be anything
        assert not re.search(r"[\u4e00-\u9fff]", "".join([*page.texts.get("dt", []), *page.texts.get("th", [])]))


def test_a_gift_brings_three_papers(studio: Rehearsal) -> None:
    studio.at("2025-08-01 12:00")
    owner = studio.booked(name="王悦", phone="13800000031")
    studio.do(owner, "give-pack", card_no="LC0007", explained="yes")
    studio.booked(name="刘芳", phone="13800000032", card_no="LC0007")
    referral = studio.referrals(studio.order(owner).customer_id or 0)[-1]
    studio.do(referral, "thank", result="已致谢")
    studio.do(
        referral, "collect", by="zhu", card_shown="lost", id_type="id-card", id_last4="4417", memo_signed="yes",
        amount="100.00", method="cash", secondary_card_no="LC0207",
    )  # fmt: skip
    assert [(key, number) for key, number, *_ in issued(studio)][-5:] == [
        ("invoice", "IV0001"),
        ("lost-slip-memo", "LS0001"),
        ("reimbursement-slip", "RB0001"),
        ("referral-statistics", ""),
        ("service-card", ""),
    ]
    slip = shown(studio, "reimbursement-slip")
    assert (slip.pairs["Referrer"], slip.pairs["Friend"], slip.pairs["Gift money"]) == ("王悦", "刘芳", "100.00")
    assert slip.pairs["In words"] == "壹佰元整"
    assert shown(studio, "lost-slip-memo").pairs["Slip lost"] == "love card"
    every_issued_paper_prints(studio)


DAY, FIRST, LAST = date(2025, 3, 12), date(2025, 3, 1), date(2025, 3, 31)
ON_DEMAND: dict[str, Callable[[Any, Any, Any], Mapping[str, Any]]] = {
    "price-table": lambda shop, tx, case: price_table(tx.all(StudioPackage), tx.all(StudioPrice)),
    "dispatch-sheet": lambda shop, tx, case: floor.dispatch(shop, tx, DAY),
    "floor-sales": lambda shop, tx, case: floor.sales(shop, tx, DAY),
    "visit-register": lambda shop, tx, case: floor.visits(shop, tx, DAY),
    "seat-card": lambda shop, tx, case: floor.seat_card(case),
    "service-notes": lambda shop, tx, case: floor.service_notes(case),
    "member-register": lambda shop, tx, case: members.register(shop, tx),
    "control-table": lambda shop, tx, case: boards.control(shop, tx, "shoot", DAY, 2),
    "appointment-register": lambda shop, tx, case: boards.appointments(shop, tx, FIRST, LAST),
    "urging-register": lambda shop, tx, case: boards.urging(shop, tx, FIRST, LAST),
    "not-closed-summary": lambda shop, tx, case: boards.not_closed(shop, tx, FIRST, LAST),
}


@pytest.fixture
def on_a_shoot_day(studio: Rehearsal) -> tuple[Rehearsal, int]:
    """A studio after the shoot day of A2, with an urging and a call in its registers."""
    case = a2(studio)
    other = studio.booked(name="周敏", phone="13800000033")
    studio.do(other, "log-urge", result="later", note="月底再说")
    undecided = studio.open(studio.customer("林岚", "13800000034"))
    studio.do(undecided, "begin", category="wedding")
    studio.do(undecided, "leave-undecided")
    studio.do(undecided, "log-call", result="refused")
    return studio, studio.session(case)


def test_every_register_and_sheet_prints_in_both_languages(on_a_shoot_day: tuple[Rehearsal, int]) -> None:
    studio, session = on_a_shoot_day
    papers = {document.key: document for document in DOCUMENTS}
    before, cells = language(), dict[str, str]()
    try:
        for spoken in ("zh", "en"):
            speak(spoken)
            with studio.shop.reading() as tx:
                case = case_of(studio.shop, tx, tx.need(Order, session), Notes())
                for key, facts in ON_DEMAND.items():
                    html = on_demand(studio.shop, "studio", key, facts(studio.shop, tx, case))
                    stands_alone(html, papers[key].title.to(spoken), papers[key].paper)
                    cells[key] = " | ".join(Page(html).texts.get("td", []))
    finally:
        speak(before)
    assert "陈媛" in cells["dispatch-sheet"]
    assert "Dressed 09:15" in cells["dispatch-sheet"]
    assert "B12" in cells["dispatch-sheet"]
    assert "Call later | 月底再说 | 3199.00" in cells["urging-register"]
    assert "林岚" in cells["not-closed-summary"]
    assert "LC0101 | love card" in cells["member-register"].lower().replace("lc", "LC")
    assert "2025-03-12 | 09:00 | ST0001 陈 | - | - | 2/3" in cells["control-table"]
    assert "session over" in cells["visit-register"]


def test_every_kind_of_paper_is_issued_or_made_on_demand() -> None:
    by_action = {d.key for d in DOCUMENTS if d.facts is not None}
    assert {d.key for d in DOCUMENTS} - by_action == {*ON_DEMAND, "hand-over-list"}


def test_two_packages_differ_row_by_row(studio: Rehearsal) -> None:
    with studio.shop.reading() as tx:
        first, second = tx.need(StudioPackage, "W3999"), tx.need(StudioPackage, "W2999")
    assert [(row["first"], row["second"], row["difference"]) for row in two_packages(first, second)["rows"]] == [
        (399900, 299900, 100000),
        (3, 2, 1),
        (30, 20, 10),
        ("album × 1, frame-20in × 1", "album × 1", None),
    ]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_morning_hand_over_has_a_numbered_list_and_finance_signs(
    studio: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    case = selected(studio)
    studio.do(case, "pay", amount="540.00", method="card")
    studio.do(case, "book-pickup", date="2025-04-05", time="10:30")

    def handover(by: str, *more: str) -> int:
        line = ["--db", str(studio.shop.place.path), "--as", by, "--lang", "en", "studio", "handover", *more]
        try:
            return run(line, clock=studio.clock)
        finally:
            speak("en")

    studio.at("2025-03-15 19:20:00")
    assert handover("zhi") == 0
    assert issued(studio, "hand-over-list") == [], "the three hours are not over"
    studio.at("2025-03-16 10:00")
    assert handover("zhi") == 0
    assert issued(studio, "hand-over-list") == [("hand-over-list", "HL0001", 1, "final")]
    assert shown(studio, "hand-over-list").texts["td"] == ["ST0001", "陈媛", "ML0001", "1", "2025-04-05", "0.00"]
    assert handover("cai", "--receive") == 0
    assert studio.step(case) == "production"
    assert handover("zhi") == 0
    assert len(issued(studio, "hand-over-list")) == 1, "nothing is handed over twice"
    capsys.readouterr()
