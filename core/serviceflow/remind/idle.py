"""A run with nothing to do: found out on the read path, without SQLModel or a plugin.

Whatever is not surely nothing is left to a full run (`remind.run`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from serviceflow.remind.backlog import LIVE, TROUBLED, last_beat, next_moment, present, standing
from serviceflow.remind.calm import calm_key, calm_until
from serviceflow.remind.heartbeat import beat
from serviceflow.remind.report import Report
from serviceflow.remind.room import enough_room
from serviceflow.remind.settings import Channels
from serviceflow.remind.timer import BACKWARDS, LATE, LEASE_LONGEST, LOOKED, PAUSE
from serviceflow.store.read import Reader

_WORK: Final = f"""SELECT 1 AS n WHERE
    EXISTS (SELECT 1 FROM timer WHERE state = 'planned' AND due_at <= :now)
    OR EXISTS (SELECT 1 FROM signoff_request WHERE state = 'pending' AND expires_at < :now)
    OR EXISTS (SELECT 1 FROM message WHERE {TROUBLED} AND state = 'uncertain' AND next_at <= :now)
    OR EXISTS (SELECT 1 FROM message WHERE {LIVE} AND state IN ('claimed','sending')
               AND (lease_until <= :now OR lease_until > :never))
    OR EXISTS (SELECT 1 FROM message WHERE {LIVE} AND due_at <= :now AND (
        state = 'planned'
        OR (state = 'held' AND (held_until IS NULL OR held_until <= :now OR reason_ref = 'remind.plugin'))
        OR (state = 'retry' AND (next_at IS NULL OR next_at <= :now))
        OR (state IN ('pending','held','retry') AND expires_at < :now)
        OR (state = 'pending' AND attempts = 0 AND due_at > :late_then AND due_at <= :late_now)))"""  # noqa: S608
"""Messages that become late between two runs may be merged: that too is work."""
_READY: Final = f"SELECT DISTINCT channel FROM message WHERE {LIVE} AND due_at <= :now AND state = 'pending'"  # noqa: S608


def idle(read: Reader, channels: Channels) -> Report | None:
    """Write a sign of life and return the report when nothing is due; ``None`` when a full run must look.

    Raises:
        StorageFault: Too little room is left on the disk.
    """
    now = present(read)
    last = last_beat(read)
    if last is None or not -BACKWARDS <= now - last <= PAUSE or not _calm(read, now):
        return None
    if _news(read, channels) or _work(read, channels, now, last):
        return None
    enough_room(read.place)
    report = Report(standing=standing(read, channels.kind, now), next_at=next_moment(read, now))
    gap = max(0, int((now - last).total_seconds()))
    beat(read.place, now, {"gap": gap, **report.summary()})
    return report


def _calm(read: Reader, now: datetime) -> bool:
    """Return whether no job and no digest is due, and the file was looked at today."""
    until = calm_until(read.meta, calm_key(read))
    looked = not read.place.is_sqlite or read.meta.get(LOOKED) == now.astimezone(read.zone).date().isoformat()
    return looked and until is not None and now < until


def _news(read: Reader, channels: Channels) -> bool:
    """Return whether the other machines do not know yet what channels are set up here."""
    known = {row["channel"]: row["kind"] for row in read.rows("SELECT channel, kind FROM channel_state")}
    return any(known.get(name) != channels.kind(name) for name in channels.named)


def _work(read: Reader, channels: Channels, now: datetime, last: datetime) -> bool:
    moments = {"now": now, "never": now + 2 * LEASE_LONGEST, "late_now": now - LATE,
               "late_then": last - LATE - timedelta(seconds=1)}  # fmt: skip
    if read.value(_WORK, **moments) is not None:
        return True
    return any(channels.kind(row["channel"] or "") != "hand" for row in read.rows(_READY, now=now))
