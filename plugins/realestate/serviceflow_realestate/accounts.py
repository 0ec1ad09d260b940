"""What a plan, a contract's ledger and the list of late payments show. Source: realestate.md section 8."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from serviceflow.api import BadInput, Case, Customer, Notes, Order, Shop, Tx, case_of, plain, table_of

from serviceflow_realestate import agreement, delivery, inventory, ledger
from serviceflow_realestate.contents import parts
from serviceflow_realestate.deals import loans
from serviceflow_realestate.fields import METHODS, yuan
from serviceflow_realestate.paperwork import kept
from serviceflow_realestate.tables import ReDeal, ReUnit
from serviceflow_realestate.terms import Terms


@dataclass(frozen=True, slots=True)
class Plan:
    """A purchase plan; money in fen, percents in hundredths."""

    unit: ReUnit
    payway: int
    on_time: int
    deal_total: int
    first: int
    deposit: int
    loan: int
    rate: int
    monthly: int


def plan_of(
    shop: Shop,
    unit: ReUnit,
    scope: str,
    *,
    pay_way: str,
    loan: int | None,
    years: int,
    rate: int | None,
    method: str,
    home: str,
) -> Plan:
    """Return the plan of a unit at today's settings; the largest loan unless one is given.

    Raises:
        BadInput: The loan is too high, not round, or runs too long.
    """

    terms = Terms(lambda name: shop.setting(f"realestate.{name}", scope))
    payway, on_time = terms.automatic(pay_way)
    total = terms.total(unit.list_total, [payway, on_time])
    borrowed = 0
    if pay_way == "mortgage":
        borrowed = terms.loan_limit(unit.kind, home, total) if loan is None else loan
        fault = terms.loan_fault(unit.kind, home, total, borrowed, years)
        if fault is not None and (loan is not None or fault.entry == "years"):
            option = {"loan": "loan", "years": "years", "pay_way": "pay"}[fault.entry]
            raise BadInput(
                fault.sentence, plain(f"flow re quote {unit.unit_no} --{option} {fault.value}"), ref="re.loan"
            )
    yearly = terms.number("loan_rate_annual_percent") if rate is None else rate
    first = terms.lines(pay_way, total, borrowed, shop.local_day(shop.clock.now()))[0].amount
    monthly = loans.monthly(borrowed, yearly, years, method) if borrowed else 0
    return Plan(unit, payway, on_time, total, first, terms.number("deposit_amount"), borrowed, yearly, monthly)


def plan_facts(
    shop: Shop, plan: Plan, scope: str, *, pay_way: str, years: int, method: str, home: str
) -> dict[str, Any]:
    """Return a plan as its page shows it: price, discounts, first payment, loan, fees and taxes estimated."""
    unit = plan.unit
    fees = delivery.fees_at(
        lambda name: int(shop.setting(name, scope)), unit.kind, home, inventory.deal_area(unit), plan.deal_total
    )
    rows = [agreement.discount("payway", plan.payway), agreement.discount("on-time", plan.on_time)]
    deal = ReDeal(
        order_id=0,
        unit_id=unit.id or 0,
        area=inventory.deal_area(unit),
        unit_price=unit.unit_price,
        list_total=unit.list_total,
        pay_way=pay_way,
        discounts=rows,
        deal_total=plan.deal_total,
        deposit_due=plan.deposit,
        loan=plan.loan,
        loan_years=years,
        loan_rate=plan.rate,
        loan_method=method,
        monthly=plan.monthly,
    )
    facts = {
        **parts.price_facts(deal),
        **parts.loan_facts(deal),
        **parts.fee_facts(fees.maintenance, fees.property_fee, fees.deed_tax),
        "unit": unit.unit_no,
        "first": yuan(plan.first),
        "no": "-",
        "made_on": shop.local_day(shop.clock.now()),
    }
    return {name: kept(value) for name, value in facts.items()}


def ledger_rows(case: Case, on: date) -> list[dict[str, Any]]:
    """Return the lines of a contract with what was paid, is open and is owed for lateness as of a day."""
    found = []
    for line in ledger.lines(case):
        paid = sum(amount for day, amount in ledger.payments(case, line) if day <= on)
        owed = 0 if line.state == "replaced" else line.amount - line.credited - paid
        found.append(
            {
                "seq": line.seq,
                "kind": line.kind,
                "kind_title": str(parts.LINES[line.kind]),
                "due": line.due,
                "amount": line.amount,
                "paid": paid,
                "open": owed,
                "damages": ledger.damages_of(case, line, on),
                "state": line.state,
            }
        )
    return found


def receipt_rows(case: Case, on: date) -> list[dict[str, Any]]:
    """Return the receipts of a purchase up to a day; money out is negative."""
    return [
        {
            "number": r.number,
            "paid_on": r.paid_on,
            "kind": r.kind,
            "kind_title": str(ledger.KINDS.get(r.kind, r.kind)),
            "amount": ledger.signed(r),
            "method": r.method,
            "method_title": str(METHODS.get(r.method, r.method)),
        }
        for r in ledger.receipts(case)
        if r.paid_on <= on
    ]


def contracts(shop: Shop, tx: Tx, *, live: bool = True) -> list[Case]:
    """Return the cases of all contracts in force."""
    orders = table_of(Order)
    where = [orders.c.flow == "re-contract"]
    if live:
        where.append(orders.c.closed_at.is_(None))
    return [case_of(shop, tx, order, Notes()) for order in tx.all(Order, *where)]


def _step_title(shop: Shop, order: Order) -> str:
    return str(shop.flow(order.flow, order.flow_version)[1].step(order.step).title)


def overdue_rows(shop: Shop, tx: Tx, least: int) -> list[dict[str, Any]]:
    """Return the contracts with an overdue line, the oldest first."""
    today = shop.local_day(tx.now)
    found = []
    for case in contracts(shop, tx):
        lines = ledger.overdue(case, today)
        if not lines or (today - lines[0].due).days < least:
            continue
        dunning = next(iter(case.children("dunning", open_only=True)), None)
        found.append(
            {
                "contract": case.order.number,
                "customer": tx.need(Customer, case.order.customer_id).name,
                "unit": agreement.unit_of(case).unit_no,
                "days": (today - lines[0].due).days,
                "amount": sum(ledger.open_of(case, line) for line in lines),
                "damages": ledger.open_damages(case, today),
                "stage": dunning.step if dunning is not None else None,
                "stage_title": _step_title(shop, dunning) if dunning is not None else None,
            }
        )
    return sorted(found, key=lambda row: -int(row["days"]))
