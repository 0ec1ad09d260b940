"""Questions, taken in at any hour and answered within service hours. Source: brokerage.md section 4.9."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final

from serviceflow.api import (
    NOW,
    START,
    Action,
    Calendar,
    Case,
    Computed,
    Do,
    Flow,
    Form,
    Guard,
    Message,
    Persons,
    Step,
    T,
    Task,
    Verdict,
    add_business_days,
    choice,
    days,
    is_open,
    number,
    table_of,
    text,
)

from serviceflow_brokerage.flows import common
from serviceflow_brokerage.flows.common import Reason
from serviceflow_brokerage.people import assessment_at, client_of
from serviceflow_brokerage.refusals import refuse
from serviceflow_brokerage.roles import AG, AN, SM
from serviceflow_brokerage.suitability import is_professional
from serviceflow_brokerage.tables.contact import BrokerCoverage
from serviceflow_brokerage.tables.products import BrokerQuestion

KEY: Final = "broker.advice-question"
FORBIDDEN: Final = {
    "guaranteed_return": T("guaranteed return", zh="承诺收益"),
    "managed_account": T("managing the account", zh="代客理财"),
    "inside_information": T("inside information", zh="内幕信息"),
    "abuse": T("abuse", zh="谩骂"),
    "other": T("other", zh="其他"),
}
FIRST_HOUR: Final = timedelta(hours=1)


class Question(Form):
    topic: str = text(T("Topic", zh="主题"))
    channel: str = choice(T("Channel", zh="渠道"), common.CHANNELS)
    text: str = text(T("Question", zh="问题"), longest=2000)


class Answer(Form):
    r_level: int = number(T("R-level, 0 for general information", zh="风险等级, 0为一般信息"), most=5)
    note: str | None = text(T("Note", zh="研究报告"), required=False)
    text: str = text(T("Answer", zh="答复"), longest=2000)


class Declined(Form):
    reason: str = choice(T("Reason", zh="原因"), FORBIDDEN)


def answer_due(asked: datetime, hours: int, opens: time, closes: time, calendar: Calendar) -> datetime:
    """Return when a question must be answered: service hours of business days count, the rest goes on next morning.

    Args:
        asked: The local moment it was asked.
    """
    day = asked.date()
    start, end = (datetime.combine(day, at, asked.tzinfo) for at in (opens, closes))
    morning = datetime.combine(add_business_days(calendar, day, 1), opens, asked.tzinfo)
    if not is_open(calendar, day) or asked >= end:
        return morning + FIRST_HOUR
    if asked < start:
        return start + FIRST_HOUR
    left = timedelta(hours=hours)
    if asked + left <= end:
        return asked + left
    left -= end - asked
    while left > closes_after(opens, closes):
        left -= closes_after(opens, closes)
        morning = datetime.combine(add_business_days(calendar, morning.date(), 1), opens, asked.tzinfo)
    return morning + left


def closes_after(opens: time, closes: time) -> timedelta:
    """Return how long a day's service hours are."""
    return timedelta(hours=closes.hour - opens.hour, minutes=closes.minute - opens.minute)


def _due_from(case: Case) -> datetime:
    opens, closes = (time.fromisoformat(at) for at in case.setting("broker.service_hours"))
    hours = case.number("broker.question_hours")
    return answer_due(case.now.astimezone(case.zone), hours, opens, closes, case.calendar("shop"))


def _begin(case: Case, form: Question) -> None:
    case.tx.add(
        BrokerQuestion(
            order_id=case.order_id,
            customer_id=client_of(case).customer_id,
            topic=form.topic,
            channel=form.channel,
            text=form.text,
            asked_at=case.now,
            answer_due=_due_from(case),
        )
    )


def _least_busy(case: Case) -> int | None:
    """Return the analyst of the topic with the fewest open questions, the first by id among equals."""
    row = case.own(BrokerQuestion)
    coverage = table_of(BrokerCoverage)
    writing = {c.staff_id for c in case.tx.all(BrokerCoverage, coverage.c.topic == row.topic)}
    able = [s for s in case.staff_with(AN) if s in writing]
    questions = table_of(BrokerQuestion)
    mine = case.tx.all(BrokerQuestion, questions.c.analyst_id.in_(able), questions.c.answered_at.is_(None))
    load = {s: sum(q.analyst_id == s for q in mine) for s in able}
    return min(able, key=lambda s: (load[s], s)) if able else None


def _assign(case: Case, form: Any) -> None:
    case.tx.change(case.own(BrokerQuestion), analyst_id=_least_busy(case), answered_at=None)


def _unassign(case: Case, form: Any) -> None:
    case.tx.change(case.own(BrokerQuestion), analyst_id=None)


def _answered(case: Case, form: Answer) -> None:
    case.tx.change(case.own(BrokerQuestion), answer=form.text, r_level=form.r_level, answered_at=case.now)


def _asked_again(case: Case, form: common.Words) -> None:
    row = case.own(BrokerQuestion)
    case.tx.change(row, text=f"{row.text}\n{form.text}", answer_due=_due_from(case), answered_at=None)


def _may_answer(case: Case, form: Answer) -> Verdict:
    client = client_of(case)
    if form.r_level == 0 or is_professional(client, case.today):
        return None
    found = assessment_at(case.tx, client.customer_id, case.today)
    fit = found is not None and case.today < found.expires_on and found.level >= form.r_level
    return None if fit else refuse("active-recommendation")


def _recent(case: Case, form: Any) -> Verdict:
    closed, most = case.order.closed_at, case.number("broker.question_reopen_days")
    late = closed is not None and case.day(closed) + timedelta(days=most) < case.today
    return refuse("too-late") if late else None


def _facts(case: Case) -> dict[str, Any]:
    row = case.tx.get(BrokerQuestion, case.order_id)
    if row is None:
        return common.base_facts(case)
    return {**common.base_facts(case), "due": case.local(row.answer_due), "text": row.answer}


def _analysts(case: Case) -> list[int]:
    row = case.tx.get(BrokerQuestion, case.order_id)
    return [row.analyst_id] if row is not None and row.analyst_id is not None else []


ANALYST = Persons("broker-analyst", T("the analyst", zh="被指派的分析师"), _analysts, fallback=AN)
DUE = Computed(lambda case: case.own(BrokerQuestion).answer_due)

FLOW = Flow(
    key=KEY,
    version=1,
    title=T("Advice question", zh="咨询答疑"),
    series="WD{n:05}",
    facts=_facts,
    steps=(
        Step("asked", T("Asked", zh="已提问"), AG, DUE, (Message("question-ack", NOW, stays=True),), on_path=True),
        Step(
            "assigned",
            T("Assigned", zh="已指派"),
            AN,
            DUE,
            (Task("answer-question", T("Answer", zh="答复"), ANALYST, DUE, closed_by=("answer",)),),
            on_path=True,
        ),
        Step(
            "answered",
            T("Answered", zh="已答复"),
            AG,
            days("broker.question_close_days", at="core.day_end"),
            (Message("answer-ready", NOW, stays=True),),
            on_path=True,
        ),
        Step("closed", T("Closed", zh="已结"), final=True, on_path=True),
        Step("declined", T("Declined", zh="谢绝"), final=True, entry=(Message("question-declined", NOW, stays=True),)),
    ),
    actions=(
        Action(
            "open",
            T("Ask", zh="提问"),
            START,
            "asked",
            by=(AG, SM),
            form=Question,
            effects=(Do(_begin, before=True),),
        ),
        Action(
            "assign",
            T("Assign", zh="指派"),
            ("asked",),
            "assigned",
            by=(AG,),
            auto=True,
            by_hand=True,
            when=lambda case: case.times_done("hand-back") == 0 and _least_busy(case) is not None,
            effects=(Do(_assign, before=True),),
        ),
        Action(
            "hand-back",
            T("Hand back", zh="退回"),
            ("assigned",),
            "asked",
            by=(AN,),
            form=Reason,
            effects=(Do(_unassign, before=True),),
        ),
        Action(
            "answer",
            T("Answer", zh="答复"),
            ("assigned",),
            "answered",
            by=(AN,),
            form=Answer,
            guards=(Guard("broker.question-level", _may_answer),),
            effects=(Do(_answered, before=True),),
        ),
        Action(
            "reopen",
            T("Reopen", zh="重开"),
            ("answered", "closed"),
            "assigned",
            by=(AG,),
            form=common.Words,
            guards=(Guard("broker.question-recent", _recent),),
            effects=(Do(_asked_again, before=True),),
        ),
        Action("close", T("Close", zh="关闭"), ("answered",), "closed", by=(AG,), over="step", by_hand=True),
        Action(
            "decline",
            T("Decline", zh="谢绝"),
            ("asked", "assigned"),
            "declined",
            by=(AG, AN),
            form=Declined,
            outcome="declined",
        ),
    ),
)
