"""What is asked for when something is done."""

from __future__ import annotations

from datetime import date, datetime

from serviceflow.api import (
    Form,
    T,
    choice,
    day,
    items,
    moment,
    money,
    now_default,
    number,
    quantities,
    row_list,
    text,
    yes_no,
)

from serviceflow_beauty.words import REACTIONS, SKINS

REASON = T("Reason", zh="原因")
TREATMENT = T("Treatment", zh="项目")


class Book(Form):
    starts_at: datetime = moment(T("Time", zh="时间"))
    treatment: str | None = text(TREATMENT, required=False)
    therapist: str | None = text(T("Therapist", zh="美容师"), required=False)


class Welcome(Form):
    locker: int | None = number(T("Locker", zh="柜号"), required=False, least=1)


class WalkIn(Book, Welcome):
    starts_at: datetime = moment(T("Time", zh="时间"), default=now_default)


class Consult(Form):
    unchanged: bool = yes_no(T("Unchanged since last time", zh="与上次相同"), default=False)
    skin: str | None = choice(T("Skin", zh="皮肤"), SKINS, required=lambda v: not v.get("unchanged"))
    allergies: str = text(T("Allergies", zh="过敏史"), required=False, default="")
    pregnant: bool = yes_no(T("Pregnant", zh="孕期"), default=False)
    products_used: str = text(T("Products used", zh="在用产品"), required=False, default="")
    reaction: str = choice(T("Reaction", zh="反应"), REACTIONS, default="none")
    drink: str = text(T("Drink", zh="饮品"), required=False, default="")
    past: list[dict[str, object]] = row_list(
        T("Treatments elsewhere", zh="既往护理"),
        {
            "kind": text(T("Kind", zh="项目")),
            "where": text(T("Where", zh="机构"), required=False, default=""),
            "price": money(T("Price", zh="价格"), required=False),
            "on": day(T("On", zh="日期")),
            "destructive": yes_no(T("Destructive", zh="破坏性"), default=False),
        },
        required=False,
        default=[],
    )


class Plan(Form):
    treatment: str = text(TREATMENT)
    package: str | None = text(T("Package", zh="疗程卡"), required=False)
    price: int | None = money(T("Price, without a package", zh="价格(不用疗程卡)"), required=False)


class Start(Form):
    therapist: str = text(T("Therapist", zh="美容师"))


class Finish(Form):
    products_used: str = text(T("Products used", zh="所用产品"), required=False, default="")
    notes: str = text(T("Notes", zh="备注"), required=False, default="")
    singly: bool = yes_no(T("Paid singly after all", zh="改为单次付费"), default=False)


class Stop(Form):
    reaction: str = choice(T("Reaction", zh="反应"), {k: v for k, v in REACTIONS.items() if k != "none"})
    first_aid: str = text(T("First aid", zh="处理措施"))


class Farewell(Form):
    home_care: str = text(T("Home care", zh="居家护理"))
    next_at: datetime | None = moment(T("Next session", zh="下次预约"), required=False)
    sold: list[list[object]] = quantities(T("Products sold", zh="售出产品"), required=False, default=[])
    batches: list[str] = items(T("Batches", zh="批号"), required=False, default=[])


class Because(Form):
    reason: str = text(REASON)


class Sell(Form):
    treatment: str = text(TREATMENT)
    paid_sessions: int = number(T("Paid sessions", zh="购买次数"))
    gift_sessions: int = number(T("Gift sessions", zh="赠送次数"), default=0)
    price: int = money(T("Price", zh="价格"))
    paid: int = money(T("Paid", zh="实付"))
    starts_on: date | None = day(T("Starts on", zh="起始日"), required=False)


class UndoUse(Form):
    session: str = text(T("Session", zh="护理单"))
    reason: str = text(REASON)


class Freeze(Form):
    until: date = day(T("Until", zh="冻结至"))
    reason: str = text(REASON)


class Extend(Form):
    months: int = number(T("Months", zh="月数"), least=1, most=24)
    reason: str = text(REASON)


class Transfer(Form):
    to: str = text(T("To customer", zh="转给客户"))
    letter: str = text(T("Letter", zh="转让书"))


class Refund(Form):
    reason: str = text(REASON)
    account: str = text(T("Account", zh="退款账户"))
