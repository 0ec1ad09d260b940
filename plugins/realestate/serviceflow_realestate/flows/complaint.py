"""Complaints (客户投诉). Source: realestate.md section 4.18."""

from __future__ import annotations

from serviceflow.api import (
    NOW,
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
    choice,
    days,
    hours,
    money,
    number,
    plain,
    text,
    yes_no,
)

from serviceflow_realestate import facts, nurturing, roles, tell
from serviceflow_realestate.papers import paper

CHANNELS = {"phone": T("Phone", zh="电话"), "visit": T("Visit", zh="来访")}
BY_DIRECTOR = roles.route("complaint-cost", (roles.DIRECTOR,))


class Receive(Form):
    channel: str = choice(T("Channel", zh="方式"), CHANNELS)
    content: str = text(T("Content", zh="内容"), longest=2000)
    against_order: str | None = text(T("About order", zh="涉及单号"), required=False, longest=40)
    against_agent: str | None = text(T("About agent", zh="涉及员工"), required=False, longest=60)


class Take(Form):
    belongs_to_sales: bool = yes_no(T("Belongs to sales", zh="属销售部门"))
    measures: str = text(T("Measures planned", zh="拟办措施"))


class Refer(Form):
    department: str = text(T("Owner department", zh="责任部门"))


class Resolve(Form):
    result: str = text(T("Result", zh="处理结果"))
    cost: int | None = money(T("Cost", zh="费用"), required=False)


class Answer(Form):
    result: str = text(T("Result", zh="处理结果"))


class Score(Form):
    score: int = number(T("Score", zh="满意度"), least=1, most=5)


def _not_himself(case: Case, form: object) -> Verdict:
    barred = tell.recall(case, "agent_id")
    if barred is not None and case.actor is not None and case.actor.id == barred:
        return Refuse(
            T("The agent complained about cannot handle it.", zh="被投诉人不得处理。"),
            plain("flow do {here} reassign"),
        )
    return None


def _ours(case: Case, form: Take) -> Verdict:
    if form.belongs_to_sales:
        return None
    return Refuse(T("Refer it to its department.", zh="请转责任部门。"), plain("flow do {here} refer"))


def _cost(case: Case, form: Resolve) -> Verdict:
    if (form.cost or 0) > case.number("realestate.complaint_cost_director"):
        return Need(BY_DIRECTOR, T("cost of a complaint", zh="投诉费用"))
    return None


def received(case: Case, form: Receive) -> None:
    agent = tell.staff_named(case, form.against_agent).id if form.against_agent else None
    tell.remember(case, content=form.content, agent_id=agent)
    case.set_anchor("received_at", case.now)
    case.set_anchor("resolve_from", case.today)
    paper(case, "RE-COMPLAINT", customer=case.customer.name, channel=form.channel, content=form.content)
    case.log(form.content, channel=form.channel, outcome="complaint")


def resolved(case: Case, form: Answer) -> None:
    tell.remember(case, result=form.result)


def reopened(case: Case, form: object) -> None:
    case.set_anchor("resolve_from", case.today)
    if case.times_done("not-satisfied") >= case.number("realestate.complaint_reopen_max"):
        case.alert(
            "complaint-reopened",
            T("{no} came back {n} times", zh="{no} 已退回 {n} 次").of(
                no=case.order.number, n=case.times_done("not-satisfied")
            ),
            who=roles.DIRECTOR,
        )


def closed(case: Case, form: object) -> None:
    nurturing.advance(case, "opinion")
    case.add_task(
        "file-complaint",
        T("File a copy", zh="存档副本"),
        who=roles.ASSISTANT,
        due=case.due(days("realestate.next_day_days", after="now")) or case.now,
        stays=True,
    )


def _often(case: Case, form: object) -> Verdict:
    n = case.number("realestate.complaint_reopen_max")
    if case.times_done("not-satisfied") >= n:
        return None
    return Refuse(T("Only after {n} returns.", zh="退回满 {n} 次方可。").of(n=n), plain("flow do {here} not-satisfied"))


def complaint_facts(case: Case) -> dict[str, object]:
    return {
        **facts.of_order(case),
        "hours": case.number("realestate.complaint_respond_hours"),
        "result": tell.recall(case, "result", ""),
    }


RESPOND = hours("realestate.complaint_respond_hours")
RESOLVE = days("realestate.complaint_resolve_days", after="resolve_from")
ANSWER = days("realestate.complaint_property_days", after="received_at")
FEEDBACK = days("realestate.complaint_feedback_days")
NOT_HIMSELF = Guard("not-himself", _not_himself, early=True)
RE_COMPLAINT = Flow(
    key="re-complaint",
    version=1,
    title=T("Complaint", zh="客户投诉"),
    series="CPL-{n:04}",
    facts=complaint_facts,
    anchors=("received_at", "resolve_from"),
    steps=(
        Step(
            "received",
            T("Received", zh="投诉受理"),
            roles.AGENT,
            limit=RESPOND,
            on_path=True,
            entry=(
                Task(
                    "understand",
                    T("Understand the facts, fill the complaint sheet", zh="了解情况, 填投诉接收单"),
                    tell.AGENT_OF_ORDER,
                    RESPOND,
                    closed_by=("take", "refer"),
                ),
                Message("re-complaint-received", NOW),
            ),
        ),
        Step(
            "handling",
            T("Handled by sales", zh="本部门处理"),
            roles.MANAGER,
            limit=RESOLVE,
            on_path=True,
            entry=(
                Task("resolve", T("Resolve complaint", zh="处理投诉"), roles.MANAGER, RESOLVE, closed_by=("resolve",)),
            ),
        ),
        Step(
            "transferred",
            T("Property service centre", zh="转物业服务中心"),
            roles.PROPERTY,
            limit=ANSWER,
            entry=(
                Task(
                    "guide-customer",
                    T("Guide the customer to fill the intake form there", zh="引导客户到物业填写接收单"),
                    tell.AGENT_OF_ORDER,
                    days(0),
                ),
            ),
        ),
        Step(
            "feedback",
            T("Feedback", zh="反馈客户"),
            roles.AGENT,
            limit=FEEDBACK,
            on_path=True,
            entry=(
                Task(
                    "tell-result",
                    T("Tell the customer the result", zh="告知客户处理结果"),
                    tell.AGENT_OF_ORDER,
                    FEEDBACK,
                    closed_by=("satisfied", "not-satisfied"),
                ),
                Message("re-complaint-result", tell.TODAY),
            ),
        ),
        Step("archived", T("Archived", zh="存档"), final=True, on_path=True),
    ),
    actions=(
        Action(
            "receive",
            T("Receive", zh="受理"),
            START,
            "received",
            by=(roles.AGENT, roles.ASSISTANT),
            form=Receive,
            effects=(Do(received, before=True),),
        ),
        Action(
            "take",
            T("Take", zh="本部门处理"),
            ("received",),
            "handling",
            by=(roles.AGENT,),
            form=Take,
            guards=(NOT_HIMSELF, Guard("ours", _ours)),
        ),
        Action("refer", T("Refer", zh="转部门"), ("received",), "transferred", by=(roles.AGENT,), form=Refer),
        Action(
            "respond-late",
            T("Answer late", zh="响应逾期"),
            ("received",),
            STAY,
            at=RESPOND,
            effects=(tell.alert("respond-late", T("{no} is not answered", zh="{no} 未及时响应"), roles.MANAGER),),
        ),
        Action(
            "resolve",
            T("Resolve", zh="处理完成"),
            ("handling",),
            "feedback",
            by=(roles.MANAGER,),
            form=Resolve,
            guards=(NOT_HIMSELF, Guard("cost", _cost, needs=(BY_DIRECTOR,))),
            effects=(Do(resolved, before=True),),
        ),
        Action(
            "property-answer",
            T("Property answers", zh="物业答复"),
            ("transferred",),
            "feedback",
            by=(roles.PROPERTY,),
            form=Answer,
            effects=(Do(resolved, before=True),),
        ),
        Action(
            "satisfied",
            T("Satisfied", zh="满意"),
            ("feedback",),
            "archived",
            by=(roles.AGENT,),
            form=Score,
            effects=(Do(closed),),
        ),
        Action(
            "not-satisfied",
            T("Not satisfied", zh="不满意"),
            ("feedback",),
            "handling",
            by=(roles.AGENT,),
            form=tell.Says,
            effects=(Do(reopened, before=True),),
        ),
        Action(
            "close",
            T("Close", zh="强制结案"),
            ("handling", "feedback"),
            "archived",
            by=(roles.DIRECTOR,),
            form=tell.Because,
            guards=(Guard("came-back-often", _often, early=True),),
            effects=(Do(closed),),
        ),
        *tell.common(),
    ),
)
