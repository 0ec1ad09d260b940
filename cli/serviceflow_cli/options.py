"""Options that several writing commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from serviceflow_cli.out import label

DryRun = Annotated[
    bool, typer.Option("--dry-run", help=label("Do everything, then take it back", zh="完整试运行, 然后全部撤回"))
]
RequestId = Annotated[
    str | None,
    typer.Option(
        "--request-id",
        metavar="ID",
        help=label("For scripts that retry: the same id changes nothing twice", zh="供脚本重试: 同一编号不会重复执行"),
    ),
]
Override = Annotated[
    list[str] | None,
    typer.Option(
        "--override",
        metavar="GUARD=REASON",
        help=label("Set a rule aside, with the reason", zh="豁免一条规则并写明原因"),
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help=label("Do not ask", zh="不再询问"))]
