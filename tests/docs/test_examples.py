"""Every block marked ``console example`` is typed, line by line, and shows what the page shows.

A line ``…`` stands for any lines, ``…`` within a line for any words. The blocks of one page share a machine.
``SERVICEFLOW_APPROVE=1`` writes what is shown now into the page, where it differs.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from .conftest import ROOT, Typist

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"(?<=^```console example\n)(?:.*\n)*?(?=^```$)", re.MULTILINE)
_COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def examples(page: Path) -> list[tuple[str, str]]:
    """Return the commands of a page with what it says they show."""
    text = page.read_text(encoding="utf-8")
    return [found for block in _BLOCK.findall(text) for found in _COMMAND.findall(block)]


WITH_EXAMPLES = [page for page in PAGES if examples(page)]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_examples_of_a_page_run(page: Path, typist: Typist) -> None:
    for command, expected in examples(page):
        shown = _tidy(typist(command))
        if os.environ.get("SERVICEFLOW_APPROVE") and not _pattern(expected).fullmatch(shown):
            old, new = f"$ {command}\n{expected}", f"$ {command}\n{shown}"
            page.write_text(page.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
            expected = shown
        assert _pattern(expected).fullmatch(shown), f"$ {command}\n{shown}"


def _tidy(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines() if line.strip())


def _pattern(expected: str) -> re.Pattern[str]:
    lines = [line.rstrip() for line in expected.splitlines() if line.strip()]
    return re.compile(
        "".join(r"(?:.*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + r"\n" for line in lines)
    )


def test_the_readme_shows_a_real_screen() -> None:
    assert ROOT / "README.md" in WITH_EXAMPLES
