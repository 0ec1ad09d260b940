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
