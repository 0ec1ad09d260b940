"""Review, signing, plan, amendments and delays, exact to the day. Source: manufacturing.md sections 4, 5 and 10."""

from __future__ import annotations

import pytest
from serviceflow.api import TaskRow
from serviceflow_manufacturing.flows import accounts, amendment, contract, execution, plan
from serviceflow_manufacturing.rehearsal import Rehearsal, short
from serviceflow_manufacturing.tables import MfgChange, MfgContract, MfgMaterial, MfgMilestone, MfgReview, MfgVersion

from tests.plugins.walks import remembered

S4_LINE = "product=JK-01 spec=S-XL qty=1000 unit_price=135.96"


def milestones(factory: Rehearsal, order: int) -> dict[str, str]:
    return {m.key: m.planned_on.strftime("%m-%d") for m in factory.rows(MfgMilestone, order_id=order)}


@remembered
def s4_planning(factory: Rehearsal) -> int:
    """Return the order of S4 in step `planning`."""
    factory.at("2025-04-25 09:00")
    order = factory.order_of(factory.customer("恒远"), S4_LINE, "2025-07-31")
    factory.do(order, "submit-review")
    factory.pass_general(order)
    factory.at("2025-05-08 10:00")
    factory.do(order, "sign-contract", contract_no="HT-77", signed_on="2025-05-08", customer_signer="赵总")
    factory.at("2025-05-14 10:00")
    factory.distribute(order, "K3-778")
    return order


@remembered
def s4_production(factory: Rehearsal) -> int:
    """Return the order of S4 in step `production`, planned."""
    order = s4_planning(factory)
    factory.do(order, "make-plan")
    ticks = dict.fromkeys(("style", "sizes", "material", "packing", "delivery"), "yes")
    factory.do(order, "confirm-details", line_no="1", **ticks)
    factory.do(order, "start-follow-up")
    return order


def test_S4_class_B_from_review_to_plan(factory: Rehearsal) -> None:
    factory.at("2025-04-25 09:00")
    order = factory.order_of(factory.customer("恒远"), S4_LINE, "2025-07-31")
    assert factory.due(order, "submit-review") == ["04-28"]
    factory.do(order, "submit-review")
    row = factory.row(MfgContract, order)
    assert (row.letter, row.route, row.amount_cny) == ("B", "general", 13_596_000)
    assert factory.for_role(order, "sign-review") == {"sales-manager": "04-28", "production": "04-28"}
    factory.sign(order, "wang")
    factory.at("2025-04-27 10:00")
    factory.sign(order, "zhao")
    assert factory.for_role(order, "sign-review") == {"marketing-gm": "04-28"}
    factory.at("2025-04-28 11:00")
    factory.sign(order, "chen")
    assert factory.step(order) == "reviewed"
    assert factory.due(order, "sign-contract") == ["05-08"]
    assert factory.due(order, "review-expiring") == ["05-23"]
    factory.at("2025-05-08 10:00")
    factory.do(order, "sign-contract", contract_no="HT-77", signed_on="2025-05-08", customer_signer="赵总")
    assert factory.messages(order) == {"order-confirmed": ["05-08 10:00"]}
    assert factory.due(order, "write-notice") == ["05-09"]
    factory.at("2025-05-09 10:00")
    factory.do(order, "write-notice", parameters="按样")
    assert factory.due(order, "issue-so") == ["05-12"]
    factory.at("2025-05-12 10:00")
    factory.do(order, "issue-so", "mei", erp_no="K3-778")
    assert sorted(factory.for_role(order, "ack-so").items()) == [
        ("finance", "05-13"), ("planning", "05-13"), ("purchasing", "05-13"), ("quality", "05-13")
    ]  # fmt: skip
    factory.at("2025-05-13 09:00")
    factory.do(order, "query", "pan", question="面料门幅？")
    factory.do(order, "answer-query", "wang", department="purchasing", answer="150cm")
    assert factory.for_role(order, "ack-so")["purchasing"] == "05-14"
    factory.at("2025-05-14 10:00")
    for login in ("zhou", "pan", "gao"):
        factory.do(order, "acknowledge", login)
    assert factory.step(order) == "distributed"
    factory.do(order, "acknowledge", "tie")
    assert factory.step(order) == "planning"
    assert factory.due(order, "make-plan") == ["05-15"]
    factory.at("2025-05-15 10:00")
    factory.do(order, "make-plan")
    assert milestones(factory, order) == {
        "material-sample-ok": "06-17", "material-ordered": "06-19", "material-in": "07-07",
        "preproduction-ok": "07-08", "production-start": "07-10", "production-half": "07-18",
        "production-done": "07-24", "final-inspection": "07-25", "packed": "07-28", "documents-ready": "07-28",
        "ship": "07-31",
    }  # fmt: skip
    assert factory.due(order, "urge-material-in") == ["07-03"]


def test_S4_signable_through_28_May(factory: Rehearsal) -> None:
    factory.at("2025-04-28 09:00")
    order = factory.order_of(factory.customer("恒远"), S4_LINE, "2025-07-31")
    factory.do(order, "submit-review")
    factory.pass_general(order)
    factory.run("2025-05-28 23:59:59")
    assert factory.step(order) == "reviewed"
    factory.run("2025-05-29 00:00")
    assert factory.step(order) == "requirements"
    assert factory.rows(MfgReview, order_id=order)[0].state == "expired"


def test_S5_foreign_order_rejection_delegation_second_round(factory: Rehearsal) -> None:
    factory.at("2025-03-14 09:00")
    nordwind = factory.customer("Nordwind GmbH", region="abroad")
    factory.give_role("lin", "purchasing")
    factory.delegate("planning", "zhou", "li", "2025-03-17", "2025-03-18")
    order = factory.order_of(nordwind, "product=JK-01 spec=S-XL qty=200 unit_price=100", "2025-08-29", form="email",
                             currency="EUR", rate="7.80")  # fmt: skip
    row = factory.row(MfgContract, order)
    assert (row.letter, row.route, row.amount_cny) == ("B", "meeting", 15_600_000)
    assert factory.due(order, "confirm-product") == ["03-17"]
    assert factory.refused(order, "submit-review") == "product_unconfirmed"
    factory.do(order, "confirm-product", lines="line_no=1 regular=yes tech_review_needed=no")
    factory.do(order, "submit-review", "lin")
    assert factory.due(order, "convene") == ["03-17"]
    assert set(factory.for_role(order, "sign-review").values()) == {"03-21"}
    assert factory.sign_refused(order, "sun") == "meeting_first"
    factory.at("2025-03-17 09:00")
    factory.do(order, "convene", "wang", meeting_at="2025-03-18 14:00", place="会议室")
    factory.at("2025-03-18 16:00")
    factory.sign(order, "li")
    assert factory.sign_refused(order, "lin") == "own_request"
    assert factory.sign_refused(order, "gao", approve=False, opinion="no") == "opinion_short"
    factory.sign(order, "gao", approve=False, opinion="payment terms unclear")
    assert factory.step(order) == "requirements"
    assert factory.rows(MfgReview, order_id=order)[0].state == "rejected"
    assert factory.due(order, "resolve-objection") == ["03-20"]
    factory.at("2025-03-20 09:00")
    factory.do(order, "edit-contract", terms="deposit:30@sign, balance:70@dispatch")
    assert factory.refused(order, "submit-review") == "points_open"
    factory.conform(order)
    factory.do(order, "submit-review", "lin")
    second = factory.rows(MfgReview, order_id=order)[1]
    assert (second.round, second.version) == (2, 2)
    assert set(factory.for_role(order, "sign-review").values()) == {"03-27"}
    factory.do(order, "convene", "wang", meeting_at="2025-03-25 09:00", place="会议室")
    factory.at("2025-03-25 10:00")
    assert factory.sign_refused(order, "li") == "not_your_slot"
    for login in ("wang", "zhou", "pan", "sun", "gao"):
        factory.sign(order, login)
    assert factory.sign_refused(order, "chen") == "record_first"
    factory.do(order, "write-record", "wang", summary="同意")
    factory.sign(order, "chen")
    assert factory.sign_refused(order, "chen") == "already_signed"
    factory.at("2025-03-26 10:00")
    factory.sign(order, "tang")
    assert factory.step(order) == "reviewed"


def meeting_of_D(factory: Rehearsal, missing: str) -> int:
    """Return the order of S6 in its meeting, signed by all of stage 1 but one."""
    factory.at("2025-09-26 09:00")
    order = factory.order_of(factory.customer("大成"), "product=JK-01 spec=M qty=1000 unit_price=500", "2025-12-31")
    factory.do(order, "submit-review")
    factory.do(order, "convene", "wang", meeting_at="2025-09-26 14:00", place="会议室")
    factory.at("2025-09-29 10:00")
    for login in ("wang", "zhou", "pan", "sun", "gao"):
        if login != missing:
            factory.sign(order, login)
    return order


def test_S6_quorum_closes_after_three_workdays(factory: Rehearsal) -> None:
    factory.shop.set_setting("mfg.review.absent_max", "1")
    order = meeting_of_D(factory, "pan")
    factory.run("2025-09-30 23:59:59")
    assert factory.for_role(order, "sign-review") == {"purchasing": "10-10"}
    factory.run("2025-10-01 00:00")
    assert factory.for_role(order, "sign-review") == {"marketing-gm": "10-10"}
    assert factory.sign_refused(order, "pan") == "already_signed"


def test_S6_engineering_is_never_absent(factory: Rehearsal) -> None:
    factory.shop.set_setting("mfg.review.absent_max", "1")
    order = meeting_of_D(factory, "sun")
    factory.run("2025-10-01 00:00")
    assert factory.sign_refused(order, "chen") == "stage_open"
    factory.at("2025-10-09 10:00")
    factory.sign(order, "sun")
    assert list(factory.for_role(order, "sign-review")) == ["marketing-gm"]


@remembered
def phone_order(factory: Rehearsal) -> int:
    """Return the passed phone order of S7."""
    factory.at("2025-01-27 09:00")
    order = factory.open("mfg-order", factory.customer("顺丰"), form="phone",
                         lines="product=JK-01 spec=M qty=100 unit_price=120", delivery_date="2025-03-31",
                         packing="carton", quality_standard="GB")  # fmt: skip
    factory.conform(order)
    assert factory.refused(order, "submit-review") == "phone_record_missing"
    factory.do(order, "phone-record", "lin", caller="钱", called_at="2025-01-27 08:30", product="JK-01", spec="M",
               qty="100", price="120", packing="carton", quality="GB", delivery_date="2025-03-31")  # fmt: skip
    factory.do(order, "submit-review")
    assert factory.for_role(order, "sign-review") == {"sales-manager": "02-05"}
    factory.sign(order, "wang")
    return order


def test_S7_phone_order_confirmed_on_its_last_day(factory: Rehearsal) -> None:
    order = phone_order(factory)
    assert factory.due(order, "review-expiring") == ["02-21"]
    (task,) = factory.rows(TaskRow, order_id=order, rule="manufacturing:sign-contract")
    assert (task.closed_by, task.title_zh) == ("confirm-phone-order", "确认电话订单")
    assert factory.refused(order, "sign-contract", contract_no="X", signed_on="2025-01-27", customer_signer="钱") == (
        "phone_needs_confirm"
    )
    factory.at("2025-02-26 23:50")
    factory.do(order, "confirm-phone-order", confirmed_by="钱", confirmed_at="2025-02-26 23:50")
    assert factory.step(order) == "signed"
    assert factory.row(MfgContract, order).contract_no == "HT-2025-0001"


def test_S7_a_review_expires(factory: Rehearsal) -> None:
    order = phone_order(factory)
    factory.run("2025-02-27 00:00")
    assert factory.step(order) == "requirements"
    assert factory.rows(MfgReview, order_id=order)[0].state == "expired"


def test_S8_nobody_signs_alone(factory: Rehearsal) -> None:
    factory.at("2025-01-27 09:00")
    order = factory.open("mfg-order", factory.customer("顺丰"), by="wang", form="phone",
                         lines="product=JK-01 spec=M qty=100 unit_price=120", delivery_date="2025-03-31",
                         packing="c", quality_standard="GB")  # fmt: skip
    factory.conform(order, "wang")
    factory.do(order, "phone-record", "wang", caller="钱", called_at="2025-01-27 08:30", product="JK-01", spec="M",
               qty="100", price="120", packing="carton", quality="GB", delivery_date="2025-03-31")  # fmt: skip
    assert factory.refused(order, "submit-review", "wang") == "no_signer"
    factory.delegate("sales-manager", "wang", "lin", "2025-01-27", "2025-02-10")
    assert factory.refused(order, "submit-review", "wang") == "no_signer"
    factory.give_role("chen", "sales-manager")
    factory.do(order, "submit-review", "wang")
    assert factory.sign_refused(order, "lin") == "not_your_slot"
    factory.sign(order, "chen")
    assert factory.step(order) == "reviewed"


@remembered
def ht_88(factory: Rehearsal) -> int:
    """Return the signed contract HT-88 of S9 in production, its deposit paid."""
    factory.at("2025-04-08 09:00")
    order = factory.order_of(factory.customer("宏图"), "product=JK-01 spec=M qty=1000 unit_price=400", "2025-08-29",
                             terms="deposit:30@sign, balance:70@dispatch+30")  # fmt: skip
    factory.do(order, "submit-review")
    factory.pass_general(order)
    factory.do(order, "sign-contract", contract_no="HT-88", signed_on="2025-04-08", customer_signer="孙总")
    factory.distribute(order, "K3-900")
    factory.do(order, "pay", receivable="1", amount="120000", on="2025-04-08", receipt="R1")
    factory.do(order, "make-plan")
    ticks = dict.fromkeys(("style", "sizes", "material", "packing", "delivery"), "yes")
    factory.do(order, "confirm-details", line_no="1", **ticks)
    factory.do(order, "start-follow-up")
    return order


def test_S9_amendment_to_exactly_the_threshold(factory: Rehearsal) -> None:
    order = ht_88(factory)
    old_so = factory.look(order, execution.newest).so_no
    factory.at("2025-05-19 09:00")
    factory.do(order, "start-amendment", "lin", origin="customer", reason="追加")
    change = factory.child(order, "amendment")
    factory.do(change, "edit-change", lines="line_no=1 qty=1250")
    assert [str(row) for row in factory.look(change, amendment.differences)] == [
        "lines[1].qty: 1000 -> 1250", "amount: 400000.00 -> 500000.00", "class: B -> D", "route: general -> meeting",
    ]  # fmt: skip
    assert factory.row(MfgChange, change).size == "supplement"
    factory.do(order, "done-milestone", "tie", key="final-inspection", done_on="2025-05-19")
    assert factory.refused(order, "goods-ready", lines="line_no=1 qty=1000") == "change_open"
    factory.at("2025-05-20 09:00")
    factory.conform(change)
    factory.do(change, "submit-change", "lin")
    assert set(factory.for_role(change, "sign-review").values()) == {"05-27"}
    factory.pass_meeting(change, "2025-05-26 10:00", "2025-05-27 10:00")
    assert factory.step(change) == "change-signing"
    assert factory.due(change, "sign-change") == ["06-04"]
    factory.at("2025-06-03 10:00")
    factory.do(change, "sign-change", signed_on="2025-06-03", customer_signer="孙总")
    assert factory.row(MfgChange, change).document_no == "HT-88-S1"
    assert factory.row(MfgContract, order).version == 2
    assert factory.receivables(order)[-1] == ("deposit", 3_000_000, 0, "2025-06-03", "open")
    assert factory.due(change, "pass-change") == ["06-03"]
    factory.do(change, "pass-change", "hu", erp_no="K3-901")
    assert factory.step(order) == "production"
    assert set(factory.for_role(order, "ack-so").values()) == {"06-04"}
    assert len(factory.for_role(order, "ack-so")) == 4
    told = factory.rows(TaskRow, order_id=order, state="open", rule="manufacturing:ack-so")[0].title_en
    assert told.endswith("lines[1].qty: 1000 -> 1250; amount: 400000.00 -> 500000.00; class: B -> D; "
                         "route: general -> meeting")  # fmt: skip
    assert factory.refused(order, "acknowledge", "zhou", so_no=old_so) == "ack_old_version"
    factory.do(order, "acknowledge", "zhou")
    assert factory.refused(order, "acknowledge", "zhou") == "already_acked"


def test_S9_exactly_thirty_percent_is_large(factory: Rehearsal) -> None:
    order = ht_88(factory)
    factory.at("2025-05-19 09:00")
    factory.do(order, "start-amendment", "lin", origin="customer", reason="追加")
    change = factory.child(order, "amendment")
    factory.do(change, "edit-change", lines="line_no=1 qty=1300")
    factory.conform(change)
    assert factory.refused(change, "submit-change", size="supplement") == "must_resign"


def test_S9_a_rejected_change_leaves_the_old_version_in_force(factory: Rehearsal) -> None:
    order = ht_88(factory)
    factory.at("2025-05-19 09:00")
    factory.do(order, "start-amendment", "lin", origin="customer", reason="追加")
    change = factory.child(order, "amendment")
    assert factory.refused(order, "start-delay", cause="capacity", reason="x", proposed_date="2025-09-30") == (
        "change_exists"
    )
    factory.do(change, "edit-change", lines="line_no=1 qty=1250")
    factory.conform(change)
    factory.do(change, "submit-change", "lin")
    factory.do(change, "convene", "wang", meeting_at="2025-05-20 10:00", place="会议室")
    factory.at("2025-05-20 11:00")
    factory.sign(change, "gao", approve=False, opinion="资金不足，不同意")
    assert factory.step(change) == "change-draft"
    assert factory.due(change, "tell-customer") == ["05-21"]
    factory.do(change, "drop-change", reason="review-rejected")
    row = factory.row(MfgContract, order)
    assert (row.version, row.amount_cny, row.letter) == (1, 40_000_000, "B")
    assert len(factory.rows(MfgVersion, order_id=order)) == 1


def test_S10_tight_plan(factory: Rehearsal) -> None:
    factory.at("2025-09-24 09:00")
    order = factory.order_of(factory.customer("急单"), S4_LINE, "2025-10-31")
    factory.do(order, "submit-review")
    factory.pass_general(order)
    factory.do(order, "sign-contract", contract_no="HT-90", signed_on="2025-09-24", customer_signer="吴")
    factory.distribute(order)
    factory.do(order, "make-plan")
    assert milestones(factory, order) == {
        "material-sample-ok": "09-24", "material-ordered": "09-26", "material-in": "10-15",
        "preproduction-ok": "10-15", "production-start": "10-17", "production-half": "10-23",
        "production-done": "10-28", "final-inspection": "10-29", "packed": "10-29", "documents-ready": "10-29",
        "ship": "10-31",
    }  # fmt: skip
    assert factory.due(order, "urge-material-sample-ok") == [], "a reminder whose moment is past is not made"
    assert factory.due(order, "urge-material-in") == ["10-13"]


def test_S10_the_shortest_plan(factory: Rehearsal) -> None:
    for delivery, step in (("2025-10-14", "planned"), ("2025-10-13", "plan_too_short")):
        factory.at("2025-09-24 09:00")
        order = factory.order_of(factory.customer(f"急单{delivery}"), S4_LINE, delivery)
        factory.do(order, "submit-review")
        factory.pass_general(order)
        factory.do(order, "sign-contract", contract_no=delivery, signed_on="2025-09-24", customer_signer="吴")
        factory.distribute(order, delivery)
        if step == "planned":
            factory.do(order, "make-plan")
            assert milestones(factory, order)["ship"] == "10-14"
        else:
            assert factory.refused(order, "make-plan") == step


@remembered
def planned(factory: Rehearsal) -> int:
    """Return an order in production whose milestones are those of S11."""
    factory.at("2025-04-08 09:00")
    order = factory.order_of(factory.customer("恒远"), S4_LINE, "2025-06-27")
    factory.do(order, "submit-review")
    factory.pass_general(order)
    factory.do(order, "sign-contract", contract_no="HT-91", signed_on="2025-04-08", customer_signer="赵")
    factory.distribute(order)
    factory.do(order, "make-plan")
    ticks = dict.fromkeys(("style", "sizes", "material", "packing", "delivery"), "yes")
    factory.do(order, "confirm-details", line_no="1", **ticks)
    factory.do(order, "start-follow-up")
    return order


@pytest.mark.parametrize(
    ("moved_on", "alerted"),
    [
        ("2025-06-17", {}),
        ("2025-06-18", {"sales-manager": "06-18"}),
        ("2025-06-20", {"sales-manager": "06-20", "marketing-gm": "06-20"}),
    ],
)
def test_a_milestone_moved_while_cron_stood_was_late_all_the_same(
    factory: Rehearsal, moved_on: str, alerted: dict[str, str]
) -> None:
    order = planned(factory)
    factory.at(f"{moved_on} 09:00")
    factory.do(order, "move-milestone", key="production-half", planned_on="2025-06-24", reason="设备检修")
    late = factory.rows(TaskRow, order_id=order, rule="manufacturing:milestone-late")
    found = {t.role: short(t.due_at)[:5] for t in late if t.subject.startswith("production-half/")}
    assert found == alerted


def test_an_alert_about_a_milestone_ends_with_it(factory: Rehearsal) -> None:
    order = planned(factory)
    for key in ("material-sample-ok", "material-ordered", "material-in", "preproduction-ok", "production-start"):
        factory.do(order, "done-milestone", "du", key=key, done_on="2025-04-08")
    factory.run("2025-06-20 00:00")
    assert set(factory.for_role(order, "milestone-late")) == {"sales-manager", "marketing-gm"}
    factory.do(order, "skip-milestone", key="production-half", reason="一次完工")
    assert factory.due(order, "milestone-late") == []


def test_S11_delay(factory: Rehearsal) -> None:
    order = planned(factory)
    assert milestones(factory, order)["production-half"] == "06-16"
    for key in ("material-sample-ok", "material-ordered", "material-in", "preproduction-ok", "production-start"):
        on = next(m for m in factory.rows(MfgMilestone, order_id=order) if m.key == key).planned_on
        factory.at(f"{on} 10:00")
        factory.do(order, "done-milestone", "du", key=key, done_on=on.isoformat())
    factory.run("2025-06-17 23:00")
    assert factory.due(order, "milestone-late") == []
    factory.run("2025-06-18 00:00")
    assert factory.for_role(order, "milestone-late") == {"sales-manager": "06-18"}
    factory.at("2025-06-19 09:00")
    assert factory.refused(order, "start-delay", cause="customer", reason="x", proposed_date="2025-07-11") == (
        "customer_cause"
    )
    factory.do(order, "start-delay", cause="capacity", reason="设备检修", proposed_date="2025-07-11")
    delay = factory.child(order, "delay")
    assert factory.due(delay, "tell-delay") == ["06-20"]
    factory.run("2025-06-20 00:00")
    assert set(factory.for_role(order, "milestone-late")) == {"sales-manager", "marketing-gm"}
    factory.at("2025-06-20 10:00")
    factory.do(delay, "tell-delay", told="赵", channel="phone", told_on="2025-06-20")
    assert factory.row(MfgChange, delay).late_notice is False
    assert factory.messages(delay) == {"delay-notice": ["06-20 10:00"]}
    assert factory.due(delay, "get-answer") == ["06-25"]
    factory.at("2025-06-23 10:00")
    factory.do(delay, "counter-offer", by="customer", date="2025-07-09")
    assert factory.due(delay, "get-answer") == ["06-26"]
    factory.at("2025-06-24 10:00")
    factory.do(delay, "agree-date", new_date="2025-07-11", agreed_by="赵", agreed_on="2025-06-24")
    versions = factory.look(order, contract.versions)
    from serviceflow_manufacturing.rules import content

    assert [str(d) for d in content.differences(versions[-2].content, versions[-1].content)] == [
        "delivery_date: 2025-06-27 -> 2025-07-11"
    ]
    found = milestones(factory, order)
    assert [found[k] for k in ("production-half", "production-done", "final-inspection", "packed", "documents-ready",
                               "ship")] == ["06-30", "07-04", "07-07", "07-08", "07-08", "07-11"]  # fmt: skip


def test_S11_told_a_day_later_is_a_late_notice(factory: Rehearsal) -> None:
    order = s4_production(factory)
    factory.at("2025-07-25 09:00")
    factory.do(order, "start-delay", cause="capacity", reason="设备检修", proposed_date="2025-08-11")
    delay = factory.child(order, "delay")
    factory.do(delay, "tell-delay", told="赵", channel="phone", told_on="2025-07-25")
    assert factory.row(MfgChange, delay).late_notice is True
    assert factory.row(MfgContract, order).late_notice is True


def test_S12_customer_supplied_fabric_late(factory: Rehearsal) -> None:
    order = s4_production(factory)
    factory.at("2025-05-15 10:00")
    factory.do(order, "set-material", code="FAB", origin="customer", per_piece="1.65", waste_percent="3", unit="m")
    row = factory.rows(MfgMaterial, order_id=order)[0]
    assert (row.need_qty, row.needed_by.isoformat()) == (169_950, "2025-07-07")
    assert factory.messages(order)["supply-reminder"] == ["06-27 10:00", "07-02 10:00", "07-06 10:00"]
    factory.run("2025-07-07 23:00")
    assert factory.due(order, "supply-late") == []
    factory.run("2025-07-08 00:00")
    assert factory.for_role(order, "supply-late") == {"order-desk": "07-08"}
    assert factory.messages(order)["supply-late"] == ["07-08 10:00"]
    factory.at("2025-07-09 10:00")
    factory.do(order, "receive-material", code="FAB", qty="1699.49", received_on="2025-07-09")
    assert factory.rows(MfgMaterial, order_id=order)[0].state == "part"
    factory.at("2025-07-10 10:00")
    done = factory.do(order, "receive-material", code="FAB", qty="0.01", received_on="2025-07-10")
    assert factory.rows(MfgMaterial, order_id=order)[0].state == "in"
    assert "3 workdays late; proposed new delivery date 2025-08-05" in [line.to("en") for line in done.notes.lines]
    found = factory.look(order, lambda case: plan.milestone(case, "material-in"))
    assert found.done_on.isoformat() == "2025-07-10"


def test_S17_unreviewed_contract(factory: Rehearsal) -> None:
    factory.at("2025-06-03 09:00")
    order = factory.order_of(factory.customer("外联"), S4_LINE, "2025-09-30")
    factory.do(order, "report-unreviewed", contract_no="HT-OUT-1", signed_on="2025-06-02")
    assert set(factory.for_role(order, "unreviewed")) == {"marketing-gm", "sales-manager"}
    assert factory.due(order, "submit-review") == ["06-03"]
    factory.do(order, "submit-review", "lin")
    factory.at("2025-06-04 10:00")
    factory.pass_general(order)
    assert factory.step(order) == "signed"
    row = factory.row(MfgContract, order)
    assert (row.contract_no, row.signed_on.isoformat(), row.unreviewed) == ("HT-OUT-1", "2025-06-02", True)


def test_S18_cancellation(factory: Rehearsal) -> None:
    for costs, balance in (("42500.00", 1_250_000), ("18000.00", -1_200_000)):
        factory.at("2025-06-03 09:00")
        order = factory.order_of(factory.customer(f"取消{costs}"), "product=JK-01 spec=M qty=1000 unit_price=100",
                                 "2025-09-30", terms="deposit:30@sign, balance:70@dispatch")  # fmt: skip
        factory.do(order, "submit-review")
        factory.pass_general(order)
        factory.do(order, "sign-contract", contract_no=f"HT-{costs}", signed_on="2025-06-03", customer_signer="吴")
        first = factory.look(order, lambda case: accounts.receivables(case)[0].id)
        factory.do(order, "pay", receivable=str(first), amount="30000", on="2025-06-03", receipt=f"R{costs}")
        factory.at("2025-06-12 10:00")
        done = factory.do(order, "cancel-order", "wang", by="customer", reason="市场变化", costs=costs)
        assert done.pending is not None
        assert factory.step(order) == "signed"
        factory.sign(order, "chen")
        assert factory.step(order) == "cancelled"
        if balance > 0:
            assert factory.receivables(order)[-1] == ("cancel-cost", balance, 0, "2025-07-12", "open")
        else:
            assert factory.due(order, "refund") == ["06-17"]
