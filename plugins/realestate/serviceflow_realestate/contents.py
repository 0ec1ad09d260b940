"""What each paper of an order says. Source: realestate.md section 6.

Each function gets the case and what only the moment of making knows, and returns the facts by the names its template
uses: words in both languages, amounts as people read them. Asked again when a paper is printed, it fills what was not
yet known when the paper was made: the decision on a request, the result of a complaint, who received a deed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from serviceflow.api import Case, RequestRow, SlotRow, Staff, T, plain, table_of

from serviceflow_realestate import agreement, delivery, facts, ledger, lineage, loan_papers, tell
from serviceflow_realestate.agreement import METHODS, PAY_WAYS
from serviceflow_realestate.deals.prices import deal_unit_price
from serviceflow_realestate.fields import yuan
from serviceflow_realestate.inventory import STATES
from serviceflow_realestate.milestones import ITEM_TITLES, LEVEL_TITLES, MILESTONES
from serviceflow_realestate.tables import (
    ReBuyer,
    ReChecklist,
    ReDeal,
    ReDefect,
    ReLine,
    ReMilestoneItem,
    ReUnit,
)

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
CLAUSES = {
    "late-payment": T("Payment dates of the contract", zh="合同约定的付款期限"),
    "mortgage-docs": T("Loan papers within the time of the undertaking", zh="承诺函约定的按揭资料期限"),
    "mortgage-refused": T("Payment without the refused loan", zh="贷款未批后的付款约定"),
    "late-handover": T("Handover date of the contract", zh="合同约定的交楼期限"),
    "late-title": T("Title deed within the time of the contract", zh="合同约定的办证期限"),
    "other": T("Duties of the contract", zh="合同约定的义务"),
}
"""Cause of a default → what of the contract was not kept."""
ROLES = {
    "main": T("Main buyer", zh="主买受人"),
    "co1": T("Co-owner 1", zh="共有人一"),
    "co2": T("Co-owner 2", zh="共有人二"),
}
SEVERITIES = {"structural": T("structural", zh="结构性"), "ordinary": T("ordinary", zh="一般")}
DEFECT_STATES = {
    "open": T("open", zh="待整改"),
    "fixed": T("fixed", zh="已整改"),
    "accepted": T("accepted", zh="已接收"),
}
VERDICTS = {"approved": T("approved", zh="同意"), "rejected": T("rejected", zh="不同意"), "open": T("open", zh="待签")}


# -- parts that several papers have --------------------------------------------------------------------------


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


# -- leads and the subscription ------------------------------------------------------------------------------


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


def fee_facts(maintenance: int, property_fee: int, deed_tax: int) -> Facts:
    """Return fees and taxes of a handover, given in fen."""
    return {
        "maintenance": yuan(maintenance),
        "property_fee": yuan(property_fee),
        "deed_tax": yuan(deed_tax),
        "fees_total": yuan(maintenance + property_fee + deed_tax),
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


# -- requests ------------------------------------------------------------------------------------------------


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


# -- the contract --------------------------------------------------------------------------------------------


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


# -- handover, title, buyback, complaints, milestones ----------------------------------------------------------


def handover(case: Case, given: Given) -> Facts:
    papers = [
        T("ID card", zh="身份证"),
        T("Contract", zh="买卖合同"),
        T("Receipts", zh="收据"),
        T("Power of attorney and ID of a proxy", zh="委托他人的, 授权书与代办人身份证"),
    ]
    parts, area = delivery.fees(case), delivery.area_due(case)
    return {
        "start": given.get("start", ""),
        "end": given.get("end", ""),
        "papers": [{"item": one} for one in papers],
        "due_total": yuan(max(area, 0) + parts.total),
    }


def area(case: Case, given: Given) -> Facts:
    deal, unit = agreement.deal_of(case), agreement.unit_of(case)
    actual = unit.actual_area or deal.area
    parts, due = delivery.fees(case), delivery.area_due(case)
    return {
        "contract_area": area_text(deal.area),
        "actual_area": area_text(actual),
        "error": f"{(actual - deal.area) / deal.area * 100:.2f}%",
        "tolerance": percent_text(case.number("realestate.area_tolerance_percent")),
        "unit_price": yuan(deal_unit_price(deal.deal_total, deal.area)),
        "buyer_pays": yuan(max(due, 0)),
        "refund": yuan(max(-due, 0)),
        **fee_facts(parts.maintenance, parts.property_fee, parts.deed_tax),
        "total": yuan(max(due, 0) + parts.total),
    }


def inspect(case: Case, given: Given) -> Facts:
    rows = case.rows(ReDefect)
    return {
        "round": given.get("round", ""),
        "defects": [
            {
                "round": d.round,
                "place": d.place,
                "text": d.text,
                "severity": SEVERITIES.get(d.severity, plain(d.severity)),
                "state": DEFECT_STATES.get(d.state, plain(d.state)),
            }
            for d in rows
        ],
    }


def keys(case: Case, given: Given) -> Facts:
    return {
        "meters": given.get("meters", ""),
        "keys": given.get("keys", ""),
        "handed_on": case.anchor_day("delivered_on") or case.today,
    }


def title_file(case: Case, given: Given) -> Facts:
    def got(name: str) -> T:
        return T("here", zh="已收") if said(case, name, "docs-complete") else T("wanted", zh="待收")

    papers = {
        "owner_file": T("Owner file, confirmed", zh="业主档案确认表"),
        "invoice": T("Invoice", zh="购房发票"),
        "id_copies": T("ID copies", zh="身份证复印件"),
    }
    complete = given.get("complete_on") or day_of_deed(case, "docs-complete")
    return {
        "papers": [
            {"item": words, "state": T("here", zh="已收") if complete else got(name)} for name, words in papers.items()
        ],
        "complete_on": complete,
        "acceptance_no": given.get("acceptance_no") or said(case, "acceptance_no", "submit"),
        "deed_no": given.get("deed_no") or tell.recall(case, "deed_no", ""),
        "receiver": word(case, "hand-over", "receiver", given.get("receiver") or said(case, "receiver", "hand-over")),
    }


def buyback(case: Case, given: Given) -> Facts:
    one = lineage.find_contract(case)
    return {
        "reason": word(case, "start", "reason", str(given.get("reason") or tell.recall(case, "reason", ""))),
        "deal_total": yuan(agreement.deal_of(case).deal_total),
        "paid": yuan(ledger.own_paid(one)) if one is not None else "",
        "wear": yuan(tell.recall(case, "wear", 0)),
        "price": yuan(given.get("price", 0)),
        "bank": yuan(given.get("bank", 0)),
        "to_customer": yuan(given.get("customer", 0)),
        "agreed_on": case.anchor_day("agreed_on") or "",
        "pay_days": case.number("realestate.buyback_pay_days"),
    }


def complaint(case: Case, given: Given) -> Facts:
    return {
        "channel": word(case, "receive", "channel", given.get("channel") or said(case, "channel", "receive")),
        "content": given.get("content") or tell.recall(case, "content", ""),
        "received_at": case.local(case.order.opened_at),
        "department": said(case, "department", "refer") or (T("Sales", zh="销售部") if case.done("take") else ""),
        "measures": said(case, "measures", "take"),
        "result": tell.recall(case, "result", ""),
        "score": said(case, "score", "satisfied"),
    }


def milestone(case: Case, given: Given) -> Facts:
    """The checklist of the milestone that has just been passed: the order stands in the next one."""
    table, keys = table_of(ReMilestoneItem), list(MILESTONES)
    step = keys[keys.index(case.order.step) - 1] if case.order.step in keys else keys[-1]
    items = case.rows(ReMilestoneItem, table.c.milestone == step)
    return {
        "milestone": case.flow.step(step).title,
        "passed_on": given.get("passed_on", ""),
        "items": [
            {
                "area": T(i.area_en, zh=i.area_zh),
                "item": ITEM_TITLES.get((step, i.item), plain(i.item)),
                "required": LEVEL_TITLES[i.required],
                "level": LEVEL_TITLES[i.level] if i.level else "",
                "due": i.due or "",
                "done_by": person(case, i.done_by)
                or (T("waived by {name}", zh="{name} 豁免").of(name=person(case, i.waived_by)) if i.waived_by else ""),
            }
            for i in items
        ],
    }


CONTENTS: Mapping[str, Callable[[Case, Given], Facts]] = {
    "RE-INTERNAL": internal,
    "RE-PLAN": plan,
    "RE-FILE": file,
    "RE-LETTER": letter,
    "RE-APPROVAL": approval,
    "RE-SALES": sales,
    "RE-PACK": pack,
    "RE-UNDERTAKING": undertaking,
    "RE-NOTICE": notice,
    "RE-DELAY": delay,
    "RE-DISCOUNT": discount,
    "RE-CHANGE": change,
    "RE-CHANGE2": change,
    "RE-COUNTERSIGN": countersign,
    "RE-CONTRACT": contract,
    "RE-LOANLIST": loan_list,
    "RE-STATEMENT": statement,
    "RE-DEMAND": demand,
    "RE-LAWYER": demand,
    "RE-DEFAULT": default,
    "RE-TERMINATE": terminate,
    "RE-HANDOVER": handover,
    "RE-AREA": area,
    "RE-INSPECT": inspect,
    "RE-KEYS": keys,
    "RE-TITLEFILE": title_file,
    "RE-BUYBACK": buyback,
    "RE-COMPLAINT": complaint,
    "RE-MILESTONE": milestone,
}
