"""Ways to a step that many tests of a file begin with: walked twice, from then on copied with the shop they led to."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from serviceflow.app import Shop
from serviceflow.store.tables import Operation
from serviceflow.store.write import table_of
from serviceflow.testing.postgres import Server
from sqlalchemy import func, select

APART = ("shop", "clock", "ids", "walks", "trail")
"""What a rehearsal holds that is its own and no memory."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a walk led: a copy of the shop, the rehearsal's memory and what the walk returned."""

    copy: str
    now: datetime
    staff_id: int | None
    memory: dict[str, Any]
    result: Any


class Walks:
    """The walks of one test file."""

    def __init__(self, postgres: Callable[[], Server], folder: Path) -> None:
        self._postgres = postgres
        self._folder = folder
        self._seen: set[Any] = set()
        self._kept: dict[Any, Kept] = {}

    def begin(self, centre: Any, origin: str) -> None:
        """Remember from here on what a rehearsal does; shops of the same origin are alike."""
        centre.walks, centre.trail = self, (origin, _operations(centre.shop))

    def go(self, centre: Any, name: str, walk: Callable[[], Any], given: Any) -> Any:
        """Walk, or copy where the same walk led from the same state."""
        before, operations = centre.trail
        if operations != _operations(centre.shop):  # somebody did something else meanwhile
            return walk()
        shop = centre.shop
        key = (before, centre.clock.now(), shop.staff_id, getattr(centre, "pace", ""), name, repr(given))
        kept = self._kept.get(key)
        if kept is not None and self._restored(shop, kept.copy):
            centre.clock.set(kept.now)
            shop.staff_id = kept.staff_id
            for cached in ("settings", "zone"):
                shop.__dict__.pop(cached, None)
            vars(centre).update({name: copy(value) for name, value in kept.memory.items()})
            result = kept.result
        else:
            result = walk()
            if key in self._seen and kept is None and (saved := self._saved(shop)):
                memory = {name: copy(value) for name, value in vars(centre).items() if name not in APART}
                self._kept[key] = Kept(saved, centre.clock.now(), shop.staff_id, memory, result)
            self._seen.add(key)
        centre.trail = (key, _operations(shop))
        return result

    def _saved(self, shop: Shop) -> str:
        """Return the copy of a shop; nothing where somebody else has it open too."""
        file = _file(shop)
        if file is None:
            return self._postgres().create(_database(shop))
        if not file:
            return ""
        saved = self._folder / f"{len(self._kept)}.db"
        shutil.copyfile(file, saved)
        return str(saved)

    def _restored(self, shop: Shop, saved: str) -> bool:
        file = _file(shop)
        if file is None:
            name = _database(shop)
            self._postgres().drop(name)
            self._postgres().create(saved, name)
        elif file:
            shutil.copyfile(saved, file)
        return file != ""

    def forget(self) -> None:
        """Delete the copies of databases; those of files go with their folder."""
        for kept in self._kept.values():
            if "/" not in kept.copy:
                self._postgres().drop(kept.copy)


def remembered(walk: Callable[..., Any]) -> Callable[..., Any]:
    """Let a walk, whose first argument is a rehearsal, be copied where it has been gone before."""

    @wraps(walk)
    def go(centre: Any, *args: Any, **named: Any) -> Any:
        walks = getattr(centre, "walks", None)
        if walks is None:
            return walk(centre, *args, **named)
        return walks.go(centre, walk.__qualname__, lambda: walk(centre, *args, **named), (args, sorted(named.items())))

    return go


def remembering(kind: type, *walks: str) -> type:
    """Return a class of rehearsals some of whose walks are remembered."""
    return type(kind.__name__, (kind,), {name: remembered(getattr(kind, name)) for name in walks})


def _operations(shop: Shop) -> int:
    with shop.reading() as tx:
        return int(tx.scalar(select(func.max(table_of(Operation).c.id))))


def _file(shop: Shop) -> Path | str | None:
    """Return the closed file of a shop, nothing said (``""``) of one that is still open elsewhere, None of a server."""
    shop.engine.dispose()
    file = shop.place.path
    return "" if file is not None and Path(f"{file}-wal").exists() else file


def _database(shop: Shop) -> str:
    assert shop.place.url is not None
    return urlsplit(shop.place.url).path.removeprefix("/")
