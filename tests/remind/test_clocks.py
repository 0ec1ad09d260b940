"""Clocks that are wrong, that leap, and that differ between machines (faults 10 to 13 and 17)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock, SystemClock
from serviceflow.remind import preflight
from serviceflow.remind.outbox import MESSAGES, present
from serviceflow.remind.run import run
from serviceflow.store.place import Place
from serviceflow.store.tables import Runner, Task
from serviceflow.testing.provider import Provider
from sqlalchemy import update

from tests.remind.children import ended, start
from tests.remind.conftest import channels, plan_messages, reader, states, stored
from tests.remind.trade import forward, joined


def named(provider: Provider) -> dict[str, Any]:
    return {"out": {"kind": "webhook", "url": f"{provider.url}/in"}}


class WrongClock(SystemClock):
    """The clock of a machine that is minutes ahead of the server, or behind it."""

    def __init__(self, minutes: int) -> None:
        self.ahead = timedelta(minutes=minutes)

    def now(self) -> datetime:
        return super().now() + self.ahead


@pytest.mark.parametrize("database", ["postgresql"])
def test_the_servers_clock_decides_what_is_due(database: str, shop: Shop, provider: Provider) -> None:
    """Fault 10: a machine whose clock is ahead sends nothing early, and its leases are the server's."""
    assert database == "postgresql"
    shop.clock = WrongClock(5)
    (number,) = plan_messages(shop, 1, purpose="safety", due_at=SystemClock().now() + timedelta(minutes=3))
    run(shop, channels=channels(shop, **named(provider)), patience=0)
    assert (stored(shop, number).state, provider.seen) == ("planned", [])
    with shop.reading() as tx:
        assert abs(present(shop.clock, tx) - datetime.now(UTC)) < timedelta(minutes=1)
        assert all(abs(r.beat_at - datetime.now(UTC)) < timedelta(minutes=1) for r in tx.all(Runner))
    with reader(shop) as read:
        from serviceflow.remind.backlog import present as light

        assert abs(light(read) - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("database", ["postgresql"])
def test_machines_whose_clocks_differ_by_ten_minutes_agree(database: str, place: Place, provider: Provider) -> None:
    """Fault 10: four runs at once, two ahead and two behind; what one holds is not over for the others."""
    assert database == "postgresql"
    shop = Shop.open(place, staff="xiaomei")
    now = SystemClock().now()
    plan_messages(shop, 40, purpose="safety", due_at=now)
    (early,) = plan_messages(shop, 1, key="early", purpose="safety", due_at=now + timedelta(minutes=3))
    leased = plan_messages(shop, 2, key="leased", purpose="safety", due_at=now)
    with shop.write("lease") as tx:
        for number, until in zip(leased, (1, -1), strict=True):
            held = {"state": "claimed", "claim": "other:1", "lease_until": now + timedelta(minutes=until)}
            tx.connection.execute(update(MESSAGES).where(MESSAGES.c.id == number).values(held))
    children = [start(place, named(provider), clock=WrongClock(minutes)) for minutes in (5, -5, 5, -5)]
    assert [ended(child) for child in children] == [0] * 4
    assert set(provider.taken.values()) == {1}
    assert len(provider.taken) == 41
    found = {number: stored(shop, number).state for number in (early, *leased)}
    assert found == {early: "planned", leased[0]: "claimed", leased[1]: "sent"}
    shop.close()


def test_each_run_is_told_apart_whatever_the_machine_is_called(shop: Shop) -> None:
    """Fault 11: two containers of one host name."""
    for _ in range(3):
        run(shop, channels=channels(shop), patience=0)
    with shop.reading() as tx:
        assert len({runner.instance for runner in tx.all(Runner)}) == 3


@pytest.mark.parametrize("state", ["claimed", "sending"])
def test_a_lease_of_a_wrong_clock_is_over(state: str, shop: Shop, clock: SetClock, provider: Provider) -> None:
    """Fault 12: more than twice the longest lease ahead."""
    (number,) = plan_messages(shop, 1)
    for ahead, end in ((timedelta(minutes=119), state), (timedelta(days=300), "sent")):
        with shop.write("lease") as tx:
            held = {"state": state, "claim": "gone:1", "lease_until": clock.now() + ahead, "attempts": 1}
            tx.connection.execute(update(MESSAGES).where(MESSAGES.c.id == number).values(held))
        for _ in range(2):
            run(shop, channels=channels(shop, **named(provider)), patience=0)
            forward(clock, minutes=1)
        assert stored(shop, number).state == end


def test_a_leap_of_days_on_a_set_clock_is_caught_up_and_said(shop: Shop, clock: SetClock, provider: Provider) -> None:
    """Fault 13: three days later by a clock that can be trusted is three days off (fault 16)."""
    run(shop, channels=channels(shop), patience=0)
    plan_messages(shop, 2, late=timedelta(days=-1))
    forward(clock, days=3)
    report = run(shop, channels=channels(shop, **named(provider)), patience=0)
    assert (report.held, states(shop)) == (None, ["sent", "sent"])
    assert report.warnings[0].to("en") == "no run for 3 d; catching up slowly"
    assert report.warnings[0].to("zh") == "已停 3 天 未运行; 缓慢补发"


@pytest.mark.parametrize("adrift", [True, False])
def test_a_leap_of_days_on_a_clock_nobody_sets_waits_for_a_person(
    adrift: bool, shop: Shop, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 13: the system says whether its clock is synchronised."""
    monkeypatch.setattr(preflight, "clock_is_adrift", lambda: adrift)
    shop.clock = SetClock(SystemClock().now() - timedelta(days=3))
    run(shop, channels=channels(shop), patience=0)
    plan_messages(shop, 2, purpose="safety")
    shop.clock = SystemClock()
    mine = channels(shop, **named(provider))
    report = run(shop, channels=mine, patience=0)
    assert (report.held is not None, len(provider.seen)) == ((True, 0) if adrift else (False, 2))
    run(shop, channels=mine, patience=0, confirm_clock=True)
    assert set(provider.taken.values()) == {1}
    assert states(shop) == ["sent", "sent"]


def test_after_a_leap_back_and_forth_nothing_comes_twice(shop: Shop, clock: SetClock, provider: Provider) -> None:
    """Faults 12 and 13: a day forward, back, and on again; jobs and digests too."""
    rem = joined(shop)
    mine = channels(rem, **named(provider))
    right = clock.now()
    plan_messages(rem, 5, late=timedelta(hours=-20))
    for at in (0, 30, 1, 31, 2, 32, 33):
        clock.set(right + timedelta(hours=at))
        run(rem, channels=mine, patience=0)
    assert states(rem) == ["sent"] * 5
    assert set(provider.taken.values()) == {1}
    with rem.reading() as tx:
        jobs = [task.title_en for task in tx.all(Task) if task.title_en.startswith("job")]
    assert len(jobs) == len(set(jobs)) == 2


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize(("runs", "minutes"), [(30, 59), pytest.param(1000, 2, marks=pytest.mark.storm)])
def test_runs_that_are_restarted_at_once_lose_no_job(
    runs: int, minutes: int, database: str, shop: Shop, clock: SetClock
) -> None:
    """Fault 17: what is due stands in the database, not in a process: each run opens the shop anew."""
    assert database == "sqlite"
    plugins = joined(shop).plugins
    for _ in range(runs):
        forward(clock, minutes=minutes)
        fresh = Shop.open(shop.place, staff="xiaomei", clock=clock)
        fresh.plugins = plugins
        run(fresh, channels=channels(fresh), patience=0)
        fresh.close()
    with shop.reading() as tx:
        jobs = [task.title_en for task in tx.all(Task) if task.title_en.startswith("job")]
    assert jobs == sorted(set(jobs))
    assert len(jobs) == 2
