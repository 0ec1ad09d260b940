"""What is asked for when something is done."""

from __future__ import annotations

from datetime import datetime

from serviceflow.api import Form, T, choice, codes, moment, money, now_default, number, quantities, text, yes_no

from serviceflow_catering.words import KINDS, REMEDIES


class Book(Form):
    party: int = number(T("Guests", zh="人数"), most=200)
    starts_at: datetime = moment(T("Time", zh="时间"))
    table: str | None = text(T("Table", zh="桌号"), required=False)


class WalkIn(Book):
    starts_at: datetime = moment(T("Time", zh="时间"), default=now_default)


class Seat(Form):
    table: str = text(T("Table", zh="桌号"))


class TakeOrder(Form):
    dishes: list[list[object]] = quantities(T("Dishes", zh="菜品"))
    tastes: list[str] = codes(T("Tastes", zh="口味"), required=False, default=[])
    guest_accepts: bool = yes_no(T("Guest accepts the allergen", zh="顾客接受过敏原"), default=False)


class Serve(Form):
    dish: str = text(T("Dish", zh="菜品"))


class Problem(Form):
    kind: str = choice(T("Kind", zh="问题"), KINDS)
    dish: str | None = text(T("Dish", zh="菜品"), required=False)
    remedy: str = choice(T("Remedy", zh="补救"), REMEDIES)
    cost: int = money(T("Cost", zh="金额"), default=0)


class Solve(Form):
    happy: bool = yes_no(T("Guest is happy", zh="顾客满意"))


class Pay(Form):
    bill: int = money(T("Bill", zh="账单"))
    paid: int = money(T("Paid", zh="实付"))


class Thank(Form):
    liked: list[str] = codes(T("Liked dishes", zh="喜欢的菜"), required=False, default=[])
    disliked: list[str] = codes(T("Disliked dishes", zh="不喜欢的菜"), required=False, default=[])
    comment: str = text(T("Comment", zh="意见"), required=False, default="")


class Leave(Form):
    reason: str = text(T("Reason", zh="原因"))
