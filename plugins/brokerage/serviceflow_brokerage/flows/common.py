"""What several flows of the branch share: forms, guards, facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from serviceflow.api import (
    Case,
    Do,
    Form,
    Guard,
    SetAnchor,
    Staff,
    T,
    Verdict,
    choice,
    number,
    text,
    yes_no,
)

from serviceflow_brokerage.callbacks import note_callback
from serviceflow_brokerage.complaints import open_complaint
from serviceflow_brokerage.contacts import HUMAN, OUTCOMES, contacted
from serviceflow_brokerage.people import client_of
from serviceflow_brokerage.refusals import refuse

CHANNELS: Final[Mapping[str, T]] = {
    **HUMAN,
    "sms": T("text message", zh="短信"),
    "email": T("e-mail", zh="邮件"),
    "onsite": T("on site", zh="现场"),
    "online": T("online", zh="线上"),
    "web": T("web form", zh="网页"),
}
WHY_STOPPED: Final[Mapping[str, T]] = {
    "fee": T("fees", zh="费用"),
    "service": T("service", zh="服务"),
    "time": T("no time", zh="没有时间"),
    "competitor": T("elsewhere", zh="选择他家"),
    "unreachable": T("unreachable", zh="联系不上"),
    "other": T("other", zh="其他"),
}
TOUCHED: Final = SetAnchor("acted_on", as_day=True)
"""Every action of a flow that lapses says when somebody last acted."""


class Reason(Form):
    reason: str = text(T("Reason", zh="原因"))


class Opinion(Form):
    opinion: str = text(T("Opinion", zh="意见"), required=False)


class Stopped(Form):
    reason: str = choice(T("Reason", zh="原因"), WHY_STOPPED)
    detail: str | None = text(T("Words", zh="说明"), required=False)


class Attempt(Form):
    channel: str = choice(T("Channel", zh="渠道"), CHANNELS)


class Talk(Form):
    channel: str = choice(T("Channel", zh="渠道"), CHANNELS)
    summary: str = text(T("Summary", zh="摘要"))


class Words(Form):
    text: str = text(T("Text", zh="内容"))


class Summary(Form):
    summary: str = text(T("Summary", zh="摘要"))


class What(Form):
    what: str = text(T("What", zh="情况"))


class Callback(Form):
    identity_ok: bool = yes_no(T("Identity confirmed", zh="身份核实"))
    risks_told: bool = yes_no(T("Risks told", zh="风险已告知"))
    no_proxy_trading: bool = yes_no(T("Nobody trades for them", zh="无代客操作"))
    satisfied: int = number(T("Satisfied, 1 to 5", zh="满意度1-5"), least=1, most=5)


def _once_a_day(case: Case, form: Any) -> Verdict:
    today = [d for d in case.done("no-answer", "callback-missed") if case.day(d.at) == case.today]
    return refuse("attempt-same-day") if today else None


ONCE_A_DAY: Final = Guard("broker.attempt-same-day", _once_a_day, early=True)


def _callback_true(case: Case, form: Callback) -> Verdict:
    if form.identity_ok and form.risks_told and form.no_proxy_trading:
        return None
    return refuse("callback-not-ok")


CALLBACK_TRUE: Final = Guard("broker.callback-not-ok", _callback_true)


def log(outcome: str) -> Do:
    """Return the effect that logs an interaction with what the form says."""

    def run(case: Case, form: Any) -> None:
        channel = getattr(form, "channel", None) or "phone"
        words = getattr(form, "summary", None) or getattr(form, "what", None) or str(OUTCOMES[outcome])
        spoken(case, words, channel, outcome)

    return Do(run)


def spoken(case: Case, words: str, channel: str, outcome: str) -> None:
    """Log that somebody spoke with the client, or tried; a service contact that was due is done with it."""
    case.log(words, channel=channel, outward=True, outcome=outcome)
    assert case.order.customer_id is not None
    contacted(case.shop, case.tx, case.order.customer_id, channel, outcome, case.now)


def called_back(case: Case, form: Callback) -> None:
    """Log a callback that went well; it counts among those of the year."""
    assert case.order.customer_id is not None
    words = T("callback, satisfied {n}", zh="回访, 满意度 {n}").of(n=form.satisfied)
    spoken(case, str(words), "phone", "reached")
    note_callback(case.tx, case.order.customer_id, case.now, satisfied=form.satisfied, order_id=case.order_id)


def complain(category: str) -> Do:
    """Return the effect that opens a complaint with the form's words."""
    return Do(lambda case, form: open_complaint(case, category, form.what))


def base_facts(case: Case) -> dict[str, Any]:
    """Return the facts that every flow's texts may name."""
    owner = case.tx.get(Staff, case.order.owner_id) if case.order.owner_id is not None else None
    return {"staff": owner.name if owner is not None else "", "hotline": case.setting("broker.hotline")}


def _active(case: Case, form: Any) -> Verdict:
    return None if client_of(case).status == "active" else refuse("client-not-active")


CLIENT_ACTIVE: Final = Guard("broker.client-not-active", _active)


def cancel_all(because: T) -> Do:
    """Return the effect that takes back everything planned for the order."""

    def run(case: Case, form: Any) -> None:
        case.cancel_tasks(reason=because)
        case.cancel_messages(reason=because)

    return Do(run)
