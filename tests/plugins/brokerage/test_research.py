"""Research: notes, coverage and the push half of scenario S13, section 5.14 of brokerage.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from serviceflow.api import Customer, FlowError, MessageRow, TaskRow, set_consent, table_of
from serviceflow_brokerage.reach import Person, Way
from serviceflow_brokerage.rehearsal import Branch
from serviceflow_brokerage.research import coverage, notes
from serviceflow_brokerage.research.push import push_run
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.contact import BrokerDelivery, BrokerNote
from serviceflow_brokerage.topics import subscribe, subscribe_plan, unsubscribe


def client(branch: Branch, number: str, *, topics: str = "stock", phone: bool = True, **profile: object) -> int:
    made = branch.client(
        f"客户{number}", number, opened="2020-01-01", phone=f"138000{number[-5:]}" if phone else "", **profile
    )
    with branch.shop.write("topics") as tx:
        for topic in filter(None, topics.split(",")):
            subscribe(tx, made, topic, date(2026, 3, 1))
    return made


def publish(branch: Branch, title: str, topic: str = "stock", **more: object) -> int:
    branch.staff("fenxi")
    with branch.shop.write("note add") as tx:
        made = notes.add(branch.shop, tx, title, topic, link="https://x", **more)  # type: ignore[arg-type]
        notes.review(branch.shop, tx, made)
    with_note(branch, "yanlei", notes.publish, made.id)
    assert made.id is not None
    return made.id


def with_note(branch: Branch, by: str, work: Callable[..., object], number: int | None) -> None:
    branch.staff(by)
    with branch.shop.write("note") as tx:
        work(branch.shop, tx, tx.need(BrokerNote, number))


def delivered(branch: Branch) -> dict[tuple[int, int], str]:
    """Return by note and client what became of it: the reason, or the state."""
    with branch.shop.reading() as tx:
        return {(d.note_id, d.customer_id): d.reason or d.state for d in tx.all(BrokerDelivery)}


def sent(branch: Branch) -> list[tuple[str, int | None]]:
    with branch.shop.reading() as tx:
        found = tx.all(MessageRow, table_of(MessageRow).c.state != "cancelled")
    return [(m.template, m.customer_id) for m in found]


def test_s13_a_note_reaches_those_whose_level_it_fits(branch: Branch) -> None:
    branch.at("2026-03-31 08:00")
    fits, low, late, expert, off, mute = (client(branch, f"8000000{n}", phone=n != 6) for n in range(1, 7))
    branch.assessed(fits, 3, "2025-06-01", "2027-06-01")
    branch.assessed(low, 2, "2025-06-01", "2027-06-01")
    branch.assessed(late, 3, "2024-03-31", "2026-03-31")
    with branch.shop.write("clients") as tx:
        tx.change(tx.need(BrokerClient, expert), investor_class="professional", professional_until=date(2026, 3, 31))
        set_consent(tx, tx.need(Customer, off), "service", False)
    gone = client(branch, "80000009", status="suspended")
    note = publish(branch, "个股R3", r_level=3)
    found = push_run(branch.shop)
    assert delivered(branch) == {
        (note, fits): "queued", (note, low): "suitability", (note, late): "suitability", (note, expert): "queued",
        (note, off): "opted-out", (note, mute): "no-contact",
    }  # fmt: skip
    assert (note, gone) not in delivered(branch)
    assert (found.notes, found.queued, sum(found.skipped.values())) == (1, 2, 4)
    assert push_run(branch.shop).notes == 0
    assert sent(branch) == [("research-own", fits), ("research-own", expert)]


def test_s13_five_notes_on_one_day_with_cap_three(branch: Branch) -> None:
    branch.at("2026-03-31 08:00")
    one = client(branch, "80000001")
    priorities = (5, 1, 9, 2, 5)
    made = []
    for n, priority in enumerate(priorities):
        branch.at(f"2026-03-31 08:0{n}")
        made.append(publish(branch, f"报告{n}", priority=priority))
    push_run(branch.shop)
    states = [delivered(branch)[note, one] for note in made]
    assert states == ["queued", "queued", "cap", "queued", "cap"]
    sixth = publish(branch, "报告6", priority=1)
    push_run(branch.shop)
    assert delivered(branch)[sixth, one] == "cap"
    branch.at("2026-04-01 08:00")
    seventh = publish(branch, "报告7")
    push_run(branch.shop)
    assert delivered(branch)[seventh, one] == "queued"
    with branch.shop.reading() as tx:
        assert len(notes.of_client(tx, one)) == 7


def test_topics_of_a_plan_need_consent_own_choices_do_not(branch: Branch) -> None:
    branch.at("2026-03-31 08:00")
    plan, agreed, own = (client(branch, f"8000000{n}", topics="weekly" if n == 3 else "") for n in (1, 2, 3))
    with branch.shop.write("plan") as tx:
        for customer in (plan, agreed):
            subscribe_plan(tx, customer, "general", date(2026, 3, 1))
        set_consent(tx, tx.need(Customer, agreed), "marketing", True)
    note = publish(branch, "周报", "weekly")
    push_run(branch.shop)
    assert delivered(branch) == {(note, plan): "no-consent", (note, agreed): "queued", (note, own): "queued"}
    assert sent(branch) == [("research-push", agreed), ("research-own", own)]


def test_a_watch_list_lets_only_its_codes_through(branch: Branch) -> None:
    branch.at("2026-03-31 08:00")
    one = client(branch, "80000001", topics="")
    with branch.shop.write("choose") as tx:
        subscribe(tx, one, "stock", date(2026, 3, 1), ["600519", "000001"])
    other, mine = publish(branch, "别的", codes=["600000"]), publish(branch, "自选", codes=["000001"])
    push_run(branch.shop)
    assert delivered(branch) == {(mine, one): "queued"}
    assert (other, one) not in delivered(branch)


def test_who_opts_out_of_a_topic_gets_none_of_it_even_when_a_plan_would_add_it(branch: Branch) -> None:
    branch.at("2026-03-31 08:00")
    one = client(branch, "80000001", topics="")
    with branch.shop.write("choose") as tx:
        assert unsubscribe(tx, one, "weekly", date(2026, 3, 31))
        subscribe_plan(tx, one, "general", date(2026, 3, 31))
    publish(branch, "周报", "weekly")
    push_run(branch.shop)
    assert delivered(branch) == {}


def test_a_withdrawn_note_stops_what_waits_and_tells_who_got_it(branch: Branch) -> None:
    branch.at("2026-03-31 08:00")
    got, waits = client(branch, "80000001"), client(branch, "80000002")
    note = publish(branch, "个股")
    push_run(branch.shop)
    messages = table_of(MessageRow)
    with branch.shop.write("sent") as tx:
        for message in tx.all(MessageRow, messages.c.customer_id == got):
            tx.change(message, state="sent", sent_at=tx.now)
    with_note(branch, "hegui", notes.withdraw, note)
    assert delivered(branch) == {(note, got): "sent", (note, waits): "withdrawn"}
    assert sent(branch) == [("research-own", got), ("note-withdrawn", got)]


@pytest.mark.parametrize(
    ("state", "work", "by", "ref"),
    [
        pytest.param("draft", notes.publish, "yanlei", "note-not-reviewed", id="a draft was not handed in"),
        pytest.param("in_review", notes.publish, "fenxi", "core.role", id="an analyst does not publish"),
        pytest.param("in_review", notes.withdraw, "yanlei", "note-state", id="only what is published is withdrawn"),
        pytest.param("in_review", notes.review, "fenxi", "note-state", id="handed in once"),
    ],
)
def test_what_is_refused_of_a_note(branch: Branch, state: str, work: Callable[..., object], by: str, ref: str) -> None:
    branch.staff("fenxi")
    with branch.shop.write("note") as tx:
        made = tx.add(BrokerNote(title="个股", topic="stock", author_id=branch.ids["fenxi"], state=state))
    with pytest.raises(FlowError) as no:
        with_note(branch, by, work, made.id)
    assert no.value.ref == ref


def test_nobody_publishes_his_own_note(branch: Branch) -> None:
    with branch.shop.write("note") as tx:
        made = tx.add(BrokerNote(title="个股", topic="stock", author_id=branch.ids["yanlei"], state="in_review"))
    with pytest.raises(FlowError) as no:
        with_note(branch, "yanlei", notes.publish, made.id)
    assert no.value.ref == "note-not-reviewed"


def test_coverage_asks_for_notes_and_a_published_one_ends_the_task(branch: Branch) -> None:
    branch.at("2026-03-27 07:00")
    with branch.shop.write("coverage") as tx:
        coverage.cover(branch.shop, tx, "fenxi", "brief", cadence="daily", due="08:30")
        coverage.cover(branch.shop, tx, "fenxi", "weekly", "银行", cadence="weekly", due="17:00")
    made = {}
    for day in ("2026-03-26", "2026-03-27", "2026-03-28", "2026-03-30"):
        with branch.shop.write("nightly") as tx:
            made[day] = coverage.ask_for_notes(branch.shop, tx, date.fromisoformat(day))
    assert made == {"2026-03-26": 1, "2026-03-27": 2, "2026-03-28": 0, "2026-03-30": 1}
    tasks = table_of(TaskRow)
    publish(branch, "晨报", "brief")
    with branch.shop.reading() as tx:
        found = tx.all(TaskRow, tasks.c.rule == coverage.RULE, order_by=[tasks.c.id])
    assert [(t.title_zh, t.state) for t in found] == [
        ("撰写报告: 晨报", "open"), ("撰写报告: 晨报", "done"), ("撰写报告: 周报 银行", "open"),
        ("撰写报告: 晨报", "open"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("person", "purpose", "way"),
    [
        pytest.param(Person(points={"phone": "1"}), "notice", Way("sms", "1"), id="a notice goes out"),
        pytest.param(Person(silent=True, points={"phone": "1"}), "notice", Way("print", ""), id="or is printed"),
        pytest.param(Person(points={"address": "南京路1号"}), "notice", Way("print", "南京路1号"), id="nothing else"),
        pytest.param(Person(), "service", "no-contact-point", id="nobody can be reached on nothing"),
        pytest.param(Person(silent=True, points={"phone": "1"}), "service", "opted-out", id="do not contact"),
        pytest.param(Person(points={"phone": "1"}), "marketing", "no-consent", id="never asked"),
        pytest.param(
            Person(points={"phone": "1"}, said=[("*", "sms", False)]), "survey", "opted-out", id="out of everything"
        ),
        pytest.param(
            Person(points={"phone": "1", "email": "a@b"}, said=[("marketing", "*", True), ("marketing", "sms", False)]),
            "marketing",
            Way("email", "a@b"),
            id="another channel is left",
        ),
        pytest.param(
            Person(no_marketing=True, points={"phone": "1"}, said=[("marketing", "*", True)]), "marketing",
            "opted-out", id="a tag against marketing",
        ),
        pytest.param(
            Person(points={"phone": "1"}, said=[("marketing", "*", False), ("marketing", "*", True)]), "marketing",
            Way("sms", "1"), id="the newest word counts",
        ),
    ],
)  # fmt: skip
def test_who_can_be_reached(person: Person, purpose: str, way: object) -> None:
    assert person.way(purpose, ("sms", "wechat", "email")) == way
