"""Selecting, handing over, checking and handing out: thin names for the actions behind them."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from serviceflow.api import BadInput, Customer, Order, T, issue_document, plain, table_of
from serviceflow_cli.api import Column, approve, label, out, writing_shop

from serviceflow_studio import boards
from serviceflow_studio.commands.deeds import do, seen
from serviceflow_studio.papers.viewing import handed_over
from serviceflow_studio.tables import StudioBooking, StudioPiece

Ref = Annotated[str, typer.Argument(metavar="ST", help=label("Case number", zh="订单号"))]


def select(
    order: Ref,
    reject: Annotated[str, typer.Option(metavar="PHOTOS", help=label("Take out: 3,8-20 or none", zh="剔除"))] = "",
    restore: Annotated[str, typer.Option(metavar="PHOTOS", help=label("Take back in", zh="恢复"))] = "",
    add: Annotated[str, typer.Option(metavar="CODE:n", help=label("Extra", zh="加选"))] = "",
    drop: Annotated[str, typer.Option(metavar="CODE:n", help=label("Take off the list", zh="减选"))] = "",
    discount: Annotated[str, typer.Option(metavar="AMOUNT", help=label("Discount", zh="优惠"))] = "",
    reason: Annotated[str, typer.Option(help=label("Why the discount", zh="优惠原因"))] = "-",
    sign: Annotated[bool, typer.Option("--sign", help=label("The customer signs the list", zh="顾客签清单"))] = False,
) -> None:
    """Go through the pictures, sell extras, sign the list; each option is one step, done in this order."""
    if reject:
        for step, fields in _passes(order, reject, restore):
            do(order, step, fields)
    for action, what in (("add-extra", add), ("drop-extra", drop)):
        if what:
            code, _, count = what.partition(":")
            do(order, action, code=code, qty=count or "1")
    if discount:
        do(order, "discount", amount=discount, reason=reason)
    if sign:
        do(order, "sign-list", customer_signed="yes")
    if not any((reject, add, drop, discount, sign)):
        raise BadInput(
            T("What is to be done with the selection?", zh="要做哪一步?"),
            plain("--reject 3,8-20 · --add ENL24:1 · --discount 60 · --sign"),
            ref="studio.select",
        )


def _passes(order: str, reject: str, restore: str) -> list[tuple[str, dict[str, str]]]:
    """Return the passes that a list of pictures to take out makes next."""
    from serviceflow_studio.tables import StudioCase

    with writing_shop() as shop, shop.reading() as tx:
        done = tx.need(StudioCase, seen(order).order_id).passes
    first: list[tuple[str, dict[str, str]]] = [("pass-1", {})] if done == 0 else []
    if done <= 1:
        return [*first, ("pass-2", {"reject": reject})]
    return [("pass-3", {"reject": reject, "restore": restore})]


EXPECTED = [
    Column("pickup", T("Pickup", zh="取件"), null=True),
    Column("order", T("Order", zh="订单"), null=False, whole=True),
    Column("names", T("Customer", zh="客户"), null=False, give=1),
    Column("piece", T("Piece", zh="相件"), null=False),
    Column("passed", T("Passed", zh="合格"), null=False),
    Column("arrived", T("Arrived", zh="到店"), "number", shown=False, null=False),
    Column("handed", T("Handed", zh="已取"), "number", null=False),
    Column("promised", T("Rework until", zh="返工至")),
]


def pieces(
    order: Annotated[str, typer.Argument(metavar="[ST]", help=label("Case number", zh="订单号"))] = "",
    arrive: Annotated[str, typer.Option(metavar="PIECE:n", help=label("Came from production", zh="到店"))] = "",
    passed: Annotated[str, typer.Option("--pass", metavar="PIECE:n", help=label("Passed the check", zh="合格"))] = "",
    fail: Annotated[str, typer.Option(metavar="PIECE:n", help=label("Back for rework", zh="返工"))] = "",
    fault: Annotated[str, typer.Option(help=label("What is wrong", zh="缺陷"))] = "",
    due: Annotated[str, typer.Option(metavar="DATE", help=label("Rework until", zh="返工期限"))] = "",
) -> None:
    """Show what is expected, arrived and passed; or note what came, passed or failed."""
    for action, what, more in (
        ("arrive", arrive, {}),
        ("qc-pass", passed, {}),
        ("qc-fail", fail, {"fault": fault, "due": due}),
    ):
        if what:
            piece, _, count = what.partition(":")
            do(order, action, more, piece=piece, qty=count or "1")
    if not (arrive or passed or fail):
        with writing_shop() as shop, shop.reading() as tx:
            found = _expected(tx, seen(order).order_id if order else None)
        out.rows("pieces", EXPECTED, found, empty=T("Nothing is expected.", zh="没有待制相件。"))


def _expected(tx: Any, only: int | None) -> list[dict[str, Any]]:
    table, bookings = table_of(StudioPiece), table_of(StudioBooking)
    where = [table.c.handed < table.c.qty] + ([table.c.order_id == only] if only else [])
    rows = []
    for piece in tx.all(StudioPiece, *where):
        order = tx.need(Order, piece.order_id)
        booked = tx.one(
            StudioBooking,
            bookings.c.order_id == order.id,
            bookings.c.calendar == "pickup",
            bookings.c.state == "booked",
        )
        rows.append(
            {
                "pickup": booked.day.isoformat() if booked else "",
                "order": order.number,
                "names": boards.short_name(tx.need(Customer, order.customer_id).name),
                "piece": piece.code,
                "passed": f"{piece.passed}/{piece.qty}" + (" √" if piece.passed == piece.qty else ""),
                "arrived": piece.arrived,
                "handed": piece.handed,
                "promised": piece.promised.isoformat() if piece.promised and piece.passed < piece.qty else "",
            }
        )
    return sorted(rows, key=lambda row: (row["pickup"] or "9999", row["order"]))


HANDOVER = [
    Column("order", T("Order", zh="订单"), null=False, whole=True),
    Column("names", T("Customer", zh="客户"), null=False),
    Column("list", T("List", zh="制作清单"), null=False),
    Column("state", T("State", zh="状态"), null=False),
]


def handover(
    receive: Annotated[bool, typer.Option("--receive", help=label("Finance signs", zh="财务签收"))] = False,
    reason: Annotated[str, typer.Option(help=label("Opinion", zh="意见"))] = "收讫",
) -> None:
    """Hand over every list whose hours are over; with --receive finance signs for those that wait."""
    with writing_shop() as shop, shop.reading() as tx:
        found = boards.to_hand_over(shop, tx)
    out.rows("cases", HANDOVER, found, empty=T("Nothing is to be handed over.", zh="没有待移交的订单。"))
    for row in found:
        if receive and row["waits"]:
            approve(row["order"], reason)
        elif not receive and row["may"]:
            do(row["order"], "to-production")
    handed = [row["order_id"] for row in found if row["may"]] if not receive else []
    if handed:
        _list_handed_over(handed)


def _list_handed_over(orders: list[int]) -> None:
    """Draw up the numbered list that goes to finance with the envelopes."""
    with writing_shop() as shop, shop.write("studio handover") as tx:
        trade = shop.plugins.trade("studio")
        cases = [boards.case_in(shop, tx, tx.need(Order, order_id)) for order_id in orders]
        facts = {"cases": [handed_over(case) for case in cases]}
        row = issue_document(shop, tx, trade, trade.document("hand-over-list"), facts)
        tx.summary = T("hand-over list {no}", zh="送交清单 {no}").of(no=row.number)
    out.done(tx.summary, next_=f"flow doc print {row.number}", undo=tx.operation)


def pickup(
    order: Ref,
    slip: Annotated[str, typer.Option(help=label("yes or lost", zh="yes 或 lost"))] = "",
    id_: Annotated[
        str, typer.Option("--id", metavar="TYPE:LAST4", help=label("For a lost slip", zh="单据遗失时"))
    ] = "",
    fetched: Annotated[bool, typer.Option("--fetched", help=label("Pieces are here", zh="已取出"))] = False,
    count: Annotated[
        list[str] | None,
        typer.Option(metavar="PIECE:ok/missing/defect[:DATE]", help=label("Count one line", zh="清点一项")),
    ] = None,
    survey: Annotated[str, typer.Option(metavar="7 SCORES|declined", help=label("Satisfaction", zh="满意度"))] = "",
    sign: Annotated[bool, typer.Option("--sign", help=label("The customer signs", zh="顾客签收"))] = False,
) -> None:
    """Hand pieces over: slip, fetch, count, survey, signature; each option is one step, done in this order."""
    if slip:
        kind, _, tail = id_.partition(":")
        do(order, "start-pickup", slip=slip, id_type=kind, id_last4=tail, memo_signed="yes" if id_ else "")
    if fetched:
        do(order, "fetched")
    for line in count or ():
        piece, _, rest = line.partition(":")
        counts, _, promised = rest.partition(":")
        ok, missing, defect = (*counts.split("/"), "0", "0")[:3]
        do(order, "count", piece=piece, ok=ok, missing=missing, defect=defect, promised=promised)
    if survey:
        from serviceflow_studio.pickup.forms import SCORES

        scores = dict(zip(SCORES, survey.replace(",", " ").split(), strict=False))
        do(order, "survey", {"declined": "yes"} if survey == "declined" else scores)
    if sign:
        do(order, "sign-pickup", customer_signed="yes")
