"""Every fault of one flow, found when its plugin is loaded: keys, shape, actions, triggers, numbers.

Names that have to exist somewhere are checked by `flow.check_names`, a trade's other data by `plugin.check`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from serviceflow.flow import graph
from serviceflow.flow.check_names import check_clocks, check_effects, check_links, check_moments, check_routes
from serviceflow.flow.effects import Message, Task
from serviceflow.flow.faults import Fault, alike, doubled
from serviceflow.flow.model import ANY, BACK, START, STAY, Action, Choose, Flow
from serviceflow.flow.scope import Scope
from serviceflow.texts import T

KEY = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
Check = Callable[[Scope], Iterator[Fault]]


def faults_of_flow(flow: Flow, flows: Iterable[Flow] = (), calendars: Iterable[str] = ()) -> list[Fault]:
    """Return every fault of a flow; ``flows`` and ``calendars`` are all of its plugin, for links between them."""
    scope = Scope(flow, flows, calendars)
    checks: tuple[Check, ...] = (
        _keys,
        _sources_and_targets,
        _shape,
        _triggers,
        check_moments,
        check_routes,
        check_effects,
        check_clocks,
        check_links,
        _series,
    )
    return [fault for check in checks for fault in check(scope)]


def _keys(scope: Scope) -> Iterator[Fault]:
    flow = scope.flow
    kinds = (
        ("step", T("steps", zh="步骤"), [s.key for s in flow.steps]),
        ("action", T("actions", zh="操作"), [a.key for a in flow.actions]),
        ("clock", T("clocks", zh="计时"), [c.key for c in flow.clocks]),
        ("link", T("links", zh="子单关联"), [link.key for link in flow.links]),
    )
    for kind, title, keys in kinds:
        for key in doubled(keys):
            yield scope.spot.fault(
                f"{kind}.double", T("two {kind} are called “{key}”", zh="两个{kind}同名“{key}”").of(kind=title, key=key)
            )
        for key in keys:
            if not KEY.fullmatch(key):
                yield scope.spot.fault(f"{kind}.key", bad_key(key))
    seen: dict[str, Task | Message] = {}
    for placed in scope.effects:
        rule = placed.effect
        if isinstance(rule, Task | Message):
            first = seen.setdefault(f"{type(rule).__name__}:{rule.key}", rule)
            if not alike(first, rule):
                yield scope.at(placed).fault(
                    "plan.double",
                    T(
                        "“{key}” is planned in two different ways; define the rule once",
                        zh="“{key}”有两种不同的计划; 规则只定义一次",
                    ).of(key=rule.key),
                )


def bad_key(key: str) -> T:
    """Return what is wrong with a key that is not written as keys are."""
    return T(
        "“{key}” is no key: small letters, digits and single hyphens",
        zh="“{key}”不是合法的键: 只能用小写字母、数字和单个连字符",
    ).of(key=key)


def _shape(scope: Scope) -> Iterator[Fault]:
    flow = scope.flow
    if not flow.starts() and not flow.starts_at:
        yield scope.spot.fault(
            "flow.no-start",
            T("no action opens an order: none is from START", zh="没有开单操作: 没有 from_=START 的操作"),
        )
        return
    if not any(s.final for s in flow.steps):
        yield scope.spot.fault("flow.no-end", T("no step is final", zh="没有终结步骤"))
        return
    if any(fault.id == "step.unknown" for fault in _sources_and_targets(scope)):
        return  # the ways are not what was meant; what follows from that would only hide the cause
    reached, can_end = graph.reached(flow, scope.ways), graph.can_end(flow, scope.ways)
    left = {w.source for w in scope.ways if w.target != w.source}
    for step in flow.steps:
        spot = scope.step(step)
        if step.key not in reached:
            yield spot.fault(
                "step.unreachable", T("step “{step}” is never reached", zh="步骤“{step}”无法到达").of(step=step.key)
            )
        elif not step.final and step.key not in left:
            yield spot.fault(
                "step.no-way-out",
                T("step “{step}” can be entered but never left", zh="步骤“{step}”只能进入, 不能离开").of(step=step.key),
            )
        elif step.key not in can_end:
            yield spot.fault(
                "step.dead-end",
                T(
                    "step “{step}” is a dead end: no final step can be reached from it",
                    zh="步骤“{step}”是死路: 由此无法到达终结步骤",
                ).of(step=step.key),
            )
    circle = graph.automatic_circle(scope.ways)
    if circle:
        yield scope.action(circle[0]).fault(
            "action.auto-circle",
            T("automatic actions lead in a circle: {keys}", zh="自动操作构成循环: {keys}").of(
                keys=", ".join(a.key for a in circle)
            ),
        )


def _sources_and_targets(scope: Scope) -> Iterator[Fault]:
    for key in scope.flow.starts_at:
        if key not in scope.flow.by_step:
            yield scope.spot.fault("step.unknown", scope.unknown_step("starts_at", key))
    for action in scope.flow.actions:
        yield from _sources(scope, action)
        yield from _targets(scope, action)


def _sources(scope: Scope, action: Action) -> Iterator[Fault]:
    if action.from_ in (ANY, START):
        return
    if not action.from_:
        yield scope.action(action).fault("action.nowhere", T("it is offered in no step", zh="没有任何步骤提供此操作"))
    for key in action.from_:
        if key not in scope.flow.by_step:
            yield scope.action(action).fault("step.unknown", scope.unknown_step("from_", key))


def _targets(scope: Scope, action: Action) -> Iterator[Fault]:
    spot = scope.action(action)
    for key in action.targets():
        if key not in scope.flow.by_step:
            field = "among" if isinstance(action.to, Choose) else "to"
            yield spot.fault("step.unknown", scope.unknown_step(field, key))
    if isinstance(action.to, Choose) and not action.to.among:
        yield spot.fault("action.chooses-nothing", T("`among` names no step", zh="`among` 未列出步骤"))
    if action.from_ == START and action.to in (STAY, BACK):
        yield spot.fault(
            "action.start-stays", T("it opens an order and must lead to a step", zh="开单操作必须指向一个步骤")
        )
    elif action.to == BACK and action.from_ != ANY:
        entered = {w.target for w in scope.ways if w.source not in (START, w.target)}
        for key in action.from_:
            if key in scope.flow.by_step and key not in entered:
                yield spot.fault(
                    "action.no-way-back",
                    T(
                        "it leads back, but step “{step}” is entered from no other step",
                        zh="操作为“返回”, 但步骤“{step}”不由其他步骤进入",
                    ).of(step=key),
                )


def _triggers(scope: Scope) -> Iterator[Fault]:
    for action in scope.flow.actions:
        spot = scope.action(action)
        if action.auto and action.when is None:
            yield spot.fault("action.auto-when", T("it is automatic but has no `when`", zh="自动操作缺少 `when`"))
        if (action.at is not None) + (action.over is not None) + action.auto > 1:
            yield spot.fault(
                "action.triggers",
                T("only one of `at`, `over` and `auto` can set it off", zh="`at`、`over`、`auto` 只能用一个"),
            )
        triggered = action.timer or action.auto
        if not triggered and (action.by_hand or action.when is not None):
            yield spot.fault(
                "action.no-trigger",
                T(
                    "`by_hand` and `when` mean nothing without `at`, `over` or `auto`",
                    zh="没有 `at`、`over` 或 `auto` 时, `by_hand` 和 `when` 无意义",
                ),
            )
        if action.from_ == START and triggered:
            yield spot.fault(
                "action.start-trigger",
                T(
                    "an order is opened by a person or as a child, not by a timer",
                    zh="订单由人或上级订单开出, 不能由定时器开出",
                ),
            )
        if action.from_ == START and any(guard.needs for guard in action.guards):
            yield spot.fault(
                "action.start-needs",
                T(
                    "opening an order waits for no signature; lead to a step whose entry has Ask",
                    zh="开单不能等待签批; 请先进入一个入口为 Ask 的步骤",
                ),
            )
        if action.system and action.by:
            yield spot.fault(
                "action.system-by",
                T(
                    "only the system does it, so `by` is never read; add by_hand=True or drop it",
                    zh="仅由系统执行, `by` 不起作用; 请加 by_hand=True 或删去 `by`",
                ),
            )
        if triggered and any(f.required is True and f.default is None for f in action.form.fields.values()):
            yield spot.fault(
                "action.system-form",
                T("the system does it and cannot fill its required fields", zh="由系统执行, 无法填写必填项"),
            )
        yield from _over(scope, action)


def _over(scope: Scope, action: Action) -> Iterator[Fault]:
    spot = scope.action(action)
    if action.over is not None and action.over not in scope.clocks | {"step"}:
        yield spot.fault("clock.unknown", scope.unknown_clock(action.over))
    if action.over == "step":
        for step in scope.flow.steps:
            if action.from_ not in (ANY, START) and step.key in action.from_ and step.limit is None:
                yield spot.fault(
                    "action.no-limit",
                    T(
                        "it waits for the limit of step “{step}”, which has none",
                        zh="操作等待步骤“{step}”的时限, 但该步骤没有时限",
                    ).of(step=step.key),
                )


def _series(scope: Scope) -> Iterator[Fault]:
    numbers: list[str] = []
    try:
        numbers = [scope.flow.series.format(n=n, year=2026) for n in (1, 2)]
    except (KeyError, IndexError, ValueError, AttributeError):
        numbers = []
    if len(set(numbers)) != 2:
        yield scope.spot.fault(
            "series.format",
            T(
                "number format “{series}” must hold {n} and may hold {year}, nothing else",
                zh="编号格式“{series}”必须含 {n}, 可含 {year}, 不可有其他",
            ).of(series=scope.flow.series, n="{n}", year="{year}"),
        )
