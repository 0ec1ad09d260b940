"""Tasks of people: adding one, finishing, skipping, putting off, handing on. Each is one operation."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import TYPE_CHECKING

from serviceflow.clock import instant
from serviceflow.dates import When, echo, parse_when
from serviceflow.engine.actor import whoami
from serviceflow.engine.staff import known_role, staff_named
from serviceflow.errors import BadInput, FlowError, Refused
from serviceflow.store.tables import Customer, Meta, Order, Staff, Task
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop

FOLLOW_UP = "core:follow-up"
LONGEST_TITLE = 200
LONGEST_RESULT = 2000


@dataclass(frozen=True, slots=True)
class Due:
    """A moment somebody typed: the instant (UTC), and what was understood, for the echo."""

    at: datetime
    understood: When

    def echo(self, shop: Shop) -> str:
        """Return ``→ 2026-11-30 周一 18:00 (+3b shop)`` in the current language."""
        local = self.at.astimezone(shop.zone)
        return echo(When(local.date(), local.time(), self.understood.note), shop.zone)


@dataclass(slots=True)
class TaskChange:
    """What a command did with a task."""

    task: Task
    title: T
    what: T
    customer: str = ""
    order: str = ""
    due: Due | None = None
    operation: int | None = None
    notes: list[T] = field(default_factory=list)


def read_due(shop: Shop, typed: str, now: datetime) -> Due:
    """Return the moment typed; a day without a time means `core.day_end`.

    Raises:
        BadInput: No form of date fits.
        ConfigError: Business days of a year without data.
    """
    when = parse_when(typed, now.astimezone(shop.zone), shop.calendar, "shop")
    at = when.at or time.fromisoformat(shop.settings.get("core.day_end"))
    return Due(instant(when.day, at, shop.zone), when)


def coming_due(shop: Shop, typed: str, now: datetime) -> Due:
    """Return the moment typed, which must not be past.

    Raises:
        BadInput: It is past, or no form of date fits.
    """
    due = read_due(shop, typed, now)
    if due.at < now:
        raise BadInput(
            T("{when} is past.", zh="{when} 已过。").of(when=due.echo(shop).removeprefix("→ ")),
            T("Type a coming moment: +1, tomorrow 10:00, or 18:00.", zh="请写将来的时间: +1、明天 10:00 或 18:00。"),
            ref="core.task-past",
        )
    return due


def need_task(tx: Tx, number: int) -> Task:
    """Return a task that is still open.

    Raises:
        BadInput: There is no such task.
        Refused: It is closed already; says how and by whom.
    """
    task = tx.get(Task, number, lock=True) if 0 < number < 2**63 else None
    if task is None:
        raise BadInput(
            T("There is no task #{n}.", zh="没有待办 #{n}。").of(n=number),
            T("See: flow task list", zh="查看: flow task list"),
            ref="core.task-unknown",
        )
    if task.state != "open":
        who = tx.get(Staff, task.done_by) if task.done_by is not None else None
        states = {
            "done": T("done", zh="完成"),
            "skipped": T("skipped", zh="跳过"),
            "cancelled": T("cancelled", zh="取消"),
        }
        raise Refused(
            T("Task #{n} is {state} already{by}{why}.", zh="待办 #{n} 已{state}{by}{why}。").of(
                n=number,
                state=states.get(task.state, plain(task.state)),
                by=T(" by {name}", zh="({name})").of(name=who.name) if who else "",
                why=f": {task.result or task.reason}" if task.result or task.reason else "",
            ),
            T("See: flow show '#{n}'", zh="查看: flow show '#{n}'").of(n=number),
            ref="core.task-closed",
        )
    return task


def add_task(
    shop: Shop,
    title: str,
    due: Due,
    *,
    assignee: str | None = None,
    role: str | None = None,
    customer_id: int | None = None,
    order_id: int | None = None,
    rule: str | None = None,
    dry_run: bool = False,
) -> TaskChange:
    """Make a task for one person or for all who hold a role; for who gives the command when neither is said.

    Raises:
        BadInput: No title, both assignee and role, or an unknown one.
    """
    with shop.write("task add", dry_run=dry_run) as tx:
        whoami(tx)
        words = _title(title)
        task = new_task(
            shop,
            tx,
            plain(words),
            due.at,
            assignee=assignee,
            role=role,
            customer_id=customer_id,
            order_id=order_id,
            rule=rule,
        )
        change = _change(shop, tx, task, T("added", zh="已加"), due)
        change.notes.extend(_for_whom(shop, tx, task))
    change.operation = tx.operation
    return change


def new_task(
    shop: Shop,
    tx: Tx,
    title: T,
    due_at: datetime,
    *,
    assignee: str | None = None,
    role: str | None = None,
    customer_id: int | None = None,
    order_id: int | None = None,
    rule: str | None = None,
) -> Task:
    """Make a task inside a running transaction; an order's customer is the task's."""
    if assignee and role:
        raise BadInput(
            T("A task is for one person or for a role, not both.", zh="待办只能给一个人或一个角色。"),
            T("Leave one of --to and --role out.", zh="--to 与 --role 只写一个。"),
            ref="core.task-whom",
        )
    order = tx.need(Order, order_id) if order_id is not None else None
    person = staff_named(tx, assignee).id if assignee else None if role else tx.staff_id
    return tx.add(
        Task(
            rule=rule,
            title_en=title.to("en"),
            title_zh=title.to("zh"),
            due_at=due_at,
            assignee_id=person,
            role=known_role(shop, role) if role else None,
            customer_id=customer_id if customer_id is not None else order.customer_id if order else None,
            order_id=order_id,
            stays=True,
            made_by=tx.staff_id,
            made_at=tx.now,
        )
    )


def finish_task(shop: Shop, number: int, result: str = "", *, dry_run: bool = False) -> TaskChange:
    """Close a task as done, with what came of it. Due timers of its order act first, as before every act.

    Raises:
        BadInput: No such task, or the result is too long.
        Refused: It is closed already, or its trade has a command that finishes it (``core.task-finisher``).
    """
    with shop.write("done", dry_run=dry_run) as tx:
        whoami(tx)
        notes = _timers_first(shop, tx, number)
        task = need_task(tx, number)
        _may_tick_off(shop, tx, task)
        tx.change(task, state="done", done_at=tx.now, done_by=tx.staff_id, result=_words(result, "RESULT"))
        what = T("done: {result}", zh="已完成: {result}") if task.result else T("done", zh="已完成")
        change = _change(shop, tx, task, what.of(result=task.result))
        change.notes.extend(notes)
    change.operation = tx.operation
    return change


def skip_task(shop: Shop, number: int, reason: str, *, dry_run: bool = False) -> TaskChange:
    """Close a task as not done, with the reason.

    Raises:
        BadInput: No such task, or no reason.
        Refused: It is closed already.
    """
    with shop.write("task skip", dry_run=dry_run) as tx:
        whoami(tx)
        if not reason.strip():
            raise BadInput(
                T("Skipping needs a reason.", zh="跳过须写原因。"),
                T('flow task skip {n} "why"', zh='flow task skip {n} "原因"').of(n=number),
                ref="core.task-reason",
            )
        task = need_task(tx, number)
        tx.change(task, state="skipped", done_at=tx.now, done_by=tx.staff_id, reason=_words(reason, "REASON"))
        change = _change(shop, tx, task, T("skipped: {reason}", zh="已跳过: {reason}").of(reason=task.reason))
    change.operation = tx.operation
    return change


def snooze_task(shop: Shop, number: int, due: Due, *, dry_run: bool = False) -> TaskChange:
    """Put a task off; the history keeps the old moment.

    Raises:
        Refused: It is closed already, or due at that moment anyway.
    """
    with shop.write("task snooze", dry_run=dry_run) as tx:
        whoami(tx)
        task = need_task(tx, number)
        before = task.due_at.astimezone(shop.zone)
        if task.due_at == due.at:
            raise Refused(
                T("Task #{n} is due then already.", zh="待办 #{n} 本来就是那时到期。").of(n=number),
                T("Type another moment, such as +1 or fri.", zh="请写其他时间, 如 +1 或 周五。"),
                ref="core.task-same",
            )
        tx.change(task, due_at=due.at)
        change = _change(
            shop,
            tx,
            task,
            T("put off from {before}", zh="已改期, 原 {before}").of(before=f"{before:%Y-%m-%d %H:%M}"),
            due,
        )
    change.operation = tx.operation
    return change


def assign_task(shop: Shop, number: int, whom: str, *, dry_run: bool = False) -> TaskChange:
    """Hand a task to a person, or with ``role:NAME`` to all who hold a role.

    Raises:
        BadInput: Nobody is called so, or no such role.
        Refused: It is closed, or theirs already.
    """
    with shop.write("task assign", dry_run=dry_run) as tx:
        whoami(tx)
        task = need_task(tx, number)
        head, sep, name = whom.partition(":")
        if sep and head in ("role", "角色"):
            changes: dict[str, object] = {"assignee_id": None, "role": known_role(shop, name)}
        else:
            changes = {"assignee_id": staff_named(tx, whom).id, "role": None}
        if (task.assignee_id, task.role) == (changes["assignee_id"], changes["role"]):
            raise Refused(
                T("Task #{n} is theirs already.", zh="待办 #{n} 本来就由其负责。").of(n=number),
                T("See: flow show '#{n}'", zh="查看: flow show '#{n}'").of(n=number),
                ref="core.task-same",
            )
        tx.change(task, **changes)
        change = _change(shop, tx, task, T("handed on", zh="已转交"))
        change.notes.extend(_for_whom(shop, tx, task))
    change.operation = tx.operation
    return change


def _timers_first(shop: Shop, tx: Tx, number: int) -> list[T]:
    from serviceflow.engine.notes import Notes
    from serviceflow.engine.timers import anything_due, run_due

    task = tx.get(Task, number) if 0 < number < 2**63 else None
    order = tx.get(Order, task.order_id, lock=True) if task is not None and task.order_id is not None else None
    if order is None:
        return []
    if not anything_due(tx, order, tx.now):  # so that most tasks are ticked off without loading their trade
        return []
    notes = Notes()
    try:
        shop.flow(order.flow, order.flow_version)
    except FlowError:  # its plugin is missing: its tasks can still be closed by hand
        return []
    run_due(shop, tx, order, tx.now, notes)
    return notes.lines


def _may_tick_off(shop: Shop, tx: Tx, task: Task) -> None:
    """Refuse a task of which its trade wants to know more than that it is done.

    The catalogue says which tasks these are, so that the trade is loaded only for its words about one of them.
    """
    key, _, rule = (task.rule or "").partition(":")
    if key not in shop.plugins.enabled():
        return
    noted = tx.get(Meta, f"trade.{key}")
    if noted is not None and rule not in json.loads(noted.value).get("finishers", [rule]):
        return
    try:
        way = shop.plugins.trade(key).finishers.get(rule)
    except FlowError:  # its plugin is broken: its tasks can still be closed by hand
        return
    if way is not None:
        raise Refused(
            T("Task #{n} is not just ticked off.", zh="待办 #{n} 不能直接勾掉。").of(n=task.id),
            way.of(n=task.id, customer=f"c{task.customer_id}"),
            ref="core.task-finisher",
        )


def _title(typed: str) -> str:
    words = " ".join(typed.split())
    if not words or len(words) > LONGEST_TITLE:
        raise BadInput(
            T("A task has a title of 1 to {n} characters.", zh="待办标题须为 1 至 {n} 个字。").of(n=LONGEST_TITLE),
            T('flow task add "call back" fri', zh='flow task add "回电话" 周五'),
            ref="core.task-title",
        )
    return words


def _words(typed: str, what: str) -> str:
    words = typed.strip()
    if len(words) > LONGEST_RESULT:
        raise BadInput(
            T("{what} has more than {n} characters.", zh="{what} 超过 {n} 个字。").of(what=what, n=LONGEST_RESULT),
            T("Say it shorter.", zh="请写短一些。"),
            ref="core.task-long",
        )
    return words


def _for_whom(shop: Shop, tx: Tx, task: Task) -> list[T]:
    if task.role is not None:
        return [T("for all with the role {role}", zh="给角色 {role}").of(role=shop.role_title(task.role))]
    person = tx.get(Staff, task.assignee_id) if task.assignee_id is not None else None
    return [T("for {name}", zh="给 {name}").of(name=person.name)] if person else []


def _change(shop: Shop, tx: Tx, task: Task, what: T, due: Due | None = None) -> TaskChange:
    order = tx.get(Order, task.order_id) if task.order_id is not None else None
    customer = tx.get(Customer, task.customer_id) if task.customer_id is not None else None
    title = T("{en}", zh="{zh}").of(en=task.title_en, zh=task.title_zh)
    tx.order_id, tx.customer_id = task.order_id, task.customer_id
    tx.summary = T("#{n} {title} {what}", zh="#{n} {title} {what}").of(n=task.id, title=title, what=what)
    return TaskChange(task, title, what, customer.name if customer else "", order.number if order else "", due)


def open_follow_ups(tx: Tx, customer_id: int, until: datetime) -> list[Task]:
    """Return a customer's open follow-ups that are due before ``until``, earliest first."""
    table = table_of(Task)
    return tx.all(
        Task,
        table.c.customer_id == customer_id,
        table.c.rule == FOLLOW_UP,
        table.c.state == "open",
        table.c.due_at < until,
        order_by=[table.c.due_at, table.c.id],
    )
