"""Service plans: section 5.5 and the content part of scenario S13 of brokerage.md."""

from __future__ import annotations

from datetime import date

import pytest
from serviceflow.api import Interaction, Refused, Staff, TaskRow, table_of
from serviceflow.engine.tasks import finish_task, skip_task
from serviceflow_brokerage import plans
from serviceflow_brokerage.callbacks import coverage, note_callback
from serviceflow_brokerage.contacts import RULE, note_contact
from serviceflow_brokerage.morning import digest_line
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.segment.run import segment_run
from serviceflow_brokerage.service import service_run
from serviceflow_brokerage.tables.clients import BrokerRegion
from serviceflow_brokerage.topics import subscribe, subscriptions, unsubscribe


def general(branch: Branch, number: str, owner: str = "wanglei") -> int:
    client = branch.client(f"客户{number}", number, opened="2020-01-01", owner=owner)
    branch.snapshot(branch.account(client, f"A{number}", "2020-01-01"), "2026-03-01", "1,000.00", trades=1)
    return client


def reach(branch: Branch, client: int, at: str, outcome: str = "reached", channel: str = "phone") -> None:
    moment = branch.at(at)
    with branch.shop.write("log") as tx:
        tx.add(Interaction(customer_id=client, at=moment, channel=channel, outcome=outcome, summary="联系"))


def due(branch: Branch) -> dict[int | None, str]:
    with branch.shop.reading() as tx:
        found = tx.all(TaskRow, table_of(TaskRow).c.state == "open")
    return {t.customer_id: t.due_at.date().isoformat() for t in found}


def test_a_call_is_due_after_the_last_contact_and_on_a_business_day(branch: Branch) -> None:
    client = general(branch, "N1")
    never = general(branch, "N2")
    reach(branch, client, "2026-03-02 23:30")
    reach(branch, client, "2026-03-20 10:00", outcome="no-answer")
    reach(branch, client, "2026-03-21 10:00", channel="sms")
    branch.at("2026-03-03 20:00")
    segment_run(branch.shop)
    branch.at("2026-08-23 20:00")
    assert service_run(branch.shop).tasks == 0
    branch.at("2026-08-24 20:00")
    assert service_run(branch.shop).tasks == 2
    # 2026-03-02 + 180 days is Saturday 29 August; 2026-03-03 + 180 days is Sunday
    assert due(branch) == {client: "2026-08-31", never: "2026-08-31"}
    assert service_run(branch.shop).tasks == 0


def test_an_owner_gets_so_many_calls_a_day_the_most_valuable_first(branch: Branch) -> None:
    branch.shop.set_setting("broker.service_tasks_per_owner", "2")
    clients = [general(branch, f"N{n}") for n in range(4)]
    other = general(branch, "N9", owner="liuyang")
    branch.at("2026-03-03 20:00")
    segment_run(branch.shop)
    branch.at("2026-08-31 20:00")
    assert service_run(branch.shop).tasks == 3
    assert set(due(branch)) == {clients[0], clients[1], other}
    assert service_run(branch.shop).tasks == 0
    branch.at("2026-09-01 20:00")
    assert service_run(branch.shop).tasks == 2


def test_s13_topics_follow_the_segment(branch: Branch) -> None:
    with branch.shop.write("region") as tx:
        tx.add(BrokerRegion(code="SH", name="上海", region_class="central", entry="online"))
    client = branch.client("钟心", "N1", opened="2020-01-01", region_code="SH", service_mode_declared="offsite")
    account = branch.account(client, "A1", "2020-01-01")
    branch.snapshot(account, "2026-02-01", "1,000.00", trades=1)
    branch.at("2026-02-02 20:00")
    segment_run(branch.shop)

    def topics() -> dict[str, tuple[str, str]]:
        with branch.shop.reading() as tx:
            return {s.topic: (s.origin, s.state) for s in subscriptions(tx, client)}

    assert topics() == {"brief": ("plan", "active"), "sector": ("plan", "active")}
    with branch.shop.write("choose") as tx:
        unsubscribe(tx, client, "sector", date(2026, 2, 3))
        subscribe(tx, client, "weekly", date(2026, 2, 3))
    branch.at("2026-03-31 20:00")
    branch.snapshot(account, "2026-03-31", "9,000,000.00", trades=1)
    segment_run(branch.shop)
    assert topics() == {
        "brief": ("plan", "active"),
        "sector": ("plan", "opted_out"),
        "stock": ("plan", "active"),
        "weekly": ("client", "active"),
    }


def contact(branch: Branch, client: int, at: str, outcome: str = "reached", channel: str = "phone") -> None:
    branch.at(at)
    with branch.shop.write("contact") as tx:
        note_contact(branch.shop, tx, client, "回访", channel, outcome)


def called(branch: Branch) -> list[tuple[int | None, str, str]]:
    tasks = table_of(TaskRow)
    with branch.shop.reading() as tx:
        found = tx.all(TaskRow, tasks.c.rule == RULE, order_by=[tasks.c.id])
    return [(t.customer_id, t.state, t.due_at.date().isoformat()) for t in found]


@pytest.mark.parametrize(
    ("outcome", "channel", "state"),
    [
        pytest.param("reached", "phone", "done", id="a contact ends the task"),
        pytest.param("no-answer", "phone", "open", id="an attempt does not"),
        pytest.param("reached", "video", "done", id="any human channel"),
    ],
)
def test_a_contact_that_counts_ends_the_open_task(branch: Branch, outcome: str, channel: str, state: str) -> None:
    client = general(branch, "N1")
    branch.at("2026-03-03 20:00")
    segment_run(branch.shop)
    branch.at("2026-08-24 20:00")
    service_run(branch.shop)
    contact(branch, client, "2026-08-25 10:00", outcome, channel)
    assert [row[1] for row in called(branch)] == [state]


def test_a_contact_is_written_down_not_ticked_off(branch: Branch) -> None:
    client = general(branch, "N1")
    branch.at("2026-03-03 20:00")
    segment_run(branch.shop)
    branch.at("2026-08-24 20:00")
    service_run(branch.shop)
    with branch.shop.reading() as tx:
        number = next(t.id for t in tx.all(TaskRow, table_of(TaskRow).c.rule == RULE)) or 0
    with pytest.raises(Refused) as refused:
        finish_task(branch.shop, number, "已联系")
    assert (refused.value.ref, called(branch)[0][1]) == ("core.task-finisher", "open")
    assert f"flow broker contact c{client} " in str(refused.value.way_out)
    skip_task(branch.shop, number, "客户出国")
    assert called(branch)[0][1] == "skipped"


def test_a_contact_written_down_elsewhere_ends_the_task_at_the_next_run(branch: Branch) -> None:
    client = general(branch, "N1")
    branch.at("2026-03-03 20:00")
    segment_run(branch.shop)
    branch.at("2026-08-24 20:00")
    service_run(branch.shop)
    reach(branch, client, "2026-08-25 10:00")
    branch.at("2026-08-25 20:00")
    assert (service_run(branch.shop).reached, called(branch)[0][1]) == (1, "done")


def test_a_task_follows_the_client_to_his_new_segment(branch: Branch) -> None:
    client, other = general(branch, "N1"), general(branch, "N2")
    branch.at("2026-03-03 20:00")
    segment_run(branch.shop)
    reach(branch, other, "2026-03-04 10:00")
    branch.at("2026-08-24 20:00")
    service_run(branch.shop)
    assert called(branch) == [(client, "open", "2026-08-31"), (other, "open", "2026-08-31")]
    for account in (1, 2):
        branch.snapshot(account, "2026-08-24", "9,000,000.00", trades=1)
    segment_run(branch.shop)
    # core: 14 days after the last contact, for the other since the day of the move; 2026-09-07 is later than planned
    assert called(branch) == [(client, "open", "2026-08-31"), (other, "open", "2026-08-24")]
    branch.staff("fuze")
    with branch.shop.write("plan") as tx:
        plans.set_plan(branch.shop, tx, "general", contact_days=0)
    branch.at("2026-08-25 20:00")
    for account in (1, 2):
        branch.snapshot(account, "2026-08-25", "0.00", trades=1)
    branch.at("2026-11-25 20:00")
    for account in (1, 2):
        branch.snapshot(account, "2026-11-25", "1.00", trades=1)
    segment_run(branch.shop)
    assert [row[1] for row in called(branch)] == ["cancelled", "cancelled"]


def test_callbacks_of_the_year_go_to_those_active_at_last_year_end(branch: Branch) -> None:
    clients = [general(branch, f"N{n}") for n in range(12)]
    branch.at("2026-03-03 20:00")
    segment_run(branch.shop)
    branch.at("2026-12-31 20:00")
    for account in range(1, 12):
        branch.snapshot(account, "2026-12-31", "1.00", trades=1 if account > 1 else 0)
    branch.snapshot(12, "2026-12-31", "9,000,000.00", trades=9)
    segment_run(branch.shop)
    branch.at("2027-01-04 10:00")
    late = general(branch, "N99")
    with branch.shop.write("callback") as tx:
        note_callback(tx, clients[3], branch.clock.now(), satisfied=4)
        note_callback(tx, clients[0], branch.clock.now())
        note_callback(tx, clients[4], branch.at("2026-12-31 23:59"))
    with branch.shop.reading() as tx:
        found = coverage(branch.shop, tx, 2027)
    assert (found.base, found.called, found.needed) == (11, 1, 2)
    listed = [c.customer_id for c in found.uncalled]
    assert listed == [clients[11], *clients[1:3], *clients[4:11]]
    assert late not in listed
    with branch.shop.reading() as tx:
        assert coverage(branch.shop, tx, 2026).base == 0


def test_the_digest_says_what_waits_in_the_branch(branch: Branch) -> None:
    client = general(branch, "N1")
    branch.at("2026-03-03 20:00")
    segment_run(branch.shop)
    branch.at("2026-08-24 20:00")
    service_run(branch.shop)
    branch.open("commission-offer", client, "wanglei", account="AN1", new_rate="200", reason="bundle")
    order = branch.open("retention", client, "wanglei")
    branch.at("2026-08-26 09:00")
    with branch.shop.reading() as tx:
        said = {
            login: digest_line(tx, tx.need(Staff, branch.ids[login]), branch.clock.now())
            for login in ("wanglei", "liuyang", "zongbu")
        }
    assert branch.step(order) == "opened"
    assert {login: line and line.to("zh") for login, line in said.items()} == {
        "wanglei": "今日:关注0件、服务联系1件、审批0件、逾期1件。",
        "liuyang": "今日:关注0件、服务联系0件、审批0件、逾期1件。",
        "zongbu": None,
    }
