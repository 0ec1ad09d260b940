"""`flow catering …` as it is typed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import StringIO

import pytest
from conftest import House
from serviceflow.api import MovedClock, Shop
from serviceflow_cli.main import run

from serviceflow_catering.demo import live

Flow = Callable[..., str]


@pytest.fixture
def flow(shop: Shop, clock: MovedClock, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """Type a line; return what it prints."""
    where = str(shop.place.path or shop.place.url)

    def line(*words: str) -> str:
        screen = StringIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", screen)
            code = run(["--db", where, "--as", "xiaomei", "--lang", "en", *words], clock=clock)
        assert code == 0
        return screen.getvalue()

    return line


def test_an_evening_at_the_door(house: House, flow: Flow) -> None:
    house.guest()
    flow("catering", "book", "李娜", "--party", "4", "--at", "2026-11-25 18:30", "--table", "A3")
    assert house.step(1) == "booked"
    house.at("2026-11-25 18:30")
    house.do(1, "seat", table="A3")
    advice = flow("catering", "advise", "CT0001", "--taste", "light", "--without", "peanut").splitlines()
    assert [line.split()[0] for line in advice[-3:]] == ["D01", "D02", "D12"]
    house.do(1, "order", dishes="D01,D12")
    house.at("2026-11-25 19:11")
    flow("catering", "problem", "CT0001", "--kind", "missing", "--dish", "D12", "--remedy", "rush")
    floor = flow("catering", "floor")
    assert "CT0001" in floor
    assert "41" in floor
    assert "D01" in floor


def test_the_demo_lives_up_to_now(shop: Shop, clock: MovedClock, flow: Flow) -> None:
    live(shop, clock, clock.now())
    assert "A3" in flow("catering", "floor")
    assert "(1/2)" in flow("catering", "report", "--since", "2026-11-01")


def test_what_a_guest_must_not_eat_is_noted_and_heeded(house: House, flow: Flow) -> None:
    house.guest()
    visit = house.book(1, "2026-11-25 18:30")
    flow("catering", "guest", "李娜", "--allergen", "fish", "--taste", "light", "--heat", "0")
    assert visit == 1
    rows = flow("--csv", "catering", "advise", "CT0001").splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == ["D02", "D12"]


def test_the_menu_and_the_tables_are_kept(house: House, flow: Flow) -> None:
    flow("catering", "dish", "D20", "--en", "Noodles", "--zh", "面", "--price", "18", "--taste", "salty")
    flow("catering", "dish", "D20", "--sold-out", "--allergen", "wheat")
    assert flow("--csv", "catering", "menu").splitlines()[-1] == "D20,Noodles 面,18.00,salty,0,wheat,no,yes"
    flow("catering", "table", "C1", "--seats", "6")
    flow("catering", "table", "C1", "--no-active")
    assert "C1" not in flow("catering", "floor")


@pytest.mark.parametrize(("minutes", "late"), [(20, ""), (21, "D01"), (40, "D01"), (41, "D01|D12")])
def test_the_floor_shows_late_dishes(house: House, flow: Flow, minutes: int, late: str) -> None:
    house.at("2026-11-25 18:00")
    house.dining(house.guest())
    house.at(f"2026-11-25 18:{minutes}")
    [row] = [line for line in flow("--csv", "catering", "floor").splitlines() if line.startswith("A3")]
    assert row.split(",", 6)[-1].strip('"').replace(", ", "|") == late


@pytest.mark.parametrize(("consents", "then", "goes"), [
    pytest.param(True, "", True, id="consented and stayed away"),
    pytest.param(False, "", False, id="no consent"),
    pytest.param(True, "came", False, id="came again"),
    pytest.param(True, "came as booked before", False, id="came again on an older booking"),
    pytest.param(True, "booked and did not come", True, id="booked and did not come"),
])  # fmt: skip
def test_c4_who_consented_and_did_not_come_again_is_called_back(
    house: House, flow: Flow, consents: bool, then: str, goes: bool
) -> None:
    guest = house.guest()
    if consents:
        flow("customer", "edit", "李娜", "--consent", "marketing=yes")
    house.at("2026-05-02 12:00")
    before = house.book(guest, "2026-05-20 18:00") if then == "came as booked before" else None
    house.closed("2026-05-02 20:00", guest)
    if then == "came":
        house.closed("2026-05-20 20:00", guest)
    if before is not None:
        house.at("2026-05-20 18:00")
        house.do(before, "seat", table="A1")
    if then == "booked and did not come":
        house.at("2026-05-10 12:00")
        house.book(guest, "2026-05-20 18:00")
        house.run("2026-05-20 18:15:01")
    house.run("2026-06-01 10:00")
    texts = [line for line in flow("--csv", "remind", "hand").splitlines() if "好久不见" in line]
    assert ["您喜欢的清蒸鲈鱼给您留着" in text for text in texts] == ([True] if goes else [])
