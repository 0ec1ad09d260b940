"""Segments set by hand until a day. Source: brokerage.md sections 5.2, 8."""

from __future__ import annotations

from datetime import date, timedelta

from serviceflow.api import Shop, T, Tx, table_of

from serviceflow_brokerage.refusals import bad
from serviceflow_brokerage.segment.rulesets import active, lint
from serviceflow_brokerage.segment.why import client_by_no
from serviceflow_brokerage.tables.segments import BrokerPin


def pin(shop: Shop, client_no: str, segment: str, until: date, reason: str) -> None:
    """Pin a client to a segment; it takes the place of an older pin.

    Raises:
        BadInput: ``pin-unknown`` or ``pin-too-long``.
    """
    today = shop.local_day(shop.clock.now())
    most = shop.setting("broker.pin_max_days")
    with shop.write("brokerage pin") as tx:
        client, customer = client_by_no(tx, client_no)
        if segment not in {rule.id for rule in lint(active(tx).toml, shop.setting).segments.rules}:
            raise bad("pin-unknown", id=segment)
        if until > today + timedelta(days=most):
            raise bad("pin-too-long", n=most)
        _end(tx, client.customer_id)
        tx.add(
            BrokerPin(
                customer_id=client.customer_id, segment=segment, until=until, reason=reason, by=tx.staff_id, at=tx.now
            )
        )
        tx.summary = T("{name} pinned to {segment} until {day}", zh="{name} 指定为 {segment}, 至 {day}").of(
            name=customer.name, segment=segment, day=until
        )


def unpin(shop: Shop, client_no: str) -> bool:
    """End a client's pin; returns whether there was one."""
    with shop.write("brokerage unpin") as tx:
        client, customer = client_by_no(tx, client_no)
        tx.summary = T("{name} no longer pinned", zh="{name} 取消指定").of(name=customer.name)
        return _end(tx, client.customer_id)


def _end(tx: Tx, customer_id: int) -> bool:
    pins = table_of(BrokerPin)
    found = tx.all(BrokerPin, pins.c.customer_id == customer_id, pins.c.state == "valid")
    for old in found:
        tx.change(old, state="ended", ended_at=tx.now)
    return bool(found)
