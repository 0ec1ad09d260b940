"""Refusals by their ids: nothing is stored, the text names what is wrong. Source: manufacturing.md section 11."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from serviceflow.engine.act import Offer, offers
from serviceflow.errors import FlowError
from serviceflow.store.tables import DocumentRow
from serviceflow_manufacturing import desk
from serviceflow_manufacturing.flows import execution
from serviceflow_manufacturing.rehearsal import Rehearsal
from serviceflow_manufacturing.tables import MfgChange, MfgContract, MfgReceivable, MfgReview

from tests.plugins.walks import remembered

LINE = "product=JK-01 spec=M qty=100 unit_price=100"
TICKS = dict.fromkeys(("style", "sizes", "material", "packing", "delivery"), "yes")


@remembered
def drafted(factory: Rehearsal, lines: str = LINE, *, region: str = "mainland", **more: str) -> int:
    factory.at("2025-06-10 09:00")
    return factory.order_of(factory.customer("客户", region=region), lines, "2025-12-31", **more)


@remembered
def reviewed(factory: Rehearsal) -> int:
    order = drafted(factory)
    factory.do(order, "submit-review", "lin")
    factory.pass_general(order)
    return order


@remembered
def signed(factory: Rehearsal) -> int:
    order = reviewed(factory)
    factory.do(order, "sign-contract", contract_no="HT-1", signed_on="2025-06-10", customer_signer="x")
    return order


@remembered
def followed(factory: Rehearsal) -> int:
    order = signed(factory)
    factory.distribute(order, "K1")
    factory.do(order, "make-plan")
    factory.do(order, "confirm-details", line_no="1", **TICKS)
    factory.do(order, "start-follow-up")
    return order


@remembered
def planning(factory: Rehearsal) -> int:
    order = signed(factory)
    factory.distribute(order, "K1")
    return order


@remembered
def meeting_draft(factory: Rehearsal) -> int:
    return drafted(factory, "product=JK-01 spec=M qty=100 unit_price=6000")


@remembered
def meeting(factory: Rehearsal) -> int:
    order = meeting_draft(factory)
    factory.do(order, "submit-review", "lin")
    return order


@remembered
def amended(factory: Rehearsal) -> int:
    order = signed(factory)
    factory.do(order, "start-amendment", "lin", origin="customer", reason="x")
    return factory.child(order, "amendment")


@remembered
def negotiated(factory: Rehearsal) -> int:
    order = planning(factory)
    factory.do(order, "start-delay", cause="capacity", reason="x", proposed_date="2026-01-30")
    delay = factory.child(order, "delay")
    factory.do(delay, "tell-delay", told="x", channel="phone", told_on="2025-06-10")
    return delay


@remembered
def with_material(factory: Rehearsal) -> int:
    order = followed(factory)
    factory.do(order, "skip-milestone", key="material-in", reason="客户自带")
    return order


def cleared(factory: Rehearsal, order: int, qty: int = 100) -> int:
    """Return a shipment of an order, checked; unless said otherwise of the whole order."""
    foreign = factory.look(order, desk.is_foreign)
    today = factory.clock.now().strftime("%Y-%m-%d")
    factory.do(order, "new-shipment", lines=f"line_no=1 qty={qty}", planned_on=today)
    shipment = factory.child(order, "shipment")
    for kind in factory.shop.setting("mfg.ship.docs_foreign" if foreign else "mfg.ship.docs_domestic"):
        factory.do(shipment, "set-doc", kind=kind, no=kind, date="2025-06-10")
    factory.do(shipment, "hand-to-check", "qin", packages="3")
    factory.give_role("bai", "warehouse")
    factory.do(shipment, "check-ok", "bai", **dict.fromkeys(("lines", "qty", "consignee", "address", "marks"), "yes"))
    return shipment


WAY = {"dispatched_on": "2025-06-10", "carrier": "SF", "waybill": "W1"}


@remembered
def abroad(factory: Rehearsal) -> int:
    """Return a shipment of a foreign order, checked."""
    order = drafted(factory, region="abroad", currency="USD", rate="7.18")
    factory.do(order, "confirm-product", lines="line_no=1 regular=yes tech_review_needed=no")
    factory.do(order, "submit-review", "lin")
    factory.pass_meeting(order, "2025-06-10 10:00")
    factory.do(order, "sign-contract", contract_no="HT-3", signed_on="2025-06-10", customer_signer="x")
    factory.distribute(order, "K1", scheduling="PC-1")
    factory.do(order, "make-plan")
    factory.do(order, "confirm-details", line_no="1", **TICKS)
    factory.do(order, "start-follow-up")
    return cleared(factory, order)


def tampered(factory: Rehearsal) -> int:
    """Return an order whose passed round was taken from it behind the program's back."""
    order = reviewed(factory)
    with factory.shop.write("repair") as tx:
        tx.change(tx.all(MfgReview)[0], state="expired")
    return order


Case = tuple[str, Callable[[Rehearsal], int], str, str | None, dict[str, str]]
CASES: list[Case] = [
    ("point_note", drafted, "set-point", "lin", {"point": "1", "state": "not-conform"}),
    ("point_order", drafted, "set-point", "lin", {"point": "1", "state": "resolved", "note": "x"}),
    ("date_future", drafted, "report-unreviewed", None, {"contract_no": "X", "signed_on": "2025-06-11"}),
    ("not_cancellable", drafted, "cancel-order", None, {"by": "customer", "reason": "x", "costs": "0"}),
    ("no_meeting_route", lambda f: [o := drafted(f), f.do(o, "submit-review", "lin")][0], "convene", None,
     {"meeting_at": "2025-06-11 10:00", "place": "x"}),
    ("time_past", meeting, "convene", None, {"meeting_at": "2025-06-10 08:00", "place": "x"}),
    ("stage_open", meeting, "write-record", None, {"summary": "x"}),
    ("not_requester", meeting, "withdraw-review", "wang", {"reason": "x"}),
    ("date_past", meeting, "add-measure", "wang", {"text": "x", "role": "quality", "due": "2025-06-09"}),
    ("signed_before_review", reviewed, "sign-contract", None,
     {"contract_no": "X", "signed_on": "2025-06-09", "customer_signer": "x"}),
    ("written_needs_sign", reviewed, "confirm-phone-order", None,
     {"confirmed_by": "x", "confirmed_at": "2025-06-10 08:00"}),
    ("date_not_later", planning, "start-delay", None,
     {"cause": "capacity", "reason": "x", "proposed_date": "2025-12-31"}),
    ("no_query", planning, "answer-query", None, {"department": "quality", "answer": "x"}),
    ("no_materials", planning, "send-material-sheet", None, {}),
    ("no_plan", planning, "start-follow-up", None, {}),
    ("details_open", lambda f: [o := planning(f), f.do(o, "make-plan")][0], "start-follow-up", None, {}),
    ("milestone_must", followed, "skip-milestone", None, {"key": "packed", "reason": "x"}),
    ("after_ship_by", followed, "move-milestone", None,
     {"key": "packed", "planned_on": "2026-01-05", "reason": "x"}),
    ("not_workday", followed, "move-milestone", None, {"key": "packed", "planned_on": "2025-12-27", "reason": "x"}),
    ("material_not_in", followed, "done-milestone", "zhao", {"key": "production-start", "done_on": "2025-06-10"}),
    ("inspection_open", followed, "goods-ready", None, {"lines": "line_no=1 qty=100"}),
    ("qty_positive", followed, "new-shipment", None, {"lines": "line_no=1 qty=0", "planned_on": "2025-06-11"}),
    ("over_quantity", followed, "new-shipment", None, {"lines": "line_no=9 qty=1", "planned_on": "2025-06-11"}),
    ("customer_fixed", amended, "edit-change", None, {"customer": "别人"}),
    ("no_difference", amended, "submit-change", None, {}),
    ("fields_missing", planning, "confirm-details", None, {"line_no": "9", "style": "yes"}),
    ("fields_missing", drafted, "edit-contract", None, {"lines": "line_no=9 qty=5"}),
    ("date_same", negotiated, "agree-date", None,
     {"new_date": "2025-12-31", "agreed_by": "x", "agreed_on": "2025-06-10"}),
    ("pp_not_ok", with_material, "done-milestone", "zhao", {"key": "production-start", "done_on": "2025-06-10"}),
    ("customs_missing", abroad, "dispatch", None, WAY),
    ("version_unreviewed", tampered, "sign-contract", None,
     {"contract_no": "X", "signed_on": "2025-06-10", "customer_signer": "x"}),
    ("not_precise", lambda f: [o := quick(f), f.do(o, "start-costing", mode="quick")][0], "submit-quote", None, {}),
]  # fmt: skip


def quick(factory: Rehearsal) -> int:
    factory.at("2025-06-10 09:00")
    return factory.open("mfg-enquiry", factory.customer("询价"), lines="text=x qty=1")


@pytest.mark.parametrize(
    ("ref", "way", "action", "by", "given"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)]
)
def test_a_refusal_by_its_id(
    factory: Rehearsal, ref: str, way: Callable[[Rehearsal], int], action: str, by: str | None, given: dict[str, str]
) -> None:
    assert factory.refused(way(factory), action, by, **given) == ref


def test_what_keeps_a_draft_from_being_submitted(factory: Rehearsal) -> None:
    order = drafted(factory, LINE + " change=new", packing="carton", terms="a:50@sign, b:40@dispatch")
    assert factory.refused(order, "submit-review", "lin") == "terms_sum"
    factory.do(order, "edit-contract", terms="a:50@sign, b:50@dispatch", delivery_date="2025-06-09")
    assert factory.refused(order, "submit-review", "lin") == "date_past"
    factory.do(order, "edit-contract", delivery_date="2025-12-31")
    assert factory.refused(order, "submit-review", "lin") == "tech_agreement_missing"
    factory.do(order, "tech-agreement", no="TA", agreed_on="2025-06-10", parties="x")
    assert factory.refused(order, "submit-review", "lin") == "points_open"
    bare = factory.open("mfg-order", factory.customer("空"), form="written")
    assert factory.refused(bare, "submit-review", "lin") == "fields_missing"


def test_a_foreign_special_product_needs_its_technical_review(factory: Rehearsal) -> None:
    order = drafted(factory, "product=OLD-9 spec=M qty=1 unit_price=1", region="abroad", currency="USD", rate="7.18")
    special = "line_no=1 regular=no tech_review_needed="
    assert factory.refused(order, "confirm-product", lines=special + "no") == "tech_review_must"
    factory.do(order, "confirm-product", lines=special + "yes")
    assert factory.refused(order, "submit-review", "lin") == "tech_review_open"
    factory.do(order, "tech-review-done", result="fail", text="不行")
    assert factory.refused(order, "submit-review", "lin") == "tech_review_open"
    factory.do(order, "tech-review-done", result="pass", text="可以")
    factory.do(order, "submit-review", "lin")
    assert factory.step(order) == "reviewing"


def test_points_that_do_not_conform_keep_the_last_stage_from_approving(factory: Rehearsal) -> None:
    order = drafted(factory)
    factory.do(order, "set-point", "lin", point="3", state="not-conform", note="产能不足")
    factory.do(order, "submit-review", "lin")
    factory.sign(order, "wang")
    factory.sign(order, "zhao")
    assert factory.sign_refused(order, "chen") == "points_unresolved"
    factory.do(order, "set-point", "lin", point="3", state="resolved", note="外协")
    factory.sign(order, "chen")
    assert factory.step(order) == "reviewed"


def test_one_person_signs_one_slot_of_a_stage(factory: Rehearsal) -> None:
    factory.give_role("wang", "production")
    order = drafted(factory)
    factory.do(order, "submit-review", "lin")
    factory.sign(order, "wang", role="production")
    assert factory.sign_refused(order, "wang") == "one_slot"


def test_numbers_are_used_once(factory: Rehearsal) -> None:
    first = signed(factory)
    second = reviewed(factory)
    given = {"signed_on": "2025-06-10", "customer_signer": "x"}
    assert factory.refused(second, "sign-contract", contract_no="HT-1", **given) == "contract_no_used"
    factory.do(second, "sign-contract", contract_no="HT-2", **given)
    for order in (first, second):
        factory.do(order, "write-notice", "wang", parameters="x")
    factory.do(first, "issue-so", "mei", erp_no="K1")
    assert factory.refused(second, "issue-so", "mei", erp_no="K1") == "erp_no_used"


def test_a_foreign_order_is_issued_by_overseas_support(factory: Rehearsal) -> None:
    order = drafted(factory, region="abroad", currency="USD", rate="7.18")
    factory.do(order, "confirm-product", lines="line_no=1 regular=yes tech_review_needed=no")
    factory.do(order, "submit-review", "lin")
    factory.pass_meeting(order, "2025-06-11 10:00")
    factory.do(order, "sign-contract", contract_no="HT-3", signed_on="2025-06-11", customer_signer="x")
    assert factory.refused(order, "write-notice", "wang", parameters="x") == "scheduling_missing"
    factory.do(order, "write-notice", "wang", parameters="x", scheduling_no="PC-1")
    assert list(factory.tasks(order, "issue-so"))
    assert factory.refused(order, "issue-so", "mei", erp_no="K9") == "core.role"
    factory.do(order, "issue-so", "ou", erp_no="K9")
    assert factory.step(order) == "distributed"


def test_an_unreviewed_contract_is_frozen_and_cannot_be_declined(factory: Rehearsal) -> None:
    order = drafted(factory)
    factory.do(order, "report-unreviewed", contract_no="HT-9", signed_on="2025-06-09")
    factory.do(order, "submit-review", "lin")
    factory.sign(order, "wang", approve=False, opinion="价格不对，不同意")
    assert factory.for_role(order, "unreviewed-rejected") == {"company-gm": "06-10"}
    assert factory.refused(order, "edit-contract", packing="bag") == "unreviewed_frozen"
    assert factory.refused(order, "lose-order", reason="x") == "unreviewed_signed"


def test_material_is_ordered_when_its_sample_is_approved(factory: Rehearsal) -> None:
    order = followed(factory)
    factory.do(order, "set-material", code="BTN", origin="bought", per_piece="4", sample_required="yes")
    factory.do(order, "set-material", code="FAB", origin="customer", per_piece="1.65")
    given = {"po_no": "PO1", "ordered_on": "2025-06-10"}
    assert factory.refused(order, "order-material", "pan", code="FAB", **given) == "not_bought"
    assert factory.refused(order, "order-material", "pan", code="BTN", **given) == "material_sample_open"
    factory.do(order, "material-sample", code="BTN", state="approved", comment_on="2025-06-10")
    factory.do(order, "order-material", "pan", code="BTN", **given)
    assert factory.refused(order, "done-milestone", "du", key="material-ordered", done_on="2025-06-10") == (
        "milestone_done"
    )


def test_an_amendment_cannot_fall_below_what_is_shipped_and_needs_a_new_erp_number(factory: Rehearsal) -> None:
    order = followed(factory)
    factory.do(order, "new-shipment", lines="line_no=1 qty=60", planned_on="2025-06-11")
    shipment = factory.child(order, "shipment")
    assert factory.refused(order, "cancel-order", by="customer", reason="x", costs="0") == "shipment_open"
    assert factory.refused(shipment, "release-unpaid", reason="x") == "nothing_blocked"
    factory.do(order, "start-amendment", "lin", origin="company", reason="x")
    change = factory.child(order, "amendment")
    assert factory.refused(change, "edit-change", lines="line_no=1 qty=59") == "below_shipped"
    factory.do(change, "edit-change", lines="line_no=1 qty=90")
    factory.conform(change)
    factory.do(change, "submit-change", "lin")
    factory.pass_general(change)
    factory.do(change, "sign-change", signed_on="2025-06-10", customer_signer="x")
    assert factory.refused(change, "pass-change", "hu") == "erp_no_missing"
    factory.do(change, "pass-change", "hu", erp_no="K2")
    assert factory.look(order, execution.newest).version == 2


def test_a_big_change_signed_anew_takes_the_new_number(factory: Rehearsal) -> None:
    change = amended(factory)
    factory.do(change, "edit-change", lines="line_no=1 qty=200")
    factory.conform(change)
    factory.do(change, "submit-change", "lin")
    factory.pass_general(change)
    given = {"signed_on": "2025-06-10", "customer_signer": "x"}
    assert factory.refused(change, "sign-change", **given) == "fields_missing"
    factory.do(change, "sign-change", document_no="HT-1B", **given)
    parent = factory.row(MfgChange, change).parent_id
    row = factory.row(MfgContract, parent)
    assert (row.contract_no, row.old_numbers) == ("HT-1B", ["HT-1"])


def test_a_second_hand_over_and_a_customer_without_a_region_are_refused(factory: Rehearsal) -> None:
    factory.at("2025-09-25 09:00")
    factory.open("mfg-handover", None, by="ke", staff="lin", last_day="2025-10-31")
    with pytest.raises(FlowError) as twice:
        factory.open("mfg-handover", None, by="ke", staff="lin", last_day="2025-10-31")
    assert twice.value.ref == "mfg.handover_exists"
    from serviceflow.engine.customers import add_customer

    with factory.shop.write("customer add") as tx:
        bare = add_customer(tx, name="无地区").id
    with pytest.raises(FlowError) as region:
        factory.open("mfg-order", bare, form="written")
    assert region.value.ref == "mfg.fields_missing"
    factory.open("mfg-order", bare, form="written", region="mainland")


def test_a_contract_whose_goods_left_is_not_cancelled(factory: Rehearsal) -> None:
    order = followed(factory)
    factory.do(cleared(factory, order, 40), "dispatch", **WAY)
    assert factory.refused(order, "cancel-order", by="customer", reason="x", costs="0") == "already_shipped"


def test_an_open_complaint_keeps_an_order_open(factory: Rehearsal) -> None:
    order = followed(factory)
    shipment = cleared(factory, order)
    factory.do(shipment, "dispatch", **WAY)
    complaint = factory.open("mfg-complaint", factory.order(order).customer_id, by="ke", kind="quality", text="色差",
                             order=factory.order(order).number)  # fmt: skip
    factory.do(shipment, "confirm-delivery", delivered_on="2025-06-10", receiver="x")
    owed = factory.rows(MfgReceivable, order_id=order)[0]
    factory.do(order, "pay", receivable=str(owed.id), amount="10000", on="2025-06-10", receipt="R1")
    assert factory.refused(order, "close-order") == "complaint_open"
    factory.do(complaint, "close-unfounded", reason="样品一致")
    assert factory.step(order) == "fulfilled"


def test_only_the_customers_own_receivables_are_disputed(factory: Rehearsal) -> None:
    order = signed(factory)
    with pytest.raises(FlowError) as unknown:
        factory.open("mfg-complaint", factory.customer("别人"), by="ke", kind="quality", text="x", disputed="1")
    assert unknown.value.ref == "mfg.fields_missing"
    assert factory.step(order) == "signed"


def test_a_delay_agreed_while_departments_read_holds_nothing_up(factory: Rehearsal) -> None:
    order = signed(factory)
    factory.do(order, "write-notice", "wang", parameters="x")
    factory.do(order, "issue-so", "mei", erp_no="K1")
    factory.do(order, "start-delay", cause="capacity", reason="x", proposed_date="2026-01-30")
    delay = factory.child(order, "delay")
    factory.do(delay, "tell-delay", told="x", channel="phone", told_on="2025-06-10")
    factory.do(delay, "agree-date", new_date="2026-01-30", agreed_by="x", agreed_on="2025-06-10")
    for login in ("zhou", "pan", "gao", "tie"):
        factory.do(order, "acknowledge", login)
    assert factory.step(order) == "planning"


def test_an_amendment_before_the_sales_order_goes_onto_the_business_notice(factory: Rehearsal) -> None:
    order = signed(factory)
    factory.do(order, "write-notice", "wang", parameters="x")
    factory.do(order, "start-amendment", "lin", origin="customer", reason="x")
    change = factory.child(order, "amendment")
    assert factory.refused(order, "issue-so", "mei", erp_no="K1") == "change_open"
    factory.do(change, "edit-change", lines="line_no=1 qty=110")
    factory.conform(change)
    factory.do(change, "submit-change", "lin")
    factory.pass_general(change)
    factory.do(change, "sign-change", signed_on="2025-06-10", customer_signer="x")
    factory.do(change, "pass-change", "hu")
    notice = factory.rows(DocumentRow, order_id=order, key="business-notice")[-1]
    assert [row["row"] for row in notice.facts["changes"]] == [
        "lines[1].qty: 100 -> 110", "amount: 10000.00 -> 11000.00",
    ]  # fmt: skip
    factory.do(order, "issue-so", "mei", erp_no="K1")


def test_an_invited_role_must_exist(factory: Rehearsal) -> None:
    order = meeting_draft(factory)
    with pytest.raises(FlowError) as unknown:
        factory.do(order, "submit-review", "lin", invite="qualty")
    assert "qualty" in str(unknown.value.sentence) + str(unknown.value.way_out)
    factory.do(order, "submit-review", "lin", invite="quality, tech-support")
    assert {"quality", "tech-support"} <= set(factory.for_role(order, "sign-review"))


def test_what_may_be_done_now_is_told_in_every_step(factory: Rehearsal) -> None:
    order = followed(factory)
    factory.do(order, "start-amendment", "lin", origin="customer", reason="x")
    told = {o.action.key: str(o.refusal.ref) if o.refusal else "" for o in offers_of(factory, order, "du")}
    assert told["new-shipment"] == "mfg.change_open"
    assert told["make-plan"] == ""
    change = factory.child(order, "amendment")
    told = {o.action.key: str(o.refusal.ref) if o.refusal else "" for o in offers_of(factory, change, "lin")}
    assert told["submit-change"] == "mfg.no_difference"
    factory.do(change, "drop-change", reason="not-signed")
    factory.do(order, "new-shipment", lines="line_no=1 qty=60", planned_on="2025-06-11")
    shipment = factory.child(order, "shipment")
    told = {o.action.key: str(o.refusal.ref) if o.refusal else "" for o in offers_of(factory, shipment, "qin")}
    assert told["hand-to-check"] == "mfg.docs_missing"


def offers_of(factory: Rehearsal, order: int, login: str) -> list[Offer]:
    factory.staff(login)
    return offers(factory.shop, order)


def test_a_review_is_signed_as_an_action_of_the_order(factory: Rehearsal) -> None:
    order = drafted(factory)
    factory.do(order, "submit-review", "lin")
    assert factory.refused(order, "sign-review", "lin", decision="approve") == "own_request"
    assert factory.refused(order, "sign-review", "gao", decision="approve") == "not_your_slot"
    assert factory.refused(order, "sign-review", "zhao", decision="reject", opinion="no") == "opinion_short"
    assert factory.refused(order, "sign-review", "chen", decision="approve") == "stage_open"
    for login in ("wang", "zhao"):
        factory.do(order, "sign-review", login, decision="approve")
    assert factory.refused(order, "sign-review", "wang", decision="approve") == "already_signed"
    factory.do(order, "sign-review", "chen", decision="approve", opinion="同意")
    assert factory.step(order) == "reviewed"


def test_a_review_is_rejected_as_an_action_of_the_order(factory: Rehearsal) -> None:
    order = drafted(factory)
    factory.do(order, "submit-review", "lin")
    factory.do(order, "sign-review", "zhao", decision="reject", opinion="产能不足，不同意")
    assert factory.step(order) == "requirements"
    assert factory.due(order, "resolve-objection") == ["06-12"]
    assert factory.due(order, "submit-review") == ["06-12"]
