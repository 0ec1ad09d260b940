"""Conditions and first-match tables as data: written in a file, checked on load, asked of one row or of millions.

There is no third value: every test of a missing value but ``missing`` is false, also ``ne`` and ``not_in``, and
``none`` of a false condition is true. SQL says the same, because each leaf names its missing value first.
Source: capabilities.md rows 78 and 79.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal, get_args

from sqlalchemy import ColumnElement, and_, case, false, literal, not_, or_, true

from serviceflow.texts import T

Kind = Literal["int", "money", "bp", "date", "bool", "enum", "text"]
"""What a field holds: whole numbers (money in minor units, bp in 1/10000), days, truth, words of a list, free text."""
Op = Literal["eq", "ne", "lt", "le", "gt", "ge", "in", "not_in", "between", "present", "missing"]
Junction = Literal["all", "any", "none"]
Scalar = int | str | bool | date

DEEPEST: Final = 4
ORDERED: Final = frozenset({"int", "money", "bp", "date"})
SIGNS: Final = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


@dataclass(frozen=True, slots=True)
class FieldType:
    """A field that conditions may name. ``words``: what an ``enum`` may be; empty when its words are not fixed."""

    kind: Kind
    title: T
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A value read from a setting when a run begins, written ``$name``."""

    name: str


Operand = Scalar | Named | tuple["Scalar | Named", ...] | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """One test of one field."""

    field: str
    op: Op
    value: Operand = None

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Return whether a row passes; a field the row lacks is missing."""
        actual = row.get(self.field)
        if self.op == "missing" or actual is None:
            return self.op == "missing" and actual is None
        return self.op == "present" or _compare(self.op, actual, self.value)

    def sql(self, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
        """Return the test as SQL that is true or false, never null."""
        column = columns[self.field]
        if self.op == "missing":
            return column.is_(None)
        if self.op == "present":
            return column.is_not(None)
        return and_(column.is_not(None), _compared(self.op, column, self.value))


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions that hold together: ``all`` of them, ``any``, or ``none``."""

    junction: Junction
    items: tuple[Condition, ...]

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Return whether a row passes."""
        found = (item.holds(row) for item in self.items)
        return all(found) if self.junction == "all" else any(found) is (self.junction == "any")

    def sql(self, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
        """Return the group as SQL that is true or false, never null."""
        parts = [item.sql(columns) for item in self.items]
        if self.junction == "all":
            return and_(true(), *parts)
        found = or_(false(), *parts)
        return found if self.junction == "any" else not_(found)


Condition = Leaf | Group
ALWAYS: Final = Group("all", ())
"""The condition of a row that is the rest: ``else``."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A leaf asked of one row: what it found and whether it passed."""

    leaf: Leaf
    actual: Any
    result: bool


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Return the leaves of a condition in the order written."""
    if isinstance(condition, Leaf):
        yield condition
    else:
        for item in condition.items:
            yield from leaves(item)


def fields_of(condition: Condition) -> tuple[str, ...]:
    """Return the fields a condition names, each once, in the order written."""
    return tuple(dict.fromkeys(leaf.field for leaf in leaves(condition)))


def explain(condition: Condition, row: Mapping[str, Any]) -> list[Seen]:
    """Return every leaf with what it found; none is left out because another has decided."""
    return [Seen(leaf, row.get(leaf.field), leaf.holds(row)) for leaf in leaves(condition)]


def bound(condition: Condition, value: Callable[[str], Any]) -> Condition:
    """Return the condition with the values that settings have now in place of their names."""
    if isinstance(condition, Group):
        return replace(condition, items=tuple(bound(item, value) for item in condition.items))
    given = condition.value
    if isinstance(given, Named):
        return replace(condition, value=value(given.name))
    if isinstance(given, tuple):
        return replace(condition, value=tuple(value(v.name) if isinstance(v, Named) else v for v in given))
    return condition


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a first-match table. ``value_from`` names the field whose value is taken instead of ``value``."""

    id: str
    condition: Condition
    value: str | None = None
    value_from: str | None = None

    def value_for(self, row: Mapping[str, Any]) -> str | None:
        """Return the value this line gives a row that passes it."""
        return row.get(self.value_from) if self.value_from is not None else self.value


@dataclass(frozen=True, slots=True)
class FirstMatch:
    """Rules in order of which the first that is true decides; the last is always true."""

    id: str
    rules: tuple[Rule, ...]

    def decide(self, row: Mapping[str, Any]) -> Rule:
        """Return the rule that decides for a row."""
        return next(rule for rule in self.rules if rule.condition.holds(row))

    def sql(self, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
        """Return the value as SQL."""
        return self._case(columns, lambda rule: columns[rule.value_from] if rule.value_from else literal(rule.value))

    def rule_sql(self, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
        """Return the id of the deciding rule as SQL."""
        return self._case(columns, lambda rule: literal(rule.id))

    def bound(self, value: Callable[[str], Any]) -> FirstMatch:
        """Return the table with the values that settings have now."""
        return replace(self, rules=tuple(replace(r, condition=bound(r.condition, value)) for r in self.rules))

    def fields(self) -> tuple[str, ...]:
        """Return every field the table reads."""
        named = [
            name for r in self.rules for name in (*fields_of(r.condition), *((r.value_from,) if r.value_from else ()))
        ]
        return tuple(dict.fromkeys(named))

    def _case(
        self, columns: Mapping[str, ColumnElement[Any]], of: Callable[[Rule], ColumnElement[Any]]
    ) -> ColumnElement[Any]:
        *tested, rest = self.rules
        if not tested:
            return of(rest)
        return case(*[(rule.condition.sql(columns), of(rule)) for rule in tested], else_=of(rest))


# -- reading what somebody wrote ---------------------------------------------------------------------------------

Fault = Literal["field", "type", "else", "empty", "depth", "setting"]


class ConditionFault(Exception):
    """What is wrong with a written condition: one word for its kind and a sentence."""

    def __init__(self, fault: Fault, detail: T) -> None:
        super().__init__(detail.en)
        self.fault = fault
        self.detail = detail


def read_condition(
    raw: Mapping[str, Any], fields: Mapping[str, FieldType], settings: Callable[[str], bool], depth: int = 1
) -> Condition:
    """Return the condition that ``all``, ``any``, ``none`` or ``else`` of a table say, or one leaf.

    Args:
        settings: Whether a setting of that name exists.

    Raises:
        ConditionFault: With the kind of fault and where it is.
    """
    if "field" in raw:
        return _read_leaf(raw, fields, settings)
    said = [word for word in ("all", "any", "none", "else") if word in raw]
    if len(said) != 1:
        raise ConditionFault("type", T("one of all, any, none, else is needed", zh="须恰有 all、any、none、else 之一"))
    if said == ["else"]:
        if raw["else"] is not True or depth > 1:
            raise ConditionFault("else", T("else = true stands alone", zh="else = true 须单独使用"))
        return ALWAYS
    if depth > DEEPEST:
        raise ConditionFault("depth", T("more than {n} levels of groups", zh="分组超过{n}层").of(n=DEEPEST))
    items = raw[said[0]]
    if not isinstance(items, Sequence) or isinstance(items, str) or not items:
        raise ConditionFault("empty", T("group {word} is empty", zh="分组 {word} 为空").of(word=said[0]))
    found = []
    for item in items:
        if not isinstance(item, Mapping):
            raise ConditionFault("type", T("“{item}” is no condition", zh="“{item}”不是条件").of(item=item))
        found.append(read_condition(item, fields, settings, depth + ("field" not in item)))
    return Group(said[0], tuple(found))  # type: ignore[arg-type]


def _read_leaf(raw: Mapping[str, Any], fields: Mapping[str, FieldType], settings: Callable[[str], bool]) -> Leaf:
    name: str = raw["field"]
    op: Any = raw.get("op")
    kind = fields.get(name)
    if kind is None:
        raise ConditionFault("field", T("there is no field {name}", zh="没有字段 {name}").of(name=name))
    if op not in get_args(Op):
        raise ConditionFault("type", T("there is no operator {op}", zh="没有运算符 {op}").of(op=op))
    if unknown := set(raw) - {"field", "op", "value"}:
        raise ConditionFault(
            "type", T("unknown words: {names}", zh="无法识别: {names}").of(names=", ".join(sorted(unknown)))
        )
    if op in ("present", "missing"):
        if "value" in raw:
            raise ConditionFault("type", T("{op} takes no value", zh="{op} 不带值").of(op=op))
        return Leaf(name, op)
    if op in ("lt", "le", "gt", "ge", "between") and kind.kind not in ORDERED:
        raise ConditionFault("type", T("{op} does not go with {name}", zh="{name} 不能用 {op}").of(op=op, name=name))
    value = raw.get("value")
    if op in ("in", "not_in", "between"):
        if not isinstance(value, list) or not value or (op == "between" and len(value) != 2):
            raise ConditionFault("type", T("{op} needs a list", zh="{op} 须为列表").of(op=op))
        given = tuple(_read_value(v, name, kind, settings, named=op == "between") for v in value)
        return Leaf(name, op, given)
    return Leaf(name, op, _read_value(value, name, kind, settings, named=True))


def _read_value(
    value: Any, name: str, kind: FieldType, settings: Callable[[str], bool], *, named: bool
) -> Scalar | Named:
    if isinstance(value, str) and value.startswith("$"):
        if not named:
            raise ConditionFault("type", T("a list holds no settings", zh="列表中不能用设置"))
        if not settings(value[1:]):
            raise ConditionFault("setting", T("there is no setting {name}", zh="没有设置 {name}").of(name=value[1:]))
        return Named(value[1:])
    says = T("“{value}” is no {kind} for {name}", zh="“{value}”不能用于 {name}({kind})")
    wrong = ConditionFault("type", says.of(value=value, kind=kind.kind, name=name))
    if kind.kind == "bool":
        if not isinstance(value, bool):
            raise wrong
        return value
    if kind.kind == "date":
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise wrong from None
    if kind.kind in ("enum", "text"):
        if not isinstance(value, str) or (kind.words and value not in kind.words):
            raise wrong
        return value
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong
    return value


def _compare(op: Op, actual: Any, value: Any) -> bool:
    match op:
        case "eq":
            return bool(actual == value)
        case "ne":
            return bool(actual != value)
        case "lt":
            return bool(actual < value)
        case "le":
            return bool(actual <= value)
        case "gt":
            return bool(actual > value)
        case "ge":
            return bool(actual >= value)
        case "in":
            return actual in value
        case "not_in":
            return actual not in value
        case _:
            return bool(value[0] <= actual <= value[1])


def _compared(op: Op, column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    if isinstance(value, bool):
        return column.is_(value if op == "eq" else not value)
    if op == "in":
        return column.in_(value)
    if op == "not_in":
        return column.not_in(value)
    if op == "between":
        return column.between(*value)
    return column.op(SIGNS[op], is_comparison=True)(value)
