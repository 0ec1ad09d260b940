"""A client counted for another partner: the rule of brokerage.md section 5.6."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from serviceflow.api import Refused, StaffRole, TaskRow, table_of
from serviceflow_brokerage import reassignments
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.roles import BM, CO
from serviceflow_brokerage.statements import Line, lines_of
from serviceflow_brokerage.tables.partners import (
    BrokerReassignment,
    BrokerReferral,
    BrokerStatement,
    BrokerStatementLine,
)

from .test_partners import agreed, attributed, partner, settled

MARCH = "2026-03-01"


def two_banks(branch: Branch) -> tuple[int, int, int]:
    """Return two partners and the client who counts for the first, with 1,000.00 of commission in March."""
    first, second = agreed(branch, "B1"), agreed(branch, "B2")
    account = attributed(branch, first, "2026-02-11")
    branch.snapshot(account, "2026-03-31", "1", net_commission="1000.00")
    with branch.shop.reading() as tx:
        return first, second, tx.all(BrokerReferral)[0].customer_id


def ask(branch: Branch, by: str, client: int, bank: int, reason: str = "录入错误") -> int:
    branch.staff(by)
    with branch.shop.write("ask") as tx:
        made = reassignments.ask(branch.shop, tx, reassignments.referral_of(tx, client, "钱小姐"), bank, reason)
    assert made.id is not None
    return made.id


def approve(branch: Branch, by: str, number: int) -> list[str]:
    branch.staff(by)
    with branch.shop.write("approve") as tx:
        return reassignments.approve(branch.shop, tx, reassignments.reassignment_of(tx, number))


def open_tasks(branch: Branch) -> set[str | None]:
    table = table_of(TaskRow)
    with branch.shop.reading() as tx:
        return {t.role for t in tx.all(TaskRow, table.c.rule == reassignments.RULE, table.c.state == "open")}


def test_both_sign_and_the_statements_follow(branch: Branch) -> None:
    first, second, client = two_banks(branch)
    branch.at("2026-04-05 10:00")
    draft = branch.open("partner-settlement", first, "qudao", month=MARCH)
    number = ask(branch, "qudao", client, second)
    assert open_tasks(branch) == {BM, CO}
    assert approve(branch, "fuze", number) == [CO]
    with branch.shop.reading() as tx:
        assert [r.partner_id for r in tx.all(BrokerReferral)] == [first]
    assert approve(branch, "hegui", number) == []
    assert open_tasks(branch) == set()
    with branch.shop.reading() as tx:
        before, counted = tx.all(BrokerReferral, order_by=[table_of(BrokerReferral).c.id])
        asked, statement = tx.need(BrokerReassignment, number), tx.need(BrokerStatement, draft)
        assert tx.all(BrokerStatementLine) == []
    assert (before.partner_id, before.state, counted.partner_id, counted.state) == (
        first, "superseded", second, "attributed",
    )  # fmt: skip
    assert (counted.customer_id, counted.referred_on, counted.registered_at, counted.order_id) == (
        client, before.referred_on, before.registered_at, before.order_id,
    )  # fmt: skip
    assert [(role, who) for role, who, _ in asked.approvals] == [(BM, branch.ids["fuze"]), (CO, branch.ids["hegui"])]
    assert (asked.state, asked.reason, statement.total) == ("done", "录入错误", 0)
    assert settled(branch, second, "2026-04-06 10:00", MARCH)[1].total == 20_000


def test_the_other_partner_s_own_referral_counts_where_there_is_one(branch: Branch) -> None:
    first, second, client = two_banks(branch)
    with branch.shop.write("referral") as tx:
        known = tx.all(BrokerReferral)[0]
        own = tx.add(
            BrokerReferral(
                partner_id=second, customer_id=client, referred_on=known.referred_on, registered_at=tx.now,
                state="superseded",
            )
        )  # fmt: skip
    number = ask(branch, "qudao", client, second)
    approve(branch, "hegui", number)
    approve(branch, "fuze", number)
    with branch.shop.reading() as tx:
        assert {r.id: r.state for r in tx.all(BrokerReferral)} == {known.id: "superseded", own.id: "attributed"}
        march = known.referred_on.replace(month=3, day=1)
        found = {bank: lines_of(tx, bank, march, branch.shop.setting) for bank in (first, second)}
    assert found == {first: [], second: [Line(client, "commission_share", 100_000, 20_000)]}


def nothing(branch: Branch, first: int, second: int, client: int) -> int:
    return second


def frozen(branch: Branch, first: int, second: int, client: int) -> int:
    settled(branch, first, "2026-04-05 10:00", MARCH)
    return second


def frozen_before_the_opening(branch: Branch, first: int, second: int, client: int) -> int:
    settled(branch, first, "2026-04-05 10:00", "2026-01-01")
    return second


def frozen_of_the_other(branch: Branch, first: int, second: int, client: int) -> int:
    settled(branch, second, "2026-04-05 10:00", MARCH)
    return second


def same(branch: Branch, first: int, second: int, client: int) -> int:
    return first


def without_contract(branch: Branch, first: int, second: int, client: int) -> int:
    return partner(branch, "B9")


def asked_already(branch: Branch, first: int, second: int, client: int) -> int:
    ask(branch, "qudao", client, second)
    return second


def expired(branch: Branch, first: int, second: int, client: int) -> int:
    with branch.shop.write("expired") as tx:
        tx.change(tx.all(BrokerReferral)[0], state="expired")
    return second


@pytest.mark.parametrize(
    ("before", "by", "reason", "ref"),
    [
        pytest.param(frozen, "qudao", "r", "reassign-frozen", id="a frozen statement covers the client"),
        pytest.param(same, "qudao", "r", "reassign-same", id="the same partner"),
        pytest.param(without_contract, "qudao", "r", "no-contract", id="no contract on the day of the opening"),
        pytest.param(asked_already, "qudao", "r", "reassign-open", id="asked already"),
        pytest.param(expired, "qudao", "r", "reassign-none", id="nothing is attributed"),
        pytest.param(nothing, "qudao", "  ", "reassign-reason", id="no reason"),
        pytest.param(nothing, "wanglei", "r", "core.role", id="not his to ask"),
    ],
)
def test_what_is_refused(
    branch: Branch, before: Callable[[Branch, int, int, int], int], by: str, reason: str, ref: str
) -> None:
    first, second, client = two_banks(branch)
    bank = before(branch, first, second, client)
    with pytest.raises(Refused) as refused:
        ask(branch, by, client, bank, reason)
    assert (refused.value.ref, refused.value.way_out is not None) == (ref, True)


@pytest.mark.parametrize(
    ("before", "by"),
    [
        pytest.param(frozen_before_the_opening, "qudao", id="a frozen month before the opening"),
        pytest.param(frozen_of_the_other, "qudao", id="a frozen month of the other partner"),
        pytest.param(nothing, "fuze", id="the branch manager may ask"),
    ],
)
def test_what_is_no_obstacle(branch: Branch, before: Callable[[Branch, int, int, int], int], by: str) -> None:
    first, second, client = two_banks(branch)
    ask(branch, by, client, before(branch, first, second, client))
    assert open_tasks(branch) == {BM, CO}


@pytest.mark.parametrize(
    ("asked_by", "signed_by", "by", "ref"),
    [
        pytest.param("fuze", [], "fuze", "four-eyes", id="nobody signs his own"),
        pytest.param("qudao", ["fuze"], "fuze", "signed-already", id="one signature is not two"),
        pytest.param("qudao", ["fuze", "hegui"], "hegui", "reassign-state", id="done"),
        pytest.param("qudao", [], "qudao", "core.role", id="the partner manager does not sign"),
    ],
)
def test_who_may_sign(branch: Branch, asked_by: str, signed_by: list[str], by: str, ref: str) -> None:
    _, second, client = two_banks(branch)
    number = ask(branch, asked_by, client, second)
    for login in signed_by:
        approve(branch, login, number)
    with pytest.raises(Refused) as refused:
        approve(branch, by, number)
    assert refused.value.ref == ref


def test_holding_both_roles_does_not_make_the_own_request_two_persons(branch: Branch) -> None:
    _, second, client = two_banks(branch)
    with branch.shop.write("role") as tx:
        tx.add(StaffRole(staff_id=branch.ids["hegui"], role=BM))
    with pytest.raises(Refused) as refused:
        approve(branch, "hegui", ask(branch, "hegui", client, second))
    assert refused.value.ref == "four-eyes"


def test_a_statement_frozen_since_stops_it_and_a_no_leaves_all_as_it_was(branch: Branch) -> None:
    first, second, client = two_banks(branch)
    number = ask(branch, "qudao", client, second)
    approve(branch, "fuze", number)
    settled(branch, first, "2026-04-05 10:00", MARCH)
    with pytest.raises(Refused) as refused:
        approve(branch, "hegui", number)
    assert refused.value.ref == "reassign-frozen"
    with branch.shop.write("refuse") as tx:
        reassignments.refuse(branch.shop, tx, reassignments.reassignment_of(tx, number))
    assert open_tasks(branch) == set()
    with branch.shop.reading() as tx:
        assert tx.need(BrokerReassignment, number).state == "refused"
        assert [(r.partner_id, r.state) for r in tx.all(BrokerReferral)] == [(first, "attributed")]
