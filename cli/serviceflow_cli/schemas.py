"""JSON schemas of what commands answer with ``--json``, made from the columns they print."""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from serviceflow.texts import T

from serviceflow_cli.out import SCHEMA, Column

Columns = Sequence[Column] | str
"""Columns, or where they stand: ``module:attribute``, below `serviceflow_cli` unless it names a trade's package."""

_TYPES: Final[dict[str, dict[str, Any]]] = {
    "text": {"type": "string"},
    "number": {"type": "integer"},
    "money": {"type": "integer"},
    "instant": {"type": "string", "format": "date-time"},
    "day": {"type": "string", "format": "date"},
    "yes_no": {"type": "boolean"},
    "list": {"type": "array", "items": {"type": "string"}},
    "any": {},
}


@dataclass(frozen=True, slots=True)
class Shape:
    """The answer of a command that reads.

    Args:
        commands: The commands that answer so, as they are typed up to their options.
        rows: Name of the list of rows; a page has none.
        facts: Further members beside the rows.
        more: Rows may have further members, named by what the shop has.
    """

    commands: tuple[str, ...]
    columns: Columns
    rows: str = ""
    facts: tuple[Column, ...] = ()
    more: bool = False

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema (draft 2020-12) of the whole answer; ``--json=a,b`` leaves the other fields out."""
        columns = _columns(self.columns)
        if not self.rows:
            return _document(self.commands, columns)
        rows = {**_object(columns), "additionalProperties": self.more}
        listed = {self.rows: {"type": "array", "items": rows}}
        return _document(self.commands, self.facts, listed, [*(fact.key for fact in self.facts), self.rows])

    def page(self) -> str:
        """Return the schema as the text of its file."""
        return _page(self.schema())


@dataclass(frozen=True, slots=True)
class Change:
    """The answer of a command that writes: what all of them say, and facts of its own."""

    commands: tuple[str, ...]
    columns: Columns = ()

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema, as `Shape.schema` does."""
        return _document(self.commands, [*CHANGE, *_columns(self.columns)])

    def page(self) -> str:
        """Return the schema as the text of its file."""
        return _page(self.schema())


CHANGE: Final = (
    Column("change", T("Change", zh="变化"), null=False, help="What changed, in one sentence"),
    Column("operation", T("Operation", zh="操作号"), "number", help="Its number, for flow undo; null: nothing to undo"),
    Column("lines", T("Remarks", zh="说明"), "list", null=False, help="What else is worth saying"),
    Column("planned", T("Planned", zh="计划"), "list", null=False, help="Tasks and messages that were planned"),
    Column("cancelled", T("Cancelled", zh="取消"), "list", null=False, help="Tasks and messages that were taken back"),
    Column("warnings", T("Warnings", zh="注意"), "list", null=False, help="What was let pass but deserves a look"),
    Column("dry_run", T("Dry run", zh="试运行"), "yes_no", null=False, help="There, and true, after --dry-run"),
)


def _page(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _columns(named: Columns) -> Sequence[Column]:
    if not isinstance(named, str):
        return named
    module, _, attribute = named.partition(":")
    home = module if module.startswith("serviceflow_") else f"serviceflow_cli.{module}"
    found: Sequence[Column] = getattr(importlib.import_module(home), attribute)
    return found


def _document(
    commands: Sequence[str], columns: Sequence[Column], more: dict[str, Any] | None = None, required: Sequence[str] = ()
) -> dict[str, Any]:
    version = {"schema": {"const": SCHEMA, "description": "version of the answer"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": " | ".join(f"{command} --json" for command in commands),
        **_object(columns),
        "properties": {**version, **_object(columns)["properties"], **(more or {})},
        "required": ["schema", *required],
    }


def _object(columns: Sequence[Column]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {column.key: _property(column) for column in columns},
        "additionalProperties": False,
    }


def _property(column: Column) -> dict[str, Any]:
    kind = dict(_TYPES[column.kind])
    if column.null and "type" in kind:
        kind["type"] = [kind["type"], "null"]
    unit = "; in minor units" if column.kind == "money" else ""
    return {**kind, "description": (column.help or column.title.en) + unit}
