"""Tested at sending: conditions, opt-outs, quiet hours, caps, the step the order stands in; and timers first."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serviceflow.app import Shop
from serviceflow.clock import SetClock, instant
from serviceflow.remind import caps, deliver, permits
from serviceflow.remind.invariants import broken
from serviceflow.remind.reasons import because
from serviceflow.remind.run import run
from serviceflow.store.tables import Consent, Customer, Message, Order, Task
from serviceflow.testing.provider import Provider

from tests.remind.conftest import channels, plan_messages, stored, story_of
from tests.remind.trade import act, forward, joined, opened, state_of


@pytest.fixture
def rem(shop: Shop) -> Shop:
    return joined(shop)


def go(shop: Shop, provider: Provider, **more: Any) -> Any:
    named = {"sms": {"kind": "webhook", "url": f"{provider.url}/in"}}
    report = run(shop, channels=channels(shop, **named), **{"patience": 0, **more})
    with shop.reading() as tx:
        assert broken(tx) == {}
    assert report.failed == []
    return report


def bodies(provider: Provider) -> list[str]:
    import json

    return [json.loads(body)["body"] for _, _, body in provider.seen]


def test_live_facts_are_those_of_the_hand_over(rem: Shop, clock: SetClock, provider: Provider) -> None:
    order, _ = opened(rem)
    with rem.write("note") as tx:
        tx.change(tx.need(Order, order), amount=70)
    forward(clock, minutes=11)
    go(rem, provider)
    assert bodies(provider) == ["欢迎王小明,未付70元。"]


def test_a_withheld_message_is_tested_again_until_it_holds_or_expires(
    rem: Shop, clock: SetClock, provider: Provider
) -> None:
    order, _ = opened(rem)
    forward(clock, minutes=21)
    go(rem, provider)
    assert state_of(rem, "ready") == ("held", "remind.condition")
    forward(clock, minutes=5)
    act(rem, order, "pay", {})
    go(rem, provider)
    assert state_of(rem, "ready") == ("sent", "")
    opened(rem, "李丽", "13900000002")
    forward(clock, hours=20)
    go(rem, provider)
    forward(clock, hours=11)
    go(rem, provider)
    assert state_of(rem, "ready") == ("expired", "remind.expired")


def test_leaving_the_step_after_the_claim_takes_the_message_back(
    rem: Shop, clock: SetClock, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 19: the clerk acts between claim and intent."""
    order, _ = opened(rem)
    forward(clock, hours=2, minutes=1)
    meanwhile(monkeypatch, rem, lambda other: act(other, order, "move", {}))
    go(rem, provider)
    assert state_of(rem, "hurry") == ("cancelled", "remind.step-left")
    assert "请尽快" not in "".join(bodies(provider))


def test_an_opt_out_between_claim_and_intent_stops_the_message(
    rem: Shop, clock: SetClock, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, customer = opened(rem)
    forward(clock, hours=3, minutes=1)

    def opts_out(other: Shop) -> None:
        with other.write("opt out") as tx:
            tx.add(Consent(customer_id=customer, purpose="marketing", given=False, at=tx.now))

    meanwhile(monkeypatch, rem, opts_out)
    go(rem, provider)
    assert state_of(rem, "ad") == ("suppressed", "marketing.opt-out")
    assert "优惠" not in "".join(bodies(provider))


def meanwhile(monkeypatch: pytest.MonkeyPatch, shop: Shop, does: Any) -> None:
    """Let somebody act right after the first claim was stored."""
    done: list[bool] = []

    def fault(name: str) -> None:
        if name == "claim.after_commit" and not done:
            done.append(True)
            does(shop)

    monkeypatch.setattr(deliver, "fault", fault)


@pytest.mark.parametrize("purpose", ["marketing", "service", "survey"])
def test_do_not_contact_stops_all_but_notices(purpose: str, rem: Shop, clock: SetClock, provider: Provider) -> None:
    _, customer = opened(rem)
    with rem.write("x") as tx:
        tx.change(tx.need(Customer, customer), do_not_contact=True)
    rows = [{"purpose": p, "rule": "rem:welcome", "template": "welcome", "channel": "sms", "customer_id": customer,
             "facts": {"balance": "1"}, "body": ""} for p in (purpose, "notice")]  # fmt: skip
    for i, row in enumerate(rows):
        plan_messages(rem, 1, key=f"k{i}", **row)
    go(rem, provider)
    found = {m.purpose: m.state for m in _all(rem) if m.occurrence.startswith("core:test")}
    assert found == {purpose: "suppressed", "notice": "sent"}


def _all(shop: Shop) -> list[Message]:
    with shop.reading() as tx:
        return tx.all(Message)


def test_quiet_hours_put_off_and_never_drop(rem: Shop, clock: SetClock, provider: Provider) -> None:
    clock.set(datetime(2026, 11, 25, 12, 55, tzinfo=UTC))  # 20:55 in the shop
    opened(rem)
    forward(clock, minutes=11)
    go(rem, provider)
    assert provider.seen == []
    held = _newest(rem, "welcome")
    assert (held.state, held.reason_ref) == ("held", "remind.quiet-hours")
    assert held.held_until == datetime(2026, 11, 26, 0, 0, tzinfo=UTC)  # 08:00
    clock.set(datetime(2026, 11, 25, 23, 59, 59, tzinfo=UTC))
    go(rem, provider)
    assert provider.seen == []
    clock.set(datetime(2026, 11, 26, 0, 0, tzinfo=UTC))
    go(rem, provider)
    assert "欢迎王小明" in bodies(provider)[0]
    story = story_of(rem, _newest(rem, "welcome").id)
    words = [e.text.zh if not e.text.facts else e.text.to("zh") for e in story.events]
    assert words[0].startswith("由规则 rem:welcome 计划于 2026-11-25 21:05")
    assert words[1] == "推迟: 免打扰时段, 推迟到 2026-11-26 08:00"
    assert words[2].startswith("第 1 次经 sms: 已接受")


def _newest(shop: Shop, template: str) -> Message:
    return [m for m in _all(shop) if m.template == template][-1]


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_recipient_gets_three_an_hour_and_eight_a_day(
    database: str, shop: Shop, clock: SetClock, provider: Provider
) -> None:
    """Fault 16 and section 6: delayed, all accounted for, none in quiet hours."""
    assert database == "sqlite"  # arithmetic of the courier
    rem = joined(shop)
    _, customer = opened(rem)
    with rem.write("x") as tx:
        for message in tx.all(Message):
            tx.change(message, state="cancelled", reason="test")
    plan_messages(rem, 20, rule="rem:hurry", template="hurry", channel="sms", customer_id=customer,
                  recipient="13800000001", body="", late=timedelta(days=3))  # fmt: skip
    times: list[datetime] = []
    for hours in [1] * 14 + [3] * 26:
        before = len(provider.seen)
        go(rem, provider)
        times += [clock.now()] * (len(provider.seen) - before)
        forward(clock, hours=hours)
    assert len(times) == 20
    for i, at in enumerate(times):
        assert sum(at - timedelta(hours=1) < t <= at for t in times[: i + 1]) <= caps.HOURLY
        assert sum(at - timedelta(days=1) < t <= at for t in times[: i + 1]) <= caps.DAILY
        assert 8 <= at.astimezone(rem.zone).hour < 21


@pytest.mark.parametrize(("policy", "sent", "texts"), [("all", 4, 4), ("latest", 1, 1), ("merge", 1, 1)])
def test_catching_up_is_said_by_the_rule(
    policy: str, sent: int, texts: int, rem: Shop, clock: SetClock, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from serviceflow.remind import catchup

    monkeypatch.setattr(catchup, "policy_of", lambda shop, rule: policy)
    numbers = [
        plan_messages(rem, 1, key=f"k{i}", rule="rem:hurry", template="hurry", channel="sms", recipient="138",
                      recipient_name=f"第{i}位", body="", late=timedelta(days=3 - i % 3, minutes=i))[0]
        for i in range(4)
    ]  # fmt: skip
    go(rem, provider)
    assert len(provider.seen) == texts
    assert [stored(rem, n).state for n in numbers].count("sent") == sent
    merged = [stored(rem, n) for n in numbers if stored(rem, n).state == "merged"]
    assert len(merged) == 4 - sent
    keeper = next(n for n in numbers if stored(rem, n).state == "sent")
    assert all(m.merged_into == keeper and m.reason for m in merged)
    if policy == "merge":
        assert bodies(provider)[0].count("请尽快") == 4


@pytest.mark.parametrize("held", [False, True], ids=["between claim and intent", "while it waits"])
@pytest.mark.parametrize("leaves", [0, 1], ids=["what was merged into", "what was merged"])
def test_what_may_not_go_takes_nothing_with_it(
    leaves: int, held: bool, rem: Shop, clock: SetClock, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two orders of one customer, their late messages merged; a clerk moves one of the orders on."""
    from serviceflow.engine.act import open_order
    from serviceflow.remind import catchup

    monkeypatch.setattr(catchup, "policy_of", lambda shop, rule: "merge" if rule == "rem:hurry" else "all")
    first, customer = opened(rem)
    second = open_order(rem, "rem-case", customer, {}).order.id
    assert second is not None
    forward(clock, hours=3, minutes=5)
    orders = [first, second]
    if held:
        monkeypatch.setattr(permits, "capped_until", lambda *_: (because("remind.cap", recipient="x"), clock.now()))
        go(rem, provider)
        assert sorted(m.state for m in _all(rem) if m.template == "hurry") == ["held", "merged"]
        act(rem, orders[leaves], "move", {})
        monkeypatch.setattr(permits, "capped_until", lambda *_: None)
    else:
        monkeypatch.setattr(permits, "capped_until", lambda *_: None)
        meanwhile(monkeypatch, rem, lambda other: act(other, orders[leaves], "move", {}))
    for _ in range(2):
        go(rem, provider)
        forward(clock, minutes=5)
    found = {m.order_id: m.state for m in _all(rem) if m.template == "hurry"}
    assert found == {orders[leaves]: "cancelled", orders[1 - leaves]: "sent"}
    assert sum("请尽快" in body for body in bodies(provider)) == 1


@pytest.mark.parametrize("every", [1, 60 * 4, 60 * 24, 60 * 24 * 3], ids=["minute", "four hours", "day", "once"])
def test_a_late_cron_changes_no_outcome(every: int, rem: Shop, clock: SetClock, provider: Provider) -> None:
    """Timers and releases in one queue by nominal moment: sent before the order was lost, cancelled after."""
    opened(rem)
    end = clock.now() + timedelta(days=3)
    step = every
    if every == 1:  # the minutes in which something is due, and some beside them
        for minute in (9, 10, 11, 20, 21, 120, 180, 181, 60 * 25, 60 * 26, 60 * 26 + 1):
            clock.set(end - timedelta(days=3) + timedelta(minutes=minute))
            go(rem, provider)
        step = 60 * 24 * 3
    while clock.now() < end:
        clock.set(min(end, clock.now() + timedelta(minutes=step)))
        go(rem, provider)
    forward(clock, hours=1, minutes=1)  # what the cap of three an hour put off
    go(rem, provider)
    assert state_of(rem, "welcome")[0] == "sent"
    assert state_of(rem, "hurry")[0] == "sent"
    assert state_of(rem, "ad")[0] == "sent"
    assert state_of(rem, "night")[0] == "sent"  # held at 22:20, free at 08:00, before the order was lost at 12:00
    assert state_of(rem, "too-late")[0] == "cancelled"
    assert state_of(rem, "ready") == ("expired", "remind.expired")
    assert len(provider.seen) == 4


def test_a_plugin_that_is_gone_holds_its_messages_and_others_go_on(
    rem: Shop, clock: SetClock, provider: Provider
) -> None:
    """Fault 39."""
    opened(rem)
    plan_messages(rem, 1, channel="sms")
    trades = rem.plugins
    from serviceflow.plugin.load import Plugins

    rem.plugins = Plugins(rem._joined_plugins, [])
    forward(clock, minutes=11)
    go(rem, provider)
    assert state_of(rem, "welcome") == ("held", "remind.plugin")
    assert len(provider.seen) == 1
    rem.plugins = trades
    forward(clock, minutes=5)
    go(rem, provider)
    assert state_of(rem, "welcome") == ("sent", "")


@pytest.mark.parametrize("first", ["has it", "lacks it"])
def test_a_machine_that_lacks_the_trade_keeps_none_waiting_that_has_it(
    first: str, rem: Shop, clock: SetClock, provider: Provider
) -> None:
    """Faults 39 and 41: two timers that go off together, the one without the trade always a second earlier or later."""
    from serviceflow.plugin.load import Plugins

    bare = Shop.open(rem.place, staff="xiaomei", clock=clock)
    bare.plugins = Plugins(rem._joined_plugins, [])
    opened(rem)
    forward(clock, minutes=11)
    machines = (rem, bare) if first == "has it" else (bare, rem)
    for machine in machines:
        go(machine, provider)
        forward(clock, seconds=1)
    assert state_of(rem, "welcome") == ("sent", "")
    assert len(provider.seen) == 1
    plan_messages(rem, 1, channel="sms", key="late", rule="rem:hurry", template="hurry", state="pending", body="")
    go(bare, provider)  # released by the other and not yet begun
    assert len(provider.seen) == 1
    go(rem, provider)
    assert len(provider.seen) == 2
    forward(clock, hours=26)
    go(bare, provider)  # the order's timer is due; whoever has the trade runs it
    go(rem, provider)
    with rem.reading() as tx:
        assert [order.step for order in tx.all(Order)] == ["lost"]
    bare.close()


def test_a_job_runs_once_for_each_day_in_one_commit_with_its_tick(
    rem: Shop, clock: SetClock, provider: Provider
) -> None:
    opened(rem)
    for _ in range(2):
        go(rem, provider)
    forward(clock, days=3)
    for _ in range(2):
        go(rem, provider)
    with rem.reading() as tx:
        days = [task.title_en for task in tx.all(Task)]
    assert days == ["job 2026-11-25", "job 2026-11-26", "job 2026-11-27", "job 2026-11-28"]


@pytest.mark.parametrize("what", ["job", "timer", "condition"])
def test_a_plugin_that_raises_is_named_and_stops_nothing_else(
    what: str, rem: Shop, clock: SetClock, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 36: any exception, `SystemExit` too."""
    from tests.remind import trade

    def raises(*_: object) -> bool:
        raise SystemExit("boom") if what == "job" else ZeroDivisionError("boom")

    if what == "job":
        monkeypatch.setattr(trade.BROKEN, "job", raises)
    elif what == "timer":
        monkeypatch.setattr(trade.BROKEN, "timer", raises)
    else:
        monkeypatch.setattr(trade.BROKEN, "condition", raises)
    opened(rem)
    forward(clock, hours=27)
    named = {"sms": {"kind": "webhook", "url": f"{provider.url}/in"}}
    report = run(rem, channels=channels(rem, **named), patience=0)
    assert state_of(rem, "welcome") == ("sent", "")
    said = " ".join(str(f) for f in report.failed)
    if what == "condition":
        assert state_of(rem, "ready") == ("held", "remind.plugin")
        assert "boom" in _newest(rem, "ready").reason
    else:
        assert "boom" in said
        assert report.exit_code == 10


def test_an_unknown_field_is_a_failure_that_says_which(rem: Shop, provider: Provider) -> None:
    (number,) = plan_messages(rem, 1, rule="rem:welcome", template="welcome", channel="sms", body="", facts={})
    go(rem, provider)
    assert (stored(rem, number).state, stored(rem, number).reason_ref) == ("failed", "remind.template")
    assert "balance" in stored(rem, number).reason
    assert provider.seen == []


ZONES = sorted(z for z in available_timezones() if "/" in z)


@given(
    zone=st.sampled_from(ZONES),
    at=st.datetimes(datetime(2020, 1, 1), datetime(2030, 12, 31)),  # noqa: DTZ001
    start=st.integers(0, 23),
    end=st.integers(0, 23),
)
def test_quiet_hours_end_where_they_say_in_every_zone(zone: str, at: datetime, start: int, end: int) -> None:
    """Faults 14 and 18: no message inside the window, and the window always ends within a day and an hour."""

    class Quiet:
        settings = {"core.quiet_hours": [f"{start:02}:00", f"{end:02}:00"]}  # noqa: RUF012

    quiet = Quiet()
    quiet.zone = ZoneInfo(zone)  # type: ignore[attr-defined]
    moment = at.replace(tzinfo=UTC)
    until = permits.end_of_quiet(quiet, moment)  # type: ignore[arg-type]
    local = moment.astimezone(ZoneInfo(zone)).hour
    inside = start <= local < end if start < end else (local >= start or local < end) if start > end else False
    assert (until is not None) is inside
    if until is not None:
        assert moment < until <= moment + timedelta(hours=25)
        assert until == instant(until.astimezone(ZoneInfo(zone)).date(), time(end), ZoneInfo(zone))
