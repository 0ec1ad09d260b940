"""Card fees and what a late line costs. Source: realestate.md sections 5.6 and 5.7."""

from __future__ import annotations

from collections.abc import Sequence

from serviceflow.api import half_up

from serviceflow_realestate.deals.prices import PERCENT

Card = tuple[str, str]
"""Bank and last four digits."""


def card_fee(
    amount: int,
    method: str,
    card: Card | None,
    seen: Sequence[Card],
    *,
    free: int,
    debit_percent: int,
    debit_cap: int,
    credit_percent: int,
) -> int:
    """Return the fee on top of a card payment, in fen.

    Args:
        method: ``debit`` and ``credit`` cost something; every other way is free.
        seen: Debit cards used for this purchase before, in order of first use.
        free: How many distinct debit cards pay nothing, for all their payments.

    Source: realestate.md section 5.6, card fee: debit min(`debit_fee_percent`, `debit_fee_cap`) a payment.
    """
    if method == "credit":
        return half_up(amount * credit_percent, PERCENT)
    if method != "debit":
        return 0
    cards = list(dict.fromkeys(seen))
    if card in cards[:free] or len(cards) < free:
        return 0
    return min(half_up(amount * debit_percent, PERCENT), debit_cap)
