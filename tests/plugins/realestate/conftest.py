"""A sales centre on both databases, spoken to in the trade's own words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.store.place import Place
from serviceflow_realestate.rehearsal import Rehearsal, emerald_bay, staffed


@pytest.fixture
def industries() -> tuple[str, ...]:
    return ("realestate",)


@pytest.fixture
def centre(place: Place, clock: SetClock) -> Iterator[Rehearsal]:
    """The sales centre of 翠湖湾: permit of 2026-02-01, four units released on 2026-02-10 at 10:00."""
    shop = Shop.open(place, staff="xiaomei", clock=clock)
    made = staffed(shop, clock)
    emerald_bay(made)
    yield made
    shop.close()
