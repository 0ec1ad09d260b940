"""Units and who may have them: one unit, one live claim; what is over gives way to the next taker.

Source: realestate.md sections 3 (states of a unit) and 5.1.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from serviceflow.api import (
    BadInput,
    Case,
    Notes,
    Order,
    Refused,
    Shop,
    Staff,
    T,
    Taken,
    Tx,
    case_of,
    claim,
    free_holds,
    plain,
    table_of,
)

from serviceflow_realestate.deals.prices import list_total
from serviceflow_realestate.tables import ReClaim, ReInternalRegister, RePriceLog, ReProject, ReUnit, ReUnitLog

LOCK = "re.unit"
"""Kind of the hold that locks a unit."""
JUST = timedelta(minutes=1)
"""A claim younger than this was taken in front of one's eyes."""

STATES = {
    "unreleased": T("unreleased", zh="未推盘"),
    "available": T("available", zh="可售"),
    "held": T("held", zh="保留"),
    "subscribed": T("subscribed", zh="已认购"),
    "signed": T("signed", zh="已签约"),
    "delivered": T("delivered", zh="已交楼"),
    "titled": T("titled", zh="已办证"),
    "withdrawn": T("withdrawn", zh="控盘不售"),
}
MOVES = {
    "unreleased": {"available"},
    "available": {"withdrawn", "held", "subscribed"},
    "withdrawn": {"available"},
    "held": {"available", "subscribed"},
    "subscribed": {"available", "signed", "withdrawn"},
    "signed": {"delivered", "available", "withdrawn", "subscribed"},
    "delivered": {"titled", "available", "withdrawn"},
    "titled": {"available", "withdrawn"},
}
"""State → states it may become."""
PRICE_OPEN = ("unreleased", "available", "withdrawn")


def unit_named(tx: Tx, typed: str) -> ReUnit:
    """Return the unit of a number such as ``3-1-1502``, or ``CHW/3-1-1502`` where several projects have it.

    Raises:
        BadInput: There is none, or there are several.
    """
    code, slash, number = typed.strip().rpartition("/")
    table = table_of(ReUnit)
    where = [table.c.unit_no == number]
    if slash:
        project = tx.one(ReProject, table_of(ReProject).c.code == code)
        where.append(table.c.project_id == (project.id if project is not None else -1))
    found = tx.all(ReUnit, *where)
    if len(found) == 1:
        return found[0]
    if not found:
        raise BadInput(T("There is no unit {no}.", zh="没有房源 {no}。").of(no=typed), plain("flow re units"))
    raise BadInput(
        T("Several projects have a unit {no}.", zh="多个项目都有房源 {no}。").of(no=typed),
        T("Name the project: CODE/{no}", zh="请写明项目: 代码/{no}").of(no=number),
    )


def project_of(tx: Tx, unit: ReUnit) -> ReProject:
    """Return the project of a unit."""
    return tx.need(ReProject, unit.project_id)


def live_claim(tx: Tx, unit: ReUnit) -> ReClaim | None:
    """Return the claim on a unit that has not been ended; it may be over by the clock."""
    table = table_of(ReClaim)
    return tx.one(ReClaim, table.c.unit_id == unit.id, table.c.ended_at.is_(None))


def claim_of(tx: Tx, order_id: int) -> ReClaim | None:
    """Return the live claim of an order."""
    table = table_of(ReClaim)
    return tx.one(ReClaim, table.c.order_id == order_id, table.c.ended_at.is_(None))


def log_unit(tx: Tx, unit: ReUnit, at: datetime) -> None:
    """Note what a unit is from a moment on."""
    tx.add(ReUnitLog(unit_id=unit_id(unit), at=at, state=unit.state, list_total=unit.list_total))


def set_state(tx: Tx, unit: ReUnit, state: str, at: datetime | None = None) -> None:
    """Move a unit to another state, since a moment or now.

    Raises:
        Refused: The states do not follow each other.
    """
    if unit.state == state:
        return
    if state not in MOVES[unit.state]:
        raise _not_allowed(unit, state)
    log_unit(tx, tx.change(unit, state=state), at or tx.now)


def by_hand(tx: Tx, unit: ReUnit, state: str, at: datetime) -> None:
    """Put a unit up for sale or keep it from sale; every other change comes from a purchase.

    Raises:
        Refused: It is neither free nor withdrawn.
    """
    if unit.state == state or unit.state not in ("unreleased", "available", "withdrawn"):
        raise _not_allowed(unit, state)
    set_state(tx, unit, state, at)


def _not_allowed(unit: ReUnit, state: str) -> Refused:
    return Refused(
        T("{a} → {b} is not allowed.", zh="不允许 {a} → {b}。").of(a=STATES[unit.state], b=STATES[state]),
        plain(f"flow re unit show {unit.unit_no}"),
        ref="re.unit-state",
    )


def refusal(shop: Shop, tx: Tx, unit: ReUnit, customer_id: int | None, now: datetime, own: int | None) -> T | None:
    """Return why a customer cannot have a unit now, ``None`` when he can.

    Args:
        own: Order that may hold the unit already, such as the opportunity it is quoted in.
    """
    project = project_of(tx, unit)
    if not project.presale_permit_no or (
        project.presale_permit_date is not None and project.presale_permit_date > shop.local_day(now)
    ):
        return T("The project has no presale permit; nothing can be sold.", zh="项目无预售许可证, 不得销售。")
    if unit.state == "unreleased":
        return T("Unit {no} is not released.", zh="房源 {no} 未推盘。").of(no=unit.unit_no)
    held = live_claim(tx, unit)
    if held is not None and (held.until_at is None or now < held.until_at) and not _is_own(held, customer_id, own):
        agent = tx.get(Staff, held.agent_id) if held.agent_id is not None else None
        name = agent.name if agent is not None else T("the sales centre", zh="营销中心")
        if now - held.started_at < JUST:
            return T("Unit {no} has just been taken by {agent}.", zh="房源 {no} 刚被 {agent} 选定。").of(
                no=unit.unit_no, agent=name
            )
        if held.until_at is not None:
            return T("Unit {no} is held by {agent} until {time}.", zh="房源 {no} 由 {agent} 保留至 {time}。").of(
                no=unit.unit_no, agent=name, time=held.until_at.astimezone(shop.zone).strftime("%Y-%m-%d %H:%M")
            )
    if held is None and unit.state != "available":
        return T("Unit {no} is {state}.", zh="房源 {no} {state}。").of(no=unit.unit_no, state=STATES[unit.state])
    if held is not None and unit.state not in ("held", "available") and not _is_own(held, customer_id, own):
        return T("Unit {no} is {state}.", zh="房源 {no} {state}。").of(no=unit.unit_no, state=STATES[unit.state])
    return _priority(shop, tx, unit, customer_id, now)


def _is_own(held: ReClaim, customer_id: int | None, own: int | None) -> bool:
    if own is not None and held.order_id == own:
        return True
    return held.kind == "hold" and held.order_id is None and held.customer_id == customer_id


def _priority(shop: Shop, tx: Tx, unit: ReUnit, customer_id: int | None, now: datetime) -> T | None:
    """Return the refusal while customers of an internal register go first."""
    if unit.released_at is None:
        return None
    hours = int(shop.setting("realestate.internal_priority_hours", project_of(tx, unit).code))
    until = unit.released_at + timedelta(hours=hours)
    if now >= until:
        return None
    table = table_of(ReInternalRegister)
    named = [r for r in tx.all(ReInternalRegister, table.c.project_id == unit.project_id) if unit.id in r.units]
    if not named or any(r.customer_id == customer_id for r in named):
        return None
    return T(
        "Unit {no} is reserved for registered customers until {time}.", zh="房源 {no} 在 {time} 前为内部登记客户保留。"
    ).of(no=unit.unit_no, time=until.astimezone(shop.zone).strftime("%Y-%m-%d %H:%M"))


def take(
    shop: Shop,
    tx: Tx,
    unit: ReUnit,
    *,
    kind: str,
    order_id: int | None,
    customer_id: int | None,
    agent_id: int | None,
    now: datetime,
    until: datetime | None,
    own: int | None = None,
) -> ReClaim:
    """Take a unit for a customer, or move the own hold on it to another kind; all in this transaction.

    Raises:
        Refused: In the words of realestate.md section 11; nothing is written.
    """
    locked = tx.need(ReUnit, unit.id, lock=True)
    held = live_claim(tx, locked)
    if held is not None and held.until_at is not None and held.until_at <= now:
        expire(shop, tx, held)
        locked = tx.need(ReUnit, unit.id)
        held = live_claim(tx, locked)
    why = refusal(shop, tx, locked, customer_id, now, own)
    if why is not None:
        raise Refused(why, plain("flow re units --state available"), ref="re.unit-free")
    if held is not None:  # his own hold
        claim(tx, LOCK, str(locked.id), order_id=order_id, holder=held.holder, now=now, until=until)
        return tx.change(
            held,
            kind=kind,
            order_id=order_id,
            customer_id=customer_id,
            until_at=until,
            agent_id=agent_id or held.agent_id,
        )
    holder = f"re/{locked.id}/{order_id or f'c{customer_id}'}/{now:%Y%m%dT%H%M%S}"
    try:
        claim(tx, LOCK, str(locked.id), order_id=order_id, holder=holder, now=now, until=until)
    except Taken as taken:
        winner = tx.one(ReClaim, table_of(ReClaim).c.holder == taken.hold.holder)
        agent = tx.get(Staff, winner.agent_id) if winner is not None and winner.agent_id is not None else None
        raise Refused(
            T("Unit {no} has just been taken by {agent}.", zh="房源 {no} 刚被 {agent} 选定。").of(
                no=locked.unit_no, agent=agent.name if agent is not None else T("a colleague", zh="同事")
            ),
            plain("flow re units --state available"),
            ref="re.unit-taken",
        ) from None
    set_state(tx, locked, "held" if until is not None else "subscribed", now)
    return tx.add(
        ReClaim(
            unit_id=unit_id(locked),
            order_id=order_id,
            customer_id=customer_id,
            agent_id=agent_id,
            kind=kind,
            holder=holder,
            unit_price=locked.unit_price,
            list_total=locked.list_total,
            started_at=now,
            until_at=until,
        )
    )


def unit_id(unit: ReUnit) -> int:
    """Return the key of a stored unit."""
    assert unit.id is not None
    return unit.id


def keep(tx: Tx, held: ReClaim, *, kind: str, order_id: int | None, now: datetime, until: datetime | None) -> None:
    """Move a live claim in place to another kind, order or end."""
    claim(
        tx,
        LOCK,
        str(held.unit_id),
        order_id=order_id,
        holder=held.holder,
        now=min(now, held.until_at or now),
        until=until,
    )
    tx.change(held, kind=kind, order_id=order_id, until_at=until)


def end(tx: Tx, held: ReClaim, reason: str, at: datetime, state: str = "available") -> None:
    """End a claim; the unit is for sale again (or ``withdrawn``)."""
    free_holds(tx, held.holder)
    tx.change(held, ended_at=at, end_reason=reason)
    set_state(tx, tx.need(ReUnit, held.unit_id), state, at)


def expire(shop: Shop, tx: Tx, held: ReClaim) -> None:
    """End a claim whose time is over at that moment: its order lapses, a plain or group hold just ends."""
    assert held.until_at is not None
    order = tx.get(Order, held.order_id) if held.order_id is not None else None
    if order is not None and order.flow == "re-subscription" and order.closed_at is None:
        case_of(shop, tx, order, Notes()).again(now=held.until_at).act("hold-expired")
        return
    end(tx, held, "expired", held.until_at)


def set_price(
    tx: Tx, unit: ReUnit, price: int, *, unit_fen: int, reason: str, staff_id: int | None, at: datetime
) -> None:
    """Give a unit another price of a square metre (or as a whole).

    Raises:
        BadInput: It is not positive.
        Refused: The unit is held or sold.
    """
    if price <= 0:
        raise BadInput(
            T("Amount must be positive with at most 2 decimals.", zh="金额须为正数, 至多两位小数。"),
            plain(f"flow re unit price {unit.unit_no} 12800 --reason …"),
            ref="re.price",
        )
    if unit.state not in PRICE_OPEN:
        raise Refused(
            T("The price of a {state} unit is fixed.", zh="{state}房源的价格不可更改。").of(state=STATES[unit.state]),
            plain(f"flow re unit show {unit.unit_no}"),
            ref="re.price-fixed",
        )
    tx.add(RePriceLog(unit_id=unit_id(unit), old=unit.unit_price, new=price, at=at, staff_id=staff_id, reason=reason))
    log_unit(tx, tx.change(unit, unit_price=price, list_total=total_of(unit, price, unit_fen)), at)


def area_of(unit: ReUnit) -> int:
    """Return the area that the price counts, in 1/100 m²; 100 (one) for a price as a whole."""
    return {"gross": unit.gross_area, "inner": unit.inner_area}.get(unit.price_basis, 100)


def deal_area(unit: ReUnit) -> int:
    """Return the area a contract is about, in 1/100 m²: the one the price counts, or the gross area."""
    return area_of(unit) if unit.price_basis != "whole" else unit.gross_area


def total_of(unit: ReUnit, price: int, unit_fen: int) -> int:
    """Return the list total at a price."""
    return list_total(area_of(unit), price, unit_fen)


def release(shop: Shop, tx: Tx, unit: ReUnit, now: datetime) -> None:
    """Put a unit up for sale.

    Raises:
        Refused: The project has no permit yet, or the unit is not waiting for its release.
    """
    project = project_of(tx, unit)
    if unit.state == "unreleased" and (
        not project.presale_permit_no
        or project.presale_permit_date is None
        or project.presale_permit_date > shop.local_day(now)
    ):
        raise Refused(
            T("The project has no presale permit; nothing can be sold.", zh="项目无预售许可证, 不得销售。"),
            plain(f"flow re project permit {project.code} NO DATE"),
            ref="re.permit",
        )
    by_hand(tx, unit, "available", now)
    if unit.released_at is None:
        tx.change(unit, released_at=now)


def add_unit(
    shop: Shop,
    tx: Tx,
    project: ReProject,
    *,
    building: str,
    entrance: str,
    floor: int,
    room: str,
    gross_area: int,
    unit_price: int,
    kind: str = "residential",
    layout: str = "",
    orientation: str = "",
    inner_area: int | None = None,
    price_basis: str = "gross",
    floor_total: int | None = None,
    unit_no: str | None = None,
) -> ReUnit:
    """Add a unit, not released yet; its number is made of building, entrance, floor and room."""
    assert project.id is not None
    unit = ReUnit(
        project_id=project.id,
        building=building,
        entrance=entrance,
        floor=floor,
        room=room,
        unit_no=unit_no or f"{building}-{entrance}-{floor:02}{room}",
        kind=kind,
        layout=layout,
        orientation=orientation,
        gross_area=gross_area,
        inner_area=inner_area if inner_area is not None else gross_area,
        price_basis=price_basis,
        unit_price=unit_price,
        list_total=0,
        floor_total=floor_total,
    )
    unit.list_total = total_of(unit, unit_price, int(shop.setting("realestate.price_round_to", project.code)))
    tx.add(unit)
    log_unit(tx, unit, tx.now)
    return unit


def claim_case(case: Case, unit: ReUnit, *, kind: str, until: datetime | None, own: int | None = None) -> ReClaim:
    """Take a unit for a case's customer."""
    return take(
        case.shop,
        case.tx,
        unit,
        kind=kind,
        order_id=case.order_id,
        customer_id=case.order.customer_id,
        agent_id=case.order.owner_id,
        now=case.now,
        until=until,
        own=own,
    )
