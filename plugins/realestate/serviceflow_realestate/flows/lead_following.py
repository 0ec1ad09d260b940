"""A lead after the visit: follow-up, the unit chosen, the pool, won or lost. Source: realestate.md section 4.3."""

from __future__ import annotations

from datetime import date, timedelta

from serviceflow.api import (
    Action,
    Case,
    Do,
    Form,
    Guard,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    choice,
    codes,
    day,
    days,
    money,
    plain,
    table_of,
    text,
    yes_no,
)

from serviceflow_realestate import fields, inventory, nurturing, roles, tell
from serviceflow_realestate.flows.follow_up import at_send, follow_task
from serviceflow_realestate.flows.lead_visits import VISITABLE, end_visit
from serviceflow_realestate.papers import paper
from serviceflow_realestate.tables import ReInternalRegister

LOST = {
    "price": T("Price", zh="价格"),
    "product": T("Product", zh="产品"),
    "location": T("Location", zh="位置"),
    "competitor": T("Competitor", zh="竞品"),
    "no-need": T("No need", zh="无需求"),
    "do-not-contact": T("Do not contact", zh="请勿联系"),
    "other": T("Other", zh="其他"),
}


CHANNELS = {
    "phone": T("Phone", zh="电话"),
    "wechat": T("WeChat", zh="微信"),
    "sms": T("SMS", zh="短信"),
    "visit": T("Visit", zh="面谈"),
}


class ChooseUnit(Form):
    unit: str = text(T("Unit", zh="房号"), longest=40)


class FollowUp(Form):
    channel: str = choice(T("Channel", zh="方式"), CHANNELS)
    summary: str = text(T("Summary", zh="摘要"))
    effective: bool = yes_no(T("Effective", zh="有效"))
    grade: str = choice(T("Grade", zh="级别"), fields.GRADES)
    next: date | None = day(T("Next contact", zh="下次联系"), required=False)


class Register(Form):
    units: list[str] = codes(T("Wanted units, ranked", zh="意向房源, 按序"))
    amount: int | None = money(T("Amount", zh="金额"), required=False)


class Stage(Form):
    stage: str = choice(T("Pipeline stage", zh="客户阶段"), nurturing.STAGE_TITLES)
    reason: str = text(T("Reason", zh="原因"))


class Assign(Form):
    agent: str = text(T("Agent's login", zh="置业顾问登录名"), longest=60)


class Lose(Form):
    reason: str = choice(T("Reason", zh="原因"), LOST)


def _unit_free(case: Case, form: ChooseUnit) -> Verdict:
    unit = inventory.unit_named(case.tx, form.unit)
    why = inventory.refusal(case.shop, case.tx, unit, case.order.customer_id, case.now, None)
    return Refuse(why, plain("flow re units --state available")) if why is not None else None


def _registrable(case: Case, form: Register) -> Verdict:
    if form.amount is not None:
        return Refuse(
            T("The internal register takes no money.", zh="内部登记不收任何款项。"),
            plain("flow do {here} register-internal units="),
        )
    n = case.number("realestate.internal_units_max")
    if not 1 <= len(form.units) <= n:
        return Refuse(T("At most {n} units.", zh="至多 {n} 套。").of(n=n), plain("flow re units --state available"))
    units = [inventory.unit_named(case.tx, one) for one in form.units]
    table = table_of(ReInternalRegister)
    known = case.tx.one(
        ReInternalRegister,
        table.c.project_id == units[0].project_id,
        table.c.customer_id == case.order.customer_id,
    )
    if known is not None:
        return Refuse(T("Already registered: {no}.", zh="已登记: {no}。").of(no=known.number), None)
    return None


def _dead_purchase(case: Case, form: object) -> Verdict:
    if case.order.step != "won":
        return None
    if roles.MANAGER not in case.roles:
        return roles.MANAGER_ONLY
    last = case.children("subscription")[-1:]
    for order in last:
        one = case.again(order=order)
        contracts = one.children("contract")
        dead = order.step in ("refunded", "forfeited") or any(c.step == "terminated" for c in contracts)
        if not dead:
            return Refuse(T("The purchase is still alive.", zh="该笔交易仍有效。"), plain(f"flow do {order.number}"))
    return None


def followed(case: Case, form: FollowUp) -> None:
    case.log(form.summary, channel=form.channel, outward=True, outcome="answered" if form.effective else "no-answer")
    nurturing.contacted(case, effective=form.effective, grade=form.grade)
    follow_task(case, at_send(case, form.next) if form.next else None)


def choose_unit(case: Case, form: ChooseUnit) -> None:
    """Start the subscription; a visit that still runs ends."""
    end_visit(case, outcome="subscribes")
    case.open_child("subscription", {"unit": form.unit})


def registered(case: Case, form: Register) -> None:
    units = [inventory.unit_named(case.tx, one) for one in form.units]
    made = paper(case, "RE-INTERNAL", units=form.units)
    assert case.order.customer_id is not None
    case.tx.add(
        ReInternalRegister(
            number=made.number,
            project_id=units[0].project_id,
            customer_id=case.order.customer_id,
            agent_id=case.order.owner_id,
            units=[inventory.unit_id(u) for u in units],
            registered_at=case.now,
        )
    )


def failed(case: Case, form: object) -> None:
    follow_task(case, at_send(case, case.today + timedelta(days=case.number("realestate.next_day_days"))))


def unprotected(case: Case, form: object) -> None:
    case.alert(
        "protection-over",
        T("{name} went to the public pool", zh="{name} 已进入公共客户池").of(name=case.customer.name),
        who=tell.AGENT_OF_ORDER,
    )
    nurturing.entrust(case, None)


def assigned(case: Case, form: Assign) -> None:
    agent = tell.staff_named(case, form.agent)
    nurturing.entrust(case, agent.id)
    nurturing.contacted(case, effective=True)
    follow_task(case)


def lost(case: Case, form: Lose) -> None:
    if form.reason == "do-not-contact":
        case.tx.change(case.customer, do_not_contact=True)
        nurturing.end_cadence(case, "opt-out")


def first_follow(case: Case, form: object) -> None:
    follow_task(case)


PROTECTED = days(0, after="protected_on")

STEPS = (
    Step("following", T("Follow-up by grade", zh="分类跟进"), roles.AGENT, on_path=True),
    Step("subscribing", T("Subscribing", zh="认购办理中"), roles.AGENT, on_path=True),
    Step(
        "pool",
        T("Public pool", zh="公共客户池"),
        roles.MANAGER,
        limit=days("realestate.pool_assign_days"),
        entry=(
            Task(
                "assign-pool",
                T("Assign pool customer", zh="分配公共客户"),
                roles.MANAGER,
                days("realestate.pool_assign_days"),
                closed_by=("assign",),
            ),
        ),
    ),
    Step("won", T("Won", zh="成交"), final=True, on_path=True),
    Step("lost", T("Lost, filed", zh="流失归档"), final=True),
)
ACTIONS = (
    Action(
        "choose-unit",
        T("Choose unit", zh="选定房源"),
        ("receiving", "following"),
        "subscribing",
        by=(roles.AGENT,),
        form=ChooseUnit,
        guards=(Guard("unit-free", _unit_free),),
        effects=(Do(choose_unit),),
    ),
    Action(
        "follow-up",
        T("Follow up", zh="跟进"),
        ("following",),
        by=(roles.AGENT,),
        form=FollowUp,
        effects=(Do(followed),),
    ),
    Action(
        "register-internal",
        T("Internal register", zh="内部客户登记"),
        ("following",),
        by=(roles.AGENT,),
        form=Register,
        guards=(Guard("registrable", _registrable),),
        effects=(Do(registered),),
    ),
    Action(
        "deal",
        T("Deal", zh="成交"),
        ("subscribing",),
        "won",
        auto=True,
        when=tell.never,
        outcome="won",
    ),
    Action(
        "subscription-failed",
        T("Subscription failed", zh="认购未成"),
        ("subscribing",),
        "following",
        auto=True,
        when=tell.never,
        effects=(Do(failed),),
    ),
    Action(
        "protection-expired",
        T("Protection expired", zh="保护期满"),
        ("called", "following"),
        "pool",
        at=PROTECTED,
        effects=(Do(unprotected),),
    ),
    Action(
        "assign",
        T("Assign", zh="分配"),
        ("pool",),
        "following",
        by=(roles.MANAGER,),
        form=Assign,
        effects=(Do(assigned),),
    ),
    Action(
        "lose",
        T("Lose", zh="流失"),
        ("called", "following"),
        "lost",
        by=(roles.AGENT,),
        form=Lose,
        effects=(
            Do(lost),
            Task(
                "archive-register",
                T("Archive register", zh="归档登记"),
                roles.ASSISTANT,
                days("realestate.next_day_days", after="now"),
                stays=True,
            ),
        ),
        outcome="lost",
    ),
    Action(
        "reopen",
        T("Follow up again", zh="重新跟进"),
        ("won", "lost"),
        "following",
        by=(roles.AGENT, roles.MANAGER),
        form=tell.Because,
        guards=(Guard("purchase-dead", _dead_purchase),),
        effects=(Do(first_follow),),
    ),
    Action(
        "set-stage",
        T("Set pipeline stage", zh="调整客户阶段"),
        (*VISITABLE, "receiving"),
        by=(roles.MANAGER,),
        form=Stage,
        effects=(Do(lambda case, form: nurturing.set_stage(case, form.stage)),),
    ),
)
