"""``flow remind run`` with nothing due, with the messages of a large shop stored and with those of a small one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from timing import Line, alternate, flow


def measure(small: Path, large: Path, rounds: int) -> Iterator[Line]:
    """Yield the ratio; every run is a fresh process."""
    for place in (small, large):
        flow(place, "remind", "run", "--wait", "0")()  # whatever is due now is done here
    runs = {"small": flow(small, "remind", "run"), "large": flow(large, "remind", "run")}
    times = alternate(rounds, runs)
    yield Line("flow remind run, nothing due, large", times["large"], "small shop", times["small"], 1.2)
