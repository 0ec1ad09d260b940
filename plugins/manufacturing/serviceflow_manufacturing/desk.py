"""Alerts and tasks of the factory, customers as it knows them, who it speaks to. Source: sections 1.1, 3, 7."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from serviceflow.api import NOW, Action, Case, Computed, Do, Message, Recipient, Staff, T, Tx, Who, plain

from serviceflow_manufacturing import moments, roles
from serviceflow_manufacturing.rules import workdays
from serviceflow_manufacturing.tables import MfgProfile


def alert(case: Case, key: str, title: T, *who: Who, subject: str = "", on: date | None = None) -> None:
    """Make a task due on a day (today unless said), or the next workday, for each of some roles; it stays."""
    due = moments.due_at(case, workdays.plus(moments.factory(case), on or case.today, 0))
    for role in who:
        case.add_task(key, title, who=role, due=due, stays=True, subject=subject)


def task(
    case: Case,
    key: str,
    title: T,
    who: Who,
    *,
    due: datetime | None = None,
    stays: bool = False,
    closed_by: Sequence[str] = (),
    subject: str = "",
) -> None:
    """Make a task; without ``due`` it is due ``mfg.task.{key}_w`` workdays from today."""
    case.add_task(
        key, title, who=who, due=due or moments.due_in(case, key), stays=stays, closed_by=closed_by, subject=subject
    )


def overdue(*steps: str, overseers: Mapping[str, str] | None = None) -> Action:
    """Return the timer that alerts the overseer when the limit of a step passes, once per stay."""
    watching = overseers or {}

    def tell(case: Case, form: object) -> None:
        step = case.flow.step(case.order.step)
        overseer = watching.get(step.key, roles.MANAGER)
        words = T("{no}: “{step}” is over its limit", zh="{no}: “{step}”已超时限")
        alert(case, "overdue", words.of(no=case.order.number, step=step.title), overseer, subject=str(case.order.entry))

    return Action("limit-passed", T("Limit passed", zh="超时限"), steps, over="step", effects=(Do(tell),))


# -- customers -------------------------------------------------------------------------------------------------


def profile(case: Case) -> MfgProfile:
    """Return what the factory knows of the order's customer."""
    return case.tx.need(MfgProfile, case.order.customer_id)


def is_foreign(case: Case) -> bool:
    """Return whether the order's customer is foreign (region outside the home regions)."""
    return foreign_region(profile(case).region, case.setting("mfg.home_regions"))


def foreign_region(region: str, home: Sequence[str]) -> bool:
    """Return whether a region is foreign."""
    return region not in home


def contact(case: Case, *, subject: str = "", facts: Mapping[str, Any] | None = None) -> Recipient:
    """Return the customer as a recipient: on the channel he prefers, else WeCom at home and e-mail abroad."""
    known = profile(case)
    points = [(c.kind, c.value) for c in case.contacts("email", "address")]
    if known.channel or not is_foreign(case):
        points += [("wecom", c.value) for c in case.contacts("wechat", "wecom")]
        points += [(c.kind, c.value) for c in case.contacts("phone", "wechat")]
    return Recipient(case.customer.name, tuple(points), "", subject, facts or {}, known.channel)


def to_customer(case: Case) -> Sequence[Recipient]:
    """Return the customer alone."""
    return [contact(case)]


def at_once(template: str, *, stays: bool = False) -> Message:
    """Return a message to the customer that leaves at the moment of the event."""
    return Message(template, NOW, to=to_customer, stays=stays)


def send(case: Case, template: str, at: datetime, *, subject: str = "", facts: Mapping[str, Any] | None = None) -> None:
    """Plan one message with facts of its own; it stays when the step is left."""
    rule = Message(
        template,
        Computed(lambda _: at),
        to=lambda c: [contact(c, subject=subject, facts=facts)],
        stays=True,
        event=Computed(lambda _: at),
    )
    case.plan_message(rule)


def common_facts(case: Case) -> dict[str, Any]:
    """Return the facts every text of the trade may name."""
    owner = case.tx.get(Staff, case.order.owner_id) if case.order.owner_id is not None else None
    return {
        "company": case.setting("core.shop_name"),
        "owner": owner.name if owner is not None else "",
        "contact": case.customer.name if case.order.customer_id is not None else "",
        "no": case.order.number,
    }


def name_of(tx: Tx, staff_id: int | None) -> str:
    """Return a member of staff's name, a dash for nobody."""
    staff = tx.get(Staff, staff_id) if staff_id is not None else None
    return staff.name if staff is not None else "-"


def listed(words: Sequence[object]) -> T:
    """Return words as one text."""
    return plain(", ".join(str(word) for word in words))


def facts_of(extra: Callable[[Case], Mapping[str, Any]]) -> Callable[[Case], Mapping[str, Any]]:
    """Return a flow's facts: the common ones and its own."""
    return lambda case: {**common_facts(case), **extra(case)}
