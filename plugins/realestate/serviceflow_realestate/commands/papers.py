"""The numbered papers: of an order, of a day, printed as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from serviceflow.api import BadInput, Shop, T, Tx, plain, table_of
from serviceflow_cli.api import Column, label, look_at, out, write_page, writing_shop

from serviceflow_realestate.paperwork import TITLES
from serviceflow_realestate.printing import print_paper
from serviceflow_realestate.registers import bounds
from serviceflow_realestate.tables import RePaper, ReReceipt

PAPERS = [
    Column("number", T("Number", zh="编号"), null=False, whole=True),
    Column("title", T("Paper", zh="单据"), null=False),
    Column("made_at", T("Made", zh="时间"), "instant", null=False),
]


def papers(
    order: Annotated[str, typer.Argument(metavar="[ORDER]", help=label("Order number", zh="单号"))] = "",
    day: Annotated[str, typer.Option("--date", help=label("Of a day: rota, registers", zh="某日的轮班与登记表"))] = "",
) -> None:
    """List the papers of an order, or those that a day had without one: its rota and registers."""
    seen = look_at(order) if order else None
    with writing_shop() as shop, shop.reading() as tx:
        found = _of_day(shop, tx, day) if seen is None else _of_order(tx, seen.order_id)
    rows = [{"number": p.number, "title": str(TITLES[p.type]), "made_at": p.made_at} for p in found]
    out.rows("papers", PAPERS, rows, empty=T("No paper yet.", zh="尚无单据。"))


def _of_order(tx: Tx, order_id: int) -> list[RePaper]:
    table = table_of(RePaper)
    return tx.all(RePaper, table.c.order_id == order_id, order_by=[table.c.id])


def _of_day(shop: Shop, tx: Tx, typed: str) -> list[RePaper]:
    now = shop.clock.now()
    first, last = bounds(shop, shop.parse_day(typed, now) if typed else shop.local_day(now))
    table = table_of(RePaper)
    return tx.all(
        RePaper,
        table.c.order_id.is_(None),
        table.c.made_at >= first,
        table.c.made_at < last,
        order_by=[table.c.id],
    )


def paper_named(tx: Tx, number: str) -> RePaper:
    """Return the paper with a number; a receipt's is that of the paper it is printed on.

    Raises:
        BadInput: There is none.
    """
    wanted = number.strip().upper()
    receipt = tx.one(ReReceipt, table_of(ReReceipt).c.number == wanted)
    paper = tx.one(RePaper, table_of(RePaper).c.number == (receipt.paper_no if receipt is not None else wanted))
    if paper is None:
        raise BadInput(
            T("There is no paper {no}.", zh="没有单据 {no}。").of(no=number),
            plain("flow re papers ORDER"),
            ref="re.paper",
        )
    return paper


def print_(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help=label("Paper number", zh="单据编号"))],
    file: Annotated[str, typer.Option("--out", metavar="FILE", help=label("Where to write it", zh="写入的文件"))] = "",
    pdf: Annotated[bool, typer.Option("--pdf", help=label("As PDF", zh="生成 PDF"))] = False,
) -> None:
    """Print a paper as a page."""
    with writing_shop() as shop, shop.reading() as tx:
        paper = paper_named(tx, number)
        made = write_page(shop, print_paper(shop, tx, paper), Path(file) if file else None, paper.number, pdf=pdf)
    out.done(T("printed: {file}", zh="已生成: {file}").of(file=made), data={"file": str(made)})
