"""The sales table (销控表), plain holds, import of units. Source: realestate.md sections 5.1, 8 and 11."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from serviceflow.api import (
    BadInput,
    Customer,
    Refused,
    Shop,
    Staff,
    T,
    Tx,
    feed_source,
    parse_money,
    plain,
    roles_of,
    table_of,
)

from serviceflow_realestate import inventory, roles
from serviceflow_realestate.tables import ReClaim, ReProject, ReUnit

COLUMNS = {
    "building": ("building", "楼栋", "栋"),
    "entrance": ("entrance", "单元"),
    "floor": ("floor", "楼层", "层"),
    "room": ("room", "房间", "室"),
    "area": ("area", "gross_area", "建筑面积", "面积"),
    "inner": ("inner", "inner_area", "套内面积"),
    "price": ("price", "unit_price", "单价"),
    "layout": ("layout", "户型"),
    "orientation": ("orientation", "朝向"),
    "kind": ("kind", "类型"),
    "floor_total": ("floor_total", "底价"),
}
NEEDED = ("building", "entrance", "floor", "room", "area", "price")
KINDS = ("residential", "shop", "parking", "storage")


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit with who has it."""

    unit: ReUnit
    agent: str | None
    customer: str | None
    until: datetime | None

    def row(self) -> dict[str, Any]:
        """Return it as a row of the sales table."""
        return {
            "unit": self.unit.unit_no,
            "state": self.unit.state,
            "state_title": str(inventory.STATES[self.unit.state]),
            "layout": self.unit.layout or None,
            "area": f"{self.unit.gross_area / 100:.2f}",
            "unit_price": self.unit.unit_price,
            "list_total": self.unit.list_total,
            "agent": self.agent,
            "customer": self.customer,
            "until": self.until,
        }


def unit_row(shop: Shop, tx: Tx, unit: ReUnit) -> UnitRow:
    """Return a unit with the live claim on it."""
    held = inventory.live_claim(tx, unit)
    return _row(tx, unit, held)


def _row(tx: Tx, unit: ReUnit, held: ReClaim | None) -> UnitRow:
    agent = tx.get(Staff, held.agent_id) if held is not None and held.agent_id is not None else None
    customer = tx.get(Customer, held.customer_id) if held is not None and held.customer_id is not None else None
    return UnitRow(
        unit,
        agent.name if agent is not None else None,
        customer.name if customer is not None else None,
        held.until_at if held is not None else None,
    )


def sales_table(
    shop: Shop, tx: Tx, *, building: str = "", state: str = "", layout: str = "", most: int | None = None
) -> list[UnitRow]:
    """Return the units that meet all that is asked, by building, floor and room."""
    table = table_of(ReUnit)
    where: list[Any] = []
    if building:
        where.append(table.c.building == building)
    if state:
        where.append(table.c.state == state)
    if layout:
        where.append(table.c.layout.like(f"%{layout}%"))
    if most is not None:
        where.append(table.c.list_total <= most)
    order = [table.c.project_id, table.c.building, table.c.entrance, table.c.floor, table.c.room]
    claims = {c.unit_id: c for c in tx.all(ReClaim, table_of(ReClaim).c.ended_at.is_(None))}
    return [_row(tx, u, claims.get(u.id or 0)) for u in tx.all(ReUnit, *where, order_by=order)]


def plain_hold(shop: Shop, tx: Tx, unit: ReUnit, customer_id: int) -> ReClaim:
    """Hold a unit for a customer, for a while.

    Raises:
        Refused: It cannot be had, or the agent holds enough already.
    """
    code = inventory.project_of(tx, unit).code
    most = int(shop.setting("realestate.hold_agent_max", code))
    table = table_of(ReClaim)
    mine = tx.all(
        ReClaim,
        table.c.agent_id == shop.staff_id,
        table.c.kind == "hold",
        table.c.order_id.is_(None),
        table.c.ended_at.is_(None),
        table.c.until_at > tx.now,
    )
    if len(mine) >= most and roles.MANAGER not in roles_of(tx, shop.staff_id):
        raise Refused(
            T("You already hold {n} units; release one first.", zh="您已保留 {n} 套, 请先释放一套。").of(n=len(mine)),
            plain("flow re hold NO --release"),
            ref="re.hold-max",
        )
    return inventory.take(
        shop,
        tx,
        unit,
        kind="hold",
        order_id=None,
        customer_id=customer_id,
        agent_id=shop.staff_id,
        now=tx.now,
        until=tx.now + timedelta(hours=int(shop.setting("realestate.hold_hours", code))),
    )


def release_hold(shop: Shop, tx: Tx, unit: ReUnit) -> None:
    """Give a plain hold back.

    Raises:
        Refused: There is none, or it is somebody else's.
    """
    held = inventory.live_claim(tx, unit)
    if held is None or held.kind != "hold" or held.order_id is not None:
        raise Refused(
            T("Unit {no} has no plain hold.", zh="房源 {no} 没有保留。").of(no=unit.unit_no),
            plain(f"flow re unit show {unit.unit_no}"),
            ref="re.hold-none",
        )
    if held.agent_id != shop.staff_id and roles.MANAGER not in roles_of(tx, shop.staff_id):
        raise Refused(
            T("Only {roles} may do this.", zh="只有{roles}可以操作。").of(
                roles=T("its agent or the sales manager", zh="本人或销售经理")
            ),
            plain(f"flow staff list --role {roles.MANAGER}"),
            ref="re.role",
        )
    inventory.end(tx, held, "released", tx.now)


def import_units(shop: Shop, tx: Tx, project: ReProject, file: Path) -> int:
    """Add every unit of a file, none of them released; the whole file or nothing.

    Raises:
        BadInput: With every fault and its line number.
    """
    rows = list(feed_source.open_source(file).rows())
    if not rows:
        raise BadInput(T("The file is empty.", zh="文件为空。"), plain(str(file)), ref="re.import")
    places = _places(rows[0].cells)
    faults: list[T] = []
    known = {u.unit_no for u in tx.all(ReUnit, table_of(ReUnit).c.project_id == project.id)}
    made: list[dict[str, Any]] = []
    for row in rows[1:]:
        given = {name: (row.cells[at].strip() if at < len(row.cells) else "") for name, at in places.items()}
        if not any(given.values()):
            continue
        try:
            unit = _unit(given)
        except (ValueError, BadInput) as cause:
            why = cause.sentence if isinstance(cause, BadInput) else plain(str(cause))
            faults.append(T("line {n}: {why}", zh="第 {n} 行: {why}").of(n=row.line, why=why))
            continue
        number = f"{unit['building']}-{unit['entrance']}-{unit['floor']:02}{unit['room']}"
        if number in known:
            faults.append(T("line {n}: {no} is there twice", zh="第 {n} 行: {no} 重复").of(n=row.line, no=number))
        known.add(number)
        made.append(unit)
    if faults:
        raise BadInput(
            T("; ".join(f.to("en") for f in faults[:20]), zh="; ".join(f.to("zh") for f in faults[:20])),
            T("Mend the file; nothing was imported.", zh="请修正文件; 未导入任何内容。"),
            ref="re.import",
        )
    for unit in made:
        inventory.add_unit(shop, tx, project, **unit)
    return len(made)


def _places(heading: list[str]) -> dict[str, int]:
    """Return the place of each column by its heading."""
    found = {}
    for at, cell in enumerate(heading):
        for name, words in COLUMNS.items():
            if cell.strip().casefold() in words:
                found[name] = at
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise BadInput(
            T("Columns are missing: {names}.", zh="缺少列: {names}。").of(names=", ".join(missing)),
            plain(", ".join(COLUMNS)),
            ref="re.import",
        )
    return found


def _unit(given: Mapping[str, str]) -> dict[str, Any]:
    """Return a unit of a row; raises `BadInput` or `ValueError` with what is wrong."""
    area = parse_money(given["area"])
    inner = parse_money(given["inner"]) if given.get("inner") else area
    price = parse_money(given["price"])
    if area <= 0 or not 0 < inner <= area:
        raise BadInput(T("bad area", zh="面积错误"))
    if price <= 0:
        raise BadInput(T("bad price", zh="价格错误"))
    kind = given.get("kind") or "residential"
    if kind not in KINDS:
        raise BadInput(T("“{kind}” is no kind of unit", zh="“{kind}”不是房源类型").of(kind=kind))
    return {
        "building": given["building"],
        "entrance": given["entrance"],
        "floor": int(given["floor"]),
        "room": given["room"],
        "gross_area": area,
        "inner_area": inner,
        "unit_price": price,
        "layout": given.get("layout", ""),
        "orientation": given.get("orientation", ""),
        "kind": kind,
        "floor_total": parse_money(given["floor_total"]) if given.get("floor_total") else None,
    }
