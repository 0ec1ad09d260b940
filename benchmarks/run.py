"""Measures the budgets of the program as ratios in one run and prints a table; never part of the tests.

    python benchmarks/run.py                          # 10,000 against 100,000 customers
    python benchmarks/run.py --large 1000000 --keep ~/shops

Every comparison alternates its runs; a budget is kept when the ratio of medians is within it. Other work on the
machine makes single runs slow, so that the ratio of the fastest runs stands beside it.
"""

from __future__ import annotations

import argparse
import importlib
import platform
import sys
import tempfile
import time
from pathlib import Path

from make_shop import make
from serviceflow.store.place import Place
from timing import Line, table

SECTIONS = ("reading", "writing", "warm", "importing", "reminding")


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--small", type=int, default=10_000, help="customers of the small shop")
    parser.add_argument("--large", type=int, default=100_000, help="customers of the large shop")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", choices=SECTIONS, action="append", help="one part; may be given again")
    parser.add_argument("--keep", type=Path, help="folder of the shops, to use them again")
    given = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}, small {given.small:,}, large {given.large:,}")
    with tempfile.TemporaryDirectory() as folder:
        shops = given.keep or Path(folder)
        shops.mkdir(parents=True, exist_ok=True)
        small, large = (_shop(shops, size) for size in (given.small, given.large))
        lines: list[Line] = []
        for section in given.only or SECTIONS:
            print(f"… {section}", file=sys.stderr)
            lines += importlib.import_module(section).measure(small, large, given.rounds)
    print(table(lines))
    sys.exit(0 if all(line.kept for line in lines) else 1)


def _shop(folder: Path, customers: int) -> Path:
    file = folder / f"shop-{customers}.db"
    if not file.exists():
        started = time.perf_counter()
        make(Place(path=file), customers)
        print(f"shop of {customers:,} customers made in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return file


if __name__ == "__main__":
    main()
