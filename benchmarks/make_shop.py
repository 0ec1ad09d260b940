"""Makes a shop of any size in minutes: customers with all that a few years leave behind.

    python benchmarks/make_shop.py 1000000 /tmp/big.db
    python benchmarks/make_shop.py 10000 postgresql://…

A customer has 10 interactions, 5 tasks, one order of the studio with two actions, and one message that was sent.
The last one in twenty orders is open, with two of its tasks; there is one member of staff for 2,500 customers, so
that a person's day is as full in a small shop as in a large one. Rows are made by SQL, not through the journal:
what is measured on them reads, or adds to them through the front door. The same size gives the same shop, but
for its days, which end today. PostgreSQL gets the rows of the SQLite file by COPY.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from serviceflow.app import Shop, make_shop
from serviceflow.names import find_keys
from serviceflow.store.engine import open_engine
from serviceflow.store.place import Place, place_of
from serviceflow.store.write import tables_here

INTERACTIONS = 10
TASKS = 5
CUSTOMERS_PER_STAFF = 2_500
YEARS = 5
NAMES = 40_000
OPEN_ONE_IN = 20

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    "解单仇区查"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅文辉建国志小雨欣怡子涵梓轩浩宇诗梦琪佳慧雅婷"
    "思远晨曦若云海波鹏飞俊楠宁安乐凯旋嘉瑞泽家"
)

STEPS = """
INSERT INTO staff (id, rv, login, name, active)
WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {staff})
SELECT i, 1, 's' || i, (SELECT name FROM temp.person WHERE no = i % {names}), 1 FROM n;

INSERT INTO staff_role (staff_id, role, rv)
SELECT s.id, CASE s.id % 4 WHEN 0 THEN 'studio.cashier' WHEN 1 THEN 'studio.service' ELSE 'studio.consultant' END, 1
FROM staff s WHERE s.id > 1;

CREATE TEMP TABLE one AS
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {customers})
SELECT i AS id,
 (i * 48271 % 2147483647) % {names} AS name_no,
 13000000000 + i * 6700417 % 6000000000 AS mobile,
 1 + i * 69621 % 2147483647 % {staff} AS staff_id,
 datetime({today}, printf('%+d days', i * {days} / {customers} - {days} - 30), printf('%+d minutes', 60 + i * 37 % 540))
  AS at,
 i > {customers} - {customers} / {open_one_in} AS open
FROM n;

INSERT INTO customer (id, rv, kind, name, birthday, source, owner_id, tags, note, do_not_contact, created_at)
SELECT c.id, 1, 'person', p.name, date('1970-01-01', '+' || (c.id * 37 % 13000) || ' days'),
 CASE c.id % 3 WHEN 0 THEN 'walk-in' WHEN 1 THEN 'friend' ELSE 'online' END, c.staff_id,
 CASE c.id % 10 WHEN 0 THEN '["vip"]' ELSE '[]' END, '', c.id % 500 = 0, c.at
FROM temp.one c JOIN temp.person p ON p.no = c.name_no;

INSERT INTO contact (id, rv, customer_id, kind, value, shown, preferred)
SELECT c.id, 1, c.id, 'phone', '+86' || c.mobile, substr(c.mobile, 1, 3) || ' ' || substr(c.mobile, 4, 4) || ' '
 || substr(c.mobile, 8), 1 FROM temp.one c;

INSERT OR IGNORE INTO find_key (key, customer_id)
SELECT key, id FROM (
 SELECT k.key, c.id FROM temp.one c JOIN temp.person_key k ON k.no = c.name_no
 UNION ALL SELECT CAST(mobile AS TEXT), id FROM temp.one
 UNION ALL SELECT substr(mobile, 8), id FROM temp.one
) ORDER BY key, id;

INSERT INTO orders (id, rv, number, seq, customer_id, flow, flow_version, step, entry, entered_at, owner_id, scope,
 amount, currency, data, outcome, opened_at, closed_at)
SELECT c.id, 1, 'ST' || printf('%04d', c.id), c.id, c.id, 'studio-case', 1,
 CASE WHEN c.open THEN 'booked' WHEN c.id % 4 = 0 THEN 'lost' ELSE 'cancelled' END, 5, c.at, c.staff_id, '',
 299900 + c.id % 5 * 100000, 'CNY', '{{"left":"payment"}}',
 CASE WHEN c.open THEN 'booked' WHEN c.id % 4 = 0 THEN 'lost' ELSE 'cancelled' END, c.at,
 CASE WHEN c.open THEN NULL ELSE datetime(c.at, '+20 days') END
FROM temp.one c;

INSERT INTO number_series (key, last) VALUES ('studio-case', {customers});

INSERT INTO order_action (order_id, action, from_step, to_step, entry, at, recorded_at, staff_id, form, late_unit)
SELECT c.id, a.action, a.from_step, a.to_step, a.entry, datetime(c.at, a.later), datetime(c.at, a.later), c.staff_id,
 '{{}}', ''
FROM temp.one c JOIN (
 SELECT 'begin' AS action, 'reception' AS from_step, 'presentation' AS to_step, 2 AS entry, '+5 minutes' AS later
 UNION ALL SELECT 'take-deposit', 'payment', 'booked', 5, '+90 minutes') a;

INSERT INTO interaction (rv, customer_id, order_id, at, channel, outward, staff_id, summary, outcome)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {interactions} - 1)
SELECT 1, c.id, CASE WHEN n.i % 2 THEN c.id END, datetime(c.at, '+' || (n.i * 31) || ' hours'),
 CASE n.i % 3 WHEN 0 THEN 'visit' WHEN 1 THEN 'phone' ELSE 'wechat' END, n.i % 3 = 1, c.staff_id,
 CASE n.i % 5 WHEN 0 THEN '来店看样片, 想要外景' WHEN 1 THEN '电话回访, 时间未定' WHEN 2 THEN '微信发了套系价目'
 WHEN 3 THEN '问周末是否有空档' ELSE '确认收到短信' END, ''
FROM temp.one c CROSS JOIN n;

INSERT INTO task (rv, rule, subject, title_en, title_zh, due_at, assignee_id, role, customer_id, order_id, step, entry,
 stays, closed_by, made_at, state, done_at, result, reason)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {tasks} - 1)
SELECT 1, 'studio:urge', n.i, 'Urge to fix a shoot date', '催拍',
 CASE WHEN c.open AND n.i < 2 THEN datetime({today}, printf('%+d days', c.id * 7919 % 20 - 1), '+10 hours')
  ELSE datetime(c.at, '+' || (n.i * 5) || ' days') END,
 CASE WHEN n.i < 4 THEN c.staff_id END, CASE WHEN n.i = 4 THEN 'studio.consultant' END, c.id, c.id, 'booked', 5, 0, '',
 c.at, CASE WHEN c.open AND n.i < 2 THEN 'open' ELSE 'done' END,
 CASE WHEN c.open AND n.i < 2 THEN NULL ELSE datetime(c.at, '+' || (n.i * 5) || ' days') END,
 CASE WHEN c.open AND n.i < 2 THEN '' ELSE '约到周日' END, ''
FROM temp.one c CROSS JOIN n;

INSERT INTO message (rv, uid, generation, rule, template, variant, purpose, language, channel, customer_id, order_id,
 stays, recipient, recipient_name, subject, facts, body, condition, due_at, occurrence, state, reason, reason_ref,
 attempts, provider_ref, made_at, sent_at, trail)
SELECT 1, printf('%032x', c.id), 1, 'studio:booked-sms', 'booked-sms', '', 'service', 'zh', 'file', c.id, c.id, 0,
 '+86' || c.mobile, '', '', '{{}}', '订单已确认, 感谢您的信任。', '', c.at, 'studio:booked-sms/' || c.id, 'sent', '',
 '', 1, 'file', c.at, c.at, '[]'
FROM temp.one c;
"""


def person_names(count: int) -> list[str]:
    """Return ``count`` different Chinese names, the same each time."""
    spread = 7_919  # prime, so that every triple comes up once
    triples = len(SURNAMES) * len(GIVEN) ** 2
    names: dict[str, None] = {}
    for number in itertools.count():
        rest, first = divmod(number * spread % triples, len(GIVEN))
        surname, second = divmod(rest, len(GIVEN))
        short = number % 5 == 0
        names[SURNAMES[surname] + GIVEN[first] + ("" if short else GIVEN[second])] = None
        if len(names) == count:
            return list(names)
    raise AssertionError  # the count has no end


def fill(path: Path, customers: int, *, say: bool = False) -> None:
    """Fill a fresh shop in an SQLite file with ``customers`` customers and what belongs to them."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        _put_names(connection, min(customers, NAMES))
        numbers = {
            "customers": customers, "names": min(customers, NAMES), "days": YEARS * 365, "interactions": INTERACTIONS,
            "tasks": TASKS, "staff": max(customers // CUSTOMERS_PER_STAFF, 4), "open_one_in": OPEN_ONE_IN,
            "today": f"'{datetime.now(UTC):%Y-%m-%d}'",
        }  # fmt: skip
        for statement in STEPS.format(**numbers).split(";\n"):
            if not statement.strip():
                continue
            started = time.perf_counter()
            connection.execute(statement)
            if say:
                what = " ".join(statement.split()[:3])
                print(f"{time.perf_counter() - started:7.1f} s  {what}", file=sys.stderr)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")


def _put_names(connection: sqlite3.Connection, count: int) -> None:
    names = person_names(count)
    connection.execute("CREATE TEMP TABLE person (no INTEGER PRIMARY KEY, name TEXT)")
    connection.executemany("INSERT INTO temp.person VALUES (?, ?)", enumerate(names))
    connection.execute("CREATE TEMP TABLE person_key (no INTEGER, key TEXT, PRIMARY KEY (no, key)) WITHOUT ROWID")
    connection.executemany(
        "INSERT INTO temp.person_key VALUES (?, ?)",
        ((no, key) for no, name in enumerate(names) for key in find_keys(name)),
    )


def copy(source: Path, target: Place) -> None:
    """Bring the rows of a shop in an SQLite file into a fresh shop on PostgreSQL."""
    import psycopg

    engine = open_engine(target)
    with engine.connect() as connection:
        tables = [t for t in tables_here(connection) if t.name != "shop_meta"]
    engine.dispose()
    with contextlib.closing(sqlite3.connect(source)) as rows, psycopg.connect(target.url or "") as server:
        cursor = server.cursor()
        cursor.execute("SET session_replication_role = replica")
        for table in tables:
            columns = ", ".join(f'"{c.name}"' for c in table.c)
            cursor.execute(f"TRUNCATE {table.name} CASCADE".encode())
            with cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN".encode()) as stream:
                kinds = [c.type.python_type for c in table.c]
                for row in rows.execute(f"SELECT {columns} FROM {table.name}"):  # noqa: S608
                    stream.write_row(list(_typed(kinds, row)))
            key = next((c.name for c in table.primary_key if c.name == "id"), None)
            if key is not None and table.name != "operation":
                highest = f"SELECT coalesce(max(id), 1) FROM {table.name}"  # noqa: S608
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), ({highest}))".encode())
        server.commit()
        server.autocommit = True
        server.execute("ANALYZE")


def _typed(kinds: list[type], row: tuple[object, ...]) -> Iterator[object]:
    for kind, value in zip(kinds, row, strict=True):
        if value is None:
            yield None
        elif kind is bool:
            yield bool(value)
        elif kind is datetime:
            yield f"{value}+00"
        else:
            yield value


def make(place: Place, customers: int, *, say: bool = False) -> None:
    """Make a studio with ``customers`` customers at a place where there is no shop yet."""
    if place.path is None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "shop.db"
            make(Place(path=file), customers, say=say)
            make_empty(place)
            copy(file, place)
        return
    make_empty(place)
    fill(place.path, customers, say=say)


def make_empty(place: Place) -> None:
    """Make a studio without customers, whose staff is 小美 (``xiaomei``), who holds every role."""
    shop: Shop = make_shop(place, login="xiaomei", name="小美", language="zh", industries=["studio"])
    shop.close()


def main() -> None:
    """Make the shop that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("customers", type=int)
    parser.add_argument("place", help="a file or a postgresql:// address where there is no shop yet")
    given = parser.parse_args()
    started = time.perf_counter()
    make(place_of(given.place), given.customers, say=True)
    print(f"{given.customers:,} customers in {time.perf_counter() - started:.0f} s: {given.place}")


if __name__ == "__main__":
    main()
