"""Greetings for life, once a day, for members. Source: studio.md section 7."""

from __future__ import annotations

from datetime import date

import pytest
from serviceflow_studio.life import falls_on, greet
from serviceflow_studio.rehearsal import Rehearsal

COUPLE = {"bride": "陈媛:13800000001:1996-02-29", "groom": "李征::1995-06-01", "wedding_date": "2025-05-20"}


@pytest.mark.parametrize(
    ("day", "today", "falls"),
    [
        (date(1996, 2, 29), date(2025, 2, 28), True),
        (date(1996, 2, 29), date(2028, 2, 28), False),
        (date(1996, 2, 29), date(2028, 2, 29), True),
        (date(1995, 6, 1), date(2025, 6, 1), True),
        (date(2025, 5, 20), date(2025, 5, 20), False),
        (date(2025, 5, 20), date(2026, 5, 20), True),
    ],
)
def test_the_day_a_yearly_date_is_observed(day: date, today: date, falls: bool) -> None:
    assert falls_on(day, today) == falls


def greeted(studio: Rehearsal, order: int, day: str) -> dict[str, list[str]]:
    """Return the greetings planned for a day."""
    studio.at(f"{day} 09:00")
    with studio.shop.write("remind job") as tx:
        greet(studio.shop, tx, date.fromisoformat(day))
    return {k: v for k, v in studio.messages(order).items() if k in ("birthday", "anniversary", "holiday")}


def test_members_are_greeted_on_their_days(studio: Rehearsal) -> None:
    studio.at("2024-12-01 10:00")
    case = studio.booked(**COUPLE)
    assert greeted(studio, case, "2025-02-14") == {}, "no card yet"
    studio.do(case, "give-pack", card_no="LC0101", explained="yes")
    assert greeted(studio, case, "2025-02-14") == {"holiday": ["02-14 09:00"]}
    assert studio.text(case, "holiday") == "陈媛,情人节快乐,我的店敬上。"
    assert studio.message(case, "holiday").expires_at is not None
    assert greeted(studio, case, "2025-02-28")["birthday"] == ["02-28 09:00"]
    assert studio.message(case, "birthday").recipient_name == "陈媛"
    assert greeted(studio, case, "2025-02-28")["birthday"] == ["02-28 09:00"], "once"
    assert greeted(studio, case, "2026-05-20")["anniversary"] == ["05-20 09:00"]
    assert studio.text(case, "anniversary") == "陈媛,结婚1周年快乐!"
