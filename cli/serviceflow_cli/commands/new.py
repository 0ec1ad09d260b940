"""``flow new``: opens an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from serviceflow_cli import refs
from serviceflow_cli.answers import answer
from serviceflow_cli.fields import read_fields, read_overrides
from serviceflow_cli.options import DryRun, Override, RequestId
from serviceflow_cli.orders import echoes, told
from serviceflow_cli.out import label
from serviceflow_cli.prompt import fill_missing
from serviceflow_cli.session import reader

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.flow.model import Action, Flow

    from serviceflow_cli.answers import Answer


def new(
    flow: Annotated[str, typer.Argument(metavar="FLOW", help=label("Kind of order", zh="订单种类"))],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CUSTOMER] [FIELD=VALUE]…", help=label("Customer, then fields", zh="客户, 然后字段")),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--start", metavar="ACTION", help=label("Where it has several", zh="有多种开始方式时指定")),
    ] = None,
    override: Override = None,
    dry_run: DryRun = False,
    request_id: RequestId = None,
) -> None:
    """Open an order for a customer."""
    rest = list(words or ())
    customer = rest.pop(0) if rest and "=" not in rest[0] else ""
    fields, set_aside = read_fields(rest), read_overrides(override or ())

    def work(shop: Shop) -> Answer:
        from serviceflow.engine.act import open_order

        found = shop.newest_flow(flow)[1]
        action = _start(found, start)
        customer_id, name = None, ""
        if customer:
            with reader() as read:
                row = refs.pick_customer(read, customer)
            customer_id, name = row["customer_id"], row["customer"]
        asks = action is not None and request_id is None and (customer_id is not None or found.customer != "required")
        given = fill_missing(action.form, fields) if asks and action is not None else fields
        done = open_order(shop, found.key, customer_id, given, start=start, dry_run=dry_run, override=set_aside)
        echo = echoes(shop, action.form, given) if action is not None else []
        return told(shop, done, name, echo=echo, opened=True, dry_run=dry_run)

    content = ["new", flow, customer, start, *(f"{name}={value}" for name, value in fields.items()), *(override or ())]
    answer(work, request_id=request_id, content=content)


def _start(flow: Flow, key: str | None) -> Action | None:
    """Return the start action where it is clear; what is not clear the engine refuses, naming the choices."""
    named = [a for a in flow.starts() if key is None or key in (a.key, a.title.en, a.title.zh)]
    return named[0] if len(named) == 1 else None
