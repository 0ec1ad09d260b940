"""A flow as plain data. The engine interprets it; `flow.check` finds every fault when a plugin is loaded.

Twelve kinds of things say all a trade needs of the engine: flow, step, action, form, guard (and its verdict),
who, effect, moment, clock, plan (task or message), route, link. Numbers in them are names of settings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from serviceflow.flow.document import Document
from serviceflow.flow.forms import Form
from serviceflow.flow.moments import When
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


# -- who ---------------------------------------------------------------------------------------------------


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


# -- guards ------------------------------------------------------------------------------------------------


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


# -- effects -----------------------------------------------------------------------------------------------


class Effect(Protocol):
    """Something that happens when an action is done or a step is entered."""

    def apply(self, case: Case, form: Any) -> None:
        """Do it, inside the action's transaction."""


@dataclass(frozen=True, slots=True)
class Do:
    """An effect that is a function of the plugin.

    Args:
        run: Called with the case and the filled form (an empty one on entering a step).
        before: Run it before the entry of the next step is planned, where that reads what it writes.
    """

    run: Callable[[Case, Any], None]
    before: bool = False

    def apply(self, case: Case, form: Any) -> None:
        self.run(case, form)


@dataclass(frozen=True, slots=True)
class Once:
    """Effects that happen the first time only: an action's first doing, a step's first entry.

    Args:
        effects: Done in this order.
    """

    effects: tuple[Effect, ...]

    def apply(self, case: Case, form: Any) -> None:
        if case.first_time:
            for effect in self.effects:
                effect.apply(case, form)


@dataclass(frozen=True)
class SetAnchor:
    """Sets a named moment of the order to the time of the event or a value of the form; moves what hangs on it.

    Args:
        key: Name of the moment, as ``days(…, after=KEY)`` counts from it.
        value: A field's name, a function, or nothing for the event itself.
        as_day: Keep the local day only.
        once: Set it the first time only.
    """

    key: str
    value: str | Callable[[Case, Any], Any] | None = None
    as_day: bool = False
    once: bool = False
    before = True  # anchors stand when the entry of the next step is planned

    def apply(self, case: Case, form: Any) -> None:
        if self.once and case.anchor(self.key) is not None:
            return
        if self.value is None:
            value: Any = case.now
        else:
            value = getattr(form, self.value) if isinstance(self.value, str) else self.value(case, form)
        case.set_anchor(self.key, case.day(value) if self.as_day and hasattr(value, "hour") else value)


@dataclass(frozen=True, slots=True)
class Task:
    """A rule that makes a task; also an effect.

    Args:
        key: Id unique in its plugin, such as ``hand-sheet``.
        title: May name facts in braces.
        who: Pool of a role, or persons.
        due: When it is due. With ``each``, ``count`` of the moment is replaced.
        each: Setting holding a list of numbers: one task for each; those in the past are not made.
        subjects: One task for each subject it returns (a piece line, a recipient); key and title facts.
        stays: Leaving the step does not cancel it.
        closed_by: Actions that fulfil it, earliest open one first.
        when: Made only if true; read at making.
    """

    key: str
    title: T
    who: Who
    due: When
    each: str | None = None
    subjects: Callable[[Case], Mapping[str, Mapping[str, Any]]] | None = None
    stays: bool = False
    closed_by: tuple[str, ...] = ()
    when: Callable[[Case], bool] | None = None

    def apply(self, case: Case, form: Any) -> None:
        case.plan_task(self)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message goes to.

    Args:
        name: As the text addresses them.
        contacts: (kind, value) in order of preference; kinds as in the contact table.
        variant: Key of the template's variant, such as ``bride``.
        subject: Tells recipients of one message apart in its key; empty for the main contact.
        facts: Facts of this one alone, besides those of the order: a material, an amount.
        prefers: Channel this one is written to first where it can be reached, before those of the template.
    """

    name: str
    contacts: tuple[tuple[str, str], ...]
    variant: str = ""
    subject: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    prefers: str = ""


Purpose = Literal["service", "notice", "survey", "marketing", "safety"]


@dataclass(frozen=True, slots=True)
class Template:
    """Words of a message in both languages; only the named ``{fields}`` can be filled.

    Args:
        key: Id unique in its plugin; a shop may word it anew under this key.
        text: Its words.
        purpose: What it is for: it decides whether consent is needed and which quiet hours and caps hold.
        channels: Channels in order of preference; a shop may set its own order.
        variants: Other words by variant key; without its variant ``text`` is used.
        fields: The ``{fields}`` the text may name besides those every message knows.
        opt_out: Marketing that needs no consent beforehand but obeys opt-outs (capabilities.md section 4 row 20).
        any_hour: Not held back by quiet hours.
    """

    key: str
    text: T
    purpose: Purpose
    channels: tuple[str, ...]
    variants: Mapping[str, T] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    opt_out: bool = False
    any_hour: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A rule that plans a message; also an effect.

    Args:
        template: Key of the template; also the rule's key.
        due: When it is released.
        to: Recipients; the customer's main contact when left out.
        stays: Leaving the step does not cancel it.
        when: Planned only if true; read at planning.
        only_if: Tested at sending; while false it is withheld, and re-tested until it expires. Key of
            `Flow.conditions`.
        expires: After this it is no longer sent.
        cancelled_by: Actions that take it back.
        catch_up: After a time without sending, of several late ones for one recipient: ``all`` go (within the
            caps), the ``latest`` of the rule only, or one that ``merge``s their texts.
        event: What its key is dated by, so that it is sent once per event; the due moment when left out.
        each: Setting holding a list of numbers that replace ``count`` of the moment: one message for each; those
            whose moment is past are not made.
    """

    template: str
    due: When
    to: Callable[[Case], Sequence[Recipient]] | None = None
    stays: bool = False
    when: Callable[[Case], bool] | None = None
    only_if: str | None = None
    expires: When | None = None
    cancelled_by: tuple[str, ...] = ()
    event: When | None = None
    catch_up: Literal["all", "latest", "merge"] = "all"
    each: str | None = None

    @property
    def key(self) -> str:
        """The template's key, which is also the rule's."""
        return self.template

    def apply(self, case: Case, form: Any) -> None:
        case.plan_message(self)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Takes back open tasks and unsent messages.

    Args:
        keys: Keys of their rules.
        because: Kept as the reason, and shown by ``flow remind why``.
    """

    keys: tuple[str, ...]
    because: T

    def apply(self, case: Case, form: Any) -> None:
        case.cancel_tasks(*self.keys, reason=self.because)
        case.cancel_messages(*self.keys, reason=self.because)


@dataclass(frozen=True, slots=True)
class OpenChild:
    """Opens a child order over a link of the flow.

    Args:
        link: Key of `Flow.links`.
        values: Typed fields of the child's start action, by name.
        action: Start action of the child flow; its only one when left out.
    """

    link: str
    values: Callable[[Case, Any], Mapping[str, Any]] | None = None
    action: str | None = None

    def apply(self, case: Case, form: Any) -> None:
        case.open_child(self.link, self.values(case, form) if self.values else {}, self.action)


@dataclass(frozen=True, slots=True)
class Ask:
    """Opens a round of signatures on entering a step.

    Args:
        action: What approval does; a rejection does as the route says.
        route: Who has to sign.
        why: Shown to who signs.
    """

    action: str
    route: Route
    why: T

    def apply(self, case: Case, form: Any) -> None:
        case.ask(self.action, self.route, self.why)


ClockChange = Literal["start", "stop", "rest", "wake"]


@dataclass(frozen=True, slots=True)
class TurnClock:
    """Starts, stops, rests or wakes a clock of the flow.

    Args:
        key: Key of `Flow.clocks`.
        what: ``start``, ``stop``, ``rest`` or ``wake``.
    """

    key: str
    what: ClockChange

    def apply(self, case: Case, form: Any) -> None:
        case.set_clock(self.key, self.what)


# -- clocks and links --------------------------------------------------------------------------------------


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


# -- actions, steps, flows ---------------------------------------------------------------------------------


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
        where = self.step(step)
        return [a for a in self.actions if not a.system and a.offered_in(where)]

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

    def digest(self) -> str:
        """Return a digest of the structure that running orders depend on: steps, actions, where they lead."""
        lines = [self.key]
        lines += [f"s {s.key} {s.final}" for s in self.steps]
        lines += [f"a {a.key} {a.from_} {a.targets()} {'' if isinstance(a.to, Choose) else a.to}" for a in self.actions]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


# -- the trade ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Role:
    """A job in the shop.

    Args:
        key: Id; a role of the same key in two trades is held by the same people.
        title: What people call it.
    """

    key: str
    title: T


@dataclass(frozen=True, slots=True)
class Job:
    """Nightly work of a trade, done by ``flow remind run`` once for each local day.

    Args:
        key: Id unique in its plugin.
        run: Called with the shop, a transaction and the day; what it writes and that the day is done are one commit.
        at: Setting that holds the time of day from which it is due.
        missed: Days without a run are done ``each`` in turn, or only the ``latest``.
    """

    key: str
    run: Callable[[Any, Any, date], None]
    at: str
    missed: Literal["each", "latest"] = "latest"


@dataclass(frozen=True, slots=True)
class MarketingCap:
    """How much marketing a customer may get, whichever trade it comes from.

    Args:
        most: Messages.
        days: In so many calendar days, today the last of them.
    """

    most: int
    days: int


@dataclass(frozen=True, slots=True)
class Trade:
    """Everything a plugin contributes as data.

    Args:
        key: Also the command group ``flow <key>``.
        title: What people call the trade.
        version: Version of the plugin; a new one is noticed by the next command.
        api: Version of `serviceflow.api` it was written for.
        prefixes: First words of its ids: settings, tables, flows. The key is one of them.
        flows: Its kinds of orders, each with every version that has open orders.
        roles: Jobs its flows name.
        settings: Numbers and words the shop may change.
        templates: Words of its messages.
        aliases: Other names of its command group.
        documents: What it prints.
        tables: Its SQLModel table classes, for migrations and for merge, erase, export, hand-over.
        views: Its public SQL views by name: a SELECT that SQLite and PostgreSQL share, over its tables and the core's.
        migrations: ``"package:folder"`` of its Alembic revisions.
        commands: ``"module:app"`` of its Typer group, loaded only under ``flow <key>``.
        demo: ``"module:function"``: given (shop, clock, until) it lives up to ``until``, or to an earlier moment of
            its choice, by moving the clock, and returns the commands worth trying then.
        install: Called once inside a transaction when the plugin joins a shop (first price list and so on).
        check_settings: Given a reader of settings, returns what is wrong between several of them, by key.
        jobs: Nightly work.
        listens: Event (``order.closed``, ``interaction.logged``, ``message.sent`` …) → function called in the same
            transaction.
        calendars: Its own calendars by key (which begins with a prefix): made for (shop, transaction). A calendar
            may have ``warnings()``: texts shown after the command that walked it.
        marketing_cap: Given (shop, transaction, customer), returns how much marketing that customer may get, or
            ``None``. Asked before each marketing message of any trade; where several answer, all must hold.
        finishers: Tasks that ``flow done`` refuses because more has to be said, by the rule's key: what to type
            instead. May name {n}, the task's number, and {customer}, as in ``c12``. Skipping them stays possible.
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
    documents: tuple[Document, ...] = ()
    tables: tuple[type, ...] = ()
    views: Mapping[str, str] = field(default_factory=dict)
    migrations: str | None = None
    commands: str | None = None
    aliases: tuple[str, ...] = ()
    demo: str | None = None
    install: Callable[[Any], None] | None = None
    check_settings: Callable[[Callable[[str], Any]], Sequence[tuple[str, T]]] | None = None
    jobs: tuple[Job, ...] = ()
    listens: Mapping[str, Callable[[Case, Mapping[str, Any]], None]] = field(default_factory=dict)
    calendars: Mapping[str, Callable[[Any, Any], Any]] = field(default_factory=dict)
    marketing_cap: Callable[[Any, Any, Any], MarketingCap | None] | None = None
    finishers: Mapping[str, T] = field(default_factory=dict)

    def template(self, key: str) -> Template:
        """Return a message template; raises `KeyError`."""
        return {t.key: t for t in self.templates}[key]

    def document(self, key: str) -> Document:
        """Return a document it prints; raises `KeyError`."""
        return {d.key: d for d in self.documents}[key]
