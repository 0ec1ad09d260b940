"""How much material an order needs. Source: manufacturing.md 5.7. Quantities are in 1/100 of their unit."""

from __future__ import annotations


def need(per_piece: int, pieces: int, waste: int, step: int) -> int:
    """Return what has to be there, rounded up to the step.

    Args:
        per_piece: Consumption of one piece in 1/10,000 unit.
        pieces: Pieces that are made, not taken from stock.
        waste: Percent on top, in 1/100 percent.
        step: Smallest step in 1/100 unit.
    """
    exact, part = per_piece * pieces * (10_000 + waste), 10_000 * 100  # in 1/100 unit times `part`
    return -(-exact // (part * step)) * step
