"""A lead from the first call to the end of a visit. Source: realestate.md sections 4.3 and 5.2."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from serviceflow.api import (
    NOW,
    START,
    STAY,
    Action,
    Case,
    Choose,
    Do,
    Form,
    Guard,
    Message,
    Moment,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    add_contact,
    choice,
    day,
    days,
    hours,
    moment,
    money,
    number,
    of,
    phone,
    plain,
    table_of,
    text,
)

from serviceflow_realestate import fields, nurturing, roles, tell
from serviceflow_realestate.flows.follow_up import at_send, follow_task
from serviceflow_realestate.reception import ANSWER_BY, Reception, project_here
from serviceflow_realestate.tables import ReCall, ReProject, ReVisit

OUTCOMES = {
    "answered": T("Answered", zh="接通"),
    "no-answer": T("No answer", zh="无人接听"),
    "switched-off": T("Switched off", zh="关机"),
    "invalid-number": T("Invalid number", zh="空号"),
}


NOT_BUYER = {"peer": T("Peer", zh="同行"), "delivery": T("Delivery", zh="送货"), "other": T("Other", zh="其他")}


VISITABLE = ("called", "appointed", "following", "pool", "lost", "subscribing", "won")


class Call(Form):
    heard_from: str = text(T("Heard of us from", zh="得知途径"), longest=80)
    outcome: str = choice(T("Outcome", zh="结果"), OUTCOMES, required=False, default="answered")
    wants: str | None = text(T("Wants", zh="需求"), required=False)
    questions: str | None = text(T("Questions", zh="问题"), required=False)
    grade: str | None = choice(T("Grade", zh="级别"), fields.GRADES, required=False)
    project: str | None = text(T("Project", zh="项目"), required=False, longest=8)


class VisitIn(Form):
    party: int = number(T("Party size", zh="人数"), required=False, default=1, least=1, most=99)
    ask: str | None = text(T("Asks for", zh="指定置业顾问"), required=False, longest=60)
    heard_from: str | None = text(T("Heard of us from", zh="得知途径"), required=False, longest=80)
    referred_by: str | None = phone(T("Referred by, phone", zh="介绍人电话"), required=False)
    project: str | None = text(T("Project", zh="项目"), required=False, longest=8)


class BookVisit(Form):
    visit_at: datetime = moment(T("Visit at", zh="看楼时间"))


class FinishVisit(Form):
    wants: str = text(T("Wants", zh="需求"))
    budget: int = money(T("Budget", zh="预算"))
    grade: str = choice(T("Grade", zh="级别"), fields.GRADES)
    phone: str | None = phone(T("Phone", zh="电话"), required=False)
    objections: str | None = text(T("Objections", zh="异议"), required=False)
    next_contact: date | None = day(T("Next contact", zh="下次联系"), required=False)


class NotBuyer(Form):
    reason: str = choice(T("Reason", zh="原因"), NOT_BUYER)


def _future(case: Case, form: BookVisit) -> Verdict:
    if form.visit_at > case.now:
        return None
    return Refuse(T("Visit time is in the past.", zh="看楼时间已过。"), plain("visit_at='tomorrow 10:00'"))


def _phone_known(case: Case, form: FinishVisit) -> Verdict:
    if form.grade == "D" or form.phone or case.contacts("phone"):
        return None
    return Refuse(
        T("Enter a phone number or grade D.", zh="请录电话, 或定为 D 级。"),
        plain("flow do {here} finish-visit phone="),
    )


def _project(case: Case, typed: str | None) -> ReProject:
    return project_here(case.tx, typed or case.order.scope)


def _scope(case: Case, typed: str | None) -> None:
    if not case.order.scope:
        case.change(scope=_project(case, typed).code)


def called(case: Case, form: Call) -> None:
    """Write the call register; the caller belongs to the agent for a while."""
    _scope(case, form.project)
    effective = form.outcome not in nurturing.NOT_EFFECTIVE
    case.tx.add(
        ReCall(
            order_id=case.order_id,
            at=case.now,
            customer_id=case.order.customer_id,
            agent_id=case.order.owner_id,
            registered_by=case.actor.id if case.actor else None,
            heard_from=form.heard_from,
            wants=form.wants or "",
            questions=form.questions or "",
            grade=form.grade or "",
            outcome=form.outcome,
        )
    )
    case.log(form.wants or form.heard_from, channel="phone", outcome=form.outcome)
    profile = nurturing.my_profile(case)
    case.tx.change(profile, heard_from=profile.heard_from or form.heard_from, wants=form.wants or profile.wants)
    if case.customer.owner_id is None:
        case.tx.change(case.customer, owner_id=case.order.owner_id)
    _say_whose(case)
    nurturing.contacted(case, effective=effective, grade=form.grade)
    nurturing.start_cadence(case)


def _say_whose(case: Case) -> None:
    """Tell an agent who logs a call of a colleague's protected customer that it stays with the colleague."""
    owner, until = case.order.owner_id, nurturing.my_profile(case).protected_until
    if owner is None or case.actor is None or case.actor.id == owner or until is None or until < case.today:
        return
    case.notes.warnings.append(
        T("Customer belongs to {agent} until {date}", zh="客户归 {agent}, 保护至 {date}").of(
            agent=tell.agent_name(case), date=until.isoformat()
        )
    )


def visited(case: Case, form: VisitIn) -> None:
    """Write the visit register and let the rota assign the party."""
    _scope(case, form.project)
    room = Reception(case.shop, case.tx, _project(case, form.project), case.now)
    visit = case.tx.add(
        ReVisit(
            order_id=case.order_id,
            at=case.now,
            customer_id=case.order.customer_id,
            registered_by=case.actor.id if case.actor else None,
            name=case.customer.name,
            party=form.party,
            heard_from=form.heard_from or "",
        )
    )
    asked = tell.staff_named(case, form.ask).id if form.ask else None
    given = room.arrive(visit, asked=asked)
    if given is None:
        case.notes.warnings.append(T("nobody is ready: the party waits", zh="无人待命: 客户等候中"))
    else:
        case.notes.lines += room.told(given)
    case.notes.lines += room.notes
    profile = nurturing.my_profile(case)
    case.tx.change(profile, heard_from=profile.heard_from or form.heard_from or "")
    case.log("visit", outcome="came")
    nurturing.contacted(case, effective=True)
    nurturing.advance(case, "consideration")
    if form.referred_by:
        nurturing.referred(case, form.referred_by)
    nurturing.start_cadence(case)


def passed_on(case: Case, form: object) -> None:
    """The agent's time to answer is up: the party goes to the next one."""
    case.notes.lines += Reception(case.shop, case.tx, _project(case, None), case.now, closed=False).notes


def last_visit(case: Case) -> ReVisit | None:
    """Return the newest visit of the order whose register is not full; the reception may be over."""
    table = table_of(ReVisit)
    return case.tx.one(
        ReVisit,
        table.c.order_id == case.order_id,
        table.c.grade == "",
        table.c.outcome == "",
        table.c.void_reason.is_(None),
        order_by=[table.c.id.desc()],
    )


def end_visit(case: Case, **said: Any) -> None:
    """End the newest visit, if its register is not full; its agent becomes ready."""
    visit = last_visit(case)
    if visit is not None:
        Reception(case.shop, case.tx, _project(case, None), case.now).finish(visit, **said)


def finished(case: Case, form: FinishVisit) -> None:
    if form.phone:
        add_contact(case.tx, case.customer, "phone", form.phone)
    end_visit(case, wants=form.wants, grade=form.grade, objections=form.objections or "")
    profile = nurturing.my_profile(case)
    case.tx.change(profile, wants=form.wants, budget=form.budget)
    nurturing.contacted(case, effective=True, grade=form.grade)
    tell.tell(case, "re-visit-thanks", units=form.wants)
    first = case.now + timedelta(hours=case.number("realestate.visit_first_follow_hours"))
    follow_task(case, first if form.next_contact is None else at_send(case, form.next_contact))


def not_buyer(case: Case, form: NotBuyer) -> None:
    end_visit(case, outcome=form.reason)


def no_show(case: Case, form: object) -> None:
    profile = nurturing.my_profile(case)
    case.tx.change(profile, no_shows=profile.no_shows + 1)
    if profile.no_shows >= case.number("realestate.no_show_max"):
        case.tx.change(profile, grade="D")
    else:
        tell.tell(case, "re-no-show")
        case.add_task(
            "invite-again",
            T("Invite again", zh="再次邀约"),
            who=tell.AGENT_OF_ORDER,
            due=case.due(days("realestate.next_day_days", after="now")) or case.now,
            closed_by=("book-visit",),
        )


def after_no_show(case: Case, form: object) -> str:
    most = case.number("realestate.no_show_max")
    return "following" if nurturing.my_profile(case).no_shows + 1 >= most else "called"


def entered_following(case: Case, form: object) -> None:
    """A lead that stands in follow-up has a follow-up task."""
    if not case.has_open_task("follow-up"):
        follow_task(case)


VISIT_DAY = days(0, after="visit_at")


INVITE = hours("realestate.call_invite_hours")

STEPS = (
    Step(
        "called",
        T("Call logged", zh="来电已登记"),
        roles.AGENT,
        limit=INVITE,
        on_path=True,
        hint=T(
            "Ask layout, area, budget, how they heard of us; offer two concrete visit times",
            zh="问户型、面积、预算、得知途径; 给出两个具体看楼时间",
        ),
        entry=(
            Task(
                "invite",
                T("Invite to visit", zh="邀约看楼"),
                tell.AGENT_OF_ORDER,
                INVITE,
                closed_by=("book-visit",),
            ),
        ),
    ),
    Step(
        "appointed",
        T("Visit booked", zh="已约看楼"),
        roles.AGENT,
        limit=of("visit_at"),
        on_path=True,
        entry=(
            Task(
                "prepare-visit",
                T("Prepare visit", zh="准备看楼"),
                tell.AGENT_OF_ORDER,
                Moment("days", "realestate.next_day_days", "visit_at", sign=-1),
            ),
            Message(
                "re-visit-reminder",
                Moment("hours", 0, "visit_at", sign=-1),
                each="realestate.visit_remind_hours_before",
            ),
        ),
    ),
    Step(
        "receiving",
        T("Receiving", zh="接待中"),
        roles.AGENT,
        limit=days(0),
        on_path=True,
        hint=T(
            "Greet, model and location, layout, show flat, purchase plan, next step",
            zh="迎宾、沙盘区位、户型、样板房、置业计划、下一步",
        ),
        entry=(
            Task(
                "visit-register",
                T("Fill the visit register", zh="填来访登记"),
                tell.AGENT_OF_ORDER,
                days(0),
                closed_by=("finish-visit", "not-a-buyer", "choose-unit"),
            ),
        ),
    ),
)
ACTIONS = (
    Action(
        "log-call",
        T("Log call", zh="来电登记"),
        START,
        "called",
        by=(roles.AGENT,),
        form=Call,
        effects=(Do(called, before=True), Message("re-call-thanks", NOW)),
    ),
    Action(
        "visit-in",
        T("Visitor arrives", zh="来访"),
        START,
        "receiving",
        by=(roles.ASSISTANT, roles.AGENT),
        form=VisitIn,
        effects=(Do(visited, before=True),),
    ),
    Action(
        "call-again",
        T("Calls again", zh="再次来电"),
        ("called", "appointed", "following", "pool"),
        STAY,
        by=(roles.AGENT,),
        form=Call,
        effects=(Do(called),),
    ),
    Action(
        "visit-again",
        T("Visitor arrives", zh="再次来访"),
        VISITABLE,
        Choose(lambda case, form: STAY if case.order.step in ("subscribing", "won") else "receiving", ("receiving",)),
        by=(roles.ASSISTANT, roles.AGENT),
        form=VisitIn,
        effects=(Do(visited, before=True),),
    ),
    Action(
        "book-visit",
        T("Book visit", zh="预约看楼"),
        ("called", "following"),
        "appointed",
        by=(roles.AGENT,),
        form=BookVisit,
        guards=(Guard("visit-future", _future),),
        effects=(
            Do(lambda case, form: case.set_anchor("visit_at", form.visit_at), before=True),
            Do(lambda case, form: tell.remember(case, time=case.local(form.visit_at)), before=True),
        ),
    ),
    Action(
        "rebook",
        T("Rebook", zh="改约"),
        ("appointed",),
        by=(roles.AGENT,),
        form=BookVisit,
        guards=(Guard("visit-future", _future),),
        effects=(
            Do(lambda case, form: tell.remember(case, time=case.local(form.visit_at))),
            Do(lambda case, form: case.set_anchor("visit_at", form.visit_at)),
        ),
    ),
    Action(
        "no-show",
        T("No-show", zh="未到访"),
        ("appointed",),
        Choose(after_no_show, ("called", "following")),
        at=VISIT_DAY,
        effects=(
            Do(no_show),
            Do(lambda case, form: entered_following(case, form) if case.order.step == "following" else None),
        ),
    ),
    Action(
        "pass-on",
        T("Not answered, passed on", zh="未应答转派"),
        ("receiving", "subscribing", "won"),
        at=of(ANSWER_BY),
        effects=(Do(passed_on),),
    ),
    Action(
        "finish-visit",
        T("Finish visit", zh="结束接待"),
        ("receiving",),
        "following",
        by=(roles.AGENT,),
        form=FinishVisit,
        guards=(Guard("phone-known", _phone_known),),
        effects=(Do(finished),),
    ),
    Action(
        "not-a-buyer",
        T("Not a buyer", zh="无效来访"),
        ("receiving",),
        "lost",
        by=(roles.AGENT,),
        form=NotBuyer,
        effects=(Do(not_buyer),),
        outcome="not-a-buyer",
    ),
)
