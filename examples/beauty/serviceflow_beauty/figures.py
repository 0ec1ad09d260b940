"""The figures of a salon. Source: examples.md section 9."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from serviceflow.api import Order, OrderAction, Shop, Tx, half_up, table_of

from serviceflow_beauty.card import FLOW, count
from serviceflow_beauty.tables import BeautyPackage, BeautyUse


@dataclass(frozen=True, slots=True)
class Figures:
    """Sessions used and sold, what is owed to guests in fen, guests with a used-up card and those who bought again,
    treatments done and those stopped by a reaction.
    """

    used: int
    sold: int
    liability: int
    used_up: int
    renewed: int
    sessions: int
    reactions: int


def figures(shop: Shop, tx: Tx) -> Figures:
    """Return the figures of all time until now."""
    orders = {o.id: o for o in tx.all(Order, table_of(Order).c.flow == FLOW)}
    cards = [card for card in tx.all(BeautyPackage) if orders[card.order_id].step not in ("offered", "declined")]
    owed = [c for c in cards if orders[c.order_id].step in ("active", "frozen", "expired")]
    used_up = [c for c in cards if orders[c.order_id].step == "used-up"]
    within = timedelta(days=shop.setting("bea.renew_days"))
    renewed = {c.customer_id for c in used_up if _bought_again(c, cards, orders, within)}
    order, deed = table_of(Order), table_of(OrderAction)
    done = [o.id for o in tx.all(Order, order.c.flow == "beauty-session", order.c.step.in_(("aftercare", "closed")))]
    stopped = {d.order_id for d in tx.all(OrderAction, deed.c.action == "stop", deed.c.order_id.in_(done))}
    return Figures(
        used=len(tx.all(BeautyUse, table_of(BeautyUse).c.undone.is_(False))),
        sold=sum(c.paid_sessions + c.gift_sessions for c in cards),
        liability=sum(half_up(c.paid * count(tx, c).paid_left, c.paid_sessions) for c in owed),
        used_up=len({c.customer_id for c in used_up}),
        renewed=len(renewed),
        sessions=len(done),
        reactions=len(stopped),
    )


def _bought_again(
    card: BeautyPackage, cards: list[BeautyPackage], orders: dict[int | None, Order], within: timedelta
) -> bool:
    ended = orders[card.order_id].entered_at
    mine = [orders[c.order_id] for c in cards if c.customer_id == card.customer_id and c.order_id != card.order_id]
    return any(ended <= other.opened_at <= ended + within for other in mine)
