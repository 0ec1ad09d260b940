"""Settlement at delivery: area, fees, company's delay, late title. Source: realestate.md section 5.9."""

from __future__ import annotations

from dataclasses import dataclass

from serviceflow.api import half_up

from serviceflow_realestate.deals.prices import PERCENT


def area_error_over(contract: int, actual: int, tolerance: int) -> bool:
    """Return whether the area differs by more than the tolerance (hundredths of a percent), exactly.

    Source: realestate.md section 5.9: e = (actual − contract) / contract, judged before any rounding.
    """
    return abs(actual - contract) * PERCENT > contract * tolerance


def area_settlement(contract: int, actual: int, unit_price: int, tolerance: int) -> int:
    """Return what the buyer pays (positive) or gets back (negative) for a differing area, in fen, rounded once.

    Args:
        contract: Area of the contract in 1/100 m²; so is ``actual``.
        unit_price: Deal unit price of a square metre in fen.
        tolerance: Hundredths of a percent.

    Source: realestate.md section 5.9, area.
    """
    difference = actual - contract
    if not area_error_over(contract, actual, tolerance):
        return half_up(difference * unit_price, 100)
    within = contract * tolerance  # 1/100 m² times PERCENT
    if difference > 0:
        return half_up(within * unit_price, 100 * PERCENT)
    beyond = -difference * PERCENT - within
    return -half_up((within + 2 * beyond) * unit_price, 100 * PERCENT)


@dataclass(frozen=True, slots=True)
class Fees:
    """What is paid at delivery beside the area, in fen."""

    maintenance: int
    property_fee: int
    deed_tax: int

    @property
    def total(self) -> int:
        return self.maintenance + self.property_fee + self.deed_tax


def deed_tax_percent(
    residential: bool, home: str, area: int, *, limit: int, small: int, first_large: int, second_large: int, other: int
) -> int:
    """Return the percentage of deed tax, in hundredths.

    Args:
        home: ``first``, ``second`` or ``other``.
        area: Measured area in 1/100 m²; ``limit`` in whole m².

    Source: realestate.md section 5.9, deed tax.
    """
    if not residential or home == "other":
        return other
    if area <= limit * 100:
        return small
    return first_large if home == "first" else second_large


def fees(
    area: int, price: int, tax_percent: int, *, fund_per_m2: int, property_per_m2: int, property_months: int
) -> Fees:
    """Return maintenance fund, prepaid property fee and deed tax; each is rounded, then they are added.

    Source: realestate.md section 5.9, fees.
    """
    return Fees(
        half_up(area * fund_per_m2, 100),
        half_up(area * property_per_m2 * property_months, 100),
        half_up(price * tax_percent, PERCENT),
    )


def daily_compensation(base: int, per_myriad: int, days: int) -> int:
    """Return so many ten-thousandths a day of ``base``; nothing when no day is late.

    Source: realestate.md section 5.9, company late and late title: base × rate / 10,000 × days.
    """
    return half_up(base * per_myriad * max(days, 0), 10_000)
