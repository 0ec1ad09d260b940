"""Facts that many papers show: who the case is about, what is on its bill."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Case, Order, Staff, T

from serviceflow_studio import ledger
from serviceflow_studio.catalogue import OUTFITS, piece_code
from serviceflow_studio.fields import ROLES_OF_PERSONS
from serviceflow_studio.persons import persons_of, profile_of
from serviceflow_studio.tables import StudioCase, StudioLine, StudioPackage

HEAD = ("order_no", "customer", "contact", "consultant")
PERSONS = ("persons", "persons.who", "persons.seat", "persons.name", "persons.phone", "persons.birthday")
LINES = ("lines", "lines.text", "lines.qty", "lines.price", "lines.amount", "total")
CONTENTS = ("package", "contents", "contents.text", "photos")
SEATS = {"left": T("left", zh="左"), "right": T("right", zh="右")}


def sheet(name: str) -> str:
    """Return the reference of a template of the studio's."""
    return f"serviceflow_studio:papers/sheets/{name}.html"


def head(case: Case) -> dict[str, Any]:
    """Return number, customer, contact and consultant of a case."""
    owner = case.tx.get(Staff, case.order.owner_id) if case.order.owner_id is not None else None
    reach = case.contacts("phone", "wechat")
    return {
        "order_no": case.order.number,
        "customer": case.customer.name,
        "contact": reach[0].shown if reach else "",
        "consultant": owner.name if owner is not None else "",
    }


def persons(case: Case) -> list[dict[str, Any]]:
    """Return the people of the case by their seats."""
    return [
        {
            "who": ROLES_OF_PERSONS[p.address_as],
            "seat": SEATS[p.seat] if p.seat else "",
            "name": p.name,
            "phone": p.phone or "",
            "birthday": p.birthday or "",
        }
        for p in persons_of(case.tx, case.order.customer_id)
    ]


def wedding(case: Case) -> Any:
    """Return the wedding date, or nothing."""
    assert case.customer.id is not None
    return profile_of(case.tx, case.customer.id).wedding_date or ""


def bill(case: Case, *origins: str) -> dict[str, Any]:
    """Return the lines of the bill, contract first, and their sum; of these origins only when some are named."""
    package, price = package_of(case), case.own(StudioCase).contract_price
    lines: list[dict[str, Any]] = []
    if package is not None and price is not None and not origins:
        lines.append({"text": T(package.name_en, zh=package.name_zh), "qty": 1, "price": price, "amount": price})
    lines += [
        {"text": T(row.text_en, zh=row.text_zh), "qty": row.qty, "price": row.unit_price, "amount": row.amount}
        for row in case.rows(StudioLine)
        if not origins or row.origin in origins
    ]
    return {"lines": lines, "total": sum(row["amount"] for row in lines)}


def package_of(case: Case) -> StudioPackage | None:
    """Return the package that is signed, if one is."""
    code = case.own(StudioCase).package
    return case.tx.get(StudioPackage, code) if code is not None else None


def contents(package: StudioPackage | None) -> dict[str, Any]:
    """Return what a package is made of, line by line."""
    if package is None:
        return {"package": "", "contents": [], "photos": 0}
    outdoor = T(" (outdoor)", zh="(外景)")
    said: list[T] = [
        T("{outfit}{where}", zh="{outfit}{where}").of(
            outfit=OUTFITS[o["type"]], where=outdoor if o["place"] == "outdoor" else ""
        )
        for o in package.outfits
    ]
    said += [T("{piece} × {n}", zh="{piece} × {n}").of(piece=piece_code(p), n=p["qty"]) for p in package.pieces]
    if package.bridal_makeup:
        said.append(T("Bridal make-up", zh="新娘妆"))
    if package.dress_loan:
        said.append(T("Dress loan", zh="礼服外借"))
    return {
        "package": T("{code} {name}", zh="{code} {name}").of(
            code=package.code, name=T(package.name_en, zh=package.name_zh)
        ),
        "contents": [{"text": text} for text in said],
        "photos": package.included_photos,
    }


def case_of_session(session: Case) -> Case:
    """Return the case a session belongs to; a case is its own."""
    if session.order.parent_id is None:
        return session
    return session.again(order=session.tx.need(Order, session.order.parent_id))


def money_note(case: Case) -> int:
    """Return what is still to pay, in fen; 0 for a credit."""
    return max(ledger.balance(case), 0)
