"""Papers of production, pickup and what follows: notices, rework, memos, data sheet, satisfaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from serviceflow.api import Case, Document, T

from serviceflow_studio.facts import helper_note
from serviceflow_studio.papers.common import HEAD, PERSONS, head, money_note, package_of, persons, sheet, wedding
from serviceflow_studio.persons import profile_of
from serviceflow_studio.pickup.forms import SCORE_TITLES, SCORES
from serviceflow_studio.shoot.forms import ID_TYPES
from serviceflow_studio.tables import StudioCase, StudioPiece, StudioSurvey

GIVEN = ("given", "given.text", "given.qty", "given.promised")


def _title(case: Case, code: str) -> T:
    piece = next((p for p in case.rows(StudioPiece) if p.code == code), None)
    return T(piece.text_en, zh=piece.text_zh) if piece is not None else T(code, zh=code)


def notice(case: Case, form: Any) -> dict[str, Any]:
    """When to fetch what, with whose help; where make-up and dress for the wedding are arranged."""
    package = package_of(case)
    assert case.customer.id is not None
    on = profile_of(case.tx, case.customer.id).wedding_date
    early = timedelta(days=case.number("studio.bridal.days"))
    return {
        **head(case),
        "starts": case.anchor("pickup_at") or "",
        "place": case.setting("core.shop_name"),
        "pieces": [
            {"text": T(p.text_en, zh=p.text_zh), "qty": p.qty - p.handed}
            for p in case.rows(StudioPiece)
            if p.handed < p.qty
        ],
        "helper": helper_note(case),
        "bridal_makeup": package is not None and package.bridal_makeup,
        "dress_loan": package is not None and package.dress_loan,
        "arrange_by": on - early if on is not None else "",
        "balance": money_note(case),
    }


def rework(case: Case, given: Any) -> dict[str, Any]:
    """Which piece goes back, why, until when. ``given``: piece, qty, fault, due."""
    return {
        "order_no": case.order.number,
        "piece": _title(case, given["piece"]),
        "code": given["piece"],
        "qty": given["qty"],
        "fault": given["fault"],
        "due": given["due"] or "",
    }


def memo(case: Case, given: Any) -> dict[str, Any]:
    """What the customer still gets, and when. ``given``: the memo's lines."""
    return {
        **head(case),
        "given": [
            {"text": _title(case, line["piece"]), "qty": line["qty"], "promised": line["promised"] or ""}
            for line in given
        ],
    }


def lost_slip(case: Case, form: Any) -> dict[str, Any]:
    """Which slip is lost, and by what the customer is known instead."""
    slips = {
        "scheduled": T("invoice", zh="发票"),
        "view-waiting": T("viewing notice", zh="看样通知书"),
        "to-collect": T("love card", zh="爱情卡"),
    }
    left = str(case.order.data.get("left", case.order.step))
    return {
        **head(case),
        "slip": slips.get(left, slips.get(case.order.step, T("pickup notice", zh="取件通知书"))),
        "id_type": ID_TYPES[form.id_type],
        "id_last4": form.id_last4,
    }


def data_sheet(case: Case, form: Any) -> dict[str, Any]:
    """Who the customers are, to be checked by them."""
    mine = case.own(StudioCase)
    assert case.customer.id is not None
    return {
        **head(case),
        "persons": persons(case),
        "wedding": wedding(case),
        "booklet_no": mine.booklet_no or "",
        "card_no": next((str(d.form["card_no"]) for d in case.done("give-pack")), ""),
        "heard_from": profile_of(case.tx, case.customer.id).heard_from,
        "address": next((c.shown for c in case.contacts("address")), ""),
    }


def satisfaction(case: Case, form: Any) -> dict[str, Any]:
    """The seven scores as they were given."""
    row = case.tx.get(StudioSurvey, case.order_id)
    return {
        **head(case),
        "scores": [
            {"text": SCORE_TITLES[name], "score": getattr(row, name) if row is not None else None} for name in SCORES
        ],
        "comment": row.comment if row is not None else "",
        "declined": row is not None and row.declined,
    }


DOCUMENTS: tuple[Document, ...] = (
    Document(
        "pickup-notice",
        T("Pickup notice", zh="取件通知书"),
        sheet("pickup_notice"),
        (
            *HEAD,
            "starts",
            "place",
            "pieces",
            "pieces.text",
            "pieces.qty",
            "helper",
            "bridal_makeup",
            "dress_loan",
            "arrange_by",
            "balance",
        ),
        notice,
        paper="A5",
        audience="customer",
    ),
    Document(
        "rework-sheet",
        T("Rework sheet", zh="返工单"),
        sheet("rework"),
        ("order_no", "piece", "code", "qty", "fault", "due"),
        rework,
        paper="A5",
        series="RW{n:04}",
        audience="outsider",  # the laboratory needs no names
    ),
    Document(
        "pickup-memo",
        T("Pickup memo", zh="取件备忘录"),
        sheet("pickup_memo"),
        (*HEAD, *GIVEN),
        memo,
        paper="A5",
        series="PM{n:04}",
        audience="customer",
    ),
    Document(
        "lost-slip-memo",
        T("Lost-slip memo", zh="取件单丢失备忘录"),
        sheet("lost_slip"),
        (*HEAD, "slip", "id_type", "id_last4"),
        lost_slip,
        paper="A5",
        series="LS{n:04}",
        audience="customer",
    ),
    Document(
        "data-sheet",
        T("Customer data sheet", zh="顾客资料统计表"),
        sheet("data_sheet"),
        (*HEAD, *PERSONS, "wedding", "booklet_no", "card_no", "heard_from", "address"),
        data_sheet,
    ),
    Document(
        "booklet",
        T("Booklet", zh="护照"),
        sheet("booklet"),
        (*HEAD, *PERSONS, "wedding", "booklet_no", "card_no", "heard_from", "address"),
        data_sheet,
        paper="A5",
        audience="customer",
    ),
    Document(
        "satisfaction-form",
        T("Satisfaction form", zh="满意度调查表"),
        sheet("satisfaction"),
        (*HEAD, "scores", "scores.text", "scores.score", "comment", "declined"),
        satisfaction,
        paper="A5",
        audience="customer",
    ),
)
