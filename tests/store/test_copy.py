"""Backups, restores and copies between databases: whole, checked, private; what was there is kept."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.errors import BadInput, CannotWrite, Refused, StorageFault
from serviceflow.store import check
from serviceflow.store.audit import verify
from serviceflow.store.backup import backup, damage
from serviceflow.store.copy import copy_shop
from serviceflow.store.engine import open_engine, reading
from serviceflow.store.migrate import CORE
from serviceflow.store.place import Place
from serviceflow.store.restore import back_up, restore
from serviceflow.store.tables import Contact, Customer, Operation, Order
from serviceflow.store.write import table_of
from serviceflow.testing.postgres import Server
from sqlalchemy import func, select, text

NOW = datetime(2026, 11, 25, 2, 20, tzinfo=UTC)
OWNERS = [CORE]


@pytest.fixture
def lived_in(shop: Shop) -> Shop:
    with shop.write("enter") as tx:
        second = tx.add(Customer(name='O"Neil 李\n丽', tags=["老客"], created_at=NOW))
        first = tx.add(Customer(name="王小明", created_at=NOW))
        tx.add(Contact(customer_id=first.id, kind="phone", value="+8613800000001", shown="138"))
        tx.change(second, merged_into=first.id)  # refers to a row with a higher key
        seq = tx.draw("case")
        tx.add(
            Order(
                number="S-1",
                seq=seq,
                customer_id=first.id,
                flow="case",
                flow_version=1,
                step="x",
                entered_at=NOW,
                opened_at=NOW,
                data={"好": [1, None, True]},
                amount=99_999_999_999,
            )
        )
    return shop


@pytest.fixture
def other(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    """An empty place of the other kind."""
    if database == "postgresql":
        yield Place(path=tmp_path / "other" / "shop.db")
        return
    running: Server = request.getfixturevalue("postgres")
    name = running.create()
    yield Place(url=running.url_of(name))
    running.drop(name)


def test_a_copy_holds_the_same_and_goes_on(lived_in: Shop, place: Place, other: Place, clock: SetClock) -> None:
    copied = {c.table: c.rows for c in copy_shop(place, other, OWNERS)}
    assert (copied["customer"], copied["contact"], copied["operation"]) == (2, 1, 2)
    moved = Shop.open(other, staff="xiaomei", clock=clock)
    with moved.reading() as tx:
        assert verify(tx.connection).sound
        assert [(c.name, c.merged_into) for c in tx.all(Customer)] == [('O"Neil 李\n丽', 2), ("王小明", None)]
        assert tx.need(Order, 1).amount == 99_999_999_999
    with moved.write("go on") as tx:  # keys and numbers go on after those that came
        assert tx.add(Customer(name="张三", created_at=NOW)).id == 3
        assert tx.draw("case") == 2
    moved.close()
    with pytest.raises(Refused) as caught:
        copy_shop(place, other, OWNERS)
    assert caught.value.ref == "copy.target"


def test_tables_of_a_plugin_that_is_not_here_are_not_left_behind(lived_in: Shop, place: Place, other: Place) -> None:
    with lived_in.engine.begin() as connection:
        connection.execute(text("CREATE TABLE salon_room (id INTEGER PRIMARY KEY)"))
    with pytest.raises(Refused, match="salon_room"):
        copy_shop(place, other, OWNERS)


COPY = """
import sys
from serviceflow.store.copy import copy_shop
from serviceflow.store.migrate import CORE
from serviceflow.store.place import place_of
copy_shop(place_of(sys.argv[1]), place_of(sys.argv[2]), [CORE])
"""


def test_a_killed_copy_leaves_no_shop_and_can_be_repeated(lived_in: Shop, place: Place, other: Place) -> None:
    died = subprocess.run(
        [sys.executable, "-c", COPY, *(str(p.path or p.url) for p in (place, other))],
        env={**os.environ, "FLOW_FAULT": "copy.before_commit:kill"},
    )
    assert died.returncode == -signal.SIGKILL
    engine = open_engine(other)
    with reading(engine, other) as line:
        assert line.connection.execute(select(func.count()).select_from(table_of(Customer))).scalar() == 0
    engine.dispose()
    copy_shop(place, other, OWNERS)


def test_a_backup_is_one_private_file_that_restores_whole(
    lived_in: Shop, place: Place, tmp_path: Path, clock: SetClock
) -> None:
    file = back_up(place, tmp_path / "kept.db", OWNERS)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert damage(file) == []
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("kept")] == ["kept.db"]
    target = Place(path=tmp_path / "again" / "shop.db")
    assert restore(target, file, OWNERS) is None
    again = Shop.open(target, staff="xiaomei", clock=clock)
    with again.reading() as tx:
        assert verify(tx.connection).sound
        assert len(tx.all(Customer)) == 2
    again.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_restore_keeps_the_shop_that_was_there(lived_in: Shop, place: Place, tmp_path: Path, clock: SetClock) -> None:
    file = backup(place, tmp_path / "kept.db")
    with lived_in.write("after the backup") as tx:
        tx.add(Customer(name="张三", created_at=NOW))
    lived_in.close()
    kept = restore(place, file, OWNERS)
    assert kept is not None
    for where, customers in ((place, 2), (Place(path=kept), 3)):
        opened = Shop.open(where, staff="xiaomei", clock=clock)
        with opened.reading() as tx:
            assert len(tx.all(Customer)) == customers
        opened.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("point", ["restore.copied", "restore.moved", "backup.copied"])
def test_a_killed_restore_loses_neither_shop_nor_backup(
    lived_in: Shop, place: Place, tmp_path: Path, point: str
) -> None:
    file = backup(place, tmp_path / "kept.db")
    lived_in.close()
    code = COPY.replace("copy import copy_shop", "restore import restore").replace(
        "copy_shop(place_of(sys.argv[1]), place_of(sys.argv[2]), [CORE])",
        "import pathlib; restore(place_of(sys.argv[1]), pathlib.Path(sys.argv[2]), [CORE])",
    )
    died = subprocess.run(
        [sys.executable, "-c", code, str(place.path), str(file)], env={**os.environ, "FLOW_FAULT": f"{point}:kill"}
    )
    assert died.returncode == -signal.SIGKILL
    assert damage(file) == []
    assert [p for p in tmp_path.glob("shop*.db") if damage(p) == []] != []
    restore(place, file, OWNERS)
    assert place.path is not None
    assert damage(place.path) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        pytest.param(lambda file: file.write_text("no shop"), BadInput, id="no database"),
        pytest.param(lambda file: file.unlink(), BadInput, id="not there"),
        pytest.param(
            lambda file: file.write_bytes(file.read_bytes()[:40_960] + bytes(8192) + file.read_bytes()[49_152:]),
            StorageFault,
            id="damaged",
        ),
    ],
)
def test_a_bad_backup_is_refused_and_the_shop_stays(
    lived_in: Shop, place: Place, tmp_path: Path, spoil: object, error: type[Exception]
) -> None:
    assert callable(spoil)
    file = backup(place, tmp_path / "kept.db")
    spoil(file)
    with pytest.raises(error):
        restore(place, file, OWNERS)
    with lived_in.reading() as tx:
        assert len(tx.all(Customer)) == 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_backup_never_overwrites(place: Place, tmp_path: Path) -> None:
    file = backup(place, tmp_path / "kept.db")
    with pytest.raises(CannotWrite):
        backup(place, file)


@pytest.mark.storm
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_backup_of_a_busy_shop_is_whole(
    lived_in: Shop, place: Place, tmp_path: Path, storm_seconds: float
) -> None:
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            with lived_in.write("enter") as tx:
                made = tx.add(Customer(name="x" * 500, created_at=NOW))
                tx.add(Contact(customer_id=made.id, kind="phone", value=str(made.id), shown=""))

    writer = threading.Thread(target=work)
    writer.start()
    try:
        for n in range(max(int(storm_seconds * 3), 5)):
            file = backup(place, tmp_path / f"kept-{n}.db")
            where = Place(path=file)
            with reading(open_engine(where), where) as line:
                counts = [
                    line.connection.execute(select(func.count()).select_from(table_of(model))).scalar()
                    for model in (Customer, Contact, Operation)
                ]
                assert verify(line.connection).sound
            assert counts[0] == counts[1] + 1 == counts[2]
    finally:
        stop.set()
        writer.join()


def test_what_must_always_be_true_is_checked_and_named(lived_in: Shop, place: Place) -> None:
    with lived_in.reading() as tx:
        assert check.broken(tx.connection) == []
    assert check.file_faults(place) == []
    with lived_in.engine.begin() as connection:
        connection.execute(text("UPDATE number_series SET last = 0"))
    with lived_in.reading() as tx:
        assert [str(fault) for fault in check.broken(tx.connection)] == [
            "It is not true that a number series is at least at its highest order: S-1"
        ]
