"""After days off: the limits of reliability.md section 6 hold, and every message is accounted for."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.engine.customers import add_customer
from serviceflow.engine.preferences import set_setting
from serviceflow.errors import Exit, StorageFault
from serviceflow.remind import caps, permits
from serviceflow.remind.invariants import broken
from serviceflow.remind.outcomes import Letter, Outcome
from serviceflow.remind.report import Report
from serviceflow.remind.run import run
from serviceflow.remind.settings import Channels
from serviceflow.store.place import Place
from serviceflow.store.tables import Customer, Message, Task
from serviceflow.testing.provider import Provider

from tests.remind.conftest import channels, plan_messages, states
from tests.remind.test_machine import Fake
from tests.remind.trade import forward, joined

NIGHTS = {
    ("spring", "Europe/Berlin"): datetime(2027, 3, 27, 22, tzinfo=UTC),
    ("autumn", "Europe/Berlin"): datetime(2026, 10, 24, 22, tzinfo=UTC),
    ("spring", "America/New_York"): datetime(2027, 3, 13, 22, tzinfo=UTC),
    ("autumn", "America/New_York"): datetime(2026, 10, 31, 22, tzinfo=UTC),
}


class Noting(Fake):
    """Notes who was written to, and when."""

    def __init__(self, clock: SetClock) -> None:
        super().__init__("idempotent")
        self.clock = clock
        self.sent: list[tuple[datetime, str]] = []

    def send(self, letter: Letter) -> Outcome:
        self.sent.append((self.clock.now(), letter.address))
        return super().send(letter)


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize(
    ("recipients", "each"),
    [pytest.param(10, 18, id="180"), pytest.param(300, 17, id="5,100", marks=pytest.mark.storm)],
)
def test_three_days_off_flood_nobody(recipients: int, each: int, database: str, shop: Shop, clock: SetClock) -> None:
    """Fault 16 and section 6: half of what is overdue is no longer wanted after a day."""
    assert database == "sqlite"  # arithmetic of the courier
    rem = joined(shop)
    with rem.write("customers") as tx:
        people = [tx.add(Customer(name=f"客{n}", created_at=clock.now())).id for n in range(recipients)]
    run(rem, channels=channels(rem), patience=0)
    forward(clock, days=3)
    for half, expires in enumerate((clock.now() + timedelta(days=1), None)):
        for n, person in enumerate(people):
            plan_messages(
                rem, (each + 1 - half) // 2, key=f"{n}.{half}.", late=timedelta(hours=50 - half), rule="rem:bulk",
                template="hurry", body="", channel="sms", recipient=f"1380000{n:04}", customer_id=person,
                expires_at=expires)  # fmt: skip
    channel = Noting(clock)
    mine = Channels(rem, Path("/nowhere"), {"sms": {"kind": "file"}})
    mine._made["sms"] = channel  # type: ignore[assignment]
    for hours in [1] * 24 + [3] * 3 * 8:
        run(rem, channels=mine, patience=0)
        forward(clock, hours=hours)
    quiet = [at for at, _ in channel.sent if permits.end_of_quiet(rem, at) is not None]
    assert quiet == []
    for span, most in ((timedelta(hours=1), caps.HOURLY), (timedelta(days=1), caps.DAILY)):
        assert most_within(channel.sent, span) <= most
    with rem.reading() as tx:
        found = tx.all(Message, Message.rule == "rem:bulk")  # type: ignore[arg-type]
        assert broken(tx) == {}
    end = Counter(message.state for message in found)
    assert end["sent"] == len(channel.sent)
    assert end["sent"] + end["expired"] == len(found) == recipients * each
    assert end["expired"] > 0
    assert all(message.reason for message in found if message.state == "expired")


def most_within(sent: list[tuple[datetime, str]], span: timedelta) -> int:
    """Return how many messages one recipient got within a span, at most."""
    by_person: dict[str, list[datetime]] = defaultdict(list)
    for at, who in sent:
        by_person[who].append(at)
    return max(sum(1 for b in times if a <= b <= a + span) for times in by_person.values() for a in times)


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("turn", ["spring", "autumn"])
def test_a_turn_of_the_clock_sends_and_digests_once(
    turn: str, zone: str, database: str, shop: Shop, clock: SetClock, provider: Provider
) -> None:
    """Fault 14: the hour that is missing and the hour that comes twice."""
    assert database == "sqlite"  # arithmetic of the clock
    clock.set(NIGHTS[turn, zone])
    set_setting(shop, "core.timezone", zone)
    set_setting(shop, "core.digest_at", "02:30")
    rem = joined(shop)
    named = {"out": {"kind": "webhook", "url": f"{provider.url}/in"}}
    run(rem, channels=channels(rem, **named), patience=0, confirm_clock=True)
    plan_messages(rem, 3, late=timedelta(hours=-4))
    for minutes in [30] * 20 + [120] * 10:
        run(rem, channels=channels(rem, **named), patience=0)
        forward(clock, minutes=minutes)
    assert states(rem) == ["sent"] * 3
    assert set(provider.taken.values()) == {1}
    with rem.reading() as tx:
        days = [t.title_en for t in tx.all(Task) if t.title_en.startswith("job")]
    assert len(days) == len(set(days))
    assert len(days) >= 2


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_damaged_file_stops_all_sending(database: str, place: Place, clock: SetClock, provider: Provider) -> None:
    """Fault 23."""
    assert database == "sqlite"
    shop = Shop.open(place, staff="xiaomei", clock=clock)
    plan_messages(shop, 2)
    with shop.reading() as tx:
        page = int(tx.connection.exec_driver_sql("PRAGMA page_size").scalar_one())
        root = tx.connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'customer'").scalar_one()
    shop.close()
    assert place.path is not None
    with place.path.open("r+b") as file:
        file.seek((int(root) - 1) * page)
        file.write(b"\x7f" * page)
    shop = Shop.open(place, staff="xiaomei", clock=clock)
    for _ in range(2):
        with pytest.raises(StorageFault, match="damaged"):
            run(shop, channels=channels(shop, out={"kind": "webhook", "url": f"{provider.url}/in"}), patience=0)
    assert provider.seen == []
    assert states(shop) == ["planned", "planned"]
    shop.close()


def in_days(shop: Shop, clock: SetClock, provider: Provider, days: int) -> Report:
    """Return the report of the last of daily runs."""
    mine = channels(shop, out={"kind": "webhook", "url": f"{provider.url}/in"})
    for _ in range(days):
        forward(clock, days=1)
        report = run(shop, channels=mine, patience=0)
    return report


def test_a_journal_that_was_edited_is_told_once_a_week(shop: Shop, clock: SetClock, provider: Provider) -> None:
    """Fault 23: it stops nothing, for no message is made of it."""
    assert in_days(shop, clock, provider, 1).failed == []
    plan_messages(shop, 1, late=timedelta(days=-6))
    with shop.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE operation SET command = 'x' WHERE id = 1")
    assert in_days(shop, clock, provider, 6).failed == []
    report = in_days(shop, clock, provider, 1)
    assert "flow audit verify" in str(report.failed[0])
    assert report.exit_code is Exit.ATTENTION
    assert states(shop) == ["sent"]
    assert in_days(shop, clock, provider, 1).failed == []


@pytest.mark.parametrize("database", ["sqlite"])
def test_an_index_that_lies_is_found_once_a_week_and_stops_all_sending(
    database: str, shop: Shop, clock: SetClock, provider: Provider
) -> None:
    """Fault 23: what a quick look does not see."""
    assert database == "sqlite"
    in_days(shop, clock, provider, 1)
    with shop.write("customer add") as tx:
        add_customer(tx, name="王小明", phones=["13800000001"])
    shop.close()
    assert shop.place.path is not None
    with contextlib.closing(sqlite3.connect(shop.place.path, isolation_level=None)) as file:
        found = "FROM sqlite_master WHERE type = 'index' AND tbl_name = 'contact' AND sql IS NOT NULL"
        (one, first), (other, second) = file.execute(f"SELECT name, rootpage {found} ORDER BY name LIMIT 2").fetchall()
        file.execute("PRAGMA writable_schema = ON")
        for name, page in ((one, second), (other, first)):
            file.execute("UPDATE sqlite_master SET rootpage = ? WHERE name = ?", (page, name))
    shop = Shop.open(shop.place, staff="xiaomei", clock=clock)
    plan_messages(shop, 1, late=timedelta(days=-6, hours=-12))
    in_days(shop, clock, provider, 6)
    with pytest.raises(StorageFault, match="damaged"):
        in_days(shop, clock, provider, 1)
    assert provider.seen == []
    shop.close()
