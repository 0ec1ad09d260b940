"""A trade that prints: a slip for the customer, a list for an outsider, on a shop that runs it."""

from __future__ import annotations

import pytest
from serviceflow.api import (
    START,
    Action,
    Case,
    Document,
    Flow,
    Form,
    Issue,
    Role,
    Setting,
    Step,
    T,
    Trade,
    VoidDocument,
    text,
)
from serviceflow.app import Shop
from serviceflow.engine.customers import add_customer
from serviceflow.testing.fixtures import Furnish
from serviceflow.testing.trades import join_trade, know_trades

PAPERS = "tests.documents:papers"


class Words(Form):
    words: str = text(T("Words", zh="内容"), required=False)


def slip(case: Case, form: Words) -> dict[str, object]:
    return {
        "customer": case.customer.name,
        "total": 1280050,
        "lines": [{"text": T("Album", zh="相册")}, {"text": form.words or ""}],
    }


SLIP = Document(
    "slip",
    T("Slip", zh="单据"),
    f"{PAPERS}/slip.html",
    ("customer", "total", "lines", "lines.text"),
    slip,
    paper="A5",
    series="SL{n:04}",
    versions=True,
    copies="print.copies",
    audience="customer",
)
OUTSIDE = Document(
    "outside",
    T("List for the laboratory", zh="外送清单"),
    f"{PAPERS}/slip.html",
    ("customer", "total", "lines", "lines.text"),
    slip,
    audience="outsider",
    masks={"customer": "name", "lines.text": "phone"},
)
ORDER = Flow(
    "print-order",
    1,
    T("Order", zh="订单"),
    series="O{n}",
    steps=(Step("open", T("Open", zh="进行中")), Step("done", T("Done", zh="完成"), final=True)),
    actions=(
        Action("open", T("Open", zh="开单"), START, to="open"),
        Action("write", T("Write slip", zh="开单据"), ("open",), form=Words, effects=(Issue("slip"),)),
        Action("send", T("Send out", zh="外送"), ("open",), form=Words, effects=(Issue("outside", draft=True),)),
        Action(
            "drop",
            T("Drop", zh="作废"),
            ("open",),
            effects=(VoidDocument(("slip",), T("changed its mind", zh="客户改主意")),),
        ),
        Action("end", T("End", zh="结束"), ("open",), to="done"),
    ),
)
PRINT = Trade(
    "print",
    T("Printing", zh="印刷"),
    "1.0",
    "1",
    ("print",),
    flows=(ORDER,),
    roles=(Role("clerk", T("Clerk", zh="职员")),),
    settings=(Setting("print.copies", "int", 2, T("Copies of a slip", zh="单据份数")),),
    documents=(SLIP, OUTSIDE),
)


@pytest.fixture
def industries() -> tuple[str, ...]:
    """A shop without trades but the one written here."""
    return ()


def printing(shop: Shop) -> None:
    join_trade(shop, PRINT)


@pytest.fixture
def furnish() -> Furnish:
    return printing


@pytest.fixture
def press(shop: Shop) -> Shop:
    """A shop with trade `print`."""
    know_trades(shop, PRINT)
    return shop


@pytest.fixture
def customer(press: Shop) -> int:
    """王小明, who reads English."""
    with press.write("customer add") as tx:
        added = add_customer(tx, name="王小明", phones=["13800000001"])
        tx.change(added, language="en")
    assert added.id is not None
    return added.id
