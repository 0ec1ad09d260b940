"""Complaints belong to the trade `care`: whoever keeps them listens to the event. Without a listener we say so."""

from __future__ import annotations

from serviceflow.api import Case, T

EVENT = "complaint.wanted"


def complain(case: Case, category: str, *, about: str) -> None:
    """Ask for a complaint about this order."""
    if not case.shop.listeners(EVENT):
        case.notes.warnings.append(
            T(
                "complaint ({category}) is kept here only: no plugin takes complaints",
                zh="投诉({category})仅记录在此: 没有处理投诉的插件",
            ).of(category=category)
        )
    case.log(f"{category}: {about}", outcome="complaint")
    case.emit(EVENT, category=category, about=about)
