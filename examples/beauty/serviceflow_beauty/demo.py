"""The lived-in salon of `flow demo beauty`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from serviceflow.api import MovedClock, Order, Shop, Staff, act, add_customer, instant_of, open_order

from serviceflow_beauty.tables import BeautyProfile, BeautyTreatment

TREATMENTS = (
    ("repair", "Hydrating repair", "补水修复", 60, 30000, "repair", 0, False),
    ("basic", "Basic care", "基础护理", 45, 20000, "basic", 0, False),
    ("whitening", "Whitening", "美白", 75, 48000, "whitening", 7, False),
    ("peel", "Acid peel", "刷酸", 40, 68000, "strong", 14, True),
)


def furnish(shop: Shop) -> None:
    """Give the salon its menu."""
    with shop.write("beauty menu") as tx:
        for code, en, zh, minutes, price, kind, gap, patch in TREATMENTS:
            tx.add(
                BeautyTreatment(
                    code=code, name_en=en, name_zh=zh, minutes=minutes, price=price, kind=kind, gap_days=gap,
                    patch_test=patch,
                )
            )  # fmt: skip


def guest(shop: Shop, name: str, phone: str) -> int:
    """Enter a guest who agrees to health data being kept."""
    with shop.write("customer add") as tx:
        made = add_customer(tx, name=name, phones=[phone])
        assert made.id is not None
        tx.add(BeautyProfile(customer_id=made.id, health_consent_on=shop.local_day(tx.now)))
    return made.id


def live(shop: Shop, clock: MovedClock, until: datetime) -> Sequence[str]:
    """Live up to a moment: a card sold and used once, and a booking for tomorrow."""
    furnish(shop)
    clock.set(instant_of(shop.local_day(until) - timedelta(days=9), time(10), shop.zone))
    regular = guest(shop, "Li Na", "13800000001")
    card = {"treatment": "repair", "paid_sessions": "10", "gift_sessions": "2", "price": "2800", "paid": "2800"}
    package = open_order(shop, "beauty-package", regular, card).order
    session = open_order(shop, "beauty-session", regular, {"treatment": "repair"}, start="walk-in").order
    assert session.id is not None
    assert shop.staff_id is not None
    with shop.reading() as tx:
        me = tx.need(Staff, shop.staff_id).login
    act(shop, session.id, "consult", {"skin": "dry", "drink": "rose tea"})
    act(shop, session.id, "plan", {"treatment": "repair", "package": package.number})
    act(shop, session.id, "start", {"therapist": me})
    clock.set(clock.now() + timedelta(hours=1))
    act(shop, session.id, "finish", {})
    act(shop, session.id, "farewell", {"home_care": "sunscreen"})
    clock.set(until)
    tomorrow = shop.local_day(until) + timedelta(days=1)
    new: Order = open_order(
        shop, "beauty-session", guest(shop, "Zhao Min", "13800000002"),
        {"starts_at": f"{tomorrow} 14:00", "treatment": "basic"}, start="book",
    ).order  # fmt: skip
    return ["flow today", "flow beauty packages", f"flow show {new.number}"]
