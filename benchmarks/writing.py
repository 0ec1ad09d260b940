"""Writing commands against the bare import of what they stand on."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from timing import Line, alternate, flow, process


def measure(small: Path, large: Path, rounds: int) -> Iterator[Line]:
    """Yield a line per writing command and shop; every run is a fresh process and one durable commit."""
    imports = process(sys.executable, "-c", "import typer, sqlmodel")
    runs = {"imports": imports}
    for size, place in (("small", small), ("large", large)):
        runs[f"log {size}"] = flow(place, "log", "c9990", "电话回访")
        runs[f"new {size}"] = _opening(place)
        runs[f"do {size}"] = _urging(place)
    times = alternate(rounds, runs)
    for name in ("log", "new", "do"):
        for size in ("small", "large"):
            yield Line(
                f"flow {name}, {size} shop", times[f"{name} {size}"], "import typer, sqlmodel", times["imports"], 1.5
            )


def _opening(place: Path) -> Callable[[], object]:
    """Return a run that opens an order for the next customer without one."""
    idle = "NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.closed_at IS NULL)"
    customers = iter(_column(place, f"SELECT id FROM customer c WHERE {idle} ORDER BY id LIMIT 200"))  # noqa: S608
    return lambda: flow(place, "new", "studio-case", f"c{next(customers)}")()


def _urging(place: Path) -> Callable[[], object]:
    """Return a run that notes a call about the next booked order."""
    numbers = iter(_column(place, "SELECT number FROM orders WHERE step = 'booked' ORDER BY id LIMIT 200"))
    return lambda: flow(place, "do", next(numbers), "log-urge", "result=later")()


def _column(place: Path, query: str) -> list[str]:
    with contextlib.closing(sqlite3.connect(place)) as connection:
        return [value for (value,) in connection.execute(query)]
