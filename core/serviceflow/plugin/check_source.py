"""What the source of a trade has and the trade does not declare: tables, names of settings. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from serviceflow.flow.faults import Fault, Spot, nearest
from serviceflow.flow.trade import Trade
from serviceflow.plugin.source import files_of
from serviceflow.plugin.words import first_word
from serviceflow.settings import CORE_SETTINGS
from serviceflow.store.schema import MODELS
from serviceflow.texts import T

READERS = ("number", "setting", "clock_time", "get")
"""Methods of the case, the shop and its settings that take the name of one."""


def faults_of_source(module: ModuleType, trade: Trade) -> Iterator[Fault]:
    """Yield tables that the trade leaves out, and ``case.number("spa.nihgts")`` whose setting nobody declares."""
    home = module.__package__ or module.__name__
    for model in MODELS.values():
        if f"{model.__module__}.".startswith(f"{home}.") and model not in trade.tables:
            yield Spot(model.__name__).fault(
                "table.undeclared",
                T("this table is not among Trade.tables", zh="此数据表不在 Trade.tables 之中"),
            )
    known = {setting.key for setting in (*CORE_SETTINGS, *trade.settings)}
    for path in files_of(module):
        for line, key in _named(path):
            if key not in known and first_word(key) in {"core", *trade.prefixes}:
                yield Spot(f"{path.name}:{line}").fault(
                    "setting.unknown",
                    T("setting “{key}” is not declared{near}", zh="设置“{key}”未声明{near}").of(
                        key=key, near=nearest(key, known)
                    ),
                )


def _named(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS:
            key = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
            if isinstance(key, str) and "." in key:
                yield node.lineno, key
