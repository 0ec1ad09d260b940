"""Opening a default on a contract: one of each side at a time. Source: realestate.md section 4.17."""

from __future__ import annotations

from serviceflow.api import Case, Order

LINKS = ("default", "late-title")


def open_of_side(contract: Case, side: str) -> Order | None:
    """Return the open default of a side."""
    for link in LINKS:
        for order in contract.children(link, open_only=True):
            if order.data.get("side") == side:
                return order
    return None


def open_once(contract: Case, side: str, cause: str, facts: str | None) -> None:
    """Open a default unless one of that side is open; a late title does not block the contract."""
    if open_of_side(contract, side) is None:
        link = "late-title" if cause == "late-title" else "default"
        contract.open_child(link, {"side": side, "cause": cause, "facts": facts})
