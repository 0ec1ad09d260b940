"""Opening an account: scenario S6 of brokerage.md section 10, lapsing and reviving."""

from __future__ import annotations

from datetime import date

import pytest
from serviceflow.api import add_customer
from serviceflow_brokerage.partners import refer
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerClient
from serviceflow_brokerage.tables.partners import BrokerPartner, BrokerPartnerContract, BrokerReferral

MATERIAL = {
    "name": "李桂芳",
    "phone": "13800138000",
    "birthday": "2008-03-06",
    "id_type": "id_card",
    "id_no": "310101200803060021",
    "id_valid_until": "2030-01-01",
    "entry_product": "bank_link",
    "custody_bank": "ICBC",
}


@pytest.fixture
def keyed(branch: Branch) -> Branch:
    branch.shop.set_setting("broker.id_hash_key", "geheim")
    return branch


def partner(branch: Branch, code: str, start: str, end: str, **terms: object) -> int:
    """Enter a partner with an active contract."""
    with branch.shop.write("partner") as tx:
        made = add_customer(tx, name=f"银行{code}", kind="organisation")
        assert made.id is not None
        tx.add(BrokerPartner(customer_id=made.id, code=code, kind="bank"))
    branch.at("2020-01-02 09:00")
    order = branch.open("partner-agreement", made.id, "qudao", idea="合作")
    with branch.shop.write("contract") as tx:
        row = tx.need(BrokerPartnerContract, order)
        tx.change(row, state="active", start=date.fromisoformat(start), end_on=date.fromisoformat(end), **terms)
    return made.id


def test_s6_opening_through_a_bank_with_redo(keyed: Branch) -> None:
    branch = keyed
    bank = partner(branch, "B01", "2026-01-01", "2026-12-31")
    branch.at("2026-03-04 10:00")
    client = branch.client("李桂芳", phone="13800138000")
    with branch.shop.write("refer") as tx:
        referral = refer(tx, bank, client, date(2026, 3, 4)).id
    order = branch.open("account-opening", client, "wanglei", origin="bank", referral=str(referral))
    assert branch.step(order) == "lead"
    assert branch.messages(order) == ["lead-ack"]
    assert branch.tasks(order=order) == {"first-contact": "2026-03-05"}
    branch.at("2026-03-05 10:00")
    papers = {**MATERIAL, "partner_doc_ref": "ICBC-1", "collected_on": "2026-03-05"}
    assert branch.refused(order, "bank-handoff", "zhouning", **papers) == "age-under-18"
    branch.at("2026-03-06 10:00")
    branch.do(order, "bank-handoff", "zhouning", **papers)
    branch.do(order, "return-material", "zhouning", missing="银行卡")
    assert branch.step(order) == "contacted"
    assert branch.tasks(order=order) == {"fix-material": "2026-03-10"}
    branch.do(order, "submit-material", "wanglei", **MATERIAL)
    checked = {"method": "onsite", "recording_ref": "R1"}
    assert branch.refused(order, "verify-identity", "zhouning", **checked, market_accounts="3") == "market-accounts"
    branch.do(order, "verify-identity", "zhouning", **checked, market_accounts="2")
    assert branch.refused(order, "record-assessment", "wanglei") == "risk-missing"
    branch.assessed(client, 2, "2026-03-06", "2028-03-06", score=36)
    branch.do(order, "record-assessment", "wanglei")
    signed = {"risk_disclosure": "yes", "custody_bank": "ICBC"}
    all_three = {**signed, "agreements": "brokerage,custody,e_sign"}
    assert branch.refused(order, "sign", "wanglei", **signed, agreements="custody", rate="300") == "agreements-missing"
    assert branch.refused(order, "sign", "wanglei", **all_three, rate="250") == "rate-needs-approval"
    branch.do(order, "sign", "wanglei", **all_three, rate="300")
    assert branch.refused(order, "approve", "zhouning") == "four-eyes"
    branch.do(order, "approve", "wutao")
    branch.do(order, "bank-link-failed", "zhouning", reason="户名不符")
    assert branch.tasks(order=order) == {"other-bank": "2026-03-09"}
    branch.do(order, "sign", "wanglei", **all_three, rate="300")
    branch.do(order, "approve", "wutao")
    branch.at("2026-03-12 10:00")
    branch.do(order, "confirm-open", "zhouning", client_no="80020009", account_no="10020009", opened_on="2026-03-12")
    assert branch.tasks(order=order) == {"new-client-callback": "2026-03-19"}
    assert "welcome" in branch.messages(order)
    with branch.shop.reading() as tx:
        assert [r.state for r in tx.all(BrokerReferral)] == ["attributed"]
        assert tx.need(BrokerClient, client).status == "active"
        account = tx.all(BrokerAccount)[0]
    assert (account.rate, account.base_rate, account.custody_bank) == (300, 300, "ICBC")
    branch.at("2026-03-19 10:00")
    branch.do(order, "callback-missed", "zuoxi", channel="phone")
    assert branch.refused(order, "callback-missed", "zuoxi", channel="phone") == "attempt-same-day"
    branch.at("2026-04-11 17:00")
    well = {"identity_ok": "yes", "risks_told": "yes", "no_proxy_trading": "yes", "satisfied": "5"}
    branch.do(order, "callback-ok", "zuoxi", **well)
    assert branch.step(order) == "completed"
    assert "callback-overdue" not in branch.tasks(customer=client)


def test_a_callback_past_thirty_days_tells_the_branch_manager_and_goes_on(keyed: Branch) -> None:
    branch = keyed
    order = opened(branch)
    branch.at("2026-04-11 18:00")
    assert branch.run(order) == "opened"
    assert "callback-overdue" not in branch.tasks(order=order)
    branch.at("2026-04-11 18:01")
    assert branch.run(order) == "opened"
    assert branch.tasks(order=order)["callback-overdue"] == "2026-04-13"
    told = {"identity_ok": "yes", "risks_told": "yes", "no_proxy_trading": "yes", "satisfied": "2"}
    branch.do(order, "callback-ok", "zuoxi", **told)
    assert branch.tasks(order=order)["unhappy-client"] == "2026-04-14"


def opened(branch: Branch) -> int:
    branch.at("2026-03-10 10:00")
    client = branch.client("赵敏")
    branch.assessed(client, 3, "2026-03-01", "2028-03-01")
    order = branch.open("account-opening", client, "wanglei", origin="walk_in")
    branch.do(order, "contact", "wanglei", channel="phone", summary="有意开户", need="教育金")
    branch.do(order, "submit-material", "wanglei", **{**MATERIAL, "birthday": "1990-01-01"})
    branch.do(order, "verify-identity", "zhouning", method="video", recording_ref="R1", market_accounts="0")
    branch.do(order, "record-assessment", "wanglei")
    signed = {"risk_disclosure": "yes", "custody_bank": "ICBC", "agreements": "brokerage,custody,e_sign"}
    branch.do(order, "sign", "wanglei", **signed, rate="300")
    branch.do(order, "approve", "wutao")
    branch.at("2026-03-12 10:00")
    branch.do(order, "confirm-open", "zhouning", client_no="80020009", account_no="10020009", opened_on="2026-03-12")
    return order


def test_a_lead_lapses_after_three_attempts_or_thirty_days_and_may_be_revived(keyed: Branch) -> None:
    branch = keyed
    branch.at("2026-03-02 10:00")
    client = branch.client("钱进")
    order = branch.open("account-opening", client, "wanglei", origin="online")
    for day, step in (("03", "lead"), ("04", "lead"), ("05", "lapsed")):
        branch.at(f"2026-03-{day} 10:00")
        branch.do(order, "no-answer", "wanglei", channel="phone")
        assert branch.step(order) == step
    branch.at("2026-06-03 10:00")
    branch.do(order, "revive", "wanglei", reason="客户来电")
    assert branch.step(order) == "contacted"
    branch.at("2026-07-03 18:00")
    assert branch.run(order) == "contacted"
    branch.at("2026-07-04 09:00")
    assert branch.run(order) == "lapsed"
    assert branch.order(order).entered_at.isoformat() == "2026-07-03T10:00:00+00:00"
    branch.at("2026-10-02 10:00")
    assert branch.refused(order, "revive", "wanglei", reason="又来") == "too-late"


@pytest.mark.parametrize(
    ("changed", "ref"),
    [
        pytest.param({"birthday": "2010-01-01"}, "age-under-18", id="child"),
        pytest.param({"id_valid_until": "2026-03-09"}, "id-expired", id="expired"),
        pytest.param({"id_no": "310101200803060021"}, "already-client", id="known by the document"),
    ],
)
def test_material_that_may_not_be_submitted(keyed: Branch, changed: dict[str, str], ref: str) -> None:
    branch = keyed
    opened(branch)
    order = branch.open("account-opening", branch.client("孙二"), "wanglei", origin="walk_in")
    branch.do(order, "contact", "wanglei", channel="phone", summary="有意")
    papers = {**MATERIAL, "birthday": "1990-01-01", "id_no": "X1", "phone": "13900139000", **changed}
    branch.at("2026-03-12 11:00")
    assert branch.refused(order, "submit-material", "wanglei", **papers) == ref


def test_two_prospects_with_one_document_are_told_apart(keyed: Branch) -> None:
    first, second = keyed.client("李桂芳", phone="13800000001"), keyed.client("李贵芳", phone="13800000002")
    orders = []
    for prospect in (first, second):
        order = keyed.open("account-opening", prospect, "wanglei", origin="walk_in")
        keyed.do(order, "contact", "wanglei", channel="phone", summary="有意向")
        orders.append(order)
    keyed.do(orders[0], "submit-material", "wanglei", **MATERIAL)
    assert keyed.refused(orders[1], "submit-material", "wanglei", **MATERIAL) == "already-client"
