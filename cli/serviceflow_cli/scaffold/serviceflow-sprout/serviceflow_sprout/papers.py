"""Printed documents. The template lies in `papers/`; it may name the declared fields and no others."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Case, Document, Form, T

from serviceflow_sprout.tables import SproutVisit


def slip_facts(case: Case, form: Form) -> dict[str, Any]:
    """Return what the slip shows."""
    visit = case.own(SproutVisit)
    return {
        "customer": case.customer.name,
        "time": case.local(visit.starts_at),
        "deposit": visit.deposit,
        "wish": visit.wish,
    }


DOCUMENTS = (
    Document(
        "sprout-slip",
        T("Slip", zh="预约单"),
        "serviceflow_sprout:papers/slip.html",
        fields=("customer", "time", "deposit", "wish"),
        facts=slip_facts,
        paper="A5",
        series="SL{n:04}",
    ),
)
