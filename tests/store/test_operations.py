"""Taking operations back: whole, only what nothing stands on, and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.engine.operations import history, redo, undo, undo_preview
from serviceflow.errors import BadInput, ChangedMeanwhile, Refused
from serviceflow.store.digests import digest
from serviceflow.store.place import Place
from serviceflow.store.tables import (
    Anchor,
    Attempt,
    Contact,
    Customer,
    Message,
    Order,
    Staff,
    StaffRole,
    VoidNumber,
)
from serviceflow.store.write import Tx, table_of, tables_here
from serviceflow.texts import plain
from sqlalchemy import update

NOW = datetime(2026, 11, 25, 2, 20, tzinfo=UTC)
OWN_BOOKS = {"operation", "operation_row", "number_void", "number_series"}


def rows_of(shop: Shop) -> str:
    with shop.reading() as tx:
        return digest(tx.connection, [t for t in tables_here(tx.connection) if t.name not in OWN_BOOKS])


def write(shop: Shop, work: Callable[[Tx], object], name: str = "work") -> int:
    with shop.write(name) as tx:
        work(tx)
        tx.summary = plain(name)
    assert tx.operation is not None
    return tx.operation


def customer(tx: Tx, name: str = "王小明") -> Customer:
    row = tx.add(Customer(name=name, created_at=NOW))
    tx.add(Contact(customer_id=row.id, kind="phone", value="+8613800000001", shown="138 0000 0001"))
    return row


def order(tx: Tx, customer_id: int | None = None) -> Order:
    seq = tx.draw("case")
    return tx.add(
        Order(
            number=f"S-2026-{seq:04}",
            seq=seq,
            customer_id=customer_id,
            flow="case",
            flow_version=1,
            step="reception",
            entered_at=NOW,
            opened_at=NOW,
        )
    )


def message(tx: Tx, order_id: int | None, **more: object) -> Message:
    return tx.add(
        Message(
            rule="studio:thanks",
            template="thanks",
            purpose="service",
            order_id=order_id,
            due_at=NOW,
            occurrence=f"thanks {order_id}",
            made_at=NOW,
            recipient_name="王小明",
            **more,
        )
    )


def change_contact(tx: Tx) -> None:
    row = tx.one(Contact)
    assert row is not None
    tx.change(row, shown="13800000001")
    tx.change(row, preferred=False)


def remove_contact(tx: Tx) -> None:
    row = tx.one(Contact)
    assert row is not None
    tx.remove(row)


def everything(tx: Tx) -> None:
    made = customer(tx, "李丽")
    opened = order(tx, made.id)
    tx.add(Anchor(order_id=opened.id, key="a/b%", day=date(2026, 12, 1)))
    tx.change(opened, step="booked", data={"好": [1, None]}, amount=99_999_999_999)
    tx.remove(tx.need(Anchor, opened.id, "a/b%"))
    tx.add(Anchor(order_id=opened.id, key="a/b%", at=NOW))
    remove_contact(tx)
    message(tx, opened.id)


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(customer, id="inserted rows go"),
        pytest.param(change_contact, id="changed rows are as before, twice changed ones too"),
        pytest.param(remove_contact, id="removed rows come back"),
        pytest.param(everything, id="all of it in one operation"),
    ],
)
def test_undo_restores_every_row_and_redo_does_it_again(shop: Shop, work: Callable[[Tx], object]) -> None:
    write(shop, customer)
    before = rows_of(shop)
    write(shop, work)
    after = rows_of(shop)
    undo(shop)
    assert rows_of(shop) == before
    redo(shop)
    assert rows_of(shop) == after
    undo(shop)
    assert rows_of(shop) == before


def test_repeated_undo_walks_back(shop: Shop) -> None:
    states = [rows_of(shop)]
    for name in ("王小明", "李丽", "张三"):
        write(shop, lambda tx, name=name: customer(tx, name), name)
        states.append(rows_of(shop))
    for expected in reversed(states[:-1]):
        undo(shop)
        assert rows_of(shop) == expected
    with pytest.raises(Refused) as caught:
        undo(shop)
    assert caught.value.ref == "undo.nothing"
    for expected in states[1:]:
        redo(shop)
        assert rows_of(shop) == expected
    with pytest.raises(Refused):
        redo(shop)


def test_undo_after_undo_and_new_work_takes_the_new_work_back(shop: Shop) -> None:
    write(shop, lambda tx: customer(tx, "一"), "first")
    write(shop, lambda tx: customer(tx, "二"), "second")
    undo(shop)
    write(shop, lambda tx: customer(tx, "三"), "third")
    assert [str(undo(shop).entry.summary) for _ in range(2)] == ["third", "first"]


def test_an_operation_later_work_stands_on_is_refused_and_names_it(shop: Shop) -> None:
    write(shop, customer, "enter")
    first = write(shop, change_contact, "correct the phone")
    later = write(shop, remove_contact, "drop the phone")
    before = rows_of(shop)
    with pytest.raises(Refused, match=rf"#{first} correct the phone.*#{later} drop the phone") as caught:
        undo(shop, first)
    assert (caught.value.ref, str(caught.value.way_out)) == ("undo.later", f"Take that back first: flow undo {later}")
    assert rows_of(shop) == before
    undo(shop, later)
    undo(shop, first)


def test_an_order_of_a_customer_stands_on_the_customer(shop: Shop) -> None:
    entered = write(shop, customer, "enter")
    with shop.reading() as tx:
        key = tx.all(Customer)[0].id
    opened = write(shop, lambda tx: order(tx, key), "open")
    with pytest.raises(Refused, match=f"#{opened} open") as caught:
        undo(shop, entered)
    assert caught.value.ref == "undo.later"


def test_what_is_undone_is_not_undone_twice(shop: Shop) -> None:
    number = write(shop, customer)
    undo(shop)
    with pytest.raises(Refused) as caught:
        undo(shop, number)
    assert caught.value.ref == "undo.done"
    with pytest.raises(BadInput):
        undo(shop, 999)


def test_a_number_taken_back_is_void_and_never_drawn_again(shop: Shop) -> None:
    write(shop, order, "open")
    assert undo_preview(shop).void == ["S-2026-0001"]
    done = undo(shop)
    assert done.void == ["S-2026-0001"]
    with shop.reading() as tx:
        assert [(v.number, v.operation) for v in tx.all(VoidNumber)] == [("S-2026-0001", done.entry.id)]
    write(shop, order, "open")
    with shop.reading() as tx:
        assert [o.number for o in tx.all(Order)] == ["S-2026-0002"]


def test_a_sent_message_stays_and_is_named_first(shop: Shop) -> None:
    def open_and_thank(tx: Tx) -> None:
        message(tx, order(tx).id)

    write(shop, open_and_thank, "open")
    with shop.engine.begin() as connection:  # what the delivery does: no operation
        connection.execute(update(table_of(Message)).values(state="sent", rv=3, sent_at=NOW, attempts=1))
        connection.execute(
            table_of(Attempt)
            .insert()
            .values(
                message_id=1, generation=1, number=1, channel="hand", claim="x", begun_at=NOW, outcome="", detail=""
            )
        )
    before = rows_of(shop)
    preview = undo_preview(shop)
    assert [str(line) for line in preview.stays] == ["message 1 (thanks) to 王小明: sent"]
    assert rows_of(shop) == before
    done = undo(shop)
    assert [str(line) for line in done.stays] == ["message 1 (thanks) to 王小明: sent"]
    with shop.reading() as tx:
        assert [(m.state, m.order_id) for m in tx.all(Message)] == [("sent", None)]
        assert tx.all(Order) == []


def test_a_message_cancelled_and_then_brought_back_is_planned_again(shop: Shop) -> None:
    write(shop, lambda tx: message(tx, None), "plan")
    write(shop, lambda tx: tx.change(tx.need(Message, 1), state="cancelled", reason="left"), "leave")
    undo(shop)
    with shop.reading() as tx:
        assert tx.need(Message, 1).state == "planned"


def test_a_row_edited_behind_the_journals_back_is_not_overwritten(shop: Shop) -> None:
    write(shop, customer, "enter")
    with shop.engine.begin() as connection:
        connection.execute(update(table_of(Customer)).values(note="by hand"))
    with pytest.raises(Refused) as caught:
        undo(shop)
    assert caught.value.ref == "undo.changed"


def test_a_batch_made_by_one_statement_goes_whole_and_comes_back(shop: Shop) -> None:
    def bulk(tx: Tx) -> None:
        table = table_of(Customer)
        tx.connection.execute(
            table.insert(),
            [
                {
                    "name": f"客{n}",
                    "kind": "person",
                    "source": "",
                    "tags": [],
                    "note": "",
                    "do_not_contact": False,
                    "rv": 1,
                    "batch_id": 7,
                    "created_at": NOW,
                }
                for n in range(1200)
            ],
        )
        tx.batch(table, 7, {"column": "batch_id", "rows": 1200})

    before = rows_of(shop)
    write(shop, bulk, "import")
    after = rows_of(shop)
    assert undo(shop).rows == 1200
    assert rows_of(shop) == before
    redo(shop)
    assert rows_of(shop) == after


def test_only_a_manager_undoes_what_another_did(place: Place, shop: Shop, clock: SetClock) -> None:
    def hire(tx: Tx) -> None:
        for login in ("anna", "boss"):
            tx.add(Staff(login=login, name=login.title()))
        tx.add(StaffRole(staff_id=tx.one(Staff, table_of(Staff).c.login == "boss").id, role="manager"))

    write(shop, hire, "hire")
    number = write(shop, customer, "enter")
    anna, boss = (Shop.open(place, staff=login, clock=clock) for login in ("anna", "boss"))
    with pytest.raises(Refused) as caught:
        undo(anna, number)
    assert caught.value.ref == "undo.others"
    with pytest.raises(Refused):
        undo(anna)
    assert undo(boss, number).entry.id == number
    anna.close()
    boss.close()


def test_the_opening_of_the_shop_stays(shop: Shop) -> None:
    with pytest.raises(Refused):
        undo(shop, 1)


def test_history_of_an_order_names_who_when_and_what_is_undone(shop: Shop, clock: SetClock) -> None:
    opened = write(shop, order, "open")
    clock.set(clock.now() + timedelta(minutes=5))
    moved = write(shop, lambda tx: tx.change(tx.need(Order, 1), step="booked"), "deposit")
    undo(shop)
    with shop.reading() as tx:
        found = history(tx, order_id=1)
        assert [(e.id, str(e.summary), e.who, e.live, e.undoes) for e in found] == [
            (moved + 1, f"undone: #{moved} deposit", "小美", True, moved),
            (moved, "deposit", "小美", False, None),
            (opened, "open", "小美", True, None),
        ]
        assert found[1].at - found[2].at == timedelta(minutes=5)
        assert [e.id for e in history(tx, limit=1, before=moved)] == [opened]


def test_a_dry_run_changes_nothing(shop: Shop) -> None:
    write(shop, customer)
    before = rows_of(shop)
    assert undo(shop, dry_run=True).rows == 2
    assert rows_of(shop) == before


def test_a_copy_from_before_an_undo_cannot_be_stored_over_later_work(shop: Shop) -> None:
    made: list[Customer] = []
    write(shop, lambda tx: made.append(customer(tx)))
    key = made[0].id
    seen: list[Customer] = []
    write(shop, lambda tx: seen.append(tx.change(tx.need(Customer, key), note="first")))
    undo(shop)
    write(shop, lambda tx: tx.change(tx.need(Customer, key), note="later"))
    with pytest.raises(ChangedMeanwhile):
        write(shop, lambda tx: tx.change(seen[0], note="first, and more"))
