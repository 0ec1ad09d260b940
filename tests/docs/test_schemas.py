"""Every command that answers has a published schema of its answer, and every published schema a command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import generate
from printing.answers import published
from printing.commands import commands
from serviceflow_cli.published import SHAPES, UNANSWERED
from serviceflow_cli.table import COMMANDS
from typer.core import TyperGroup

FOLDER = Path(generate.REFERENCE) / "json"


def answering() -> Iterator[str]:
    """Yield every command of the core, and every group that answers without a subcommand."""
    for path, command in commands():
        if path.split()[1] in COMMANDS and (not isinstance(command, TyperGroup) or command.invoke_without_command):
            yield path


def test_every_command_has_a_published_schema() -> None:
    published = {command for shape in SHAPES.values() for command in shape.commands}
    assert published == set(answering()) - UNANSWERED


def test_the_folder_holds_the_published_schemas_and_nothing_else() -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} == set(published())


def test_published_commands_of_trades_exist() -> None:
    there = {path for path, _ in commands()}
    assert [c for shape in published().values() for c in shape.commands if c not in there] == []
