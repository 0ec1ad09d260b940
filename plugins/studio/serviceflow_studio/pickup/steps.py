"""Steps and actions of production and pickup."""

from __future__ import annotations

from serviceflow.api import (
    NOW,
    STAY,
    Action,
    Case,
    Choose,
    Computed,
    Deadline,
    Do,
    Late,
    Message,
    Moment,
    Step,
    T,
    Task,
    before,
    days,
    minutes,
    of,
)

from serviceflow_studio.pickup import effects, forms, rules
from serviceflow_studio.roles import PICKUP, PRODUCTION, SERVICE
from serviceflow_studio.sale.rules import PRICE_ACTIVE
from serviceflow_studio.slips import SLIP_OR_ID
from serviceflow_studio.viewing import pieces

MAKING = ("production", "ready", "part-collected")


def _before_pickup(setting: str, at: str) -> Moment:
    return before("pickup_at", days=f"studio.pickup.{setting}", at=at, past="now")


def pickup_ahead(case: Case) -> bool:
    """Return whether the pickup is on a later day."""
    day = case.anchor_day("pickup_at")
    return day is not None and day > case.today


ANNOUNCED = _before_pickup("reminder_days", "studio.day.pickup_reminder_time")
"""When the pickup is announced."""


def judged(case: Case) -> Deadline | None:
    """Return when it is judged whether everything is ready: as the pickup is announced, that instant included."""
    found = ANNOUNCED.deadline(case)
    return Deadline(found.at, closed=False) if found is not None else None


PICKUP_REMINDER = Message(
    "pickup-reminder",
    ANNOUNCED,
    stays=True,
    when=pickup_ahead,
    only_if="pickup-ready",
    expires=of("pickup_at"),
    event=of("pickup_at"),
    cancelled_by=("start-pickup",),
)
CALL_PICKUP = Task(
    "call-pickup",
    T("Call: pickup tomorrow", zh="电话提醒明日取件"),
    PICKUP,
    _before_pickup("reminder_days", "studio.day.task_due"),
    when=pickup_ahead,
)

STEPS = (
    Step(
        "production",
        T("In production", zh="制作中"),
        PRODUCTION,
        on_path=True,
        limit=Moment("days", "studio.pickup.check_days", "pickup_at", sign=-1),
        entry=(
            Task(
                "check-pieces",
                T("Check the pieces", zh="检查相件"),
                PICKUP,
                _before_pickup("check_days", "studio.day.check_time"),
                when=pickup_ahead,
                closed_by=("all-ready",),
            ),
            PICKUP_REMINDER,
        ),
    ),
    Step(
        "ready",
        T("Ready for pickup", zh="待取件"),
        PICKUP,
        on_path=True,
        limit=days(0, after="pickup_at"),
        entry=(CALL_PICKUP, PICKUP_REMINDER),
    ),
    Step(
        "collecting",
        T("Pickup in progress", zh="取件清点"),
        PICKUP,
        on_path=True,
        entry=(
            Task(
                "fetch-pieces",
                T("Fetch the pieces", zh="取出相件"),
                PICKUP,
                minutes("studio.pickup.fetch_minutes", after="entry"),
                closed_by=("fetched",),
            ),
        ),
        hint=T(
            "Fetch within {fetch_minutes} minutes; count one, pack one; apologise first, then solve",
            zh="{fetch_minutes}分钟内取出;点一件装一件;有问题先致歉再解决",
        ),
    ),
    Step("part-collected", T("Partly collected", zh="部分取件"), PICKUP, entry=(Do(effects.chase), PICKUP_REMINDER)),
)

ACTIONS = (
    Action(
        "arrive",
        T("Pieces arrive", zh="客件到店"),
        MAKING,
        by=(PICKUP, PRODUCTION),
        form=forms.Pieces,
        guards=(rules.ARRIVE,),
        effects=(Do(effects.arrive),),
    ),
    Action(
        "qc-pass",
        T("Pass check", zh="质检合格"),
        MAKING,
        by=(PICKUP,),
        form=forms.Pieces,
        guards=(rules.QC_PASS,),
        effects=(
            Do(effects.qc_pass),
            Message(
                "missing-ready",
                NOW,
                to=effects.arrived_now,
                when=effects.missing_ready,
                stays=True,
                cancelled_by=("sign-pickup",),
            ),
        ),
    ),
    Action(
        "qc-fail",
        T("Rework", zh="返工"),
        MAKING,
        Choose(effects.still_in_production, ("production",)),
        by=(PICKUP,),
        form=forms.QcFail,
        guards=(rules.QC_FAIL,),
        effects=(Do(effects.qc_fail),),
    ),
    Action(
        "agree-part",
        T("Agree part pickup", zh="同意先取部分"),
        ("production",),
        "ready",
        by=(PICKUP,),
        form=forms.AgreePart,
        guards=(rules.SOMETHING_READY,),
        effects=(Do(effects.agree_part, before=True),),
    ),
    Action("all-ready", T("All ready", zh="客件齐全"), ("production",), "ready", auto=True, when=pieces.all_passed),
    Action(
        "not-ready",
        T("Not ready for the pickup", zh="未能按期备好"),
        ("production",),
        STAY,
        at=Computed(judged, ("pickup_at",)),
        when=effects.not_ready,
        effects=(
            Task(
                "not-ready",
                T("Not everything is ready for tomorrow's pickup", zh="明日取件未备齐"),
                PICKUP,
                _before_pickup("reminder_days", "studio.day.task_due"),
                closed_by=("all-ready", "agree-part", "move-pickup"),
            ),
        ),
    ),
    Action(
        "pickup-missed",
        T("Pieces not collected", zh="逾期未取"),
        MAKING,
        STAY,
        at=days(0, after="pickup_at"),
        effects=(Do(effects.pickup_missed),),
    ),
    Action(
        "start-pickup",
        T("Start pickup", zh="开始取件"),
        ("ready", "part-collected"),
        "collecting",
        by=(PICKUP,),
        form=forms.StartPickup,
        guards=(rules.NO_DEBT, SLIP_OR_ID, rules.PICKUP_HOURS, rules.SOMETHING_READY, rules.PICKUP_DAY),
        effects=(Do(effects.start_pickup),),
    ),
    Action(
        "fetched",
        T("Fetched", zh="取出相件"),
        ("collecting",),
        by=(PICKUP,),
        late=Late(minutes("studio.pickup.fetch_minutes", after="entry")),
    ),
    Action(
        "count",
        T("Count", zh="清点"),
        ("collecting",),
        by=(PICKUP,),
        form=forms.Count,
        guards=(rules.COUNT_ONCE, rules.COUNT_ADDS_UP),
        effects=(Do(effects.count),),
    ),
    Action(
        "sell-extra",
        T("Sell extra", zh="取件加购"),
        ("collecting",),
        by=(PICKUP,),
        form=forms.SellExtra,
        guards=(PRICE_ACTIVE, rules.LEFTOVER_PRICE),
        effects=(Do(effects.sell_extra),),
    ),
    Action(
        "passport",
        T("Data sheet and booklet", zh="顾客资料与护照"),
        ("collecting",),
        by=(PICKUP, SERVICE),
        form=forms.Passport,
        effects=(Do(effects.passport),),
    ),
    Action(
        "survey",
        T("Survey", zh="满意度"),
        ("collecting",),
        by=(PICKUP, SERVICE),
        form=forms.Survey,
        guards=(rules.SURVEY_ONCE,),
        effects=(Do(effects.survey),),
    ),
    Action(
        "sign-pickup",
        T("Sign pickup", zh="取件签收"),
        ("collecting",),
        Choose(effects.after_signing, ("aftercare", "part-collected")),
        by=(PICKUP,),
        form=forms.SignPickup,
        guards=(rules.COUNTED, rules.SURVEY_ASKED, rules.NO_DEBT),
        effects=(Do(effects.sign_pickup, before=True),),
    ),
    Action(
        "abandon",
        T("Not taken", zh="未取走"),
        ("collecting",),
        Choose(effects.after_abandoning, ("ready", "part-collected")),
        by=(PICKUP,),
        form=forms.Abandon,
        guards=(rules.NO_DEBT,),
        effects=(Do(effects.abandon, before=True),),
    ),
)
