"""Guards of shoot dates. Source: studio.md sections 4.2, 5.2, 11."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from serviceflow.api import Case, Guard, Need, Refuse, T, Verdict, format_money, plain

from serviceflow_studio import ledger, roles
from serviceflow_studio.bookings import horizon, live
from serviceflow_studio.places import WHOLE_DAY, Capacity, Wish, listed
from serviceflow_studio.shoot import forms, sessions
from serviceflow_studio.tables import StudioPackage
from serviceflow_studio.urging.forms import ChangePackage


def wish_of(case: Case, form: forms.BookShoot | forms.PayShootToday) -> Wish:
    """Return what a form asks of the shoot calendar; a form without a date means today."""
    day = getattr(form, "date", None) or case.today
    return Wish("shoot", day, time.fromisoformat(form.wave), car=sessions.needs_car(case, form))


def earliest(case: Case) -> datetime:
    """Return the earliest start that still counts: a wave of today is usable within its grace."""
    return case.now - timedelta(minutes=case.number("studio.shoot.today_grace_minutes"))


def following(case: Case, wish: Wish) -> T:
    """Return the next possible starts, in a sentence."""
    found = Capacity.of(case).next_starts(wish, not_before=earliest(case), latest=horizon(case))
    return T("Next: {next}", zh="最近可约: {next}").of(next=listed(found))


def within_horizon(day: date, today: date, latest: date) -> Refuse | None:
    """Refuse a day that is past or too far ahead."""
    if today <= day <= latest:
        return None
    return Refuse(
        T("The start must lie between now and {date}.", zh="时间须在现在与{date}之间。").of(date=latest),
        T("Choose a day from {today} on.", zh="请选 {today} 或之后的日期。").of(today=today),
    )


def _within_horizon(case: Case, form: forms.BookShoot) -> Verdict:
    return within_horizon(form.date, case.today, horizon(case))


def _wave_open(case: Case, form: forms.BookShoot) -> Verdict:
    wish, calendars = wish_of(case, form), Capacity.of(case)
    waves = ", ".join(f"{start:%H:%M}" for start in calendars.starts("shoot"))
    zh = "该日无此时段或停拍。可约时段: {waves}"
    if wish.start not in calendars.starts("shoot"):
        return Refuse(
            T("{date} {time} is not an arrival wave. Waves: {waves}.", zh=zh).of(
                date=wish.day, time=form.wave, waves=waves
            ),
            following(case, wish),
        )
    closed = calendars.closed("shoot", wish.day)
    if closed is not None and not any(calendars.capacity("shoot", wish.day, [wish.start]).values()):
        return Refuse(
            T("{date} is closed ({reason}). Waves: {waves}.", zh=zh).of(
                date=wish.day, reason=closed.reason or "-", waves=waves
            ),
            following(case, wish),
        )
    return None


def _lead_days(case: Case, form: forms.BookShoot) -> Verdict:
    needed, ahead = case.number("studio.shoot.lead_days"), (form.date - case.today).days
    if ahead >= needed:
        return None
    return Need(
        roles.BY_MANAGER,
        T("Only {n} days ahead ({needed} needed): waits for the manager.", zh="仅提前{n}天,须经理批准。").of(
            n=ahead, needed=needed
        ),
    )


def wave_usable(now: datetime, start: datetime, grace: int) -> bool:
    """Return whether a wave can still be used: until its start and ``grace`` minutes, that instant included."""
    return now <= start + timedelta(minutes=grace)


def _today_wave(case: Case, form: forms.BookShoot | forms.PayShootToday) -> Verdict:
    wish = wish_of(case, form)
    grace = case.number("studio.shoot.today_grace_minutes")
    start = wish.at(case.zone)
    if wish.day != case.today or wave_usable(case.now, start, grace):
        return None
    until = case.local(start + timedelta(minutes=grace))[-5:]
    return Refuse(
        T("Wave {time} can be used until {until}.", zh="该时段仅可用至{until}。").of(time=form.wave, until=until),
        following(case, wish),
    )


def _place_free(case: Case, form: forms.BookShoot | forms.PayShootToday) -> Verdict:
    wish, calendars = wish_of(case, form), Capacity.of(case)
    if _held_already(case, wish) or calendars.free(wish):
        return None
    used, most = calendars.used(wish)
    return Refuse(
        T("{date} {time} is full ({used}/{cap}).", zh="{date} {time} 已满({used}/{cap})。").of(
            date=wish.day, time=form.wave, used=used, cap=most
        ),
        following(case, wish),
    )


def _held_already(case: Case, wish: Wish) -> bool:
    """Return whether the case's own pending booking holds the place."""
    pending = live(case, wish.calendar, "pending")
    return pending is not None and pending.starts_at == wish.at(case.zone)


def _car_free(case: Case, form: forms.BookShoot | forms.PayShootToday) -> Verdict:
    wish = wish_of(case, form)
    if not wish.car or _held_already(case, wish) or sessions.car_is_theirs(case, wish.day):
        return None
    if Capacity.of(case).free(Wish("car", wish.day, WHOLE_DAY)):
        return None
    return Refuse(
        T("No outdoor car left on {date}.", zh="{date} 当日外景车已满。").of(date=wish.day), following(case, wish)
    )


def _paid_in_full_today(case: Case, form: forms.PayShootToday) -> Verdict:
    owed = ledger.balance(case)
    if case.setting("studio.shoot.require_full_payment") and form.amount != owed:
        return debt(owed)
    return None


def debt(owed: int) -> Refuse:
    """Return the refusal of somebody who owes."""
    return Refuse(
        T("{balance} must be paid first.", zh="请先补款{balance}元。").of(balance=format_money(owed)),
        T("Take it: action pay amount={balance} method=", zh="请先收款: 操作 pay amount={balance} method=").of(
            balance=format_money(owed)
        ),
    )


def _paid_in_full(case: Case, form: object) -> Verdict:
    owed = ledger.balance(case)
    if owed <= 0 or not case.setting("studio.shoot.require_full_payment"):
        return None
    refusal = debt(owed)
    return Refuse(refusal.sentence, plain(f"flow do {case.order.number} pay amount={format_money(owed)} method="))


def _is_shoot_day(case: Case, form: object) -> Verdict:
    booked = case.anchor_day("shoot_at")
    if booked == case.today:
        return None
    return Refuse(
        T("The shoot is booked for {date}, today is {today}; move it first.", zh="预约日期为{date},请先改期。").of(
            date=booked, today=case.today
        ),
        plain(f"flow do {case.order.number} move-shoot date={case.today} wave= reason="),
    )


def _noshow_time(case: Case, form: object) -> Verdict:
    start = case.anchor("shoot_at")
    assert isinstance(start, datetime)
    earliest_at = start + timedelta(minutes=case.number("studio.shoot.noshow_minutes"))
    if case.now >= earliest_at:
        return None
    return Refuse(T("No-show can be noted from {t}.", zh="{t}后方可登记未到。").of(t=case.local(earliest_at)), None)


def _not_checked_in(case: Case, form: object) -> Verdict:
    if sessions.planned(case) is not None:
        return None
    return Refuse(TAKEN, _complain(case))


TAKEN = T("Already checked in: use a complaint or reshoot.", zh="已开拍,不能取消或改期。")
SHOT = T("Pictures were taken: use a complaint or reshoot.", zh="已开拍,不能取消或改期。")


def _complain(case: Case) -> T:
    return plain(f"flow do {case.order.number} complain")


def _before_first_shot(case: Case, form: object) -> Verdict:
    return Refuse(SHOT, _complain(case)) if sessions.anything_shot(case) else None


def _new_car_free(case: Case, form: ChangePackage) -> Verdict:
    """Refuse a package with an outdoor part for a date on which no car is left."""
    day, package = case.anchor_day("shoot_at"), case.tx.get(StudioPackage, form.package)
    session = sessions.planned(case)
    if day is None or package is None or session is None or not any(o["place"] == "outdoor" for o in package.outfits):
        return None
    if sessions.car_is_theirs(case, day) or Capacity.of(case).free(Wish("car", day, WHOLE_DAY)):
        return None
    return Refuse(
        T("No outdoor car left on {date}.", zh="{date} 当日外景车已满。").of(date=day),
        T(
            "Another package, or move the shoot: flow studio cal car --days 14",
            zh="换套系或改期: flow studio cal car --days 14",
        ),
    )


NEW_CAR_FREE = Guard("new-car-free", _new_car_free)
WITHIN_HORIZON = Guard("within-horizon", _within_horizon, once=True)
WAVE_OPEN = Guard("wave-open", _wave_open)
LEAD_DAYS = Guard("lead-days", _lead_days, once=True, needs=(roles.BY_MANAGER,))
TODAY_WAVE = Guard("today-wave", _today_wave, once=True)
PLACE_FREE = Guard("place-free", _place_free)
CAR_FREE = Guard("car-free", _car_free)
PAID_TODAY = Guard("paid-in-full-today", _paid_in_full_today)
PAID_IN_FULL = Guard("paid-in-full", _paid_in_full, early=True)
IS_SHOOT_DAY = Guard("is-shoot-day", _is_shoot_day, early=True)
NOSHOW_TIME = Guard("noshow-time", _noshow_time, early=True)
NOT_CHECKED_IN = Guard("not-checked-in", _not_checked_in, early=True)
BEFORE_FIRST_SHOT = Guard("before-first-shot", _before_first_shot, early=True)
