"""A flow as plain data. The engine interprets it; `flow.check` finds every fault when a plugin is loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from serviceflow.flow.forms import Form
from serviceflow.flow.moments import Moment, When
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.engine.case import Case

STAY = "*stay"
BACK = "*back"
ANY = "*any"


@dataclass(frozen=True, slots=True)
class Refuse:
    """A guard's no: the sentence may hold facts, the way out is a command or a free place where there is one."""

    sentence: T
    way_out: T | None = None
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Warn:
    """A guard's remark; the action goes on."""

    sentence: T


@dataclass(frozen=True, slots=True)
class Stage:
    """Signatures that are asked for at the same time.

    Args:
        roles: One slot per role.
        quorum: ``all`` slots, ``any`` one of them, or a number of them.
        people: Extra slots for persons read from the case, as staff ids.
    """

    roles: tuple[str, ...] = ()
    quorum: Literal["all", "any"] | int = "all"
    people: Callable[[Case], Sequence[int]] | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Who signs, stage after stage.

    Args:
        key: Id unique in its plugin.
        own: The requester's own signature: ``counts`` at once, is ``refused``, or goes to the ``superior``.
        undecided: After this moment the request is dropped; ``None`` waits for ever.
        inherits: Other roles that may sign for a slot's role (``manager`` for ``supervisor``).
        min_opinion: Shortest opinion of a rejection, in characters.
    """

    key: str
    stages: tuple[Stage, ...]
    own: Literal["counts", "refused", "superior"]
    undecided: Moment | None = None
    inherits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    min_opinion: int = 0


@dataclass(frozen=True, slots=True)
class Need:
    """A guard's answer "not without a signature"; ``why`` is shown to who asks and who signs."""

    route: Route
    why: T


Verdict = Refuse | Warn | Need | None
Rule = Callable[["Case", Any], Verdict]


@dataclass(frozen=True, slots=True)
class Guard:
    """A rule with its id. ``once`` judges the moment of asking and is not asked again at approval."""

    id: str
    rule: Rule
    once: bool = False


class Effect(Protocol):
    """Something that happens when an action is done."""

    def apply(self, case: Case, form: Any) -> None:
        """Do it, inside the action's transaction."""


@dataclass(frozen=True, slots=True)
class Do:
    """An effect that is a function of the plugin: ``run(case, form)``."""

    run: Callable[[Case, Any], None]

    def apply(self, case: Case, form: Any) -> None:
        self.run(case, form)


@dataclass(frozen=True, slots=True)
class Task:
    """A rule that makes a task.

    Args:
        key: Id unique in its plugin, such as ``hand-sheet``.
        due: When; ``each`` makes one task per number of a list setting, counted in days.
        role: Pool that may do it; ``owner`` is the order's owner.
        stays: Leaving the step does not cancel it.
        closed_by: Actions that fulfil it, earliest open one first.
        when: Made only if true; read at making.
    """

    key: str
    title: T
    role: str
    due: When
    each: str | None = None
    stays: bool = False
    closed_by: tuple[str, ...] = ()
    when: Callable[[Case], bool] | None = None

    def apply(self, case: Case, form: Any) -> None:
        case.plan_task(self)


@dataclass(frozen=True, slots=True)
class Template:
    """Words of a message in both languages; only the named ``{fields}`` can be filled."""

    key: str
    text: T
    purpose: Literal["service", "notice", "survey", "marketing", "safety"]
    channels: tuple[str, ...]
    variants: Mapping[str, T] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """A rule that plans a message to the customer."""

    template: str
    due: When
    stays: bool = False
    when: Callable[[Case], bool] | None = None
    variant: Callable[[Case], str] | None = None
    expires: When | None = None

    @property
    def key(self) -> str:
        return self.template

    def apply(self, case: Case, form: Any) -> None:
        case.plan_message(self)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done with an order.

    Args:
        key: Id unique in the flow.
        from_: Steps it is offered in, or `ANY` open one.
        to: A step, `STAY`, `BACK` (to the step left), or a function with its possible targets in ``among``.
        by: Roles that may do it; empty: anybody on the staff. Ignored for timers and events.
        at: Makes it a timer: the system does it when this moment is over and ``when`` holds.
        on: Makes it automatic: done in the transaction in which ``when`` becomes true.
        refusal: Said when it is not offered in the order's step (a general sentence when left out).
        form: Fields; `Form` has none.
        guards: Asked in this order; the first refusal wins.
        effects: Done in this order after the move.
    """

    key: str
    title: T
    from_: tuple[str, ...] | Literal["*any"]
    to: str | Callable[[Case, Any], str] = STAY
    among: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    form: type[Form] = Form
    guards: tuple[Guard, ...] = ()
    effects: tuple[Effect, ...] = ()
    at: Moment | None = None
    on: str | None = None
    when: Callable[[Case], bool] | None = None
    outcome: str | None = None

    @property
    def automatic(self) -> bool:
        return self.at is not None or self.on is not None

    @property
    def moves(self) -> bool:
        return self.to != STAY

    def targets(self) -> tuple[str, ...]:
        """Return every step it can lead to."""
        if callable(self.to):
            return self.among
        return () if self.to in (STAY, BACK) else (self.to,)

    def offered_in(self, step: str) -> bool:
        return self.from_ == ANY or step in self.from_


@dataclass(frozen=True, slots=True)
class Step:
    """Where an order can stand.

    Args:
        limit: When work in this step should be over; shown and escalated, never a bar.
        entry: Tasks and messages made on every entry.
        hint: Talking point; ``{facts}`` come from the plugin's ``facts``.
        on_path: Belongs to the main way drawn as the progress line.
    """

    key: str
    title: T
    role: str | None = None
    limit: Moment | None = None
    entry: tuple[Effect, ...] = ()
    hint: T | None = None
    final: bool = False
    on_path: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """The steps and actions of one kind of order.

    Args:
        start: Step of a new order.
        series: Number format with ``{n}`` and optionally ``{year}``: ``ST{n:04}``.
        opening: Form that `flow new` fills; ``opened`` runs when the order stands in its first step.
        one_open: Name of a key of which only one order may be open, or ``None``.
        supervisors: Roles that may do every action.
    """

    key: str
    version: int
    title: T
    start: str
    steps: tuple[Step, ...]
    actions: tuple[Action, ...]
    series: str
    opening: type[Form] = Form
    opening_guards: tuple[Guard, ...] = ()
    opened: tuple[Effect, ...] = ()
    customer: Literal["required", "optional", "none"] = "required"
    open_key: Callable[[Case], str | None] | None = None
    supervisors: tuple[str, ...] = ()
    facts: Callable[[Case], Mapping[str, Any]] | None = None

    def step(self, key: str) -> Step:
        """Return a step; raises `KeyError`."""
        return self._steps()[key]

    def action(self, key: str) -> Action:
        """Return an action; raises `KeyError`."""
        return {a.key: a for a in self.actions}[key]

    def has_action(self, key: str) -> bool:
        return any(a.key == key for a in self.actions)

    def offered(self, step: str) -> list[Action]:
        """Return what a person may try in a step, in the order written."""
        if self.step(step).final:
            return [a for a in self.actions if not a.automatic and a.from_ != ANY and step in a.from_]
        return [a for a in self.actions if not a.automatic and a.offered_in(step)]

    def timers(self, step: str) -> list[Action]:
        """Return the timers that run while an order stands in a step."""
        if self.step(step).final:
            return []
        return [a for a in self.actions if a.at is not None and a.offered_in(step)]

    def _steps(self) -> dict[str, Step]:
        return {s.key: s for s in self.steps}

    def digest(self) -> str:
        """Return a digest of the structure that running orders depend on: steps, actions, where they lead."""
        lines = [f"{self.key}@{self.start}"]
        lines += [f"s {s.key} {s.final}" for s in self.steps]
        lines += [f"a {a.key} {a.from_} {a.targets()} {'' if callable(a.to) else a.to}" for a in self.actions]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Role:
    """A job in the shop."""

    key: str
    title: T


@dataclass(frozen=True, slots=True)
class Trade:
    """Everything a plugin contributes as data.

    Args:
        prefixes: First words of its ids: settings, tables, commands.
        tables: Its SQLModel table classes, for migrations and for merge, erase, export, hand-over.
        commands: ``"module:app"`` of its Typer group, loaded only under ``flow <key>``.
        demo: ``"module:function"`` that lives a month in a throw-away shop.
        install: Called once, inside a transaction, when the plugin joins a shop (first price list and so on).
    """

    key: str
    title: T
    version: str
    api: str
    prefixes: tuple[str, ...]
    flows: tuple[Flow, ...] = ()
    roles: tuple[Role, ...] = ()
    settings: tuple[Any, ...] = ()
    templates: tuple[Template, ...] = ()
    tables: tuple[type, ...] = ()
    migrations: str | None = None
    commands: str | None = None
    aliases: tuple[str, ...] = ()
    demo: str | None = None
