"""The sale, exact to the minute and the fen. Source: studio.md sections 4.2 and 10."""

from __future__ import annotations

from serviceflow_studio.rehearsal import Rehearsal


def test_A1_from_reception_to_the_deposit(studio: Rehearsal) -> None:
    studio.at("2025-03-01 14:00")
    couple = studio.customer("陈媛/李征", "13800000001", address="花园路 1 号")
    case = studio.open(couple, want="wedding", budget="4000", bride="陈媛:13800000001", groom="李征:13800000002")
    studio.do(case, "begin")
    studio.do(case, "compare", package_a="W3999", package_b="W2999")
    studio.do(case, "sign-plan", package="W3999", price="3999.00", terms_read="yes", customer_signed="yes")
    studio.at("2025-03-01 15:10:00")
    refusal = studio.refused(case, "take-deposit", amount="799.00", method="wechat", invoice_no="8841")
    assert refusal.ref == "studio.min-deposit"
    assert refusal.sentence.to("en") == "The deposit is at least 800.00."
    assert refusal.sentence.to("zh") == "定金至少800.00元。"
    studio.do(case, "take-deposit", amount="800.00", method="wechat", invoice_no="8841")
    assert studio.step(case) == "booked"
    assert studio.balance(case) == 319900
    assert studio.order(case).outcome == "booked"
    assert studio.messages(case) == {"booked-sms": ["03-01 15:10"], "thanks-letter": ["03-02 10:00"]}
    assert studio.tasks(case) == {
        "give-pack": ["03-01 15:40"],
        "build-file": ["03-02 18:00"],
        "urge": ["03-06 18:00", "03-11 18:00"],
    }
    assert studio.text(case, "booked-sms", "en") == (
        "陈媛/李征, order ST0001 is confirmed, 800.00 received. "
        "Please fix your shoot date with 小美 at least 7 days ahead."
    )


def test_A5_not_closed_won_back(studio: Rehearsal) -> None:
    studio.at("2025-05-10 15:20")
    case = studio.open(studio.customer("周敏", "13900000005", address="长乐路 5 号"))
    studio.do(case, "begin", category="wedding", budget="3000")
    studio.at("2025-05-10 16:00")
    studio.do(case, "leave-undecided", customer_remark="再比较")
    assert studio.order(case).outcome == "not-closed"
    assert studio.tasks(case) == {"hand-sheet": ["05-10 16:30"], "win-back-call": ["05-10 17:00"]}
    studio.at("2025-05-10 16:25")
    studio.do(case, "hand-sheet", objection="price", true_reason="预算不够")
    assert studio.step(case) == "not-closed"
    assert studio.late(case, "hand-sheet") == 0
    assert studio.messages(case) == {"not-closed-sms": ["05-10 16:25"]}
    assert studio.tasks(case) == {"win-back-call": ["05-10 17:00"], "surprise": ["05-13 18:00"]}
    refusal = studio.refused(case, "send-surprise", benefit="相框一个")
    assert refusal.ref == "studio.called-first"
    assert refusal.sentence.to("en") == "Call the customer at least once before the surprise offer."
    assert refusal.sentence.to("zh") == "寄惊喜通知前请先电话联系。"
    studio.at("2025-05-10 16:50")
    studio.do(case, "log-call", result="refused")
    assert studio.late(case, "log-call") == 0
    assert studio.tasks(case) == {"surprise": ["05-13 18:00"]}
    studio.at("2025-05-12 14:00")
    studio.do(case, "send-surprise", benefit="相框一个", amount_off="200.00")
    assert studio.step(case) == "surprise-sent"
    assert studio.late(case, "send-surprise") == 0
    assert studio.messages(case) == {"surprise-letter": ["05-12 14:00"]}
    assert studio.text(case, "surprise-letter") == (
        "周敏:为您留了一份专属心意:相框一个。2025-06-11前持此信到店即可使用。"
    )
    assert studio.tasks(case) == {}
    studio.at("2025-06-11 20:00")
    studio.do(case, "returns")
    assert studio.step(case) == "closing"
    assert studio.messages(case) == {}
    studio.do(
        case, "sign-plan", package="W2999", price="2999.00", terms_read="yes", customer_signed="yes", letter_shown="yes"
    )
    assert studio.balance(case) == 279900
    assert studio.offer(case, "surprise") == "used"
    refusal = studio.refused(case, "take-deposit", amount="559.99", method="cash", invoice_no="1")
    assert refusal.sentence.to("en") == "The deposit is at least 560.00."
    studio.do(case, "take-deposit", amount="560.00", method="cash", invoice_no="1")
    assert studio.step(case) == "booked"


def test_A5_had_she_not_come(studio: Rehearsal) -> None:
    case = surprised(studio)
    studio.run("2025-06-11 23:59:59")
    assert (studio.step(case), studio.offer(case, "surprise")) == ("surprise-sent", "open")
    studio.run("2025-06-12 00:00")
    assert (studio.step(case), studio.offer(case, "surprise")) == ("lost", "expired")
    assert studio.tasks(case) == {}
    assert studio.messages(case) == {}


def surprised(studio: Rehearsal) -> int:
    """Return a case that was sent a surprise offer of 200.00 on 2025-05-12, valid until 2025-06-11."""
    studio.at("2025-05-10 16:00")
    case = studio.open(studio.customer("周敏", "13900000005"))
    studio.do(case, "leave-undecided")
    studio.do(case, "hand-sheet", objection="price", true_reason="预算不够")
    studio.at("2025-05-10 16:50")
    studio.do(case, "log-call", result="refused")
    studio.at("2025-05-12 14:00")
    studio.do(case, "send-surprise", benefit="相框一个", amount_off="200.00")
    return case


def test_the_offer_of_a_plan_that_is_chosen_again_is_open_again(studio: Rehearsal) -> None:
    case = surprised(studio)
    studio.do(case, "returns")
    plan = {"package": "W2999", "price": "2999.00", "terms_read": "yes", "customer_signed": "yes"}
    studio.do(case, "sign-plan", letter_shown="yes", **plan)
    studio.do(case, "back-to-closing", reason="想换套系")
    assert (studio.offer(case, "surprise"), studio.balance(case)) == ("open", 0)
    studio.do(case, "sign-plan", letter_shown="yes", options="ENL24:2", **plan)
    assert studio.balance(case) == 299900 - 20000 + 96000
    studio.do(case, "leave-undecided")
    assert studio.offer(case, "surprise") == "open"
    studio.run("2025-06-13 00:00")
    assert studio.offer(case, "surprise") == "expired"


def test_A7_urging_until_the_better_plan(studio: Rehearsal) -> None:
    studio.at("2025-01-01 12:00")
    case = studio.at_payment("W5999", "5999.00")
    assert studio.refused(case, "take-deposit", amount="1199.80", method="cash", invoice_no="1").sentence.to("en") == (
        "The deposit is at least 1200.00."
    )
    studio.do(case, "take-deposit", amount="1200", method="cash", invoice_no="1")
    studio.do(case, "give-pack", card_no="LC0101", explained="yes")
    studio.run("2025-01-11 23:59:59")
    assert studio.step(case) == "booked"
    studio.run("2025-01-12 00:00")
    assert studio.step(case) == "urging"
    assert studio.tasks(case)["urge-call"] == ["01-12 18:00"]
    studio.at("2025-01-12 11:00")
    studio.do(case, "offer", kind="shoot-15")
    assert studio.offers(case) == {"shoot-15": ("open", "2025-01-27", 10000)}
    assert studio.messages(case)["urge-shoot-15"] == ["01-12 11:00"]
    studio.run("2025-01-28 00:00")
    assert studio.offer(case, "shoot-15") == "expired"
    studio.run("2025-03-02 23:59:59")
    assert studio.offer(case, "best") is None
    studio.run("2025-03-03 00:00")
    assert studio.offers(case)["best"] == ("open", "2025-04-02", 30000)
    assert studio.messages(case)["best-offer-letter"] == ["03-03 10:00"]
    assert studio.tasks(case)["best-offer-call"] == ["03-03 18:00"]


def test_A7_nothing_is_sent_once_the_balance_was_paid(studio: Rehearsal) -> None:
    studio.at("2025-01-01 12:00")
    case = studio.booked("W5999", "5999.00", "1200")
    studio.do(case, "pay", amount="4799", method="card")
    studio.run("2025-03-03 00:00")
    assert studio.offers(case) == {}
    assert "best-offer-letter" not in studio.messages(case)


def test_A13_cancel(studio: Rehearsal) -> None:
    studio.at("2025-03-01 15:00")
    case = studio.booked()
    refusal = studio.refused(case, "cancel-case", reason="移居外地", refund="900.00", method="cash")
    assert refusal.sentence.to("en") == "Refund at most 800.00."
    assert refusal.sentence.to("zh") == "最多可退800.00元。"
    done = studio.do(case, "cancel-case", reason="移居外地", refund="500.00", method="cash")
    assert done.pending is not None
    assert studio.step(case) == "booked"
    studio.sign(case, "jing")
    assert studio.step(case) == "booked"
    studio.at("2025-03-01 16:00")
    studio.sign(case, "cai")
    assert (studio.step(case), studio.order(case).outcome) == ("cancelled", "cancelled")
    assert studio.payments(case) == [("deposit", 80000), ("refund", 50000)]
    assert studio.tasks(case) == {}
    assert studio.messages(case) == {}
