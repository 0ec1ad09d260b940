"""Live facts that titles, talking points and messages may name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serviceflow.api import Case, Staff, T, format_money

from serviceflow_studio import ledger, offers
from serviceflow_studio.tables import StudioPayment

EMPTY = T("", zh="")


def case_facts(case: Case) -> Mapping[str, Any]:
    """Return the facts of a `studio-case` as they are now."""
    consultant = case.tx.get(Staff, case.order.owner_id) if case.order.owner_id is not None else None
    offer = offers.newest(case)
    payments = case.rows(StudioPayment)
    return {
        "consultant": consultant.name if consultant else "",
        "staff_phone": (consultant.phone if consultant else None) or "",
        "names": case.customer.name,
        "amount": format_money(payments[-1].amount) if payments else "",
        "benefit": offer.benefit if offer else "",
        "valid_until": offer.valid_until.isoformat() if offer else "",
        "amount_off": format_money(offer.amount_off) if offer else "",
        "balance_note": ledger.owing_note(case),
        "lead_days": case.number("studio.shoot.lead_days"),
        "choices": case.number("studio.closing.choices"),
        **{key: case.number(f"studio.hint.{key}") for key in HINT_NUMBERS},
    }


HINT_NUMBERS = ("rapport_minute", "tea_percent", "farewell_steps", "small_flaws", "car_bow_degrees")


def best_wanted(case: Case) -> bool:
    """Return whether the better plan still means something: money is owed and no shoot is booked."""
    return ledger.balance(case) > 0 and case.anchor("shoot_at") is None
