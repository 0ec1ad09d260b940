"""The numbered papers: listed by order, printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from serviceflow.api import BadInput, T, plain, table_of
from serviceflow_cli.api import Column, label, look_at, out, write_page, writing_shop

from serviceflow_realestate.papers import TITLES
from serviceflow_realestate.printing import print_paper
from serviceflow_realestate.tables import RePaper

PAPERS = [
    Column("number", T("Number", zh="编号"), null=False, whole=True),
    Column("title", T("Paper", zh="单据"), null=False),
    Column("made_at", T("Made", zh="时间"), "instant", null=False),
]


def papers(order: Annotated[str, typer.Argument(metavar="ORDER", help=label("Order number", zh="单号"))]) -> None:
    """List the papers of an order."""
    seen = look_at(order)
    with writing_shop() as shop, shop.reading() as tx:
        table = table_of(RePaper)
        found = tx.all(RePaper, table.c.order_id == seen.order_id, order_by=[table.c.id])
    rows = [{"number": p.number, "title": str(TITLES[p.type]), "made_at": p.made_at} for p in found]
    out.rows("papers", PAPERS, rows, empty=T("No paper yet.", zh="尚无单据。"))


def print_(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help=label("Paper number", zh="单据编号"))],
    file: Annotated[str, typer.Option("--out", metavar="FILE", help=label("Where to write it", zh="写入的文件"))] = "",
    pdf: Annotated[bool, typer.Option("--pdf", help=label("As PDF", zh="生成 PDF"))] = False,
) -> None:
    """Print a paper as a page."""
    with writing_shop() as shop, shop.reading() as tx:
        paper = tx.one(RePaper, table_of(RePaper).c.number == number.upper())
        if paper is None:
            raise BadInput(
                T("There is no paper {no}.", zh="没有单据 {no}。").of(no=number),
                plain("flow re papers ORDER"),
                ref="re.paper",
            )
        made = write_page(shop, print_paper(shop, tx, paper), Path(file) if file else None, paper.number, pdf=pdf)
    out.done(T("printed: {file}", zh="已生成: {file}").of(file=made), data={"file": str(made)})
