"""The schema stamp: tells in microseconds whether program and database fit. Imports nothing heavy.

Row ``schema`` of ``shop_meta`` holds the core's revision and the version of the program that wrote it.
"""

from __future__ import annotations

from serviceflow import __version__
from serviceflow.errors import SchemaMismatch
from serviceflow.texts import T, plain

SCHEMA = "0001"
"""The core's newest revision; a test holds it equal to the newest file in ``serviceflow/migrations``."""


def stamp() -> str:
    """Return what an upgrade by this program writes."""
    return f"{SCHEMA} {__version__}"


def check_stamp(value: str) -> None:
    """Agree when the database has this program's schema.

    Raises:
        SchemaMismatch: It is newer (names the version needed) or older (names the command that upgrades it).
    """
    revision, _, version = value.partition(" ")
    if revision == SCHEMA:
        return
    if revision > SCHEMA:
        raise SchemaMismatch(
            T(
                "The shop's database needs serviceflow {needed} or newer; this is {here}.",
                zh="店铺数据库需要 serviceflow {needed} 或更新版, 现为 {here}。",
            ).of(needed=version, here=__version__),
            plain(f'pip install --upgrade "serviceflow>={version}"'),
            ref="schema.newer",
        )
    raise SchemaMismatch(
        T(
            "The shop's database is of serviceflow {there}; this program needs it upgraded (a backup is made first).",
            zh="店铺数据库为 serviceflow {there} 版, 需先升级(会自动备份)。",
        ).of(there=version),
        plain("flow db upgrade"),
        ref="schema.older",
    )
