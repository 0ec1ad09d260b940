"""Papers from the first registration to the signing notice. Source: realestate.md section 6."""

from __future__ import annotations

from serviceflow.api import Case, T

from serviceflow_realestate import agreement, delivery, facts, ledger, loan_papers, tell
from serviceflow_realestate.contents.parts import (
    LINES,
    Facts,
    Given,
    area_text,
    day_of_deed,
    doer,
    fee_facts,
    loan_facts,
    owner_rows,
    percent_text,
    price_facts,
    said,
)
from serviceflow_realestate.fields import yuan
from serviceflow_realestate.inventory import STATES


def internal(case: Case, given: Given) -> Facts:
    phones = case.contacts("phone")
    units = [{"rank": n + 1, "unit": unit} for n, unit in enumerate(given.get("units", ()))]
    return {"customer_phone": phones[0].value if phones else "", "units": units, "date": case.today}


def plan(case: Case, given: Given) -> Facts:
    """A purchase plan; that of a group names its units and the discount only."""
    deal = agreement.find_deal(case)
    if deal is None:
        return {"units": ", ".join(given.get("units", ())), "group_discount": percent_text(given.get("percent", 0))}
    parts = delivery.fees(case)
    return {
        **price_facts(deal),
        **loan_facts(deal),
        "first": yuan(agreement.first_amount(case, deal)),
        "schedule": [
            {"kind": LINES[line.kind], "due": line.due, "amount": yuan(line.amount)}
            for line in agreement.schedule(case, deal)
        ],
        **fee_facts(parts.maintenance, parts.property_fee, parts.deed_tax),
    }


def file(case: Case, given: Given) -> Facts:
    buyers = agreement.buyers(case)
    company = next((b.company or b.name for b in buyers if b.kind == "company"), "")
    return {"acceptance_no": given.get("acceptance_no", ""), "company": company, "owners": owner_rows(buyers)}


def letter(case: Case, given: Given) -> Facts:
    deal = agreement.deal_of(case)
    n = case.number
    return {
        **price_facts(deal),
        "owners": owner_rows(agreement.buyers(case)),
        "edition": T("final", zh="正本") if given.get("final") else T("draft", zh="草稿"),
        "signing_days": n("realestate.signing_days"),
        "full_price_days": n("realestate.full_price_days"),
        "forfeit_percent": n("realestate.forfeit_percent") // 100,
        "sealed_by": doer(case, "seal-and-distribute"),
    }


def approval(case: Case, given: Given) -> Facts:
    return {
        **price_facts(agreement.deal_of(case)),
        "opinion": said(case, "opinion", "approve-letter", "return-draft"),
        "decided_by": doer(case, "approve-letter"),
        "decided_on": day_of_deed(case, "approve-letter"),
    }


def sales(case: Case, given: Given) -> Facts:
    """The unit's line of the sales table after a change."""
    deal, unit = agreement.deal_of(case), agreement.unit_of(case)
    dates = {name: case.anchor_day(name) for name in ("deposit_on", "signing_deadline", "signed_on")}
    row = {
        "unit": unit.unit_no,
        "state": STATES[unit.state],
        "customer": case.customer.name if unit.state not in ("available", "withdrawn") else "",
        "agent": tell.agent_name(case) if unit.state not in ("available", "withdrawn") else "",
        "list_total": yuan(unit.list_total),
        "deal_total": yuan(deal.deal_total),
        "on": next((d for d in reversed(list(dates.values())) if d is not None), case.today),
    }
    return {"rows": [row]}


def pack(case: Case, given: Given) -> Facts:
    return {**plan(case, given), "papers": wanted_rows(case)}


def wanted_rows(case: Case) -> list[Facts]:
    """Return the loan papers that the main buyer's bank wants; none without a loan."""
    deal, main = agreement.deal_of(case), agreement.main_buyer(case)
    if deal.pay_way != "mortgage" or main is None:
        return []
    extra = tuple(case.setting("realestate.mortgage_extra_items"))
    return [{"item": loan_papers.title_of(item), "copies": n} for item, n in loan_papers.checklist(main.marital, extra)]


def undertaking(case: Case, given: Given) -> Facts:
    deal, n = agreement.deal_of(case), case.number
    where = facts.project(case)
    return {
        "owners": owner_rows(agreement.buyers(case)),
        "date": case.today,
        "land_use_years": where.land_use_years if where is not None else "",
        "parking_note": given.get("parking_note") or "",
        "area": area_text(deal.area),
        "deal_total": yuan(deal.deal_total),
        "first": yuan(agreement.first_amount(case, deal)),
        **loan_facts(deal),
        "papers": wanted_rows(case),
        "signing_days": n("realestate.signing_days"),
        "full_price_days": n("realestate.full_price_days"),
        "supplement_days": n("realestate.mortgage_supplement_days"),
        "debit_fee": percent_text(n("realestate.debit_fee_percent")),
        "debit_cap": yuan(n("realestate.debit_fee_cap")),
        "credit_fee": percent_text(n("realestate.credit_fee_percent")),
    }


def notice(case: Case, given: Given) -> Facts:
    deal = agreement.deal_of(case)
    paid = ledger.own_paid(case)
    first = agreement.first_amount(case, deal)
    parent = case.parent()
    last = facts.deadline(case) or (facts.deadline(parent) if parent is not None else None)
    return {
        "deadline": given.get("deadline") or facts.day_text(last),
        "time": tell.recall(case, "time", ""),
        "bring": facts.LOAN_PAPERS if deal.pay_way == "mortgage" else facts.PAPERS,
        "papers": wanted_rows(case),
        "first": yuan(first),
        "paid": yuan(paid),
        "rest": yuan(max(first - paid, 0)),
    }
