"""Files of the back office: ``flow broker import KIND FILE``, ``import undo``, ``import list``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from serviceflow.api import T, plain
from serviceflow_cli.api import Answer, Column, answer, label, out, writing_shop

from serviceflow_brokerage.commands.seen import Progress
from serviceflow_brokerage.feed.batches import batches, undo_import
from serviceflow_brokerage.feed.kinds import KINDS
from serviceflow_brokerage.feed.load import Loaded, load_file

app = typer.Typer(no_args_is_help=True, help=label("Load files of the back office.", zh="导入柜台文件"))
UNUSED = T("columns not used: {names}", zh="未使用的列: {names}")
COLUMNS = [
    Column("id", T("No.", zh="批次"), "number", null=False),
    Column("kind", T("Kind", zh="类型"), null=False),
    Column("file", T("File", zh="文件"), null=False, give=1),
    Column("rows", T("Rows", zh="行数"), "number", null=False),
    Column("inserted", T("New", zh="新增"), "number", null=False),
    Column("replaced", T("Replaced", zh="替换"), "number", null=False),
    Column("unchanged", T("Unchanged", zh="不变"), "number", null=False),
    Column("rejected", T("Bad", zh="拒绝"), "number", null=False),
    Column("state", T("State", zh="状态"), null=False),
]


def _loads(kind: str) -> Callable[..., None]:
    def load(
        file: Annotated[Path, typer.Argument(metavar="FILE", help=label("CSV or workbook", zh="CSV 或工作簿"))],
        replace: Annotated[
            bool, typer.Option("--replace", help=label("Replace what differs", zh="覆盖不同的行"))
        ] = False,
        dry_run: Annotated[bool, typer.Option("--dry-run", help=label("Only count", zh="仅试算"))] = False,
        encoding: Annotated[str, typer.Option(help=label("Such as gb18030", zh="如 gb18030"))] = "",
        rejects: Annotated[Path | None, typer.Option(help=label("File for bad rows", zh="坏行文件"))] = None,
    ) -> None:
        with writing_shop() as shop, Progress() as say:
            found = load_file(
                shop, kind, KINDS[kind](), file, replace=replace, dry_run=dry_run, encoding=encoding,
                rejects_to=rejects, progress=say.rows,
            )  # fmt: skip
        notes = [UNUSED.of(names=", ".join(found.unused)), *found.notes] if found.unused else found.notes
        Answer(_said(found), lines=notes, data={**_data(found), "unused": found.unused}, dry_run=dry_run).say()

    load.__doc__ = f"Load {kind}."
    return load


def _said(found: Loaded) -> T:
    if found.already is not None:
        return T("already imported as batch {n}", zh="已作为批次 {n} 导入").of(n=found.already)
    counts = found.counts
    said = T(
        "batch {batch}: rows {rows}  inserted {i}  replaced {r}  unchanged {u}  duplicate {d}  rejected {bad}{file}",
        zh="批次 {batch}: 行 {rows}  新增 {i}  替换 {r}  不变 {u}  重复 {d}  拒绝 {bad}{file}",
    )
    return said.of(
        batch=found.batch or "-", rows=found.rows, i=counts.inserted, r=counts.replaced, u=counts.unchanged,
        d=counts.duplicate, bad=found.rejected, file=f" → {found.rejects}" if found.rejects else "",
    )  # fmt: skip


def _data(found: Loaded) -> dict[str, Any]:
    counts = found.counts
    return {
        "batch": found.batch, "rows": found.rows, "inserted": counts.inserted, "replaced": counts.replaced,
        "unchanged": counts.unchanged, "duplicate": counts.duplicate, "rejected": found.rejected,
        "rejects": str(found.rejects) if found.rejects else None,
    }  # fmt: skip


for _kind in KINDS:
    app.command(_kind)(_loads(_kind))


@app.command("undo")
def undo(number: Annotated[int, typer.Argument(metavar="N", help=label("Batch", zh="批次"))]) -> None:
    """Take a batch back."""

    def work(shop: object) -> Answer:
        undo_import(shop, number)  # type: ignore[arg-type]
        return Answer(T("batch {n} taken back", zh="已撤销批次 {n}").of(n=number), next_="flow broker segment run")

    answer(work)


@app.command("list")
def list_() -> None:
    """List the batches."""
    with writing_shop() as shop:
        rows = [
            {
                "id": b.id, "kind": b.kind, "file": b.file_name, "rows": b.rows, "inserted": b.inserted,
                "replaced": b.replaced, "unchanged": b.unchanged, "rejected": b.rejected, "state": b.state,
            }
            for b in batches(shop)
        ]  # fmt: skip
    out.rows("batches", COLUMNS, rows, empty=plain("-"))
