"""Doing an action by its thin name: the same path, checks and answers as `flow do`."""

from __future__ import annotations

from collections.abc import Mapping

from serviceflow_cli.api import Seen, look_at
from serviceflow_cli.api import do as flow_do


def do(
    order: str, action: str, given: Mapping[str, str] | None = None, *, dry_run: bool = False, **fields: str | None
) -> None:
    """Do an action on an order; fields that were left empty are left out."""
    words = [f"{name}={value}" for name, value in {**(given or {}), **fields}.items() if value]
    flow_do(order, [action, *words], None, dry_run, None)


def seen(order: str) -> Seen:
    """Return the order meant."""
    return look_at(order)
