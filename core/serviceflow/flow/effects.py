"""What happens when an action is done or a step is entered: plain data, each of which knows how to do itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from serviceflow.flow.moments import When
from serviceflow.flow.routes import Route, Who
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.engine.case import Case


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
