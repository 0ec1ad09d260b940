"""Holds: a thing is given once. Places lowest number first, claims until their instant, spans that only meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from serviceflow.app import Shop
from serviceflow.kit.holds import Places, Taken, claim, held_by, keep, release, take_span
from serviceflow.kit.race import KINDS, race
from serviceflow.store.place import Place
from serviceflow.store.tables import Hold

WAVES = Places("selftest.shoot", "w")
AT = datetime(2026, 11, 25, 9, tzinfo=UTC)


def take(shop: Shop, holder: str, *cells: str, capacity: int = 2) -> str | None:
    with shop.write("take") as tx:
        return WAVES.take(tx, cells, dict.fromkeys(cells, capacity), order_id=None, holder=holder)


def test_the_lowest_number_with_every_cell_free_is_taken_and_nobody_is_reshuffled(shop: Shop) -> None:
    assert take(shop, "a", "09:00", "09:30") == "w1"
    assert take(shop, "b", "10:00") == "w1"
    assert take(shop, "c", "09:30", "10:00") == "w2", "w1 has neither cell free"
    assert take(shop, "d", "10:00", "10:30") is None, "each resource is partly free, none wholly"


def test_what_is_released_is_free_at_once(shop: Shop) -> None:
    take(shop, "a", "09:00", capacity=1)
    assert take(shop, "b", "09:00", capacity=1) is None
    with shop.write("release") as tx:
        assert [hold.resource for hold in release(tx, "a")] == ["w1"]
    assert take(shop, "b", "09:00", capacity=1) == "w1"


def test_a_cell_beyond_its_capacity_is_not_offered_and_what_lies_above_it_is_named(shop: Shop) -> None:
    take(shop, "a", "09:00")
    take(shop, "b", "09:00")
    assert take(shop, "c", "09:00", capacity=0) is None
    with shop.reading() as tx:
        assert [hold.holder for hold in WAVES.above(tx, ["09:00"], 1)] == ["b"]


def test_a_pending_hold_keeps_others_out_and_becomes_booked(shop: Shop) -> None:
    with shop.write("ask") as tx:
        WAVES.take(tx, ["09:00"], {"09:00": 1}, order_id=None, holder="a", state="pending")
    assert take(shop, "b", "09:00", capacity=1) is None
    with shop.write("approve") as tx:
        keep(tx, "a", "booked")
    with shop.reading() as tx:
        assert [hold.state for hold in held_by(tx, "a")] == ["booked"]


@pytest.mark.parametrize(("seconds", "free"), [(-1, False), (0, True), (1, True)], ids=["before", "at", "after"])
def test_a_claim_is_gone_at_its_instant(shop: Shop, seconds: int, free: bool) -> None:
    until = AT + timedelta(hours=1)
    now = until + timedelta(seconds=seconds)
    with shop.write("claim") as tx:
        claim(tx, "selftest.unit", "1-101", order_id=None, holder="a", now=AT, until=until)
    with shop.write("claim") as tx:
        if free:
            taken = claim(tx, "selftest.unit", "1-101", order_id=None, holder="b", now=now)
            assert taken.holder == "b"
        else:
            with pytest.raises(Taken) as lost:
                claim(tx, "selftest.unit", "1-101", order_id=None, holder="b", now=now)
            assert lost.value.hold.holder == "a"


def test_a_claim_is_extended_by_its_holder(shop: Shop) -> None:
    with shop.write("claim") as tx:
        claim(tx, "selftest.unit", "1-101", order_id=None, holder="a", now=AT, until=AT + timedelta(hours=1))
        longer = claim(tx, "selftest.unit", "1-101", order_id=None, holder="a", now=AT, until=AT + timedelta(hours=9))
    assert longer.until_at == AT + timedelta(hours=9)


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [(0, 60, True), (90, 150, False), (30, 91, False), (150, 180, True)],
    ids=["meets before", "inside", "overlaps", "meets after"],
)
def test_spans_meet_but_never_overlap(shop: Shop, start: int, end: int, fits: bool) -> None:
    def span(tx: object, a: int, b: int, holder: str) -> Hold:
        return take_span(
            tx,
            "selftest.table",
            "t1",
            AT + timedelta(minutes=a),
            AT + timedelta(minutes=b),  # type: ignore[arg-type]
            order_id=None,
            holder=holder,
        )

    with shop.write("take") as tx:
        span(tx, 60, 150, "a")
        if fits:
            assert span(tx, start, end, "b").holder == "b"
        else:
            with pytest.raises(Taken):
                span(tx, start, end, "b")


@pytest.mark.storm
@pytest.mark.parametrize("kind", KINDS)
def test_of_eight_processes_exactly_one_wins_each_round_and_nothing_is_left(place: Place, kind: str) -> None:
    rounds = race(place, kind, processes=8, rounds=6)
    assert [r for r in rounds if not r.fair] == []
    assert [r.losers for r in rounds] == [7] * 6
