"""The studio's figures for a period, from the history of its orders. Source: studio.md section 9.

A figure with nothing to divide by is a dash. Events count by their date; medians are of the lower middle.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import median_low
from typing import Any

from serviceflow.api import (
    Anchor,
    MessageRow,
    Order,
    OrderAction,
    Shop,
    T,
    TaskRow,
    Tx,
    format_money,
    half_up,
    instant_of,
    table_of,
)

from serviceflow_studio.floor.steps import LIMITS
from serviceflow_studio.places import CALENDARS, Capacity, key
from serviceflow_studio.tables import (
    StudioBooking,
    StudioCard,
    StudioCase,
    StudioLine,
    StudioPayment,
    StudioPiece,
    StudioProfile,
    StudioSurvey,
)

BOOKING = ("take-deposit", "pay-shoot-today")
LEAVING = ("leave-undecided", "leave-no-contact")
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


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: ``part`` of ``base`` as a share, or a plain value."""

    key: str
    title: T
    part: float | None = None
    base: float | None = None
    money: bool = False

    def shown(self) -> str:
        """Return it as people read it: a share in percent, an amount in yuan, a dash for nothing."""
        if self.part is None or (self.base is not None and not self.base):
            return "-"
        if self.base is not None:
            return f"{100 * self.part / self.base:.1f} % ({self.part:g}/{self.base:g})"
        return format_money(int(self.part)) if self.money else f"{self.part:g}"


@dataclass(slots=True)
class Period:
    """What happened between two days, both inclusive, of all cases or of one consultant's."""

    shop: Shop
    tx: Tx
    first: date
    last: date
    owner: int | None = None
    orders: dict[int, Order] = field(default_factory=dict)
    deeds: list[OrderAction] = field(default_factory=list)

    @classmethod
    def of(cls, shop: Shop, tx: Tx, first: date, last: date, owner: int | None = None) -> Period:
        """Return the period with its orders and everything done up to its end."""
        made = cls(shop, tx, first, last, owner)
        table = table_of(Order)
        where: list[Any] = [table.c.flow.in_(("studio-case", "studio-shoot", "studio-complaint", "studio-referral"))]
        if owner is not None:
            where.append(table.c.owner_id == owner)
        made.orders = {o.id: o for o in tx.all(Order, *where) if o.id is not None}
        deeds = table_of(OrderAction)
        made.deeds = [
            d
            for d in tx.all(OrderAction, deeds.c.at < made.end, order_by=[deeds.c.at, deeds.c.id])
            if d.order_id in made.orders
        ]
        return made

    @property
    def begin(self) -> datetime:
        return instant_of(self.first, time(0), self.shop.zone)

    @property
    def end(self) -> datetime:
        return instant_of(self.last + timedelta(days=1), time(0), self.shop.zone)

    def within(self, at: datetime | None) -> bool:
        """Return whether a moment lies in the period."""
        return at is not None and self.begin <= at < self.end

    def done(self, *actions: str, flow: str = "studio-case") -> list[OrderAction]:
        """Return what was done in the period, of these actions of a flow."""
        return [
            d for d in self.deeds if d.action in actions and self.within(d.at) and self.orders[d.order_id].flow == flow
        ]

    def first_of(self, action: str) -> dict[int, OrderAction]:
        """Return the first doing of an action by order, up to the end of the period."""
        found: dict[int, OrderAction] = {}
        for deed in self.deeds:
            if deed.action == action:
                found.setdefault(deed.order_id, deed)
        return found

    def anchor(self, order_id: int, name: str) -> Anchor | None:
        """Return a named moment of an order."""
        return self.tx.get(Anchor, order_id, name)

    def mine(self, rows: Iterable[Any]) -> list[Any]:
        """Return the rows of the period's orders."""
        return [row for row in rows if row.order_id in self.orders]


def median(values: Sequence[float]) -> float | None:
    """Return the lower median, or nothing of nothing."""
    return median_low(values) if values else None


def mean(values: Sequence[float]) -> float | None:
    """Return the mean to two decimals, or nothing of nothing."""
    return round(sum(values) / len(values), 2) if values else None


# -- the sale ------------------------------------------------------------------------------------------------


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
        title = T("Won back, objection {what}", zh="追回率, 异议 {what}").of(what=objection)
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


# -- the floor and after ---------------------------------------------------------------------------------------


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
            what = {"what": station}
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
    table = table_of(TaskRow)
    visits = Counter(
        t.state
        for t in period.mine(
            period.tx.all(TaskRow, table.c.rule.in_(("studio:visit-consultant", "studio:visit-viewing")))
        )
        if period.within(t.done_at)
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
    lines = [line for line in period.tx.all(StudioLine) if line.order_id in lists]
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
    contracts = sum(c.contract_price or 0 for c in period.tx.all(StudioCase) if c.order_id in booked)
    yield Figure("sale-first", T("First sale: packages", zh="一销: 套系"), contracts, money=True)
    stages = {
        "viewing": ("sale-second", T("Second sale: viewing", zh="二销: 看样"), ("sign-list",)),
        "floor": ("sale-floor", T("Floor sale", zh="专业部推销"), ("check-in",)),
        "pickup": ("sale-third", T("Third sale: pickup", zh="三销: 取件"), ("sell-extra",)),
    }
    for origin, (name, title, deeds) in stages.items():
        cases = {d.order_id for d in period.done(*deeds)}
        total = sum(
            line.amount for line in period.tx.all(StudioLine) if line.origin == origin and line.order_id in cases
        )
        yield Figure(name, title, total, money=True)


def production(period: Period) -> Iterator[Figure]:
    """12: checks passed the first time, part pickups, what is overdue."""
    signed = {d.order_id for d in period.done("sign-pickup")}
    pieces = [p for p in period.tx.all(StudioPiece) if p.order_id in signed]
    passed = sum(p.passed for p in pieces)
    yield Figure(
        "first-check",
        T("Passed the first check", zh="一次质检合格率"),
        passed - sum(min(p.reworked, p.passed) for p in pieces),
        passed,
    )
    parts = [d for d in period.done("sign-pickup") if d.to_step == "part-collected"]
    yield Figure("part-pickups", T("Part pickups", zh="部分取件"), len(parts))
    late = [
        p
        for p in period.mine(period.tx.all(StudioPiece))
        if p.handed < p.qty and p.promised and p.promised < period.last
    ]
    yield Figure("promises-past", T("Pieces past their promised date", zh="逾期补件"), len(late))


def satisfaction(period: Period) -> Iterator[Figure]:
    """13: fetching, scores, complaints."""
    fetched = period.done("fetched")
    yield Figure("fetch", T("Fetched in time", zh="按时取出率"), sum(not d.late for d in fetched), len(fetched))
    forms = [s for s in period.mine(period.tx.all(StudioSurvey)) if period.within(s.at)]
    answered = [s for s in forms if not s.declined]
    pickups = {d.order_id for d in period.done("sign-pickup")}
    yield Figure("survey-response", T("Surveys filled in", zh="满意度回收率"), len(answered), len(pickups))
    for score in ("reception", "dress", "makeup", "photography", "viewing", "product", "overall"):
        values = [getattr(s, score) for s in answered if getattr(s, score) is not None]
        yield Figure(f"score-{score}", T("Score {what}", zh="评分 {what}").of(what=score), mean(values))
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


def referrals(period: Period) -> Iterator[Figure]:
    """14: referred cases, gift money, members per level."""
    booked = {d.order_id for d in period.done(*BOOKING)}
    referred = [
        o
        for o in period.orders.values()
        if o.flow == "studio-referral" and period.within(o.opened_at) and o.step != "void"
    ]
    yield Figure("referral-rate", T("Referred cases", zh="介绍率"), len(referred), len(booked))
    gifts = [
        p.amount
        for p in period.tx.all(StudioPayment, table_of(StudioPayment).c.kind == "gift-out")
        if period.within(p.at)
    ]
    yield Figure("gifts", T("Gift money paid", zh="已付礼金"), sum(gifts), money=True)
    members = Counter(
        card.level for card in period.tx.all(StudioCard) if card.state == "active" and not card.parent_card
    )
    for level, count in sorted(members.items()):
        yield Figure(f"members-{level}", T("Members {what}", zh="会员 {what}").of(what=level), count)


def sources(period: Period) -> Iterator[Figure]:
    """15: outcomes by technique and by where customers heard of the studio."""
    booked = {d.order_id for d in period.done(*BOOKING)}
    used: dict[str, set[int]] = defaultdict(set)
    for deed in period.done("technique"):
        used[str(deed.form.get("technique"))].add(deed.order_id)
    for technique, cases in sorted(used.items()):
        yield Figure(
            f"technique-{technique}",
            T("Closed with {what}", zh="促成 {what}").of(what=technique),
            len(cases & booked),
            len(cases),
        )
    heard = {p.customer_id: p.heard_from for p in period.tx.all(StudioProfile) if p.heard_from}
    came: dict[str, set[int]] = defaultdict(set)
    for deed in period.done("open"):
        source = heard.get(period.orders[deed.order_id].customer_id or 0)
        if source:
            came[source].add(deed.order_id)
    for source, cases in sorted(came.items()):
        yield Figure(
            f"source-{source}",
            T("Closed, heard from {what}", zh="成交, 来自 {what}").of(what=source),
            len(cases & booked),
            len(cases),
        )


CHAPTERS: tuple[Callable[[Period], Iterator[Figure]], ...] = (
    closing,
    following_up,
    booking,
    calendars,
    stations,
    viewing,
    sales,
    production,
    satisfaction,
    referrals,
    sources,
)


def figures(period: Period) -> list[Figure]:
    """Return all figures of a period, in the order of the specification."""
    return [figure for chapter in CHAPTERS for figure in chapter(period)]
