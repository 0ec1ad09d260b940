"""Steps and actions around the shoot date."""

from __future__ import annotations

from serviceflow.api import Action, Case, Choose, Do, Late, Message, SetAnchor, Step, T, Task, before, days, minutes, of

from serviceflow_studio import facts
from serviceflow_studio.bookings import Book
from serviceflow_studio.persons import reachable
from serviceflow_studio.roles import CASHIER, CONSULTANT, DISPATCHER, SERVICE, VIEWING
from serviceflow_studio.sale import rules as sale_rules
from serviceflow_studio.shoot import effects, forms, rules, sessions
from serviceflow_studio.slips import SLIP_OR_ID
from serviceflow_studio.urging import rules as urging_rules
from serviceflow_studio.urging.effects import back_to
from serviceflow_studio.urging.steps import BOOKING_BUNDLE, WAITING

BACK = ("booked", "urging")
BOOK = Book(rules.wish_of, effects.book)
DATE_GUARDS = (
    rules.WITHIN_HORIZON,
    rules.WAVE_OPEN,
    rules.TODAY_WAVE,
    rules.LEAD_DAYS,
    rules.PLACE_FREE,
    rules.CAR_FREE,
)
LATE_CHANGE = Late(effects.LATE_CHANGE, unit="days")

STEPS = (
    Step(
        "scheduled",
        T("Shoot scheduled", zh="已排拍摄"),
        CONSULTANT,
        on_path=True,
        limit=days(0, after="shoot_at"),
        entry=(
            Task(
                "day-before-call",
                T("Pull the envelope, call: arrival time, what to bring", zh="取资料袋, 电话告知到店时间与须带物品"),
                CONSULTANT,
                before("shoot_at", days="studio.shoot.reminder_days", at="studio.day.task_due", past="now"),
                when=effects.shoot_ahead,
            ),
            Message(
                "shoot-reminder",
                before("shoot_at", days="studio.shoot.reminder_days", at="studio.day.reminder_time", past="now"),
                when=effects.shoot_ahead,
                expires=of("shoot_at"),
            ),
        ),
    ),
    Step(
        "shooting",
        T("Being photographed", zh="拍摄中"),
        DISPATCHER,
        on_path=True,
        limit=days(0, after="shoot_at"),
        entry=(
            Task(
                "visit-consultant",
                T("Visit the set", zh="探班"),
                CONSULTANT,
                minutes("studio.floor.visit_minutes", after="entry"),
                stays=True,
            ),
            Task(
                "visit-viewing",
                T("Visit the set", zh="探班"),
                VIEWING,
                minutes("studio.floor.visit_minutes", after="entry"),
                stays=True,
            ),
        ),
    ),
)


def _after_session(case: Case, form: object) -> str:
    return "scheduled" if sessions.planned(case) is not None else "view-waiting"


def _after_abort(case: Case, form: object) -> str:
    return "scheduled" if sessions.planned(case) is not None else back_to(case)


def _back(case: Case, form: object) -> str:
    return back_to(case)


SHOOT_CARE = Message(
    "shoot-care", days("studio.care.shoot_days", after="session_on", at="studio.day.morning"), to=reachable, stays=True
)

ACTIONS = (
    Action(
        "pay-shoot-today",
        T("Pay, shoot today", zh="立拍付清"),
        ("payment",),
        "scheduled",
        by=(CASHIER,),
        form=forms.PayShootToday,
        guards=(
            sale_rules.NOT_OVER_BALANCE,
            rules.PAID_TODAY,
            sale_rules.MIN_DEPOSIT,
            sale_rules.SAME_PAYMENT,
            rules.WAVE_OPEN,
            rules.TODAY_WAVE,
            rules.PLACE_FREE,
            rules.CAR_FREE,
        ),
        effects=(SetAnchor("booked_at"), Do(effects.pay_today, before=True), BOOK, *BOOKING_BUNDLE),
        outcome="shoot-today",
    ),
    Action(
        "book-shoot",
        T("Book shoot", zh="约拍摄"),
        WAITING,
        "scheduled",
        by=(CONSULTANT, SERVICE),
        form=forms.BookShoot,
        guards=(urging_rules.PACK_GIVEN, *DATE_GUARDS),
        effects=(BOOK,),
    ),
    Action(
        "move-shoot",
        T("Move shoot", zh="改拍摄期"),
        ("scheduled",),
        by=(CONSULTANT, SERVICE),
        form=forms.MoveShoot,
        guards=(rules.NOT_CHECKED_IN, *DATE_GUARDS),
        effects=(Book(rules.wish_of, effects.move, owner=sessions.planned),),
        late=LATE_CHANGE,
    ),
    Action(
        "release-shoot",
        T("Give up date", zh="取消拍摄期"),
        ("scheduled",),
        Choose(_back, BACK),
        by=(CONSULTANT, SERVICE),
        form=forms.Because,
        guards=(rules.NOT_CHECKED_IN,),
        effects=(Do(effects.give_up, before=True),),
        late=LATE_CHANGE,
    ),
    Action(
        "check-in",
        T("Check in", zh="到店办手续"),
        ("scheduled",),
        "shooting",
        by=(CONSULTANT,),
        form=forms.CheckIn,
        guards=(rules.IS_SHOOT_DAY, rules.PAID_IN_FULL, urging_rules.PACK_GIVEN, SLIP_OR_ID),
        effects=(Do(effects.check_in),),
    ),
    Action(
        "no-show",
        T("No-show", zh="未到店"),
        ("scheduled",),
        Choose(_back, BACK),
        by=(DISPATCHER, CONSULTANT),
        form=forms.Noted,
        guards=(rules.NOSHOW_TIME,),
        effects=(Do(effects.no_show, before=True),),
    ),
    Action(
        "no-show-auto",
        T("Did not come", zh="逾期未到"),
        ("scheduled",),
        Choose(_back, BACK),
        over="step",
        effects=(Do(effects.no_show, before=True),),
    ),
    Action(
        "session-done",
        T("Session done", zh="拍摄完成"),
        ("shooting",),
        Choose(_after_session, ("view-waiting", "scheduled")),
        auto=True,
        when=facts.never,
        effects=(Do(effects.next_session, before=True), SHOOT_CARE),
    ),
    Action(
        "session-aborted",
        T("Session aborted", zh="拍摄中止"),
        ("shooting",),
        Choose(_after_abort, (*BACK, "scheduled")),
        auto=True,
        when=facts.never,
        effects=(Do(effects.aborted, before=True),),
    ),
)
