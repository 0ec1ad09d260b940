"""Storms of random SIGKILL and SIGSTOP over running hand-overs (reliability.md sections 1d, 6 and 7.2).

Half of ``--storm-seconds`` each: there are twelve. The seed is printed when something breaks.
"""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import timedelta

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock, SystemClock
from serviceflow.remind.invariants import broken
from serviceflow.remind.run import run
from serviceflow.store.place import Place
from serviceflow.testing.provider import Provider

from tests.remind.children import ended, kill, short_leases, start
from tests.remind.conftest import channels, plan_messages, states
from tests.remind.test_kill_matrix import KINDS, options

pytestmark = pytest.mark.storm
WORKERS = 3
MESSAGES = 150


@pytest.mark.parametrize("weather", ["kill", "stop"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_storm_loses_nothing_and_repeats_nothing(
    kind: str, weather: str, place: Place, provider: Provider, storm_seconds: float, request: pytest.FixtureRequest
) -> None:
    seed = random.randrange(2**32)
    request.node.add_report_section("call", "seed", f"seed {seed}")
    dice = random.Random(seed)
    shop = Shop.open(place, staff="xiaomei")
    shop.clock = SetClock(SystemClock().now() - timedelta(seconds=5))
    plan_messages(shop, MESSAGES, purpose="safety")
    shop.close()
    until = time.monotonic() + storm_seconds / 2
    children: list[int] = []
    hit = 0
    while time.monotonic() < until:
        while len(children) < WORKERS:
            children.append(start(place, {"out": options(kind, provider)}, clock=SystemClock(), before=short_leases(2)))
        time.sleep(dice.uniform(0.01, 0.12))
        victim = dice.choice(children)
        if weather == "kill":
            kill(victim)
        else:
            os.kill(victim, signal.SIGSTOP)
            time.sleep(dice.uniform(0.0, 0.1))
            os.kill(victim, signal.SIGCONT)
        hit += 1
        children = [c for c in children if not gone(c)]
    for child in children:
        ended(child)
    shop = Shop.open(place, staff="xiaomei")
    shop.clock = SetClock(SystemClock().now())
    for _ in range(4):
        shop.clock = SetClock(shop.clock.now() + timedelta(minutes=40))
        run(shop, channels=channels(shop, out=options(kind, provider)), patience=0)
    end = states(shop)
    assert hit > 0
    if kind == "opaque":
        assert set(end) <= {"sent", "uncertain"}
        assert end.count("uncertain") <= hit
    else:
        assert end == ["sent"] * MESSAGES
    if kind == "opaque" or weather == "kill":
        repeats = {k: n for k, n in provider.taken.items() if n > 1}
        assert kind == "idempotent" or repeats == {}
    assert len(provider.taken) >= end.count("sent")
    with shop.reading() as tx:
        assert broken(tx) == {}
    shop.close()


def gone(child: int) -> bool:
    """Return whether a child has ended; collects it."""
    return os.waitpid(child, os.WNOHANG)[0] != 0
