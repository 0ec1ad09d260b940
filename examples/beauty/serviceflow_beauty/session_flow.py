"""The flow `beauty-session`. Source: examples.md section 4.1."""

from __future__ import annotations

from typing import Any

from serviceflow.api import (
    START,
    Action,
    Case,
    Do,
    Flow,
    Guard,
    Issue,
    Message,
    SetAnchor,
    Staff,
    Step,
    T,
    Task,
    bdays,
    before,
    days,
    minutes,
    of,
)

from serviceflow_beauty import care
from serviceflow_beauty import session_effects as does
from serviceflow_beauty.forms import Because, Book, Consult, Farewell, Finish, Plan, Start, Stop, WalkIn, Welcome
from serviceflow_beauty.tables import BeautySession, BeautyTreatment


def facts(case: Case) -> dict[str, Any]:
    """Return what titles, talking points and messages may name."""
    session = case.own(BeautySession)
    treatment = case.tx.get(BeautyTreatment, session.treatment) if session.treatment is not None else None
    person = case.tx.get(Staff, case.order.owner_id) if case.order.owner_id is not None else None
    return {
        "time": case.local(session.starts_at)[11:],
        "treatment": T(treatment.name_en, zh=treatment.name_zh) if treatment else T("your treatment", zh="护理"),
        "home_care": session.home_care or "-",
        "staff": person.name if person is not None else "",
        "metres": case.number("bea.greet_metres"),
    }


CALL = Task("bea-call", T("Call", zh="致电"), "reception", bdays(1, at="core.day_end"), stays=True)
STEPS = (
    Step(
        "booked", T("Booked", zh="已预约"), role="reception", on_path=True, limit=of("starts_at"),
        entry=(Message("bea-remind", before("starts_at", days="bea.remind_cd", at="10:00"), expires=of("starts_at")),),
    ),
    Step(
        "welcomed", T("Welcomed", zh="迎客"), role="reception", on_path=True, limit=minutes("bea.welcome_minutes"),
        entry=(
            Task("bea-welcome", T("Seat, drink, slippers, locker", zh="入座、饮品、拖鞋、柜子"), "reception",
                 minutes("bea.welcome_minutes")),
        ),
        hint=T(
            "Go {metres} m out to meet the guest; name yourself and ask for the name; say why this drink.",
            zh="主动上前 {metres} 米迎接, 自我介绍并询问称呼, 说明饮品的理由。",
        ),
    ),
    Step(
        "consulted", T("Consulted", zh="已咨询"), role="consultant", on_path=True,
        hint=T(
            "Consult like a doctor: what was used, where, how long, reactions.",
            zh="像医生一样问诊: 用过什么、部位、多久、反应。",
        ),
    ),
    Step(
        "planned", T("Plan agreed", zh="方案确认"), role="consultant", on_path=True,
        hint=T(
            "Explain a step the guest does not want as hygiene, never as a threat.",
            zh="客人不愿做的步骤从卫生角度解释, 绝不恐吓。",
        ),
    ),
    Step("treating", T("Treating", zh="护理中"), role="therapist", on_path=True, limit=of("treated_until")),
    Step(
        "aftercare", T("Aftercare", zh="护理后"), role="consultant", on_path=True, limit=days(0),
        entry=(Task("bea-explain", T("Explain home care, book next", zh="讲解居家护理, 预约下次"), "consultant",
                    days(0)),),
    ),
    Step(
        "closed", T("Closed", zh="已完成"), final=True, on_path=True,
        entry=(
            Task("bea-skin", T("How is the skin?", zh="皮肤回访"), "consultant", days(1, at="core.day_end"),
                 each="bea.aftercare_cd", stays=True),
            Message("bea-care", days(1, at="10:00"), stays=True),
        ),
    ),
    Step("no-show", T("No-show", zh="未到"), final=True, entry=(CALL,)),
    Step("left", T("Left", zh="离店"), final=True, entry=(CALL,)),
    Step("cancelled", T("Cancelled", zh="已取消"), final=True),
)  # fmt: skip

OPENED = (Do(does.note_session, before=True), SetAnchor("starts_at", "starts_at"))
BOOKING = (Guard("BEA-1", care.consents), Guard("bea-treatment", care.treatment_known))
CONSULTANTS = ("consultant", "manager")
ACTIONS = (
    Action("book", T("Book", zh="预约"), START, "booked", by=("reception",), form=Book, guards=BOOKING,
           effects=OPENED),
    Action("walk-in", T("Walk in", zh="直接到店"), START, "welcomed", by=("reception",), form=WalkIn,
           guards=(*BOOKING, Guard("BEA-2", care.locker_free)), effects=OPENED),
    Action("welcome", T("Welcome", zh="迎客"), ("booked",), "welcomed", by=("reception",), form=Welcome,
           guards=(Guard("BEA-2", care.locker_free),), effects=(Do(does.welcome),)),
    Action("consult", T("Consult", zh="咨询"), ("welcomed",), "consulted", by=CONSULTANTS, form=Consult,
           guards=(Guard("BEA-3", care.form_fresh),), effects=(Do(does.consult), Issue("bea-form"))),
    Action("plan", T("Plan", zh="定方案"), ("consulted",), "planned", by=CONSULTANTS, form=Plan,
           guards=(
               Guard("bea-treatment-known", care.treatment_known),
               Guard("BEA-4", care.patch_tested),
               Guard("BEA-5", care.gentle_only),
               Guard("BEA-6", care.card_usable),
           ),
           effects=(Do(does.plan), Issue("bea-plan"))),
    Action("start", T("Start", zh="开始护理"), ("planned",), "treating", by=("therapist",), form=Start,
           guards=(Guard("BEA-7", care.gap_over), Guard("bea-therapist", care.therapist_free)),
           effects=(Do(does.start, before=True),)),
    Action("finish", T("Finish", zh="护理完成"), ("treating",), "aftercare", by=("therapist",), form=Finish,
           guards=(Guard("bea-card", care.card_still_usable),), effects=(Do(does.finish),)),
    Action("stop", T("Stop", zh="中止"), ("treating",), "aftercare", by=("therapist",), form=Stop,
           effects=(Do(does.stop),)),
    Action("farewell", T("Farewell", zh="送客"), ("aftercare",), "closed", by=CONSULTANTS, form=Farewell,
           effects=(Do(does.farewell, before=True),)),
    Action("cancel", T("Cancel", zh="取消"), ("booked",), "cancelled", by=("reception",), form=Because,
           effects=(Do(does.deduct),)),
    Action("no-show", T("No-show", zh="未到"), ("booked",), "no-show",
           at=minutes("bea.noshow_minutes", after="starts_at"), effects=(Do(does.deduct),)),
    Action("leave", T("Leave", zh="离店"), ("welcomed", "consulted", "planned"), "left", by=("reception",),
           form=Because),
)  # fmt: skip

SESSION = Flow(
    key="beauty-session",
    version=1,
    title=T("Session", zh="到店护理"),
    steps=STEPS,
    actions=ACTIONS,
    series="BS-{n:04}",
    supervisors=("manager",),
    facts=facts,
    anchors=("treated_until",),
)
