"""Settings as data: every number of a trade has a name, a kind, a range and a default in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from difflib import get_close_matches
from typing import Any, Literal

from serviceflow.errors import BadInput
from serviceflow.texts import T, plain

Kind = Literal["int", "money", "percent", "time", "text", "bool", "ints", "times", "choice", "words"]
KINDS: dict[Kind, T] = {
    "int": T("a whole number", zh="整数"),
    "percent": T("a whole number", zh="整数"),
    "money": T("an amount such as 100.00", zh="100.00 这样的金额"),
    "time": T("a time such as 08:00", zh="08:00 这样的时刻"),
    "times": T("times such as 21:00,08:00", zh="21:00,08:00 这样的时刻"),
    "ints": T("whole numbers such as 1,3", zh="1,3 这样的整数"),
    "words": T("words such as a,b", zh="a,b 这样的词"),
    "bool": T("yes or no", zh="yes 或 no"),
    "choice": T("one of the choices", zh="可选值"),
    "text": T("text", zh="文字"),
}
"""How a value of each kind is typed."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. Stored values are JSON; money is in minor units, times are ``HH:MM``.

    Args:
        key: Name; begins with a prefix of the trade.
        kind: What it holds, and so how it is typed and checked.
        default: Value in force until a shop sets its own; must itself be allowed.
        title: What it is, for ``flow settings``.
        least: Smallest number allowed, in lists each of them.
        most: Largest number allowed.
        choices: Words it may be, where these are fixed.
        check: Extra rule; returns what is wrong or ``None``.
    """

    key: str
    kind: Kind
    default: Any
    title: T
    least: int = 0
    most: int = 1_000_000_000
    choices: tuple[str, ...] = ()
    check: Callable[[Any], T | None] | None = None

    def read(self, typed: str) -> Any:
        """Return the value of typed words; the old value stays when this raises.

        Raises:
            BadInput: With the reason.
        """
        try:
            value = self._parse(typed.strip())
        except (ValueError, BadInput) as cause:
            why = (
                cause.sentence
                if isinstance(cause, BadInput)
                else T("{typed} is not {kind}", zh="{typed} 不是{kind}").of(
                    typed=typed.strip() or "-", kind=KINDS[self.kind]
                )
            )
            raise self._refused(why) from None
        numbers = value if isinstance(value, list) else [value]
        if any(isinstance(n, int) and not isinstance(n, bool) and not self.least <= n <= self.most for n in numbers):
            raise self._refused(
                T("must be between {a} and {b}", zh="须在 {a} 与 {b} 之间").of(a=self.least, b=self.most)
            )
        wrong = self.check(value) if self.check else None
        if wrong:
            raise self._refused(wrong)
        return value

    def _parse(self, typed: str) -> Any:
        if self.kind in ("int", "percent"):
            return int(typed)
        if self.kind == "money":
            from serviceflow.money import parse_money

            return parse_money(typed)
        if self.kind == "time":
            return time.fromisoformat(typed).strftime("%H:%M")
        if self.kind == "times":
            return [time.fromisoformat(part.strip()).strftime("%H:%M") for part in typed.split(",")]
        if self.kind == "ints":
            return [int(part) for part in typed.split(",") if part.strip()]
        if self.kind == "words":
            return [part.strip() for part in typed.replace("，", ",").split(",") if part.strip()]
        if self.kind == "bool":
            if typed.casefold() not in ("true", "false", "yes", "no", "1", "0", "是", "否"):
                raise ValueError(typed)
            return typed.casefold() in ("true", "yes", "1", "是")
        if self.choices and typed not in self.choices:
            raise BadInput(T("choose one of: {names}", zh="可选: {names}").of(names=", ".join(self.choices)))
        return typed

    def _refused(self, why: T) -> BadInput:
        return BadInput(
            T("Setting {key}: {why}; the old value stays.", zh="设置 {key}: {why}; 原值不变。").of(
                key=self.key, why=why
            ),
            plain(f"flow settings show {self.key}"),
            ref="setting",
        )


def _zone_exists(name: str) -> T | None:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return T("no such time zone", zh="没有这个时区")
    return None


def _are_dates(days: list[str]) -> T | None:
    for day in days:
        try:
            date.fromisoformat(day)
        except ValueError:
            return T("{day} is no date like 2026-12-31", zh="{day} 不是 2026-12-31 这样的日期").of(day=day)
    return None


def _is_currency(code: str) -> T | None:
    well_formed = len(code) == 3 and code.isascii() and code.isupper()
    return None if well_formed else T("a code like CNY is needed", zh="须为 CNY 这样的代码")


def _not_empty(value: str | list[int]) -> T | None:
    return None if value else T("must not be empty", zh="不能为空")


CORE_SETTINGS: tuple[Setting, ...] = (
    Setting("core.timezone", "text", "Asia/Shanghai", T("Time zone of the shop", zh="店铺时区"), check=_zone_exists),
    Setting("core.day_start", "time", "08:00", T("Start of the working day", zh="上班时间")),
    Setting(
        "core.day_end",
        "time",
        "18:00",
        T("End of the working day; dated tasks are due then", zh="下班时间, 按日期的待办此时到期"),
    ),
    Setting(
        "core.quiet_hours",
        "times",
        ["21:00", "08:00"],
        T("No messages from … to …", zh="免打扰时段 起,止"),
        check=lambda v: None if len(v) == 2 else T("two times are needed", zh="须为两个时刻"),
    ),
    Setting(
        "core.marketing_cap",
        "int",
        0,
        T(
            "Most marketing messages to a customer in core.marketing_days; 0 is no limit",
            zh="每位客户在 core.marketing_days 内的营销消息上限; 0 为不限",
        ),
        least=0,
        most=1000,
    ),
    Setting(
        "core.marketing_days",
        "int",
        30,
        T("Days of core.marketing_cap", zh="core.marketing_cap 的天数"),
        least=1,
        most=366,
    ),
    Setting("core.digest_at", "time", "08:30", T("Time of the staff digest", zh="员工摘要时间")),
    Setting(
        "core.business_weekdays",
        "ints",
        [1, 2, 3, 4, 5],
        T("Opening days of calendar `shop`, Monday is 1", zh="日历 shop 的营业日, 周一为 1"),
        check=_not_empty,
        least=1,
        most=7,
    ),
    Setting(
        "core.holidays", "words", [], T("Closed dates of calendar `shop`", zh="日历 shop 的休息日期"), check=_are_dates
    ),
    Setting(
        "core.extra_workdays",
        "words",
        [],
        T("Extra opening dates of calendar `shop`", zh="日历 shop 的加班日期"),
        check=_are_dates,
    ),
    Setting("core.language", "choice", "zh", T("Language of the shop", zh="店铺语言"), choices=("en", "zh")),
    Setting("core.currency", "text", "CNY", T("Currency", zh="货币"), check=_is_currency),
    Setting(
        "core.shop_name", "text", "我的店", T("Name of the shop, as customers read it", zh="店名"), check=_not_empty
    ),
)


class Settings:
    """All settings of a shop: declared defaults under the values stored in it, by scope.

    Args:
        stored: (key, scope) → value; scope ``""`` is the whole shop.
        declared_by: Returns the declarations of the trade that owns a key, loading no other trade.
        declared_by_all: Returns the declarations of every trade, for listing and for the nearest name.
    """

    def __init__(
        self,
        stored: Mapping[tuple[str, str], Any],
        declared_by: Callable[[str], Iterable[Setting]],
        declared_by_all: Callable[[], Iterable[Setting]],
    ) -> None:
        self.stored = dict(stored)
        self._declared_by = declared_by
        self._declared_by_all = declared_by_all
        self._known = {s.key: s for s in CORE_SETTINGS}

    @property
    def declared(self) -> dict[str, Setting]:
        """Every declaration by key; loads every trade."""
        self._known.update({s.key: s for s in self._declared_by_all()})
        return self._known

    def get(self, key: str, scope: str = "") -> Any:
        """Return the value in force in a scope.

        Raises:
            BadInput: There is no such setting; names the nearest.
        """
        for where in dict.fromkeys((scope, "")):
            if (key, where) in self.stored:
                return self.stored[key, where]
        return self.one(key).default

    def has(self, key: str) -> bool:
        """Return whether the core or the trade that owns the key declares it."""
        if key not in self._known:
            self._known.update({s.key: s for s in self._declared_by(key)})
        return key in self._known

    def one(self, key: str) -> Setting:
        """Return the declaration of a setting."""
        if self.has(key):
            return self._known[key]
        near = get_close_matches(key, self.declared, n=1)
        raise BadInput(
            T("There is no setting {key}.", zh="没有设置 {key}。").of(key=key),
            T("Did you mean {near}?", zh="是否指 {near}?").of(near=near[0]) if near else plain("flow settings"),
            ref="core.setting",
        )
