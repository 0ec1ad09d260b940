"""A contract that replaces another: deal, buyers, money and damages move over.

Source: realestate.md sections 4.11 (reprice) and 4.13 (room change, rename).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from serviceflow.api import Case, table_of

from serviceflow_realestate import agreement, ledger
from serviceflow_realestate.tables import ReAllocation, ReBuyer, ReDeal


def columns_of(row: Any) -> dict[str, Any]:
    """Return what a row holds, without its key and version, to copy it."""
    return {name: getattr(row, name) for name in type(row).model_fields if name not in ("id", "rv")}


def copy_buyers(source: Case, to: Case) -> None:
    """Copy the buyers of one order to another."""
    for buyer in agreement.buyers(source):
        to.tx.add(ReBuyer(**{**columns_of(buyer), "order_id": to.order_id}))


def successor(old: Case, at_step: str, **terms: Any) -> Case:
    """Open the contract that replaces an old one at a step, with its buyers and its deal but for other terms."""
    parent = old.parent()
    assert parent is not None
    new = old.again(order=parent.open_child("contract", {"at": old.now, "at_step": at_step}))
    deal = {**columns_of(agreement.deal_of(old)), "contract_no": None, "filing_no": None, **terms}
    new.tx.add(ReDeal(**{**deal, "order_id": new.order_id}))
    copy_buyers(old, new)
    agreement.recompute(new)
    return new


def move_money(old: Case, new: Case, draw_up: Callable[[int], None]) -> int:
    """Draw up the lines of a successor and put the money of the purchase on them; return the surplus.

    Args:
        draw_up: Adds the lines, given what was paid by customer and bank, in fen.
    """
    damages = ledger.open_damages(old, old.today)
    moved = ledger.own_paid(old) + ledger.loan_paid(old)
    ledger.give_up(old)
    draw_up(moved)
    surplus = ledger.put_what_fits(new, ledger.lines(new))
    _carry_damages(new, damages)
    return surplus


def move_lines(old: Case, new: Case) -> None:
    """Give a successor the lines of the old contract as they are, with what was paid on each."""
    damages = ledger.open_damages(old, old.today)
    table = table_of(ReAllocation)
    for line in ledger.lines(old):
        if line.state == "replaced":
            continue
        made = ledger.add_line(new, line.kind, line.amount, line.due)
        new.tx.change(made, credited=line.credited, state=line.state, promised=line.promised)
        for part in old.tx.all(ReAllocation, table.c.line_id == line.id):
            old.tx.change(part, line_id=made.id)
        old.tx.change(line, state="replaced")
    _carry_damages(new, damages)


def _carry_damages(new: Case, damages: int) -> None:
    """Let the damages open in the old contract stay open, not more and not less."""
    ledger.keep_damages(new, damages - sum(ledger.damages_of(new, line, new.today) for line in ledger.lines(new)))
