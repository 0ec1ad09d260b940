"""A flow as plain data. The engine interprets it; `flow.check` finds every fault when a plugin is loaded.

Twelve kinds of things say all a trade needs of the engine: flow, step, action, form, guard (and its verdict),
who, effect, moment, clock, plan (task or message), route, link. Numbers in them are names of settings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

from serviceflow.flow.effects import Ask, Effect, Message, Once, Task
from serviceflow.flow.forms import Form
from serviceflow.flow.guards import Guard
from serviceflow.flow.links import Link
from serviceflow.flow.moments import When
from serviceflow.flow.routes import Route, Who
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.engine.case import Case

START: Final = "*start"
"""`Action.from_` of an action that opens an order."""
ANY: Final = "*any"
"""`Action.from_` of an action offered in every step that is not final."""
STAY: Final = "*stay"
"""`Action.to` of an action that leaves the order where it is."""
BACK: Final = "*back"
"""`Action.to` of an action that leads to the step left last."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A named running deadline of an order; several may run at once. A step's limit is the clock ``step``.

    Args:
        key: Id unique in the flow.
        due: When it is over. Changing its anchor moves it.
        title: What is due, for lists of limits that end.
        starts_in: Runs from entering one of these steps; empty: only by `TurnClock`.
        stops_in: Stops on entering one of these.
        rests_in: Rests while the order stands in one of these: nothing fires or breaks meanwhile.
        wake: How it goes on: ``keep`` its due moment, or ``shift`` it by the time rested.
    """

    key: str
    due: When
    title: T
    starts_in: tuple[str, ...] = ()
    stops_in: tuple[str, ...] = ()
    rests_in: tuple[str, ...] = ()
    wake: Literal["keep", "shift"] = "shift"


@dataclass(frozen=True, slots=True)
class Choose:
    """A target that depends on form and data.

    Args:
        function: Called with the case and the filled form, returns one of ``among``.
        among: Every step it may return, so that the check on load and the drawing know them.
    """

    function: Callable[[Case, Any], str]
    among: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Late:
    """A measured flag, kept with an action for reports; never refuses.

    Args:
        after: The moment past which doing it is late.
        unit: Whole ``minutes`` or ``days``, as how late is counted.
    """

    after: When
    unit: Literal["minutes", "days"] = "minutes"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done with an order, by a person, by a timer or as soon as something is true.

    Args:
        key: Id unique in the flow.
        title: What people call it.
        from_: Steps it is offered in, `ANY` open one, or `START` when it opens an order.
        to: A step, `STAY`, `BACK` or `Choose`.
        by: Who may do it; empty: anybody on the staff.
        form: Fields; `Form` has none.
        guards: Asked in this order; the first refusal wins.
        effects: Done in this order after the move.
        at: A timer: the system does it when this moment is over and ``when`` holds.
        over: A timer: the system does it when this clock (``step`` or a key of `Flow.clocks`) is over.
        auto: Done by the system in the transaction in which ``when`` becomes true.
        by_hand: A timer or automatic action that people may also do.
        internal: Done only by effects of the trade (`Case.act`) or by a sign-off, never by people or by itself.
        when: Condition of ``at``, ``over`` and ``auto``; reads the state at the run.
        outcome: Stored as the order's outcome.
        late: Measured when it is done.
        refusal: Said when it is not offered in the order's step, or a function of the case that says it (a general
            sentence when left out).
    """

    key: str
    title: T
    from_: tuple[str, ...] | Literal["*any", "*start"]
    to: str | Choose = STAY
    by: tuple[Who, ...] = ()
    form: type[Form] = Form
    guards: tuple[Guard, ...] = ()
    effects: tuple[Effect, ...] = ()
    at: When | None = None
    over: str | None = None
    auto: bool = False
    by_hand: bool = False
    internal: bool = False
    when: Callable[[Case], bool] | None = None
    outcome: str | None = None
    late: Late | None = None
    refusal: T | Callable[[Case], T | None] | None = None

    @property
    def timer(self) -> bool:
        """Whether the passing of time does it."""
        return self.at is not None or self.over is not None

    @property
    def system(self) -> bool:
        """Whether only the system does it."""
        return self.internal or ((self.timer or self.auto) and not self.by_hand)

    @property
    def moves(self) -> bool:
        """Whether it leads out of the step."""
        return self.to != STAY

    def targets(self) -> tuple[str, ...]:
        """Return every step it can lead to, as far as it is fixed."""
        if isinstance(self.to, Choose):
            return self.to.among
        return () if self.to in (STAY, BACK) else (self.to,)

    def offered_in(self, step: Step) -> bool:
        """Return whether it is offered in ``step``; a final step offers only what names it."""
        return (not step.final) if self.from_ == ANY else step.key in self.from_


@dataclass(frozen=True, slots=True)
class Step:
    """Where an order can stand.

    Args:
        key: Id unique in the flow.
        title: What people call it.
        role: Whose work it is: the role that sees the order in its list.
        limit: When work in this step should be over: the clock ``step``; shown and escalated, never a bar.
        entry: Effects of every entry.
        hint: Talking point; ``{facts}`` come from `Flow.facts`.
        final: The order is closed by entering it.
        on_path: Belongs to the main way drawn as the progress line.
    """

    key: str
    title: T
    role: str | None = None
    limit: When | None = None
    entry: tuple[Effect, ...] = ()
    hint: T | None = None
    final: bool = False
    on_path: bool = False


@dataclass(frozen=True)
class Flow:
    """The steps and actions of one kind of order.

    Args:
        key: Id unique in the shop; begins with a prefix of the trade.
        version: Pinned by each order; a plugin ships every version that has open orders.
        title: What people call an order of this kind.
        steps: In the order they are drawn.
        actions: In the order they are offered.
        series: Number format with ``{n}`` and optionally ``{year}``: ``ST{n:04}``.
        clocks: Running deadlines besides the limits of steps.
        links: Child orders it may open.
        customer: Whether an order has one.
        alone: Whether people may open one by itself; else only another order does (`OpenChild`, `Case.open_other`).
        open_key: Only one order with the key it returns may be open; ``None`` sets no bound.
        supervisors: Roles that may do every action.
        facts: Live facts for titles, talking points and messages.
        conditions: Named conditions that messages test at sending.
        starts_at: Further steps at which the system may open an order (capabilities.md row 1).
        anchors: Anchors that functions of the plugin set; those of `SetAnchor` need not be named.
    """

    key: str
    version: int
    title: T
    steps: tuple[Step, ...]
    actions: tuple[Action, ...]
    series: str
    clocks: tuple[Clock, ...] = ()
    links: tuple[Link, ...] = ()
    customer: Literal["required", "optional", "none"] = "required"
    alone: bool = True
    open_key: Callable[[Case], str | None] | None = None
    supervisors: tuple[str, ...] = ()
    facts: Callable[[Case], Mapping[str, Any]] | None = None
    conditions: Mapping[str, Callable[[Case], bool]] = field(default_factory=dict)
    starts_at: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()

    @cached_property
    def by_step(self) -> dict[str, Step]:
        """The steps by key."""
        return {s.key: s for s in self.steps}

    @cached_property
    def by_action(self) -> dict[str, Action]:
        """The actions by key."""
        return {a.key: a for a in self.actions}

    @cached_property
    def _offers(self) -> dict[str, list[Action]]:
        # By step, once it is asked for: an action asks five times, and goes through all actions each time.
        return {}

    def step(self, key: str) -> Step:
        """Return a step; raises `KeyError`."""
        return self.by_step[key]

    def action(self, key: str) -> Action:
        """Return an action; raises `KeyError`."""
        return self.by_action[key]

    def clock(self, key: str) -> Clock:
        """Return a clock; raises `KeyError`."""
        return {c.key: c for c in self.clocks}[key]

    def link(self, key: str) -> Link:
        """Return a link; raises `KeyError`."""
        return {link.key: link for link in self.links}[key]

    def starts(self) -> list[Action]:
        """Return the actions that open an order."""
        return [a for a in self.actions if a.from_ == START]

    def offered(self, step: str) -> list[Action]:
        """Return what a person may try in a step, in the order written."""
        if step not in self._offers:
            where = self.step(step)
            self._offers[step] = [a for a in self.actions if not a.system and a.offered_in(where)]
        return list(self._offers[step])

    def ahead(self, step: str) -> Action | None:
        """Return the action that leads on along the main way; where none does, one that leads back to it from aside.

        On the main way itself what only something else ends is next worked at: an action that stays comes before one
        that leaves the way, such as cancelling.
        """
        offered = self.offered(step)
        moving = [a for a in offered if a.moves]
        staying = [a for a in offered if not a.moves]
        rest = [*staying, *moving] if self.step(step).on_path else [*moving, *staying]
        return next(iter([*self.forward(step), *rest]), None)

    def forward(self, step: str) -> list[Action]:
        """Return the actions of a step that lead on along the main way."""
        order = {s.key: n for n, s in enumerate(self.steps)}
        later = {s.key for s in self.steps if s.on_path and order[s.key] > order[step]}
        return [a for a in self.offered(step) if a.moves and later & {*a.targets()}]

    def timers(self, step: str) -> list[Action]:
        """Return the timers that run while an order stands in a step."""
        where = self.step(step)
        return [a for a in self.actions if a.at is not None and a.offered_in(where)]

    @cached_property
    def routes(self) -> dict[str, Route]:
        """Every route a guard may ask for or a step opens, by key."""
        asked = [e.route for group in self._groups() for e in group if isinstance(e, Ask)]
        return {r.key: r for r in (*(r for a in self.actions for g in a.guards for r in g.needs), *asked)}

    def _groups(self) -> list[tuple[Effect, ...]]:
        return [*(s.entry for s in self.steps), *(a.effects for a in self.actions)]

    @cached_property
    def plans(self) -> tuple[Task | Message, ...]:
        """Every rule for a task or message, wherever it stands."""
        found: dict[str, Task | Message] = {}
        for group in self._groups():
            for effect in group:
                for inner in effect.effects if isinstance(effect, Once) else (effect,):
                    if isinstance(inner, Task | Message):
                        found[f"{type(inner).__name__}:{inner.key}"] = inner
        return tuple(found.values())

    @cached_property
    def hanging(self) -> dict[str, list[Task | Message]]:
        """The rules for tasks and messages by what they hang on."""
        found: dict[str, list[Task | Message]] = {}
        for rule in self.plans:
            expires = rule.expires.bases() if isinstance(rule, Message) and rule.expires is not None else frozenset()
            for base in rule.due.bases() | expires:
                found.setdefault(base, []).append(rule)
        return found

    def digest(self) -> str:
        """Return a digest of the structure that running orders depend on: steps, actions, where they lead."""
        lines = [self.key]
        lines += [f"s {s.key} {s.final}" for s in self.steps]
        lines += [f"a {a.key} {a.from_} {a.targets()} {'' if isinstance(a.to, Choose) else a.to}" for a in self.actions]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()
