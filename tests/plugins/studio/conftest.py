"""A studio on both databases, spoken to in the trade's own words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.store.place import Place
from serviceflow_studio.rehearsal import Rehearsal, staffed


@pytest.fixture
def studio(place: Place, clock: SetClock) -> Iterator[Rehearsal]:
    """A studio with the catalogue `studio-demo` and one member of staff for each role."""
    shop = Shop.open(place, staff="xiaomei", clock=clock)
    yield staffed(shop, clock)
    shop.close()
