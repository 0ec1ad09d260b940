"""The figures of a salon. Source: examples.md section 9."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from serviceflow.api import Order, Shop, Tx, half_up, table_of

from serviceflow_beauty.card import FLOW, count
from serviceflow_beauty.tables import BeautyPackage, BeautyProfile, BeautyUse


@dataclass(frozen=True, slots=True)
class Figures:
    """Sessions used and sold, what is owed to guests in fen, renewals of used-up cards, reactions."""

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
    cards = tx.all(BeautyPackage)
    owed = [c for c in cards if orders[c.order_id].step in ("active", "frozen", "expired")]
    used_up = [c for c in cards if orders[c.order_id].step == "used-up"]
    within = timedelta(days=shop.setting("bea.renew_days"))
    renewed = [c for c in used_up if _bought_again(c, cards, orders, within)]
    done = tx.all(Order, table_of(Order).c.flow == "beauty-session", table_of(Order).c.step == "closed")
    return Figures(
        used=len(tx.all(BeautyUse, table_of(BeautyUse).c.undone.is_(False))),
        sold=sum(c.paid_sessions + c.gift_sessions for c in cards),
        liability=sum(half_up(c.paid * count(tx, c).paid_left, c.paid_sessions) for c in owed),
        used_up=len(used_up),
        renewed=len(renewed),
        sessions=len(done),
        reactions=sum(p.reaction != "none" for p in tx.all(BeautyProfile)),
    )


def _bought_again(
    card: BeautyPackage, cards: list[BeautyPackage], orders: dict[int | None, Order], within: timedelta
) -> bool:
    ended = orders[card.order_id].entered_at
    mine = [orders[c.order_id] for c in cards if c.customer_id == card.customer_id and c.order_id != card.order_id]
    return any(ended <= other.opened_at <= ended + within for other in mine)
