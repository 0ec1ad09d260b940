"""Tells in two milliseconds whether the shop's catalogue was written by the plugins that are installed here.

Row ``catalogue.KEY`` of ``shop_meta`` holds the version of the distribution that wrote it. Only a newer one makes the
catalogue stale: machines that share a database and are upgraded one after the other would else take turns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from serviceflow.plugin.find import Found, find_plugins

PREFIX = "catalogue."


def behind(meta: Mapping[str, str], found: Iterable[Found] | None = None) -> list[str]:
    """Return the plugins that were upgraded here since the catalogue was written.

    Args:
        meta: Rows of ``shop_meta`` by key.
        found: Installed plugins; looked up when left out.
    """
    written = {key[len(PREFIX) :]: version for key, version in meta.items() if key.startswith(PREFIX)}
    if not written:
        return []
    return [
        plugin.key
        for plugin in (find_plugins() if found is None else found)
        if plugin.key in written and _parts(plugin.version) > _parts(written[plugin.key])
    ]


def _parts(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]
