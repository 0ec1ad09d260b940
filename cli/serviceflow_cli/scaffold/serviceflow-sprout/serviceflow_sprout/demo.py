"""The lived-in shop of `flow demo sprout`: real actions, done with a moved clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from serviceflow.api import MovedClock, Shop, act, add_customer, open_order

GUESTS = (("Li Na", "13800000001"), ("Wang Wei", "13800000002"), ("Zhao Min", "13800000003"))


def live(shop: Shop, clock: MovedClock, until: datetime) -> Sequence[str]:
    """Live up to a moment; return the commands worth trying then."""
    for days_ago, (name, phone) in zip((20, 6, 1), GUESTS, strict=True):
        clock.set(until - timedelta(days=days_ago))
        with shop.write("customer add") as tx:
            guest = add_customer(tx, name=name, phones=[phone])
        starts_at = clock.now() + timedelta(days=3)
        visit = open_order(shop, "sprout-visit", guest.id, {"starts_at": f"{starts_at:%Y-%m-%d} 14:00"}).order
        assert visit.id is not None
        act(shop, visit.id, "take-deposit", {"amount": "80"})
        if starts_at < until:
            clock.set(starts_at)
            act(shop, visit.id, "welcome", {})
            act(shop, visit.id, "finish", {})
    clock.set(until)
    return ["flow today", "flow sprout visits", "flow find Li"]
