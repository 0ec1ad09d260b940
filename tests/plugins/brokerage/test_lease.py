"""One at a time on the branch's data: scenario S15 of brokerage.md section 10, and its section 11, "Concurrency"."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from serviceflow.api import BadInput, table_of
from serviceflow_brokerage.feed.load import load_file
from serviceflow_brokerage.feed.snapshots import Snapshots
from serviceflow_brokerage.lease import BEAT, SILENT, hold, last_day, leased
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.segment.run import segment_run
from serviceflow_brokerage.service import service_run
from serviceflow_brokerage.tables.segments import BrokerLease, BrokerRun
from serviceflow_brokerage.watch import watch_run

D = date(2026, 3, 31)


def states(branch: Branch) -> list[tuple[str, str]]:
    with branch.shop.reading() as tx:
        return [(r.kind, r.state) for r in tx.all(BrokerRun)]


def test_s15_whoever_comes_second_is_told_who_is_at_it(branch: Branch, tmp_path: Path) -> None:
    branch.at("2026-03-31 20:00")
    file = tmp_path / "s.csv"
    file.write_text("account_no,as_of,total_assets\n1,2026-03-31,1\n", "utf-8")
    with leased(branch.shop, "segment", D) as run:
        for again in (
            lambda: segment_run(branch.shop, D),
            lambda: watch_run(branch.shop, D),
            lambda: service_run(branch.shop, D),
            lambda: load_file(branch.shop, "snapshots", Snapshots(), file),
        ):
            with pytest.raises(BadInput) as refused:
                again()
            assert (refused.value.ref, refused.value.exit_code) == ("run-locked", 2)
            assert str(run.id) in str(refused.value.sentence)
    assert states(branch) == [("segment", "done")]
    segment_run(branch.shop, D)


def test_a_run_that_was_silent_for_ten_minutes_is_taken_over_and_leaves_nothing(branch: Branch) -> None:
    branch.at("2026-03-31 20:00")
    dead = leased(branch.shop, "segment", D)
    run = dead.__enter__()
    branch.at("2026-03-31 20:10")
    segment_run(branch.shop, D)
    with pytest.raises(BadInput) as refused, branch.shop.write("late") as tx:
        hold(tx, run)
    assert refused.value.ref == "run-locked"
    dead.__exit__(None, None, None)
    assert states(branch) == [("segment", "failed"), ("segment", "done")]


def test_a_run_says_that_it_is_alive(branch: Branch) -> None:
    """On SQLite nobody can pass the one writer; elsewhere the lease is renewed while the run goes on."""
    assert timedelta(seconds=60) == BEAT
    began = branch.at("2026-03-31 20:00")
    with leased(branch.shop, "segment", D, beat=timedelta(seconds=0.05)):
        later = branch.at("2026-03-31 20:09")
        for _ in range(100):
            if branch.shop.place.is_sqlite or _beat(branch) == later:
                break
            time.sleep(0.05)
        assert _beat(branch) == (began if branch.shop.place.is_sqlite else later)
    assert _beat(branch) is None


def _beat(branch: Branch) -> datetime | None:
    with branch.shop.reading() as tx:
        found = tx.one(BrokerLease, table_of(BrokerLease).c.name == "broker-data")
    return found.beat_at if found is not None else None


def test_a_mass_change_stops_and_does_not_count_as_a_run(branch: Branch) -> None:
    branch.at("2026-03-31 20:00")
    for number in range(100):
        client = branch.client(f"客{number}", f"8{number:04}", opened="2020-01-01")
        branch.account(client, f"1{number:04}", "2020-01-01")
    segment_run(branch.shop, D)
    with branch.shop.write("rules") as tx:
        from serviceflow_brokerage.segment.rulefile import shipped
        from serviceflow_brokerage.segment.rulesets import load

        load(tx, shipped().replace('id = "general"', 'id = "everybody"'), branch.shop.setting)
    branch.at("2026-04-01 20:00")
    with pytest.raises(BadInput) as stopped:
        segment_run(branch.shop)
    assert stopped.value.ref == "mass-change"
    assert stopped.value.way_out is not None
    assert states(branch) == [("segment", "done"), ("segment", "stopped")]
    with branch.shop.reading() as tx:
        assert last_day(tx, "segment") == D


def test_the_lease_outlives_a_beat_many_times() -> None:
    assert SILENT > 5 * BEAT
