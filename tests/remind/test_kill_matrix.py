"""SIGKILL and a full disk at every fault point, on both databases, over each kind of channel (reliability.md 3, 7.1).

After the kill a second run an hour later finds what is left: nothing is lost, nothing is sent twice, and what nobody
can know is listed. What a person or a trade did is there whole, or not at all.
"""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import serviceflow.remind as package
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.errors import Exit
from serviceflow.remind import decide
from serviceflow.remind.invariants import broken
from serviceflow.remind.run import run
from serviceflow.store.place import Place
from serviceflow.store.tables import Attempt, Message, Operation, Order, OrderAction, Task
from serviceflow.testing.provider import Does, Provider

from tests.remind.children import ended, fork, start
from tests.remind.conftest import channels, plan_messages, states
from tests.remind.trade import forward, joined, opened

POINTS = [
    "run.before_heartbeat",
    "run.after_heartbeat",
    "recover.before_commit",
    "recover.after_commit",
    "release.before_commit",
    "release.after_commit",
    "expire.before_commit",
    "claim.before_commit",
    "claim.after_commit",
    "intent.before_commit:2",
    "intent.after_commit:2",
    "send.before_call:2",
    "provider",
    "send.after_call:2",
    "send.after_accept:2",
    "mark.before_commit",
    "mark.before_commit:2",
    "mark.after_commit",
    "intent.before_commit",
    "intent.after_commit",
]
"""Points of handing over, killed over every kind of channel."""
TRADE_POINTS = ["timer.before_commit", "timer.after_commit", "job.before_commit", "job.after_commit",
                "digest.before_commit", "digest.after_commit"]  # fmt: skip
"""Points of a trade's timers and jobs and of the digest."""
PERSON_POINTS = ["resolve.before_commit", "hand.before_commit"]
LATE_POINTS = ["merge.before_commit", "ask.after_call"]
KINDS = ("idempotent", "queryable", "opaque")


def options(kind: str, provider: Provider) -> dict[str, Any]:
    url = {"kind": "webhook", "url": f"{provider.url}/in"}
    return {
        "idempotent": url,
        "queryable": url | {"key_ttl": 0, "ask_url": f"{provider.url}/ask", "settle": 60},
        "opaque": url | {"key_ttl": 0},
    }[kind]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_loses_nothing_and_repeats_nothing(
    point: str, kind: str, place: Place, clock: SetClock, provider: Provider
) -> None:
    shop = Shop.open(place, staff="xiaomei", clock=clock)
    plan_messages(shop, 4)
    name, _, passage = point.partition(":")
    if name == "provider":
        children: list[int] = []
        provider.script = [Does(), Does(then=lambda: os.kill(children[0], signal.SIGKILL))]
        children.append(start(place, {"out": options(kind, provider)}, at=clock.now()))
        assert ended(children[0]) == -signal.SIGKILL
    else:
        fault = f"{name}:kill:{passage or 1}"
        assert ended(start(place, {"out": options(kind, provider)}, at=clock.now(), fault=fault)) == -signal.SIGKILL
    whole_in_the_end(shop, clock, kind, provider)


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("point", [p for p in POINTS if ".before_" in p])
def test_a_full_disk_stops_the_run_and_loses_nothing(
    point: str, kind: str, database: str, place: Place, clock: SetClock, provider: Provider
) -> None:
    """Fault 21: the disk is full from that commit on; nothing is sent whose intent is not stored."""
    assert database == "sqlite"  # a server has its own disk
    shop = Shop.open(place, staff="xiaomei", clock=clock)
    plan_messages(shop, 4)
    name, _, passage = point.partition(":")
    fault = f"{name}:enospc:{passage or 1}"
    code = ended(start(place, {"out": options(kind, provider)}, at=clock.now(), fault=fault))
    assert code in (Exit.STORAGE, Exit.CANNOT_WRITE)
    with shop.reading() as tx:
        begun = Counter(attempt.message_id for attempt in tx.all(Attempt))
    assert len(provider.seen) <= len(begun)
    whole_in_the_end(shop, clock, kind, provider)


def whole_in_the_end(shop: Shop, clock: SetClock, kind: str, provider: Provider) -> None:
    """Run later, and look that all went once or, where nobody can know, stands before a person."""
    later(shop, clock, kind, provider)
    end = states(shop)
    if kind == "opaque":
        assert set(end) <= {"sent", "uncertain"}
        assert end.count("uncertain") <= 1
    else:
        assert set(end) == {"sent"}
    sends = provider.taken
    assert len(sends) >= end.count("sent")
    if kind != "idempotent":
        assert set(sends.values()) == {1}
    with shop.reading() as tx:
        assert broken(tx) == {}
    shop.close()


def later(shop: Shop, clock: SetClock, kind: str, provider: Provider) -> None:
    """Run again until nothing moves any more, and once more."""
    resting = {"sent", "merged"} | ({"uncertain"} if kind == "opaque" else set())
    done = 0
    for _ in range(4):
        done += set(states(shop)) <= resting
        if done == 2:
            break
        clock.set(clock.now() + timedelta(minutes=40))
        run(shop, channels=channels(shop, out=options(kind, provider)), patience=0)


@pytest.mark.parametrize("point", TRADE_POINTS)
def test_a_kill_in_a_trades_work_does_it_once(point: str, shop: Shop, clock: SetClock, provider: Provider) -> None:
    """Faults 6 and 7: the deed and "it is done" stand in one commit."""
    rem = joined(shop)
    number, _ = opened(rem)
    with rem.write("tasks") as tx:
        now = clock.now()
        tx.add(Task(title_en="call", title_zh="回访", due_at=now, assignee_id=rem.staff_id, made_at=now))
    forward(clock, hours=27)
    named = {"sms": {"kind": "webhook", "url": f"{provider.url}/in"}}
    child = start(rem.place, named, at=clock.now(), fault=f"{point}:kill", trades=rem.plugins)
    assert ended(child) == -signal.SIGKILL
    forward(clock, minutes=15)  # claims of the dead run are over
    for _ in range(2):
        assert run(rem, channels=channels(rem, **named), patience=0).failed == []
    with rem.reading() as tx:
        assert tx.need(Order, number).step == "lost"
        assert Counter(a.action for a in tx.all(OrderAction)) == {"open": 1, "lose": 1}
        assert [t.title_en for t in tx.all(Task) if t.title_en.startswith("job")] == ["job 2026-11-26"]
        digests = [m for m in tx.all(Message) if m.rule == "core:digest"]
        assert [m.state for m in digests] == ["sent"]
        assert broken(tx) == {}
    assert set(provider.taken.values()) == {1}
    assert len(provider.seen) == 3  # the cap of an hour, as in a run that nobody kills


def test_a_kill_in_the_catch_up_merges_once(shop: Shop, clock: SetClock, provider: Provider) -> None:
    plan_messages(shop, 3, late=timedelta(hours=2), recipient="a", staff_id=shop.staff_id)
    named = {"out": options("opaque", provider)}
    child = start(shop.place, named, at=clock.now(), fault="merge.before_commit:kill")
    assert ended(child) == -signal.SIGKILL
    assert provider.seen == []
    later(shop, clock, "opaque", provider)
    assert states(shop) == ["merged", "merged", "sent"]
    assert len(provider.seen) == 1


def test_a_kill_after_asking_the_provider_asks_again(shop: Shop, clock: SetClock, provider: Provider) -> None:
    plan_messages(shop, 2)
    provider.does = Does(answer="reset")
    run(shop, channels=channels(shop, out=options("queryable", provider)), patience=0)
    assert "uncertain" in states(shop)
    provider.does = Does()
    clock.set(clock.now() + timedelta(minutes=6))
    child = start(shop.place, {"out": options("queryable", provider)}, at=clock.now(), fault="ask.after_call:kill")
    assert ended(child) == -signal.SIGKILL
    whole_in_the_end(shop, clock, "queryable", provider)


@pytest.mark.parametrize("point", PERSON_POINTS)
def test_a_kill_in_a_persons_decision_leaves_it_open(
    point: str, shop: Shop, clock: SetClock, provider: Provider
) -> None:
    before: str
    does: Callable[[Shop], object]
    if point.startswith("resolve"):
        plan_messages(shop, 1)
        provider.does = Does(answer="reset")
        run(shop, channels=channels(shop, out=options("opaque", provider)), patience=0)
        before, does = "uncertain", lambda its: decide.resolve(its, 1, "sent", "-")
    else:
        plan_messages(shop, 1, channel="wechat")
        run(shop, channels=channels(shop), patience=0)
        before, does = "pending", sends_by_hand
    child = fork(lambda: int(does(Shop.open(shop.place, staff="xiaomei", clock=clock)) is not None), f"{point}:kill")
    assert ended(child) == -signal.SIGKILL
    clock.set(clock.now() + timedelta(minutes=11))
    run(shop, channels=channels(shop), patience=0)
    assert states(shop) == [before]
    with shop.reading() as tx:
        assert broken(tx) == {}
        decisions = [o for o in tx.all(Operation) if re.match(r"remind (resolve|hand) m", o.command)]
    assert decisions == []
    does(shop)
    assert states(shop) == ["sent"]


def sends_by_hand(shop: Shop) -> None:
    shown = decide.show_next(shop, set())
    assert shown is not None
    decide.sent_by_hand(shop, shown[0])


def test_every_fault_point_is_killed() -> None:
    """A fault point that is added without a test of it is found here."""
    folder = Path(package.__file__).parent
    named = {n for f in folder.rglob("*.py") for n in re.findall(r'fault\("([^"]+)"\)', f.read_text(encoding="utf-8"))}
    killed = {p.partition(":")[0] for p in (*POINTS, *TRADE_POINTS, *PERSON_POINTS, *LATE_POINTS)}
    assert named == killed - {"provider"}
