"""The demonstration lives through its weeks and leaves a launch weekend worth looking at."""

from __future__ import annotations

from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.store.place import Place
from serviceflow_realestate import overview, stock
from serviceflow_realestate.demo import live


def test_a_launch_weekend(place: Place, clock: SetClock) -> None:
    now = clock.now()
    shop = Shop.open(place, staff="xiaomei", clock=clock)
    assert "flow re units" in live(shop, clock, now)
    with shop.write("look", dry_run=True) as tx:
        parts = {row["part"] for row in overview.today(shop, tx)}
        states = {row.unit.state for row in stock.sales_table(shop, tx)}
    assert {"rota", "holds", "overdue", "approvals"} <= parts
    assert {"unreleased", "available", "held", "subscribed", "signed"} <= states
    shop.close()
