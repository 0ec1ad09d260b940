"""How an order that another opened is tied to it: what it blocks, what becomes of it, how clocks go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from serviceflow.texts import T


@dataclass(frozen=True, slots=True)
class Grace:
    """A parent's running deadlines, once its child blocks it no more, become at least some days from that day.

    Args:
        days: A number or the setting that holds it, counted from the day the block is lifted.
        anchors: The dates that are deadlines; only those that a timer of the parent's step hangs on are moved.
    """

    days: int | str
    anchors: tuple[str, ...]


Wake = Literal["keep", "shift"] | Grace


@dataclass(frozen=True, slots=True)
class Link:
    """How a child order of a flow is tied to its parent. Declared by the parent's flow.

    Args:
        key: Id unique in the flow.
        flow: Flow key of the child.
        blocks_in: Steps of the child in which the parent takes no step-moving action; ``ANY``: all but final.
        allows: Actions of the parent that go on all the same.
        refuses: The only actions refused, instead of all step-moving ones; ``ANY``: all but ``allows``.
        ends: Child's final step → action the system does with the parent.
        all_ended: Action the system does with the parent when its last child over this link has ended.
        with_parent: What becomes of an open child when the parent ends: the system does this action of the
            child, or it goes on (``None``).
        wake: How the parent's clocks and timers, resting while it is blocked, go on: ``keep`` their moment (what
            is past is due at once), ``shift`` by the time rested, or after a `Grace`; or one of these by the step
            the child has reached, others ``keep``. What the child sets of the parent meanwhile stands.
        said: What is said of an action the child stands in the way of; facts ``flow``, ``number``, ``step``.
    """

    key: str
    flow: str
    blocks_in: tuple[str, ...] | Literal["*any"] = ()
    allows: tuple[str, ...] = ()
    refuses: tuple[str, ...] | Literal["*any"] = ()
    ends: Mapping[str, str] = field(default_factory=dict)
    all_ended: str | None = None
    with_parent: str | None = None
    wake: Wake | Mapping[str, Wake] = "keep"
    said: T | None = None

    def wakes(self, step: str) -> Wake:
        """Return how the parent goes on when the child has reached ``step``."""
        return self.wake.get(step, "keep") if isinstance(self.wake, Mapping) else self.wake
