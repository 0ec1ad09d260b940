"""Printed documents. Source: examples.md section 6."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Case, Document, Form, T

from serviceflow_beauty.card import count
from serviceflow_beauty.tables import BeautyPackage, BeautyProfile, BeautySession, BeautyTreatment
from serviceflow_beauty.words import REACTIONS, SKINS


def form_facts(case: Case, form: Form) -> dict[str, Any]:
    """Return the consultation form."""
    page = case.tx.need(BeautyProfile, case.order.customer_id)
    return {
        "rows": [
            {"title": T("Customer", zh="顾客"), "value": case.customer.name},
            {"title": T("Skin", zh="皮肤"), "value": SKINS.get(page.skin, "-")},
            {"title": T("Allergies", zh="过敏史"), "value": page.allergies or "-"},
            {"title": T("Products used", zh="在用产品"), "value": page.products_used or "-"},
            {"title": T("Reaction", zh="反应"), "value": REACTIONS.get(page.reaction, "-")},
        ]
    }


def plan_facts(case: Case, form: Form) -> dict[str, Any]:
    """Return the treatment plan."""
    session = case.own(BeautySession)
    treatment = case.tx.need(BeautyTreatment, session.treatment)
    return {
        "rows": [
            {"title": T("Customer", zh="顾客"), "value": case.customer.name},
            {"title": T("Treatment", zh="项目"), "value": T(treatment.name_en, zh=treatment.name_zh)},
            {"title": T("Minutes", zh="分钟"), "value": str(treatment.minutes)},
        ]
    }


def card_facts(case: Case, form: Form) -> dict[str, Any]:
    """Return the package card: sessions left, expiry."""
    card = case.own(BeautyPackage)
    treatment = case.tx.need(BeautyTreatment, card.treatment)
    return {
        "rows": [
            {"title": T("Customer", zh="顾客"), "value": case.customer.name},
            {"title": T("Treatment", zh="项目"), "value": T(treatment.name_en, zh=treatment.name_zh)},
            {"title": T("Sessions left", zh="剩余次数"), "value": str(count(case.tx, card).left)},
            {"title": T("Valid until", zh="有效期至"), "value": card.expires_on.isoformat()},
        ]
    }


def refund_facts(case: Case, form: Form) -> dict[str, Any]:
    """Return the refund sheet."""
    from serviceflow.api import format_money

    card = case.own(BeautyPackage)
    return {
        "rows": [
            {"title": T("Customer", zh="顾客"), "value": case.customer.name},
            {"title": T("Paid sessions left", zh="剩余付费次数"), "value": str(count(case.tx, card).paid_left)},
            {"title": T("Refund", zh="退款金额"), "value": format_money(card.refund)},
        ]
    }


SHEET = "serviceflow_beauty:papers/sheet.html"
FIELDS = ("rows", "rows.title", "rows.value")
DOCUMENTS = (
    Document("bea-form", T("Consultation form", zh="顾客咨询表"), SHEET, fields=FIELDS, facts=form_facts,
             series="ZX{n:04}", audience="shop"),
    Document("bea-plan", T("Treatment plan", zh="护理方案"), SHEET, fields=FIELDS, facts=plan_facts,
             series="FA{n:04}"),
    Document("bea-card", T("Package card", zh="疗程卡"), SHEET, fields=FIELDS, facts=card_facts, paper="A5",
             series="LK{n:04}"),
    Document("bea-refund", T("Refund sheet", zh="退款单"), SHEET, fields=FIELDS, facts=refund_facts,
             series="TK{n:04}"),
)  # fmt: skip
