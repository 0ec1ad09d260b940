"""Partners: scenario S12 of brokerage.md section 10, agreements and settlements."""

from __future__ import annotations

from datetime import date

import pytest
from serviceflow.api import Refused, add_customer
from serviceflow_brokerage.partners import attribute, refer
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.tables.partners import BrokerPartner, BrokerPartnerContract, BrokerReferral, BrokerStatement

TERMS = {
    "model": "commission_share", "start": "2026-01-01", "end_on": "2026-12-31", "regions": "SH", "share": "2000",
    "share_months": "12",
}  # fmt: skip
CHECKED = {
    "licence_ok": "yes", "data_protection_ok": "yes", "no_promise_of_return": "yes", "joint_script_approved": "yes",
}  # fmt: skip


def partner(branch: Branch, code: str) -> int:
    with branch.shop.write("partner") as tx:
        made = add_customer(tx, name=f"银行{code}", kind="organisation")
        assert made.id is not None
        tx.add(BrokerPartner(customer_id=made.id, code=code, kind="bank"))
    return made.id


def agreed(branch: Branch, code: str, at: str = "2025-11-03 10:00", **terms: str) -> int:
    """Go through an agreement until it is active; return the partner."""
    branch.at(at)
    made = partner(branch, code)
    order = branch.open("partner-agreement", made, "qudao", idea="合作开户")
    branch.do(order, "submit", "qudao", **{**TERMS, **terms})
    branch.do(order, "complete", "qudao", **CHECKED)
    branch.sign(order, "hegui")
    branch.sign(order, "fuze")
    assert branch.step(order) == "active"
    return made


@pytest.mark.parametrize(("opened", "second"), [("2026-02-10", False), ("2026-02-11", True)])
def test_s12_the_earliest_referral_that_still_counts_is_attributed(branch: Branch, opened: str, second: bool) -> None:
    first, other = agreed(branch, "B1", start="2025-11-01", end_on="2026-10-31"), agreed(branch, "B2")
    client = branch.client("钱小姐")
    for who, day in ((first, "2025-11-12"), (other, "2026-01-20")):
        branch.at(f"{day} 10:00")
        with branch.shop.write("refer") as tx:
            refer(tx, who, client, date.fromisoformat(day))
    branch.account(client, "10060001", opened)
    with branch.shop.write("attribute") as tx:
        attribute(tx, client, date.fromisoformat(opened), 90, 1)
    with branch.shop.reading() as tx:
        states = {r.partner_id: r.state for r in tx.all(BrokerReferral)}
    assert states == (
        {first: "superseded", other: "attributed"} if second else {first: "attributed", other: "superseded"}
    )


def attributed(branch: Branch, bank: int, opened: str) -> int:
    client = branch.client("钱小姐", "80060001", opened=opened)
    account = branch.account(client, "10060001", opened)
    with branch.shop.write("referral") as tx:
        tx.add(
            BrokerReferral(
                partner_id=bank, customer_id=client, referred_on=date(2026, 1, 20), registered_at=tx.now,
                state="attributed",
            )
        )  # fmt: skip
    return account


def settled(branch: Branch, bank: int, at: str, month: str) -> tuple[int, BrokerStatement]:
    branch.at(at)
    order = branch.open("partner-settlement", bank, "qudao", month=month)
    branch.do(order, "send", "qudao")
    branch.do(order, "confirmed", "qudao", partner_ref="OK")
    branch.sign(order, "fuze")
    branch.sign(order, "hegui")
    with branch.shop.reading() as tx:
        return order, tx.need(BrokerStatement, order)


def test_s12_partner_share_is_carried_until_it_is_worth_paying(branch: Branch) -> None:
    bank = agreed(branch, "B2")
    account = attributed(branch, bank, "2026-02-11")
    branch.snapshot(account, "2026-03-31", "1", commission="333.33", turnover="1,000,000.00")
    branch.snapshot(account, "2026-04-30", "1", net_commission="300.00")
    march, first = settled(branch, bank, "2026-04-05 10:00", "2026-03-01")
    assert (first.total, first.payable, first.carried_out) == (5586, 0, 5586)
    assert (branch.step(march), first.reference) == ("paid", "carried")
    april, second = settled(branch, bank, "2026-05-05 10:00", "2026-04-01")
    assert (second.carried_in, second.payable, second.carried_out) == (5586, 11586, 0)
    assert branch.step(april) == "payable"
    branch.do(april, "pay", "zhouning", paid_on="2026-05-06", reference="TT1")
    assert branch.step(april) == "paid"


def test_a_frozen_month_is_corrected_in_a_later_one(branch: Branch) -> None:
    bank = agreed(branch, "B2")
    account = attributed(branch, bank, "2026-02-11")
    branch.snapshot(account, "2026-03-31", "1", net_commission="1000.00")
    settled(branch, bank, "2026-04-05 10:00", "2026-03-01")
    branch.snapshot(account, "2026-03-15", "1", net_commission="100.00")
    _, april = settled(branch, bank, "2026-05-05 10:00", "2026-04-01")
    assert (april.carried_in, april.total) == (0, 2000)
    with pytest.raises(Refused) as refused:
        branch.open("partner-settlement", bank, "qudao", month="2026-04-01")
    assert refused.value.ref.endswith("statement-exists")
    with pytest.raises(Refused) as refused:
        branch.open("partner-settlement", bank, "qudao", month="2026-05-01")
    assert refused.value.ref.endswith("month-not-over")


def test_a_fee_per_account_is_paid_once_in_the_month_the_assets_are_reached(branch: Branch) -> None:
    bank = agreed(branch, "B3", model="per_account", per_account_fen="300", min_assets="1000", within_days="60")
    account = attributed(branch, bank, "2026-02-11")
    branch.snapshot(account, "2026-02-28", "999.99")
    branch.snapshot(account, "2026-04-12", "1,000.00")
    _, march = settled(branch, bank, "2026-04-14 10:00", "2026-03-01")
    _, april = settled(branch, bank, "2026-05-05 10:00", "2026-04-01")
    assert (march.payable, april.payable) == (0, 30_000)


@pytest.mark.parametrize(
    ("changed", "ref"),
    [
        pytest.param({"share": "3001"}, "share-over-max", id="share"),
        pytest.param({"end_on": "2029-01-01"}, "contract-too-long", id="37th month"),
        pytest.param({"start": "2025-06-01", "end_on": "2026-01-01"}, "contract-overlap", id="overlap"),
    ],
)
def test_terms_that_are_refused(branch: Branch, changed: dict[str, str], ref: str) -> None:
    bank = agreed(branch, "B2")
    order = branch.open("partner-agreement", bank, "qudao", idea="续约")
    later = {"start": "2027-01-01", "end_on": "2027-12-31"}
    if ref == "contract-too-long":
        later = {"start": "2026-01-01"}
        changed = {"start": "2027-01-01", "end_on": "2030-01-01"}
    assert branch.refused(order, "submit", "qudao", **{**TERMS, **later, **changed}) == ref


def test_a_suspended_agreement_takes_no_referrals_and_an_ended_one_ends_after_its_last_day(branch: Branch) -> None:
    bank = agreed(branch, "B2", "2026-01-05 10:00")
    with branch.shop.reading() as tx:
        order = tx.all(BrokerPartnerContract)[0].order_id
    branch.do(order, "suspend", "hegui", reason="整改")
    client = branch.client("客户")
    with pytest.raises(Refused) as refused, branch.shop.write("refer") as tx:
        refer(tx, bank, client, date(2026, 1, 5))
    assert refused.value.ref == "no-contract"
    branch.do(order, "resume", "fuze", reason="完成")
    branch.do(order, "terminate", "fuze", reason="终止", end_on="2026-01-31")
    branch.at("2026-01-31 23:00")
    assert branch.run(order) == "active"
    branch.at("2026-02-01 06:00")
    assert branch.run(order) == "ended"
