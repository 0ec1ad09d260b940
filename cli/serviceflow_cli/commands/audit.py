"""``flow audit``: the books checked, and their head saved where nobody who owns the database can change it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from serviceflow.errors import BadInput, Exit
from serviceflow.texts import T, plain

from serviceflow_cli import out
from serviceflow_cli.out import Column, label
from serviceflow_cli.session import current, writing_shop

app = typer.Typer(no_args_is_help=True)

FINDINGS = [
    Column("sound", T("Sound", zh="完好"), "yes_no", null=False),
    Column("operations", T("Operations", zh="操作"), "number", null=False),
    Column("rows", T("Recorded rows", zh="记录行"), "number", null=False),
    Column("live", T("Rows compared", zh="比对行"), "number", null=False),
    Column("anchored", T("Vouched for up to operation", zh="存档覆盖至操作"), "number", null=False),
    Column("faults", T("Faults", zh="问题"), "list", null=False),
    Column("more_faults", T("Further faults", zh="其余问题数"), "number", null=False),
]


HEAD = [
    Column("operation", T("Operation", zh="操作"), "number", null=False, help="Number of the newest operation"),
    Column("hash", T("Hash", zh="哈希"), null=False, help="Hash of the chain up to it"),
    Column("at", T("At", zh="时间"), null=False, help="When the operation was, UTC"),
]


@app.callback()
def audit() -> None:
    """Prove that the journal was not altered."""


@app.command("head")
def head() -> None:
    """Print the head of the chain: append it to a file elsewhere (flow audit head >> FILE), or print it on paper."""
    from serviceflow.store.audit import head as newest

    with writing_shop() as shop, shop.reading() as tx:
        found = newest(tx.connection)
    facts = {"operation": found.operation, "hash": found.hash, "at": found.at}
    out.page(HEAD, facts, lambda: out.line(found.line()))


@app.command("verify")
def verify(
    saved: Annotated[
        Path | None, typer.Option("--head", metavar="FILE", help=label("Heads saved before", zh="以前存档的文件"))
    ] = None,
) -> None:
    """Check the chain, every recorded row, and every row as it is now."""
    from serviceflow.store.audit import read_heads
    from serviceflow.store.audit import verify as check

    with writing_shop() as shop:
        list(shop.plugins.all())  # their tables are known once they are loaded
        with shop.reading() as tx:
            found = check(tx.connection, read_heads(_text(saved)) if saved is not None else ())
    facts = {
        "sound": found.sound,
        "operations": found.operations,
        "rows": found.rows,
        "live": found.live,
        "anchored": found.anchored,
        "faults": found.faults,
        "more_faults": found.more,
    }

    def draw() -> None:
        for fault in found.faults:
            out.line(plain("× {it}").of(it=fault), "red")
        if found.more:
            out.line(T("… and {n} more", zh="… 另有 {n} 处").of(n=found.more), "red")
        out.line(
            T(
                "{o} operations, {r} recorded rows, {l} rows as they are", zh="{o} 个操作, {r} 行记录, {l} 行现有数据"
            ).of(o=found.operations, r=found.rows, l=found.live)
        )
        out.line(_vouched(found.anchored, found.operations))
        if found.sound:
            out.line(T("√ sound", zh="√ 完好"), "green")

    out.page(FINDINGS, facts, draw)
    if not found.sound:
        raise typer.Exit(Exit.ATTENTION)
    if saved is None and current().format == "text":
        out.talk(
            T(
                "Save the head elsewhere, so that a cut end is seen: flow audit head >> FILE",
                zh="请把链头存到别处, 以便发现尾部被截: flow audit head >> 文件",
            ),
            "dim",
        )


def _vouched(anchored: int, operations: int) -> T:
    if not anchored:
        return T(
            "No saved head vouches for them: the owner of the database could have rewritten all.",
            zh="没有存档佐证: 数据库所有者可能改写全部。",
        )
    if anchored >= operations:
        return T("A saved head vouches for all of them.", zh="全部由存档佐证。")
    return T(
        "1 to {a}: vouched for by a saved head; {b} to {c}: not yet", zh="1 至 {a}: 有存档佐证; {b} 至 {c}: 尚无"
    ).of(a=anchored, b=anchored + 1, c=operations)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise BadInput(
            T("{file} cannot be read: {why}", zh="无法读取 {file}: {why}").of(file=file, why=cause),
            plain("flow audit head > FILE"),
            ref="audit.head",
        ) from cause
