"""Customers: entering and editing them, their contact points, yearly days and consent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, get_args

from serviceflow.errors import BadInput, Refused
from serviceflow.flow.effects import Purpose
from serviceflow.names import clean_name, clean_text, find_keys
from serviceflow.phones import normalise_email, normalise_phone
from serviceflow.store.tables import Consent, Contact, Customer, CustomerDate, FindKey
from serviceflow.store.write import Tx, table_of
from serviceflow.texts import T, plain

KINDS: Final = ("person", "organisation")
CHANNELS: Final = ("phone", "email", "wechat", "address")
SHARED: Final = ("phone", "email")
"""Kinds of contact by which somebody entered again is recognised."""

TEXT_LENGTH: Final = 300
NOTE_LENGTH: Final = 4_000
OLDEST: Final = date(1900, 1, 1)


Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Point:
    """A contact point as it is stored: ``value`` finds duplicates, ``shown`` is as typed."""

    kind: str
    value: str
    shown: str
    ext: str | None = None

    @property
    def identifies(self) -> bool:
        """Whether one customer can be told from others by it: ``95588`` and an address cannot do that."""
        return self.kind == "email" or (self.kind == "phone" and self.value.startswith("+"))


def point_of(kind: str, typed: str) -> Point:
    """Return what somebody typed as a contact point.

    Raises:
        BadInput: It is no phone number, no e-mail address, or too long.
    """
    if kind == "phone":
        phone = normalise_phone(typed)
        if phone.problem is not None:
            raise BadInput(phone.problem, plain("--phone 13800000001"), ref="customer.phone")
        return Point("phone", phone.value, phone.shown, phone.ext)
    if kind == "email":
        address = normalise_email(typed)
        if address is None:
            raise BadInput(
                T("“{typed}” is no e-mail address.", zh="“{typed}”不是邮箱地址。").of(typed=clean_text(typed)[:60]),
                plain("--email anna@example.com"),
                ref="customer.email",
            )
        return Point("email", address, clean_text(typed))
    shown = clean_line(typed, T("contact", zh="联系方式"))
    return Point(kind, shown.casefold() if kind == "wechat" else shown, shown)


def clean_line(typed: str, what: T, limit: int = TEXT_LENGTH) -> str:
    """Return a text on one line.

    Raises:
        BadInput: It is longer than ``limit`` characters.
    """
    text = clean_text(typed)
    if len(text) > limit:
        raise BadInput(
            T("The {what} has {n} characters; {limit} are the most.", zh="{what}共 {n} 个字符, 最多 {limit} 个。").of(
                what=what, n=len(text), limit=limit
            ),
            T("Shorten it.", zh="请缩短。"),
            ref="customer.text",
        )
    return text


def same_contact(tx: Tx, kind: str, value: str) -> list[Customer]:
    """Return the living customers with this phone or e-mail.

    Args:
        kind: ``phone`` or ``email``.
        value: In its normal form, as `normalise_phone` makes it.
    """
    contacts, customers = table_of(Contact), table_of(Customer)
    found = tx.all(Contact, contacts.c.kind == kind, contacts.c.value == value)
    ids = {c.customer_id for c in found}
    return tx.all(Customer, customers.c.id.in_(ids), customers.c.merged_into.is_(None)) if ids else []


def add_customer(
    tx: Tx,
    *,
    name: str,
    phones: Iterable[str] = (),
    emails: Iterable[str] = (),
    wechat: str = "",
    address: str = "",
    birthday: date | None = None,
    source: str = "",
    tags: Sequence[str] = (),
    note: str = "",
    kind: str = "person",
    language: str | None = None,
    owner_id: int | None = None,
    allow_same: bool = False,
) -> Customer:
    """Enter a customer.

    Args:
        name: As they are called.
        phones: As typed; each is normalised.
        emails: As typed.
        wechat: WeChat name.
        address: One line.
        birthday: Not in the future.
        source: Where they come from.
        tags: Words of the shop.
        note: Free text.
        kind: ``person`` or ``company``.
        language: ``en`` or ``zh``, where it is not the shop's.
        owner_id: Who looks after them, as staff key; who enters them when left out.
        allow_same: Enter them though somebody has this phone or e-mail.

    Raises:
        BadInput: A value cannot be understood.
        Refused: Somebody has this phone or e-mail already.
    """
    typed = [
        *(("phone", p) for p in phones),
        *(("email", e) for e in emails),
        *([("wechat", wechat)] if wechat else []),
        *([("address", address)] if address else []),
    ]
    points = list(dict.fromkeys(point_of(kind_, text) for kind_, text in typed))
    if not allow_same:
        for point in points:
            refuse_known(tx, point)
    customer = tx.add(
        Customer(
            kind=_one_of(kind, KINDS),
            name=_name(name),
            birthday=_birthday(birthday, tx),
            language=language,
            source=clean_line(source, T("source", zh="来源")),
            tags=clean_tags(tags),
            note=clean_line(note, T("note", zh="备注"), NOTE_LENGTH),
            owner_id=owner_id if owner_id is not None else tx.staff_id,
            created_at=tx.now,
        )
    )
    for point in points:
        _store(tx, customer, point)
    index_customer(tx, customer)
    return customer


def refuse_known(tx: Tx, point: Point, but: int | None = None) -> None:
    """Refuse a contact point by which another living customer than ``but`` is known already."""
    for known in same_contact(tx, point.kind, point.value) if point.identifies else ():
        if known.id != but:
            raise Refused(
                T("{shown} belongs to {name} already.", zh="{shown} 已登记为 {name}。").of(
                    shown=point.shown, name=known.name
                ),
                T(
                    "Use that customer: flow show {key}   or say that it is another person: --new",
                    zh="使用该客户: flow show {key}   确是另一人请加 --new",
                ).of(key=point.value),
                ref="customer.same",
            )


def edit_customer(tx: Tx, customer: Customer, **changes: Any) -> Customer:
    """Change columns of a customer: name, birthday, source, tags, note, kind, language, owner_id, do_not_contact.

    Args:
        changes: New value by column.

    Raises:
        BadInput: A value cannot be understood.
    """
    checked: dict[str, Any] = dict(changes)
    if "name" in checked:
        checked["name"] = _name(checked["name"])
    if "kind" in checked:
        checked["kind"] = _one_of(checked["kind"], KINDS)
    if "birthday" in checked:
        checked["birthday"] = _birthday(checked["birthday"], tx)
    if "source" in checked:
        checked["source"] = clean_line(checked["source"], T("source", zh="来源"))
    if "note" in checked:
        checked["note"] = clean_line(checked["note"], T("note", zh="备注"), NOTE_LENGTH)
    if "tags" in checked:
        checked["tags"] = clean_tags(checked["tags"])
    renamed = checked.get("name", customer.name) != customer.name
    tx.change(customer, **checked)
    if renamed:
        index_customer(tx, customer)
    return customer


def add_contact(tx: Tx, customer: Customer, kind: str, typed: str) -> Contact | None:
    """Add a contact point, or return ``None`` when the customer has it already.

    Args:
        kind: ``phone``, ``email``, ``wechat`` or ``address``.
        typed: As somebody typed it.

    Raises:
        BadInput: It is none.
    """
    point = point_of(kind, typed)
    table = table_of(Contact)
    if tx.one(Contact, table.c.customer_id == customer.id, table.c.kind == kind, table.c.value == point.value):
        return None
    contact = _store(tx, customer, point)
    index_customer(tx, customer)
    return contact


def remove_contact(tx: Tx, customer: Customer, kind: str, typed: str) -> Contact:
    """Take a contact point away.

    Raises:
        Refused: The customer has no such contact point.
    """
    point = point_of(kind, typed)
    table = table_of(Contact)
    found = tx.one(Contact, table.c.customer_id == customer.id, table.c.kind == kind, table.c.value == point.value)
    if found is None:
        raise Refused(
            T("{name} has no {shown}.", zh="{name} 没有 {shown}。").of(name=customer.name, shown=point.shown),
            plain("flow show {name}").of(name=customer.name),
            ref="customer.contact",
        )
    tx.remove(found)
    index_customer(tx, customer)
    return found


def prefer_contact(tx: Tx, customer: Customer, kind: str, typed: str) -> None:
    """Make one contact point the preferred one of its kind; it is added if the customer does not have it."""
    add_contact(tx, customer, kind, typed)
    value, table = point_of(kind, typed).value, table_of(Contact)
    for contact in tx.all(Contact, table.c.customer_id == customer.id, table.c.kind == kind):
        tx.change(contact, preferred=contact.value == value)


def change_contacts(
    tx: Tx, customer: Customer, *, add: Pairs = (), drop: Pairs = (), prefer: Pairs = (), allow_same: bool = False
) -> None:
    """Add, take away and prefer contact points, each given as its kind and what was typed.

    Raises:
        Refused: One to add is another customer's (``allow_same`` lets both have it), one to drop is not there.
    """
    for kind, typed in add:
        if not allow_same:
            refuse_known(tx, point_of(kind, typed), but=customer.id)
        add_contact(tx, customer, kind, typed)
    for kind, typed in drop:
        remove_contact(tx, customer, kind, typed)
    for kind, typed in prefer:
        prefer_contact(tx, customer, kind, typed)


def _store(tx: Tx, customer: Customer, point: Point) -> Contact:
    """Add a contact point; the first of its kind is the preferred one."""
    t = table_of(Contact)
    others = tx.one(Contact, t.c.customer_id == customer.id, t.c.kind == point.kind, t.c.preferred.is_(True))
    assert customer.id is not None
    return tx.add(
        Contact(
            customer_id=customer.id,
            kind=point.kind,
            value=point.value,
            shown=point.shown,
            ext=point.ext,
            preferred=others is None,
        )
    )


def index_customer(tx: Tx, customer: Customer) -> None:
    """Make the customer's find keys what its names and contact points say now.

    The names of customers who were merged into this one find it too.
    """
    contacts, customers, keys = table_of(Contact), table_of(Customer), table_of(FindKey)
    by_kind: dict[str, list[str]] = {}
    for contact in tx.all(Contact, contacts.c.customer_id == customer.id):
        by_kind.setdefault(contact.kind, []).append(contact.value)
    wanted = find_keys(customer.name, by_kind.get("phone", ()), by_kind.get("email", ()), by_kind.get("wechat", ()))
    for merged in tx.all(Customer, customers.c.merged_into == customer.id):
        wanted |= find_keys(merged.name)
    had = {row.key: row for row in tx.all(FindKey, keys.c.customer_id == customer.id)}
    assert customer.id is not None
    for key in sorted(wanted - had.keys()):
        tx.add(FindKey(key=key, customer_id=customer.id))
    for key in sorted(had.keys() - wanted):
        tx.remove(had[key])


def set_date(tx: Tx, customer: Customer, name: str, day: date) -> None:
    """Set a yearly ``day`` of a customer under a ``name``, such as ``wedding``."""
    name = clean_line(name, T("name of the day", zh="日期名称"), 40)
    row = tx.get(CustomerDate, customer.id, name)
    if row is None:
        assert customer.id is not None
        tx.add(CustomerDate(customer_id=customer.id, name=name, day=day))
    else:
        tx.change(row, day=day)


def remove_date(tx: Tx, customer: Customer, name: str) -> None:
    """Take a named day away; nothing happens when there is none."""
    row = tx.get(CustomerDate, customer.id, name)
    if row is not None:
        tx.remove(row)


def set_consent(
    tx: Tx, customer: Customer, purpose: str, given: bool, *, channel: str = "*", evidence: str = ""
) -> Consent:
    """Note that a customer agreed to messages of a purpose, or refused them; the newest note counts.

    Args:
        purpose: As in `Template`.
        given: Agreed, or refused.
        channel: ``sms``, ``email``, ``wechat``, ``phone``, or ``*`` for all.
        evidence: How it is known.
    """
    assert customer.id is not None
    return tx.add(
        Consent(
            customer_id=customer.id,
            channel=_one_of(channel, ("*", "sms", "email", "wechat", "phone")),
            purpose=_one_of(purpose, get_args(Purpose)),
            given=given,
            at=tx.now,
            evidence=clean_line(evidence, T("evidence", zh="凭据")),
        )
    )


def clean_tags(tags: Iterable[str]) -> list[str]:
    """Return tags without doubles, A to Z."""
    return sorted({text for tag in tags if (text := clean_line(tag, T("tag", zh="标签"), 60))})


def _name(typed: str) -> str:
    name = clean_name(typed)
    if not name:
        raise BadInput(
            T("A customer needs a name.", zh="请填写客户姓名。"),
            plain("flow customer add NAME --phone …"),
            ref="customer.name",
        )
    return name


def _birthday(day: date | None, tx: Tx) -> date | None:
    if day is not None and not OLDEST <= day <= tx.now.date():
        raise BadInput(
            T("{day} is no birthday.", zh="{day} 不是有效的生日。").of(day=day),
            plain("1990-05-01"),
            ref="customer.birthday",
        )
    return day


def _one_of(typed: str, known: Sequence[str]) -> str:
    if typed not in known:
        raise BadInput(
            T("“{typed}” is not known.", zh="没有“{typed}”。").of(typed=clean_text(typed)[:40]),
            T("Choose one of: {names}", zh="可选: {names}").of(names=", ".join(known)),
            ref="customer.choice",
        )
    return typed
