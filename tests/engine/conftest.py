"""A small trade with one of everything, and a shop that runs it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from serviceflow.api import (
    ANY,
    BACK,
    START,
    Action,
    Ask,
    Choose,
    Clock,
    Do,
    Flow,
    Form,
    Guard,
    Late,
    Link,
    Message,
    Need,
    Once,
    OpenChild,
    Refuse,
    Role,
    Route,
    SetAnchor,
    Setting,
    Stage,
    Step,
    T,
    Task,
    Template,
    Trade,
    TurnClock,
    before,
    choice,
    day,
    days,
    hours,
    minutes,
    money,
    plain,
    text,
)
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.engine.customers import add_customer
from serviceflow.store.tables import Customer
from serviceflow.testing.trades import hire, join_trade, know_trades


class Price(Form):
    amount: int = money(T("Amount", zh="金额"))
    note: str = text(T("Note", zh="备注"), required=False)


class Visit(Form):
    visit_on = day(T("Visit", zh="上门日"))


class Mend(Form):
    result: str = choice(
        T("Result", zh="结果"), {"mended": T("mended", zh="修好"), "hopeless": T("hopeless", zh="报废")}
    )


BOSS = Route("discount", (Stage(("boss",)),), own="counts", undecided=hours("fix.hold_hours"), min_opinion=2)
TWO = Route("write-off", (Stage(("boss", "clerk"), "any"), Stage(("auditor",))), own="refused", rejected="refuse-scrap")
NOT_FREE = Guard(
    "not-free",
    lambda case, form: (
        Refuse(T("The price must be above 0.", zh="价格须大于 0。"), T("amount=10", zh="amount=10"))
        if form.amount == 0
        else None
    ),
    override=("boss",),
)
CHEAP = Guard(
    "cheap",
    lambda case, form: Need(BOSS, T("below 50.00", zh="低于 50.00")) if form.amount < 5000 else None,
    needs=(BOSS,),
)
HAS_PHONE = Guard(
    "has-phone",
    lambda case, form: (
        None
        if case.contacts("phone")
        else Refuse(T("A phone is needed.", zh="须有电话。"), plain("flow customer edit"))
    ),
    early=True,
)

REPAIR = Flow(
    "fix-repair",
    1,
    T("Repair", zh="维修"),
    series="F{year}-{n:04}",
    supervisors=("admin",),
    open_key=lambda case: f"fix-repair/{case.order.customer_id}",
    facts=lambda case: {"visit": str(case.anchor("visit_on") or "-")},
    conditions={"still-planned": lambda case: case.order.step == "planned"},
    clocks=(
        Clock(
            "promise",
            days(5, after="opened_at"),
            T("Promise to the customer", zh="对客承诺"),
            starts_in=("intake",),
            stops_in=("mended",),
            rests_in=("waiting",),
            wake="shift",
        ),
    ),
    links=(
        Link(
            "part",
            "fix-part",
            blocks_in=("ordered",),
            allows=("note",),
            ends={"here": "part-here"},
            with_parent="call-off",
            wake="shift",
        ),
    ),
    steps=(
        Step(
            "intake",
            T("Intake", zh="受理"),
            "clerk",
            limit=hours(2),
            on_path=True,
            entry=(
                Task("look", T("Look at it", zh="看一看"), "clerk", minutes(30), closed_by=("quote",)),
                Once((Task("welcome", T("Say welcome to {name}", zh="欢迎{name}"), "clerk", minutes(5), stays=True),)),
            ),
        ),
        Step(
            "quoted",
            T("Quoted", zh="已报价"),
            "clerk",
            limit=days("fix.quote_days", after="quoted_on"),
            on_path=True,
            entry=(
                Task(
                    "chase",
                    T("Chase", zh="催回复"),
                    "clerk",
                    days(0, after="quoted_on", at="18:00"),
                    each="fix.chase_days",
                ),
            ),
        ),
        Step(
            "planned",
            T("Visit planned", zh="已约上门"),
            "clerk",
            on_path=True,
            entry=(
                Task(
                    "prepare",
                    T("Prepare for {visit}", zh="准备 {visit}"),
                    "clerk",
                    before("visit_on", days=1, at="18:00"),
                ),
                Message(
                    "visit-reminder",
                    before("visit_on", days=1, at="10:00"),
                    only_if="still-planned",
                    expires=days(0, after="visit_on", at="00:00"),
                ),
            ),
        ),
        Step("waiting", T("Waiting", zh="等候"), "clerk"),
        Step("mended", T("Mended", zh="修好"), final=True, on_path=True),
        Step(
            "scrap",
            T("To be scrapped", zh="待报废"),
            "boss",
            entry=(Ask("do-scrap", TWO, T("it is beyond repair", zh="无法修复")),),
        ),
        Step("scrapped", T("Scrapped", zh="报废"), final=True),
        Step("lost", T("Lost", zh="流失"), final=True),
    ),
    actions=(
        Action("open", T("Open", zh="受理"), START, to="intake", effects=(SetAnchor("opened_at"),)),
        Action(
            "quote",
            T("Quote", zh="报价"),
            ("intake", "quoted"),
            to="quoted",
            by=("clerk",),
            form=Price,
            guards=(HAS_PHONE, NOT_FREE, CHEAP),
            late=Late(minutes(60)),
            effects=(
                SetAnchor("quoted_on", as_day=True),
                Do(lambda case, form: case.change(amount=form.amount)),
                Message("thanks", minutes(0, after="now"), stays=True),
            ),
        ),
        Action(
            "plan",
            T("Plan visit", zh="约上门"),
            ("quoted", "planned"),
            to="planned",
            by=("clerk",),
            form=Visit,
            effects=(SetAnchor("visit_on", "visit_on"),),
        ),
        Action("note", T("Note", zh="备注"), ANY, form=Price),
        Action("wait", T("Wait", zh="等候"), ("intake", "quoted", "planned"), to="waiting", by=("clerk",)),
        Action("resume", T("Resume", zh="继续"), ("waiting",), to=BACK, by=("clerk",)),
        Action("order-part", T("Order part", zh="订件"), ("planned",), by=("clerk",), effects=(OpenChild("part"),)),
        Action(
            "part-here",
            T("Part is here", zh="配件到了"),
            ("planned",),
            auto=True,
            when=lambda case: False,
            effects=(Task("fit", T("Fit the part", zh="装配件"), "clerk", minutes(15, after="now")),),
        ),
        Action(
            "mend",
            T("Mend", zh="维修"),
            ("planned",),
            to=Choose(lambda case, form: "mended" if form.result == "mended" else "scrap", ("mended", "scrap")),
            by=("clerk",),
            form=Mend,
            outcome="tried",
        ),
        Action(
            "do-scrap",
            T("Scrap", zh="报废"),
            ("scrap",),
            to="scrapped",
            auto=True,
            when=lambda case: False,
            outcome="scrapped",
        ),
        Action("refuse-scrap", T("Try again", zh="再试"), ("scrap",), to="planned", auto=True, when=lambda case: False),
        Action("forget", T("Given up", zh="放弃"), ("quoted",), to="lost", over="step", outcome="lost"),
        Action(
            "nudge",
            T("Nudge", zh="提醒"),
            ("quoted",),
            at=days(1, after="quoted_on", at="09:00"),
            when=lambda case: case.times_done("note") > 0,
            effects=(Task("nudge", T("Nudge", zh="提醒"), "boss", minutes(0, after="now")),),
        ),
        Action(
            "broken-promise",
            T("Promise broken", zh="承诺逾期"),
            ANY,
            over="promise",
            effects=(
                Task("sorry", T("Apologise", zh="致歉"), "boss", minutes(0, after="now")),
                TurnClock("promise", "stop"),
            ),
        ),
    ),
)
PART = Flow(
    "fix-part",
    1,
    T("Part", zh="配件"),
    series="P{n:03}",
    customer="optional",
    steps=(
        Step("ordered", T("Ordered", zh="已订"), "clerk"),
        Step("here", T("Here", zh="已到"), final=True),
        Step("off", T("Called off", zh="已取消"), final=True),
    ),
    actions=(
        Action("open", T("Order", zh="订购"), START, to="ordered"),
        Action("arrive", T("Arrive", zh="到货"), ("ordered",), to="here", by=("clerk",)),
        Action("call-off", T("Call off", zh="取消"), ("ordered",), to="off"),
    ),
)
FIX = Trade(
    "fix",
    T("Repairs", zh="维修"),
    "1.0",
    "1",
    ("fix",),
    flows=(REPAIR, PART),
    roles=(
        Role("clerk", T("Clerk", zh="职员")),
        Role("boss", T("Boss", zh="老板")),
        Role("auditor", T("Auditor", zh="审计")),
    ),
    settings=(
        Setting("fix.hold_hours", "int", 24, T("Hours a request waits", zh="申请等待小时")),
        Setting("fix.quote_days", "int", 10, T("Days a quote stands", zh="报价有效天数")),
        Setting("fix.chase_days", "ints", [3, 6], T("Days to chase", zh="催回复的日子")),
    ),
    templates=(
        Template(
            "visit-reminder",
            T("{name}, we come {visit}.", zh="{name},我们{visit}上门。"),
            "service",
            ("sms",),
            fields=("visit",),
        ),
        Template("thanks", T("Thank you, {name}.", zh="谢谢{name}。"), "marketing", ("sms",)),
    ),
)


def repairs(shop: Shop) -> None:
    """Give a shop trade `fix`, its people and 王小明, who has a phone."""
    join_trade(shop, FIX)
    with shop.write("staff role") as tx:
        from serviceflow.store.tables import StaffRole
        from serviceflow.store.write import table_of

        for row in tx.all(StaffRole, table_of(StaffRole).c.staff_id == shop.staff_id):
            tx.remove(row)
        assert shop.staff_id is not None
        tx.add(StaffRole(staff_id=shop.staff_id, role="clerk"))
    hire(shop, "boss", "boss")
    hire(shop, "auditor", "auditor")
    with shop.write("customer add") as tx:
        add_customer(tx, name="王小明", phones=["13800000001"])


@pytest.fixture
def industries() -> tuple[str, ...]:
    """A shop without trades: those of a test are written in it."""
    return ()


@pytest.fixture
def fix(shop: Shop) -> Shop:
    """A shop with trade `fix`, run by the clerk 小美; 2026-11-25 10:20, a Wednesday."""
    know_trades(shop, FIX)
    return shop


@pytest.fixture
def customer(fix: Shop) -> int:
    """王小明 with a phone."""
    with fix.reading() as tx:
        [known] = tx.all(Customer)
    assert known.id is not None
    return known.id


@pytest.fixture
def at(fix: Shop) -> Callable[[str], None]:
    """Move the clock to a local time ``2026-11-26 09:00``."""

    def move(when: str) -> None:
        assert isinstance(fix.clock, SetClock)
        fix.clock.set(datetime.fromisoformat(when).replace(tzinfo=ZoneInfo("Asia/Shanghai")))

    return move
