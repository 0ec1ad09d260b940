"""The lived-in shop of `flow demo sprout`: real actions, done with a moved clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from serviceflow.api import MovedClock, Shop, act, add_customer, instant_of, open_order

GUESTS = (("Li Na", "13800000001"), ("Wang Wei", "13800000002"), ("Zhao Min", "13800000003"))


def live(shop: Shop, clock: MovedClock, until: datetime) -> Sequence[str]:
    """Live up to a moment; return the commands worth trying then."""
    for days_ago, (name, phone) in zip((20, 6, 1), GUESTS, strict=True):
        clock.set(until - timedelta(days=days_ago))
        with shop.write("customer add") as tx:
            guest = add_customer(tx, name=name, phones=[phone])
        starts_at = instant_of(shop.local_day(clock.now()) + timedelta(days=3), time(14), shop.zone)
        typed = f"{starts_at.astimezone(shop.zone):%Y-%m-%d %H:%M}"
        visit = open_order(shop, "sprout-visit", guest.id, {"starts_at": typed}).order
        assert visit.id is not None
        act(shop, visit.id, "take-deposit", {"amount": "80"})
        if starts_at < until:
            clock.set(starts_at)
            act(shop, visit.id, "welcome", {})
            act(shop, visit.id, "finish", {})
    clock.set(until)
    return ["flow today", "flow sprout visits", "flow find Li"]
