"""What the sales centre's reading commands answer with ``--json``, by the name of the published schema."""

from __future__ import annotations

from typing import Final

from serviceflow.api import T
from serviceflow_cli.api import Column, Shape

_HERE: Final = "serviceflow_realestate.commands"
_PERIOD: Final = (
    Column("report", T("Report", zh="报表"), null=False),
    Column("first", T("First day", zh="起始日"), "day", null=False),
    Column("last", T("Last day", zh="截止日"), "day", null=False),
)
_LEDGER: Final = (
    Column("receipts", T("Receipts", zh="收据"), "any", help="Receipts up to the day; money out is negative"),
    Column("on", T("As of", zh="截至"), "day", null=False),
)
_HISTORY: Final = (Column("history", T("History", zh="记录"), "any", help="Prices and claims: at, what"),)
_WAITING: Final = (Column("waiting", T("Waiting", zh="等候"), "list", null=False, help="Visitors, earliest first"),)
_DAY: Final = (Column("date", T("Date", zh="日期"), "day", null=False),)

ANSWERS: Final = {
    "realestate-board": Shape(("flow realestate board",), f"{_HERE}.boards:BOARD", "board"),
    "realestate-daily": Shape(("flow realestate daily report",), f"{_HERE}.leads:DAY", "agents", _DAY),
    "realestate-docs": Shape(("flow realestate docs",), f"{_HERE}.money:DOCS", "papers"),
    "realestate-late": Shape(("flow realestate late",), f"{_HERE}.money:LATE", "late"),
    "realestate-ledger": Shape(("flow realestate ledger",), f"{_HERE}.money:LEDGER", "lines", _LEDGER),
    "realestate-milestone": Shape(("flow realestate milestone",), f"{_HERE}.projects:ITEMS", "items"),
    "realestate-papers": Shape(("flow realestate papers",), f"{_HERE}.papers:PAPERS", "papers"),
    "realestate-projects": Shape(("flow realestate project list",), f"{_HERE}.projects:PROJECTS", "projects"),
    "realestate-quote": Shape(("flow realestate quote",), f"{_HERE}.money:QUOTE"),
    "realestate-report": Shape(("flow realestate report",), f"{_HERE}.report:COLUMNS", "figures", _PERIOD),
    "realestate-reports": Shape(("flow realestate report",), f"{_HERE}.report:NAMES", "reports"),
    "realestate-rota": Shape(("flow realestate rota show",), f"{_HERE}.rota:ROTA", "rota", _WAITING),
    "realestate-rota-explain": Shape(("flow realestate rota explain",), f"{_HERE}.rota:EXPLAINED", "rota"),
    "realestate-touch": Shape(("flow realestate touch",), f"{_HERE}.leads:TOUCH", "touches"),
    "realestate-unit": Shape(("flow realestate unit show",), f"{_HERE}.units:UNITS", "units", _HISTORY),
    "realestate-units": Shape(("flow realestate units",), f"{_HERE}.units:UNITS", "units"),
}
