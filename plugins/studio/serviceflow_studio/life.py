"""Greetings that go on for life: birthdays, wedding anniversaries, holidays. Source: studio.md section 7, C5, C8.

Once a day, for customers who hold an active love card; a greeting expires with its day.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from serviceflow.api import (
    Case,
    Computed,
    Deadline,
    Job,
    Message,
    Notes,
    Order,
    Recipient,
    Shop,
    Tx,
    case_of,
    instant_of,
    main_contact,
    table_of,
)

from serviceflow_studio.tables import StudioCard, StudioPerson, StudioProfile
from serviceflow_studio.waves import holiday_of, read_holidays


def observed(day: date, year: int) -> date:
    """Return the day of a yearly date in a year; 29 February is observed on the 28th of common years."""
    if (day.month, day.day) == (2, 29):
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return date(year, 2, 29 if leap else 28)
    return day.replace(year=year)


def falls_on(day: date, today: date) -> bool:
    """Return whether a yearly date of an earlier year is observed today."""
    return day < today and observed(day, today.year) == today


def _end_of_day(case: Case) -> Deadline:
    return Deadline(instant_of(case.today + timedelta(days=1), time(0), case.zone), closed=False)


def _morning(case: Case) -> datetime:
    return instant_of(case.today, case.clock_time("studio.day.morning"), case.zone)


def _birthdays(case: Case) -> Sequence[Recipient]:
    people = case.tx.all(StudioPerson, table_of(StudioPerson).c.customer_id == case.order.customer_id)
    own = [p for p in people if p.birthday is not None and falls_on(p.birthday, case.today)]
    contact = main_contact(case)
    return [
        Recipient(p.name, (("phone", p.phone),) if p.phone else contact.contacts, subject=f"person-{p.id}") for p in own
    ]


def _greeting(template: str, to: Callable[[Case], Sequence[Recipient]] | None = None) -> Message:
    return Message(template, Computed(_morning), to=to, stays=True, expires=Computed(_end_of_day))


BIRTHDAY = _greeting("birthday", _birthdays)
ANNIVERSARY = _greeting("anniversary")
HOLIDAY = _greeting("holiday")


def greet(shop: Shop, tx: Tx, day: date) -> None:
    """Plan the greetings of a day."""
    holiday = holiday_of(read_holidays(shop.setting("studio.life.holidays")), day)
    cards, people, profiles = table_of(StudioCard), table_of(StudioPerson), table_of(StudioProfile)
    members = {card.customer_id for card in tx.all(StudioCard, cards.c.state == "active")}
    born = {
        p.customer_id
        for p in tx.all(StudioPerson, people.c.birthday.is_not(None))
        if p.birthday is not None and falls_on(p.birthday, day)
    }
    wed = {
        p.customer_id
        for p in tx.all(StudioProfile, profiles.c.wedding_date.is_not(None))
        if p.wedding_date is not None and falls_on(p.wedding_date, day)
    }
    for customer_id in sorted(members if holiday is not None else members & (born | wed)):
        case = newest_case(shop, tx, customer_id, day)
        if case is None:
            continue
        if customer_id in born:
            case.plan_message(BIRTHDAY)
        if customer_id in wed:
            case.plan_message(ANNIVERSARY)
        if holiday is not None:
            case.plan_message(HOLIDAY)


def newest_case(shop: Shop, tx: Tx, customer_id: int, day: date) -> Case | None:
    """Return the customer's newest case as it stands on the morning of a day."""
    table = table_of(Order)
    order = tx.one(
        Order, table.c.flow == "studio-case", table.c.customer_id == customer_id, order_by=[table.c.id.desc()]
    )
    if order is None:
        return None
    morning = instant_of(day, time.fromisoformat(shop.setting("studio.day.morning")), shop.zone)
    return case_of(shop, tx, order, Notes()).again(now=morning)


LIFE = Job("life", greet, at="studio.day.morning")
