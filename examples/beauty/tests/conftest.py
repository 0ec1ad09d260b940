"""A salon; `shop` and `clock` are serviceflow's own fixtures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from serviceflow.api import Done, FlowError, MovedClock, Order, Shop, act, open_order, run_reminders, table_of

from serviceflow_beauty.card import Count, count
from serviceflow_beauty.demo import furnish, guest
from serviceflow_beauty.tables import BeautyPackage

pytest_plugins = ["serviceflow.testing.fixtures"]


def pytest_serviceflow_words() -> dict[str, Sequence[str]]:
    """Words that lead far in a random walk."""
    return {
        "treatment": ["repair", "basic"], "therapist": ["xiaomei"], "package": [""], "paid_sessions": ["1", "10"],
        "price": ["3000"], "paid": ["3000"], "to": ["1"],
    }  # fmt: skip


@pytest.fixture
def database() -> str:
    """Tests run on SQLite; those about rows that two people want run on both databases, as the conformance suite does."""
    return "sqlite"


@pytest.fixture
def industries() -> tuple[str, ...]:
    """The plugins the shop uses."""
    return ("beauty",)


class Salon:
    """A salon, spoken to in its own words."""

    def __init__(self, shop: Shop, clock: MovedClock) -> None:
        self.shop = shop
        self.clock = clock
        self.guests = 0
        furnish(shop)

    def at(self, local: str) -> None:
        """Move the clock to a local moment."""
        self.clock.set(datetime.fromisoformat(local).replace(tzinfo=self.shop.zone))

    def guest(self, name: str = "李娜") -> int:
        self.guests += 1
        return guest(self.shop, name, f"1380000000{self.guests}")

    def open(self, flow: str, customer: int, start: str | None = None, **fields: str) -> int:
        order = open_order(self.shop, flow, customer, fields, start=start).order
        assert order.id is not None
        return order.id

    def card(self, customer: int, paid_sessions: str = "10", **fields: str) -> int:
        given = {"treatment": "repair", "price": "3000", "paid": "3000", "gift_sessions": "2", **fields}
        return self.open("beauty-package", customer, paid_sessions=paid_sessions, **given)

    def consulted(self, customer: int, **fields: str) -> int:
        session = self.open("beauty-session", customer, "walk-in")
        self.do(session, "consult", **{"skin": "dry", **fields})
        return session

    def treating(self, customer: int, package: int | None, treatment: str = "repair", by: str = "xiaomei") -> int:
        session = self.consulted(customer)
        card = {"package": self.order(package).number} if package is not None else {"price": "300"}
        self.do(session, "plan", treatment=treatment, **card)
        self.do(session, "start", therapist=by)
        return session

    def do(self, order: int, action: str, **fields: str) -> Done:
        return act(self.shop, order, action, fields)

    def used(self, customer: int, package: int) -> int:
        session = self.treating(customer, package)
        self.do(session, "finish")
        return session

    def refused(self, action: Any) -> tuple[str | None, str, str]:
        """Return id and sentences of what refuses."""
        with pytest.raises(FlowError) as refusal:
            action()
        sentence = refusal.value.sentence
        return refusal.value.ref, sentence.to("en"), sentence.to("zh")

    def order(self, order: int) -> Order:
        with self.shop.reading() as tx:
            return tx.need(Order, order)

    def package(self, order: int) -> BeautyPackage:
        with self.shop.reading() as tx:
            return tx.need(BeautyPackage, order)

    def count(self, package: int) -> Count:
        with self.shop.reading() as tx:
            return count(tx, tx.need(BeautyPackage, package))

    def rows(self, model: Any, **where: Any) -> list[Any]:
        table = table_of(model)
        with self.shop.reading() as tx:
            return tx.all(model, *(table.c[k] == v for k, v in where.items()))

    def run(self, local: str) -> None:
        """Let everything happen that is due at a moment."""
        self.at(local)
        run_reminders(self.shop)


@pytest.fixture
def salon(shop: Shop, clock: MovedClock) -> Salon:
    """A furnished salon at 2026-11-25 10:20."""
    return Salon(shop, clock)
