# ruff: noqa: S608 - the statements are our own words
"""A segment run of a large branch against the same by hand: SQL typed for the shipped rules, with nothing in between.

    python benchmarks/segmenting.py 1000000 /tmp/branches

Both fill the same tables of the same branch in one durable transaction: fields, scores, segments, eight dimensions,
labels, changes with evidence, topics. What they found is compared row by row. Monthly import, watch and service runs
are measured beside it, with the peak of their memory.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from make_branch import MONTHS
from timing import ENVIRONMENT, FLOW

DAY = MONTHS[-1].isoformat()
LATER = (MONTHS[-1] + timedelta(days=30)).isoformat()
"""A day without new data, on which many move."""
LIMIT = 2.0

SEGMENT = """
CASE WHEN days_since_open <= 30 THEN 'new' WHEN asset_band = 'large' THEN 'core'
 WHEN activity IN ('dormant', 'never') THEN 'dormant'
 WHEN time_input = 'fulltime' OR (f >= 4 AND r >= 4) THEN 'trader'
 WHEN service_mode = 'onsite' AND age_band IN ('middle', 'old') THEN 'onsite-mature'
 WHEN service_mode = 'offsite' AND location = 'central' THEN 'central-online'
 WHEN location = 'remote' THEN 'remote' ELSE 'general' END"""
DIMENSIONS = {
    "service_mode": """CASE WHEN onsite_bp_180 >= 5000 THEN 'onsite' WHEN onsite_bp_180 IS NOT NULL THEN 'offsite'
     WHEN service_mode_declared = 'onsite' THEN 'onsite' WHEN service_mode_declared = 'offsite' THEN 'offsite'
     ELSE 'unknown' END""",
    "location": """CASE WHEN region_class = 'central' THEN 'central'
     WHEN region_class IN ('small_city', 'remote') THEN 'remote' ELSE 'unknown' END""",
    "age_band": """CASE WHEN age <= 34 THEN 'young' WHEN age <= 59 THEN 'middle' WHEN age IS NOT NULL THEN 'old'
     ELSE 'unknown' END""",
    "time_input": """CASE WHEN time_input_declared IS NOT NULL THEN time_input_declared
     WHEN trades_90 >= 120 THEN 'fulltime' WHEN trades_90 >= 1 THEN 'parttime' ELSE 'unknown' END""",
    "asset_band": """CASE WHEN assets_avg >= 100000000 THEN 'large' WHEN assets_avg >= 10000000 THEN 'medium'
     WHEN assets_avg IS NOT NULL THEN 'retail' ELSE 'unknown' END""",
    "activity": """CASE WHEN traded_ever = 0 THEN 'never' WHEN days_since_trade <= 30 THEN 'active'
     WHEN days_since_trade < 180 THEN 'quiet' WHEN days_since_trade IS NOT NULL THEN 'dormant' ELSE 'unknown' END""",
    "value_band": "CASE WHEN value_score >= 80 THEN 'high' WHEN value_score >= 50 THEN 'mid' ELSE 'low' END",
}
CHANNEL = """CASE WHEN pref_channel IS NOT NULL THEN pref_channel
 WHEN age_band = 'old' AND service_mode = 'onsite' THEN 'counter'
 WHEN income IN ('mid', 'high') AND education IN ('college', 'graduate') THEN 'online' WHEN income = 'low' THEN 'phone'
 WHEN region_entry IS NOT NULL THEN region_entry ELSE 'phone' END"""
LABELS = {
    "focus-offsite": "service_mode = 'offsite'",
    "focus-remote": "location = 'remote'",
    "focus-mature": "age_band IN ('middle', 'old')",
    "focus-educated": "education IN ('college', 'graduate')",
    "focus-income": "income IN ('mid', 'high')",
    "churn-risk": "asset_band IN ('large', 'medium') AND days_since_trade >= 90",
    "idle-cash": "cash_bp >= 8000 AND cash_now >= 10000000",
}
FIELDS = """
INSERT INTO broker_feature
WITH seen AS (
  SELECT s.account_id, MAX(s.as_of) AS last_day,
   MAX(CASE WHEN s.as_of > date('{day}', '-45 days') THEN s.as_of END) AS now,
   SUM(CASE WHEN s.as_of > date('{day}', '-45 days') THEN s.total_assets END)
    / NULLIF(SUM(s.as_of > date('{day}', '-45 days')), 0) AS average,
   MAX(COALESCE(s.last_trade_date, CASE WHEN s.trades > 0 THEN s.as_of END)) AS last_trade,
   SUM(CASE WHEN s.as_of > date('{day}', '-90 days') THEN s.trades END) AS t90, SUM(s.trades) AS t365,
   SUM(CASE WHEN s.as_of > date('{day}', '-90 days') THEN s.turnover END) AS u90, SUM(s.turnover) AS u365,
   SUM(CASE WHEN s.as_of > date('{day}', '-90 days') THEN s.commission END) AS c90, SUM(s.commission) AS c365,
   SUM(CASE WHEN s.as_of > date('{day}', '-30 days') THEN s.deposits END) AS d30,
   SUM(CASE WHEN s.as_of > date('{day}', '-30 days') THEN s.withdrawals END) AS w30,
   SUM(CASE WHEN s.trades_onsite IS NOT NULL THEN s.trades END) AS placed, SUM(s.trades_onsite) AS onsite
  FROM broker_snapshot s WHERE s.as_of <= '{day}' GROUP BY s.account_id
), held AS (
  SELECT a.customer_id, COUNT(*) AS accounts, SUM(n.total_assets) AS now, SUM(v.average) AS average,
   SUM(n.cash) AS cash, MAX(v.last_day) AS last_day, MAX(v.last_trade) AS last_trade, COUNT(v.account_id) AS seen,
   SUM(t90) AS t90, SUM(t365) AS t365, SUM(u90) AS u90, SUM(u365) AS u365, SUM(c90) AS c90, SUM(c365) AS c365,
   SUM(d30) AS d30, SUM(w30) AS w30, SUM(placed) AS placed, SUM(onsite) AS onsite
  FROM broker_account a LEFT JOIN seen v ON v.account_id = a.id
  LEFT JOIN broker_snapshot n ON n.account_id = a.id AND n.as_of = v.now
  WHERE a.opened_on <= '{day}' AND (a.closed_on IS NULL OR a.closed_on > '{day}') GROUP BY a.customer_id
), risk AS (
  SELECT customer_id, level, expires_on, MAX(assessed_on) FROM broker_risk_assessment
  WHERE assessed_on <= '{day}' AND state NOT IN ('pending_review', 'rejected') GROUP BY customer_id
)
SELECT c.customer_id, c.status, c.kind, c.investor_class, c.source_kind, c.branch, c.region_code, c.education, c.income,
 c.occupation, c.pref_channel, c.service_mode_declared, c.time_input_declared, g.region_class, g.entry,
 CAST(strftime('%Y', '{day}') AS INTEGER) - CAST(strftime('%Y', p.birthday) AS INTEGER)
  - (strftime('%m%d', '{day}') < strftime('%m%d', p.birthday)),
 CAST(julianday('{day}') - julianday(c.opened_on) AS INTEGER), h.accounts, h.now, h.average, h.cash,
 10000 * h.cash / NULLIF(h.now, 0), h.last_day, CAST(julianday('{day}') - julianday(h.last_day) AS INTEGER),
 h.last_trade, CASE WHEN h.seen THEN h.last_trade IS NOT NULL END,
 CASE WHEN h.last_day > date('{day}', '-45 days') THEN
  MAX(0, CAST(julianday(h.last_day) - julianday(h.last_trade) AS INTEGER)) END,
 t90, t365, u90, u365, c90, c365, d30, w30, 10000 * onsite / NULLIF(placed, 0),
 CASE WHEN k.expires_on > '{day}' THEN k.level END, COALESCE(k.expires_on > '{day}', 0),
 CAST(julianday(k.expires_on) - julianday('{day}') AS INTEGER), 0, 0, 0, 0, 0, 0
FROM broker_client c JOIN customer p ON p.id = c.customer_id JOIN held h ON h.customer_id = c.customer_id
LEFT JOIN broker_region g ON g.code = c.region_code LEFT JOIN risk k ON k.customer_id = c.customer_id
WHERE c.status IN ('active', 'suspended') AND c.opened_on <= '{day}'
"""
SCORES = """
UPDATE broker_feature SET r = s.r, f = s.f, m = s.m, value_score = (20 * s.r + 30 * s.f + 50 * s.m) / 5
FROM (SELECT customer_id, 1 + 5 * (RANK() OVER (ORDER BY last_trade) - 1) / COUNT(*) OVER () AS r,
  1 + 5 * (RANK() OVER (ORDER BY COALESCE(trades_365, 0)) - 1) / COUNT(*) OVER () AS f,
  1 + 5 * (RANK() OVER (ORDER BY COALESCE(commission_365, 0)) - 1) / COUNT(*) OVER () AS m
 FROM broker_feature WHERE last_trade IS NOT NULL) s WHERE s.customer_id = broker_feature.customer_id
"""


def statements() -> Iterator[str]:
    """Yield the run by hand, statement by statement."""
    yield FIELDS.format(day=DAY)
    yield SCORES
    dims = ", ".join(f"{sql} AS {name}" for name, sql in DIMENSIONS.items())
    placed = f"SELECT *, {SEGMENT} AS segment, {CHANNEL} AS channel FROM (SELECT *, {dims} FROM broker_feature)"
    yield f"CREATE TEMP TABLE placed AS {placed}"
    yield f"""INSERT INTO broker_segment_change (customer_id, subject, new, effective_on, run_id, rule_id, evidence)
     SELECT customer_id, 'segment', segment, '{DAY}', 1, segment,
      '{{"days_since_open":' || days_since_open || ',"dim.asset_band":"' || asset_band || '"}}'
     FROM placed ORDER BY customer_id"""
    yield f"""INSERT INTO broker_segment_state (customer_id, segment, rule_id, since, run_id, r, f, m, value_score)
     SELECT customer_id, segment, segment, '{DAY}', 1, r, f, m, value_score FROM placed"""
    for name in (*DIMENSIONS, "channel"):
        yield f"""INSERT INTO broker_dimension_value (customer_id, dimension, value, rule_id, since)
         SELECT customer_id, '{name}', {name}, 'by hand', '{DAY}' FROM placed"""
    for name, condition in LABELS.items():
        yield f"INSERT INTO broker_label SELECT customer_id, '{name}', '{DAY}' FROM placed WHERE {condition}"
    yield f"""INSERT INTO broker_subscription (rv, customer_id, topic, channel, origin, codes, state, since)
     SELECT 1, l.customer_id, t.value, '', 'plan', '[]', 'active', '{DAY}' FROM placed l
     JOIN broker_service_plan p ON p.segment = l.segment, json_each(p.topics) t ORDER BY l.customer_id, t.value"""


def by_hand(file: Path) -> None:
    """Run it, durable as a shop is."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN IMMEDIATE")
        for statement in statements():
            connection.execute(statement)
        connection.execute("COMMIT")


def measured(*words: str) -> tuple[float, float, int]:
    """Run a process; return seconds, seconds of processor and peak memory in megabytes."""
    started = time.perf_counter()
    with subprocess.Popen(words, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {process.returncode}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def compare(ours: Path, theirs: Path) -> None:
    """Make sure that both have found the same."""
    with contextlib.closing(sqlite3.connect(ours)) as connection:
        connection.execute("ATTACH ? AS hand", (str(theirs),))
        for table, columns in (
            ("broker_segment_state", "customer_id, segment, r, f, m, value_score"),
            ("broker_dimension_value", "customer_id, dimension, value"), ("broker_label", "customer_id, label"),
        ):  # fmt: skip
            for one, other in (("main", "hand"), ("hand", "main")):
                wrong = connection.execute(
                    f"SELECT COUNT(*) FROM (SELECT {columns} FROM {one}.{table}"
                    f" EXCEPT SELECT {columns} FROM {other}.{table})"
                ).fetchone()[0]
                if wrong:
                    raise RuntimeError(f"{wrong} rows of {table} are not the same")


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("clients", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--by-hand", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.by_hand:
        by_hand(given.by_hand)
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    ours, theirs, month = (given.folder / name for name in ("ours.db", "theirs.db", "month.csv"))
    for file in given.folder.glob("*.db*"):
        file.unlink()
    maker = str(Path(__file__).with_name("make_branch.py"))  # apart: its memory would count as that of what follows
    subprocess.run([sys.executable, maker, str(given.clients), str(ours), "--monthly", str(month)], check=True)
    flow = (FLOW, "--db", str(ours), "broker")
    lines = [("import of the month", measured(*flow, "import", "snapshots", str(month)))]
    shutil.copy(ours, theirs)
    run = measured(*flow, "segment", "run", "--as-of", DAY)
    hand = measured(sys.executable, __file__, "0", ".", "--by-hand", str(theirs))
    compare(ours, theirs)
    lines += [("segment run", run), ("the same by hand", hand)]
    lines += [(f"{name} run", measured(*flow, name, "run", "--as-of", DAY)) for name in ("watch", "service")]
    lines.append(("segment run again", measured(*flow, "segment", "run", "--as-of", DAY)))
    moving = ("segment", "run", "--as-of", LATER, "--accept-mass-change")
    lines.append(("30 days later", measured(*flow, *moving)))
    lines.append(("why", measured(*flow, "why", "8000000777")))
    for name, (seconds, cpu, megabytes) in lines:
        print(f"{name:<20} {seconds:8.1f} s  {cpu:8.1f} s of processor  {megabytes:6} MB")
    print(f"segment run / by hand: {run[0] / hand[0]:.2f}, of processor {run[1] / hand[1]:.2f}, budget {LIMIT:g}")
    sys.exit(0 if run[1] <= LIMIT * hand[1] else 1)


if __name__ == "__main__":
    main()
