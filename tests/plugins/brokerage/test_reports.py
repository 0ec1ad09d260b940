"""Reports and their figures, counted by hand on small branches. Source: brokerage.md section 9."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from serviceflow.api import BadInput, Interaction, TaskRow
from serviceflow_brokerage.outcomes import finish
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.reports import REPORTS, TITLES
from serviceflow_brokerage.reports.business import half_year
from serviceflow_brokerage.reports.clients import channel_costs
from serviceflow_brokerage.reports.sheet import Period, lower_median, mean, rate
from serviceflow_brokerage.segment.run import segment_run
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerClient
from serviceflow_brokerage.watch import watch_run

from tests.plugins.walks import remembered

from .test_watch import zhao


def rows(branch: Branch, name: str, first: str = "2026-03-01", last: str = "2026-03-31", by: str = "") -> list[Any]:
    with branch.shop.reading() as tx:
        period = Period(branch.shop, tx, date.fromisoformat(first), date.fromisoformat(last), by)
        return REPORTS[name](period).rows


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (rate(1, 3), 3333), (rate(2, 3), 6667), (rate(0, 0), None), (mean(5, 2), 250), (mean(10, 3), 333),
        (mean(1, 8), 13), (mean(0, 0), None), (lower_median([4, 1, 3, 2]), 2), (lower_median([5]), 5),
        (lower_median([]), None), (half_year(date(2026, 3, 1)), (date(2025, 7, 1), date(2025, 12, 31))),
        (half_year(date(2026, 7, 1)), (date(2026, 1, 1), date(2026, 6, 30))),
        (channel_costs(["visit=5000", " phone = 300"]), {"visit": 5000, "phone": 300}),
    ],
)  # fmt: skip
def test_roundings_and_periods(found: object, wanted: object) -> None:
    assert found == wanted


@pytest.mark.parametrize("name", list(REPORTS))
def test_an_empty_branch_has_every_report(branch: Branch, name: str) -> None:
    branch.at("2026-04-01 09:00")
    with branch.shop.reading() as tx:
        sheet = REPORTS[name](Period(branch.shop, tx, date(2026, 3, 1), date(2026, 3, 31)))
    keys = {head.key for head in sheet.heads}
    assert all(set(row) <= keys | {"off", "known"} for row in sheet.rows)
    assert sheet.bars is None or sheet.bars in keys
    assert TITLES[name].to("zh") != TITLES[name].to("en")


@remembered
def two_months(branch: Branch) -> None:
    """Live with two clients: one gets core in March and two visits, one stays general and trades at half the rate."""
    branch.at("2026-02-28 20:00")
    for number, assets in (("80000001", "10,000.00"), ("80000002", "20,000.00")):
        client = branch.client(f"客{number[-1]}", number, opened="2020-01-01", owner="wanglei")
        account = branch.account(client, f"1{number}", "2020-01-01", rate=300)
        branch.snapshot(account, "2026-02-28", assets, trades=1, commission="10.00", turnover="100,000.00")
    segment_run(branch.shop)
    branch.at("2026-03-31 20:00")
    with branch.shop.write("rate") as tx:
        first, second = tx.all(BrokerAccount)
        tx.change(second, rate=150)
        for _ in range(2):
            tx.add(Interaction(customer_id=first.customer_id, at=tx.now, channel="visit", outward=True, summary="谈"))
    branch.snapshot(first.id or 0, "2026-03-31", "4,000,000.00", trades=1, commission="30.00", turnover="100,000.00")
    branch.snapshot(second.id or 0, "2026-03-31", "20,000.00", trades=1, commission="15.00", turnover="100,000.00")
    segment_run(branch.shop)


@pytest.fixture
def moved(branch: Branch) -> Branch:
    two_months(branch)
    return branch


def test_migration_goes_from_the_first_old_to_the_last_new(moved: Branch) -> None:
    assert rows(moved, "migration") == [{"old": "general", "new": "core", "clients": 1}]
    assert rows(moved, "migration", "2026-02-01") == [
        {"old": "-", "new": "core", "clients": 1}, {"old": "-", "new": "general", "clients": 1}
    ]  # fmt: skip
    assert rows(moved, "migration", "2026-04-01", "2026-04-30") == []


def test_segments_and_any_dimension(moved: Branch) -> None:
    found = {row["segment"]: (row["clients"], row["assets"], row["commission"]) for row in rows(moved, "segments")}
    assert found == {"core": (1, 400_000_000, 4_000), "general": (1, 2_000_000, 2_500)}
    assert [r["segment"] for r in rows(moved, "segments", by="asset_band")] == ["large", "retail"]
    with pytest.raises(BadInput) as unknown:
        rows(moved, "segments", by="nose")
    assert "asset_band" in str(unknown.value.way_out)
    assert sum(row["clients"] for row in rows(moved, "values")) == 2


def test_profit_is_net_commission_less_contacts(moved: Branch) -> None:
    """10.00 and 30.00 less 54 ppm of 100,000.00 each: 4.60 and 24.60; two visits cost 100.00."""
    found = {row["name"]: row["profit"] for row in rows(moved, "profit")}
    assert found == {"core": 2_920 - 10_000, "general": 460 + 960, "80000001 客1": 2_920 - 10_000}


def test_commission_says_what_special_rates_give_away(moved: Branch) -> None:
    commission, turnover, mean_rate, given, unmet = rows(moved, "commission")
    assert (commission["money"], turnover["money"], mean_rate["count"]) == (4_500, 20_000_000, 225)
    assert (given["money"], unmet["count"]) == (1_500, 0)


def test_churn_counts_who_was_there_at_the_start(moved: Branch) -> None:
    with moved.shop.write("close") as tx:
        account = tx.all(BrokerAccount)[1]
        tx.change(account, status="closed", closed_on=date(2026, 3, 20))
        tx.change(tx.need(BrokerClient, account.customer_id), status="closed", closed_on=date(2026, 3, 20))
    closed, dormant = rows(moved, "churn")
    assert (closed["part"], closed["whole"], closed["share"]) == (1, 2, 5000)
    assert (dormant["part"], dormant["whole"]) == (0, 2)


def test_the_watch_report_says_what_alerts_came_to(branch: Branch) -> None:
    zhao(branch)
    watch_run(branch.shop, date(2026, 3, 2))
    branch.at("2026-03-04 10:00")
    with branch.shop.write("done") as tx:
        (task,) = tx.all(TaskRow)
        finish(branch.shop, tx, task.id or 0, "opportunity", "")
    found = {row["rule"]: row for row in rows(branch, "watch")}
    drop = found["asset-drop"]
    assert (drop["raised"], drop["done"], drop["in_time"], drop["opportunity"], drop["precision"], drop["days"]) == (
        1, 1, 0, 10_000, 10_000, 2,
    )  # fmt: skip
    assert (found["no-trade"]["raised"], found["no-trade"]["precision"]) == (0, None)


def test_channels_by_region_and_the_share_off_site(branch: Branch) -> None:
    branch.at("2026-03-31 20:00")
    for n, mode in enumerate(("onsite", "offsite", "offsite", None)):
        client = branch.client(f"客{n}", f"8000000{n}", opened="2020-01-01", service_mode_declared=mode)
        branch.account(client, f"1000000{n}", "2020-01-01")
    segment_run(branch.shop)
    with branch.shop.reading() as tx:
        sheet = REPORTS["channel"](Period(branch.shop, tx, date(2026, 3, 1), date(2026, 3, 31)))
    assert [(r["channel"], r["region"], r["clients"], r["offsite"]) for r in sheet.rows] == [("phone", "-", 4, 6667)]
    assert "2 of 3" in sheet.notes[0].to("en")
