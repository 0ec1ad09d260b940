"""Steps and actions between the deposit and the shoot."""

from __future__ import annotations

from serviceflow.api import ANY, NOW, STAY, Action, Do, Message, Step, T, Task, days, minutes, of

from serviceflow_studio.aftercare.referrals import start_referral
from serviceflow_studio.offers import offered
from serviceflow_studio.roles import CASHIER, CONSULTANT, SERVICE
from serviceflow_studio.sale import rules as sale_rules
from serviceflow_studio.urging import effects, forms, rules

WAITING = ("booked", "urging")
"""Steps of a booked case without a shoot date."""

GIVE_PACK = Task(
    "give-pack",
    T("Hand over pack and love card", zh="交付资料袋与爱情卡"),
    CONSULTANT,
    minutes("studio.booked.pack_minutes", after="booked_at"),
    stays=True,
    closed_by=("give-pack",),
)
BUILD_FILE = Task(
    "build-file",
    T("Enter plan sheet data and member file", zh="录入企划书, 建会员档"),
    SERVICE,
    days("studio.booked.file_days", after="booked_at", at="studio.day.task_due"),
    stays=True,
)
BOOKING_BUNDLE = (
    Message("booked-sms", NOW, to=effects.booked_variant, stays=True, event=of("booked_at")),
    Message(
        "thanks-letter", days("studio.booked.letter_days", after="booked_at", at="studio.day.letter_time"), stays=True
    ),
    GIVE_PACK,
    BUILD_FILE,
    Do(start_referral),
)
"""What every booking sets going, at once or later."""

STEPS = (
    Step(
        "booked",
        T("Deposit paid", zh="已付定"),
        CONSULTANT,
        on_path=True,
        limit=days("studio.urge.handover_days", after="booked_at"),
        entry=(
            Task(
                "urge",
                T("Urge to fix a shoot date", zh="催拍"),
                CONSULTANT,
                days(0, after="booked_at", at="studio.day.task_due"),
                each="studio.urge.consultant_days",
            ),
        ),
        hint=T(
            "Ask them to fix the date {lead_days} days ahead; explain each thing in the pack",
            zh="请提前{lead_days}天定拍摄日;说明资料袋里每一样的用法",
        ),
    ),
    Step(
        "urging",
        T("Urging by service", zh="客服催拍"),
        SERVICE,
        entry=(Task("urge-call", effects.URGE_CALL, SERVICE, days(0, after="entry", at="studio.day.task_due")),),
    ),
)
CANCELLED = Step("cancelled", T("Cancelled", zh="已取消"), final=True, entry=(Do(effects.cancel_everything),))


def actions(paying: tuple[str, ...], refunding: tuple[str, ...], cancellable: tuple[str, ...]) -> tuple[Action, ...]:
    """Return the actions; the caller knows the steps after the shoot in which money still moves."""
    return (
        Action(
            "give-pack",
            T("Hand over pack", zh="交付资料袋"),
            cancellable,
            by=(CONSULTANT,),
            form=forms.GivePack,
            guards=(rules.CARD_NEW,),
            effects=(Do(effects.give_pack),),
        ),
        Action(
            "log-urge",
            T("Log urging", zh="催拍登记"),
            WAITING,
            by=(CONSULTANT, SERVICE),
            form=forms.LogUrge,
            effects=(Do(effects.log_urge),),
        ),
        Action(
            "offer",
            T("Make offer", zh="催拍优惠"),
            ("urging",),
            by=(SERVICE,),
            form=forms.MakeOffer,
            guards=(sale_rules.OFFER_ONCE, rules.OFFER_AMOUNT),
            effects=(
                Do(effects.make_offer, before=True),
                Message("urge-shoot-15", NOW, to=offered("shoot-15"), when=effects.newest_offer_is("shoot-15")),
                Message(
                    "urge-pay-full", NOW, to=offered("pay-full"), when=effects.newest_offer_is("pay-full"), stays=True
                ),
            ),
        ),
        Action(
            "pay",
            T("Take payment", zh="收款"),
            paying,
            by=(CASHIER,),
            form=forms.Pay,
            guards=(sale_rules.NOT_OVER_BALANCE, rules.OFFER_FITS),
            effects=(Do(effects.pay),),
        ),
        Action(
            "refund-credit",
            T("Refund credit", zh="退差额"),
            refunding,
            by=(CASHIER,),
            form=forms.Refund,
            guards=(rules.REFUND_LIMIT,),
            effects=(Do(effects.refund_credit),),
        ),
        Action(
            "to-service",
            T("Handed over to service", zh="转客服催拍"),
            ("booked",),
            "urging",
            at=days("studio.urge.handover_days", after="booked_at"),
        ),
        Action(
            "best-offer",
            T("Better plan", zh="最优方案"),
            ("urging",),
            STAY,
            at=days("studio.urge.best_after_days", after="booked_at", not_before="entry"),
            when=rules.best_offer_due,
            effects=(
                Do(effects.best_offer, before=True),
                Message(
                    "best-offer-letter",
                    days(0, after="now", at="studio.day.letter_time"),
                    to=offered("best"),
                    stays=True,
                    only_if="best-wanted",
                ),
                Task(
                    "best-offer-call",
                    T("Call about the better plan", zh="最优方案电话"),
                    SERVICE,
                    days(0, after="now", at="studio.day.task_due"),
                ),
            ),
        ),
        Action(
            "offer-lapse",
            T("Offer lapsed", zh="优惠到期"),
            ANY,
            STAY,
            at=days(0, after="offer_until_on"),
            effects=(Do(effects.lapse),),
        ),
    )
