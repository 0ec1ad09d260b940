"""An action by somebody who looked first: when another was quicker, they are told who and where to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from serviceflow.engine.act import Done, act, case_of, decide
from serviceflow.engine.checks import moved_on
from serviceflow.engine.notes import Notes
from serviceflow.errors import ChangedMeanwhile, Refused
from serviceflow.store.tables import Order

if TYPE_CHECKING:
    from serviceflow.app import Shop

GONE = ("core.not-offered", "core.nothing-to-sign")
"""Refusals that mean, if the order was changed since it was looked at, that somebody else was quicker."""


def attempt(
    shop: Shop, order_id: int, seen_rv: int, action: str, given: Mapping[str, str], *, strict: bool = False,
    dry_run: bool = False, override: Mapping[str, str] | None = None,
) -> Done:  # fmt: skip
    """Do an action on an order whose row version ``seen_rv`` was looked at.

    Args:
        strict: Refuse as soon as the order was changed at all, as for a person who filled a form meanwhile.

    Raises:
        ChangedMeanwhile: Somebody else moved the order, so that the action is not offered any more.
        FlowError: As `act`.
    """
    return _overtaken(
        shop,
        order_id,
        seen_rv,
        lambda: act(
            shop, order_id, action, given, expected_rv=seen_rv if strict else None, dry_run=dry_run, override=override
        ),
    )


def attempt_signing(
    shop: Shop, order_id: int, seen_rv: int, *, approve: bool, opinion: str, dry_run: bool = False
) -> Done:
    """Sign the pending request of an order whose row version ``seen_rv`` was looked at; raises as `attempt`."""
    return _overtaken(
        shop, order_id, seen_rv, lambda: decide(shop, order_id, approve=approve, opinion=opinion, dry_run=dry_run)
    )


def _overtaken(shop: Shop, order_id: int, seen_rv: int, work: Callable[[], Done]) -> Done:
    try:
        return work()
    except Refused as refusal:
        if refusal.ref in GONE and (moved := _moved(shop, order_id, seen_rv)) is not None:
            raise moved from refusal
        raise


def _moved(shop: Shop, order_id: int, seen_rv: int) -> ChangedMeanwhile | None:
    with shop.reading() as tx:
        order = tx.need(Order, order_id)
        return moved_on(case_of(shop, tx, order, Notes())) if order.rv != seen_rv else None
