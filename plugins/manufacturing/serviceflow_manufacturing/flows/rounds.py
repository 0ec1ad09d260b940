"""Rounds of a review (评审轮次): six points, limits, slots, and the review sheet. Source: manufacturing.md 5.3."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from serviceflow.api import (
    Case,
    Deadline,
    SlotRow,
    T,
    all_slots,
    pending,
    plain,
    table_of,
)

from serviceflow_manufacturing import desk, moments, papers
from serviceflow_manufacturing.flows import contract
from serviceflow_manufacturing.forms import CHANGES
from serviceflow_manufacturing.rules import classes, content, workdays
from serviceflow_manufacturing.tables import MfgContract, MfgMeasure, MfgPoint, MfgReview

POINTS = {
    1: T("name, specification, technical and quality requirements clear", zh="品名规格、技术质量及特殊要求明确"),
    2: T(
        "quantity, date, price, delivery, settlement, disputes in writing",
        zh="数量、交期、价格、交货、结算、争议书面明确",
    ),
    3: T("annexes, standards, production conditions, ability", zh="附件、标准、生产条件、技术能力满足"),
    4: T("quality-management demands reviewed and met", zh="质量管理要求已评审并满足"),
    5: T("conforms with law, regulation, policy", zh="符合法律法规政策"),
    6: T("all requirements met, every difference resolved", zh="全部要求满足，差异已解决"),
}
STATES = {
    "conform": T("Conform", zh="符合"),
    "not-conform": T("Not conform", zh="不符合"),
    "resolved": T("Resolved", zh="已解决"),
}
OPEN = T("Open", zh="未评审")
VERDICTS = {
    "open": T("OPEN", zh="待签"),
    "approved": T("approved", zh="同意"),
    "rejected": T("rejected", zh="否决"),
    "absent": T("absent", zh="缺席"),
    "void": T("void", zh="作废"),
}
LIMIT = "mfg.review.limit_w.{}"


def rounds(case: Case) -> list[MfgReview]:
    """Return the rounds of the order's or amendment's review, oldest first."""
    table = table_of(MfgReview)
    return case.tx.all(MfgReview, table.c.order_id == case.order_id, order_by=[table.c.round])


def current(case: Case) -> MfgReview | None:
    """Return the newest round."""
    found = rounds(case)
    return found[-1] if found else None


def need(case: Case) -> MfgReview:
    """Return the newest round, which must exist."""
    found = current(case)
    if found is None:
        raise LookupError(f"review of {case.order.number}")
    return found


def passed(case: Case) -> MfgReview | None:
    """Return the passed round that covers the contract's present version, or the amendment's content."""
    found = current(case)
    if found is None or found.state != "passed":
        return None
    found_target = contract.target(case)
    if isinstance(found_target.row, MfgContract) and found.version != found_target.row.version:
        return None
    return found


def points(case: Case) -> list[MfgPoint]:
    """Return the six points in order."""
    return sorted(case.rows(MfgPoint), key=lambda p: p.point)


def open_points(case: Case, _: Any = None) -> None:
    """Make the six points, all open."""
    if not case.rows(MfgPoint):
        for n in POINTS:
            case.tx.add(MfgPoint(order_id=case.order_id, point=n))


def reopen_points(case: Case) -> None:
    """Open every point that was set before the content changed."""
    for point in case.rows(MfgPoint):
        if point.state != "open":
            case.tx.change(point, state="open", note="", by_id=None, at=None)


def asked(case: Case) -> list[int]:
    """Return the numbers of the points asked for the class."""
    return list(case.setting(f"mfg.review.points.{contract.target(case).row.letter}"))


def due(case: Case, found: MfgReview) -> datetime:
    """Return when the signatures of a round are due."""
    start = case.day(found.submitted_at)
    return moments.due_at(case, workdays.plus(moments.factory(case), start, case.number(LIMIT.format(found.route))))


def limit(case: Case) -> Deadline | None:
    """Return the limit of the review's step, by its route."""
    found = current(case)
    if found is None:
        return None
    start = case.day(case.order.entered_at)
    n = case.number(LIMIT.format(found.route))
    return moments.end_of(case, workdays.plus(moments.factory(case), start, n))


def measures(case: Case) -> list[dict[str, Any]]:
    """Return the measures agreed in the reviews of the contract, as papers show them."""
    rows = contract.main(case).rows(MfgMeasure)
    return [{"text": m.text, "role": case.shop.role_title(m.role), "due": m.due.isoformat()} for m in rows]


def sheet_facts(case: Case) -> dict[str, Any]:
    """Return what the review sheet shows: class, route, lines, points, slots with signers and opinions."""
    found, target = need(case), contract.target(case)
    request = pending(case)
    signed = all_slots(case.tx, request) if request is not None else slots(case, found)
    note = contract.together(case)
    return {
        "order": case.order.number,
        "customer": case.customer.name,
        "contract_version": found.version,
        "letter": plain("{letter} {title}").of(letter=found.letter, title=classes.CLASSES[found.letter]),
        "route": classes.ROUTES[found.route],
        "round": found.round,
        "lines": [
            {**line, "change": CHANGES[line["change"]], "unit_price": content.shown("unit_price", line["unit_price"])}
            for line in target.content["lines"]
        ],
        "amount": content.shown("amount", content.amount(target.content), target.content["currency"]),
        "currency": target.content["currency"],
        "points": [
            {"n": p.point, "text": POINTS[p.point], "state": STATES.get(p.state, OPEN), "note": p.note}
            for p in points(case)
        ],
        "slots": [
            {"stage": s.stage + 1, "role": case.shop.role_title(s.role or ""), "state": VERDICTS[s.verdict],
             "signer": desk.name_of(case.tx, s.signed_by),
             "signed_for": desk.name_of(case.tx, s.signed_for) if s.signed_for else "", "opinion": s.opinion,
             "at": case.local(s.at) if s.at else ""}
            for s in signed
        ],
        "together": note if note is not None else "",
    }  # fmt: skip


def slots(case: Case, found: MfgReview) -> list[SlotRow]:
    """Return the slots of a round, stage by stage."""
    if found.request_id is None:
        return []
    table = table_of(SlotRow)
    return case.tx.all(SlotRow, table.c.request_id == found.request_id, order_by=[table.c.stage, table.c.id])


def sheet(case: Case) -> None:
    """Write the review sheet anew under its number."""
    papers.make(case, "review-sheet", sheet_facts(case))
