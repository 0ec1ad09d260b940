"""Hooks of the factory, which other plugins answer: what a leaver holds, and the numbers of an ERP. Source: 5.11.

A plugin answers in the module that holds its ``trade``, marked ``@hookimpl(optionalhook=True)``, because a shop may
have it without the factory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from serviceflow.api import Staff, Tx, hookspec


@dataclass(frozen=True, slots=True)
class HandoverItem:
    """One thing a member of staff holds.

    Args:
        ref: What the plugin calls it, such as ``order:12``; given back to `handover_apply`.
        text: As the list shows it.
        kind: Part of the list it stands in.
    """

    ref: str
    text: str
    kind: Literal["work", "documents", "equipment", "debts", "assets"] = "work"


@dataclass(frozen=True, slots=True)
class SalesOrder:
    """A sales order about to be issued.

    Args:
        so_no: Its own number.
        order: Number of the contract's order.
        version: Version of the contract it is issued for.
        content: The contract as kept: header fields and ``lines``.
    """

    so_no: str
    order: str
    contract_no: str
    customer: str
    version: int
    content: Mapping[str, Any]


@hookspec
def handover_items(tx: Tx, staff: Staff) -> Sequence[HandoverItem] | None:
    """Ask what of a plugin a member of staff holds.

    When: inside the write transaction of ``start-handover``.

    Args:
        tx: The transaction; read through it, write nothing.
        staff: Who leaves.

    Returns:
        One item for each thing. ``None`` or empty: he holds nothing.

    Order: all plugins are asked, plugin key A to Z; the items stand in that order.
    Errors: an exception rolls back and reaches the user as ``PluginFailed``.
    Since: 0.1
    """


@hookspec
def handover_apply(tx: Tx, item: HandoverItem, giver: Staff, recipient: Staff) -> bool | None:
    """Ask the plugin that named an item to pass it on.

    When: inside the write transaction of ``finish-handover``, once for each item.

    Args:
        tx: The transaction to write through.
        item: As the plugin gave it.
        giver: Who leaves.
        recipient: Who takes it over.

    Returns:
        Nothing that is read.

    Order: only the plugin that gave the item is asked.
    Errors: an exception rolls back and reaches the user as ``PluginFailed``.
    Since: 0.1
    """


@hookspec
def mfg_erp_export(tx: Tx, sales_order: SalesOrder) -> str | None:
    """Ask for the ERP number of a sales order that was issued without one.

    When: inside the write transaction of ``issue-so`` and ``pass-change``, before the sales order is written.

    Args:
        tx: The transaction; it may still be rolled back, so an export must bear being asked again.
        sales_order: What is issued.

    Returns:
        The number. ``None``: it is not known here.

    Order: plugins are asked by key, A to Z; the first number is taken. Without any the clerk types one.
    Errors: an exception rolls back and reaches the user as ``PluginFailed``.
    Since: 0.1
    """
