"""Delayed signing (延迟签约): a blocking child of a subscription. Source: realestate.md section 4.7."""

from __future__ import annotations

from datetime import date, timedelta

from serviceflow.api import (
    START,
    STAY,
    Action,
    Case,
    Do,
    Flow,
    Form,
    Guard,
    Message,
    Need,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    day,
    days,
    plain,
    text,
)

from serviceflow_realestate import agreement, facts, fields, roles, tell
from serviceflow_realestate.papers import paper
from serviceflow_realestate.tables import ReDeal
from serviceflow_realestate.tell import Because

BY_SALES = roles.route("delay-first", (roles.MANAGER,), own="counts", rejected="reject")
BY_BOTH = roles.route("delay-again", (roles.MANAGER,), (roles.DIRECTOR,), own="counts", rejected="reject")


class Ask(Form):
    reason: str = text(T("Reason", zh="原因"))
    requested_date: date = day(T("Requested date", zh="申请日期"))


class Findings(Form):
    findings: str = text(T("Findings", zh="核实情况"))


class Signed(Form):
    customer_signed_on: date = fields.past_day(T("Customer signed on", zh="客户签字日"), default_today=True)


def refusal(case: Case, requested: date, *, at_start: bool) -> Refuse | None:
    """Return why a subscription cannot be delayed to a date."""
    if case.order.step != "awaiting-signing":
        return Refuse(
            T("Only a subscription awaiting signing can be delayed.", zh="只有待签约的认购可以延期。"),
            plain(f"flow do {case.order.number}"),
        )
    deal, last = case.own(ReDeal), case.anchor_day("signing_deadline")
    if last is None or (at_start and case.today > last):
        return Refuse(
            T("The signing date has passed; use remedy.", zh="签约期限已过, 请走补救。"),
            plain(f"flow do {case.order.number} restore"),
        )
    most_times = case.number("realestate.delay_max_times")
    if deal.delay_count >= most_times:
        return Refuse(
            T("Already delayed {n} times.", zh="已延期 {n} 次。").of(n=deal.delay_count),
            plain(f"flow do {case.order.number} book-signing"),
        )
    if requested <= last:
        return Refuse(
            T("{date} is before the {other}.", zh="{date} 早于{other}。").of(
                date=requested.isoformat(), other=T("signing deadline", zh="签约期限")
            ),
            T("Enter a day after {d}", zh="请填 {d} 之后的日期").of(d=last.isoformat()),
        )
    n = case.number("realestate.delay_max_days")
    latest = last + timedelta(days=n)
    if requested > latest:
        return Refuse(
            T("A delay may be at most {n} days.", zh="延期最多 {n} 天。").of(n=n),
            T("Enter {d} or an earlier day", zh="请填 {d} 或更早").of(d=latest.isoformat()),
        )
    return None


def _possible(case: Case, form: Ask) -> Verdict:
    return refusal(case, form.requested_date, at_start=True)


POSSIBLE = Guard("delay-possible", _possible)


def open_delay(case: Case, form: Ask) -> None:
    """Open the request; the subscription waits."""
    case.open_child("delay", {"reason": form.reason, "requested_date": form.requested_date})


def _requested(case: Case) -> date:
    return date.fromisoformat(tell.recall(case, "requested"))


def _decidable(case: Case, form: object) -> Verdict:
    parent = case.parent()
    assert parent is not None
    why = refusal(parent, _requested(case), at_start=False)
    if why is not None:
        return why
    again = agreement.deal_of(case).delay_count >= 1
    return Need(BY_BOTH if again else BY_SALES, T("delay of the signing", zh="延期签约"))


def _asked(case: Case, form: Ask) -> None:
    tell.remember(case, requested=form.requested_date.isoformat())


def _form(case: Case, form: Signed) -> None:
    parent = case.parent()
    assert parent is not None
    old = parent.anchor_day("signing_deadline")
    paper(
        case,
        "RE-DELAY",
        unit=agreement.unit_of(case).unit_no,
        old=facts.day_text(old),
        new=tell.recall(case, "requested"),
    )


def _execute(case: Case, form: object) -> None:
    parent = case.parent()
    assert parent is not None
    deal = parent.own(ReDeal)
    parent.tx.change(deal, delay_count=deal.delay_count + 1)
    parent.set_anchor("signing_deadline", _requested(case))
    tell.tell(case, "re-delay-approved", deadline=tell.recall(case, "requested"))


def _rejected(case: Case, form: object) -> None:
    """Reckon the deadline that is left, as the lifted block will."""
    parent = case.parent()
    assert parent is not None
    last = parent.anchor_day("signing_deadline")
    assert last is not None
    least = case.today + timedelta(days=case.number("realestate.reject_grace_days"))
    tell.remember(case, deadline=max(last, least).isoformat())


def _facts(case: Case) -> dict[str, object]:
    parent = case.parent()
    last = parent.anchor_day("signing_deadline") if parent is not None else None
    return {**facts.of_order(case), "deadline": tell.recall(case, "deadline") or facts.day_text(last)}


TODAY = days(0)
DECIDE = days("realestate.delay_decide_days")
RE_DELAY = Flow(
    key="re-delay",
    version=1,
    title=T("Delayed signing", zh="延迟签约"),
    series="DLY-{n:04}",
    alone=False,
    facts=_facts,
    steps=(
        Step(
            "verifying",
            T("Verify", zh="情况核实"),
            roles.AGENT,
            limit=TODAY,
            on_path=True,
            entry=(
                Task(
                    "verify-delay",
                    T("Verify the reason", zh="核实原因"),
                    tell.AGENT_OF_ORDER,
                    TODAY,
                    closed_by=("verified",),
                ),
            ),
        ),
        Step(
            "applying",
            T("Application form", zh="填申请单"),
            roles.AGENT,
            limit=TODAY,
            on_path=True,
            entry=(
                Task(
                    "delay-form",
                    T("Guide the customer through the form", zh="指导客户填申请单"),
                    tell.AGENT_OF_ORDER,
                    TODAY,
                    closed_by=("submit-form",),
                ),
            ),
        ),
        Step(
            "deciding",
            T("Manager decides", zh="经理批复"),
            roles.MANAGER,
            limit=DECIDE,
            on_path=True,
            entry=(
                Task(
                    "decide-delay",
                    T("Decide delay", zh="批复延期"),
                    roles.MANAGER,
                    DECIDE,
                    closed_by=("approve", "reject"),
                ),
            ),
        ),
        Step(
            "executing",
            T("Execute, file", zh="执行存档"),
            roles.ASSISTANT,
            limit=DECIDE,
            on_path=True,
            entry=(
                Task(
                    "execute-delay",
                    T("Execute approved delay", zh="执行已批延期"),
                    roles.ASSISTANT,
                    DECIDE,
                    closed_by=("execute",),
                ),
            ),
        ),
        Step(
            "replying",
            T("Reply", zh="回复客户"),
            roles.AGENT,
            limit=TODAY,
            entry=(
                Task(
                    "reply-delay",
                    T("Tell customer: sign by {deadline}", zh="告知客户: {deadline} 前签约"),
                    tell.AGENT_OF_ORDER,
                    TODAY,
                    closed_by=("reply",),
                ),
                Message("re-delay-rejected", tell.TODAY),
            ),
        ),
        Step("done", T("Executed", zh="已执行"), final=True, on_path=True),
        Step("rejected", T("Rejected", zh="未批准"), final=True),
        Step("withdrawn", T("Withdrawn", zh="已撤回"), final=True),
    ),
    actions=(
        Action(
            "start",
            T("Ask", zh="申请"),
            START,
            "verifying",
            by=(roles.AGENT,),
            form=Ask,
            effects=(Do(_asked, before=True),),
        ),
        Action("verified", T("Verified", zh="已核实"), ("verifying",), "applying", by=(roles.AGENT,), form=Findings),
        Action(
            "submit-form",
            T("Submit form", zh="提交申请单"),
            ("applying",),
            "deciding",
            by=(roles.AGENT,),
            form=Signed,
            effects=(Do(_form),),
        ),
        Action(
            "approve",
            T("Approve", zh="批准"),
            ("deciding",),
            "executing",
            by=(roles.MANAGER,),
            form=tell.Opinion,
            guards=(Guard("delay-decidable", _decidable, needs=(BY_SALES, BY_BOTH)),),
        ),
        Action(
            "reject",
            T("Reject", zh="驳回"),
            ("deciding",),
            "replying",
            by=(roles.MANAGER,),
            form=tell.Rejection,
            effects=(Do(_rejected, before=True),),
        ),
        Action(
            "delay-undecided",
            T("Undecided", zh="逾期未批"),
            ("deciding",),
            STAY,
            at=DECIDE,
            effects=(
                tell.alert("delay-undecided", T("Delay {no} is not decided", zh="延期 {no} 逾期未批"), roles.DIRECTOR),
            ),
        ),
        Action(
            "execute", T("Execute", zh="执行"), ("executing",), "done", by=(roles.ASSISTANT,), effects=(Do(_execute),)
        ),
        Action("reply", T("Reply", zh="已回复"), ("replying",), "rejected", by=(roles.AGENT,)),
        Action(
            "withdraw",
            T("Withdraw", zh="撤回"),
            ("verifying", "applying", "deciding"),
            "withdrawn",
            by=(roles.AGENT,),
            form=Because,
        ),
        *tell.common(),
    ),
)
