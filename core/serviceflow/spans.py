"""Lengths of time in words."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from serviceflow.errors import BadInput
from serviceflow.texts import T, plain

UNITS: Final = {"m": 1, "h": 60, "d": 24 * 60}
"""Minutes of each unit that may be typed."""


def span(length: timedelta) -> T:
    """Return a length of time in its largest unit, rounded down."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 60:
        return T("{n} min", zh="{n} 分钟").of(n=minutes)
    if minutes < 24 * 60:
        return T("{n} h", zh="{n} 小时").of(n=minutes // 60)
    return T("{n} d", zh="{n} 天").of(n=minutes // (24 * 60))


def span_of(typed: str) -> timedelta:
    """Return the length of time typed as ``15m``, ``2h`` or ``1d``; a bare number is minutes.

    Raises:
        BadInput: It is none, or nothing.
    """
    found = re.fullmatch(r"0*([1-9]\d{0,5})([mhd]?)", typed.strip().lower())
    if found is None:
        raise BadInput(
            T("“{typed}” is no length of time.", zh="“{typed}”不是时长。").of(typed=typed), plain("15m · 2h · 1d"),
            ref="span",
        )  # fmt: skip
    return timedelta(minutes=int(found[1]) * UNITS[found[2] or "m"])
