"""A shop of this trade on each database; `shop` and `clock` are serviceflow's own fixtures."""

from __future__ import annotations

import pytest
from serviceflow.api import Shop, add_customer

pytest_plugins = ["serviceflow.testing.fixtures"]


@pytest.fixture
def industries() -> tuple[str, ...]:
    """The plugins the shop uses."""
    return ("sprout",)


@pytest.fixture
def guest(shop: Shop) -> int:
    """A customer who can be reached."""
    with shop.write("customer add") as tx:
        made = add_customer(tx, name="李娜", phones=["13800000001"])
    assert made.id is not None
    return made.id
