"""Viewing, production, pickup, aftercare, referrals, exact to the second and the fen. Source: studio.md section 10."""

from __future__ import annotations

from serviceflow_studio.rehearsal import Rehearsal

from tests.plugins.walks import remembered

COUPLE = {"bride": "陈媛:13800000001", "groom": "李征:13800000002"}


@remembered
def photographed(studio: Rehearsal) -> int:
    """Return the case of A2 with its pictures complete: viewing on 2025-03-15 14:00, 96 photos."""
    studio.at("2025-03-05 10:00")
    case = studio.booked("W3999", "3999.00", "3999", address="花园路 1 号", **COUPLE)
    studio.do(case, "give-pack", card_no="LC0101", explained="yes")
    studio.do(case, "book-shoot", date="2025-03-12", wave="09:00")
    studio.at("2025-03-12 08:50")
    studio.do(case, "check-in", slip="yes")
    session = studio.session(case)
    studio.to_the_camera(session, locker="12")
    for _ in range(2):
        studio.do(session, "shot", photos="30")
        studio.do(session, "changed", dress_code="X")
        studio.do(session, "retouched", customer_ok="yes")
    studio.do(session, "shot", photos="36")
    studio.do(session, "cleaned")
    studio.at("2025-03-12 13:10")
    studio.do(
        session,
        "checkout",
        key_back="yes",
        towels_back="2",
        belongings_checked="yes",
        image_no="0312-01",
        viewing="2025-03-15 14:00",
    )
    studio.at("2025-03-14 11:00")
    studio.do(case, "files-ready", image_no="0312-01", photo_count="96")
    assert studio.tasks(case, "done")["check-files"] == ["03-14 12:00"]
    return case


@remembered
def selected(studio: Rehearsal) -> int:
    """Return the case of A3 with its list signed at 16:20:00: extras 600.00, discount 60.00."""
    case = photographed(studio)
    studio.at("2025-03-15 14:05")
    studio.do(case, "start-viewing", slip="yes")
    studio.do(case, "pass-1")
    refusal = studio.refused(case, "pass-3", reject="none")
    assert (refusal.sentence.to("en"), refusal.sentence.to("zh")) == ("Pass 2 comes first.", "请先完成第2遍。")
    assert studio.refused(case, "pass-2", reject="97").sentence.to("en") == "Photo 97 is not in 0312-01 (1-96)."
    studio.do(case, "pass-2", reject="1-40")
    studio.do(case, "pass-3", reject="41-62")
    studio.do(case, "add-extra", code="ENL24", qty="1")
    over = studio.do(case, "discount", amount="60.01", reason="老顾客")
    assert over.pending is not None
    assert "经理" in over.pending.to("zh")
    studio.sign(case, "jing", approve=False, opinion="太多")
    studio.do(case, "discount", amount="60.00", reason="老顾客")
    refusal = studio.refused(case, "sign-list", customer_signed="yes")
    assert refusal.ref == "core.pending-sign-off"
    studio.sign(case, "zhu")
    studio.at("2025-03-15 16:20:00")
    studio.do(case, "sign-list", customer_signed="yes")
    return case


def test_A3_viewing_and_signing(studio: Rehearsal) -> None:
    case = selected(studio)
    assert studio.step(case) == "selected"
    assert studio.lines(case) == {"X-PHOTO": 12000, "ENL24": 48000, "DISCOUNT": -6000}
    assert studio.balance(case) == 54000
    assert studio.messages(case)["viewing-care"] == ["03-16 09:00", "03-16 09:00"]
    assert studio.tasks(case)["hand-over"] == studio.tasks(case)["sort-and-send"] == ["03-16 10:00"]
    assert studio.pieces(case) == {
        "album": (1, 0, 0, 0),
        "frame-20in": (1, 0, 0, 0),
        "X-PHOTO": (4, 0, 0, 0),
        "ENL24": (1, 0, 0, 0),
    }


def test_A3_the_three_hours(studio: Rehearsal) -> None:
    case = selected(studio)
    studio.do(case, "pay", amount="540.00", method="card")
    assert studio.payments(case)[-1] == ("extras", 54000)
    studio.at("2025-03-15 19:20:01")
    refusal = studio.refused(case, "change-list", drop="ENL24:1", customer_signed="yes")
    assert refusal.sentence.to("en") == "The 3 hours ended 2025-03-15 19:20; only additions are possible."
    studio.at("2025-03-15 19:20:00")
    assert studio.refused(case, "to-production").ref == "studio.window-over"
    studio.do(case, "change-list", drop="ENL24:1", customer_signed="yes")
    assert studio.lines(case) == {"X-PHOTO": 12000, "DISCOUNT": -1200}
    assert studio.balance(case) == -43200
    studio.at("2025-03-16 09:00")
    refusal = studio.refused(case, "to-production")
    assert refusal.sentence.to("en") == "Balance is -432.00: collect it / refund the credit first."
    assert studio.refused(case, "refund-credit", amount="432.01", method="cash").sentence.to("en") == (
        "Refund at most 432.00."
    )
    studio.do(case, "refund-credit", amount="432.00", method="cash")
    assert studio.refused(case, "to-production").sentence.to("zh") == "请先约取件。"
    early = studio.do(case, "book-pickup", date="2025-04-03", time="10:30")
    assert early.pending is not None
    studio.sign(case, "zhu", approve=False, opinion="来不及")
    studio.do(case, "book-pickup", date="2025-04-04", time="10:30")
    assert studio.bookings(case, "pickup")[-1] == ("2025-04-04 10:30", "desk1", "booked")


@remembered
def in_production(studio: Rehearsal) -> int:
    """Return the case of A4 in production, pickup on 2025-04-05 10:30."""
    case = selected(studio)
    studio.do(case, "pay", amount="540.00", method="card")
    studio.do(case, "book-pickup", date="2025-04-05", time="10:30")
    studio.at("2025-03-16 10:00")
    done = studio.do(case, "to-production")
    assert done.pending is not None
    studio.sign(case, "cai")
    assert studio.step(case) == "production"
    return case


def make(studio: Rehearsal, case: int, **pieces: int) -> None:
    """Let pieces arrive and pass their check."""
    for code, qty in pieces.items():
        studio.do(case, "arrive", piece=code.replace("_", "-"), qty=str(qty))
        studio.do(case, "qc-pass", piece=code.replace("_", "-"), qty=str(qty))


def test_A4_production_pickup_aftercare_closing(studio: Rehearsal) -> None:
    case = in_production(studio)
    assert studio.tasks(case)["check-pieces"] == ["04-04 12:00"]
    assert studio.messages(case)["pickup-reminder"] == ["04-04 16:00"]
    studio.at("2025-04-04 11:00")
    make(studio, case, album=1, frame_20in=1, X_PHOTO=4, ENL24=1)
    assert studio.step(case) == "ready"
    assert studio.tasks(case)["call-pickup"] == ["04-04 18:00"]
    assert "check-pieces" not in studio.tasks(case)
    assert studio.condition(case, "pickup-ready")
    assert studio.facts(case)["helper_note"].to("zh") == "相件较多或较大,请带人帮忙。"
    studio.at("2025-04-05 10:35")
    studio.do(case, "start-pickup", slip="yes")
    assert studio.bookings(case, "pickup") == [("2025-04-05 10:30", "desk1", "kept")]
    studio.at("2025-04-05 10:38:00")
    studio.do(case, "fetched")
    assert studio.late(case, "fetched") == 0
    assert studio.refused(case, "sign-pickup", customer_signed="yes").ref == "studio.counted"
    for code, qty in (("album", "1"), ("frame-20in", "1"), ("X-PHOTO", "4"), ("ENL24", "1")):
        studio.do(case, "count", piece=code, ok=qty, missing="0", defect="0")
    assert studio.refused(case, "sign-pickup", customer_signed="yes").ref == "studio.survey-asked"
    studio.do(
        case, "survey", reception="5", dress="5", makeup="5", photography="5", viewing="5", product="5", overall="5"
    )
    studio.do(case, "sign-pickup", customer_signed="yes")
    assert studio.step(case) == "aftercare"
    assert str(studio.anchor(case, "collected_on")) == "2025-04-05"
    letters = studio.messages(case)
    assert letters["thank-you-letter"] == ["04-12 10:00"]
    assert letters["vip-letter"] == ["05-05 10:00"]
    assert studio.condition(case, "content")
    assert not studio.condition(case, "complained")
    studio.run("2025-05-05 23:59:59")
    assert studio.step(case) == "aftercare"
    studio.run("2025-05-06 00:00")
    assert studio.step(case) == "closed"


def test_A8_rework_and_part_pickup(studio: Rehearsal) -> None:
    case = in_production(studio)
    studio.at("2025-04-03 11:00")
    make(studio, case, album=1, X_PHOTO=4, ENL24=1)
    studio.do(case, "arrive", piece="frame-20in", qty="1")
    studio.do(case, "qc-fail", piece="frame-20in", qty="1", fault="划痕", due="2025-04-07")
    assert studio.tasks(case)["rework-late"] == ["04-03 11:00"]
    studio.run("2025-04-04 15:59:59")
    assert "not-ready" not in studio.tasks(case)
    studio.run("2025-04-04 16:00")
    assert studio.tasks(case)["not-ready"] == ["04-04 18:00"]
    assert not studio.condition(case, "pickup-ready")
    studio.at("2025-04-04 17:10")
    studio.do(case, "agree-part", customer_agreed="yes", promised="2025-04-08")
    assert studio.step(case) == "ready"
    assert "not-ready" not in studio.tasks(case)
    assert studio.condition(case, "pickup-ready")
    assert studio.messages(case)["pickup-reminder"] == ["04-04 16:00"]
    assert studio.facts(case)["part_note"].to("zh") == "未齐: frame-20in (2025-04-08)。"
    studio.at("2025-04-05 10:30")
    studio.do(case, "start-pickup", slip="yes")
    for code, qty in (("album", "1"), ("X-PHOTO", "4"), ("ENL24", "1")):
        studio.do(case, "count", piece=code, ok=qty, missing="0", defect="0")
    refusal = studio.refused(case, "count", piece="frame-20in", ok="1", missing="0", defect="0")
    assert refusal.ref == "studio.counts-add-up"
    studio.do(case, "count", piece="frame-20in", ok="0", missing="1", defect="0", promised="2025-04-08")
    studio.do(case, "survey", declined="yes")
    studio.do(case, "sign-pickup", customer_signed="yes")
    assert studio.step(case) == "part-collected"
    assert studio.memos(case, "missing") == [[{"piece": "frame-20in", "promised": "2025-04-08", "qty": 1}]]
    assert studio.tasks(case)["chase-piece"] == ["04-08 12:00"]
    studio.at("2025-04-07 15:00")
    make(studio, case, frame_20in=1)
    assert studio.messages(case)["missing-ready"] == ["04-07 15:00"]
    assert studio.text(case, "missing-ready") == "陈媛,补件“frame-20in”已到店,随时可来取。"
    studio.at("2025-04-09 11:00")
    studio.do(case, "start-pickup", slip="yes")
    studio.do(case, "count", piece="frame-20in", ok="1", missing="0", defect="0")
    studio.do(case, "sign-pickup", customer_signed="yes")
    assert studio.step(case) == "aftercare"
    assert str(studio.anchor(case, "collected_on")) == "2025-04-09"
    assert studio.messages(case)["thank-you-letter"] == ["04-16 10:00"]
    assert studio.tasks(case, "done")["chase-piece"] == ["04-08 12:00"]


def test_A9_lost_slip_complaint_apology(studio: Rehearsal) -> None:
    case = in_production(studio)
    make(studio, case, album=1, frame_20in=1, X_PHOTO=4, ENL24=1)
    studio.at("2025-06-01 11:00")
    refusal = studio.refused(case, "start-pickup", slip="lost")
    assert refusal.sentence.to("en") == "Slip, or ID type, last 4 characters and a signed memo."
    assert refusal.sentence.to("zh") == "须出示单据,或证件及签字备忘。"
    studio.do(case, "start-pickup", slip="lost", id_type="id-card", id_last4="4417", memo_signed="yes")
    for code, qty in (("album", "1"), ("frame-20in", "1"), ("X-PHOTO", "4"), ("ENL24", "1")):
        studio.do(case, "count", piece=code, ok=qty, missing="0", defect="0")
    studio.do(
        case, "survey", reception="3", dress="3", makeup="3", photography="3", viewing="3", product="2", overall="2"
    )
    complaint = studio.child(case, "complaint")
    assert studio.step(complaint) == "open"
    assert studio.tasks(complaint)["solve"] == ["06-02 11:00"]
    studio.do(case, "sign-pickup", customer_signed="yes")
    studio.at("2025-06-02 10:00")
    studio.do(complaint, "propose", remedy="gift", text="送相框")
    studio.do(complaint, "accept")
    assert studio.step(complaint) == "settled"
    assert studio.messages(case)["apology-letter"] == ["06-08 10:00"]
    assert studio.condition(case, "complained")
    assert not studio.condition(case, "content")
    assert studio.facts(case)["remedy"].to("zh") == "已为您处理:送相框。"


def test_A9_a_withdrawn_complaint_lets_the_thanks_go(studio: Rehearsal) -> None:
    studio.at("2025-06-01 10:00")
    case = studio.booked()
    studio.do(case, "complain", text="等太久", severity="major")
    complaint = studio.child(case, "complaint")
    assert studio.tasks(complaint) == {"solve": ["06-01 12:00"], "major-complaint": ["06-01 10:00"]}
    assert studio.condition(case, "complained")
    studio.do(complaint, "withdraw", reason="误会")
    assert studio.condition(case, "content")


def test_A10_viewing_rooms(studio: Rehearsal) -> None:
    studio.at("2025-06-20 09:10")
    day = "2025-07-05"
    first, second, third, later, art, portrait = (studio.to_view(n, art=n > 3) for n in range(6))

    def view(case: int, at: str) -> tuple[str, str, str]:
        studio.do(case, "book-viewing", date=day, time=at)
        return studio.bookings(case, "viewing")[-1]

    assert view(first, "10:00") == (f"{day} 10:00", "room1", "booked")
    assert view(second, "11:00") == (f"{day} 11:00", "room2", "booked")
    assert view(third, "12:30") == (f"{day} 12:30", "room1", "booked")
    assert view(art, "13:30") == (f"{day} 13:30", "room2", "booked")
    refusal = studio.refused(later, "book-viewing", date=day, time="09:00")
    assert refusal.ref == "studio.room-free"
    assert refusal.sentence.to("en") == "No room free for 150 min."
    assert refusal.way_out is not None
    assert refusal.way_out.to("en") == f"Next: {day} 15:00, {day} 15:30, {day} 16:00"
    assert view(portrait, "09:00") == (f"{day} 09:00", "room2", "booked")
    assert view(later, "18:30") == (f"{day} 18:30", "room1", "booked")
    assert studio.refused(later, "move-viewing", date=day, time="19:00", reason="x").ref == "studio.viewing-hours"
    assert studio.refused(later, "move-viewing", date=day, time="14:10", reason="x").ref == "studio.on-grid"
    odd = studio.refused(later, "move-viewing", date=day, time="15:00", minutes="100", reason="x")
    assert odd.ref == "studio.on-grid"


def test_A11_referral_and_level(studio: Rehearsal) -> None:
    studio.at("2025-08-01 10:00")
    wang = studio.booked(name="王", phone="13800000700")
    studio.do(wang, "give-pack", card_no="LC0007", explained="yes")
    owner = studio.order(wang).customer_id
    assert owner is not None
    for n in range(2):
        studio.booked(name=f"友{n}", phone=f"1380000071{n}", card_no="LC0007")
    studio.at("2025-08-30 12:00")
    studio.booked(name="刘", phone="13800000720", card_no="LC0007")
    third = studio.referrals(owner)[-1]
    assert studio.step(third) == "to-thank"
    assert studio.gift(third) == 10000
    assert studio.tasks(third) == {"thank-referrer": ["08-31 18:00"], "level-up": ["08-31 18:00"]}
    assert studio.messages(third)["level-up"] == ["08-31 10:00"]
    assert studio.card("LC0007").level == "gold"
    studio.at("2025-08-31 15:00")
    studio.do(third, "thank", result="已致谢")
    assert studio.step(third) == "to-collect"
    assert studio.text(third, "referral-thanks") == "王,谢谢您介绍刘。礼金100.00元,请持爱情卡来领。"
    collect = {"card_shown": "yes", "method": "cash", "secondary_card_no": "LC0207"}
    assert studio.refused(third, "collect", amount="120", **collect).sentence.to("zh") == "礼金为100.00元。"
    studio.do(third, "collect", amount="100", **collect)
    studio.sign(third, "zhu")
    assert studio.step(third) == "paid-out"
    assert studio.card("LC0207").parent_card == "LC0007"
    studio.booked(name="赵", phone="13800000730", card_no="LC0207")
    assert studio.gift(studio.referrals(owner)[-1]) == 15000


def test_A13_the_referral_of_a_cancelled_case_is_void(studio: Rehearsal) -> None:
    studio.at("2025-08-01 10:00")
    wang = studio.booked(name="王", phone="13800000700")
    studio.do(wang, "give-pack", card_no="LC0007", explained="yes")
    friend = studio.booked(name="友", phone="13800000710", card_no="LC0007")
    owner = studio.order(wang).customer_id
    assert owner is not None
    studio.do(friend, "cancel-case", reason="不拍了", refund="0")
    studio.sign(friend, "jing")
    assert studio.step(studio.referrals(owner)[-1]) == "void"
