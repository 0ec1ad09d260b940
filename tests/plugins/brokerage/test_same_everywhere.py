"""Scenario S17 of brokerage.md section 10: SQLite and PostgreSQL find the same. Times and memory: benchmarks/."""

from __future__ import annotations

import random
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.store.place import Place
from serviceflow.testing.postgres import Server
from serviceflow_brokerage.feed.kinds import KINDS
from serviceflow_brokerage.feed.load import load_file
from serviceflow_brokerage.rehearsal import Branch, staffed
from serviceflow_brokerage.segment.run import segment_run
from serviceflow_brokerage.service import service_run
from serviceflow_brokerage.watch import watch_run

CLIENTS = 80
EXPORTS = (
    "SELECT customer_id, segment, rule_id, since, r, f, m, value_score FROM broker_segment_state",
    "SELECT customer_id, dimension, value, rule_id FROM broker_dimension_value",
    "SELECT customer_id, label FROM broker_label",
    "SELECT customer_id, subject, old, new, evidence FROM broker_segment_change",
    "SELECT customer_id, topic, state FROM broker_subscription",
    "SELECT rule, customer_id, event_key, raised_on, cleared_on, evidence, task_id IS NULL FROM broker_alert",
    "SELECT customer_id, rule, title_zh, due_at, assignee_id, role FROM task",
)


def files(folder: Path) -> None:
    chance = random.Random(17)
    clients, accounts, snapshots = [], [], []
    for n in range(1, CLIENTS + 1):
        opened = date(2026, 3, 25) - timedelta(days=chance.randint(0, 900))
        born = f"{chance.randint(1940, 2005)}-02-{chance.randint(10, 28)}" if n % 7 else ""
        income = chance.choice(("low", "mid", "high", ""))
        clients.append(f"8{n:05},客{n:03},{opened},{born},{chance.choice(('SH', 'XZ', ''))},{income}")
        for kind in ("cash", "margin")[: 1 + (n % 5 == 0)]:
            account = f"1{n:05}{kind[0]}"
            accounts.append(f"{account},8{n:05},{kind},{opened},300")
            for as_of in (date(2026, 2, 2), date(2026, 2, 27), date(2026, 3, 31)):
                if as_of >= opened and chance.random() < 0.9:
                    assets, trades = chance.choice((0, 50_000, 120_000, 1_500_000)), chance.choice((0, 0, 3, 70))
                    cash, moved = chance.choice(("", str(assets))), chance.choice((0, 0, 0, 200_000))
                    figures = f"{assets},{cash},{trades},{trades // 2},{trades * 1000},{trades * 3},{moved},{moved}"
                    snapshots.append(f"{account},{as_of},{figures}")
    texts = {
        "regions": ["code,name,region_class", "SH,上海,central", "XZ,徐州,remote"],
        "clients": ["client_no,name,opened_on,birthday,region_code,income", *clients],
        "accounts": ["account_no,client_no,kind,opened_on,rate_ppm", *accounts],
        "snapshots": [
            "account_no,as_of,total_assets,cash,trades,trades_onsite,turnover,commission,deposits,withdrawals",
            *snapshots,
        ],
    }
    for kind, lines in texts.items():
        (folder / f"{kind}.csv").write_text("\n".join(lines) + "\n", "utf-8")


def lived(place: Place, clock: SetClock, folder: Path) -> list[list[tuple[Any, ...]]]:
    """Load the files, run two days, and return what the tables say."""
    shop = Shop.open(place, staff="xiaomei", clock=clock)
    branch: Branch = staffed(shop, clock)
    branch.at("2026-03-31 20:00")
    for kind in ("regions", "clients", "accounts", "snapshots"):
        load_file(shop, kind, KINDS[kind](), folder / f"{kind}.csv")
    for moment in ("2026-03-31 20:00", "2026-04-20 20:00"):
        branch.at(moment)
        segment_run(shop, accept_mass_change=True)
        watch_run(shop)
        service_run(shop)
    with shop.reading() as tx:
        found = [[tuple(map(plain, row)) for row in tx.connection.exec_driver_sql(sql)] for sql in EXPORTS]
    shop.close()
    return [sorted(rows, key=repr) for rows in found]


def plain(value: Any) -> Any:
    """Return a value as both databases may give it: days and instants as text, truth as a number."""
    if isinstance(value, bool):
        return int(value)
    return str(value)[:19] if isinstance(value, date) else value


def test_s17_both_databases_find_the_same(
    template_of: Any, industries: tuple[str, ...], postgres: Server, tmp_path: Path, clock: SetClock
) -> None:
    files(tmp_path)
    shutil.copy(template_of("sqlite", industries).path, tmp_path / "shop.db")
    ours = lived(Place(path=tmp_path / "shop.db"), clock, tmp_path)
    name = postgres.create(urlsplit(template_of("postgresql", industries).url).path.removeprefix("/"))
    theirs = lived(Place(url=postgres.url_of(name)), clock, tmp_path)
    postgres.drop(name)
    assert [len(rows) > CLIENTS / 4 for rows in ours] == [True] * len(EXPORTS)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine == other
