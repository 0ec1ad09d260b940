"""List price, discounts, deal price. Source: realestate.md section 5.3."""

from __future__ import annotations

from collections.abc import Iterable

from serviceflow.api import half_up

PERCENT = 100 * 100
"""A whole, in hundredths of a percent."""


def rounded(numerator: int, denominator: int, unit: int) -> int:
    """Return a quotient in fen rounded, half up, to whole ``unit`` fen.

    Source: realestate.md, conventions: half up on the absolute value, once, at the end of a formula.
    """
    return half_up(numerator, denominator * unit) * unit


def list_total(area: int, unit_price: int, unit: int) -> int:
    """Return the list price: area of the basis times the price of a square metre, rounded to ``unit``.

    Source: realestate.md section 5.3: area × unit_price.
    """
    return rounded(area * unit_price, 100, unit)


def deal_total(total: int, percents: Iterable[int], amounts: Iterable[int], unit: int) -> int:
    """Return the price agreed: all percents one on the other, then the fixed amounts, rounded once to ``unit``.

    Args:
        total: List total.
        percents: Discounts in hundredths of a percent; their order does not matter.
        amounts: Fixed discounts in fen, taken after the percents.

    Source: realestate.md section 5.3: list_total × Π(1 − pᵢ/100) − Σ fixed amounts.
    """
    numerator, denominator = total, 1
    for percent in percents:
        numerator *= PERCENT - percent
        denominator *= PERCENT
    return rounded(numerator - sum(amounts) * denominator, denominator, unit)


def deal_unit_price(total: int, area: int) -> int:
    """Return the price agreed of a square metre of the contract's area, in fen.

    Source: realestate.md section 5.3: deal_total / contract area, to 0.01.
    """
    return half_up(total * 100, area)


def share(total: int, percent: int) -> int:
    """Return a share of an amount, rounded to the fen.

    Source: realestate.md, conventions: an amount times a percentage, to 0.01.
    """
    return half_up(total * percent, PERCENT)


def most_deposit(total: int, percent: int) -> int:
    """Return the largest deposit, in fen, that is at most a percentage of the deal price.

    Source: realestate.md section 5.3: deposit_due ≤ `deposit_max_percent` of deal_total, equal allowed.
    """
    return total * percent // PERCENT
