"""A late cron changes no outcome: what is due of whoever holds a place is done before the place is wanted.

Source: capabilities.md row 26; studio.md C7 and 4.1 "Pending sign-off".
"""

from __future__ import annotations

from serviceflow_studio.rehearsal import Rehearsal


def booked(studio: Rehearsal, name: str, n: int) -> int:
    case = studio.booked(name=name, phone=f"1380000010{n}")
    studio.do(case, "give-pack", card_no=f"LC{n:04}", explained="yes")
    return case


def test_a_place_held_for_an_undecided_request_is_free_after_a_day_without_cron(studio: Rehearsal) -> None:
    studio.at("2025-03-01 10:00")
    asking, wanting = booked(studio, "陈媛", 1), booked(studio, "周敏", 2)
    studio.shop.set_setting("studio.shoot.waves", "09:00=1")
    studio.do(asking, "book-shoot", date="2025-03-06", wave="09:00")  # five days ahead: waits for the manager
    studio.at("2025-03-02 10:00:00")
    assert studio.refused(wanting, "book-shoot", date="2025-03-06", wave="09:00").ref == "studio.place-free"
    studio.at("2025-03-02 10:00:01")
    studio.do(wanting, "book-shoot", date="2025-03-06", wave="09:00")
    studio.sign(wanting, "jing")
    assert studio.bookings(asking, "shoot") == [("2025-03-06 09:00", "w1", "released")]
    assert studio.bookings(studio.session(wanting), "shoot") == [("2025-03-06 09:00", "w1", "booked")]


def test_what_is_due_of_others_that_hold_nothing_waits_for_cron(studio: Rehearsal) -> None:
    studio.at("2025-03-01 10:00")
    idle, acting = booked(studio, "陈媛", 1), booked(studio, "周敏", 2)
    studio.at("2025-03-20 10:00")  # long after the hand-over to service
    studio.do(acting, "log-urge", result="later")
    assert (studio.step(idle), studio.step(acting)) == ("booked", "urging")
