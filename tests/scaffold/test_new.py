"""`flow plugin new` writes a plugin that is whole at once, and refuses what cannot become one."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from serviceflow.errors import FlowError
from serviceflow.texts import T
from serviceflow_cli.scaffold import renamed, template_files, write_plugin

from .conftest import Author

ROOT = Path(__file__).parents[2]
KINDS = {
    "pyproject.toml", "README.md", "plugin.py", "flow.py", "rules.py", "tables.py", "0001_first.py", "settings.py",
    "messages.py", "papers.py", "slip.html", "commands.py", "demo.py", "conftest.py", "py.typed",
}  # fmt: skip


def test_the_new_plugin_has_every_part(petcare: Author) -> None:
    files = [p for p in (petcare.folder / "serviceflow-petcare").rglob("*") if p.is_file()]
    assert {p.name for p in files} >= KINDS
    assert not [p for p in files if p.suffix != ".pyc" and "sprout" in p.read_text(encoding="utf-8").lower()]


def test_the_new_plugin_passes_its_own_tests_and_the_conformance_suite(petcare: Author) -> None:
    done = petcare.run(
        sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "--serviceflow-walks=1",
        cwd=petcare.folder / "serviceflow-petcare",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


@pytest.mark.parametrize(
    "tool",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
    ],
    ids=["lint", "format"],
)
def test_the_new_plugin_is_clean(petcare: Author, tool: tuple[str, ...]) -> None:
    done = petcare.run(sys.executable, "-m", *tool, cwd=petcare.folder / "serviceflow-petcare")
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_types_are_checked_with_those_of_the_program() -> None:
    """The template's own package is among what mypy reads; a new plugin differs from it in names alone."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert told["strict"]
    assert "serviceflow_sprout" in told["packages"]
    folder = next(ROOT / f for f in told["mypy_path"].split(":") if (ROOT / f / "serviceflow_sprout").is_dir())
    assert (folder / "serviceflow_sprout" / "py.typed").exists()


def test_the_new_plugin_is_found_checked_and_demonstrated(petcare: Author) -> None:
    assert petcare.flow("plugin check petcare").stdout == "√ petcare 0.1.0: no faults\n"
    assert "√ petcare is well" in petcare.flow("plugin doctor petcare").stdout
    shown = petcare.flow(f"demo petcare --db {petcare.folder / 'demo.db'}")
    assert shown.returncode == 0, shown.stderr
    listed = petcare.flow("petcare visits", FLOW_DB=str(petcare.folder / "demo.db"))
    assert "Zhao Min" in listed.stdout, listed.stderr


def test_a_shop_that_does_not_use_it_neither_lists_nor_runs_it(petcare: Author) -> None:
    assert petcare.flow("init --industry studio").returncode == 0
    assert "petcare" not in petcare.flow("--help").stdout
    refused = petcare.flow("petcare visits")
    assert (refused.returncode, refused.stderr) == (
        78,
        "× Plugin petcare is not enabled in this shop. [plugin]\n  flow plugin enable petcare\n",
    )
    assert petcare.flow("plugin enable petcare").returncode == 0
    assert "petcare" in petcare.flow("--help").stdout
    assert petcare.flow("petcare visits").returncode == 0


@pytest.mark.parametrize(
    ("key", "title", "en", "zh"),
    [
        ("Pet", "Pets", "“Pet” cannot be a plugin's key", "“Pet”不能作插件键"),
        ("pet-care", "Pets", "“pet-care” cannot be a plugin's key", "“pet-care”不能作插件键"),
        ("9lives", "Cats", "“9lives” cannot be a plugin's key", "“9lives”不能作插件键"),
        ("pets", '"; import os', '“"; import os” cannot be a title.', '“"; import os”不能作名称。'),
        ("pets", "{name}", "“{name}” cannot be a title.", "“{name}”不能作名称。"),
        ("pets", "", "“” cannot be a title.", "“”不能作名称。"),
    ],
)
def test_names_that_cannot_be(tmp_path: Path, key: str, title: str, en: str, zh: str) -> None:
    with pytest.raises(FlowError) as refused:
        write_plugin(key, T(title, zh=title), tmp_path)
    assert refused.value.sentence.to("en").startswith(en)
    assert refused.value.sentence.to("zh").startswith(zh)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["studio", "today", "board", "core"])
def test_a_key_that_is_taken(author: Callable[[], Author], key: str) -> None:
    someone = author()
    refused = someone.flow(f"plugin new {key}")
    assert (refused.returncode, f"“flow {key}” is taken already." in refused.stderr) == (78, True)
    assert not (someone.folder / f"serviceflow-{key}").exists()


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    write_plugin("pets", T("Pets", zh="宠物"), tmp_path)
    (tmp_path / "serviceflow-pets" / "README.md").write_text("mine", encoding="utf-8")
    with pytest.raises(FlowError, match="is there already"):
        write_plugin("pets", T("Pets", zh="宠物"), tmp_path)
    assert (tmp_path / "serviceflow-pets" / "README.md").read_text(encoding="utf-8") == "mine"


def test_the_template_is_a_plugin_under_its_own_name() -> None:
    names = [file.name for file in template_files()]
    assert len(names) == len([n for n in names if n]) >= 20
    assert renamed("Sprouts: Sprout", "zoo", T("Sprout zoo", zh="新芽园")) == "Sprout zoo: Zoo"
    assert renamed('T("Sprouts", zh="新芽") SproutVisit sprout_visit SP{n:04} SL{n:04}', "zoo", T("Zoo", zh="园")) == (
        'T("Zoo", zh="园") ZooVisit zoo_visit ZOO{n:04} ZOOL{n:04}'
    )
