"""Papers that are printed on demand: registers, control tables, the sheets of the shoot day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from serviceflow.api import BadInput, Order, Shop, T, Tx, on_demand, plain
from serviceflow_cli.api import label, out, write_page, writing_shop

from serviceflow_studio.boards import case_in
from serviceflow_studio.commands.deeds import seen
from serviceflow_studio.commands.report import month_of
from serviceflow_studio.papers import boards, floor, members
from serviceflow_studio.shoot import sessions

KEY = "studio"
Facts = Mapping[str, Any]
BY_DAY: dict[str, tuple[str, Callable[[Shop, Tx, date], Facts]]] = {
    "dispatch": ("dispatch-sheet", floor.dispatch),
    "floor-sales": ("floor-sales", floor.sales),
    "visits": ("visit-register", floor.visits),
}
BY_MONTH: dict[str, tuple[str, Callable[[Shop, Tx, date, date], Facts]]] = {
    "appointments": ("appointment-register", boards.appointments),
    "urging": ("urging-register", boards.urging),
    "not-closed": ("not-closed-summary", boards.not_closed),
}
BY_CASE: dict[str, tuple[str, Callable[[Any], Facts]]] = {
    "seat-card": ("seat-card", floor.seat_card),
    "notes": ("service-notes", floor.service_notes),
}
WHAT = (*BY_DAY, *BY_MONTH, *BY_CASE, "members")

Out = Annotated[str, typer.Option("--out", metavar="FILE", help=label("Where to write it", zh="写入的文件"))]
Pdf = Annotated[bool, typer.Option("--pdf", help=label("As PDF", zh="生成 PDF"))]
Show = Annotated[bool, typer.Option("--open", help=label("Open it to be printed", zh="打开以便打印"))]


def print_(
    what: Annotated[str, typer.Argument(metavar="WHAT", help=label(", ".join(WHAT), zh=" ".join(WHAT)))],
    of: Annotated[
        str, typer.Argument(metavar="[DATE|MONTH|ST]", help=label("Day, month or case", zh="日期、月份或订单号"))
    ] = "",
    file: Out = "",
    pdf: Pdf = False,
    show: Show = False,
) -> None:
    """Print a register or a sheet of the shoot day as things stand now."""
    with writing_shop() as shop, shop.reading() as tx:
        key, name, facts = _facts(shop, tx, what, of)
        print_page(shop, key, facts, name, file=file, pdf=pdf, show=show)


def _facts(shop: Shop, tx: Tx, what: str, of: str) -> tuple[str, str, Facts]:
    """Return document, name of the file and facts of what is to be printed."""
    now = shop.clock.now()
    if what in BY_DAY:
        key, day_facts = BY_DAY[what]
        day = shop.parse_day(of, now) if of else shop.local_day(now)
        return key, f"{key}-{day}", day_facts(shop, tx, day)
    if what in BY_MONTH:
        key, month_facts = BY_MONTH[what]
        first, last = month_of(of, shop.local_day(now))
        return key, f"{key}-{first:%Y-%m}", month_facts(shop, tx, first, last)
    if what in BY_CASE:
        key, case_facts = BY_CASE[what]
        return key, f"{key}-{of}", case_facts(_session(shop, tx, of))
    if what == "members":
        return "member-register", "member-register", members.register(shop, tx)
    raise BadInput(
        T("There is no paper {what}.", zh="没有表单 {what}。").of(what=what),
        plain(" · ".join(WHAT)),
        ref="studio.paper",
    )


def _session(shop: Shop, tx: Tx, of: str) -> Any:
    case = case_in(shop, tx, tx.need(Order, seen(of).order_id))
    found = sessions.on_the_floor(case) or sessions.planned(case)
    if found is None:
        raise BadInput(
            T("{no} has no session to come.", zh="{no} 没有待拍场次。").of(no=case.order.number),
            plain("flow studio book ST0101 shoot 2025-03-12 09:00"),
            ref="studio.paper",
        )
    return found


def print_page(
    shop: Shop, key: str, facts: Facts, name: str, *, file: str = "", pdf: bool = False, show: bool = False
) -> None:
    """Write a paper made on demand and say where it is."""
    html = on_demand(shop, KEY, key, facts)
    made = write_page(shop, html, Path(file) if file else None, name, pdf=pdf)
    out.done(T("printed: {file}", zh="已生成: {file}").of(file=made), data={"file": str(made)})
    if show:
        typer.launch(str(made))
