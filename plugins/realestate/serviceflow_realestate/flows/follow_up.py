"""The next follow-up of a lead. Source: realestate.md section 4.3."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from serviceflow.api import Case, T, instant_of

from serviceflow_realestate import nurturing, tell


def at_send(case: Case, on: date) -> datetime:
    """Return the moment of a day at which messages go out."""
    return instant_of(on, case.clock_time(tell.SEND), case.zone)


def follow_task(case: Case, due: datetime | None = None) -> None:
    """Make the next follow-up task, by the grade unless a moment is given."""
    grade = nurturing.my_profile(case).grade
    if due is None:
        n = case.number(f"realestate.grade_{grade.lower()}_follow_days")
        due = at_send(case, case.today + timedelta(days=n))
    case.add_task(
        "follow-up",
        T("Follow up ({grade})", zh="回访({grade})").of(grade=grade),
        who=tell.AGENT_OF_ORDER,
        due=max(due, case.now),
        closed_by=("follow-up",),
        subject=grade,
    )
