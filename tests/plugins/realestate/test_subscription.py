"""A3 to A8, A11, A15: holds, delays, lateness, changes before signing. Source: realestate.md section 10."""

from __future__ import annotations

import multiprocessing

import pytest
from serviceflow_realestate.rehearsal import Rehearsal, race_to_subscribe
from serviceflow_realestate.tables import ReClaim, ReReceipt


@pytest.mark.storm
def test_A3_race_for_one_unit(centre: Rehearsal) -> None:
    centre.at("2026-03-09 10:00")
    names = {"lin": "林静", "zhou": "周凯", "he": "何敏", "luo": "罗杰"}
    rounds = ("3-1-1602", "3-1-1502", "5-2-0801", "P1-1-B117")
    racers = {login: centre.customer(f"客{n}", f"1380000010{n}") for n, login in enumerate(names)}
    spawn = multiprocessing.get_context("spawn")
    start, said = spawn.Barrier(len(racers)), spawn.Queue()
    running = [
        spawn.Process(target=race_to_subscribe, args=(centre.shop.place, login, customer, rounds, start, said))
        for login, customer in racers.items()
    ]
    for one in running:
        one.start()
    answers = [said.get(timeout=120) for _ in range(len(running) * len(rounds))]
    for one in running:
        one.join(timeout=60)
    for number in rounds:
        told = {login: word for unit, login, word in answers if unit == number}
        winners = [login for login, word in told.items() if word == "taken"]
        assert len(winners) == 1
        losers = [word for login, word in told.items() if login not in winners]
        assert losers == [f"Unit {number} has just been taken by {names[winners[0]]}."] * 3
        assert centre.unit(number).state == "held"
    assert len(centre.rows_of_flow("re-subscription")) == len(rounds)
    assert len(centre.rows(ReClaim, ended_at=None)) == len(rounds)


def test_A4_hold_expiry_and_extension(paced: Rehearsal) -> None:
    paced.at("2026-03-09 10:00")
    order = paced.drafted("3-1-1602")
    paced.do(order, "customer-signs")
    assert paced.anchor(order, "hold_until") == "2026-03-10 10:00"
    assert paced.messages(order)["hold-expiring"] == ["03-10 08:00"]
    paced.at("2026-03-10 09:00")
    paced.do(order, "extend-hold", reason="筹款")
    paced.sign(order, "chen")
    assert paced.anchor(order, "hold_until") == "2026-03-11 10:00"
    assert paced.refused(order, "extend-hold", reason="再延") == "The hold was already extended."
    paced.do(order, "approve-letter")
    paced.at("2026-03-11 09:59:59")
    paced.do(order, "note", text="来电")
    assert paced.step(order) == "deposit"
    paced.at("2026-03-11 10:00:00")
    given = {"amount": "20000", "method": "cash"}
    assert paced.refused(order, "receive-deposit", **given) == "The hold expired at 2026-03-11 10:00."
    paced.cron("2026-03-11 10:00:00")
    assert paced.step(order) == "lapsed"
    assert paced.unit("3-1-1602").state == "available"
    assert paced.messages(order) == {}


def test_an_expired_hold_gives_way_to_the_next_taker(centre: Rehearsal) -> None:
    centre.at("2026-03-09 10:00")
    first = centre.subscribed("3-1-1602")
    centre.at("2026-03-10 10:00")
    second = centre.subscribed("3-1-1602", centre.customer("赵强", "13800000002"), by="zhou")
    assert (centre.step(first), centre.step(second)) == ("lapsed", "unit-check")


def test_A5_delays(paced: Rehearsal) -> None:
    paced.at("2026-03-07 11:00")
    sub = paced.briefed()
    paced.at("2026-03-13 10:00")
    ask = {"reason": "出差"}
    refusal = paced.refused(sub, "request-delay", requested_date="2026-03-30", **ask)
    assert refusal == "A delay may be at most 15 days."
    paced.do(sub, "request-delay", requested_date="2026-03-25", **ask)
    delay = paced.child(sub, "delay")
    assert paced.refused(sub, "request-change", "lin", kind="refund", cause="no-fault", reason="-").startswith(
        "Blocked by Delayed signing DLY-0001"
    )
    paced.do(delay, "verified", findings="属实")
    paced.do(delay, "submit-form")
    paced.at("2026-03-14 16:00")
    paced.do(delay, "approve")
    paced.do(delay, "execute")
    assert paced.anchor(sub, "signing_deadline") == "2026-03-25"
    assert paced.deal(sub).delay_count == 1
    assert paced.messages(sub)["signing-reminder"] == ["03-22 10:00", "03-24 10:00"]
    paced.at("2026-03-24 10:00")
    paced.do(sub, "request-delay", requested_date="2026-04-09", **ask)
    again = paced.child(sub, "delay")
    paced.do(again, "verified", findings="属实")
    paced.do(again, "submit-form")
    paced.do(again, "approve")
    assert paced.waiting(again) == ["director"]
    paced.cron("2026-03-26 00:00")
    assert paced.step(sub) == "awaiting-signing"
    paced.at("2026-03-26 11:00")
    paced.sign(again, "zhao", approve=False, opinion="不同意")
    assert paced.step(again) == "replying"
    assert paced.anchor(sub, "signing_deadline") == "2026-03-27"
    assert paced.said(again, "re-delay-rejected")["deadline"] == "2026-03-27"
    paced.cron("2026-03-27 23:59:59")
    assert paced.step(sub) == "awaiting-signing"
    paced.cron("2026-03-28 00:00")
    assert paced.step(sub) == "overdue"
    refusal = paced.refused(sub, "request-delay", requested_date="2026-04-09", **ask)
    assert refusal == "Only a subscription awaiting signing can be delayed."


def test_signing_after_the_deadline(paced: Rehearsal) -> None:
    """While a delay is decided nothing lapses, and yet nothing is signed later than the running deadline."""
    paced.at("2026-03-07 11:00")
    sub = paced.briefed()
    contract = paced.at_terms(sub, "2026-03-12 14:00")
    paced.do(contract, "no-objection")
    paced.do(contract, "receive-payment", amount="355710", method="transfer")
    paced.at("2026-03-13 10:00")
    paced.do(sub, "request-delay", requested_date="2026-03-25", reason="出差")
    paced.cron("2026-03-15 09:00")
    assert paced.step(sub) == "awaiting-signing"
    sign = {"contract_no": "HT-1", "handover_date": "2027-06-30"}
    assert paced.refused(contract, "sign", contract_date="2026-03-15", **sign) == "Signing deadline was 2026-03-14."
    paced.do(contract, "sign", contract_date="2026-03-14", **sign)
    assert paced.deal(contract).deal_total == 1_235_710_00


def test_signing_after_the_deadline_for_the_full_price(paced: Rehearsal) -> None:
    paced.at("2026-03-07 11:00")
    sub = paced.briefed()
    contract = paced.at_terms(sub, "2026-03-12 14:00")
    paced.do(contract, "no-objection")
    paced.cron("2026-03-15 00:00")
    paced.at("2026-04-10 10:00")
    paced.do(contract, "receive-payment", amount="1240800", method="transfer")
    paced.do(sub, "request-change", "lin", kind="refund", cause="no-fault", reason="犹豫")
    paced.cron("2026-04-14 09:00")
    sign = {"contract_no": "HT-1", "handover_date": "2027-06-30"}
    assert paced.refused(contract, "sign", contract_date="2026-04-14", **sign) == "Signing deadline was 2026-04-13."
    paced.do(contract, "sign", contract_date="2026-04-13", **sign)


def test_A6_overdue_full_price_forfeit(paced: Rehearsal) -> None:
    paced.at("2026-03-07 11:00")
    sub = paced.briefed()
    contract = paced.at_terms(sub, "2026-03-12 14:00")
    paced.do(contract, "no-objection")
    paced.cron("2026-03-15 00:00")
    deal = paced.deal(sub)
    assert (paced.step(sub), deal.deal_total, deal.pay_way) == ("overdue", 1_260_800_00, "lump")
    assert all(row["void"] for row in deal.discounts)
    assert paced.anchor(sub, "full_price_deadline") == "2026-04-13"
    assert paced.messages(sub)["signing-overdue"] == ["03-15 00:00"]
    assert paced.messages(sub)["forfeit-warning"] == ["04-06 10:00"]
    paced.at("2026-03-16 10:00")
    paced.do(contract, "receive-payment", amount="355710", method="transfer")
    said = paced.refused(contract, "sign", contract_no="1", handover_date="2027-06-30")
    assert said == "After 2026-03-14 the full list price must be paid before signing."
    paced.cron("2026-04-14 00:00")
    change = paced.child(sub, "presign")
    assert paced.refused(sub, "restore", new_deadline="2026-04-20", reason="-").startswith("Blocked by")
    paced.at("2026-04-14 10:00")
    paced.do(change, "submit", "sun")
    paced.do(change, "verified", cause="逾期")
    paced.do(change, "approve")
    assert paced.step(change) == "settlement"


def test_A6_forfeit_of_the_deposit_alone(paced: Rehearsal) -> None:
    paced.at("2026-03-07 11:00")
    sub = paced.briefed()
    paced.cron("2026-04-14 00:00")
    change = paced.child(sub, "presign")
    paced.at("2026-04-14 10:00")
    paced.do(change, "submit", "sun")
    paced.do(change, "verified", cause="逾期")
    paced.do(change, "approve")
    assert paced.refused(change, "settle", amount="20000") == "Settlement is 0."
    paced.do(change, "settle", amount="0")
    paced.do(change, "update-control")
    assert paced.unit("3-1-1502").state == "available"
    assert paced.step(sub) == "forfeited"
    assert paced.said(change, "re-forfeited")["amount"] == "20,000"


def test_A7_remedy(paced: Rehearsal) -> None:
    paced.at("2026-03-07 11:00")
    sub = paced.briefed()
    paced.cron("2026-03-20 10:00")
    said = paced.refused(sub, "restore", new_deadline="2026-04-05", reason="补救")
    assert said == "The new deadline must lie between 2026-03-20 and 2026-04-04."
    paced.do(sub, "restore", new_deadline="2026-04-04", reason="补救")
    paced.sign(sub, "zhao")
    deal = paced.deal(sub)
    assert (paced.step(sub), deal.deal_total, deal.loan) == ("awaiting-signing", 1_235_710_00, 860_000_00)
    assert paced.anchor(sub, "signing_deadline") == "2026-04-04"
    assert "forfeit-warning" not in paced.messages(sub)


def test_A8_extra_discount(paced: Rehearsal) -> None:
    paced.at("2026-03-07 11:00")
    sub = paced.briefed()
    ask = {"apply_at": "contract", "reason": "老客户", "leader": "赵宏"}
    assert (
        paced.refused(sub, "request-discount", percent="6", **ask)
        == "Extra discounts may not exceed 5% of the list price."
    )
    paced.do(sub, "request-discount", percent="3", **ask)
    extra = paced.child(sub, "discount")
    assert paced.refused(sub, "request-discount", percent="1", **ask) == "A request is still open."
    paced.at("2026-03-10 10:00")
    paced.do(extra, "leader-grants", certificate="签字单")
    paced.do(extra, "file-proof", proof="存档")
    assert paced.step(extra) == "granted"
    assert paced.refused(sub, "request-discount", percent="2.5", **ask).startswith("Extra discounts may not exceed")
    contract = paced.at_terms(sub, "2026-03-12 14:00")
    paced.do(contract, "no-objection")
    deal = paced.deal(sub)
    assert (deal.deal_total, deal.loan) == (1_198_639_00, 830_000_00)
    assert paced.step(extra) == "applied"
    assert paced.refused(contract, "receive-payment", amount="348640", method="cash") == "Only 348,639 is outstanding."
    paced.do(contract, "receive-payment", amount="348639", method="cash")
    assert paced.step(contract) == "signing"


def test_A11a_room_change(paced: Rehearsal) -> None:
    paced.at("2026-03-07 11:00")
    sub = paced.briefed()
    paced.at("2026-03-10 10:00")
    paced.do(sub, "request-change", kind="room-change", unit="3-1-1602", reason="换楼层")
    change = paced.child(sub, "presign")
    paced.do(change, "submit")
    paced.do(change, "verified", cause="客户要求")
    paced.do(change, "approve")
    assert paced.unit("3-1-1502").state == "available"
    assert paced.unit("3-1-1602").state == "subscribed"
    new = paced.child(sub, "replacement")
    assert (paced.step(new), paced.deal(new).deal_total) == ("drafting", 1_245_364_00)
    moved = [(r.direction, r.amount) for r in paced.rows(ReReceipt, kind="deposit", purchase_id=new)]
    assert moved == [("in", 20_000_00)]
    paced.do(change, "settle", amount="0")
    paced.do(change, "update-control")
    assert paced.step(sub) == "replaced"
    letter = {
        "buyers": "name=王伟 id=110101198805200012 marital=married",
        "home_count": "first",
        "pay_way": "mortgage",
        "loan": "870000",
        "years": "30",
    }
    paced.do(new, "submit-draft", **letter)
    paced.do(new, "customer-signs")
    paced.do(new, "approve-letter")
    assert paced.step(new) == "seal"
    paced.at("2026-03-11 10:00")
    paced.brief(new, notice_date="2026-03-11")
    assert paced.anchor(new, "signing_deadline") == "2026-03-18"
    paced.do(new, "request-change", kind="room-change", unit="3-1-1502", reason="再换")
    again = paced.child(new, "presign")
    paced.do(again, "submit")
    paced.do(again, "verified", cause="客户要求")
    paced.do(again, "approve")
    assert paced.waiting(again) == ["director"]


def test_A11b_refund_for_company_fault(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    sub = centre.briefed()
    centre.do(sub, "request-change", "lin", kind="refund", cause="company-fault", reason="证件有误")
    change = centre.child(sub, "presign")
    centre.do(change, "submit")
    centre.do(change, "verified", cause="公司原因")
    centre.do(change, "approve")
    centre.sign(change, "zhao")
    assert centre.tasks(change)["settle-change"] == ["03-23 00:00"]
    centre.do(change, "settle", amount="40000")
    centre.do(change, "update-control")
    assert centre.step(sub) == "refunded"
    assert centre.unit("3-1-1502").state == "available"


def test_A11c_rename_to_a_friend(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    sub = centre.briefed()
    centre.do(
        sub,
        "request-change",
        "lin",
        kind="rename",
        relation="other",
        reason="转让",
        buyers="name=李娜 id=110101199001010023",
    )
    change = centre.child(sub, "presign")
    centre.do(change, "submit")
    centre.do(change, "verified", cause="客户要求")
    centre.do(change, "approve")
    assert centre.waiting(change) == ["director"]
    centre.sign(change, "zhao")
    centre.do(change, "settle", amount="0")
    centre.do(change, "update-control")
    assert centre.step(sub) == "awaiting-signing"
    assert centre.anchor(sub, "signing_deadline") == "2026-03-14"
    assert centre.deal(sub).rename_count == 1


def test_A15_objection_at_the_deadline(paced: Rehearsal) -> None:
    paced.at("2026-03-07 11:00")
    sub = paced.briefed()
    contract = paced.at_terms(sub, "2026-03-14 15:00")
    paced.do(contract, "objection", clauses="第 9 条")
    paced.cron("2026-03-15 00:00")
    assert paced.step(sub) == "awaiting-signing"
    paced.at("2026-03-15 10:00")
    paced.do(contract, "signable", wording="补充说明")
    paced.at("2026-03-16 10:00")
    assert paced.waiting(contract) == ["contract-clerk", "finance", "director"]  # Chen signed by judging it signable
    paced.sign(contract, "wu", "qian", "zhao")
    assert paced.step(contract) == "first-payment"
    assert paced.anchor(sub, "signing_deadline") == "2026-03-17"
    paced.at("2026-03-17 10:00")
    paced.do(contract, "receive-payment", amount="355710", method="cash")
    paced.do(contract, "sign", contract_no="HT-9", handover_date="2027-06-30")
    assert paced.deal(contract).deal_total == 1_235_710_00


def test_A15_not_signable_without_fault(paced: Rehearsal) -> None:
    paced.at("2026-03-07 11:00")
    sub = paced.briefed()
    contract = paced.at_terms(sub, "2026-03-14 15:00")
    paced.do(contract, "objection", clauses="第 9 条")
    paced.at("2026-03-15 10:00")
    paced.do(contract, "not-signable", cause="no-fault")
    assert paced.step(contract) == "unsigned"
    change = paced.child(sub, "presign")
    paced.cron("2026-03-16 10:00")
    assert paced.step(sub) == "awaiting-signing"
    paced.do(change, "submit")
    paced.do(change, "verified", cause="条款")
    paced.do(change, "approve")
    paced.sign(change, "zhao")
    paced.do(change, "settle", amount="20000")
    paced.do(change, "update-control")
    assert paced.step(sub) == "refunded"
    assert paced.unit("3-1-1502").state == "available"
