"""``api.md`` and a page for each of its subjects: what plugins may use, as the docstrings say it."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import Any

from serviceflow import api

from printing.docstrings import Said, said
from printing.markdown import anchor, code, page, table
from printing.subjects import SUBJECTS, Subject

PASSED_ON = {"data", "self", "cls"}
"""Parameters that are no part of what an author writes."""
MORE_INSIDE = {"Tx"}
"""Classes that hold more than plugins use: only what their docstring names is told."""
EVERYWHERE = {
    "order_id": "key of the order", "customer_id": "key of the customer", "staff_id": "key of the member of staff",
    "now": "the present moment, UTC", "dry_run": "do all of it and take it back",
}  # fmt: skip
"""What some arguments are wherever they are taken."""


def pages() -> dict[str, Any]:
    """Return the printer of the index and of each subject's page, by file name."""
    return {
        "api.md": print_index,
        **{f"api/{subject.key}.md": lambda s=subject: print_subject(s) for subject in SUBJECTS},
    }


def print_index() -> str:
    """Return the page that names everything, by subject."""
    parts = []
    for subject in SUBJECTS:
        rows = [
            (f"[`{name}`](api/{subject.key}.md{anchor(name)})", said(_value(name), _constant(name)).first)
            for name in subject.names
        ]
        parts.append(f"## [{subject.title}](api/{subject.key}.md)\n\n{table(('Name', 'Is'), rows)}")
    return page("serviceflow.api", inspect.getdoc(api) or "", *parts)


def print_subject(subject: Subject) -> str:
    """Return the page of one subject."""
    intro = f"{subject.intro}\n\nAll names: [serviceflow.api](../api.md)."
    return page(subject.title, intro, *(_entry(name, subject) for name in subject.names))


def silent(subject: Subject) -> list[str]:
    """Return what the page of a subject shows without a word about it."""
    found = []
    for name in subject.names:
        words = said(_value(name), _constant(name))
        found += [] if words.text else [name]
        found += [f"{name}({row[0]})" for row in _parts(name, subject) if not row[-1].strip()]
        found += [f"{name}.{method}" for method, value in _methods(_value(name)) if not inspect.getdoc(value)]
    return found


def _value(name: str) -> Any:
    return getattr(api, name)


def _entry(name: str, subject: Subject) -> str:
    value = _value(name)
    parts = [f"## {name}", said(value, _constant(name)).text]
    rows = [(code(n), code(kind), code(default), meaning) for n, kind, default, meaning in _parts(name, subject)]
    if rows:
        parts.append(table((_kind_of_parts(value), "Type", "Default", "Is"), rows))
    methods = [(code(f"{m}{_short(f)}"), said(f).first) for m, f in _methods(value)]
    if methods:
        parts.append(table(("Has", "Does"), methods))
    if said(value).rest:
        parts.append(said(value).rest)
    return "\n\n".join(parts)


def _kind_of_parts(value: Any) -> str:
    if hasattr(value, "__table__"):
        return "Column"
    return "Field" if inspect.isclass(value) else "Argument"


def _parts(name: str, subject: Subject) -> list[tuple[str, str, str, str]]:
    """Return the arguments, fields or columns of a name: each with type, default and meaning."""
    value = _value(name)
    if hasattr(value, "__table__"):
        return [(c.name, _column_type(c), "", _column_notes(c)) for c in value.__table__.c]
    if inspect.isclass(value) and not dataclasses.is_dataclass(value):
        return []
    if not inspect.isclass(value) and not inspect.isfunction(value):
        return []
    words, shared = said(value), said(subject.shared) if subject.shared else Said("", {}, "")
    result = []
    for parameter in inspect.signature(value).parameters.values():
        if parameter.name in PASSED_ON or parameter.name.startswith("_"):
            continue
        kind = _annotation(parameter)
        if name in MORE_INSIDE and parameter.name not in words.args:
            continue
        meaning = {**EVERYWHERE, **shared.args, **words.args}.get(parameter.name) or _by_type(kind)
        if not meaning and f"``{parameter.name}``" in words.text:
            meaning = "as said above"
        result.append((parameter.name, kind, _default(parameter, value), meaning))
    return result


def _by_type(kind: str) -> str:
    """Return what a parameter is where its type says it all."""
    bare = kind.removesuffix(" | None")
    known = {
        "Shop": "the open shop", "Tx": "the transaction", "Case": "the order in its transaction",
        "Order": "the order", "Customer": "the customer", "Staff": "the member of staff", "Trade": "the trade",
        "DocumentRow": "the document", "Request": "the request", "Plugins": "the plugins of the shop",
        "Calendar": "whose business days", "Notes": "what the answer will say",
    }  # fmt: skip
    return known.get(bare, "")


def _annotation(parameter: inspect.Parameter) -> str:
    if parameter.annotation is parameter.empty:
        return ""
    given = parameter.annotation
    shown = given if isinstance(given, str) else inspect.formatannotation(given)
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", shown)


def _default(parameter: inspect.Parameter, owner: Any) -> str:
    default = parameter.default
    if default is parameter.empty:
        return ""
    made = next((f.default_factory for f in _fields(owner) if f.name == parameter.name), dataclasses.MISSING)
    if made is not dataclasses.MISSING:
        return repr(made())
    if inspect.isclass(default):
        return default.__name__
    named = [name for name in ("ANY", "BACK", "STAY", "START") if default == getattr(api, name)]
    return named[0] if named and isinstance(default, str) else repr(default)


def _fields(value: Any) -> tuple[Any, ...]:
    return dataclasses.fields(value) if dataclasses.is_dataclass(value) else ()


def _column_type(column: Any) -> str:
    return f"{type(column.type).__name__}{' | None' if column.nullable else ''}"


def _column_notes(column: Any) -> str:
    told = [
        "key" if column.primary_key else "",
        *(f"of {key.column.table.name}" for key in column.foreign_keys),
        "personal" if column.info.get("personal") else "",
    ]
    return ", ".join(part for part in told if part) or "-"


def _methods(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a class or module has for its users; `apply` of an effect is called by the engine."""
    if isinstance(value, ModuleType):
        for name, one in sorted(vars(value).items()):
            if not name.startswith("_") and getattr(one, "__module__", "") == value.__name__:
                yield name, one
        return
    if not inspect.isclass(value) or hasattr(value, "__table__"):
        return
    for name, one in list(vars(value).items()):
        held = getattr(one, "__func__", one)
        if not name.startswith("_") and name != "apply" and (inspect.isfunction(held) or _is_property(one)):
            yield name, held


def _is_property(one: Any) -> bool:
    return isinstance(one, property) or type(one).__name__ == "cached_property"


def _short(function: Any) -> str:
    if not inspect.isfunction(function):
        return ""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    names = [
        f"{stars.get(p.kind, '')}{p.name}{'=' if p.default is not p.empty else ''}"
        for p in inspect.signature(function).parameters.values()
        if p.name not in ("self", "cls")
    ]
    return f"({', '.join(names)})"


@cache
def _constants() -> Mapping[str, str]:
    """Return the words that stand below constants in the modules the API takes them from."""
    from serviceflow.flow import guards, model, moments, routes

    found = {}
    for module in (guards, model, moments, routes):
        body = ast.parse(inspect.getsource(module)).body
        for node, after in pairwise(body):
            target = node.target if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [None])[0]
            if isinstance(target, ast.Name) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                found[target.id] = inspect.cleandoc(str(after.value.value))
    return found


def _constant(name: str) -> str:
    return _constants().get(name, "")
