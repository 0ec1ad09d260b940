"""JSON schemas of what commands answer with ``--json``, made from the columns they print."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from serviceflow.texts import T

from serviceflow_cli.out import SCHEMA, Column

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
    """The answer of one command.

    Args:
        columns: ``module:attribute`` of its columns, below `serviceflow_cli`.
        rows: Name of the list of rows; a page has none.
        facts: Further members beside the rows.
    """

    command: str
    columns: str
    rows: str = ""
    facts: tuple[Column, ...] = ()

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema (draft 2020-12) of the whole answer; ``--json=a,b`` leaves the other fields out."""
        module, _, attribute = self.columns.partition(":")
        columns: Sequence[Column] = getattr(importlib.import_module(f"serviceflow_cli.{module}"), attribute)
        version = {"schema": {"const": SCHEMA, "description": "version of the answer"}}
        if self.rows:
            facts = {fact.key: _property(fact) for fact in self.facts}
            properties = {**version, **facts, self.rows: {"type": "array", "items": _object(columns)}}
            required = ["schema", *facts, self.rows]
        else:
            properties = {**version, **_object(columns)["properties"]}
            required = ["schema"]
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.command,
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
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


_TODAY: Final = (
    Column("at", T("At", zh="时刻"), "instant", help="The moment it was looked at", null=False),
    Column("staff", T("Staff", zh="员工"), help="Whose day it is", null=False),
    Column("counts", T("Counts", zh="数量"), "any", help="How many there are of each group; 100 means 100 or more"),
    Column("banner", T("Banner", zh="横幅"), help="What is wrong with the shop's timer"),
)

_CHANNELS: Final = (Column("file", T("File", zh="文件"), help="Where channels are configured", null=False),)

SHAPES: Final[dict[str, Shape]] = {
    "today": Shape("flow today --json", "commands.today:FIELDS", "items", _TODAY),
    "find": Shape("flow find --json", "commands.find:FIELDS", "found"),
    "show-order": Shape("flow show ORDER --json", "pages.order:FIELDS"),
    "show-customer": Shape("flow show CUSTOMER --json", "pages.customer:FIELDS"),
    "show-task": Shape("flow show TASK --json", "pages.task:FIELDS"),
    "do": Shape("flow do ORDER --json", "commands.do:PAGE"),
    "sign": Shape("flow sign --json", "commands.sign:COLUMNS", "waiting"),
    "task-list": Shape("flow task list --json", "commands.task:COLUMNS", "tasks"),
    "history": Shape("flow history --json", "commands.history:COLUMNS", "operations"),
    "staff": Shape("flow staff --json", "commands.staff:COLUMNS", "staff"),
    "settings": Shape("flow settings --json", "commands.settings:COLUMNS", "settings"),
    "settings-show": Shape("flow settings show KEY --json", "commands.settings:COLUMNS"),
    "plugin-list": Shape("flow plugin list --json", "commands.plugin:LISTED", "plugins"),
    "channel-list": Shape("flow channel list --json", "commands.channel:COLUMNS", "channels", _CHANNELS),
    "remind-preview": Shape("flow remind preview --json", "commands.remind:PREVIEW", "messages"),
}
"""Every published answer, by the name of its file ``docs/reference/json/<name>.json``."""


def page(name: str) -> str:
    """Return a published schema as the text of its file."""
    import json

    return json.dumps(SHAPES[name].schema(), ensure_ascii=False, indent=2) + "\n"
