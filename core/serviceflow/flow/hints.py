"""Talking points of steps as the catalogue keeps them: numbers that are settings are filled without loading a trade."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from serviceflow.settings import Setting

_FACT: Final = re.compile(r"\{(\w+)\}")
_SETTING: Final = re.compile(r"\{([\w.-]+)=([^{}]*)\}")
_PLAIN: Final = ("int", "percent", "time", "text")


def kept_hint(text: str, settings: Iterable[Setting]) -> str:
    """Return a hint with each ``{fact}`` that is a setting of the trade as ``{key=default}``.

    A fact is a setting where exactly one key of a plain kind ends with its name.
    """
    ending: dict[str, list[Setting]] = {}
    for setting in settings:
        if setting.kind in _PLAIN:
            ending.setdefault(setting.key.rpartition(".")[2], []).append(setting)

    def named(match: re.Match[str]) -> str:
        found = ending.get(match[1], [])
        return f"{{{found[0].key}={found[0].default}}}" if len(found) == 1 else match[0]

    return _FACT.sub(named, text)


def settings_of(hint: str) -> list[str]:
    """Return the keys of the settings a kept hint names."""
    return [match[1] for match in _SETTING.finditer(hint)]


def filled_hint(hint: str, own: Mapping[str, Any]) -> str:
    """Return a kept hint with the shop's own values or the defaults; empty where only the order knows a fact."""
    text = _SETTING.sub(lambda match: str(own.get(match[1], match[2])), hint)
    return "" if _FACT.search(text) else text
