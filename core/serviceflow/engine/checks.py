"""What stands in the way of an action: its step, the actor's role, its guards. Each no has an id and a way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from serviceflow.engine.actor import at_work
from serviceflow.engine.case import Case
from serviceflow.errors import BadInput, ChangedMeanwhile, Refused
from serviceflow.flow.forms import Form
from serviceflow.flow.guards import Guard, Need, Refuse, Verdict, Warn
from serviceflow.flow.model import Action, Flow
from serviceflow.flow.routes import Persons
from serviceflow.plugin.calls import call
from serviceflow.store.tables import Order, Staff
from serviceflow.texts import T, listed, plain


def moved_on(case: Case) -> ChangedMeanwhile:
    """Return the error for somebody who looked at an older state of the order: who moved it, when, where to."""
    last = next((deed for deed in reversed(case.done())), None)
    who = case.tx.get(Staff, last.staff_id) if last is not None and last.staff_id is not None else None
    return ChangedMeanwhile(
        T(
            "{no} was moved to {step} by {who} at {t}; look again.",
            zh="{no} 已被 {who} 于 {t} 更新, 现为“{step}”, 请重看。",
        ).of(
            no=case.order.number,
            step=case.flow.step(case.order.step).title,
            who=who.name if who is not None else T("the system", zh="系统"),
            t=case.local(last.recorded_at if last is not None else case.order.entered_at),
        ),
        plain(f"flow show {case.order.number}"),
        ref="core.changed",
    )


def offered(flow: Flow, order: Order, key: str, case: Case | None = None) -> Action:
    from difflib import get_close_matches

    here = flow.offered(order.step)
    offered = {a.key: a for a in here}
    if key in offered:
        return offered[key]
    by_title = [a for a in here if key in (a.title.en, a.title.zh)]
    if len(by_title) == 1:
        return by_title[0]
    names = plain(", ".join(offered) or "-")
    step = flow.step(order.step).title
    if key in flow.by_action:
        action = flow.action(key)
        said = action.refusal(case) if callable(action.refusal) and case is not None else action.refusal
        raise Refused(
            (said if isinstance(said, T) else None)
            or T("“{action}” is not possible in step “{step}”.", zh="“{step}”这一步不能做“{action}”。").of(
                action=action.title, step=step
            ),
            T("Possible now: {names}", zh="现在可以: {names}").of(names=names),
            ref="core.not-offered",
        )
    near = get_close_matches(key, offered, n=1) or get_close_matches(key, flow.by_action, n=1)
    hint = (
        T("Did you mean {near}? Possible now: {names}", zh="是否指 {near}? 现在可以: {names}").of(
            near=near[0], names=names
        )
        if near
        else T("Possible now: {names}", zh="现在可以: {names}").of(names=names)
    )
    raise BadInput(T("There is no action {key}.", zh="没有操作 {key}。").of(key=key), hint, ref="core.action")


def check_role(case: Case, action: Action) -> None:
    """Raise `Refused` unless the actor may do the action."""
    actor = at_work(case.actor)
    if not action.by or case.roles & set(case.flow.supervisors):
        return
    for who in action.by:
        if isinstance(who, Persons):
            people = who.of(case)
            if actor.id in people or (not people and who.fallback in case.roles):
                return
        elif who in case.roles:
            return
    roles = listed(who.title if isinstance(who, Persons) else case.shop.role_title(who) for who in action.by)
    raise Refused(
        T("“{action}” is for {roles}.", zh="“{action}”限{roles}操作。").of(action=action.title, roles=roles),
        T("Ask one of them: flow staff list --role {role}", zh="请其操作: flow staff list --role {role}").of(
            role=_first_role(action)
        ),
        ref="core.role",
    )


def _first_role(action: Action) -> str:
    return next((who for who in action.by if isinstance(who, str)), "manager")


def check_guards(
    case: Case, guards: Sequence[Guard], form: Form, *, override: Mapping[str, str] | None = None
) -> list[Need]:
    """Ask guards in order; return the sign-offs they want.

    Raises:
        Refused: By the first that says no and is not overridden.
        BadInput: An override names no guard that may be set aside by this person.
    """
    given = dict(override or {})
    unknown = given.keys() - {guard.id for guard in guards}
    if unknown:
        raise BadInput(
            T("There is no guard {name} here.", zh="此处没有规则 {name}。").of(name=", ".join(sorted(unknown))),
            T("There are: {names}", zh="现有: {names}").of(names=", ".join(g.id for g in guards) or "-"),
            ref="core.override",
        )
    needs: list[Need] = []
    for guard in guards:
        reason = given.get(guard.id)
        if (reason is not None and not case.roles & {*guard.override, *case.flow.supervisors}) or (
            reason is not None and not guard.override
        ):
            raise Refused(
                T("{guard} cannot be set aside by you.", zh="您不能豁免 {guard}。").of(guard=guard.id),
                T("Allowed: {roles}", zh="可豁免: {roles}").of(roles=", ".join(guard.override) or "-"),
                ref="core.override",
            )
        with call(case.trade.key, "guard", guard.id):
            verdict = guard.rule(case, form)
            if not isinstance(verdict, Verdict):
                raise TypeError(f"it answered {verdict!r}; a guard answers Refuse, Warn, Need or None")
        if isinstance(verdict, Refuse):
            if reason is None:
                raise Refused(
                    verdict.sentence,
                    verdict.way_from(case.order.number),
                    ref=verdict.ref or f"{case.trade.prefixes[0]}.{guard.id}",
                )
            case.notes.warnings.append(
                T("set aside: {what} ({why})", zh="已豁免: {what}({why})").of(what=verdict.sentence, why=reason)
            )
        elif isinstance(verdict, Warn):
            case.notes.warnings.append(verdict.sentence)
        elif verdict is not None:
            needs.append(verdict)
    return needs


def start_action(flow: Flow, key: str | None) -> Action:
    starts = flow.starts()
    named = [a for a in starts if key is None or key in (a.key, a.title.en, a.title.zh)]
    if len(named) == 1:
        return named[0]
    raise BadInput(
        T("{flow} begins in several ways.", zh="“{flow}”有多种开始方式。").of(flow=flow.title)
        if key is None
        else T("{flow} does not begin with {key}.", zh="“{flow}”不能以 {key} 开始。").of(flow=flow.title, key=key),
        T("Name one: {names}", zh="请指定: {names}").of(names=", ".join(a.key for a in starts)),
        ref="core.start",
    )


def check_alone(flow: Flow) -> None:
    """Raise `Refused` when only another order may open one of this flow."""
    if not flow.alone:
        raise Refused(
            T("“{flow}” is opened from the order it belongs to.", zh="“{flow}”须从所属订单中发起。").of(
                flow=flow.title
            ),
            T("See what that order offers: flow do ORDER", zh="查看该订单可做的操作: flow do 订单号"),
            ref="core.alone",
        )
