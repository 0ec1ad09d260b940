"""Every fault of a flow and of a trade, found when a plugin is loaded."""

from __future__ import annotations

from dataclasses import dataclass

from serviceflow.flow.model import Trade
from serviceflow.texts import T


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a trade: where, and what.

    Args:
        where: Flow, action or table it was found in, as ``studio-case/take-deposit``.
    """

    where: str
    sentence: T

    @property
    def said(self) -> T:
        return T("{where}: {sentence}", zh="{where}: {sentence}").of(where=self.where, sentence=self.sentence)


def faults_of_trade(trade: Trade) -> list[Fault]:
    """Return everything wrong with a trade."""
    return []
