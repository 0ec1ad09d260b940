"""Bad input and conflicts: the sentence, and the way out or none. Source: realestate.md section 11."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from serviceflow.errors import FlowError
from serviceflow_realestate import inventory, stock
from serviceflow_realestate.rehearsal import BUYER, Rehearsal
from serviceflow_realestate.tables import ReProject

Deed = Callable[[], Any]
SOME = "…"
"""Some way out, named by the facts of the case."""


def refusal(deed: Deed) -> tuple[str, str]:
    """Return the English sentence and way out of something that must be refused."""
    with pytest.raises(FlowError) as caught:
        deed()
    way = caught.value.way_out
    assert caught.value.sentence.to("zh") != caught.value.sentence.to("en") or not way
    return caught.value.sentence.to("en"), way.to("en") if way is not None else ""


def check(cases: list[tuple[Deed, str, str]]) -> None:
    """Fail unless each is refused in these words, with a way out that begins so; ``""``: there is none."""
    wrong = []
    for deed, said, way in cases:
        found = refusal(deed)
        fits = bool(found[1]) if way == SOME else found[1].startswith(way) and bool(way) == bool(found[1])
        if not found[0].startswith(said) or not fits:
            wrong.append((said, way, found))
    assert wrong == []


def subscribe(centre: Rehearsal, customer: int, unit: str, by: str = "zhou") -> Deed:
    return lambda: centre.open("re-subscription", customer, by, unit=unit)


def in_stock(centre: Rehearsal, by: str, what: Callable[[Any, Any], Any]) -> Deed:
    """Return something done with the stock by somebody."""

    def deed() -> None:
        centre.staff(by)
        with centre.shop.write("stock") as tx:
            what(tx, inventory)

    return deed


def test_units(centre: Rehearsal) -> None:
    centre.at("2026-03-07 10:00")
    zhao = centre.customer("赵强", "13800000002")
    held = centre.subscribed("3-1-1602", zhao)
    centre.deposited("3-1-1502")
    with centre.shop.write("unit") as tx:
        project = tx.all(ReProject)[0]
        inventory.add_unit(centre.shop, tx, project, building="9", entrance="1", floor=1, room="01", gross_area=8000,
                           unit_price=1_000_000)  # fmt: skip
    centre.at("2026-03-07 10:30")
    li = centre.customer("李娜", "13800000003")
    free = "flow re units --state available"

    def plain_hold(unit: str, by: str) -> Deed:
        return in_stock(centre, by, lambda tx, inv: stock.plain_hold(centre.shop, tx, inv.unit_named(tx, unit), li))

    check([
        (subscribe(centre, li, "3-1-1602"), "Unit 3-1-1602 is held by 林静 until 2026-03-08 10:00", free),
        (subscribe(centre, li, "3-1-1502"), "Unit 3-1-1502 is subscribed", free),
        (subscribe(centre, li, "9-1-0101"), "Unit 9-1-0101 is not released", free),
        (subscribe(centre, li, "7-7-7777"), "There is no unit 7-7-7777", "flow re units"),
        (plain_hold("3-1-1602", "zhou"), "Unit 3-1-1602 is held by 林静", free),
        (in_stock(centre, "chen", lambda tx, inv: inv.set_state(tx, inv.unit_named(tx, "3-1-1502"), "titled")),
         "subscribed → titled is not allowed", "flow re unit show 3-1-1502"),
        (in_stock(centre, "chen", lambda tx, inv: inv.set_price(
            tx, inv.unit_named(tx, "3-1-1502"), 1, unit_fen=100, reason="-", staff_id=None, at=tx.now)),
         "The price of a subscribed unit is fixed", "flow re unit show 3-1-1502"),
    ])  # fmt: skip
    assert "赵强" not in refusal(subscribe(centre, li, "3-1-1602"))[0]  # the other customer is never named
    in_stock(centre, "zhou", lambda tx, inv: stock.plain_hold(centre.shop, tx, inv.unit_named(tx, "5-2-0801"), li))()
    with centre.shop.write("unit") as tx:
        inventory.release(centre.shop, tx, inventory.unit_named(tx, "9-1-0101"), tx.now)
    plain_hold("9-1-0101", "zhou")()
    check([(plain_hold("P1-1-B117", "zhou"), "You already hold 2 units; release one first", "flow re hold")])
    centre.at("2026-03-08 10:00")
    assert centre.refused(held, "confirm-control").startswith("The hold expired at 2026-03-08 10:00")


def test_the_letter_and_its_money(centre: Rehearsal) -> None:
    centre.at("2026-03-07 10:00")
    sub = centre.subscribed()
    centre.do(sub, "confirm-control")

    def draft(**letter: str) -> Deed:
        given = {"buyers": BUYER, "home_count": "first", "pay_way": "mortgage", "loan": "860000", "years": "30"}
        return lambda: centre.do(sub, "submit-draft", **{**given, **letter})

    twice = "name=甲 id=110101198805200012 share=50; name=乙 id=110101198805200012 share=50"
    check([
        (draft(loan="870000"), "Loan limit is 860,000", SOME),
        (draft(loan="855000"), "Loans are multiples of 10,000", SOME),
        (draft(years="31"), "At most 30 years", SOME),
        (draft(buyers="name=甲 id=1 id_type=passport born=1980-01-01"), "Age 46 + 30 years exceeds 70", SOME),
        (draft(buyers=f"{BUYER}; name=乙 id=X1 id_type=passport share=40"),
         "Shares add up to 140%, not 100%", SOME),
        (draft(buyers="name=甲 id=110101198805200013"), "ID number of 甲 is not valid", SOME),
        (draft(buyers=twice), "乙 is entered twice", SOME),
        (draft(deposit_due="250000"), "A deposit may be at most 20% of the price (247,142)", SOME),
    ])  # fmt: skip
    draft()()
    centre.do(sub, "customer-signs")
    centre.do(sub, "approve-letter")

    def deposit(**more: str) -> Deed:
        return lambda: centre.do(sub, "receive-deposit", **{"amount": "20000", "method": "transfer", **more})

    money = "amount: Amount must be positive with at most 2 decimals"
    check([
        (deposit(amount="19999"), "Deposit due is 20,000, entered 19,999", SOME),
        *((deposit(amount=bad), money, SOME) for bad in ("0", "-5", "1.234", "NaN")),
        (deposit(paid_on="2026-03-08"), "paid_on: 2026-03-08 is in the future", SOME),
        (lambda: centre.do(sub, "receive-deposit", "lin", amount="20000", method="cash"),
         "“Receive deposit” is for Finance", "Ask one of them"),
    ])  # fmt: skip
    deposit(ref="LS1")()
    centre.brief(sub)
    contract = centre.at_terms(sub, "2026-03-12 14:00")
    centre.do(contract, "no-objection")
    pay = {"method": "transfer"}
    check([
        (lambda: centre.do(contract, "receive-payment", amount="355711", **pay), "Only 355,710 is outstanding", SOME),
        (lambda: centre.do(contract, "receive-payment", amount="1", ref="LS1", **pay),
         "Reference LS1 was already booked on RE-RECEIPT-CHW-202603-0001", "flow re ledger"),
        (lambda: centre.do(sub, "request-delay", reason="-", requested_date="2026-03-13"),
         "2026-03-13 is before the", SOME),
    ])  # fmt: skip
    centre.do(contract, "receive-payment", amount="1", paid_on="2026-03-01", **pay)
    assert centre.waiting(contract) == ["sales-manager"]


def test_signing_after_the_deadline(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    sub = centre.briefed()
    contract = centre.at_terms(sub, "2026-03-14 14:00")
    centre.do(contract, "no-objection")
    centre.do(contract, "receive-payment", amount="355710", method="transfer")
    centre.at("2026-03-15 09:00")
    said, way = refusal(lambda: centre.do(contract, "sign", contract_no="HT-1", handover_date="2027-06-30"))
    assert said
    assert way


def test_sign_offs_and_blocking_orders(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    sub = centre.briefed()
    centre.at("2026-03-13 10:00")
    centre.do(sub, "request-delay", reason="-", requested_date="2026-03-25")
    delay = centre.order(centre.child(sub, "delay"))
    blocked = f"Blocked by Delayed signing {delay.number} until it is finished"
    check([
        (lambda: centre.do(sub, "book-signing", at="2026-03-14 10:00"), blocked, f"flow do {delay.number}"),
    ])  # fmt: skip
    centre.do(delay.id or 0, "withdraw", reason="-")
    centre.do(sub, "request-discount", percent="2", apply_at="contract", reason="-", leader="赵宏")
    discount = centre.child(sub, "discount")
    check(
        [
            (
                lambda: centre.do(discount, "leader-grants", "lin", certificate="-"),
                "“Grant” is for Director",
                "Ask one of them",
            )
        ]
    )


def test_the_rota(centre: Rehearsal) -> None:
    centre.at("2026-03-02 08:30")
    centre.rota("sign_in", "lin")
    check([
        (lambda: centre.rota("sign_in", "lin"), "林静 is signed in since 08:30", "flow re rota show"),
        (lambda: centre.rota("ready", "zhou"), "周凯 has not signed in", "flow re rota in"),
        (lambda: centre.rota("take", "lin"), "No visitor waits for 林静", "flow re rota show"),
    ])  # fmt: skip
    centre.open("re-lead", centre.customer("甲", "13800000021"), "sun", start="visit-in")
    centre.at("2026-03-02 08:34")
    check([(lambda: centre.rota("take", "lin"), "The visitor was passed to the waiting list", "flow re rota show")])
    centre.rota("close")
    check([(lambda: centre.rota("sign_in", "zhou"), "The rota of 2026-03-02 is closed", "flow re rota show")])


def test_two_desks_never_get_the_same_agent(centre: Rehearsal) -> None:
    centre.at("2026-03-02 08:30")
    for login in ("lin", "zhou"):
        centre.rota("sign_in", login)
    for n in (1, 2):
        centre.open("re-lead", centre.customer(f"客{n}", f"1380000004{n}"), "sun", start="visit-in")
    assert centre.turns() == {"lin": (1, "receiving"), "zhou": (1, "receiving")}


def test_one_customer_of_two_agents(centre: Rehearsal) -> None:
    """The first valid row of a register wins; the manager may reassign with a reason."""
    centre.at("2026-03-02 09:00")
    who = centre.customer("陈静", "13800000051", owner="lin")
    lead = centre.open("re-lead", who, "lin", start="log-call", heard_from="网络")
    said = centre.do(lead, "call-again", "zhou", heard_from="网络").notes.warnings
    assert [w.to("en") for w in said] == ["Customer belongs to 林静 until 2026-04-01"]
    assert centre.order(lead).owner_id == centre.customer_row(who).owner_id == centre.ids["lin"]
    check(
        [
            (
                lambda: centre.do(lead, "reassign", "zhou", owner="zhou", reason="-"),
                "“Reassign” is for Sales manager",
                "Ask one of them",
            )
        ]
    )
    centre.do(lead, "reassign", "chen", owner="zhou", reason="客户要求")
    cadence = centre.rows_of_flow("re-nurture")[0]
    owners = {centre.order(lead).owner_id, centre.order(cadence).owner_id, centre.customer_row(who).owner_id}
    assert owners == {centre.ids["zhou"]}


@pytest.mark.parametrize("state", ["held", "subscribed"])
def test_a_unit_that_somebody_has_is_not_released_or_withdrawn_by_hand(centre: Rehearsal, state: str) -> None:
    centre.at("2026-03-07 10:00")
    if state == "held":
        centre.subscribed()
    else:
        centre.deposited()

    def to(wanted: str) -> Deed:
        return in_stock(centre, "chen", lambda tx, inv: inv.by_hand(tx, inv.unit_named(tx, "3-1-1502"), wanted, tx.now))

    check([
        (to("available"), f"{state} → available is not allowed", "flow re unit show 3-1-1502"),
        (to("withdrawn"), f"{state} → withdrawn is not allowed", "flow re unit show 3-1-1502"),
    ])  # fmt: skip
