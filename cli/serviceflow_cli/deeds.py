"""Thin names for `flow do` and `flow new`: the same path, checks and answers, for the commands of a trade."""

from __future__ import annotations

from collections.abc import Mapping

from serviceflow_cli.commands.do import do as flow_do
from serviceflow_cli.commands.new import new as flow_new


def do_action(order: str, action: str, fields: Mapping[str, str | None], *, dry_run: bool = False) -> None:
    """Do an action on an order, which is named as `flow do` takes it; empty fields are left out."""
    flow_do(order, [action, *_words(fields)], None, dry_run, None)


def open_new(flow: str, customer: str, fields: Mapping[str, str | None], *, start: str | None = None) -> None:
    """Open an order for a customer, who is named as `flow new` takes them; empty fields are left out."""
    flow_new(flow, [*([customer] if customer else []), *_words(fields)], start)


def _words(fields: Mapping[str, str | None]) -> list[str]:
    return [f"{name}={value}" for name, value in fields.items() if value]
