"""How many customers at once can be reached: contact points, opt-outs, consent, open complaints.

Says the same as the core says of one customer when a message is planned. Source: brokerage.md 5.7, 5.14.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from serviceflow.api import Consent, Contact, Customer, MessageRow, TaskRow, Tx, table_of
from sqlalchemy import Select, select

from serviceflow_brokerage.tables.clients import BrokerComplaint

CONTACTS: Final[Mapping[str, tuple[str, ...]]] = {"sms": ("phone",), "wechat": ("wechat",), "email": ("email",)}
"""Kinds of contact points each channel of messages can use."""
NO_MARKETING: Final = "no-marketing"
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Way:
    """A channel and the address on it."""

    channel: str
    address: str


@dataclass(slots=True)
class Person:
    """What is known of one customer for reaching him or her."""

    name: str = ""
    language: str | None = None
    owner_id: int | None = None
    silent: bool = False
    no_marketing: bool = False
    points: dict[str, str] = field(default_factory=dict)
    said: list[tuple[str, str, bool]] = field(default_factory=list)
    complains: bool = False

    def consent(self, purpose: str, channel: str) -> bool | None:
        """Return what the newest word on a purpose and channel was."""
        for about, where, given in reversed(self.said):
            if about in (purpose, "*") and where in (channel, "*"):
                return given
        return None

    def way(self, purpose: str, channels: Sequence[str]) -> Way | str:
        """Return the first channel a message may take, or why there is none.

        The reasons: ``no-contact-point``, ``opted-out``, ``no-consent`` (for marketing alone), in this order. A notice
        has to be given: whoever cannot or must not be written to gets it printed, for hand-over.
        """
        found = [
            Way(channel, self.points[kind])
            for channel in channels
            for kind in CONTACTS.get(channel, (channel,))
            if kind in self.points
        ]
        if purpose == "notice":
            return found[0] if found and not self.silent else Way("print", self.points.get("address", ""))
        if not found:
            return "no-contact-point"
        open_ = [way for way in found if self.consent(purpose, way.channel) is not False]
        if self.silent or not open_ or (purpose == "marketing" and self.no_marketing):
            return "opted-out"
        agreed = [way for way in open_ if purpose != "marketing" or self.consent(purpose, way.channel)]
        return agreed[0] if agreed else "no-consent"


def persons(tx: Tx, customers: Iterable[int]) -> dict[int, Person]:
    """Return what is known of these customers, by key, read in portions."""
    found: dict[int, Person] = {}
    keys = sorted(set(customers))
    for start in range(0, len(keys), _CHUNK):
        found |= _some(tx, keys[start : start + _CHUNK])
    return found


def _some(tx: Tx, keys: list[int]) -> dict[int, Person]:
    customers, contacts, consents = table_of(Customer), table_of(Contact), table_of(Consent)
    found = {
        c.id: Person(c.name, c.language, c.owner_id, c.do_not_contact, NO_MARKETING in c.tags)
        for c in tx.all(Customer, customers.c.id.in_(keys))
        if c.id is not None
    }
    order: list[Any] = [contacts.c.preferred.desc(), contacts.c.id]
    for point in tx.all(Contact, contacts.c.customer_id.in_(keys), order_by=order):
        found[point.customer_id].points.setdefault(point.kind, point.value)
    for word in tx.all(Consent, consents.c.customer_id.in_(keys), order_by=[consents.c.at, consents.c.id]):
        found[word.customer_id].said.append((word.purpose, word.channel, word.given))
    for (key,) in tx.rows(_complaining(keys)):
        found[key].complains = True
    return found


def _complaining(keys: list[int]) -> Select[Any]:
    complaints, tasks = table_of(BrokerComplaint), table_of(TaskRow)
    return (
        select(complaints.c.customer_id)
        .join(tasks, tasks.c.id == complaints.c.task_id)
        .where(complaints.c.customer_id.in_(keys), tasks.c.state == "open")
    )


def send(
    tx: Tx, template: str, purpose: str, customer_id: int, person: Person, way: Way, *, about: str, language: str,
    facts: Mapping[str, Any], due: datetime | None = None,
) -> MessageRow:  # fmt: skip
    """Plan a message that belongs to no order, due now or then; ``about`` makes it the only one of its kind."""
    return tx.add(
        MessageRow(
            rule=f"brokerage:{template}", template=template, purpose=purpose, language=person.language or language,
            channel=way.channel, recipient=way.address, recipient_name=person.name, customer_id=customer_id,
            stays=True, facts={**facts, "name": person.name}, due_at=due or tx.now, subject=about,
            occurrence=f"brokerage:{template}/{about}/{customer_id}", made_at=tx.now,
        )
    )  # fmt: skip
