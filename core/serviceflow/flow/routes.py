"""Who does a thing, and who signs for it: a role, persons read from the case, stages of signatures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from serviceflow.flow.moments import When
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.engine.case import Case
    from serviceflow.flow.guards import Refuse


@dataclass(frozen=True, slots=True)
class Persons:
    """Members of staff read from the case, where a role is too wide: the owner, the requester, a superior.

    Args:
        key: Name shown in drawings and documentation.
        title: Shown to whoever is told to wait for them.
        of: Staff ids; empty means nobody.
        fallback: Role that serves where there is nobody.
    """

    key: str
    title: T
    of: Callable[[Case], Sequence[int]]
    fallback: str | None = None


Who = str | Persons
"""A role id, or persons read from the case. One meaning for actor, assignee and signer."""


def _owner(case: Case) -> list[int]:
    return [case.order.owner_id] if case.order.owner_id is not None else []


OWNER = Persons("owner", T("the owner", zh="负责人"), _owner)
"""Who owns the order."""
SUPERIOR = Persons("superior", T("the owner's superior", zh="负责人的上级"), lambda case: case.superiors_of_owner())
"""The superior of who owns the order."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Roles read from the case or a setting when signatures are asked for: one slot each, none when empty.

    Args:
        key: Name shown in drawings and documentation.
        title: Shown to whoever is told to wait for them.
        of: Role ids.
    """

    key: str
    title: T
    of: Callable[[Case], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Absent:
    """After a time a stage goes on without some of its signatures; their slots are closed as ``absent``.

    Args:
        after: The last moment every signature is waited for.
        most: How many may be absent, or the setting that says it.
        never: Roles that always have to sign, or the setting that lists them.
    """

    after: When
    most: int | str
    never: tuple[str, ...] | str = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """Signatures that are asked for at the same time. A stage whose roles turn out to be none is passed over.

    Args:
        who: One slot each; `Persons` give one slot per person, `Roles` one per role.
        quorum: ``all`` slots, ``any`` one of them, or a number of them.
        gate: The stage takes signatures only once this says nothing; else it says what is missing.
        approval: What stands against approving, when a rejection would be taken.
        absent: When the stage may go on without some signatures.
    """

    who: tuple[Who | Roles, ...]
    quorum: Literal["all", "any"] | int = "all"
    gate: Callable[[Case], T | Refuse | None] | None = None
    approval: Callable[[Case], Refuse | None] | None = None
    absent: Absent | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Who signs: stages one after the other, the slots of a stage at the same time.

    Args:
        key: Id unique in its plugin.
        stages: One after the other; the last signature of the last stage does the action.
        own: The requester's own signature: ``counts`` at once, is ``refused``, or the slot goes one ``up`` to
            his superior when he is the only holder of the role.
        undecided: When an undecided request is dropped; ``None`` waits for ever.
        inherits: Other roles that may sign for a slot's role, such as ``manager`` for ``supervisor``.
        barred: Staff ids that may not sign this one, besides what ``own`` says.
        min_opinion: Shortest opinion of a rejection, in characters, or the setting that says it.
        one_slot: One person signs one slot of a stage at most; ``"round"``: one of all stages; may be a setting.
        rejected: Action the system does when a signature says no; ``None`` drops the request.
        stand_ins: Whether somebody may stand in for a person who may not sign himself: no, yes, or a setting.
        withdrawn_by: Actions that take the request back by being done.
        on_stage: Called when a stage begins to take signatures.
        on_sign: Called after each signature with its slot.
        said: The trade's own refusals in place of the engine's, by the end of their ref (``sign-own``); facts:
            ``roles``, ``role``, ``state``, ``name``, ``time``, ``n``.
    """

    key: str
    stages: tuple[Stage, ...]
    own: Literal["counts", "refused", "up"]
    undecided: When | None = None
    inherits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    barred: Callable[[Case], Sequence[int]] | None = None
    min_opinion: int | str = 0
    one_slot: bool | str = False
    rejected: str | None = None
    stand_ins: bool | str = False
    withdrawn_by: tuple[str, ...] = ()
    on_stage: Callable[[Case], None] | None = None
    on_sign: Callable[[Case, Any], None] | None = None
    said: Mapping[str, Refuse] = field(default_factory=dict)
