"""``settings.md``: every setting with kind, range and default."""

from __future__ import annotations

import json
from collections.abc import Iterable

from serviceflow.money import format_money
from serviceflow.settings import CORE_SETTINGS, Setting

from printing.markdown import code, page, table
from printing.trades import built_in


def print_page() -> str:
    """Return the page."""
    trades = [
        f"## {trade.title.en} (`{trade.key}`)\n\n{_rows(trade.settings)}" for trade in built_in() if trade.settings
    ]
    return page(
        "Settings",
        "`flow settings` shows them with the values in force, `flow settings set KEY VALUE` changes one, after checking"
        " it. Money is shown in yuan and stored in fen. Times are local to the shop, `HH:MM`.",
        f"## Core\n\n{_rows(CORE_SETTINGS)}",
        *trades,
    )


def _rows(settings: Iterable[Setting]) -> str:
    return table(
        ("Key", "Kind", "Default", "Range", "Meaning", "含义"),
        [(code(s.key), s.kind, code(_shown(s)), _range(s), s.title.to("en"), s.title.to("zh")) for s in settings],
    )


def _shown(setting: Setting) -> str:
    value = setting.default
    if setting.kind == "money":
        return format_money(value)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "(none)"
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _range(setting: Setting) -> str:
    if setting.choices:
        return ", ".join(map(code, setting.choices))
    if setting.kind not in ("int", "percent", "money", "ints"):
        return ""
    shown = format_money if setting.kind == "money" else str
    usual = Setting.__dataclass_fields__["most"].default
    return (
        f"{shown(setting.least)} or more"
        if setting.most == usual
        else f"{shown(setting.least)} to {shown(setting.most)}"
    )
