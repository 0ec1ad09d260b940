"""What the trade's commands share: doing an action under a thin name, looking at an order's case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer
from serviceflow.api import BadInput, Calendar, Case, Customer, Notes, Order, T, Tx, case_of, plain, table_of
from serviceflow_cli.api import Seen, label, look_at, out, writing_shop
from serviceflow_cli.api import do as flow_do

from serviceflow_manufacturing.rules import workdays
from serviceflow_manufacturing.rules.workdays import FactoryCalendar

Found = TypeVar("Found")
Ref = Annotated[str, typer.Argument(metavar="ORDER", help=label("Order number", zh="订单号"))]


def add(group: typer.Typer, name: str, command: Callable[..., Any], zh: str) -> None:
    """Add a command to a group; its docstring is the English page, ``zh`` the Chinese one."""
    group.command(name, help=label(command.__doc__ or name, zh=zh))(command)


def do(order: str, action: str, *, dry_run: bool = False, **fields: Any) -> None:
    """Do an action on an order; fields that were not given are left out."""
    words = [f"{name}={value}" for name, value in fields.items() if value not in (None, "", False)]
    flow_do(order, [action, *words], None, dry_run, None)


def case_for(order: str, read: Callable[[Case], Found], *flows: str) -> Found:
    """Return what a function says of an order's case now; nothing is written.

    Raises:
        BadInput: The order is of none of these flows.
    """
    seen = look_at(order)
    with writing_shop() as shop, shop.write("look", dry_run=True) as tx:
        found = tx.need(Order, seen.order_id)
        check_flow(seen, flows)
        said = read(case_of(shop, tx, found, Notes()))
        warn_of_calendar(tx.calendars.get(workdays.KEY))
    return said


def warn_of_calendar(factory: Calendar | None) -> None:
    """Say which years were counted by plain weekdays because their calendar is not loaded."""
    if isinstance(factory, FactoryCalendar):
        for words in factory.warnings():
            out.warn(words)


def customer_named(tx: Tx, name: str) -> Customer:
    """Return the customer of a name.

    Raises:
        BadInput: Nobody is called that, or several are.
    """
    found = tx.all(Customer, table_of(Customer).c.name == name, table_of(Customer).c.merged_into.is_(None))
    if len(found) != 1:
        words = T("There is not one customer {name}.", zh="没有唯一的客户 {name}。").of(name=name)
        raise BadInput(words, plain(f"flow find {name}"), ref="mfg.customer")
    return found[0]


def check_flow(seen: Seen, flows: tuple[str, ...]) -> None:
    """Raise `BadInput` unless an order is of one of these flows."""
    if flows and seen.flow not in flows:
        raise BadInput(
            T("{no} is no {flow}.", zh="{no} 不是 {flow}。").of(no=seen.number, flow=" / ".join(flows)),
            plain(f"flow show {seen.number}"),
            ref="mfg.flow",
        )
