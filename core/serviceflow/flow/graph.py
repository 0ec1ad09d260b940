"""Where an order can go: the ways between the steps of a flow, as far as they are declared."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from serviceflow.flow.effects import Effect, Once
from serviceflow.flow.model import BACK, START, Action, Flow, Step


@dataclass(frozen=True, slots=True)
class Way:
    """One possible move: ``action`` leads from step ``source`` (or `START`) to step ``target``."""

    source: str
    action: Action
    target: str


def ways(flow: Flow) -> list[Way]:
    """Return every possible move, in the order of steps and actions; unknown steps are left out.

    An action that leads `BACK` leads to each step its own step can be entered from.
    """
    fixed = [
        Way(source, action, target)
        for source in (START, *flow.by_step)
        for action in flow.actions
        if _offered(action, source, flow)
        for target in action.targets()
        if target in flow.by_step
    ]
    back = [
        Way(step.key, action, before)
        for step in flow.steps
        for action in flow.actions
        if action.to == BACK and _offered(action, step.key, flow)
        for before in dict.fromkeys(w.source for w in fixed if w.target == step.key)
        if before not in (START, step.key)
    ]
    return fixed + back


def _offered(action: Action, source: str, flow: Flow) -> bool:
    if source == START or action.from_ == START:
        return source == START and action.from_ == START
    return action.offered_in(flow.step(source))


def reached(flow: Flow, moves: Sequence[Way]) -> set[str]:
    """Return the steps an order can come to over these ways from where it may be opened."""
    return _closure({w.target for w in moves if w.source == START} | {*flow.starts_at}, _links(moves))


def can_end(flow: Flow, moves: Sequence[Way]) -> set[str]:
    """Return the steps from which a final step can be reached; final ones belong to them."""
    backwards = _links(Way(w.target, w.action, w.source) for w in moves if w.source != START)
    return _closure({s.key for s in flow.steps if s.final}, backwards)


def _links(moves: Iterable[Way]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for way in moves:
        found.setdefault(way.source, set()).add(way.target)
    return found


def _closure(start: set[str], links: Mapping[str, set[str]]) -> set[str]:
    seen, queue = set(start), deque(start)
    while queue:
        for target in links.get(queue.popleft(), set()) - seen:
            seen.add(target)
            queue.append(target)
    return seen


def automatic_circle(moves: Sequence[Way]) -> list[Action]:
    """Return automatic actions that can lead an order round for ever, in their order; none if none can."""
    moves = [w for w in moves if w.action.auto and w.source != START]
    links = _links(moves)
    for way in moves:
        if way.source in _closure({way.target}, links):
            on = [
                w.action
                for w in moves
                if way.source in _closure({w.target}, links) and w.source in _closure({way.source}, links)
            ]
            return list({a.key: a for a in on}.values())
    return []


@dataclass(frozen=True, slots=True)
class Placed:
    """An effect and where it stands: in ``action``, or in the entry of ``step``."""

    effect: Effect
    action: Action | None
    step: Step | None


def effects(flow: Flow) -> list[Placed]:
    """Return every effect of a flow, those inside `Once` included."""
    found = [Placed(e, None, s) for s in flow.steps for e in _flat(s.entry)]
    return found + [Placed(e, a, None) for a in flow.actions for e in _flat(a.effects)]


def _flat(group: Iterable[Effect]) -> list[Effect]:
    return [inner for effect in group for inner in (_flat(effect.effects) if isinstance(effect, Once) else [effect])]
