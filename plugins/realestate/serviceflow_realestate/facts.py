"""Live facts that titles, talking points and messages may name."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from serviceflow.api import Case, T, table_of

from serviceflow_realestate import agreement, tell
from serviceflow_realestate.fields import yuan
from serviceflow_realestate.messages import FIELDS
from serviceflow_realestate.tables import ReProject, ReUnit

PAPERS = T("ID card, receipts, subscription letter", zh="身份证、收据、认购书")
LOAN_PAPERS = T("ID card, receipts, subscription letter, loan papers", zh="身份证、收据、认购书、按揭资料")
DEADLINES = (
    "signing_deadline",
    "full_price_deadline",
    "docs_deadline",
    "cure_on",
    "title_docs_on",
    "window_end",
)
"""Anchors that are the deadline of their order, the first that is set; see `deadline`."""


def project(case: Case) -> ReProject | None:
    """Return the project an order belongs to, by its scope."""
    return case.tx.one(ReProject, table_of(ReProject).c.code == case.order.scope) if case.order.scope else None


def day_text(value: datetime | date | None) -> str:
    """Return a day as a message writes it; empty without one."""
    return value.isoformat()[:10] if value is not None else ""


def deadline(case: Case) -> date | None:
    """Return the running deadline of a subscription or its child: the full-price one once it is overdue."""
    names = DEADLINES if case.order.step != "overdue" else ("full_price_deadline",)
    return next((day for name in names if (day := case.anchor_day(name)) is not None), None)


def of_order(case: Case) -> dict[str, Any]:
    """Return the facts of any order of the trade; what it has nothing of is empty."""
    found: dict[str, Any] = dict.fromkeys(FIELDS, "")
    where = project(case)
    if where is not None:
        found["project"] = T(where.name_en, zh=where.name_zh)
        found["account"] = where.collection_account
    found["number"] = case.order.number
    found["agent"] = tell.agent_name(case)
    found["phone"] = tell.agent_phone(case)
    found["deadline"] = day_text(deadline(case))
    deal = agreement.find_deal(case)
    if deal is not None:
        unit = case.tx.need(ReUnit, deal.unit_id)
        found["unit"] = found["units"] = unit.unit_no
        found["list_total"] = yuan(deal.list_total)
        found["amount"] = yuan(deal.deposit_due)
        found["papers"] = LOAN_PAPERS if deal.pay_way == "mortgage" else PAPERS
        found["contract_no"] = deal.contract_no or ""
    for name in ("time", "date", "cause", "missing", "result", "start", "end"):
        if (kept := tell.recall(case, name)) is not None:
            found[name] = kept
    if case.order.customer_id is None:
        found.pop("name")
    else:
        found["name"] = case.customer.name
    return found
