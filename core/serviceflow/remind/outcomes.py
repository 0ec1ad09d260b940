"""What a channel answers and what it is able to do.

Five classes and no others: a channel that answers "true or false" cannot tell a refusal from a lost reply, and
that is how messages get lost or are sent twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from serviceflow.texts import T

OutcomeKind = Literal["accepted", "rejected_permanent", "not_accepted_retry", "throttled", "unknown"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message over.

    Args:
        ref: The provider's own number, empty where there is none.
        confirmed: False where a refusal would not have been visible to us.
    """

    ref: str = ""
    confirmed: bool = True
    kind: OutcomeKind = "accepted"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider will never take this message: bad address, forbidden content, too long.

    Args:
        bad_address: Nothing will ever arrive there; nothing more is sent to it until a person has looked.
    """

    why: T
    way_out: T | None = None
    code: str = ""
    bad_address: bool = False
    kind: OutcomeKind = "rejected_permanent"


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """The provider surely did not take it; another try may succeed.

    Args:
        after: Seconds to wait at least, where the provider said so.
        channel_fault: Nothing will go over this channel until a person mends it (wrong key, address not
            trusted), or until the provider is back; the message is not to blame and burns no try.
    """

    why: T
    way_out: T | None = None
    code: str = ""
    after: int | None = None
    channel_fault: bool = False
    kind: OutcomeKind = "not_accepted_retry"


@dataclass(frozen=True, slots=True)
class Throttled:
    """Too many messages: the whole channel rests for ``after`` seconds; the message burns no try."""

    after: int
    why: T
    code: str = ""
    kind: OutcomeKind = "throttled"


@dataclass(frozen=True, slots=True)
class Unknown:
    """The hand-over began and its end was not seen: the provider may have taken the message."""

    why: T
    code: str = ""
    kind: OutcomeKind = "unknown"


@dataclass(frozen=True, slots=True)
class Absent:
    """The provider, asked about a hand-over of unknown end, never got it: the message is sent again."""

    why: T


Outcome = Accepted | Rejected | NotAccepted | Throttled | Unknown
Answer = Outcome | Absent
"""What came of asking; anything but accepted, refused and absent is no answer yet."""


@dataclass(frozen=True, slots=True)
class Idempotent:
    """The provider drops a second message with the same key for ``key_ttl`` seconds (``None``: for ever)."""

    key_ttl: int | None
    name: Literal["idempotent"] = "idempotent"


@dataclass(frozen=True, slots=True)
class Queryable:
    """The provider can be asked for a key; its answer is final ``settle`` seconds after the hand-over."""

    settle: int
    name: Literal["queryable"] = "queryable"


@dataclass(frozen=True, slots=True)
class Opaque:
    """Neither: what became of a broken hand-over only a person can find out."""

    name: Literal["opaque"] = "opaque"


Ability = Idempotent | Queryable | Opaque


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``count`` messages in ``seconds``."""

    count: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as a channel sees it: finished words and one constant key.

    Args:
        key: The same over all tries; another one only when a person chooses to send again.
        mark: Short name of the message for people, ``m88``; ``m88-2`` when it was sent again by a person.
        address: Phone, e-mail address, user id, as the channel's kind of contact says.
        subject: One line, for channels that have one.
        marketing: Advertising: e-mail then carries a way to unsubscribe.
        template: Key of the words with its trade, such as ``studio:booked-sms``.
        values: What the fields of the words were filled with.
    """

    key: str
    mark: str
    address: str
    name: str
    subject: str
    body: str
    language: str = "zh"
    marketing: bool = False
    template: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


class Channel(Protocol):
    """Something that hands letters over. Never raises for what a provider does; never sends by itself again.

    Attributes:
        kind: Kind of the channel, such as ``smtp``.
        ability: What may be done about a broken hand-over.
        rate: Most messages in a time, ``None`` for no bound.
        most_bytes: Longest body in bytes of UTF-8, ``None`` for no bound.
        shows_refusals: False where an accepted message may still have been refused unseen.
        by_hand: True where a person hands over; `send` is then never called by a run.
    """

    kind: str
    ability: Ability
    rate: Rate | None
    most_bytes: int | None
    shows_refusals: bool
    by_hand: bool

    def send(self, letter: Letter) -> Outcome:
        """Hand one letter over, within the channel's deadline."""

    def finish(self) -> None:
        """Close what a run kept open."""


@runtime_checkable
class Askable(Protocol):
    """A channel whose provider can be asked; its `ability` is `Queryable`."""

    def ask(self, letter: Letter, begun: datetime) -> Answer:
        """Ask what became of a letter whose hand-over began at ``begun``."""


@runtime_checkable
class ByTemplate(Protocol):
    """A channel whose provider sends only words it has approved beforehand, filled with short variables.

    Messages of words it does not serve go by hand; late messages are not merged into one.
    """

    def serves(self, template: str) -> bool:
        """Return whether the provider has approved these words."""

    def declared(self, template: str) -> bool:
        """Return whether the shop has said that these words go by hand."""

    def faults(self, text: str, samples: Sequence[Mapping[str, str]]) -> Iterable[tuple[str, T]]:
        """Return what the provider refuses of words and of values they were filled with: key of the rule, sentence."""
