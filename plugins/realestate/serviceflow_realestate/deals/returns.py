"""Settlement of a return and price of a buyback. Source: realestate.md sections 5.8 and 5.10."""

from __future__ import annotations

from datetime import date
from typing import Literal

from serviceflow.api import half_up

from serviceflow_realestate.deals.prices import PERCENT, share

Cause = Literal["customer", "company", "no-fault", "area", "default"]


def return_refund(
    own_paid: int, loan: int, payoff: int, deal: int, damages: int, cause: str, *, penalty_percent: int
) -> tuple[int, int]:
    """Return (refund, penalty) in fen; a negative refund is owed by the customer.

    Args:
        cause: ``customer`` loses the penalty and open damages; ``default`` (terminated after a default) loses the
            penalty, which replaces damages; ``company`` pays the penalty; ``no-fault`` and ``area`` cost nothing.
        penalty_percent: Of the deal price, in hundredths of a percent.

    Source: realestate.md section 5.8: own_paid + loan − payoff ∓ penalty.
    """
    penalty = share(deal, penalty_percent) if cause in ("customer", "default", "company") else 0
    refund = own_paid + loan - payoff
    if cause == "company":
        return refund + penalty, penalty
    return refund - penalty - (damages if cause == "customer" else 0), penalty


def buyback_interest(own_paid: int, percent: int, signed: date, agreed: date) -> int:
    """Return simple interest on the customer's own money from signing to the agreement, over 365 days.

    Source: realestate.md section 5.10: own_paid × percent × days / 365.
    """
    return half_up(own_paid * percent * (agreed - signed).days, PERCENT * 365)


def buyback_price(reason: str, deal: int, interest: int, wear: int, damages: int, *, bank_penalty_percent: int) -> int:
    """Return the price of a buyback: ``agreed``, ``policy`` or ``bank-guarantee``.

    Source: realestate.md section 5.10.
    """
    if reason == "policy":
        return deal + interest
    if reason == "bank-guarantee":
        return deal - wear - damages - share(deal, bank_penalty_percent)
    return deal + interest - wear - damages
