"""The facts of a document as they are kept: JSON, with texts in both languages and moments in the shop's zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from serviceflow.flow.document import Hidden
from serviceflow.texts import LANGUAGES, T


def snapshot(value: Any, zone: ZoneInfo) -> Any:
    """Return a fact as it is kept: a `T` per language, an instant as the shop's clock showed it."""
    if isinstance(value, T):
        return {code: value.to(code) for code in LANGUAGES}
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): snapshot(inner, zone) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [snapshot(inner, zone) for inner in value]
    return value


def spoken(value: Any, language: str) -> Any:
    """Return kept facts in one language."""
    if isinstance(value, dict):
        if value.keys() == set(LANGUAGES):
            return value[language]
        return {key: spoken(inner, language) for key, inner in value.items()}
    if isinstance(value, list):
        return [spoken(inner, language) for inner in value]
    return value


def hidden(facts: dict[str, Any], masks: Mapping[str, Hidden]) -> dict[str, Any]:
    """Return facts for somebody outside: those named (``lines.name`` in lists) are shortened."""
    return {key: _hide(value, key, masks) for key, value in facts.items()}


def _hide(value: Any, path: str, masks: Mapping[str, Hidden]) -> Any:
    if isinstance(value, list):
        return [_hide(inner, path, masks) for inner in value]
    if isinstance(value, dict):
        return {key: _hide(inner, f"{path}.{key}", masks) for key, inner in value.items()}
    return shortened(value, masks[path]) if path in masks and isinstance(value, str) else value


def shortened(value: str, kind: Hidden) -> str:
    """Return personal data as an outsider may see it: ``陈*``, ``138****0001``, ``****4417``."""
    if not value:
        return value
    if kind == "name":
        return "/".join(f"{part.strip()[:1]}*" for part in value.split("/"))
    if kind == "phone":
        bare = value[3:] if value.startswith("+861") and len(value) == 14 else value
        return f"{bare[:3]}****{bare[-4:]}" if len(bare) >= 8 else "****"
    return f"****{value[-4:]}"
