"""When things of the factory are due: workdays for its own staff, calendar days for the outside. Source: 1.1 F3-F7."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from serviceflow.api import Calendar, Case, Deadline, Moment, instant_of

from serviceflow_manufacturing.rules import workdays

DUE = "mfg.day.task_due"
MORNING = "mfg.day.message_time"


def task(key: str, *, after: str = "entry") -> Moment:
    """Return the workday a task is due: ``mfg.task.{key}_w`` after a base."""
    return Moment("bdays", f"mfg.task.{key}_w", after, DUE, calendar=workdays.KEY, zero="first")


def before(key: str, base: str, *, reminds: bool = False) -> Moment:
    """Return the workday a task is due before a base: ``mfg.task.{key}_w`` earlier.

    Args:
        reminds: It only reminds of the base, and is not made when its own moment is past.
    """
    return Moment("bdays", f"mfg.task.{key}_w", base, DUE, sign=-1, past="skip" if reminds else "now",
                  calendar=workdays.KEY)  # fmt: skip


def limit(step: str) -> Moment:
    """Return the limit of a step in workdays: over when the last day is."""
    return Moment("bdays", f"mfg.limit.{step}_w", "entry", calendar=workdays.KEY, zero="first")


def on(base: str) -> Moment:
    """Return a day, or the next workday, at the hour tasks are due."""
    return Moment("days", 0, base, DUE, calendar=workdays.KEY, rolled="next")


def staff_days(setting: str, base: str) -> Moment:
    """Return calendar days after a base, rolled to the next workday: what staff do by a calendar date."""
    return Moment("days", setting, base, DUE, calendar=workdays.KEY, rolled="next")


def message_days(setting: str, base: str, *, sign: int = 1) -> Moment:
    """Return calendar days after or before a base at the hour messages leave; never rolled.

    A reminder before a date that is past when it is planned is not made.
    """
    if sign < 0:
        return Moment("days", setting, base, MORNING, sign=-1, past="skip")
    return Moment("days", setting, base, MORNING)


def factory(case: Case) -> Calendar:
    """Return the factory calendar."""
    return case.calendar(workdays.KEY)


def at_hour(case: Case, day: date) -> datetime:
    """Return the instant tasks of a day are due."""
    return instant_of(day, case.clock_time(DUE), case.zone)


def due_at(case: Case, day: date) -> datetime:
    """Return the instant a task of a day is due; the present where that is past."""
    return max(at_hour(case, day), case.now)


def due_in(case: Case, key: str, start: date | None = None) -> datetime:
    """Return when a task is due that is made now: ``mfg.task.{key}_w`` workdays after a day, today if none is given."""
    return due_at(case, workdays.plus(factory(case), start or case.today, case.number(f"mfg.task.{key}_w")))


def morning(case: Case, day: date) -> datetime:
    """Return the instant a message of a day leaves."""
    return instant_of(day, case.clock_time(MORNING), case.zone)


def end_of(case: Case, day: date) -> Deadline:
    """Return the end of a day: over at the next midnight."""
    return Deadline(instant_of(day + timedelta(days=1), time(0), case.zone), closed=False)
