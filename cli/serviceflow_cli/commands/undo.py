"""``flow undo`` and ``flow redo``: a whole command taken back, or done again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from serviceflow.errors import BadInput
from serviceflow.texts import T, plain

from serviceflow_cli import out, prompt
from serviceflow_cli.answers import Answer, answer
from serviceflow_cli.options import DryRun, RequestId, Yes
from serviceflow_cli.out import label
from serviceflow_cli.session import current, interactive

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.engine.operations import Undone

NAMED = 5
"""Things that stay which are named one by one."""


def undo(
    operation: Annotated[
        str, typer.Argument(metavar="OP", help=label("Number; your last one without it", zh="操作号; 缺省为我的上一条"))
    ] = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    request_id: RequestId = None,
) -> None:
    """Take back a whole command: every row it made, changed or removed."""
    number = _number(operation)

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.operations import undo as take_back
        from serviceflow.engine.operations import undo_preview

        before = undo_preview(shop, number)
        stays = _stays(before)
        if stays and current().format == "text":
            for text in stays:
                out.warn(text)
            if interactive() and not dry_run:
                prompt.confirm(
                    T("Undo the rest of {what}?", zh="撤销 {what} 的其余部分?").of(what=_named(before)), yes=yes
                )
        done = take_back(shop, before.entry.id, dry_run=dry_run)
        return _told(T("undone: {what} · {n} rows", zh="已撤销: {what} · {n} 行"), done, dry_run, plain("flow redo"))

    answer(work, request_id=request_id, content=["undo", operation])


def redo(dry_run: DryRun = False, request_id: RequestId = None) -> None:
    """Do again what was undone last."""

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.operations import redo as do_again

        done = do_again(shop, dry_run=dry_run)
        return _told(T("done again: {what} · {n} rows", zh="已重做: {what} · {n} 行"), done, dry_run, plain(""))

    answer(work, request_id=request_id, content=["redo"])


def _number(typed: str) -> int | None:
    if not typed:
        return None
    if not typed.removeprefix("#").isascii() or not typed.removeprefix("#").isdecimal():
        raise BadInput(
            T("An operation is a number, not {typed}.", zh="操作号须为数字, 不是 {typed}。").of(typed=typed),
            plain("flow history"),
            ref="operation",
        )
    return int(typed.removeprefix("#"))


def _named(done: Undone) -> T:
    return T("#{n} {what}", zh="#{n} {what}").of(n=done.entry.id, what=done.entry.summary)


def _stays(done: Undone) -> list[T]:
    texts = [T("stays as it is: {what}", zh="无法撤回: {what}").of(what=what) for what in done.stays[:NAMED]]
    if len(done.stays) > NAMED:
        texts.append(T("… and {n} more that stay", zh="… 另有 {n} 项无法撤回").of(n=len(done.stays) - NAMED))
    if done.void:
        shown = ", ".join(done.void[:NAMED]) + (" …" if len(done.void) > NAMED else "")
        texts.append(T("never used again: {numbers}", zh="作废不再使用: {numbers}").of(numbers=shown))
    return texts


def _told(sentence: T, done: Undone, dry_run: bool, next_: T) -> Answer:
    return Answer(
        sentence.of(what=_named(done), n=done.rows),
        warnings=_stays(done) if current().format != "text" else (),
        next_="" if dry_run else str(next_),
        operation=done.operation if not dry_run else None,
        data={"undone": done.entry.id, "rows": done.rows, "stays": done.stays, "void": done.void},
        dry_run=dry_run,
    )
