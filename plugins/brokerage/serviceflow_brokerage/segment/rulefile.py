"""Rule files: dimensions, segments and labels as TOML, checked before they decide anything.

Source: brokerage.md section 5.2.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any

from serviceflow.api import BadInput, T, conditions

from serviceflow_brokerage.refusals import TEXTS, WAYS
from serviceflow_brokerage.segment.fields import FIELDS, SCORES, FieldTypes


class RuleFault(BadInput):
    """A rule that cannot be loaded; its ref is the kind of fault, such as ``rules-forward``."""

    def __init__(self, kind: str, rule: str, detail: T) -> None:
        super().__init__(TEXTS["rules-field"].of(id=rule, detail=detail), WAYS["rules-field"], ref=f"rules-{kind}")


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to divide clients; every client has one value of it."""

    id: str
    title: T
    table: conditions.FirstMatch


@dataclass(frozen=True, slots=True)
class Label:
    """A mark that stands beside the segment; a client may have any number of them."""

    id: str
    title: T
    condition: conditions.Condition


@dataclass(frozen=True, slots=True)
class RuleFile:
    """What a rule file says. Rules of ``segments`` go by their segment's id."""

    dimensions: tuple[Dimension, ...]
    segments: conditions.FirstMatch
    labels: tuple[Label, ...]
    priorities: Mapping[str, int] = field(default_factory=dict)
    titles: Mapping[str, T] = field(default_factory=dict)

    def bound(self, value: Callable[[str], Any]) -> RuleFile:
        """Return the rules with the values that settings have now."""
        return replace(
            self,
            dimensions=tuple(replace(d, table=d.table.bound(value)) for d in self.dimensions),
            segments=self.segments.bound(value),
            labels=tuple(replace(label, condition=conditions.bound(label.condition, value)) for label in self.labels),
        )

    def dimension(self, key: str) -> Dimension:
        """Return a dimension; raises `KeyError`."""
        return {d.id: d for d in self.dimensions}[key]

    def title(self, segment: str) -> T:
        """Return a segment's title, its id when the file gives none."""
        return self.titles.get(segment, T(segment, zh=segment))


def shipped() -> str:
    """Return the rule file that comes with the plugin."""
    return files("serviceflow_brokerage.segment").joinpath("shipped.toml").read_text(encoding="utf-8")


def read_rules(toml: str, settings: Callable[[str], bool]) -> RuleFile:
    """Return the rules of a file.

    Args:
        settings: Whether ``$name`` is a setting.

    Raises:
        RuleFault: The first thing that is wrong.
    """
    try:
        raw = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as cause:
        raise RuleFault("type", "-", T("no TOML: {why}", zh="不是 TOML: {why}").of(why=cause)) from cause
    if unknown := set(raw) - {"dimension", "segment", "label"}:
        raise RuleFault(
            "field", "-", T("unknown: {names}", zh="无法识别: {names}").of(names=", ".join(sorted(unknown)))
        )
    fields: dict[str, conditions.FieldType] = {**FIELDS, **SCORES}
    later = {f"dim.{d.get('id')}" for d in raw.get("dimension", [])}
    dimensions = []
    for entry in raw.get("dimension", []):
        dimension = _dimension(entry, fields, settings, later)
        if f"dim.{dimension.id}" in fields:
            raise RuleFault("type", dimension.id, T("stands twice", zh="重复"))
        dimensions.append(dimension)
        fields[f"dim.{dimension.id}"] = conditions.FieldType("enum", dimension.title, _words(dimension.table))
    segments, priorities, titles = _segments(raw.get("segment", []), fields, settings)
    fields["segment"] = conditions.FieldType("enum", T("Segment", zh="细分"), tuple(r.id for r in segments.rules))
    labels = tuple(
        Label(_id(e), _title(e), _condition(e, _id(e), fields, settings, allow_else=False))
        for e in raw.get("label", [])
    )
    return RuleFile(tuple(dimensions), segments, labels, priorities, titles)


def _dimension(
    entry: Mapping[str, Any],
    fields: FieldTypes,
    settings: Callable[[str], bool],
    later: set[str],
) -> Dimension:
    key, rules = _id(entry), []
    for line in entry.get("rule", []):
        rule = _id(line)
        for name in _named(line):
            if name in later and name not in fields:
                raise RuleFault("forward", rule, T("{name} stands below", zh="{name} 在后面").of(name=name))
        condition = _condition(line, rule, fields, settings)
        value, source = line.get("value"), line.get("value_from")
        if (value is None) == (source is None):
            raise RuleFault("type", rule, T("value or value_from is needed", zh="须有 value 或 value_from"))
        if source is not None and not _present(condition, source):
            raise RuleFault("type", rule, T("{name} must be present", zh="须要求 {name} present").of(name=source))
        if source is not None and (source not in fields or fields[source].kind != "enum"):
            raise RuleFault("field", rule, T("{name} is no list field", zh="{name} 不是枚举字段").of(name=source))
        rules.append(conditions.Rule(rule, condition, value, source))
    _check_else(key, rules)
    return Dimension(key, _title(entry), conditions.FirstMatch(key, tuple(rules)))


def _segments(
    entries: list[Mapping[str, Any]], fields: FieldTypes, settings: Callable[[str], bool]
) -> tuple[conditions.FirstMatch, dict[str, int], dict[str, T]]:
    priorities: dict[str, int] = {}
    for entry in entries:
        key, priority = _id(entry), entry.get("priority")
        if not isinstance(priority, int) or priority in priorities.values() or key in priorities:
            raise RuleFault("priority", key, T("priority or id stands twice", zh="优先级或编号重复"))
        priorities[key] = priority
    ordered = sorted(entries, key=lambda entry: priorities[entry["id"]])
    rules = [conditions.Rule(e["id"], _condition(e, e["id"], fields, settings), e["id"]) for e in ordered]
    _check_else("segment", rules)
    return conditions.FirstMatch("segment", tuple(rules)), priorities, {e["id"]: _title(e) for e in entries}


def _check_else(key: str, rules: list[conditions.Rule]) -> None:
    if not rules or rules[-1].condition != conditions.ALWAYS:
        raise RuleFault("else", key, T("no final else", zh="缺少结尾的 else"))
    if any(rule.condition == conditions.ALWAYS for rule in rules[:-1]):
        raise RuleFault("else", key, T("rules after else", zh="else 之后还有规则"))


def _condition(
    entry: Mapping[str, Any],
    rule: str,
    fields: FieldTypes,
    settings: Callable[[str], bool],
    *,
    allow_else: bool = True,
) -> conditions.Condition:
    words = {k: v for k, v in entry.items() if k in ("all", "any", "none", "else")}
    try:
        found = conditions.read_condition(words, fields, settings)
    except conditions.ConditionFault as fault:
        raise RuleFault(fault.fault, rule, fault.detail) from fault
    if found == conditions.ALWAYS and not allow_else:
        raise RuleFault("else", rule, T("a label has no else", zh="标签没有 else"))
    return found


def _named(raw: Any) -> list[str]:
    if isinstance(raw, Mapping):
        own = [raw["field"]] if isinstance(raw.get("field"), str) else []
        return own + [name for value in raw.values() for name in _named(value)]
    return [name for item in raw for name in _named(item)] if isinstance(raw, list) else []


def _present(condition: conditions.Condition, name: str) -> bool:
    return (
        isinstance(condition, conditions.Group)
        and condition.junction == "all"
        and conditions.Leaf(name, "present") in condition.items
    )


def _words(table: conditions.FirstMatch) -> tuple[str, ...]:
    if any(rule.value_from is not None for rule in table.rules):
        return ()
    return tuple(dict.fromkeys(rule.value for rule in table.rules if rule.value is not None))


def _id(entry: Mapping[str, Any]) -> str:
    key = entry.get("id")
    if not isinstance(key, str) or not key:
        raise RuleFault("field", "-", T("a rule has no id", zh="规则没有 id"))
    return key


def _title(entry: Mapping[str, Any]) -> T:
    title = entry.get("title", {})
    return T(title.get("en", entry["id"]), zh=title.get("zh", entry["id"]))


def needs(table: conditions.FirstMatch, dimensions: set[str]) -> set[str]:
    """Return the dimensions a table reads."""
    named = {name for rule in table.rules for name in conditions.fields_of(rule.condition)}
    return {name.removeprefix("dim.") for name in named if name.startswith("dim.")} & dimensions
