"""What several papers have: prices, owners, lines, signatures and their words. Source: realestate.md section 6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from serviceflow.api import Case, RequestRow, SlotRow, Staff, T, plain, table_of

from serviceflow_realestate.agreement import METHODS, PAY_WAYS
from serviceflow_realestate.fields import yuan
from serviceflow_realestate.tables import ReBuyer, ReDeal, ReLine

Facts = dict[str, Any]
Given = Mapping[str, Any]
DISCOUNTS = {
    "payway": T("way of paying", zh="付款方式优惠"),
    "on-time": T("signing in time", zh="按时签约优惠"),
    "promo": T("campaign", zh="活动优惠"),
    "extra": T("extra", zh="额外优惠"),
    "group": T("group", zh="团购优惠"),
}
LINES = {
    "first": T("First payment", zh="首付款"),
    "instalment": T("Instalment", zh="分期款"),
    "balance": T("Balance", zh="尾款"),
    "loan": T("Loan", zh="贷款"),
    "area": T("Area difference", zh="面积差款"),
    "topup": T("Top-up", zh="补差款"),
}
LINE_STATES = {
    "open": T("open", zh="未付"),
    "paid": T("paid", zh="已付"),
    "replaced": T("replaced", zh="已替换"),
    "credited": T("credited", zh="已抵扣"),
}
ROLES = {
    "main": T("Main buyer", zh="主买受人"),
    "co1": T("Co-owner 1", zh="共有人一"),
    "co2": T("Co-owner 2", zh="共有人二"),
}
VERDICTS = {"approved": T("approved", zh="同意"), "rejected": T("rejected", zh="不同意"), "open": T("open", zh="待签")}


def area_text(area: int) -> str:
    """Return an area of 1/100 m² in square metres."""
    return f"{area / 100:.2f}"


def percent_text(percent: int) -> str:
    """Return hundredths of a percent as a percentage."""
    return f"{percent / 100:g}%"


def discount_rows(deal: ReDeal) -> list[Facts]:
    """Return the discounts of a deal, void ones marked."""
    return [
        {
            "kind": DISCOUNTS.get(row["kind"], plain(row["kind"])),
            "value": percent_text(row["percent"]) if row["percent"] else yuan(row["amount"]),
            "certificate": row.get("certificate") or "",
            "void": T("void", zh="失效") if row.get("void") else "",
        }
        for row in deal.discounts
        if row["percent"] or row["amount"]
    ]


def price_facts(deal: ReDeal) -> Facts:
    """Return area, prices and discounts of a deal."""
    return {
        "area": area_text(deal.area),
        "unit_price": yuan(deal.unit_price),
        "list_total": yuan(deal.list_total),
        "discounts": discount_rows(deal),
        "deal_total": yuan(deal.deal_total),
        "pay_way": PAY_WAYS[deal.pay_way],
        "deposit": yuan(deal.deposit_due),
    }


def loan_facts(deal: ReDeal) -> Facts:
    """Return the loan of a deal; empty without one."""
    if not deal.loan:
        return dict.fromkeys(("loan", "years", "rate", "method", "monthly"), "")
    return {
        "loan": yuan(deal.loan),
        "years": deal.loan_years,
        "rate": percent_text(deal.loan_rate),
        "method": METHODS[deal.loan_method],
        "monthly": yuan(deal.monthly),
    }


def fee_facts(maintenance: int, property_fee: int, deed_tax: int) -> Facts:
    """Return fees and taxes of a handover, given in fen."""
    return {
        "maintenance": yuan(maintenance),
        "property_fee": yuan(property_fee),
        "deed_tax": yuan(deed_tax),
        "fees_total": yuan(maintenance + property_fee + deed_tax),
    }


def line_rows(lines: Sequence[ReLine]) -> list[Facts]:
    """Return payment lines as rows."""
    return [
        {
            "seq": x.seq,
            "kind": LINES[x.kind],
            "due": x.due,
            "amount": yuan(x.amount),
            "state": LINE_STATES[x.state],
        }
        for x in lines
    ]


def owner_rows(buyers: Sequence[ReBuyer]) -> list[Facts]:
    """Return the owners with what the bureau asks of them."""
    return [
        {
            "role": ROLES[b.role],
            "name": b.name,
            "nationality": b.nationality,
            "id_no": b.id_no,
            "province": b.province,
            "address": b.address,
            "postcode": b.postcode,
            "phone": b.phone or "",
            "mobile": b.mobile or "",
            "mobile2": b.mobile2 or "",
            "landline": b.landline or "",
            "share": percent_text(b.share),
        }
        for b in buyers
    ]


def word(case: Case, action: str, field: str, key: str | None) -> Any:
    """Return the title of a choice that was made in a form of the flow."""
    if not key:
        return ""
    return case.flow.action(action).form.fields[field].choices.get(key, plain(key))


def said(case: Case, name: str, *actions: str) -> Any:
    """Return a field of the newest of these actions, empty before any was done."""
    deeds = [deed for deed in case.done(*actions) if deed.form.get(name) not in (None, "")]
    return deeds[-1].form[name] if deeds else ""


def day_of_deed(case: Case, *actions: str) -> Any:
    """Return the day of the newest of these actions."""
    deeds = case.done(*actions)
    return case.day(deeds[-1].at) if deeds else ""


def person(case: Case, staff_id: int | None) -> str:
    """Return the name of a member of staff, empty without one."""
    found = case.tx.get(Staff, staff_id) if staff_id is not None else None
    return found.name if found is not None else ""


def doer(case: Case, *actions: str) -> str:
    """Return who did the newest of these actions."""
    deeds = case.done(*actions)
    return person(case, deeds[-1].staff_id) if deeds else ""


def signature_rows(case: Case) -> list[Facts]:
    """Return who signed the order's requests, with verdict and opinion, in order of time."""
    requests, slots = table_of(RequestRow), table_of(SlotRow)
    found = []
    for request in case.tx.all(RequestRow, requests.c.order_id == case.order_id, order_by=[requests.c.id]):
        for slot in case.tx.all(SlotRow, slots.c.request_id == request.id, order_by=[slots.c.stage, slots.c.id]):
            if slot.signed_by is not None and slot.at is not None:
                role = next((r.title for r in case.trade.roles if r.key == slot.role), plain(slot.role or ""))
                verdict = VERDICTS.get(slot.verdict, plain(slot.verdict))
                found.append(
                    {
                        "role": role,
                        "name": person(case, slot.signed_by),
                        "verdict": verdict,
                        "opinion": slot.opinion,
                        "on": case.day(slot.at),
                    }
                )
    return found
