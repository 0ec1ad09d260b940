"""A model of everything that may happen to messages, walked at random with a fake clock and provider."""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from serviceflow.app import Shop, make_shop
from serviceflow.clock import SetClock
from serviceflow.engine.customers import add_customer
from serviceflow.engine.preferences import set_setting
from serviceflow.faults import FaultInjected
from serviceflow.plugin.load import Plugins
from serviceflow.remind import decide, deliver, moments, permits
from serviceflow.remind.invariants import broken
from serviceflow.remind.outcomes import (
    Ability,
    Absent,
    Accepted,
    Answer,
    Channel,
    Idempotent,
    Letter,
    NotAccepted,
    Opaque,
    Outcome,
    Queryable,
    Rate,
    Rejected,
    Throttled,
    Unknown,
)
from serviceflow.remind.run import run
from serviceflow.remind.settings import Channels
from serviceflow.store.place import Place
from serviceflow.store.tables import Attempt, Customer, Message
from serviceflow.texts import plain

from tests.remind.conftest import plan_messages
from tests.remind.trade import joined

WHY = plain("fake")
ANSWERS: dict[str, Any] = {
    "accept": Accepted("ref"),
    "refuse": Rejected(WHY),
    "later": NotAccepted(WHY),
    "fault": NotAccepted(WHY, channel_fault=True),
    "throttle": Throttled(120, WHY),
    "lost": Unknown(WHY),  # taken over, the answer lost
    "unreached": Unknown(WHY),  # not taken over, which nobody can know
}
ABILITIES: dict[str, Ability] = {"idempotent": Idempotent(7200), "queryable": Queryable(60), "opaque": Opaque()}
POINTS = ["claim.after_commit", "intent.before_commit", "intent.after_commit", "send.before_call", "send.after_call",
          "mark.before_commit", "mark.after_commit", "release.after_commit"]  # fmt: skip


PAUSES = ["claim.after_commit", "intent.after_commit", "send.before_call", "send.after_call", "mark.after_commit",
          "release.after_commit"]  # fmt: skip
"""Points at which a process holds nothing and may be stopped for longer than its lease."""


class Fake:
    """A provider in the same process; remembers what it took over by key."""

    shows_refusals = True
    by_hand = False
    most_bytes: int | None = None
    rate: Rate | None = None

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.ability = ABILITIES[kind]
        self.taken: Counter[str] = Counter()
        self.plan: list[str] = []

    def send(self, letter: Letter) -> Outcome:
        what = self.plan.pop(0) if self.plan else "accept"
        if what in ("accept", "lost") and not (self.kind == "idempotent" and self.taken[letter.key]):
            self.taken[letter.key] += 1
        return ANSWERS[what]  # type: ignore[no-any-return]

    def ask(self, letter: Letter, begun: datetime) -> Answer:
        return Accepted("asked") if self.taken[letter.key] else Absent(WHY)

    def finish(self) -> None:
        return


OF_TRADE = "rem:hurry"


class Machine(RuleBasedStateMachine):
    """Rules plan, run, crash, pause, wait, expire, cancel, resolve, opt out, change the zone and lose the trade.

    The invariants hold after every step.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = SetClock(datetime(2026, 11, 25, 2, 0, tzinfo=UTC))
        place = Place(path=Path(self.folder.name) / "shop.db")
        self.shop: Shop = make_shop(place, login="x", name="X", language="zh", clock=self.clock, industries=[])
        joined(self.shop)
        self.trades = self.shop.plugins
        with self.shop.write("customer add") as tx:
            self.customer = add_customer(tx, name="王小明", phones=["13800000001"]).id
        self.fakes: dict[str, Fake] = {kind: Fake(kind) for kind in ABILITIES}
        self.planned = 0

    def teardown(self) -> None:
        self.shop.close()
        self.folder.cleanup()

    def channels(self) -> Channels:
        named = {kind: {"kind": "file"} for kind in self.fakes}
        found = Channels(self.shop, Path(self.folder.name) / "channels.toml", named)
        made: dict[str, Channel] = dict(self.fakes)
        found._made.update(made)
        return found

    @rule(kind=st.sampled_from(sorted(ABILITIES)), n=st.integers(1, 3),
          minutes=st.integers(-60, 300), expires=st.none() | st.integers(1, 400))  # fmt: skip
    def plan(self, kind: str, n: int, minutes: int, expires: int | None) -> None:
        due = self.clock.now() + timedelta(minutes=minutes)
        plan_messages(self.shop, n, key=f"p{self.planned}-", channel=kind, due_at=due,
                      expires_at=due + timedelta(minutes=expires) if expires else None)  # fmt: skip
        self.planned += n

    @rule(kind=st.sampled_from(sorted(ABILITIES)), n=st.integers(1, 3),
          minutes=st.integers(-60, 900))  # fmt: skip
    def plan_for_a_customer(self, kind: str, n: int, minutes: int) -> None:
        due = self.clock.now() + timedelta(minutes=minutes)
        plan_messages(self.shop, n, key=f"c{self.planned}-", channel=kind, due_at=due, rule=OF_TRADE, template="hurry",
                      body="", customer_id=self.customer, recipient="13800000001")  # fmt: skip
        self.planned += n

    @rule(rests=st.booleans())
    def opt_out(self, rests: bool) -> None:
        with self.shop.write("customer edit") as tx:
            tx.change(tx.need(Customer, self.customer), do_not_contact=rests)

    @rule(zone=st.sampled_from(["Asia/Shanghai", "Asia/Tokyo", "America/New_York", "Europe/Berlin"]))
    def change_zone(self, zone: str) -> None:
        set_setting(self.shop, "core.timezone", zone)

    @rule()
    def cancel(self) -> None:
        with self.shop.write("cancel") as tx:
            waiting = [m for m in tx.all(Message) if m.state in ("planned", "held") and m.rule == OF_TRADE]
            for message in waiting[:1]:
                tx.change(message, state="cancelled", reason="test")

    @rule(
        answers=st.lists(st.sampled_from(sorted(ANSWERS)), max_size=5),
        kind=st.sampled_from(sorted(ABILITIES)),
    )
    def run_it(self, answers: list[str], kind: str) -> None:
        self.fakes[kind].plan = answers
        self.wait_seconds()
        run(self.shop, channels=self.channels(), patience=0)
        self.nobody_was_disturbed()

    @rule(point=st.sampled_from(POINTS), passage=st.integers(1, 3), lost=st.booleans())
    def crash(self, point: str, passage: int, lost: bool) -> None:
        passed = 0

        def fault(name: str) -> None:
            nonlocal passed
            passed += name == point
            if name == point and passed == passage:
                raise FaultInjected(point)

        self.wait_seconds()
        with contextlib.suppress(FaultInjected), self.faults_are(fault):
            run(self.shop, channels=self.channels(), patience=0)
        self.nobody_was_disturbed()

    @rule(point=st.sampled_from(PAUSES), minutes=st.integers(1, 40), kind=st.sampled_from(sorted(ABILITIES)),
          answers=st.lists(st.sampled_from(sorted(ANSWERS)), max_size=2))  # fmt: skip
    def pause(self, point: str, minutes: int, kind: str, answers: list[str]) -> None:
        """Stop one run at a point while another one runs."""
        paused = False

        def fault(name: str) -> None:
            nonlocal paused
            if name == point and not paused:
                paused = True
                self.clock.set(self.clock.now() + timedelta(minutes=minutes))
                run(self.shop, channels=self.channels(), patience=0)
                self.nobody_was_disturbed()
                self.wait_seconds()

        self.fakes[kind].plan = answers
        self.wait_seconds()
        with self.faults_are(fault):
            run(self.shop, channels=self.channels(), patience=0)

    @rule(gone=st.booleans())
    def lose_the_trade(self, gone: bool) -> None:
        self.shop.plugins = Plugins(self.shop._joined_plugins, []) if gone else self.trades
        self.shop.__dict__.pop("settings", None)  # as in a process of its own

    @contextlib.contextmanager
    def faults_are(self, fault: Callable[[str], None]) -> Iterator[None]:
        kept = deliver.fault, moments.fault
        deliver.fault = moments.fault = fault  # type: ignore[assignment]
        try:
            yield
        finally:
            deliver.fault, moments.fault = kept

    def wait_seconds(self) -> None:
        """Let the clock go on, so that what a run begins is told from what was begun before."""
        self.clock.set(self.clock.now() + timedelta(seconds=1))

    def nobody_was_disturbed(self) -> None:
        """Hold that what was handed over now went neither in quiet hours nor to who wants no contact."""
        now = self.clock.now()
        with self.shop.reading() as tx:
            of_trade = {m.id for m in tx.all(Message) if m.rule == OF_TRADE}
            begun = [a for a in tx.all(Attempt) if a.message_id in of_trade and a.begun_at == now]
            rests = tx.need(Customer, self.customer).do_not_contact
        assert not begun or (permits.end_of_quiet(self.shop, now) is None and not rests)

    @rule(minutes=st.integers(1, 600))
    def wait(self, minutes: int) -> None:
        self.clock.set(self.clock.now() + timedelta(minutes=minutes))

    @rule(minutes=st.integers(1, 30))
    def clock_goes_back(self, minutes: int) -> None:
        self.clock.set(self.clock.now() - timedelta(minutes=minutes))

    @rule(decision=st.sampled_from(["sent", "resend", "drop"]))
    def resolve(self, decision: decide.Decision) -> None:
        for message in self.messages():
            if message.state in ("uncertain", "failed"):
                decide.resolve(self.shop, message.id or 0, decision, "-")
                return

    def messages(self) -> list[Message]:
        with self.shop.reading() as tx:
            return tx.all(Message)

    @invariant()
    def the_database_is_sound(self) -> None:
        with self.shop.reading() as tx:
            assert broken(tx) == {}

    @invariant()
    def nothing_is_lost(self) -> None:
        assert sum(message.rule != "core:digest" for message in self.messages()) == self.planned

    @invariant()
    def no_key_was_taken_over_twice(self) -> None:
        for fake in self.fakes.values():
            assert all(n <= 1 for n in fake.taken.values())


def walks(walk: type[Any], n: int, steps: int) -> type[Any]:
    """Return a test of ``n`` random walks of so many steps."""
    walk.settings = settings(
        max_examples=n, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    return walk


class _Long(Machine):
    """The same, for a test of its own."""


TestMachine = walks(Machine.TestCase, 10, 16)
TestLongWalks = pytest.mark.storm(walks(_Long.TestCase, 60, 40))
