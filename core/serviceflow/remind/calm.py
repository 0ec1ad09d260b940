"""Until when no job and no digest can be due: what a full run finds out, so that the next ones need load no plugin.

A row of ``shop_meta`` for each way a machine may see the shop: its settings, its plugins, the program's version. Any
change of these is another key, and finds nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from serviceflow import __version__
from serviceflow.plugin.find import find_plugins
from serviceflow.store.read import Reader

PREFIX: Final = "remind.calm."


def calm_key(read: Reader) -> str:
    """Return under which key this machine's next job or digest is kept."""
    facts = [
        __version__,
        [[f.key, f.version] for f in find_plugins()],
        [list(row.values()) for row in read.rows("SELECT key, version, enabled FROM plugin ORDER BY key")],
        [list(row.values()) for row in read.rows("SELECT key, scope, value FROM setting ORDER BY key, scope")],
    ]
    return PREFIX + hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()[:16]


def calm_until(meta: Mapping[str, str], key: str) -> datetime | None:
    """Return until when nothing but messages and timers can become due, ``None`` where no full run said so."""
    said = meta.get(key)
    return datetime.fromisoformat(said) if said is not None else None
