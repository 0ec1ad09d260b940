"""The tutorial is done as it is written: each box goes into its file, commands are typed, each chapter is checked."""

from __future__ import annotations

import importlib
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from serviceflow.plugin.find import Found
from serviceflow.plugin.load import Plugins, faults_on_asking
from serviceflow.store.schema import MODELS
from serviceflow.store.tables import Row

from .conftest import FLOW, Author

PAGE = Path(__file__).parents[2] / "docs" / "plugins" / "tutorial.md"
CHAPTER = re.compile(r"^## ", re.MULTILINE)
BOX = re.compile(r"^```(?:python (append|new) (\S+)|console run)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def faults(package: Path) -> list[str]:
    """Return what `flow plugin check` would say of the plugin as it is written now, and forget it again."""
    importlib.invalidate_caches()
    sys.path.insert(0, str(package))
    try:
        plugins = Plugins(found=[Found("kiln", "serviceflow_kiln.plugin", package.name, "0.1.0")])
        return [said.to("en") for said in faults_on_asking(plugins.module("kiln"), plugins.trade("kiln"))]
    finally:
        sys.path.remove(str(package))
        for name in [name for name in sys.modules if name.partition(".")[0] == "serviceflow_kiln"]:
            del sys.modules[name]
        for table in [table for table in Row.metadata.sorted_tables if table.name.startswith("kiln_")]:
            Row.metadata.remove(table)
            del MODELS[table]


def test_the_tutorial_grows_a_trade(author: Callable[[], Author], monkeypatch: pytest.MonkeyPatch) -> None:
    someone = author()
    made = someone.run(FLOW, "plugin", "new", "kiln", "--title", "Pottery", "--title-zh", "陶艺")
    assert made.returncode == 0, made.stderr
    package = someone.folder / "serviceflow-kiln"
    someone.develop(package)
    chapters = CHAPTER.split(PAGE.read_text(encoding="utf-8"))[1:]
    assert len(chapters) == 11
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a file changed twice in a second looks unchanged
    for chapter in chapters:
        for kind, name, text in BOX.findall(chapter):
            file = package / name
            if not kind:
                for line in text.removeprefix("$ ").splitlines():
                    typed = someone.run(sys.executable, *shlex.split(line)[1:])
                    assert typed.returncode == 0, typed.stderr
            elif kind == "new":
                assert not file.exists()
                file.write_text(text, encoding="utf-8")
            else:
                file.write_text(f"{file.read_text(encoding='utf-8')}\n\n{text}", encoding="utf-8")
        assert faults(package) == [], chapter[:30]
    assert someone.flow("plugin check kiln").stdout == "√ kiln 0.1.0: no faults\n"
    only_sqlite = ("-p", "no:cacheprovider", "-p", "no:xdist", "-k", "not postgresql", "--serviceflow-walks=1")
    tested = someone.run(sys.executable, "-m", "pytest", *only_sqlite, cwd=package)
    assert tested.returncode == 0, tested.stdout
