"""What an action did, for the answer to the person who did it."""

from __future__ import annotations

from dataclasses import dataclass, field

from serviceflow.texts import T


@dataclass(slots=True)
class Notes:
    """Lines of the answer. A plan that moved stands in ``planned`` only, not also in ``cancelled``.

    Args:
        lines: What happened besides the step.
        planned: Tasks and messages made or moved.
        cancelled: Tasks and messages taken back.
        warnings: Remarks of guards and effects.
    """

    lines: list[T] = field(default_factory=list)
    planned: list[T] = field(default_factory=list)
    cancelled: list[T] = field(default_factory=list)
    warnings: list[T] = field(default_factory=list)
