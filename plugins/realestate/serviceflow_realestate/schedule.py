"""A contract's payment schedule has changed: reminders, dates and what hangs on the lines follow.

Source: realestate.md sections 4.10 and 4.12.
"""

from __future__ import annotations

from datetime import date, time, timedelta

from serviceflow.api import Case, Computed, T, instant_of

from serviceflow_realestate import fields, ledger, tell

SEND = "realestate.message_send_time"


def schedule_changed(case: Case) -> None:
    """Plan reminders of open lines anew and set the date of the oldest; what hangs on lines is judged again."""
    case.cancel_messages("re-payment-due", reason=T("the schedule changed", zh="付款计划已变"))
    at = time.fromisoformat(case.setting(SEND))
    for line in ledger.open_lines(case):
        for n in case.setting("realestate.due_remind_days_before"):
            when = instant_of(date.fromordinal(line.due.toordinal() - n), at, case.zone)
            if when > case.now:
                tell.tell(
                    case,
                    "re-payment-due",
                    Computed(lambda _, when=when: when),
                    subject=f"{line.seq}/{n}",
                    seq=line.seq,
                    amount=fields.yuan(ledger.open_of(case, line)),
                    due=line.due.isoformat(),
                )
    case.set_anchor("next_due", _chased_from(case))
    last = max((line.due for line in ledger.lines(case) if line.state == "open"), default=None)
    case.set_anchor("last_due", last or case.anchor_day("last_due") or case.today)
    for link in ("dunning", "default"):
        for order in case.children(link, open_only=True):
            case.again(order=order).act("reckon")
    for order in case.children("handover", open_only=True):
        if order.step == "suspended" and ledger.nothing_due(case):
            case.again(order=order).act("settled")


def _chased_from(case: Case) -> date | None:
    """Return the due date dunning counts from: of the oldest open line, or as if it became late tomorrow.

    What becomes open long after its date, such as a line whose receipt is voided and booked anew, is not chased on
    the same day.
    """
    oldest = min((line.due for line in ledger.open_lines(case)), default=None)
    if oldest is None:
        return None
    tomorrow = case.today + timedelta(days=1 - case.number("realestate.dunning_call_days"))
    return max(oldest, tomorrow)


def reckon(contract: Case) -> None:
    """Let a contract whose lines or money changed from elsewhere judge again where it stands."""
    if contract.order.closed_at is None:
        schedule_changed(contract)
        contract.act("reckon")
