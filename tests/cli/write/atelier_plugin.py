"""The trade `atelier` of these tests: a small studio with every kind of field, guard, route and step the CLI meets.

Installed into a folder of its own by `conftest.py`, as an installer would leave it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from serviceflow.api import (
    NOW,
    START,
    Action,
    Cancel,
    Flow,
    Form,
    Guard,
    Message,
    Need,
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
    Warn,
    choice,
    day,
    days,
    hours,
    moment,
    money,
    number,
    phone,
    text,
)

HEAD = Route("head", (Stage(("manager",)),), own="refused", undecided=hours("atelier.sign_hours"), min_opinion=2)
BOARD = Route("board", (Stage(("cashier", "desk"), quorum="any"), Stage(("manager",))), own="counts")


class Receive(Form):
    heard: str = text(T("Heard of us by", zh="来源"), required=False)
    phone: str = phone(T("Phone", zh="电话"), required=False)


class TakeDeposit(Form):
    amount: int = money(T("Amount", zh="金额"))
    method: str = choice(T("Method", zh="方式"), {"cash": T("cash", zh="现金"), "card": T("card", zh="刷卡")})


class Discount(Form):
    percent: int = number(T("Percent", zh="折扣"), least=1, most=90)


class BookShoot(Form):
    date: Any = day(T("Shoot", zh="拍摄"))
    call_at: Any = moment(T("Call at", zh="致电"), required=False)


class Lose(Form):
    reason: str = text(T("Reason", zh="原因"))


class Note(Form):
    text: str = text(T("Text", zh="内容"))
    mobile: str = phone(T("Mobile", zh="手机"), required=False)


def enough(case: Any, form: TakeDeposit) -> Refuse | Warn | None:
    least = case.setting("atelier.deposit_min")
    if form.amount < least:
        return Refuse(
            T("A deposit is at least {n} yuan.", zh="定金至少 {n} 元。").of(n=least // 100),
            T(
                "try: flow do {no} take-deposit amount={n} method={how}",
                zh="试试: flow do {no} take-deposit amount={n} method={how}",
            ).of(no=case.order.number, n=least // 100, how=form.method),
        )
    return None if form.amount % 10000 == 0 else Warn(T("An odd sum.", zh="零头金额。"))


def signed_for(case: Any, form: Discount) -> Refuse | Need | None:
    if form.percent > 50:
        return Refuse(T("No discount above 50 %.", zh="折扣不得超过 50%。"))
    if form.percent > 20:
        return Need(BOARD, T("{n} % is above 20 %", zh="{n}% 超过 20%").of(n=form.percent))
    return Need(HEAD, T("{n} % is above 10 %", zh="{n}% 超过 10%").of(n=form.percent)) if form.percent > 10 else None


def free(case: Any, form: BookShoot) -> Refuse | None:
    if form.date == date(2026, 11, 28):
        return Refuse(
            T("{day} is full.", zh="{day} 已满。").of(day=form.date),
            T("try: flow do {no} book-shoot date=11-29", zh="试试: flow do {no} book-shoot date=11-29").of(
                no=case.order.number
            ),
        )
    return None


def staffed(case: Any, form: Any) -> Refuse:
    return Refuse(T("Nobody works at night.", zh="夜间没有人手。"))


URGE = Task(
    "urge",
    T("Urge to fix a date", zh="催拍"),
    "desk",
    days(1, after="deposit_on", at="18:00"),
    closed_by=("book-shoot",),
)

STEPS = (
    Step("reception", T("Reception", zh="接待"), role="desk", on_path=True),
    Step("booked", T("Deposit paid", zh="已付定"), role="desk", on_path=True, entry=(URGE,)),
    Step("scheduled", T("Shoot booked", zh="已预约"), role="desk", on_path=True),
    Step("viewed", T("Viewed", zh="已看样"), on_path=True, final=True),
    Step("lost", T("Lost", zh="流失"), final=True),
)
ACTIONS = (
    Action("receive", T("Receive", zh="接待"), START, "reception", by=("desk",), form=Receive),
    Action(
        "take-deposit",
        T("Take deposit", zh="收定金"),
        ("reception",),
        "booked",
        by=("cashier",),
        form=TakeDeposit,
        guards=(Guard("enough", enough, override=("manager",)),),
        effects=(SetAnchor("deposit_on", as_day=True), Message("atelier-thanks", NOW)),
    ),
    Action(
        "discount",
        T("Discount", zh="折扣"),
        ("reception", "booked"),
        by=("desk", "cashier"),
        form=Discount,
        guards=(Guard("signed-for", signed_for, needs=(HEAD, BOARD)),),
        effects=(SetAnchor("discount_at"),),
    ),
    Action(
        "book-shoot",
        T("Book the shoot", zh="预约拍摄"),
        ("booked",),
        "scheduled",
        by=("desk",),
        form=BookShoot,
        guards=(Guard("free", free),),
        effects=(SetAnchor("shoot_on", "date"), Cancel(("atelier-thanks",), T("booked", zh="已预约"))),
    ),
    Action("start-viewing", T("Start viewing", zh="开始看样"), ("scheduled",), "viewed", by=("desk",)),
    Action("lose", T("Lost", zh="流失"), ("reception",), "lost", by=("desk",), form=Lose),
    Action("note", T("Note", zh="备注"), ("reception", "booked", "scheduled"), form=Note),
)

CASE = Flow("atelier-case", 1, T("Case", zh="客单"), STEPS, ACTIONS, series="S-{year}-{n:04}")
ERRAND = Flow(
    "atelier-errand",
    1,
    T("Errand", zh="杂务"),
    (Step("open", T("Open", zh="进行中"), on_path=True), Step("over", T("Over", zh="已完"), final=True, on_path=True)),
    (
        Action("begin", T("Begin", zh="开始"), START, "open"),
        Action("urgent", T("Urgent", zh="加急"), START, "open"),
        Action(
            "nightly",
            T("At night", zh="夜间"),
            START,
            "open",
            guards=(Guard("staffed", staffed, override=("manager",)),),
        ),
        Action("finish", T("Finish", zh="完成"), ("open",), "over"),
    ),
    series="E-{n:03}",
    customer="none",
)


def live(shop: Any, clock: Any, until: datetime) -> list[str]:
    clock.set(until)
    return ["flow today"]


trade = Trade(
    key="atelier",
    demo="atelier_plugin:live",
    title=T("Atelier", zh="画室"),
    version="1.0",
    api="1",
    prefixes=("atelier",),
    flows=(CASE, ERRAND),
    roles=(Role("desk", T("Front desk", zh="前台")), Role("cashier", T("Cashier", zh="收银"))),
    settings=(
        Setting("atelier.deposit_min", "money", 50000, T("Least deposit", zh="最低定金"), least=100),
        Setting("atelier.sign_hours", "int", 24, T("Hours to decide", zh="审批时限(小时)"), least=1, most=240),
        Setting("atelier.urge_days", "ints", [1, 3], T("Days to urge on", zh="催办日"), least=1, most=30),
        Setting("atelier.pays", "choice", "cash", T("Usual method", zh="常用方式"), choices=("cash", "card")),
        Setting("atelier.strict", "bool", False, T("Strict", zh="严格")),
        Setting("atelier.opens", "time", "09:30", T("Opens at", zh="开门")),
    ),
    templates=(Template("atelier-thanks", T("Thank you, {name}.", zh="{name}, 谢谢。"), "service", ("sms", "hand")),),
)
