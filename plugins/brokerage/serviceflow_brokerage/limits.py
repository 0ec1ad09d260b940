"""Every step limit and task offset of section 4 as data: a number and its unit. Each becomes a setting.

Units: ``bd`` business days and ``cd`` calendar days end at `core.day_end`, ``h`` hours at the instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from serviceflow.api import Moment, Shop, add_business_days, bdays, days, hours, instant_of

Unit = Literal["bd", "cd", "h"]
Span = tuple[int, Unit]

LIMITS: Final[Mapping[str, Span]] = {
    "account-opening.lead": (1, "bd"),
    "account-opening.contacted": (30, "cd"),
    "account-opening.material": (5, "bd"),
    "account-opening.assessment": (3, "bd"),
    "account-opening.agreement": (5, "bd"),
    "account-opening.review": (1, "bd"),
    "account-opening.opening": (1, "bd"),
    "suitability.requested": (2, "bd"),
    "suitability.matched": (10, "cd"),
    "suitability.mismatched": (10, "cd"),
    "suitability.approval": (2, "bd"),
    "commission-offer.drafted": (5, "bd"),
    "commission-offer.approval": (2, "bd"),
    "commission-offer.reviewing": (3, "bd"),
    "retention.opened": (1, "bd"),
    "retention.contacting": (5, "bd"),
    "retention.diagnosing": (2, "bd"),
    "retention.offering": (5, "bd"),
    "account-closing.requested": (1, "bd"),
    "partner-agreement.proposed": (30, "cd"),
    "partner-agreement.diligence": (10, "bd"),
    "partner-agreement.approval": (3, "bd"),
    "partner-agreement.suspended": (30, "cd"),
    "partner-settlement.drafted": (3, "bd"),
    "partner-settlement.sent": (10, "cd"),
    "partner-settlement.disputed": (5, "bd"),
    "partner-settlement.approval": (3, "bd"),
    "partner-settlement.payable": (10, "bd"),
    "personal-plan.requested": (1, "bd"),
    "personal-plan.drafting": (3, "bd"),
    "personal-plan.review": (2, "bd"),
    "personal-plan.delivery": (3, "bd"),
    "personal-plan.reviewing": (5, "bd"),
}
"""Limit of each step; those that are rules of section 5.12 stand there."""

TASKS: Final[Mapping[str, Span]] = {
    "account-opening.lead": (1, "bd"),
    "account-opening.again": (1, "bd"),
    "account-opening.contacted": (3, "bd"),
    "account-opening.material": (1, "bd"),
    "account-opening.fix": (2, "bd"),
    "account-opening.assessment": (1, "bd"),
    "account-opening.agreement": (2, "bd"),
    "account-opening.review": (1, "bd"),
    "account-opening.opening": (1, "bd"),
    "account-opening.bank": (1, "bd"),
    "account-opening.missed": (2, "bd"),
    "account-opening.unhappy": (2, "bd"),
    "account-opening.overdue": (1, "bd"),
    "suitability.requested": (2, "bd"),
    "suitability.mismatched": (1, "bd"),
    "suitability.missed": (2, "bd"),
    "commission-offer.reviewing": (3, "bd"),
    "retention.opened": (1, "bd"),
    "retention.contacting": (1, "bd"),
    "retention.offering": (2, "bd"),
    "retention.observing": (30, "cd"),
    "retention.care_note": (14, "cd"),
    "retention.unreachable": (90, "cd"),
    "account-closing.requested": (1, "bd"),
    "account-closing.talk": (1, "bd"),
    "partner-agreement.proposed": (5, "bd"),
    "partner-agreement.diligence": (5, "bd"),
    "partner-agreement.renewal": (60, "cd"),
    "partner-settlement.drafted": (3, "bd"),
    "partner-settlement.sent": (10, "cd"),
    "partner-settlement.disputed": (5, "bd"),
    "partner-settlement.payable": (10, "bd"),
    "personal-plan.requested": (1, "bd"),
    "personal-plan.drafting": (3, "bd"),
    "personal-plan.review": (2, "bd"),
    "personal-plan.delivery": (3, "bd"),
    "personal-plan.reviewing": (5, "bd"),
    "complaint": (1, "bd"),
    "region-review": (5, "bd"),
    "campaign.approve": (2, "bd"),
    "reassign": (2, "bd"),
    "level-changed": (3, "bd"),
    "risk-review": (2, "bd"),
}
"""When a task is due after its step is entered, or after it is made."""


def limit(key: str, *, after: str = "entry") -> Moment:
    """Return the limit of a step, such as ``account-opening.lead``."""
    return _moment(f"broker.limit.{key}", LIMITS[key][1], after)


def task(key: str, *, after: str = "entry") -> Moment:
    """Return when a task is due."""
    return _moment(f"broker.task.{key}", TASKS[key][1], after)


def on_date(count: int | str = 0, *, after: str = "entry") -> Moment:
    """Return when a date begins, that instant included: automatic actions act at the first run of their date.

    Args:
        count: Calendar days after the base, or the setting that holds them.
    """
    return days(count, after=after, extra=-1)


def due_in(shop: Shop, at: datetime, key: str) -> datetime:
    """Return when a task that belongs to no order is due, counted from a moment."""
    count, day = shop.setting(f"broker.task.{key}"), shop.local_day(at)
    last = (
        add_business_days(shop.calendar("shop"), day, count) if TASKS[key][1] == "bd" else day + timedelta(days=count)
    )
    return end_of(shop, last)


def end_of(shop: Shop, day: date) -> datetime:
    """Return when the working day of the branch ends."""
    return instant_of(day, time.fromisoformat(shop.setting("core.day_end")), shop.zone)


def _moment(setting: str, unit: Unit, after: str) -> Moment:
    if unit == "h":
        return hours(setting, after=after)
    count = bdays if unit == "bd" else days
    return count(setting, after=after, at="core.day_end")
