"""What a page links to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:)([^)\s]*)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def heading(line: str) -> str:
    """Return the link to a heading, as the pages' readers make it."""
    kept = "".join(c for c in line.lstrip("# ").lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    astray = []
    for target in LINK.findall(CODE.sub("`", page.read_text(encoding="utf-8"))):
        name, _, part = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        headings = file.read_text(encoding="utf-8").splitlines() if part and file.is_file() else []
        if not file.exists() or (part and part not in [heading(line) for line in headings if line.startswith("#")]):
            astray.append(target)
    assert astray == []
