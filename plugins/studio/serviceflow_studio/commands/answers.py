"""What the studio's reading commands answer with ``--json``, by the name of the published schema."""

from __future__ import annotations

from typing import Final

from serviceflow.api import T
from serviceflow_cli.api import Column, Shape

_HERE: Final = "serviceflow_studio.commands"
_MONTH: Final = (
    Column("first", T("First day", zh="第一天"), "day", null=False),
    Column("last", T("Last day", zh="最后一天"), "day", null=False),
)

ANSWERS: Final = {
    "studio-cal": Shape(("flow studio cal",), f"{_HERE}.calendars:TABLE", "places", more=True),
    "studio-cal-month": Shape(("flow studio cal",), f"{_HERE}.calendars:MONTH", "days"),
    "studio-cal-free": Shape(("flow studio cal",), f"{_HERE}.calendars:FREE", "free"),
    "studio-card": Shape(("flow studio card",), f"{_HERE}.desk:CARDS", "cards"),
    "studio-floor": Shape(("flow studio floor",), f"{_HERE}.floor:BOARD", "sessions"),
    "studio-handover": Shape(("flow studio handover",), f"{_HERE}.pieces:HANDOVER", "cases"),
    "studio-packages": Shape(("flow studio packages",), f"{_HERE}.catalogue:PRICES", "packages"),
    "studio-pieces": Shape(("flow studio pieces",), f"{_HERE}.pieces:EXPECTED", "pieces"),
    "studio-prices": Shape(("flow studio prices",), f"{_HERE}.catalogue:PRICE_LIST", "prices"),
    "studio-report": Shape(("flow studio report",), f"{_HERE}.report:COLUMNS", "figures", _MONTH),
    "studio-urge": Shape(("flow studio urge",), f"{_HERE}.desk:AGED", "cases"),
}
