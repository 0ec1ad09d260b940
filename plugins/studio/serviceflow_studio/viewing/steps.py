"""Steps and actions from the last picture to the hand-over of the list."""

from __future__ import annotations

from serviceflow.api import NOW, STAY, Action, Case, Do, Message, Moment, SetAnchor, Step, T, Task, before, days, of

from serviceflow_studio.bookings import Book
from serviceflow_studio.persons import reachable
from serviceflow_studio.places import Wish
from serviceflow_studio.roles import CONSULTANT, DISPATCHER, DUTY, IMAGES, PICKUP, SERVICE, VIEWING
from serviceflow_studio.sale.rules import PRICE_ACTIVE
from serviceflow_studio.shoot import rules as shoot_rules
from serviceflow_studio.slips import SLIP_OR_ID
from serviceflow_studio.viewing import effects, forms, guards
from serviceflow_studio.viewing.bookings import set_viewing, viewing_wish
from serviceflow_studio.viewing.rules import VIEWING_FREE, form_start


def _wish(case: Case, form: forms.BookViewing) -> Wish:
    return viewing_wish(case, form_start(case, form), form.minutes)


def viewing_ahead(case: Case) -> bool:
    """Return whether the viewing is on a later day."""
    day = case.anchor_day("viewing_at")
    return day is not None and day > case.today


def _no_viewing(case: Case) -> bool:
    return case.anchor("viewing_at") is None


BOOK_VIEWING = Book(_wish, set_viewing)
BOOK_PICKUP = Book(guards.pickup_wish, effects.set_pickup)
PICKUP_GUARDS = (guards.PICKUP_SLOT, guards.PICKUP_HORIZON, guards.PICKUP_FREE, guards.EARLIEST_PICKUP)
NEXT_MORNING = days("studio.handover.days", after="list_signed_at", at="studio.handover.time")
VIEWING_CARE = Message(
    "viewing-care",
    days("studio.care.viewing_days", after="viewed_on", at="studio.day.morning"),
    to=reachable,
    stays=True,
    event=of("viewed_on"),
)


def _before_viewing(at: str) -> Moment:
    return before("viewing_at", days="studio.viewing.reminder_days", at=at, past="now")


STEPS = (
    Step(
        "view-waiting",
        T("Waiting for viewing", zh="待看样"),
        VIEWING,
        on_path=True,
        limit=days(0, after="viewing_at"),
        entry=(
            Task(
                "check-files",
                T("Check that the image files are complete", zh="核对影像文件"),
                VIEWING,
                _before_viewing("studio.day.check_time"),
                when=viewing_ahead,
            ),
            Task(
                "call-viewing",
                T("Call: viewing tomorrow", zh="电话提醒明日看样"),
                VIEWING,
                _before_viewing("studio.day.task_due"),
                when=viewing_ahead,
            ),
            Task(
                "set-viewing",
                effects.SET_VIEWING,
                VIEWING,
                days("studio.viewing.set_days", after="entry", at="studio.day.task_due"),
                when=_no_viewing,
                closed_by=("book-viewing",),
            ),
            Message(
                "viewing-reminder",
                _before_viewing("studio.day.reminder_time"),
                when=viewing_ahead,
                expires=of("viewing_at"),
            ),
        ),
    ),
    Step(
        "viewing",
        T("Viewing and selection", zh="看样选片"),
        VIEWING,
        on_path=True,
        limit=of("viewing_end"),
        hint=T(
            "{passes} passes: see, take out, settle; same warmth whether they add or not; price line by line",
            zh="{passes}遍:通看、剔除、确定;加与不加态度一致;逐项算价",
        ),
    ),
    Step(
        "selected",
        T("List signed", zh="清单已签"),
        VIEWING,
        on_path=True,
        limit=NEXT_MORNING,
        hint=T(
            "Remind of the {change_hours} hours; explain bridal make-up and dress loan",
            zh="提醒{change_hours}小时内可改;说明新娘妆与礼服外借办理方式",
        ),
    ),
)

ACTIONS = (
    Action(
        "files-ready",
        T("Files complete", zh="影像齐全"),
        ("view-waiting",),
        by=(IMAGES, VIEWING),
        form=forms.FilesReady,
        guards=(guards.SET_KNOWN,),
        effects=(Do(effects.files_ready),),
    ),
    Action(
        "files-missing",
        T("Files missing", zh="影像缺失"),
        ("view-waiting",),
        by=(VIEWING,),
        form=forms.FilesMissing,
        guards=(guards.SET_KNOWN,),
        effects=(Do(effects.files_missing),),
    ),
    Action(
        "book-viewing",
        T("Book viewing", zh="约看样"),
        ("view-waiting",),
        by=(VIEWING, CONSULTANT, SERVICE),
        form=forms.BookViewing,
        guards=(VIEWING_FREE,),
        effects=(BOOK_VIEWING,),
    ),
    Action(
        "move-viewing",
        T("Move viewing", zh="改看样"),
        ("view-waiting",),
        by=(VIEWING, CONSULTANT, SERVICE),
        form=forms.MoveViewing,
        guards=(VIEWING_FREE,),
        effects=(BOOK_VIEWING,),
    ),
    Action(
        "viewing-no-show",
        T("Viewing no-show", zh="看样未到"),
        ("view-waiting",),
        by=(VIEWING,),
        form=forms.Noted,
        guards=(guards.VIEWING_NOSHOW,),
        effects=(Do(effects.viewing_no_show),),
    ),
    Action(
        "viewing-missed",
        T("Did not come to the viewing", zh="逾期未看样"),
        ("view-waiting",),
        STAY,
        over="step",
        effects=(Do(effects.viewing_no_show),),
    ),
    Action(
        "start-viewing",
        T("Start viewing", zh="开始看样"),
        ("view-waiting",),
        "viewing",
        by=(VIEWING,),
        form=forms.StartViewing,
        guards=(guards.IS_VIEWING_DAY, guards.FILES_READY, SLIP_OR_ID),
        effects=(Do(effects.start_viewing),),
    ),
    Action(
        "pass-1",
        T("Pass 1: see all", zh="第一遍通看"),
        ("viewing",),
        by=(VIEWING,),
        guards=(guards.PASSES_IN_ORDER,),
        effects=(Do(effects.pass_1),),
    ),
    Action(
        "pass-2",
        T("Pass 2: take out", zh="第二遍剔除"),
        ("viewing",),
        by=(VIEWING,),
        form=forms.Pass2,
        guards=(guards.PASSES_IN_ORDER, guards.PHOTO_EXISTS),
        effects=(Do(effects.pass_2),),
    ),
    Action(
        "pass-3",
        T("Pass 3: settle", zh="第三遍确定"),
        ("viewing",),
        by=(VIEWING,),
        form=forms.Pass3,
        guards=(guards.PASSES_IN_ORDER, guards.PHOTO_EXISTS),
        effects=(Do(effects.pass_3),),
    ),
    Action(
        "add-extra",
        T("Add extra", zh="加选"),
        ("viewing",),
        by=(VIEWING,),
        form=forms.Extra,
        guards=(PRICE_ACTIVE,),
        effects=(Do(effects.add_extra),),
    ),
    Action(
        "drop-extra",
        T("Drop extra", zh="减选"),
        ("viewing",),
        by=(VIEWING,),
        form=forms.Extra,
        guards=(guards.EXTRA_THERE,),
        effects=(Do(effects.drop_extra),),
    ),
    Action(
        "discount",
        T("Discount", zh="优惠"),
        ("viewing",),
        by=(VIEWING,),
        form=forms.Discount,
        guards=(guards.VIEWING_DISCOUNT,),
        effects=(Do(effects.discount),),
    ),
    Action(
        "sign-list",
        T("Sign production list", zh="签制作清单"),
        ("viewing",),
        "selected",
        by=(VIEWING,),
        form=forms.SignList,
        guards=(guards.PASSES_DONE, guards.ENOUGH_KEPT),
        effects=(
            SetAnchor("list_signed_at", once=True),
            SetAnchor("viewed_on", as_day=True, once=True),
            Do(effects.sign_list, before=True),
            VIEWING_CARE,
            Task(
                "sort-and-send",
                T("Sort and send the pictures", zh="整件送件"),
                VIEWING,
                NEXT_MORNING,
                closed_by=("to-production",),
            ),
            Task(
                "hand-over",
                T("Hand the envelope over", zh="下件移交"),
                DUTY,
                NEXT_MORNING,
                closed_by=("to-production",),
            ),
            Task(
                "bridal-arrange",
                T("Arrange bridal make-up and dress loan", zh="安排新娘妆与礼服外借"),
                SERVICE,
                before("wedding_on", days="studio.bridal.days", at="studio.day.task_due", past="now"),
                stays=True,
                when=effects.bridal_wanted,
            ),
        ),
    ),
    Action(
        "view-again",
        T("View again", zh="改日再看"),
        ("viewing",),
        "view-waiting",
        by=(VIEWING,),
        form=forms.BookViewing,
        guards=(VIEWING_FREE,),
        effects=(SetAnchor("viewed_on", as_day=True, once=True), BOOK_VIEWING, VIEWING_CARE),
    ),
    Action(
        "change-list",
        T("Change list", zh="改清单"),
        ("selected",),
        by=(VIEWING,),
        form=forms.ChangeList,
        guards=(guards.CHANGE_WINDOW, PRICE_ACTIVE, guards.EXTRA_THERE, guards.PHOTO_EXISTS, guards.ENOUGH_KEPT),
        effects=(Do(effects.change_list),),
    ),
    Action(
        "add-only",
        T("Add only", zh="只加不减"),
        ("selected",),
        by=(VIEWING,),
        form=forms.AddOnly,
        guards=(PRICE_ACTIVE,),
        effects=(Do(effects.add_only),),
    ),
    Action(
        "book-pickup",
        T("Book pickup", zh="约取件"),
        ("selected", "production", "ready", "part-collected"),
        by=(VIEWING, PICKUP),
        form=forms.BookPickup,
        guards=PICKUP_GUARDS,
        effects=(BOOK_PICKUP,),
    ),
    Action(
        "move-pickup",
        T("Move pickup", zh="改取件"),
        ("selected", "production", "ready", "part-collected"),
        by=(VIEWING, PICKUP),
        form=forms.MovePickup,
        guards=PICKUP_GUARDS,
        effects=(BOOK_PICKUP, Message("pickup-delay", NOW, stays=True, when=lambda case: _studio_moved(case))),
    ),
    Action(
        "to-production",
        T("Hand over", zh="下件移交"),
        ("selected",),
        "production",
        by=(DUTY,),
        guards=(guards.WINDOW_OVER, guards.BALANCE_ZERO, guards.PICKUP_BOOKED, guards.HANDOVER_SIGNED),
    ),
    Action(
        "reshoot",
        T("Reshoot", zh="重拍"),
        ("view-waiting", "viewing"),
        "scheduled",
        by=(DISPATCHER,),
        form=forms.Reshoot,
        guards=(
            guards.OUTFITS_KNOWN,
            shoot_rules.WITHIN_HORIZON,
            shoot_rules.WAVE_OPEN,
            guards.RESHOOT_PLACE,
            guards.RESHOOT_SIGNED,
        ),
        effects=(Book(guards.reshoot_wish, effects.reshoot),),
    ),
)


def _studio_moved(case: Case) -> bool:
    moves = case.done("move-pickup")
    return bool(moves) and moves[-1].form.get("reason") == "studio"
