"""The sign of life of a run that found nothing to do: one row, written without SQLModel.

The only row that is not written through `store.write`: delivery's bookkeeping is not journaled, and loading SQLModel
every five minutes to say "nothing" costs more than all other work of a quiet day.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from serviceflow import __version__
from serviceflow.store.place import Place
from serviceflow.store.queue import turn
from serviceflow.store.read import bound, storage_words

KEPT, DAY = 100, timedelta(days=1)
"""Heartbeats that are kept, and those of the last day: after a clock went back the newest are not the latest."""
_BEAT: Final = """INSERT INTO runner (instance, started_at, beat_at, finished_at, version, summary)
    VALUES (:instance, :now, :now, :now, :version, :summary)"""
_FORGET: Final = f"""DELETE FROM runner WHERE beat_at < :yesterday
    AND beat_at <= (SELECT beat_at FROM runner ORDER BY beat_at DESC LIMIT 1 OFFSET {KEPT})"""  # noqa: S608


def beat(place: Place, now: datetime, summary: Mapping[str, Any]) -> None:
    """Write down that a run was here at ``now`` and is done.

    Raises:
        TryAgain: The database is busy, or the server does not answer.
        CannotWrite: The file cannot be written.
    """
    facts = json.dumps(summary, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    with _transaction(place) as connection:
        given = {"instance": uuid4().hex, "now": now, "version": __version__, "summary": facts}
        connection.execute(*bound(place, _BEAT, given))
        connection.execute(*bound(place, _FORGET, {"yesterday": now - DAY}))


@contextlib.contextmanager
def _transaction(place: Place) -> Iterator[Any]:
    if place.path is None:
        import psycopg

        with storage_words(place), psycopg.connect(place.url or "", connect_timeout=5) as connection:
            yield connection
        return
    with turn(place.path), storage_words(place):
        file = sqlite3.connect(place.path, timeout=5, isolation_level=None)
        with contextlib.closing(file):
            file.execute("PRAGMA synchronous=FULL")
            file.execute("BEGIN IMMEDIATE")
            yield file
            file.execute("COMMIT")
