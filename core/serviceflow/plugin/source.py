"""Finds the line of a plugin's source that a fault is to be mended in."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

from serviceflow.flow.faults import Spot
from serviceflow.flow.trade import Trade


def line_of(module: ModuleType, spot: Spot) -> str | None:
    """Return ``flows.py:31``, where the thing at ``spot`` is made; ``None`` where that is not plain.

    Data do not know their line; the call ``Step("boarding", …)`` is looked for in the files of the plugin's package,
    which costs time only when there is a fault to show.
    """
    if not spot.kind:
        return None
    wanted = re.compile(rf"""\b{spot.kind}\(\s*(?:key\s*=\s*)?["']{re.escape(spot.key)}["']""")
    found = [
        f"{path.name}:{text.count(chr(10), 0, match.start()) + 1}"
        for path in files_of(module)
        for text in (path.read_text(encoding="utf-8", errors="replace"),)
        for match in wanted.finditer(text)
    ]
    return found[0] if len(found) == 1 else None


def module_of(trade: Trade) -> ModuleType | None:
    """Return the imported module that holds a trade, or ``None``."""
    return next((m for m in list(sys.modules.values()) if getattr(m, "trade", None) is trade), None)


def files_of(module: ModuleType) -> list[Path]:
    """Return the Python files of a plugin's package, or its one file; a module made in memory has none."""
    if getattr(module, "__file__", None) is None:
        return []
    path = Path(str(module.__file__))
    return sorted(path.parent.rglob("*.py")) if module.__package__ else [path]
