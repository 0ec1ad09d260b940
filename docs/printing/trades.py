"""The trades that come with the program."""

from __future__ import annotations

from functools import cache

from serviceflow.flow.trade import Trade
from serviceflow.plugin.find import find_plugins
from serviceflow.plugin.load import Plugins

DISTRIBUTION = "serviceflow"


@cache
def built_in() -> tuple[Trade, ...]:
    """Return the trades of this distribution, A to Z; those of other packages have pages of their own."""
    ours = [found for found in find_plugins() if found.distribution == DISTRIBUTION]
    return tuple(Plugins(found=ours).all())
