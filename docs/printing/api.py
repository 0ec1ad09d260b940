"""``api.md``: what plugins may use."""

from __future__ import annotations

import inspect
from typing import Any

from serviceflow import api

from printing.markdown import code, page, table


def print_page() -> str:
    """Return the page."""
    kinds: dict[str, list[tuple[str, str]]] = {"Classes": [], "Functions": [], "Values": []}
    for name in sorted(api.__all__, key=str.casefold):
        value = getattr(api, name)
        kind = "Classes" if inspect.isclass(value) else "Functions" if callable(value) else "Values"
        kinds[kind].append((code(_shown(name, value, kind)), _first(value, kind)))
    return page(
        "serviceflow.api",
        inspect.getdoc(api) or "",
        *(f"## {kind}\n\n{table(('Name', 'Is'), rows)}" for kind, rows in kinds.items() if rows),
    )


def _shown(name: str, value: Any, kind: str) -> str:
    if kind == "Values":
        return name
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return name
    short = [
        p.name if p.default is p.empty else f"{p.name}=" for p in signature.parameters.values() if p.name != "data"
    ]
    return f"{name}({', '.join(short)})" if kind == "Functions" else name


def _first(value: Any, kind: str) -> str:
    if kind == "Values":
        return f"= {value!r}" if isinstance(value, str | int) else ""
    own = vars(value).get("__doc__") if kind == "Classes" else value.__doc__
    return inspect.cleandoc(own or "").split("\n\n")[0]
