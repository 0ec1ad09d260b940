"""The tutorial is done as it is written: each box is appended to its file, and the plugin is checked after each."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from .conftest import FLOW, Author

PAGE = Path(__file__).parents[2] / "docs" / "plugins" / "tutorial.md"
CHAPTER = re.compile(r"^## ", re.MULTILINE)
BOX = re.compile(r"^```python append (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_tutorial_grows_a_trade(author: Callable[[], Author]) -> None:
    someone = author()
    made = someone.run(FLOW, "plugin", "new", "kiln", "--title", "Pottery", "--title-zh", "陶艺")
    assert made.returncode == 0, made.stderr
    package = someone.folder / "serviceflow-kiln"
    someone.install(package)
    chapters = CHAPTER.split(PAGE.read_text(encoding="utf-8"))[1:]
    assert len(chapters) == 6
    for chapter in chapters:
        for name, text in BOX.findall(chapter):
            for file in (package / name, someone.installed / name):
                if file.exists():
                    file.write_text(f"{file.read_text(encoding='utf-8')}\n\n{text}", encoding="utf-8")
        checked = someone.flow("plugin check kiln")
        assert checked.stdout == "√ kiln 0.1.0: no faults\n", f"{chapter[:30]}\n{checked.stdout}{checked.stderr}"
    only_sqlite = ("-o", "addopts=-q", "-k", "not postgresql")
    tested = someone.run(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *only_sqlite, cwd=package)
    assert tested.returncode == 0, tested.stdout
