"""The numbered papers as printed pages: one page layout, the facts that were kept when each was made.

Source: realestate.md section 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serviceflow.api import Customer, Document, Order, Shop, T, Tx, capitals, on_demand

from serviceflow_realestate.agreement import METHODS, PAY_WAYS
from serviceflow_realestate.fields import METHODS as WAYS
from serviceflow_realestate.fields import yuan
from serviceflow_realestate.papers import TITLES
from serviceflow_realestate.tables import RePaper

FIELDS = ("no", "made_on", "customer", "order_no", "rows.label", "rows.value", "statement")
DOCUMENTS = tuple(
    Document(
        key=kind.lower(),
        title=title,
        template="serviceflow_realestate:printed/paper.html",
        fields=FIELDS,
        paper="A5" if kind == "RE-RECEIPT" else "A4",
        copies="realestate.subscription_copies" if kind == "RE-LETTER" else 1,
        audience="customer",
    )
    for kind, title in TITLES.items()
)
LABELS = {
    "unit": T("Unit", zh="房号"),
    "area": T("Area", zh="面积"),
    "unit_price": T("Unit price", zh="单价"),
    "list_total": T("List total", zh="原价"),
    "deal_total": T("Deal total", zh="成交总价"),
    "discounts": T("Discounts", zh="优惠"),
    "pay_way": T("Way of paying", zh="付款方式"),
    "deposit": T("Deposit", zh="定金"),
    "first": T("First payment", zh="首付款"),
    "loan": T("Loan", zh="贷款"),
    "years": T("Years", zh="年数"),
    "rate": T("Rate, %", zh="年利率, %"),
    "monthly": T("Monthly payment", zh="月供"),
    "owners": T("Owners", zh="业主"),
    "payer": T("Payer", zh="付款人"),
    "kind": T("For", zh="款项"),
    "amount": T("Amount", zh="金额"),
    "capitals": T("In words", zh="大写"),
    "method": T("Method", zh="方式"),
    "card_fee": T("Card fee", zh="手续费"),
    "date": T("Date", zh="日期"),
    "deadline": T("Deadline", zh="期限"),
    "reason": T("Reason", zh="原因"),
    "cause": T("Cause", zh="原因归属"),
    "old": T("Old date", zh="原日期"),
    "new": T("New date", zh="新日期"),
    "customer": T("Customer", zh="客户"),
    "items": T("Papers", zh="资料"),
    "limit": T("Limit", zh="期限"),
    "days": T("Days late", zh="逾期天数"),
    "due": T("Due", zh="到期日"),
    "damages": T("Damages", zh="违约金"),
    "pay_by": T("Pay by", zh="付清期限"),
    "start": T("Start", zh="开始"),
    "end": T("End", zh="截止"),
    "maintenance": T("Maintenance fund", zh="维修基金"),
    "property_fee": T("Property fee", zh="物业费"),
    "deed_tax": T("Deed tax", zh="契税"),
    "price": T("Price", zh="回购价"),
    "bank": T("To the bank", zh="付银行"),
    "contract_no": T("Contract", zh="合同编号"),
    "filing_no": T("Filing", zh="备案号"),
    "wording": T("Agreed wording", zh="商定文字"),
    "content": T("Content", zh="内容"),
    "channel": T("Channel", zh="方式"),
    "result": T("Result", zh="结果"),
    "leader": T("Leader", zh="领导"),
    "apply_at": T("Granted", zh="执行方式"),
    "agents": T("Agents", zh="置业顾问"),
    "day": T("Day", zh="日期"),
    "cure_on": T("Cure by", zh="纠正期限"),
    "units": T("Units", zh="房源"),
    "lines": T("Lines", zh="付款计划"),
    "meters": T("Meters", zh="表底数"),
    "keys": T("Keys", zh="钥匙"),
}
"""What a fact is called; others are printed by their own name."""
FEN = {
    "unit_price", "list_total", "deal_total", "deposit", "first", "loan", "monthly", "card_fee", "maintenance",
    "property_fee", "deed_tax", "price", "bank",
}  # fmt: skip
STATEMENTS = {
    "RE-FILE": T("The data above are true.", zh="以上资料属实。"),
    "RE-INTERNAL": T("This register takes no payment of any kind.", zh="本登记不收取任何费用。"),
    "RE-UNDERTAKING": T(
        "I sign contract and loan within the signing period, else the discounts are lost and the list price applies; "
        "without full payment in the full-price period the deposit is forfeited and the unit is sold again.",
        zh="本人承诺在签约期限内签订合同与按揭, 否则失去优惠、按原价执行; 原价期内未付清的, 定金不予退还, 房源另售。",
    ),
}


def print_paper(shop: Shop, tx: Tx, paper: RePaper) -> str:
    """Return a paper as an HTML page."""
    order = tx.get(Order, paper.order_id) if paper.order_id is not None else None
    customer = tx.get(Customer, order.customer_id) if order is not None and order.customer_id is not None else None
    facts = dict(paper.facts)
    if paper.type == "RE-RECEIPT" and isinstance(facts.get("amount"), int):
        facts = {**facts, "capitals": capitals(facts["amount"]), "amount": yuan(facts["amount"])}
    rows = [
        {"label": str(LABELS.get(k, T(k, zh=k))), "value": shown(k, v)} for k, v in facts.items() if v not in (None, "")
    ]
    return on_demand(
        shop,
        "realestate",
        paper.type.lower(),
        {
            "no": paper.number,
            "made_on": shop.local_day(paper.made_at).isoformat(),
            "customer": customer.name if customer is not None else "",
            "order_no": order.number if order is not None else "",
            "rows": rows,
            "statement": str(STATEMENTS.get(paper.type, "")),
        },
    )


def shown(name: str, value: Any) -> str:
    """Return a kept fact as it is printed: amounts in yuan, percents, words of choices."""
    if name in FEN and isinstance(value, int):
        return yuan(value)
    if name in ("rate", "area") and isinstance(value, int):
        return f"{value / 100:.2f}"
    if name == "pay_way" and value in PAY_WAYS:
        return str(PAY_WAYS[value])
    if name == "method" and value in {**WAYS, **METHODS}:
        return str({**WAYS, **METHODS}[value])
    if name == "discounts" and isinstance(value, list):
        return ", ".join(_discount(row) for row in value if not row.get("void"))
    if name == "lines" and isinstance(value, list):
        return "; ".join(f"{kind} {yuan(amount)} {due}" for kind, amount, due in value)
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return str(value)


def _discount(row: Mapping[str, Any]) -> str:
    value = f"{row['percent'] / 100:g}%" if row["percent"] else yuan(row["amount"])
    return f"{row['kind']} {value}"
