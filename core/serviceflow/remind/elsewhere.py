"""Messages of trades that this machine does not have: left to one that has them, and meanwhile put off with a reason.

Two machines whose timers go off together would else race for them for ever, the one without the trade being faster.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, false, not_, or_

from serviceflow.remind.outbox import DIGEST, MESSAGES, READY_IN_CHANNEL
from serviceflow.store.write import Tx

if TYPE_CHECKING:
    from serviceflow.app import Shop


def trades_elsewhere(shop: Shop) -> list[str]:
    """Return the keys of the trades the shop uses that this machine cannot, A to Z."""
    return [problem.key for problem in shop.plugins.problems()]


def of_trades(keys: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that one of some trades has the words of a message; those of a digest are finished."""
    return and_(MESSAGES.c.template != DIGEST, or_(false(), *(MESSAGES.c.rule.startswith(f"{key}:") for key in keys)))


def ready_here(tx: Tx, channel: str, now: datetime, most: int, keys: Collection[str]) -> list[int]:
    """Return what `outbox.ready` does, without the messages of some trades."""
    given = {"now": now, "channel": channel, "most": most}
    return list(tx.bare.execute(READY_IN_CHANNEL.where(not_(of_trades(keys))), given).scalars())
