"""What the database writes of a row is what the journal recorded of its insertion, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from serviceflow.app import Shop
from serviceflow.store.images import inserted
from serviceflow.store.tables import Anchor, Customer, Message, Order, Row
from serviceflow.store.write import table_of

NOW = datetime(2026, 11, 25, 2, 20, 0, 999_999, tzinfo=UTC)


def customer() -> Customer:
    return Customer(
        id=1,
        name='O"Neil \\ 李\n\t丽 \u2028 \U00020bb7 \x7f',
        tags=["老客"],
        birthday=date(990, 1, 2),
        created_at=NOW,
    )


def order() -> Order:
    return Order(
        id=1,
        number="S-1",
        seq=1,
        customer_id=1,
        flow="case",
        flow_version=1,
        step="reception",
        entered_at=NOW,
        opened_at=NOW,
        data={"好": [1, None, True], "a": "\n"},
        amount=-99_999_999_999,
    )


def anchor() -> Anchor:
    return Anchor(order_id=1, key="a/b%", day=date(2026, 12, 1))


def message() -> Message:
    return Message(rule="x:y", template="y", purpose="service", due_at=NOW, occurrence="k", made_at=NOW)


@pytest.mark.parametrize(
    ("model", "makers"),
    [
        pytest.param(Customer, [customer], id="text and a date"),
        pytest.param(Order, [customer, order], id="json, money and nothing"),
        pytest.param(Anchor, [customer, order, anchor], id="a day or a moment"),
        pytest.param(Message, [message], id="truths"),
    ],
)
def test_the_database_writes_a_row_as_the_journal_does(
    shop: Shop, model: type[Row], makers: list[Callable[[], Row]]
) -> None:
    with shop.write("enter") as tx:
        for make in makers:
            tx.add(make())
    table = table_of(model)
    with shop.reading() as tx:
        query = f"SELECT {inserted(table, tx.dialect)}, r.image FROM {table.name} t, operation_row r"  # noqa: S608
        found = tx.connection.exec_driver_sql(f"{query} WHERE r.table_name = '{table.name}'").all()
    assert [written for written, _ in found] == [recorded for _, recorded in found] != []
