"""Project milestones (项目节点工作). Source: realestate.md section 4.1."""

from __future__ import annotations

from datetime import date, time, timedelta
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
    Need,
    Refuse,
    Step,
    T,
    Verdict,
    add_months,
    days,
    instant_of,
    plain,
    text,
)

from serviceflow_realestate import facts, fields, roles, tell
from serviceflow_realestate.milestones import LEVELS, MILESTONES, reached
from serviceflow_realestate.papers import paper
from serviceflow_realestate.tables import ReMilestoneItem

BY_DIRECTOR = roles.route("milestone-waiver", (roles.DIRECTOR,))
STEPS = tuple(MILESTONES)


class Open(Form):
    project: str = text(T("Project", zh="项目"), longest=8)


class Tick(Form):
    item: str = text(T("Item", zh="事项"), longest=60)
    level: str = text(T("Level", zh="程度"), longest=20)
    reached_on: date = fields.past_day(T("Date", zh="日期"), default_today=True)


class Waive(Form):
    item: str = text(T("Item", zh="事项"), longest=60)
    reason: str = text(T("Reason", zh="原因"))


class Pass(Form):
    passed_on: date = fields.past_day(T("Date", zh="日期"), default_today=True)


def items_of(case: Case, milestone: str | None = None) -> list[ReMilestoneItem]:
    """Return the items of a milestone, of all when none is named."""
    return [i for i in case.rows(ReMilestoneItem) if milestone in (None, i.milestone)]


def _item(case: Case, key: str) -> ReMilestoneItem | None:
    return next((i for i in items_of(case, case.order.step) if i.item == key), None)


def _known(case: Case, form: Tick) -> Verdict:
    if form.level not in LEVELS:
        return Refuse(T("Unknown level.", zh="未知程度。"), T(" < ".join(LEVELS), zh=" < ".join(LEVELS)))
    return _known_item(case, form.item)


def _known_item(case: Case, key: str) -> Verdict:
    if _item(case, key) is None:
        names = ", ".join(i.item for i in items_of(case, case.order.step))
        return Refuse(T("No item {key} here.", zh="此节点没有 {key}。").of(key=key), T(names, zh=names))
    return None


def _waivable(case: Case, form: Waive) -> Verdict:
    return _known_item(case, form.item) or Need(BY_DIRECTOR, T("waiver of a milestone item", zh="豁免节点事项"))


def _ready(case: Case, form: Pass) -> Verdict:
    low = [i for i in items_of(case, case.order.step) if i.waived_by is None and not reached(i.level, i.required)]
    if low:
        return Refuse(
            T("{n} items are not ready: {names}", zh="{n} 项未就绪: {names}").of(
                n=len(low), names=", ".join(i.item for i in low)
            ),
            plain(f"flow do {{here}} tick item={low[0].item} level={low[0].required}"),
        )
    project = facts.project(case)
    if case.order.step == "m3-presale" and (project is None or not project.presale_permit_no):
        return Refuse(
            T("The presale permit is not recorded.", zh="未登记预售许可证。"),
            plain(f"flow re project permit {case.order.scope} NUMBER DATE"),
        )
    return None


def opened(case: Case, form: Open) -> None:
    case.change(scope=form.project)
    for milestone, areas in MILESTONES.items():
        for area_en, area_zh, required, items in areas:
            for key, _, chinese in items:
                case.tx.add(
                    ReMilestoneItem(
                        order_id=case.order_id,
                        milestone=milestone,
                        area_en=area_en,
                        area_zh=area_zh,
                        item=key,
                        item_zh=chinese,
                        required=required,
                    )
                )
    project = facts.project(case)
    if project is not None:
        case.set_anchor("presale_on", project.planned_presale_date)
        case.set_anchor("handover_on", project.handover_date)


def entered(case: Case, form: object) -> None:
    """Make a task of every item of the milestone."""
    limit = case.flow.step(case.order.step).limit
    due = case.due(limit) if limit is not None else None
    for milestone, areas in MILESTONES.items():
        if milestone != case.order.step:
            continue
        for area_en, area_zh, required, items in areas:
            for key, words, chinese in items:
                own = due or case.due(days("realestate.campaign_step_days")) or case.now
                if key == "permit":
                    months = case.number("realestate.presale_paperwork_months")
                    own = instant_of(add_months(case.today, months), time(18), case.zone)
                case.add_task(
                    "milestone-item",
                    T("{area}: {words} [{level}]", zh="{area}: {words} [{level}]").of(
                        area=T(area_en, zh=area_zh), words=T(words, zh=chinese), level=required
                    ),
                    who=case.flow.step(case.order.step).role or roles.MARKETING,
                    due=max(own, case.now),
                    subject=key,
                )


def ticked(case: Case, form: Tick) -> None:
    item = _item(case, form.item)
    assert item is not None
    case.tx.change(item, level=form.level, due=form.reached_on, done_by=case.actor.id if case.actor else None)
    if reached(form.level, item.required):
        case.close_tasks("milestone-item", subject=form.item)


def waived(case: Case, form: Waive) -> None:
    item = _item(case, form.item)
    assert item is not None
    case.tx.change(item, waived_by=case.actor.id if case.actor else None)
    case.cancel_tasks("milestone-item", reason=T("waived", zh="已豁免"))
    entered_again(case)


def entered_again(case: Case) -> None:
    """Make the tasks of the items that are neither ready nor waived."""
    done = {i.item for i in items_of(case, case.order.step) if i.waived_by is not None or reached(i.level, i.required)}
    entered(case, None)
    for key in done:
        case.close_tasks("milestone-item", subject=key)


def passed(case: Case, form: Pass) -> None:
    paper(case, "RE-MILESTONE", passed_on=form.passed_on.isoformat())


def months_before(setting: str) -> Computed:
    """Return the end of the day so many months before the planned presale."""

    def moment(times: Any) -> Deadline | None:
        base = times.base("presale_on")
        if base is None:
            return None
        return Deadline(
            instant_of(add_months(base, -times.number(setting)) + timedelta(days=1), time(0), times.zone), closed=False
        )

    return Computed(moment, ("presale_on",))


def _step(key: str, en: str, zh: str, role: str, limit: Any = None) -> Step:
    return Step(key, T(en, zh=zh), role, limit=limit, entry=(Do(entered),), on_path=True)


PASSES = dict(zip(STEPS, (*STEPS[1:], "closed"), strict=True))
RE_PROJECT = Flow(
    key="re-project",
    version=1,
    title=T("Project milestones", zh="项目节点"),
    series="PRJ-{n:03}",
    facts=facts.of_order,
    anchors=("presale_on", "handover_on"),
    open_key=lambda case: f"re-project/{case.order.customer_id}/{case.order.scope}",
    steps=(
        _step("m1-structure", "Structure above ground", "主体出地面", roles.MARKETING),
        _step(
            "m2-ten-floors",
            "Ten floors up",
            "主体十层以上",
            roles.MARKETING,
            months_before("realestate.milestone2_months_before"),
        ),
        _step(
            "m3-presale",
            "Before presale",
            "预售前",
            roles.MANAGER,
            months_before("realestate.milestone3_months_before"),
        ),
        _step("m4-topped-out", "Topped out", "封顶、主体完工", roles.MANAGER),
        _step("m5-delivery", "Delivery", "配套完成交付", roles.MANAGER, days(0, after="handover_on")),
        Step("closed", T("Closed", zh="项目收官"), final=True, on_path=True),
    ),
    actions=(
        Action(
            "open",
            T("Open", zh="开始"),
            START,
            "m1-structure",
            by=(roles.MARKETING, roles.MANAGER),
            form=Open,
            effects=(Do(opened, before=True),),
        ),
        Action(
            "tick",
            T("Record progress", zh="登记进度"),
            STEPS,
            STAY,
            by=(roles.MARKETING, roles.MANAGER, roles.ENGINEERING),
            form=Tick,
            guards=(Guard("level-known", _known),),
            effects=(Do(ticked),),
        ),
        Action(
            "waive",
            T("Waive item", zh="豁免"),
            STEPS,
            STAY,
            by=(roles.MANAGER,),
            form=Waive,
            guards=(Guard("waivable-item", _waivable, needs=(BY_DIRECTOR,)),),
            effects=(Do(waived),),
        ),
        Action(
            "pass",
            T("Pass milestone", zh="节点通过"),
            STEPS,
            Choose(lambda case, form: PASSES[case.order.step], tuple(PASSES.values())),
            by=(roles.MANAGER,),
            form=Pass,
            guards=(Guard("items-ready", _ready),),
            effects=(Do(passed),),
        ),
        *tell.common(),
    ),
)
