"""Units: the building as a grid, the sales table, one unit, release, price, holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from serviceflow.api import BadInput, Refused, Shop, Staff, T, Tx, parse_money, plain, roles_of, table_of
from serviceflow_cli.api import Answer, Column, answer, current, customer_id, label, out, write_page, writing_shop

from serviceflow_realestate import grid, inventory, stock
from serviceflow_realestate.fields import yuan
from serviceflow_realestate.inventory import STATES, unit_named
from serviceflow_realestate.printing import page_of
from serviceflow_realestate.reception import project_here
from serviceflow_realestate.roles import MANAGER
from serviceflow_realestate.tables import ReClaim, RePriceLog, ReUnit

No = Annotated[str, typer.Argument(metavar="NO", help=label("Unit number", zh="房号"))]
Nos = Annotated[list[str], typer.Argument(metavar="NO…", help=label("Unit numbers", zh="房号"))]
one = typer.Typer()
UNITS = [
    Column("unit", T("Unit", zh="房号"), null=False, whole=True),
    Column("state", T("State", zh="状态"), null=False, shown=False),
    Column("state_title", T("State", zh="状态"), null=False),
    Column("layout", T("Layout", zh="户型"), give=2),
    Column("area", T("Area m2", zh="面积"), null=False),
    Column("unit_price", T("Per m2", zh="单价"), "money", give=3),
    Column("list_total", T("List total", zh="总价"), "money", null=False),
    Column("agent", T("Agent", zh="置业顾问"), give=1),
    Column("customer", T("Customer", zh="客户"), shown=False),
    Column("until", T("Until", zh="保留至"), "instant", give=4),
]


COLOURS: Mapping[str, out.Colour] = {
    "unreleased": "dim",
    "available": "green",
    "held": "yellow",
    "subscribed": "cyan",
    "signed": "bold",
    "delivered": "dim",
    "titled": "dim",
    "withdrawn": "red",
}
NARROW = 80
"""Columns when nobody says how wide the screen is."""


def manager(shop: Shop, tx: Tx) -> None:
    """Raise `Refused` unless the person is a sales manager."""
    if MANAGER not in roles_of(tx, shop.staff_id):
        raise Refused(
            T("Only {roles} may do this.", zh="只有{roles}可以操作。").of(roles=T("the sales manager", zh="销售经理")),
            plain(f"flow staff list --role {MANAGER}"),
            ref="re.role",
        )


def units(
    building: Annotated[str, typer.Option(help=label("Building", zh="楼栋"))] = "",
    state: Annotated[str, typer.Option(help=label("State", zh="状态"))] = "",
    layout: Annotated[str, typer.Option(help=label("Layout", zh="户型"))] = "",
    max_total: Annotated[str, typer.Option("--max-total", help=label("Most yuan", zh="总价上限"))] = "",
    as_list: Annotated[bool, typer.Option("--list", help=label("As a table", zh="列表"))] = False,
    file: Annotated[str, typer.Option("--out", metavar="FILE", help=label("Print the table", zh="打印销控表"))] = "",
) -> None:
    """Draw each building, floors by rooms, each unit by its state; or list or print the sales table."""
    if state and state not in STATES:
        raise BadInput(
            T("“{state}” is no state.", zh="“{state}”不是状态。").of(state=state),
            plain(", ".join(STATES)),
            ref="re.state",
        )
    most = parse_money(max_total) if max_total else None
    with writing_shop() as shop, shop.reading() as tx:
        found = stock.sales_table(shop, tx, building=building, state=state, layout=layout, most=most)
        if file:
            made = write_page(shop, _sales_page(shop, found), Path(file), "sales")
            out.talk(T("printed: {file}", zh="已生成: {file}").of(file=made))
    if as_list or current().format != "text":
        out.rows("units", UNITS, [u.row() for u in found], empty=T("No unit.", zh="没有房源。"))
        return
    if not found:
        out.line(T("No unit.", zh="没有房源。"))
        return
    room = out.width() or NARROW
    for picture in grid.buildings(found, room):
        for line in picture:
            _draw(line)
    for line in grid.rows_of(grid.legend(row.unit.state for row in found), room):
        _draw(line)


def _sales_page(shop: Shop, found: Sequence[stock.UnitRow]) -> str:
    """Return the sales table as it stands now, as a page."""
    rows = [
        {
            "unit": row.unit.unit_no,
            "state": str(STATES[row.unit.state]),
            "customer": row.customer or "",
            "agent": row.agent or "",
            "list_total": yuan(row.unit.list_total),
            "deal_total": "",
            "on": shop.local_day(row.until).isoformat() if row.until is not None else "",
        }
        for row in found
    ]
    today = shop.local_day(shop.clock.now()).isoformat()
    return page_of(shop, "RE-SALES", {"no": "-", "made_on": today, "rows": rows})


def _draw(line: grid.Line) -> None:
    out.painted([(text, COLOURS[state] if state else "") for text, state in line])


@one.command("show")
def show(number: No) -> None:
    """Show one unit: price, state, who has it, every price it had."""
    with writing_shop() as shop, shop.reading() as tx:
        unit = unit_named(tx, number)
        row = stock.unit_row(shop, tx, unit).row()
        history = [*_prices(tx, unit), *_claims(tx, unit)]
    columns = [Column("at", T("At", zh="时间"), "instant"), Column("what", T("What", zh="事项"))]
    if current().format != "text":
        out.rows("units", UNITS, [row], facts={"history": history})
        return
    out.line(f"{row['unit']}  {row['state_title']}  {row['area']} m2  {yuan(row['list_total'])}  {row['agent'] or ''}")
    out.rows("history", columns, sorted(history, key=lambda h: h["at"]), empty=T("No history.", zh="没有记录。"))


CLAIMS = {
    "hold": T("held by {agent}", zh="{agent} 保留"),
    "subscription": T("subscribed by {agent}", zh="{agent} 认购"),
    "contract": T("contract of {agent}", zh="{agent} 签约"),
}


def _prices(tx: Tx, unit: ReUnit) -> list[dict[str, Any]]:
    """Return every price a unit had before, with when and why it changed."""
    words = T("price {a} to {b}: {why}", zh="单价 {a} 改 {b}: {why}")
    return [
        {"at": p.at, "what": str(words.of(a=yuan(p.old), b=yuan(p.new), why=p.reason or "-"))}
        for p in tx.all(RePriceLog, table_of(RePriceLog).c.unit_id == unit.id)
    ]


def _claims(tx: Tx, unit: ReUnit) -> list[dict[str, Any]]:
    """Return who had a unit, from when on, and until when and why not any more."""
    found = []
    for claim in tx.all(ReClaim, table_of(ReClaim).c.unit_id == unit.id):
        agent = tx.get(Staff, claim.agent_id) if claim.agent_id is not None else None
        words = CLAIMS[claim.kind].of(agent=agent.name if agent is not None else "-")
        found.append({"at": claim.started_at, "what": str(words)})
        if claim.ended_at is not None:
            found.append(
                {"at": claim.ended_at, "what": str(T("free again: {why}", zh="释放: {why}").of(why=claim.end_reason))}
            )
    return found


def _each(numbers: Sequence[str], work: Any, done: T) -> None:
    def on(shop: Shop) -> Answer:
        with shop.write("re unit") as tx:
            manager(shop, tx)
            for number in numbers:
                work(shop, tx, unit_named(tx, number))
            tx.summary = done.of(units=", ".join(numbers))
        return Answer(done.of(units=", ".join(numbers)), operation=tx.operation)

    answer(on)


@one.command("release")
def release(numbers: Nos) -> None:
    """Put units up for sale."""
    _each(
        numbers,
        lambda shop, tx, unit: inventory.release(shop, tx, unit, tx.now),
        T("released: {units}", zh="已推盘: {units}"),
    )


@one.command("withdraw")
def withdraw(numbers: Nos) -> None:
    """Keep available units from sale."""
    _each(
        numbers,
        lambda shop, tx, unit: inventory.by_hand(tx, unit, "withdrawn", tx.now),
        T("withdrawn: {units}", zh="已控盘: {units}"),
    )


@one.command("price")
def price(
    number: No,
    amount: Annotated[str, typer.Argument(metavar="PRICE", help=label("Yuan per m2 or whole", zh="单价或总价"))],
    reason: Annotated[str, typer.Option(help=label("Reason", zh="原因"))],
) -> None:
    """Give a unit another price."""

    def on(shop: Shop, tx: Tx, unit: ReUnit) -> None:
        code = inventory.project_of(tx, unit).code
        inventory.set_price(
            tx,
            unit,
            parse_money(amount),
            unit_fen=int(shop.setting("realestate.price_round_to", code)),
            reason=reason,
            staff_id=shop.staff_id,
            at=tx.now,
        )

    _each([number], on, T("new price: {units}", zh="已调价: {units}"))


@one.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help=label("CSV or Excel", zh="CSV 或 Excel"))],
    project: Annotated[str, typer.Option(help=label("Project", zh="项目"))] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=label("Only check", zh="只检查"))] = False,
) -> None:
    """Import units: building, entrance, floor, room, area, price; the whole file or nothing."""

    def work(shop: Shop) -> Answer:
        with shop.write("re unit import", dry_run=dry_run) as tx:
            manager(shop, tx)
            count = stock.import_units(shop, tx, project_here(tx, project), file)
            said = T("{n} units imported", zh="已导入 {n} 套").of(n=count)
            tx.summary = said
        return Answer(said, operation=tx.operation, data={"units": count}, dry_run=dry_run)

    answer(work)


def hold(
    number: No,
    customer: Annotated[str, typer.Option(help=label("Customer", zh="客户"))] = "",
    release: Annotated[bool, typer.Option("--release", help=label("Give it back", zh="释放"))] = False,
) -> None:
    """Hold a unit for a customer, or give a hold back."""
    who = customer_id(customer) if customer else None

    def work(shop: Shop) -> Answer:
        with shop.write("re hold") as tx:
            unit = unit_named(tx, number)
            if release:
                stock.release_hold(shop, tx, unit)
                said = T("{no} is available again", zh="{no} 已释放").of(no=number)
            else:
                if who is None:
                    raise BadInput(
                        T("Which customer?", zh="哪位客户?"),
                        plain(f"flow re hold {number} --customer NAME"),
                        ref="re.hold-customer",
                    )
                held = stock.plain_hold(shop, tx, unit, who)
                assert held.until_at is not None
                said = T("{no} is held until {t}", zh="{no} 保留至 {t}").of(
                    no=number, t=held.until_at.astimezone(shop.zone).strftime("%Y-%m-%d %H:%M")
                )
            tx.summary = said
        return Answer(said, operation=tx.operation)

    answer(work)
