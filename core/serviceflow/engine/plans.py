"""Tasks and messages of an order: planned, moved with what they hang on, ended with a reason that can be read."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select

from serviceflow.engine import kept as live
from serviceflow.engine.protections import withheld
from serviceflow.flow.effects import Message as MessageRule
from serviceflow.flow.effects import Recipient, Template
from serviceflow.flow.effects import Task as TaskRule
from serviceflow.flow.moments import Moment
from serviceflow.flow.routes import Persons, Who
from serviceflow.store.prepared import Prepared
from serviceflow.store.tables import Message, Task
from serviceflow.store.write import table_of
from serviceflow.texts import T

if TYPE_CHECKING:
    from serviceflow.engine.case import Case

CONTACT_OF = {
    "sms": ("phone",),
    "wechat": ("wechat",),
    "email": ("email",),
    "smtp": ("email",),
    "letter": ("address",),
    "print": ("address",),
    "hand": ("wechat", "phone"),
}
"""Kinds of contact points that a channel can use."""


def _planned() -> Prepared:
    table = table_of(Message)
    query = select(table.c.id).where(table.c.occurrence == bindparam("occurrence"), table.c.state != "cancelled")
    return Prepared(query.limit(1))


_PLANNED: Final = _planned()
"""Whether a message about an occurrence stands: what its partial index holds."""


# -- tasks -------------------------------------------------------------------------------------------------


def plan_task(case: Case, rule: TaskRule) -> None:
    """Make the task or tasks of a rule."""
    if rule.when is not None and not rule.when(case):
        return
    if rule.each is not None:
        for n in case.setting(rule.each):
            if not isinstance(rule.due, Moment):
                raise TypeError(f"task {rule.key}: `each` needs a Moment")
            due = case.due(dataclasses.replace(rule.due, count=int(n)))
            if due is not None and case.day(due) >= case.today:
                _task_of(case, rule, due, subject=str(n))
        return
    due = case.due(rule.due)
    if due is None or (due <= case.now and rule.due.past == "skip"):
        return
    if rule.subjects is None:
        _task_of(case, rule, due)
        return
    for subject, facts in rule.subjects(case).items():
        _task_of(case, rule, due, subject=subject, facts=facts)


def _task_of(
    case: Case, rule: TaskRule, due: datetime, *, subject: str = "", facts: dict[str, Any] | Any = None
) -> None:
    title = rule.title.of(**{**case.facts(), **(facts or {})}) if rule.title.field_names() else rule.title
    add_task(
        case,
        rule.key,
        title,
        who=rule.who,
        due=max(due, case.now),
        stays=rule.stays,
        closed_by=rule.closed_by,
        subject=subject,
    )


def add_task(
    case: Case,
    key: str,
    title: T,
    *,
    who: Who,
    due: datetime,
    stays: bool = False,
    closed_by: Sequence[str] = (),
    subject: str = "",
) -> None:
    """Make a task for a role's pool, or one for each of some persons."""
    people: list[int | None] = [None]
    role: str | None = None
    if isinstance(who, Persons):
        people = list(who.of(case)) or [None]
        role = who.fallback if people == [None] else None
    else:
        role = who
    for person in people:
        made = case.tx.add(
            Task(
                rule=f"{case.trade.key}:{key}",
                subject=subject,
                title_en=title.to("en"),
                title_zh=title.to("zh"),
                due_at=due,
                assignee_id=person,
                role=role,
                customer_id=case.order.customer_id,
                order_id=case.order_id,
                step=case.order.step,
                entry=case.order.entry,
                stays=stays,
                closed_by=",".join(closed_by),
                made_by=case.actor.id if case.actor else None,
                made_at=case.now,
            )
        )
        live.added(live.kept(case.tx, case.order).tasks, made)
    case.notes.planned.append(T("{title} {due}", zh="{title} {due}").of(title=title, due=case.local(due)))


def open_tasks(case: Case, *keys: str) -> list[Task]:
    """Return the order's open tasks of these rules (all when none is named), earliest first."""
    wanted = {f"{case.trade.key}:{key}" for key in keys}
    return [t for t in live.tasks(case.tx, live.kept(case.tx, case.order)) if not keys or t.rule in wanted]


def close(case: Case, task: Task, result: str) -> None:
    """End a task as done."""
    case.tx.change(task, state="done", done_at=case.now, done_by=case.actor.id if case.actor else None, result=result)


def close_by(case: Case, action: str) -> list[str]:
    """Close the earliest open task of each rule that ``action`` fulfils; return the rules' keys."""
    closed: list[str] = []
    for task in open_tasks(case):
        key = (task.rule or "").partition(":")[2]
        if action in task.closed_by.split(",") and key not in closed:
            closed.append(key)
            close(case, task, action)
    return closed


def cancel_task(case: Case, task: Task, reason: T, *, state: str = "cancelled") -> None:
    """End a task that is no longer wanted; ``state`` may be ``skipped``."""
    case.tx.change(task, state=state, done_at=case.now, reason=str(reason))
    case.notes.cancelled.append(T(task.title_en, zh=task.title_zh))


# -- messages ----------------------------------------------------------------------------------------------


def plan_message(case: Case, rule: MessageRule) -> None:
    """Plan a message for each recipient; what cannot reach anybody is kept with the reason."""
    if rule.when is not None and not rule.when(case):
        return
    if rule.each is None:
        moments = [case.due(rule.due)]
    else:
        if not isinstance(rule.due, Moment):
            raise TypeError(f"message {rule.key}: `each` needs a Moment")
        moments = [case.due(dataclasses.replace(rule.due, count=int(n))) for n in case.setting(rule.each)]
    skips = rule.each is not None or rule.due.past == "skip"
    template = case.trade.template(rule.template)
    for due in moments:
        if due is None or (due <= case.now and skips):
            continue
        for recipient in rule.to(case) if rule.to is not None else [main_contact(case)]:
            _add_message(case, rule, template, recipient, max(due, case.now))


def main_contact(case: Case, variant: str = "") -> Recipient:
    """Return the customer as a recipient, contact points in order of preference; ``variant`` is the template's."""
    points = case.contacts("phone", "wechat", "email", "address")
    return Recipient(case.customer.name, tuple((c.kind, c.value) for c in points), variant)


def _add_message(case: Case, rule: MessageRule, template: Template, recipient: Recipient, due: datetime) -> None:
    channel, address, reason = _reach(case, template, recipient)
    dated = case.due(rule.event) if rule.event is not None else due
    event = case.local(dated) if dated is not None else ""
    full = f"{case.trade.key}:{template.key}"
    occurrence = "/".join((full, str(case.order_id), recipient.subject, event, channel or "-", address or "-"))
    if _PLANNED.run(case.tx.line, {"occurrence": occurrence}).fetchone() is not None:
        return
    facts = {
        k: (v.both() if isinstance(v, T) else v if isinstance(v, int) else str(v))
        for k, v in {**case.facts(), "name": recipient.name, **recipient.facts}.items()
    }
    expires = case.due(rule.expires) if rule.expires is not None else None
    ref, said = reason if reason is not None else ("", None)
    planned = case.tx.add(
        Message(
            rule=full,
            template=template.key,
            variant=recipient.variant,
            purpose=template.purpose,
            language=case.customer.language or case.shop.settings.get("core.language"),
            channel=channel,
            recipient=address,
            recipient_name=recipient.name,
            subject=recipient.subject,
            customer_id=case.order.customer_id,
            order_id=case.order_id,
            step=case.order.step,
            entry=case.order.entry,
            stays=rule.stays,
            facts=facts,
            condition=rule.only_if or "",
            due_at=due,
            expires_at=expires,
            occurrence=occurrence,
            state="planned" if reason is None else "suppressed",
            reason=str(said or ""),
            reason_ref=ref,
            trail=[_told(case, "suppressed", ref, said)] if said is not None else [],
            made_at=case.now,
        )
    )
    live.added(live.kept(case.tx, case.order).messages, planned)
    words = T("message {key} {due}", zh="消息 {key} {due}").of(key=template.key, due=case.local(due))
    if reason is None:
        case.notes.planned.append(words)
    else:
        case.notes.warnings.append(T("not sent: {what}: {why}", zh="不发送: {what}: {why}").of(what=words, why=said))


def _reach(case: Case, template: Template, recipient: Recipient) -> tuple[str | None, str | None, tuple[str, T] | None]:
    """Return channel, address and, where the message must not go out, why."""
    first: tuple[str, T] | None = None
    channels = case.shop.channels_of(case.trade, template)
    if recipient.prefers:
        channels = (recipient.prefers, *(c for c in channels if c != recipient.prefers))
    for channel in channels:
        for kind, value in recipient.contacts:
            if kind not in CONTACT_OF.get(channel, (channel,)):
                continue
            why = withheld(case.tx, case.customer, template.purpose, channel, opt_out=template.opt_out)
            if why is None:
                return channel, value, None
            first = first or why
            break
    if first is not None:
        return None, None, first
    names = "/".join(channels)
    return (
        None,
        None,
        (
            "core.no-contact",
            T("no contact point for {channels}", zh="没有可用的联系方式({channels})").of(channels=names),
        ),
    )


def _told(case: Case, state: str, ref: str, reason: T) -> list[Any]:
    """Return what a message's trail keeps of a change: when, to what, and why in both languages."""
    return [case.now.isoformat(), state, ref, {"words": reason.both()}]


def open_messages(case: Case, *keys: str) -> list[Message]:
    """Return the order's unsent messages of these rules (all when none is named)."""
    wanted = {f"{case.trade.key}:{key}" for key in keys}
    return [m for m in live.messages(case.tx, live.kept(case.tx, case.order)) if not keys or m.rule in wanted]


def cancel_message(case: Case, message: Message, reason: T) -> None:
    """Take back an unsent message."""
    trail = [*message.trail, _told(case, "cancelled", "", reason)]
    if message.state == "held":  # only what was released once can have others merged into it
        table = table_of(Message)
        joined = (table.c.merged_into == message.id, table.c.reason_ref == "remind.merged")
        for child in case.tx.all(Message, *joined):
            case.tx.change(child, state="planned", reason="", reason_ref="", merged_into=None)
    case.tx.change(message, state="cancelled", reason=str(reason), trail=trail)
    case.notes.cancelled.append(T("message {key}", zh="消息 {key}").of(key=message.template))


# -- moving and leaving ------------------------------------------------------------------------------------


def replan(case: Case, base: str) -> None:
    """Plan anew what hangs on a base that moved: what is open of it, and what the step's entry makes of it."""
    reason = T("its date moved", zh="日期已改")
    entry = case.flow.step(case.order.step).entry
    for rule in case.flow.hanging.get(base, ()):
        mark = len(case.notes.cancelled)
        if isinstance(rule, TaskRule):
            tasks = open_tasks(case, rule.key)
            for task in tasks:
                cancel_task(case, task, reason)
            if tasks or (rule in entry and case.arrived):
                plan_task(case, rule)
        else:
            messages = open_messages(case, rule.key)
            for message in messages:
                cancel_message(case, message, reason)
            if messages or (rule in entry and case.arrived):
                plan_message(case, rule)
        del case.notes.cancelled[mark:]


def leave(case: Case, *, closing: bool) -> None:
    """End what the left step's entry made; a closed order ends everything that does not stay."""
    reason = T("order closed", zh="订单已结束") if closing else T("step left", zh="已离开该步骤")
    for task in open_tasks(case):
        if not task.stays and (closing or task.entry == case.order.entry):
            cancel_task(case, task, reason)
    for message in open_messages(case):
        if not message.stays and (closing or message.entry == case.order.entry):
            cancel_message(case, message, reason)
