"""`flow sprout …` as it is typed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import StringIO

import pytest
from serviceflow.api import MovedClock, Shop
from serviceflow_cli.main import run

from serviceflow_sprout.demo import live

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


def test_the_demo_lives_up_to_now(shop: Shop, clock: MovedClock, flow: Flow) -> None:
    live(shop, clock, clock.now())
    assert "Zhao Min" in flow("sprout", "visits")


@pytest.mark.usefixtures("guest")
def test_a_booked_visit_is_listed(flow: Flow) -> None:
    assert flow("sprout", "visits") == ""
    flow("sprout", "book", "李娜", "2026-11-28 14:00")
    assert "SP0001" in flow("sprout", "visits")
