"""Every kind of file the branch takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from serviceflow_brokerage.feed.contacts import Events, Referrals
from serviceflow_brokerage.feed.load import Loader
from serviceflow_brokerage.feed.rows import Accounts, Clients, Products, Regions
from serviceflow_brokerage.feed.snapshots import Snapshots

KINDS: Final[Mapping[str, Callable[[], Loader]]] = {
    "regions": Regions,
    "products": Products,
    "clients": Clients,
    "accounts": Accounts,
    "snapshots": Snapshots,
    "referrals": Referrals,
    "events": Events,
}
"""In the order in which they build on each other."""
