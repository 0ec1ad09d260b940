"""Says who changed a row meanwhile, and when, to the person whose change came second."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, select

from serviceflow.errors import ChangedMeanwhile
from serviceflow.store.tables import CatalogueStep, Change, Meta, Operation, Order, Staff
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.store.write import Tx


def changed_meanwhile(tx: Tx, table: Table, keys: Mapping[str, Any]) -> ChangedMeanwhile:
    """Return the refusal for a writer whose copy of a row is old: what the row is now, by whom, since when."""
    from serviceflow.store.write import row_key, table_of

    operations, changes, staff = table_of(Operation), table_of(Change), table_of(Staff)
    last = tx.connection.execute(
        select(
            operations.c.id,
            operations.c.at,
            operations.c.summary_en,
            operations.c.summary_zh,
            staff.c.name,
            changes.c.image,
        )
        .join(changes, changes.c.operation_id == operations.c.id)
        .outerjoin(staff, staff.c.id == operations.c.staff_id)
        .where(changes.c.table_name == table.name, changes.c.row_key == row_key(table, keys))
        .order_by(operations.c.id.desc(), changes.c.seq.desc())
        .limit(1)
    ).first()
    again = T("Nothing was stored; look again and repeat.", zh="未保存任何内容, 请重看后再试。")
    if last is None:
        return ChangedMeanwhile(
            T("{table} {key} was changed by somebody else meanwhile.", zh="{table} {key} 已被他人更改。").of(
                table=table.name, key=row_key(table, keys)
            ),
            again,
            ref="changed",
        )
    facts = {"who": last.name or T("the system", zh="系统"), "at": _local(tx, last.at)}
    order = tx.get(Order, *keys.values()) if table.name == "orders" else None
    if order is None:
        what = T(last.summary_en, zh=last.summary_zh) if last.summary_en else plain(f"{table.name} #{last.id}")
        return ChangedMeanwhile(
            T("{who} changed this at {at}: {what}.", zh="{who} 已于 {at} 更改: {what}。").of(what=what, **facts),
            again,
            ref="changed",
        )
    moved = "step" in ((last.image or {}).get("after") or {})
    sentence = (
        T("{no} was moved to “{step}” by {who} at {at}.", zh="{no} 已由 {who} 于 {at} 推进到“{step}”。")
        if moved
        else T(
            "{no} was changed by {who} at {at}; it stands in “{step}”.",
            zh="{no} 已由 {who} 于 {at} 更改, 现为“{step}”。",
        )
    )
    return ChangedMeanwhile(
        sentence.of(no=order.number, step=_step_title(tx, order), **facts),
        plain(f"flow show {order.number}"),
        ref="changed",
    )


def _step_title(tx: Tx, order: Order) -> T:
    row = tx.get(CatalogueStep, order.flow, order.flow_version, order.step)
    return T(row.title_en, zh=row.title_zh) if row is not None else plain(order.step)


def _local(tx: Tx, at: datetime) -> str:
    row = tx.get(Meta, "timezone")
    zone = ZoneInfo(row.value if row is not None else "UTC")
    then, now = at.astimezone(zone), tx.now.astimezone(zone)
    return then.strftime("%H:%M" if then.date() == now.date() else "%Y-%m-%d %H:%M")
