"""A restaurant; `shop` and `clock` are serviceflow's own fixtures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from serviceflow.api import Done, FlowError, MovedClock, Shop, act, add_customer, open_order, run_reminders

from serviceflow_catering.demo import furnish

pytest_plugins = ["serviceflow.testing.fixtures"]


def pytest_serviceflow_words() -> dict[str, Sequence[str]]:
    """Words that lead far in a random walk."""
    return {
        "party": ["2", "4"], "table": ["A1", "A3"], "dishes": ["D01,D12", "D03"], "dish": ["D01", "D12", "D03"],
        "bill": ["100"], "paid": ["100"], "cost": ["0", "60"],
    }  # fmt: skip


@pytest.fixture
def database() -> str:
    """Tests run on SQLite; those about rows that two people want run on both databases, as the conformance suite does."""
    return "sqlite"


@pytest.fixture
def industries() -> tuple[str, ...]:
    """The plugins the shop uses."""
    return ("catering",)


class House:
    """A restaurant, spoken to in its own words."""

    def __init__(self, shop: Shop, clock: MovedClock) -> None:
        self.shop = shop
        self.clock = clock
        furnish(shop)
        self.guests = 0

    def at(self, local: str) -> None:
        """Move the clock to a local moment."""
        self.clock.set(datetime.fromisoformat(local).replace(tzinfo=self.shop.zone))

    def guest(self, name: str = "李娜") -> int:
        self.guests += 1
        with self.shop.write("customer add") as tx:
            made = add_customer(tx, name=name, phones=[f"1380000000{self.guests}"])
        assert made.id is not None
        return made.id

    def book(self, guest: int, at: str, *, party: str = "2", **fields: str) -> int:
        order = open_order(
            self.shop, "catering-visit", guest, {"party": party, "starts_at": at, **fields}, start="book"
        ).order
        assert order.id is not None
        return order.id

    def do(self, visit: int, action: str, **fields: str) -> Done:
        return act(self.shop, visit, action, fields)

    def dining(self, guest: int, dishes: str = "D01,D12") -> int:
        """Return a visit whose dishes are ordered."""
        order = open_order(self.shop, "catering-visit", guest, {"party": "2"}, start="walk-in").order
        assert order.id is not None
        self.do(order.id, "seat", table="A3")
        self.do(order.id, "order", dishes=dishes)
        return order.id

    def closed(self, at: str, guest: int) -> int:
        """Return a visit that ended at a moment; the guest liked the bass."""
        self.at(at)
        visit = self.dining(guest)
        self.do(visit, "pay", bill="116", paid="116")
        self.do(visit, "thank", liked="D01")
        return visit

    def refused(self, action: Any) -> tuple[str | None, str, str]:
        """Return id and sentences of what refuses."""
        with pytest.raises(FlowError) as refusal:
            action()
        sentence = refusal.value.sentence
        return refusal.value.ref, sentence.to("en"), sentence.to("zh")

    def step(self, visit: int) -> str:
        from serviceflow.api import Order

        with self.shop.reading() as tx:
            return tx.need(Order, visit).step

    def run(self, local: str) -> None:
        """Let everything happen that is due at a moment."""
        self.at(local)
        run_reminders(self.shop)


@pytest.fixture
def house(shop: Shop, clock: MovedClock) -> House:
    """A furnished restaurant at 2026-04-30 12:00."""
    found = House(shop, clock)
    return found
