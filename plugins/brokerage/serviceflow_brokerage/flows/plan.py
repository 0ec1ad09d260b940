"""A personal investment plan: drafted, reviewed, explained, looked through again. Source: brokerage.md section 4.8."""

from __future__ import annotations

from typing import Any, Final

from serviceflow.api import (
    ANY,
    NOW,
    START,
    Action,
    Case,
    Do,
    Flow,
    Form,
    Guard,
    Issue,
    Message,
    SetAnchor,
    Step,
    T,
    Task,
    Verdict,
    listed,
    money,
    number,
    row_list,
    text,
)

from serviceflow_brokerage.flows import common
from serviceflow_brokerage.flows.common import Reason
from serviceflow_brokerage.limits import limit, on_date, task
from serviceflow_brokerage.people import assessment_at, client_of, figures
from serviceflow_brokerage.refusals import refuse
from serviceflow_brokerage.roles import AN, RL, SM
from serviceflow_brokerage.suitability import fits, is_professional
from serviceflow_brokerage.tables.products import BrokerPersonalPlan

KEY: Final = "broker.personal-plan"
WHOLE: Final = 10_000


class Goal(Form):
    goal: str = text(T("Goal", zh="目标"))
    amount: int = money(T("Amount", zh="金额"))
    horizon_days: int = number(T("Horizon in days", zh="期限(天)"), least=1)


class Lines(Form):
    lines: list[dict[str, Any]] = row_list(
        T("Lines", zh="配置"),
        {
            "product": text(T("Product or kind", zh="产品或类别")),
            "r_level": number(T("R-level", zh="风险等级"), most=5),
            "invest_class": text(T("Kind", zh="品种")),
            "term_days": number(T("Term in days", zh="期限"), required=False),
            "weight": number(T("Weight in bp", zh="权重(万分之)"), most=WHOLE),
        },
    )


class Verdicts(Form):
    opinion: str = text(T("Opinion", zh="意见"))


class Note(Form):
    note: str = text(T("Note", zh="说明"))


class Maybe(Form):
    text: str | None = text(T("Words", zh="说明"), required=False)


def _row(case: Case) -> BrokerPersonalPlan:
    return case.own(BrokerPersonalPlan)


def _complete(case: Case, form: Any) -> Verdict:
    client = client_of(case)
    means = figures(case.tx, client.customer_id, case.today, case.setting).get("assets_now") or client.declared_wealth
    filled = {
        T("family", zh="家庭情况"): client.family_note,
        T("investments so far", zh="投资经历"): client.invest_history,
        T("means", zh="资产"): means,
        T("kinds wanted", zh="意向品种"): client.pref_kinds,
    }
    missing = [title for title, value in filled.items() if not value]
    return refuse("plan-profile-incomplete", fields=listed(missing)) if missing else None


def _assessed(case: Case, form: Any) -> Verdict:
    client = client_of(case)
    if is_professional(client, case.today):
        return None
    found = assessment_at(case.tx, client.customer_id, case.today)
    if found is None:
        return refuse("risk-missing")
    return None if case.today < found.expires_on else refuse("risk-expired", date=found.expires_on)


def _weights(case: Case, form: Lines) -> Verdict:
    return None if sum(line["weight"] for line in form.lines) == WHOLE else refuse("plan-weights")


def misfit(case: Case, lines: list[dict[str, Any]]) -> int | None:
    """Return the number of the first line that does not fit the client today: a plan is a recommendation."""
    client = client_of(case)
    for n, line in enumerate(lines, start=1):
        found = fits(
            case.tx, client, line["r_level"], line["invest_class"], line.get("term_days"), case.today, by_staff=True
        )
        if found.result != "matched":
            return n
    return None


def _lines_fit(case: Case, form: Lines) -> Verdict:
    wrong = misfit(case, form.lines)
    return refuse("plan-mismatch", n=wrong) if wrong is not None else None


def _still_fit(case: Case, form: Any) -> Verdict:
    wrong = misfit(case, _row(case).lines)
    return refuse("plan-mismatch", n=wrong) if wrong is not None else None


def _not_author(case: Case, form: Any) -> Verdict:
    own = case.actor is not None and _row(case).author_id == case.actor.id
    return refuse("four-eyes") if own else None


def _begin(case: Case, form: Goal) -> None:
    case.tx.add(
        BrokerPersonalPlan(
            order_id=case.order_id,
            customer_id=client_of(case).customer_id,
            goal=form.goal,
            amount=form.amount,
            horizon_days=form.horizon_days,
        )
    )


def _submit(case: Case, form: Lines) -> None:
    author = case.actor.id if case.actor is not None else None
    case.tx.change(_row(case), lines=form.lines, author_id=author)


def _active(case: Case, form: Any) -> None:
    found = assessment_at(case.tx, client_of(case).customer_id, case.today)
    case.tx.change(_row(case), level=found.level if found is not None else None)
    case.set_anchor("assessment_ends", found.expires_on if found is not None else None)


def _level_changed(case: Case) -> bool:
    row = _row(case)
    found = assessment_at(case.tx, row.customer_id, case.today)
    return row.level is not None and found is not None and found.level != row.level


def _task(key: str, title: T, who: str, name: str) -> Task:
    return Task(key, title, who, task(f"personal-plan.{name}"))


FLOW = Flow(
    key=KEY,
    version=1,
    title=T("Personal plan", zh="个人投资计划"),
    series="JH{n:05}",
    facts=common.base_facts,
    anchors=("assessment_ends", "active_from"),
    steps=(
        Step(
            "requested",
            T("Requested", zh="申请"),
            SM,
            limit("personal-plan.requested"),
            (_task("complete-file", T("Complete the file", zh="补全档案"), SM, "requested"),),
            on_path=True,
        ),
        Step(
            "drafting",
            T("Drafting", zh="起草"),
            AN,
            limit("personal-plan.drafting"),
            (_task("draft-plan", T("Draft the plan", zh="起草计划"), AN, "drafting"),),
            on_path=True,
        ),
        Step(
            "review",
            T("Review", zh="复核"),
            RL,
            limit("personal-plan.review"),
            (_task("review-plan", T("Review the plan", zh="复核计划"), RL, "review"),),
            on_path=True,
        ),
        Step(
            "delivery",
            T("Delivery", zh="讲解"),
            SM,
            limit("personal-plan.delivery"),
            (
                _task("explain-plan", T("Explain the plan", zh="讲解计划"), SM, "delivery"),
                Message("plan-ready", NOW),
            ),
            on_path=True,
        ),
        Step("active", T("Active", zh="执行"), SM, on_path=True),
        Step(
            "reviewing",
            T("Looking through", zh="定期检视"),
            AN,
            limit("personal-plan.reviewing"),
            (_task("look-through-plan", T("Look through the plan", zh="检视计划"), AN, "reviewing"),),
        ),
        Step("ended", T("Ended", zh="结束"), final=True, on_path=True),
        Step("refused", T("Refused", zh="婉拒"), final=True),
    ),
    actions=(
        Action(
            "open",
            T("Ask for a plan", zh="申请计划"),
            START,
            "requested",
            by=(SM,),
            form=Goal,
            guards=(common.CLIENT_ACTIVE,),
            effects=(Do(_begin, before=True),),
        ),
        Action(
            "accept",
            T("Accept", zh="受理"),
            ("requested",),
            "drafting",
            by=(SM,),
            guards=(Guard("broker.plan-profile-incomplete", _complete), Guard("broker.plan-risk", _assessed)),
        ),
        Action(
            "refuse", T("Refuse", zh="婉拒"), ("requested",), "refused", by=(SM, AN), form=Reason, outcome="refused"
        ),
        Action(
            "submit",
            T("Submit", zh="提交"),
            ("drafting",),
            "review",
            by=(AN,),
            form=Lines,
            guards=(Guard("broker.plan-weights", _weights), Guard("broker.plan-mismatch", _lines_fit)),
            effects=(Do(_submit, before=True),),
        ),
        Action(
            "approve",
            T("Approve", zh="同意"),
            ("review",),
            "delivery",
            by=(RL,),
            form=Verdicts,
            guards=(Guard("broker.plan-four-eyes", _not_author),),
            effects=(Issue("personal-plan"),),
        ),
        Action("return", T("Return", zh="退回"), ("review",), "drafting", by=(RL,), form=Verdicts),
        Action(
            "client-accepts",
            T("Client accepts", zh="客户接受"),
            ("delivery",),
            "active",
            by=(SM,),
            form=Maybe,
            effects=(Do(_active, before=True), SetAnchor("active_from", as_day=True)),
        ),
        Action(
            "client-changes", T("Client wants changes", zh="要求调整"), ("delivery",), "drafting", by=(SM,), form=Maybe
        ),
        Action(
            "look-through",
            T("Look through", zh="定期检视"),
            ("active",),
            "reviewing",
            at=on_date("broker.plan_review_days", after="active_from"),
        ),
        Action(
            "assessment-ended",
            T("Assessment has ended", zh="测评到期"),
            ("active",),
            "reviewing",
            at=on_date(after="assessment_ends"),
        ),
        Action(
            "level-changed",
            T("Level has changed", zh="风险等级变化"),
            ("active",),
            "reviewing",
            auto=True,
            when=_level_changed,
        ),
        Action(
            "confirm",
            T("Confirm", zh="维持"),
            ("reviewing",),
            "active",
            by=(AN,),
            form=Note,
            guards=(Guard("broker.plan-still-fits", _still_fit),),
            effects=(Do(_active, before=True), SetAnchor("active_from", as_day=True)),
        ),
        Action("revise", T("Revise", zh="修订"), ("reviewing",), "drafting", by=(AN,), form=Note),
        Action("end", T("End", zh="结束"), ANY, "ended", by=(SM,), form=Reason, outcome="ended"),
    ),
)
