"""The arithmetic of prices, discounts and offers: whole fen, exact comparisons. Source: studio.md C6, 5.3, 5.4."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from serviceflow.api import half_up, percent_of_ceil_unit, within_percent

PAID = {"deposit": 1, "balance": 1, "extras": 1, "refund": -1}
"""Sign of each kind of payment within the balance; locker deposits and gift money are never part of it."""

Signer = Literal["supervisor", "manager"]


def due_total(contract_price: int, lines: Iterable[int]) -> int:
    """Return what a case owes in all: the contract price and its signed lines."""
    return contract_price + sum(lines)


def paid_total(payments: Iterable[tuple[str, int]]) -> int:
    """Return what was paid and not refunded, of (kind, amount)."""
    return sum(PAID.get(kind, 0) * amount for kind, amount in payments)


def min_deposit(due: int, percent: int) -> int:
    """Return the least deposit: ``percent`` of the sum due, rounded up to whole yuan."""
    return percent_of_ceil_unit(max(due, 0), percent)


def discount_signer(part: int, base: int, supervisor_percent: int) -> Signer | None:
    """Return who must sign a discount of ``part`` of ``base``; nobody for none."""
    if part <= 0:
        return None
    return "supervisor" if within_percent(part, base, supervisor_percent) else "manager"


def kept_percentage(part: int, base: int, new_base: int) -> int:
    """Return an approved discount of ``part`` of ``base`` on a new base, half up to the fen."""
    return half_up(part * new_base, base) if base else 0


def extra_photos(kept: int, included: int) -> int:
    """Return how many photos beyond the package were kept."""
    return max(0, kept - included)


def reopened_state(valid_until: date, today: date) -> Literal["open", "expired"]:
    """Return what becomes of an offer that is no longer used."""
    return "open" if today <= valid_until else "expired"
