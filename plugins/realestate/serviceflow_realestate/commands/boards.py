"""The start of the day on one screen."""

from __future__ import annotations

from serviceflow.api import T
from serviceflow_cli.api import Column, out, writing_shop

from serviceflow_realestate import overview

BOARD = [
    Column("part", T("Part", zh="栏目"), null=False, shown=False),
    Column("part_title", T("Part", zh="栏目"), null=False),
    Column("what", T("What", zh="内容"), null=False),
    Column("at", T("At", zh="时间"), "instant"),
]


def board() -> None:
    """Show rota, waiting, holds that end, signings, dues, overdue, approvals."""
    with writing_shop() as shop, shop.write("re board", dry_run=True) as tx:
        rows = overview.today(shop, tx)
    out.rows("board", BOARD, rows)
