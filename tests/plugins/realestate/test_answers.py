"""What scripts read: each published answer of the sales centre is what its command answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.store.place import Place
from serviceflow.testing.fixtures import NOW
from serviceflow.texts import language, speak
from serviceflow_cli.main import run
from serviceflow_realestate.commands.answers import ANSWERS
from serviceflow_realestate.rehearsal import Rehearsal, emerald_bay, staffed

TYPED = {
    "realestate-docs": ("MTG-0001",),
    "realestate-ledger": ("CON-0001",),
    "realestate-papers": ("SUB-0001",),
    "realestate-quote": ("3-1-1602",),
    "realestate-report": ("sell-through",),
    "realestate-unit": ("3-1-1502",),
}
"""What is typed after the command; nothing after the others."""


@pytest.fixture(scope="module")
def july(template_of: Callable[..., Place], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """A sales centre on 2026-07-01 of which every list has something to say, lived once for this file."""
    file = tmp_path_factory.mktemp("answers") / "shop.db"
    shutil.copy(str(template_of("sqlite", ("realestate",)).path), file)
    clock = SetClock(NOW)
    shop = Shop.open(Place(path=file), staff="xiaomei", clock=clock)
    centre = staffed(shop, clock)
    emerald_bay(centre)
    developer = centre.customer("开发商", kind="organisation")
    centre.open("re-project", developer, "ying", project="CHW")
    _, loan = centre.with_loan()
    centre.papers(loan, but="credit-report")
    centre.at("2026-03-13 10:00")
    who = centre.customer("赵强", "13800000002")
    sub = centre.deposited("5-2-0801", who, pay_way="instalment", loan="", years="")
    centre.brief(sub)
    bought = centre.at_terms(sub, "2026-03-13 14:00")
    centre.do(bought, "no-objection")
    centre.do(bought, "receive-payment", amount="482391", method="transfer")
    centre.do(bought, "sign", contract_no="HT-2", handover_date="2027-06-30")
    centre.cron("2026-07-01 08:30")
    centre.rota("sign_in", "lin")
    for n in range(2):
        visitor = centre.customer(f"客{n}", f"1380000003{n}")
        centre.consent(visitor, "sms")
        centre.open("re-lead", visitor, "sun", start="visit-in")
    centre.subscribed("3-1-1602", who)
    yield centre
    shop.close()


@pytest.mark.parametrize("name", ANSWERS)
def test_a_command_answers_scripts_as_published(
    july: Rehearsal, fits: Callable[[str, str], None], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    before, shape = language(), ANSWERS[name]
    words = (*shape.commands[0].split()[1:], *TYPED.get(name, ()))
    try:
        assert run(["--db", str(july.shop.place.path), "--as", "chen", *words, "--json"], clock=july.clock) == 0
    finally:
        speak(before)
    answer = capsys.readouterr().out
    fits(name, answer)
    assert json.loads(answer)[shape.rows or "schema"]
