"""Plugins are found by their files; nothing of them is imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from serviceflow.plugin.find import Found, find_plugins


def write_entry_points(folder: Path, info: str, text: str) -> None:
    (folder / info).mkdir(parents=True)
    (folder / info / "entry_points.txt").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("info", "text", "found"),
    [
        pytest.param(
            "a_b-1.2.dist-info",
            "[serviceflow.plugins]\nspa = a_b.plugin\n",
            [Found("spa", "a_b.plugin", "a-b", "1.2")],
            id="one entry point",
        ),
        pytest.param(
            "a-1.dist-info",
            "[console_scripts]\nspa = a:b\n\n[serviceflow.plugins]\n z=a.z\ny = a.y [x]\n",
            [Found("y", "a.y", "a", "1"), Found("z", "a.z", "a", "1")],
            id="other groups, blanks and extras, by key",
        ),
        pytest.param(
            "a-1.dist-info", "[serviceflow.plugins]\n# spa = a.b\nnot a line\n", [], id="comments and rubbish"
        ),
        pytest.param("a-1.dist-info", "[other]\nserviceflow.plugins = a.b\n", [], id="the group's name elsewhere"),
        pytest.param(
            "a-2.egg-info",
            "[serviceflow.plugins]\nspa = a.p\n",
            [Found("spa", "a.p", "a", "2")],
            id="old editable installs",
        ),
    ],
)
def test_reads_entry_points(tmp_path: Path, info: str, text: str, found: list[Found]) -> None:
    write_entry_points(tmp_path, info, text)
    assert find_plugins([str(tmp_path), str(tmp_path / "not there")]) == found


def test_the_first_folder_on_the_path_wins(tmp_path: Path) -> None:
    write_entry_points(tmp_path / "one", "a-2.dist-info", "[serviceflow.plugins]\nspa = new\n")
    write_entry_points(tmp_path / "two", "a-1.dist-info", "[serviceflow.plugins]\nspa = old\n")
    assert [f.module for f in find_plugins([str(tmp_path / "one"), str(tmp_path / "two")])] == ["new"]


def test_finds_what_importlib_finds() -> None:
    from importlib.metadata import entry_points

    expected = {(e.name, e.value, e.dist.version) for e in entry_points(group="serviceflow.plugins") if e.dist}
    assert {(f.key, f.module, f.version) for f in find_plugins()} == expected != set()


def test_finding_imports_no_plugin_and_nothing_heavy(site, small: Callable[..., str]) -> None:  # type: ignore[no-untyped-def]
    module = site.install("spa", small("spa"))
    ran = site.run(
        "-c",
        (
            "import sys; from serviceflow.plugin.find import find_plugins;"
            "print('spa' in [f.key for f in find_plugins()], [m for m in"
            f" ({module!r}, 'serviceflow_studio', 'sqlmodel', 'pluggy', 'importlib.metadata') if m in sys.modules])"
        ),
    )
    assert ran.stdout == "True []\n"
