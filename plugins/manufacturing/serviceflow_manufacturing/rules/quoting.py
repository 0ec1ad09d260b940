"""Prices of a quotation, exact up to the one rounding at the end. Source: manufacturing.md 5.1.

Consumption, material prices, labour, freight, quota fee, coefficients and unit prices are whole numbers of
1/10,000; waste is in 1/100 percent; rates are CNY per foreign unit in 1/1,000,000.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from serviceflow.api import half_up

UNIT = 10_000
RATE = 1_000_000
COEFFICIENTS = ("k_quantity", "k_styles", "k_customer", "k_urgency")


@dataclass(frozen=True, slots=True)
class Material:
    """One material line: consumption per piece, waste in 1/100 percent, price per unit."""

    consumption: int
    waste: int
    price: int


def bands(text: str) -> list[tuple[int, int]]:
    """Return the rows of a table such as ``1:1.15;300:1.08``: (from n inclusive, coefficient in 1/10,000).

    Raises:
        ValueError: It cannot be read, or does not rise.
    """
    found = []
    for row in text.replace("；", ";").split(";"):
        if row.strip():
            start, _, factor = row.partition(":")
            found.append((int(start), scaled(factor)))
    if not found or [n for n, _ in found] != sorted({n for n, _ in found}):
        raise ValueError(text)
    return found


def words(text: str) -> dict[str, int]:
    """Return the rows of a table such as ``key:0.97;normal:1.00``: word → coefficient in 1/10,000."""
    rows = (row.partition(":") for row in text.replace("；", ";").split(";") if row.strip())
    return {word.strip(): scaled(factor) for word, _, factor in rows}


def scaled(typed: str) -> int:
    """Return a typed number of at most 4 decimals in 1/10,000; raises `ValueError`."""
    value = Fraction(typed.strip()) * UNIT
    if value.denominator != 1 or value < 0:
        raise ValueError(typed)
    return int(value)


def from_n(table: Sequence[tuple[int, int]], n: int) -> int:
    """Return the coefficient of the last row whose start is at most ``n``; below the first row, the first's."""
    reached = [factor for start, factor in table if start <= n]
    return reached[-1] if reached else table[0][1]


def base(materials: Iterable[Material], *, labour: int, freight: int, quota_fee: int) -> Fraction:
    """Return the cost of one piece in yuan."""
    total = sum(
        (Fraction(m.consumption, UNIT) * (1 + Fraction(m.waste, 10_000)) * Fraction(m.price, UNIT) for m in materials),
        Fraction(0),
    )
    return total + Fraction(labour + freight + quota_fee, UNIT)


def factor(coefficients: Iterable[int]) -> Fraction:
    """Return K, the product of the coefficients."""
    product = Fraction(1)
    for coefficient in coefficients:
        product *= Fraction(coefficient, UNIT)
    return product


def unit_price(cost: Fraction, k: Fraction, *, margin: int, vat: int, foreign: bool, rate: int = RATE) -> int:
    """Return the price of one piece in 1/10,000 of the quote's currency, rounded half up to the cent.

    Args:
        margin: Percent on top of cost; ``vat`` is percent and counts for domestic customers only.
    """
    net = cost * k * (100 + margin) / 100
    price = net * RATE / rate if foreign else net * (100 + vat) / 100
    return to_cent(price)


def quick_price(price: int, k: Fraction, *, foreign: bool, rate: int = RATE) -> int:
    """Return the quick price of one piece in 1/10,000, rounded half up to the cent."""
    net = Fraction(price, UNIT) * k
    return to_cent(net * RATE / rate if foreign else net)


def to_cent(price: Fraction) -> int:
    """Return a price in 1/10,000, rounded half up to the cent."""
    cents = price * 100
    return half_up(cents.numerator, cents.denominator) * 100


def line_amount(qty: int, price: int) -> int:
    """Return qty × unit price (1/10,000) in the smallest unit of the currency, half up."""
    return half_up(qty * price, 100)
