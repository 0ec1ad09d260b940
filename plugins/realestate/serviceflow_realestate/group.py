"""A group purchase waits until each of its units is delivered or given up. Source: realestate.md section 4.5."""

from __future__ import annotations

from serviceflow.api import Case

from serviceflow_realestate.lineage import upward

FLOW = "re-opportunity"


def group_of(case: Case) -> Case | None:
    """Return the open group purchase an order belongs to."""
    found = next((one for one in upward(case) if one.order.flow == FLOW), None)
    return found if found is not None and found.order.closed_at is None else None


def look_again(case: Case, form: object) -> None:
    """Let the group purchase of an order see whether all is delivered."""
    found = group_of(case)
    if found is not None and found.order.step == "delivering":
        found.act("look-again")


def is_over(subscription: Case) -> bool:
    """Return whether a subscription, or the one that replaced it, came to a delivered contract or to nothing."""
    if subscription.order.closed_at is None:
        return False
    if any(c.closed_at is None and c.step != "delivered" for c in subscription.children("contract")):
        return False
    return all(is_over(subscription.again(order=o)) for o in subscription.children("replacement"))
