"""Messages that have not gone out, taken back with a reason that both languages keep."""

from __future__ import annotations

from typing import Final

from serviceflow.api import MessageRow, T, Tx

UNSENT: Final = ("planned", "pending", "held", "retry")
"""States of a message that has not gone out and may still."""


def take_back(tx: Tx, message: MessageRow, reason: T) -> None:
    """Cancel an unsent message; its trail says when and why, as it does when the engine cancels one."""
    told = [tx.now.isoformat(), "cancelled", "", {"words": reason.both()}]
    tx.change(message, state="cancelled", reason=str(reason), reason_ref="", trail=[*message.trail, told])
