"""Live facts that titles, talking points and messages may name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from serviceflow.api import Case, Staff, T, format_money

from serviceflow_studio import ledger
from serviceflow_studio.tables import StudioCase, StudioComplaint, StudioPayment, StudioPiece, StudioProfile
from serviceflow_studio.waves import holiday_of, read_holidays

EMPTY = T("", zh="")


def case_facts(case: Case) -> Mapping[str, Any]:
    """Return the facts of a `studio-case` as they are now."""
    consultant = case.tx.get(Staff, case.order.owner_id) if case.order.owner_id is not None else None
    when = appointment(case)
    payments = case.rows(StudioPayment)
    return {
        "consultant": consultant.name if consultant else "",
        "staff_phone": (consultant.phone if consultant else None) or "",
        "names": case.customer.name,
        "amount": format_money(payments[-1].amount) if payments else "",
        "balance_note": ledger.owing_note(case),
        **when,
        "passes": case.number("studio.viewing.passes"),
        "change_hours": case.number("studio.viewing.change_hours"),
        "fetch_minutes": case.number("studio.pickup.fetch_minutes"),
        "part_note": part_note(case),
        "helper_note": helper_note(case),
        "remedy": remedy(case),
        **greeting(case),
        "lead_days": case.number("studio.shoot.lead_days"),
        "choices": case.number("studio.closing.choices"),
        **{key: case.number(f"studio.hint.{key}") for key in HINT_NUMBERS},
    }


def greeting(case: Case) -> dict[str, Any]:
    """Return what a greeting of the day may name: the holiday, and the years since the wedding."""
    holiday = holiday_of(read_holidays(case.setting("studio.life.holidays")), case.today)
    profile = case.tx.get(StudioProfile, case.order.customer_id)
    wedding = profile.wedding_date if profile is not None else None
    return {
        "holiday": holiday.title if holiday is not None else EMPTY,
        "years": case.today.year - wedding.year if wedding is not None else "",
    }


STEP_APPOINTMENT = {
    "view-waiting": "viewing_at",
    "viewing": "viewing_at",
    "selected": "pickup_at",
    "production": "pickup_at",
    "ready": "pickup_at",
    "collecting": "pickup_at",
    "part-collected": "pickup_at",
}
"""Which appointment a message of a step speaks of; before the viewing it is the shoot."""


def appointment(case: Case) -> dict[str, Any]:
    """Return date, time, arrival and length of the appointment that comes next."""
    at = case.anchor(STEP_APPOINTMENT.get(case.order.step, "shoot_at"))
    if not isinstance(at, datetime):
        return {"date": "", "time": "", "arrival": "", "hours": ""}
    early = timedelta(minutes=case.number("studio.shoot.balance_early_minutes")) if ledger.balance(case) > 0 else None
    end = case.anchor("viewing_end")
    length = (end - at).total_seconds() / 3600 if isinstance(end, datetime) else 0
    return {
        "date": case.local(at)[:10],
        "time": case.local(at)[11:],
        "arrival": case.local(at - early if early else at)[11:],
        "hours": f"{length:g}",
    }


def part_note(case: Case) -> T:
    """Return what is not ready yet and when it will be, for a pickup in two parts."""
    left = [p for p in case.rows(StudioPiece) if p.passed < p.qty]
    if not left or not case.own(StudioCase).part_agreed:
        return EMPTY
    said = ", ".join(f"{p.code} ({p.promised})" if p.promised else p.code for p in left)
    return T(" Not ready yet: {left}.", zh="未齐: {left}。").of(left=said)


def helper_note(case: Case) -> T:
    """Ask for a helper when much or something bulky is waiting."""
    waiting = [p for p in case.rows(StudioPiece) if p.passed > p.handed]
    many = sum(p.passed - p.handed for p in waiting) > case.number("studio.pickup.helper_pieces")
    if not many and not any(p.bulky for p in waiting):
        return EMPTY
    return T(" Please bring a helper.", zh="相件较多或较大,请带人帮忙。")


def remedy(case: Case) -> T:
    """Return what was done about the last settled complaint, or that somebody is at it."""
    for order in reversed(case.children("complaint")):
        if order.step == "settled":
            said = case.tx.need(StudioComplaint, order.id).remedy_text
            return T("Done for you: {text}.", zh="已为您处理:{text}。").of(text=said)
    return T("We are working on it and will come back to you soon.", zh="我们正在处理,会尽快答复。")


HINT_NUMBERS = ("rapport_minute", "tea_percent", "farewell_steps", "small_flaws", "car_bow_degrees")


def best_wanted(case: Case) -> bool:
    """Return whether the better plan still means something: money is owed and no shoot is booked."""
    return ledger.balance(case) > 0 and case.anchor("shoot_at") is None


def never(case: Case) -> bool:
    """Return that the flow itself never does the action: another order of the family does."""
    return False


def session_facts(session: Case) -> Mapping[str, Any]:
    """Return the facts of a session."""
    return {
        "names": session.customer.name,
        "talk_min": session.number("studio.floor.talk_min"),
        "talk_max": session.number("studio.floor.talk_max"),
        **{key: session.number(f"studio.hint.{key}") for key in HINT_NUMBERS},
    }
