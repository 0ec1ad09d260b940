"""Which plugins are installed, found without importing any of them.

A plugin is an entry point of group ``serviceflow.plugins``: its name is the trade's key, its value the module
that holds ``trade``. The files are read here rather than by `importlib.metadata`, whose import alone costs 40 ms
where this takes 2; light commands that list trades can afford it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

GROUP = "serviceflow.plugins"


@dataclass(frozen=True, slots=True)
class Found:
    """One installed plugin.

    Args:
        key: Name of its entry point; the trade in it must have the same key.
        module: Module that holds ``trade``.
        distribution: Installed distribution it comes from.
        version: Version of that distribution.
    """

    key: str
    module: str
    distribution: str
    version: str


def find_plugins(path: Sequence[str] | None = None) -> list[Found]:
    """Return the installed plugins by key; one key from two distributions appears twice, the winner first.

    Args:
        path: Folders to look in; the import path when left out. As with imports, the first folder wins.
    """
    seen: set[str] = set()
    found: list[Found] = []
    for folder in sys.path if path is None else path:
        for info in _infos(folder or os.curdir):
            name, version = _name_and_version(info.name)
            if name not in seen:
                seen.add(name)
                found += [Found(key, module, name, version) for key, module in _entry_points(info.path)]
    return sorted(found, key=lambda f: f.key)


def _infos(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from sorted(
                (e for e in entries if e.name.endswith((".dist-info", ".egg-info"))), key=lambda e: e.name
            )
    except OSError:
        return


def _name_and_version(info: str) -> tuple[str, str]:
    name, _, version = info.rpartition(".")[0].partition("-")
    return name.replace("_", "-").lower(), version.partition("-")[0]


def _entry_points(info: str) -> Iterator[tuple[str, str]]:
    try:
        with open(os.path.join(info, "entry_points.txt"), encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return
    if GROUP not in text:
        return
    section = ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("["):
            section = line.strip("[]").strip()
        elif section == GROUP and "=" in line and not line.startswith(("#", ";")):
            key, _, value = line.partition("=")
            yield key.strip(), value.partition("[")[0].strip()
