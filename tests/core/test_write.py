"""The store: one transaction, one operation; nobody's update is lost; nothing is left of what failed."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from serviceflow.errors import ChangedMeanwhile
from serviceflow.store.place import Place, place_of
from serviceflow.store.tables import Change, Customer, Operation, metadata
from serviceflow.store.write import GENESIS, chain_hash, commitment, open_engine, rows_digest, table_of, transaction

NOW = datetime(2026, 11, 25, 2, 20, tzinfo=UTC)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    where = place_of(str(tmp_path / "shop.db"))
    metadata.create_all(open_engine(where))
    return where


def add(place: Place, name: str = "王小明") -> int:
    with transaction(open_engine(place), place, now=NOW, staff_id=None, command="customer add") as tx:
        row = tx.add(Customer(name=name, created_at=NOW))
    assert row.id is not None
    return row.id


def test_each_command_is_one_operation_chained_to_the_one_before(place: Place) -> None:
    add(place)
    add(place)
    with open_engine(place).connect() as connection:
        operations = connection.execute(select(table_of(Operation)).order_by(table_of(Operation).c.id)).mappings().all()
        changes = connection.execute(select(table_of(Change))).mappings().all()
    assert [o["id"] for o in operations] == [1, 2]
    assert [o["prev_hash"] for o in operations] == [GENESIS, operations[0]["hash"]]
    for operation, change in zip(operations, changes, strict=True):
        assert change["commitment"] == commitment(change["salt"], change["image"])
        rows = rows_digest([(change["table_name"], change["row_key"], change["kind"], change["commitment"])])
        assert operation["hash"] == chain_hash(operation["prev_hash"], operation, rows)


def test_a_writer_with_an_old_row_is_told_and_stores_nothing(place: Place) -> None:
    key = add(place)
    engine = open_engine(place)
    with transaction(engine, place, now=NOW, staff_id=None, command="read") as tx:
        seen = tx.need(Customer, key)
    with transaction(engine, place, now=NOW, staff_id=None, command="edit") as tx:
        tx.change(tx.need(Customer, key), note="first")
    with (
        pytest.raises(ChangedMeanwhile),
        transaction(engine, place, now=NOW, staff_id=None, command="edit") as tx,
    ):
        tx.change(seen, note="second")
    with transaction(engine, place, now=NOW, staff_id=None, command="read") as tx:
        assert tx.need(Customer, key).note == "first"


@pytest.mark.parametrize("dry_run", [True, False], ids=["dry run", "failure"])
def test_nothing_is_left_of_what_was_not_meant_or_failed(place: Place, dry_run: bool) -> None:
    engine = open_engine(place)
    try:
        with transaction(engine, place, now=NOW, staff_id=None, command="x", dry_run=dry_run) as tx:
            tx.add(Customer(name="李丽", created_at=NOW))
            if not dry_run:
                raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    with transaction(engine, place, now=NOW, staff_id=None, command="read") as tx:
        assert tx.all(Customer) == []
        assert tx.all(Operation) == []


def _increment(place: Place, key: int, times: int) -> None:
    engine = open_engine(place)
    for _ in range(times):
        with transaction(engine, place, now=NOW, staff_id=None, command="count") as tx:
            row = tx.need(Customer, key, lock=True)
            tx.change(row, note=str(int(row.note or 0) + 1))


def test_nobodys_update_is_lost(place: Place) -> None:
    key = add(place)
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_increment, args=(place, key, 250)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [w.exitcode for w in workers] == [0] * 8
    with transaction(open_engine(place), place, now=NOW, staff_id=None, command="read") as tx:
        assert tx.need(Customer, key).note == "2000"
