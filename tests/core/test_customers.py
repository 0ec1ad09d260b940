"""Customers: entering, editing, merging; on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from serviceflow.app import Shop
from serviceflow.engine.customers import (
    add_contact,
    add_customer,
    change_contacts,
    edit_customer,
    set_consent,
    set_date,
)
from serviceflow.engine.merges import merge, merge_of
from serviceflow.engine.operations import redo, undo
from serviceflow.errors import BadInput, FlowError, Refused
from serviceflow.store.digests import digest
from serviceflow.store.tables import (
    Consent,
    Contact,
    Customer,
    CustomerDate,
    FindKey,
    Interaction,
    Message,
    Order,
    Task,
)
from serviceflow.store.write import Tx, table_of, tables_here

NOW = datetime(2026, 11, 25, 2, 20, tzinfo=UTC)
OWN_BOOKS = {"operation", "operation_row", "number_void"}


@pytest.fixture
def industries() -> tuple[str, ...]:
    """Customers need no trade."""
    return ()


def rows_of(shop: Shop) -> str:
    with shop.reading() as tx:
        return digest(tx.connection, [t for t in tables_here(tx.connection) if t.name not in OWN_BOOKS])


def add(shop: Shop, name: str, *phones: str, **more: object) -> int:
    with shop.write("customer add") as tx:
        customer = add_customer(tx, name=name, phones=phones, **more)  # type: ignore[arg-type]
    assert customer.id is not None
    return customer.id


def keys_of(shop: Shop, customer_id: int) -> set[str]:
    with shop.reading() as tx:
        return {row.key for row in tx.all(FindKey, table_of(FindKey).c.customer_id == customer_id)}


def contacts_of(tx: Tx, customer_id: int) -> list[Contact]:
    return tx.all(Contact, table_of(Contact).c.customer_id == customer_id)


def test_a_customer_with_everything(shop: Shop) -> None:
    key = add(shop, " 王小明 ", "138 0000-0001", "021-58881234转8", emails=["Ming@QQ.com"], wechat="Wxid_Ming",
              address="南京路 1 号", birthday=date(1990, 5, 1), source="抖音", tags=["VIP", "老客", "VIP"], note="怕热",
              language="zh")  # fmt: skip
    with shop.reading() as tx:
        customer = tx.need(Customer, key)
        points = [(p.kind, p.value, p.ext, p.preferred) for p in contacts_of(tx, key)]
    assert (customer.name, customer.tags, customer.owner_id) == ("王小明", ["VIP", "老客"], shop.staff_id)
    assert points == [
        ("phone", "+8613800000001", None, True),
        ("phone", "+862158881234", "8", False),
        ("email", "ming@qq.com", None, True),
        ("wechat", "wxid_ming", None, True),
        ("address", "南京路 1 号", None, True),
    ]
    assert {"小明", "wxm", "xiaoming", "13800000001", "0001", "58881234", "mingqqcom", "wxidming"} <= keys_of(shop, key)


@pytest.mark.parametrize(
    "typed", ["138 0000 0001", "１３８０００００００１", "+86 13800000001", "0086-13800000001 转 5"]
)
def test_the_same_phone_finds_the_customer_instead_of_a_second(shop: Shop, typed: str) -> None:
    add(shop, "王小明", "13800000001")
    with pytest.raises(Refused, match="王小明") as refused:
        add(shop, "王明", typed)
    assert refused.value.ref == "customer.same"
    assert "flow show +8613800000001" in str(refused.value.way_out)
    add(shop, "王太太", typed, allow_same=True)


def test_the_same_email_finds_the_customer_instead_of_a_second(shop: Shop) -> None:
    add(shop, "王小明", emails=["Ming@qq.com"])
    with pytest.raises(Refused, match="王小明"):
        add(shop, "王明", emails=["MING@QQ.COM"])


@pytest.mark.parametrize("shared", ["95588", "8888 6666"])
def test_a_number_that_is_not_theirs_alone_finds_nobody(shop: Shop, shared: str) -> None:
    assert add(shop, "王小明", shared) != add(shop, "李丽", shared)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "\x1b[31m"},
        {"name": "王" * 201},
        {"name": "王", "phones": ["12"]},
        {"name": "王", "phones": ["1.38E+10"]},
        {"name": "王", "emails": ["ming@qq"]},
        {"name": "王", "birthday": date(2090, 1, 1)},
        {"name": "王", "birthday": date(1890, 1, 1)},
        {"name": "王", "kind": "dog"},
        {"name": "王", "note": "长" * 4_001},
        {"name": "王", "tags": ["长" * 61]},
        {"name": "王", "address": "长" * 301},
    ],
    ids=lambda wrong: ",".join(wrong),
)
def test_what_cannot_be_understood_is_refused_and_nothing_stored(shop: Shop, wrong: dict[str, object]) -> None:
    before = rows_of(shop)
    with pytest.raises(BadInput), shop.write("customer add") as tx:
        add_customer(tx, **wrong)  # type: ignore[arg-type]
    assert rows_of(shop) == before


def test_editing_changes_what_the_customer_is_found_by(shop: Shop) -> None:
    key = add(shop, "王小明", "13800000001")
    before = rows_of(shop)
    with shop.write("customer edit") as tx:
        customer = tx.need(Customer, key)
        edit_customer(tx, customer, name="单晓", tags=["VIP"], birthday=date(1990, 5, 1), do_not_contact=True)
        change_contacts(
            tx, customer, add=[("phone", "13900000002"), ("wechat", "Shan")], drop=[("phone", "13800000001")]
        )
        change_contacts(tx, customer, prefer=[("phone", "021-58881234")])
        set_date(tx, customer, "wedding", date(2027, 1, 2))
        set_consent(tx, customer, "marketing", False, evidence="电话")
    found = keys_of(shop, key)
    assert {"单晓", "shanxiao", "danxiao", "13900000002", "shan", "58881234"} <= found
    assert not found & {"小明", "13800000001", "wxm"}
    with shop.reading() as tx:
        assert [(p.value, p.preferred) for p in contacts_of(tx, key) if p.kind == "phone"] == [
            ("+8613900000002", False), ("+862158881234", True)]  # fmt: skip
        assert tx.all(Consent)[0].given is False
    undo(shop)
    assert rows_of(shop) == before


def test_a_phone_of_somebody_else_is_not_added_by_accident(shop: Shop) -> None:
    add(shop, "王小明", "13800000001")
    key = add(shop, "李丽", "13800000002")
    with pytest.raises(Refused, match="王小明"), shop.write("customer edit") as tx:
        change_contacts(tx, tx.need(Customer, key), add=[("phone", "138 0000 0001")])
    with shop.write("customer edit") as tx:
        change_contacts(tx, tx.need(Customer, key), add=[("phone", "138 0000 0001")], allow_same=True)


@pytest.mark.parametrize(("kind", "typed"), [("phone", "13800000009"), ("email", "x@qq.com")])
def test_a_contact_that_is_not_there_cannot_be_dropped(shop: Shop, kind: str, typed: str) -> None:
    key = add(shop, "王小明", "13800000001")
    with pytest.raises(Refused, match="王小明"), shop.write("customer edit") as tx:
        change_contacts(tx, tx.need(Customer, key), drop=[(kind, typed)])


@pytest.mark.parametrize(("purpose", "channel"), [("parties", "*"), ("marketing", "pigeon")])
def test_consent_names_a_known_purpose_and_channel(shop: Shop, purpose: str, channel: str) -> None:
    key = add(shop, "王小明")
    with pytest.raises(BadInput), shop.write("consent") as tx:
        set_consent(tx, tx.need(Customer, key), purpose, True, channel=channel)


def test_adding_a_contact_twice_adds_it_once(shop: Shop) -> None:
    key = add(shop, "王小明", "13800000001")
    with shop.write("customer edit") as tx:
        assert add_contact(tx, tx.need(Customer, key), "phone", "+86 138 0000 0001") is None
        assert tx.changes == []


# -- merging -----------------------------------------------------------------------------------------------------


def pair(shop: Shop) -> tuple[int, int]:
    """Return two customers, each with an open order, work, messages, named days and a phone they share."""
    gone = add(shop, "王小明", "13800000001", "13900000009", birthday=date(1990, 5, 1), note="怕热", tags=["VIP"])
    kept = add(shop, "王明", "13800000002", "13900000009", allow_same=True, source="抖音", tags=["老客"])
    with shop.write("work") as tx:
        for key, name in ((gone, "a"), (kept, "b")):
            customer = tx.need(Customer, key)
            set_date(tx, customer, "wedding", date(2027, 1, 2 if name == "a" else 3))
            set_consent(tx, customer, "marketing", name == "b")
            order = tx.add(Order(
                number=f"X-{name}", seq=key, customer_id=key, flow="case", flow_version=1, step="booked",
                entered_at=NOW, opened_at=NOW, open_key=f"case:{key}"))  # fmt: skip
            tx.add(Interaction(customer_id=key, order_id=order.id, at=NOW, summary=name))
            tx.add(Task(title_en=name, title_zh=name, due_at=NOW, customer_id=key, order_id=order.id, made_at=NOW))
            tx.add(Message(
                rule="case:hello", template="hello", purpose="service", customer_id=key, order_id=order.id, due_at=NOW,
                occurrence=f"{name}", made_at=NOW))  # fmt: skip
        set_date(tx, tx.need(Customer, gone), "engagement", date(2026, 1, 2))
    return gone, kept


def test_merging_moves_everything_and_both_open_orders_survive(shop: Shop) -> None:
    gone, kept = pair(shop)
    merge(shop, gone, kept)
    with shop.reading() as tx:
        customer, ghost = tx.need(Customer, kept), tx.need(Customer, gone)
        orders = {o.number: (o.customer_id, o.closed_at) for o in tx.all(Order)}
        moved = [{row.customer_id for row in tx.all(model)} for model in (Interaction, Task, Message, Consent)]
        days = {(d.customer_id, d.name): d.day.day for d in tx.all(CustomerDate)}
        phones = [p.value for p in contacts_of(tx, kept)]
    assert ghost.merged_into == kept
    assert orders == {"X-a": (kept, None), "X-b": (kept, None)}
    assert moved == [{kept}] * 4
    assert days == {(kept, "wedding"): 3, (gone, "wedding"): 2, (kept, "engagement"): 2}
    assert sorted(phones) == ["+8613800000001", "+8613800000002", "+8613900000009"]
    assert (customer.birthday, customer.source, customer.tags, customer.note) == (
        date(1990, 5, 1), "抖音", ["VIP", "老客"], "怕热")  # fmt: skip
    assert {"王小明", "wxm", "王明", "0001", "0002"} <= keys_of(shop, kept)
    assert keys_of(shop, gone) == set()


def test_one_phone_is_preferred_after_merging(shop: Shop) -> None:
    gone, kept = pair(shop)
    merge(shop, gone, kept)
    with shop.reading() as tx:
        assert [p.value for p in contacts_of(tx, kept) if p.preferred] == ["+8613800000002"]


def test_whoever_must_not_be_contacted_stays_so(shop: Shop) -> None:
    gone, kept = pair(shop)
    with shop.write("edit") as tx:
        edit_customer(tx, tx.need(Customer, gone), do_not_contact=True)
    merge(shop, gone, kept)
    with shop.reading() as tx:
        assert tx.need(Customer, kept).do_not_contact


def test_a_merge_is_taken_back_whole_and_done_again(shop: Shop) -> None:
    gone, kept = pair(shop)
    before = rows_of(shop)
    merge(shop, gone, kept)
    after = rows_of(shop)
    for key in (gone, kept):
        with shop.reading() as tx:
            number = merge_of(tx, key)
        undo(shop, number)
        assert rows_of(shop) == before
        redo(shop)
        assert rows_of(shop) == after


def test_a_dry_merge_changes_nothing(shop: Shop) -> None:
    gone, kept = pair(shop)
    before = rows_of(shop)
    merge(shop, gone, kept, dry_run=True)
    assert rows_of(shop) == before


def test_the_last_of_two_merges_is_taken_back_first(shop: Shop) -> None:
    first, kept = pair(shop)
    second = add(shop, "小王", "13800000003")
    merge(shop, first, kept)
    before = rows_of(shop)
    merge(shop, second, kept)
    with shop.reading() as tx:
        number = merge_of(tx, kept)
        assert merge_of(tx, second) == number
        assert merge_of(tx, first) < number
    undo(shop, number)
    assert rows_of(shop) == before
    with shop.reading() as tx, pytest.raises(Refused, match="小王"):
        merge_of(tx, second)


def test_what_was_done_since_stays_in_the_way_of_taking_a_merge_back(shop: Shop) -> None:
    gone, kept = pair(shop)
    number = merge(shop, gone, kept)
    with shop.write("edit") as tx:
        edit_customer(tx, tx.need(Customer, kept), note="今天来过")
    with pytest.raises(Refused) as refused:
        undo(shop, number)
    assert "flow undo" in str(refused.value.way_out)


def test_who_is_merged_away_or_the_same_is_not_merged(shop: Shop) -> None:
    gone, kept = pair(shop)
    third = add(shop, "赵敏")
    merge(shop, gone, kept)
    for pair_ in ((kept, kept), (gone, third), (third, gone)):
        before = rows_of(shop)
        with pytest.raises(FlowError):
            merge(shop, *pair_)
        assert rows_of(shop) == before
