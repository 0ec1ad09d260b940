"""Figures of the sale, of bookings and of the calendars. Source: studio.md section 9, 1 to 7."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from serviceflow.api import (
    Anchor,
    MessageRow,
    Order,
    OrderAction,
    T,
    table_of,
)
from sqlalchemy import case, func, select

from serviceflow_studio import ledger
from serviceflow_studio.offers import TITLES
from serviceflow_studio.places import CALENDARS, Capacity, key
from serviceflow_studio.reports.period import BOOKING, LEAVING, Figure, Period, batched, median
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
    counts = _won_back(period)
    yield Figure(
        "win-back",
        T("Won back", zh="追回率"),
        sum(back for back, _ in counts.values()),
        sum(away for _, away in counts.values()),
    )
    for objection, (back, away) in sorted(counts.items()):
        if objection:
            title = T("Won back, objection {what}", zh="追回率, 异议 {what}").of(what=OBJECTIONS[objection])
            yield Figure(f"win-back-{objection}", title, back, away)


def _won_back(period: Period) -> dict[str, tuple[int, int]]:
    """Return how many booked after they had left, and how many left, by objection; of all times up to the end."""
    deeds, orders, cases = table_of(OrderAction), table_of(Order), table_of(StudioCase)

    def last(function: Any, *actions: str) -> Any:
        return function(case((deeds.c.action.in_(actions), deeds.c.at)))

    left = func.coalesce(*(last(func.min, action) for action in reversed(LEAVING)))
    ways = (
        select(deeds.c.order_id, left.label("left"), last(func.max, *BOOKING).label("booked"))
        .join(orders, orders.c.id == deeds.c.order_id)
        .where(deeds.c.action.in_((*LEAVING, *BOOKING)), deeds.c.at < period.end, *period.counted)
        .group_by(deeds.c.order_id)
        .having(left.is_not(None))
        .subquery()
    )
    objection = func.coalesce(cases.c.objection, "")
    back = func.sum(case((ways.c.booked > ways.c.left, 1), else_=0))
    counts: list[Any] = [objection, back, func.count()]
    query = select(*counts).select_from(ways).outerjoin(cases, cases.c.order_id == ways.c.order_id).group_by(objection)
    return {said: (came, away) for said, came, away in period.tx.rows(query)}


def booking(period: Period) -> Iterator[Figure]:
    """4, 5: booking messages on time, days to the shoot, urging."""
    limit = timedelta(minutes=period.shop.setting("studio.booked.sms_minutes"))
    table = table_of(MessageRow)
    sent = period.mine(
        MessageRow,
        table.c.template == "booked-sms",
        table.c.state == "sent",
        table.c.made_at >= period.begin,
        table.c.made_at < period.end,
        table.c.held_until.is_(None),
    )
    yield Figure(
        "sms-on-time",
        T("Deposit messages on time", zh="付定短信按时率"),
        sum(m.sent_at is not None and m.sent_at <= m.made_at + limit for m in sent),
        len(sent),
    )
    waits = [(day - period.shop.local_day(booked)).days for day, booked in _first_shoots(period)]
    yield Figure("days-to-shoot", T("Median days from deposit to shoot", zh="付定到拍摄天数中位"), median(waits))
    from_urging = {d.order_id for d in period.done("book-shoot") if d.from_step == "urging"}
    yield Figure("urging-conversion", T("Booked from urging", zh="催拍转化率"), len(from_urging), _urged(period))


def _urged(period: Period) -> int:
    """Return how many cases were ever urged up to the end of the period."""
    deeds, orders = table_of(OrderAction), table_of(Order)
    query = (
        select(func.count(deeds.c.order_id.distinct()))
        .join(orders, orders.c.id == deeds.c.order_id)
        .where(deeds.c.to_step == "urging", deeds.c.from_step != "urging", deeds.c.at < period.end, *period.counted)
    )
    return int(period.tx.scalar(query))


def offering(period: Period) -> Iterator[Figure]:
    """5: offers used of those made, per kind."""
    table = table_of(StudioOffer)
    made = period.mine(StudioOffer, table.c.sent_on >= period.first, table.c.sent_on <= period.last)
    for kind, title in TITLES.items():
        mine = [offer for offer in made if offer.kind == kind]
        if mine:
            used = sum(offer.state == "used" for offer in mine)
            yield Figure(f"offer-{kind}", T("Used: {what}", zh="使用率: {what}").of(what=title), used, len(mine))


AGES = ((0, 10), (11, 60), (61, None))
"""Days since the deposit, first and last of each band."""


def aged_deposits(period: Period) -> Iterator[Figure]:
    """6: cases without a shoot date now, and what they owe, by age at the end of the period."""
    orders, anchors = table_of(Order), table_of(Anchor)
    query = (
        select(orders.c.id, anchors.c.at)
        .join(anchors, anchors.c.order_id == orders.c.id)
        .where(orders.c.step.in_(("booked", "urging")), *period.counted)
        .where(anchors.c.key == "booked_at", anchors.c.at.is_not(None))
    )
    booked = {order_id: period.shop.local_day(at) for order_id, at in period.tx.rows(query)}
    owed_by = ledger.balances(period.tx, batched(booked))
    today = min(period.last, period.shop.local_day(period.shop.clock.now()))
    waiting = [((today - day).days, owed_by[order_id]) for order_id, day in booked.items()]
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


def _first_shoots(period: Period) -> list[tuple[date, datetime]]:
    """Return day and moment of deposit of the cases whose first shoot was in the period."""
    bookings, orders, anchors = table_of(StudioBooking), table_of(Order), table_of(Anchor)
    first = func.min(bookings.c.day)
    query = (
        select(first, func.min(anchors.c.at))
        .join(orders, orders.c.id == bookings.c.order_id)
        .join(anchors, anchors.c.order_id == orders.c.parent_id)
        .where(bookings.c.calendar == "shoot", bookings.c.state == "kept", *period.counted)
        .where(anchors.c.key == "booked_at", anchors.c.at.is_not(None))
        .group_by(orders.c.parent_id)
        .having(first >= period.first, first <= period.last)
    )
    return [(day, booked) for day, booked in period.tx.rows(query)]


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
