"""Doing an action by its thin name: the same path, checks and answers as `flow do`."""

from __future__ import annotations

from typing import Any

from serviceflow_cli.commands.do import do as flow_do
from serviceflow_cli.orders import Seen, look_at


def do(order: str, action: str, *, dry_run: bool = False, **fields: Any) -> None:
    """Do an action on an order; fields that were not given are left out."""
    words = [f"{name}={value}" for name, value in fields.items() if value not in (None, "", False)]
    flow_do(order, [action, *words], None, dry_run, None)


def seen(order: str) -> Seen:
    """Return the order meant."""
    return look_at(order)
