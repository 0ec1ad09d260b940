"""`flow beauty …` as it is typed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import StringIO

import pytest
from conftest import Salon
from serviceflow.api import MovedClock, Shop
from serviceflow_cli.main import run

from serviceflow_beauty.demo import live
from serviceflow_beauty.tables import BeautySession

Flow = Callable[[str], str]


@pytest.fixture
def flow(shop: Shop, clock: MovedClock, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """Type a line; return what it prints."""
    where = str(shop.place.path or shop.place.url)

    def line(words: str) -> str:
        screen = StringIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", screen)
            code = run(["--db", where, "--as", "xiaomei", "--lang", "en", *words.split()], clock=clock)
        assert code == 0
        return screen.getvalue()

    return line


def test_a_session_is_taken_from_a_card(salon: Salon, flow: Flow) -> None:
    salon.at("2026-01-31 10:00")
    guest = salon.guest()
    card = salon.card(guest)
    for _ in range(4):
        salon.used(guest, card)
    session = salon.treating(guest, card)
    assert flow(f"beauty use {salon.order(session).number} --package {salon.order(card).number}") == (
        "BP-0001 Hydrating repair  used 5 of 10 (+2 gift)  left 7  until 2027-01-31\n"
    )
    assert flow("beauty packages --expiring 30") == ""
    assert "BP-0001" in flow("beauty packages")


def test_a_guest_is_welcomed_with_or_without_a_booking(salon: Salon, flow: Flow) -> None:
    booked = salon.open("beauty-session", salon.guest(), "book", starts_at="2026-11-25 11:00")
    flow("beauty welcome 李娜 --locker 7")
    assert salon.order(booked).step == "welcomed"
    salon.guest("王伟")
    flow("beauty welcome 王伟")
    assert salon.order(booked + 1).step == "welcomed"


def test_consent_and_patch_tests_are_noted(salon: Salon, flow: Flow) -> None:
    salon.guest()
    flow("beauty consent 李娜 --guardian 母亲")
    flow("beauty patch 李娜 peel ok")
    assert "2026-11-25" not in flow("beauty report")


def test_the_demo_lives_up_to_now(shop: Shop, clock: MovedClock, flow: Flow) -> None:
    live(shop, clock, clock.now())
    assert "Li Na" in flow("beauty packages")


def test_who_takes_over_gets_the_sessions_to_come(salon: Salon, flow: Flow) -> None:
    guest = salon.guest()
    old, to_come = (
        salon.open("beauty-session", guest, "book", starts_at="2026-11-27 14:00", therapist="xiaomei") for _ in range(2)
    )
    salon.do(old, "cancel", reason="x")
    flow("staff add li --name Li --role admin --role therapist")
    flow("staff deactivate xiaomei --to li")
    assert [salon.rows(BeautySession, order_id=key)[0].therapist_id for key in (old, to_come)] == [1, 2]


def test_the_menu_is_kept(flow: Flow) -> None:
    flow("beauty treatment mask --en Mask --zh 面膜 --minutes 30 --price 99.5 --kind basic")
    flow("beauty treatment mask --gap 3 --patch-test")
    assert flow("--csv beauty menu").splitlines()[-1] == "mask,Mask,basic,30,99.50,3,yes,yes"


def test_a_walk_in_gets_a_locker(salon: Salon, flow: Flow) -> None:
    salon.guest()
    flow("beauty welcome 李娜 --locker 7")
    assert salon.rows(BeautySession)[0].locker == 7
