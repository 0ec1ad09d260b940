"""The store: one transaction, one operation; nobody's update is lost; nothing is left of what failed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from serviceflow.app import Shop
from serviceflow.errors import CannotWrite, ChangedMeanwhile, ConfigError, StorageFault, TryAgain
from serviceflow.store import queue
from serviceflow.store.audit import verify
from serviceflow.store.engine import open_engine, reading
from serviceflow.store.place import Place
from serviceflow.store.queue import turn
from serviceflow.store.tables import Change, Contact, Customer, Operation, Order, Staff
from serviceflow.store.troubles import TRIES, Collided, retried
from serviceflow.store.write import (
    GENESIS,
    chain_hash,
    commitment,
    key_values,
    row_key,
    rows_digest,
    table_of,
    transaction,
)
from serviceflow.testing.processes import Child, start_script
from serviceflow.texts import plain
from sqlalchemy import Engine, func, select, text

NOW = datetime(2026, 11, 25, 2, 20, tzinfo=UTC)
WORKERS = Path(__file__).parent / "workers.py"


@pytest.fixture
def engine(place: Place) -> Iterator[Engine]:
    made = open_engine(place)
    yield made
    made.dispose()


def start(what: str, place: Place, key: int, times: int, **environment: str) -> Child:
    return start_script(WORKERS, what, str(place.path or place.url), str(key), str(times), **environment)


def finish(workers: list[Child]) -> None:
    ended = [worker.wait() for worker in workers]
    assert [w.returncode for w in ended] == [0] * len(workers), "\n".join(w.stderr for w in ended)


def add_order(shop: Shop) -> int:
    with shop.write("new") as tx:
        seq = tx.draw("test")
        order = tx.add(
            Order(
                number=f"T-{seq}", seq=seq, flow="case", flow_version=1, step="reception", entered_at=NOW, opened_at=NOW
            )
        )
    assert order.id is not None
    return order.id


# -- one operation -----------------------------------------------------------------------------------------------------


def test_each_command_is_one_operation_chained_to_the_one_before(shop: Shop) -> None:
    for _ in range(2):
        with shop.write("customer add") as tx:
            tx.add(Customer(name="王小明", created_at=NOW))
    with shop.reading() as tx:
        operations = tx.rows(select(table_of(Operation)).order_by(table_of(Operation).c.id))
        changes = tx.rows(
            select(table_of(Change))
            .where(table_of(Change).c.operation_id > 1)
            .order_by(table_of(Change).c.operation_id)
        )
    assert [o.id for o in operations] == [1, 2, 3]
    assert [o.prev_hash for o in operations] == [GENESIS, operations[0].hash, operations[1].hash]
    for operation, change in zip(operations[1:], changes, strict=True):
        assert change.commitment == commitment(change.salt, change.image)
        rows = rows_digest([(change.table_name, change.row_key, change.kind, change.commitment)])
        assert operation.hash == chain_hash(operation.prev_hash, operation._mapping, rows)


@pytest.mark.parametrize("dry_run", [True, False], ids=["dry run", "failure"])
def test_nothing_is_left_of_what_was_not_meant_or_failed(shop: Shop, dry_run: bool) -> None:
    try:
        with shop.write("x", dry_run=dry_run) as tx:
            tx.add(Customer(name="李丽", created_at=NOW))
            if not dry_run:
                raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    with shop.reading() as tx:
        assert tx.all(Customer) == []
        assert tx.scalar(select(func.count()).select_from(table_of(Operation))) == 1


def test_a_command_that_changes_nothing_is_no_operation(shop: Shop) -> None:
    with shop.write("look") as tx:
        tx.change(tx.need(Staff, 1), name="小美")
    assert tx.operation is None


@pytest.mark.parametrize(
    ("table", "values", "key"),
    [
        (Customer, {"id": 7}, "7"),
        (Contact, {"id": 12}, "12"),
    ],
)
def test_a_row_key_is_read_back(table: type, values: dict[str, object], key: str) -> None:
    assert row_key(table_of(table), values) == key
    assert key_values(table_of(table), key) == values


def test_a_composite_key_with_slashes_is_read_back() -> None:
    from serviceflow.store.tables import Anchor

    values = {"order_id": 3, "key": "a/b%2F/中"}
    assert key_values(table_of(Anchor), row_key(table_of(Anchor), values)) == values


# -- two at once -------------------------------------------------------------------------------------------------------


def test_a_writer_with_an_old_row_is_told_who_changed_it_and_stores_nothing(shop: Shop) -> None:
    key = add_order(shop)
    with shop.reading() as tx:
        seen = tx.need(Order, key)
    with shop.write("do") as tx:
        tx.change(tx.need(Order, key), step="booked")
    with (
        pytest.raises(ChangedMeanwhile, match="T-1 was moved to “booked” by 小美 at 10:20") as caught,
        shop.write("do") as tx,
    ):
        tx.change(seen, step="lost")
    assert str(caught.value.way_out) == "flow show T-1"
    with shop.reading() as tx:
        assert tx.need(Order, key).step == "booked"


def test_a_writer_with_an_old_customer_is_told_what_was_done(shop: Shop) -> None:
    with shop.write("customer add") as tx:
        key = tx.add(Customer(name="王小明", created_at=NOW)).id
    with shop.reading() as tx:
        seen = tx.need(Customer, key)
    with shop.write("customer edit") as tx:
        tx.change(tx.need(Customer, key), note="first")
        tx.summary = plain("note of 王小明")
    with pytest.raises(ChangedMeanwhile, match="小美 changed this at 10:20: note of 王小明"), shop.write("edit") as tx:
        tx.change(seen, note="second")


def test_the_same_entered_twice_at_once_is_refused_in_words(shop: Shop) -> None:
    with pytest.raises(ChangedMeanwhile) as caught, shop.write("staff add") as tx:
        tx.add(Staff(login="xiaomei", name="another"))
    assert caught.value.exit_code == 4


def test_nobodys_update_is_lost(shop: Shop, place: Place) -> None:
    """2,000 increments of one order's field by 8 processes: 2,000 arrive."""
    key = add_order(shop)
    finish([start("increment", place, key, 250) for _ in range(8)])
    with shop.reading() as tx:
        assert tx.need(Order, key).amount == 2000
        assert verify(tx.connection).sound


def test_order_numbers_have_no_gap_and_no_double(shop: Shop, place: Place) -> None:
    finish([start("open_order", place, 0, 25) for _ in range(8)])
    with shop.reading() as tx:
        assert sorted(o.seq for o in tx.all(Order)) == list(range(1, 201))


def test_a_deadlock_is_broken_and_both_arrive(shop: Shop, place: Place) -> None:
    for _ in range(2):
        add_order(shop)
    finish([start("swap", place, key, 15) for key in range(2)])
    with shop.reading() as tx:
        assert [o.amount for o in tx.all(Order)] == [30, 30]


def test_a_command_is_repeated_after_a_collision_but_not_for_ever() -> None:
    tries: list[int] = []

    @retried
    def collide(times: int) -> str:
        tries.append(times)
        if len(tries) <= times:
            raise Collided(plain("busy"))
        return "done"

    assert collide(2) == "done"
    assert len(tries) == 3
    tries.clear()
    with pytest.raises(TryAgain):
        collide(99)
    assert len(tries) == TRIES


# -- killed ------------------------------------------------------------------------------------------------------------

POINTS = {"write.before_journal": 0, "write.before_commit": 0, "write.after_commit": 1}


@pytest.mark.parametrize(("point", "kept"), POINTS.items(), ids=list(POINTS))
def test_kill_9_leaves_all_or_nothing(shop: Shop, place: Place, point: str, kept: int) -> None:
    worker = start("enter_customer", place, 1, 5, FLOW_FAULT=f"{point}:kill:3")
    assert worker.wait().returncode == -signal.SIGKILL
    whole = 2 + kept
    with shop.reading() as tx:
        counts = [tx.scalar(select(func.count()).select_from(table_of(model))) for model in (Customer, Contact)]
        assert counts == [whole, 3 * whole]
        assert tx.scalar(select(func.max(table_of(Operation).c.id))) == 1 + whole
        assert verify(tx.connection).sound
    with shop.write("the next one gets through") as tx:
        tx.add(Customer(name="x", created_at=NOW))


@pytest.mark.storm
def test_a_storm_of_kills_leaves_whole_operations_only(shop: Shop, place: Place, storm_seconds: float) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    workers: list[Child] = []
    until = time.monotonic() + storm_seconds
    kills = 0
    while time.monotonic() < until:
        workers = [w for w in workers if w.running]
        while len(workers) < 3:
            workers.append(start("enter_customer", place, 1, 10_000))
        time.sleep(chance.uniform(0.3, 0.6))
        victim = chance.choice(workers)
        victim.kill()
        victim.wait()
        kills += 1
    for worker in workers:
        worker.kill()
        worker.wait()
    with shop.reading() as tx:
        customers = tx.scalar(select(func.count()).select_from(table_of(Customer)))
        contacts = tx.scalar(select(func.count()).select_from(table_of(Contact)))
        operations = tx.scalar(select(func.count()).select_from(table_of(Operation)))
        found = verify(tx.connection)
    assert (contacts, operations) == (3 * customers, customers + 1), f"seed {seed}, {kills} kills"
    assert found.sound, f"seed {seed}: {[str(f) for f in found.faults]}"


# -- trouble -----------------------------------------------------------------------------------------------------------


def test_reading_writes_nothing_and_does_not_wait_for_writers(shop: Shop, place: Place) -> None:
    with shop.write("long") as tx:
        tx.add(Customer(name="x", created_at=NOW))
        with shop.reading() as look:
            assert look.all(Customer) == []
    with pytest.raises(CannotWrite), shop.reading() as look:
        look.connection.execute(table_of(Customer).delete())
    with shop.write("and the connection writes again") as tx:
        tx.add(Customer(name="y", created_at=NOW))


def test_a_shop_that_stays_busy_is_told_in_a_sentence(
    shop: Shop, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = add_order(shop)
    other = open_engine(place)
    started = time.monotonic()
    if place.path is not None:
        with turn(place.path), pytest.raises(TryAgain) as caught, turn(place.path, patience=0.2):
            pass
    else:
        with other.connect() as holder:
            holder.execute(text("SELECT 1 FROM orders FOR UPDATE"))
            with pytest.raises(TryAgain) as caught:
                _take(shop, key)
    assert caught.value.exit_code == 75
    assert time.monotonic() - started < queue.PATIENCE
    other.dispose()


def _take(shop: Shop, key: int) -> None:
    with shop.write("do") as tx:
        tx.connection.execute(text("SET LOCAL lock_timeout = '200ms'"))
        tx.need(Order, key, lock=True)


def test_who_gives_up_waiting_leaves_the_queue(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    for _ in range(3):
        with turn(file), pytest.raises(TryAgain), turn(file, patience=0.05):
            pass
        with turn(file, patience=1):
            pass
    time.sleep(0.1)
    handles = [
        os.readlink(f"/proc/self/fd/{fd}")
        for fd in os.listdir("/proc/self/fd")
        if os.path.islink(f"/proc/self/fd/{fd}")
    ]
    assert [h for h in handles if h.endswith("shop.db.lock")] == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_files_of_a_shop_are_private(shop: Shop, place: Place) -> None:
    add_order(shop)
    assert place.path is not None
    modes = {p.name: oct(p.stat().st_mode & 0o777) for p in place.path.parent.iterdir() if p.is_file()}
    assert modes == dict.fromkeys(("shop.db", "shop.db-wal", "shop.db-shm", "shop.db.lock"), "0o600")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_commit_is_durable(engine: Engine) -> None:
    with engine.connect() as connection:
        pragmas = {
            p: connection.exec_driver_sql(f"PRAGMA {p}").scalar()
            for p in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


FULL = """
import resource, sys
from datetime import UTC, datetime
from serviceflow.errors import StorageFault
from serviceflow.store.place import place_of
from serviceflow.store.tables import Customer
from serviceflow.store.engine import open_engine
from serviceflow.store.write import transaction
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
place = place_of(sys.argv[1])
engine = open_engine(place)
now = datetime(2026, 11, 25, tzinfo=UTC)
resource.setrlimit(resource.RLIMIT_FSIZE, (place.path.stat().st_size // 2, resource.RLIM_INFINITY))
try:
    with transaction(engine, place, now=now, staff_id=None, command="x") as tx:
        for _ in range(3000):
            tx.add(Customer(name="x" * 1000, created_at=now))
except StorageFault as fault:
    print(int(fault.exit_code), fault)
"""


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_full_disk_is_a_sentence_and_loses_nothing(shop: Shop, place: Place) -> None:
    add_order(shop)
    ran = subprocess.run([sys.executable, "-c", FULL, str(place.path)], capture_output=True, text=True)
    assert ran.stdout.startswith("74 "), ran.stderr
    assert "Nothing was changed" in ran.stdout
    with shop.reading() as tx:
        assert (len(tx.all(Customer)), len(tx.all(Order))) == (0, 1)
        assert verify(tx.connection).sound


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_damaged_file_is_a_sentence(shop: Shop, place: Place) -> None:
    shop.close()
    assert place.path is not None
    place.path.write_bytes(b"no database at all" * 500)
    with pytest.raises(StorageFault) as caught, reading(open_engine(place), place) as line:
        line.connection.execute(select(table_of(Customer)))
    assert caught.value.ref == "damaged"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_file_that_may_not_be_written_is_a_sentence(engine: Engine, place: Place) -> None:
    with engine.connect() as connection:  # root may write anything: the file's mode would not stop this test
        connection.exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(CannotWrite) as caught, transaction(engine, place, now=NOW, staff_id=None, command="x") as tx:
        tx.add(Customer(name="x", created_at=NOW))
    assert caught.value.exit_code == 73


@pytest.mark.parametrize(
    ("address", "error"),
    [
        pytest.param("postgresql://nobody@127.0.0.1:1/x", TryAgain, id="no server there"),
        pytest.param("DATABASE MISSING", ConfigError, id="no such database"),
    ],
)
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_server_out_of_reach_is_a_sentence(place: Place, address: str, error: type[Exception]) -> None:
    assert place.url is not None
    where = Place(url=place.url.replace("/t_", "/missing_") if address == "DATABASE MISSING" else address)
    with pytest.raises(error), reading(open_engine(where), where) as line:
        line.connection.execute(text("SELECT 1"))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_lost_connection_is_a_sentence_and_the_next_command_works(shop: Shop) -> None:
    with pytest.raises(TryAgain):
        _lose_the_connection(shop)
    with shop.write("y") as tx:
        tx.add(Customer(name="z", created_at=NOW))
    with shop.reading() as tx:
        assert [c.name for c in tx.all(Customer)] == ["z"]


def _lose_the_connection(shop: Shop) -> None:
    with shop.write("x") as tx:
        tx.add(Customer(name="x", created_at=NOW))
        with shop.engine.connect() as other:
            pid = tx.scalar(select(func.pg_backend_pid()))
            other.execute(select(func.pg_terminate_backend(pid)))
        tx.add(Customer(name="y", created_at=NOW))


def test_rows_of_one_table_that_say_the_same_are_equal() -> None:
    one = Staff(login="may", name="May")
    assert one == Staff(login="may", name="May")
    assert one != Staff(login="may", name="June")
    assert one != Customer(name="May")
