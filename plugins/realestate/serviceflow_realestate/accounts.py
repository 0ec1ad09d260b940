"""What a plan, a contract's ledger and the list of late payments show. Source: realestate.md section 8."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from serviceflow.api import BadInput, Case, Customer, Notes, Order, Shop, T, Tx, case_of, plain, table_of

from serviceflow_realestate import agreement, contents, ledger
from serviceflow_realestate.deals import loans, plans, prices
from serviceflow_realestate.fields import METHODS, yuan
from serviceflow_realestate.tables import ReUnit


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

    def number(name: str) -> int:
        return int(shop.setting(f"realestate.{name}", scope))

    payway, on_time = number(f"payway_discount_{pay_way}_percent"), number("on_time_discount_percent")
    fen = number("price_round_to")
    total = prices.deal_total(unit.list_total, [payway, on_time], [], fen)
    down = "commercial" if unit.kind != "residential" else "first" if home == "first" else "second"
    limit = loans.loan_limit(total, number(f"down_payment_{down}_percent"), number("loan_round_to"))
    if unit.kind == "residential" and home == "other" and not shop.setting("realestate.loan_third_home_allowed", scope):
        limit = 0
    borrowed = 0 if pay_way != "mortgage" else limit if loan is None else loan
    if pay_way == "mortgage":
        step, commercial = number("loan_round_to"), "_commercial" if unit.kind != "residential" else ""
        most = number(f"loan_max_years{commercial}")
        if loan is not None and not 0 < loan <= limit:
            raise BadInput(
                T("Loan limit is {x}.", zh="贷款上限为 {x}。").of(x=yuan(limit)),
                plain(f"flow re quote {unit.unit_no} --loan {limit // 100}"),
                ref="re.loan",
            )
        if loan is not None and loan % step:
            raise BadInput(
                T("Loans are multiples of {n}.", zh="贷款须为 {n} 的整数倍。").of(n=yuan(step)),
                plain(f"flow re quote {unit.unit_no} --loan {loan // step * step // 100}"),
                ref="re.loan",
            )
        if years > most:
            raise BadInput(
                T("At most {n} years.", zh="最长 {n} 年。").of(n=most),
                plain(f"flow re quote {unit.unit_no} --years {most}"),
                ref="re.loan",
            )
    yearly = number("loan_rate_annual_percent") if rate is None else rate
    if pay_way == "mortgage":
        first = total - borrowed
    elif pay_way == "lump":
        first = prices.rounded(total * number("lump_signing_percent"), prices.PERCENT, fen)
    else:
        first = prices.rounded(
            total * plans.read_parts(shop.setting("realestate.instalment_plan", scope))[0][0], prices.PERCENT, fen
        )
    monthly = loans.monthly(borrowed, yearly, years, method) if borrowed else 0
    return Plan(unit, payway, on_time, total, first, number("deposit_amount"), borrowed, yearly, monthly)


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
                "kind_title": str(contents.LINES[line.kind]),
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
            }
        )
    return sorted(found, key=lambda row: -int(row["days"]))
