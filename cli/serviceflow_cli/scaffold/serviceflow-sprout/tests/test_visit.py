"""A visit, as it is lived; the clock stands at 2026-11-25 10:20."""

from __future__ import annotations

import pytest
from serviceflow.api import (
    MessageRow,
    MovedClock,
    Refused,
    Shop,
    TaskRow,
    act,
    open_order,
    run_reminders,
    table_of,
)

from serviceflow_sprout.tables import SproutVisit


def booked(shop: Shop, guest: int, at: str = "2026-11-28 14:00") -> int:
    order = open_order(shop, "sprout-visit", guest, {"starts_at": at}).order
    assert order.id is not None
    return order.id


def test_a_visit_from_booking_to_the_question_how_it_went(shop: Shop, guest: int) -> None:
    order = booked(shop, guest)
    act(shop, order, "take-deposit", {"amount": "80"})
    act(shop, order, "welcome", {})
    assert str(act(shop, order, "finish", {}).step_after) in ("Done", "已完成")
    with shop.reading() as tx:
        assert tx.need(SproutVisit, order).deposit == 8000
        [ask] = tx.all(TaskRow, table_of(TaskRow).c.order_id == order, table_of(TaskRow).c.state == "open")
    assert ask.rule == "sprout:sprout-ask"


def test_a_reminder_is_planned_for_the_evening_before(shop: Shop, guest: int) -> None:
    order = booked(shop, guest)
    with shop.reading() as tx:
        [message] = tx.all(MessageRow, table_of(MessageRow).c.order_id == order)
    assert message.template == "sprout-remind"
    assert f"{message.due_at.astimezone(shop.zone):%m-%d %H:%M}" == "11-27 18:00"


def test_who_does_not_come_is_a_no_show(shop: Shop, clock: MovedClock, guest: int) -> None:
    order = booked(shop, guest)
    with shop.reading() as tx:
        start = tx.need(SproutVisit, order).starts_at
    clock.set(start.replace(minute=31))
    run_reminders(shop)
    with pytest.raises(Refused):
        act(shop, order, "welcome", {})


@pytest.mark.parametrize(
    ("action", "fields", "en", "zh"),
    [
        ("take-deposit", {"amount": "49.99"}, "A deposit is at least 50.00.", "定金至少 50.00。"),
        ("finish", {}, "“Finish” is not possible in step “Booked”.", "“已预约”这一步不能做“完成”。"),
    ],
)
def test_a_refusal_says_why_in_both_languages(
    shop: Shop, guest: int, action: str, fields: dict[str, str], en: str, zh: str
) -> None:
    with pytest.raises(Refused) as refused:
        act(shop, booked(shop, guest), action, fields)
    assert (refused.value.sentence.to("en"), refused.value.sentence.to("zh")) == (en, zh)


def test_a_visit_lies_ahead(shop: Shop, guest: int) -> None:
    with pytest.raises(Refused, match="2026-11-24"):
        booked(shop, guest, "2026-11-24 14:00")
