"""Names inside a flow that have to exist: steps, actions, fields, clocks, links, anchors, conditions, routes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from serviceflow.flow import graph
from serviceflow.flow.effects import Ask, Cancel, Message, OpenChild, SetAnchor, Task, TurnClock
from serviceflow.flow.faults import Fault, Spot, alike, nearest
from serviceflow.flow.guards import Guard
from serviceflow.flow.links import Link
from serviceflow.flow.model import ANY, Flow
from serviceflow.flow.moments import Extreme, Moment, When
from serviceflow.flow.routes import Persons, Roles, Route, Stage
from serviceflow.flow.scope import Scope
from serviceflow.texts import T

TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


# -- moments, clocks ---------------------------------------------------------------------------------------


def check_moments(scope: Scope) -> Iterator[Fault]:
    """Yield bases that nothing sets, calendars that do not exist and times of day that are none."""
    for spot, when in scope.moments():
        for moment in _plain(when):
            if moment.calendar not in scope.calendars:
                yield spot.fault(
                    "calendar.unknown",
                    T("there is no calendar “{key}”{near}", zh="没有日历“{key}”{near}").of(
                        key=moment.calendar, near=nearest(moment.calendar, scope.calendars)
                    ),
                )
            if moment.at is not None and "." not in moment.at and not TIME_OF_DAY.fullmatch(moment.at):
                yield spot.fault(
                    "moment.at",
                    T(
                        "“{at}” is no time of day: 18:00, or a setting's name", zh="“{at}”不是时刻: 应为 18:00 或设置名"
                    ).of(at=moment.at),
                )
        for base in sorted(when.bases()):
            kind, _, rest = base.partition(":")
            if kind == "clock" and rest not in scope.clocks | {"step"}:
                yield spot.fault("clock.unknown", scope.unknown_clock(rest))
            elif not rest and base not in scope.anchors | {"entry", "now"}:
                yield spot.fault(
                    "anchor.unknown",
                    T(
                        "nothing sets anchor “{key}”{near}; name it in `anchors` if a function does",
                        zh="没有操作设置日期“{key}”{near}; 若由函数设置, 请写入 `anchors`",
                    ).of(key=base, near=nearest(base, scope.anchors)),
                )


def _plain(when: When) -> list[Moment]:
    if isinstance(when, Extreme):
        return [moment for one in when.of for moment in _plain(one)]
    return [when] if isinstance(when, Moment) else []


def check_clocks(scope: Scope) -> Iterator[Fault]:
    """Yield unknown steps in clocks."""
    for clock in scope.flow.clocks:
        for field in ("starts_in", "stops_in", "rests_in"):
            for key in getattr(clock, field):
                if key not in scope.flow.by_step:
                    yield scope.inner("Clock", clock.key).fault("step.unknown", scope.unknown_step(field, key))


# -- guards and sign-offs ----------------------------------------------------------------------------------


def check_routes(scope: Scope) -> Iterator[Fault]:
    """Yield guards that share an id, and routes nobody can finish."""
    guards: dict[str, Guard] = {}
    for action in scope.flow.actions:
        for guard in action.guards:
            if not guard.id or not alike(guards.setdefault(guard.id, guard), guard):
                yield scope.action(action).fault(
                    "guard.id",
                    T("two different guards have the id “{id}”", zh="两个不同的规则使用编号“{id}”").of(id=guard.id),
                )
    for route in scope.flow.routes.values():
        yield from _route(scope, route)


def _route(scope: Scope, route: Route) -> Iterator[Fault]:
    spot = scope.inner("Route", route.key)
    if not route.stages or any(not stage.who for stage in route.stages):
        yield spot.fault("route.empty", T("a stage of it has nobody to sign", zh="有一级没有签字人"))
    if route.own not in ("counts", "refused", "up"):
        yield spot.fault(
            "route.own", T("`own` must say counts, refused or up", zh="`own` 必须为 counts、refused 或 up")
        )
    if route.rejected is not None and route.rejected not in scope.flow.by_action:
        yield spot.fault("action.unknown", scope.unknown_action("rejected", route.rejected))
    for stage in route.stages:
        if not _reachable(stage):
            yield spot.fault(
                "route.quorum",
                T("{n} of {m} signatures can never be reached", zh="{m} 个签字人凑不齐 {n} 个").of(
                    n=stage.quorum, m=len(stage.who)
                ),
            )


def _reachable(stage: Stage) -> bool:
    if isinstance(stage.quorum, str):
        return True
    return stage.quorum >= 1 and (
        stage.quorum <= len(stage.who) or any(isinstance(who, Persons | Roles) for who in stage.who)
    )


# -- effects -----------------------------------------------------------------------------------------------


def check_effects(scope: Scope) -> Iterator[Fault]:
    """Yield names in effects that do not exist."""
    for placed in scope.effects:
        effect, spot = placed.effect, scope.at(placed)
        if not callable(getattr(effect, "apply", None)):
            yield spot.fault("effect.unknown", _no_effect(effect))
        elif isinstance(effect, Task | Message):
            yield from _plan(scope, spot, effect)
        elif isinstance(effect, SetAnchor):
            yield from _anchor(spot, placed, effect)
        elif isinstance(effect, TurnClock):
            if effect.key not in scope.clocks:
                yield spot.fault("clock.unknown", scope.unknown_clock(effect.key))
        elif isinstance(effect, Cancel):
            yield from _cancel(scope, spot, effect)
        elif isinstance(effect, OpenChild):
            yield from _opens(scope, spot, effect)
        elif isinstance(effect, Ask):
            yield from _asks(scope, placed, effect)


def _plan(scope: Scope, spot: Spot, rule: Task | Message) -> Iterator[Fault]:
    field = "closed_by" if isinstance(rule, Task) else "cancelled_by"
    for key in getattr(rule, field):
        if key not in scope.flow.by_action:
            yield spot.fault("action.unknown", scope.unknown_action(field, key))
    if rule.each is not None and not isinstance(rule.due, Moment):
        title = T("task", zh="待办") if isinstance(rule, Task) else T("message", zh="消息")
        said = T("{kind} “{key}”: `each` needs a plain moment", zh="{kind}“{key}”: `each` 需要普通时点")
        said = said.of(kind=title, key=rule.key)
        yield spot.fault("task.each", said) if isinstance(rule, Task) else spot.fault("message.each", said)
    if isinstance(rule, Task):
        return
    if rule.only_if is not None and rule.only_if not in scope.flow.conditions:
        yield spot.fault(
            "condition.unknown",
            T("condition “{key}” is not declared{near}", zh="条件“{key}”未声明{near}").of(
                key=rule.only_if, near=nearest(rule.only_if, scope.flow.conditions)
            ),
        )
    if rule.to is None and scope.flow.customer == "none":
        yield spot.fault(
            "message.nobody",
            T(
                "message “{key}” goes to the customer, but these orders have none; set `to`",
                zh="消息“{key}”发给客户, 但此类订单没有客户; 请设置 `to`",
            ).of(key=rule.key),
        )


def _no_effect(thing: object) -> T:
    name = getattr(thing, "__name__", None)
    if name is not None and not isinstance(thing, type):
        return T("“{name}” is a function, no effect: Do({name})", zh="“{name}”是函数, 不是效果: Do({name})").of(
            name=name
        )
    return T("“{kind}” is no effect: it has no apply()", zh="“{kind}”不是效果: 没有 apply()").of(
        kind=name or type(thing).__name__
    )


def _anchor(spot: Spot, placed: graph.Placed, effect: SetAnchor) -> Iterator[Fault]:
    fields = placed.action.form.fields if placed.action is not None else {}
    if isinstance(effect.value, str) and effect.value not in fields:
        yield spot.fault(
            "field.unknown",
            T(
                "anchor “{key}” takes form field “{field}”, which is not there{near}",
                zh="日期“{key}”取自表单项“{field}”, 但表单中没有{near}",
            ).of(key=effect.key, field=effect.value, near=nearest(effect.value, fields)),
        )


def _cancel(scope: Scope, spot: Spot, effect: Cancel) -> Iterator[Fault]:
    known = [rule.key for rule in scope.flow.plans]
    for key in effect.keys:
        if key not in known:
            yield spot.fault(
                "plan.unknown",
                T("it cancels “{key}”, which no rule plans{near}", zh="取消“{key}”, 但没有规则产生它{near}").of(
                    key=key, near=nearest(key, known)
                ),
            )


def _opens(scope: Scope, spot: Spot, effect: OpenChild) -> Iterator[Fault]:
    links = {link.key: link for link in scope.flow.links}
    if effect.link not in links:
        yield spot.fault(
            "link.unknown",
            T("link “{key}” is not declared{near}", zh="子单关联“{key}”未声明{near}").of(
                key=effect.link, near=nearest(effect.link, links)
            ),
        )
        return
    child = scope.flows.get(links[effect.link].flow)
    starts = [a.key for a in child.starts()] if child is not None else []
    if child is None:
        return
    if effect.action is None and len(starts) != 1:
        yield spot.fault(
            "child.start",
            T(
                "flow {flow} has {n} start actions; say which one opens the child",
                zh="流程 {flow} 有 {n} 个开单操作, 请指明用哪个",
            ).of(flow=child.key, n=len(starts)),
        )
    elif effect.action is not None and effect.action not in starts:
        yield spot.fault(
            "child.start",
            T("flow {flow} has no start action “{action}”{near}", zh="流程 {flow} 没有开单操作“{action}”{near}").of(
                flow=child.key, action=effect.action, near=nearest(effect.action, starts)
            ),
        )


def _asks(scope: Scope, placed: graph.Placed, ask: Ask) -> Iterator[Fault]:
    spot = scope.at(placed)
    if ask.route.rejected is None:
        yield spot.fault(
            "route.no-reject",
            T(
                "route “{route}” does not say what a rejection does here: set `rejected`",
                zh="审批路线“{route}”未规定驳回后的操作: 请设置 `rejected`",
            ).of(route=ask.route.key),
        )
    if ask.action not in scope.flow.by_action:
        yield spot.fault("action.unknown", scope.unknown_action("Ask", ask.action))
    for key in (ask.action, ask.route.rejected):
        action = scope.flow.by_action.get(key or "")
        if action is not None and placed.step is not None and not action.offered_in(placed.step):
            yield spot.fault(
                "ask.not-offered",
                T(
                    "the decision does “{action}”, which this step does not offer",
                    zh="审批结果将执行“{action}”, 但该步骤不提供此操作",
                ).of(action=action.key),
            )


# -- links -------------------------------------------------------------------------------------------------


def check_links(scope: Scope) -> Iterator[Fault]:
    """Yield unknown names in links; a child flow of another plugin cannot be looked into."""
    own = {_word(key) for key in scope.flows}
    for link in scope.flow.links:
        spot = scope.inner("Link", link.key)
        named = [("allows", k) for k in link.allows]
        named += [("refuses", k) for k in (() if link.refuses == ANY else link.refuses)]
        named += [("ends", k) for k in link.ends.values()] + [("all_ended", k) for k in (link.all_ended,) if k]
        for field, key in named:
            if key not in scope.flow.by_action:
                yield spot.fault("action.unknown", scope.unknown_action(field, key))
        child = scope.flows.get(link.flow)
        if child is not None:
            yield from _child(spot, link, child)
        elif _word(link.flow) in own:
            yield spot.fault(
                "flow.unknown",
                T("flow “{key}” does not exist{near}", zh="没有流程“{key}”{near}").of(
                    key=link.flow, near=nearest(link.flow, scope.flows)
                ),
            )


def _child(spot: Spot, link: Link, child: Flow) -> Iterator[Fault]:
    waking = link.wake if isinstance(link.wake, Mapping) else ()
    for key in [*(() if link.blocks_in == ANY else link.blocks_in), *link.ends, *waking]:
        if key not in child.by_step:
            yield spot.fault(
                "step.unknown",
                T("flow {flow} has no step “{step}”{near}", zh="流程 {flow} 没有步骤“{step}”{near}").of(
                    flow=child.key, step=key, near=nearest(key, child.by_step)
                ),
            )
    for key in link.ends:
        if key in child.by_step and not child.step(key).final:
            yield spot.fault(
                "link.not-final",
                T(
                    "`ends` names step “{step}” of {flow}, which is not final",
                    zh="`ends` 指向 {flow} 的步骤“{step}”, 它不是终结步骤",
                ).of(flow=child.key, step=key),
            )
    if link.with_parent is not None and link.with_parent not in child.by_action:
        yield spot.fault(
            "action.unknown",
            T("flow {flow} has no action “{key}”{near}", zh="流程 {flow} 没有操作“{key}”{near}").of(
                flow=child.key, key=link.with_parent, near=nearest(link.with_parent, child.by_action)
            ),
        )


def _word(key: str) -> str:
    return key.partition("-")[0].partition(".")[0]
