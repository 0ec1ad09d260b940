"""``hooks.md``: the hook specifications as they stand in the source."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from serviceflow.plugin import hookspecs

from printing.markdown import page

PARTS = ("When:", "Returns:", "Order:", "Errors:", "Since:")


def hooks() -> dict[str, Callable[..., Any]]:
    """Return every hook by name, in the order of the source."""
    mark = f"{hookspecs.PROJECT}_spec"
    return {name: value for name, value in vars(hookspecs).items() if hasattr(value, mark)}


def print_page() -> str:
    """Return the page."""
    return page("Hooks", inspect.getdoc(hookspecs) or "", *(_hook(name, hook) for name, hook in hooks().items()))


def _hook(name: str, hook: Callable[..., Any]) -> str:
    signature = inspect.signature(hook)
    lines = [f"## {name}", "", "```python", f"@hookimpl\ndef {name}{signature}: ...".replace("'", ""), "```", ""]
    for line in (inspect.getdoc(hook) or "").splitlines():
        head, colon, rest = line.partition(":")
        if line[:1].isalpha() and colon and f"{head}:" in (*PARTS, "Args:"):
            lines.append(f"**{head}:**{rest}")
        elif line.startswith("    ") and colon and head.strip().isidentifier():
            lines.append(f"- `{head.strip()}`:{rest}")
        else:
            lines.append(line.removeprefix("    "))
    return "\n".join(lines)
