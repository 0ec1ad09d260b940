"""The set-based run agrees with a slow, obvious one on random branches: missing values, ties, closed accounts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serviceflow.api import BadInput, Order, table_of
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.segment.fields import FIELDS
from serviceflow_brokerage.segment.rulefile import shipped
from serviceflow_brokerage.segment.rulesets import lint, rule_settings
from serviceflow_brokerage.segment.run import segment_run
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerClient, BrokerRegion, BrokerSnapshot
from serviceflow_brokerage.tables.products import BrokerRateOffer, BrokerRiskAssessment
from serviceflow_brokerage.tables.segments import (
    BrokerDimensionValue,
    BrokerFeature,
    BrokerLabel,
    BrokerSegmentChange,
    BrokerSegmentState,
)

from .reference import Account, Client, divided

D = date(2026, 3, 31)
REGIONS = {"SH": ("central", "online"), "XZ": ("remote", "phone"), "WX": ("small_city", "bank_link")}


def ago(*days: int) -> st.SearchStrategy[date]:
    return st.sampled_from([D - timedelta(days=n) for n in days])


AMOUNTS = st.sampled_from([0, 1, 9_999_999, 10_000_000, 100_000_000, 35_620_001])
SNAPSHOT = st.fixed_dictionaries(
    {
        "total_assets": AMOUNTS,
        "cash": st.none() | AMOUNTS,
        "trades": st.sampled_from([0, 1, 3, 120]),
        "turnover": AMOUNTS,
        "commission": st.sampled_from([0, 1, 500]),
        "deposits": st.sampled_from([0, 7]),
        "withdrawals": st.sampled_from([0, 9]),
        "trades_onsite": st.none() | st.just(0),
        "last_trade_date": st.none() | ago(1, 31, 200),
    }
)
ACCOUNT = st.builds(
    Account,
    opened_on=ago(2000, 30, 0, -1),
    closed_on=st.none() | ago(0, 10, -1),
    offer=st.none() | st.tuples(ago(0, 10, -1), ago(0, -1, -100)),
    snapshots=st.dictionaries(ago(-1, 0, 1, 44, 45, 46, 90, 180, 365), SNAPSHOT, max_size=4),
).filter(lambda a: a.closed_on is None or a.closed_on >= a.opened_on)
PROFILE = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["active", "active", "suspended", "prospect"]),
        "kind": st.sampled_from(["person", "organisation"]),
        "region_code": st.sampled_from([None, *REGIONS]),
        "education": st.sampled_from([None, "senior", "college"]),
        "income": st.sampled_from([None, "low", "high"]),
        "pref_channel": st.sampled_from([None, "counter"]),
        "service_mode_declared": st.sampled_from([None, "onsite", "offsite"]),
        "time_input_declared": st.sampled_from([None, "fulltime"]),
    }
)
ASSESSMENT = st.tuples(
    ago(0, 10, 10, 800, -1), ago(0, 1, -1, -30), st.integers(1, 5), st.sampled_from(["current", "rejected"])
)
CLIENT = st.builds(
    Client,
    key=st.just(0),
    profile=PROFILE,
    opened_on=ago(2000, 31, 30, 0, -1),
    birthday=st.none() | st.sampled_from([date(1991, 3, 31), date(1991, 4, 1), date(1960, 2, 29)]),
    accounts=st.lists(ACCOUNT, min_size=0, max_size=3),
    assessments=st.lists(ASSESSMENT, max_size=2),
)


def store(branch: Branch, clients: list[Client], order: int) -> None:
    """Put a population in place of the one before."""
    with branch.shop.write("population") as tx:
        for model in (
            BrokerSegmentChange, BrokerSegmentState, BrokerDimensionValue, BrokerLabel, BrokerFeature, BrokerSnapshot,
            BrokerRateOffer, BrokerRiskAssessment, BrokerAccount, BrokerClient,
        ):  # fmt: skip
            tx.connection.execute(table_of(model).delete())
    for number, client in enumerate(clients, start=1):
        client.key = branch.client(
            f"客户{number}", f"N{number}", opened=client.opened_on.isoformat(),
            birthday=client.birthday.isoformat() if client.birthday else None, **client.profile,
        )  # fmt: skip
        with branch.shop.write("rows") as tx:
            for a, account in enumerate(client.accounts):
                row = tx.add(
                    BrokerAccount(
                        account_no=f"{number}-{a}", customer_id=client.key, opened_on=account.opened_on,
                        closed_on=account.closed_on, status="closed" if account.closed_on else "open",
                    )
                )  # fmt: skip
                for day, figures in account.snapshots.items():
                    tx.add(BrokerSnapshot(account_id=row.id, as_of=day, **figures))
            for on, expires, level, state in client.assessments:
                tx.add(
                    BrokerRiskAssessment(
                        customer_id=client.key, score=1, level=level, max_term_days=1, assessed_on=on,
                        expires_on=expires, state=state,
                    )
                )  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(clients=st.lists(CLIENT, min_size=1, max_size=8))
def test_a_run_says_what_the_slow_reading_says(branch: Branch, clients: list[Client]) -> None:
    branch.at("2026-03-31 20:00")
    with branch.shop.write("regions") as tx:
        for code, (kind, entry) in REGIONS.items():
            if tx.get(BrokerRegion, code) is None:
                tx.add(BrokerRegion(code=code, name=code, region_class=kind, entry=entry))
    for client in clients:
        for account in client.accounts:
            account.offer = None  # offers are orders; their own tests see to them
    store(branch, clients, 0)
    get = branch.shop.setting
    values = rule_settings(get)
    rules = lint(shipped(), get).bound(values.__getitem__)
    for client in clients:
        region = client.profile["region_code"]
        client.profile["region_class"], client.profile["region_entry"] = REGIONS.get(region, (None, None))
    people, verdicts = divided(clients, D, rules, values)

    segment_run(branch.shop, D, accept_mass_change=True)

    with branch.shop.reading() as tx:
        features = {row.customer_id: row for row in tx.all(BrokerFeature)}
        states = {row.customer_id: row for row in tx.all(BrokerSegmentState)}
        found: dict[int, dict[str, tuple[str, str]]] = {}
        for value in tx.all(BrokerDimensionValue):
            found.setdefault(value.customer_id, {})[value.dimension] = (value.value, value.rule_id)
        labels: dict[int, set[str]] = {}
        for label in tx.all(BrokerLabel):
            labels.setdefault(label.customer_id, set()).add(label.label)
    names = [*(n for n in FIELDS if n not in ("investor_class", "source_kind", "branch", "occupation")), *"rfm"]
    computed = {k: {n: getattr(f, n) for n in [*names, "value_score"]} for k, f in features.items()}
    assert computed == {k: {n: p[n] for n in [*names, "value_score"]} for k, p in people.items()}
    assert {k: s.segment for k, s in states.items()} == {k: v.segment for k, v in verdicts.items()}
    assert found == {k: v.dimensions for k, v in verdicts.items()}
    assert labels == {k: v.labels for k, v in verdicts.items() if v.labels}


def test_a_past_day_tried_today_says_what_that_day_said(branch: Branch) -> None:
    """The dry run of a past day is that day's run, though a client has closed and data have come since."""
    clients = [
        Client(0, {"status": "active", "kind": "person"}, date(2020, 1, 1), None, [Account(date(2020, 1, 1))])
        for _ in range(3)
    ]
    figures: dict[str, Any] = {"total_assets": 100_000_000, "trades": 1, "commission": 1}
    for client in clients:
        client.accounts[0].snapshots = {D: dict(figures)}
    store(branch, clients, 0)
    branch.at("2026-03-31 20:00")
    then = segment_run(branch.shop, D)
    branch.at("2026-05-20 20:00")
    with branch.shop.write("closing") as tx:
        account = tx.one(BrokerAccount, table_of(BrokerAccount).c.customer_id == clients[0].key)
        assert account is not None
        tx.change(account, status="closed", closed_on=date(2026, 5, 1))
        tx.change(tx.need(BrokerClient, clients[0].key), status="closed", closed_on=date(2026, 5, 1))
        tx.add(BrokerSnapshot(account_id=account.id, as_of=date(2026, 4, 30), total_assets=1))
    segment_run(branch.shop)
    tried = segment_run(branch.shop, D, dry_run=True)
    assert tried.segments == then.segments == {"core": 3}
    assert tried.run is None
    with branch.shop.reading() as tx:
        assert len(tx.all(BrokerSegmentState)) == 2
        assert tx.all(Order) == []


@pytest.mark.parametrize(
    ("moving", "stops"), [pytest.param(30, False, id="at the line"), pytest.param(31, True, id="over")]
)
def test_a_mass_change_stops_the_run(branch: Branch, moving: int, stops: bool) -> None:
    clients = [
        Client(0, {"status": "active", "kind": "person"}, date(2020, 1, 1), None, [Account(date(2020, 1, 1))])
        for _ in range(100)
    ]
    for client in clients:
        client.accounts[0].snapshots = {D: {"total_assets": 5, "trades": 1}}
    store(branch, clients, 0)
    branch.at("2026-03-31 20:00")
    segment_run(branch.shop, D)
    with branch.shop.write("rich") as tx:
        table, accounts = table_of(BrokerSnapshot), table_of(BrokerAccount)
        ids = [a.id for a in tx.all(BrokerAccount, order_by=[accounts.c.id])][:moving]
        tx.connection.execute(table.update().values(total_assets=100_000_000).where(table.c.account_id.in_(ids)))
    if stops:
        with pytest.raises(BadInput) as refused:
            segment_run(branch.shop, D)
        assert refused.value.ref == "mass-change"
        assert segment_run(branch.shop, D, accept_mass_change=True).counts["changed"] == moving
    else:
        assert segment_run(branch.shop, D).counts["changed"] == moving
