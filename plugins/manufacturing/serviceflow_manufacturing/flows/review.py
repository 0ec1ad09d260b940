"""Contract review (合同评审): six points, slots by route, meeting, quorum, rounds. Source: manufacturing.md 5.3."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from serviceflow.api import (
    STAY,
    Absent,
    Action,
    Ask,
    Case,
    Computed,
    Deadline,
    Do,
    Fault,
    Form,
    Guard,
    Moment,
    Persons,
    Refuse,
    Roles,
    Route,
    SlotRow,
    Stage,
    T,
    Task,
    Verdict,
    all_slots,
    day,
    listed,
    moment,
    number,
    pending,
    plain,
    sign_pending,
    table_of,
    text,
    unsignable,
)

from serviceflow_manufacturing import desk, moments, papers, roles
from serviceflow_manufacturing.flows import contract
from serviceflow_manufacturing.forms import CHANGES, NOT_PAST, Because, Dated, item_list, one_of, optional
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import classes, content, workdays
from serviceflow_manufacturing.settings import read_route
from serviceflow_manufacturing.tables import MfgContract, MfgLine, MfgMeasure, MfgPhoneRecord, MfgPoint, MfgReview

POINTS = {
    1: T("name, specification, technical and quality requirements clear", zh="品名规格、技术质量及特殊要求明确"),
    2: T(
        "quantity, date, price, delivery, settlement, disputes in writing",
        zh="数量、交期、价格、交货、结算、争议书面明确",
    ),
    3: T("annexes, standards, production conditions, ability", zh="附件、标准、生产条件、技术能力满足"),
    4: T("quality-management demands reviewed and met", zh="质量管理要求已评审并满足"),
    5: T("conforms with law, regulation, policy", zh="符合法律法规政策"),
    6: T("all requirements met, every difference resolved", zh="全部要求满足，差异已解决"),
}
STATES = {
    "conform": T("Conform", zh="符合"),
    "not-conform": T("Not conform", zh="不符合"),
    "resolved": T("Resolved", zh="已解决"),
}
OPEN = T("Open", zh="未评审")
DECISIONS = {"approve": T("Approve", zh="批准"), "reject": T("Reject", zh="否决")}
VERDICTS = {
    "open": T("OPEN", zh="待签"),
    "approved": T("approved", zh="同意"),
    "rejected": T("rejected", zh="否决"),
    "absent": T("absent", zh="缺席"),
    "void": T("void", zh="作废"),
}
LIMIT = "mfg.review.limit_w.{}"


# -- rounds ----------------------------------------------------------------------------------------------------


def rounds(case: Case) -> list[MfgReview]:
    """Return the rounds of the order's or amendment's review, oldest first."""
    table = table_of(MfgReview)
    return case.tx.all(MfgReview, table.c.order_id == case.order_id, order_by=[table.c.round])


def current(case: Case) -> MfgReview | None:
    """Return the newest round."""
    found = rounds(case)
    return found[-1] if found else None


def need(case: Case) -> MfgReview:
    """Return the newest round, which must exist."""
    found = current(case)
    if found is None:
        raise LookupError(f"review of {case.order.number}")
    return found


def passed(case: Case) -> MfgReview | None:
    """Return the passed round that covers the contract's present version, or the amendment's content."""
    found = current(case)
    if found is None or found.state != "passed":
        return None
    found_target = contract.target(case)
    if isinstance(found_target.row, MfgContract) and found.version != found_target.row.version:
        return None
    return found


def points(case: Case) -> list[MfgPoint]:
    """Return the six points in order."""
    return sorted(case.rows(MfgPoint), key=lambda p: p.point)


def open_points(case: Case, _: Any = None) -> None:
    """Make the six points, all open."""
    if not case.rows(MfgPoint):
        for n in POINTS:
            case.tx.add(MfgPoint(order_id=case.order_id, point=n))


def reopen_points(case: Case) -> None:
    """Open every point that was set before the content changed."""
    for point in case.rows(MfgPoint):
        if point.state != "open":
            case.tx.change(point, state="open", note="", by_id=None, at=None)


def asked(case: Case) -> list[int]:
    """Return the numbers of the points asked for the class."""
    return list(case.setting(f"mfg.review.points.{contract.target(case).row.letter}"))


# -- the route -------------------------------------------------------------------------------------------------


def stage_roles(case: Case) -> list[list[str]]:
    """Return the roles of each stage; a meeting's first stage with those invited."""
    row = contract.target(case).row
    found = read_route(case.setting(f"mfg.review.route.{row.route}"))
    if row.route == "meeting":
        invited = [*case.setting("mfg.review.invite"), *row.invite]
        found[0] = list(dict.fromkeys([*found[0], *invited]))
    return found


def _stage(n: int) -> Callable[[Case], Sequence[str]]:
    def of(case: Case) -> Sequence[str]:
        found = stage_roles(case)
        return found[n] if n < len(found) else []

    return of


def _barred(case: Case) -> list[int]:
    found = current(case)
    owner = found.owner_id if found is not None and found.state == "open" else case.order.owner_id
    return [owner] if owner is not None else []


def _meeting_gate(case: Case) -> Refuse | None:
    found = need(case)
    if found.route != "meeting" or (found.meeting_at is not None and case.now >= found.meeting_at):
        return None
    return refuse("meeting_first", time=case.local(found.meeting_at) if found.meeting_at is not None else "-")


def _record_gate(case: Case) -> Refuse | None:
    found = need(case)
    return refuse("record_first") if found.route == "meeting" and not found.record else None


def _unresolved(case: Case) -> Refuse | None:
    """Refuse the approval of the last stage while a point is not conform."""
    request = pending(case)
    if request is None or request.stage < max(slot.stage for slot in all_slots(case.tx, request)):
        return None
    found = [str(p.point) for p in points(case) if p.state == "not-conform" and p.point in asked(case)]
    return refuse("points_unresolved", list=", ".join(found)) if found else None


def _quorum_over(case: Case) -> Deadline | None:
    if need(case).route != "meeting":
        return None
    entry = case.day(case.order.entered_at)
    n = case.number("mfg.review.quorum_after_w")
    return moments.end_of(case, workdays.plus(moments.factory(case), entry, n))


def due(case: Case, found: MfgReview) -> datetime:
    """Return when the signatures of a round are due."""
    start = case.day(found.submitted_at)
    return moments.due_at(case, workdays.plus(moments.factory(case), start, case.number(LIMIT.format(found.route))))


def limit(case: Case) -> Deadline | None:
    """Return the limit of the review's step, by its route."""
    found = current(case)
    if found is None:
        return None
    start = case.day(case.order.entered_at)
    n = case.number(LIMIT.format(found.route))
    return moments.end_of(case, workdays.plus(moments.factory(case), start, n))


def _stage_opened(case: Case) -> None:
    request, found = pending(case), need(case)
    if request is None:
        return
    case.tx.change(found, request_id=request.id)
    for slot in all_slots(case.tx, request):
        if slot.stage == request.stage and slot.verdict == "open" and slot.role is not None:
            words = T("Sign the review of {no}", zh="会签{no}评审").of(no=case.order.number)
            case.add_task("sign-review", words, who=slot.role, due=due(case, found), subject=slot.role)
    if found.route == "meeting" and request.stage == 1:
        words = T("Write the review record of {no}", zh="填写{no}评审记录").of(no=case.order.number)
        desk.task(case, "write-record", words, roles.MANAGER, closed_by=("write-record",))
    if request.stage > 0:
        _close_absent(case)
    sheet(case)


def _close_absent(case: Case) -> None:
    request = pending(case)
    for slot in all_slots(case.tx, request) if request is not None else ():
        if slot.verdict == "absent":
            case.close_tasks("sign-review", subject=slot.role, result="absent")


def _signed(case: Case, slot: SlotRow) -> None:
    case.close_tasks("sign-review", subject=slot.role, result=slot.verdict)
    sheet(case)


def route(rejected: str) -> Route:
    """Return the route of reviews; stages and roles come from ``mfg.review.route.*``."""
    gates = (_meeting_gate, _record_gate, _record_gate, _record_gate)
    absent = Absent(Computed(_quorum_over, ("entry",)), "mfg.review.absent_max", "mfg.review.must_sign")
    stages = tuple(
        Stage(
            (Roles(f"stage-{n + 1}", T(f"stage {n + 1}", zh=f"第{n + 1}阶段"), _stage(n)),),
            gate=gate,
            approval=_unresolved,
            absent=absent if n == 0 else None,
        )
        for n, gate in enumerate(gates)
    )
    return Route(
        "mfg-review",
        stages,
        own="refused",
        barred=_barred,
        min_opinion="mfg.review.opinion_min",
        one_slot="mfg.review.one_slot_per",
        rejected=rejected,
        stand_ins="mfg.review.own_delegate",
        withdrawn_by=("withdraw-review", "withdraw-change-review"),
        on_stage=_stage_opened,
        on_sign=_signed,
        said=roles.SAID,
    )


ORDER_ROUTE = route("review-failed")
CHANGE_ROUTE = route("change-rejected")
WHY = T("contract review", zh="合同评审")


# -- submission ------------------------------------------------------------------------------------------------


class Submit(Form):
    invite: list[str] | None = item_list(T("Invite (roles)", zh="邀请(岗位)"), required=False)

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> list[Fault]:
        known = {role.key for role in roles.ROLES}
        wrong = [role for role in values.get("invite") or () if role not in known]
        words = T("there is no role {roles}", zh="没有岗位 {roles}").of(roles=", ".join(wrong))
        return [Fault("invite", words)] if wrong else []


def _fields(case: Case, form: Any) -> Verdict:
    found = contract.target(case)
    lacking = content.missing(found.content, found.row.letter)
    if not lacking:
        return None
    from serviceflow_manufacturing.flows.draft import EditContract

    titles = [EditContract.fields[name].title if name in EditContract.fields else plain(name) for name in lacking]
    typed = " ".join(f"{name}=…" for name in dict.fromkeys(name.partition("[")[0] for name in lacking))
    how = plain(f"flow do {case.order.number} {_edit(case)} {typed}")
    return refuse("fields_missing", fields=listed(titles), how=how)


def _edit(case: Case) -> str:
    return "edit-change" if case.flow.key == contract.AMENDMENT else "edit-contract"


def _delivery_past(case: Case, form: Any) -> Verdict:
    found = contract.target(case)
    if isinstance(found.row, MfgContract) and found.row.unreviewed:
        return None
    dd = date.fromisoformat(found.content["delivery_date"])
    return refuse("date_past", field=T("Delivery date", zh="交货日期"), date=dd) if dd < case.today else None


def _terms(case: Case, form: Any) -> Verdict:
    terms = contract.target(case).content["terms"]
    total = sum(stage["percent"] for stage in terms)
    return refuse("terms_sum", sum=total, edit=_edit(case)) if terms and total != 100 else None


def _phone_record(case: Case, form: Any) -> Verdict:
    main = contract.main(case)
    by_phone = contract.target(case).content["form"] in classes.BY_PHONE
    lacking = by_phone and case.tx.get(MfgPhoneRecord, main.order_id) is None
    return refuse("phone_record_missing") if lacking else None


def _confirmed(case: Case, form: Any) -> Verdict:
    if not desk.is_foreign(case):
        return None
    return refuse("product_unconfirmed") if not all(line.confirmed for line in case.rows(MfgLine)) else None


def _tech_review(case: Case, form: Any) -> Verdict:
    needed = any(line.tech_review_needed for line in case.rows(MfgLine))
    return refuse("tech_review_open") if needed and contract.target(case).row.tech_review != "pass" else None


def without_agreement(case: Case) -> list[int]:
    """Return the changed or new lines that no technical agreement covers."""
    found = contract.target(case)
    covered = set(found.row.agreement_for) | set(contract.main(case).own(MfgContract).agreement_for)
    return [line["line_no"] for line in found.content["lines"]
            if line["change"] != "none" and line["line_no"] not in covered]  # fmt: skip


def _agreement(case: Case, form: Any) -> Verdict:
    return refuse("tech_agreement_missing") if without_agreement(case) else None


def _points_open(case: Case, form: Any) -> Verdict:
    left = [str(p.point) for p in points(case) if p.state == "open" and p.point in asked(case)]
    return refuse("points_open", list=", ".join(left)) if left else None


def _signers(case: Case, form: Any) -> Verdict:
    route_of = CHANGE_ROUTE if case.flow.key == contract.AMENDMENT else ORDER_ROUTE
    nobody = unsignable(case, route_of, case.actor.id if case.actor is not None else None)
    names = listed(case.shop.role_title(role) for role in nobody)
    return refuse("no_signer", roles=names, role=" ".join(nobody)) if nobody else None


SUBMIT_GUARDS = (
    Guard("fields_missing", _fields, early=True),
    Guard("delivery_past", _delivery_past, early=True),
    Guard("terms_sum", _terms, early=True),
    Guard("phone_record_missing", _phone_record, early=True),
    Guard("product_unconfirmed", _confirmed, early=True),
    Guard("tech_review_open", _tech_review, early=True),
    Guard("tech_agreement_missing", _agreement, early=True),
    Guard("points_open", _points_open, early=True),
    Guard("no_signer", _signers),
)


def submit(case: Case, form: Submit) -> None:
    """Open a new round on the frozen content."""
    found = contract.target(case)
    case.tx.change(found.row, invite=form.invite or [])
    version = contract.freeze(case) if not found.amendment else found.row.base + 1  # type: ignore[union-attr]
    before = current(case)
    case.tx.add(
        MfgReview(
            order_id=case.order_id,
            round=before.round + 1 if before is not None else 1,
            version=version,
            letter=found.row.letter,
            route=found.row.route,
            requester_id=case.actor.id if case.actor is not None else None,
            owner_id=case.order.owner_id,
            submitted_at=case.now,
        )
    )


# -- actions of both flows -------------------------------------------------------------------------------------


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


def measures(case: Case) -> list[dict[str, Any]]:
    """Return the measures agreed in the reviews of the contract, as papers show them."""
    rows = contract.main(case).rows(MfgMeasure)
    return [{"text": m.text, "role": case.shop.role_title(m.role), "due": m.due.isoformat()} for m in rows]


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


# -- the sheet -------------------------------------------------------------------------------------------------


def sheet_facts(case: Case) -> dict[str, Any]:
    """Return what the review sheet shows: class, route, lines, points, slots with signers and opinions."""
    found, target = need(case), contract.target(case)
    request = pending(case)
    slots = all_slots(case.tx, request) if request is not None else _slots(case, found)
    note = contract.together(case)
    return {
        "order": case.order.number,
        "customer": case.customer.name,
        "contract_version": found.version,
        "letter": T("{letter} {title}", zh="{letter} {title}").of(
            letter=found.letter, title=classes.CLASSES[found.letter]
        ),
        "route": classes.ROUTES[found.route],
        "round": found.round,
        "lines": [
            {**line, "change": CHANGES[line["change"]], "unit_price": content.shown("unit_price", line["unit_price"])}
            for line in target.content["lines"]
        ],
        "amount": content.shown("amount", content.amount(target.content), target.content["currency"]),
        "currency": target.content["currency"],
        "points": [
            {"n": p.point, "text": POINTS[p.point], "state": STATES.get(p.state, OPEN), "note": p.note}
            for p in points(case)
        ],
        "slots": [
            {"stage": s.stage + 1, "role": case.shop.role_title(s.role or ""), "state": VERDICTS[s.verdict],
             "signer": desk.name_of(case.tx, s.signed_by),
             "signed_for": desk.name_of(case.tx, s.signed_for) if s.signed_for else "", "opinion": s.opinion,
             "at": case.local(s.at) if s.at else ""}
            for s in slots
        ],
        "together": note if note is not None else "",
    }  # fmt: skip


def _slots(case: Case, found: MfgReview) -> list[SlotRow]:
    table = table_of(SlotRow)
    return case.tx.all(SlotRow, table.c.request_id == found.request_id, order_by=[table.c.stage, table.c.id])


def slots(case: Case, found: MfgReview) -> list[SlotRow]:
    """Return the slots of a round, stage by stage."""
    return _slots(case, found) if found.request_id is not None else []


def sheet(case: Case) -> None:
    """Write the review sheet anew under its number."""
    papers.make(case, "review-sheet", sheet_facts(case))
