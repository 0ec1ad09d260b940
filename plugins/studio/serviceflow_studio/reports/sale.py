"""Figures of the sale, of bookings and of the calendars. Source: studio.md section 9, 1 to 7."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from serviceflow.api import (
    MessageRow,
    Notes,
    OrderAction,
    T,
    case_of,
    table_of,
)

from serviceflow_studio import ledger
from serviceflow_studio.offers import TITLES
from serviceflow_studio.places import CALENDARS, Capacity, key
from serviceflow_studio.reports.period import BOOKING, LEAVING, Figure, Period, median
from serviceflow_studio.sale.forms import OBJECTIONS
from serviceflow_studio.tables import (
    StudioBooking,
    StudioCase,
    StudioOffer,
)


def closing(period: Period) -> Iterator[Figure]:
    """1: a case counts once, with its latest outcome."""
    latest: dict[int, OrderAction] = {}
    for deed in period.deeds:
        if deed.action in (*BOOKING, *LEAVING):
            latest[deed.order_id] = deed
    counted = [d for d in latest.values() if period.within(d.at)]
    yield Figure("close-rate", T("Close rate", zh="成交率"), sum(d.action in BOOKING for d in counted), len(counted))


def following_up(period: Period) -> Iterator[Figure]:
    """2, 3: sheets and calls on time, customers won back."""
    left = {d.order_id for d in period.done("leave-undecided")}
    sheets, calls = period.first_of("hand-sheet"), period.first_of("log-call")
    on_time = [o for o in left if o in sheets and not sheets[o].late]
    called = [o for o in left if o in calls and not calls[o].late]
    yield Figure("sheet-on-time", T("Inquiry sheets on time", zh="咨商表按时率"), len(on_time), len(left))
    yield Figure("call-on-time", T("Calls on time", zh="回访按时率"), len(called), len(left))
    not_closed = period.first_of("leave-undecided") | period.first_of("leave-no-contact")
    booked = {d.order_id: d for d in period.deeds if d.action in BOOKING}
    back = [o for o, d in not_closed.items() if o in booked and booked[o].at > d.at]
    yield Figure("win-back", T("Won back", zh="追回率"), len(back), len(not_closed))
    by_objection: dict[str, list[int]] = defaultdict(list)
    for case in period.mine(period.tx.all(StudioCase)):
        if case.objection and case.order_id in not_closed:
            by_objection[case.objection].append(case.order_id)
    for objection, orders in sorted(by_objection.items()):
        title = T("Won back, objection {what}", zh="追回率, 异议 {what}").of(what=OBJECTIONS[objection])
        yield Figure(f"win-back-{objection}", title, sum(o in back for o in orders), len(orders))


def booking(period: Period) -> Iterator[Figure]:
    """4, 5: booking messages on time, days to the shoot, urging."""
    limit = timedelta(minutes=period.shop.setting("studio.booked.sms_minutes"))
    table = table_of(MessageRow)
    sent = [
        m
        for m in period.mine(period.tx.all(MessageRow, table.c.template == "booked-sms", table.c.state == "sent"))
        if period.within(m.made_at) and m.held_until is None
    ]
    yield Figure(
        "sms-on-time",
        T("Deposit messages on time", zh="付定短信按时率"),
        sum(m.sent_at is not None and m.sent_at <= m.made_at + limit for m in sent),
        len(sent),
    )
    waits = []
    for case_id, kept in _first_shoots(period).items():
        booked = period.anchor(case_id, "booked_at")
        if booked is not None and booked.at is not None and period.first <= kept <= period.last:
            waits.append((kept - period.shop.local_day(booked.at)).days)
    yield Figure("days-to-shoot", T("Median days from deposit to shoot", zh="付定到拍摄天数中位"), median(waits))
    urged = {d.order_id for d in period.deeds if d.to_step == "urging" and d.from_step != "urging"}
    from_urging = {d.order_id for d in period.done("book-shoot") if d.from_step == "urging"}
    yield Figure("urging-conversion", T("Booked from urging", zh="催拍转化率"), len(from_urging & urged), len(urged))


def offering(period: Period) -> Iterator[Figure]:
    """5: offers used of those made, per kind."""
    made = [o for o in period.mine(period.tx.all(StudioOffer)) if period.first <= o.sent_on <= period.last]
    for kind, title in TITLES.items():
        mine = [offer for offer in made if offer.kind == kind]
        if mine:
            used = sum(offer.state == "used" for offer in mine)
            yield Figure(f"offer-{kind}", T("Used: {what}", zh="使用率: {what}").of(what=title), used, len(mine))


AGES = ((0, 10), (11, 60), (61, None))
"""Days since the deposit, first and last of each band."""


def aged_deposits(period: Period) -> Iterator[Figure]:
    """6: cases without a shoot date now, and what they owe, by age at the end of the period."""
    waiting = []
    for order_id, order in period.orders.items():
        booked = period.anchor(order_id, "booked_at")
        if order.step in ("booked", "urging") and booked is not None and booked.at is not None:
            age = (
                min(period.last, period.shop.local_day(period.shop.clock.now())) - period.shop.local_day(booked.at)
            ).days
            waiting.append((age, ledger.balance(case_of(period.shop, period.tx, order, Notes()))))
    for least, most in AGES:
        band = [owed for age, owed in waiting if age >= least and (most is None or age <= most)]
        words = f"{least}-{most}" if most is not None else f"> {least - 1}"
        days = {"days": words}
        yield Figure(
            f"aged-{least}", T("Deposits without date, {days} days", zh="无拍期付定 {days}天").of(**days), len(band)
        )
        yield Figure(
            f"aged-{least}-balance",
            T("Unpaid of these, {days} days", zh="其中未付 {days}天").of(**days),
            sum(band),
            money=True,
        )


def _first_shoots(period: Period) -> dict[int, date]:
    found: dict[int, date] = {}
    table = table_of(StudioBooking)
    for row in period.tx.all(
        StudioBooking, table.c.calendar == "shoot", table.c.state == "kept", order_by=[table.c.day]
    ):
        order = period.orders.get(row.order_id)
        if order is not None and order.parent_id is not None:
            found.setdefault(order.parent_id, row.day)
    return found


def calendars(period: Period) -> Iterator[Figure]:
    """7: utilisation and no-shows per calendar, late changes of shoot dates."""
    capacity = Capacity(period.tx, period.shop.setting, period.shop.zone)
    days = [period.first + timedelta(days=n) for n in range((period.last - period.first).days + 1)]
    table = table_of(StudioBooking)
    for calendar in ("shoot", "viewing", "pickup"):
        starts = capacity.starts(calendar)
        room = sum(sum(capacity.capacity(calendar, day, starts).values()) for day in days)
        cells = [key(day, start) for day in days for start in starts]
        taken = sum(len(by) for by in CALENDARS[calendar].taken(period.tx, cells).values())
        rows = period.tx.all(
            StudioBooking, table.c.calendar == calendar, table.c.day >= period.first, table.c.day <= period.last
        )
        states = Counter(row.state for row in rows)
        yield Figure(
            f"utilisation-{calendar}",
            T("Utilisation {what}", zh="{what}利用率").of(what=_calendar(calendar)),
            taken + states["no-show"],
            room,
        )
        yield Figure(
            f"no-show-{calendar}",
            T("No-shows {what}", zh="{what}未到率").of(what=_calendar(calendar)),
            states["no-show"],
            states["kept"] + states["no-show"],
        )
    changes = period.done("move-shoot", "release-shoot")
    yield Figure(
        "late-changes",
        T("Late changes of the shoot date", zh="临近改期率"),
        sum(bool(d.late) for d in changes),
        len(period.done("book-shoot")),
    )


def _calendar(calendar: str) -> T:
    return {"shoot": T("shoot", zh="拍摄"), "viewing": T("viewing", zh="看样"), "pickup": T("pickup", zh="取件")}[
        calendar
    ]
