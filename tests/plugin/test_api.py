"""`serviceflow.api` is the whole of what a plugin may use: every name it imports is promised, in order."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import serviceflow.api as api

NOTES = Path(__file__).parents[2] / "docs" / "plugins" / "upgrade.md"
STUDIO = Path(__file__).parents[2] / "plugins" / "studio" / "serviceflow_studio"


def test_every_name_is_promised() -> None:
    tree = ast.parse(Path(api.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert set(api.__all__) == (imported | defined) - {"annotations", "TYPE_CHECKING"}
    assert len(api.__all__) == len(set(api.__all__))


@pytest.mark.parametrize("name", api.DEPRECATED)
def test_a_deprecated_name_works_on_warns_and_is_in_the_notes(name: str) -> None:
    new, until = api.DEPRECATED[name]
    with pytest.warns(DeprecationWarning, match=rf"serviceflow.api.{name} is called {new} now .* serviceflow {until}"):
        assert getattr(api, name) is getattr(api, new)
    assert name not in api.__all__
    notes = NOTES.read_text(encoding="utf-8")
    assert f"`{name}`" in notes
    assert f"`{new}`" in notes
    assert until in notes


def test_a_name_that_never_was_has_no_shim() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'SignofRequest'"):
        _ = api.SignofRequest  # type: ignore[attr-defined]


@pytest.mark.parametrize("file", sorted(STUDIO.rglob("*.py")), ids=lambda path: str(path.relative_to(STUDIO)))
def test_the_studio_stands_on_the_api_alone(file: Path) -> None:
    used = {
        node.module
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "serviceflow"
    }
    columns = {"serviceflow.store.columns"} if "migrations" in file.parts else set()  # as Alembic writes them
    assert used <= {"serviceflow.api", *columns}
