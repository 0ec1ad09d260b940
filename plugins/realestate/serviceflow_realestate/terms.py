"""What the settings make of a price: discounts that come by themselves, the largest loan, lines; for quote and deal.

Source: realestate.md sections 5.3 and 5.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from serviceflow.api import T

from serviceflow_realestate.deals import loans, plans, prices
from serviceflow_realestate.fields import typed, yuan


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a loan cannot be had, and which entry would do: its name and what to enter."""

    sentence: T
    entry: str
    value: str


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms in force in one project.

    Args:
        setting: Returns a setting of the trade by its name without the prefix.
    """

    setting: Callable[[str], Any]

    def number(self, name: str) -> int:
        """Return a setting that holds a whole number, an amount or a percentage."""
        return int(self.setting(name))

    def automatic(self, pay_way: str) -> tuple[int, int]:
        """Return the discounts for a way of paying and for signing in time, in hundredths of a percent."""
        return self.number(f"payway_discount_{pay_way}_percent"), self.number("on_time_discount_percent")

    def total(self, list_total: int, percents: Iterable[int], amounts: Iterable[int] = ()) -> int:
        """Return the price agreed, in fen."""
        return prices.deal_total(list_total, percents, amounts, self.number("price_round_to"))

    def down_payment(self, kind: str, home: str) -> int:
        """Return the down payment of a kind of unit in hundredths of a percent."""
        which = "commercial" if kind != "residential" else "first" if home == "first" else "second"
        return self.number(f"down_payment_{which}_percent")

    def loan_limit(self, kind: str, home: str, total: int) -> int:
        """Return the largest loan, in fen; 0 for a third home where none is given."""
        if kind == "residential" and home == "other" and not self.setting("loan_third_home_allowed"):
            return 0
        return loans.loan_limit(total, self.down_payment(kind, home), self.number("loan_round_to"))

    def loan_fault(self, kind: str, home: str, total: int, loan: int, years: int) -> Fault | None:
        """Return why a loan cannot be had: too high, not round, too long."""
        limit = self.loan_limit(kind, home, total)
        if not 0 < loan <= limit:
            value = ("loan", typed(limit)) if limit else ("pay_way", "lump")
            return Fault(T("Loan limit is {x}.", zh="贷款上限为 {x}。").of(x=yuan(limit)), *value)
        step = self.number("loan_round_to")
        if loan % step:
            words = T("Loans are multiples of {n}.", zh="贷款须为 {n} 的整数倍。").of(n=yuan(step))
            return Fault(words, "loan", typed(loan // step * step or step))
        most = self.number("loan_max_years" if kind == "residential" else "loan_max_years_commercial")
        if years > most:
            return Fault(T("At most {n} years.", zh="最长 {n} 年。").of(n=most), "years", str(most))
        return None

    def lines(self, pay_way: str, total: int, loan: int, signed: date) -> list[plans.PlanLine]:
        """Return the payment lines of a contract dated on a day."""
        if pay_way == "mortgage":
            return plans.mortgage_lines(total, loan, signed, self.number("loan_disburse_days"))
        unit = self.number("price_round_to")
        if pay_way == "lump":
            first = self.number("lump_signing_percent")
            return plans.lump_lines(total, first, signed, self.number("lump_balance_days"), unit)
        return plans.instalment_lines(total, plans.read_parts(self.setting("instalment_plan")), signed, unit)
