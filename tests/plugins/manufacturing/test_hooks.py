"""What other plugins answer the factory: numbers of an ERP, things a leaver holds. Source: manufacturing.md 5.11."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from serviceflow.app import make_shop
from serviceflow.clock import SetClock
from serviceflow.errors import FlowError
from serviceflow.store.place import Place
from serviceflow.testing.fixtures import NOW
from serviceflow_manufacturing import hooks
from serviceflow_manufacturing.rehearsal import Rehearsal, staffed
from serviceflow_manufacturing.tables import MfgHandoverItem, MfgSalesOrder

from tests.plugin.conftest import SMALL, Site
from tests.plugins.manufacturing.test_refusals import signed

SPECS = {name: spec for name, spec in vars(hooks).items() if hasattr(spec, "serviceflow_spec")}
ERP = """
from serviceflow.api import hookimpl
from serviceflow_manufacturing.hooks import HandoverItem


@hookimpl(optionalhook=True)
def mfg_erp_export(sales_order):
    return None if sales_order.content["packing"] == "bag" else f"ERP-{sales_order.so_no}"


@hookimpl(optionalhook=True)
def handover_items(staff):
    return [HandoverItem("key:1", "key of the ERP", "equipment")]


@hookimpl(optionalhook=True)
def handover_apply(tx, item, recipient):
    tx.change(recipient, department=f"has the {item.text}")
"""


@pytest.fixture
def with_erp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """A factory beside a plugin that knows its ERP."""
    folder = tmp_path / "site"
    folder.mkdir()
    source = SMALL.format(key="erp", version="1.0", last="closed", target="closed")
    Site(folder).install("erp", source + ERP, module="sf_erp_of_the_factory")
    monkeypatch.syspath_prepend(str(folder))
    clock = SetClock(NOW)
    shop = make_shop(Place(path=tmp_path / "shop.db"), login="xiaomei", name="小美", language="zh", clock=clock,
                     industries=("erp", "manufacturing"))  # fmt: skip
    yield staffed(shop, clock)
    shop.close()


def test_an_erp_gives_the_number_that_was_not_typed(with_erp: Rehearsal) -> None:
    order = signed(with_erp)
    with_erp.do(order, "write-notice", "wang", parameters="x")
    with_erp.do(order, "issue-so", "mei")
    assert [(so.so_no, so.erp_no) for so in with_erp.rows(MfgSalesOrder)] == [("SO-2025-0001", "ERP-SO-2025-0001")]


def test_an_erp_that_knows_no_number_leaves_it_to_the_clerk(with_erp: Rehearsal) -> None:
    with_erp.at("2025-06-10 09:00")
    order = with_erp.order_of(with_erp.customer("客户"), "product=JK-01 spec=M qty=100 unit_price=100", "2025-12-31",
                              packing="bag")  # fmt: skip
    with_erp.do(order, "submit-review", "lin")
    with_erp.pass_general(order)
    with_erp.do(order, "sign-contract", contract_no="HT-1", signed_on="2025-06-10", customer_signer="x")
    with_erp.do(order, "write-notice", "wang", parameters="x")
    with pytest.raises(FlowError) as missing:
        with_erp.do(order, "issue-so", "mei")
    assert missing.value.ref == "mfg.erp_no_missing"
    with_erp.do(order, "issue-so", "mei", erp_no="K1")
    assert with_erp.rows(MfgSalesOrder)[0].so_no == "SO-2025-0001"


def test_what_another_plugin_names_is_handed_over_by_it(with_erp: Rehearsal) -> None:
    with_erp.at("2025-09-25 09:00")
    handover = with_erp.open("mfg-handover", None, by="ke", staff="lin", last_day="2025-10-31")
    item = with_erp.rows(MfgHandoverItem, order_id=handover)[0]
    assert (item.trade, item.kind, item.text) == ("erp", "equipment", "key of the ERP")
    with_erp.do(handover, "set-recipient", item=str(item.id), recipient="li")
    with_erp.do(handover, "close-lists")
    assert with_erp.due(handover, "sign-item") == ["09-28", "09-28", "09-28"]
    for login in ("lin", "li", "ke"):
        with_erp.do(handover, "sign-item", login)
    assert with_erp.due(handover, "sign-item") == []
    with_erp.do(handover, "finish-handover")
    from serviceflow.store.tables import Staff

    assert with_erp.rows(Staff, login="li")[0].department == "has the key of the ERP"


@pytest.mark.parametrize("hook", SPECS)
def test_a_hook_says_when_what_order_and_since(hook: str) -> None:
    doc = inspect.getdoc(SPECS[hook]) or ""
    assert not [part for part in ("When:", "Args:", "Returns:", "Order:", "Errors:", "Since:") if part not in doc]
