"""The orders a purchase is made of, found from any of them: subscription, contract, what hangs on it."""

from __future__ import annotations

from collections.abc import Iterator

from serviceflow.api import Case


def upward(case: Case) -> Iterator[Case]:
    """Yield an order and its parents, the nearest first."""
    one: Case | None = case
    while one is not None:
        yield one
        one = one.parent()


def purchase(case: Case) -> Case:
    """Return the subscription that a purchase began with, or the order itself."""
    return next((one for one in upward(case) if one.order.flow == "re-subscription"), case)


def find_contract(case: Case) -> Case | None:
    """Return the contract an order hangs on: itself or a parent, ``None`` without one."""
    return next((one for one in upward(case) if one.order.flow == "re-contract"), None)


def contract(case: Case) -> Case:
    """Return the contract of an order that cannot be without one."""
    found = find_contract(case)
    assert found is not None
    return found
