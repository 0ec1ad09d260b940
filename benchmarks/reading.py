"""Reading commands against a Typer hello-world, and in a large shop against a small one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from timing import Line, alternate, flow, process

HELLO = Path(__file__).with_name("hello.py")
READS = {"today": ("today",), "find": ("find", "wxm"), "find 1234": ("find", "1234"), "show": ("show", "ST9990")}


def measure(small: Path, large: Path, rounds: int) -> Iterator[Line]:
    """Yield a line per reading command and shop; every run is a fresh process."""
    runs = {"hello": process(sys.executable, str(HELLO), "World")}
    for name, words in READS.items():
        runs[f"{name} small"] = flow(small, *words)
        runs[f"{name} large"] = flow(large, *words)
    times = alternate(rounds, runs)
    for name in READS:
        yield Line(f"flow {name}, large shop", times[f"{name} large"], "typer hello world", times["hello"], 2)
    for name in READS:
        yield Line(f"flow {name}, large shop", times[f"{name} large"], "small shop", times[f"{name} small"], 1.2)
