"""What was agreed in a purchase: price, discounts, loan; recomputed from its parts, rounded once.

Source: realestate.md sections 5.3 and 5.5.
"""

from __future__ import annotations

from typing import Any

from serviceflow.api import Case, T, format_money, table_of

from serviceflow_realestate.deals import loans, plans
from serviceflow_realestate.lineage import upward
from serviceflow_realestate.tables import ReBuyer, ReDeal, ReUnit
from serviceflow_realestate.terms import Terms

PAY_WAYS = {
    "lump": T("Lump sum", zh="一次性付款"),
    "instalment": T("Instalments", zh="分期付款"),
    "mortgage": T("Mortgage", zh="按揭"),
}
HOMES = {"first": T("First home", zh="首套"), "second": T("Second home", zh="二套"), "other": T("Other", zh="其他")}
METHODS = {
    "equal-instalment": T("Equal instalments", zh="等额本息"),
    "equal-principal": T("Equal principal", zh="等额本金"),
}


def holder(case: Case) -> Case:
    """Return the case that holds the deal: this one or the nearest parent that has one.

    Raises:
        LookupError: No order of the line has a deal.
    """
    for one in upward(case):
        if one.tx.get(ReDeal, one.order_id) is not None:
            return one
    raise LookupError(f"{case.order.number} has no deal")


def find_deal(case: Case) -> ReDeal | None:
    """Return the deal of an order or of the nearest parent that has one, ``None`` without one."""
    for one in upward(case):
        found = one.tx.get(ReDeal, one.order_id)
        if found is not None:
            return found
    return None


def deal_of(case: Case) -> ReDeal:
    """Return the deal; raises `LookupError`."""
    return case.tx.need(ReDeal, holder(case).order_id)


def unit_of(case: Case) -> ReUnit:
    """Return the unit of the deal."""
    return case.tx.need(ReUnit, deal_of(case).unit_id)


def buyers(case: Case) -> list[ReBuyer]:
    """Return the buyers, the main one first."""
    table = table_of(ReBuyer)
    found = case.tx.all(ReBuyer, table.c.order_id == holder(case).order_id)
    return sorted(found, key=lambda b: {"main": 0, "co1": 1, "co2": 2}[b.role])


def main_buyer(case: Case) -> ReBuyer | None:
    """Return the main buyer once the customer file has been filled."""
    return next(iter(buyers(case)), None)


def terms_of(case: Case) -> Terms:
    """Return the terms in force in the order's project."""
    return Terms(lambda name: case.setting(f"realestate.{name}"))


def discount(kind: str, percent: int = 0, amount: int = 0, certificate: str = "") -> dict[str, Any]:
    """Return one discount of a deal: percent in hundredths, amount in fen."""
    return {"kind": kind, "percent": percent, "amount": amount, "certificate": certificate, "void": False}


def automatic(case: Case, pay_way: str) -> list[dict[str, Any]]:
    """Return the discounts that come with a way of paying and with signing in time."""
    payway, on_time = terms_of(case).automatic(pay_way)
    return [discount("payway", payway), discount("on-time", on_time)]


def other_way(case: Case, deal: ReDeal, pay_way: str) -> list[dict[str, Any]]:
    """Return a deal's discounts with those of another way of paying."""
    kept = [row for row in deal.discounts if row["kind"] not in ("payway", "on-time")]
    return [*automatic(case, pay_way), *kept]


def total_with(case: Case, total: int, rows: list[dict[str, Any]]) -> int:
    """Return the deal price of a list price with the discounts that are not void."""
    live = [row for row in rows if not row["void"]]
    return terms_of(case).total(total, [row["percent"] for row in live], [row["amount"] for row in live])


def recompute(case: Case, **changes: Any) -> ReDeal:
    """Apply changes to the deal and compute the price anew; a loan above the new limit is lowered to it."""
    owner = holder(case)
    deal = owner.tx.change(owner.tx.need(ReDeal, owner.order_id), **changes)
    unit = owner.tx.need(ReUnit, deal.unit_id)
    total = deal.list_total if deal.full_price else total_with(owner, deal.list_total, deal.discounts)
    limit = terms_of(owner).loan_limit(unit.kind, deal.home_count, total)
    loan = min(deal.loan, limit) if deal.pay_way == "mortgage" else 0
    monthly = loans.monthly(loan, deal.loan_rate, deal.loan_years, deal.loan_method) if loan else 0
    if loan < deal.loan and deal.pay_way == "mortgage":
        case.notes.warnings.append(T("the loan is lowered to {loan}", zh="贷款降为 {loan}").of(loan=format_money(loan)))
    owner.tx.change(deal, deal_total=total, loan=loan, monthly=monthly)
    owner.change(amount=total)
    return deal


def first_amount(case: Case, deal: ReDeal) -> int:
    """Return what has to be paid before signing: the first line, or everything after the deadline."""
    return schedule(case, deal)[0].amount


def schedule(case: Case, deal: ReDeal) -> list[plans.PlanLine]:
    """Return the payment lines if the contract were dated today."""
    if deal.full_price:
        return plans.whole_line(deal.deal_total, case.today)
    return terms_of(case).lines(deal.pay_way, deal.deal_total, deal.loan, case.today)
