"""What is done while a contract or a change is reviewed (合同评审). Source: manufacturing.md 4.4, 5.3."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from serviceflow.api import (
    STAY,
    Action,
    Ask,
    Case,
    Do,
    Form,
    Guard,
    Moment,
    Persons,
    Route,
    T,
    Task,
    Verdict,
    all_slots,
    day,
    moment,
    number,
    pending,
    sign_pending,
    text,
)

from serviceflow_manufacturing import desk, moments, papers, roles
from serviceflow_manufacturing.flows import contract
from serviceflow_manufacturing.flows.rounds import (
    STATES,
    measures,
    need,
    points,
    rounds,
    sheet,
    sheet_facts,
)
from serviceflow_manufacturing.flows.signers import WHY, stage_roles
from serviceflow_manufacturing.forms import NOT_PAST, Because, Dated, one_of, optional
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import workdays
from serviceflow_manufacturing.tables import MfgContract, MfgMeasure

DECISIONS = {"approve": T("Approve", zh="批准"), "reject": T("Reject", zh="否决")}


class SetPoint(Form):
    point: int = number(T("Point", zh="要点"), least=1, most=6)
    state: str = one_of(T("State", zh="结论"), STATES)
    note: str | None = optional(T("Note", zh="说明"))


class Convene(Form):
    meeting_at: datetime = moment(T("Meeting at", zh="会议时间"))
    place: str = text(T("Place", zh="地点"), longest=200)


class SignReview(Form):
    decision: str = one_of(T("Decision", zh="决定"), DECISIONS)
    opinion: str | None = optional(T("Opinion", zh="意见"))
    role: str | None = one_of(T("As", zh="以何岗位"), {r.key: r.title for r in roles.ROLES}, required=False)


class AddMeasure(Dated):
    not_past = ("due",)
    text: str = text(T("Measure", zh="措施"), longest=1000)
    role: str = one_of(T("Role", zh="岗位"), {r.key: r.title for r in roles.ROLES})
    due: date = day(T("Due", zh="期限"))


class Record(Form):
    summary: str = text(T("Summary", zh="评审结论"), longest=4000)


def _may_set(case: Case) -> list[int]:
    request = pending(case)
    wanted = [slot.role for slot in all_slots(case.tx, request) if slot.verdict == "open"] if request else []
    return sorted({person for role in wanted if role for person in case.staff_with(role)})


SLOT_ROLES = Persons("slot-roles", T("a role of an open slot", zh="待签岗位"), _may_set, roles.MANAGER)


def _point_note(case: Case, form: SetPoint) -> Verdict:
    return refuse("point_note", state=STATES[form.state]) if form.state != "conform" and not form.note else None


def _point_order(case: Case, form: SetPoint) -> Verdict:
    before = next(p.state for p in points(case) if p.point == form.point)
    return refuse("point_order") if form.state == "resolved" and before != "not-conform" else None


def _set_point(case: Case, form: SetPoint) -> None:
    point = next(p for p in points(case) if p.point == form.point)
    case.tx.change(point, state=form.state, note=form.note or "", by_id=case.actor.id if case.actor else None,
                   at=case.now)  # fmt: skip


def _meeting_route(case: Case, form: Any) -> Verdict:
    return refuse("no_meeting_route") if need(case).route != "meeting" else None


def _time_past(case: Case, form: Convene) -> Verdict:
    return refuse("time_past") if form.meeting_at < case.now else None


def _convene(case: Case, form: Convene) -> None:
    found = need(case)
    case.tx.change(found, meeting_at=form.meeting_at, place=form.place)
    case.cancel_tasks("attend-review", reason=T("the meeting moved", zh="会议改期"))
    for role in stage_roles(case)[0]:
        words = T("Attend the review of {no}, {place}", zh="参加{no}评审会，{place}")
        case.add_task("attend-review", words.of(no=case.order.number, place=form.place), who=role,
                      due=form.meeting_at, subject=role)  # fmt: skip


def _measure(case: Case, form: AddMeasure) -> None:
    main = contract.main(case)
    case.tx.add(MfgMeasure(order_id=main.order_id, text=form.text, role=form.role, due=form.due))
    words = T("{no}: {text}", zh="{no}：{text}").of(no=case.order.number, text=form.text)
    case.add_task("measure", words, who=form.role, due=moments.due_at(case, form.due), stays=True)


def _stage_one_closed(case: Case, form: Any) -> Verdict:
    request = pending(case)
    return refuse("stage_open", n=1) if request is None or request.stage < 1 else None


def _record(case: Case, form: Record) -> None:
    found = need(case)
    case.tx.change(found, record=form.summary)
    facts = sheet_facts(case) | {"summary": form.summary, "place": found.place, "measures": measures(case),
                                 "meeting_at": case.local(found.meeting_at) if found.meeting_at else ""}  # fmt: skip
    papers.make(case, "review-record", facts)


def _sign(case: Case, form: SignReview) -> None:
    sign_pending(case, approve=form.decision == "approve", opinion=form.opinion or "", role=form.role)


def _requester_only(case: Case, form: Any) -> Verdict:
    found = need(case)
    me = case.actor.id if case.actor is not None else None
    return refuse("not_requester", name=desk.name_of(case.tx, found.requester_id)) if me != found.requester_id else None


def _withdraw(case: Case, form: Any) -> None:
    case.tx.change(need(case), state="withdrawn", closed_at=case.now)


def _failed(case: Case, form: Any) -> None:
    found = need(case)
    case.tx.change(found, state="rejected", closed_at=case.now)
    person = Persons("requester", T("the requester", zh="提交人"), lambda c: [found.requester_id or 0])
    words = T("Resolve the objection to {no}", zh="处理{no}评审异议").of(no=case.order.number)
    desk.task(case, "resolve-objection", words, person if found.requester_id else roles.SALES, stays=True)
    lost = sum(r.state == "rejected" for r in rounds(case))
    if lost >= case.number("mfg.review.alert_rounds"):
        words = T("Review of {no} was rejected {n} times", zh="{no}评审已被否决{n}次")
        desk.alert(case, "review-rounds", words.of(no=case.order.number, n=lost), roles.MARKETING_GM)
    row = contract.target(case).row
    if isinstance(row, MfgContract) and row.unreviewed:
        words = T("Unreviewed contract {no} was rejected in review", zh="未评审合同{no}评审不通过")
        desk.alert(case, "unreviewed-rejected", words.of(no=case.order.number), roles.COMPANY_GM)
    if contract.target(case).amendment:
        words = T("Tell the customer that change {no} was rejected", zh="告知客户变更{no}未通过")
        desk.task(case, "tell-customer", words.of(no=case.order.number), roles.SALES, stays=True)


def close_passed(case: Case) -> None:
    """Close the round as passed."""
    found = need(case)
    case.tx.change(found, state="passed", closed_at=case.now)
    case.tx.change(contract.target(case).row, passed_on=case.today)
    case.set_anchor("passed", case.today)
    sheet(case)


def expire(case: Case, _: Any) -> None:
    """Close the passed round as expired and tell sales."""
    case.tx.change(need(case), state="expired")
    words = T("The review of {no} expired", zh="{no}评审已失效").of(no=case.order.number)
    desk.alert(case, "review-expired", words, roles.SALES)


def _close_stage(case: Case, _: Any) -> None:
    case.close_stage()


POINT_GUARDS = (Guard("point_note", _point_note), Guard("point_order", _point_order))
MEETING_ROUTE = Guard("no_meeting_route", _meeting_route, early=True)


Named = tuple[str, T]
"""Key and title of an action that each of the two flows calls by a name of its own."""


def set_point(*steps: str) -> Action:
    """Return the action that sets a point."""
    return Action("set-point", T("Set point", zh="评审要点"), steps, STAY, by=(*roles.BY_SALES, SLOT_ROLES),
                  form=SetPoint, guards=POINT_GUARDS, effects=(Do(_set_point),))  # fmt: skip


def in_review(step: str, *, withdraw: Named, failed: Named, back: str) -> tuple[Action, ...]:
    """Return the actions of the step in which a review runs, besides passing."""
    return (
        Action("convene", T("Convene meeting", zh="召集评审会"), (step,), STAY, by=roles.BY_MANAGER, form=Convene,
               guards=(MEETING_ROUTE, Guard("time_past", _time_past)), effects=(Do(_convene),)),
        Action("sign-review", T("Sign review", zh="评审会签"), (step,), STAY, form=SignReview, effects=(Do(_sign),)),
        Action("add-measure", T("Add measure", zh="登记措施"), (step,), STAY, by=(*roles.BY_MANAGER, SLOT_ROLES),
               form=AddMeasure, guards=(NOT_PAST,), effects=(Do(_measure),)),
        Action("write-record", T("Review record", zh="评审记录"), (step,), STAY, by=roles.BY_MANAGER, form=Record,
               guards=(MEETING_ROUTE, Guard("stage_open", _stage_one_closed, early=True)), effects=(Do(_record),)),
        Action(*withdraw, (step,), back, form=Because,
               guards=(Guard("not_requester", _requester_only, early=True),), effects=(Do(_withdraw, before=True),)),
        Action(*failed, (step,), back, internal=True,
               effects=(Do(_failed),)),
        Action("close-stage", T("Close the stage", zh="关闭会签阶段"), (step,), STAY,
               at=Moment("bdays", "mfg.review.quorum_after_w", "entry", calendar=workdays.KEY),
               effects=(Do(_close_stage),)),
    )  # fmt: skip


CONVENE = Task(
    "convene",
    T("Convene the review meeting", zh="召集评审会"),
    roles.MANAGER,
    moments.task("convene"),
    closed_by=("convene",),
    when=lambda case: need(case).route == "meeting",
)


def entry(passes: str, rejected: Route) -> tuple[Any, ...]:
    """Return what entering the step of a review does."""
    return (Ask(passes, rejected, WHY), CONVENE)
