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
def empty_centre(place: Place, clock: SetClock) -> Iterator[Rehearsal]:
    """A sales centre with its staff and nothing to sell."""
    shop = Shop.open(place, staff="xiaomei", clock=clock)
    yield staffed(shop, clock)
    shop.close()


@pytest.fixture
def centre(empty_centre: Rehearsal) -> Rehearsal:
    """The sales centre of 翠湖湾: permit of 2026-02-01, four units released on 2026-02-10 at 10:00."""
    emerald_bay(empty_centre)
    return empty_centre


PACES = ["each", "daily", "never"]
"""Cron at each due moment, daily at noon, or only where the test says so."""


@pytest.fixture(params=PACES)
def paced(centre: Rehearsal, request: pytest.FixtureRequest) -> Rehearsal:
    """The same, with cron at a pace."""
    centre.pace = request.param
    return centre


@pytest.fixture(params=PACES)
def january(empty_centre: Rehearsal, request: pytest.FixtureRequest) -> Rehearsal:
    """The same a month earlier, since A10 signs on 2026-01-31, before the permit of the fixture."""
    emerald_bay(empty_centre, "2026-01-01", "2026-01-10 10:00")
    empty_centre.pace = request.param
    return empty_centre
