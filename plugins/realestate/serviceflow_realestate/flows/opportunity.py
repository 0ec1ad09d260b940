"""Group and corporate purchase (团购 / 大宗). Source: realestate.md section 4.5."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from serviceflow.api import (
    START,
    Action,
    Case,
    Do,
    Flow,
    Form,
    Guard,
    Link,
    Need,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    codes,
    days,
    instant_of,
    number,
    plain,
    row_list,
    table_of,
    text,
    yes_no,
)

from serviceflow_realestate import facts, fields, group, inventory, roles, tell
from serviceflow_realestate.papers import paper
from serviceflow_realestate.tables import ReClaim

BY_DIRECTOR = roles.route("group-quote", (roles.DIRECTOR,))
BY_SALES = roles.route("group-framework", (roles.MANAGER,))


class Discover(Form):
    background: str = text(T("Background", zh="背景"))
    buyers: int = number(T("Buyers", zh="购买人数"), least=1, most=10000)


class Assess(Form):
    score: int = number(T("Score 0 to 100", zh="评分 0-100"), most=100)
    go: bool = yes_no(T("Go on", zh="推进"))


class Summary(Form):
    summary: str = text(T("Summary", zh="摘要"))


class Needs(Form):
    summary: str = text(T("Summary", zh="摘要"))
    units: int = number(T("Units", zh="套数"), least=1, most=10000)


class Propose(Form):
    summary: str = text(T("Summary", zh="摘要"))
    units: list[str] = codes(T("Units", zh="房源"))


class Quote(Form):
    percent: int = fields.percent(T("Group discount, %", zh="团购优惠, %"))
    units: list[str] = codes(T("Units", zh="房源"))


class Framework(Form):
    signed_on: date = fields.past_day(T("Date", zh="日期"), default_today=True)
    copies: int = number(T("Copies", zh="份数"), least=1, most=99)


class Start(Form):
    buyers: list[dict[str, Any]] = row_list(
        T("Buyer of each unit", zh="每套买受人"),
        {"unit": text(T("Unit", zh="房号"), longest=40), "buyer": text(T("Buyer", zh="买受人"), longest=80)},
    )


class Review(Form):
    result: str | None = text(T("Result", zh="结果"), required=False)
    bottleneck: str | None = text(T("Bottleneck", zh="瓶颈"), required=False)
    improvement: str = text(T("Improvement", zh="改进"))


def held(case: Case) -> list[ReClaim]:
    """Return the live group holds of the opportunity."""
    table = table_of(ReClaim)
    return case.tx.all(ReClaim, table.c.order_id == case.order_id, table.c.ended_at.is_(None))


def _go(case: Case, form: Assess) -> Verdict:
    return None if form.go else Refuse(T("Close it: lose.", zh="不推进请用 lose。"), plain("flow do {here} lose"))


def _enough(case: Case, form: Needs) -> Verdict:
    n = case.number("realestate.group_min_units")
    if form.units >= n:
        return None
    return Refuse(
        T("A group purchase needs at least {n} units.", zh="团购至少 {n} 套。").of(n=n), plain("flow do {here} lose")
    )


def _quotable(case: Case, form: Quote) -> Verdict:
    most = case.number("realestate.extra_discount_max_percent")
    if form.percent > most:
        return Refuse(
            T("Extra discounts may not exceed {n}% of the list price.", zh="额外优惠不得超过总价的 {n}%。").of(
                n=f"{most / 100:g}"
            ),
            plain(f"flow do {{here}} quote percent={most / 100:g}"),
        )
    for typed in form.units:
        unit = inventory.unit_named(case.tx, typed)
        why = inventory.refusal(case.shop, case.tx, unit, case.order.customer_id, case.now, case.order_id)
        if why is not None:
            return Refuse(why, plain("flow re units --state available"))
    return Need(BY_DIRECTOR, T("group quote", zh="团购报价"))


def _holds_live(case: Case, form: Framework) -> Verdict:
    until = case.anchor("quote_until")
    if isinstance(until, datetime) and case.now < until:
        return Need(BY_SALES, T("framework agreement", zh="框架协议"))
    shown = case.local(until)[:10] if isinstance(until, datetime) else "-"
    return Refuse(
        T("The holds expired on {date}, quote again.", zh="保留已于 {date} 到期, 请重新报价。").of(date=shown),
        plain("flow do {here} revise"),
    )


def quoted(case: Case, form: Quote) -> None:
    """Hold all units or none."""
    until = case.now + timedelta(days=case.number("realestate.group_hold_days"))
    for typed in form.units:
        unit = inventory.unit_named(case.tx, typed)
        case.change(scope=inventory.project_of(case.tx, unit).code)
        inventory.claim_case(case, unit, kind="hold", until=until, own=case.order_id)
    case.set_anchor("quote_until", until)
    tell.remember(case, percent=form.percent)
    paper(case, "RE-PLAN", units=form.units, percent=form.percent)


def freed(case: Case, form: object) -> None:
    for one in held(case):
        inventory.end(case.tx, one, "quote withdrawn", case.now)
    case.set_anchor("quote_until", None)


def framework(case: Case, form: Framework) -> None:
    """Let the holds run on from the date of the framework."""
    last = form.signed_on + timedelta(days=case.number("realestate.group_hold_days") + 1)
    until = instant_of(last, time(0), case.zone)
    for one in held(case):
        inventory.keep(case.tx, one, kind="hold", order_id=case.order_id, now=case.now, until=until)
    case.set_anchor("quote_until", until)


def _every_unit(case: Case, form: Start) -> Verdict:
    mine = {c.unit_id for c in held(case)}
    named = [inventory.unit_named(case.tx, row["unit"]) for row in form.buyers]
    for unit in named:
        if unit.id not in mine:
            return Refuse(
                T("Unit {no} is not held by this order.", zh="房源 {no} 未由本单保留。").of(no=unit.unit_no),
                plain(f"flow re unit show {unit.unit_no}"),
            )
    return None


def started(case: Case, form: Start) -> None:
    for row in form.buyers:
        made = case.open_child("subscription", {"unit": row["unit"], "promo": tell.recall(case, "percent", 0)})
        case.again(order=made).log(str(row["buyer"]), channel="note", outcome="buyer")


def all_ended(case: Case) -> bool:
    """Return whether every subscription came to a contract that is delivered, or to nothing."""
    children = case.children("subscription")
    return bool(children) and all(group.is_over(case.again(order=order)) for order in children)


STEP = days("realestate.opp_step_days")
WINNING = ("discovered", "assessed", "developing", "needs-confirmed", "proposed", "negotiating")
RE_OPPORTUNITY = Flow(
    key="re-opportunity",
    version=1,
    title=T("Group purchase", zh="团购大宗"),
    series="GRP-{n:04}",
    facts=facts.of_order,
    anchors=("quote_until",),
    links=(Link("subscription", "re-subscription", all_ended="look-again"),),
    steps=(
        Step(
            "discovered",
            T("Discovered", zh="商机发现"),
            roles.AGENT,
            limit=STEP,
            on_path=True,
            entry=(
                Task(
                    "analyse-need",
                    T("Analyse the need: background, buyers, budget", zh="潜在需求分析: 背景、人数、预算"),
                    tell.AGENT_OF_ORDER,
                    STEP,
                    closed_by=("assess",),
                ),
            ),
        ),
        Step(
            "assessed",
            T("Assessed", zh="商机评估"),
            roles.MANAGER,
            limit=STEP,
            on_path=True,
            entry=(
                Task(
                    "score",
                    T("Score size, budget, decision maker", zh="评估规模、预算、决策人"),
                    roles.MANAGER,
                    STEP,
                    closed_by=("develop",),
                ),
            ),
        ),
        Step(
            "developing",
            T("Developing", zh="商机开发"),
            roles.AGENT,
            limit=STEP,
            on_path=True,
            entry=(
                Task(
                    "contact-decider",
                    T("Contact the decision maker", zh="联系决策人"),
                    tell.AGENT_OF_ORDER,
                    STEP,
                    closed_by=("confirm-needs",),
                ),
            ),
        ),
        Step(
            "needs-confirmed",
            T("Needs confirmed", zh="需求确认"),
            roles.AGENT,
            limit=STEP,
            on_path=True,
            entry=(
                Task(
                    "list-needs",
                    T("List wanted units, dates, terms", zh="列出意向房源、日期、条件"),
                    tell.AGENT_OF_ORDER,
                    STEP,
                    closed_by=("propose",),
                ),
            ),
        ),
        Step(
            "proposed",
            T("Proposal", zh="方案制定"),
            roles.AGENT,
            limit=STEP,
            on_path=True,
            entry=(
                Task(
                    "unit-plan",
                    T("Unit list and plan", zh="房源清单与方案"),
                    tell.AGENT_OF_ORDER,
                    STEP,
                    closed_by=("quote",),
                ),
            ),
        ),
        Step("negotiating", T("Quote and negotiation", zh="报价与谈判"), roles.MANAGER, limit=STEP, on_path=True),
        Step(
            "contracted",
            T("Framework signed", zh="框架协议签署"),
            roles.CONTRACTS,
            on_path=True,
            entry=(
                Task(
                    "check-terms",
                    T("Check terms twice with the customer", zh="与客户两次核对条款"),
                    roles.CONTRACTS,
                    STEP,
                ),
            ),
        ),
        Step("delivering", T("Subscriptions and delivery", zh="逐套认购交付"), roles.AGENT, on_path=True),
        Step(
            "after-sale",
            T("After-sale", zh="售后服务"),
            roles.AGENT,
            limit=STEP,
            on_path=True,
            entry=(
                Task(
                    "satisfaction",
                    T("Satisfaction visit", zh="满意度回访"),
                    tell.AGENT_OF_ORDER,
                    STEP,
                    closed_by=("review",),
                ),
            ),
        ),
        Step("reviewed", T("Reviewed", zh="绩效复盘"), final=True, on_path=True),
        Step("lost", T("Lost", zh="失单"), final=True),
    ),
    actions=(
        Action(
            "discover",
            T("Discover", zh="发现商机"),
            START,
            "discovered",
            by=(roles.AGENT, roles.MANAGER),
            form=Discover,
        ),
        Action(
            "assess",
            T("Assess", zh="评估"),
            ("discovered",),
            "assessed",
            by=(roles.MANAGER,),
            form=Assess,
            guards=(Guard("go", _go),),
        ),
        Action("develop", T("Develop", zh="开发"), ("assessed",), "developing", by=(roles.AGENT,), form=Summary),
        Action(
            "confirm-needs",
            T("Confirm needs", zh="确认需求"),
            ("developing",),
            "needs-confirmed",
            by=(roles.AGENT,),
            form=Needs,
            guards=(Guard("enough-units", _enough),),
        ),
        Action("propose", T("Propose", zh="提方案"), ("needs-confirmed",), "proposed", by=(roles.AGENT,), form=Propose),
        Action(
            "quote",
            T("Quote", zh="报价"),
            ("proposed",),
            "negotiating",
            by=(roles.MANAGER,),
            form=Quote,
            guards=(Guard("quotable", _quotable, needs=(BY_DIRECTOR,)),),
            effects=(Do(quoted),),
        ),
        Action(
            "revise",
            T("Revise", zh="修改"),
            ("negotiating",),
            "proposed",
            by=(roles.MANAGER,),
            form=tell.Because,
            effects=(Do(freed),),
        ),
        Action(
            "sign-framework",
            T("Sign framework", zh="签框架协议"),
            ("negotiating",),
            "contracted",
            by=(roles.CONTRACTS,),
            form=Framework,
            guards=(Guard("holds-live", _holds_live, needs=(BY_SALES,)),),
            effects=(Do(framework),),
        ),
        Action(
            "start-subscriptions",
            T("Start subscriptions", zh="逐套认购"),
            ("contracted",),
            "delivering",
            by=(roles.AGENT,),
            form=Start,
            guards=(Guard("units-held", _every_unit),),
            effects=(Do(started),),
        ),
        Action("look-again", T("Look again", zh="复核"), ("delivering",), auto=True, when=tell.never),
        Action(
            "all-delivered", T("All delivered", zh="全部交付"), ("delivering",), "after-sale", auto=True, when=all_ended
        ),
        Action("review", T("Review", zh="复盘"), ("after-sale",), "reviewed", by=(roles.MANAGER,), form=Review),
        Action(
            "lose",
            T("Lose", zh="失单"),
            WINNING,
            "lost",
            by=(roles.AGENT, roles.MANAGER),
            form=tell.Because,
            effects=(Do(freed),),
        ),
        *tell.common(),
    ),
)
