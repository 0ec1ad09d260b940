"""Papers of a contract: its lines, the loan, late payment, default. Source: realestate.md section 6."""

from __future__ import annotations

from serviceflow.api import Case, T

from serviceflow_realestate import agreement, facts, ledger, lineage, loan_papers, tell
from serviceflow_realestate.contents.parts import (
    Facts,
    Given,
    day_of_deed,
    line_rows,
    owner_rows,
    price_facts,
    said,
    signature_rows,
    word,
)
from serviceflow_realestate.fields import yuan
from serviceflow_realestate.tables import ReChecklist

CLAUSES = {
    "late-payment": T("Payment dates of the contract", zh="合同约定的付款期限"),
    "mortgage-docs": T("Loan papers within the time of the undertaking", zh="承诺函约定的按揭资料期限"),
    "mortgage-refused": T("Payment without the refused loan", zh="贷款未批后的付款约定"),
    "late-handover": T("Handover date of the contract", zh="合同约定的交楼期限"),
    "late-title": T("Title deed within the time of the contract", zh="合同约定的办证期限"),
    "other": T("Duties of the contract", zh="合同约定的义务"),
}
"""Cause of a default → what of the contract was not kept."""


def contract(case: Case, given: Given) -> Facts:
    deal = agreement.deal_of(case)
    return {
        **price_facts(deal),
        "owners": owner_rows(agreement.buyers(case)),
        "contract_no": deal.contract_no or given.get("contract_no", ""),
        "signed_on": case.anchor_day("signed_on") or "",
        "handover_on": case.anchor_day("handover_on") or "",
        "lines": line_rows(ledger.lines(case)),
        "filing_no": deal.filing_no or "",
        "filed_on": case.anchor_day("filed_on") or "",
        "receiver": given.get("receiver") or said(case, "receiver", "archive"),
        "received_on": case.today if given.get("receiver") else day_of_deed(case, "archive"),
    }


def loan_list(case: Case, given: Given) -> Facts:
    rows = case.rows(ReChecklist)
    m_date = case.anchor_day("m_date")
    return {
        "items": [
            {
                "item": loan_papers.title_of(r.item),
                "copies": r.copies,
                "received": r.received,
                "on": r.received_on or "",
                "months": r.months or "",
                "missing": max(r.copies - r.received, 0) or "",
            }
            for r in rows
        ],
        "complete_on": m_date or "",
        "limit": case.anchor_day("docs_deadline") or m_date or "",
        "bank": tell.recall(case, "bank", ""),
    }


def statement(case: Case, given: Given) -> Facts:
    return {
        "reason": given.get("reason", ""),
        "missing": [{"item": loan_papers.title_of(item)} for item in loan_papers.missing(case)],
        "promised": given.get("promised", ""),
        "signatures": signature_rows(case),
    }


def demand(case: Case, given: Given) -> Facts:
    where = facts.project(case)
    return {
        **{name: given.get(name, "") for name in ("line", "due", "amount", "damages", "days", "pay_by")},
        "account": where.collection_account if where is not None else "",
        "contract_no": _contract_no(case),
        "delivered": "",
    }


def _contract_no(case: Case) -> str:
    deal = agreement.find_deal(case)
    return (deal.contract_no or "") if deal is not None else ""


def default(case: Case, given: Given) -> Facts:
    cause = given.get("cause") or case.order.data.get("cause_key")
    return {
        "facts": given.get("facts") or case.order.data.get("facts", ""),
        "cause": word(case, "open", "cause", cause),
        "clause": CLAUSES.get(cause or "", CLAUSES["other"]),
        "cure_on": given.get("cure_on", ""),
        "contract_no": _contract_no(case),
    }


def terminate(case: Case, given: Given) -> Facts:
    one = lineage.find_contract(case)
    cause = given.get("cause") or case.order.data.get("cause_key")
    rows: list[Facts] = []
    if one is not None:
        own, bank = ledger.own_paid(one), ledger.loan_paid(one)
        rows = [
            {"what": T("Paid by the customer", zh="客户已付"), "amount": yuan(own)},
            {"what": T("Paid by the bank", zh="银行已放款"), "amount": yuan(bank)},
            {"what": T("Open damages", zh="未付违约金"), "amount": yuan(ledger.open_damages(one, case.today))},
        ]
    return {
        "cause": word(case, "open", "cause", cause),
        "served_on": given.get("served_on", ""),
        "contract_no": _contract_no(case),
        "settlement": rows,
    }
