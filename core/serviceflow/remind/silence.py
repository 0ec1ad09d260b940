"""A timer that has stopped is told by the next command of anyone: needs neither SQLModel nor a plugin."""

from __future__ import annotations

from datetime import datetime, timedelta

from serviceflow.remind.backlog import last_beat
from serviceflow.remind.timer import BACKWARDS, SILENT
from serviceflow.spans import span
from serviceflow.store.read import Reader
from serviceflow.texts import T


def silence(read: Reader) -> T | None:
    """Return the warning that reminders have stopped; a shop in which they never ran has none."""
    return silence_since(last_beat(read, read.now + BACKWARDS), read.now)


def silence_since(beat: datetime | None, now: datetime) -> T | None:
    """Return the warning for a last sign of life at ``beat``, ``None`` while no more than two runs are missing."""
    silent = now - beat if beat is not None else timedelta()
    if silent <= SILENT:
        return None
    return T("Reminders have stood still for {span}", zh="提醒已停 {span}").of(span=span(silent))
