"""What is reckoned when a unit is handed over: area, fees, deed tax; also as an estimate before.

Source: realestate.md section 5.9.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from serviceflow.api import Case

from serviceflow_realestate import agreement
from serviceflow_realestate.deals import handover as deals
from serviceflow_realestate.deals.prices import deal_unit_price


def delivered_on(contract: Case) -> date | None:
    """Return the day a unit was handed over under a contract, or under the one it replaces."""
    for order in reversed(contract.children("handover")):
        found = contract.again(order=order).anchor_day("delivered_on")
        if found is not None:
            return found
    before = contract.order.data.get("delivered_on")
    return date.fromisoformat(before) if before else None


def area_due(case: Case) -> int:
    """Return the settlement of the area: positive is paid by the buyer."""
    deal, unit = agreement.deal_of(case), agreement.unit_of(case)
    if unit.price_basis == "whole" or unit.actual_area is None:
        return 0
    return deals.area_settlement(
        deal.area,
        unit.actual_area,
        deal_unit_price(deal.deal_total, deal.area),
        case.number("realestate.area_tolerance_percent"),
    )


def fees(case: Case) -> deals.Fees:
    """Return maintenance fund, property fee and deed tax by the measured area, the contract's before it is known."""
    deal, unit = agreement.deal_of(case), agreement.unit_of(case)
    area = unit.actual_area or deal.area
    return fees_at(case.number, unit.kind, deal.home_count, area, deal.deal_total + area_due(case))


def fees_at(number: Callable[[str], int], kind: str, home: str, area: int, price: int) -> deals.Fees:
    """Return the fees of an area (1/100 m²) bought for a price, in fen.

    Args:
        number: Reads a whole-number setting.
    """
    tax = deals.deed_tax_percent(
        kind == "residential",
        home,
        area,
        limit=number("realestate.deed_tax_area_limit_m2"),
        small=number("realestate.deed_tax_small_percent"),
        first_large=number("realestate.deed_tax_first_large_percent"),
        second_large=number("realestate.deed_tax_second_large_percent"),
        other=number("realestate.deed_tax_other_percent"),
    )
    return deals.fees(
        area,
        price,
        tax,
        fund_per_m2=number("realestate.maintenance_fund_per_m2"),
        property_per_m2=number("realestate.property_fee_per_m2_month"),
        property_months=number("realestate.property_fee_prepay_months"),
    )
