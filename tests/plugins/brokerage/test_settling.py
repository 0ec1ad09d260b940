"""Statements drafted by cron on the 5th; what is carried; partners as typed. Source: brokerage.md 4.7, 5.6."""

from __future__ import annotations

from datetime import date

import pytest
from serviceflow.api import DocumentRow, Order, printed, run_reminders, table_of
from serviceflow_brokerage.partners import attribute, refer
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.settling import draft_month
from serviceflow_brokerage.tables.partners import BrokerStatement

from .test_partners import agreed


def earning(branch: Branch) -> int:
    """A partner with one client who has brought 333.33 in March, 20 % of it theirs; it is 2026-04-01."""
    partner = agreed(branch, "B1")
    branch.at("2026-02-11 10:00")
    client = branch.client("钱小姐", "80060001", opened="2026-02-11")
    with branch.shop.write("refer") as tx:
        refer(tx, partner, client, date(2026, 2, 11))
    account = branch.account(client, "10060001", "2026-02-11")
    with branch.shop.write("attribute") as tx:
        attribute(tx, client, date(2026, 2, 11), 90, 1)
    branch.snapshot(account, "2026-03-31", "500,000.00", trades=3, commission="333.33", turnover="1,000,000.00")
    branch.at("2026-04-01 09:00")
    return partner


def statements(branch: Branch) -> list[tuple[str, int, int]]:
    table = table_of(BrokerStatement)
    with branch.shop.reading() as tx:
        found = tx.all(BrokerStatement, order_by=[table.c.month])
        return [(s.month.isoformat()[:7], s.payable, s.carried_out) for s in found]


def test_cron_drafts_the_month_before_on_the_fifth_once(branch: Branch) -> None:
    earning(branch)
    branch.shop.staff_id = None
    for moment in ("2026-04-03 09:00", "2026-04-04 09:00"):
        branch.at(moment)
        run_reminders(branch.shop)
    assert statements(branch) == []
    for moment in ("2026-04-06 09:00", "2026-04-06 10:00"):  # the 5th was a Sunday without cron
        branch.at(moment)
        run_reminders(branch.shop)
    assert statements(branch) == [("2026-03", 0, 5586)]
    with branch.shop.reading() as tx:
        (order,) = tx.all(Order, table_of(Order).c.flow == "broker.partner-settlement")
    assert order.step == "drafted"


def test_a_month_is_drafted_for_who_has_a_contract_or_something_carried(branch: Branch) -> None:
    earning(branch)
    for month, drafted in ((date(2025, 12, 1), 0), (date(2026, 3, 1), 1), (date(2026, 3, 1), 0)):
        with branch.shop.write("draft") as tx:
            assert draft_month(branch.shop, tx, month) == drafted
    branch.at("2027-02-05 09:00")
    with branch.shop.write("draft") as tx:
        assert draft_month(branch.shop, tx, date(2027, 1, 1)) == 1  # 55.86 are still owed after the contract's end
    assert statements(branch)[-1] == ("2027-01", 5586, 0)


@pytest.mark.parametrize(("spoken", "words"), [("zh", "佣金分成"), ("en", "commission share")])
def test_the_statement_for_the_partner_shortens_its_clients(branch: Branch, spoken: str, words: str) -> None:
    partner = earning(branch)
    order = branch.open("partner-settlement", partner, "qudao", month="2026-03-15")
    branch.do(order, "send", "qudao")
    table = table_of(DocumentRow)
    with branch.shop.write("print") as tx:
        (row,) = tx.all(DocumentRow, table.c.order_id == order, table.c.key == "partner-statement")
        page = printed(branch.shop, tx, row, spoken=spoken)
    for piece in ("钱*", "*0001", "279.33", "55.86", words):
        assert piece in page
    assert "钱小姐" not in page
