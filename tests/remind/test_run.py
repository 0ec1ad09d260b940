"""What a run does with what is due: outcomes, rates, breakers, unknown ends, clocks, digest, several at once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.errors import ChangedMeanwhile, Exit, Refused, StorageFault, TryAgain
from serviceflow.plugin.hookspecs import hookimpl
from serviceflow.remind import decide, heartbeat, preflight, room
from serviceflow.remind.channels import deadline
from serviceflow.remind.digest import tell_staff
from serviceflow.remind.invariants import broken
from serviceflow.remind.outcomes import Accepted, Idempotent, Letter, Outcome, Rate
from serviceflow.remind.report import Report
from serviceflow.remind.run import run
from serviceflow.remind.status import Status, status
from serviceflow.store.audit import verify
from serviceflow.store.place import Place
from serviceflow.store.tables import ChannelState, Message, Runner, Staff, Task
from serviceflow.store.write import Tx, table_of
from serviceflow.testing.provider import Does, Provider
from serviceflow.texts import T, plain
from sqlalchemy import create_engine, insert, text, update

from tests.remind.children import ended, start
from tests.remind.conftest import channels, plan_messages, reader, states, stored, story_of
from tests.remind.test_kill_matrix import KINDS, options
from tests.remind.trade import TRADE, joined

Plan = Callable[..., list[int]]


def webhook(provider: Provider, **more: Any) -> dict[str, Any]:
    return {"kind": "webhook", "url": f"{provider.url}/in", **more}


def go(shop: Shop, named: dict[str, Any] | None = None, **options: Any) -> Report:
    report = run(shop, channels=channels(shop, **(named or {})), **{"patience": 0, **options})
    with shop.reading() as tx:
        assert broken(tx) == {}
    return report


def test_what_is_due_goes_once_in_order_of_urgency(shop: Shop, plan: Plan, provider: Provider) -> None:
    plan(1, key="ad", purpose="marketing")
    plan(2, key="service", late=timedelta(minutes=5))
    plan(1, key="safety", purpose="safety")
    plan(1, key="later", due_at=shop.clock.now() + timedelta(hours=1))
    report = go(shop, {"out": webhook(provider)})
    assert report.count["sent"] == 4
    assert report.exit_code is Exit.DONE
    order = [body.decode().split('"to":"')[1].split('"')[0] for _, _, body in provider.seen]
    assert order == ["safety0", "service0", "service1", "ad0"]
    assert go(shop, {"out": webhook(provider)}).count["sent"] == 0
    assert len(provider.seen) == 4


def test_the_books_are_sound_after_a_run(shop: Shop, plan: Plan, provider: Provider) -> None:
    plan(1)
    go(shop, {"out": webhook(provider)})
    with shop.reading() as tx:
        found = verify(tx.connection)
    assert found.sound, [str(fault) for fault in found.faults]


def test_an_idle_run_adds_only_its_heartbeat(shop: Shop) -> None:
    go(shop)
    with shop.reading() as tx:
        before = {type(r).__name__ for r in (*tx.all(Message), *tx.all(ChannelState), *tx.all(Task))}
        runs = len(tx.all(Runner))
    go(shop)
    with shop.reading() as tx:
        assert before == set()
        assert len(tx.all(Runner)) == runs + 1


def test_heartbeats_do_not_pile_up(shop: Shop, clock: SetClock) -> None:
    for _ in range(heartbeat.KEPT + 20):
        clock.set(clock.now() + timedelta(minutes=20))
        preflight.take_off(shop, clock.now().isoformat(), confirm_clock=False)
    with shop.reading() as tx:
        assert len(tx.all(Runner)) <= heartbeat.KEPT + 1


@pytest.mark.parametrize("light", [True, False], ids=["idle", "full"])
def test_after_a_clock_went_back_runs_are_still_told_from_silence(light: bool, shop: Shop, clock: SetClock) -> None:
    """Faults 12 and 59: heartbeats of the wrong time are neither the last sign of life nor push out those of now."""
    with shop.write("beats") as tx:
        for n in range(heartbeat.KEPT + 5):
            at = clock.now() + timedelta(days=365, minutes=n)
            tx.connection.execute(insert(table_of(Runner)).values(
                instance=f"{n}", started_at=at, beat_at=at, version="0", summary={}))  # fmt: skip
    assert how(shop).alive is None
    if light:
        heartbeat.beat(shop.place, clock.now(), {})
    else:
        assert go(shop).warnings
    assert how(shop).alive is True
    clock.set(clock.now() + timedelta(minutes=16))
    assert how(shop).alive is False


@pytest.mark.parametrize(
    ("does", "state", "ref", "attempts"),
    [
        pytest.param(Does(status=400), "failed", "remind.refused", 1, id="refused"),
        pytest.param(Does(status=401), "retry", "remind.channel-fault", 0, id="wrong key burns no try"),
        pytest.param(Does(status=429, headers={"Retry-After": "90"}), "retry", "remind.throttled", 0, id="throttled"),
        pytest.param(Does(status=500), "retry", "remind.same-key", 1, id="unknown, same key again"),
        pytest.param(Does(status=204, body=b""), "sent", "", 1, id="accepted"),
    ],
)
def test_each_outcome_has_its_state_and_reason(
    does: Does, state: str, ref: str, attempts: int, shop: Shop, plan: Plan, provider: Provider
) -> None:
    (number,) = plan()
    provider.does = does
    go(shop, {"out": webhook(provider)})
    found = stored(shop, number)
    assert (found.state, found.reason_ref, found.attempts) == (state, ref, attempts)


OUT = '[channel.out]\nkind = "webhook"\nurl = "{url}/in"\n'


@pytest.mark.parametrize(
    ("channel", "setup", "known", "waits", "way_out"),
    [
        pytest.param("wechat", "", False, "waits for a person to send it", "flow remind hand", id="by hand"),
        pytest.param("out", OUT, True, "waits: out rests until 2026-11-25 10:21: the provider answered HTTP 401", None,
                     id="a channel that rests"),
        pytest.param("out", "", True, "waits for a machine that has out", None, id="of another machine"),
        pytest.param("out", OUT.replace("url", "uri"), False, "waits: Channel out: url missing", "flow channel list",
                     id="a wrong set-up"),
        pytest.param("out", "[channel", False, "waits: {file} cannot be read", "flow channel list", id="no TOML"),
        pytest.param("out", OUT, False, "goes with the next run", "flow remind run", id="nothing"),
    ],
)  # fmt: skip
def test_why_says_what_a_message_that_is_ready_waits_for(
    channel: str, setup: str, known: bool, waits: str, way_out: str | None, shop: Shop, plan: Plan, provider: Provider,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    file = tmp_path / "channels.toml"
    file.write_text(setup.replace("{url}", provider.url))
    file.chmod(0o600)
    monkeypatch.setenv("FLOW_CHANNELS", str(file))
    if known:
        provider.does = Does(status=401)
        plan(1, channel="out")
        go(shop, {"out": webhook(provider)})
        if not setup:
            with shop.write("rest over") as tx:
                tx.connection.execute(update(table_of(ChannelState)).values(paused_until=None))
    (number,) = plan(1, key="y", channel=channel, state="pending")
    story = story_of(shop, number)
    assert str(story.events[-1].text.to("en")).startswith(waits.format(file=file))
    assert story.way_out == way_out


LOST = {"idempotent": "remind.same-key", "queryable": "remind.will-ask", "opaque": "remind.unknown"}
"""What becomes of a hand-over whose end nobody saw."""


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("does", "ref"),
    [
        pytest.param(Does(status=200), "", id="200"),
        pytest.param(Does(status=400, takes=False), "remind.refused", id="400"),
        pytest.param(Does(status=403, takes=False), "remind.channel-fault", id="403"),
        pytest.param(Does(status=429, takes=False), "remind.throttled", id="429"),
        pytest.param(Does(status=408), None, id="408"),
        pytest.param(Does(status=500), None, id="500"),
        pytest.param(Does(status=503), None, id="503"),
        pytest.param(Does(answer="reset"), None, id="taken and reset"),
        pytest.param(Does(answer="reset", takes=False), None, id="reset"),
        pytest.param(Does(answer="hang"), None, id="taken and silent"),
    ],
)
def test_every_answer_over_every_kind_of_channel(
    does: Does, ref: str | None, kind: str, database: str, shop: Shop, clock: SetClock, provider: Provider
) -> None:
    """Faults 29 and 31: nothing is repeated without a key, and nothing is given up that may have arrived."""
    assert database == "sqlite"  # what a channel answered is judged before any database
    (number,) = plan_messages(shop, 1)
    named = {"out": options(kind, provider) | {"timeout": 0.4}}
    provider.script = [does]
    go(shop, named)
    assert stored(shop, number).reason_ref == (LOST[kind] if ref is None else ref)
    clock.set(clock.now() + timedelta(minutes=40))
    go(shop, named)
    if ref == "remind.refused":
        assert (stored(shop, number).state, len(provider.seen)) == ("failed", 1)
    elif ref is None and kind == "opaque":
        assert (stored(shop, number).state, len(provider.seen)) == ("uncertain", 1)
    else:
        assert stored(shop, number).state == "sent"
        assert kind == "idempotent" or set(provider.taken.values()) == {1}


@pytest.mark.parametrize(
    ("staff", "state", "ref"),
    [(False, "uncertain", "remind.unknown"), (True, "retry", "remind.maybe-twice")],
    ids=["a customer waits for a person", "staff get it once more, marked"],
)
def test_an_opaque_channel_never_repeats_silently(
    staff: bool, state: str, ref: str, shop: Shop, clock: SetClock, plan: Plan, provider: Provider
) -> None:
    (number,) = plan(staff_id=shop.staff_id if staff else None)
    provider.does = Does(status=500)
    opaque = {"out": webhook(provider, key_ttl=0)}
    report = go(shop, opaque)
    assert (stored(shop, number).state, stored(shop, number).reason_ref) == (state, ref)
    assert report.exit_code is (Exit.DONE if staff else Exit.ATTENTION)
    for _ in range(5):
        clock.set(clock.now() + timedelta(minutes=30))
        go(shop, opaque)
    assert len(provider.seen) == (2 if staff else 1)
    assert stored(shop, number).state == "uncertain"
    if staff:
        assert "可能重复" in provider.seen[1][2].decode()


def test_a_provider_that_gives_no_answer_is_asked_once_in_a_run(
    shop: Shop, clock: SetClock, plan: Plan, provider: Provider
) -> None:
    """Its silence holds up neither the run nor the others for the time-out of each."""
    plan(3)
    named = {"out": options("queryable", provider) | {"timeout": 0.3}}
    provider.does = Does(answer="reset")
    for _ in range(3):
        go(shop, named)
        clock.set(clock.now() + timedelta(seconds=10))
    assert states(shop) == ["uncertain"] * 3
    provider.by_path["/ask"] = Does(answer="hang")
    clock.set(clock.now() + timedelta(minutes=2))
    plan(1, key="y", channel="file")
    for run_no in (1, 2):
        go(shop, named)
        assert sum(path == "/ask" for path, _, _ in provider.seen) == run_no
    assert states(shop) == ["uncertain"] * 3 + ["sent"]
    provider.by_path.clear()
    clock.set(clock.now() + timedelta(minutes=10))
    go(shop, named)
    assert states(shop) == ["sent"] * 4


def test_a_key_past_half_its_life_is_not_used_again(
    shop: Shop, clock: SetClock, plan: Plan, provider: Provider
) -> None:
    """Fault 35: a provider that knows keys for 15 minutes and is down for 20."""
    (number,) = plan()
    provider.does = Does(status=500)
    named = {"out": webhook(provider, key_ttl=900)}
    go(shop, named)
    clock.set(clock.now() + timedelta(minutes=20))
    provider.does = Does()
    go(shop, named)
    assert len(provider.seen) == 1
    assert (stored(shop, number).state, stored(shop, number).reason_ref) == ("uncertain", "remind.key-too-old")


def test_429_stops_the_channel_within_one_message(shop: Shop, clock: SetClock, plan: Plan, provider: Provider) -> None:
    plan(10)
    provider.does = Does(status=429, headers={"Retry-After": "600"})
    named = {"out": webhook(provider)}
    go(shop, named)
    clock.set(clock.now() + timedelta(minutes=9))
    go(shop, named)
    assert len(provider.seen) == 1
    provider.does = Does()
    clock.set(clock.now() + timedelta(minutes=2))
    assert go(shop, named).count["sent"] == 10


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_provider_down_for_twelve_hours_is_probed_gently(
    database: str, shop: Shop, clock: SetClock, plan: Plan, provider: Provider
) -> None:
    """Fault 32: at most one probe in five minutes; other channels go on; then everything goes once."""
    assert database == "sqlite"  # arithmetic of the breaker
    clock.set(datetime(2026, 11, 25, 0, 30, tzinfo=UTC))
    plan(30, purpose="safety")
    plan(5, key="y", channel="other", purpose="safety")
    named = {"out": webhook(provider), "other": {"kind": "file"}}
    provider.does = Does(status=404, takes=False)
    assert go(shop, named).count["sent"] == 5
    for minutes in [1] * 20 + [5] * 20 + [60] * 10:
        before = len(provider.seen)
        go(shop, named)
        assert len(provider.seen) - before <= 1
        clock.set(clock.now() + timedelta(minutes=minutes))
    assert len(provider.seen) <= 1 + 7 + 20 + 10
    provider.does = Does()
    clock.set(clock.now() + timedelta(minutes=6))
    assert go(shop, named).count["sent"] == 30
    assert set(provider.taken.values()) == {1}


def test_a_rate_is_kept_over_runs_and_waits_where_it_may(
    shop: Shop, clock: SetClock, plan: Plan, provider: Provider
) -> None:
    plan(12)
    named = {"out": webhook(provider, rate="5/60")}
    assert go(shop, named).count["sent"] == 5
    assert go(shop, named).count["sent"] == 0
    clock.set(clock.now() + timedelta(seconds=62))
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        clock.set(clock.now() + timedelta(seconds=seconds))

    assert go(shop, named, patience=300, pause=pause).count["sent"] == 7
    assert len(waited) == 1


def test_a_rate_is_one_for_all_machines(place: Place, clock: SetClock, provider: Provider) -> None:
    shop = Shop.open(place, staff="xiaomei", clock=clock)
    plan_messages(shop, 40)
    shop.close()
    named = {"out": webhook(provider, rate="5/60")}
    children = [start(place, named, at=clock.now()) for _ in range(4)]
    assert [ended(child) for child in children] == [0] * 4
    assert len(provider.seen) == 5


def test_a_too_long_text_fails_before_the_provider(shop: Shop, plan: Plan, provider: Provider) -> None:
    (number,) = plan(body="王" * 683)  # 2,049 bytes
    go(shop, {"out": {"kind": "wecom-robot", "url": f"{provider.url}/in"}})
    assert provider.seen == []
    assert (stored(shop, number).state, stored(shop, number).reason_ref) == ("failed", "remind.too-long")


def test_expired_and_late_messages_say_so(shop: Shop, plan: Plan, provider: Provider) -> None:
    (number,) = plan(expires_at=shop.clock.now() - timedelta(minutes=1), late=timedelta(hours=3))
    go(shop, {"out": webhook(provider)})
    found = stored(shop, number)
    assert (found.state, found.reason_ref) == ("expired", "remind.expired")
    assert provider.seen == []


def test_a_channel_of_another_machine_is_left_alone(shop: Shop, plan: Plan, provider: Provider) -> None:
    """Fault 41: a machine without the mail account must not write its mails to files."""
    plan(2)
    go(shop, {"out": webhook(provider), "unused": {"kind": "file"}})
    plan(2, key="second")
    go(shop, {})
    assert states(shop) == ["sent", "sent", "pending", "pending"]


@pytest.mark.parametrize("gap", [timedelta(days=31), timedelta(days=3650)], ids=["a month", "ten years"])
def test_a_clock_that_leapt_sends_and_expires_nothing(
    gap: timedelta, shop: Shop, clock: SetClock, plan: Plan, provider: Provider
) -> None:
    """Fault 13."""
    named = {"out": webhook(provider)}
    go(shop, named)
    right = clock.now()
    (number,) = plan(due_at=right + timedelta(days=2), expires_at=right + timedelta(days=3))
    clock.set(right + gap)
    report = go(shop, named)
    assert report.held is not None
    assert report.exit_code is Exit.ATTENTION
    assert stored(shop, number).state == "planned"
    clock.set(right + timedelta(days=2))
    assert go(shop, named).count["sent"] == 1


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=1), timedelta(days=365)], ids=str)
def test_a_clock_that_goes_back_repeats_and_stalls_nothing(
    back: timedelta, shop: Shop, clock: SetClock, plan: Plan, provider: Provider
) -> None:
    """Fault 12."""
    named = {"out": webhook(provider)}
    plan(3)
    go(shop, named)
    clock.set(clock.now() - back)
    plan(3, key="after")
    report = go(shop, named)
    assert report.count["sent"] == 3
    assert report.warnings
    assert set(provider.taken.values()) == {1}


def test_no_room_on_the_disk_stops_before_anything_is_claimed(
    shop: Shop, plan: Plan, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 21; PostgreSQL's disk is its server's."""
    plan(1)
    monkeypatch.setattr(room, "ROOM", 2**62)
    if shop.place.is_sqlite:
        with pytest.raises(StorageFault):
            go(shop, {"out": webhook(provider)})
        assert states(shop) == ["planned"]
    else:
        assert go(shop, {"out": webhook(provider)}).count["sent"] == 1


def test_a_late_answer_turns_an_unknown_end_into_sent(
    shop: Shop, clock: SetClock, plan: Plan, provider: Provider
) -> None:
    """Fault 5 and 8: recovery found the lease over while the provider was still answering."""
    (number,) = plan()
    named = {"out": webhook(provider, key_ttl=0)}

    def meanwhile() -> None:
        provider.does = Does()
        clock.set(clock.now() + timedelta(hours=1))
        other = Shop.open(shop.place, staff="xiaomei", clock=clock)
        run(other, channels=channels(other, **named), patience=0)
        assert stored(other, number).state == "uncertain"
        other.close()

    provider.does = Does(then=meanwhile)
    go(shop, named)
    assert stored(shop, number).state == "sent"
    assert set(provider.taken.values()) == {1}


@pytest.mark.parametrize(
    ("decision", "state", "sends"), [("sent", "sent", 1), ("resend", "pending", 2), ("drop", "cancelled", 1)]
)
def test_a_person_resolves_an_unknown_end(
    decision: decide.Decision, state: str, sends: int, shop: Shop, clock: SetClock, plan: Plan, provider: Provider
) -> None:
    (number,) = plan()
    named = {"out": webhook(provider, key_ttl=0)}
    provider.script = [Does(answer="reset")]
    go(shop, named)
    decide.resolve(shop, number, decision, "客户说收到了")
    assert stored(shop, number).state == state
    clock.set(clock.now() + timedelta(minutes=30))
    go(shop, named)
    assert len(provider.seen) == sends
    keys = {headers["idempotency-key"] for _, headers, _ in provider.seen}
    assert len(keys) == sends
    with pytest.raises(Refused):
        decide.resolve(shop, number, "drop", "-")
    story = story_of(shop, number)
    assert any("客户说收到了" in str(event.text) for event in story.events)


def test_by_hand_is_shown_once_and_marked_by_the_person(shop: Shop, clock: SetClock, plan: Plan) -> None:
    plan(3, channel="wechat")
    report = go(shop)
    assert report.standing["by_hand"] == 3
    seen: set[int] = set()
    first = decide.show_next(shop, seen)
    assert first is not None
    beside = decide.show_next(shop, set())
    assert beside is not None
    assert beside[0].id != first[0].id  # somebody else at another desk gets another one
    decide.sent_by_hand(shop, first[0])
    decide.skipped_by_hand(shop, beside[0], "已电话告知")
    last = decide.show_next(shop, seen)
    assert last is not None
    clock.set(clock.now() + timedelta(hours=1))
    go(shop)
    decide.put_back(shop, last[0])
    with pytest.raises(ChangedMeanwhile):
        decide.sent_by_hand(shop, last[0])
    assert states(shop) == ["sent", "cancelled", "pending"]
    skipped = stored(shop, beside[0].id or 0)
    assert (skipped.reason_ref, skipped.trail[-1][3]) == ("remind.skipped", {"who": "小美", "why": "已电话告知"})


def test_the_digest_comes_once_a_day_on_opening_days(shop: Shop, clock: SetClock) -> None:
    with shop.write("tasks") as tx:
        for n in range(15):
            tx.add(Task(title_en=f"call {n}", title_zh=f"回访 {n}", due_at=clock.now() - timedelta(days=1),
                        assignee_id=shop.staff_id, made_at=clock.now()))  # fmt: skip
    assert go(shop).count["digests"] == 1
    assert go(shop).count["digests"] == 0
    with shop.reading() as tx:
        (digest,) = tx.all(Message)
    assert digest.state == "sent"
    head, facts, *rest = digest.body.split("\n")
    assert head == "2026-11-25 小美: 今日事项"
    assert "逾期 15" in facts
    assert rest[-1] == "另有 3 项: flow today"
    clock.set(datetime(2026, 11, 28, 2, 0, tzinfo=UTC))  # Saturday
    assert go(shop).count["digests"] == 0


def test_a_group_gets_one_digest_within_its_bytes(shop: Shop, clock: SetClock, provider: Provider) -> None:
    with shop.write("tasks") as tx:
        others = [tx.add(Staff(login=f"l{n}", name=f"同事{n}")) for n in range(40)]
        for member in others:
            tx.add(Task(title_en="call", title_zh="回访" * 9, due_at=clock.now() - timedelta(days=1),
                        assignee_id=member.id, made_at=clock.now()))  # fmt: skip
    mine = channels(shop, group={"kind": "wecom-robot", "url": f"{provider.url}/robot"})
    mine.digest = "group"
    provider.does = Does(body={"errcode": 0, "errmsg": "ok"})
    for _ in range(2):
        run(shop, channels=mine, patience=0)
    with shop.reading() as tx:
        (digest,) = tx.all(Message)
    assert (digest.state, len(provider.seen)) == ("sent", 1)
    assert len(digest.body.encode()) <= 2048
    assert digest.body.split("\n")[0].startswith("2026-11-25 ")
    assert digest.body.split("\n")[-1] == "其余见: flow today"


@pytest.mark.parametrize("how", ["well", "raises", "bad SQL"])
def test_a_plugin_adds_its_lines_to_the_digest(how: str, shop: Shop, plan: Plan) -> None:
    """Fault 36: what it does wrong is told and stops nothing else."""
    rem = joined(shop)
    (number,) = plan(channel="file")

    @hookimpl
    def digest_lines(tx: Tx, staff: Staff) -> list[T]:
        if how == "raises":
            raise ZeroDivisionError("boom")
        if how == "bad SQL":
            tx.connection.exec_driver_sql("SELECT no_such_column FROM staff")
        return [T("{name}: three cards", zh="{name}: 三张卡").of(name=staff.name)]

    rem.plugins.module(TRADE.key).digest_lines = digest_lines  # type: ignore[attr-defined]
    report = run(rem, channels=channels(rem), patience=0)
    assert stored(rem, number).state == "sent"
    with rem.reading() as tx:
        told = tx.all(Message, table_of(Message).c.rule == "core:digest")
    if how == "bad SQL":
        assert told == []
        assert "no_such_column" in str(report.failed[0])
        assert report.exit_code is Exit.ATTENTION
        return
    assert [digest.state for digest in told] == ["sent"]
    assert {"well": "小美: 三张卡", "raises": "boom"}[how] in told[0].body.split("\n")[2]


def test_a_trade_tells_the_staff_a_text_of_its_own(shop: Shop, clock: SetClock) -> None:
    rem = joined(shop)
    for _ in range(2):
        with rem.write("tell") as tx:
            member = tx.need(Staff, rem.staff_id)
            tell_staff(rem, tx, member, "rem:digest-late", plain("late"), [plain("R001")], clock.now())
    go(rem)
    with rem.reading() as tx:
        (told,) = tx.all(Message, table_of(Message).c.rule == "rem:digest-late")
    assert (told.state, told.body) == ("sent", "2026-11-25 late\nR001")


def how(shop: Shop) -> Status:
    with reader(shop) as read:
        return status(read)


def test_status_tells_a_stopped_timer(shop: Shop, clock: SetClock, plan: Plan) -> None:
    assert how(shop).exit_code is Exit.DONE
    plan(1, channel="wechat")
    assert how(shop).exit_code is Exit.ATTENTION  # something is due and no run ever came
    go(shop)
    assert how(shop).exit_code is Exit.DONE
    clock.set(clock.now() + timedelta(minutes=16))
    found = how(shop)
    assert found.alive is False
    assert found.exit_code is Exit.ATTENTION


@pytest.mark.parametrize("channel", ["wechat", "out"])
def test_what_is_ready_for_a_day_and_does_not_go_is_put_before_a_person(
    channel: str, shop: Shop, clock: SetClock, plan: Plan, provider: Provider
) -> None:
    """Exit code 10 of core.md section 4: failed, uncertain, overdue."""
    provider.does = Does(status=401)
    plan(2, channel=channel, purpose="safety")
    named = {"out": webhook(provider)}
    assert go(shop, named).exit_code is Exit.DONE
    clock.set(clock.now() + timedelta(hours=25))
    report = go(shop, named)
    assert (report.standing["overdue"], report.exit_code) == (2, Exit.ATTENTION)
    found = how(shop)
    assert (found.counts["overdue"], found.exit_code) == (2, Exit.ATTENTION)


@pytest.mark.parametrize(
    ("runners", "due"),
    [(2, 120), (8, 120), pytest.param(8, 5000, marks=pytest.mark.storm, id="8-5,000")],
)
def test_several_runs_at_once_hand_each_message_over_once(
    runners: int, due: int, place: Place, clock: SetClock, provider: Provider
) -> None:
    """Fault 9 and 10."""
    shop = Shop.open(place, staff="xiaomei", clock=clock)
    plan_messages(shop, due)
    shop.close()
    children = [start(place, {"out": webhook(provider)}, at=clock.now()) for _ in range(runners)]
    assert [ended(child) for child in children] == [0] * runners
    shop = Shop.open(place, staff="xiaomei", clock=clock)
    assert states(shop) == ["sent"] * due
    assert set(provider.taken.values()) == {1}
    with shop.reading() as tx:
        assert broken(tx) == {}
    shop.close()


@pytest.mark.parametrize("database", ["sqlite"])
def test_an_idle_run_walks_no_table_however_much_was_sent(database: str, shop: Shop, plan: Plan) -> None:
    """Design section 5: a run with nothing due costs the same with a million messages stored."""
    from sqlalchemy import event

    assert database == "sqlite"
    plan(30, due_at=shop.clock.now() + timedelta(days=30))
    go(shop)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(shop.engine, "before_cursor_execute", note)
    run(shop, channels=channels(shop), patience=0)
    event.remove(shop.engine, "before_cursor_execute", note)
    plans = []
    with shop.reading() as tx:
        for statement, parameters in asked:
            if statement.split()[0] in ("SELECT", "UPDATE", "DELETE"):
                rows = tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                plans += [(row[3], statement) for row in rows]
    walked = [p for p in plans if p[0].split()[0] == "SCAN" and "INDEX" not in p[0] and p[0].split()[1] in (
        "message", "message_attempt", "timer", "signoff_request")]  # fmt: skip
    assert len(asked) > 10
    assert walked == []


class Stuck:
    """A plugin's channel that hangs, or takes a letter, as its script says."""

    kind = "stuck"
    ability = Idempotent(None)
    rate: Rate | None = None
    most_bytes: int | None = None
    shows_refusals = True
    by_hand = False

    def __init__(self, hangs: bool) -> None:
        self.hangs = hangs
        self.asked = 0
        self.let_go = threading.Event()

    def send(self, letter: Letter) -> Outcome:
        """Hang until the test is over, or accept."""
        self.asked += 1
        if self.hangs:
            self.let_go.wait(30)
        return Accepted()

    def finish(self) -> None:
        """Nothing is kept open."""


def test_a_plugins_channel_that_hangs_is_left_and_the_others_go_on(
    shop: Shop, clock: SetClock, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 37: unknown ends after the deadline; three of them and the channel rests."""
    monkeypatch.setattr(deadline, "PATIENCE", 0.05)
    plan(60, purpose="safety")
    plan(3, key="y", channel="zeta", purpose="safety")
    mine = channels(shop, out={"kind": "stuck"}, zeta={"kind": "file"})
    stuck = Stuck(hangs=True)
    mine._made["out"] = stuck  # type: ignore[assignment]
    report = run(shop, channels=mine, patience=0)
    assert (stuck.asked, report.count["sent"]) == (3, 3)
    assert states(shop).count("retry") == 3
    stuck.hangs = False
    clock.set(clock.now() + timedelta(hours=1))
    run(shop, channels=mine, patience=0)
    assert states(shop) == ["sent"] * 63
    stuck.let_go.set()


@pytest.mark.parametrize("database", ["postgresql"])
@pytest.mark.parametrize("kind", ["idempotent", "opaque"])
def test_a_server_that_drops_the_connection_in_mid_run_costs_no_message(
    kind: str, database: str, shop: Shop, clock: SetClock, plan: Plan, provider: Provider
) -> None:
    """Fault 27: the result of the hand-over in flight is written over a new connection."""
    assert database == "postgresql"
    plan(4, purpose="safety")

    def dropped() -> None:
        with create_engine(shop.place.sqlalchemy_url).connect() as other:
            other.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                               " WHERE datname = current_database() AND pid <> pg_backend_pid()"))  # fmt: skip

    provider.script = [Does(), Does(then=dropped)]
    named = {"out": webhook(provider, **({"key_ttl": 0} if kind == "opaque" else {}))}
    with contextlib.suppress(TryAgain):
        go(shop, named)
    for _ in range(3):
        clock.set(clock.now() + timedelta(minutes=40))
        go(shop, named)
    assert states(shop) == ["sent"] * 4
    assert set(provider.taken.values()) == {1}
