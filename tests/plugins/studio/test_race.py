"""A14: the last place, wanted at the same time from several machines, is given once."""

from __future__ import annotations

import time
from pathlib import Path

from serviceflow.testing.processes import start_script
from serviceflow_studio.rehearsal import Rehearsal

RACER = """
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.engine.act import act
from serviceflow.errors import FlowError

place, order, course = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
shop = Shop.open(place, staff="xiaomei", clock=SetClock(datetime(2025, 6, 1, 2, 0, tzinfo=UTC)))
shop.plugins.trade("studio")
(course / f"ready-{order}").touch()
while not (course / "go").exists():
    time.sleep(0.002)
try:
    act(shop, order, "book-shoot", {"date": "2025-06-10", "wave": "13:30"})
    print("booked", flush=True)
except FlowError as refusal:
    print(refusal.ref, refusal.sentence.to("en"), flush=True)
"""


def test_A14_two_at_once(studio: Rehearsal, tmp_path: Path) -> None:
    studio.at("2025-06-01 10:00")
    cases = []
    for n in range(4):
        case = studio.booked(name=f"客{n}", phone=f"1380000010{n}")
        studio.do(case, "give-pack", card_no=f"LC14{n}", explained="yes")
        cases.append(case)
    studio.do(cases.pop(), "book-shoot", date="2025-06-10", wave="13:30")
    place = str(studio.shop.place.path or studio.shop.place.url)
    script = tmp_path / "racer.py"
    script.write_text(RACER, encoding="utf-8")
    racers = {case: start_script(script, place, str(case), str(tmp_path)) for case in cases}
    while all(racer.running for racer in racers.values()) and len(list(tmp_path.glob("ready-*"))) < len(racers):
        time.sleep(0.01)
    (tmp_path / "go").touch()
    answers = {case: racer.wait(60).stdout.strip() for case, racer in racers.items()}
    winners = [case for case, answer in answers.items() if answer == "booked"]
    assert len(winners) == 1, answers
    assert studio.bookings(studio.session(winners[0]), "shoot") == [("2025-06-10 13:30", "w2", "booked")]
    for case in set(cases) - set(winners):
        ref, _, sentence = answers[case].partition(" ")
        assert ref in ("studio.place-free", "studio.place-taken")
        assert sentence.startswith("2025-06-10 13:30 ")
        assert studio.step(case) == "booked"
        assert "day-before-call" not in studio.tasks(case)
        assert studio.rows_of_children(case) == 0
