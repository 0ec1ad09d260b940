"""One at a time on the branch's data: the lease that imports and runs hold, and the record of each run.

A run is one transaction, so that a dead one has left nothing; its lease is taken over when it has been silent for
`SILENT`. On PostgreSQL a thread of the run says every `BEAT` that it is alive. SQLite has one writer: who wants the
lease waits until the run has ended or died, so that a beat could neither be written nor would be needed.
Source: brokerage.md section 11, "Concurrency".
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from serviceflow.api import BadInput, Shop, T, Tx, table_of
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from serviceflow_brokerage.refusals import bad
from serviceflow_brokerage.tables.segments import BrokerLease, BrokerRun

NAME: Final = "broker-data"
SILENT: Final = timedelta(minutes=10)
BEAT: Final = timedelta(seconds=60)

Say = Callable[[T], None]
"""Told now and then what a run is doing."""


def silent(_doing: T) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Run:
    """A run that holds the lease. ``counts`` is what it reports when it ends."""

    id: int
    kind: str
    as_of: date
    counts: dict[str, Any] = field(default_factory=dict)


@contextlib.contextmanager
def leased(shop: Shop, kind: str, as_of: date, *, beat: timedelta = BEAT, **about: Any) -> Iterator[Run]:
    """Hold the lease inside the block; the run's record says whether it ended well.

    Args:
        beat: How often the run says that it is alive.

    Raises:
        BadInput: Another run holds it (``run-locked``), or the run itself was taken for dead and replaced.
    """
    run = Run(_take(shop, kind, as_of, about), kind, as_of)
    try:
        with _beating(shop, run, beat):
            yield run
    except StopRun as stopped:
        _end(shop, run, "stopped")
        raise stopped.why from None
    except BaseException:
        _end(shop, run, "failed")
        raise
    _end(shop, run, "done")


class StopRun(Exception):
    """A run stops by its own rule; ``why`` is what the user is told."""

    def __init__(self, why: BadInput) -> None:
        super().__init__()
        self.why = why


def hold(tx: Tx, run: Run) -> None:
    """Make sure, before a run's work is committed, that nobody has taken the run for dead and its lease.

    Raises:
        BadInput: ``run-locked``.
    """
    lease = table_of(BrokerLease)
    mine = lease.update().where(lease.c.name == NAME, lease.c.run_id == run.id).values(beat_at=tx.now)
    if tx.connection.execute(mine).rowcount != 1:
        held = tx.connection.execute(select(lease).where(lease.c.name == NAME)).mappings().first()
        raise _locked(held["run_id"] if held else "-", held["host"] if held else "-")


@contextlib.contextmanager
def _beating(shop: Shop, run: Run, beat: timedelta) -> Iterator[None]:
    if shop.place.is_sqlite:
        yield
        return
    ended, lease = threading.Event(), table_of(BrokerLease)

    def go_on() -> None:
        while not ended.wait(beat.total_seconds()):
            mine = lease.update().where(lease.c.name == NAME, lease.c.run_id == run.id)
            with shop.engine.begin() as connection:
                connection.execute(mine.values(beat_at=shop.clock.now()))

    thread = threading.Thread(target=go_on, name="broker lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _locked(number: Any, host: Any) -> BadInput:
    return bad("run-locked", id=number, host=host)


def _take(shop: Shop, kind: str, as_of: date, about: dict[str, Any]) -> int:
    with shop.write(f"brokerage {kind}") as tx:
        lease, host = table_of(BrokerLease), f"{socket.gethostname()}:{os.getpid()}"
        held = tx.connection.execute(select(lease).where(lease.c.name == NAME)).mappings().first()
        if held is not None and held["beat_at"] > tx.now - SILENT:
            raise _locked(held["run_id"], held["host"])
        if held is not None:
            tx.connection.execute(lease.delete().where(lease.c.name == NAME, lease.c.run_id == held["run_id"]))
            dead = tx.get(BrokerRun, held["run_id"])
            if dead is not None and dead.state == "running":
                tx.change(dead, state="failed", finished_at=tx.now)
        row = tx.add(BrokerRun(kind=kind, as_of=as_of, host=host, started_at=tx.now, beat_at=tx.now, **about))
        assert row.id is not None
        try:
            tx.connection.execute(lease.insert().values(name=NAME, run_id=row.id, host=host, beat_at=tx.now))
        except IntegrityError as race:
            raise _locked("-", "-") from race
        return row.id


def _end(shop: Shop, run: Run, state: str) -> None:
    with shop.write(f"brokerage {run.kind}") as tx:
        lease = table_of(BrokerLease)
        tx.connection.execute(lease.delete().where(lease.c.name == NAME, lease.c.run_id == run.id))
        row = tx.need(BrokerRun, run.id)
        if row.state == "running":  # a run that was silent for too long has been marked failed by its successor
            tx.change(row, state=state, counts=run.counts, finished_at=tx.now)


def last_day(tx: Tx, kind: str) -> date | None:
    """Return the day of the last run of a kind that was committed."""
    runs = table_of(BrokerRun)
    found = tx.one(BrokerRun, runs.c.kind == kind, runs.c.state == "done", order_by=[runs.c.id.desc()])
    return found.as_of if found is not None else None


def check_day(tx: Tx, kind: str, day: date, today: date, *, back: bool = False) -> None:
    """Refuse a day that lies in the future or, unless ``back``, before the last run of that kind.

    Raises:
        BadInput: ``as-of-future`` or ``as-of-back``.
    """
    if day > today:
        raise bad("as-of-future")
    last = last_day(tx, kind)
    if not back and last is not None and day < last:
        raise bad("as-of-back", date=last)
