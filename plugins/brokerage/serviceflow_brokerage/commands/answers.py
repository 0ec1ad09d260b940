"""What the branch's reading commands answer with ``--json``, by the name of the published schema."""

from __future__ import annotations

from typing import Final

from serviceflow.api import T
from serviceflow_cli.api import Column, Shape

_HERE: Final = "serviceflow_brokerage.commands"
_YEAR: Final = (
    Column("year", T("Year", zh="年份"), "number", null=False),
    Column("base", T("Clients active at the last year-end", zh="上年末活跃客户"), "number", null=False),
    Column("called", T("Called back", zh="已回访"), "number", null=False),
    Column("needed", T("To call back at least", zh="至少回访"), "number", null=False),
)

ANSWERS: Final = {
    "brokerage-alert": Shape(("flow brokerage watch show",), f"{_HERE}.alerts:ALERT"),
    "brokerage-alerts": Shape(("flow brokerage watch list",), f"{_HERE}.alerts:COLUMNS", "alerts"),
    "brokerage-batches": Shape(("flow brokerage import list",), f"{_HERE}.files:COLUMNS", "batches"),
    "brokerage-callback": Shape(("flow brokerage callback",), f"{_HERE}.service:UNCALLED", "clients", _YEAR),
    "brokerage-campaigns": Shape(("flow brokerage campaign list",), f"{_HERE}.campaigns:CAMPAIGNS", "campaigns"),
    "brokerage-client": Shape(("flow brokerage client",), f"{_HERE}.clients:FILE"),
    "brokerage-history": Shape(("flow brokerage history",), f"{_HERE}.segments:HISTORY", "changes"),
    "brokerage-match": Shape(("flow brokerage match",), f"{_HERE}.risk:MATCHED"),
    "brokerage-members": Shape(("flow brokerage campaign members",), f"{_HERE}.campaigns:MEMBERS", "members"),
    "brokerage-notes": Shape(("flow brokerage note list",), f"{_HERE}.research:NOTES", "notes"),
    "brokerage-partners": Shape(("flow brokerage partner list",), f"{_HERE}.partners:PARTNERS", "partners"),
    "brokerage-plans": Shape(("flow brokerage plan show",), f"{_HERE}.service:PLANS", "plans"),
    "brokerage-rate": Shape(("flow brokerage rate",), f"{_HERE}.rates:SHOWN"),
    "brokerage-reassignments": Shape(("flow brokerage referral list",), f"{_HERE}.referrals:COLUMNS", "reassignments"),
    "brokerage-regions": Shape(("flow brokerage region list",), f"{_HERE}.regions:COLUMNS", "regions"),
    "brokerage-risk": Shape(("flow brokerage risk list",), f"{_HERE}.risk:ASSESSMENTS", "assessments"),
    "brokerage-segment": Shape(("flow brokerage segment list",), f"{_HERE}.segments:LISTED", "clients"),
    "brokerage-service": Shape(("flow brokerage service run",), f"{_HERE}.runs:SERVED"),
    "brokerage-statement": Shape(("flow brokerage statement",), f"{_HERE}.partners:STATEMENT"),
    "brokerage-watch": Shape(("flow brokerage watch run",), f"{_HERE}.runs:RAN"),
    "brokerage-why": Shape(("flow brokerage why", "flow brokerage segment why"), f"{_HERE}.segments:WHY"),
}
