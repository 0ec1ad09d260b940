"""`serviceflow.api` is the whole of what a plugin may use: every name it imports is promised, in order."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import serviceflow.api as api

STUDIO = Path(__file__).parents[2] / "plugins" / "studio" / "serviceflow_studio"


def test_every_name_is_promised() -> None:
    tree = ast.parse(Path(api.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert set(api.__all__) == (imported | defined) - {"annotations"}
    assert len(api.__all__) == len(set(api.__all__))


@pytest.mark.parametrize("file", sorted(STUDIO.rglob("*.py")), ids=lambda path: str(path.relative_to(STUDIO)))
def test_the_studio_stands_on_the_api_alone(file: Path) -> None:
    used = {
        node.module
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "serviceflow"
    }
    columns = {"serviceflow.store.columns"} if "migrations" in file.parts else set()  # as Alembic writes them
    assert used <= {"serviceflow.api", *columns}
