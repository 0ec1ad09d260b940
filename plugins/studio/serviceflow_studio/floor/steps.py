"""The stations of the floor and how a session goes from one to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from serviceflow.api import (
    BACK,
    START,
    STAY,
    Action,
    Case,
    Choose,
    Computed,
    Do,
    Flow,
    Form,
    Guard,
    Late,
    SetAnchor,
    Step,
    T,
    Task,
    before,
    minutes,
    of,
)

from serviceflow_studio import facts, roles
from serviceflow_studio.floor import effects, forms, rules
from serviceflow_studio.shoot.effects import shoot_ahead

LIMITS = {
    "arrived": "greet",
    "briefing": "brief",
    "settling": "settle",
    "dressing": "dress",
    "makeup": "makeup",
    "call-in": "callin",
    "rapport": "talk_max",
    "changing": "change",
    "retouch": "retouch",
    "waiting": "wait_max",
}
"""Setting with the minutes of a station, by step."""
ACTIVE = (
    "arrived",
    "briefing",
    "settling",
    "dressing",
    "makeup",
    "call-in",
    "rapport",
    "shooting",
    "changing",
    "retouch",
    "waiting",
    "outdoor",
    "unmaking",
)
BEFORE_OUTDOOR = ("settling", "dressing", "makeup", "call-in", "rapport", "shooting", "changing", "retouch")
WAITING_FROM = ("dressing", "makeup", "call-in", "changing", "retouch")
SEGMENT = ("shooting", "outdoor")
AFTER_SEGMENT = ("changing", "unmaking")
SHOT_LIMIT = Computed(effects.shot_until, hangs_on=("entry",))


def _limit(step: str) -> Any:
    return minutes(f"studio.floor.{LIMITS[step]}", after="entry") if step in LIMITS else None


def _step(key: str, en: str, zh: str, role: str, **more: Any) -> Step:
    return Step(key, T(en, zh=zh), role, limit=more.pop("limit", _limit(key)), on_path=True, **more)


STEPS = (
    _step(
        "planned",
        "Planned",
        "待拍",
        roles.DEPUTY,
        entry=(
            Task(
                "prep-shoot",
                T("Staffing, make-up kit, batteries charged, seat card if VIP", zh="排人、化妆用品、充电、贵宾入座卡"),
                roles.DEPUTY,
                before("shoot_at", days="studio.shoot.reminder_days", at="studio.day.task_due", past="now"),
                when=shoot_ahead,
            ),
        ),
    ),
    _step("arrived", "Greeting", "恭迎登记", roles.DISPATCHER),
    _step(
        "briefing",
        "Briefing",
        "拍前讲解",
        roles.DISPATCHER,
        hint=T(
            "Explain the course and length; ask about allergies; extras are voluntary",
            zh="说明流程与预计时长;皮肤敏感请先说;自选项目自愿",
        ),
    ),
    _step("settling", "Key and towels", "调度安排", roles.DISPATCHER),
    _step("dressing", "Choosing the dress", "选穿礼服", roles.DRESSER),
    _step("makeup", "Make-up and styling", "化妆造型", roles.MAKEUP),
    _step("call-in", "Call to the studio", "安排拍摄", roles.DISPATCHER),
    _step(
        "rapport",
        "Talk before shooting",
        "拍前沟通",
        roles.PHOTOGRAPHER,
        hint=T(
            "{talk_min}-{talk_max} minutes on tastes and style; "
            "honestly name at most {small_flaws} things the angle will help",
            zh="{talk_min}-{talk_max}分钟聊喜好、定风格;坦诚说最多{small_flaws}处可用角度改善的地方",
        ),
    ),
    _step("shooting", "Shooting", "摄影", roles.PHOTOGRAPHER, limit=SHOT_LIMIT),
    _step("changing", "Change of dress", "更换礼服", roles.DRESSER),
    _step("retouch", "Restyling", "改妆", roles.MAKEUP),
    Step(
        "waiting",
        T("Waiting", zh="安抚顾客"),
        roles.DEPUTY,
        limit=_limit("waiting"),
        hint=T(
            "Say why and how long; refill tea; use the time for lunch", zh="说明原因和大约分钟;添茶;久等可先安排午餐"
        ),
    ),
    Step(
        "outdoor",
        T("Outdoor shoot", zh="外景拍摄"),
        roles.PHOTOGRAPHER,
        limit=of("outdoor_until"),
        hint=T(
            "Hold the door (lean {car_bow_degrees} degrees), mind the head; "
            "tell the travel time; ask if anyone feels unwell",
            zh="扶车门(躬身{car_bow_degrees}度)、提醒碰头;报车程;问有无不适",
        ),
    ),
    _step("unmaking", "Make-up off", "结束卸妆", roles.MAKEUP),
    _step("checkout", "Checkout", "退押送客", roles.DISPATCHER),
    Step("done", T("Done", zh="完成"), final=True, on_path=True),
    Step("aborted", T("Aborted", zh="中止"), final=True),
    Step("cancelled", T("Cancelled", zh="取消"), final=True),
)


def _station(
    key: str,
    en: str,
    zh: str,
    at: str,
    to: str | Choose,
    by: tuple[str, ...],
    form: type[Form] = Form,
    *,
    guards: tuple[Guard, ...] = (),
    do: Callable[[Case, Any], None] | None = None,
) -> Action:
    """Return the action that ends a station, measured against its minutes."""
    limit = SHOT_LIMIT if at == "shooting" else _limit(at)
    return Action(
        key,
        T(en, zh=zh),
        (at,),
        to,
        by=by,
        form=form,
        guards=guards,
        effects=(Do(do),) if do is not None else (),
        late=Late(limit) if limit is not None else None,
    )


D, M, P, DR = roles.DISPATCHER, roles.MAKEUP, roles.PHOTOGRAPHER, roles.DRESSER

ACTIONS = (
    Action(
        "plan",
        T("Plan session", zh="排场次"),
        START,
        "planned",
        form=forms.Plan,
        effects=(SetAnchor("shoot_at", "shoot_at"), Do(effects.plan, before=True)),
    ),
    Action("arrive", T("Arrive", zh="到达"), ("planned",), "arrived", auto=True, when=facts.never),
    Action("cancel", T("Cancel", zh="取消"), ("planned",), "cancelled", auto=True, when=facts.never),
    _station("register", "Register", "登记", "arrived", "briefing", (D,), forms.Register, do=effects.register),
    _station("briefed", "Briefed", "讲解完毕", "briefing", "settling", (D,), forms.Briefed, do=effects.briefed),
    _station(
        "hand-key",
        "Key and deposit",
        "发钥匙收押金",
        "settling",
        "dressing",
        (D,),
        forms.HandKey,
        guards=(rules.LOCKER_FREE, rules.LOCKER_DEPOSIT),
        do=effects.hand_key,
    ),
    _station("no-locker", "No locker", "不用衣柜", "settling", "dressing", (D,), forms.Because),
    _station("dressed", "Dressed", "礼服选定", "dressing", "makeup", (DR,), forms.Dressed, do=effects.dress),
    _station("made-up", "Made up", "妆毕", "makeup", "call-in", (M,), forms.MadeUp, guards=(rules.ALLERGY_SEEN,)),
    _station("called-in", "Called in", "入棚", "call-in", "rapport", (D,), forms.CalledIn, do=effects.called_in),
    Action(
        "start",
        T("Start", zh="开拍"),
        ("rapport",),
        Choose(effects.segment_to, SEGMENT),
        by=(P,),
        form=forms.Start,
        guards=(rules.OUTDOOR_PLANNED,),
        effects=(Do(effects.short_talk, before=True), Do(effects.start, before=True)),
        late=Late(minutes("studio.floor.talk_max", after="entry")),
    ),
    Action(
        "shot",
        T("Outfit done", zh="本套拍完"),
        ("shooting",),
        Choose(effects.after_segment, AFTER_SEGMENT),
        by=(P, roles.ASSISTANT),
        form=forms.Shot,
        effects=(Do(effects.shot),),
        late=Late(SHOT_LIMIT),
    ),
    _station("changed", "Changed", "换装完毕", "changing", "retouch", (DR,), forms.Changed, do=effects.dress),
    Action(
        "retouched",
        T("Restyled", zh="改妆完毕"),
        ("retouch",),
        Choose(effects.segment_to, SEGMENT),
        by=(M,),
        form=forms.Retouched,
        guards=(rules.OUTDOOR_PLANNED,),
        effects=(Do(effects.start, before=True),),
        late=Late(minutes("studio.floor.retouch", after="entry")),
    ),
    Action(
        "plan-outdoor",
        T("Plan outdoor", zh="安排外景"),
        BEFORE_OUTDOOR,
        by=(D,),
        form=forms.PlanOutdoor,
        guards=(rules.HAS_OUTDOOR,),
        effects=(SetAnchor("depart_at", "depart_at"), Do(effects.plan_outdoor)),
    ),
    Action("extend", T("Extend", zh="延时"), ("outdoor",), by=(P,), form=forms.Extend, effects=(Do(effects.extend),)),
    Action(
        "returned",
        T("Returned", zh="外景返回"),
        ("outdoor",),
        Choose(effects.after_segment, AFTER_SEGMENT),
        by=(P,),
        form=forms.Returned,
        effects=(Do(effects.returned),),
        late=Late(of("outdoor_until")),
    ),
    Action(
        "postpone-outdoor",
        T("Postpone outdoor", zh="外景改期"),
        ("arrived", "briefing", *BEFORE_OUTDOOR),
        Choose(effects.postpone_to, ("unmaking",)),
        by=(D,),
        form=forms.PostponeOutdoor,
        guards=(
            rules.HAS_OUTDOOR,
            rules.SOMETHING_LEFT,
            rules.POSTPONED_HORIZON,
            rules.POSTPONED_WAVE,
            rules.POSTPONED_PLACE,
            rules.POSTPONED_CAR,
        ),
        effects=(Do(effects.postpone_outdoor, before=True),),
    ),
    Action(
        "wait",
        T("Ask to wait", zh="请客稍候"),
        WAITING_FROM,
        "waiting",
        by=roles.FLOOR,
        form=forms.Wait,
        guards=(rules.COMFORT,),
    ),
    Action(
        "resume",
        T("Go on", zh="继续"),
        ("waiting",),
        BACK,
        by=roles.FLOOR,
        late=Late(minutes("studio.floor.wait_max", after="entry")),
    ),
    Action(
        "wait-over",
        T("Waits too long", zh="等候过久"),
        ("waiting",),
        STAY,
        over="step",
        effects=(Do(effects.wait_over),),
    ),
    Action(
        "sell",
        T("Floor sale", zh="专业部推销"),
        (*ACTIVE, "checkout"),
        by=roles.FLOOR,
        form=forms.Sell,
        guards=(rules.PRICE_ACTIVE,),
        effects=(Do(effects.sell),),
    ),
    Action("cleaned", T("Cleaned", zh="卸妆完毕"), ("unmaking",), "checkout", by=(M, DR)),
    Action(
        "key-lost",
        T("Key lost", zh="钥匙遗失"),
        ("checkout",),
        by=(D,),
        form=forms.KeyLost,
        effects=(Do(effects.key_lost),),
    ),
    Action(
        "checkout",
        T("Check out", zh="退押送客"),
        ("checkout",),
        "done",
        by=(D,),
        form=forms.Checkout,
        guards=(rules.KEY_BACK, rules.BALANCE_ZERO, rules.IMAGE_NEW, rules.VIEWING_SAID),
        effects=(Do(effects.checkout, before=True),),
    ),
    Action(
        "abort",
        T("Abort", zh="中止"),
        ACTIVE,
        "aborted",
        by=(D,),
        form=forms.Abort,
        guards=(rules.KEY_BACK, rules.IMAGE_NEW, rules.ABORT_SIGNED),
        effects=(Do(effects.abort, before=True),),
    ),
)

STUDIO_SHOOT = Flow(
    key="studio-shoot",
    version=1,
    title=T("Session", zh="拍摄场次"),
    series="SS{n:04}",
    alone=False,
    supervisors=roles.OVERSEERS,
    facts=facts.session_facts,
    anchors=("outdoor_until",),
    steps=STEPS,
    actions=ACTIONS,
)
