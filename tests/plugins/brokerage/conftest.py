"""A branch on both databases, spoken to in the trade's own words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.store.place import Place
from serviceflow_brokerage.rehearsal import Branch, staffed


@pytest.fixture
def industries() -> tuple[str, ...]:
    return ("brokerage",)


@pytest.fixture
def branch(place: Place, clock: SetClock) -> Iterator[Branch]:
    """A branch with the shipped rules and one member of staff for each role, two for some."""
    shop = Shop.open(place, staff="xiaomei", clock=clock)
    yield staffed(shop, clock)
    shop.close()
