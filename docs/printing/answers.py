"""Every published answer: those of the core's commands, and of the commands of the trades that declare theirs."""

from __future__ import annotations

import importlib
import importlib.util

from serviceflow_cli.published import SHAPES
from serviceflow_cli.schemas import Change, Shape

from printing.trades import built_in


def published() -> dict[str, Shape | Change]:
    """Return the answers by the name of their schema's file; a trade's stand in ``answers`` beside its commands."""
    found = dict(SHAPES)
    for trade in built_in():
        module = f"{(trade.commands or '').partition(':')[0]}.answers"
        if trade.commands and importlib.util.find_spec(module) is not None:
            found |= importlib.import_module(module).ANSWERS
    return found
