"""The duty rota (带客轮班) as pure functions over one day's rows: whose turn it is, and why.

Source: realestate.md section 5.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["own", "cover", "asked-for", "turn"]
STATUSES = ("ready", "receiving", "duty", "break", "out")
MAKES_UP = ("receiving", "duty")
"""Who comes back from these may make up turns; a break or going home earns none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One agent's place: sign-in order from 1, counted receptions, lost turns, what he does."""

    agent: int
    seq: int
    turns: int = 0
    missed: int = 0
    status: str = "ready"


Day = tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who receives a party, as what, and whether it counts as his turn."""

    agent: int
    kind: Kind

    @property
    def counted(self) -> bool:
        return self.kind in ("turn", "asked-for")


def entry_of(day: Sequence[Entry], agent: int) -> Entry | None:
    """Return an agent's place, ``None`` when he has not signed in."""
    return next((e for e in day if e.agent == agent), None)


def lowest_of_others(day: Sequence[Entry], agent: int) -> int | None:
    """Return m: the fewest turns among the other agents who have not gone; ``None`` without any."""
    return min((e.turns for e in day if e.agent != agent and e.status != "out"), default=None)


def order(day: Sequence[Entry]) -> list[Entry]:
    """Return the ready agents as they are next: fewest turns, then order of sign-in."""
    return sorted((e for e in day if e.status == "ready"), key=lambda e: (e.turns, e.seq))


def sign_in(day: Sequence[Entry], agent: int, *, confirmed: bool) -> Day:
    """Return the day with an agent signed in; after confirmation he starts with the fewest turns of the others."""
    seq = max((e.seq for e in day), default=0) + 1
    turns = (lowest_of_others(day, agent) or 0) if confirmed else 0
    return (*day, Entry(agent, seq, turns))


def put(day: Sequence[Entry], changed: Entry) -> Day:
    """Return the day with one entry replaced."""
    return tuple(changed if e.agent == changed.agent else e for e in day)


def assign(day: Sequence[Entry], *, owner: int | None = None, asked: int | None = None) -> Assigned | None:
    """Return who receives an arriving party, ``None`` when nobody is ready.

    Args:
        owner: The agent whose protected customer this is.
        asked: The agent a new customer asks for.
    """
    ready = order(day)
    if not ready:
        return None
    names = [e.agent for e in ready]
    if owner is not None:
        return Assigned(owner, "own") if owner in names else Assigned(names[0], "cover")
    if asked is not None and asked in names:
        return Assigned(asked, "asked-for")
    return Assigned(names[0], "turn")


def receive(day: Sequence[Entry], given: Assigned) -> Day:
    """Return the day after a party was assigned: the agent receives, and the turn counts if it does."""
    entry = entry_of(day, given.agent)
    if entry is None:
        raise KeyError(given.agent)
    return put(day, replace(entry, status="receiving", turns=entry.turns + given.counted))


def silent(day: Sequence[Entry], agent: int) -> Day:
    """Return the day after an agent did not answer: he keeps the turn, is counted missed and takes a break."""
    entry = entry_of(day, agent)
    if entry is None:
        raise KeyError(agent)
    return put(day, replace(entry, status="break", missed=entry.missed + 1))


def ready_again(day: Sequence[Entry], agent: int, makeup: int) -> Day:
    """Return the day after an agent became ready again; turns he fell behind by are made up to a bound.

    Args:
        makeup: Most make-up turns after a reception or an errand.
    """
    entry = entry_of(day, agent)
    if entry is None:
        raise KeyError(agent)
    m = lowest_of_others(day, agent)
    least = entry.turns if m is None else m - (makeup if entry.status in MAKES_UP else 0)
    return put(day, replace(entry, status="ready", turns=max(entry.turns, least, 0)))


def give_back(day: Sequence[Entry], agent: int) -> Day:
    """Return the day after a counted reception turned out to be of no buyer: the turn is given back."""
    entry = entry_of(day, agent)
    if entry is None:
        raise KeyError(agent)
    return put(day, replace(entry, turns=max(entry.turns - 1, 0)))


@dataclass(frozen=True, slots=True)
class Why:
    """Why an agent stands where he stands in the order: place from 1, or ``None`` while not ready."""

    entry: Entry
    place: int | None
    turns_ahead: int
    earlier: bool
    """Whether the one before him has as many turns and signed in before him."""
    back: int | None = None
    """The turns he would have, were he ready now; ``None`` of those who are."""


def explain(day: Sequence[Entry], makeup: int = 0) -> list[Why]:
    """Return everybody's place with what decided it, those ready first.

    Args:
        makeup: Most make-up turns after a reception or an errand.
    """
    ready = order(day)
    found = []
    for n, entry in enumerate(ready):
        ahead = ready[n - 1] if n else None
        behind = entry.turns - ahead.turns if ahead is not None else 0
        found.append(Why(entry, n + 1, behind, ahead is not None and behind == 0))
    rest = sorted((e for e in day if e.status != "ready"), key=lambda e: e.seq)
    later = [(e, entry_of(ready_again(day, e.agent, makeup), e.agent)) for e in rest]
    return [*found, *(Why(e, None, 0, False, back.turns if back is not None else None) for e, back in later)]
