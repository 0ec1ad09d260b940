"""Two at once: the first stands, the second is told why not. Source: manufacturing.md section 11."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from serviceflow.app import Shop
from serviceflow.engine.act import act, decide, open_order
from serviceflow.errors import FlowError
from serviceflow.store.place import Place
from serviceflow.store.tables import Order, Slot
from serviceflow_manufacturing.flows import accounts
from serviceflow_manufacturing.rehearsal import Rehearsal
from serviceflow_manufacturing.tables import MfgChange, MfgEntry, MfgSalesOrder

from tests.plugins.manufacturing.test_refusals import WAY, cleared, drafted, followed, planning, signed

Deed = Callable[[Shop], object]
Race = Callable[..., list[str]]


@pytest.fixture
def race(factory: Rehearsal, place: Place) -> Race:
    """Let several people do something at the same moment; return what each got: ``done`` or a refusal's id."""

    def run(**deeds: Deed) -> list[str]:
        ready, said = threading.Barrier(len(deeds)), []

        def one(login: str, deed: Deed) -> None:
            with _opened(place, login, factory) as shop:
                ready.wait()
                try:
                    deed(shop)
                    said.append("done")
                except FlowError as refusal:
                    said.append(str(refusal.ref))

        threads = [threading.Thread(target=one, args=pair) for pair in deeds.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(said)

    return run


@contextmanager
def _opened(place: Place, login: str, factory: Rehearsal) -> Iterator[Shop]:
    shop = Shop.open(place, staff=login, clock=factory.clock)
    try:
        yield shop
    finally:
        shop.close()


def signs(order: int, *, approve: bool = True) -> Deed:
    return lambda shop: decide(shop, order, approve=approve, opinion="价格太低，不同意")


def does(order: int, action: str, **fields: str) -> Deed:
    return lambda shop: act(shop, order, action, fields)


def test_two_changes_opened_at_once(factory: Rehearsal, race: Race) -> None:
    order = planning(factory)
    delay = does(order, "start-delay", cause="capacity", reason="x", proposed_date="2026-01-30")
    assert race(lin=does(order, "start-amendment", origin="customer", reason="x"), wang=delay) == [
        "done",
        "mfg.change_exists",
    ]
    assert len(factory.rows(MfgChange, parent_id=order)) == 1


def test_holder_and_delegate_sign_one_slot(factory: Rehearsal, race: Race) -> None:
    order = drafted(factory)
    factory.do(order, "submit-review", "lin")
    factory.delegate("sales-manager", "wang", "li", "2025-06-10", "2025-06-10")
    assert race(wang=signs(order), li=signs(order)) == ["done", "mfg.already_signed"]


def test_two_last_signatures_close_the_stage_once(factory: Rehearsal, race: Race) -> None:
    order = drafted(factory)
    factory.do(order, "submit-review", "lin")
    assert race(wang=signs(order), zhao=signs(order)) == ["done", "done"]
    assert factory.for_role(order, "sign-review") == {"marketing-gm": "06-12"}
    assert len(factory.due(order, "sign-review")) == 1


def test_an_approval_and_a_rejection_at_once(factory: Rehearsal, race: Race) -> None:
    order = drafted(factory)
    factory.do(order, "submit-review", "lin")
    found = race(wang=signs(order), zhao=signs(order, approve=False))
    assert found in (["done", "done"], ["done", "mfg.already_signed"])
    assert factory.step(order) == "requirements"
    assert sum(slot.verdict == "rejected" for slot in factory.rows(Slot)) == 1


def test_who_signs_after_a_rejection_is_told_by_whom(factory: Rehearsal) -> None:
    order = drafted(factory)
    factory.do(order, "submit-review", "lin")
    factory.sign(order, "zhao", approve=False, opinion="产能不足，不同意")
    with pytest.raises(FlowError) as late:
        factory.sign(order, "wang")
    assert (late.value.ref, late.value.sentence.to("zh")) == ("mfg.already_signed", "销售部经理已处理（赵）。")


def test_two_shipments_of_the_rest(factory: Rehearsal, race: Race) -> None:
    order = followed(factory)
    rest = does(order, "new-shipment", lines="line_no=1 qty=100", planned_on="2025-06-11")
    assert race(du=rest, wang=rest) == ["done", "mfg.over_quantity"]
    assert factory.look(order, accounts.in_shipment) == {1: 100}


def test_two_clerks_enter_the_same_order(factory: Rehearsal, race: Race) -> None:
    factory.at("2025-06-10 10:00")
    factory.give_role("fu", "entry-clerk")
    customer = factory.customer("李静")
    entry = {"source_ref": "T-1", "received_at": "2025-06-10 09:30", "lines": "product=JK-01 qty=1 price=100",
             "consignee": "李静", "phone": "13800138000", "address": "某路 1 号", "cod_amount": "100"}  # fmt: skip

    def enter(shop: Shop) -> object:
        return open_order(shop, "mfg-entry", customer, entry)

    assert race(lu=enter, fu=enter) == ["done", "mfg.duplicate_source"]
    assert len(factory.rows(MfgEntry)) == 1
    assert [o.number for o in factory.rows(Order, flow="mfg-entry")] == ["LR2025-0001"]


def test_two_sales_orders_of_one_version(factory: Rehearsal, race: Race) -> None:
    order = signed(factory)
    factory.do(order, "write-notice", "wang", parameters="x")
    factory.give_role("li", "contract-admin")
    assert race(mei=does(order, "issue-so", erp_no="K1"), li=does(order, "issue-so", erp_no="K2")) == [
        "core.not-offered",
        "done",
    ]
    assert [so.so_no for so in factory.rows(MfgSalesOrder)] == ["SO-2025-0001"]
    with pytest.raises(FlowError) as again:
        factory.do(order, "issue-so", "mei", erp_no="K3")
    assert again.value.sentence.to("en") == "Version 1 has sales order SO-2025-0001."


def test_a_dispatch_and_an_amendment_at_once(factory: Rehearsal, race: Race) -> None:
    order = followed(factory)
    dispatch = does(cleared(factory, order, 60), "dispatch", **WAY)
    found = race(qin=dispatch, lin=does(order, "start-amendment", origin="customer", reason="x"))
    assert found in (["done", "done"], ["done", "mfg.change_open"])
    change = factory.child(order, "amendment")
    assert factory.refused(change, "edit-change", lines="line_no=1 qty=59") == "below_shipped"
