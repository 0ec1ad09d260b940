"""One action in one transaction: due timers → role → form → guards → sign-offs → move → effects → record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from serviceflow.engine import checks, family, signoff
from serviceflow.engine.case import Case
from serviceflow.engine.kept import family_of
from serviceflow.engine.notes import Notes
from serviceflow.engine.perform import begin, insert_order, perform
from serviceflow.engine.timers import run_due, run_due_of_holders
from serviceflow.errors import BadInput, FlowError
from serviceflow.flow.effects import Ask
from serviceflow.flow.forms import Form
from serviceflow.flow.model import Action
from serviceflow.plugin.calls import call
from serviceflow.store.tables import Order, Staff
from serviceflow.store.troubles import retried
from serviceflow.store.write import Tx
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop


@dataclass(slots=True)
class Done:
    """What came of an action.

    Args:
        order: As it stands now.
        action: Title of what was done.
        step_before: Title of the step it stood in.
        step_after: Title of the step it stands in.
        pending: Who has to sign before it is done; nothing when it is done.
        notes: What was planned, cancelled and remarked.
        operation: Number that ``flow undo`` takes; nothing after a dry run.
        next_actions: What may be tried now.
        ahead: The one of them that leads on; nothing where signatures lead on.
        signs: Whether the step is one of signatures.
    """

    order: Order
    action: T
    step_before: T
    step_after: T
    pending: T | None = None
    notes: Notes = field(default_factory=Notes)
    operation: int | None = None
    next_actions: list[Action] = field(default_factory=list)
    ahead: Action | None = None
    signs: bool = False


@dataclass(slots=True)
class Offer:
    """An action of the step an order stands in, and why it may not be done now, if so; ``ahead`` leads on."""

    action: Action
    refusal: FlowError | None
    ahead: bool = False


@retried
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
        action_key: Which action of the order's flow.
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
            raise checks.moved_on(Case(shop, tx, trade, flow, order, now=tx.now, actor=None))
        notes = Notes()
        run_due_of_holders(shop, tx, tx.now)
        run_due(shop, tx, order, tx.now, notes)
        case = case_of(shop, tx, order, notes)
        before = flow.step(order.step).title
        action = checks.offered(flow, order, action_key, case)
        checks.check_role(case, action)
        family.check_blocked(case, action)
        signoff.check_pending(case, action)
        form = action.form.fill(given, case)
        needs = checks.check_guards(case, action.guards, form, override=override or {})
        request = signoff.ask(case, action, form, needs) if needs else None
        done = Done(order, action.title, before, before, notes=notes)
        if request is None:
            signoff.withdraw(case, action, str(getattr(form, "reason", None) or action.title))
            perform(case, action, form, override=override)
        else:
            done.pending = signoff.waiting_for(tx, shop, request)
        _finish(case, done, action)
    done.operation = tx.operation
    return done


@retried
def open_order(
    shop: Shop,
    flow_key: str,
    customer_id: int | None,
    given: Mapping[str, str],
    *,
    start: str | None = None,
    dry_run: bool = False,
    override: Mapping[str, str] | None = None,
) -> Done:
    """Open an order of a flow's newest version.

    Args:
        flow_key: Which flow.
        given: Typed words by field name.
        start: Which start action, where it has several.
        override: Guard id → reason why its refusal is set aside.

    Raises:
        BadInput: A customer or start action is missing, or the form is not filled rightly.
        Refused: A role or guard says no.
    """
    with shop.write(f"new {flow_key}", dry_run=dry_run) as tx:
        _, flow = shop.newest_flow(flow_key)
        checks.check_alone(flow)
        action = checks.start_action(flow, start)
        if flow.customer == "required" and customer_id is None:
            raise BadInput(
                T("{flow} needs a customer.", zh="“{flow}”须指定客户。").of(flow=flow.title),
                plain(f"flow new {flow.key} CUSTOMER"),
                ref="core.customer-needed",
            )
        notes = Notes()
        run_due_of_holders(shop, tx, tx.now)
        order = insert_order(shop, tx, flow, action, now=tx.now, customer_id=customer_id, owner_id=tx.staff_id)
        case = case_of(shop, tx, order, notes)
        checks.check_role(case, action)
        form = action.form.fill(given, case)
        if checks.check_guards(case, action.guards, form, override=override):
            with call(case.trade.key, "start", action.key):
                raise TypeError("opening an order waits for no signature; lead to a step whose entry has Ask")
        begin(case, action, form, override=override)
        title = flow.step(order.step).title
        done = Done(order, action.title, title, title, notes=notes)
        _look_ahead(case, done)
        _warn_of_calendars(case)
        tx.order_id, tx.customer_id = order.id, customer_id
        tx.summary = T("{number} opened: {flow}", zh="{number} 新建: {flow}").of(number=order.number, flow=flow.title)
    done.operation = tx.operation
    return done


@retried
def decide(
    shop: Shop, order_id: int, *, approve: bool, opinion: str, role: str | None = None, dry_run: bool = False
) -> Done:
    """Sign the order's pending request; the last approval does the action, with its own time as event time.

    Args:
        approve: Yes or no.
        opinion: What is kept with the signature; a rejection may have to say why.
        role: Sign as this role, where several slots are the actor's.

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
        before = case.flow.step(order.step).title
        title = T("{action} approved", zh="批准 {action}") if approve else T("{action} rejected", zh="驳回 {action}")
        done = Done(order, title.of(action=action.title), before, before, notes=notes)
        if not signoff.give(case, approve=approve, opinion=opinion, role=role) and approve:
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
        ahead = _ahead(case)
        return [Offer(action, _refusal(case, action), action is ahead) for action in case.flow.offered(order.step)]


def _refusal(case: Case, action: Action) -> FlowError | None:
    try:
        checks.check_role(case, action)
        family.check_blocked(case, action)
        signoff.check_pending(case, action)
        checks.check_guards(case, [g for g in action.guards if g.early], Form())
    except FlowError as refusal:
        return refusal
    return None


def case_of(shop: Shop, tx: Tx, order: Order, notes: Notes) -> Case:
    """Return the case of an order as the person of the transaction acts on it now."""
    trade, flow = shop.flow(order.flow, order.flow_version)
    actor = tx.get(Staff, tx.staff_id) if tx.staff_id is not None else None
    roles = signoff.roles_of(tx, actor.id) if actor is not None else frozenset()
    return Case(shop, tx, trade, flow, order, now=tx.now, actor=actor, roles=roles, notes=notes)


def _locked(tx: Tx, order_id: int) -> Order:
    """Return the order's live copy; it and its family are locked."""
    if not family_of(tx, order_id):
        raise LookupError(f"order {order_id}")
    found: Order = tx.kept[order_id].order
    return found


def _look_ahead(case: Case, done: Done) -> None:
    done.next_actions = case.flow.offered(done.order.step)
    signs = any(isinstance(effect, Ask) for effect in case.flow.step(done.order.step).entry)
    done.ahead = None if signs else _ahead(case)
    done.signs = signs


def _ahead(case: Case) -> Action | None:
    """Return the action that leads on; where several do and the first is not for this order, the one that is."""
    step = case.order.step
    first, forward = case.flow.ahead(step), case.flow.forward(step)
    if len(forward) < 2 or first is None or _is_for(case, first):
        return first
    others = [*forward, *(a for a in case.flow.offered(step) if not a.moves)]
    return next((a for a in others if any(g.early for g in a.guards) and _is_for(case, a)), first)


def _is_for(case: Case, action: Action) -> bool:
    try:
        checks.check_guards(case, [g for g in action.guards if g.early], Form())
    except FlowError:
        return False
    return True


def _warn_of_calendars(case: Case) -> None:
    """Say what the calendars that were walked have to say, such as a year without data."""
    for calendar in case.tx.calendars.values():
        case.notes.warnings += [w for w in getattr(calendar, "warnings", list)() if w not in case.notes.warnings]


def _finish(case: Case, done: Done, action: Action) -> None:
    done.step_after = case.flow.step(case.order.step).title
    _look_ahead(case, done)
    _warn_of_calendars(case)
    case.tx.order_id, case.tx.customer_id = case.order.id, case.order.customer_id
    words = "{number} {action}: {before} → {after}" if action.moves else "{number} {action}"
    sentence = T(words, zh=words)
    case.tx.summary = sentence.of(
        number=case.order.number, action=done.action, before=done.step_before, after=done.step_after
    )
