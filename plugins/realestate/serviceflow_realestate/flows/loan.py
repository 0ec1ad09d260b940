"""What every part of a loan asks of its contract. Source: realestate.md section 4.11."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Case

from serviceflow_realestate import defaults, ledger
from serviceflow_realestate.lineage import contract
from serviceflow_realestate.tables import ReLine


def loan_line(case: Case) -> ReLine | None:
    """Return the line the bank pays."""
    return next((x for x in ledger.lines(contract(case)) if x.kind == "loan" and x.state == "open"), None)


def default(cause: str) -> Any:
    """Return the effect that opens a default of the customer on the contract."""

    def run(case: Case, form: object) -> None:
        defaults.open_once(contract(case), "customer", cause, case.order.number)

    return run
