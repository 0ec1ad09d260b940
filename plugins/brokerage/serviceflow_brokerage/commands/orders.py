"""Orders of the branch, opened by the client's number: ``flow broker open retention 80012345``."""

from __future__ import annotations

from typing import Annotated

import typer
from serviceflow.api import BadInput, T
from serviceflow_cli.api import label, open_new, writing_shop

from serviceflow_brokerage.commands.typed import customer_meant, one_of
from serviceflow_brokerage.flows import FLOWS

NAMES = tuple(flow.key.removeprefix("broker.") for flow in FLOWS)


def open_(
    flow: Annotated[
        str, typer.Argument(metavar="FLOW", help=label("retention, suitability …", zh="流程, 如 retention"))
    ],
    client: Annotated[str, typer.Argument(metavar="CLIENT", help=label("Client number or name", zh="客户号或姓名"))],
    fields: Annotated[
        list[str] | None, typer.Argument(metavar="[FIELD=VALUE]…", help=label("Fields", zh="字段"))
    ] = None,
) -> None:
    """Open an order for a client who is named by number; ``flow new`` asks for the name."""
    chosen = one_of(flow.removeprefix("broker."), NAMES, "broker.flow")
    given: dict[str, str | None] = {}
    for typed in fields or ():
        name, separator, value = typed.partition("=")
        if not separator:
            raise BadInput(
                T("“{typed}” is no field.", zh="“{typed}”不是字段。").of(typed=typed),
                T("Write it so: name=value", zh="写法: 字段=值"),
                ref="broker.field",
            )
        given[name] = value
    with writing_shop() as shop:
        key = customer_meant(shop, client)
    open_new(f"broker.{chosen}", f"C{key}", given)
