"""Chasing late payments (房款催收): one open order per contract. Source: realestate.md section 4.12."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from serviceflow.api import (
    START,
    STAY,
    Action,
    Case,
    Choose,
    Computed,
    Deadline,
    Do,
    Flow,
    Form,
    Guard,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    choice,
    day,
    days,
    instant_of,
    money,
    plain,
    text,
)

from serviceflow_realestate import defaults, facts, fields, ledger, roles, tell
from serviceflow_realestate.lineage import contract
from serviceflow_realestate.papers import paper

STAGES = ("call", "written", "demand", "lawyer")
LETTERS = {
    "call": "re-dunning-1",
    "written": "re-dunning-2",
    "demand": "re-dunning-demand",
    "lawyer": "re-dunning-lawyer",
}
CHANNELS = {
    "phone": T("Phone", zh="电话"),
    "wechat": T("WeChat", zh="微信"),
    "visit": T("Visit", zh="面谈"),
    "letter": T("Letter", zh="信函"),
}


class Contact(Form):
    channel: str = choice(T("Channel", zh="方式"), CHANNELS)
    summary: str = text(T("Summary", zh="摘要"))


class Promise(Form):
    pay_on: date = day(T("Pays on", zh="承诺付款日"))
    amount: int = money(T("Amount", zh="金额"))


def oldest_due(case: Case) -> date:
    """Return the due date of the oldest overdue line of the customer, today without one."""
    lines = ledger.overdue(contract(case), case.today)
    return lines[0].due if lines else case.today


def threshold(case: Any, stage: str) -> int:
    """Return the days late from which a stage begins."""
    return int(case.number(f"realestate.dunning_{stage}_days"))


def stage_for(case: Case) -> str:
    """Return the highest stage whose threshold the oldest line has reached."""
    due = case.anchor_day("oldest_due") or oldest_due(case)
    late = (case.today - due).days
    return next((s for s in reversed(STAGES) if late >= threshold(case, s)), STAGES[0])


def next_stage(times: Any) -> Deadline | None:
    """Return the moment the next stage begins, by the oldest line."""
    due = times.base("oldest_due")
    if due is None:
        return None
    for stage in STAGES:
        begins = instant_of(due + timedelta(days=threshold(times, stage)), time(0), times.zone)
        if begins > times.now:
            return Deadline(begins, closed=False)
    return None


def aged(case: Case, form: object) -> str:
    """Return the stage to go to; nowhere when the order stands in it."""
    stage = stage_for(case)
    return STAY if stage == case.order.step else stage


def begin(case: Case, form: object) -> None:
    case.set_anchor("oldest_due", oldest_due(case))


def letter(case: Case, form: object) -> None:
    """Send the stage's letter, once for each line and stage."""
    one = contract(case)
    lines = ledger.overdue(one, case.today)
    if not lines:
        return
    stage, oldest = case.order.step, lines[0]
    sent = list(tell.recall(case, "sent", []))
    mark = f"{oldest.id}/{stage}"
    if mark in sent:
        return
    tell.remember(case, sent=[*sent, mark])
    amount = sum(ledger.open_of(one, line) for line in lines)
    damages = ledger.open_damages(one, case.today)
    pay_by = case.today + timedelta(days=case.number("realestate.promise_max_days"))
    said: dict[str, Any] = {
        "amount": fields.yuan(amount),
        "days": (case.today - oldest.due).days,
        "damages": fields.yuan(damages),
        "pay_by": pay_by.isoformat(),
    }
    tell.tell(case, LETTERS[stage], stays=False, subject=mark, **said)
    if stage in ("demand", "lawyer"):
        paper(
            case, "RE-DEMAND" if stage == "demand" else "RE-LAWYER", line=oldest.seq, due=oldest.due.isoformat(), **said
        )


def still_late(case: Case) -> bool:
    return bool(ledger.overdue(contract(case), case.today))


def reckoned(case: Case, form: object) -> None:
    """Look at the oldest line again after money came in."""
    lines = ledger.overdue(contract(case), case.today)
    if lines and case.anchor_day("oldest_due") != lines[0].due:
        case.set_anchor("oldest_due", lines[0].due)
        if case.order.step in STAGES and stage_for(case) != case.order.step:
            case.act("age")


def _promise(case: Case, form: Promise) -> Verdict:
    n = case.number("realestate.promise_max_days")
    if form.pay_on > case.today + timedelta(days=n):
        return Refuse(
            T("A promise may reach at most {n} days ahead.", zh="承诺最多 {n} 天。").of(n=n),
            T("Enter {d} or an earlier day", zh="请填 {d} 或更早").of(d=(case.today + timedelta(days=n)).isoformat()),
        )
    why = fields.not_before(form.pay_on, case.today, T("present day", zh="今天"))
    if why is not None:
        return why
    if case.times_done("promise") >= case.number("realestate.promise_max_times"):
        return Refuse(
            T("No further promise can be accepted.", zh="不再接受承诺。"), plain("flow do {here} log-contact")
        )
    return None


def promised(case: Case, form: Promise) -> None:
    case.set_anchor("pay_on", form.pay_on)


def escalate(case: Case, form: object) -> None:
    defaults.open_once(contract(case), "customer", "late-payment", case.order.number)


def over_at(days_late: str) -> Computed:
    """Return the moment a line is more than so many days late."""

    def moment(times: Any) -> datetime | Deadline | None:
        due = times.base("oldest_due")
        if due is None:
            return None
        return Deadline(
            instant_of(due + timedelta(days=times.number(days_late) + 1), time(0), times.zone), closed=False
        )

    return Computed(moment, ("oldest_due",))


TODAY = days(0)
NEXT = days("realestate.next_day_days")
RE_DUNNING = Flow(
    key="re-dunning",
    version=1,
    title=T("Dunning", zh="房款催收"),
    series="DUN-{n:04}",
    alone=False,
    facts=facts.of_order,
    anchors=("oldest_due", "pay_on"),
    steps=(
        Step(
            "call",
            T("Phone", zh="电话催收"),
            roles.AGENT,
            on_path=True,
            entry=(
                Task(
                    "call-late",
                    T("Call about late payment", zh="致电催款"),
                    tell.AGENT_OF_ORDER,
                    TODAY,
                    closed_by=("log-contact", "promise"),
                ),
                Do(letter),
            ),
        ),
        Step("written", T("Written reminder", zh="书面提醒"), roles.FINANCE, on_path=True, entry=(Do(letter),)),
        Step(
            "demand",
            T("Demand letter", zh="催款函"),
            roles.MANAGER,
            on_path=True,
            entry=(
                Task(
                    "post-demand",
                    T("Print and post the demand, note proof of delivery", zh="打印寄送催款函, 记录送达"),
                    roles.CONTRACTS,
                    NEXT,
                ),
                Do(letter),
            ),
        ),
        Step(
            "lawyer",
            T("Lawyer's letter", zh="律师函"),
            roles.LEGAL,
            on_path=True,
            entry=(Task("send-lawyer", T("Send lawyer's letter", zh="发律师函"), roles.LEGAL, NEXT), Do(letter)),
        ),
        Step(
            "promised",
            T("Promised", zh="承诺付款"),
            roles.AGENT,
            limit=days(0, after="pay_on"),
            entry=(
                Task("check-promise", T("Check payment", zh="核对到账"), tell.AGENT_OF_ORDER, days(0, after="pay_on")),
            ),
        ),
        Step("cleared", T("Cleared", zh="已清"), final=True, on_path=True),
        Step("defaulted", T("Default", zh="转违约"), final=True),
        Step("ended", T("Contract ended", zh="合同终止"), final=True),
    ),
    actions=(
        Action(
            "begin",
            T("Start", zh="开始催收"),
            START,
            Choose(lambda case, form: stage_for(case), STAGES),
            by=(roles.FINANCE,),
            effects=(Do(begin, before=True),),
        ),
        Action(
            "age", T("Next stage", zh="升级"), STAGES, Choose(aged, STAGES), at=Computed(next_stage, ("oldest_due",))
        ),
        Action(
            "reckon",
            T("Reckoned anew", zh="重新核算"),
            (*STAGES, "promised"),
            auto=True,
            when=tell.never,
            effects=(Do(reckoned),),
        ),
        Action(
            "log-contact",
            T("Log contact", zh="记录联系"),
            (*STAGES, "promised"),
            by=(roles.AGENT, roles.FINANCE),
            form=Contact,
            effects=(Do(lambda case, form: case.log(form.summary, channel=form.channel, outward=True)),),
        ),
        Action(
            "promise",
            T("Promise", zh="承诺付款"),
            (*STAGES, "promised"),
            "promised",
            by=(roles.AGENT, roles.FINANCE),
            form=Promise,
            guards=(Guard("promise", _promise),),
            effects=(Do(promised, before=True),),
        ),
        Action(
            "promise-broken",
            T("Promise broken", zh="未兑现"),
            ("promised",),
            Choose(lambda case, form: stage_for(case), STAGES),
            at=days(0, after="pay_on"),
            when=still_late,
        ),
        Action(
            "clear",
            T("Cleared", zh="已清"),
            (*STAGES, "promised"),
            "cleared",
            auto=True,
            when=lambda case: not still_late(case),
        ),
        Action(
            "escalate",
            T("Escalate", zh="转违约"),
            (*STAGES, "promised"),
            "defaulted",
            at=over_at("realestate.dunning_default_after_days"),
            effects=(Do(escalate),),
        ),
        Action(
            "contract-ended",
            T("Contract ended", zh="合同终止"),
            (*STAGES, "promised"),
            "ended",
            auto=True,
            when=tell.never,
        ),
        *tell.common(),
    ),
)
