"""Forms: typed fields that are filled with ``field=value`` and complain all at once.

A form is a class with annotated fields, so that guards and effects read ``form.amount`` with its type::

    class TakeDeposit(Form):
        amount: int = money(T("Amount", zh="金额"))
        method: str = choice(T("Method", zh="方式"), METHODS)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, ClassVar, Protocol

from serviceflow.errors import BadInput
from serviceflow.texts import T


class FormContext(Protocol):
    """What a field may look at while it is read."""

    now: datetime

    def parse_day(self, typed: str) -> date:
        """Return the day a person typed; raises `BadInput`."""

    def parse_instant(self, typed: str) -> datetime:
        """Return the moment a person typed; raises `BadInput`."""


Read = Callable[[str, FormContext], Any]
Condition = Callable[[Mapping[str, Any]], bool]


@dataclass(slots=True)
class Field:
    """One field of a form. ``required`` and ``default`` may depend on the fields before it.

    Args:
        title: What people call it.
        read: Reads what was typed into the value; raises `BadInput`.
        kind: Name of the kind, as scripts and random walks know it.
        required: Whether it has to be given, or a function of the values read before it.
        default: Value when nothing is typed, or a function of the context.
        choices: What may be typed, where that is a short list, with its titles.
        name: Set by the form.
    """

    title: T
    read: Read
    kind: str
    required: bool | Condition = True
    default: Any = None
    choices: Mapping[str, T] = dataclass_field(default_factory=dict)
    name: str = ""

    def needed(self, values: Mapping[str, Any]) -> bool:
        """Return whether it has to be given beside these values."""
        return self.required(values) if callable(self.required) else self.required

    def typed_as(self) -> str:
        """Return how it is typed: ``method=cash|card``, ``amount=800``; an open end where anything goes."""
        shown = "|".join(list(self.choices)[:_MOST_CHOICES])
        more = "|…" if len(self.choices) > _MOST_CHOICES else ""
        return f"{self.name}={shown}{more}" if shown else f"{self.name}={_EXAMPLES.get(self.kind, '…')}"


_MOST_CHOICES = 6
_EXAMPLES = {
    "money": "800",
    "number": "3",
    "date": "2026-11-28",
    "instant": '"2026-11-28 18:00"',
    "phone": "13800000001",
    "yes_no": "yes|no",
    "must_be_yes": "yes",
    "terms": "yes",
    "clock_time": "09:00",
}
"""How a value of a kind may be typed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a form.

    Args:
        field: Name of the field it is said of.
        sentence: What is wrong, continuing the field's name.
    """

    field: str
    sentence: T


class FormFaults(BadInput):
    """Everything that is wrong with what was given, at once."""

    def __init__(self, faults: Sequence[Fault], way_out: T | None = None) -> None:
        self.faults = list(faults)
        en, zh = (
            "; ".join(f"{f.field}: {f.sentence.to(code)}" for f in faults).replace("。;", ";").replace(".;", ";")
            for code in ("en", "zh")
        )
        super().__init__(T("{en}", zh="{zh}").of(en=en, zh=zh), way_out, ref="form")


class Form:
    """Base of all forms; has no fields itself. Attributes hold the values after `fill`."""

    fields: ClassVar[dict[str, Field]] = {}

    def __init_subclass__(cls) -> None:
        found: dict[str, Field] = {}
        for base in reversed(cls.__mro__[1:]):
            found.update(vars(base).get("fields", {}))
        for name, value in list(vars(cls).items()):
            if isinstance(value, Field):
                value.name = name
                found[name] = value
                if hasattr(Form, name):  # a field may be called as a method of all forms is, such as ``missing``
                    delattr(cls, name)
        cls.fields = found

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> list[Fault]:
        """Return what is wrong across fields; fields that failed by themselves are absent."""
        return []

    @classmethod
    def missing(cls, given: Mapping[str, str]) -> list[Field]:
        """Return required fields that ``given`` lacks, as far as can be told before they are read."""
        return [f for n, f in cls.fields.items() if n not in given and f.default is None and f.needed(given)]

    @classmethod
    def fill(cls, given: Mapping[str, str], context: FormContext) -> Form:
        """Return the form filled from typed words.

        Raises:
            FormFaults: Unknown names (with the nearest), missing required fields and wrong values, all at once.
        """
        faults = [cls._unknown(name) for name in given if name not in cls.fields]
        values: dict[str, Any] = {}
        for name, field in cls.fields.items():
            typed = given.get(name, "").strip()
            if typed == "":
                default = field.default(context) if callable(field.default) else field.default
                if default is None and field.needed(values):
                    faults.append(Fault(name, T("is needed ({title})", zh="必填({title})").of(title=field.title)))
                values[name] = default
                continue
            try:
                values[name] = field.read(typed, context)
            except BadInput as fault:
                faults.append(Fault(name, fault.sentence))
        if not faults:
            faults = cls.check(values)
        if faults:
            faulty = dict.fromkeys(fault.field for fault in faults if fault.field in cls.fields)
            shown = " ".join(cls.fields[name].typed_as() for name in faulty)
            raise FormFaults(faults, T("Type it like: {how}", zh="写法: {how}").of(how=shown) if shown else None)
        return cls.of(values)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Form:
        """Return the form with values of the right types already."""
        form = cls()
        for name in cls.fields:
            setattr(form, name, values.get(name))
        return form

    @classmethod
    def _unknown(cls, name: str) -> Fault:
        near = get_close_matches(name, cls.fields, n=1)
        if near:
            return Fault(
                name, T("is no field here; did you mean {near}?", zh="没有此项, 是否指 {near}?").of(near=near[0])
            )
        names = ", ".join(cls.fields) or "-"
        return Fault(name, T("is no field here; there are: {names}", zh="没有此项, 可用: {names}").of(names=names))

    def stored(self) -> dict[str, Any]:
        """Return the values as JSON holds them."""
        result = {}
        for name in self.fields:
            value = getattr(self, name)
            result[name] = value.isoformat() if isinstance(value, date | datetime) else value
        return result

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> Form:
        """Return the form that `stored` came from."""
        values = dict(stored)
        for name, field in cls.fields.items():
            if isinstance(values.get(name), str):
                if field.kind == "date":
                    values[name] = date.fromisoformat(values[name])
                elif field.kind == "instant":
                    values[name] = datetime.fromisoformat(values[name])
        return cls.of(values)


# -- kinds of fields. They return Any so that the annotation on the left tells the value's type. ---------------


def text(
    title: T, *, required: bool | Condition = True, default: Any = None, longest: int = 500, shortest: int = 1
) -> Any:
    """A line of text.

    Args:
        longest: Characters it may have at most.
        shortest: Characters it has at least.
    """

    def read(typed: str, _: FormContext) -> str:
        if not shortest <= len(typed) <= longest:
            raise BadInput(
                T("has {n} characters; {a} to {b} are allowed", zh="有 {n} 个字符, 允许 {a} 到 {b} 个").of(
                    n=len(typed), a=shortest, b=longest
                )
            )
        return typed

    return Field(title, read, "text", required, default)


def money(title: T, *, required: bool | Condition = True, default: Any = None) -> Any:
    """An amount in minor units (fen), typed in yuan with at most two decimals."""

    def read(typed: str, _: FormContext) -> int:
        from serviceflow.money import parse_money

        return parse_money(typed)

    return Field(title, read, "money", required, default)


def number(
    title: T, *, required: bool | Condition = True, default: Any = None, least: int = 0, most: int = 1_000_000
) -> Any:
    """A whole number.

    Args:
        least: Smallest value allowed.
        most: Largest value allowed.
    """

    def read(typed: str, _: FormContext) -> int:
        if not re.fullmatch(r"[+-]?\d{1,12}", typed, re.ASCII):
            raise BadInput(T("“{typed}” is not a whole number", zh="“{typed}”不是整数").of(typed=typed))
        if not least <= int(typed) <= most:
            raise BadInput(T("must be between {a} and {b}", zh="须在 {a} 与 {b} 之间").of(a=least, b=most))
        return int(typed)

    return Field(title, read, "number", required, default)


def decimal(
    title: T,
    *,
    digits: int = 4,
    required: bool | Condition = True,
    default: Any = None,
    least: int = 0,
    most: int = 10**15,
) -> Any:
    """A number with decimals, kept as a whole number of its smallest part: with 4 digits ``1.65`` is 16500.

    Args:
        digits: Decimals that may be typed.
        least: Smallest value, in smallest parts.
        most: Largest value, in smallest parts.
    """

    def read(typed: str, _: FormContext) -> int:
        from serviceflow.money import format_scaled, parse_money

        value = parse_money(typed, digits=digits)
        if not least <= value <= most:
            raise BadInput(
                T("must be between {a} and {b}", zh="须在 {a} 与 {b} 之间").of(
                    a=format_scaled(least, digits), b=format_scaled(most, digits)
                )
            )
        return value

    return Field(title, read, f"decimal:{digits}", required, default)


def rows(title: T, columns: Mapping[str, Any], *, required: bool | Condition = True, default: Any = None) -> Any:
    """Rows of named cells, as ``product=JK1 qty=1000 price=135.96; product=JK2 spec="two words" qty=300``.

    Returns a list of dicts by column; days and moments in them are kept as ISO text.

    Args:
        columns: Kind of each cell by its name, made by the other functions here.
    """

    def read(typed: str, context: FormContext) -> list[dict[str, Any]]:
        found = []
        for number, line in enumerate(_split_rows(typed), start=1):
            found.append(_read_row(number, line, columns, context))
        return found

    return Field(title, read, "rows", required, default)


def _split_rows(typed: str) -> list[str]:
    parts = re.findall(r'(?:"[^"]*"|[^;；"])+', typed)
    return [part.strip() for part in parts if part.strip()]


def _read_row(number: int, line: str, columns: Mapping[str, Any], context: FormContext) -> dict[str, Any]:
    given = {m[1]: m[2].strip('"') for m in re.finditer(r'(\w+)=("[^"]*"|\S*)', line)}
    rest = re.sub(r'(\w+)=("[^"]*"|\S*)', "", line).strip()
    where = T("row {n}", zh="第 {n} 行").of(n=number)
    if rest or not given:
        raise BadInput(
            T("{row}: “{part}” is not NAME=VALUE", zh="{row}: “{part}”不是 名称=值").of(row=where, part=rest)
        )
    for name in given:
        if name not in columns:
            raise BadInput(
                T("{row}: no cell {name}; there are: {names}", zh="{row}: 没有 {name}, 可用: {names}").of(
                    row=where, name=name, names=", ".join(columns)
                )
            )
    values: dict[str, Any] = {}
    for name, field in columns.items():
        word = given.get(name, "").strip()
        if word == "":
            value = field.default(context) if callable(field.default) else field.default
            if value is None and field.needed(values):
                raise BadInput(T("{row}: {name} is needed", zh="{row}: 须填 {name}").of(row=where, name=name))
        else:
            try:
                value = field.read(word, context)
            except BadInput as cause:
                raise BadInput(
                    T("{row}, {name}: {why}", zh="{row} {name}: {why}").of(row=where, name=name, why=cause.sentence)
                ) from cause
        values[name] = value.isoformat() if isinstance(value, date | datetime) else value
    return values


def items(title: T, *, required: bool | Condition = True, default: Any = None) -> Any:
    """A list of texts, separated by commas or semicolons; each may hold blanks."""

    def read(typed: str, _: FormContext) -> list[str]:
        return [part.strip() for part in re.split(r"[,，、;；]", typed) if part.strip()]

    return Field(title, read, "items", required, default)


def choice(title: T, among: Mapping[str, T], *, required: bool | Condition = True, default: str | None = None) -> Any:
    """One word of a list; its title in either language will do.

    Args:
        among: Titles by word; the word is the value.
    """

    def read(typed: str, _: FormContext) -> str:
        wanted = typed.casefold()
        for code, name in among.items():
            if wanted in (code.casefold(), name.en.casefold(), name.zh):
                return code
        near = get_close_matches(wanted, among, n=1)
        hint = (
            T("did you mean {near}?", zh="是否指 {near}?").of(near=near[0])
            if near
            else T("choose one of: {names}", zh="可选: {names}").of(names=", ".join(among))
        )
        raise BadInput(T("“{typed}” is not known; {hint}", zh="“{typed}”无效; {hint}").of(typed=typed, hint=hint))

    return Field(title, read, "choice", required, default, among)


YES_NO = {"yes": T("yes", zh="是"), "no": T("no", zh="否")}
YES = {"yes", "y", "true", "1", "是", "对", "有"}
NO = {"no", "n", "false", "0", "否", "不", "无"}


def yes_no(title: T, *, required: bool | Condition = True, default: bool | None = None) -> Any:
    """Yes or no."""

    def read(typed: str, _: FormContext) -> bool:
        if typed.casefold() in YES:
            return True
        if typed.casefold() in NO:
            return False
        raise BadInput(T("“{typed}” is neither yes nor no", zh="“{typed}”不是 是/否").of(typed=typed))

    return Field(title, read, "yes_no", required, default, YES_NO)


def must_be_yes(title: T, refusal: T) -> Any:
    """Something that has to be confirmed.

    Args:
        refusal: Said to anything but yes.
    """

    def read(typed: str, _: FormContext) -> bool:
        if typed.casefold() not in YES:
            raise BadInput(refusal)
        return True

    return Field(title, read, "must_be_yes", True, None, {"yes": YES_NO["yes"]})


def codes(title: T, *, required: bool | Condition = True, default: Any = None) -> Any:
    """A list of codes, separated by commas or blanks, in the order given."""

    def read(typed: str, _: FormContext) -> list[str]:
        return [code for code in re.split(r"[,，、;\s]+", typed) if code]

    return Field(title, read, "codes", required, default)


def quantities(title: T, *, required: bool | Condition = True, default: Any = None) -> Any:
    """A list ``CODE:n`` (n is 1 when left out), as ``ENL24:1,FRAME:2``; returns [[code, n], …]."""

    def read(typed: str, _: FormContext) -> list[list[Any]]:
        found: list[list[Any]] = []
        for part in re.split(r"[,，、\s]+", typed):
            code, sep, count = part.partition(":")
            if not code or (sep and not re.fullmatch(r"[1-9]\d{0,5}", count, re.ASCII)):
                raise BadInput(T("“{part}” is not CODE:quantity", zh="“{part}”不是 编码:数量").of(part=part))
            found.append([code, int(count) if sep else 1])
        return found

    return Field(title, read, "quantities", required, default)


def day(title: T, *, required: bool | Condition = True, default: Any = None) -> Any:
    """A date, typed as people type it."""
    return Field(title, lambda typed, context: context.parse_day(typed), "date", required, default)


def moment(title: T, *, required: bool | Condition = True, default: Any = None) -> Any:
    """A date and time, typed as people type it."""
    return Field(title, lambda typed, context: context.parse_instant(typed), "instant", required, default)


def phone(title: T, *, required: bool | Condition = True, default: Any = None) -> Any:
    """A phone number; returned as its normal form where it has one, else as typed."""

    def read(typed: str, _: FormContext) -> str:
        from serviceflow.phones import normalise_phone

        found = normalise_phone(typed)
        if found.key is None:
            raise BadInput(
                found.problem or T("“{typed}” is no phone number", zh="“{typed}”不是电话号码").of(typed=typed)
            )
        return found.key

    return Field(title, read, "phone", required, default)


def now_default(context: FormContext) -> datetime:
    """Return the present moment of a ``context``: ``moment(…, default=now_default)``."""
    return context.now


__all__ = [
    "Fault",
    "Field",
    "Form",
    "FormContext",
    "FormFaults",
    "choice",
    "codes",
    "day",
    "decimal",
    "items",
    "moment",
    "money",
    "must_be_yes",
    "now_default",
    "number",
    "phone",
    "quantities",
    "rows",
    "text",
    "yes_no",
]
