"""Finds sentences of a plugin that are written in one language only, also those no test has met."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from serviceflow.flow.trade import Trade
from serviceflow.plugin.source import files_of, module_of


def texts_in_one_language(trade: Trade) -> list[str]:
    """Return ``file:line`` of every ``T("…")`` in the trade's package that says nothing in one of the languages."""
    return [
        f"{path.name}:{line}"
        for module in [module_of(trade)]
        if module is not None
        for path in files_of(module)
        for line in _half_said(ast.parse(path.read_text(encoding="utf-8")))
    ]


def _half_said(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "T"):
            continue
        english = node.args[0] if node.args else None
        chinese = next((k.value for k in node.keywords if k.arg == "zh"), None)
        if chinese is None or _empty(english) != _empty(chinese):
            yield node.lineno


def _empty(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and not node.value.strip()
