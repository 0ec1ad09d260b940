"""Group purchases, campaigns, milestones, defaults of the company, internal registers, imports, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from serviceflow.errors import BadInput, Refused
from serviceflow_realestate import inventory, stock
from serviceflow_realestate.milestones import MILESTONES
from serviceflow_realestate.rehearsal import Rehearsal
from serviceflow_realestate.tables import ReChannel, ReClaim, ReInternalRegister, ReMediaMetric, ReProject, ReReceipt


def group(centre: Rehearsal, units: str) -> int:
    """Return a group purchase whose quote for units has been asked for."""
    centre.at("2026-03-02 10:00")
    firm = centre.customer("某某公司", "13800000090", kind="organisation")
    order = centre.open("re-opportunity", firm, start="discover", background="员工团购", buyers="8")
    centre.do(order, "assess", score="80", go="yes")
    centre.do(order, "develop", summary="已联系")
    assert centre.refused(order, "confirm-needs", summary="-", units="4") == "A group purchase needs at least 5 units."
    centre.do(order, "confirm-needs", summary="-", units="5")
    centre.do(order, "propose", summary="-", units=units)
    return order


def test_a_group_quote_holds_all_units_or_none(paced: Rehearsal) -> None:
    order = group(paced, "3-1-1502,3-1-1602,5-2-0801")
    assert paced.refused(order, "quote", percent="6", units="3-1-1502").startswith("Extra discounts may not exceed 5%")
    paced.do(order, "quote", percent="3", units="3-1-1502,3-1-1602,5-2-0801")
    taken = paced.subscribed("5-2-0801", paced.customer("赵强", "13800000002"), by="zhou")
    with pytest.raises(Refused):
        paced.sign(order, "zhao")
    assert paced.unit("3-1-1502").state == "available"
    paced.do(taken, "quit", "zhou", reason="不买")
    paced.sign(order, "zhao")
    assert paced.anchor(order, "quote_until") == "2026-03-09 10:00"
    assert len(paced.rows(ReClaim, order_id=order, ended_at=None)) == 3


def test_a_group_goes_to_subscriptions(centre: Rehearsal) -> None:
    order = group(centre, "3-1-1502,3-1-1602")
    centre.do(order, "quote", percent="3", units="3-1-1502,3-1-1602")
    centre.sign(order, "zhao")
    centre.do(order, "sign-framework", copies="4")
    centre.sign(order, "chen")
    centre.do(order, "start-subscriptions", buyers="unit=3-1-1502 buyer=甲; unit=3-1-1602 buyer=乙")
    subs = centre.children(order, "subscription")
    assert [centre.step(s) for s in subs] == ["unit-check", "unit-check"]
    assert [row["kind"] for row in centre.deal(subs[0]).discounts] == ["group"]
    for sub in subs:
        centre.do(sub, "quit", "lin", reason="-")
    assert centre.step(order) == "after-sale"


def test_a_framework_after_the_holds_is_refused(paced: Rehearsal) -> None:
    order = group(paced, "3-1-1502,3-1-1602")
    paced.do(order, "quote", percent="3", units="3-1-1502,3-1-1602")
    paced.sign(order, "zhao")
    paced.at("2026-03-09 10:00")
    said = paced.refused(order, "sign-framework", copies="4")
    assert said == "The holds expired on 2026-03-09, quote again."


def test_the_internal_register_goes_first(centre: Rehearsal) -> None:
    centre.at("2026-03-02 10:00")
    jing = centre.customer("陈静", "13800000080", owner="lin")
    lead = centre.open("re-lead", jing, start="log-call", heard_from="网络")
    centre.rota("sign_in", "lin")
    centre.do(lead, "visit-again", "sun")
    centre.do(lead, "finish-visit", wants="3室", budget="1300000", grade="A")
    assert (
        centre.refused(lead, "register-internal", units="3-1-1502", amount="1000")
        == "The internal register takes no money."
    )
    centre.do(lead, "register-internal", units="3-1-1502,3-1-1602")
    assert len(centre.rows(ReInternalRegister)) == 1
    with centre.shop.write("release again") as tx:
        tx.change(inventory.unit_named(tx, "3-1-1502"), released_at=centre.clock.now())
    centre.at("2026-03-03 09:59")
    with pytest.raises(Refused, match="reserved for registered customers until 2026-03-03 10:00"):
        centre.subscribed("3-1-1502", centre.customer("赵强", "13800000002"))
    centre.do(lead, "choose-unit", unit="3-1-1502")
    assert centre.step(lead) == "subscribing"


def test_anybody_may_have_it_once_the_priority_is_over(centre: Rehearsal) -> None:
    centre.at("2026-03-03 10:00")
    with centre.shop.write("register") as tx:
        unit = inventory.unit_named(tx, "3-1-1502")
        tx.change(unit, released_at=centre.at("2026-03-02 10:00"))
        tx.add(
            ReInternalRegister(
                number="R1",
                project_id=unit.project_id,
                customer_id=centre_customer(tx),
                units=[unit.id],
                registered_at=centre.clock.now(),
            )
        )
    centre.at("2026-03-03 10:00")
    centre.subscribed("3-1-1502", centre.customer("赵强", "13800000002"))


def centre_customer(tx: object) -> int:
    """Return any customer of the shop."""
    from serviceflow.store.tables import Customer

    found = tx.all(Customer)[0].id  # type: ignore[attr-defined]
    assert found is not None
    return int(found)


def test_plain_holds_are_bounded_and_end_to_the_second(centre: Rehearsal) -> None:
    centre.at("2026-03-02 10:00")
    who = centre.customer("赵强", "13800000002")
    centre.staff("lin")
    for number in ("3-1-1502", "3-1-1602"):
        with centre.shop.write("hold") as tx:
            stock.plain_hold(centre.shop, tx, inventory.unit_named(tx, number), who)
    with pytest.raises(Refused, match="You already hold 2 units"), centre.shop.write("hold") as tx:
        stock.plain_hold(centre.shop, tx, inventory.unit_named(tx, "5-2-0801"), who)
    centre.at("2026-03-03 09:59:59")
    other = centre.customer("钱多", "13800000003")
    with pytest.raises(Refused, match=r"is held by 林静 until 2026-03-03 10:00"):
        centre.subscribed("3-1-1502", other, by="zhou")
    centre.at("2026-03-03 10:00:00")
    order = centre.subscribed("3-1-1502", other, by="zhou")
    assert centre.step(order) == "unit-check"


def test_no_permit_nothing_is_sold(centre: Rehearsal) -> None:
    centre.at("2026-03-02 10:00")
    with centre.shop.write("permit") as tx:
        tx.change(tx.all(ReProject)[0], presale_permit_no=None)
    with pytest.raises(Refused, match="The project has no presale permit; nothing can be sold"):
        centre.subscribed("3-1-1502")


@pytest.mark.parametrize(
    ("letter", "said"),
    [
        (
            {"buyers": "name=甲 id=110101198805200012 share=60; name=乙 id=110101199001010023 share=30"},
            "Shares add up to 90%, not 100%.",
        ),
        ({"buyers": "name=甲 id=110101198805200011"}, "ID number of 甲 is not valid."),
        (
            {"buyers": "name=甲 id=110101198805200012 share=50; name=乙 id=110101198805200012 share=50"},
            "乙 is entered twice.",
        ),
        ({"loan": "865000"}, "Loan limit is 860,000."),
        ({"loan": "855000"}, "Loans are multiples of 10,000."),
        ({"years": "31"}, "At most 30 years."),
        ({"buyers": "name=甲 id=1 id_type=passport born=1980-01-01", "years": "30"}, "Age 46 + 30 years exceeds 70."),
        ({"home_count": "other"}, "Loan limit is 0."),
        ({"deposit_due": "0"}, "deposit_due: Amount must be positive with at most 2 decimals"),
        ({"deposit_due": "250000"}, "A deposit may be at most 20% of the price (247,142)."),
    ],
)
def test_what_a_letter_is_refused_for(centre: Rehearsal, letter: dict[str, str], said: str) -> None:
    centre.at("2026-03-07 10:00")
    order = centre.subscribed()
    centre.do(order, "confirm-control")
    given = {
        "buyers": "name=甲 id=110101198805200012",
        "home_count": "first",
        "pay_way": "mortgage",
        "loan": "860000",
        "years": "30",
    }
    assert centre.refused(order, "submit-draft", **{**given, **letter}) == said


def test_money_in_is_checked(centre: Rehearsal) -> None:
    centre.at("2026-03-07 10:00")
    order = centre.drafted()
    centre.do(order, "customer-signs")
    centre.do(order, "approve-letter")
    pay = {"method": "transfer", "ref": "LS1"}
    assert centre.refused(order, "receive-deposit", amount="19999", **pay) == "Deposit due is 20,000, entered 19,999."
    for bad in ("0", "-5", "1.234", "NaN"):
        said = centre.refused(order, "receive-deposit", amount=bad, **pay)
        assert said == "amount: Amount must be positive with at most 2 decimals"
    centre.do(order, "receive-deposit", amount="20000", **pay)
    centre.brief(order)
    contract = centre.at_terms(order, "2026-03-09 10:00")
    centre.do(contract, "no-objection")
    said = centre.refused(contract, "receive-payment", amount="1", method="transfer", ref="LS1")
    assert said.startswith("Reference LS1 was already booked on RE-RECEIPT-CHW-202603-0001")
    said = centre.refused(contract, "receive-payment", amount="1", method="cash", paid_on="2026-03-20")
    assert "is in the future" in said
    centre.do(contract, "receive-payment", amount="1", method="cash", paid_on="2026-02-20")
    assert centre.waiting(contract) == ["sales-manager"]


def test_a_voided_receipt_is_open_again(centre: Rehearsal) -> None:
    centre.at("2026-03-07 10:00")
    contract = centre.at_terms(centre.briefed(), "2026-03-09 10:00")
    centre.do(contract, "no-objection")
    centre.do(contract, "receive-payment", amount="355000", method="transfer")
    centre.do(contract, "void-receipt", receipt="RE-RECEIPT-CHW-202603-0002", reason="错录")
    said = centre.refused(contract, "void-receipt", receipt="RE-RECEIPT-CHW-202603-0002", reason="错录")
    assert said == "Receipt RE-RECEIPT-CHW-202603-0002 is void already."
    centre.do(contract, "receive-payment", amount="355710", method="transfer")
    assert centre.step(contract) == "signing"


def test_the_card_fee_of_a_voided_receipt_goes_back_with_it(centre: Rehearsal) -> None:
    centre.at("2026-03-07 10:00")
    contract = centre.at_terms(centre.briefed(), "2026-03-09 10:00")
    centre.do(contract, "no-objection")
    centre.do(contract, "receive-payment", amount="1000", method="credit", card="ICBC:9999")
    paid = centre.rows(ReReceipt)[-1]
    centre.do(contract, "void-receipt", receipt=paid.number, reason="错录")
    back = centre.rows(ReReceipt)[-1]
    assert (paid.direction, paid.card_fee, back.direction, back.card_fee) == ("in", 6_00, "out", 6_00)


def test_units_move_only_as_allowed(centre: Rehearsal) -> None:
    centre.at("2026-03-02 10:00")
    with centre.shop.write("states") as tx:
        unit = inventory.unit_named(tx, "3-1-1502")
        with pytest.raises(Refused, match="available → titled is not allowed"):
            inventory.set_state(tx, unit, "titled")
    centre.subscribed()
    with pytest.raises(Refused, match="The price of a held unit is fixed"), centre.shop.write("price") as tx:
        inventory.set_price(
            tx, inventory.unit_named(tx, "3-1-1502"), 1, unit_fen=100, reason="-", staff_id=None, at=tx.now
        )


def test_an_import_is_whole_or_nothing(centre: Rehearsal, tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_text(
        "楼栋,单元,楼层,房间,建筑面积,单价\n7,1,3,01,80,9000\n7,1,3,01,80,9000\n7,1,4,01,0,9000\n7,1,5,01,80,x\n",
        encoding="utf-8",
    )
    with pytest.raises(BadInput) as caught, centre.shop.write("import") as tx:
        stock.import_units(centre.shop, tx, tx.all(ReProject)[0], file)
    said = caught.value.sentence.to("en")
    assert "line 3: 7-1-0301 is there twice" in said
    assert "line 4: bad area" in said
    assert "line 5:" in said
    file.write_text("楼栋,单元,楼层,房间,建筑面积,单价\n7,1,3,01,80,9000\n", encoding="gb18030")
    with centre.shop.write("import") as tx:
        assert stock.import_units(centre.shop, tx, tx.all(ReProject)[0], file) == 1
    assert centre.unit("7-1-0301").list_total == 720_000_00


def test_milestones_pass_when_every_item_is_ready(centre: Rehearsal) -> None:
    centre.at("2026-03-02 10:00")
    order = centre.open("re-project", centre.customer("开发商", kind="organisation"), "ying", project="CHW")
    assert len(centre.tasks(order)["milestone-item"]) == sum(len(a[3]) for a in MILESTONES["m1-structure"])
    assert centre.refused(order, "tick", item="team", level="half").startswith("Unknown level")
    assert centre.refused(order, "pass").startswith("24 items are not ready")
    for _, _, required, items in MILESTONES["m1-structure"]:
        for key, _, _ in items:
            if key != "uniforms":
                centre.do(order, "tick", item=key, level=required)
    centre.do(order, "waive", "chen", item="uniforms", reason="不需要")
    centre.sign(order, "zhao")
    centre.do(order, "pass")
    assert centre.step(order) == "m2-ten-floors"


def test_a_campaign_needs_channels_and_figures(centre: Rehearsal) -> None:
    centre.at("2026-03-02 10:00")
    order = centre.open("re-campaign", centre.customer("开发商", kind="organisation"), "ying", project="CHW")
    centre.do(order, "set-goal", summary="-", sales="100000000", share="5")
    centre.do(order, "file-analysis", summary="-")
    assert centre.refused(order, "approve-strategy", summary="-", budget="100000") == "The channel plan is empty."
    with centre.shop.write("channel") as tx:
        channel = tx.add(ReChannel(name="公众号"))
    centre.do(order, "approve-strategy", summary="-", budget="100000")
    centre.sign(order, "chen", "zhao")
    for action in ("file-listening", "close-engagement"):
        if action == "close-engagement":
            centre.do(order, "hand-leads", summary="-", count="5")
        centre.do(order, action, summary="-")
    centre.do(order, "close-service", summary="-")
    centre.do(order, "close-trade", summary="-")
    assert centre.refused(order, "next-cycle", summary="-") == "Metrics missing for: 公众号"
    with centre.shop.write("metrics") as tx:
        tx.add(ReMediaMetric(channel_id=channel.id or 0, month="2026-03", scale=1000))
    centre.do(order, "next-cycle", summary="-")
    assert centre.step(order) == "listen"
