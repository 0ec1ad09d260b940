"""One order inside one transaction: what guards, effects and rules see and may do."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from sqlmodel import SQLModel

from serviceflow.calendars import Calendar
from serviceflow.clock import day_of, instant
from serviceflow.flow import model
from serviceflow.flow.moments import Moment, When
from serviceflow.store.tables import Anchor, Contact, Customer, Interaction, Message, Order, Staff, Task, Timer
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop

M = TypeVar("M", bound=SQLModel)


@dataclasses.dataclass(slots=True)
class Notes:
    """What an action did, for the answer to the person who did it."""

    lines: list[T] = dataclasses.field(default_factory=list)
    planned: list[T] = dataclasses.field(default_factory=list)
    cancelled: list[T] = dataclasses.field(default_factory=list)
    warnings: list[T] = dataclasses.field(default_factory=list)


class Case:
    """An order with its flow, its people and the moment of the event.

    ``now`` is the event time: the present for a person's action, the nominal moment for a timer, the time of
    the last signature for an action that waited.
    """

    def __init__(self, shop: Shop, tx: Tx, trade: model.Trade, flow: model.Flow, order: Order, *, now: datetime,
                 actor: Staff | None, roles: frozenset[str], notes: Notes | None = None) -> None:
        self.shop = shop
        self.tx = tx
        self.trade = trade
        self.flow = flow
        self.order = order
        self.now = now
        self.actor = actor
        self.roles = roles
        self.notes = notes if notes is not None else Notes()
        self.zone: ZoneInfo = shop.zone
        self._anchors: dict[str, datetime | date] | None = None
        self._customer: Customer | None = None
        self.closing_tasks: list[Task] = []

    # -- times and settings ------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        """The local calendar day of the event."""
        return day_of(self.now, self.zone)

    def day(self, at: datetime) -> date:
        """Return the local calendar day of an instant."""
        return day_of(at, self.zone)

    def local(self, at: datetime) -> str:
        """Return an instant as the shop writes it: ``2025-03-11 18:00``."""
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

    def setting(self, key: str) -> Any:
        """Return the value of a setting in force."""
        return self.shop.settings.get(key)

    def number(self, setting: str) -> int:
        return int(self.setting(setting))

    def clock_time(self, setting: str) -> time:
        return time.fromisoformat(self.setting(setting))

    def calendar(self, key: str) -> Calendar:
        return self.shop.calendar(key)

    def parse_day(self, typed: str) -> date:
        return self.shop.parse_day(typed, self.now)

    def parse_instant(self, typed: str) -> datetime:
        return self.shop.parse_instant(typed, self.now)

    def base(self, name: str) -> datetime | date | None:
        if name == "entry":
            return self.order.entered_at
        if name == "now":
            return self.now
        return self.anchor(name)

    # -- anchors -----------------------------------------------------------------------------------------

    def _all_anchors(self) -> dict[str, datetime | date]:
        if self._anchors is None:
            rows = self.tx.all(Anchor, table_of(Anchor).c.order_id == self.order.id)
            self._anchors = {a.key: value for a in rows if (value := a.at or a.day) is not None}
        return self._anchors

    def anchor(self, name: str) -> datetime | date | None:
        """Return a named moment of the order, or ``None``."""
        return self._all_anchors().get(name)

    def set_anchor(self, name: str, value: datetime | date | None) -> None:
        """Set, move or clear a named moment; what hangs on it is planned anew."""
        known = self._all_anchors()
        if known.get(name) == value:
            return
        row = self.tx.get(Anchor, self.order.id, name)
        at = value if isinstance(value, datetime) else None
        day = value if at is None else None
        if value is None and row is not None:
            self.tx.remove(row)
        elif row is not None:
            self.tx.change(row, at=at, day=day)
        elif value is not None:
            self.tx.add(Anchor(order_id=self.order.id, key=name, at=at, day=day))
        moved = name in known
        known.pop(name, None)
        if value is not None:
            known[name] = value
        if moved:
            self._replan(name)

    def _replan(self, anchor: str) -> None:
        reason = T("its date moved", zh="日期已改")
        rules: list[model.Task | model.Message] = [
            effect
            for group in (*(s.entry for s in self.flow.steps), *(a.effects for a in self.flow.actions), self.flow.opened)
            for effect in group
            if isinstance(effect, model.Task | model.Message)
            and isinstance(effect.due, Moment) and effect.due.after == anchor
        ]
        for rule in rules:
            open_rows = self._open_tasks(rule.key) if isinstance(rule, model.Task) else self._open_messages(rule.key)
            if open_rows:
                if isinstance(rule, model.Task):
                    self.cancel_tasks(rule.key, reason=reason)
                    self.plan_task(rule)
                else:
                    self.cancel_messages(rule.key, reason=reason)
                    self.plan_message(rule)
        for timer in self._planned_timers():
            action = self.flow.action(timer.action)
            if action.at is not None and action.at.after == anchor:
                self.tx.change(timer, state="cancelled", reason=str(reason))
                self._plan_timer(action)

    # -- people ------------------------------------------------------------------------------------------

    @property
    def customer(self) -> Customer:
        """The order's customer; orders without one must not ask."""
        if self._customer is None:
            self._customer = self.tx.need(Customer, self.order.customer_id)
        return self._customer

    def contacts(self, *kinds: str) -> list[Contact]:
        """Return the customer's contact points of these kinds, preferred ones first."""
        table = table_of(Contact)
        return self.tx.all(
            Contact, table.c.customer_id == self.order.customer_id, table.c.kind.in_(kinds),
            order_by=[table.c.preferred.desc(), table.c.id],
        )

    # -- the trade's own rows ----------------------------------------------------------------------------

    def own(self, row_type: type[M]) -> M:
        """Return the trade's row of this order (a table whose primary key is ``order_id``)."""
        return self.tx.need(row_type, self.order.id)

    def rows(self, row_type: type[M], *where: Any) -> list[M]:
        """Return the trade's rows that belong to this order."""
        table = table_of(row_type)
        return self.tx.all(row_type, table.c.order_id == self.order.id, *where)

    def times_done(self, action: str) -> int:
        """Return how often an action was done with this order and not taken back."""
        return int(self.order.data.get("done", {}).get(action, 0))

    def log(self, summary: str, *, channel: str = "visit", outward: bool = False, outcome: str = "") -> None:
        """Write an interaction with the customer."""
        self.tx.add(Interaction(
            customer_id=self.order.customer_id, order_id=self.order.id, at=self.now, channel=channel, outward=outward,
            staff_id=self.actor.id if self.actor else None, summary=summary, outcome=outcome))

    # -- plans -------------------------------------------------------------------------------------------

    def due(self, when: When) -> datetime | None:
        """Return the instant of a rule's `Moment` or function; a date-only one is at the trade's hour."""
        if isinstance(when, Moment):
            return when.of(self)
        return when(self)

    def plan_task(self, rule: model.Task) -> None:
        """Make the task or tasks of a rule."""
        if rule.when is not None and not rule.when(self):
            return
        if rule.each is None:
            self._make_task(rule, self.due(rule.due), getattr(rule.due, "past", "now"))
            return
        for n in self.setting(rule.each):
            if not isinstance(rule.due, Moment):
                raise TypeError(f"task {rule.key}: `each` needs a Moment")
            due = dataclasses.replace(rule.due, count=int(n)).of(self)
            if due is not None and self.day(due) >= self.today:
                self._make_task(rule, due, "now")

    def _make_task(self, rule: model.Task, due: datetime | None, past: str) -> None:
        if due is None or (due <= self.now and past == "skip"):
            return
        if due < self.now and past == "now":
            due = self.now
        self.add_task(rule.key, rule.title, role=rule.role, due=due, stays=rule.stays, closed_by=rule.closed_by)

    def add_task(self, key: str, title: T, *, role: str, due: datetime, stays: bool = False,
                 closed_by: Sequence[str] = ()) -> None:
        """Make a task for a role (or ``owner``), due at an instant."""
        to_owner = role == "owner"
        self.tx.add(Task(
            rule=key, title_en=title.to("en"), title_zh=title.to("zh"), due_at=due,
            assignee_id=self.order.owner_id if to_owner else None, role=None if to_owner else role,
            customer_id=self.order.customer_id, order_id=self.order.id, step=self.order.step, entry=self.order.entry,
            stays=stays, closed_by=",".join(closed_by), made_by=self.actor.id if self.actor else None,
            made_at=self.now))
        self.notes.planned.append(plain("{title} {due}").of(title=title, due=self.local(due)))

    def alert(self, key: str, title: T, *, role: str) -> None:
        """Make a task for a role that is due now."""
        self.add_task(key, title, role=role, due=self.now, stays=True)

    def plan_message(self, rule: model.Message) -> None:
        """Plan the message of a rule; what cannot reach the customer is kept with the reason."""
        if rule.when is not None and not rule.when(self):
            return
        due = self.due(rule.due)
        past = getattr(rule.due, "past", "now")
        if due is None or (due <= self.now and past == "skip"):
            return
        due = max(due, self.now)
        template = self.shop.template(self.trade, rule.template)
        variant = rule.variant(self) if rule.variant else ""
        channel, recipient = self._channel(template)
        reason = self._withheld(template, channel)
        occurrence = f"{self.trade.key}:{template.key}/{self.order.id}/{self.local(due)}/{recipient or '-'}"
        if self.tx.one(Message, table_of(Message).c.occurrence == occurrence,
                       table_of(Message).c.state != "cancelled") is not None:
            return
        facts = {k: (v.both() if isinstance(v, T) else str(v)) for k, v in self.facts().items()}
        self.tx.add(Message(
            rule=rule.key, template=f"{template.key}/{variant}" if variant else template.key, purpose=template.purpose,
            channel=channel, recipient=recipient, customer_id=self.order.customer_id, order_id=self.order.id,
            step=self.order.step, entry=self.order.entry, stays=rule.stays, facts=facts, due_at=due,
            expires_at=self.due(rule.expires) if rule.expires else None, occurrence=occurrence,
            state="suppressed" if reason else "planned", reason=str(reason or ""), made_at=self.now))
        if reason is None:
            self.notes.planned.append(T("message {key} {due}", zh="消息 {key} {due}").of(
                key=rule.key, due=self.local(due)))

    def _channel(self, template: model.Template) -> tuple[str | None, str | None]:
        kind_of = {"sms": "phone", "wechat": "wechat", "email": "email", "print": "address"}
        for channel in template.channels:
            found = self.contacts(kind_of.get(channel, channel))
            if found:
                return channel, found[0].value
        return None, None

    def _withheld(self, template: model.Template, channel: str | None) -> T | None:
        if channel is None:
            return T("no contact point for {channels}", zh="没有可用的联系方式({channels})").of(
                channels="/".join(template.channels))
        if self.customer.do_not_contact and template.purpose != "safety":
            return T("do not contact", zh="请勿联系")
        if template.purpose == "marketing" and "no-marketing" in self.customer.tags:
            return T("no marketing wanted", zh="不接受营销")
        return None

    def facts(self) -> dict[str, Any]:
        """Return the live facts that titles, talking points and messages may name."""
        found: dict[str, Any] = {"order_no": self.order.number, "shop": self.setting("core.shop_name")}
        if self.order.customer_id is not None:
            found["name"] = self.customer.name
        if self.flow.facts is not None:
            found.update(self.flow.facts(self))
        return found

    # -- ending plans ------------------------------------------------------------------------------------

    def _open_tasks(self, *keys: str) -> list[Task]:
        table = table_of(Task)
        where = [table.c.order_id == self.order.id, table.c.state == "open"]
        if keys:
            where.append(table.c.rule.in_(keys))
        return self.tx.all(Task, *where, order_by=[table.c.due_at, table.c.id])

    def _open_messages(self, *keys: str) -> list[Message]:
        table = table_of(Message)
        where = [table.c.order_id == self.order.id, table.c.state.in_(("planned", "pending", "held", "retry"))]
        if keys:
            where.append(table.c.rule.in_(keys))
        return self.tx.all(Message, *where)

    def _planned_timers(self) -> list[Timer]:
        table = table_of(Timer)
        return self.tx.all(Timer, table.c.order_id == self.order.id, table.c.state == "planned")

    def has_open_task(self, key: str) -> bool:
        """Return whether a task of this rule is open."""
        return bool(self._open_tasks(key))

    def close_tasks(self, action: str) -> list[Task]:
        """Close, as done, the earliest open task of each rule that ``action`` fulfils; return them."""
        closed: dict[str, Task] = {}
        for task in self._open_tasks():
            if action in task.closed_by.split(",") and (task.rule or "") not in closed:
                closed[task.rule or ""] = task
                self.tx.change(task, state="done", done_at=self.now, result=action)
        return list(closed.values())

    def cancel_tasks(self, *keys: str, reason: T) -> None:
        """Cancel the open tasks of these rules; without keys all of the order."""
        for task in self._open_tasks(*keys):
            self._cancel_task(task, reason)

    def cancel_messages(self, *keys: str, reason: T) -> None:
        """Cancel the unsent messages of these rules; without keys all of the order."""
        for message in self._open_messages(*keys):
            self._cancel_message(message, reason)

    def _cancel_task(self, task: Task, reason: T) -> None:
        self.tx.change(task, state="cancelled", done_at=self.now, reason=str(reason))
        self.notes.cancelled.append(T(task.title_en, zh=task.title_zh))

    def _cancel_message(self, message: Message, reason: T) -> None:
        self.tx.change(message, state="cancelled", reason=str(reason))
        self.notes.cancelled.append(T("message {key}", zh="消息 {key}").of(key=message.rule))

    # -- moving ------------------------------------------------------------------------------------------

    def enter(self, step: str) -> None:
        """Move the order into ``step``: end what the left step's entry made, plan what this one's makes."""
        target = self.flow.step(step)
        if self.order.step != step or target.final:
            self._leave(closing=target.final)
        changes: dict[str, Any] = {"step": step, "entry": self.order.entry + 1, "entered_at": self.now}
        data = dict(self.order.data)
        data["left"] = self.order.step
        changes["data"] = data
        if target.final:
            changes |= {"closed_at": self.now, "open_key": None}
        elif self.order.closed_at is not None:
            changes["closed_at"] = None
        self.tx.change(self.order, **changes)
        self.arrive(target)

    def arrive(self, step: model.Step) -> None:
        """Plan the entry of the step the order stands in now: tasks, messages, timers."""
        for effect in step.entry:
            effect.apply(self, None)
        for action in self.flow.timers(step.key):
            if action.from_ == model.ANY and any(t.action == action.key for t in self._planned_timers()):
                continue
            self._plan_timer(action)

    def _plan_timer(self, action: model.Action) -> None:
        deadline = action.at.deadline(self) if action.at else None
        if deadline is not None:
            self.tx.add(Timer(order_id=self.order.id, action=action.key, due_at=deadline.at, closed=deadline.closed,
                              entry=self.order.entry))

    def _leave(self, *, closing: bool) -> None:
        reason = T("order closed", zh="订单已结束") if closing else T("step left", zh="已离开该步骤")
        for task in self._open_tasks():
            if closing or (task.entry == self.order.entry and not task.stays):
                self._cancel_task(task, reason)
        for message in self._open_messages():
            if closing or (message.entry == self.order.entry and not message.stays):
                self._cancel_message(message, reason)
        for timer in self._planned_timers():
            if closing or self.flow.action(timer.action).from_ != model.ANY:
                self.tx.change(timer, state="cancelled", reason=str(reason))


def at_day_time(setting: str, offset: int = 0) -> Callable[[Case], datetime]:
    """Return a rule "today plus ``offset`` days at the time a setting holds"."""

    def when(case: Any) -> datetime:
        return instant(case.today + timedelta(days=offset), case.clock_time(setting), case.zone)

    return when
