"""Changes before signing with their money: forfeit, refund, room change, rename, way of paying. Source: 4.6 and 4.9."""

from __future__ import annotations

import pytest
from serviceflow.errors import Refused
from serviceflow_realestate.rehearsal import BUYER, Rehearsal
from serviceflow_realestate.tables import ReBuyer, ReReceipt

from tests.plugins.walks import remembered

FRIEND = "name=李娜 id=110101199001010023"


@remembered
def briefed(centre: Rehearsal, **letter: str) -> int:
    """Return a subscription that awaits signing since 2026-03-07."""
    centre.at("2026-03-07 11:00")
    return centre.briefed(**letter)


@remembered
def at_first_payment(centre: Rehearsal, sub: int, paid: str = "") -> int:
    """Return the contract of a subscription at its first payment, with something paid towards it."""
    contract = centre.at_terms(sub, "2026-03-12 14:00")
    centre.do(contract, "no-objection")
    if paid:
        centre.do(contract, "receive-payment", amount=paid, method="transfer")
    return contract


@remembered
def verified(centre: Rehearsal, sub: int, by: str = "lin", **ask: str) -> int:
    """Ask for a change and have it verified."""
    centre.do(sub, "request-change", by, reason="客户申请", **ask)
    return decided(centre, sub)


def decided(centre: Rehearsal, sub: int) -> int:
    """Have the open change of a subscription verified and approved by the manager."""
    change = centre.child(sub, "presign")
    centre.do(change, "submit")
    centre.do(change, "verified", cause="属实")
    centre.do(change, "approve")
    return change


def money(centre: Rehearsal, sub: int) -> list[tuple[str, str, int]]:
    """Return (direction, kind, yuan) of the receipts of a purchase."""
    return [(r.direction, r.kind, r.amount // 100) for r in centre.rows(ReReceipt, purchase_id=sub)]


def finished(centre: Rehearsal, change: int, amount: str) -> None:
    """Settle a change and bring the sales table up to date."""
    centre.do(change, "settle", amount=amount)
    centre.do(change, "update-control")


def test_a_forfeit_keeps_the_deposit_and_the_first_payment_goes_back(paced: Rehearsal) -> None:
    sub = briefed(paced)
    contract = at_first_payment(paced, sub, "300000")
    paced.cron("2026-04-14 00:00")
    paced.at("2026-04-14 10:00")
    change = decided(paced, sub)
    assert paced.refused(change, "settle", amount="300000") == "Settlement is 0."
    finished(paced, change, "0")
    assert (paced.step(sub), paced.step(contract)) == ("forfeited", "unsigned")
    assert paced.said(change, "re-forfeited")["amount"] == "20,000"
    assert paced.tasks(contract)["refund-first-payment"] == ["04-30 00:00"]
    assert paced.refused(contract, "pay-out", "qian", amount="299999") == "Settlement is 300,000."
    paced.do(contract, "pay-out", amount="300000", ref="TK-1")
    assert paced.tasks(contract, "done")["refund-first-payment"]
    assert money(paced, sub) == [("in", "deposit", 20_000), ("in", "price", 300_000), ("out", "refund", 300_000)]
    assert paced.refused(contract, "pay-out", "qian", amount="300000") == "Nothing is to be paid out."


def test_a_forfeit_of_a_part_of_the_deposit(centre: Rehearsal) -> None:
    centre.setting("forfeit_percent", "60")
    sub = briefed(centre)
    assert centre.refused(sub, "request-change", "lin", kind="forfeit", reason="-").startswith("Only the sales manager")
    change = verified(centre, sub, "chen", kind="forfeit")
    assert centre.refused(change, "settle", amount="12000") == "Settlement is 8,000."
    finished(centre, change, "8000")
    assert centre.step(sub) == "forfeited"
    assert centre.said(change, "re-forfeited")["amount"] == "12,000"
    assert money(centre, sub)[1:] == [("out", "refund", 8_000)]


@pytest.mark.parametrize(
    ("ask", "paid_out"),
    [
        pytest.param({"cause": "company-fault"}, {"refund": 20_000, "penalty": 20_000}, id="double for the company"),
        pytest.param({"cause": "no-fault"}, {"refund": 20_000}, id="all without fault"),
        pytest.param({"cause": "goodwill", "refund_percent": "50"}, {"refund": 10_000}, id="half as goodwill"),
        pytest.param({"cause": "goodwill", "refund_percent": "0"}, {}, id="nothing as goodwill"),
        pytest.param({"cause": "goodwill", "refund_percent": "33.33"}, {"refund": 6_666}, id="a third as goodwill"),
    ],
)
def test_a_refund_by_its_cause(centre: Rehearsal, ask: dict[str, str], paid_out: dict[str, int]) -> None:
    sub = briefed(centre)
    change = verified(centre, sub, kind="refund", **ask)
    centre.sign(change, "zhao")
    finished(centre, change, str(sum(paid_out.values())))
    assert {kind: amount for way, kind, amount in money(centre, sub) if way == "out"} == paid_out
    assert (centre.step(sub), centre.unit("3-1-1502").state) == ("refunded", "available")


def test_a_goodwill_percentage_lies_between_0_and_100(centre: Rehearsal) -> None:
    sub = briefed(centre)
    ask = {"kind": "refund", "cause": "goodwill", "reason": "-"}
    assert "refund_percent" in centre.refused(sub, "request-change", "lin", refund_percent="101", **ask)
    assert "refund_percent" in centre.refused(sub, "request-change", "lin", **ask)


def test_a_change_is_not_founded_rejected_or_withdrawn(paced: Rehearsal) -> None:
    sub = briefed(paced)
    ask = {"kind": "refund", "cause": "no-fault", "reason": "-"}
    paced.do(sub, "request-change", **ask)
    first = paced.child(sub, "presign")
    paced.do(first, "submit")
    paced.do(first, "not-founded", text="无此事")
    assert paced.step(first) == "rejected"
    paced.at("2026-03-14 10:00")
    paced.do(sub, "request-change", **ask)
    second = paced.child(sub, "presign")
    paced.do(second, "submit")
    paced.do(second, "verified", cause="-")
    paced.cron("2026-03-16 10:00")
    assert paced.step(sub) == "awaiting-signing"
    assert "opinion" in paced.refused(second, "reject", "chen")
    paced.do(second, "reject", opinion="不同意")
    assert paced.anchor(sub, "signing_deadline") == "2026-03-17"
    paced.do(sub, "request-change", **ask)
    third = paced.child(sub, "presign")
    paced.cron("2026-03-19 10:00")
    assert paced.step(sub) == "awaiting-signing"
    paced.do(third, "withdraw", reason="不退了")
    paced.cron("2026-03-19 10:00")
    assert (paced.step(sub), paced.anchor(sub, "signing_deadline")) == ("overdue", "2026-03-17")


def test_a_forfeit_is_withdrawn_by_the_manager_alone(centre: Rehearsal) -> None:
    sub = briefed(centre)
    centre.do(sub, "request-change", "chen", kind="forfeit", reason="书面放弃")
    change = centre.child(sub, "presign")
    assert centre.refused(change, "withdraw", "lin", reason="-") == "Only the sales manager may do this."
    centre.do(change, "withdraw", "chen", reason="客户反悔")
    assert centre.step(sub) == "awaiting-signing"


def test_a_room_change_moves_the_deposit_and_returns_what_was_paid_above_it(centre: Rehearsal) -> None:
    sub = briefed(centre)
    contract = at_first_payment(centre, sub, "100000")
    change = verified(centre, sub, kind="room-change", unit="3-1-1602")
    new = centre.child(sub, "replacement")
    assert money(centre, new) == [("in", "deposit", 20_000)]
    assert [b.name for b in centre.rows(ReBuyer, order_id=new)] == ["王伟"]
    said = centre.refused(new, "quit", "lin", reason="不买了")
    assert said == "The deposit was moved here; complete the letter, then ask for a refund."
    finished(centre, change, "0")
    assert (centre.step(sub), centre.step(contract)) == ("replaced", "unsigned")
    centre.do(contract, "pay-out", amount="100000")
    assert money(centre, sub) == [
        ("in", "deposit", 20_000),
        ("in", "price", 100_000),
        ("out", "deposit", 20_000),
        ("out", "refund", 100_000),
    ]


def test_a_room_change_from_overdue_is_at_the_list_price(paced: Rehearsal) -> None:
    sub = briefed(paced)
    paced.cron("2026-03-15 00:00")
    paced.at("2026-03-16 10:00")
    change = verified(paced, sub, kind="room-change", unit="3-1-1602", pay_way="mortgage")
    assert paced.waiting(change) == ["director"]
    paced.sign(change, "zhao")
    new = paced.child(sub, "replacement")
    deal = paced.deal(new)
    assert (deal.pay_way, deal.deal_total, deal.room_change_count) == ("lump", 1_270_650_00, 1)
    letter = {"buyers": BUYER, "home_count": "first"}
    said = paced.refused(new, "submit-draft", pay_way="mortgage", loan="860000", years="30", **letter)
    assert said == "After the signing deadline only a lump sum is possible."
    paced.do(new, "submit-draft", pay_way="lump", promo="1", **letter)
    assert paced.deal(new).deal_total == 1_270_650_00
    assert paced.step(new) == "customer-sign"


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        pytest.param("3-1-1502", "The new unit is the old one.", id="the same"),
        pytest.param("9-9-9999", "There is no unit 9-9-9999.", id="no such unit"),
        pytest.param("5-2-0801", "Unit 5-2-0801 is held by 周凯 until 2026-03-08 11:00.", id="held"),
    ],
)
def test_units_a_subscription_cannot_move_to(centre: Rehearsal, unit: str, said: str) -> None:
    sub = briefed(centre)
    centre.subscribed("5-2-0801", centre.customer("赵强", "13800000002"), by="zhou")
    centre.at("2026-03-07 12:00")
    assert centre.refused(sub, "request-change", "lin", kind="room-change", unit=unit, reason="-") == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"promo": "5"}, "A group discount comes from a group purchase.", id="a group's discount"),
        pytest.param({"transfer": "1"}, "A move between units is asked for as a change.", id="another's deposit"),
    ],
)
def test_what_only_another_order_brings_along(centre: Rehearsal, given: dict[str, str], said: str) -> None:
    briefed(centre)
    with pytest.raises(Refused, match=said):
        centre.open("re-subscription", centre.customer("赵强", "13800000002"), unit="3-1-1602", **given)


def test_a_deposit_does_not_move_to_a_unit_it_is_too_much_for(centre: Rehearsal) -> None:
    sub = briefed(centre, deposit_due="50000")
    said = centre.refused(sub, "request-change", "lin", kind="room-change", unit="P1-1-B117", reason="-")
    assert said == "A deposit may be at most 20% of the price (30,000)."


def test_a_unit_gone_meanwhile_stops_the_approval(centre: Rehearsal) -> None:
    sub = briefed(centre)
    centre.do(sub, "request-change", "lin", kind="room-change", unit="3-1-1602", reason="-")
    change = centre.child(sub, "presign")
    centre.do(change, "submit")
    centre.do(change, "verified", cause="-")
    centre.subscribed("3-1-1602", centre.customer("赵强", "13800000002"), by="zhou")
    centre.at("2026-03-07 13:00")
    assert centre.refused(change, "approve").startswith("Unit 3-1-1602 is held by 周凯")
    assert centre.unit("3-1-1502").state == "subscribed"


@pytest.mark.parametrize(
    ("relation", "signed_by"),
    [("spouse", []), ("parent", []), ("child", []), ("other", ["zhao"])],
)
def test_a_rename_is_signed_by_its_relation(centre: Rehearsal, relation: str, signed_by: list[str]) -> None:
    centre.setting("presign_rename_fee", "500")
    sub = briefed(centre)
    change = verified(centre, sub, kind="rename", buyers=FRIEND, relation=relation)
    assert len(centre.waiting(change)) == len(signed_by)
    centre.sign(change, *signed_by)
    assert centre.refused(change, "settle", amount="0") == "Settlement is 500."
    finished(centre, change, "500")
    assert [b.name for b in centre.rows(ReBuyer, order_id=sub)] == ["李娜"]
    assert money(centre, sub)[1:] == [("in", "fee", 500)]
    assert (centre.step(sub), centre.anchor(sub, "signing_deadline")) == ("awaiting-signing", "2026-03-14")
    ask = {"kind": "rename", "buyers": BUYER, "relation": "spouse", "reason": "-"}
    assert centre.refused(sub, "request-change", "lin", **ask) == "Already renamed 1 times."


def test_owners_are_added_and_removed_by_a_rename(centre: Rehearsal) -> None:
    sub = briefed(centre)
    both = "name=王伟 id=110101198805200012 marital=married share=60; name=李娜 id=110101199001010023 share={}"
    ask = {"kind": "rename", "relation": "spouse", "reason": "加名"}
    said = centre.refused(sub, "request-change", "lin", buyers=both.format(30), **ask)
    assert said == "Shares add up to 90%, not 100%."
    centre.do(sub, "request-change", buyers=both.format(40), **ask)
    finished(centre, decided(centre, sub), "0")
    assert [(b.role, b.share) for b in centre.rows(ReBuyer, order_id=sub)] == [("main", 6000), ("co1", 4000)]


@pytest.mark.parametrize("kind", ["rename", "payment-change"])
def test_what_is_not_changed_after_the_deadline(paced: Rehearsal, kind: str) -> None:
    sub = briefed(paced)
    paced.cron("2026-03-15 00:00")
    ask = {"buyers": FRIEND, "relation": "spouse"} if kind == "rename" else {"pay_way": "lump"}
    said = paced.refused(sub, "request-change", "lin", kind=kind, reason="-", **ask)
    assert said == "Not possible after the signing deadline."


@pytest.mark.parametrize(
    ("ask", "total", "loan", "first"),
    [
        pytest.param({"pay_way": "lump"}, 1_223_228, 0, 366_968, id="2 % for a lump sum, 30 % at signing"),
        pytest.param({"pay_way": "instalment"}, 1_248_192, 0, 374_458, id="nothing for instalments, 30 % at once"),
        pytest.param(
            {"pay_way": "mortgage", "loan": "500000", "years": "20"}, 1_235_710, 500_000, 735_710, id="another loan"
        ),
    ],
)
def test_another_way_of_paying(centre: Rehearsal, ask: dict[str, str], total: int, loan: int, first: int) -> None:
    sub = briefed(centre)
    finished(centre, verified(centre, sub, kind="payment-change", **ask), "0")
    deal = centre.deal(sub)
    assert (deal.pay_way, deal.deal_total, deal.loan) == (ask["pay_way"], total * 100, loan * 100)
    assert centre.anchor(sub, "signing_deadline") == "2026-03-14"
    contract = at_first_payment(centre, sub)
    said = centre.refused(contract, "receive-payment", amount=str(first), method="transfer")
    assert said == f"Only {first - 20_000:,} is outstanding."


def test_a_loan_asked_for_later_is_checked_as_in_the_letter(centre: Rehearsal) -> None:
    sub = briefed(centre, pay_way="lump", loan="", years="")
    ask = {"kind": "payment-change", "pay_way": "mortgage", "years": "30", "reason": "-"}
    assert centre.refused(sub, "request-change", "lin", loan="870000", **ask) == "Loan limit is 860,000."
    finished(centre, verified(centre, sub, kind="payment-change", pay_way="mortgage", loan="860000", years="30"), "0")
    assert centre.deal(sub).monthly == 4_564_25


def test_another_way_of_paying_is_not_below_the_floor(centre: Rehearsal) -> None:
    sub = briefed(centre)
    with centre.shop.write("floor") as tx:
        tx.change(centre.unit("3-1-1502"), floor_total=1_230_000_00)
    said = centre.refused(sub, "request-change", "lin", kind="payment-change", pay_way="lump", reason="-")
    assert said == "Below the floor price of the unit."


def test_a_dearer_way_of_paying_reopens_the_first_payment(centre: Rehearsal) -> None:
    sub = briefed(centre)
    contract = at_first_payment(centre, sub, "355710")
    assert centre.step(contract) == "signing"
    finished(centre, verified(centre, sub, kind="payment-change", pay_way="mortgage", loan="800000", years="30"), "0")
    assert centre.step(contract) == "first-payment"
    centre.do(contract, "receive-payment", amount="60000", method="transfer")
    assert centre.step(contract) == "signing"


def test_a_remedy_gives_the_loan_of_a_later_change_back(paced: Rehearsal) -> None:
    sub = briefed(paced, pay_way="lump", loan="", years="")
    finished(paced, verified(paced, sub, kind="payment-change", pay_way="mortgage", loan="500000", years="30"), "0")
    paced.cron("2026-03-16 10:00")
    assert (paced.step(sub), paced.deal(sub).loan) == ("overdue", 0)
    paced.do(sub, "restore", new_deadline="2026-03-25", reason="补救")
    paced.sign(sub, "zhao")
    deal = paced.deal(sub)
    assert (deal.pay_way, deal.deal_total, deal.loan) == ("mortgage", 1_235_710_00, 500_000_00)


def test_a_remedy_after_the_full_price_was_paid_gives_the_surplus_back(paced: Rehearsal) -> None:
    sub = briefed(paced)
    contract = at_first_payment(paced, sub)
    paced.cron("2026-03-16 10:00")
    paced.do(contract, "receive-payment", amount="1240800", method="transfer")
    assert paced.step(contract) == "signing"
    paced.do(sub, "restore", new_deadline="2026-03-25", reason="补救")
    paced.sign(sub, "zhao")
    paced.do(contract, "sign", contract_no="HT-1", handover_date="2027-06-30")
    assert paced.lines(contract) == [
        ("first", 375_710, "2026-03-16", "paid"),
        ("loan", 860_000, "2026-05-15", "open"),
    ]
    paced.do(contract, "pay-out", amount="885090")
    assert paced.tasks(contract, "done")["refund-surplus"]
