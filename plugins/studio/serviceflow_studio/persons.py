"""The people of a customer: who is photographed and how they are addressed. Source: studio.md sections 3, 4.1."""

from __future__ import annotations

from collections.abc import Sequence

from serviceflow.api import BadInput, Case, Recipient, T, Tx, normalise_phone, plain, table_of

from serviceflow_studio.fields import NamedPerson
from serviceflow_studio.tables import StudioPerson, StudioProfile

MOST = 6


def persons_of(tx: Tx, customer_id: int | None) -> list[StudioPerson]:
    """Return the people of a customer, bride and groom first."""
    rows = tx.all(StudioPerson, table_of(StudioPerson).c.customer_id == customer_id)
    order = {"bride": 0, "groom": 1, "guest": 2}
    return sorted(rows, key=lambda p: (order[p.address_as], p.id or 0))


def add_person(tx: Tx, customer_id: int, named: NamedPerson, address_as: str) -> StudioPerson:
    """Add a person; one who is there already by name keeps what was not given anew.

    Raises:
        BadInput: There is a bride or groom already, there would be more than 6, or the phone is none.
    """
    there = persons_of(tx, customer_id)
    phone = None
    if named.phone is not None:
        found = normalise_phone(named.phone)
        if found.key is None:
            raise BadInput(
                found.problem or T("“{typed}” is no phone number", zh="“{typed}”不是电话号码").of(typed=named.phone),
                plain("NAME:13800000001"),
                ref="phone",
            )
        phone = found.key
    for person in there:
        if person.name == named.name:
            return tx.change(person, phone=phone or person.phone, birthday=named.birthday or person.birthday)
    if address_as != "guest" and any(p.address_as == address_as for p in there):
        raise BadInput(
            T("There is a {who} already.", zh="已登记{who}。").of(
                who=T(address_as, zh={"bride": "新娘", "groom": "新郎"}[address_as])
            ),
            T("Enter them as a guest.", zh="请登记为宾客。"),
            ref="studio.persons",
        )
    if len(there) >= MOST:
        raise BadInput(
            T("A customer has at most {n} people.", zh="每位客户最多登记{n}人。").of(n=MOST), None, ref="studio.persons"
        )
    seat = {0: "left", 1: "right"}.get(len(there))
    return tx.add(
        StudioPerson(
            customer_id=customer_id,
            name=named.name,
            address_as=address_as,
            seat=seat,
            phone=phone,
            birthday=named.birthday,
        )
    )


def profile_of(tx: Tx, customer_id: int) -> StudioProfile:
    """Return the studio's profile of a customer, made when there is none."""
    return tx.get(StudioProfile, customer_id) or tx.add(StudioProfile(customer_id=customer_id))


def reachable(case: Case) -> Sequence[Recipient]:
    """Return one recipient per person who has a phone; if nobody has, the customer's main contact as a guest."""
    found = [
        Recipient(p.name, (("phone", p.phone),), p.address_as, subject=str(p.id))
        for p in persons_of(case.tx, case.order.customer_id)
        if p.phone
    ]
    if found:
        return found
    points = case.contacts("phone", "wechat", "email", "address")
    return [Recipient(case.customer.name, tuple((c.kind, c.value) for c in points), "guest")]
