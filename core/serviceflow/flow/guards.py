"""Rules of an action, and their verdicts: refused, remarked on, not without signatures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serviceflow.flow.routes import Route
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.engine.case import Case


@dataclass(frozen=True, slots=True)
class Refuse:
    """A guard's no: the sentence may hold facts, the way out is a command or a free place where there is one.

    ``{here}`` in a way out is the number of the order that was asked.

    Args:
        sentence: Why not, in words for the person who tried.
        way_out: A command to type, a free place, a day from which it goes; nothing where there is none.
        ref: Id that stays, such as ``studio.deposit.min``; the guard's own id when left out.
    """

    sentence: T
    way_out: T | None = None
    ref: str | None = None

    def way_from(self, number: str) -> T | None:
        """Return the way out of an order with this number."""
        if self.way_out is None or "{here}" not in self.way_out.en:
            return self.way_out
        return self.way_out.of(here=number)


@dataclass(frozen=True, slots=True)
class Warn:
    """A guard's remark; the action goes on.

    Args:
        sentence: Shown with the answer of the action.
    """

    sentence: T


@dataclass(frozen=True, slots=True)
class Need:
    """A guard's answer "not without signatures".

    Args:
        route: Who has to sign; several needs of one action are asked for together.
        why: Shown to who asks and to who signs.
    """

    route: Route
    why: T


Verdict = Refuse | Warn | Need | None
"""What a guard answers; nothing agrees."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A rule with its id.

    Args:
        id: Unique in its plugin; the id of its refusal is ``<plugin>.<id>`` where that has none of its own.
        rule: Asked with the case and the filled form; ``None`` agrees.
        once: Judges the moment of asking and is not asked again at approval.
        early: Reads only the case, so that it is also asked when listing what may be done now.
        override: Roles that may set its refusal aside with a reason; empty: nobody.
        needs: Routes the rule may ask for, so that the check on load and the drawing know them.
    """

    id: str
    rule: Callable[[Case, Any], Verdict]
    once: bool = False
    early: bool = False
    override: tuple[str, ...] = ()
    needs: tuple[Route, ...] = ()
