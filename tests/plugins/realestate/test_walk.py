"""Anybody does anything in any order: nothing raises, money and units add up, the last step can be undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from serviceflow.store.tables import Order, Staff
from serviceflow.testing.conformance_walk import Walk
from serviceflow_realestate.rehearsal import BUYER, Rehearsal
from serviceflow_realestate.tables import ReAllocation, ReClaim, ReLine, ReReceipt, ReUnit

WORDS = {
    "unit": ["3-1-1502", "3-1-1602", "5-2-0801", "P1-1-B117"],
    "buyers": [BUYER, "name=李娜 id=110101199001010023"],
    "loan": ["860000", "100000"],
    "years": ["30", "10"],
    "amount": ["20000", "1000", "355710", "100", "0"],
    "payoff": ["857600"],
    "papers": ["id-card"],
    "copies": ["4"],
    "item": ["id-card", "bank-statements", "credit-report"],
    "months": ["12"],
    "lines": ["seq=2 due=2027-01-01", "seq=9 due=2026-01-01"],
    "percent": ["1", "3"],
    "fixed": ["all", "1"],
    "defects": ["place=客厅 text=划痕"],
    "actual_area": ["99.40", "102", "95"],
    "new_loan": ["500000", "10000"],
    "receipt": ["RE-RECEIPT-CHW-202603-0002"],
    "kind": ["return", "room-change", "rename", "refund", "forfeit", "payment-change", "price"],
    "owner": ["lin", "zhou"],
}


def drafting(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    centre.do(centre.subscribed(), "confirm-control")


def awaiting(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    centre.briefed()


def at_terms(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    centre.at_terms(centre.briefed(), "2026-03-12 14:00")


SCENES: list[Callable[[Rehearsal], object]] = [
    drafting,
    awaiting,
    at_terms,
    Rehearsal.signed_by_instalments,
    Rehearsal.with_loan,
    Rehearsal.paid_up,
    Rehearsal.handover,
]


class Day(Walk):
    """A walk through all open orders of a centre."""

    centre: Rehearsal
    scene: Callable[[Rehearsal], object]

    def _opened(self) -> int:
        self.scene(self.centre)
        self.shop.staff_id = self.centre.rows(Staff, login="xiaomei")[0].id  # who holds every role
        return self._any()

    def _any(self) -> int:
        found = [order.id for order in self.centre.rows(Order) if order.closed_at is None]
        return int(self.dice.choice(found[-6:])) if found else 0

    def _over(self, order_id: int) -> bool:
        return self._any() == 0

    def _step(self, order_id: int) -> None:
        super()._step(self._any())

    def _look(self) -> None:
        super()._look()
        money_adds_up(self.centre)
        units_are_claimed(self.centre)


def money_adds_up(centre: Rehearsal) -> None:
    """No line holds more than it asks for, no receipt more than it is, no void one anything."""
    on_line: Counter[int] = Counter()
    of_receipt: Counter[int] = Counter()
    for part in centre.rows(ReAllocation):
        on_line[part.line_id] += part.amount
        of_receipt[part.receipt_id] += part.amount
    for line in centre.rows(ReLine):
        left = line.amount - line.credited - on_line[line.id]
        wanted = {"open": left > 0, "paid": left == 0, "credited": left == 0, "replaced": left >= 0}
        assert wanted[line.state], f"line {line.seq} of {line.order_id} is {line.state} with {left} open"
    receipts = {receipt.id: receipt for receipt in centre.rows(ReReceipt)}
    void = {receipt.voids_id for receipt in receipts.values()}
    for key, amount in of_receipt.items():
        assert amount <= receipts[key].amount, f"{receipts[key].number} is on lines with {amount}"
        assert key not in void, f"{receipts[key].number} is void and on lines"


def units_are_claimed(centre: Rehearsal) -> None:
    """A unit is for sale exactly when nobody has a claim on it."""
    claimed = {claim.unit_id for claim in centre.rows(ReClaim, ended_at=None)}
    for unit in centre.rows(ReUnit):
        free = unit.state in ("unreleased", "available", "withdrawn")
        assert free == (unit.id not in claimed), f"{unit.unit_no} is {unit.state}"


@pytest.mark.storm
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_a_walk_through_a_sales_centre(centre: Rehearsal, scene: Callable[[Rehearsal], object]) -> None:
    day = Day(centre.shop, centre.clock, "realestate", "re-lead", WORDS, Random(7))  # type: ignore[arg-type]
    day.centre, day.scene = centre, scene
    day.go(scene.__name__)
