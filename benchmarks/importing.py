"""Import of customers from CSV against ``sqlite3 .import`` of the same rows into the same tables and indexes."""

from __future__ import annotations

import contextlib
import csv
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from make_shop import NAMES, make_empty, person_names
from serviceflow.store.place import Place
from timing import ENVIRONMENT, FLOW, Line, Times

TABLES = ("customer", "contact", "find_key")
MEGABYTES = 200


def measure(small: Path, large: Path, rounds: int) -> Iterator[Line]:
    """Yield the ratio for as many customers as the large shop has, once: it takes minutes; memory goes to stderr."""
    rows = int(large.stem.rpartition("-")[2])
    folder = large.with_name("importing")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    file, ours, theirs = folder / "customers.csv", folder / "ours.db", folder / "theirs.db"
    _write_csv(file, rows)
    for place in (ours, theirs):
        make_empty(Place(path=place))
    taken, megabytes = _import(ours, file)
    print(f"import of {rows:,}: memory {megabytes} MB of {MEGABYTES}", file=sys.stderr)
    yield Line(f"import of {rows:,} customers", taken, "sqlite3 .import", _bare_import(ours, theirs), 8)


def _write_csv(file: Path, rows: int) -> None:
    names = person_names(min(rows, NAMES))
    with file.open("w", newline="", encoding="utf-8") as stream:
        lines = csv.writer(stream)
        lines.writerow(["姓名", "手机", "来源"])
        for number in range(rows):
            mobile = str(13_000_000_000 + number * 6_700_417 % 6_000_000_000)
            lines.writerow([names[number % len(names)], f"{mobile[:3]} {mobile[3:7]} {mobile[7:]}", "online"])


def _import(place: Path, file: Path) -> tuple[Times, int]:
    """Return the time of the import and its peak memory in megabytes."""
    words = [FLOW, "--db", str(place), "customer", "import", str(file)]
    started = time.perf_counter()
    with subprocess.Popen(words, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {process.returncode}")
    return Times((time.perf_counter() - started,)), usage.ru_maxrss // 1024


def _bare_import(filled: Path, empty: Path) -> Times:
    """Let the sqlite3 shell read the rows that the import made, from CSV, into tables with the same indexes."""
    shell = shutil.which("sqlite3")
    if shell is None:
        raise RuntimeError("the sqlite3 shell is not installed")
    with contextlib.closing(sqlite3.connect(filled)) as source:
        for table in TABLES:
            with (filled.with_name(f"{table}.csv")).open("w", newline="", encoding="utf-8") as stream:
                csv.writer(stream).writerows(source.execute(f"SELECT * FROM {table}"))  # noqa: S608
    script = [".mode csv", *(f".import {filled.with_name(f'{table}.csv')} {table}" for table in TABLES)]
    started = time.perf_counter()
    subprocess.run([shell, str(empty)], input="\n".join(script), text=True, check=True, capture_output=True)
    return Times((time.perf_counter() - started,))
