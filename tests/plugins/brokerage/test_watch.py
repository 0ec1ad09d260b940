"""Watching clients: scenario S5 and the watch part of S10 of brokerage.md section 10."""

from __future__ import annotations

from datetime import date

import pytest
from serviceflow.api import FlowError, Order, Refused, TaskRow, table_of, undo_operation
from serviceflow.engine.tasks import finish_task, skip_task
from serviceflow.store.audit import verify
from serviceflow.store.tables import Operation
from serviceflow_brokerage.outcomes import finish, outcome_of
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.segment.run import segment_run
from serviceflow_brokerage.tables.clients import BrokerAccount, BrokerClient
from serviceflow_brokerage.tables.segments import BrokerAlert
from serviceflow_brokerage.topics import unsubscribe
from serviceflow_brokerage.watch import Watched, watch_run

D = date(2026, 3, 2)


def zhao(branch: Branch, now: str = "240,000.00", second_opened: str = "2025-06-01") -> int:
    """赵敏 of S5."""
    branch.at("2026-03-02 20:00")
    client = branch.client("赵敏", "80020001", opened="2025-01-01", owner="wanglei")
    first = branch.account(client, "A1", "2025-01-01")
    branch.snapshot(first, "2026-01-30", "300,000.00", trades=12, commission="260.00")
    branch.snapshot(first, "2026-02-27", now, trades=6, commission="130.00", withdrawals="45,000.00")
    second = branch.account(client, "A2", second_opened)
    branch.snapshot(second, "2026-02-27", "50,000.00")
    return client


def rules(found: Watched) -> list[str]:
    return [r.rule.id for r in found.shown]


def task(branch: Branch) -> TaskRow:
    with branch.shop.reading() as tx:
        found = tx.all(TaskRow, table_of(TaskRow).c.state == "open")
    assert len(found) == 1
    return found[0]


def test_s5_watch(branch: Branch) -> None:
    client = zhao(branch)
    found = watch_run(branch.shop, D)
    assert rules(found) == ["asset-drop", "commission-drop"]
    drop = found.shown[0].evidence
    assert drop == {
        "drop_base": 30_000_000, "asset_drop_bp": 2000, "net_outflow": 4_500_000, "drop_cur": 24_000_000,
    }  # fmt: skip
    assert found.shown[1].evidence == {"com_prev": 26_000, "com_drop_bp": 5000}
    assert branch.tasks(customer=client) == {"watch": "2026-03-03"}
    assert task(branch).assignee_id == branch.ids["wanglei"]
    assert rules(watch_run(branch.shop, D)) == []


@pytest.mark.parametrize(
    ("now", "second", "raised", "due"),
    [
        pytest.param("240,000.01", "2025-06-01", ["commission-drop"], "2026-03-05", id="1999 bp"),
        pytest.param("240,000.00", "2026-02-10", ["commission-drop"], "2026-03-05", id="moved to a new account"),
        pytest.param(
            "100,000.00", "2025-06-01", ["asset-drop", "commission-drop", "client-loss"], "2026-03-03", id="loss"
        ),
    ],
)
def test_s5_variants(branch: Branch, now: str, second: str, raised: list[str], due: str) -> None:
    client = zhao(branch, now, second)
    assert rules(watch_run(branch.shop, D)) == raised
    assert branch.tasks(customer=client) == {"watch": due}


def core_client(branch: Branch) -> int:
    branch.at("2026-03-02 20:00")
    client = branch.client("郑富", "80050001", opened="2020-01-01", owner="wanglei")
    account = branch.account(client, "10050001", "2020-01-01")
    branch.snapshot(account, "2026-02-02", "2,000,000.00", trades=1)
    branch.snapshot(account, "2026-03-01", "1,000,000.00", trades=1)
    segment_run(branch.shop)
    return client


def test_s10_an_asset_drop_of_a_core_client_starts_retention_instead_of_a_task(branch: Branch) -> None:
    client = core_client(branch)
    found = watch_run(branch.shop)
    assert (rules(found), found.retentions, found.tasks) == (["asset-drop", "client-loss"], 1, 1)
    with branch.shop.reading() as tx:
        order = tx.one(Order, table_of(Order).c.flow == "broker.retention")
        alerts = {a.rule: a for a in tx.all(BrokerAlert)}
    assert order is not None
    assert (order.step, order.customer_id) == ("opened", client)
    assert (alerts["asset-drop"].order_id, alerts["asset-drop"].task_id) == (order.id, None)
    assert alerts["client-loss"].order_id is None


def test_s10_a_new_large_withdrawal_while_observed_is_a_relapse(branch: Branch) -> None:
    core_client(branch)
    watch_run(branch.shop)
    with branch.shop.reading() as tx:
        order = tx.all(Order)[0].id
    assert order is not None
    branch.at("2026-03-03 10:00")
    branch.do(order, "take", "wanglei")
    branch.do(order, "reached", "wanglei", channel="phone", summary="已联系")
    branch.do(order, "set-reason", "wanglei", reason="fee")
    branch.do(order, "offer-refused", "wanglei", summary="不接受")
    branch.at("2026-03-20 20:00")
    branch.snapshot(1, "2026-03-20", "600,000.00", withdrawals="400,000.00", trades=1)
    assert "large-withdrawal" in rules(watch_run(branch.shop))
    assert branch.step(order) == "contacting"


def test_an_alert_whose_condition_has_gone_is_cleared_and_its_task_cancelled(branch: Branch) -> None:
    branch.at("2026-03-02 20:00")
    client = branch.client("闲钱", "80080001", opened="2026-01-01")
    account = branch.account(client, "10080001", "2026-01-01")
    branch.snapshot(account, "2026-03-01", "200,000.00", cash="190,000.00", trades=1)
    assert rules(watch_run(branch.shop)) == ["idle-cash"]
    assert branch.tasks(customer=client) == {"watch": "2026-03-09"}
    branch.at("2026-03-10 20:00")
    branch.snapshot(account, "2026-03-10", "200,000.00", cash="1.00", trades=1)
    found = watch_run(branch.shop)
    assert (found.cleared, branch.tasks(customer=client)) == (1, {})
    branch.at("2026-03-12 20:00")
    branch.snapshot(account, "2026-03-12", "200,000.00", cash="190,000.00", trades=1)
    assert rules(watch_run(branch.shop)) == []
    branch.at("2026-05-01 20:00")
    branch.snapshot(account, "2026-05-01", "200,000.00", cash="190,000.00", trades=1)
    assert rules(watch_run(branch.shop)) == ["idle-cash"]


def test_an_event_is_raised_once_ever(branch: Branch) -> None:
    branch.at("2026-03-02 20:00")
    client = branch.client("大户", "80080002", opened="2026-01-01")
    account = branch.account(client, "10080002", "2026-01-01")
    branch.snapshot(account, "2026-02-27", "1.00", deposits="500,000.00", trades=1)
    assert rules(watch_run(branch.shop)) == ["large-deposit"]
    branch.at("2026-03-03 20:00")
    assert rules(watch_run(branch.shop)) == []


def test_an_open_task_takes_further_alerts_and_is_due_no_later_than_they_ask(branch: Branch) -> None:
    client = zhao(branch, "240,000.01")
    watch_run(branch.shop, D)
    assert branch.tasks(customer=client) == {"watch": "2026-03-05"}
    with branch.shop.reading() as tx:
        account = tx.one(BrokerAccount, table_of(BrokerAccount).c.account_no == "A1")
        assert account is not None
    branch.at("2026-03-03 20:00")
    branch.snapshot(account.id or 0, "2026-03-03", "1,000.00", trades=1)
    found = watch_run(branch.shop)
    assert (rules(found), found.tasks, found.attached) == (["asset-drop", "client-loss"], 0, 1)
    assert branch.tasks(customer=client) == {"watch": "2026-03-04"}
    with branch.shop.reading() as tx:
        assert len({a.task_id for a in tx.all(BrokerAlert)}) == 1


def test_a_rule_is_silent_while_what_it_names_is_missing(branch: Branch) -> None:
    """Neither raised nor cleared: the data of a client are late, and no-trade cannot be said of him."""
    branch.at("2026-03-02 20:00")
    client = branch.client("静", "80080001", opened="2020-01-01")
    account = branch.account(client, "10080001", "2020-01-01")
    branch.snapshot(account, "2026-03-01", "1,000.00", last_trade_date="2025-06-01")
    assert rules(watch_run(branch.shop)) == ["no-trade"]
    branch.at("2026-05-20 20:00")
    found = watch_run(branch.shop)
    assert (rules(found), found.cleared) == ([], 0)


def test_clients_who_have_left_are_no_longer_watched(branch: Branch) -> None:
    client = zhao(branch)
    watch_run(branch.shop, D)
    with branch.shop.write("close") as tx:
        for account in tx.all(BrokerAccount):
            tx.change(account, status="closed", closed_on=date(2026, 3, 3))
        tx.change(tx.need(BrokerClient, client), status="closed", closed_on=date(2026, 3, 3))
    branch.at("2026-03-04 20:00")
    found = watch_run(branch.shop)
    assert found.cleared == 1  # commission-drop; asset-drop still looks at him for 35 days
    branch.at("2026-04-08 20:00")
    assert watch_run(branch.shop).cleared == 1


def test_the_books_stay_sound_after_runs_and_a_run_is_not_taken_back(branch: Branch) -> None:
    client = zhao(branch)
    segment_run(branch.shop)
    watch_run(branch.shop, D)
    with branch.shop.write("topics") as tx:
        unsubscribe(tx, client, "weekly", D)
    branch.at("2026-03-03 20:00")
    segment_run(branch.shop)
    watch_run(branch.shop)
    with branch.shop.reading() as tx:
        found = verify(tx.connection)
        runs = [o.id for o in tx.all(Operation) if "watch run" in o.command]
    assert found.sound, [str(f) for f in found.faults]
    with pytest.raises(FlowError):
        undo_operation(branch.shop, runs[0] or 0)
    assert len(branch.tasks(customer=client)) == 1


def test_a_watch_task_is_not_ticked_off_without_an_outcome(branch: Branch) -> None:
    zhao(branch)
    watch_run(branch.shop, D)
    number = task(branch).id or 0
    with pytest.raises(Refused) as refused:
        finish_task(branch.shop, number, "served")
    assert refused.value.ref == "core.task-finisher"
    assert f"flow broker watch done {number} served|opportunity" in str(refused.value.way_out)
    assert task(branch).state == "open"
    assert skip_task(branch.shop, number, "休假").task.state == "skipped"


@pytest.mark.parametrize(
    ("outcome", "refused"),
    [("served", None), ("opportunity", None), ("done", "watch-outcome"), ("", "watch-outcome")],
)
def test_a_watch_task_ends_with_an_outcome(branch: Branch, outcome: str, refused: str | None) -> None:
    zhao(branch)
    watch_run(branch.shop, D)
    number = task(branch).id or 0
    if refused is None:
        with branch.shop.write("done") as tx:
            made = finish(branch.shop, tx, number, outcome, "客户已知悉")
        assert (made.state, outcome_of(made.result)) == ("done", outcome)
        return
    with pytest.raises(FlowError) as caught, branch.shop.write("done") as tx:
        finish(branch.shop, tx, number, outcome, "")
    assert caught.value.ref.endswith(refused)
