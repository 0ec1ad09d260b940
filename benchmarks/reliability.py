"""Measures the targets of delivery (docs/architecture.md, "Sending") on this machine and prints them as a table.

    python benchmarks/reliability.py                     # about a minute, SQLite
    python benchmarks/reliability.py --kills 1000
    python benchmarks/reliability.py --server postgresql://localhost/empty

The storms use the provider and the processes of the tests: real sockets, real SIGKILL.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
from sqlalchemy import insert

sys.path.insert(0, str(Path(__file__).parents[1]))

from serviceflow.app import Shop, make_shop
from serviceflow.clock import SetClock, SystemClock
from serviceflow.remind import outbox
from serviceflow.remind.deliver import LISTED
from serviceflow.remind.outbox import BATCH, MESSAGES
from serviceflow.remind.outcomes import Accepted, Idempotent, Letter, Outcome, Rate
from serviceflow.remind.run import run
from serviceflow.remind.settings import Channels
from serviceflow.store import engine
from serviceflow.store.place import Place
from serviceflow.store.tables import Message
from serviceflow.testing.provider import Provider

from tests.remind.children import ended, fork, kill, short_leases, start
from tests.remind.conftest import channels, plan_messages, states
from tests.remind.test_kill_matrix import options

FLOW = [sys.executable, "-c", "from serviceflow_cli.main import main; main()"]
WORKERS, IN_STORM = 3, 200
PARTS = ("idle", "commits", "storage", "claims", "against_bare", "workers", "storms")


@dataclass(frozen=True, slots=True)
class Line:
    """One target: what was measured, and the bound it should keep; without one it tells about the machine."""

    what: str
    measured: float
    bound: float | None
    unit: str = ""
    least: bool = False

    @property
    def kept(self) -> bool:
        if self.bound is None:
            return True
        return self.measured >= self.bound if self.least else self.measured <= self.bound


class Taking:
    """A channel that takes everything after a time."""

    kind = "taking"
    ability = Idempotent(None)
    rate: Rate | None = None
    most_bytes: int | None = None
    shows_refusals = True
    by_hand = False

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.spent = 0.0

    def send(self, letter: Letter) -> Outcome:
        """Wait and accept."""
        began = time.perf_counter()
        if self.seconds:
            time.sleep(self.seconds)
        self.spent += time.perf_counter() - began
        return Accepted()

    def finish(self) -> None:
        """Nothing is kept open."""


def planned(shop: Shop, n: int, state: str = "planned") -> None:
    """Plan messages in bulk."""
    now = shop.clock.now()
    rows = []
    for number in range(n):
        row = Message(rule="core:test", template="test", purpose="safety", channel="out", recipient=f"x{number}",
                      recipient_name="王小明", body=f"您好 {number}", due_at=now, made_at=now, state=state,
                      occurrence=f"core:test/{number}")  # fmt: skip
        rows.append({c.name: getattr(row, c.name) for c in MESSAGES.c if c.name != "id"})
    with shop.write("plan") as tx:
        tx.connection.execute(insert(MESSAGES), rows)


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds by the wall's clock, of this process, and inside the provider."""

    wall: float
    cpu: float
    provider: float = 0.0

    def per(self, other: Took, n: int) -> Took:
        """Return what each of ``n`` messages more than ``other`` had took."""
        return Took((self.wall - other.wall) / n, (self.cpu - other.cpu) / n, (self.provider - other.provider) / n)


def delivered(shop: Shop, seconds: float = 0.0) -> Took:
    """Hand everything over; return how long it took."""
    mine = Channels(shop, Path("/nowhere"), {"out": {"kind": "file"}})
    taking = Taking(seconds)
    mine._made["out"] = taking
    began, cpu = time.perf_counter(), time.process_time()
    run(shop, channels=mine, patience=0)
    return Took(time.perf_counter() - began, time.process_time() - cpu, taking.spent)


def commits(new: Callable[[], Shop]) -> Iterator[Line]:
    """Count the durable commits of a message, the run's own left out."""
    counted = {}
    for n in (100, 600):
        shop = new()
        planned(shop, n)
        with patch.object(engine.Line, "commit", autospec=True, side_effect=engine.Line.commit) as seen:
            delivered(shop)
        counted[n] = seen.call_count
        shop.close()
    yield Line("durable commits per message", (counted[600] - counted[100]) / 500, 1.1)


def storage(new: Callable[[], Shop]) -> Iterator[Line]:
    """Measure what storing adds to a provider that takes 20 ms."""
    (each,) = _each(new, [lambda shop: delivered(shop, 0.02)], 20, 120)
    yield Line("share of storing at 20 ms latency", 100 * (1 - each.provider / each.wall), 10, "%")
    yield Line("the same by processor time", 100 * each.cpu / each.wall, 10, "%")


def _each(new: Callable[[], Shop], ways: Sequence[Callable[[Shop], Took]], few: int, many: int) -> list[Took]:
    """Return what one message takes in each way, the run's own cost left out: of the fastest of five rounds."""
    found: dict[tuple[int, int], list[Took]] = defaultdict(list)
    for _ in range(5):
        for way, does in enumerate(ways):
            for n in (few, many):
                shop = new()
                planned(shop, n)
                found[way, n].append(does(shop))
                shop.close()
    best = {key: min(took, key=lambda each: each.wall) for key, took in found.items()}
    return [best[way, many].per(best[way, few], many - few) for way in range(len(ways))]


def claims(new: Callable[[], Shop]) -> Iterator[Line]:
    """Claim 20,000 messages that are due, fifty at a time."""
    shop = new()
    planned(shop, 20_000, "pending")
    taken, cpu, began = 0, time.process_time(), time.perf_counter()
    waiting: list[int] = []
    while True:
        with shop.write("remind run") as tx:
            waiting = waiting or outbox.ready(tx, "out", tx.now, LISTED)
            got = outbox.claim(tx, "benchmark", waiting[:BATCH], tx.now, timedelta(minutes=2))
            waiting = waiting[BATCH:]
        if not got:
            break
        taken += len(got)
    took = Took(time.perf_counter() - began, time.process_time() - cpu)
    shop.close()
    assert taken == 20_000
    yield Line("20,000 due claimed", took.wall, 2.0, "s")
    yield Line("the same by processor time", took.cpu, 2.0, "s")


def against_bare(new: Callable[[], Shop]) -> Iterator[Line]:
    """Compare with a loop of bare SQL that claims, writes the intent and marks, in the same number of commits."""
    ours, raw = _each(new, (delivered, bare), 100, 1600)
    yield Line("bare, a message", 1e6 * raw.wall, None, "us")
    yield Line("ours, a message", 1e6 * ours.wall, None, "us")
    yield Line("speed against a bare loop", raw.wall / ours.wall, 0.7, "x", least=True)
    yield Line("the same by processor time of this process", raw.cpu / ours.cpu, None, "x")


_CLAIM = """
UPDATE message SET state = 'claimed', claim = 't', lease_until = :until WHERE id IN
(SELECT id FROM message WHERE state = 'planned' AND due_at <= :now ORDER BY due_at LIMIT 50) RETURNING id, body"""
_INTENT = """
UPDATE message SET rv = rv + 1, state = 'sending', attempts = 1, lease_until = :until, body = :body, facts = :facts
WHERE id = :id AND state = 'claimed' AND claim = 't'"""
_BEGUN = """
INSERT INTO message_attempt (message_id, generation, number, channel, claim, begun_at, outcome, detail)
VALUES (:id, 1, 1, 'out', 't', :now, '', '') RETURNING id"""
_ENDED = "UPDATE message_attempt SET ended_at = :now, outcome = 'accepted' WHERE id = :attempt"
_SENT = """
UPDATE message SET rv = rv + 1, state = 'sent', claim = NULL, lease_until = NULL, sent_at = :now, provider_ref = ''
WHERE id = :id AND state = 'sending' AND claim = 't'"""


def _driver(place: Place) -> tuple[Any, Callable[[str], str]]:
    """Return a driver's connection without a transaction of its own, and what writes a statement as it wants it."""
    if place.path is None:
        return psycopg.connect(place.url or "", autocommit=True), lambda sql: re.sub(r":(\w+)", r"%(\1)s", sql)
    db = sqlite3.connect(place.path, isolation_level=None)
    db.execute("PRAGMA synchronous=FULL")
    return db, lambda sql: sql


def bare(shop: Shop) -> Took:
    """Hand over with bare statements that write the same columns; return how long it took."""
    db, written = _driver(shop.place)
    claim, intent, begun, ended, sent = (written(sql) for sql in (_CLAIM, _INTENT, _BEGUN, _ENDED, _SENT))
    begin = "BEGIN" if shop.place.path is None else "BEGIN IMMEDIATE"
    now, until = (f"{shop.clock.now() + late:%Y-%m-%d %H:%M:%S}" for late in (timedelta(0), timedelta(minutes=2)))
    began, cpu = time.perf_counter(), time.process_time()
    while rows := db.execute(claim, {"now": now, "until": until}).fetchall():
        last: dict[str, object] | None = None
        for number, body in [*rows, (None, None)]:
            db.execute(begin)
            if last is not None:
                db.execute(ended, last)
                db.execute(sent, last)
            if number is not None:
                last = {"id": number, "now": now, "until": until, "body": body, "facts": f'{{"subject_line":"{body}"}}'}
                db.execute(intent, last)
                (last["attempt"],) = db.execute(begun, last).fetchone()
            db.execute("COMMIT")
    took = Took(time.perf_counter() - began, time.process_time() - cpu)
    db.close()
    return took


def workers(new: Callable[[], Shop]) -> Iterator[Line]:
    """Compare four runs at once with one, on PostgreSQL."""
    took = {}
    for n in (1, 4):
        shop = new()
        if shop.place.path is not None:
            shop.close()
            return
        planned(shop, 4_000, "pending")
        began = time.perf_counter()
        for child in [fork(partial(_empties, shop.place)) for _ in range(n)]:
            ended(child)
        took[n] = time.perf_counter() - began
        assert set(states(shop)) == {"sent"}
        shop.close()
    yield Line("4 workers against one", took[1] / took[4], 2.0, "x", least=True)


def _empties(place: Place) -> int:
    delivered(Shop.open(place, staff="xiaomei"))
    return 0


def idle(new: Callable[[], Shop]) -> Iterator[Line]:
    """Run as cron does with nothing due."""
    shop = new()
    shop.close()
    place = shop.place
    words = [*FLOW, "--db", str(place.path or place.url), "--as", "xiaomei", "remind", "run"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    took, cpu = [], []
    for _ in range(5):
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(time.perf_counter() - began)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    yield Line("idle run", min(took), 1.0, "s")
    yield Line("the same by processor time", min(cpu), 1.0, "s")
    yield Line("memory of a run", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 120, "MB")


def storms(new: Callable[[], Shop], kills: int) -> Iterator[Line]:
    """Kill working runs at random until each channel kind had its kills; then let one run finish."""
    seed = random.randrange(2**32)
    dice = random.Random(seed)
    print(f"seed of the storms {seed}", file=sys.stderr)
    for kind in ("idempotent", "queryable", "opaque"):
        provider = Provider()
        repeats = lost = uncertain = done = 0
        while done < kills:
            shop = new()
            shop.clock = SetClock(SystemClock().now() - timedelta(seconds=5))
            plan_messages(shop, IN_STORM, purpose="safety")
            here = min(kills - done, 40)
            _storm(shop.place, options(kind, provider), here, dice)
            for _ in range(4):
                shop.clock = SetClock(shop.clock.now() + timedelta(minutes=40))
                run(shop, channels=channels(shop, out=options(kind, provider)), patience=0)
            end = states(shop)
            uncertain += end.count("uncertain")
            lost += IN_STORM - end.count("sent") - end.count("uncertain")
            shop.close()
            done += here
        repeats = sum(n - 1 for n in provider.taken.values() if n > 1) if kind != "idempotent" else 0
        provider.close()
        yield Line(f"{kind}: effective repeats in {done} kills", repeats, 0)
        yield Line(f"{kind}: silently lost", lost, 0)
        yield Line(f"{kind}: uncertain per kill", uncertain / done, 1 if kind == "opaque" else 0)


def _storm(place: Place, named: dict[str, object], kills: int, dice: random.Random) -> None:
    children: list[int] = []
    for _ in range(kills):
        while len(children) < WORKERS:
            children.append(start(place, {"out": named}, clock=SystemClock(), before=short_leases(2)))
        time.sleep(dice.uniform(0.02, 0.12))
        kill(dice.choice(children))
        children = [child for child in children if os.waitpid(child, os.WNOHANG)[0] == 0]
    for child in children:
        ended(child)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=60, help="of each channel kind")
    parser.add_argument("--server", help="an empty PostgreSQL database: one part of the table for each call")
    parser.add_argument("--only", choices=PARTS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = 0

        def new() -> Shop:
            nonlocal made
            made += 1
            place = Place(path=Path(folder) / str(made) / "shop.db")
            if given.server:
                place = Place(url=given.server)
                anew = "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public"
                subprocess.run(["psql", "-q", given.server, "-c", anew], check=True)
            make_shop(place, login="xiaomei", name="小美", language="zh", industries=()).close()
            return Shop.open(place, staff="xiaomei")

        parts: dict[str, Callable[[], Iterator[Line]]] = {
            # A child's memory is at least that of the process it was forked from: the small ones first.
            "idle": lambda: idle(new), "commits": lambda: commits(new), "storage": lambda: storage(new),
            "claims": lambda: claims(new), "against_bare": lambda: against_bare(new), "workers": lambda: workers(new),
            "storms": lambda: storms(new, given.kills),
        }  # fmt: skip
        lines: list[Line] = []
        for name in [given.only] if given.only else parts:
            print(f"… {name}", file=sys.stderr)
            lines += parts[name]()
    for line in lines:
        bound = f"{'≥' if line.least else '≤'} {line.bound:g}{line.unit}" if line.bound is not None else ""
        mark = " " if line.bound is None else "√" if line.kept else "×"
        print(f"{mark} {line.what:<44} {line.measured:>9.2f}{line.unit:<3} {bound:>9}")
    sys.exit(0 if all(line.kept for line in lines) else 1)


if __name__ == "__main__":
    main()
