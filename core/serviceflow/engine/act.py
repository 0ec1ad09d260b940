"""One action in one transaction: due timers → role → form → guards → sign-offs → move → effects → record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from serviceflow.engine import signoff
from serviceflow.engine.case import Case, Notes
from serviceflow.errors import BadInput, ChangedMeanwhile, Refused
from serviceflow.flow.forms import Form
from serviceflow.flow.model import BACK, STAY, Action, Flow, Need, Route, Trade
from serviceflow.flow.model import Refuse as RefuseVerdict
from serviceflow.flow.model import Warn as WarnVerdict
from serviceflow.store.tables import Order, Series, Staff, Timer
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop


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


def act(shop: Shop, order_id: int, action_key: str, given: Mapping[str, str], *, expected_rv: int | None = None,
        dry_run: bool = False) -> Done:
    """Do an action on an order.

    Raises:
        BadInput: No such action, or the form is not filled rightly.
        Refused: A role, a guard or a pending sign-off says no; nothing is changed.
        ChangedMeanwhile: The order was changed since ``expected_rv`` was read.
    """
    with shop.write(f"do {action_key}", dry_run=dry_run) as tx:
        order = tx.need(Order, order_id, lock=True)
        trade, flow = shop.flow(order.flow, order.flow_version)
        if expected_rv is not None and order.rv != expected_rv:
            raise _moved_on(order, flow)
        notes = Notes()
        run_due(shop, tx, order, tx.now, notes)
        case = _case(shop, tx, trade, flow, order, notes)
        before = flow.step(order.step).title
        action = _offered(flow, order, action_key)
        _check_role(case, action)
        form = action.form.fill(given, case)
        waits = _decide(case, action, form)
        request = signoff.ask(case, action, form, waits) if waits else None
        done = Done(order, action.title, before, before, notes=notes)
        if request is not None:
            done.pending = T("waits for {roles}", zh="等待 {roles} 审批").of(roles=signoff.waiting_for(tx, request))
        else:
            perform(case, action, form)
        _finish(case, done, action)
    done.operation = tx.operation
    return done


def _finish(case: Case, done: Done, action: Action) -> None:
    done.step_after = case.flow.step(case.order.step).title
    done.next_actions = case.flow.offered(case.order.step)
    case.tx.order_id, case.tx.customer_id = case.order.id, case.order.customer_id
    sentence = plain("{number} {action}: {before} → {after}") if action.moves else plain("{number} {action}")
    case.tx.summary = sentence.of(number=case.order.number, action=done.action, before=done.step_before,
                                  after=done.step_after)


def _case(shop: Shop, tx: Tx, trade: Trade, flow: Flow, order: Order, notes: Notes, *,
          now: datetime | None = None, system: bool = False) -> Case:
    actor = tx.get(Staff, tx.staff_id) if tx.staff_id is not None and not system else None
    roles = signoff.roles_of(tx, actor.id) if actor else frozenset()
    return Case(shop, tx, trade, flow, order, now=now or tx.now, actor=actor, roles=roles, notes=notes)


def _moved_on(order: Order, flow: Flow) -> ChangedMeanwhile:
    return ChangedMeanwhile(
        T("{no} was changed meanwhile and stands in {step}.", zh="{no} 已被他人更新, 现为“{step}”。").of(
            no=order.number, step=flow.step(order.step).title),
        plain(f"flow show {order.number}"), ref="changed")


def _offered(flow: Flow, order: Order, key: str) -> Action:
    from difflib import get_close_matches

    offered = {a.key: a for a in flow.offered(order.step)}
    if key in offered:
        return offered[key]
    names = plain(", ".join(offered) or "-")
    step = flow.step(order.step).title
    if flow.has_action(key):
        raise Refused(
            T("“{action}” is not possible in step {step}.", zh="“{step}”这一步不能做“{action}”。").of(
                action=flow.action(key).title, step=step),
            T("Possible now: {names}", zh="现在可以: {names}").of(names=names), ref="not-offered")
    near = get_close_matches(key, [a.key for a in flow.actions], n=1)
    hint = T("Did you mean {near}? Possible now: {names}", zh="是否指 {near}? 现在可以: {names}").of(
        near=near[0], names=names) if near else T("Possible now: {names}", zh="现在可以: {names}").of(names=names)
    raise BadInput(T("There is no action {key}.", zh="没有操作 {key}。").of(key=key), hint, ref="action")


def _check_role(case: Case, action: Action) -> None:
    if not action.by or case.actor is None:
        if case.actor is None:
            raise Refused(T("Who are you? No member of staff is named.", zh="未指明操作员工。"),
                          plain("flow --as LOGIN …   FLOW_STAFF=LOGIN"), ref="staff")
        return
    if not case.roles & {*action.by, *case.flow.supervisors}:
        titles = plain(", ".join(str(case.shop.role_title(role)) for role in action.by))
        raise Refused(T("{action} is for {roles}.", zh="“{action}”限{roles}操作。").of(
            action=action.title, roles=titles), plain("flow staff"), ref="role")


def _decide(case: Case, action: Action, form: Form, *, signed: bool = False) -> list[Need]:
    """Ask the guards; return the signatures they want.

    Raises:
        Refused: By the first guard that says no, or because a request is undecided.
    """
    if action.moves and not signed:
        request = signoff.pending(case.tx, case.order.id)
        if request is not None:
            raise Refused(
                T("Waiting for {roles} since {t}; decide that first.", zh="{t} 起等待 {roles} 审批, 请先处理。").of(
                    roles=signoff.waiting_for(case.tx, request), t=case.local(request.requested_at)),
                plain(f"flow sign approve {case.order.number}"), ref="pending-sign-off")
    needs = []
    for guard in action.guards:
        if signed and guard.once:
            continue
        verdict = guard.rule(case, form)
        if isinstance(verdict, RefuseVerdict):
            raise Refused(verdict.sentence, verdict.way_out, ref=verdict.ref or f"{case.trade.prefixes[0]}.{guard.id}")
        if isinstance(verdict, WarnVerdict):
            case.notes.warnings.append(verdict.sentence)
        elif verdict is not None:
            needs.append(verdict)
    return [] if signed else needs


def perform(case: Case, action: Action, form: Form) -> None:
    """Move, then run the effects; automatic actions that have become true follow."""
    closed = case.close_tasks(action.key)
    counts = dict(case.order.data.get("done", {}))
    counts[action.key] = counts.get(action.key, 0) + 1
    changes: dict[str, Any] = {"data": {**case.order.data, "done": counts}}
    if action.outcome is not None:
        changes["outcome"] = action.outcome
    case.tx.change(case.order, **changes)
    case.closing_tasks = closed
    for effect in action.effects:
        if getattr(effect, "before_move", False):
            effect.apply(case, form)
    target = _target(case, action, form)
    if target is not None:
        case.enter(target)
    for effect in action.effects:
        if not getattr(effect, "before_move", False):
            effect.apply(case, form)
    for automatic in case.flow.actions:
        if (automatic.on is not None and automatic is not action and automatic.offered_in(case.order.step)
                and automatic.when is not None and automatic.when(case)):
            perform(case, automatic, Form())


def _target(case: Case, action: Action, form: Form) -> str | None:
    if action.to == STAY:
        return None
    if action.to == BACK:
        return str(case.order.data["left"])
    return action.to(case, form) if callable(action.to) else action.to


def run_due(shop: Shop, tx: Tx, order: Order, now: datetime, notes: Notes) -> int:
    """Do the order's due timers in order of their nominal moments, as if they had run on time.

    Returns:
        How many were done.
    """
    signoff.expire(tx, order.id, now)
    done = 0
    while True:
        timer = _next_due(shop, tx, order, now, notes)
        if timer is None:
            return done
        trade, flow = shop.flow(order.flow, order.flow_version)
        case = _case(shop, tx, trade, flow, order, notes, now=timer.due_at, system=True)
        action = flow.action(timer.action)
        tx.change(timer, state="done")
        perform(case, action, Form())
        notes.lines.append(plain("{at} {action}").of(at=case.local(timer.due_at), action=action.title))
        done += 1


def _next_due(shop: Shop, tx: Tx, order: Order, now: datetime, notes: Notes) -> Timer | None:
    table = table_of(Timer)
    due = tx.all(Timer, table.c.order_id == order.id, table.c.state == "planned", table.c.due_at <= now,
                 order_by=[table.c.due_at, table.c.id])
    for timer in due:
        if timer.closed and timer.due_at >= now:
            continue
        trade, flow = shop.flow(order.flow, order.flow_version)
        action = flow.action(timer.action)
        case = _case(shop, tx, trade, flow, order, notes, now=timer.due_at, system=True)
        if action.when is None or action.when(case):
            return timer
    return None


def open_order(shop: Shop, flow_key: str, customer_id: int | None, given: Mapping[str, str], *,
               dry_run: bool = False) -> Done:
    """Open an order in the first step of a flow's newest version."""
    with shop.write(f"new {flow_key}", dry_run=dry_run) as tx:
        trade, flow = shop.newest_flow(flow_key)
        if flow.customer == "required" and customer_id is None:
            raise BadInput(T("{flow} needs a customer.", zh="“{flow}”须指定客户。").of(flow=flow.title),
                           plain(f"flow new {flow.key} CUSTOMER"))
        sequence = draw_number(tx, flow.key)
        number = flow.series.format(n=sequence, year=shop.local_day(tx.now).year)
        order = Order(number=number, seq=sequence, customer_id=customer_id, flow=flow.key, flow_version=flow.version,
                      step=flow.start, entered_at=tx.now, opened_at=tx.now, owner_id=tx.staff_id,
                      currency=shop.settings.get("core.currency"))
        notes = Notes()
        case = _case(shop, tx, trade, flow, order, notes)
        form = flow.opening.fill(given, case)
        for guard in flow.opening_guards:
            verdict = guard.rule(case, form)
            if isinstance(verdict, RefuseVerdict):
                raise Refused(verdict.sentence, verdict.way_out, ref=verdict.ref or f"{trade.prefixes[0]}.{guard.id}")
        order.open_key = flow.open_key(case) if flow.open_key else None
        tx.add(order)
        for effect in flow.opened:
            effect.apply(case, form)
        case.arrive(flow.step(flow.start))
        start = flow.step(flow.start).title
        done = Done(order, T("opened", zh="新建"), start, start, notes=notes,
                    next_actions=flow.offered(flow.start))
        tx.order_id, tx.customer_id = order.id, customer_id
        tx.summary = T("{number} opened: {flow}", zh="{number} 新建: {flow}").of(number=number, flow=flow.title)
    done.operation = tx.operation
    return done


def draw_number(tx: Tx, series: str) -> int:
    """Return the next number of a gap-free series; drawn in the transaction, so a failed one leaves no gap."""
    table = table_of(Series)
    row = tx.connection.execute(
        table.update().where(table.c.key == series).values(last=table.c.last + 1).returning(table.c.last)).first()
    if row is not None:
        return int(row.last)
    tx.connection.execute(insert(table).values(key=series, last=1))
    return 1


def sign(shop: Shop, order_id: int, *, approve: bool, opinion: str) -> Done:
    """Sign the order's pending request; the last approval does the action with its own time as event time."""
    with shop.write("sign approve" if approve else "sign reject") as tx:
        order = tx.need(Order, order_id, lock=True)
        trade, flow = shop.flow(order.flow, order.flow_version)
        notes = Notes()
        run_due(shop, tx, order, tx.now, notes)
        request = signoff.pending(tx, order.id)
        if request is None:
            raise Refused(T("Nothing of {no} waits for a signature.", zh="{no} 没有待审批的事项。").of(no=order.number),
                          plain("flow sign"), ref="sign.none")
        case = _case(shop, tx, trade, flow, order, notes)
        action = flow.action(request.action)
        form = action.form.restored(request.form)
        before = flow.step(order.step).title
        title = T("{action} approved", zh="批准 {action}") if approve else T("{action} rejected", zh="驳回 {action}")
        done = Done(order, title.of(action=action.title), before, before, notes=notes)
        if signoff.sign(case, request, _routes(case, action, form), approve=approve, opinion=opinion):
            _decide(case, action, form, signed=True)
            perform(case, action, form)
        elif approve:
            done.pending = T("waits for {roles}", zh="等待 {roles} 审批").of(roles=signoff.waiting_for(tx, request))
        _finish(case, done, action)
    done.operation = tx.operation
    return done


def _routes(case: Case, action: Action, form: Form) -> list[Route]:
    """Return the routes the guards asked for, found again from the same form."""
    found = []
    for guard in action.guards:
        verdict = guard.rule(case, form)
        if isinstance(verdict, Need):
            found.append(verdict.route)
    return list(dict.fromkeys(found))


def due_orders(tx: Tx, now: datetime, limit: int = 500) -> list[int]:
    """Return the orders that have a due timer, earliest first."""
    table = table_of(Timer)
    query = (select(table.c.order_id).where(table.c.state == "planned", table.c.due_at <= now)
             .order_by(table.c.due_at, table.c.order_id).limit(limit))
    return list(dict.fromkeys(tx.connection.execute(query).scalars()))
