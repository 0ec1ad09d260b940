"""Money due and money received: allocation to lines in order of due date, what is open on a day, late damages.

Pure: amounts in the smallest unit of the currency, days in the shop's own zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from serviceflow.money import half_up

MYRIAD = 10_000


@dataclass(frozen=True, slots=True)
class Due:
    """A line to be paid.

    Args:
        key: Whatever tells the trade which line it is.
        due: The last day in time.
        seq: Its place among lines of that day.
        open: What is open of it, in minor units.
    """

    key: Any
    due: date
    seq: int
    open: int


class Overpaid(Exception):
    """More was paid than is open; ``open`` says how much is."""

    def __init__(self, open_: int) -> None:
        super().__init__(open_)
        self.open = open_


def allocate(amount: int, lines: Iterable[Due]) -> list[tuple[Any, int]]:
    """Return which of the ``lines`` gets how much of an ``amount`` paid: the earliest due first, then by ``seq``.

    Raises:
        Overpaid: ``amount`` is more than all lines have open; nothing is allocated.
    """
    waiting = sorted((line for line in lines if line.open > 0), key=lambda line: (line.due, line.seq))
    total = sum(line.open for line in waiting)
    if amount > total:
        raise Overpaid(total)
    found = []
    for line in waiting:
        part = min(amount, line.open)
        if part > 0:
            found.append((line.key, part))
        amount -= part
    return found


def open_at_start(amount: int, payments: Iterable[tuple[date, int]], day: date) -> int:
    """Return what is open of a line when a day begins: what was paid on the day itself does not count yet.

    Args:
        amount: The line, in minor units.
        payments: Day and amount of each.
        day: Whose morning it is.
    """
    return amount - sum(paid for on, paid in payments if on < day)


def paid_off_on(amount: int, payments: Iterable[tuple[date, int]]) -> date | None:
    """Return the day of the payment that cleared a line, ``None`` while something is open."""
    for on, paid in sorted(payments):
        amount -= paid
        if amount <= 0:
            return on
    return None


def late_damages(
    amount: int, due: date, payments: Sequence[tuple[date, int]], until: date, *, grace: int, per_myriad: int
) -> int:
    """Return the damages of a late line as of a day: so much of a myriad a day of what was open that morning.

    The day of payment still counts. A line cleared within ``grace`` days after ``due`` bears none; otherwise every
    day after ``due`` counts, the days of grace too. Rounded once.

    Args:
        amount: The line's amount.
        payments: (day, amount) of what was allocated to it.
        until: Last day counted.
        per_myriad: Ten-thousandths a day.

    Source: realestate.md section 5.7.
    """
    last_in_grace = due + timedelta(days=grace)
    cleared = paid_off_on(amount, payments)
    if until <= last_in_grace or (cleared is not None and cleared <= last_in_grace):
        return 0
    # what is open changes only on the day after a payment, so that whole stretches are counted at once
    turns = sorted({due + timedelta(days=1), *(on + timedelta(days=1) for on, _ in payments if due < on < until)})
    total = 0
    for n, first in enumerate(turns):
        last = turns[n + 1] if n + 1 < len(turns) else until + timedelta(days=1)
        total += max(open_at_start(amount, payments, first), 0) * (last - first).days
    return half_up(total * per_myriad, MYRIAD)
