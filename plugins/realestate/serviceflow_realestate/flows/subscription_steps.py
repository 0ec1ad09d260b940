"""Steps of a subscription by what may happen in them. Source: realestate.md section 4.6."""

from __future__ import annotations

from typing import Any

from serviceflow.api import Step, T

UNPAID = ("unit-check", "drafting", "customer-sign", "manager-review", "deposit")
SIGNING = ("awaiting-signing", "overdue")
PAID = ("seal", "control-update", "briefing", *SIGNING)


def step(
    key: str, en: str, zh: str, role: str, limit: Any, *entry: Any, path: bool = True, hint: T | None = None
) -> Step:
    """Return a step of the subscription; on the main way unless ``path`` says otherwise."""
    return Step(key, T(en, zh=zh), role, limit=limit, entry=entry, on_path=path, hint=hint)
