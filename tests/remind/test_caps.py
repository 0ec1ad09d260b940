"""Marketing caps over all trades (capabilities.md row 43): the smallest wins, and a cap delays, never drops."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from serviceflow.api import MarketingCap, T
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.engine.preferences import set_setting
from serviceflow.flow.trade import Trade
from serviceflow.remind.preview import preview
from serviceflow.remind.run import run
from serviceflow.remind.settings import Channels
from serviceflow.store.tables import Customer
from serviceflow.testing.trades import join_trade

from tests.remind.conftest import plan_messages, stored, story_of
from tests.remind.test_catching_up import Noting
from tests.remind.trade import TRADE


def capped(key: str, cap: Callable[..., MarketingCap | None]) -> Trade:
    """Return a trade that is nothing but a cap."""
    return Trade(key, T(key, zh=key), "1.0", "1", (key,), marketing_cap=cap)


def with_ads(shop: Shop, *others: Trade) -> Shop:
    """Let a trade join that advertises at any hour to those who do not object, and others."""
    any_hour = tuple(dataclasses.replace(t, any_hour=True) for t in TRADE.templates)
    join_trade(shop, dataclasses.replace(TRADE, templates=any_hour), *others)
    return shop


def customer(shop: Shop) -> int:
    with shop.write("customer add") as tx:
        made = tx.add(Customer(name="王小明", created_at=tx.now))
    assert made.id is not None
    return made.id


def send(shop: Shop, clock: SetClock, days: int) -> list[int]:
    """Run three times a day; return on which days something went out."""
    channel = Noting(clock)
    mine = Channels(shop, Path("/nowhere"), {"out": {"kind": "file"}})
    mine._made["out"] = channel  # type: ignore[assignment]
    first = shop.local_day(clock.now())
    for _ in range(days * 3):
        run(shop, channels=mine, patience=0, confirm_clock=True)
        clock.set(clock.now() + timedelta(hours=8))
    return [(shop.local_day(at) - first).days for at, _ in channel.sent]


def advertise(shop: Shop, who: int, n: int, **values: Any) -> list[int]:
    facts = {"rule": "rem:ad", "template": "ad", "purpose": "marketing", "customer_id": who, "recipient": "138"}
    return plan_messages(shop, n, **(facts | values))


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize(
    ("shops", "trades", "days"),
    [
        pytest.param(0, [], [0, 0, 0, 0], id="none"),
        pytest.param(0, [(2, 3)], [0, 0, 3, 3], id="one trade"),
        pytest.param(0, [(2, 3), (1, 2)], [0, 2, 4, 6], id="the smaller of two"),
        pytest.param(0, [(3, 1), (2, 5)], [0, 0, 5, 5], id="each in its own window"),
        pytest.param(1, [(2, 3)], [0, 2, 4, 6], id="the shop's own is smaller"),
        pytest.param(5, [(1, 2)], [0, 2, 4, 6], id="the shop's own is larger"),
    ],
)
def test_the_smallest_cap_wins_and_nothing_is_dropped(
    shops: int, trades: list[tuple[int, int]], days: list[int], database: str, shop: Shop, clock: SetClock
) -> None:
    assert database == "sqlite"  # arithmetic of days
    caps = [MarketingCap(most, window) for most, window in trades]
    ads = with_ads(shop, *(capped(f"cap{n}", lambda *_, cap=cap: cap) for n, cap in enumerate(caps)))
    set_setting(ads, "core.marketing_cap", str(shops))
    set_setting(ads, "core.marketing_days", "2")
    clock.set(datetime(2026, 11, 25, 22, 0, tzinfo=UTC))  # 06:00
    advertise(ads, customer(ads), 4)
    assert send(ads, clock, 9) == days


def test_a_cap_speaks_of_its_customer_and_of_marketing_only(shop: Shop, clock: SetClock) -> None:
    one, other = customer(shop), customer(shop)
    ads = with_ads(shop, capped("cap", lambda shop, tx, who: MarketingCap(1, 30) if who.id == one else None))
    first, second = advertise(ads, one, 2, key="a")
    free = advertise(ads, other, 2, key="b", recipient="139")
    notice = advertise(ads, one, 1, key="c", rule="rem:hurry", template="hurry", purpose="notice", recipient="138")
    (late,) = advertise(ads, one, 1, key="d", expires_at=clock.now() + timedelta(days=2))
    send(ads, clock, 1)
    assert [stored(ads, n).state for n in (first, *free, *notice)] == ["sent"] * 4
    held = stored(ads, second)
    assert (held.state, held.reason_ref) == ("held", "remind.marketing-cap")
    assert str(story_of(ads, second).events[-1].text.to("en")).endswith(
        "王小明 gets at most 1 marketing messages in 30 days, put off to 2026-12-25 00:00"
    )
    foreseen = {f.message.id: f for f in preview(ads, clock.now() + timedelta(days=60))}
    assert foreseen[second].at.astimezone(ads.zone).strftime("%m-%d") == "12-25"
    send(ads, clock, 3)
    assert stored(ads, late).state == "expired"


def test_a_trade_that_cannot_say_its_cap_holds_marketing_only(shop: Shop, clock: SetClock) -> None:
    def broken(*_: object) -> MarketingCap:
        raise ZeroDivisionError

    ads = with_ads(shop, capped("cap", broken))
    who = customer(ads)
    (ad,) = advertise(ads, who, 1)
    (notice,) = advertise(ads, who, 1, key="n", rule="rem:hurry", template="hurry", purpose="notice")
    send(ads, clock, 1)
    assert (stored(ads, ad).state, stored(ads, ad).reason_ref) == ("held", "remind.plugin")
    assert stored(ads, notice).state == "sent"
