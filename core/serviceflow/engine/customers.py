"""Customers: entering, editing, finding duplicates by phone or e-mail, merging and taking a merge back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlmodel import SQLModel

from serviceflow.errors import BadInput, Refused
from serviceflow.names import clean_name, find_keys
from serviceflow.phones import normalise_email, normalise_phone
from serviceflow.store.tables import Contact, Customer, CustomerDate, FindKey
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from datetime import date

    from serviceflow.app import Shop


def same_contact(tx: Tx, kind: str, value: str) -> list[Customer]:
    """Return the living customers with this normalised phone or e-mail."""
    contacts, customers = table_of(Contact), table_of(Customer)
    found = tx.all(Contact, contacts.c.kind == kind, contacts.c.value == value)
    ids = {c.customer_id for c in found}
    return tx.all(Customer, customers.c.id.in_(ids), customers.c.merged_into.is_(None)) if ids else []


def add_customer(tx: Tx, *, name: str, phones: Iterable[str] = (), emails: Iterable[str] = (), wechat: str = "",
                 address: str = "", birthday: date | None = None, source: str = "", tags: Sequence[str] = (),
                 note: str = "", kind: str = "person", owner_id: int | None = None, allow_same: bool = False) -> Customer:
    """Enter a customer.

    Raises:
        Refused: Somebody has this phone or e-mail already; ``allow_same`` enters a second one.
    """
    name = clean_name(name)
    if not name:
        raise BadInput(T("A customer needs a name.", zh="请填写客户姓名。"), plain("flow customer add NAME --phone …"))
    contacts = [*(_phone(p) for p in phones), *(_email(e) for e in emails)]
    if wechat:
        contacts.append(("wechat", wechat.strip().lower(), wechat.strip(), None))
    if address:
        contacts.append(("address", address.strip(), address.strip(), None))
    if not allow_same:
        for kind_, value, shown, _ in contacts:
            for known in same_contact(tx, kind_, value) if kind_ in ("phone", "email") else ():
                raise Refused(
                    T("{shown} belongs to {name} already.", zh="{shown} 已登记为 {name}。").of(shown=shown, name=known.name),
                    T("Use that customer: flow show {name}, or add --new", zh="使用该客户: flow show {name}, 或加 --new").of(
                        name=known.name), ref="customer.same")
    customer = tx.add(Customer(kind=kind, name=name, birthday=birthday, source=source, tags=list(tags), note=note,
                               owner_id=owner_id if owner_id is not None else tx.staff_id, created_at=tx.now))
    for kind_, value, shown, ext in contacts:
        tx.add(Contact(customer_id=customer.id, kind=kind_, value=value, shown=shown, ext=ext))
    index_customer(tx, customer)
    return customer


def add_contact(tx: Tx, customer: Customer, kind: str, typed: str) -> Contact | None:
    """Add a contact point the customer does not have yet."""
    if kind == "phone":
        _, value, shown, ext = _phone(typed)
    elif kind == "email":
        _, value, shown, ext = _email(typed)
    else:
        value, shown, ext = typed.strip().lower() if kind == "wechat" else typed.strip(), typed.strip(), None
    table = table_of(Contact)
    if tx.one(Contact, table.c.customer_id == customer.id, table.c.kind == kind, table.c.value == value):
        return None
    contact = tx.add(Contact(customer_id=customer.id, kind=kind, value=value, shown=shown, ext=ext))
    index_customer(tx, customer)
    return contact


def _phone(typed: str) -> tuple[str, str, str, str | None]:
    found = normalise_phone(typed)
    if found.key is None and found.problem is not None:
        raise BadInput(found.problem, plain("--phone 13800000001"), ref="phone")
    return "phone", found.key or found.shown, found.shown, found.ext


def _email(typed: str) -> tuple[str, str, str, str | None]:
    value = normalise_email(typed)
    if value is None:
        raise BadInput(T("“{typed}” is no e-mail address.", zh="“{typed}”不是邮箱地址。").of(typed=typed), ref="email")
    return "email", value, typed.strip(), None


def index_customer(tx: Tx, customer: Customer) -> None:
    """Make the customer's find keys what its name and contacts say now."""
    table = table_of(Contact)
    contacts = tx.all(Contact, table.c.customer_id == customer.id)
    by_kind: dict[str, list[str]] = {"phone": [], "email": [], "wechat": []}
    for contact in contacts:
        by_kind.setdefault(contact.kind, []).append(contact.value)
    wanted = find_keys(customer.name, phones=by_kind["phone"], emails=by_kind["email"], wechat=by_kind["wechat"])
    keys = table_of(FindKey)
    had = {row.key: row for row in tx.all(FindKey, keys.c.customer_id == customer.id)}
    for key in sorted(wanted - had.keys()):
        tx.add(FindKey(key=key, customer_id=customer.id))
    for key in sorted(had.keys() - wanted):
        tx.remove(had[key])


def set_date(tx: Tx, customer: Customer, name: str, day: date) -> None:
    """Set a named yearly day of a customer."""
    row = tx.get(CustomerDate, customer.id, name)
    if row is None:
        tx.add(CustomerDate(customer_id=customer.id, name=name, day=day))
    else:
        tx.change(row, day=day)


def referring_columns(target: str = "customer.id") -> list[tuple[type[SQLModel], str, Mapping[str, Any]]]:
    """Return every (table, column, declaration) that points to ``target``, of the core and all loaded trades."""
    found: list[tuple[type[SQLModel], str, Mapping[str, Any]]] = []
    for mapper in SQLModel._sa_registry.mappers:  # type: ignore[attr-defined]
        model = mapper.class_
        for column in table_of(model).columns:
            if column.info.get("refers") == target:
                found.append((model, column.name, column.info))
    return sorted(found, key=lambda entry: (table_of(entry[0]).name, entry[1]))


def merge(shop: Shop, gone_id: int, kept_id: int) -> int | None:
    """Make one customer of two: everything of ``gone`` moves to ``kept``; returns the operation's number."""
    with shop.write("customer merge") as tx:
        gone, kept = tx.need(Customer, gone_id, lock=True), tx.need(Customer, kept_id, lock=True)
        if gone.id == kept.id:
            raise BadInput(T("That is one and the same customer.", zh="这是同一位客户。"))
        for customer in (gone, kept):
            if customer.merged_into is not None:
                raise Refused(T("{name} is merged into another customer already.", zh="{name} 已并入其他客户。").of(
                    name=customer.name), ref="merge")
        for model, column, info in referring_columns():
            table = table_of(model)
            if info["merge"] != "move" or model is CustomerDate:
                continue
            for row in tx.all(model, table.c[column] == gone.id):
                tx.change(row, **{column: kept.id})
        for dated in tx.all(CustomerDate, table_of(CustomerDate).c.customer_id == gone.id):
            if tx.get(CustomerDate, kept.id, dated.name) is None:
                tx.add(CustomerDate(customer_id=kept.id, name=dated.name, day=dated.day))
        keys = table_of(FindKey)
        for key in tx.all(FindKey, keys.c.customer_id == gone.id):
            tx.remove(key)
        tx.change(gone, merged_into=kept.id)
        tx.change(kept, birthday=kept.birthday or gone.birthday, tags=sorted({*kept.tags, *gone.tags}),
                  do_not_contact=kept.do_not_contact or gone.do_not_contact)
        index_customer(tx, kept)
        tx.customer_id = kept.id
        tx.summary = T("{gone} merged into {kept}", zh="{gone} 并入 {kept}").of(gone=gone.name, kept=kept.name)
    return tx.operation
