"""What the factory's reading commands answer with ``--json``, by the name of the published schema."""

from __future__ import annotations

from typing import Final

from serviceflow_cli.api import Shape

_HERE: Final = "serviceflow_manufacturing.commands"

ANSWERS: Final = {
    "mfg-ar": Shape(("flow mfg ar",), f"{_HERE}.money:AR", "receivables"),
    "mfg-calendar": Shape(("flow mfg calendar show",), f"{_HERE}.registers:DAYS", "days"),
    "mfg-classify": Shape(("flow mfg classify",), f"{_HERE}.review:CLASS", "classes"),
    "mfg-diff": Shape(("flow mfg diff",), f"{_HERE}.review:DIFF", "differences"),
    "mfg-experience": Shape(("flow mfg experience",), f"{_HERE}.goods:EXPERIENCE", "experience"),
    "mfg-handover": Shape(("flow mfg handover",), f"{_HERE}.registers:ITEMS", "items"),
    "mfg-kpi": Shape(("flow mfg kpi",), f"{_HERE}.figures:KPI", "figures"),
    "mfg-late": Shape(("flow mfg late",), f"{_HERE}.orders:LATE", "late"),
    "mfg-materials": Shape(("flow mfg materials",), f"{_HERE}.orders:MATERIALS", "materials"),
    "mfg-plan": Shape(("flow mfg plan",), f"{_HERE}.orders:PLAN", "milestones"),
    "mfg-plan-recheck": Shape(("flow mfg plan",), f"{_HERE}.orders:OFF", "milestones"),
    "mfg-product": Shape(("flow mfg product",), f"{_HERE}.goods:PRODUCTS", "products"),
    "mfg-profile": Shape(("flow mfg profile",), f"{_HERE}.goods:PROFILE", "profiles"),
    "mfg-quote": Shape(("flow mfg quote",), f"{_HERE}.orders:QUOTE", "lines"),
    "mfg-quote-costs": Shape(("flow mfg quote",), f"{_HERE}.orders:COSTS", "costs"),
    "mfg-review": Shape(("flow mfg review",), f"{_HERE}.review:REVIEW"),
}
