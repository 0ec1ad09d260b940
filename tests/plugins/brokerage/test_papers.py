"""Documents of the branch: issued by their actions, printed in both languages. Source: brokerage.md section 6."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from serviceflow.api import DocumentRow, Interaction, Tx, documents_of, on_demand, printed
from serviceflow_brokerage.papers import DOCUMENTS, client_file, issue_risk_result
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.segment.run import segment_run
from serviceflow_brokerage.suitability import assess
from serviceflow_brokerage.tables.clients import BrokerClient, BrokerNeed

from .test_partners import CHECKED, TERMS, partner


def papers(branch: Branch, order: int, key: str) -> list[str]:
    """Return each version of a paper of an order, printed in Chinese."""
    with branch.shop.write("print") as tx:
        return [printed(branch.shop, tx, row, spoken="zh") for row in documents_of(tx, order, key)]


def rows(tx: Tx, key: str) -> list[DocumentRow]:
    return [row for row in tx.all(DocumentRow) if row.key == key]


def client(branch: Branch, **more: str) -> int:
    branch.at("2026-03-06 10:00")
    made = branch.client("孙建国", "80070001", opened="2020-01-01", owner="wanglei", birthday="1956-03-01", **more)
    account = branch.account(made, "10070001", "2020-01-01")
    branch.snapshot(account, "2026-03-05", "800,000.00", trades=1, turnover="18,000,000.00")
    return made


def test_the_closing_form_says_what_was_checked(branch: Branch) -> None:
    order = branch.open("account-closing", client(branch), "zhouning", account="10070001", kind="close",
                        reason="搬家", channel="onsite")  # fmt: skip
    unmet = {"identity_ok": "yes", "holdings_zero": "yes", "unsettled_zero": "yes", "debt_zero": "yes"}
    branch.do(order, "check", "zhouning", **unmet, not_frozen="yes")
    branch.do(order, "confirm-closed", "zhouning", closed_on="2026-03-06")
    first, second = papers(branch, order, "closing-form")
    assert "*0001" in first
    assert "10070001" not in first
    assert second.count("<td>是</td>") == 5
    assert "2026-03-06" in second


def test_the_rate_sheet_says_cost_saving_and_who_signed(branch: Branch) -> None:
    order = branch.open("commission-offer", client(branch), "wanglei", account="10070001", new_rate="200",
                        reason="turnover", committed_turnover_90d="1000000")  # fmt: skip
    branch.do(order, "submit", "wanglei")
    branch.sign(order, "fuze")
    first, second = papers(branch, order, "rate-sheet")
    assert "3,600.00" in first
    assert "1,800.00" in first
    assert "傅泽" not in first
    assert "傅泽" in second


def test_the_warning_letter_names_every_item_and_who_approved(branch: Branch) -> None:
    made = client(branch)
    branch.product("P4", 4, "mixed", term_days=1095)
    branch.assessed(made, 3, "2025-06-01", "2027-06-01", kinds="equity", term=365)
    order = branch.open("suitability", made, "wanglei", product="P4", amount="100000", initiated_by="client",
                        channel="onsite")  # fmt: skip
    branch.do(order, "client-insists", "wanglei", statement_ref="SQ-1")
    assert papers(branch, order, "match-opinion") == []
    letter = papers(branch, order, "risk-warning-letter")[0]
    for words in (
        "风险等级",
        "投资期限",
        "投资品种",
        "C3",
        "R4",
        "SQ-1",
        "JS2026-00001",
        "2026-03-07 10:00",
        "未向您主动推介",
    ):
        assert words in letter
    branch.at("2026-03-07 10:05")
    branch.do(order, "sign-letter", "wanglei", recording_ref="REC-9", witness="李四")
    branch.sign(order, "hegui")
    branch.sign(order, "fuze")
    again = papers(branch, order, "risk-warning-letter")[1]
    for words in ("REC-9", "李四", "何规", "傅泽"):
        assert words in again


def test_a_letter_is_void_when_the_client_gives_up(branch: Branch) -> None:
    made = client(branch)
    branch.product("P4", 4)
    branch.assessed(made, 3, "2025-06-01", "2027-06-01")
    order = branch.open("suitability", made, "wanglei", product="P4", amount="100", initiated_by="client",
                        channel="onsite")  # fmt: skip
    branch.do(order, "client-insists", "wanglei", statement_ref="SQ-1")
    branch.do(order, "give-up", "wanglei")
    with branch.shop.reading() as tx:
        assert [row.state for row in rows(tx, "risk-warning-letter")] == ["void"]


def test_the_match_opinion_comes_with_the_match(branch: Branch) -> None:
    made = client(branch)
    branch.product("P2", 2)
    branch.assessed(made, 3, "2025-06-01", "2027-06-01")
    order = branch.open("suitability", made, "wanglei", product="P2", amount="100", initiated_by="client",
                        channel="onsite")  # fmt: skip
    (opinion,) = papers(branch, order, "match-opinion")
    for words in ("孙建国", "C3", "R2", "匹配", "PP-2026-00001"):
        assert words in opinion


def test_the_result_of_an_assessment_is_told(branch: Branch) -> None:
    made = client(branch)
    with branch.shop.write("assess") as tx:
        found = assess(tx, branch.shop.setting, made, 36, day=date(2026, 3, 6), kinds=["equity"], max_term_days=365)
        issue_risk_result(branch.shop, tx, found)
        (row,) = rows(tx, "risk-result")
        said = printed(branch.shop, tx, row, spoken="en")
    for words in ("C2", "36", "2026-03-06", "2028-03-05"):
        assert words in said


def test_the_partner_sheet_says_terms_checks_and_signatures(branch: Branch) -> None:
    branch.at("2025-11-03 10:00")
    order = branch.open("partner-agreement", partner(branch, "B1"), "qudao", idea="合作开户")
    branch.do(order, "submit", "qudao", **TERMS)
    branch.do(order, "complete", "qudao", **CHECKED)
    branch.sign(order, "hegui")
    branch.sign(order, "fuze")
    first, second = papers(branch, order, "partner-sheet")
    assert "20.00 %" in first
    assert first.count("<td>是</td>") == 4
    for words in ("何规", "傅泽"):
        assert words in second


VALUES: Mapping[str, object] = {
    "first": "2026-01-01", "last": "2026-06-30", "figures": [{"name": "x", "value": 1}], "accounts": [], "needs": [],
    "subscriptions": [], "interactions": [], "alerts": [], "offers": [],
}  # fmt: skip


@pytest.mark.parametrize("key", [d.key for d in DOCUMENTS if d.facts is None and d.series is None])
def test_papers_made_on_demand_print(branch: Branch, key: str) -> None:
    named = next(d for d in DOCUMENTS if d.key == key).fields
    facts = {name: VALUES.get(name, "某某") for name in named if "." not in name}
    assert "</table>" in on_demand(branch.shop, "brokerage", key, facts) or key == "client-file"


def test_the_client_file_is_one_paper(branch: Branch) -> None:
    made = client(branch, education="college")
    segment_run(branch.shop)
    with branch.shop.write("need") as tx:
        tx.add(BrokerNeed(customer_id=made, text="教育金", at=tx.now))
        tx.add(Interaction(customer_id=made, at=tx.now, channel="visit", outward=True, summary="谈教育金"))
    with branch.shop.reading() as tx:
        page = on_demand(branch.shop, "brokerage", "client-file",
                         client_file(branch.shop, tx, tx.need(BrokerClient, made)))  # fmt: skip
    for words in ("孙建国", "*0001", "教育金", "谈教育金", "weekly", "300 ppm"):
        assert words in page
    assert "10070001" not in page
