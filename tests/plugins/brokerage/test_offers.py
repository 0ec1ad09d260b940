"""Commission offers: scenario S9 of brokerage.md section 10."""

from __future__ import annotations

from datetime import date

import pytest
from serviceflow.api import FlowError, Notes, Order, OrderClock, Refused, StaffRole, case_of
from serviceflow_brokerage.rehearsal import SHANGHAI, Branch
from serviceflow_brokerage.tables.clients import BrokerAccount
from serviceflow_brokerage.tables.products import BrokerRateOffer

ASKED = {"account": "10040001", "new_rate": "150", "reason": "assets", "committed_assets": "500000"}


@pytest.fixture
def client(branch: Branch) -> int:
    branch.at("2026-03-06 10:00")
    made = branch.client("周总", "80040001", opened="2020-01-01", owner="liuyang", phone="13800000001")
    branch.account(made, "10040001", "2020-01-01", rate=300)
    return made


def rate(branch: Branch) -> int:
    with branch.shop.reading() as tx:
        return tx.all(BrokerAccount)[0].rate


def offer(branch: Branch, order: int) -> BrokerRateOffer:
    with branch.shop.reading() as tx:
        return tx.need(BrokerRateOffer, order)


def waiting(branch: Branch, client: int) -> int:
    order = branch.open("commission-offer", client, "liuyang", **ASKED)
    branch.do(order, "submit", "liuyang")
    branch.sign(order, "fuze")
    return order


def reviewing(branch: Branch, client: int) -> int:
    order = waiting(branch, client)
    branch.snapshot(1, "2026-06-05", "499,999.99")
    branch.at("2026-06-07 09:00")
    assert branch.run(order) == "reviewing"
    return order


def test_s9_commission(branch: Branch, client: int) -> None:
    order = waiting(branch, client)
    row = offer(branch, order)
    assert (row.effective_on, row.expires_on) == (date(2026, 3, 9), date(2027, 3, 9))
    assert branch.messages(order) == ["rate-approved"]
    branch.at("2026-03-08 23:00")
    assert (branch.run(order), rate(branch)) == ("waiting", 300)
    branch.at("2026-03-09 08:00")
    assert (branch.run(order), rate(branch)) == ("effective", 150)
    branch.snapshot(1, "2026-06-05", "499,999.99")
    branch.at("2026-06-07 09:00")
    assert branch.run(order) == "reviewing"
    assert branch.tasks(order=order)["decide-offer"] == "2026-06-10"
    branch.at("2026-06-10 10:00")
    branch.do(order, "revoke", "fuze", reason="未达承诺")
    assert offer(branch, order).revoke_on == date(2026, 6, 17)
    branch.at("2026-06-17 08:00")
    assert (branch.run(order), rate(branch)) == ("revoked", 300)


def test_s9_below_the_floor_the_head_office_signs_after_the_branch_manager(branch: Branch, client: int) -> None:
    order = branch.open("commission-offer", client, "liuyang", **{**ASKED, "new_rate": "149"})
    branch.do(order, "submit", "liuyang")
    with pytest.raises(Refused):
        branch.sign(order, "zongbu")
    branch.sign(order, "fuze")
    assert branch.step(order) == "approval"
    branch.sign(order, "zongbu")
    assert branch.step(order) == "waiting"


@pytest.mark.parametrize(
    ("changed", "ref"),
    [
        pytest.param({"new_rate": "79"}, "rate-below-cost", id="79"),
        pytest.param({"new_rate": "300"}, "rate-not-lower", id="300"),
        pytest.param({"new_rate": "3001"}, "rate-over-max", id="3001"),
        pytest.param({"committed_assets": ""}, "commitment-missing", id="no commitment"),
        pytest.param({"account": "10049999"}, "account-not-open", id="no such account"),
    ],
)
def test_s9_offers_that_are_refused(branch: Branch, client: int, changed: dict[str, str], ref: str) -> None:
    with pytest.raises(Refused) as refused:
        branch.open("commission-offer", client, "liuyang", **{**ASKED, **changed})
    assert refused.value.ref.endswith(ref)


def test_one_request_of_an_account_at_a_time_and_a_newer_one_replaces_the_offer(branch: Branch, client: int) -> None:
    first = waiting(branch, client)
    with pytest.raises(Refused) as refused:
        branch.open("commission-offer", client, "liuyang", **ASKED)
    assert refused.value.ref.endswith("offer-open")
    branch.at("2026-03-09 08:00")
    branch.run(first)
    second = branch.open("commission-offer", client, "liuyang", **{**ASKED, "new_rate": "120"})
    branch.do(second, "submit", "liuyang")
    branch.sign(second, "fuze")
    branch.sign(second, "zongbu")
    branch.at("2026-03-10 08:00")
    branch.run(second)
    assert (branch.step(first), branch.step(second), rate(branch)) == ("replaced", "effective", 120)


def test_what_a_date_names_is_done_at_its_first_instant(branch: Branch, client: int) -> None:
    order = waiting(branch, client)
    branch.at("2026-03-08 23:59")
    assert branch.run(order) == "waiting"
    branch.at("2026-03-09 00:00")
    assert (branch.run(order), rate(branch)) == ("effective", 150)


def test_an_offer_that_is_kept_runs_to_its_end(branch: Branch, client: int) -> None:
    order = reviewing(branch, client)
    branch.do(order, "keep", "fuze", reason="长期客户")
    branch.snapshot(1, "2026-09-01", "500,000.00")
    branch.at("2026-09-05 09:00")
    assert branch.run(order) == "effective"
    branch.at("2027-02-22 11:00")
    assert "rate-expiring" in branch.messages(order)
    branch.snapshot(1, "2027-03-01", "500,000.00")
    branch.snapshot(1, "2026-12-01", "500,000.00")
    branch.at("2027-03-09 08:00")
    assert (branch.run(order), rate(branch)) == ("expired", 300)


def test_a_shortened_offer_ends_earlier(branch: Branch, client: int) -> None:
    order = reviewing(branch, client)
    assert branch.refused(order, "shorten", "fuze", reason="x", expires_on="2027-03-09") == "row-bad-date"
    branch.do(order, "shorten", "fuze", reason="未达承诺", expires_on="2026-08-01")
    branch.at("2026-08-01 08:00")
    assert (branch.run(order), rate(branch)) == ("expired", 300)


def test_a_draft_nobody_submits_is_withdrawn(branch: Branch, client: int) -> None:
    order = branch.open("commission-offer", client, "liuyang", **ASKED)
    branch.at("2026-03-13 18:00")
    assert branch.run(order) == "drafted"
    branch.at("2026-03-13 18:01")
    assert branch.run(order) == "withdrawn"


@pytest.mark.parametrize(
    ("ends", "step", "after"),
    [
        pytest.param("2026-06-16", "2026-06-16", "expired", id="it ends before the notice is over"),
        pytest.param("2026-06-17", "2026-06-17", "expired", id="it ends on the day of revocation"),
        pytest.param("2026-06-18", "2026-06-17", "revoked", id="it would end a day later"),
    ],
)
def test_a_revoked_offer_that_ends_anyway_simply_ends(
    branch: Branch, client: int, ends: str, step: str, after: str
) -> None:
    order = reviewing(branch, client)
    with branch.shop.write("offer") as tx:
        tx.change(tx.need(BrokerRateOffer, order), expires_on=date.fromisoformat(ends))
        case = case_of(branch.shop, tx, tx.need(Order, order), Notes())
        case.set_anchor("expires_on", date.fromisoformat(ends))
    branch.at("2026-06-10 10:00")
    branch.do(order, "revoke", "fuze", reason="未达承诺")
    assert "rate-revoked" in branch.messages(order)
    branch.at(f"{step} 08:00")
    assert (branch.run(order), rate(branch)) == (after, 300)


@pytest.mark.parametrize("action", ["withdraw", "client-declines"])
def test_an_offer_that_waits_may_be_given_up(branch: Branch, client: int, action: str) -> None:
    order = waiting(branch, client)
    branch.do(order, action, "liuyang", reason="fee", detail="客户改主意")
    assert (branch.step(order), branch.messages(order)) == ("withdrawn", [])
    branch.at("2026-03-09 08:00")
    assert (branch.run(order), rate(branch)) == ("withdrawn", 300)


def test_a_draft_is_changed_within_the_bounds(branch: Branch, client: int) -> None:
    order = branch.open("commission-offer", client, "liuyang", **ASKED)
    assert branch.refused(order, "change", "liuyang", new_rate="79") == "rate-below-cost"
    branch.do(order, "change", "liuyang", new_rate="200", months="6")
    assert (offer(branch, order).rate, offer(branch, order).months) == (200, 6)


def test_nobody_signs_his_own_offer(branch: Branch, client: int) -> None:
    with branch.shop.write("roles") as tx:
        tx.add(StaffRole(staff_id=branch.ids["fuze"], role="service-manager"))
    order = branch.open("commission-offer", client, "fuze", **ASKED)
    branch.do(order, "submit", "fuze")
    with pytest.raises(Refused) as refused:
        branch.sign(order, "fuze")
    assert refused.value.ref == "four-eyes"


@pytest.mark.parametrize(("new_rate", "ref"), [("150", "core.nothing-to-sign"), ("149", "core.sign-decided")])
def test_s15_the_same_signature_from_a_second_window_changes_nothing(
    branch: Branch, client: int, new_rate: str, ref: str
) -> None:
    order = branch.open("commission-offer", client, "liuyang", **{**ASKED, "new_rate": new_rate})
    branch.do(order, "submit", "liuyang")
    branch.sign(order, "fuze")
    before = branch.order(order)
    with pytest.raises(FlowError) as second:
        branch.sign(order, "fuze")
    assert second.value.ref == ref
    assert branch.order(order) == before


def test_each_signature_has_its_own_two_business_days(branch: Branch, client: int) -> None:
    order = branch.open("commission-offer", client, "liuyang", **{**ASKED, "new_rate": "149"})
    branch.do(order, "submit", "liuyang")

    def due() -> str:
        with branch.shop.reading() as tx:
            return tx.need(OrderClock, order, "step").due_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M")

    assert due() == "03-10 18:00"
    branch.at("2026-03-09 10:00")
    branch.sign(order, "fuze")
    assert due() == "03-11 18:00"
