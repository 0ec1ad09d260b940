"""One flow under check: what it declares, the spots in it, and how an unknown name in it is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from serviceflow.flow import graph
from serviceflow.flow.effects import Message, SetAnchor, Task
from serviceflow.flow.faults import Spot, nearest
from serviceflow.flow.model import Action, Flow, Step
from serviceflow.flow.moments import When
from serviceflow.texts import T

CALENDARS = ("shop", "cn-public", "cn-exchange")


class Scope:
    """One flow under check: what it declares, and the spots in it."""

    def __init__(self, flow: Flow, flows: Iterable[Flow], calendars: Iterable[str] = ()) -> None:
        self.calendars = (*CALENDARS, *calendars)
        self.flow = flow
        self.flows = {f.key: f for f in sorted(flows, key=lambda f: f.version)} | {flow.key: flow}
        self.clocks = {c.key for c in flow.clocks}
        self.effects = graph.effects(flow)
        self.ways = graph.ways(flow)
        self.anchors = {*flow.anchors, *(p.effect.key for p in self.effects if isinstance(p.effect, SetAnchor))}
        self.spot = Spot(flow.key, "Flow", flow.key)

    def step(self, step: Step) -> Spot:
        return Spot(f"{self.flow.key}/{step.key}", "Step", step.key)

    def action(self, action: Action) -> Spot:
        return Spot(f"{self.flow.key}/{action.key}", "Action", action.key)

    def at(self, placed: graph.Placed) -> Spot:
        if placed.action is not None:
            return self.action(placed.action)
        return self.step(placed.step) if placed.step is not None else self.spot

    def inner(self, kind: str, key: str) -> Spot:
        """Return the spot of a clock, link or route."""
        return Spot(f"{self.flow.key}/{key}", kind, key)

    def unknown_step(self, field: str, key: str) -> T:
        return T(
            "`{field}` names step “{step}”, which the flow does not have{near}",
            zh="`{field}` 指向步骤“{step}”, 流程中没有{near}",
        ).of(field=field, step=key, near=nearest(key, self.flow.by_step))

    def unknown_action(self, field: str, key: str) -> T:
        return T(
            "`{field}` names action “{key}”, which the flow does not have{near}",
            zh="`{field}` 指向操作“{key}”, 流程中没有{near}",
        ).of(field=field, key=key, near=nearest(key, self.flow.by_action))

    def unknown_clock(self, key: str) -> T:
        return T("clock “{key}” is not declared{near}", zh="计时“{key}”未声明{near}").of(
            key=key, near=nearest(key, self.clocks)
        )

    def moments(self) -> Iterator[tuple[Spot, When]]:
        """Yield every moment of the flow with its spot."""
        for clock in self.flow.clocks:
            yield self.inner("Clock", clock.key), clock.due
        for step in self.flow.steps:
            if step.limit is not None:
                yield self.step(step), step.limit
        for action in self.flow.actions:
            if action.at is not None:
                yield self.action(action), action.at
            if action.late is not None:
                yield self.action(action), action.late.after
        for route in self.flow.routes.values():
            if route.undecided is not None:
                yield self.inner("Route", route.key), route.undecided
            for stage in route.stages:
                if stage.absent is not None:
                    yield self.inner("Route", route.key), stage.absent.after
        for placed in self.effects:
            rule = placed.effect
            if isinstance(rule, Task | Message):
                yield self.at(placed), rule.due
            if isinstance(rule, Message):
                yield from ((self.at(placed), when) for when in (rule.expires, rule.event) if when is not None)
