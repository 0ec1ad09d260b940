"""Writing commands against the bare import of what they stand on."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from timing import Line, alternate, flow, process

URGED = ("result=thinking",)


def measure(small: Path, large: Path, rounds: int) -> Iterator[Line]:
    """Yield a line per writing command and shop; every run is a fresh process and one durable commit."""
    imports = process(sys.executable, "-c", "import typer, sqlmodel")
    runs = {"imports": imports}
    writes = {"log": ("log", "c9990", "电话回访"), "new": ("new", "studio-case", "c9990")}
    for name, words in writes.items():
        for size, place in (("small", small), ("large", large)):
            runs[f"{name} {size}"] = flow(place, *words)
    runs["do small"], runs["do large"] = _urging(small), _urging(large)
    times = alternate(rounds, runs)
    for name in (*writes, "do"):
        for size in ("small", "large"):
            yield Line(f"flow {name}, {size} shop", times[f"{name} {size}"], "import typer, sqlmodel", times["imports"], 1.5)


def _urging(place: Path) -> Callable[[], object]:
    """Return a run that notes a call about the next open order of a shop."""
    with contextlib.closing(sqlite3.connect(place)) as connection:
        found = connection.execute("SELECT number FROM orders WHERE step = 'booked' ORDER BY id LIMIT 200").fetchall()
    numbers = iter(found)
    return lambda: flow(place, "do", next(numbers)[0], "log-urge", *URGED)()
