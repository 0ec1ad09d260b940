"""Write the next revision of an owner's tables: ``python -m serviceflow.store.revise OWNER "what changes"``.

``OWNER`` is ``core`` or a plugin's key. With ``--first`` the first revision is written anew (before a release
only: a released revision is never changed). The file is a draft to be read, as Alembic's always are.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations.ops import AddColumnOp, ModifyTableOps, UpgradeOps
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, DefaultClause, Dialect, Engine, text

from serviceflow.errors import BadInput, FlowError
from serviceflow.store.columns import Bytewise, Instant, Json, Money, tell_dialects
from serviceflow.store.engine import open_engine
from serviceflow.store.migrate import CORE, Owner, belongs_to, owner_of_trade, upgrade
from serviceflow.store.place import Place
from serviceflow.store.tables import metadata
from serviceflow.texts import T

TEMPLATE = '''"""{message}."""

import sqlalchemy as sa
from alembic import op

from serviceflow.store.columns import Bytewise, Instant, Json, Money

revision = "{revision}"
down_revision = {down!r}


def upgrade() -> None:
    {body}
'''


def main(arguments: list[str]) -> None:
    """Write one revision file and name it."""
    first = "--first" in arguments
    key, message = [a for a in arguments if a != "--first"]
    owner = CORE if key == "core" else _owner(key)
    if first:
        for old in owner.folder.glob("0001_*.py"):
            old.unlink()
    try:
        print(revise(owner, message))  # noqa: T201
    except FlowError as refusal:
        sys.exit(f"{refusal.sentence} {refusal.way_out or ''}")


def _owner(key: str) -> Owner:
    from serviceflow.plugin.load import Plugins

    return owner_of_trade({trade.key: trade for trade in Plugins().all()}[key])


def revise(owner: Owner, message: str) -> Path:
    """Write the revision that leads from the owner's newest one to its models now; returns the file."""
    down = owner.head()
    revision = f"{int(down or 0) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        place = Place(path=Path(folder) / "draft.db")
        engine = open_engine(place)
        if owner is not CORE:
            upgrade(engine, place, [CORE])
        if down is not None:
            upgrade(engine, place, [owner])
        body = _draft(engine, owner)
        engine.dispose()
    file = owner.folder / f"{revision}_{re.sub(r'[^a-z0-9]+', '_', message.lower()).strip('_')}.py"
    file.write_text(TEMPLATE.format(message=message, revision=revision, down=down, body=body), encoding="utf-8")
    if find_spec("ruff"):  # a tool of ours, not of every plugin author's
        for command in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
            subprocess.run([sys.executable, "-m", "ruff", *command, str(file)], check=False, capture_output=True)
    return file


def _draft(engine: Engine, owner: Owner) -> str:
    tell_dialects(metadata)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "version_table": owner.version_table,
                "include_object": belongs_to(owner),
                "render_item": _render,
                "render_as_batch": True,
            },
        )
        found = produce_migrations(context, metadata).upgrade_ops
        assert isinstance(found, UpgradeOps)
        for table in found.ops:
            for added in table.ops if isinstance(table, ModifyTableOps) else ():
                if isinstance(added, AddColumnOp):
                    _fill(added.table_name, added.column, engine.dialect)
        return render_python_code(found, render_as_batch=True, render_item=_render).strip()


def _fill(table: str, column: Column[Any], dialect: Dialect) -> None:
    """Give a new column that may not be empty the value of its default for rows that are there already.

    Raises:
        BadInput: It has none.
    """
    if column.nullable or column.server_default is not None:
        return
    default: Any = column.default
    if default is None or not (default.is_scalar or default.is_callable):
        raise BadInput(
            T("{table}.{column} is new and may not be empty: rows that are there have no value for it.",
              zh="{table}.{column} 是新增的必填列, 已有的行没有值。").of(table=table, column=column.name),
            T("Give it a default, or null=True.", zh="请给它默认值, 或设 null=True。"),
            ref="schema.no-default",
        )  # fmt: skip
    value = default.arg if default.is_scalar else default.arg(None)
    bound = column.type.dialect_impl(dialect).bind_processor(dialect)
    stored = value if bound is None or isinstance(value, bool) else bound(value)
    quoted = str(stored).lower() if isinstance(stored, bool | int | float) else "'{}'".format(stored.replace("'", "''"))
    column.server_default = DefaultClause(text(quoted.replace(":", "\\:")))


def _render(kind: str, thing: Any, _context: Any) -> Any:
    if kind != "type":
        return False
    if isinstance(thing, Bytewise | Instant | Json | Money):
        return f"{type(thing).__name__}()"
    return "sa.String()" if type(thing).__name__ == "AutoString" else False


if __name__ == "__main__":
    main(sys.argv[1:])
