"""Guards of the shooting floor. Source: studio.md sections 4.3 and 11."""

from __future__ import annotations

from datetime import time

from serviceflow.api import Case, Guard, Order, Refuse, T, Verdict, format_money, plain, table_of

from serviceflow_studio import ledger, roles
from serviceflow_studio.floor import forms
from serviceflow_studio.places import WHOLE_DAY, Capacity, Wish
from serviceflow_studio.sale.rules import active_price, code_unknown
from serviceflow_studio.shoot import rules as shoot_rules
from serviceflow_studio.shoot import sessions
from serviceflow_studio.tables import StudioImages, StudioLocker, StudioLockerUse, StudioProfile
from serviceflow_studio.viewing import rules as viewing_rules


def parent_of(session: Case) -> Case:
    """Return the case a session belongs to."""
    parent = session.parent()
    assert parent is not None
    return parent


OTHER_LOCKER = T("Give another locker: locker=", zh="请换一个衣柜: locker=")


def open_use(session: Case) -> StudioLockerUse | None:
    """Return the session's locker whose key is out."""
    table = table_of(StudioLockerUse)
    return session.tx.one(
        StudioLockerUse, table.c.order_id == session.order_id, table.c.back_at.is_(None), table.c.forfeited.is_(False)
    )


def _locker_free(session: Case, form: forms.HandKey) -> Verdict:
    locker = session.tx.get(StudioLocker, form.locker)
    if locker is not None and locker.state == "free":
        return None
    if locker is not None and locker.state == "in-use":
        table = table_of(StudioLockerUse)
        use = session.tx.one(StudioLockerUse, table.c.locker == locker.number, table.c.back_at.is_(None))
        by = session.tx.need(Order, use.order_id).number if use is not None else "?"
        return Refuse(
            T("Locker {n} is in use by {no}.", zh="衣柜{n}不可用({no}使用中)。").of(n=form.locker, no=by), OTHER_LOCKER
        )
    return Refuse(T("Locker {n} is out of order.", zh="衣柜{n}不可用。").of(n=form.locker), OTHER_LOCKER)


def _locker_deposit(session: Case, form: forms.HandKey) -> Verdict:
    wanted = session.number("studio.locker.deposit")
    if form.deposit == wanted:
        return None
    return Refuse(
        T("The key deposit is {amount}.", zh="押金须为{amount}元。").of(amount=format_money(wanted)),
        plain("deposit={amount}").of(amount=format_money(wanted)),
    )


def key_back(locker: str | None, said: str) -> Refuse | None:
    """Refuse to let somebody go whose key is out."""
    if locker is None or said == "yes":
        return None
    return Refuse(
        T("Key {n} is not back: return it or use “key lost”.", zh="钥匙{n}未还。").of(n=locker),
        T("Back: key_back=yes · lost: action key-lost", zh="已还: key_back=yes · 丢失: 操作 key-lost"),
    )


def _key_back(session: Case, form: forms.Checkout | forms.Abort) -> Verdict:
    use = open_use(session)
    return key_back(use.locker if use else None, form.key_back)


def _balance_zero(session: Case, form: object) -> Verdict:
    owed = ledger.balance(parent_of(session))
    if owed <= 0:
        return None
    return Refuse(
        T("Balance is {balance}: collect it first.", zh="余额{balance}元,请先收清或退清。").of(
            balance=format_money(owed)
        ),
        plain(f"flow do {parent_of(session).order.number} pay"),
    )


def _image_new(session: Case, form: forms.Checkout | forms.Abort) -> Verdict:
    if form.image_no is None:
        if sessions.outfits_of_session(session, "shot"):
            return Refuse(
                T("Pictures were taken: give their image number.", zh="已有拍摄, 请填写影像编号。"), plain("image_no=")
            )
        return None
    if session.tx.get(StudioImages, form.image_no) is None:
        return None
    return Refuse(
        T("Image number {x} is already used.", zh="影像编号{x}已用。").of(x=form.image_no),
        T("Take the number on the memory card's own label.", zh="请按存储卡标签上的编号填写。"),
    )


def _price_active(session: Case, form: forms.Sell) -> Verdict:
    return None if active_price(session, form.code) is not None else code_unknown(form.code)


def _allergy_seen(session: Case, form: forms.MadeUp) -> Verdict:
    profile = session.tx.get(StudioProfile, session.order.customer_id)
    if profile is None or not profile.skin_allergy or form.allergy_seen:
        return None
    return Refuse(
        T("The make-up artist must confirm the allergy note.", zh="请确认过敏提示。"), plain("allergy_seen=yes")
    )


def next_segment_outdoor(session: Case) -> bool:
    """Return whether the next outfit to shoot is an outdoor one."""
    left = sessions.outfits_of_session(session, "open")
    return bool(left) and left[0].place == "outdoor"


def open_outdoor(session: Case) -> bool:
    """Return whether the session has an outdoor outfit that is not shot."""
    return any(o.place == "outdoor" for o in sessions.outfits_of_session(session, "open"))


def _outdoor_planned(session: Case, form: object) -> Verdict:
    if not next_segment_outdoor(session) or session.anchor("depart_at") is not None:
        return None
    return Refuse(
        T("Plan car and departure first.", zh="请先安排外景车。"),
        plain(f"flow do {session.order.number} plan-outdoor depart_at= place= driver="),
    )


def _has_outdoor(session: Case, form: object) -> Verdict:
    if open_outdoor(session):
        return None
    return Refuse(T("The package has no open outdoor outfit.", zh="无外景项目。"), None)


def _something_left(session: Case, form: object) -> Verdict:
    others = [o for o in sessions.outfits_of_session(session, "open", "shot") if o.place != "outdoor"]
    if others:
        return None
    return Refuse(
        T("Nothing else is left; abort the session instead.", zh="别无项目, 请改用“中止”。"),
        plain(f"flow do {session.order.number} abort"),
    )


def postponed_wish(session: Case, form: forms.PostponeOutdoor) -> Wish:
    """Return what the outdoor part takes on its new date."""
    return Wish("shoot", form.date, time.fromisoformat(form.wave), car=True)


def _postponed_place(session: Case, form: forms.PostponeOutdoor) -> Verdict:
    wish, calendars = postponed_wish(session, form), Capacity.of(session)
    if calendars.free(wish):
        return None
    used, most = calendars.used(wish)
    return Refuse(
        T("{date} {time} is full ({used}/{cap}).", zh="{date} {time} 已满({used}/{cap})。").of(
            date=wish.day, time=form.wave, used=used, cap=most
        ),
        shoot_rules.following(session, wish),
    )


def _postponed_car(session: Case, form: forms.PostponeOutdoor) -> Verdict:
    wish = postponed_wish(session, form)
    if Capacity.of(session).free(Wish("car", wish.day, WHOLE_DAY)):
        return None
    return Refuse(
        T("No outdoor car left on {date}.", zh="{date} 当日外景车已满。").of(date=wish.day),
        shoot_rules.following(session, wish),
    )


def _comfort(session: Case, form: forms.Wait) -> Verdict:
    most = session.number("studio.floor.wait_max")
    if form.minutes <= most or form.comfort:
        return None
    return Refuse(
        T(
            "More than {n} minutes: say what they are offered (comfort=).", zh="超过{n}分钟请说明安抚方式(comfort=)。"
        ).of(n=most),
        plain("comfort=lunch"),
    )


def _abort_signed(session: Case, form: forms.Abort) -> Verdict:
    from serviceflow.api import Need

    return Need(roles.BY_SUPERVISOR, T("session aborted: {why}", zh="拍摄中止: {why}").of(why=form.reason))


def _viewing_said(session: Case, form: forms.Checkout) -> Verdict:
    """Refuse a viewing while a session is planned; else one is booked or put off."""
    if sessions.planned(parent_of(session)) is not None:
        if form.viewing is None:
            return None
        return Refuse(
            T("Another session is planned; the viewing is agreed after it.", zh="尚有拍摄场次, 之后再约看样。"),
            T("Leave viewing= out.", zh="请去掉 viewing=。"),
        )
    if form.viewing is None and not form.viewing_later:
        return Refuse(
            T("Agree a viewing, or say viewing_later=yes.", zh="请约看样时间, 或 viewing_later=yes。"),
            plain("flow studio cal viewing --free"),
        )
    return viewing_rules.first_refusal(parent_of(session), form.viewing, session.today) if form.viewing else None


LOCKER_FREE = Guard("locker-free", _locker_free)
LOCKER_DEPOSIT = Guard("locker-deposit", _locker_deposit)
KEY_BACK = Guard("key-back", _key_back)
BALANCE_ZERO = Guard("balance-zero", _balance_zero)
IMAGE_NEW = Guard("image-new", _image_new)
PRICE_ACTIVE = Guard("price-active", _price_active)
ALLERGY_SEEN = Guard("allergy-seen", _allergy_seen)
OUTDOOR_PLANNED = Guard("outdoor-planned", _outdoor_planned)
HAS_OUTDOOR = Guard("has-outdoor", _has_outdoor, early=True)
SOMETHING_LEFT = Guard("something-left", _something_left, early=True)
POSTPONED_WAVE = Guard("wave-open", shoot_rules._wave_open)
POSTPONED_HORIZON = shoot_rules.WITHIN_HORIZON
POSTPONED_PLACE = Guard("place-free", _postponed_place)
POSTPONED_CAR = Guard("car-free", _postponed_car)
COMFORT = Guard("comfort", _comfort)
ABORT_SIGNED = Guard("abort-signed", _abort_signed, needs=(roles.BY_SUPERVISOR,))
VIEWING_SAID = Guard("viewing", _viewing_said)
