"""Lengths of time in words."""

from __future__ import annotations

from datetime import timedelta

from serviceflow.texts import T


def span(length: timedelta) -> T:
    """Return a length of time in its largest unit, rounded down."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 60:
        return T("{n} min", zh="{n} 分钟").of(n=minutes)
    if minutes < 24 * 60:
        return T("{n} h", zh="{n} 小时").of(n=minutes // 60)
    return T("{n} d", zh="{n} 天").of(n=minutes // (24 * 60))
