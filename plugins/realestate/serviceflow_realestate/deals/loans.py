"""Loan limit, term, monthly payments. Source: realestate.md section 5.5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from serviceflow.api import half_up

from serviceflow_realestate.deals.prices import PERCENT

YEAR = 12 * PERCENT
"""A yearly rate in hundredths of a percent over this is the rate of a month."""


@dataclass(frozen=True, slots=True)
class Instalment:
    """One monthly payment: number from 1, what is paid, the interest in it, what is owed after it; in fen."""

    number: int
    payment: int
    interest: int
    balance: int


def loan_limit(total: int, down_payment: int, unit: int) -> int:
    """Return the largest loan: the deal price without the down payment, rounded down to ``unit`` fen.

    Source: realestate.md section 5.5: floor(deal_total × (100 − dp) / 100 / `loan_round_to`) × `loan_round_to`.
    """
    return total * (PERCENT - down_payment) // (PERCENT * unit) * unit


def equal_instalment(principal: int, annual: int, years: int) -> int:
    """Return the monthly payment of 等额本息, in fen.

    Args:
        annual: Yearly rate in hundredths of a percent; 0 divides the principal alone.

    Source: realestate.md section 5.5: P·i·(1+i)ⁿ / ((1+i)ⁿ − 1), i = annual / 12, n = years × 12; i = 0: P / n.
    """
    months = years * 12
    if annual == 0:
        return half_up(principal, months)
    grown, one = (YEAR + annual) ** months, YEAR**months  # (1 + i)^n as a fraction, so that nothing is lost
    return half_up(principal * annual * grown, YEAR * (grown - one))


def schedule(principal: int, annual: int, years: int, method: str) -> list[Instalment]:
    """Return every monthly payment; the last one clears the balance.

    Args:
        method: ``equal-instalment`` (等额本息) or ``equal-principal`` (等额本金).

    Source: realestate.md section 5.5: interest = balance × i; 等额本金 repays P / n each month.
    """
    months = years * 12
    level = equal_instalment(principal, annual, years)
    part = half_up(principal, months)
    balance, found = principal, []
    for number in range(1, months + 1):
        interest = half_up(balance * annual, YEAR)
        repaid = part if method == "equal-principal" else level - interest
        if number == months or repaid > balance:
            repaid = balance
        balance -= repaid
        found.append(Instalment(number, repaid + interest, interest, balance))
    return found


def monthly(principal: int, annual: int, years: int, method: str) -> int:
    """Return the (first) monthly payment, in fen.

    Source: realestate.md section 5.5.
    """
    if method == "equal-principal":
        return schedule(principal, annual, years, method)[0].payment
    return equal_instalment(principal, annual, years)


def completed_age(born: date, on: date) -> int:
    """Return completed years; who was born on 29 February has the birthday on 1 March in common years.

    Source: realestate.md section 5.5, term: a birthday of 29 February is reached on 1 March in common years.
    """
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
