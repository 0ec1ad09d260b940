"""``flow db``: the shop's database upgraded, backed up, restored, copied and checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from serviceflow.errors import Exit
from serviceflow.store.place import Place
from serviceflow.texts import T, plain

from serviceflow_cli import out, prompt
from serviceflow_cli.options import Yes
from serviceflow_cli.out import Column, label
from serviceflow_cli.session import current

if TYPE_CHECKING:
    from serviceflow.store.migrate import Owner

app = typer.Typer(no_args_is_help=True)

COPIED = [
    Column("table", T("Table", zh="数据表"), null=False),
    Column("rows", T("Rows", zh="行数"), "number", null=False),
    Column("digest", T("Digest, the same at both ends", zh="两端一致的摘要"), give=1, null=False),
]
CHECKED = [
    Column("sound", T("Sound", zh="完好"), "yes_no", null=False),
    Column("operations", T("Operations", zh="操作"), "number", null=False),
    Column("faults", T("Faults", zh="问题"), "list", null=False),
    Column("more_faults", T("Further faults", zh="其余问题数"), "number", null=False),
]


UPGRADED = [
    Column("owner", T("Tables of", zh="所属"), null=False, help="core, or the plugin"),
    Column("before", T("Before", zh="原版本"), help="null: they were not there"),
    Column("now", T("Now", zh="现版本"), null=False),
]
BACKED_UP = [Column("file", T("File", zh="文件"), null=False)]


@app.callback()
def db() -> None:
    """The shop's database."""


@app.command("upgrade")
def upgrade() -> None:
    """Bring all tables to what this program needs; a shop in a file is backed up first."""
    from serviceflow.store.engine import open_engine
    from serviceflow.store.migrate import upgrade as bring_up

    place = current().place
    owners = _owners(place)
    engine = open_engine(place)
    try:
        done = bring_up(engine, place, owners)
    finally:
        engine.dispose()
    if current().format != "text":
        rows = [{"owner": owner.key, "before": before or None, "now": now} for owner, before, now in done]
        out.rows("owners", UPGRADED, rows)
        return
    for owner, before, now in done:
        out.talk(
            T("√ {owner}: {before} → {now}", zh="√ {owner}: {before} → {now}").of(
                owner=owner.key, before=before or "-", now=now
            ),
            "green",
        )
    if not done:
        out.talk(T("Nothing to upgrade.", zh="无需升级。"))


@app.command("backup")
def backup(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help=label("Where to; beside the shop without it", zh="目标; 缺省在店铺旁")),
    ] = None,
) -> None:
    """Write the whole shop into one private file, checked before it counts."""
    from serviceflow.store.backup import backup_name
    from serviceflow.store.restore import back_up

    place = current().place
    target = back_up(place, (file or backup_name(place.path or Path("shop.db"))).absolute(), _owners(place))
    if current().format == "text":
        out.line(str(target))
        if not place.is_sqlite:
            out.talk(
                T(
                    "Our own tables, row by row, in an SQLite file; what else is in the database is not in it.",
                    zh="内容为本程序的数据表(SQLite 文件), 不含数据库中的其他内容。",
                )
            )
    else:
        out.page(BACKED_UP, {"file": str(target)}, lambda: None)


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=label("A backup", zh="备份文件"))],
    yes: Yes = False,
) -> None:
    """Put a backup in the shop's place; what was there is kept beside it."""
    from serviceflow.store.restore import check_backup
    from serviceflow.store.restore import restore as put_back

    place = current().place
    check_backup(file)
    if place.path is not None and place.path.exists():
        prompt.confirm(T("Replace the shop at {where}?", zh="替换 {where} 的店铺?").of(where=place.shown), yes=yes)
    kept = put_back(place, file.absolute(), _owners(Place(path=file.absolute())))
    out.done(
        T("{where} is what {file} holds.", zh="{where} 已恢复为 {file} 的内容。").of(where=place.shown, file=file.name),
        lines=[T("what was there: {kept}", zh="原店铺保存在: {kept}").of(kept=kept)] if kept is not None else (),
        next_="flow db check",
        data={"file": str(file), "kept": str(kept) if kept is not None else None},
    )


@app.command("copy")
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help=label("File or URL", zh="文件或网址"))],
    target: Annotated[str, typer.Argument(metavar="TO", help=label("Empty file or database", zh="空文件或空数据库"))],
) -> None:
    """Move a shop between an SQLite file and PostgreSQL, proved by counts and digests."""
    from serviceflow.store.copy import copy_shop
    from serviceflow.store.place import place_of

    one, other = place_of(source), place_of(target)
    copied = copy_shop(one, other, _owners(one), lambda table, rows: _progress(table, rows))
    out.rows("tables", COPIED, [{"table": c.table, "rows": c.rows, "digest": c.digest[:16]} for c in copied if c.rows])
    out.talk(T("√ {n} rows, the same at both ends", zh="√ {n} 行, 两端一致").of(n=sum(c.rows for c in copied)), "green")
    out.talk(plain(f"  FLOW_DB={other.shown} flow today"))


@app.command("check")
def check() -> None:
    """Check the file, the chain of operations, the rows, and what must always be true of them."""
    from serviceflow.store.audit import verify
    from serviceflow.store.check import broken, file_faults
    from serviceflow.store.engine import open_engine, reading

    place = current().place
    _owners(place)
    faults, operations, more = file_faults(place), 0, 0
    if not faults:
        engine = open_engine(place)
        try:
            with reading(engine, place) as line:
                found = verify(line.connection)
                operations, more = found.operations, found.more
                faults = [*found.faults, *broken(line.connection)]
        finally:
            engine.dispose()

    def draw() -> None:
        for fault in faults:
            out.line(plain("× {it}").of(it=fault), "red")
        if more:
            out.line(T("… and {n} more", zh="… 另有 {n} 处").of(n=more), "red")
        if not faults:
            out.line(
                T("√ file, {n} operations and rows are sound", zh="√ 文件、{n} 个操作及数据完好").of(n=operations),
                "green",
            )

    facts = {"sound": not faults, "operations": operations, "faults": faults, "more_faults": more}
    out.page(CHECKED, facts, draw)
    if faults:
        out.talk(T("An older state: flow db restore BACKUP", zh="恢复旧状态: flow db restore 备份"))
        raise typer.Exit(Exit.STORAGE if place.is_sqlite and not operations else Exit.ATTENTION)


def _owners(place: Place) -> list[Owner]:
    """Return whose tables the shop at a place has; their plugins are loaded, so that the tables are known."""
    from serviceflow.plugin.load import Plugins
    from serviceflow.store.engine import open_engine, reading
    from serviceflow.store.migrate import owners_here

    engine = open_engine(existing(place))
    try:
        with reading(engine, place) as line:
            return owners_here(line.connection, Plugins().all())
    finally:
        engine.dispose()


def existing(place: Place) -> Place:
    """Return the place, which must hold a shop's file.

    Raises:
        ConfigError: It does not.
    """
    from serviceflow.store.read import no_shop

    if place.path is not None and not place.path.exists():
        raise no_shop(place)
    return place


def _progress(table: str, rows: int) -> None:
    if rows % 100_000 < 2_000 and rows > 100_000:
        out.talk(plain(f"  {table} {rows}"))
