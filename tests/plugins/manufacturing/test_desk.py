"""Quotations, samples, shipments, money, entries, complaints, hand-overs. Source: manufacturing.md 4, 5, 10."""

from __future__ import annotations

import pytest
from serviceflow.engine.staff import deactivate
from serviceflow.errors import Refused
from serviceflow_manufacturing.flows import accounts, quotes
from serviceflow_manufacturing.rehearsal import Rehearsal
from serviceflow_manufacturing.tables import (
    MfgContract,
    MfgError,
    MfgHandoverItem,
    MfgQuote,
    MfgReceivable,
    MfgSample,
    MfgShipment,
)

from tests.plugins.walks import remembered

COSTS = (
    "line=1 text=fabric consumption=1.65 waste=3 price=28.50; line=1 text=lining consumption=1.20 waste=3 price=9.80;"
    "line=1 text=zipper consumption=1 waste=2 price=3.20; line=1 text=buttons consumption=4 waste=2 price=0.35;"
    "line=1 text=thread consumption=1 price=0.90; line=1 kind=labour price=32.00; line=1 kind=freight price=1.50"
)


# -- quotations ------------------------------------------------------------------------------------------------


@remembered
def costed(factory: Rehearsal, needed_on: str = "2025-04-25") -> int:
    """Return the enquiry of S1, costed and approved."""
    factory.at("2025-03-03 09:00")
    order = factory.open("mfg-enquiry", factory.customer("恒远"), lines="text=Jacket category=jacket qty=1200",
                         needed_on=needed_on)  # fmt: skip
    factory.do(order, "start-costing", mode="precise")
    assert factory.refused(order, "submit-quote") == "quote_incomplete"
    assert factory.refused(order, "quick-price") == "not_quick"
    assert factory.refused(order, "calc-quote", costs=COSTS, currency="USD") == "rate_missing"
    factory.do(order, "calc-quote", costs=COSTS, currency="CNY")
    return order


@remembered
def quoted(factory: Rehearsal) -> int:
    order = costed(factory)
    factory.do(order, "submit-quote", "du")
    assert factory.refused(order, "approve-quote", "wang", decision="approve") == "not_your_slot"
    assert factory.refused(order, "approve-quote", "chen", decision="reject", opinion="贵") == "opinion_short"
    factory.do(order, "approve-quote", "chen", decision="approve")
    factory.do(order, "send-quote", channel="email", sent_on="2025-03-03")
    return order


@pytest.mark.parametrize(
    ("needed_on", "k", "price"),
    [("2025-04-25", 10_500, 1_359_600), ("2025-05-08", 10_000, 1_294_800), ("2025-05-07", 10_500, 1_359_600)],
)
def test_S1_quotation_to_the_cent(factory: Rehearsal, needed_on: str, k: int, price: int) -> None:
    order = costed(factory, needed_on)
    assert factory.rows(MfgQuote, order_id=order)[0].coefficients["k_urgency"] == k
    found = factory.look(order, lambda case: quotes.lines(case, quotes.need(case)))
    assert found[0].unit_price == price
    if k == 10_500:
        assert factory.look(order, lambda case: quotes.total(case, quotes.need(case))) == 16_315_200


def test_S2_accepted_on_the_last_day(factory: Rehearsal) -> None:
    order = quoted(factory)
    quote = factory.rows(MfgQuote, order_id=order)[0]
    assert (quote.no, quote.valid_until.isoformat()) == ("BJ-2025-0001", "2025-04-02")
    assert factory.due(order, "follow-quote") == ["03-06"]
    assert factory.messages(order)["quote-expiring"] == ["03-28 10:00"]
    factory.at("2025-04-02 23:30")
    factory.do(order, "accept-quote", accepted_on="2025-04-02", form="written")
    assert factory.step(order) == "won"
    contract = factory.child(order, "contract")
    assert factory.step(contract) == "requirements"
    assert factory.row(MfgContract, contract).amount_cny == 16_315_200
    assert "quote-expiring" not in factory.messages(order, state="planned")


def test_S2_a_quotation_runs_out(factory: Rehearsal) -> None:
    order = quoted(factory)
    factory.run("2025-04-02 23:59:59")
    assert factory.step(order) == "quoted"
    factory.run("2025-04-03 00:00")
    assert factory.step(order) == "quote-expired"
    assert factory.due(order, "revive-quote") == ["04-07"]
    assert factory.refused(order, "accept-quote", accepted_on="2025-04-02", form="written") == "quote_expired"
    factory.run("2025-06-02 23:59:59")
    assert factory.step(order) == "quote-expired"
    factory.run("2025-06-03 00:00")
    assert (factory.step(order), factory.order(order).outcome) == ("lost", "no-answer")


# -- samples ---------------------------------------------------------------------------------------------------


def test_S15_garment_sample(factory: Rehearsal) -> None:
    factory.at("2025-04-25 09:00")
    order = factory.open("mfg-sample", factory.customer("恒远"), by="du", kind="garment", text="夹克样",
                         deadline="2025-05-13", transit_d="3")  # fmt: skip
    assert factory.anchor(order, "send_by") == "2025-05-09"
    assert factory.refused(order, "notice-sample", planned_on="2025-05-10") == "not_workday"
    assert factory.refused(order, "notice-sample", planned_on="2025-05-12") == "plan_after_deadline"
    factory.do(order, "notice-sample", planned_on="2025-05-08")
    assert factory.due(order, "urge-sample") == ["05-07"]
    factory.at("2025-05-08 15:00")
    factory.do(order, "finish-sample", finished_on="2025-05-08")
    assert factory.due(order, "send-sample") == ["05-09"]
    factory.at("2025-05-09 15:00")
    factory.do(order, "send-sample", sent_on="2025-05-09", carrier="SF")
    assert factory.due(order, "sample-late") == []
    assert factory.due(order, "urge-comment") == ["05-16"]
    assert factory.messages(order)["comment-reminder"] == ["05-19 10:00"]
    factory.at("2025-05-15 10:00")
    factory.do(order, "comment", comment_on="2025-05-15", decision="revise", text="领子改小")
    assert factory.step(order) == "requested"
    assert factory.row(MfgSample, order).round == 2
    assert factory.due(order, "pass-comment") == ["05-15"]
    assert factory.due(order, "urge-comment") == []
    assert "comment-reminder" not in factory.messages(order)


def test_a_swatch_needs_its_processor(factory: Rehearsal) -> None:
    factory.at("2025-04-25 09:00")
    order = factory.open("mfg-swatch", factory.customer("恒远"), by="du", kind="fabric", text="面料小样",
                         deadline="2025-05-13")  # fmt: skip
    assert factory.refused(order, "notice-sample", planned_on="2025-05-08") == "processor_missing"
    factory.do(order, "notice-sample", planned_on="2025-05-08", processor="华纺")
    assert factory.refused(order, "finish-sample", "sun", finished_on="2025-04-25") == "core.role"


# -- shipments and money ---------------------------------------------------------------------------------------


@remembered
def s13(factory: Rehearsal, contract_no: str = "HT-13") -> int:
    """Return the contract of S13 in production."""
    factory.at("2025-03-10 09:00")
    line = "product=JK-01 spec=M qty=1000 unit_price=100 tolerance_percent=3"
    order = factory.order_of(factory.customer("宏达"), line, "2025-06-30",
                             terms="deposit:30@sign, balance:70@dispatch+30")  # fmt: skip
    factory.do(order, "submit-review")
    factory.pass_general(order)
    factory.do(order, "sign-contract", contract_no=contract_no, signed_on="2025-03-10", customer_signer="马总")
    factory.distribute(order, f"K-{contract_no}")
    factory.do(order, "make-plan")
    ticks = dict.fromkeys(("style", "sizes", "material", "packing", "delivery"), "yes")
    factory.do(order, "confirm-details", line_no="1", **ticks)
    factory.do(order, "start-follow-up")
    return order


@remembered
def first_shipment(factory: Rehearsal, order: int) -> int:
    """Return the first shipment of S13, checked; the deposit is unpaid."""
    factory.at("2025-05-19 09:00")
    factory.do(order, "new-shipment", lines="line_no=1 qty=400", planned_on="2025-05-20")
    shipment = factory.child(order, "shipment")
    factory.do(shipment, "set-doc", kind="delivery-note", no="D1", date="2025-05-19")
    assert factory.refused(shipment, "hand-to-check", packages="20") == "docs_missing"
    factory.do(shipment, "set-doc", kind="quality-certificate", no="Q1", date="2025-05-19")
    factory.do(shipment, "hand-to-check", "qin", packages="20")
    ticks = dict.fromkeys(("lines", "qty", "consignee", "address", "marks"), "yes")
    assert factory.refused(shipment, "check-ok", "qin", **ticks) == "same_person"
    factory.give_role("bai", "warehouse")
    assert factory.refused(shipment, "check-ok", "bai", lines="yes") == "check_incomplete"
    factory.do(shipment, "check-ok", "bai", **ticks)
    return shipment


@remembered
def shipped_out(factory: Rehearsal) -> tuple[int, int]:
    """Return the order of S13 and its completing shipment, dispatched."""
    order = s13(factory)
    shipment = first_shipment(factory, order)
    factory.at("2025-05-20 10:00")
    way = {"dispatched_on": "2025-05-20", "carrier": "德邦", "waybill": "W1"}
    assert factory.refused(shipment, "dispatch", **way) == "deposit_unpaid"
    factory.do(shipment, "release-unpaid", "wang", reason="老客户")
    assert factory.sign_refused(shipment, "chen") == "stage_open"
    factory.sign(shipment, "gao")
    factory.sign(shipment, "chen")
    factory.do(shipment, "dispatch", **way)
    assert factory.receivables(order)[-1] == ("balance", 2_800_000, 0, "2025-06-19", "open")
    assert factory.refused(shipment, "release-unpaid", "wang", reason="x") == "core.not-offered"

    factory.at("2025-06-03 09:00")
    assert factory.refused(order, "new-shipment", lines="line_no=1 qty=631", planned_on="2025-06-03") == "over_quantity"
    factory.do(order, "new-shipment", lines="line_no=1 qty=630", planned_on="2025-06-03")
    second = factory.child(order, "shipment")
    factory.do(second, "edit-shipment", "qin", lines="line_no=1 qty=569")
    for kind in ("delivery-note", "quality-certificate"):
        factory.do(second, "set-doc", kind=kind, no=f"{kind}2", date="2025-06-03")
    factory.do(second, "hand-to-check", "qin", packages="30")
    ticks = dict.fromkeys(("lines", "qty", "consignee", "address", "marks"), "yes")
    factory.do(second, "check-ok", "bai", **ticks)
    factory.do(order, "pay", receivable=str(deposit(factory, order)), amount="30000", on="2025-06-03", receipt="R1")
    way = {"dispatched_on": "2025-06-03", "carrier": "德邦", "waybill": "W2", "last": "yes"}
    assert factory.refused(second, "dispatch", **way) == "short_shipment"
    factory.do(second, "papers-returned", kind="delivery-note", text="数量改")
    factory.do(second, "edit-shipment", "qin", lines="line_no=1 qty=585")
    factory.do(second, "set-doc", kind="delivery-note", no="D3", date="2025-06-03")
    factory.do(second, "hand-to-check", "qin", packages="30")
    factory.do(second, "check-ok", "bai", **ticks)
    factory.do(second, "dispatch", **way)
    return order, second


def deposit(factory: Rehearsal, order: int) -> int:
    return next(r.id for r in factory.rows(MfgReceivable, order_id=order) if r.anchor == "sign")


def test_S13_shipment_two_persons_money(factory: Rehearsal) -> None:
    order, second = shipped_out(factory)
    assert factory.step(order) == "shipped"
    assert factory.receivables(order)[-1] == ("balance", 4_050_000, 0, "2025-07-03", "open")
    factory.at("2025-06-06 10:00")
    factory.do(second, "confirm-delivery", delivered_on="2025-06-06", receiver="小马")
    assert factory.due(second, "first-call-back") == ["06-13"]
    assert factory.messages(second)["survey"] == ["06-21 10:00"]
    assert factory.refused(order, "close-order") == "shipment_open"
    first = next(r.shipment_id for r in factory.rows(MfgReceivable, order_id=order) if r.amount == 2_800_000)
    factory.do(first, "confirm-delivery", delivered_on="2025-06-06", receiver="小马")
    assert factory.refused(order, "close-order") == "money_open"


def test_the_last_payment_closes_the_order(factory: Rehearsal) -> None:
    order, second = shipped_out(factory)
    factory.at("2025-06-06 10:00")
    factory.do(second, "confirm-delivery", delivered_on="2025-06-06", receiver="小马")
    first = next(r.shipment_id for r in factory.rows(MfgReceivable, order_id=order) if r.amount == 2_800_000)
    factory.do(first, "confirm-delivery", delivered_on="2025-06-06", receiver="小马")
    for n, row in enumerate(factory.rows(MfgReceivable, order_id=order)):
        if row.state == "open":
            amount = f"{(row.amount - row.paid) / 100:.2f}"
            factory.do(order, "pay", receivable=str(row.id), amount=amount, on="2025-06-06", receipt=f"P{n}")
    assert factory.step(order) == "fulfilled"


def test_money_before_dispatch_and_on_delivery(factory: Rehearsal) -> None:
    factory.at("2025-03-10 09:00")
    line = "product=JK-01 spec=M qty=10 unit_price=100"
    order = factory.order_of(factory.customer("宏达"), line, "2025-06-30", other_charges="50",
                             terms="a:30@sign, b:40@before-dispatch, c:30@delivery+10")  # fmt: skip
    factory.do(order, "submit-review")
    factory.pass_general(order)
    factory.do(order, "sign-contract", contract_no="HT-1", signed_on="2025-03-10", customer_signer="x")
    factory.distribute(order)
    factory.do(order, "make-plan")
    ticks = dict.fromkeys(("style", "sizes", "material", "packing", "delivery"), "yes")
    factory.do(order, "confirm-details", line_no="1", **ticks)
    factory.do(order, "start-follow-up")
    factory.give_role("bai", "warehouse")
    ready = []
    for qty in (6, 4):
        factory.do(order, "new-shipment", lines=f"line_no=1 qty={qty}", planned_on="2025-03-10")
        ready.append(factory.child(order, "shipment"))
        for kind in ("delivery-note", "quality-certificate"):
            factory.do(ready[-1], "set-doc", kind=kind, no=kind, date="2025-03-10")
        factory.do(ready[-1], "hand-to-check", "qin", packages="1")
        factory.do(ready[-1], "check-ok", "bai", lines="yes", qty="yes", consignee="yes", address="yes", marks="yes")
    assert [r[:2] for r in factory.receivables(order)] == [("a", 31_500), ("b", 26_000), ("b", 18_000)]
    way = {"dispatched_on": "2025-03-10", "carrier": "SF", "waybill": "W"}
    for n, shipment in enumerate(ready):
        assert factory.refused(shipment, "dispatch", **way) == "deposit_unpaid"
        for row in factory.rows(MfgReceivable, order_id=order):
            if row.state == "open" and row.shipment_id in (None, shipment):
                amount = f"{row.amount / 100:.2f}"
                factory.do(order, "pay", receivable=str(row.id), amount=amount, on="2025-03-10", receipt=f"P{row.id}")
        factory.do(shipment, "dispatch", **way)
        assert len([r for r in factory.receivables(order) if r[0] == "b"]) == 2, "the second owes no charges any more"
        factory.at(f"2025-03-1{n + 2} 09:00")
        factory.do(shipment, "confirm-delivery", delivered_on=f"2025-03-1{n + 2}", receiver="x")
    owed = [(label, amount, due) for label, amount, _, due, state in factory.receivables(order) if state == "open"]
    assert owed == [("c", 19_500, "2025-03-22"), ("c", 12_000, "2025-03-23")]
    assert sum(r[1] for r in factory.receivables(order)) == 105_000


def test_goods_that_come_back_are_owed_no_longer(factory: Rehearsal) -> None:
    order, second = shipped_out(factory)
    factory.at("2025-06-10 10:00")
    factory.do(second, "goods-returned", reason="唛头错", returned_on="2025-06-10")
    assert (factory.step(second), factory.step(order)) == ("preparing", "ready")
    assert [r[1] for r in factory.receivables(order)] == [3_000_000, 2_800_000]
    assert factory.look(order, accounts.shipped) == {1: 400}
    assert factory.due(order, "new-shipment") == ["06-11"]


def test_S14_dunning(factory: Rehearsal) -> None:
    order, _ = shipped_out(factory)
    for row in factory.rows(MfgReceivable, order_id=order):
        if row.amount == 2_800_000:
            factory.do(order, "pay", receivable=str(row.id), amount="28000", on="2025-06-03", receipt="R2")
    owed = next(r for r in factory.rows(MfgReceivable, order_id=order) if r.amount == 4_050_000)
    for day in ("06-29", "06-30", "07-01", "07-03", "07-04", "07-05"):
        factory.run(f"2025-{day} 10:00")
    assert factory.messages(order)["pay-soon"] == ["06-30 10:00"]
    assert factory.due(order, "call-payment") == ["07-04"]
    factory.at("2025-07-08 10:00")
    assert factory.refused(order, "pay", receivable=str(owed.id), amount="40500.01", on="2025-07-08", receipt="R3") == (
        "overpaid"
    )
    assert factory.refused(order, "pay", receivable=str(owed.id), amount="1", on="2025-07-08", receipt="R1") == (
        "receipt_used"
    )
    factory.do(order, "pay", receivable=str(owed.id), amount="20000", on="2025-07-08", receipt="R3")
    factory.run("2025-07-10 10:00")
    assert factory.messages(order)["dun-1"] == ["07-10 10:00"]
    factory.run("2025-08-02 10:00")
    found = factory.messages(order)
    assert found["dun-3"] == ["08-02 10:00"]
    assert "dun-2" not in found
    assert factory.for_role(order, "dunning-5") == {"finance": "08-04", "marketing-gm": "08-04"}
    factory.at("2025-08-05 10:00")
    other = s13_again(factory)
    assert factory.refused(other, "dispatch", dispatched_on="2025-08-05", carrier="x", waybill="y") == "credit_blocked"
    factory.do(order, "promise", receivable=str(owed.id), on="2025-08-20")
    factory.run("2025-08-20 10:00")
    assert factory.due(order, "call-payment") == []
    factory.run("2025-08-21 10:00")
    assert factory.due(order, "call-payment") == ["08-21"]
    factory.run("2025-09-01 10:00")
    assert factory.for_role(order, "dunning-6") == {"company-gm": "09-01"}


def s13_again(factory: Rehearsal) -> int:
    """Return a checked shipment of another contract of the customer of S13, nothing due before dispatch."""
    customer = factory.order(1).customer_id
    order = factory.order_of(customer, "product=JK-01 spec=M qty=10 unit_price=100", "2025-10-31")
    factory.do(order, "submit-review")
    factory.pass_general(order)
    factory.do(order, "sign-contract", contract_no="HT-14", signed_on="2025-08-05", customer_signer="马总")
    factory.distribute(order, "K-14")
    factory.do(order, "make-plan", template="stock")
    ticks = dict.fromkeys(("style", "sizes", "material", "packing", "delivery"), "yes")
    factory.do(order, "confirm-details", line_no="1", **ticks)
    factory.do(order, "start-follow-up")
    factory.do(order, "new-shipment", lines="line_no=1 qty=10", planned_on="2025-08-05")
    shipment = factory.child(order, "shipment")
    for kind in ("delivery-note", "quality-certificate"):
        factory.do(shipment, "set-doc", kind=kind, no=kind, date="2025-08-05")
    factory.do(shipment, "hand-to-check", "qin", packages="1")
    ticks = dict.fromkeys(("lines", "qty", "consignee", "address", "marks"), "yes")
    factory.do(shipment, "check-ok", "bai", **ticks)
    return shipment


# -- entries ---------------------------------------------------------------------------------------------------


def entered(factory: Rehearsal, ref: str, received: str = "", **more: str) -> int:
    return factory.open(
        "mfg-entry", factory.customer(f"散客{ref}"), by="lu", source_ref=ref, received_at=received,
        lines="product=JK-01 qty=5 price=100", consignee="王芳", phone="13800000001", address="某路 2 号",
        cod_amount="500", **more,
    )  # fmt: skip


@pytest.mark.parametrize(("received", "day"), [("2025-10-10 15:00:00", "10-10"), ("2025-10-10 15:00:01", "10-11")])
def test_S16_dispatch_day(factory: Rehearsal, received: str, day: str) -> None:
    factory.at(received)
    order = entered(factory, "T1")
    assert factory.anchor(order, "dispatch_day") == f"2025-{day}"
    assert factory.due(order, "entry-ok") == [day]


@pytest.mark.parametrize(("sent", "due"), [("2025-10-10 16:00", "10-17"), ("2025-09-30 16:00", "10-09")])
def test_S16_remittance(factory: Rehearsal, sent: str, due: str) -> None:
    factory.at(sent)
    order = entered(factory, "T1", sent)
    assert factory.refused(order, "entry-ok", "lu") == "core.role"
    factory.do(order, "entry-ok", "fu")
    factory.do(order, "send-out", carrier="SF", waybill="1")
    assert factory.due(order, "remit") == [due]
    assert factory.refused(order, "remit", amount="500.01", on=sent[:10]) == "over_remit"
    factory.do(order, "remit", amount="480", on=sent[:10])
    assert factory.step(order) == "entry-dispatched"
    assert len(factory.due(order, "chase-carrier")) == 1
    assert factory.refused(order, "refused-by-customer", reason="x", returned_on=sent[:10]) == "already_remitted"
    factory.do(order, "remit", amount="20", on=sent[:10])
    assert factory.step(order) == "remitted"


def test_entries_have_strict_limits(factory: Rehearsal) -> None:
    factory.at("2025-10-10 10:00")
    entered(factory, "T1", "2025-10-10 09:00")
    for refusal, more in (("duplicate_source", {}), ("cod_mismatch", {"source_ref": "T2", "cod_amount": "499"}),
                          ("entry_not_allowed", {"source_ref": "T3",
                                                 "lines": "product=OLD-9 qty=5 price=100"})):  # fmt: skip
        given = {"source_ref": "T1", "received_at": "2025-10-10 09:30", "lines": "product=JK-01 qty=5 price=100",
                 "consignee": "王芳", "phone": "13800000001", "address": "x", "cod_amount": "500", **more}  # fmt: skip
        with pytest.raises(Refused) as no:
            factory.open("mfg-entry", factory.customer(f"客{refusal}"), by="lu", **given)
        assert no.value.ref == f"mfg.{refusal}"


def test_a_corrected_entry_is_checked_by_another(factory: Rehearsal) -> None:
    factory.at("2025-10-10 10:00")
    order = entered(factory, "T1", "2025-10-10 09:00")
    factory.do(order, "entry-wrong", "fu", kind="wrong", text="地址错", address="新路 3 号")
    assert [(e.kind, e.cost) for e in factory.rows(MfgError, order_id=order)] == [("wrong", 0)]
    assert factory.refused(order, "entry-ok", "fu") == "same_person"
    factory.give_role("lu", "entry-checker")
    factory.do(order, "entry-ok", "lu")
    factory.do(order, "send-out", carrier="SF", waybill="1")
    factory.do(order, "error-found", "fu", kind="missing", person="lu", cost="30", replacement="yes")
    assert factory.refused(order, "void-entry", reason="x") == "core.not-offered"
    again = [o for o in (order + 1,) if factory.order(o).flow == "mfg-entry"]
    assert factory.anchor(again[0], "dispatch_day") == "2025-10-10"


# -- complaints ------------------------------------------------------------------------------------------------


def test_a_credit_is_signed_and_lowers_what_is_owed(factory: Rehearsal) -> None:
    order, _ = shipped_out(factory)
    number = factory.order(order).number
    owed = next(r for r in factory.rows(MfgReceivable, order_id=order) if r.amount == 4_050_000)
    customer = factory.order(order).customer_id
    complaint = factory.open("mfg-complaint", customer, by="ke", order=number, kind="quality", text="色差",
                             disputed=str(owed.id))  # fmt: skip
    assert factory.rows(MfgReceivable, id=owed.id)[0].disputed is True
    factory.run("2025-07-10 10:00")
    assert "dun-1" not in factory.messages(order)
    factory.do(complaint, "pass-complaint", department="quality")
    assert factory.refused(complaint, "report-cause", "qin", cause="x", measure="y", remedy="explain") == "core.role"
    for amount, signer, wrong in (("5000.00", "wang", "chen"), ("5000.01", "chen", "wang")):
        done = factory.do(
            complaint, "report-cause", "tie", cause="染色", measure="换厂", remedy="credit", amount=amount
        )
        assert done.pending is not None
        assert factory.sign_refused(complaint, wrong) == "not_your_slot"
        if amount == "5000.00":
            factory.sign(complaint, signer, approve=False, opinion="再核实一次")
        else:
            factory.sign(complaint, signer)
    assert factory.step(complaint) == "answering"
    factory.do(complaint, "answer-accepted", accepted_on="2025-07-10")
    first = next(r for r in factory.rows(MfgReceivable, order_id=order) if r.due_on.isoformat() == "2025-06-19")
    assert first.amount == 2_800_000 - 500_001
    assert factory.rows(MfgReceivable, id=owed.id)[0].disputed is False


def test_a_replacement_owes_nothing_and_counts_for_nothing(factory: Rehearsal) -> None:
    order, _ = shipped_out(factory)
    complaint = factory.open("mfg-complaint", factory.order(order).customer_id, by="ke",
                             order=factory.order(order).number, kind="quantity", text="少 5 件")  # fmt: skip
    factory.do(complaint, "pass-complaint", department="warehouse")
    factory.do(complaint, "report-cause", "qin", cause="漏装", measure="复核", remedy="replace")
    assert factory.refused(complaint, "answer-accepted", accepted_on="2025-06-03") == "replacement_missing"
    before = factory.receivables(order)
    factory.do(complaint, "replace", lines="line_no=1 qty=5", planned_on="2025-06-04")
    shipment = factory.child(order, "shipment")
    assert factory.row(MfgShipment, shipment).kind == "replacement"
    factory.do(complaint, "answer-accepted", accepted_on="2025-06-03")
    assert factory.receivables(order) == before
    assert factory.look(order, accounts.shipped) == {1: 985}
    assert factory.refused(order, "close-order") == "shipment_open"


# -- hand-over -------------------------------------------------------------------------------------------------


def test_S18_hand_over(factory: Rehearsal) -> None:
    order, _ = shipped_out(factory)
    factory.at("2025-09-25 09:00")
    handover = factory.open("mfg-handover", None, by="ke", staff="lin", last_day="2025-10-31")
    assert factory.due(handover, "close-lists") == ["09-29"]
    found = factory.rows(MfgHandoverItem, order_id=handover)
    refs = [item.ref.partition(":")[0] for item in found]
    assert (refs.count("order"), refs.count("customer"), refs.count("receivable")) == (3, 1, 2)
    assert factory.refused(handover, "close-lists") == "recipient_missing"
    assert factory.refused(handover, "set-recipient", item=str(found[0].id), recipient="lin") == "recipient_is_giver"
    for item in found:
        factory.do(handover, "set-recipient", item=str(item.id), recipient="li")
    factory.do(handover, "close-lists")
    factory.give_role("wang", "manager")
    factory.staff("wang")
    with pytest.raises(Refused) as no:
        deactivate(factory.shop, "lin", to="li")
    assert "hand over first" in no.value.sentence.to("en")
    assert factory.refused(handover, "sign-item", "qin") == "handover_party"
    factory.do(handover, "sign-item", "lin")
    factory.do(handover, "sign-item", "li")
    assert factory.refused(handover, "finish-handover") == "unsigned_items"
    factory.do(handover, "sign-item", "ke")
    factory.do(handover, "finish-handover")
    assert factory.order(order).owner_id == factory.ids["li"]
    factory.staff("wang")
    deactivate(factory.shop, "lin", to="li")
    factory.do(handover, "report-omission", "ke", kind="documents", text="样品册", recipient="li")
    assert factory.for_role(handover, "omission") == {"hr": "09-25"}
