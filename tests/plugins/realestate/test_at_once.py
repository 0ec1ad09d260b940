"""A timer and a person at once: who commits first wins, the other does nothing. Source: realestate.md section 11."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.engine.act import act
from serviceflow.errors import ChangedMeanwhile
from serviceflow_realestate.rehearsal import Rehearsal
from serviceflow_realestate.tables import ReReceipt

MOVED = "was moved to Lapsed by the system at 2026-03-08 11:00; look again."


def awaiting_the_deposit(centre: Rehearsal, *units: str) -> list[tuple[int, int]]:
    """Return subscriptions whose holds end on 2026-03-08 at 11:00 as finance looked at them: order, row version."""
    centre.at("2026-03-07 11:00")
    orders = []
    for n, unit in enumerate(units):
        who = centre.customer(f"客{n}", f"1380000010{n}")
        order = centre.drafted(unit, who, pay_way="lump", loan="", years="")
        centre.do(order, "customer-signs")
        centre.do(order, "approve-letter")
        orders.append((order, centre.order(order).rv))
    return orders


def pays(centre: Rehearsal, seen: list[tuple[int, int]]) -> list[str]:
    """Let finance take each deposit in the last second, by what she saw; return what came of each."""
    clock = SetClock(centre.at("2026-03-08 10:59:59"))
    shop = Shop.open(centre.shop.place, staff="qian", clock=clock)
    said = []
    for order, version in seen:
        try:
            act(shop, order, "receive-deposit", {"amount": "20000", "method": "cash"}, expected_rv=version)
            said.append("paid")
        except ChangedMeanwhile as refusal:
            said.append(refusal.sentence.to("en"))
    shop.close()
    return said


def cron(centre: Rehearsal) -> None:
    """Let cron find the holds over, on a connection of its own."""
    clock = SetClock(centre.at("2026-03-08 11:00"))
    shop = Shop.open(centre.shop.place, staff="xiaomei", clock=clock)
    Rehearsal(shop, clock, centre.ids).run_due()
    shop.close()


@pytest.mark.parametrize("first", ["person", "timer"])
def test_who_commits_first_wins(centre: Rehearsal, first: str) -> None:
    [(order, version)] = awaiting_the_deposit(centre, "3-1-1502")
    if first == "person":
        assert pays(centre, [(order, version)]) == ["paid"]
        paid = centre.order(order)
        cron(centre)
        assert centre.order(order) == paid
    else:
        cron(centre)
        lapsed = centre.order(order)
        assert pays(centre, [(order, version)]) == [f"{lapsed.number} {MOVED}"]
        assert centre.order(order) == lapsed
        assert centre.rows(ReReceipt) == []


def test_a_timer_and_a_person_race(centre: Rehearsal) -> None:
    units = ("3-1-1502", "3-1-1602", "5-2-0801")
    seen = awaiting_the_deposit(centre, *units)
    start, said = Barrier(2), list[str]()

    def together(work: Callable[[], None]) -> Thread:
        def run() -> None:
            start.wait(30)
            work()

        return Thread(target=run)

    both = [together(lambda: said.extend(pays(centre, seen))), together(lambda: cron(centre))]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert len(said) == len(seen)
    for (order, _), unit, word in zip(seen, units, said, strict=True):
        now = (centre.step(order), centre.unit(unit).state, len(centre.rows(ReReceipt, order_id=order)))
        if word == "paid":
            assert now == ("seal", "subscribed", 1)
        else:
            assert (word, now) == (f"{centre.order(order).number} {MOVED}", ("lapsed", "available", 0))
