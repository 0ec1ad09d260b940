"""Figures of the floor, of viewing, production and aftercare. Source: studio.md section 9, 8 to 15."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from serviceflow.api import (
    OrderAction,
    T,
    TaskRow,
    half_up,
    instant_of,
    table_of,
)
from sqlalchemy import func, select

from serviceflow_studio.floor.minutes import planned_minutes
from serviceflow_studio.floor.steps import LIMITS, STUDIO_SHOOT
from serviceflow_studio.pickup.forms import SCORE_TITLES
from serviceflow_studio.reports.period import BOOKING, Figure, Period, batched, mean, median
from serviceflow_studio.settings import TECHNIQUES
from serviceflow_studio.tables import (
    StudioBooking,
    StudioCard,
    StudioCase,
    StudioComplaint,
    StudioLine,
    StudioOutfit,
    StudioPayment,
    StudioPiece,
    StudioProfile,
    StudioSurvey,
)
from serviceflow_studio.waves import read_levels

STATIONS = {
    "register": "arrived",
    "briefed": "briefing",
    "hand-key": "settling",
    "dressed": "dressing",
    "made-up": "makeup",
    "called-in": "call-in",
    "start": "rapport",
    "changed": "changing",
    "retouched": "retouch",
}
"""Action that ends a station, and the station."""


def stations(period: Period) -> Iterator[Figure]:
    """8, 9: minutes per station, share within the limit, visits."""
    entered: dict[int, datetime] = {}
    minutes: dict[str, list[float]] = defaultdict(list)
    late: Counter[str] = Counter()
    for deed in period.deeds:
        if period.orders[deed.order_id].flow != "studio-shoot":
            continue
        station = STATIONS.get(deed.action)
        if station is not None and deed.order_id in entered and period.within(deed.at):
            minutes[station].append((deed.at - entered[deed.order_id]).total_seconds() // 60)
            late[station] += bool(deed.late)
        if deed.from_step != deed.to_step:
            entered[deed.order_id] = deed.at
    for station in LIMITS:
        if minutes[station]:
            what = {"what": STUDIO_SHOOT.step(station).title}
            yield Figure(
                f"minutes-{station}",
                T("Median minutes {what}", zh="{what} 中位分钟").of(**what),
                median(minutes[station]),
            )
            yield Figure(
                f"within-{station}",
                T("Within the limit {what}", zh="{what} 按时率").of(**what),
                len(minutes[station]) - late[station],
                len(minutes[station]),
            )
    ended = period.done("checkout", flow="studio-shoot")
    waits = sum(bool(d.late) for d in period.done("resume", flow="studio-shoot"))
    yield Figure(
        "long-waits", T("Long waits per session", zh="每场超时等候"), round(waits / len(ended), 2) if ended else None
    )
    arrived = {d.order_id: d.at for d in period.deeds if d.action == "arrive" and d.to_step == "arrived"}
    in_time = 0
    for deed in ended:
        outfits = period.tx.all(StudioOutfit, table_of(StudioOutfit).c.order_id == deed.order_id)
        planned = timedelta(minutes=planned_minutes(period.shop.setting, [o for o in outfits if o.state != "moved"]))
        in_time += deed.at - arrived[deed.order_id] <= planned
    yield Figure("sessions-in-time", T("Sessions within the planned minutes", zh="场次按时率"), in_time, len(ended))
    table = table_of(TaskRow)
    visits = Counter(
        t.state
        for t in period.mine(
            TaskRow,
            table.c.rule.in_(("studio:visit-consultant", "studio:visit-viewing")),
            table.c.done_at >= period.begin,
            table.c.done_at < period.end,
        )
    )
    yield Figure(
        "visits", T("Visits to the set done", zh="探班完成率"), visits["done"], visits["done"] + visits["skipped"]
    )


def viewing(period: Period) -> Iterator[Figure]:
    """10: length of viewings, extras per signed list, discounts, changes."""
    signed = period.done("sign-list")
    started = {d.order_id: d.at for d in period.deeds if d.action == "start-viewing"}
    lengths = [(d.at - started[d.order_id]).total_seconds() / 60 for d in signed if d.order_id in started]
    yield Figure("viewing-minutes", T("Average minutes of a viewing", zh="看样平均分钟"), mean(lengths))
    lists = {d.order_id for d in signed}
    lines = period.of_orders(StudioLine, lists)
    extras: Counter[int] = Counter()
    off = 0
    for line in lines:
        if line.origin == "viewing" or line.code == "DISCOUNT":
            extras[line.order_id] += line.amount
        off -= line.amount if line.code == "DISCOUNT" else 0
    gross = sum(line.amount for line in lines if line.origin == "viewing")
    average = half_up(sum(extras.values()), len(lists)) if lists else None
    yield Figure("extras-per-list", T("Average extras of a list", zh="每单平均加选"), average, money=True)
    yield Figure(
        "lists-with-extras", T("Lists with extras", zh="有加选的清单"), sum(v > 0 for v in extras.values()), len(lists)
    )
    yield Figure("discount-share", T("Discounts of extras", zh="加选优惠占比"), off, gross)
    yield Figure(
        "list-changes",
        T("Lists changed within the hours", zh="时限内改单率"),
        len({d.order_id for d in period.done("change-list")}),
        len(lists),
    )


def sales(period: Period) -> Iterator[Figure]:
    """11: first, second, floor and third sale."""
    booked = {d.order_id for d in period.done(*BOOKING)}
    contracts = sum(c.contract_price or 0 for c in period.of_orders(StudioCase, booked))
    yield Figure("sale-first", T("First sale: packages", zh="一销: 套系"), contracts, money=True)
    stages = {
        "viewing": ("sale-second", T("Second sale: viewing", zh="二销: 看样"), ("sign-list",)),
        "floor": ("sale-floor", T("Floor sale", zh="专业部推销"), ("check-in",)),
        "pickup": ("sale-third", T("Third sale: pickup", zh="三销: 取件"), ("sell-extra",)),
    }
    for origin, (name, title, deeds) in stages.items():
        cases = {d.order_id for d in period.done(*deeds)}
        lines = period.of_orders(StudioLine, cases, table_of(StudioLine).c.origin == origin)
        total = sum(line.amount for line in lines)
        yield Figure(name, title, total, money=True)


def production(period: Period) -> Iterator[Figure]:
    """12: checks passed the first time, part pickups, what is overdue."""
    signed = {d.order_id for d in period.done("sign-pickup")}
    pieces = period.of_orders(StudioPiece, signed)
    passed = sum(p.passed for p in pieces)
    yield Figure(
        "first-check",
        T("Passed the first check", zh="一次质检合格率"),
        passed - sum(min(p.reworked, p.passed) for p in pieces),
        passed,
    )
    bookings = table_of(StudioBooking)
    due = period.mine(
        StudioBooking,
        bookings.c.calendar == "pickup",
        bookings.c.day >= period.first,
        bookings.c.day <= period.last,
        bookings.c.state.in_(("booked", "kept", "no-show")),
    )
    deeds = table_of(OrderAction)
    readied = period.of_orders(
        OrderAction, {booking.order_id for booking in due}, deeds.c.action == "all-ready", deeds.c.at < period.end
    )
    ready = {d.order_id: d.at for d in sorted(readied, key=lambda d: (d.at, d.id))}
    on_time = 0
    for booking in due:
        day = booking.day - timedelta(days=period.shop.setting("studio.pickup.reminder_days"))
        at = time.fromisoformat(period.shop.setting("studio.day.pickup_reminder_time"))
        on_time += booking.order_id in ready and ready[booking.order_id] <= instant_of(day, at, period.shop.zone)
    yield Figure("ready-on-time", T("All ready before the pickup", zh="按期备齐率"), on_time, len(due))
    parts = [d for d in period.done("sign-pickup") if d.to_step == "part-collected"]
    yield Figure("part-pickups", T("Part pickups", zh="部分取件"), len(parts))
    table = table_of(StudioPiece)
    late = period.mine(StudioPiece, table.c.handed < table.c.qty, table.c.promised < period.last)
    yield Figure("promises-past", T("Pieces past their promised date", zh="逾期补件"), len(late))


def satisfaction(period: Period) -> Iterator[Figure]:
    """13: fetching, scores, complaints."""
    fetched = period.done("fetched")
    yield Figure("fetch", T("Fetched in time", zh="按时取出率"), sum(not d.late for d in fetched), len(fetched))
    table = table_of(StudioSurvey)
    forms = period.mine(StudioSurvey, table.c.at >= period.begin, table.c.at < period.end)
    answered = [s for s in forms if not s.declined]
    pickups = {d.order_id for d in period.done("sign-pickup")}
    yield Figure("survey-response", T("Surveys filled in", zh="满意度回收率"), len(answered), len(pickups))
    for score in ("reception", "dress", "makeup", "photography", "viewing", "product", "overall"):
        values = [getattr(s, score) for s in answered if getattr(s, score) is not None]
        yield Figure(f"score-{score}", T("Score {what}", zh="评分 {what}").of(what=SCORE_TITLES[score]), mean(values))
    complaints = [
        o
        for o in period.orders.values()
        if o.flow == "studio-complaint" and period.within(o.opened_at) and o.step != "withdrawn"
    ]
    yield Figure(
        "complaints",
        T("Complaints per 100 pickups", zh="每百单客诉"),
        round(100 * len(complaints) / len(pickups), 1) if pickups else None,
    )


def complaints(period: Period) -> Iterator[Figure]:
    """13: complaints with a solution proposed within their limit."""
    opened = {n: o for n, o in period.orders.items() if o.flow == "studio-complaint" and period.within(o.opened_at)}
    proposed = period.first_of("propose")
    solved = 0
    for row in period.of_orders(StudioComplaint, opened):
        if row.order_id in proposed:
            limit = timedelta(hours=period.shop.setting(f"studio.complaint.{row.severity}_hours"))
            solved += proposed[row.order_id].at <= opened[row.order_id].opened_at + limit
    yield Figure("complaints-in-time", T("Complaints answered in time", zh="客诉按时率"), solved, len(opened))


def referrals(period: Period) -> Iterator[Figure]:
    """14: referred cases, gift money, members per level."""
    booked = {d.order_id for d in period.done(*BOOKING)}
    referred = [
        o
        for o in period.orders.values()
        if o.flow == "studio-referral" and period.within(o.opened_at) and o.step != "void"
    ]
    yield Figure("referral-rate", T("Referred cases", zh="介绍率"), len(referred), len(booked))
    paid, cards = table_of(StudioPayment), table_of(StudioCard)
    gifts = select(func.sum(paid.c.amount)).where(
        paid.c.kind == "gift-out", paid.c.at >= period.begin, paid.c.at < period.end
    )
    yield Figure("gifts", T("Gift money paid", zh="已付礼金"), int(period.tx.scalar(gifts) or 0), money=True)
    held = select(cards.c.level, func.count()).where(cards.c.state == "active", cards.c.parent_card.is_(None))
    members = dict(period.tx.rows(held.group_by(cards.c.level)))
    titles = {level.code: level.title for level in read_levels(period.shop.setting("studio.referral.levels"))}
    for level, count in sorted(members.items()):
        yield Figure(f"members-{level}", T("Members {what}", zh="会员 {what}").of(what=titles.get(level, level)), count)


def sources(period: Period) -> Iterator[Figure]:
    """15: outcomes by technique and by where customers heard of the studio."""
    booked = {d.order_id for d in period.done(*BOOKING)}
    used: dict[str, set[int]] = defaultdict(set)
    for deed in period.done("technique"):
        used[str(deed.form.get("technique"))].add(deed.order_id)
    for technique, cases in sorted(used.items()):
        yield Figure(
            f"technique-{technique}",
            T("Closed with {what}", zh="促成 {what}").of(what=TECHNIQUES.get(technique, technique)),
            len(cases & booked),
            len(cases),
        )
    opened = {d.order_id: period.orders[d.order_id].customer_id or 0 for d in period.done("open")}
    heard = {
        profile.customer_id: profile.heard_from
        for ids in batched(set(opened.values()))
        for profile in period.tx.all(StudioProfile, table_of(StudioProfile).c.customer_id.in_(ids))
    }
    came: dict[str, set[int]] = defaultdict(set)
    for order_id, customer_id in opened.items():
        if heard.get(customer_id):
            came[heard[customer_id]].add(order_id)
    for source, cases in sorted(came.items()):
        yield Figure(
            f"source-{source}",
            T("Closed, heard from {what}", zh="成交, 来自 {what}").of(what=source),
            len(cases & booked),
            len(cases),
        )
