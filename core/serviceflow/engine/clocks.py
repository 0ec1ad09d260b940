"""Clocks and timers of an order: started, moved with their anchors, rested, woken, stopped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, bindparam, select

from serviceflow.engine import kept as live
from serviceflow.flow.effects import ClockChange
from serviceflow.flow.links import Grace, Wake
from serviceflow.flow.model import ANY, Action, Clock, Step
from serviceflow.flow.moments import Deadline
from serviceflow.store.columns import Instant
from serviceflow.store.prepared import Prepared
from serviceflow.store.tables import OrderClock, Timer
from serviceflow.store.write import Tx, key_of, table_of
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.engine.case import Case

STEP = "step"
"""The clock of the limit of the step an order stands in."""
MOVED = T("its date moved", zh="日期已改")
LEFT = T("step left", zh="已离开该步骤")
CLOSED = T("order closed", zh="订单已结束")


# -- moving through steps ----------------------------------------------------------------------------------


def leave(case: Case, *, closing: bool) -> None:
    """Stop the step's limit and the timers that run in it only; closing stops every clock and every timer."""
    running = case.flow.step(case.order.step)
    for clock in _clocks(case):
        if closing or clock.key == STEP:
            _stop(case, clock)
    for timer in live.timers(case.tx, live.kept(case.tx, case.order), "planned", "resting", "waiting"):
        action = case.flow.action(timer.action)
        if closing or (action.from_ != ANY and timer.clock is None and action.offered_in(running)):
            case.tx.change(timer, state="cancelled", reason=str(CLOSED if closing else LEFT))


def arrive(case: Case, step: Step) -> None:
    """Start, stop, rest and wake what entering ``step`` says, then plan the timers that run in it.

    A final step has no limit and no clock; the timers it has are those that name it.
    """
    if step.limit is not None and not step.final:
        _start(case, Clock(STEP, step.limit, step.title))
    for clock in () if step.final else case.flow.clocks:
        row = _all(case).get(clock.key)
        if row is not None and row.state in ("running", "resting") and step.key in clock.stops_in:
            _stop(case, row)
        elif step.key in clock.starts_in and (row is None or row.state not in ("running", "resting")):
            _start(case, clock)
        elif row is not None and row.state == "running" and step.key in clock.rests_in:
            _rest(case, row)
        elif row is not None and row.state == "resting" and step.key not in clock.rests_in:
            _wake(case, row, clock.wake)
    running = {timer.action for timer in planned_timers(case)}
    for action in case.flow.timers(step.key):
        if action.key not in running:
            _plan_timer(case, action)


def set_clock(case: Case, key: str, what: ClockChange) -> None:
    """Start, stop, rest or wake one clock."""
    clock = case.flow.clock(key)
    row = _all(case).get(key)
    if what == "start":
        _start(case, clock)
    elif row is None or row.state not in ("running", "resting"):
        return
    elif what == "stop":
        _stop(case, row)
    elif what == "rest" and row.state == "running":
        _rest(case, row)
    elif what == "wake" and row.state == "resting":
        _wake(case, row, clock.wake)


def replan(case: Case, base: str) -> None:
    """Move the running clocks and planned timers that hang on a base; plan those it makes possible."""
    step = case.flow.step(case.order.step)
    if not step.final:
        _restart(case, step, base)
    for action in case.flow.timers(step.key):
        if action.at is None or base not in action.at.bases():
            continue
        resting = False
        for timer in (*planned_timers(case), *_resting_timers(case)):
            if timer.action == action.key:
                resting = resting or timer.state == "resting"
                case.tx.change(timer, state="cancelled", reason=str(MOVED))
        if case.arrived:
            _plan_timer(case, action, resting=resting)


def _restart(case: Case, step: Step, base: str) -> None:
    """Start anew the running clocks that hang on a base, and those it makes possible."""
    if case.arrived and step.limit is not None and base in step.limit.bases():
        _start(case, Clock(STEP, step.limit, step.title))
    for clock in case.flow.clocks:
        row = _all(case).get(clock.key)
        running = row is not None and row.state == "running"
        possible = row is None and step.key in clock.starts_in and case.arrived
        if base in clock.due.bases() and (running or possible):
            _start(case, clock)


# -- a blocking child --------------------------------------------------------------------------------------


def rest_all(case: Case) -> None:
    """Rest every clock and timer of the order: a child blocks it."""
    for clock in _clocks(case, "running"):
        _rest(case, clock)
    for timer in planned_timers(case):
        case.tx.change(timer, state="resting", reason=str(case.local(case.now)))


def wake_all(case: Case, how: Wake, *, rested: timedelta) -> None:
    """Let every resting clock and timer of the order go on: as due before, later by the time rested, or after grace.

    What is over by now is due now: the time in which it should have happened was not counted.
    """
    if isinstance(how, Grace):
        _give_grace(case, how)
        how = "keep"
    for clock in _clocks(case, "resting"):
        declared = {c.key: c for c in case.flow.clocks}.get(clock.key)
        if declared is None or case.order.step not in declared.rests_in:
            _wake(case, clock, how)
    by = rested if how == "shift" else timedelta(0)
    for timer in _resting_timers(case):
        if timer.clock is not None:
            continue
        due = timer.due_at + by
        late = due < case.now
        case.tx.change(
            timer, state="planned", reason="", due_at=case.now if late else due, closed=timer.closed and not late
        )


def _give_grace(case: Case, grace: Grace) -> None:
    """Move the deadlines that resting timers hang on to at least some days from today."""
    n = case.number(grace.days) if isinstance(grace.days, str) else grace.days
    least = case.today + timedelta(days=n)
    running: set[str] = set()
    for timer in _resting_timers(case):
        action = case.flow.action(timer.action)
        running |= action.at.bases() if action.at is not None else set()
    for name in grace.anchors:
        day = case.anchor_day(name)
        if name in running and day is not None and day < least:
            case.set_anchor(name, least)


# -- due ---------------------------------------------------------------------------------------------------


def due_timers(tx: Tx, family: Sequence[live.Kept], now: datetime) -> list[Timer]:
    """Return the timers of a family whose moment is over, in order of nominal moment, then order."""
    due = [t for one in family for t in live.timers(tx, one, "planned") if Deadline(t.due_at, t.closed).over(now)]
    return sorted(due, key=lambda t: (t.due_at, t.order_id, key_of(t)))


def orders_with_due_timers(tx: Tx, now: datetime, limit: int) -> list[int]:
    """Return the orders of the earliest due timers."""
    return list(dict.fromkeys(row[0] for row in _DUE.run(tx.line, {"now": now, "most": limit})))


def _due() -> Prepared:
    table, now = table_of(Timer), bindparam("now", type_=Instant)
    over = (table.c.due_at < now) | ((table.c.due_at == now) & table.c.closed.is_(False))
    query = select(table.c.order_id).where(table.c.state == "planned", table.c.due_at <= now, over)
    return Prepared(query.order_by(table.c.due_at, table.c.order_id).limit(bindparam("most", type_=Integer)))


_DUE: Final = _due()


def _ran() -> Prepared:
    table = table_of(Timer)
    query = select(table.c.id).where(table.c.order_id == bindparam("order"), table.c.action == bindparam("action"))
    return Prepared(query.where(table.c.state == "done", table.c.due_at == bindparam("at", type_=Instant)))


_RAN: Final = _ran()


def retest(case: Case) -> None:
    """Let the family's timers that wait for their condition be tested again: something has changed.

    Their nominal moment becomes the present, since it is only from now on that the condition can hold.
    """
    for one in live.family_of(case.tx, case.order_id):
        for timer in live.timers(case.tx, one, "waiting"):
            case.tx.change(timer, state="planned", due_at=max(timer.due_at, case.now), closed=False)


def break_clock(case: Case, key: str | None) -> None:
    """Record that a clock was broken: its timer acts."""
    row = _all(case).get(key) if key is not None else None
    if row is not None and row.state == "running":
        case.tx.change(row, state="broken", ended_at=case.now)


# -- one clock, one timer ----------------------------------------------------------------------------------


def planned_timers(case: Case) -> list[Timer]:
    """Return the order's planned timers."""
    return live.timers(case.tx, live.kept(case.tx, case.order), "planned")


def _resting_timers(case: Case) -> list[Timer]:
    return live.timers(case.tx, live.kept(case.tx, case.order), "resting")


def _all(case: Case) -> dict[str, OrderClock]:
    return live.clocks(case.tx, live.kept(case.tx, case.order))


def _clocks(case: Case, *states: str) -> list[OrderClock]:
    return [clock for clock in _all(case).values() if clock.state in (states or ("running", "resting"))]


def _start(case: Case, clock: Clock) -> None:
    deadline = clock.due.deadline(case)
    row = _all(case).get(clock.key)
    if deadline is None:
        if row is not None and row.state == "running":
            _stop(case, row)
        return
    values: dict[str, Any] = {
        "title_en": clock.title.to("en"),
        "title_zh": clock.title.to("zh"),
        "due_at": deadline.at,
        "closed": deadline.closed,
        "state": "running",
        "rested_at": None,
        "ended_at": None,
    }
    if row is None:
        _all(case)[clock.key] = case.tx.add(
            OrderClock(order_id=case.order_id, key=clock.key, started_at=case.now, **values)
        )
    else:
        fresh = {} if row.state == "running" and clock.key != STEP else {"started_at": case.now}
        case.tx.change(row, **values, **fresh)
    _set_timers(case, clock.key, deadline)
    _tell(case, clock.key)


def _stop(case: Case, row: OrderClock) -> None:
    over = Deadline(row.due_at, row.closed).over(case.now) and row.state == "running"
    case.tx.change(row, state="broken" if over else "stopped", ended_at=case.now)
    _cancel_timers(case, row.key, LEFT)


def _rest(case: Case, row: OrderClock) -> None:
    case.tx.change(row, state="resting", rested_at=case.now)
    _cancel_timers(case, row.key, T("the clock rests", zh="计时暂停"))


def _wake(case: Case, row: OrderClock, how: str) -> None:
    rested = case.now - row.rested_at if row.rested_at is not None else timedelta(0)
    due = row.due_at + rested if how == "shift" else row.due_at
    case.tx.change(row, state="running", rested_at=None, due_at=due)
    _set_timers(case, row.key, Deadline(due, row.closed))
    _tell(case, row.key)


def _tell(case: Case, key: str) -> None:
    """Plan anew the tasks and messages that are due at a clock."""
    from serviceflow.engine import plans

    plans.replan(case, f"clock:{key}")


def _cancel_timers(case: Case, clock: str, reason: T) -> None:
    for timer in planned_timers(case):
        if timer.clock == clock:
            case.tx.change(timer, state="cancelled", reason=str(reason))


def _set_timers(case: Case, clock: str, deadline: Deadline) -> None:
    _cancel_timers(case, clock, MOVED)
    step = case.flow.step(case.order.step)
    for action in case.flow.actions:
        if action.over == clock and (clock != STEP or action.offered_in(step)):
            _add_timer(case, action, deadline, clock)


def _plan_timer(case: Case, action: Action, *, resting: bool = False) -> None:
    deadline = action.at.deadline(case) if action.at is not None else None
    if deadline is None:
        return
    moment = {"order": case.order_id, "action": action.key, "at": deadline.at}
    if _RAN.run(case.tx.line, moment).fetchone() is None:  # once per nominal moment
        _add_timer(case, action, deadline, None, resting=resting)


def _add_timer(case: Case, action: Action, deadline: Deadline, clock: str | None, *, resting: bool = False) -> None:
    timer = Timer(
        order_id=case.order_id,
        action=action.key,
        due_at=deadline.at,
        closed=deadline.closed,
        entry=case.order.entry,
        clock=clock,
        state="resting" if resting else "planned",
    )
    live.added(live.kept(case.tx, case.order).timers, case.tx.add(timer))
