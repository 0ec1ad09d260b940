"""SIGKILL at every fault point, on both databases, over each kind of channel (reliability.md sections 3 and 7.1).

After the kill a second run an hour later finds what is left: nothing is lost, nothing is sent twice, and what nobody
can know is listed.
"""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from typing import Any

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.remind.invariants import broken
from serviceflow.remind.run import run
from serviceflow.store.place import Place

from tests.remind.children import ended, start
from tests.remind.conftest import channels, plan_messages, states
from tests.remind.provider import Does, Provider

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
    "mark.before_commit",
    "mark.before_commit:2",
    "mark.after_commit",
    "intent.before_commit",
    "intent.after_commit",
]
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
    numbers = plan_messages(shop, 4)
    name, _, passage = point.partition(":")
    if name == "provider":
        children: list[int] = []
        provider.script = [Does(), Does(then=lambda: os.kill(children[0], signal.SIGKILL))]
        children.append(start(place, {"out": options(kind, provider)}, at=clock.now()))
        assert ended(children[0]) == -signal.SIGKILL
    else:
        fault = f"{name}:kill:{passage or 1}"
        assert ended(start(place, {"out": options(kind, provider)}, at=clock.now(), fault=fault)) == -signal.SIGKILL

    later(shop, clock, kind, provider)
    end = states(shop)
    if kind == "opaque":
        assert set(end) <= {"sent", "uncertain"}
        assert end.count("uncertain") <= 1
    else:
        assert end == ["sent"] * len(numbers)
    sends = provider.taken
    assert len(sends) >= end.count("sent")
    if kind != "idempotent":
        assert set(sends.values()) == {1}
    with shop.reading() as tx:
        assert broken(tx) == {}
    shop.close()


def later(shop: Shop, clock: SetClock, kind: str, provider: Provider) -> None:
    """Run again until nothing moves any more."""
    for _ in range(4):
        clock.set(clock.now() + timedelta(minutes=40))
        run(shop, channels=channels(shop, out=options(kind, provider)), patience=0)


def test_the_fault_points_are_all_of_the_run() -> None:
    """A fault point that is added without a test of it is found here."""
    import re
    from pathlib import Path

    import serviceflow.remind as package

    folder = Path(package.__file__).parent
    named = {n for f in folder.glob("*.py") for n in re.findall(r'fault\("([^"]+)"\)', f.read_text(encoding="utf-8"))}
    elsewhere = {"timer.before_commit", "timer.after_commit", "job.before_commit", "job.after_commit",
                 "digest.before_commit", "digest.after_commit", "merge.before_commit", "resolve.before_commit",
                 "hand.before_commit", "ask.after_call"}  # fmt: skip
    assert named == {p.partition(":")[0] for p in POINTS} - {"provider"} | elsewhere
