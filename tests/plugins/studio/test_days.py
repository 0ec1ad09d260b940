"""Shoot dates and the floor, exact to the minute. Source: studio.md sections 4.2, 4.3, 5.2 and 10."""

from __future__ import annotations

from datetime import datetime

import pytest
from serviceflow.errors import FlowError
from serviceflow.store.tables import Message
from serviceflow_studio.rehearsal import Rehearsal, short
from serviceflow_studio.tables import StudioBooking, StudioImages, StudioOutfit

from tests.plugins.walks import remembered

COUPLE = {"bride": "陈媛:13800000001", "groom": "李征:13800000002"}


@remembered
def a1(studio: Rehearsal) -> int:
    """Return the case of A1: 800.00 paid, card given, no date yet."""
    studio.at("2025-03-01 15:10")
    case = studio.booked(name="陈媛", address="花园路 1 号", **COUPLE)
    studio.at("2025-03-01 15:20")
    studio.do(case, "give-pack", card_no="LC0101", explained="yes")
    return case


def test_A1_a_shoot_date_seven_days_ahead(studio: Rehearsal) -> None:
    case = a1(studio)
    studio.at("2025-03-05 11:00")
    early = studio.do(case, "book-shoot", date="2025-03-11", wave="09:00")
    assert early.pending is not None
    assert studio.step(case) == "booked"
    studio.sign(case, "jing", approve=False, opinion="太近")
    assert studio.bookings(case, "shoot") == [("2025-03-11 09:00", "w1", "released")]
    studio.do(case, "book-shoot", date="2025-03-12", wave="09:00")
    assert studio.step(case) == "scheduled"
    session = studio.session(case)
    assert studio.bookings(session, "shoot") == [("2025-03-12 09:00", "w1", "booked")]
    assert studio.tasks(case, "cancelled")["urge"] == ["03-06 18:00", "03-11 18:00"]
    assert studio.tasks(case)["day-before-call"] == ["03-11 18:00"]
    assert studio.messages(case)["shoot-reminder"] == ["03-11 10:00"]
    assert studio.tasks(session) == {"prep-shoot": ["03-11 18:00"]}
    said = studio.text(case, "shoot-reminder", "en")
    assert "please arrive at 08:40" in said
    assert "3199.00" in said


@remembered
def a2(studio: Rehearsal) -> int:
    """Return the case of A2: photographed on 2025-03-12, viewing agreed."""
    case = a1(studio)
    studio.at("2025-03-05 11:00")
    studio.do(case, "book-shoot", date="2025-03-12", wave="09:00")
    session = studio.session(case)
    studio.at("2025-03-12 08:44")
    studio.do(case, "pay", amount="3199.00", method="card")
    studio.at("2025-03-12 08:50")
    done = studio.do(case, "check-in", slip="yes")
    assert [line.to("en") for line in done.notes.lines] == ["planned 239 min, tell them 4 h"]
    assert (studio.step(case), studio.step(session)) == ("shooting", "arrived")
    assert studio.tasks(case)["visit-consultant"] == studio.tasks(case)["visit-viewing"] == ["03-12 10:50"]
    at = studio.at
    at("2025-03-12 08:52")
    studio.do(session, "register", slip_held="yes")
    assert studio.late(session, "register") == 0
    at("2025-03-12 08:57")
    studio.do(session, "briefed", allergy_asked="yes")
    assert studio.refused(session, "hand-key", locker="12", deposit="90", method="cash").ref == "studio.locker-deposit"
    at("2025-03-12 09:05")
    done = studio.do(session, "hand-key", locker="12", deposit="100.00", method="cash")
    assert "2 towels" in [line.to("en") for line in done.notes.lines]
    at("2025-03-12 09:15")
    studio.do(session, "dressed", dress_code="B12")
    at("2025-03-12 10:20")
    studio.do(session, "made-up", customer_ok="yes")
    assert studio.late(session, "made-up") == 5
    at("2025-03-12 10:22")
    studio.do(session, "called-in", photographer="周")
    at("2025-03-12 10:30")
    studio.do(session, "start")
    at("2025-03-12 11:10")
    studio.do(session, "shot", photos="40")
    assert studio.late(session, "shot") == 0
    at("2025-03-12 11:20")
    studio.do(session, "changed", dress_code="E3")
    studio.do(session, "wait", reason="化妆师忙", minutes="10")
    studio.run("2025-03-12 11:35")
    assert "wait-over" not in studio.tasks(session)
    at("2025-03-12 11:36")
    studio.do(session, "resume")
    assert studio.late(session, "resume") == 1
    assert studio.tasks(session)["wait-over"] == ["03-12 11:35"]
    at("2025-03-12 11:50")
    studio.do(session, "retouched", customer_ok="yes")
    at("2025-03-12 12:10")
    studio.do(session, "shot", photos="30")
    studio.do(session, "changed", dress_code="S1")
    studio.do(session, "retouched", customer_ok="yes")
    studio.do(session, "shot", photos="26")
    at("2025-03-12 13:05")
    studio.do(session, "cleaned")
    at("2025-03-12 13:10")
    studio.do(
        session,
        "checkout",
        key_back="yes",
        towels_back="2",
        belongings_checked="yes",
        image_no="0312-01",
        viewing="2025-03-15 14:00",
    )
    return case


def test_A2_shoot_day(studio: Rehearsal) -> None:
    case = a2(studio)
    session = studio.session(case)
    assert (studio.step(case), studio.step(session)) == ("view-waiting", "done")
    assert [p for p in studio.payments(case) if p[0].startswith("locker")] == [
        ("locker-in", 10000),
        ("locker-out", 10000),
    ]
    assert studio.balance(case) == 0
    assert studio.bookings(case, "viewing") == [("2025-03-15 14:00", "room1", "booked")]
    [room] = studio.rows(StudioBooking, order_id=case, calendar="viewing")
    assert [short(at) for at in (room.starts_at, room.ends_at)] == ["03-15 14:00", "03-15 16:30"]
    assert studio.messages(case)["shoot-care"] == ["03-13 09:00", "03-13 09:00"]
    care = studio.rows(Message, order_id=case, template="shoot-care")
    assert sorted((m.recipient_name, m.variant) for m in care) == [("李征", "groom"), ("陈媛", "bride")]
    assert [studio.late(session, action) for action in ("register", "briefed", "hand-key", "dressed", "called-in")] == [
        0, 0, 0, 0, 0,
    ]  # fmt: skip
    [images] = studio.rows(StudioImages, order_id=session)
    assert (images.image_no, images.state) == ("0312-01", "awaited")
    assert studio.messages(case)["viewing-reminder"] == ["03-14 10:00"]
    assert studio.tasks(case)["check-files"] == ["03-14 12:00"]
    assert studio.tasks(case)["call-viewing"] == ["03-14 18:00"]
    assert studio.tasks(case, "skipped") == {"visit-consultant": ["03-12 10:50"], "visit-viewing": ["03-12 10:50"]}


def test_A6_shoot_today(studio: Rehearsal) -> None:
    studio.at("2025-04-20 10:20")
    case = studio.at_payment("A1299", "1299.00", name="孙蕾", phone="13800000006", address="南京路 6 号")
    studio.at("2025-04-20 10:55")
    pay = {"method": "cash", "invoice_no": "77", "wave": "10:30"}
    assert studio.refused(case, "pay-shoot-today", amount="1000.00", **pay).sentence.to("zh") == "请先补款1299.00元。"
    studio.do(case, "pay-shoot-today", amount="1299.00", **pay)
    assert (studio.step(case), studio.order(case).outcome) == ("scheduled", "shoot-today")
    assert studio.tasks(case) == {"give-pack": ["04-20 11:25"], "build-file": ["04-21 18:00"]}
    assert studio.messages(case) == {"booked-sms": ["04-20 10:55"], "thanks-letter": ["04-21 10:00"]}
    assert studio.text(case, "booked-sms").endswith("今天的拍摄已安排,祝您拍摄愉快。")
    assert studio.refused(case, "check-in", slip="yes").ref == "studio.pack-given"
    studio.do(case, "give-pack", card_no="LC0600", explained="yes")
    studio.at("2025-04-20 11:02")
    done = studio.do(case, "check-in", slip="yes")
    assert [line.to("en") for line in done.notes.lines] == ["planned 159 min, tell them 3 h"]
    assert studio.step(case) == "shooting"


def test_A6_the_grace_of_a_wave_ends_to_the_second(studio: Rehearsal) -> None:
    studio.at("2025-04-20 10:20")
    case = studio.at_payment("A1299", "1299.00")
    pay = {"amount": "1299.00", "method": "cash", "invoice_no": "77", "wave": "10:30"}
    studio.at("2025-04-20 11:00:01")
    assert studio.refused(case, "pay-shoot-today", **pay).sentence.to("en") == "Wave 10:30 can be used until 11:00."
    studio.at("2025-04-20 11:00:00")
    studio.do(case, "pay-shoot-today", **pay)
    assert studio.step(case) == "scheduled"


def test_A7_offers_follow_the_shoot_date(studio: Rehearsal) -> None:
    studio.at("2025-01-01 12:00")
    case = studio.booked("W5999", "5999.00", "1200")
    studio.do(case, "give-pack", card_no="LC0101", explained="yes")
    studio.run("2025-01-12 00:00")
    studio.at("2025-01-12 11:00")
    studio.do(case, "offer", kind="shoot-15")
    studio.at("2025-01-20 11:00")
    studio.do(case, "book-shoot", date="2025-01-27", wave="10:30")
    session = studio.session(case)
    assert studio.bookings(session, "shoot") == [("2025-01-27 10:30", "w1", "booked")]
    assert studio.holds(session) == {"car1", "w1"}
    assert (studio.offer(case, "shoot-15"), studio.balance(case)) == ("used", 469900)
    studio.at("2025-01-21 11:00")
    studio.do(case, "move-shoot", date="2025-01-28", wave="10:30", reason="出差")
    assert (studio.offer(case, "shoot-15"), studio.balance(case)) == ("open", 479900)
    assert studio.bookings(session, "shoot")[-1] == ("2025-01-28 10:30", "w1", "booked")
    studio.at("2025-01-25 11:00")
    studio.do(case, "release-shoot", reason="改主意")
    assert studio.step(case) == "urging"
    assert studio.holds(session) == set()
    studio.run("2025-03-03 00:00")
    assert studio.offers(case)["best"] == ("open", "2025-04-02", 30000)
    assert studio.messages(case)["best-offer-letter"] == ["03-03 10:00"]
    assert studio.tasks(case)["best-offer-call"] == ["03-03 18:00"]


def test_A12_rain_and_lost_key(studio: Rehearsal) -> None:
    studio.at("2025-09-01 12:00")
    case = studio.booked("W5999", "5999.00", "5999", name="吴", **COUPLE)
    studio.do(case, "give-pack", card_no="LC1200", explained="yes")
    studio.do(case, "book-shoot", date="2025-09-10", wave="09:00")
    session = studio.session(case)
    studio.at("2025-09-10 08:50")
    studio.do(case, "check-in", slip="yes")
    studio.to_the_camera(session, locker="7")
    for photos in ("30", "30"):
        studio.do(session, "shot", photos=photos)
        studio.do(session, "changed", dress_code="X")
        studio.do(session, "retouched", customer_ok="yes")
    studio.do(session, "shot", photos="20")
    assert studio.step(session) == "changing"
    studio.do(session, "postpone-outdoor", date="2025-09-13", wave="09:00", reason="weather")
    assert studio.step(session) == "unmaking"
    later = studio.session(case)
    assert later != session
    assert studio.holds(session) == {"w1"}
    assert studio.holds(later) == {"w1", "car1"}
    studio.do(session, "cleaned")
    out = {"towels_back": "2", "belongings_checked": "yes", "image_no": "0910-01"}
    refusal = studio.refused(session, "checkout", key_back="no", **out)
    assert refusal.sentence.to("en") == "Key 7 is not back: return it or use “key lost”."
    studio.do(session, "key-lost", note="外景掉了")
    assert studio.locker("7") == "out-of-order"
    refusal = studio.refused(session, "checkout", key_back="none", viewing="2025-09-15 14:00", **out)
    assert refusal.sentence.to("en") == "Another session is planned; the viewing is agreed after it."
    studio.do(session, "checkout", key_back="none", **out)
    assert [p for p in studio.payments(case) if p[0].startswith("locker")] == [("locker-in", 10000)]
    assert studio.step(case) == "scheduled"
    shoot_at = studio.anchor(case, "shoot_at")
    assert isinstance(shoot_at, datetime)
    assert short(shoot_at) == "09-13 09:00"
    assert [(o.place, o.state) for o in studio.rows(StudioOutfit, order_id=session)] == [
        ("studio", "shot"), ("studio", "shot"), ("studio", "shot"), ("outdoor", "moved"),
    ]  # fmt: skip
    assert [(o.place, o.state) for o in studio.rows(StudioOutfit, order_id=later)] == [("outdoor", "open")]
    assert studio.messages(case)["shoot-reminder"] == ["09-12 10:00"]
    assert studio.messages(case)["shoot-care"] == ["09-11 09:00", "09-11 09:00"]


def test_A13_cancel_frees_the_wave(studio: Rehearsal) -> None:
    case = a1(studio)
    studio.do(case, "book-shoot", date="2025-03-12", wave="09:00")
    session = studio.session(case)
    studio.do(case, "cancel-case", reason="移居外地", refund="500.00", method="cash")
    studio.sign(case, "jing")
    studio.sign(case, "cai")
    assert (studio.step(case), studio.step(session)) == ("cancelled", "cancelled")
    assert studio.holds(session) == set()
    assert studio.payments(case)[-1] == ("refund", 50000)
    assert studio.tasks(case) == {}
    assert studio.messages(case) == {}


def test_A13_after_one_outfit_is_shot_there_is_no_cancelling(studio: Rehearsal) -> None:
    case = a1(studio)
    studio.do(case, "pay", amount="3199", method="cash")
    studio.do(case, "book-shoot", date="2025-03-12", wave="09:00")
    session = studio.session(case)
    studio.at("2025-03-12 08:50")
    studio.do(case, "check-in", slip="yes")
    studio.to_the_camera(session, locker="3")
    studio.do(session, "shot", photos="20")
    studio.do(session, "abort", key_back="yes", reason="停电", image_no="0312-09", by="zhu")
    assert studio.step(case) == "urging"
    refusal = studio.refused(case, "cancel-case", reason="不拍了", refund="0")
    assert refusal.sentence.to("zh") == "已开拍,不能取消或改期。"


def test_the_better_plan_is_not_for_a_case_that_was_begun(studio: Rehearsal) -> None:
    case = a1(studio)
    studio.do(case, "pay", amount="3199", method="cash")
    studio.do(case, "book-shoot", date="2025-03-12", wave="09:00")
    session = studio.session(case)
    studio.at("2025-03-12 08:50")
    studio.do(case, "check-in", slip="yes")
    studio.to_the_camera(session, locker="3")
    studio.do(session, "shot", photos="20")
    studio.do(session, "sell", code="NAILS", qty="1")
    studio.do(session, "abort", key_back="yes", reason="停电", image_no="0312-09", by="zhu")
    studio.run("2025-05-01 00:00")
    assert (studio.step(case), studio.balance(case), studio.offer(case, "best")) == ("urging", 68_00, None)


def test_A14_the_last_place_is_given_once(studio: Rehearsal) -> None:
    studio.at("2025-06-01 10:00")
    cases = []
    for n in range(3):
        case = studio.booked(name=f"客{n}", phone=f"1380000010{n}")
        studio.do(case, "give-pack", card_no=f"LC14{n}", explained="yes")
        cases.append(case)
    for case, place in zip(cases[:2], ("w1", "w2"), strict=True):
        studio.do(case, "book-shoot", date="2025-06-10", wave="13:30")
        assert studio.bookings(studio.session(case), "shoot") == [("2025-06-10 13:30", place, "booked")]
    with pytest.raises(FlowError) as refusal:
        studio.do(cases[2], "book-shoot", date="2025-06-10", wave="13:30")
    assert refusal.value.sentence.to("en") == "2025-06-10 13:30 is full (2/2)."
    assert refusal.value.way_out is not None
    assert refusal.value.way_out.to("en") == "Next: 2025-06-11 09:00, 2025-06-11 10:30, 2025-06-11 13:30"
    assert studio.step(cases[2]) == "booked"
