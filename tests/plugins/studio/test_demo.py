"""A busy Saturday: the demonstration, and the screens a dispatcher reads on it, approved by eye in both languages."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from serviceflow.app import Shop, make_shop
from serviceflow.clock import CLOCK_BEHIND, SetClock
from serviceflow.store.place import Place
from serviceflow.store.tables import Meta, Order, Request
from serviceflow.texts import language, speak
from serviceflow_cli.main import run
from serviceflow_studio import boards
from serviceflow_studio.commands.answers import ANSWERS
from serviceflow_studio.demo import last_saturday, live
from serviceflow_studio.rehearsal import SHANGHAI
from serviceflow_studio.tables import StudioPiece

WEDNESDAY = datetime(2026, 11, 25, 3, 40, tzinfo=SHANGHAI)
SATURDAY = datetime(2026, 11, 21, 11, 20, tzinfo=SHANGHAI)
SCREENS = Path(__file__).parents[2] / "screens" / "studio"
LINES = {
    "today": ("today",),
    "floor": ("studio", "floor"),
    "cal_day": ("studio", "cal", "shoot"),
    "cal_week": ("studio", "cal", "shoot", "--days", "7"),
    "cal_month": ("studio", "cal", "shoot", "--days", "31"),
    "cal_cars": ("studio", "cal", "car", "--days", "3"),
    "cal_viewing": ("studio", "cal", "viewing", "--free"),
    "cal_viewing_month": ("studio", "cal", "viewing", "--days", "14"),
    "cal_pickup": ("studio", "cal", "pickup", "2026-11-22"),
    "urge": ("studio", "urge"),
    "pieces": ("studio", "pieces"),
    "packages": ("studio", "packages"),
    "report": ("studio", "report", "2026-11"),
    "documents": ("doc", "list", "--kind", "plan-sheet"),
}
WINDOWS = {
    "studio-cal": ("shoot",),
    "studio-cal-month": ("shoot", "--days", "31"),
    "studio-cal-free": ("viewing", "--free"),
}


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (WEDNESDAY, SATURDAY),
        (SATURDAY, SATURDAY),
        (SATURDAY - timedelta(minutes=1), SATURDAY - timedelta(days=7)),
        (SATURDAY + timedelta(days=6), SATURDAY),
    ],
)
def test_the_demonstration_is_of_the_last_saturday_morning(now: datetime, then: datetime) -> None:
    assert last_saturday(now) == then


@pytest.fixture(scope="module")
def saturday(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The demonstration, lived once for this file."""
    clock = SetClock(WEDNESDAY - timedelta(days=42))
    place = Place(path=tmp_path_factory.mktemp("demo") / "demo.db")
    shop = make_shop(place, login="mei", name="小美", language="zh", clock=clock, industries=["studio"])
    live(shop, clock, WEDNESDAY)
    yield shop
    shop.close()


def test_the_waves_are_full_and_the_floor_is_busy(saturday: Shop) -> None:
    assert saturday.clock.now() == SATURDAY
    with saturday.reading() as tx:
        waves = boards.control_table(saturday, tx, "shoot", SATURDAY.date())
        floor = boards.floor(saturday, tx, SATURDAY.date())
        waiting = tx.all(Request)
        complaints = [o for o in tx.all(Order) if o.flow == "studio-complaint" and o.step == "open"]
        reworked = [p.code for p in tx.all(StudioPiece) if p.reworked]
    assert [(row["start"], row["free"]) for row in waves] == [("09:00", 0), ("10:30", 0), ("13:30", 0)]
    assert [row["step"] for row in floor] == [
        "makeup", "shooting", "waiting", "dressing", "changing", "planned", "planned", "planned",
    ]  # fmt: skip
    assert [row["late"] for row in floor if row["late"]] == [50]
    assert sum(row["over"] for row in floor) == 4
    assert [r.action for r in waiting if r.state == "pending"] == ["sign-plan"]
    assert len(complaints) == 1
    assert reworked == ["frame-20in"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("spoken", ["zh", "en"])
@pytest.mark.parametrize("name", LINES)
def test_a_screen_is_the_approved_one(saturday: Shop, monkeypatch: pytest.MonkeyPatch, name: str, spoken: str) -> None:
    shown = []
    for width in (80, 120):
        screen, before = Terminal(), language()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", screen)
            patch.setattr(sys, "stderr", screen)
            patch.setenv("COLUMNS", str(width))
            patch.setenv("NO_COLOR", "1")
            patch.delenv("FLOW_LANG", raising=False)
            line = ["--db", str(saturday.place.path), "--as", "mei", "--lang", spoken, *LINES[name]]
            try:
                assert run(line, clock=saturday.clock) == 0
            finally:
                speak(before)
        shown.append(f"--- {width} ---\n{screen.getvalue()}")
    file, text = SCREENS / f"{name}.{spoken}.txt", "\n".join(shown)
    text.encode("gbk")
    if os.environ.get("SERVICEFLOW_APPROVE"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ANSWERS)
def test_a_board_answers_scripts_as_published(
    saturday: Shop, fits: Callable[[str, str], None], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    before = language()
    words = ("studio", "cal", *WINDOWS[name]) if name in WINDOWS else tuple(ANSWERS[name].commands[0].split()[1:])
    try:
        assert run(["--db", str(saturday.place.path), "--as", "mei", *words, "--json"], clock=saturday.clock) == 0
    finally:
        speak(before)
    fits(name, capsys.readouterr().out)


def test_the_demonstration_goes_on_from_its_own_day(saturday: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with saturday.write("demo") as tx:
        tx.add(Meta(key=CLOCK_BEHIND, value="345600"))
    assert saturday.place.path is not None
    again = Shop.open(saturday.place, staff="mei")
    behind = datetime.now(SHANGHAI) - again.clock.now()
    again.close()
    assert timedelta(days=4) <= behind < timedelta(days=4, seconds=5)
