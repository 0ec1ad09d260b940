"""Complaints and product sales belong to the trade `care`: it listens to our events. Without a listener we say so."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Case, T


def tell(case: Case, event: str, what: T, **facts: Any) -> None:
    """Tell whoever listens; keep a line here, and a warning when nobody does."""
    if not case.shop.listeners(event):
        case.notes.warnings.append(
            T("{what}: kept here only, no plugin takes it", zh="{what}: 仅记录在此, 没有插件处理").of(what=what)
        )
    case.log(what.to("zh"), outcome=event)
    case.emit(event, **facts)
