"""Printed documents: the booking slip, and the record of what went wrong."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Case, Document, Form, T

from serviceflow_catering.tables import CatProblem, CatVisit
from serviceflow_catering.words import KINDS, REMEDIES


def slip_facts(case: Case, form: Form) -> dict[str, Any]:
    """Return what a booking slip shows."""
    visit = case.own(CatVisit)
    return {
        "customer": case.customer.name,
        "time": case.local(visit.starts_at),
        "party": visit.party,
        "table": visit.table_code or "-",
    }


def problem_facts(case: Case, form: Form) -> dict[str, Any]:
    """Return what a record shows: every problem of the visit."""
    return {
        "visit": case.order.number,
        "problems": [
            {"at": case.local(p.at), "kind": KINDS[p.kind], "dish": p.dish or "-", "remedy": REMEDIES[p.remedy],
             "cost": p.cost}
            for p in case.rows(CatProblem)
        ],
    }  # fmt: skip


DOCUMENTS = (
    Document(
        "cat-slip", T("Booking slip", zh="订位单"), "serviceflow_catering:papers/slip.html",
        fields=("customer", "time", "party", "table"), facts=slip_facts, paper="A5", series="DW{n:04}",
    ),
    Document(
        "cat-problems", T("Problem record", zh="现场问题记录"), "serviceflow_catering:papers/problems.html",
        fields=("visit", "problems", "problems.at", "problems.kind", "problems.dish", "problems.remedy",
                "problems.cost"),
        facts=problem_facts, paper="A5", series="WT{n:04}", versions=True, audience="shop",
    ),
)  # fmt: skip
