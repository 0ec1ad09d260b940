"""Alternating measurements: what is compared is run in turn, so that a noisy machine disturbs all alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FLOW = str(Path(sys.executable).with_name("flow"))
ENVIRONMENT = {**os.environ, "FLOW_LANG": "zh", "FLOW_STAFF": "xiaomei", "PYTHONUTF8": "1", "NO_COLOR": "1"}


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of each run of one thing."""

    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.runs)

    @property
    def least(self) -> float:
        return min(self.runs)


@dataclass(frozen=True, slots=True)
class Line:
    """One budget: the ratio of ``what`` to ``against`` may be at most ``limit``."""

    what: str
    times: Times
    against: str
    base: Times
    limit: float

    @property
    def ratio(self) -> float:
        return self.times.median / self.base.median

    @property
    def least_ratio(self) -> float:
        return self.times.least / self.base.least

    @property
    def kept(self) -> bool:
        return self.ratio <= self.limit


def alternate(rounds: int, runs: Mapping[str, Callable[[], object]]) -> dict[str, Times]:
    """Run each thing once unmeasured, then all in turn ``rounds`` times; return the times by name."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(rounds):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - started)
    return {name: Times(tuple(values)) for name, values in taken.items()}


def process(*words: str) -> Callable[[], object]:
    """Return a run of a fresh process, which must succeed."""

    def run() -> None:
        done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {done.returncode}\n{done.stderr.decode(errors='replace')}")

    return run


def flow(place: Path, *words: str) -> Callable[[], object]:
    """Return a run of one ``flow`` command line in a fresh process."""
    return process(FLOW, "--db", str(place), *words)


def table(lines: Sequence[Line]) -> str:
    """Return the lines as a table: ratio of medians against the budget, and the ratio of the fastest runs."""
    rows = [("what", "median", "against", "median", "ratio", "fastest", "budget", "")]
    rows += [
        (
            line.what, _span(line.times.median), line.against, _span(line.base.median), f"{line.ratio:.2f}",
            f"{line.least_ratio:.2f}", f"<= {line.limit:g}", "kept" if line.kept else "OVER",
        )
        for line in lines
    ]  # fmt: skip
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _span(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 10 else f"{seconds * 1000:.1f} ms"
