"""What scripts read: each published answer of the branch is what its command answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from serviceflow.api import table_of
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.store.place import Place
from serviceflow.testing.fixtures import NOW
from serviceflow.texts import language, speak
from serviceflow_brokerage import reassignments
from serviceflow_brokerage.campaign import life
from serviceflow_brokerage.commands.answers import ANSWERS
from serviceflow_brokerage.feed.kinds import KINDS
from serviceflow_brokerage.feed.load import load_file
from serviceflow_brokerage.rehearsal import Branch, staffed
from serviceflow_brokerage.research import notes
from serviceflow_brokerage.segment.run import segment_run
from serviceflow_brokerage.tables.clients import BrokerClient
from serviceflow_brokerage.tables.partners import BrokerReferral
from serviceflow_brokerage.watch import watch_run
from serviceflow_cli.main import run

from .test_campaigns import drafted, said, with_campaign
from .test_partners import agreed, attributed

TYPED = {
    "brokerage-alert": ("1",),
    "brokerage-client": ("80012345", "--notes"),
    "brokerage-history": ("80012345",),
    "brokerage-match": ("80012345", "P1"),
    "brokerage-members": ("C1",),
    "brokerage-rate": ("80012345", "--to", "200"),
    "brokerage-segment": ("general",),
    "brokerage-statement": ("B1", "2026-03"),
    "brokerage-why": ("80012345",),
}
"""What is typed after the command; nothing after the others."""
FILES = {
    "regions": "code,name,region_class\nSH,上海,central\n",
    "clients": "client_no,name,opened_on,region_code,phone\n80012345,陈文博,2025-02-12,SH,13800000001\n",
    "accounts": "account_no,client_no,kind,opened_on,rate_ppm\n10012345,80012345,cash,2025-02-12,300\n",
    "snapshots": "account_no,as_of,total_assets,trades,turnover\n10012345,2026-03-31,2000.00,1,1000.00\n",
}


@pytest.fixture(scope="module")
def april(template_of: Callable[..., Place], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    """A branch on 2026-04-01 of which every list has something to say, lived once for this file."""
    folder = tmp_path_factory.mktemp("answers")
    shutil.copy(str(template_of("sqlite", ("brokerage",)).path), folder / "shop.db")
    clock = SetClock(NOW)
    shop = Shop.open(Place(path=folder / "shop.db"), staff="xiaomei", clock=clock)
    branch = staffed(shop, clock)
    first, second = agreed(branch, "B1"), agreed(branch, "B2")
    branch.at("2026-04-01 09:00")
    for kind, text in FILES.items():
        (folder / f"{kind}.csv").write_text(text, "utf-8")
        load_file(shop, kind, KINDS[kind](), folder / f"{kind}.csv")
    client = customer_of(branch, "80012345")
    said(branch, client, True)
    branch.assessed(client, 2, "2024-04-10", "2026-04-10")
    branch.assessed(client, 4, "2026-03-30", "2028-03-30", state="pending_review")
    branch.product("P1", 1)
    segment_run(shop, date(2025, 12, 31))
    segment_run(shop)
    watch_run(shop)
    account = attributed(branch, first, "2026-02-11")
    branch.snapshot(account, "2026-03-31", "1", net_commission="1000.00")
    branch.open("partner-settlement", first, "qudao", month="2026-03-01")
    with shop.write("ask") as tx:
        reassignments.ask(shop, tx, tx.all(BrokerReferral)[0], second, "录入错误")
    drafted(branch, start=date(2026, 4, 1), end=date(2026, 4, 10))
    for by, work in (("yingxiao", life.submit), ("fuze", life.approve), ("yingxiao", life.start)):
        with_campaign(branch, by, work)
    branch.staff("fenxi")
    with shop.write("note") as tx:
        notes.add(shop, tx, "三季报点评", "stock", r_level=3, link="https://example.com/1")
    yield branch
    shop.close()


def customer_of(branch: Branch, number: str) -> int:
    with branch.shop.reading() as tx:
        return tx.all(BrokerClient, table_of(BrokerClient).c.client_no == number)[0].customer_id


@pytest.mark.parametrize("name", ANSWERS)
def test_a_command_answers_scripts_as_published(
    april: Branch, fits: Callable[[str, str], None], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    before, shape = language(), ANSWERS[name]
    words = (*shape.commands[0].split()[1:], *TYPED.get(name, ()))
    try:
        assert run(["--db", str(april.shop.place.path), "--as", "fuze", *words, "--json"], clock=april.clock) == 0
    finally:
        speak(before)
    answer = capsys.readouterr().out
    fits(name, answer)
    assert json.loads(answer)[shape.rows or "schema"]
