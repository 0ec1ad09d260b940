"""``flow done``: a task is finished, with what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from serviceflow_cli import refs
from serviceflow_cli.answers import answer
from serviceflow_cli.options import DryRun, RequestId
from serviceflow_cli.out import label

if TYPE_CHECKING:
    from serviceflow.app import Shop

    from serviceflow_cli.answers import Answer


def done(
    task: Annotated[str, typer.Argument(metavar="TASK", help=label("Number, such as 31", zh="编号, 如 31"))],
    result: Annotated[str, typer.Argument(metavar="RESULT", help=label("What came of it", zh="结果"))] = "",
    dry_run: DryRun = False,
    request_id: RequestId = None,
) -> None:
    """Tick off a task, with what came of it."""

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.tasks import finish_task

        from serviceflow_cli.commands.task import told

        number = refs.task_id(task)
        return told(shop, finish_task(shop, number, result, dry_run=dry_run), dry_run=dry_run)

    answer(work, request_id=request_id, content=["done", task, result])
