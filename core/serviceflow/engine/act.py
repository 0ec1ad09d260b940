"""One action in one transaction: due timers → role → form → guards → sign-offs → move → effects → record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from serviceflow.engine import clocks, family, plans, signoff
from serviceflow.engine.case import Case, kept
from serviceflow.engine.notes import Notes
from serviceflow.errors import BadInput, ChangedMeanwhile, FlowError, Refused
from serviceflow.flow.forms import Form
from serviceflow.flow.model import BACK, STAY, Action, Choose, Flow, Guard, Need, Persons, Refuse, Trade, Warn
from serviceflow.kit.series import draw_number
from serviceflow.store.tables import Order, OrderAction, Staff
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop

CASCADE = 50
"""Automatic actions in a row before the flow is called faulty."""


@dataclass(slots=True)
class Done:
    """What came of an action."""

    order: Order
    action: T
    step_before: T
    step_after: T
    pending: T | None = None
    notes: Notes = field(default_factory=Notes)
    operation: int | None = None
    next_actions: list[Action] = field(default_factory=list)


@dataclass(slots=True)
class Offer:
    """An action of the step an order stands in, and why it may not be done now, if so."""

    action: Action
    refusal: FlowError | None


# -- what people do ----------------------------------------------------------------------------------------


def act(
    shop: Shop,
    order_id: int,
    action_key: str,
    given: Mapping[str, str],
    *,
    expected_rv: int | None = None,
    dry_run: bool = False,
    override: Mapping[str, str] | None = None,
) -> Done:
    """Do an action on an order.

    Args:
        given: Typed words by field name.
        expected_rv: Row version the person saw.
        dry_run: Do all of it and take it back; what would happen is what did happen.
        override: Guard id → reason why its refusal is set aside.

    Raises:
        BadInput: No such action, or the form is not filled rightly.
        Refused: A role, a guard or a pending sign-off says no; nothing is changed.
        ChangedMeanwhile: The order was changed since ``expected_rv`` was read.
    """
    with shop.write(f"do {action_key}", dry_run=dry_run) as tx:
        order = _locked(tx, order_id)
        trade, flow = shop.flow(order.flow, order.flow_version)
        if expected_rv is not None and order.rv != expected_rv:
            raise moved_on(Case(shop, tx, trade, flow, order, now=tx.now, actor=None))
        notes = Notes()
        run_due(shop, tx, order, tx.now, notes)
        case = case_of(shop, tx, order, notes)
        before = flow.step(order.step).title
        action = _offered(flow, order, action_key)
        check_role(case, action)
        family.check_blocked(case, action)
        signoff.check_pending(case, action)
        form = action.form.fill(given, case)
        needs = check_guards(case, action.guards, form, override=override or {})
        request = signoff.ask(case, action, form, needs) if needs else None
        done = Done(order, action.title, before, before, notes=notes)
        if request is None:
            perform(case, action, form, override=override)
        else:
            done.pending = signoff.waiting_for(tx, shop, request)
        _finish(case, done, action)
    done.operation = tx.operation
    return done


def open_order(
    shop: Shop,
    flow_key: str,
    customer_id: int | None,
    given: Mapping[str, str],
    *,
    start: str | None = None,
    dry_run: bool = False,
) -> Done:
    """Open an order of a flow's newest version by its start action (``start`` where it has several).

    Raises:
        BadInput: A customer or start action is missing, or the form is not filled rightly.
        Refused: A role or guard says no.
    """
    with shop.write(f"new {flow_key}", dry_run=dry_run) as tx:
        trade, flow = shop.newest_flow(flow_key)
        action = _start_action(flow, start)
        if flow.customer == "required" and customer_id is None:
            raise BadInput(
                T("{flow} needs a customer.", zh="“{flow}”须指定客户。").of(flow=flow.title),
                plain(f"flow new {flow.key} CUSTOMER"),
                ref="core.customer-needed",
            )
        notes = Notes()
        order = insert_order(shop, tx, flow, action, now=tx.now, customer_id=customer_id, owner_id=tx.staff_id)
        case = case_of(shop, tx, order, notes)
        check_role(case, action)
        form = action.form.fill(given, case)
        check_guards(case, action.guards, form)
        begin(case, action, form)
        title = flow.step(order.step).title
        done = Done(order, action.title, title, title, notes=notes, next_actions=flow.offered(order.step))
        tx.order_id, tx.customer_id = order.id, customer_id
        tx.summary = T("{number} opened: {flow}", zh="{number} 新建: {flow}").of(number=order.number, flow=flow.title)
    done.operation = tx.operation
    return done


def decide(shop: Shop, order_id: int, *, approve: bool, opinion: str, dry_run: bool = False) -> Done:
    """Sign the order's pending request; the last approval does the action, with its own time as event time.

    Raises:
        Refused: Nothing waits, it is not this person's to sign, or a guard no longer agrees (the request stays).
    """
    with shop.write("sign approve" if approve else "sign reject", dry_run=dry_run) as tx:
        order = _locked(tx, order_id)
        notes = Notes()
        run_due(shop, tx, order, tx.now, notes)
        case = case_of(shop, tx, order, notes)
        request = signoff.need_pending(case)
        action = case.flow.action(request.action)
        form = action.form.restored(request.form)
        before = case.flow.step(order.step).title
        title = T("{action} approved", zh="批准 {action}") if approve else T("{action} rejected", zh="驳回 {action}")
        done = Done(order, title.of(action=action.title), before, before, notes=notes)
        if signoff.sign(case, request, approve=approve, opinion=opinion):
            check_guards(case, [g for g in action.guards if not g.once], form)
            perform(case, action, form)
        elif approve:
            done.pending = signoff.waiting_for(tx, shop, request)
        _finish(case, done, action)
    done.operation = tx.operation
    return done


def offers(shop: Shop, order_id: int) -> list[Offer]:
    """Return every action of the order's step with the reason against it, as far as that can be told beforehand.

    Due timers run first, in a transaction that is rolled back: the answer is what `act` would meet.
    """
    with shop.write("offers", dry_run=True) as tx:
        order = _locked(tx, order_id)
        run_due(shop, tx, order, tx.now, Notes())
        case = case_of(shop, tx, order, Notes())
        return [Offer(action, _refusal(case, action)) for action in case.flow.offered(order.step)]


def _refusal(case: Case, action: Action) -> FlowError | None:
    try:
        check_role(case, action)
        family.check_blocked(case, action)
        signoff.check_pending(case, action)
        check_guards(case, [g for g in action.guards if g.early], Form())
    except FlowError as refusal:
        return refusal
    return None


# -- what stands in the way --------------------------------------------------------------------------------


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


def _offered(flow: Flow, order: Order, key: str) -> Action:
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
        raise Refused(
            action.refusal
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


def _start_action(flow: Flow, key: str | None) -> Action:
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


def check_role(case: Case, action: Action) -> None:
    """Raise `Refused` unless the actor may do the action."""
    if case.actor is None or case.actor.id is None:
        raise Refused(
            T("Who are you? No member of staff is named.", zh="未指明操作员工。"),
            T("Say it: flow --as LOGIN …", zh="请指明: flow --as 登录名 …"),
            ref="core.staff",
        )
    if not action.by or case.roles & set(case.flow.supervisors):
        return
    for who in action.by:
        if isinstance(who, Persons):
            people = who.of(case)
            if case.actor.id in people or (not people and who.fallback in case.roles):
                return
        elif who in case.roles:
            return
    names = ", ".join(str(who.title if isinstance(who, Persons) else case.shop.role_title(who)) for who in action.by)
    raise Refused(
        T("“{action}” is for {roles}.", zh="“{action}”限{roles}操作。").of(action=action.title, roles=plain(names)),
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
    needs: list[Need] = []
    for guard in guards:
        reason = given.pop(guard.id, None)
        if (
            reason is not None
            and not case.roles & {*guard.override, *case.flow.supervisors}
            or (reason is not None and not guard.override)
        ):
            raise Refused(
                T("{guard} cannot be set aside by you.", zh="您不能豁免 {guard}。").of(guard=guard.id),
                T("Allowed: {roles}", zh="可豁免: {roles}").of(roles=", ".join(guard.override) or "-"),
                ref="core.override",
            )
        verdict = guard.rule(case, form)
        if isinstance(verdict, Refuse):
            if reason is None:
                raise Refused(
                    verdict.sentence, verdict.way_out, ref=verdict.ref or f"{case.trade.prefixes[0]}.{guard.id}"
                )
            case.notes.warnings.append(
                T("set aside: {what} ({why})", zh="已豁免: {what}({why})").of(what=verdict.sentence, why=reason)
            )
        elif isinstance(verdict, Warn):
            case.notes.warnings.append(verdict.sentence)
        elif verdict is not None:
            needs.append(verdict)
    if given:
        raise BadInput(
            T("There is no guard {name} here.", zh="此处没有规则 {name}。").of(name=", ".join(given)),
            T("There are: {names}", zh="现有: {names}").of(names=", ".join(g.id for g in guards) or "-"),
            ref="core.override",
        )
    return needs


# -- doing it ----------------------------------------------------------------------------------------------


def perform(case: Case, action: Action, form: Form, *, override: Mapping[str, str] | None = None) -> None:
    """Move, then run the effects; automatic actions that have become true follow."""
    order = case.order
    left, target = order.step, _target(case, action, form)
    late = _late(case, action)
    case.first_time = _uses_once(action) and case.times_done(action.key) == 0
    case.closed_tasks = plans.close_by(case, action.key)
    for rule in case.flow.plans:
        if action.key in getattr(rule, "cancelled_by", ()):
            case.cancel_messages(rule.key, reason=action.title)
    _move(case, action, target, form)
    _record(case, action, left, form, late, override)
    for effect in action.effects:
        if getattr(effect, "before", False):
            effect.apply(case, form)
    if target is not None:
        arrive(case)
    case.first_time = _uses_once(action) and case.times_done(action.key) == 1
    for effect in action.effects:
        if not getattr(effect, "before", False):
            effect.apply(case, form)
    if target is not None:
        moved(case, left)
    clocks.retest(case)
    _cascade(case, action)


def _uses_once(action: Action) -> bool:
    from serviceflow.flow.model import Once

    return any(isinstance(effect, Once) for effect in action.effects)


def _target(case: Case, action: Action, form: Form) -> str | None:
    if isinstance(action.to, Choose):
        target = action.to.function(case, form)
        if target not in action.to.among and target != STAY:
            raise ValueError(f"{case.flow.key}.{action.key} chose {target}, which is not among {action.to.among}")
        return None if target == STAY else target
    if action.to == BACK:
        return str(case.order.data["left"])
    return None if action.to == STAY else action.to


def _late(case: Case, action: Action) -> tuple[int | None, str]:
    if action.late is None:
        return None, ""
    limit = action.late.after.deadline(case)
    if limit is None or not limit.over(case.now):
        return None if limit is None else 0, action.late.unit
    if action.late.unit == "days":
        return (case.today - case.day(limit.at)).days, "days"
    return int((case.now - limit.at).total_seconds() // 60), "minutes"


def _move(case: Case, action: Action, target: str | None, form: Form) -> None:
    order = case.order
    changes: dict[str, Any] = {}
    if action.outcome is not None:
        changes["outcome"] = action.outcome
    if target is not None:
        final = case.flow.step(target).final
        plans.leave(case, closing=final)
        clocks.leave(case, closing=final)
        changes |= {
            "step": target,
            "entry": order.entry + 1,
            "entered_at": case.now,
            "data": {**order.data, "left": order.step},
            "closed_at": case.now if final else None,
        }
        if final:
            changes["open_key"] = None
        case.arrived = False
    if changes:
        case.tx.change(order, **changes)


def _record(
    case: Case,
    action: Action,
    left: str,
    form: Form,
    late: tuple[int | None, str],
    override: Mapping[str, str] | None = None,
) -> None:
    stored = form.stored()
    if override:
        stored["override"] = dict(override)
    case.tx.add(
        OrderAction(
            order_id=case.order_id,
            action=action.key,
            from_step=left,
            to_step=case.order.step,
            entry=case.order.entry,
            at=case.now,
            recorded_at=case.tx.now,
            staff_id=case.actor.id if case.actor is not None else None,
            form=stored,
            late=late[0],
            late_unit=late[1],
        )
    )


def arrive(case: Case) -> None:
    """Plan the entry of the step the order stands in: tasks, messages, clocks, timers."""
    from serviceflow.flow.model import Once

    step = case.flow.step(case.order.step)
    case.arrived = True
    if any(isinstance(effect, Once) for effect in step.entry):
        case.first_time = sum(d.to_step == step.key and (d.from_step != step.key) for d in case.done()) <= 1
    for effect in step.entry:
        effect.apply(case, Form())
    clocks.arrive(case, step)


def moved(case: Case, left: str) -> None:
    """Tell the family and the other trades that the order stands in a new step."""
    family.stands(case, left)
    case.emit("step.entered", step=case.order.step, left=left)
    if case.order.closed_at is not None:
        family.end_children(case)
        case.emit("order.closed", outcome=case.order.outcome)


def _cascade(case: Case, done: Action) -> None:
    case.cascade = getattr(case, "cascade", 0) + 1
    if case.cascade > CASCADE:
        raise RuntimeError(f"automatic actions of {case.flow.key} never come to rest (last: {done.key})")
    for automatic in case.flow.actions:
        if (
            automatic.auto
            and automatic.offered_in(case.flow.step(case.order.step))
            and automatic.when is not None
            and automatic.when(case)
        ):
            follower = case.again()
            follower.cascade = case.cascade
            perform(follower, automatic, automatic.form.of({}))
            return  # the follower asked the rest


# -- timers ------------------------------------------------------------------------------------------------


def run_due(shop: Shop, tx: Tx, order: Order, now: datetime, notes: Notes) -> int:
    """Do the due timers of the order's family in order of nominal moment, as if each had run on time.

    A timer whose condition does not hold waits until something changes in its family. Timers of an order whose
    plugin cannot be loaded stay as they are.

    Returns:
        How many were done.
    """
    done = 0
    passed: set[int | None] = set()
    while True:
        orders = {o.id: kept(tx, o).order for o in family.family(tx, order.id)} if order.id else {}
        timer = next((t for t in clocks.due_timers(tx, list(orders), now) if t.id not in passed), None)
        request = signoff.next_expired(tx, list(orders), now)
        if (
            request is not None
            and request.expires_at is not None
            and (timer is None or request.expires_at <= timer.due_at)
        ):
            signoff.expire(_system_case(shop, tx, orders[request.order_id], request.expires_at, notes), request)
            done += 1
            continue
        if timer is None:
            return done
        try:
            case = _system_case(shop, tx, orders[timer.order_id], timer.due_at, notes)
        except FlowError:
            passed.add(timer.id)
            continue
        action = case.flow.action(timer.action)
        if action.when is not None and not action.when(case):
            tx.change(timer, state="waiting", reason="")
            continue
        tx.change(timer, state="done")
        notes.lines.append(
            T("{at} {number} {action}", zh="{at} {number} {action}").of(
                at=case.local(timer.due_at), number=case.order.number, action=action.title
            )
        )
        clocks.break_clock(case, timer.clock)
        perform(case, action, action.form.of({}))
        done += 1


def _system_case(shop: Shop, tx: Tx, order: Order, now: datetime | None, notes: Notes) -> Case:
    trade, flow = shop.flow(order.flow, order.flow_version)
    return Case(shop, tx, trade, flow, order, now=now or tx.now, actor=None, notes=notes)


# -- cases and orders --------------------------------------------------------------------------------------


def case_of(shop: Shop, tx: Tx, order: Order, notes: Notes) -> Case:
    """Return the case of an order as the person of the transaction acts on it now."""
    trade, flow = shop.flow(order.flow, order.flow_version)
    actor = tx.get(Staff, tx.staff_id) if tx.staff_id is not None else None
    roles = signoff.roles_of(tx, actor.id) if actor is not None else frozenset()
    return Case(shop, tx, trade, flow, order, now=tx.now, actor=actor, roles=roles, notes=notes)


def _locked(tx: Tx, order_id: int) -> Order:
    orders = {o.id: o for o in family.family(tx, order_id)}
    if order_id not in orders:
        raise LookupError(f"order {order_id}")
    return kept(tx, orders[order_id]).order


def start_order(
    shop: Shop,
    tx: Tx,
    trade: Trade,
    flow: Flow,
    start: Action,
    form: Form,
    *,
    now: datetime,
    notes: Notes,
    customer_id: int | None,
    owner_id: int | None,
    parent: Order | None = None,
    link: str | None = None,
    scope: str = "",
) -> Order:
    """Open an order as the system does, by a start action with a filled form."""
    order = insert_order(
        shop,
        tx,
        flow,
        start,
        now=now,
        customer_id=customer_id,
        owner_id=owner_id,
        parent=parent,
        link=link,
        scope=scope,
    )
    begin(Case(shop, tx, trade, flow, order, now=now, actor=None, notes=notes), start, form)
    return order


def insert_order(
    shop: Shop,
    tx: Tx,
    flow: Flow,
    start: Action,
    *,
    now: datetime,
    customer_id: int | None,
    owner_id: int | None,
    parent: Order | None = None,
    link: str | None = None,
    scope: str = "",
) -> Order:
    """Insert a numbered order that stands in the (first possible) target of its start action."""
    sequence = draw_number(tx, flow.key if "{year}" not in flow.series else f"{flow.key}/{shop.local_day(now).year}")
    number = flow.series.format(n=sequence, year=shop.local_day(now).year)
    order = tx.add(
        Order(
            number=number,
            seq=sequence,
            customer_id=customer_id,
            flow=flow.key,
            flow_version=flow.version,
            step=start.targets()[0],
            entered_at=now,
            opened_at=now,
            owner_id=owner_id,
            scope=scope,
            currency=shop.settings.get("core.currency"),
            parent_id=parent.id if parent is not None else None,
            link=link,
        )
    )
    return kept(tx, order).order


def begin(case: Case, start: Action, form: Form) -> None:
    """Let a start action's effects and the entry of its step happen to an order just inserted."""
    target = _target(case, start, form) or case.order.step
    changes: dict[str, Any] = {} if target == case.order.step else {"step": target}
    if case.flow.open_key is not None and (key := case.flow.open_key(case)) is not None:
        _only_one_open(case, key)
        changes["open_key"] = key
    case.arrived = False
    if changes:
        case.tx.change(case.order, **changes)
    _record(case, start, "", form, (None, ""))
    for effect in start.effects:
        if getattr(effect, "before", False):
            effect.apply(case, form)
    arrive(case)
    for effect in start.effects:
        if not getattr(effect, "before", False):
            effect.apply(case, form)
    case.emit("order.opened")
    case.emit("step.entered", step=case.order.step, left="")
    _cascade(case, start)


def _only_one_open(case: Case, key: str) -> None:
    table = table_of(Order)
    other = case.tx.one(Order, table.c.open_key == key)
    if other is not None:
        step = case.shop.flow(other.flow, other.flow_version)[1].step(other.step).title
        raise Refused(
            T("{no} is open already, in step “{step}”; continue it.", zh="{no} 已在进行中({step}), 请继续办理。").of(
                no=other.number, step=step
            ),
            plain(f"flow do {other.number}"),
            ref="core.open-already",
        )


def _finish(case: Case, done: Done, action: Action) -> None:
    done.step_after = case.flow.step(case.order.step).title
    done.next_actions = case.flow.offered(case.order.step)
    case.tx.order_id, case.tx.customer_id = case.order.id, case.order.customer_id
    words = "{number} {action}: {before} → {after}" if action.moves else "{number} {action}"
    sentence = T(words, zh=words)
    case.tx.summary = sentence.of(
        number=case.order.number, action=done.action, before=done.step_before, after=done.step_after
    )


def due_orders(tx: Tx, now: datetime, limit: int = 500) -> list[int]:
    """Return orders that have a due timer or a request that has expired, earliest first."""
    return [*clocks.orders_with_due_timers(tx, now, limit), *signoff.orders_with_expired(tx, now, limit)]


__all__ = ["Done", "Offer", "act", "decide", "due_orders", "offers", "open_order", "run_due"]
