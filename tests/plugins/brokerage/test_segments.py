"""Segmentation: scenarios S1, S3, S4 of brokerage.md section 10, and the rules of a run."""

from __future__ import annotations

from datetime import date

import pytest
from serviceflow.api import BadInput, table_of
from serviceflow_brokerage.lease import leased
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.segment.pins import pin, unpin
from serviceflow_brokerage.segment.rulefile import RuleFault, shipped
from serviceflow_brokerage.segment.rulesets import load
from serviceflow_brokerage.segment.run import segment_run
from serviceflow_brokerage.segment.trial import difference
from serviceflow_brokerage.segment.why import why
from serviceflow_brokerage.tables.segments import (
    BrokerDimensionValue,
    BrokerLabel,
    BrokerRun,
    BrokerSegmentChange,
    BrokerSegmentState,
)

D = date(2026, 3, 31)


def state(branch: Branch, client: int) -> BrokerSegmentState | None:
    with branch.shop.reading() as tx:
        return tx.get(BrokerSegmentState, client)


def dimensions(branch: Branch, client: int) -> dict[str, str]:
    with branch.shop.reading() as tx:
        return {
            v.dimension: v.value
            for v in tx.all(BrokerDimensionValue, table_of(BrokerDimensionValue).c.customer_id == client)
        }


def changes(branch: Branch, client: int) -> list[tuple[str, str | None, str | None, str, str]]:
    with branch.shop.reading() as tx:
        found = tx.all(BrokerSegmentChange, table_of(BrokerSegmentChange).c.customer_id == client)
    return [(c.subject, c.old, c.new, c.effective_on.isoformat(), c.rule_id) for c in found]


def test_s1_rfm(branch: Branch) -> None:
    rows = [
        ("C01", "2026-03-30", 200, "12000"), ("C02", "2026-03-30", 150, "9000"), ("C03", "2026-03-27", 150, "300"),
        ("C04", "2026-03-20", 40, "800"), ("C05", "2026-02-10", 40, "800"), ("C06", "2025-12-30", 12, "800"),
        ("C07", "2025-11-03", 12, "95.50"), ("C08", "2025-05-06", 3, "60"), ("C09", "2024-12-20", 0, "0"),
        ("C10", None, 0, "0"),
    ]  # fmt: skip
    ids = {}
    for name, last, trades, commission in rows:
        ids[name] = branch.client(name, name, opened="2020-01-01")
        account = branch.account(ids[name], f"A{name}", "2020-01-01")
        more = {"last_trade_date": last} if last else {}
        branch.snapshot(account, "2026-03-31", "1000", trades=trades, commission=commission, **more)
    branch.at("2026-03-31 20:00")
    found = segment_run(branch.shop)
    assert (found.counts["clients"], found.counts["ranked"]) == (10, 9)
    scores = {}
    for name, key in ids.items():
        row = state(branch, key)
        assert row is not None
        scores[name] = f"{row.r}-{row.f}-{row.m}/{row.value_score} {dimensions(branch, key)['value_band']}"
    assert scores == {
        "C01": "4-5-5/96 high", "C02": "4-4-4/80 high", "C03": "4-4-2/60 mid", "C04": "3-3-3/60 mid",
        "C05": "3-3-3/60 mid", "C06": "2-2-3/50 mid", "C07": "2-2-2/40 low", "C08": "1-1-1/20 low",
        "C09": "1-1-1/20 low", "C10": "0-0-0/0 low",
    }  # fmt: skip


@pytest.fixture
def chen(branch: Branch) -> int:
    """陈文博 of S3."""
    from serviceflow_brokerage.tables.clients import BrokerRegion

    with branch.shop.write("region") as tx:
        tx.add(BrokerRegion(code="SH", name="上海", region_class="central", entry="online"))
    client = branch.client("陈文博", "80012345", opened="2025-02-12", birthday="1990-05-20", region_code="SH")
    account = branch.account(client, "10012345", "2025-02-12")
    branch.snapshot(account, "2026-02-28", "340,000.00", trades=60, trades_onsite=0, last_trade_date="2026-02-27")
    branch.snapshot(account, "2026-03-31", "372,400.01", trades=104, trades_onsite=0, last_trade_date="2026-03-31")
    return client


def test_s3_segments(branch: Branch, chen: int) -> None:
    branch.at("2026-04-01 09:00")
    segment_run(branch.shop, D)
    assert dimensions(branch, chen) == {
        "service_mode": "offsite", "location": "central", "age_band": "middle", "time_input": "fulltime",
        "asset_band": "medium", "activity": "active", "value_band": "low", "channel": "online",
    }  # fmt: skip
    row = state(branch, chen)
    assert row is not None
    assert (row.segment, row.rule_id, row.since) == ("trader", "trader", D)
    with branch.shop.reading() as tx:
        change = tx.one(BrokerSegmentChange, table_of(BrokerSegmentChange).c.customer_id == chen)
        labels = [x.label for x in tx.all(BrokerLabel)]
    assert change is not None
    assert change.evidence == {"dim.time_input": "fulltime", "f": 1, "r": 1}
    assert labels == ["focus-mature", "focus-offsite"]


def test_s4_history_rerun_pin(branch: Branch, chen: int) -> None:
    branch.at("2026-03-31 20:00")
    segment_run(branch.shop, D)
    again = segment_run(branch.shop, D)
    assert (again.counts["changed"], again.counts["new"], again.counts["left"]) == (0, 0, 0)
    assert len(changes(branch, chen)) == 1
    branch.at("2026-04-01 09:00")
    branch.staff("fuze")
    pin(branch.shop, "80012345", "core", date(2026, 4, 30), "重点")
    branch.at("2026-05-01 20:00")
    segment_run(branch.shop, date(2026, 4, 30))
    segment_run(branch.shop, date(2026, 5, 1))
    assert changes(branch, chen) == [
        ("segment", None, "trader", "2026-03-31", "trader"),
        ("segment", "trader", "core", "2026-04-30", "pin"),
        ("segment", "core", "trader", "2026-05-01", "trader"),
    ]
    unpin(branch.shop, "80012345")
    for day, then in ((D, "trader"), (date(2026, 4, 30), "core"), (date(2026, 5, 1), "trader")):
        assert segment_run(branch.shop, day, dry_run=True).segments == {then: 1}
    with pytest.raises(BadInput) as refused:
        segment_run(branch.shop, date(2026, 4, 15))
    assert refused.value.ref == "as-of-back"
    with pytest.raises(BadInput) as refused:
        segment_run(branch.shop, date(2026, 5, 2))
    assert refused.value.ref == "as-of-future"


def test_s3_why_shows_each_rule_up_to_the_one_that_decides(branch: Branch, chen: int) -> None:
    branch.at("2026-04-01 09:00")
    segment_run(branch.shop, D)
    with branch.shop.reading() as tx:
        found = why(tx, "80012345")
        whole = why(tx, "80012345", every=True)
        band = why(tx, "80012345", dimension="asset_band")
    assert [(a.priority, a.rule, a.result) for a in found.asked] == [
        (10, "new", False),
        (20, "core", False),
        (30, "dormant", False),
        (40, "trader", True),
    ]
    assert found.asked[3].as_json() == {
        "rule": "trader",
        "result": True,
        "leaves": [
            {"field": "dim.time_input", "op": "eq", "value": "fulltime", "actual": "fulltime", "result": True},
            {"field": "f", "op": "ge", "value": 4, "actual": 1, "result": False},
            {"field": "r", "op": "ge", "value": 4, "actual": 1, "result": False},
        ],
    }
    assert found.asked[0].seen[0].actual == 412
    assert found.because["asset_band"].seen[0].actual == 35_620_000
    assert len(whole.asked) == 8
    assert [(a.rule, a.value, a.result) for a in band.asked] == [("as1", "large", False), ("as2", "medium", True)]


def test_two_rule_files_say_who_would_move_and_why(branch: Branch, chen: int) -> None:
    branch.at("2026-04-01 09:00")
    new = shipped().replace("$asset_large_fen", "$asset_medium_fen")
    found = difference(branch.shop, shipped(), new, D)
    assert found.matrix == {("trader", "core"): 1}
    assert [(m.client_no, m.old, m.new, dict(m.evidence)) for m in found.movers] == [
        ("80012345", "trader", "core", {"dim.asset_band": "large"})
    ]
    with branch.shop.reading() as tx:
        assert tx.all(BrokerSegmentState) == []


@pytest.mark.parametrize(
    ("old", "new", "ref"),
    [
        pytest.param('field = "income", op = "eq"', 'field = "wage", op = "eq"', "rules-field", id="unknown field"),
        pytest.param("$value_high", "$value_top", "rules-setting", id="unknown setting"),
        pytest.param("priority = 20", "priority = 10", "rules-priority", id="two of one priority"),
        pytest.param(
            'field = "age", op = "present"', 'field = "dim.channel", op = "present"', "rules-forward", id="later"
        ),
        pytest.param('{id = "vb9", value = "low", else = true},', "", "rules-else", id="no else"),
        pytest.param("any = [", "all = [], any = [", "rules-type", id="two words"),
        pytest.param('op = "le", value = "$age_young_max"', 'op = "le", value = "x"', "rules-type", id="wrong type"),
    ],
)
def test_a_wrong_rule_file_is_refused_and_the_old_one_stays(branch: Branch, old: str, new: str, ref: str) -> None:
    assert old in shipped()
    with pytest.raises(RuleFault) as refused, branch.shop.write("rules") as tx:
        load(tx, shipped().replace(old, new), branch.shop.setting)
    assert refused.value.ref == ref
    with branch.shop.write("rules") as tx:
        assert load(tx, shipped(), branch.shop.setting)[1] is False
        version, fresh = load(tx, shipped() + "\n# the same rules, another file\n", branch.shop.setting)
    assert (version.version, fresh) == (2, True)


def test_a_second_run_is_refused_while_one_holds_the_data(branch: Branch) -> None:
    """S15: two runs at once; a run silent for ten minutes is taken over and marked failed."""
    branch.at("2026-04-01 09:00")
    with leased(branch.shop, "import", D) as run:
        with pytest.raises(BadInput) as refused:
            segment_run(branch.shop, D)
        assert (refused.value.ref, refused.value.exit_code) == ("run-locked", 2)
        branch.at("2026-04-01 09:11")
        segment_run(branch.shop, D)
        with branch.shop.reading() as tx:
            assert tx.need(BrokerRun, run.id).state == "failed"


def test_rules_that_drop_a_dimension_remove_its_values_without_a_change(branch: Branch, chen: int) -> None:
    branch.at("2026-04-01 09:00")
    segment_run(branch.shop, D)
    start, end = shipped().index('[[label]]\nid = "focus-offsite"'), shipped().index('[[label]]\nid = "focus-remote"')
    with branch.shop.write("rules") as tx:
        load(tx, shipped()[:start] + shipped()[end:], branch.shop.setting)
    segment_run(branch.shop, D)
    with branch.shop.reading() as tx:
        assert [x.label for x in tx.all(BrokerLabel)] == ["focus-mature"]
    assert len(changes(branch, chen)) == 1


def test_pins_end_with_their_day_and_only_known_segments_are_pinned(branch: Branch, chen: int) -> None:
    branch.at("2026-04-01 09:00")
    for segment, until, ref in (("nobody", "2026-04-30", "pin-unknown"), ("core", "2026-09-29", "pin-too-long")):
        with pytest.raises(BadInput) as refused:
            pin(branch.shop, "80012345", segment, date.fromisoformat(until), "重点")
        assert refused.value.ref == ref
    pin(branch.shop, "80012345", "core", date(2026, 9, 28), "重点")
    pin(branch.shop, "80012345", "remote", date(2026, 4, 2), "重点")
    segment_run(branch.shop)
    row = state(branch, chen)
    assert row is not None
    assert (row.segment, row.rule_id) == ("remote", "pin")
    assert unpin(branch.shop, "80012345") is True
    assert unpin(branch.shop, "80012345") is False
