"""Figures of past periods, papers, monthly calls, digests. Source: manufacturing.md sections 6, 7, 9 and 10."""

from __future__ import annotations

from datetime import date

import pytest
from serviceflow.api import DocumentRow, MessageRow, TaskRow, printed
from serviceflow.store.tables import Contact, Customer, Order
from serviceflow_manufacturing.rehearsal import Rehearsal
from serviceflow_manufacturing.reports import Period, figures
from serviceflow_manufacturing.tables import (
    MfgContract,
    MfgExperience,
    MfgHandoverItem,
    MfgQuoteLine,
    MfgReceivable,
    MfgShipment,
)

from tests.plugins.walks import remembered

LINE = "product=JK-01 spec=M qty=10 unit_price=100"


def values(factory: Rehearsal, first: str, last: str, as_of: str | None = None) -> dict[str, str]:
    """Return the figures of a period by key, as the report of a day says."""
    with factory.shop.reading() as tx:
        period = Period(factory.shop, tx, date.fromisoformat(first), date.fromisoformat(last),
                        date.fromisoformat(as_of or last))  # fmt: skip
        return {f.key: f.value() for f in figures(period)}


@remembered
def signed(factory: Rehearsal, n: int, on: str, delivery: str = "2025-06-30") -> int:
    factory.at(f"{on} 09:00")
    order = factory.order_of(factory.customer(f"客户{n}"), LINE, delivery)
    factory.do(order, "submit-review")
    factory.pass_general(order)
    factory.do(order, "sign-contract", contract_no=f"HT-{n}", signed_on=on, customer_signer="x")
    return order


def ship(factory: Rehearsal, order: int, on: str) -> None:
    """Note that everything of an order left on a day, as a dispatch does."""
    with factory.shop.write("dispatch") as tx:
        tx.change(tx.need(MfgContract, order), shipped_on=date.fromisoformat(on))


def test_S17_review_rate(factory: Rehearsal) -> None:
    for n in range(19):
        signed(factory, n, "2025-06-10")
    factory.at("2025-06-11 09:00")
    order = factory.order_of(factory.customer("外联"), LINE, "2025-09-30")
    factory.do(order, "report-unreviewed", contract_no="HT-OUT-1", signed_on="2025-06-02")
    factory.do(order, "submit-review", "lin")
    factory.pass_general(order)
    assert factory.step(order) == "signed"
    found = values(factory, "2025-06-01", "2025-06-30")
    assert found["review-rate"] == "95.0"
    assert found["first-pass"] == "100.0"
    assert (found["review-mean-general"], found["review-mean-meeting"]) == ("0.0", "-")
    assert values(factory, "2025-07-01", "2025-07-31")["review-rate"] == "-"


def test_S17_fulfilment_and_punctuality(factory: Rehearsal) -> None:
    orders = [signed(factory, n, "2025-05-12") for n in range(8)]
    for n, order in enumerate(orders[:7]):
        ship(factory, order, "2025-06-30" if n < 6 else "2025-07-01")
    found = values(factory, "2025-06-01", "2025-06-30", "2025-07-10")
    assert (found["fulfilment"], found["on-time"], found["on-time-agreed"]) == ("87.5", "75.0", "75.0")
    before = values(factory, "2025-06-01", "2025-06-30", "2025-06-30")
    assert before["fulfilment"] == "75.0", "what was not shipped on the day of the report does not count"


@pytest.mark.parametrize(("cause", "due_in"), [("customer-material", "08"), ("capacity", "06")])
def test_a_delay_of_the_customers_making_moves_the_committed_date(factory: Rehearsal, cause: str, due_in: str) -> None:
    order = signed(factory, 1, "2025-03-10", "2025-06-27")
    factory.distribute(order, "K1")
    factory.do(order, "start-delay", cause=cause, reason="x", proposed_date="2025-08-05")
    delay = factory.child(order, "delay")
    factory.do(delay, "tell-delay", told="x", channel="phone", told_on="2025-03-10")
    factory.do(delay, "agree-date", new_date="2025-08-05", agreed_by="x", agreed_on="2025-03-10")
    ship(factory, order, "2025-08-05")
    found = values(factory, f"2025-{due_in}-01", f"2025-{due_in}-30", "2025-09-01")
    assert (found["on-time"], found["on-time-agreed"]) == ("100.0" if due_in == "08" else "0.0", "100.0")
    other = {"08": "06", "06": "08"}[due_in]
    assert values(factory, f"2025-{other}-01", f"2025-{other}-30", "2025-09-01")["on-time"] == "-"


@pytest.mark.parametrize(("signed_on", "share"), [("2025-08-29", "50.0"), ("2025-09-01", "0.0")])
def test_a_sample_that_became_an_order_in_time_counts(factory: Rehearsal, signed_on: str, share: str) -> None:
    factory.at("2025-03-03 09:00")
    enquiry = factory.open("mfg-enquiry", factory.customer("样品客"), lines="text=JK-01 qty=100")
    factory.do(enquiry, "ask-sample", kind="garment", deadline="2025-04-10")
    factory.do(enquiry, "ask-sample", kind="fabric", deadline="2025-04-10")
    given = {"kind": "garment", "text": "x", "deadline": "2025-04-10"}
    factory.open("mfg-sample", factory.customer("另一客"), by="du", **given)
    dropped = factory.open("mfg-sample", factory.customer("第三客"), by="du", **given)
    factory.do(dropped, "cancel-sample", "lin", reason="x", by="factory")
    factory.do(enquiry, "start-costing", mode="quick")
    assert factory.refused(enquiry, "quick-price", prices="line=1 price=50") == "override_reason"
    factory.do(enquiry, "quick-price", "wang", prices="line=1 price=50", reason="老价")
    factory.do(enquiry, "send-quote", channel="email", sent_on="2025-03-03")
    factory.do(enquiry, "accept-quote", accepted_on="2025-03-03", form="written")
    order = factory.child(enquiry, "contract")
    assert values(factory, "2025-03-01", "2025-03-31")["conversion"] == "0.0"
    factory.do(order, "edit-contract", packing="carton", quality_standard="GB", delivery_basis="dispatch",
               delivery_mode="truck", terms="balance:100@dispatch", dispute="court",
               delivery_date="2025-12-31")  # fmt: skip
    factory.conform(order)
    factory.at(f"{signed_on} 09:00")
    factory.do(order, "submit-review", "lin")
    factory.pass_general(order)
    factory.do(order, "sign-contract", contract_no="HT-1", signed_on=signed_on, customer_signer="x")
    found = values(factory, "2025-03-01", "2025-03-31", signed_on)
    assert (found["conversion"], found["hit-rate"], found["quote-lead-quick"]) == (share, "100.0", "0.0")


def test_every_paper_prints_in_both_languages(factory: Rehearsal) -> None:
    order = signed(factory, 1, "2025-03-10")
    factory.distribute(order, "K1")
    factory.do(order, "make-plan")
    factory.do(order, "set-material", code="FAB", origin="bought", per_piece="1.65")
    factory.do(order, "send-material-sheet")
    factory.do(order, "start-amendment", "lin", origin="customer", reason="追加")
    change = factory.child(order, "amendment")
    factory.do(change, "edit-change", lines="line_no=1 qty=12")
    factory.conform(change)
    factory.do(change, "submit-change", "lin")
    factory.pass_general(change)
    factory.do(change, "sign-change", signed_on="2025-03-10", customer_signer="x")
    factory.do(change, "pass-change", "hu", erp_no="K2")
    factory.do(order, "start-delay", cause="capacity", reason="检修", proposed_date="2025-08-05")
    factory.do(factory.child(order, "delay"), "tell-delay", told="x", channel="phone", told_on="2025-03-10")
    with factory.shop.write("print") as tx:
        rows = tx.all(DocumentRow)
        pages = {row.key: [printed(factory.shop, tx, row, spoken=code) for code in ("zh", "en")] for row in rows}
    assert {"review-sheet", "business-notice", "sales-order", "rough-plan", "material-sheet", "supplement",
            "change-notice", "delay-letter"} <= set(pages)  # fmt: skip
    assert "销售合同评审表" in pages["review-sheet"][0]
    assert "Sales contract review sheet" in pages["review-sheet"][1]
    assert "lines[1].qty: 10 -&gt; 12" in pages["change-notice"][1]
    assert "HT-1-S1" in pages["supplement"][0]
    numbers = {row.key: row.number for row in rows if row.number}
    assert numbers["review-sheet"] == "PS-2025-0002", "the amendment has a sheet of its own"
    assert numbers["sales-order"] == "SO-2025-0002"


def test_one_monthly_call_for_each_active_customer(factory: Rehearsal) -> None:
    active, quiet, silent = (signed(factory, n, "2025-03-10") for n in range(3))
    with factory.shop.write("dispatch") as tx:
        for n, (order, on) in enumerate(((active, "2024-07-01"), (quiet, "2024-06-30"), (silent, "2025-05-05"))):
            made = tx.add(Order(number=f"X{n}", seq=n, flow="mfg-shipment", flow_version=1, step="dispatched",
                                entered_at=tx.now, opened_at=tx.now, parent_id=order, link="shipment",
                                customer_id=tx.need(Order, order).customer_id))  # fmt: skip
            day = date.fromisoformat(on)
            tx.add(
                MfgShipment(order_id=made.id, parent_id=order, planned_on=day, dispatched_on=day, state="dispatched")
            )
        tx.change(tx.need(Customer, tx.need(Order, silent).customer_id), do_not_contact=True)
    factory.run("2025-07-01 10:00")
    factory.run("2025-07-01 12:00")
    calls = factory.rows(TaskRow, rule="manufacturing:monthly-call")
    assert [(c.customer_id, c.subject) for c in calls] == [(factory.order(active).customer_id, "2025-07")]
    assert calls[0].assignee_id == factory.ids["lin"]
    assert calls[0].due_at.strftime("%m-%d") == "07-10"
    factory.run("2025-07-02 10:00")
    assert len(factory.rows(TaskRow, rule="manufacturing:monthly-call")) == 1


def test_S7_the_digest_of_phone_orders(factory: Rehearsal) -> None:
    factory.at("2025-01-27 09:00")
    order = factory.open("mfg-order", factory.customer("顺丰"), form="phone", lines=LINE, delivery_date="2025-03-31",
                         packing="carton", quality_standard="GB")  # fmt: skip
    factory.conform(order)
    factory.do(order, "phone-record", "lin", caller="钱", called_at="2025-01-27 08:30", product="JK-01", spec="M",
               qty="100", price="120", packing="carton", quality="GB", delivery_date="2025-03-31")  # fmt: skip
    factory.do(order, "submit-review")
    factory.sign(order, "wang")
    for day in ("01-28", "02-01"):
        factory.run(f"2025-{day} 08:30")
    assert factory.rows(MessageRow, rule="manufacturing:digest-phone-orders") == []
    factory.run("2025-02-05 08:30")
    factory.run("2025-02-05 09:30")
    found = factory.rows(MessageRow, rule="manufacturing:digest-phone-orders")
    assert [m.staff_id for m in found] == [factory.ids["chen"]]
    assert "顺丰 1000.00" in found[0].body
    factory.run("2025-02-06 08:30")
    assert len(factory.rows(MessageRow, rule="manufacturing:digest-phone-orders")) == 1


def test_a_foreign_customer_is_written_to_in_english_by_email(factory: Rehearsal) -> None:
    factory.at("2025-03-03 09:00")
    nord = factory.customer("Nord GmbH", region="abroad")
    with factory.shop.write("contact") as tx:
        tx.add(Contact(customer_id=nord, kind="wechat", value="nord", shown="nord"))
    enquiry = factory.open("mfg-enquiry", nord, lines="text=Jacket qty=100")
    factory.do(enquiry, "need-data", "du", missing="drawing, size chart")
    message = factory.rows(MessageRow, order_id=enquiry)[0]
    assert (message.template, message.channel, message.language) == ("data-missing", "email", "en")
    home = factory.customer("宏达")
    with factory.shop.write("contact") as tx:
        tx.add(Contact(customer_id=home, kind="wechat", value="hd", shown="hd"))
    enquiry = factory.open("mfg-enquiry", home, lines="text=夹克 qty=100")
    factory.do(enquiry, "need-data", "du", missing="图纸")
    message = factory.rows(MessageRow, order_id=enquiry)[0]
    assert (message.channel, message.language) == ("wecom", "zh")


def test_a_step_over_its_limit_alerts_its_overseer_once(factory: Rehearsal) -> None:
    factory.at("2025-03-03 09:00")
    order = factory.order_of(factory.customer("恒远"), LINE, "2025-07-31")
    factory.run("2025-03-05 23:59:59")
    assert factory.due(order, "overdue") == []
    factory.run("2025-03-06 00:00")
    factory.run("2025-03-07 00:00")
    assert factory.for_role(order, "overdue") == {"sales-manager": "03-06"}
    factory.do(order, "submit-review", "lin")
    factory.run("2025-03-12 00:00")
    assert set(factory.for_role(order, "overdue")) == {"sales-manager", "marketing-mgmt"}


def test_a_report_as_of_an_earlier_day_knows_nothing_later(factory: Rehearsal) -> None:
    factory.at("2025-06-02 09:00")
    order = factory.order_of(factory.customer("宏达"), LINE, "2025-06-30", terms="deposit:30@sign, balance:70@dispatch")
    factory.at("2025-06-03 09:00")
    factory.do(order, "submit-review")
    factory.pass_general(order)
    factory.do(order, "sign-contract", contract_no="HT-1", signed_on="2025-06-03", customer_signer="x")
    deposit = factory.rows(MfgReceivable, order_id=order)[0]
    factory.at("2025-06-20 09:00")
    factory.do(order, "pay", receivable=str(deposit.id), amount="100", on="2025-06-20", receipt="R1")
    factory.do(order, "write-off", receivable=str(deposit.id), reason="老账")
    factory.sign(order, "chen")
    factory.distribute(order, "K1")
    factory.do(order, "start-delay", cause="capacity", reason="x", proposed_date="2025-07-04")
    delay = factory.child(order, "delay")
    factory.do(delay, "tell-delay", told="x", channel="phone", told_on="2025-06-20")
    factory.do(delay, "agree-date", new_date="2025-07-04", agreed_by="x", agreed_on="2025-06-20")
    ship(factory, order, "2025-07-04")
    days = {as_of: values(factory, "2025-06-01", "2025-06-30", as_of) for as_of in
            ("2025-06-02", "2025-06-10", "2025-06-20", "2025-07-04")}  # fmt: skip
    assert [found["ageing-1-30"] for found in days.values()] == ["0.00", "300.00", "0.00", "0.00"]
    assert [found["on-time-agreed"] for found in days.values()] == ["-", "0.0", "0.0", "100.0"]
    assert [found["on-time"] for found in days.values()] == ["-", "0.0", "0.0", "0.0"]


def test_a_phone_order_is_told_of_once_though_no_digest_went_out_for_days(factory: Rehearsal) -> None:
    factory.at("2025-03-03 09:00")
    order = factory.open("mfg-order", factory.customer("顺丰"), form="phone", lines=LINE, delivery_date="2025-03-31",
                         packing="carton", quality_standard="GB")  # fmt: skip
    factory.conform(order)
    factory.do(order, "phone-record", "lin", caller="钱", called_at="2025-03-03 08:30", product="JK-01", spec="M",
               qty="10", price="100", packing="carton", quality="GB", delivery_date="2025-03-31")  # fmt: skip
    factory.do(order, "submit-review")
    factory.sign(order, "wang")
    factory.run("2025-03-07 08:30")
    found = factory.rows(MessageRow, rule="manufacturing:digest-phone-orders")
    assert [message.staff_id for message in found] == [factory.ids["chen"]]
    record = factory.rows(DocumentRow, order_id=order, key="phone-record")
    assert [row.facts["signed_by"] for row in record] == ["", "王"]


def test_the_digest_of_what_is_late_names_orders_at_risk(factory: Rehearsal) -> None:
    order = signed(factory, 1, "2025-03-10", "2025-05-30")
    factory.distribute(order)
    factory.do(order, "make-plan")
    ticks = dict.fromkeys(("style", "sizes", "material", "packing", "delivery"), "yes")
    factory.do(order, "confirm-details", line_no="1", **ticks)
    factory.do(order, "start-follow-up")
    factory.run("2025-04-16 08:30")
    wang = {"rule": "manufacturing:digest-late", "staff_id": factory.ids["wang"]}
    assert "材料样确认：计划2025-04-14；预计2025-06-04" in factory.rows(MessageRow, **wang)[-1].body
    factory.do(order, "done-milestone", "du", key="material-ordered", done_on="2025-04-15")
    factory.do(order, "done-milestone", "du", key="material-sample-ok", done_on="2025-04-16")
    factory.run("2025-04-17 08:30")
    assert "MO2025-0001：最迟出货2025-05-30；预计2025-06-04" in factory.rows(MessageRow, **wang)[-1].body


def test_who_took_a_debt_over_calls_about_it(factory: Rehearsal) -> None:
    order = signed(factory, 1, "2025-03-10")
    with factory.shop.write("owe") as tx:
        tx.add(MfgReceivable(order_id=order, label="x", anchor="sign", amount=100, owed_on=date(2025, 3, 10),
                             due_on=date(2025, 3, 10)))  # fmt: skip
    handover = factory.open("mfg-handover", None, by="ke", staff="lin", last_day="2025-03-31")
    for item in factory.rows(MfgHandoverItem, order_id=handover):
        taker = "wang" if item.kind == "debts" else "li"
        factory.do(handover, "set-recipient", "ke", item=str(item.id), recipient=taker)
    factory.do(handover, "close-lists")
    for login in ("lin", "li", "wang", "ke"):
        factory.do(handover, "sign-item", login)
    factory.do(handover, "finish-handover")
    factory.run("2025-03-11 10:00")
    calls = factory.rows(TaskRow, rule="manufacturing:call-payment")
    assert [(call.assignee_id, call.order_id) for call in calls] == [(factory.ids["wang"], order)]
    assert factory.order(order).owner_id == factory.ids["li"]


def test_a_quick_quotation_abroad_is_divided_by_its_rate(factory: Rehearsal) -> None:
    factory.at("2025-03-03 09:00")
    with factory.shop.write("experience") as tx:
        tx.add(MfgExperience(category="jacket", quick_price=1_200_000))
    enquiry = factory.open("mfg-enquiry", factory.customer("Nord GmbH", region="abroad", grade="new"),
                           lines="text=Jacket category=jacket qty=1000")  # fmt: skip
    factory.do(enquiry, "start-costing", mode="quick")
    assert factory.refused(enquiry, "quick-price", "wang", currency="USD") == "rate_missing"
    factory.do(enquiry, "quick-price", "wang", currency="USD", rate="7.18")
    assert factory.rows(MfgQuoteLine)[0].unit_price == 175_500, "120 x 1.00 x 1.05 / 7.18 = 17.5487"
