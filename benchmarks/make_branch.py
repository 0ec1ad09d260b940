"""Makes a securities branch of any size in minutes: clients, accounts, months of snapshots, risk assessments.

    python benchmarks/make_branch.py 1000000 /tmp/branch.db
    python benchmarks/make_branch.py 1000000 /tmp/branch.db --monthly /tmp/march.csv

A client has one account, one in ten a second, each account a snapshot at the end of January, February and March
2026. With ``--monthly`` the last month is written to a file for the import instead. One in a thousand loses a fifth
of his assets in the last month, one in a hundred moves much money, seven in ten have been assessed. The same size
gives the same branch.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from make_shop import NAMES, person_names
from serviceflow.app import make_shop
from serviceflow.store.place import Place

MONTHS = (date(2026, 1, 30), date(2026, 2, 27), date(2026, 3, 31))
CLIENTS_PER_STAFF = 2_500
SNAPSHOT = (
    "account_no", "as_of", "total_assets", "cash", "trades", "trades_onsite", "turnover", "commission", "deposits",
    "withdrawals", "last_trade_date",
)  # fmt: skip

STEPS = """
INSERT INTO staff (id, rv, login, name, active)
WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {staff})
SELECT i, 1, 's' || i, (SELECT name FROM temp.person WHERE no = i % {names}), 1 FROM n;

INSERT INTO broker_region (code, rv, name, region_class, capacity, quality, competition, entry, entry_origin,
 entry_reason, service_mix) VALUES
 ('SH', 1, '上海', 'central', 'large', 'high', 'high', 'online', 'rule', '', '[]'),
 ('WX', 1, '无锡', 'small_city', 'medium', 'mid', 'mid', 'bank_link', 'rule', '', '[]'),
 ('XZ', 1, '徐州', 'remote', 'small', 'low', 'low', 'phone', 'rule', '', '[]');

CREATE TEMP TABLE one (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER);

INSERT INTO temp.one
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {clients})
SELECT i AS id, i * 48271 % 2147483647 AS a, i * 69621 % 2147483647 AS b FROM n;

INSERT INTO customer (id, rv, kind, name, birthday, source, owner_id, tags, note, do_not_contact, created_at)
SELECT c.id, 1, 'person', p.name, CASE WHEN c.a % 50 THEN date('1940-01-01', '+' || (c.a % 24000) || ' days') END,
 '', 1 + c.b % {staff}, '[]', '', 0, '2025-01-01 00:00:00'
FROM temp.one c JOIN temp.person p ON p.no = c.a % {names};

INSERT INTO broker_client (customer_id, rv, client_seq, client_no, status, kind, opened_on, branch, region_code,
 service_mode_declared, education, income, pref_channel, investor_class, source_kind, invest_history, pref_kinds)
SELECT c.id, 1, c.id, printf('8%09d', c.id), CASE WHEN c.a % 200 THEN 'active' ELSE 'suspended' END, 'person',
 date('2026-03-20', '-' || (c.b % 4000) || ' days'), '',
 CASE c.a % 4 WHEN 0 THEN 'SH' WHEN 1 THEN 'WX' WHEN 2 THEN 'XZ' END,
 CASE c.b % 5 WHEN 0 THEN 'onsite' WHEN 1 THEN 'offsite' END,
 CASE c.a % 5 WHEN 0 THEN 'junior' WHEN 1 THEN 'senior' WHEN 2 THEN 'college' WHEN 3 THEN 'graduate' END,
 CASE c.b % 4 WHEN 0 THEN 'low' WHEN 1 THEN 'mid' WHEN 2 THEN 'high' END,
 CASE c.a % 7 WHEN 0 THEN 'counter' END, 'ordinary', 'walk_in', '[]', '[]'
FROM temp.one c;

INSERT INTO broker_account (id, rv, account_no, customer_id, kind, opened_on, status, rate, base_rate)
SELECT c.customer_id, 1, printf('1%09d', c.customer_id), c.customer_id, 'cash', c.opened_on, 'open', 300, 300
FROM broker_client c;

INSERT INTO broker_account (id, rv, account_no, customer_id, kind, opened_on, status, rate, base_rate)
SELECT {clients} + c.customer_id / 10, 1, printf('2%09d', c.customer_id), c.customer_id, 'margin', c.opened_on, 'open',
 300, 300
FROM broker_client c WHERE c.customer_id % 10 = 0;

INSERT INTO broker_risk_assessment (id, rv, customer_id, score, level, lowest, kinds, max_term_days, assessed_on,
 expires_on, method, state)
SELECT c.id, 1, c.id, 50, 1 + c.b % 5, 0, '["equity"]', 3650, date('2026-02-01', '-' || (c.a % 700) || ' days'),
 date('2026-02-01', '-' || (c.a % 700) || ' days', '+24 months'), 'onsite', 'current'
FROM temp.one c WHERE c.b % 10 < 7;

CREATE TEMP TABLE month (no INTEGER PRIMARY KEY, as_of TEXT);
"""
SNAPSHOTS = """
SELECT a.id, a.account_no, m.as_of,
 a.assets * CASE WHEN m.no = 2 AND a.a % 1000 = 0 THEN 75 ELSE 95 + (a.a / 7 + m.no * 31) % 11 END / 100
  AS total_assets,
 CASE WHEN a.b % 3 THEN a.assets / (2 + a.a % 20) END AS cash,
 a.trades AS trades, CASE WHEN a.b % 4 THEN CASE WHEN a.b % 3 THEN 0 ELSE a.trades END END AS trades_onsite,
 a.trades * 5000000 AS turnover, a.trades * 1500 AS commission,
 CASE WHEN (a.a + m.no) % 500 = 1 THEN a.assets / 2 ELSE 0 END AS deposits,
 CASE WHEN (a.b + m.no) % 500 = 2 THEN a.assets / 3 ELSE 0 END AS withdrawals,
 CASE WHEN a.trades THEN date(m.as_of, '-' || (a.a % 25) || ' days')
  WHEN a.b % 50 THEN date(m.as_of, '-' || (a.b % 60 + (a.b % 20 = 0) * 200) || ' days') END AS last_trade_date
FROM (SELECT a.id, a.account_no, c.a, c.b, 1 + c.a / 7 % (1 << (10 + c.b % 13)) * 100 AS assets,
   CASE WHEN c.a % 3 = 0 THEN c.a % 11 * c.b % 70 ELSE 0 END AS trades
 FROM broker_account a JOIN temp.one c ON c.id = a.customer_id ORDER BY a.id) a
CROSS JOIN temp.month m WHERE m.no {which}
"""


def make(path: Path, clients: int, *, monthly: Path | None = None, say: bool = False) -> None:
    """Make a branch at a place where there is no shop yet."""
    make_shop(Place(path=path), login="xiaomei", name="小美", language="zh", industries=["brokerage"]).close()
    numbers = {
        "clients": clients, "names": min(clients, NAMES), "staff": max(clients // CLIENTS_PER_STAFF, 2),
    }  # fmt: skip
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        connection.execute("CREATE TEMP TABLE person (no INTEGER PRIMARY KEY, name TEXT)")
        connection.executemany("INSERT INTO temp.person VALUES (?, ?)", enumerate(person_names(numbers["names"])))
        for statement in STEPS.format(**numbers).split(";\n"):
            if statement.strip():
                _timed(connection, statement, say=say)
        connection.executemany("INSERT INTO temp.month VALUES (?, ?)", [(n, str(d)) for n, d in enumerate(MONTHS)])
        which = "< 2" if monthly is not None else "< 3"
        columns = [name for name in SNAPSHOT if name != "account_no"]
        _timed(
            connection,
            f"INSERT INTO broker_snapshot (account_id, {', '.join(columns)}) "  # noqa: S608 - our own words
            f"SELECT id, {', '.join(columns)} FROM ({SNAPSHOTS.format(which=which)}) ORDER BY 1, 2",
            say=say,
        )
        if monthly is not None:
            _write_month(connection, monthly)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")


def _timed(connection: sqlite3.Connection, statement: str, *, say: bool) -> None:
    started = time.perf_counter()
    connection.execute(statement)
    if say:
        print(f"{time.perf_counter() - started:7.1f} s  {' '.join(statement.split()[:3])}", file=sys.stderr)


def _write_month(connection: sqlite3.Connection, file: Path) -> None:
    with file.open("w", newline="", encoding="utf-8") as stream:
        lines = csv.writer(stream)
        lines.writerow(SNAPSHOT)
        lines.writerows(_as_typed(connection))


def _as_typed(connection: sqlite3.Connection) -> Iterator[list[object]]:
    money = {SNAPSHOT.index(n) for n in ("total_assets", "cash", "turnover", "commission", "deposits", "withdrawals")}
    for _, *row in connection.execute(SNAPSHOTS.format(which="= 2")):
        yield [
            f"{value // 100}.{value % 100:02}" if n in money and value is not None else value
            for n, value in enumerate(row)
        ]


def main() -> None:
    """Make the branch that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("clients", type=int)
    parser.add_argument("place", type=Path, help="a file where there is no shop yet")
    parser.add_argument("--monthly", type=Path, help="write the last month to this file instead")
    given = parser.parse_args()
    started = time.perf_counter()
    make(given.place, given.clients, monthly=given.monthly, say=True)
    print(f"{given.clients:,} clients in {time.perf_counter() - started:.0f} s: {given.place}")


if __name__ == "__main__":
    main()
