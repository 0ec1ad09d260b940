"""Is there room to write down what would be sent? Asked before anything is handed over."""

from __future__ import annotations

import shutil

from serviceflow.errors import StorageFault
from serviceflow.store.place import Place
from serviceflow.texts import T

ROOM = 64 * 1024 * 1024
"""Bytes that must be free on the disk of the database."""


def enough_room(place: Place) -> None:
    """Refuse to send where a result could perhaps not be stored.

    Raises:
        StorageFault: Less than 64 MB, or less than twice the write-ahead log, is free.
    """
    if place.path is None:
        return
    log = place.path.with_name(place.path.name + "-wal")
    need = max(ROOM, 2 * (log.stat().st_size if log.exists() else 0))
    free = shutil.disk_usage(place.path.parent).free
    if free < need:
        raise StorageFault(
            T(
                "Only {free} MB are free beside {file}; nothing is sent.",
                zh="{file} 所在磁盘仅剩 {free} MB, 暂不发送。",
            ).of(free=free // 2**20, file=place.path.name),
            T("Free at least {need} MB.", zh="请至少腾出 {need} MB。").of(need=need // 2**20 + 1),
            ref="remind.disk",
        )
