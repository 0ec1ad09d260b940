"""Hooks: questions the core asks every plugin. What a trade only *is* stands as data in its `Trade`.

A plugin answers in the module that holds ``trade``, with a function of the hook's name marked `hookimpl`; it may
leave out arguments it does not need. All plugins are asked, plugin key A to Z. Importing pluggy costs 10 ms; only
modules that have hooks, and commands that ask one, do it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import pluggy

from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.store.tables import Customer, Staff
    from serviceflow.store.write import Tx

PROJECT = "serviceflow"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True, slots=True)
class Health:
    """One line of ``flow doctor``.

    Args:
        state: ``note`` is worth knowing, ``bad`` asks for a person.
        sentence: What was found.
        fix: What to type or do about it.
    """

    state: Literal["ok", "note", "bad"]
    sentence: T
    fix: T | None = None


@hookspec
def may_merge(tx: Tx, kept: Customer, gone: Customer) -> Sequence[T] | None:
    """Ask whether two customers may become one.

    When: inside the write transaction of ``flow customer merge``, before any row is moved.

    Args:
        tx: The transaction; read through it, write nothing.
        kept: The customer who stays.
        gone: The customer whose rows will move to ``kept``.

    Returns:
        Reasons against, shown to the user as given. ``None`` or empty agrees.

    Order: all plugins are asked, plugin key A to Z; the reasons are joined.
    Errors: an exception, or a plugin that cannot be loaded, counts as a no: the merge is refused as ``PluginFailed``.
    Since: 0.1
    """


@hookspec
def after_merge(tx: Tx, kept: Customer, gone: Customer) -> None:
    """Tell that two customers have become one.

    When: inside the write transaction of ``flow customer merge``, after every row that could be moved was moved.

    Args:
        tx: The transaction; what is written through it is taken back with the merge.
        kept: The customer who stays.
        gone: The customer who was merged; rows of which ``kept`` has one already are still his.

    Returns:
        Nothing.

    Order: all plugins are told, plugin key A to Z.
    Errors: an exception rolls the merge back and reaches the user as ``PluginFailed``.
    Since: 0.1
    """


@hookspec
def staff_may_leave(tx: Tx, staff: Staff) -> Sequence[T] | None:
    """Ask whether a member of staff may be made inactive.

    When: inside the write transaction of ``flow staff``, before the row is changed.

    Args:
        tx: The transaction; read through it, write nothing.
        staff: Who would leave.

    Returns:
        What must be handed over first, shown to the user as given. ``None`` or empty agrees.

    Order: all plugins are asked, plugin key A to Z; the reasons are joined.
    Errors: an exception, or a plugin that cannot be loaded, counts as a no: leaving is refused as ``PluginFailed``.
    Since: 0.1
    """


@hookspec
def doctor_checks(shop: Shop) -> Sequence[Health] | None:
    """Ask what ``flow doctor`` should say about a trade.

    When: in ``flow doctor``, after the checks of the core; outside any transaction.

    Args:
        shop: The open shop; read only.

    Returns:
        Lines to show. ``None`` or empty says nothing.

    Order: all plugins are asked, plugin key A to Z; the lines stand in that order.
    Errors: an exception becomes a line of state ``bad`` that names the plugin; the other plugins are still asked.
    Since: 0.1
    """


@hookspec
def digest_lines(shop: Shop, tx: Tx, staff: Staff, now: datetime) -> Sequence[T] | None:
    """Ask what the morning's digest should tell a member of staff besides tasks and signatures.

    When: once a day at ``core.digest_at`` in ``flow remind run``, inside the transaction that plans the digests.

    Args:
        shop: The open shop.
        tx: The transaction; read through it, write nothing.
        staff: Whose digest it is.
        now: The moment of the run.

    Returns:
        Lines to show, the most urgent first. ``None`` or empty says nothing.

    Order: all plugins are asked, plugin key A to Z; the lines stand in that order.
    Errors: an exception becomes a line that names the plugin; the other plugins are still asked.
    Since: 0.1
    """
