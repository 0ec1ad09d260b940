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
