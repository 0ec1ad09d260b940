"""Papers of reception, signing and the till."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Case, Document, RequestRow, SlotRow, Staff, T

from serviceflow_studio import ledger, offers, prices
from serviceflow_studio.catalogue import piece_code
from serviceflow_studio.fields import METHODS
from serviceflow_studio.papers.common import (
    CONTENTS,
    HEAD,
    LINES,
    PERSONS,
    bill,
    contents,
    head,
    package_of,
    persons,
    sheet,
    wedding,
)
from serviceflow_studio.sale.forms import OBJECTIONS
from serviceflow_studio.tables import StudioCase, StudioOffer, StudioPackage, StudioPayment, StudioPrice

KINDS = {
    "deposit": T("Deposit", zh="定金"),
    "balance": T("Balance", zh="余款"),
    "extras": T("Extras", zh="后期款"),
    "refund": T("Refund", zh="退款"),
    "locker-in": T("Locker deposit", zh="衣柜押金"),
    "locker-out": T("Locker deposit returned", zh="退衣柜押金"),
    "gift-out": T("Gift money", zh="礼金"),
}


def intake(case: Case, form: Any) -> dict[str, Any]:
    """Who sits where, who receives them, since when, with which card."""
    mine = case.own(StudioCase)
    return {
        **head(case),
        "persons": persons(case),
        "time_in": case.order.opened_at,
        "card_no": mine.card_no or "",
        "want": mine.want,
        "budget": mine.budget,
        "wedding": wedding(case),
    }


def inquiry(case: Case, form: Any) -> dict[str, Any]:
    """What somebody who left wants, and what really held them back."""
    mine = case.own(StudioCase)
    late = next((d.late for d in reversed(case.done("hand-sheet"))), None)
    words = {d.action: d.form for d in case.done("leave-undecided", "hand-sheet")}
    left, handed = words.get("leave-undecided", {}), words.get("hand-sheet", {})
    return {
        **head(case),
        "persons": persons(case),
        "want": mine.want,
        "budget": mine.budget,
        "remark": left.get("customer_remark") or "",
        "objection": OBJECTIONS[mine.objection] if mine.objection else "",
        "true_reason": handed.get("true_reason") or "",
        "suggestion": handed.get("suggestion") or "",
        "left_at": case.anchor("left_at") or "",
        "sheet_at": case.anchor("sheet_at") or "",
        "late": late or 0,
    }


def plan(case: Case, form: Any) -> dict[str, Any]:
    """What is bought at which price, to be signed by both."""
    return {
        **head(case),
        **contents(package_of(case)),
        **bill(case),
        "list_price": p.list_price if (p := package_of(case)) is not None else 0,
        "offers": [
            {"text": offers.TITLES[o.kind], "amount": o.amount_off, "until": o.valid_until}
            for o in case.rows(StudioOffer)
            if o.state in ("open", "used")
        ],
        "wedding": wedding(case),
    }


def estimate(case: Case, form: Any) -> dict[str, Any]:
    """The bill before the deposit."""
    due = ledger.due_total(case)
    return {
        **head(case),
        **bill(case),
        "min_deposit": prices.min_deposit(due, case.number("studio.deposit.min_percent")),
        "percent": case.number("studio.deposit.min_percent"),
    }


def invoice(case: Case, payment: StudioPayment) -> dict[str, Any]:
    """One payment; of a case with its bill and who signed its discounts."""
    of_case = case.flow.key == "studio-case"
    return {
        **head(case),
        **(bill(case) if of_case else {"lines": [], "total": 0}),
        "kind": KINDS[payment.kind],
        "amount": payment.amount,
        "method": METHODS[payment.method],
        "paid_at": payment.at,
        "balance": ledger.balance(case) if of_case else 0,
        "signers": [{"name": name} for name in discount_signers(case)],
    }


def discount_signers(case: Case) -> list[str]:
    """Return who signed the discounts of a case."""
    signers = [
        case.tx.need(Staff, slot.signed_by).name
        for request in case.tx.of(RequestRow, "order_id", case.order_id)
        if request.state == "approved" and request.action in ("sign-plan", "discount", "change-package")
        for slot in case.tx.of(SlotRow, "request_id", request.id)
        if slot.signed_by is not None
    ]
    return list(dict.fromkeys(signers))


def pack(case: Case, form: Any) -> dict[str, Any]:
    """What the pack holds."""
    return {
        **head(case),
        "card_no": form.card_no,
        "vouchers": form.vouchers or "",
        "gifts": form.gifts or "",
        "lead_days": case.number("studio.shoot.lead_days"),
        "key_deposit": case.number("studio.locker.deposit"),
        "change_hours": case.number("studio.viewing.change_hours"),
    }


def price_table(packages: list[StudioPackage], extras: list[StudioPrice]) -> dict[str, Any]:
    """Packages with contents, and the price list of what comes later."""
    return {
        "packages": [{**compared(p), "signature": p.signature} for p in packages],
        "extras": [{"code": p.code, "text": T(p.name_en, zh=p.name_zh), "price": p.unit_price} for p in extras],
    }


def compared(package: StudioPackage) -> dict[str, Any]:
    """Return a package as a row of the price table."""
    return {
        "code": package.code,
        "name": T(package.name_en, zh=package.name_zh),
        "price": package.list_price,
        "outfits": len(package.outfits),
        "photos": package.included_photos,
        "pieces": ", ".join(f"{piece_code(p)} × {p['qty']}" for p in package.pieces),
    }


def comparison(case: Case, form: Any) -> dict[str, Any]:
    """Two packages, row by row, with the difference in money and numbers."""
    from serviceflow_studio.sale.rules import active_package

    first, second = active_package(case, form.package_a), active_package(case, form.package_b)
    assert first is not None
    assert second is not None
    return {**head(case), **two_packages(first, second)}


def two_packages(first: StudioPackage, second: StudioPackage) -> dict[str, Any]:
    """Return the rows in which two packages are compared."""
    a, b = compared(first), compared(second)
    titles = {
        "price": T("Price", zh="价格"),
        "outfits": T("Outfits", zh="造型"),
        "photos": T("Photos", zh="张数"),
        "pieces": T("Pieces", zh="相件"),
    }
    return {
        "first": T("{code} {name}", zh="{code} {name}").of(code=a["code"], name=a["name"]),
        "second": T("{code} {name}", zh="{code} {name}").of(code=b["code"], name=b["name"]),
        "rows": [
            {
                "text": title,
                "first": a[name],
                "second": b[name],
                "difference": a[name] - b[name] if isinstance(a[name], int) else None,
                "money": name == "price",
            }
            for name, title in titles.items()
        ],
    }


COMPARED = (
    "first",
    "second",
    "rows",
    "rows.text",
    "rows.first",
    "rows.second",
    "rows.difference",
    "rows.money",
)
PACKED = ("card_no", "vouchers", "gifts", "lead_days", "key_deposit", "change_hours")
DOCUMENTS: tuple[Document, ...] = (
    Document(
        "intake-sheet",
        T("New-customer intake sheet", zh="新客入门承接表"),
        sheet("intake"),
        (*HEAD, *PERSONS, "time_in", "card_no", "want", "budget", "wedding"),
        intake,
        paper="A5",
    ),
    Document(
        "price-table",
        T("Package price table", zh="套系价目表"),
        sheet("price_table"),
        (
            "packages",
            "packages.code",
            "packages.name",
            "packages.price",
            "packages.outfits",
            "packages.photos",
            "packages.pieces",
            "packages.signature",
            "extras",
            "extras.code",
            "extras.text",
            "extras.price",
        ),
    ),
    Document(
        "comparison-sheet",
        T("Comparison sheet", zh="套系对照表"),
        sheet("comparison"),
        (*HEAD, *COMPARED),
        comparison,
        audience="customer",
    ),
    Document(
        "inquiry-sheet",
        T("Inquiry sheet", zh="门市咨商表"),
        sheet("inquiry"),
        (
            *HEAD,
            *PERSONS,
            "want",
            "budget",
            "remark",
            "objection",
            "true_reason",
            "suggestion",
            "left_at",
            "sheet_at",
            "late",
        ),
        inquiry,
        paper="A5",
        series="IQ{n:04}",
        versions=True,
    ),
    Document(
        "plan-sheet",
        T("Plan sheet", zh="企划书"),
        sheet("plan"),
        (*HEAD, *CONTENTS, *LINES, "list_price", "offers", "offers.text", "offers.amount", "offers.until", "wedding"),
        plan,
        series="PL{n:04}",
        audience="customer",
    ),
    Document(
        "estimate",
        T("Estimate slip", zh="预估单"),
        sheet("estimate"),
        (*HEAD, *LINES, "min_deposit", "percent"),
        estimate,
        paper="A5",
        series="ES{n:04}",
        audience="customer",
    ),
    Document(
        "invoice",
        T("Receipt", zh="收据"),
        sheet("invoice"),
        (*HEAD, *LINES, "kind", "amount", "method", "paid_at", "balance", "signers", "signers.name"),
        invoice,
        paper="A5",
        audience="customer",
    ),
    Document(
        "reminder-card",
        T("Reminder card", zh="叮咛卡"),
        sheet("reminder_card"),
        (*HEAD, *PACKED),
        pack,
        paper="A5",
        audience="customer",
    ),
    Document(
        "dress-vouchers",
        T("Dress vouchers", zh="礼服券"),
        sheet("vouchers"),
        (*HEAD, *PACKED),
        pack,
        paper="A5",
        audience="customer",
    ),
    Document(
        "love-card",
        T("Love card", zh="尊荣爱情卡"),
        sheet("love_card"),
        (*HEAD, *PACKED),
        pack,
        paper="A5",
        audience="customer",
    ),
)
