"""A branch with 2,000 clients and a year of month-end data, up to a service manager's morning: ``flow demo brokerage``.

Files go through the real imports, months through the real runs, orders through the real flows.
"""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from serviceflow.api import Customer, MovedClock, Shop, add_months, run_reminders, set_consent, table_of

from serviceflow_brokerage.campaign import life
from serviceflow_brokerage.feed.kinds import KINDS
from serviceflow_brokerage.feed.load import load_file
from serviceflow_brokerage.rehearsal import SHANGHAI, Branch, staffed
from serviceflow_brokerage.research import coverage, notes
from serviceflow_brokerage.segment.run import segment_run
from serviceflow_brokerage.service import service_run
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.segments import BrokerSegmentState
from serviceflow_brokerage.watch import watch_run

CLIENTS: Final = 2_000
MONTHS: Final = 12
FAMILIES: Final = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹"
GIVEN: Final = "伟芳娜敏静丽强磊洋艳勇杰娟涛明超秀霞平刚桂英华玉兰红玲建国志文博宇欣"
REGIONS: Final = (("SH", "上海", "central"), ("WX", "无锡", "small_city"), ("XZ", "徐州", "remote"))
COLUMNS: Final = (
    "account_no,as_of,total_assets,cash,trades,trades_onsite,turnover,commission,deposits,withdrawals,last_trade_date"
)


@dataclass(slots=True)
class Person:
    """One client as the year goes by; amounts in fen."""

    number: int
    assets: int
    trader: bool
    onsite: bool
    last_trade: date | None = None

    @property
    def account(self) -> str:
        return f"1{self.number:07}"


def live(shop: Shop, clock: MovedClock, now: datetime) -> Sequence[str]:
    """Live through the year up to this morning; return the commands worth trying then."""
    keep = shop.staff_id
    branch = staffed(shop, clock)
    today = now.astimezone(SHANGHAI).date()
    chance = random.Random(7)
    people = [_person(n, chance) for n in range(1, CLIENTS + 1)]
    with tempfile.TemporaryDirectory() as folder:
        _files(Path(folder), people, chance, today)
        ends = list(_month_ends(today))
        _moment(branch, ends[0], "20:00")
        branch.staff("shuju")
        for kind in ("regions", "products", "clients", "accounts"):
            load_file(shop, kind, KINDS[kind](), Path(folder) / f"{kind}.csv")
        _consents(shop)
        _owners(shop, [keep or branch.ids["wanglei"], branch.ids["wanglei"], branch.ids["liuyang"]])
        for end in ends:
            _moment(branch, end, "20:00")
            file = Path(folder) / f"snapshots-{end}.csv"
            file.write_text("\n".join([COLUMNS, *(_month(p, end, chance) for p in people)]) + "\n", "utf-8")
            load_file(shop, "snapshots", KINDS["snapshots"](), file)
            segment_run(shop, end, accept_mass_change=True)
    _orders(branch, today)
    _offers_to_clients(branch, today)
    _moment(branch, today, "07:30")
    branch.staff("shuju")
    segment_run(shop)
    watch_run(shop)
    service_run(shop)
    run_reminders(shop)
    clock.set(now)
    shop.staff_id = keep
    return (
        "flow today",
        "flow broker watch list",
        f"flow broker why 8{_first_core(shop):07}",
        "flow broker client 80000001",
        "flow sign",
    )


def _moment(branch: Branch, day: date, at: str) -> None:
    branch.clock.set(datetime.combine(day, time.fromisoformat(at), SHANGHAI))


def _month_ends(today: date) -> Iterator[date]:
    first = today.replace(day=1)
    for back in range(MONTHS - 1, -1, -1):
        yield add_months(first, -back) - timedelta(days=1)


def _person(number: int, chance: random.Random) -> Person:
    assets = int(10 ** chance.uniform(5.5, 8.4))
    return Person(number, assets, chance.random() < 0.12, chance.random() < 0.3)


def _month(person: Person, end: date, chance: random.Random) -> str:
    """Return a client's row of a month and let his assets live on."""
    trades = chance.randint(20, 90) if person.trader else chance.choice((0, 0, 0, 1, 2, 5))
    deposits = int(person.assets * chance.uniform(0.1, 0.5)) if chance.random() < 0.04 else 0
    withdrawals = int(person.assets * chance.uniform(0.1, 0.6)) if chance.random() < 0.04 else 0
    person.assets = max(0, int(person.assets * chance.uniform(0.93, 1.07)) + deposits - withdrawals)
    if trades:
        person.last_trade = end - timedelta(days=chance.randint(0, 20))
    turnover = trades * person.assets // 20
    cash = person.assets if not trades and chance.random() < 0.1 else person.assets // 10
    figures: list[Any] = [
        person.account, end, _yuan(person.assets), _yuan(cash), trades, trades if person.onsite else 0, _yuan(turnover),
        _yuan(turnover * 300 // 1_000_000), _yuan(deposits), _yuan(withdrawals), person.last_trade or "",
    ]  # fmt: skip
    return ",".join(map(str, figures))


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


def _files(folder: Path, people: list[Person], chance: random.Random, today: date) -> None:
    _write(folder / "regions.csv", ["code", "name", "region_class"], [list(r) for r in REGIONS])
    products = [["P1", "货币基金", 1, "fixed_income"], ["P3", "混合基金", 3, "mixed"], ["P4", "科创基金", 4, "equity"]]
    _write(folder / "products.csv", ["code", "name", "r_level", "invest_class"], products)
    clients, accounts = [], []
    for person in people:
        opened = today - timedelta(days=chance.randint(380, 4000))
        name = chance.choice(FAMILIES) + "".join(chance.choices(GIVEN, k=chance.randint(1, 2)))
        born = date(chance.randint(1945, 2003), chance.randint(1, 12), chance.randint(1, 28))
        clients.append(
            [
                f"8{person.number:07}", name, opened, f"139{person.number:08}", born, chance.choice(REGIONS)[0],
                chance.choice(("junior", "senior", "college", "graduate")), chance.choice(("low", "mid", "high")),
            ]
        )  # fmt: skip
        accounts.append([person.account, f"8{person.number:07}", "cash", opened, 300])
    heads = ["client_no", "name", "opened_on", "phone", "birthday", "region_code", "education", "income"]
    _write(folder / "clients.csv", heads, clients)
    _write(folder / "accounts.csv", ["account_no", "client_no", "kind", "opened_on", "rate_ppm"], accounts)


def _write(path: Path, heads: list[str], rows: Sequence[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([heads, *rows])


def _owners(shop: Shop, owners: list[int]) -> None:
    with shop.write("brokerage hand out clients") as tx:
        for n, customer in enumerate(tx.all(Customer, order_by=[table_of(Customer).c.id])):
            tx.change(customer, owner_id=owners[n % len(owners)])


def _consents(shop: Shop) -> None:
    """Two of three clients have agreed to marketing."""
    with shop.write("brokerage consents") as tx:
        for n, customer in enumerate(tx.all(Customer, order_by=[table_of(Customer).c.id])):
            if n % 3:
                set_consent(tx, customer, "marketing", True, evidence="开户协议")


def _offers_to_clients(branch: Branch, today: date) -> None:
    """A campaign that waits for the branch manager, a note that waits for a second reader, who writes the brief."""
    shop = branch.shop
    branch.staff("yingxiao")
    segment = {"all": [{"field": "segment", "op": "in", "value": ["core", "trader"]}]}
    with shop.write("brokerage campaign new") as tx:
        campaign = life.draft(
            shop, tx, "DJ1", "年末资产检视", kind="activation", target=segment, channels=["sms"], feedback=["reply"],
            start=today, end=today + timedelta(days=20), control_pct=20, goal="trade", budget=200_000,
            body="年末资产检视已开放预约。",
        )  # fmt: skip
        life.submit(shop, tx, campaign)
    branch.staff("fenxi")
    with shop.write("brokerage note add") as tx:
        coverage.cover(shop, tx, "fenxi", "brief", cadence="daily", due="08:30")
        coverage.cover(shop, tx, "fenxi", "stock")
        note = notes.add(shop, tx, "白酒板块三季报点评", "stock", r_level=3, link="https://example.com/notes/1")
        notes.review(shop, tx, note)


def _first_core(shop: Shop) -> int:
    states = table_of(BrokerSegmentState)
    with shop.reading() as tx:
        found = tx.one(BrokerSegmentState, states.c.segment == "core", order_by=[states.c.customer_id])
        client = tx.get(BrokerClient, found.customer_id) if found is not None else None
    return int(client.client_no[1:]) if client is not None and client.client_no else 1


def _orders(branch: Branch, today: date) -> None:
    """A lead, a client who insists, an offer that waits for the branch manager, a question."""
    yesterday = today - timedelta(days=1)
    _moment(branch, yesterday, "10:00")
    branch.open("account-opening", branch.client("钱新", phone="13700000001"), "wanglei", origin="walk_in")
    branch.assessed(1, 2, (today - timedelta(days=90)).isoformat(), add_months(today, 21).isoformat(), kinds="mixed")
    wanted = {"product": "P4", "amount": "50000", "initiated_by": "client", "channel": "onsite"}
    branch.do(branch.open("suitability", 1, "wanglei", **wanted), "client-insists", "wanglei", statement_ref="S1")
    offer = {"account": "10000002", "new_rate": "150", "reason": "assets", "committed_assets": "500000"}
    branch.do(branch.open("commission-offer", 2, "liuyang", **offer), "submit", "liuyang")
    branch.open("advice-question", 3, "zuoxi", text="可转债怎么看?", topic="stock", channel="web")
