"""Letters after the pickup, and the end of a case."""

from __future__ import annotations

from datetime import datetime, timedelta

from serviceflow.api import Action, Case, Computed, Do, Message, MessageRow, Step, T, days, instant_of, table_of

from serviceflow_studio.aftercare import complaints
from serviceflow_studio.aftercare.referrals import referrals_of
from serviceflow_studio.pickup.forms import Complain
from serviceflow_studio.roles import SERVICE


def complained(case: Case) -> bool:
    """Return whether a complaint of the case stands that was not withdrawn."""
    return any(order.step != "withdrawn" for order in case.children(complaints.LINK))


def content(case: Case) -> bool:
    """Return whether no complaint of the case stands."""
    return not complained(case)


def no_open_complaint(case: Case) -> bool:
    """Return whether every complaint of the case has ended."""
    return not case.children(complaints.LINK, open_only=True)


def no_referral(case: Case) -> bool:
    """Return whether the customer has referred nobody yet."""
    return not referrals_of(case, case.order.customer_id)


def _letter_moment(case: Case) -> datetime | None:
    collected = case.anchor_day("collected_on")
    if collected is None:
        return None
    day = collected + timedelta(days=case.number("studio.care.letter_days"))
    return instant_of(day, case.clock_time("studio.day.letter_time"), case.zone)


def apology_due(case: Case) -> datetime | None:
    """Return when the apology leaves: with the letters, or the morning after a complaint that came later."""
    letters = _letter_moment(case)
    if letters is None or case.now <= letters:
        return letters
    return instant_of(case.today + timedelta(days=1), case.clock_time("studio.day.letter_time"), case.zone)


def apologised(case: Case) -> bool:
    """Return whether an apology of the case was sent."""
    table = table_of(MessageRow)
    return (
        case.tx.one(
            MessageRow, table.c.order_id == case.order_id, table.c.template == "apology-letter", table.c.state == "sent"
        )
        is not None
    )


def late_complaint(case: Case) -> bool:
    """Return whether a complaint comes after the letters have gone, in aftercare or later, for the first time."""
    letters = _letter_moment(case)
    if case.order.step not in ("aftercare", "closed") or letters is None or case.now <= letters:
        return False
    return not apologised(case)


def open_complaint(case: Case, form: Complain) -> None:
    """Open the complaint's own order; one that comes after the letters brings an apology of its own."""
    late = late_complaint(case)
    case.open_child(complaints.LINK, {"text": form.text, "severity": form.severity})
    if late:
        case.cancel_messages("apology-letter", reason=T("a complaint came later", zh="之后另有客诉"))
        case.plan_message(APOLOGY)


LETTERS = days("studio.care.letter_days", after="collected_on", at="studio.day.letter_time")
APOLOGY = Message("apology-letter", Computed(apology_due, hangs_on=("collected_on",)), only_if="complained", stays=True)

STEPS = (
    Step(
        "aftercare",
        T("Aftercare", zh="售后关怀"),
        SERVICE,
        on_path=True,
        limit=days("studio.care.vip_days", after="collected_on"),
        entry=(
            Message("thank-you-letter", LETTERS, only_if="content"),
            APOLOGY,
            Message(
                "vip-letter",
                days("studio.care.vip_days", after="collected_on", at="studio.day.letter_time"),
                only_if="no-referral",
            ),
        ),
    ),
    Step("closed", T("Closed", zh="结案"), final=True, on_path=True),
)


def actions(complaining: tuple[str, ...]) -> tuple[Action, ...]:
    """Return the actions; the caller knows the steps in which a complaint can come."""
    return (
        Action(
            "complain",
            T("Complaint", zh="客诉"),
            complaining,
            form=Complain,
            effects=(Do(open_complaint),),
        ),
        Action(
            "close",
            T("Close", zh="结案"),
            ("aftercare",),
            "closed",
            at=days("studio.care.vip_days", after="collected_on"),
            when=no_open_complaint,
        ),
    )


CONDITIONS = {"complained": complained, "content": content, "no-referral": no_referral}
