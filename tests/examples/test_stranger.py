"""The example plugins, installed from their wheels beside the wheel of serviceflow, and tested as a stranger would."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from .conftest import EXAMPLES, ROOT, Machine

PUBLIC = ("serviceflow.api", "serviceflow_cli.api", "serviceflow.store.columns")


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_passes_its_tests_and_the_conformance_suite(name: str, machine: Machine) -> None:
    tests = machine.folder / name
    shutil.copytree(ROOT / "examples" / name / "tests", tests / "tests")
    shutil.copy(ROOT / "examples" / name / "pyproject.toml", tests)
    done = machine.run("pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "--serviceflow-walks=1", cwd=tests)
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_found_and_sound(name: str, machine: Machine) -> None:
    assert machine.flow(f"plugin check {name}").stdout == f"√ {name} 0.1.0: no faults\n"


def test_examples_come_into_a_shop_and_go(machine: Machine) -> None:
    assert machine.flow("init --industry studio").returncode == 0
    for name in EXAMPLES:
        assert machine.flow(f"plugin enable {name}").returncode == 0
    commands = machine.flow("--help").stdout
    assert [name for name in EXAMPLES if name not in commands] == []
    for name in EXAMPLES:
        assert machine.flow(f"plugin disable {name}").returncode == 0
    assert machine.flow("beauty report").returncode == 78
    assert machine.flow("today").returncode == 0


def test_nothing_of_the_checkout_is_on_the_strangers_path(machine: Machine) -> None:
    found = machine.run("site").stdout
    assert str(ROOT / "core") not in found
    assert str(ROOT / "examples") not in found
    where = machine.run("pip", "show", "-f", "serviceflow-beauty").stdout
    assert "serviceflow_beauty/papers/sheet.html" in where
    assert str(machine.folder) in where


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_imports_the_public_api_alone(name: str) -> None:
    package = ROOT / "examples" / name / f"serviceflow_{name}"
    assert [f"{file.name}: {module}" for file in package.rglob("*.py") for module in _private(file)] == []


def _private(file: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [])  # fmt: skip
        found += [n for n in names if n.startswith(("serviceflow.", "serviceflow_cli")) and n not in PUBLIC]
    return found
