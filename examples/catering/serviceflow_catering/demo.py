"""The lived-in restaurant of `flow demo catering`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from serviceflow.api import MovedClock, Shop, act, add_customer, instant_of, open_order

from serviceflow_catering.tables import CatDish, CatTable

TABLES = (("A1", 2), ("A3", 4), ("B1", 8))
DISHES = (
    ("D01", "Steamed bass", "清蒸鲈鱼", 8800, ["light"], 0, ["fish"], True),
    ("D02", "Mushroom tofu", "菌菇豆腐", 3600, ["light"], 0, ["soy"], False),
    ("D03", "Kung pao chicken", "宫保鸡丁", 4200, ["spicy", "sweet"], 2, ["peanut"], True),
    ("D12", "Fried rice", "扬州炒饭", 2800, ["salty"], 0, ["egg"], False),
)


def furnish(shop: Shop) -> None:
    """Give the house tables and a menu."""
    with shop.write("catering menu") as tx:
        for code, seats in TABLES:
            tx.add(CatTable(code=code, seats=seats, area="hall"))
        for code, en, zh, price, tastes, heat, allergens, signature in DISHES:
            tx.add(
                CatDish(
                    code=code, name_en=en, name_zh=zh, price=price, tastes=tastes, heat=heat, allergens=allergens,
                    signature=signature,
                )
            )  # fmt: skip


def live(shop: Shop, clock: MovedClock, until: datetime) -> Sequence[str]:
    """Live up to a moment: a guest who came, one who did not, one who is expected tonight."""
    furnish(shop)
    for days_ago, name, comes in ((9, "Li Na", True), (4, "Wang Wei", False), (-1, "Zhao Min", False)):
        evening = instant_of(shop.local_day(until) - timedelta(days=days_ago), time(18, 30), shop.zone)
        clock.set(min(evening - timedelta(hours=5), until))
        with shop.write("customer add") as tx:
            guest = add_customer(tx, name=name, phones=[f"1380000{1000 + days_ago}"])
        typed = {"party": "2", "starts_at": f"{evening.astimezone(shop.zone):%Y-%m-%d %H:%M}", "table": "A3"}
        visit = open_order(shop, "catering-visit", guest.id, typed, start="book").order
        assert visit.id is not None
        if comes:
            clock.set(evening)
            act(shop, visit.id, "seat", {"table": "A3"})
            act(shop, visit.id, "order", {"dishes": "D01,D12"})
            act(shop, visit.id, "serve", {"dish": "D01"})
            act(shop, visit.id, "problem", {"kind": "missing", "dish": "D12", "remedy": "rush"})
            act(shop, visit.id, "solve", {"happy": "yes"})
            act(shop, visit.id, "pay", {"bill": "116", "paid": "116"})
            act(shop, visit.id, "thank", {"liked": "D01"})
    clock.set(until)
    return ["flow today", "flow catering floor", "flow find Zhao"]
