"""The books: every way of tampering that can be seen is seen, and named."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from serviceflow.app import Shop
from serviceflow.engine.operations import redo, undo
from serviceflow.errors import BadInput
from serviceflow.store import audit
from serviceflow.store.audit import Findings, Head, head, read_heads, verify
from serviceflow.store.tables import Anchor, Contact, Customer, Message, Order
from serviceflow.store.write import table_of
from serviceflow.texts import plain
from sqlalchemy import text

NOW = datetime(2026, 11, 25, 2, 20, tzinfo=UTC)


def check(shop: Shop, *heads: Head) -> Findings:
    with shop.reading() as tx:
        return verify(tx.connection, heads)


def said(found: Findings) -> list[str]:
    return [str(fault) for fault in found.faults]


@pytest.fixture
def lived_in(shop: Shop) -> Shop:
    """Operations 2 to 4 after the opening: entered, changed twice, removed."""
    with shop.write("enter") as tx:
        for name in ("王小明", 'O"Neil \\ 李\n丽', "张三"):
            row = tx.add(Customer(name=name, tags=["老客", "vip"], birthday=date(1990, 1, 2), created_at=NOW))
            tx.add(Contact(customer_id=row.id, kind="phone", value=f"+86138{row.id:08}", shown="138"))
        order = tx.add(
            Order(
                number="S-2026-0001",
                seq=1,
                customer_id=1,
                flow="case",
                flow_version=1,
                step="reception",
                entered_at=NOW,
                opened_at=NOW,
                data={"好": [1, None, True]},
                amount=99_999_999_999,
            )
        )
        tx.add(Anchor(order_id=order.id, key="a/b%", day=date(2026, 12, 1)))
        tx.add(Message(rule="x:y", template="y", purpose="service", due_at=NOW, occurrence="k", made_at=NOW))
    with shop.write("move") as tx:
        order = tx.change(tx.need(Order, 1), step="booked")
        tx.change(order, amount=None)
        tx.change(tx.need(Anchor, 1, "a/b%"), day=None, at=NOW)
    with shop.write("drop") as tx:
        tx.remove(tx.need(Contact, 3))
        tx.summary = plain("phone dropped")
    return shop


def test_untouched_books_are_sound_also_after_undo_and_redo(lived_in: Shop) -> None:
    undo(lived_in)
    undo(lived_in)
    redo(lived_in)
    with lived_in.engine.begin() as connection:  # delivery changes a message without an operation
        connection.execute(text("UPDATE message SET state = 'sent', rv = 5"))
    found = check(lived_in)
    assert said(found) == []
    assert (found.operations, found.anchored) == (7, 0)
    assert found.live >= 10


@pytest.mark.parametrize(
    ("tampering", "expected"),
    [
        pytest.param(
            ["UPDATE operation_row SET image = replace(image, '王小明', '王大明') WHERE operation_id = 2"],
            [
                "Operation 2: what is recorded of customer 1 was edited.",
                "customer 1 was changed by no operation (name).",
            ],
            id="an edited image",
        ),
        pytest.param(
            ["UPDATE customer SET note = 'by hand' WHERE id = 2"],
            ["customer 2 was changed by no operation (note)."],
            id="an edited row",
        ),
        pytest.param(
            ["UPDATE orders SET amount = 1"],
            ["orders 1 was changed by no operation (amount)."],
            id="an edited row with several images",
        ),
        pytest.param(
            ["UPDATE customer SET tags = 'no json' WHERE id = 2"],
            ["customer 2 was changed by no operation (tags)."],
            id="a column of json that holds none",
        ),
        pytest.param(
            ["DELETE FROM contact WHERE id = 2"], ["contact 2 was removed by no operation."], id="a removed row"
        ),
        pytest.param(
            [
                "INSERT INTO customer (id, rv, kind, name, source, tags, note, do_not_contact, created_at)"
                " VALUES (77, 1, 'person', 'x', '', '[]', '', FALSE, '2026-11-25 02:20:00')"
            ],
            ["customer 77 was put in by no operation."],
            id="a row put in",
        ),
        pytest.param(
            ["DELETE FROM operation WHERE id = 3", "DELETE FROM operation_row WHERE operation_id = 3"],
            [
                "Operations 3 to 3 are missing.",
                "orders 1 was changed by no operation (amount, rv, step).",
                "anchor 1/a%2Fb%25 was changed by no operation (at, day, rv).",
            ],
            id="a removed operation",
        ),
        pytest.param(
            ["DELETE FROM operation_row WHERE operation_id = 4"],
            ["Operation 4: rows were added, removed or exchanged.", "contact 3 was removed by no operation."],
            id="removed row images",
        ),
        pytest.param(
            ["UPDATE operation SET command = 'move!' WHERE id = 3"],
            ["Operation 3 was changed afterwards."],
            id="an edited operation",
        ),
        pytest.param(
            ["UPDATE operation SET id = 9 WHERE id = 4"],
            [
                "Operations 4 to 8 are missing.",
                "A row of operation 4 has no operation.",
                "Operation 9: rows were added, removed or exchanged.",
                "Operation 9 was changed afterwards.",
            ],
            id="a renumbered operation",
        ),
    ],
)
def test_tampering_is_found_and_named(lived_in: Shop, tampering: list[str], expected: list[str]) -> None:
    with lived_in.engine.begin() as connection:
        for statement in tampering:
            connection.execute(text(statement))
    assert said(check(lived_in)) == expected


def test_a_cut_tail_is_seen_only_against_a_saved_head(lived_in: Shop) -> None:
    with lived_in.write("last") as tx:
        tx.summary = plain("nothing that shows in a row")
        tx.remove(tx.add(Customer(name="x", created_at=NOW)))
    with lived_in.reading() as tx:
        kept = head(tx.connection)
    with lived_in.engine.begin() as connection:
        connection.execute(text("DELETE FROM operation_row WHERE operation_id = 5"))
        connection.execute(text("DELETE FROM operation WHERE id = 5"))
    assert said(check(lived_in)) == []
    assert said(check(lived_in, kept)) == [f"Operations 5 to 5 are missing: the end was cut off after {kept.at}."]


def test_a_saved_head_compares_the_hash_and_says_up_to_where_it_vouches(lived_in: Shop) -> None:
    with lived_in.reading() as tx:
        kept = head(tx.connection)
    with lived_in.write("more") as tx:
        tx.add(Customer(name="x", created_at=NOW))
    found = check(lived_in, kept)
    assert (said(found), found.anchored, found.operations) == ([], 4, 5)
    forged = Head(kept.operation, "0" * 64, kept.at)
    assert said(check(lived_in, forged)) == [
        f"Operation 4 is not the one whose head was saved at {kept.at}: history was rewritten."
    ]


def test_erasing_an_image_keeps_the_chain_valid(lived_in: Shop) -> None:
    with lived_in.engine.begin() as connection:
        connection.execute(text("UPDATE operation_row SET image = NULL, salt = NULL WHERE table_name = 'customer'"))
    assert said(check(lived_in)) == []


@pytest.mark.parametrize("together", [1, 2, 3, 100])
def test_an_operation_of_many_rows_is_hashed_some_at_a_time(
    lived_in: Shop, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    monkeypatch.setattr(audit, "TOGETHER", together)
    found = check(lived_in)
    assert (said(found), found.rows > 10) == ([], True)


def test_a_head_file_is_read_line_by_line() -> None:
    one = Head(4, "ab", "2026-11-25T02:20:00+00:00")
    assert read_heads(f"{one.line()}\n\n{one.line()}\n") == [one, one]
    with pytest.raises(BadInput, match="Line 2"):
        read_heads(f"{one.line()}\nnot a head\n")


def test_an_empty_shop_has_the_head_of_its_opening(shop: Shop) -> None:
    with shop.reading() as tx:
        assert head(tx.connection).operation == 1
    assert check(shop).sound


def test_rows_stored_in_bulk_are_vouched_for_by_their_batch(shop: Shop) -> None:
    from serviceflow.engine.batches import Range

    def customer(number: int) -> dict[str, object]:
        return {
            "id": number,
            "name": "x",
            "kind": "person",
            "source": "",
            "tags": [],
            "note": "",
            "rv": 1,
            "do_not_contact": False,
            "batch_id": 1,
            "created_at": NOW,
        }

    with shop.write("import") as tx:
        tx.connection.execute(table_of(Customer).insert(), [customer(n) for n in (11, 12, 13)])
        Range(1, 11, 12, {"customer": 2}).record(tx)
    with shop.write("edit") as tx:
        tx.change(tx.need(Customer, 12), note="later")
    assert said(check(shop)) == ["customer 13 was put in by no operation."]
