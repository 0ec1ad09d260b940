"""``flow history``: who changed what, and when; of everything, or of one order or customer."""

from __future__ import annotations

from typing import Annotated

import typer
from serviceflow.refs import find_orders
from serviceflow.store.read import Reader, title
from serviceflow.texts import T

from serviceflow_cli import out, refs
from serviceflow_cli.out import Column, label
from serviceflow_cli.session import current, reader

COLUMNS = [
    Column("operation", T("No.", zh="编号"), "number", null=False),
    Column("at", T("When", zh="时间"), "instant", null=False),
    Column("who", T("Who", zh="员工"), give=2),
    Column("what", T("What", zh="内容"), give=1, null=False),
    Column("undone", T("Undone", zh="已撤销"), "yes_no", null=False),
    Column("command", T("Command", zh="命令"), shown=False, null=False),
    Column("undoes", T("Undoes", zh="撤销的操作"), "number", shown=False),
]


def history(
    ref: Annotated[
        str,
        typer.Argument(
            metavar="REF", help=label("An order or a customer; all without it", zh="订单或客户; 缺省为全部")
        ),
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help=label("At most so many", zh="最多条数"))] = 20,
    before: Annotated[
        int, typer.Option("--before", min=0, metavar="OP", help=label("Only older ones", zh="只看更早的"))
    ] = 0,
) -> None:
    """Show who changed what, newest first."""
    with reader() as read:
        where, values = ["TRUE"], dict[str, object]()
        if ref:
            column, values["key"] = _subject(read, ref)
            touched = f"SELECT operation_id FROM operation_row WHERE {column} = :key"  # noqa: S608 - one of two columns
            where.append(f"({column} = :key OR operation_id IN ({touched}))")
        if before:
            where.append("operation_id < :before")
            values["before"] = before
        found = read.rows(
            f"SELECT * FROM v_operation WHERE {' AND '.join(where)} ORDER BY operation_id DESC LIMIT :most",  # noqa: S608
            most=limit,
            **values,
        )
        listed = [
            {
                "operation": row["operation_id"],
                "at": row["at"],
                "who": row["staff"] or str(T("the system", zh="系统")),
                "what": title(row, "summary") or row["command"],
                "undone": _is_undone(read, row["operation_id"]),
                "command": row["command"],
                "undoes": row["undoes"],
            }
            for row in found
        ]
    out.rows("operations", COLUMNS, listed, empty=T("Nothing was written yet.", zh="还没有任何操作。"))
    if listed and current().format == "text" and listed[-1]["operation"] > 1 and len(listed) == limit:
        words = T("older ones: flow history --before {n} {ref}", zh="更早的: flow history --before {n} {ref}")
        out.talk(str(words.of(n=listed[-1]["operation"], ref=ref)).rstrip(), "dim")


def _subject(read: Reader, ref: str) -> tuple[str, int]:
    """Return the column and key of the order or customer meant."""
    if find_orders(read, ref):
        return "order_id", refs.pick_order(read, ref)["order_id"]
    return "customer_id", refs.pick_customer(read, ref)["customer_id"]


def _is_undone(read: Reader, operation: int) -> bool:
    """Return whether the last of an operation's undo, its redo, the undo of that … left it undone."""
    undone, number = False, operation
    while (later := read.value("SELECT max(operation_id) FROM v_operation WHERE undoes = :n", n=number)) is not None:
        undone, number = not undone, later
    return undone
