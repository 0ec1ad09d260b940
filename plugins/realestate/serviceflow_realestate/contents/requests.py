"""Papers of what is asked for: delay, discount, change, other clauses. Source: realestate.md section 6."""

from __future__ import annotations

from datetime import date
from typing import Any

from serviceflow.api import Case, T

from serviceflow_realestate import agreement, tell
from serviceflow_realestate.agreement import PAY_WAYS
from serviceflow_realestate.contents.parts import (
    Facts,
    Given,
    day_of_deed,
    percent_text,
    person,
    said,
    signature_rows,
    word,
)
from serviceflow_realestate.fields import yuan
from serviceflow_realestate.tables import ReUnit


def delay(case: Case, given: Given) -> Facts:
    rejected = case.done("reject", "delay-undecided")
    executed = case.done("execute")
    decision: Any = ""
    if rejected:
        decision = T("rejected", zh="不批准")
    elif case.done("approve"):
        decision = T("approved", zh="批准")
    return {
        "reason": said(case, "reason", "start"),
        "findings": said(case, "findings", "verified"),
        "old": given.get("old", ""),
        "new": given.get("new", ""),
        "decision": decision,
        "signatures": signature_rows(case),
        "executed_by": person(case, executed[-1].staff_id) if executed else "",
    }


def discount(case: Case, given: Given) -> Facts:
    percent, amount = tell.recall(case, "percent", 0), tell.recall(case, "amount", 0)
    granted = case.anchor_day("granted_on")
    valid = case.number("realestate.extra_discount_valid_days")
    return {
        "leader": tell.recall(case, "leader", ""),
        "value": percent_text(percent) if percent else yuan(amount),
        "apply_at": word(case, "request", "apply_at", tell.recall(case, "apply_at")),
        "granted_on": granted or "",
        "expires_on": date.fromordinal(granted.toordinal() + valid) if granted is not None else "",
        "certificate": tell.recall(case, "certificate", ""),
        "filed_by": person(case, case.actor.id) if case.actor is not None else "",
    }


def _asked(case: Case) -> Facts:
    """Return what a change asks for, old beside new."""
    rows = []
    deal = agreement.find_deal(case)
    data = case.order.data
    if deal is not None:
        if data.get("unit"):
            old = case.tx.need(ReUnit, deal.unit_id).unit_no
            rows.append({"what": T("Unit", zh="房号"), "old": old, "new": data["unit"]})
        if data.get("pay_way"):
            rows.append({"what": T("Way of paying", zh="付款方式"), "old": PAY_WAYS[deal.pay_way],
                         "new": PAY_WAYS[data["pay_way"]]})  # fmt: skip
        if data.get("loan"):
            rows.append({"what": T("Loan", zh="贷款"), "old": yuan(deal.loan), "new": yuan(data["loan"])})
    if data.get("buyers"):
        names = ", ".join(b.name for b in agreement.buyers(case))
        rows.append(
            {"what": T("Buyers", zh="买受人"), "old": names, "new": ", ".join(b["name"] for b in data["buyers"])}
        )
    return {"changes": rows}


def change(case: Case, given: Given) -> Facts:
    settled = said(case, "amount", "settle")
    return {
        "kind": word(case, "start", "kind", given.get("kind") or case.order.data.get("kind")),
        "cause": word(case, "start", "cause", given.get("cause") or case.order.data.get("cause")),
        "reason": given.get("reason") or case.order.data.get("reason", ""),
        **_asked(case),
        "signatures": signature_rows(case),
        "settlement": yuan(settled) if settled != "" else "",
        "settled_on": day_of_deed(case, "settle"),
    }


def countersign(case: Case, given: Given) -> Facts:
    return {
        "clause": said(case, "clauses", "objection"),
        "wording": given.get("wording") or said(case, "wording", "signable"),
        "signatures": signature_rows(case),
    }
