"""The payment schedule made at signing. Source: realestate.md section 5.5, "Lines"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from serviceflow.api import add_months

from serviceflow_realestate.deals.prices import PERCENT, rounded


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One line of a schedule; amount in fen, due on a day that still counts as in time."""

    kind: str
    amount: int
    due: date


def read_parts(words: Sequence[str]) -> list[tuple[int, int]]:
    """Return (percent in hundredths, months) of ``30@0``.

    Raises:
        ValueError: A part cannot be read, or they are not 100 % together.

    Source: realestate.md section 5.11, `instalment_plan`: percent @ months.
    """
    parts = []
    for word in words:
        percent, at, months = word.partition("@")
        if not at or not months.isdecimal():
            raise ValueError(word)
        parts.append((int(percent) * 100, int(months)))
    if sum(percent for percent, _ in parts) != PERCENT:
        raise ValueError(",".join(words))
    return parts


def mortgage_lines(total: int, loan: int, signed: date, loan_days: int) -> list[PlanLine]:
    """Return the first payment due at signing and the loan the bank pays later.

    Source: realestate.md section 5.5, lines of a mortgage.
    """
    return [PlanLine("first", total - loan, signed), PlanLine("loan", loan, signed + timedelta(days=loan_days))]


def lump_lines(total: int, first_percent: int, signed: date, balance_days: int, unit: int) -> list[PlanLine]:
    """Return a part at signing and the balance some days later.

    Source: realestate.md section 5.5, lines of a lump sum.
    """
    first = rounded(total * first_percent, PERCENT, unit)
    return [
        PlanLine("first", first, signed),
        PlanLine("balance", total - first, signed + timedelta(days=balance_days)),
    ]


def instalment_lines(total: int, parts: Sequence[tuple[int, int]], signed: date, unit: int) -> list[PlanLine]:
    """Return the parts of a plan, each rounded to ``unit``, the last being the remainder; months count from signing.

    Source: realestate.md section 5.5, lines of instalments.
    """
    lines: list[PlanLine] = []
    for n, (percent, after) in enumerate(parts):
        last = n == len(parts) - 1
        amount = total - sum(line.amount for line in lines) if last else rounded(total * percent, PERCENT, unit)
        lines.append(PlanLine("first" if n == 0 else "instalment", amount, add_months(signed, after)))
    return lines


def equal_lines(total: int, count: int, today: date, unit: int) -> list[PlanLine]:
    """Return equal lines due 1, 2, 3 … months from today; the last holds the rest.

    Source: realestate.md section 4.11, change-plan: equal lines in whole yuan, the rest in the last.
    """
    each = total // (count * unit) * unit
    return [
        PlanLine("instalment", each if n < count else total - each * (count - 1), add_months(today, n))
        for n in range(1, count + 1)
    ]


def whole_line(total: int, signed: date) -> list[PlanLine]:
    """Return one line of everything, for who signs after the deadline.

    Source: realestate.md section 5.5, signing from overdue.
    """
    return [PlanLine("first", total, signed)]
