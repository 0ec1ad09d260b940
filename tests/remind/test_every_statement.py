"""SIGKILL before every statement of a run that writes: timers, job, release, digest, hand-overs (faults 6 and 7)."""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.plugin.load import Plugins
from serviceflow.remind.invariants import broken
from serviceflow.remind.run import run
from serviceflow.store.place import Place
from serviceflow.store.tables import Attempt, Message, Operation, Order, OrderAction, Task, Timer
from serviceflow.testing.provider import Provider
from sqlalchemy import Engine, event

from tests.remind.children import ended, fork
from tests.remind.conftest import channels, plan_messages
from tests.remind.trade import forward, joined, opened

SAMPLED = 5
"""Statements killed where not all are."""
SPARED = ("SELECT", "PRAGMA", "BEGIN", "EXPLAIN", "WITH", "--")


@pytest.fixture
def morning(shop: Shop, clock: SetClock) -> Shop:
    """A shop the day after: messages are due, an order is to be lost, a job, a digest and late messages wait."""
    rem = joined(shop)
    opened(rem)
    plan_messages(rem, 3, channel="sms", recipient="a", staff_id=rem.staff_id)
    with rem.write("tasks") as tx:
        now = clock.now()
        tx.add(Task(title_en="call", title_zh="回访", due_at=now, assignee_id=rem.staff_id, made_at=now))
    forward(clock, hours=27)
    return rem


class Killer:
    """Counts the statements that write, and ends the process before the ``fatal`` one."""

    def __init__(self, fatal: int) -> None:
        self.fatal = fatal
        self.passed = 0

    def __call__(self, statement: str) -> None:
        if statement.lstrip().upper().startswith(SPARED):
            return
        self.passed += 1
        if self.passed == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def a_run(place: Place, clock: SetClock, trades: Plugins, provider: Provider, fatal: int = 0) -> int:
    """Run in a process of its own; returns how many statements wrote, or minus the signal that ended it."""

    def goes() -> int:
        killer = Killer(fatal)
        event.listen(Engine, "connect", lambda connection, _: connection.set_trace_callback(killer))
        later(place, clock, trades, provider)
        return killer.passed

    return ended(fork(goes))


def later(place: Place, clock: SetClock, trades: Plugins, provider: Provider) -> dict[str, Any]:
    """Run once; return what the shop holds then."""
    shop = Shop.open(place, staff="xiaomei", clock=clock)
    shop.plugins = Plugins(shop._joined_plugins, trades.found.values())
    sms = {"kind": "webhook", "url": f"{provider.url}/in"}
    assert run(shop, channels=channels(shop, sms=sms), patience=0).failed == []
    with shop.reading() as tx:
        assert broken(tx) == {}
        found = {
            "orders": [order.step for order in tx.all(Order)],
            "actions": sorted(action.action for action in tx.all(OrderAction)),
            "timers": sorted((timer.action, timer.state) for timer in tx.all(Timer)),
            "tasks": sorted((task.title_en, task.state) for task in tx.all(Task)),
            "messages": sorted((m.rule, m.template, m.state) for m in tx.all(Message)),
            "accepted": sum(a.outcome == "accepted" and a.channel == "sms" for a in tx.all(Attempt)),
            "operations": Counter(o.command for o in tx.all(Operation) if o.command != "remind run"),
        }
    shop.close()
    return found


def after(place: Place, clock: SetClock, trades: Plugins, provider: Provider) -> dict[str, Any]:
    """Return what the shop holds when claims of the dead are over and the caps of an hour have let all through."""
    for minutes in (15, 40, 70, 70):
        forward(clock, minutes=minutes)
        found = later(place, clock, trades, provider)
    assert len(provider.taken) == found["accepted"]  # by their keys, of which the provider takes each but once
    return found


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("most", [SAMPLED, pytest.param(500, marks=pytest.mark.storm)], ids=["some", "all"])
def test_a_kill_before_any_statement_changes_nothing_in_the_end(
    most: int, database: str, morning: Shop, clock: SetClock, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The statements killed are drawn by lot; the seed is printed when something breaks."""
    assert database == "sqlite"  # one transaction is one transaction on both
    seed = random.randrange(2**32)
    request.node.add_report_section("call", "seed", f"seed {seed}")
    place, trades, then = morning.place, morning.plugins, clock.now()
    morning.close()
    assert place.path is not None
    copies = (Place(path=tmp_path / f"{n}.db") for n in range(1000))

    def told(fatal: int) -> tuple[int, dict[str, Any]]:
        copy, provider = next(copies), Provider()
        assert copy.path is not None
        shutil.copy(place.path or "", copy.path)
        clock.set(then)
        try:
            return a_run(copy, clock, trades, provider, fatal), after(copy, clock, trades, provider)
        finally:
            provider.close()

    written, right = told(0)
    assert written > 30
    assert right["orders"] == ["lost"]
    everywhere = list(range(1, written + 1))
    for fatal in sorted(random.Random(seed).sample(everywhere, min(most, written))):
        ended_by, found = told(fatal)
        assert (fatal, ended_by, found) == (fatal, -signal.SIGKILL, right)
