"""Every refusal of the flows says what to do, or says by ``None`` that there is nothing; what it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import serviceflow_realestate
from serviceflow_realestate.plugin import trade

HOME = Path(serviceflow_realestate.__file__).parent
MODULES = sorted([*HOME.glob("flows/*.py"), HOME / "letter.py", HOME / "fields.py", HOME / "settlements.py"])
ACTIONS = {action.key for flow in trade.flows for action in flow.actions}


def texts(node: ast.AST) -> str:
    """Return the words of a string, of an f-string with ``{}`` for what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.stem)
def test_every_refusal_has_a_way_out(module: Path) -> None:
    without = [
        node.lineno
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refuse"
        if len(node.args) + len(node.keywords) < 2
    ]
    assert without == []


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.stem)
def test_what_a_way_out_names_exists(module: Path) -> None:
    from serviceflow_realestate.commands import app
    from typer.main import get_command

    words = {text for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if (text := texts(node))}
    done = {m[1] for text in words for m in re.finditer(r"flow do \{\w*\} ([a-z][a-z-]+)", text)}
    asked = {m[1] for text in words for m in re.finditer(r"flow re ([a-z]+)", text)}
    assert done <= ACTIONS
    assert asked <= set(get_command(app).commands)  # type: ignore[attr-defined]
