"""Papers of handover, title, buyback, complaints and milestones of a project. Source: realestate.md section 6."""

from __future__ import annotations

from serviceflow.api import Case, T, plain, table_of

from serviceflow_realestate import agreement, delivery, ledger, lineage, tell
from serviceflow_realestate.contents.parts import (
    Facts,
    Given,
    area_text,
    day_of_deed,
    fee_facts,
    percent_text,
    person,
    said,
    word,
)
from serviceflow_realestate.deals.prices import deal_unit_price
from serviceflow_realestate.fields import yuan
from serviceflow_realestate.milestones import ITEM_TITLES, LEVEL_TITLES, MILESTONES
from serviceflow_realestate.tables import ReDefect, ReMilestoneItem

SEVERITIES = {"structural": T("structural", zh="结构性"), "ordinary": T("ordinary", zh="一般")}
DEFECT_STATES = {
    "open": T("open", zh="待整改"),
    "fixed": T("fixed", zh="已整改"),
    "accepted": T("accepted", zh="已接收"),
}


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
