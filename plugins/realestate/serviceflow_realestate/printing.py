"""The numbered papers as printed pages: each type has its own template and fields, in the language of the day.

Source: realestate.md section 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serviceflow.api import Document, Notes, Order, Shop, Tx, case_of, on_demand

from serviceflow_realestate.contents import CONTENTS
from serviceflow_realestate.paperwork import TITLES, kept
from serviceflow_realestate.tables import RePaper

HEAD = ("no", "made_on", "project")
FIELDS: Mapping[str, str] = {
    "RE-ROTA": "date confirmed_by agents(seq,agent,signed_in,turns,missed)",
    "RE-CALL": "date agent rows(at,customer,phone,heard_from,wants,questions,grade,registered_by)",
    "RE-VISIT": "date agent rows(at,customer,phone,heard_from,wants,questions,grade,registered_by)",
    "RE-INTERNAL": "customer customer_phone date agent units(rank,unit)",
    "RE-PLAN": "customer unit area unit_price list_total deal_total pay_way deposit first loan years rate method "
    "monthly maintenance property_fee deed_tax fees_total units group_discount "
    "discounts(kind,value,certificate,void) schedule(kind,due,amount)",
    "RE-FILE": "customer unit acceptance_no company "
    "owners(role,name,nationality,id_no,province,address,postcode,phone,mobile,mobile2,landline,share)",
    "RE-LETTER": "customer unit edition area unit_price list_total deal_total pay_way deposit signing_days "
    "full_price_days forfeit_percent sealed_by owners(role,name,id_no,phone,address,share) "
    "discounts(kind,value,certificate,void)",
    "RE-APPROVAL": "customer unit area unit_price list_total deal_total pay_way deposit agent opinion decided_by "
    "decided_on discounts(kind,value,certificate,void)",
    "RE-SALES": "rows(unit,state,customer,agent,list_total,deal_total,on)",
    "RE-PACK": "customer unit area unit_price list_total deal_total pay_way deposit first loan years rate method "
    "monthly maintenance property_fee deed_tax fees_total agent phone "
    "discounts(kind,value,certificate,void) schedule(kind,due,amount) papers(item,copies)",
    "RE-UNDERTAKING": "customer unit date land_use_years area deal_total first loan years rate method monthly "
    "signing_days full_price_days supplement_days debit_fee debit_cap credit_fee parking_note "
    "owners(role,name,id_no,phone,address,share) papers(item,copies)",
    "RE-NOTICE": "customer unit deadline time first paid rest bring agent phone papers(item,copies)",
    "RE-DELAY": "customer unit old new reason findings decision executed_by signatures(role,name,verdict,opinion,on)",
    "RE-DISCOUNT": "customer unit leader value apply_at granted_on expires_on certificate filed_by",
    "RE-CHANGE": "customer unit order_no kind cause reason settlement settled_on changes(what,old,new) "
    "signatures(role,name,verdict,opinion,on)",
    "RE-CHANGE2": "customer unit order_no kind cause reason settlement settled_on changes(what,old,new) "
    "signatures(role,name,verdict,opinion,on)",
    "RE-COUNTERSIGN": "customer unit clause wording signatures(role,name,verdict,opinion,on)",
    "RE-CONTRACT": "customer unit contract_no signed_on handover_on area unit_price list_total deal_total pay_way "
    "deposit filing_no filed_on receiver received_on owners(role,name,id_no,phone,address,share) "
    "lines(seq,kind,due,amount,state)",
    "RE-RECEIPT": "payer way method date customer unit order_no voids amount capitals "
    "rows(number,kind,amount,card_fee)",
    "RE-LOANLIST": "customer unit bank complete_on limit items(item,copies,received,missing,on,months)",
    "RE-STATEMENT": "customer unit reason promised missing(item) signatures(role,name,verdict,opinion,on)",
    "RE-DEMAND": "customer unit contract_no line due days amount damages pay_by account delivered",
    "RE-LAWYER": "customer unit contract_no line due days amount damages pay_by account delivered",
    "RE-DEFAULT": "customer unit contract_no cause clause facts cure_on",
    "RE-TERMINATE": "customer unit contract_no cause served_on settlement(what,amount)",
    "RE-HANDOVER": "customer unit start end due_total papers(item)",
    "RE-AREA": "customer unit contract_area actual_area error tolerance unit_price buyer_pays refund maintenance "
    "property_fee deed_tax fees_total total",
    "RE-INSPECT": "customer unit round defects(round,place,text,severity,state)",
    "RE-KEYS": "customer unit handed_on keys meters",
    "RE-TITLEFILE": "customer unit complete_on acceptance_no deed_no receiver papers(item,state)",
    "RE-BUYBACK": "customer unit reason agreed_on deal_total paid wear price bank to_customer pay_days",
    "RE-COMPLAINT": "customer order_no channel received_at content department measures result score",
    "RE-MILESTONE": "milestone passed_on items(area,item,required,level,due,done_by)",
}
"""Type → what it shows beside its head: facts, and lists with their columns."""
FOR_US = ("RE-ROTA", "RE-CALL", "RE-VISIT", "RE-APPROVAL", "RE-SALES", "RE-COUNTERSIGN", "RE-MILESTONE")
"""Papers that stay in the house."""
TICKED_OFF = {"RE-LOANLIST": ("items", "limit"), "RE-INSPECT": ("defects",)}
"""Type → what is shown as it stands when it is printed: lists that are ticked off as time goes."""
WIDE = ("RE-CALL", "RE-VISIT", "RE-FILE")


def fields_of(kind: str) -> tuple[str, ...]:
    """Return the fields of a type as a template may name them: ``unit``, ``rows``, ``rows.amount``."""
    found = list(HEAD)
    for word in FIELDS[kind].split():
        name, _, columns = word.rstrip(")").partition("(")
        found += [name, *(f"{name}.{column}" for column in columns.split(",") if column)]
    return tuple(found)


DOCUMENTS = tuple(
    Document(
        key=kind.lower(),
        title=title,
        template=f"serviceflow_realestate:printed/{kind.removeprefix('RE-').lower()}.html",
        fields=fields_of(kind),
        paper="A5" if kind == "RE-RECEIPT" else "A4 landscape" if kind in WIDE else "A4",
        copies="realestate.subscription_copies" if kind == "RE-LETTER" else 1,
        audience="shop" if kind in FOR_US else "customer",
    )
    for kind, title in TITLES.items()
)


def print_paper(shop: Shop, tx: Tx, paper: RePaper) -> str:
    """Return a paper as an HTML page; what was not known when it was made is filled in."""
    facts = dict(paper.facts)
    if paper.order_id is not None and paper.type in CONTENTS:
        case = case_of(shop, tx, tx.need(Order, paper.order_id), Notes())
        known = kept(CONTENTS[paper.type](case, {}))
        live = TICKED_OFF.get(paper.type, ())
        facts |= {name: value for name, value in known.items() if name in live or facts.get(name) in (None, "", [])}
    return page_of(
        shop, paper.type, {"no": paper.number, "made_on": shop.local_day(paper.made_at).isoformat(), **facts}
    )


def page_of(shop: Shop, kind: str, facts: Mapping[str, Any]) -> str:
    """Return a page of a type with the facts there are; one that is made on demand has no number."""
    names = dict.fromkeys(name.partition(".")[0] for name in fields_of(kind))
    return on_demand(shop, "realestate", kind.lower(), {**dict.fromkeys(names, ""), **facts})
