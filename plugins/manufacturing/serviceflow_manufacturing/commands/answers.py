"""What the factory's reading commands answer with ``--json``, by the name of the published schema."""

from __future__ import annotations

from typing import Final

from serviceflow_cli.api import Shape

_HERE: Final = "serviceflow_manufacturing.commands"

ANSWERS: Final = {
    "mfg-ar": Shape(("flow manufacturing ar",), f"{_HERE}.money:AR", "receivables"),
    "mfg-calendar": Shape(("flow manufacturing calendar show",), f"{_HERE}.registers:DAYS", "days"),
    "mfg-classify": Shape(("flow manufacturing classify",), f"{_HERE}.review:CLASS", "classes"),
    "mfg-diff": Shape(("flow manufacturing diff",), f"{_HERE}.review:DIFF", "differences"),
    "mfg-experience": Shape(("flow manufacturing experience",), f"{_HERE}.goods:EXPERIENCE", "experience"),
    "mfg-handover": Shape(("flow manufacturing handover",), f"{_HERE}.registers:ITEMS", "items"),
    "mfg-kpi": Shape(("flow manufacturing kpi",), f"{_HERE}.figures:KPI", "figures"),
    "mfg-late": Shape(("flow manufacturing late",), f"{_HERE}.orders:LATE", "late"),
    "mfg-materials": Shape(("flow manufacturing materials",), f"{_HERE}.orders:MATERIALS", "materials"),
    "mfg-plan": Shape(("flow manufacturing plan",), f"{_HERE}.orders:PLAN", "milestones"),
    "mfg-plan-recheck": Shape(("flow manufacturing plan",), f"{_HERE}.orders:OFF", "milestones"),
    "mfg-product": Shape(("flow manufacturing product",), f"{_HERE}.goods:PRODUCTS", "products"),
    "mfg-profile": Shape(("flow manufacturing profile",), f"{_HERE}.goods:PROFILE", "profiles"),
    "mfg-quote": Shape(("flow manufacturing quote",), f"{_HERE}.orders:QUOTE", "lines"),
    "mfg-quote-costs": Shape(("flow manufacturing quote",), f"{_HERE}.orders:COSTS", "costs"),
    "mfg-review": Shape(("flow manufacturing review",), f"{_HERE}.review:REVIEW"),
}
