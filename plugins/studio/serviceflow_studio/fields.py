"""Kinds of form fields that only a studio has."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from serviceflow.api import BadInput, Case, Field, FormContext, T, format_money, now_default, parse_money

from serviceflow_studio.ledger import balance

METHODS = {
    "cash": T("Cash", zh="现金"),
    "card": T("Card", zh="刷卡"),
    "wechat": T("WeChat Pay", zh="微信"),
    "alipay": T("Alipay", zh="支付宝"),
}
ROLES_OF_PERSONS = {"bride": T("Bride", zh="新娘"), "groom": T("Groom", zh="新郎"), "guest": T("Guest", zh="来宾")}


def amount_refusal(owed: int) -> T:
    """Return what is said of an amount that is no payment of this case."""
    return T("Amount must be between 0.01 and the balance {balance}.", zh="金额须在0.01与应收{balance}之间。").of(
        balance=format_money(owed)
    )


def payment(title: T) -> Any:
    """An amount to pay, in fen; whatever is no amount is refused with the balance of the case."""

    def read(typed: str, context: FormContext) -> int:
        try:
            return parse_money(typed)
        except BadInput as cause:
            owed = balance(context) if isinstance(context, Case) else 0
            raise BadInput(amount_refusal(owed), cause.way_out) from cause

    return Field(title, read, "money")


def past_moment(title: T) -> Any:
    """A date and time that is not in the future; the present when left out."""

    def read(typed: str, context: FormContext) -> datetime:
        at = context.parse_instant(typed)
        if at > context.now:
            raise BadInput(T("{typed} is in the future", zh="{typed} 是将来的时间").of(typed=typed))
        return at

    return Field(title, read, "instant", True, now_default)


def photo_numbers(title: T, *, required: bool = True) -> Any:
    """Photo numbers and ranges, ``3,8-20``, in a set ``0312-01/3,8-20`` where there are several; ``none`` is none.

    Returns [[set or "", first, last], …].
    """

    def read(typed: str, _: FormContext) -> list[list[Any]]:
        if typed.casefold() in ("none", "无"):
            return []
        found: list[list[Any]] = []
        for group in re.split(r"[;；\s]+", typed):
            image_no, slash, ranges = group.rpartition("/")
            for part in re.split(r"[,，、]", ranges):
                match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", part, re.ASCII)
                first = int(match[1]) if match else 0
                last = int(match[2] or match[1]) if match else 0
                if not 0 < first <= last:
                    raise BadInput(
                        T("“{part}” is no photo number or range", zh="“{part}”不是照片号或范围").of(part=part)
                    )
                found.append([image_no if slash else "", first, last])
        return found

    return Field(title, read, "photo_numbers", required)


def clock_time(title: T, *, required: bool = True) -> Any:
    """A time of day such as ``9:00``; kept as ``09:00``."""

    def read(typed: str, _: FormContext) -> str:
        match = re.fullmatch(r"(\d{1,2})[:：](\d{2})", typed, re.ASCII)
        if match is None or int(match[1]) > 23 or int(match[2]) > 59:
            raise BadInput(T("“{typed}” is no time of day", zh="“{typed}”不是时刻").of(typed=typed))
        return f"{int(match[1]):02}:{match[2]}"

    return Field(title, read, "clock_time", required)


def listed(title: T, setting: str, known: Any, *, required: bool = True) -> Any:
    """One word of a list that a setting holds; known words may be typed by their titles."""

    def read(typed: str, context: FormContext) -> str:
        words = context.setting(setting) if isinstance(context, Case) else list(known)
        for word in words:
            title_of = known.get(word, T(word, zh=word))
            if typed.casefold() in (word.casefold(), title_of.en.casefold(), title_of.zh):
                return str(word)
        raise BadInput(T("choose one of: {names}", zh="可选: {names}").of(names=", ".join(words)))

    return Field(title, read, "choice", required)


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A person as typed in one word: ``陈媛:13800000001:1995-06-01``."""

    name: str
    phone: str | None
    birthday: date | None


def read_person(typed: str) -> NamedPerson:
    """Return the person of ``NAME[:PHONE[:BIRTHDAY]]``.

    Raises:
        BadInput: The phone or the birthday cannot be read.
    """
    name, phone, birthday = (*(part.strip() for part in re.split(r"[:：]", typed)), "", "")[:3]
    if not name:
        raise BadInput(T("a name is needed", zh="须有姓名"))
    try:
        born = date.fromisoformat(birthday) if birthday else None
    except ValueError as cause:
        raise BadInput(T("“{typed}” is no date", zh="“{typed}”不是日期").of(typed=birthday)) from cause
    return NamedPerson(name, phone or None, born)


def persons(title: T) -> Any:
    """People as ``NAME[:PHONE[:BIRTHDAY]]``, separated by slashes; kept as typed."""

    def read(typed: str, _: FormContext) -> list[str]:
        words = [word.strip() for word in re.split(r"[/、]", typed) if word.strip()]
        for word in words:
            read_person(word)
        return words

    return Field(title, read, "persons", False)


def noted(read_case: Callable[[Case], Any]) -> Callable[[FormContext], Any]:
    """Return a default that is what the case noted before, so that nothing is asked twice."""

    def default(context: FormContext) -> Any:
        return read_case(context) if isinstance(context, Case) else None

    return default
