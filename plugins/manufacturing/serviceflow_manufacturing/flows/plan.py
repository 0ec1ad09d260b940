"""The rough plan of an order and its milestones. Source: manufacturing.md 5.6."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from serviceflow.api import Case, Form, Guard, Refused, T, Verdict, day, number, text

from serviceflow_manufacturing import desk, moments, papers, roles
from serviceflow_manufacturing.flows import contract
from serviceflow_manufacturing.forms import REASON, Dated, one_of
from serviceflow_manufacturing.refusals import lacks_role, refuse
from serviceflow_manufacturing.rules import planning, workdays
from serviceflow_manufacturing.tables import MfgContract, MfgLine, MfgMilestone

MUST = ("production-done", "final-inspection", "packed", "documents-ready", "ship")
TITLES = {
    "material-sample-ok": T("Material sample approved", zh="材料样确认"),
    "material-ordered": T("Material ordered", zh="材料下单"),
    "material-in": T("Material in", zh="材料到齐"),
    "preproduction-ok": T("Pre-production sample approved", zh="产前样确认"),
    "production-start": T("Production started", zh="投产"),
    "production-half": T("Half produced", zh="过半"),
    "production-done": T("Production done", zh="完工"),
    "final-inspection": T("Final inspection", zh="终检"),
    "packed": T("Packed", zh="包装入库"),
    "documents-ready": T("Papers ready", zh="单证齐备"),
    "ship": T("Shipped", zh="出货"),
}
TEMPLATES = {"make": T("Make", zh="生产"), "stock": T("From stock", zh="现货")}
LEVELS = ((1, "mfg.plan.escalate1_w", roles.MANAGER), (2, "mfg.plan.escalate2_w", roles.MARKETING_GM))
"""Alerts about a milestone that was missed: level, workdays after its day, whom."""
REPLANNED = T("planned anew", zh="重新排期")


def milestones(case: Case) -> list[MfgMilestone]:
    """Return the milestones of an order, earliest planned first."""
    return sorted(case.rows(MfgMilestone), key=lambda m: (m.planned_on, -m.before, m.id or 0))


def milestone(case: Case, key: str) -> MfgMilestone | None:
    """Return one milestone."""
    return next((m for m in case.rows(MfgMilestone) if m.key == key), None)


def title(key: str) -> T:
    """Return a milestone's title; a factory may have its own."""
    return TITLES.get(key, T(key, zh=key))


def default_template(case: Case) -> str:
    """Return ``stock`` when every line is taken from stock."""
    lines = contract.lines_of(case.own(MfgContract).draft)
    return "stock" if lines and all(line["from_stock"] for line in lines) else "make"


def planned(case: Case, template: str, sb: date) -> planning.Plan:
    """Return the plan of the open milestones for a ship-by date; writes nothing."""
    rows = planning.template(case.setting(f"mfg.plan.{template}"))
    known = {m.key: m for m in case.rows(MfgMilestone)}
    live = [row for row in rows if row.key not in known or known[row.key].state == "open"]
    return planning.backwards(moments.factory(case), case.today, sb, live)


def make(case: Case, template: str | None = None) -> planning.Plan:
    """Set every open milestone by the template and write the rough plan."""
    contracted = case.own(MfgContract)
    chosen = template or contracted.template or default_template(case)
    case.tx.change(contracted, template=chosen)
    sb = contract.ship_by(case)
    plan = planned(case, chosen, sb)
    offsets = {r.key: r for r in planning.template(case.setting(f"mfg.plan.{chosen}"))}
    known = {m.key: m for m in case.rows(MfgMilestone)}
    for key, on in plan.dates:
        if key in known:
            _move(case, known[key], on)
        else:
            row = MfgMilestone(order_id=case.order_id, key=key, role=offsets[key].role, before=offsets[key].before,
                               planned_on=on, first_planned_on=on)  # fmt: skip
            _tasks(case, case.tx.add(row))
    papers.make(case, "rough-plan", {
        "order": case.order.number, "ship_by": sb, "tight": T("yes", zh="是") if plan.tight else T("no", zh="否"),
        "milestones": [{"title": title(m.key), "role": case.shop.role_title(m.role), "on": m.planned_on,
                        "done": m.done_on or ""} for m in milestones(case)],
    })  # fmt: skip
    if plan.tight:
        words = T("tight: {n} workdays left, {m} wanted", zh="紧排：剩{n}个工作日，需{m}个")
        case.notes.warnings.append(words.of(n=plan.available, m=plan.needed))
    _materials_follow(case)
    return plan


def replan(case: Case) -> None:
    """Plan the open milestones anew where there is a plan."""
    if case.rows(MfgMilestone):
        make(case)


def _materials_follow(case: Case) -> None:
    from serviceflow_manufacturing.flows import materials

    materials.recompute(case)


def _move(case: Case, row: MfgMilestone, on: date) -> None:
    if row.planned_on != on:
        _escalate(case, row)
        case.tx.change(row, planned_on=on, escalated=0)
        _tasks(case, row)


def _tasks(case: Case, row: MfgMilestone) -> None:
    """Make the tasks of an open milestone anew: for its role on the day, for the order desk before it."""
    mark = len(case.notes.cancelled)
    case.cancel_tasks("done-milestone", f"urge-{row.key}", reason=REPLANNED, subject=row.key)
    del case.notes.cancelled[mark:]
    words = T("{no}: {what}", zh="{no}：{what}").of(no=case.order.number, what=title(row.key))
    case.add_task("done-milestone", words, who=row.role, due=moments.due_at(case, row.planned_on), stays=True,
                  subject=row.key)  # fmt: skip
    urge = workdays.plus(moments.factory(case), row.planned_on, -case.number("mfg.plan.urge_w"))
    if row.key != "ship" and moments.at_hour(case, urge) >= case.now:
        words = T("Urge {what} of {no}", zh="催{no}：{what}").of(no=case.order.number, what=title(row.key))
        case.add_task(f"urge-{row.key}", words, who=roles.DESK, due=moments.due_at(case, urge), stays=True,
                      subject=row.key)  # fmt: skip


def finish(case: Case, key: str, on: date, qty: int | None = None) -> None:
    """End a milestone where it is open."""
    row = milestone(case, key)
    if row is None or row.state != "open":
        return
    case.tx.change(row, state="done", done_on=on, qty=qty)
    case.close_tasks("done-milestone", f"urge-{key}", subject=key, result="done")
    for subject in _alerts(row):
        case.close_tasks("milestone-late", subject=subject, result="done")
    late = planning.late_days(moments.factory(case), row.planned_on, on)
    if late:
        words = T("{what}: {n} workdays late", zh="{what}：迟{n}个工作日")
        case.notes.lines.append(words.of(what=title(key), n=late))


def drop(case: Case, row: MfgMilestone, note: str) -> None:
    """Close a milestone as not needed."""
    case.tx.change(row, state="not-needed", note=note)
    reason = T("not needed", zh="不适用")
    case.cancel_tasks("done-milestone", f"urge-{row.key}", reason=reason, subject=row.key)
    for subject in _alerts(row):
        case.cancel_tasks("milestone-late", reason=reason, subject=subject)


def _alerts(row: MfgMilestone) -> list[str]:
    """Return the subjects of the alerts about a milestone's present date."""
    return [f"{row.key}/{level}/{row.planned_on}" for level, _, _ in LEVELS]


def reopen(case: Case, key: str, on: date | None = None) -> None:
    """Open a milestone again, at the earliest on a day."""
    row = milestone(case, key)
    if row is None:
        return
    planned_on = max(row.planned_on, on) if on is not None else row.planned_on
    case.tx.change(row, state="open", done_on=None, planned_on=planned_on, escalated=0)
    _tasks(case, row)


def forecast(case: Case) -> date | None:
    """Return the day the goods will be ready to ship, ``None`` without a plan."""
    rows = case.rows(MfgMilestone)
    sb = case.anchor_day("sb")
    if not rows or sb is None:
        return None
    states = [planning.State(m.key, m.before, m.planned_on, m.done_on, m.state != "not-needed") for m in rows]
    return planning.forecast(moments.factory(case), case.today, sb, states)


def escalate(case: Case) -> None:
    """Alert about the milestones that passed undone, each level once per planned date."""
    for row in milestones(case):
        _escalate(case, row)


def _escalate(case: Case, row: MfgMilestone) -> None:
    """Alert about one milestone; asked before it moves too, for the nightly run may have stood still."""
    if row.state != "open":
        return
    factory = moments.factory(case)
    for level, setting, role in LEVELS:
        last = workdays.plus(factory, row.planned_on, case.number(setting))
        if row.escalated < level and case.today > last:
            words = T("{no}: {what} was due {date}", zh="{no}：{what}应于{date}完成")
            said = words.of(no=case.order.number, what=title(row.key), date=row.planned_on)
            desk.alert(case, "milestone-late", said, role, subject=f"{row.key}/{level}/{row.planned_on}",
                       on=last + timedelta(days=1))  # fmt: skip
            case.tx.change(row, escalated=level)


# -- forms and guards ------------------------------------------------------------------------------------------


class MakePlan(Form):
    template: str | None = one_of(T("Template", zh="模板"), TEMPLATES, required=False)


class DoneMilestone(Dated):
    not_future = ("done_on",)
    key: str = text(T("Milestone", zh="节点"), longest=60)
    done_on: date = day(T("Done on", zh="完成日"))
    qty: int | None = number(T("Quantity", zh="数量"), required=False, most=10**8)


class MoveMilestone(Dated):
    workday = ("planned_on",)
    key: str = text(T("Milestone", zh="节点"), longest=60)
    planned_on: date = day(T("Planned on", zh="计划日"))
    reason: str = text(REASON)


class SkipMilestone(Form):
    key: str = text(T("Milestone", zh="节点"), longest=60)
    reason: str = text(REASON)


def _long_enough(case: Case, form: MakePlan) -> Verdict:
    if case.order.step != "planning":
        return None
    template = form.template or case.own(MfgContract).template or default_template(case)
    sb = contract.ship_by(case)
    least = case.number(f"mfg.plan.min_w.{template}")
    left = workdays.count(moments.factory(case), case.today, sb)
    if left >= least:
        return None
    return refuse("plan_too_short", n=left, sb=sb, min=least)


def _open_milestone(case: Case, form: Any) -> Verdict:
    row = milestone(case, form.key)
    if row is None:
        keys = ", ".join(m.key for m in milestones(case))
        raise Refused(
            T("There is no milestone {key}.", zh="没有节点{key}。").of(key=form.key),
            T("There are: {keys}", zh="现有: {keys}").of(keys=keys or "-"),
            ref="mfg.milestone_unknown",
        )
    return refuse("milestone_done", key=form.key) if row.state != "open" else None


def _its_role(case: Case, form: DoneMilestone) -> Verdict:
    row = milestone(case, form.key)
    allowed = {*roles.BY_DESK, row.role if row is not None else ""}
    if case.roles & allowed:
        return None
    role = row.role if row is not None else roles.DESK
    raise lacks_role(T("Milestone done", zh="完成节点"), case.shop.role_title(role), role)


def _waits_for(key: str, refusal: str) -> Any:
    def rule(case: Case, form: DoneMilestone) -> Verdict:
        if form.key != "production-start":
            return None
        row = milestone(case, key)
        return refuse(refusal) if row is not None and row.state == "open" else None

    return rule


def _before_shipping(case: Case, form: MoveMilestone) -> Verdict:
    sb = case.anchor_day("sb")
    return refuse("after_ship_by", date=form.planned_on, sb=sb) if sb is not None and form.planned_on > sb else None


def _skippable(case: Case, form: SkipMilestone) -> Verdict:
    return refuse("milestone_must", key=form.key) if form.key in MUST else None


def _planned(case: Case, form: Any) -> Verdict:
    return refuse("no_plan") if not case.rows(MfgMilestone) else None


def _details(case: Case, form: Any) -> Verdict:
    lacking = []
    for line in sorted(case.rows(MfgLine), key=lambda row: row.line_no):
        names = [n for n in ("style", "sizes", "material", "packing", "delivery") if not getattr(line, n)]
        lacking += [f"{line.line_no}.{name}" for name in names]
    return refuse("details_open", list=", ".join(lacking)) if lacking else None


LONG_ENOUGH = Guard("plan_too_short", _long_enough)
OPEN_MILESTONE = Guard("milestone_done", _open_milestone)
ITS_ROLE = Guard("milestone_role", _its_role)
MATERIAL_IN = Guard("material_not_in", _waits_for("material-in", "material_not_in"))
PP_OK = Guard("pp_not_ok", _waits_for("preproduction-ok", "pp_not_ok"))
BEFORE_SHIPPING = Guard("after_ship_by", _before_shipping)
SKIPPABLE = Guard("milestone_must", _skippable)
PLANNED = Guard("no_plan", _planned, early=True)
DETAILS = Guard("details_open", _details, early=True)


def make_plan(case: Case, form: MakePlan) -> None:
    """Do `make-plan`."""
    make(case, form.template)


def done_milestone(case: Case, form: DoneMilestone) -> None:
    """Do `done-milestone`."""
    finish(case, form.key, form.done_on, form.qty)


def move_milestone(case: Case, form: MoveMilestone) -> None:
    """Do `move-milestone`."""
    row = milestone(case, form.key)
    if row is not None:
        case.tx.change(row, note=form.reason)
        _move(case, row, form.planned_on)
        if form.key == "material-in":
            _materials_follow(case)


def skip_milestone(case: Case, form: SkipMilestone) -> None:
    """Do `skip-milestone`."""
    row = milestone(case, form.key)
    if row is not None:
        drop(case, row, form.reason)
