"""Every block marked ``console example`` is typed, line by line, and shows what the page shows.

A line ``…`` stands for any lines, ``…`` within a line for any words. The blocks of one page share a machine.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import ROOT, Typist

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```console example\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[str]:
    """Return the examples of a page."""
    return _BLOCK.findall(page.read_text(encoding="utf-8"))


WITH_EXAMPLES = [page for page in PAGES if blocks(page)]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_examples_of_a_page_run(page: Path, typist: Typist) -> None:
    shown = "".join(f"$ {line}\n{typist(line)}" for block in blocks(page) for line in _lines(block))
    expected = "".join(blocks(page))
    assert _pattern(expected).fullmatch(_tidy(shown)), f"shown:\n{shown}"


def _lines(block: str) -> list[str]:
    return [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]


def _tidy(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines() if line.strip())


def _pattern(expected: str) -> re.Pattern[str]:
    lines = [line.rstrip() for line in expected.splitlines() if line.strip()]
    return re.compile("".join(
        r"(?:(?!\$ ).*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + r"\n" for line in lines
    ))  # fmt: skip


def test_the_readme_shows_a_real_screen() -> None:
    assert ROOT / "README.md" in WITH_EXAMPLES
