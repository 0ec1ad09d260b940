"""Doing an action: move, entry of the new step, effects, what follows by itself; and opening an order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from serviceflow.engine import clocks, family, plans
from serviceflow.engine.case import Case
from serviceflow.engine.kept import newborn
from serviceflow.engine.notes import Notes
from serviceflow.errors import Refused
from serviceflow.flow.effects import Effect, Once
from serviceflow.flow.forms import Form
from serviceflow.flow.model import BACK, STAY, Action, Choose, Flow
from serviceflow.flow.trade import Trade
from serviceflow.plugin.calls import call
from serviceflow.store.tables import Order, OrderAction
from serviceflow.store.write import Tx
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop

CASCADE = 50
"""Automatic actions in a row before the flow is called faulty."""


def perform(case: Case, action: Action, form: Form, *, override: Mapping[str, str] | None = None) -> None:
    """Move, then run the effects; automatic actions that have become true follow."""
    order = case.order
    left, target = order.step, _target(case, action, form)
    late = _late(case, action)
    case.first_time = _uses_once(action.effects) and case.times_done(action.key) == 0
    case.closed_tasks = plans.close_by(case, action.key)
    for rule in case.flow.plans:
        if action.key in getattr(rule, "cancelled_by", ()):
            case.cancel_messages(rule.key, reason=action.title)
    _move(case, action, target, form)
    _record(case, action, left, form, late, override)
    _happen(case, action.key, (e for e in action.effects if getattr(e, "before", False)), form)
    if target is not None:
        arrive(case)
    case.first_time = _uses_once(action.effects) and case.times_done(action.key) == 1
    _happen(case, action.key, (e for e in action.effects if not getattr(e, "before", False)), form)
    if target is not None:
        moved(case, left)
    clocks.retest(case)
    _cascade(case, action)


def _happen(case: Case, where: str, effects: Iterable[Effect], form: Form) -> None:
    for effect in effects:
        with call(case.trade.key, "effect", lambda effect=effect: f"{where}: {_name_of(effect)}"):  # type: ignore[misc]
            effect.apply(case, form)


def _name_of(effect: Effect) -> str:
    # The plugin's function, or the kind and key of what is planned.
    run = getattr(effect, "run", None)
    if run is not None:
        return str(getattr(run, "__qualname__", run))
    return f"{type(effect).__name__} {getattr(effect, 'key', getattr(effect, 'link', ''))}".rstrip()


def _uses_once(effects: tuple[Effect, ...]) -> bool:
    return any(isinstance(effect, Once) for effect in effects)


def _target(case: Case, action: Action, form: Form) -> str | None:
    if isinstance(action.to, Choose):
        with call(case.trade.key, "target", action.key):
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
    step = case.flow.step(case.order.step)
    case.arrived = True
    if _uses_once(step.entry):
        case.first_time = sum(d.to_step == step.key and (d.from_step != step.key) for d in case.done()) <= 1
    _happen(case, step.key, step.entry, Form())
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
    if case.agreed:
        follower = case.again()
        follower.actor, follower.roles, follower.cascade = case.actor, case.roles, case.cascade
        follower.agreed = case.agreed[1:]
        agreed = case.flow.action(case.agreed[0])
        perform(follower, agreed, agreed.form.of({}))
        return
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


# -- opening ------------------------------------------------------------------------------------------


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
    """Open an order as the system does, by a start action with a filled form; no role or guard is asked.

    Args:
        flow: Which kind.
        start: Its start action.
        form: Filled: ``start.form.of({…})``.
        owner_id: Who owns it, as staff key.
        parent: The order it is a child of.
        link: Key of the parent's link it hangs on.
        scope: Part of the shop whose settings hold, as ``Order.scope``.
    """
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
    sequence = tx.draw(flow.key if "{year}" not in flow.series else f"{flow.key}/{shop.local_day(now).year}")
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
    return newborn(tx, order, parent).order


def begin(case: Case, start: Action, form: Form, *, override: Mapping[str, str] | None = None) -> None:
    """Let a start action's effects and the entry of its step happen to an order just inserted."""
    target = _target(case, start, form) or case.order.step
    changes: dict[str, Any] = {} if target == case.order.step else {"step": target}
    if case.flow.open_key is not None and (key := case.flow.open_key(case)) is not None:
        _only_one_open(case, key)
        changes["open_key"] = key
    case.arrived = False
    if changes:
        case.tx.change(case.order, **changes)
    _record(case, start, "", form, (None, ""), override)
    _happen(case, start.key, (e for e in start.effects if getattr(e, "before", False)), form)
    arrive(case)
    _happen(case, start.key, (e for e in start.effects if not getattr(e, "before", False)), form)
    case.emit("order.opened")
    case.emit("step.entered", step=case.order.step, left="")
    _cascade(case, start)


def _only_one_open(case: Case, key: str) -> None:
    for other in case.tx.of(Order, "open_key", key):
        step = case.shop.flow(other.flow, other.flow_version)[1].step(other.step).title
        raise Refused(
            T("{no} is open already, in step “{step}”; continue it.", zh="{no} 已在进行中({step}), 请继续办理。").of(
                no=other.number, step=step
            ),
            plain(f"flow do {other.number}"),
            ref="core.open-already",
        )
