"""Schema upgrades by Alembic: one history per owner (the core, each plugin), each with its own version table.

All owners are upgraded in one transaction that also holds their version rows: a process killed half-way
leaves the schema as it was. A plugin that is gone keeps its tables and never stands in another's way.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.exc import OperationalError

from serviceflow.errors import ConfigError, FlowError, SchemaMismatch
from serviceflow.faults import fault
from serviceflow.store.columns import tell_dialects
from serviceflow.store.engine import schema_change
from serviceflow.store.place import Place
from serviceflow.store.schema import MODELS
from serviceflow.store.stamp import stamp
from serviceflow.store.tables import Meta, metadata
from serviceflow.store.views import VIEWS
from serviceflow.store.write import put_meta, table_of
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.flow.trade import Trade

CORE_TABLE_MODULES = ("serviceflow.store.tables",)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a set of tables and its history of revisions belong to.

    Args:
        folder: Holds the revision files.
        tables: Names of its tables.
        views: Name and SELECT of its public views, over its own tables and the core's.
    """

    key: str
    folder: Path
    tables: frozenset[str]
    views: tuple[tuple[str, str], ...] = ()

    @property
    def version_table(self) -> str:
        return f"alembic_version_{self.key}"

    def script(self) -> ScriptDirectory:
        """Return the owner's revisions; they need no ``env.py`` and no ``alembic.ini``."""
        return ScriptDirectory(self.folder, version_locations=[str(self.folder)])

    def head(self) -> str | None:
        """Return the newest revision, ``None`` when there are none."""
        return self.script().get_current_head()


def owner_of_core() -> Owner:
    """Return the core as an owner."""
    for module in CORE_TABLE_MODULES:
        importlib.import_module(module)
    return Owner("core", Path(__file__).parent.parent / "migrations", _tables_of(CORE_TABLE_MODULES))


def _tables_of(modules: Sequence[str]) -> frozenset[str]:
    return frozenset(table.name for table, model in MODELS.items() if model.__module__ in modules)


CORE = owner_of_core()


def owner_of_trade(trade: Trade) -> Owner:
    """Return a trade as an owner.

    Raises:
        ConfigError: It has tables but no folder of revisions.
    """
    package, _, folder = (trade.migrations or "").partition(":")
    spec = find_spec(package) if package else None
    if spec is None or spec.origin is None:
        raise ConfigError(
            T("The plugin {key} has tables but names no migrations.", zh="插件 {key} 有数据表但未给出迁移目录。").of(
                key=trade.key
            ),
            plain(f"python -m serviceflow.store.revise {trade.key} first"),
            ref="migrations",
        )
    tables = frozenset(table_of(t).name for t in trade.tables)
    return Owner(trade.key, Path(spec.origin).parent / folder, tables, tuple(trade.views.items()))


def revision_of(connection: Connection, owner: Owner) -> str | None:
    """Return the revision of the owner's tables in this database, ``None`` before the first."""
    context = MigrationContext.configure(connection, opts={"version_table": owner.version_table})
    return context.get_current_revision()


def owners_here(connection: Connection, trades: Iterable[Trade]) -> list[Owner]:
    """Return the core and those of the installed trades that have joined this shop's database."""
    names = set(inspect(connection).get_table_names())
    owners = [CORE, *(owner_of_trade(trade) for trade in trades if trade.tables)]
    return [owner for owner in owners if owner is CORE or owner.version_table in names]


def pending(connection: Connection, owners: Iterable[Owner]) -> list[tuple[Owner, str | None, str]]:
    """Return the owners whose tables are not at their newest revision, with the revision now and the newest.

    Raises:
        SchemaMismatch: The database has a revision this program does not know.
    """
    found = []
    for owner in owners:
        head = owner.head()
        if head is None:
            continue
        now = revision_of(connection, owner)
        if now == head:
            continue
        if now is not None and now > head:
            raise SchemaMismatch(
                T(
                    "The tables of {owner} are of revision {there}; this program knows {here}.",
                    zh="{owner} 的数据表版本为 {there}, 当前程序仅到 {here}。",
                ).of(owner=owner.key, there=now, here=head),
                T("Upgrade the program or the plugin, then try again.", zh="请升级程序或插件后再试。"),
                ref="schema.newer",
            )
        found.append((owner, now, head))
    return found


def upgrade(
    engine: Engine, place: Place, owners: Sequence[Owner], *, to: str = "head"
) -> list[tuple[Owner, str | None, str]]:
    """Bring all owners' tables to their newest revision, renew the views and stamp the database.

    A shop in an SQLite file that holds anything is backed up beside itself first, and the backup checked.

    Args:
        to: An older revision of the one owner, for tests of upgrades.

    Returns:
        What was upgraded: owner, revision before, revision now.
    """
    with engine.connect() as connection:
        due = pending(connection, owners)
        connection.rollback()
    if any(before is not None for _, before, _ in due) and place.path is not None:
        from serviceflow.store.backup import backup, backup_name

        backup(place, backup_name(place.path, "before-upgrade"))
    with schema_change(engine, place) as connection:
        due = pending(connection, owners)
        _drop_views(connection)
        for owner, _, _ in due:
            try:
                _run(connection, owner, to)
            except Exception as cause:  # whatever a plugin's revision raises
                if isinstance(cause, FlowError) or _speaks_of_itself(cause):
                    raise
                raise MigrationFailed(owner, cause) from cause
            fault(f"upgrade.{owner.key}")
        _create_views(connection, owners)
        _put_stamp(connection)
        fault("upgrade.before_commit")
    return due


class MigrationFailed(ConfigError):
    """A revision cannot be run; the transaction is rolled back and the tables are as they were."""

    def __init__(self, owner: Owner, cause: Exception) -> None:
        told = str(getattr(cause, "orig", None) or cause)
        super().__init__(
            T(
                "The tables of {owner} cannot be upgraded ({why}); nothing was changed.",
                zh="{owner} 的数据表无法升级({why}), 未做任何更改。",
            ).of(owner=owner.key, why=" ".join(f"{type(cause).__name__}: {told}".split())),
            T("Tell who made it, or go back to the version before.", zh="请联系插件作者, 或退回上一版本。"),
            ref="schema.failed",
        )


def _speaks_of_itself(cause: Exception) -> bool:
    """Whether the database says that it is busy, full or gone rather than what is wrong with the revision."""
    if not isinstance(cause, OperationalError):
        return False
    return getattr(cause.orig, "sqlite_errorname", "") != "SQLITE_ERROR"


def _run(connection: Connection, owner: Owner, to: str) -> None:
    script = owner.script()

    def steps(revision: Any, _context: Any) -> Any:
        return script._upgrade_revs(to, revision)

    environment = EnvironmentContext(Config(), script, fn=steps)
    environment.configure(
        connection=connection,
        version_table=owner.version_table,
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with Operations.context(environment.get_context()):
        environment.get_context().run_migrations()


def _drop_views(connection: Connection) -> None:
    # Those that were made by this or an earlier program; a shop's own views are not ours to drop.
    meta = table_of(Meta)
    if not inspect(connection).has_table(meta.name):
        return
    made = connection.execute(select(meta.c.value).where(meta.c.key == "views")).scalar()
    for name in reversed((made or "").split()):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")


def _create_views(connection: Connection, owners: Sequence[Owner]) -> None:
    """Make the core's views and those of all trades of the shop, also of trades that are not upgraded now."""
    meta = table_of(Meta)
    known = connection.execute(select(meta.c.value).where(meta.c.key == "views.trades")).scalar()
    of_trades = {**json.loads(known or "{}"), **{name: query for owner in owners for name, query in owner.views}}
    views = {**VIEWS[connection.dialect.name], **of_trades}
    put_meta(connection, "views.trades", json.dumps(of_trades))
    for name, query in views.items():
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {query}")
    put_meta(connection, "views", " ".join(views))


def _put_stamp(connection: Connection) -> None:
    put_meta(connection, "schema", stamp())
    put_meta(connection, "journal", "")  # the row that writers on PostgreSQL queue on


def differences(connection: Connection, owner: Owner) -> list[Any]:
    """Return in what the owner's tables in this database differ from its models; empty when they agree."""
    tell_dialects(metadata)
    context = MigrationContext.configure(
        connection,
        opts={"compare_type": True, "version_table": owner.version_table, "include_object": belongs_to(owner)},
    )
    return list(compare_metadata(context, metadata))


def belongs_to(owner: Owner) -> Any:
    """Return Alembic's filter that leaves the tables of other owners alone."""

    def included(thing: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
        return kind != "table" or name in owner.tables

    return included


__all__ = ["CORE", "Owner", "differences", "owner_of_trade", "pending", "revision_of", "upgrade"]
