"""Who signs a review, stage by stage: meeting, record, quorum, who is barred. Source: manufacturing.md 5.3."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from serviceflow.api import (
    Absent,
    Case,
    Computed,
    Deadline,
    Refuse,
    Roles,
    Route,
    SlotRow,
    Stage,
    T,
    all_slots,
    pending,
)

from serviceflow_manufacturing import desk, moments, roles
from serviceflow_manufacturing.flows import contract
from serviceflow_manufacturing.flows.rounds import asked, current, due, need, points, sheet
from serviceflow_manufacturing.refusals import refuse
from serviceflow_manufacturing.rules import workdays
from serviceflow_manufacturing.settings import read_route


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
