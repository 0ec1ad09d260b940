"""What the days bring by themselves: sections 5.6, 5.7 and 5.14 of brokerage.md, done by ``flow remind run``."""

from __future__ import annotations

from datetime import date

from serviceflow.api import T, TaskRow, table_of
from serviceflow.remind.jobs import run_jobs
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.research.coverage import RULE, cover
from serviceflow_brokerage.tables.contact import BrokerCampaign
from serviceflow_brokerage.tables.partners import BrokerReferral


def night(branch: Branch, local: str) -> None:
    branch.at(local)
    failed: list[T] = []
    run_jobs(branch.shop, branch.clock.now(), failed)
    assert failed == []


def test_referrals_expire_campaigns_close_and_notes_are_asked_for(branch: Branch) -> None:
    branch.at("2026-02-03 10:00")
    partner, client = branch.client("工商银行"), branch.client("钱新")
    with branch.shop.write("given") as tx:
        tx.add(
            BrokerReferral(partner_id=partner, customer_id=client, referred_on=date(2026, 2, 3), registered_at=tx.now)
        )
        tx.add(
            BrokerCampaign(
                code="C1", campaign_seq=1, name="C1", kind="education", goal="trade", start=date(2026, 4, 1),
                end=date(2026, 5, 4), state="running", started_on=date(2026, 4, 1),
            )
        )  # fmt: skip
        cover(branch.shop, tx, "fenxi", "brief", cadence="daily")

    def states() -> tuple[str, str, int]:
        with branch.shop.reading() as tx:
            notes = tx.all(TaskRow, table_of(TaskRow).c.rule == RULE)
            return tx.all(BrokerReferral)[0].state, tx.need(BrokerCampaign, "C1").state, len(notes)

    night(branch, "2026-05-04 23:59")  # 2026-02-03 + 90 days, a Monday
    assert states() == ("open", "running", 1)
    night(branch, "2026-05-05 00:01")
    assert states() == ("expired", "closed", 2)
    night(branch, "2026-05-05 09:00")
    assert states() == ("expired", "closed", 2)
    night(branch, "2026-06-04 09:00")  # nothing ran for a month; only today's note is asked for
    assert states() == ("expired", "evaluated", 3)
