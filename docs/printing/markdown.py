"""Markdown as the pages use it: tables whose cells cannot break them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTICE = "<!-- Printed by docs/generate.py from the code. Change the code, then run it. -->"


def page(title: str, *parts: str) -> str:
    """Return a page with its title, the notice where it comes from, and its parts."""
    return "\n\n".join([f"# {title}", NOTICE, *(part.strip("\n") for part in parts if part.strip())]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines)


def cell(text: str) -> str:
    """Return a text that fits into a table's cell."""
    return " ".join(text.replace("|", "\\|").split()) or " "


def code(text: object) -> str:
    """Return a text as code; nothing for an empty one."""
    return f"`{text}`" if str(text) else ""


def anchor(heading: str) -> str:
    """Return the link to a heading of the same page."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return "#" + kept.replace(" ", "-")
