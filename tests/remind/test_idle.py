"""A run with nothing due is decided on the read path: it never overlooks what a full run would do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.engine.preferences import set_setting
from serviceflow.errors import StorageFault
from serviceflow.plugin.find import Found
from serviceflow.plugin.load import Plugins
from serviceflow.remind import room
from serviceflow.remind.calm import PREFIX
from serviceflow.remind.idle import idle
from serviceflow.remind.jobs import META
from serviceflow.remind.outbox import MESSAGES
from serviceflow.remind.report import Report
from serviceflow.remind.run import run
from serviceflow.store.tables import Runner
from sqlalchemy import delete, update

from tests.remind.conftest import channels, plan_messages, reader, stored
from tests.remind.trade import forward, joined, opened


def look(shop: Shop, **named: dict[str, str]) -> Report | None:
    """Look whether anything is due."""
    with reader(shop) as read:
        return idle(read, channels(shop, **named))


@pytest.fixture
def calm(shop: Shop, clock: SetClock) -> Shop:
    """A shop with a trade, whose last run was five minutes ago and left nothing but a message for a hand."""
    rem = joined(shop)
    plan_messages(rem, 1, key="hand", channel="wechat", late=timedelta(minutes=20), made_at=clock.now())
    run(rem, channels=channels(rem), patience=0)
    forward(clock, minutes=5)
    return rem


def test_nothing_due_is_told_by_the_reader_alone(calm: Shop) -> None:
    found = look(calm)
    assert found is not None
    assert (found.exit_code, found.standing["by_hand"], found.count.total()) == (0, 1, 0)
    with calm.reading() as tx:
        last = max(tx.all(Runner), key=lambda r: r.beat_at)
    assert (last.beat_at, last.finished_at, last.summary["by_hand"]) == (calm.clock.now(), calm.clock.now(), 1)
    full = run(calm, channels=channels(calm), patience=0)
    assert full.summary() == found.summary()


def plans(**values: object) -> Callable[[Shop, SetClock], object]:
    """Return what plans a message and puts it into a state."""

    def plan(shop: Shop, clock: SetClock) -> None:
        (number,) = plan_messages(shop, 1, late=timedelta(minutes=1), channel="file")
        with shop.write("set") as tx:
            facts = {k: clock.now() + v if isinstance(v, timedelta) else v for k, v in values.items()}
            tx.connection.execute(update(MESSAGES).where(MESSAGES.c.id == number).values(facts))

    return plan


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    "does",
    [
        pytest.param(plans(state="planned"), id="planned"),
        pytest.param(plans(state="pending"), id="ready"),
        pytest.param(plans(state="held", held_until=-MINUTE), id="held long enough"),
        pytest.param(
            plans(state="held", held_until=MINUTE, reason_ref="remind.plugin"), id="held by a machine without its trade"
        ),
        pytest.param(plans(state="retry", attempts=1, next_at=-MINUTE), id="to be tried again"),
        pytest.param(plans(state="claimed", claim="x", lease_until=-MINUTE), id="a claim that is over"),
        pytest.param(plans(state="sending", claim="x", lease_until=300 * MINUTE), id="a lease of a wrong clock"),
        pytest.param(plans(state="uncertain", next_at=-MINUTE), id="to be asked about"),
        pytest.param(plans(state="pending", channel="wechat", expires_at=-MINUTE), id="too late, by hand"),
        pytest.param(lambda shop, clock: forward(clock, minutes=40), id="by hand, becomes late"),
        pytest.param(lambda shop, clock: (opened(shop), forward(clock, minutes=11)), id="a message of an order"),
        pytest.param(lambda shop, clock: set_setting(shop, "core.digest_at", "07:30"), id="a setting was changed"),
        pytest.param(lambda shop, clock: forward(clock, minutes=61), id="no run for an hour"),
        pytest.param(lambda shop, clock: forward(clock, minutes=-11), id="the clock went back"),
    ],
)
def test_whatever_may_be_due_is_left_to_a_full_run(
    does: Callable[[Shop, SetClock], object], calm: Shop, clock: SetClock
) -> None:
    does(calm, clock)
    assert look(calm) is None


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("broken", [False, True], ids=["elsewhere", "broken"])
def test_a_plugin_of_other_machines_is_no_work_here_a_broken_one_may_be(
    broken: bool, database: str, calm: Shop, clock: SetClock
) -> None:
    assert database == "sqlite"  # plugins know no database
    with calm.write("forget") as tx:
        tx.connection.execute(delete(META).where(META.c.key.startswith(PREFIX)))
    here = [Found("rem", "serviceflow_testing_no_such_module", "gone", "1.0")] if broken else []
    calm.plugins = Plugins(calm._joined_plugins, here)
    run(calm, channels=channels(calm), patience=0)
    forward(clock, minutes=5)
    assert (look(calm) is None) is broken


def test_a_channel_set_up_anew_is_made_known_first(calm: Shop) -> None:
    assert look(calm, email={"kind": "file"}) is None
    run(calm, channels=channels(calm, email={"kind": "file"}), patience=0)
    assert look(calm, email={"kind": "file"}) is not None


@pytest.mark.parametrize("database", ["sqlite"])
def test_for_two_days_a_full_run_finds_nothing_where_nothing_was_due(
    database: str, calm: Shop, clock: SetClock
) -> None:
    """Timers, a job, digests, withheld, late and expiring messages: looked at every half hour."""
    assert database == "sqlite"  # the table above asks both
    opened(calm)
    idle_runs = work = 0
    for _ in range(2 * 24 * 2):
        forward(clock, minutes=30)
        nothing = look(calm) is not None
        count = run(calm, channels=channels(calm), patience=0).count
        assert not (nothing and count.total()), (clock.now(), count)
        idle_runs += nothing
        work += count.total() > 0
    assert idle_runs > 30
    assert work >= 8


def test_a_full_disk_is_told_by_an_idle_run_too(calm: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "ROOM", 2**62)
    if calm.place.is_sqlite:
        with pytest.raises(StorageFault):
            look(calm)
    else:
        assert look(calm) is not None


PROBE = """
import sys
from serviceflow_cli.main import run
code = run(sys.argv[1:])
print(code, [m for m in ("sqlmodel", "sqlalchemy", "pydantic", "pluggy", "alembic") if m in sys.modules])
"""


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("words", [["status"], ["why", "m1"], ["run"], ["preview"]], ids=" ".join)
def test_what_timers_and_monitoring_call_loads_no_orm(words: list[str], database: str, shop: Shop) -> None:
    assert database == "sqlite"  # one read path
    from serviceflow.clock import SystemClock

    shop.clock = SystemClock()
    state = "sent" if words == ["preview"] else "pending"  # where nothing is due; else texts are the trades'
    (number,) = plan_messages(shop, 1, channel="file" if state == "sent" else "wechat", purpose="safety")
    run(shop, channels=channels(shop), patience=0)
    assert stored(shop, number).state == state
    clean = {k: v for k, v in os.environ.items() if not k.startswith("FLOW_")}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, "remind", *words], capture_output=True, text=True, check=True,
        env={**clean, "FLOW_DB": str(shop.place.path), "FLOW_STAFF": "xiaomei"}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0 []"
