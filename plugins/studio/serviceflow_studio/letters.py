"""Letters: when one leaves by the printer, its paper is drawn up and somebody posts it. Source: studio.md section 7."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serviceflow.api import Case, T, instant_of

from serviceflow_studio.roles import SERVICE

PRINT = "print"


def post(case: Case, sent: Mapping[str, Any]) -> None:
    """Draw up the letter and have it posted the same day."""
    if case.trade.key != "studio" or sent["channel"] != PRINT:
        return
    case.issue("letter", sent)
    due = instant_of(case.today, case.clock_time("studio.day.task_due"), case.zone)
    case.add_task(
        "post-letter",
        T("Post the letter to {name}", zh="寄出致{name}的信").of(name=sent["name"]),
        who=SERVICE,
        due=max(due, case.now),
        stays=True,
    )


def letter(case: Case, sent: Any) -> dict[str, Any]:
    """Return name, address and words of a letter."""
    return {"name": sent["name"], "address": sent["recipient"], "words": sent["words"]}
