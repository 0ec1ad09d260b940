"""What the sale refuses, in the words of both languages, leaving everything as it was. Source: studio.md section 11."""

from __future__ import annotations

import pytest
from serviceflow.errors import Exit, FlowError
from serviceflow_studio.rehearsal import Rehearsal


def words(refusal: FlowError) -> tuple[str, str]:
    return refusal.sentence.to("en"), refusal.sentence.to("zh")


def refused_opening(studio: Rehearsal, customer: int, **fields: str) -> FlowError:
    with pytest.raises(FlowError) as refusal:
        studio.open(customer, **fields)
    return refusal.value


def test_same_phone_open_sale(studio: Rehearsal) -> None:
    first = studio.open(studio.customer("陈媛", "13800000001"))
    again = studio.customer("陈媛妈妈", "13800000001", allow_same=True)
    refusal = refused_opening(studio, again)
    assert words(refusal) == (
        "This phone already has an open case ST0001 in Reception; continue it.",
        "该电话已有进行中的订单ST0001。",
    )
    assert refusal.way_out is not None
    assert "--new" in refusal.way_out.to("en")
    assert studio.step(studio.open(again, new="yes")) == "reception"
    studio.do(first, "leave-no-contact", reason="只是看看")


def test_cards_that_do_not_count(studio: Rehearsal) -> None:
    owner = studio.booked(name="王", phone="13800000700")
    studio.do(owner, "give-pack", card_no="LC0007", explained="yes")
    friend = studio.customer("刘", "13800000720")
    assert words(refused_opening(studio, friend, card_no="LC9999")) == (
        "Card LC9999 does not exist.",
        "爱情卡LC9999不存在。",
    )
    same_phone = studio.customer("王太太", "13800000700", allow_same=True)
    assert words(refused_opening(studio, same_phone, card_no="LC0007", new="yes")) == (
        "Card LC0007 belongs to this customer.",
        "爱情卡LC0007属本人。",
    )
    refusal = studio.refused(owner, "give-pack", card_no="LC0007", explained="yes")
    assert words(refusal) == ("Card LC0007 is already issued.", "爱情卡LC0007已发出。")
    with studio.shop.write("card lost") as tx:
        tx.change(studio.card("LC0007"), state="lost")
    assert words(refused_opening(studio, friend, card_no="LC0007")) == ("Card LC0007 is lost.", "爱情卡LC0007已挂失。")


def test_a_referral_card_after_the_deposit(studio: Rehearsal) -> None:
    case = studio.booked()
    assert words(studio.refused(case, "note-card", "xiaomei", card_no="LC0007")) == (
        "A referral card must be shown before the deposit.",
        "介绍卡须在付定前出示。",
    )


def test_comparing_and_signing(studio: Rehearsal) -> None:
    case = studio.open(studio.customer("陈媛", "13800000001"), want="wedding")
    studio.do(case, "begin")
    both = ("Compare exactly two different active packages of the category.", "请只比较两个不同套系。")
    for a, b in (("W3999", "W3999"), ("W3999", "A1299"), ("W3999", "NONE")):
        assert words(studio.refused(case, "compare", package_a=a, package_b=b)) == both
    studio.do(case, "compare", package_a="W3999", package_b="W2999")
    plan = {"package": "W3999", "price": "3999", "terms_read": "yes", "customer_signed": "yes"}
    for unsigned in ({"terms_read": "no"}, {"customer_signed": "no"}):
        refusal = studio.refused(case, "sign-plan", **{**plan, **unsigned})
        assert refusal.ref == "studio.terms-signed"
        assert words(refusal) == ("The customer must have read the terms and signed.", "须读过条款并签字。")
    for price in ("0", "3999.01"):
        refusal = studio.refused(case, "sign-plan", **{**plan, "price": price})
        assert refusal.ref == "studio.price-range"
        assert refusal.exit_code == Exit.REFUSED
    assert words(studio.refused(case, "sign-plan", options="GOLD:1", **plan)) == (
        "Code GOLD does not exist or is no longer sold.",
        "价目GOLD不存在或已停售。",
    )


@pytest.mark.parametrize("amount", ["0", "3999.01", "12.345", "abc", "-5", ""])
def test_an_amount_that_is_no_deposit(studio: Rehearsal, amount: str) -> None:
    case = studio.at_payment()
    refusal = studio.refused(case, "take-deposit", amount=amount, method="cash", invoice_no="1")
    if amount:
        assert "Amount must be between 0.01 and the balance 3999.00." in refusal.sentence.to("en")
        assert "金额须在0.01与应收3999.00之间。" in refusal.sentence.to("zh")
    assert studio.payments(case) == []


def test_the_same_receipt_twice(studio: Rehearsal) -> None:
    studio.do(studio.at_payment(), "take-deposit", amount="800", method="cash", invoice_no="8841")
    other = studio.at_payment(name="许", phone="13800000003")
    refusal = studio.refused(other, "take-deposit", amount="800", method="cash", invoice_no="8841")
    assert words(refusal) == ("Receipt 8841 already exists.", "收据号重复(8841)。")


def test_leaving_without_a_contact(studio: Rehearsal) -> None:
    case = studio.open(studio.customer("路人"))
    assert words(studio.refused(case, "leave-undecided")) == (
        "A phone or WeChat is needed to follow up; otherwise use “left, no contact”.",
        "请留电话或微信;没有请用“未留联系方式”。",
    )
    studio.do(case, "leave-undecided", wechat="luren88")
    assert studio.step(case) == "undecided"


def test_leaving_in_the_future_is_not_possible(studio: Rehearsal) -> None:
    studio.at("2025-05-10 16:00")
    case = studio.open(studio.customer("周敏", "13900000005"))
    assert "in the future" in studio.refused(case, "leave-undecided", left_at="2025-05-10 16:01").sentence.to("en")


def test_somebody_elses_action(studio: Rehearsal) -> None:
    case = studio.at_payment()
    refusal = studio.refused(case, "take-deposit", "xiaomei", amount="800", method="cash", invoice_no="1")
    assert refusal.ref == "core.role"
    assert refusal.sentence.to("en") == "“Take deposit” is for Cashier."


def test_a_discount_waits_and_nothing_moves_meanwhile(studio: Rehearsal) -> None:
    studio.at("2025-03-01 14:00")
    case = studio.open(studio.customer("陈媛", "13800000001"), want="wedding")
    studio.do(case, "begin")
    studio.do(case, "compare", package_a="W3999", package_b="W2999")
    plan = {"package": "W3999", "terms_read": "yes", "customer_signed": "yes"}
    done = studio.do(case, "sign-plan", price="3599.10", **plan)
    assert done.pending is not None
    assert "主管" in done.pending.to("zh")
    refusal = studio.refused(case, "leave-undecided")
    assert refusal.ref == "core.pending-sign-off"
    studio.do(case, "technique", technique="gift")
    studio.sign(case, "zhu")
    assert (studio.step(case), studio.balance(case)) == ("payment", 359910)


def test_a_discount_above_ten_percent_is_the_managers(studio: Rehearsal) -> None:
    case = studio.open(studio.customer("陈媛", "13800000001"), want="wedding")
    studio.do(case, "begin")
    studio.do(case, "compare", package_a="W3999", package_b="W2999")
    studio.do(case, "sign-plan", price="3599.09", package="W3999", terms_read="yes", customer_signed="yes")
    with pytest.raises(FlowError):
        studio.sign(case, "zhu")
    studio.sign(case, "jing")
    assert studio.step(case) == "payment"


def test_the_supervisors_own_discount_counts_as_signed(studio: Rehearsal) -> None:
    case = studio.open(studio.customer("陈媛", "13800000001"), want="wedding")
    studio.do(case, "begin")
    studio.do(case, "compare", package_a="W3999", package_b="W2999")
    done = studio.do(case, "sign-plan", "zhu", price="3800", package="W3999", terms_read="yes", customer_signed="yes")
    assert done.pending is None
    assert studio.step(case) == "payment"


def test_an_undecided_discount_is_dropped_after_24_hours(studio: Rehearsal) -> None:
    studio.at("2025-03-01 14:00")
    case = studio.open(studio.customer("陈媛", "13800000001"), want="wedding")
    studio.do(case, "begin")
    studio.do(case, "compare", package_a="W3999", package_b="W2999")
    studio.do(case, "sign-plan", price="3800", package="W3999", terms_read="yes", customer_signed="yes")
    studio.at("2025-03-02 14:00:01")
    with pytest.raises(FlowError):
        studio.sign(case, "zhu")
    assert studio.step(case) == "closing"


def test_the_first_package_shown_should_be_the_signature_package(studio: Rehearsal) -> None:
    case = studio.open(studio.customer("陈媛", "13800000001"), want="wedding")
    studio.do(case, "begin")
    done = studio.do(case, "present", packages="W5999,W3999")
    assert [w.to("en") for w in done.notes.warnings] == ["Begin with the signature package, not with W5999."]
    assert studio.do(case, "present", packages="W5999").notes.warnings == []


def test_the_sheet_that_is_not_handed_in_is_told_to_the_supervisor_once(studio: Rehearsal) -> None:
    studio.at("2025-05-10 16:00")
    case = studio.open(studio.customer("周敏", "13900000005"))
    studio.do(case, "leave-undecided")
    studio.run("2025-05-10 16:30:00")
    assert "sheet-overdue" not in studio.tasks(case)
    studio.run("2025-05-10 16:30:01")
    studio.run("2025-05-10 18:00")
    assert studio.tasks(case)["sheet-overdue"] == ["05-10 16:30"]
    studio.do(case, "hand-sheet", objection="time", true_reason="婚期未定")
    assert studio.late(case, "hand-sheet") == 90


def test_calls_that_lead_on(studio: Rehearsal) -> None:
    studio.at("2025-05-10 16:00")
    case = studio.open(studio.customer("周敏", "13900000005"))
    studio.do(case, "leave-undecided")
    studio.do(case, "hand-sheet", objection="time", true_reason="婚期未定")
    studio.at("2025-05-10 17:10")
    refusal = studio.refused(case, "log-call", result="later")
    assert "next_at" in refusal.sentence.to("en")
    studio.do(case, "log-call", result="later", next_at="2025-05-11 11:00")
    assert studio.late(case, "log-call") == 10
    assert studio.tasks(case)["win-back-call"] == ["05-11 11:00"]
    studio.at("2025-05-11 11:00")
    studio.do(case, "log-call", result="will-return", return_date="2025-05-14")
    assert studio.tasks(case)["expect-return"] == ["05-14 10:00"]
    studio.do(case, "returns")
    assert studio.tasks(case) == {}


def test_nobody_answers_for_thirty_days(studio: Rehearsal) -> None:
    studio.at("2025-05-10 16:00")
    case = studio.open(studio.customer("周敏", "13900000005"))
    studio.do(case, "leave-undecided")
    studio.do(case, "hand-sheet", objection="time", true_reason="婚期未定")
    studio.run("2025-06-09 23:59:59")
    assert studio.step(case) == "not-closed"
    studio.run("2025-06-10 00:00")
    assert studio.step(case) == "lost"


def test_do_not_contact_keeps_marketing_away(studio: Rehearsal) -> None:
    studio.at("2025-05-10 16:00")
    case = studio.open(studio.customer("周敏", "13900000005"))
    studio.do(case, "leave-undecided")
    studio.do(case, "hand-sheet", objection="other", true_reason="反感电话")
    studio.do(case, "do-not-contact", reason="顾客要求")
    assert studio.step(case) == "lost"
    other = studio.open(studio.order(case).customer_id or 0)
    studio.do(other, "leave-undecided")
    studio.do(other, "hand-sheet", objection="other", true_reason="又来看看")
    assert studio.messages(other) == {}
    assert studio.message(other, "not-closed-sms").state == "suppressed"


def test_a_large_surprise_waits_for_the_supervisor(studio: Rehearsal) -> None:
    studio.at("2025-05-10 16:00")
    case = studio.open(studio.customer("周敏", "13900000005"))
    studio.do(case, "leave-undecided")
    studio.do(case, "hand-sheet", objection="price", true_reason="预算")
    studio.do(case, "log-call", result="refused")
    assert studio.do(case, "send-surprise", benefit="相框", amount_off="200.01").pending is not None
    studio.at("2025-05-11 10:00")
    studio.sign(case, "zhu")
    assert studio.offers(case) == {"surprise": ("open", "2025-06-10", 20001)}
    assert studio.messages(case) == {"surprise-letter": ["05-11 10:00"]}
