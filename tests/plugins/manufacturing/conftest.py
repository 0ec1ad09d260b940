"""A factory on both databases, spoken to in the trade's own words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.store.place import Place
from serviceflow_manufacturing.rehearsal import Rehearsal, staffed


@pytest.fixture
def industries() -> tuple[str, ...]:
    return ("manufacturing",)


@pytest.fixture
def factory(place: Place, clock: SetClock) -> Iterator[Rehearsal]:
    """A factory with the people, calendar and products of the scenarios."""
    shop = Shop.open(place, staff="xiaomei", clock=clock)
    yield staffed(shop, clock)
    shop.close()
