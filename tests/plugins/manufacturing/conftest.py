"""A factory on both databases, spoken to in the trade's own words."""

from __future__ import annotations

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.testing.fixtures import Furnish
from serviceflow_manufacturing.rehearsal import STAFF, Rehearsal, staffed

from tests.plugins.conftest import staff_of, with_staff
from tests.plugins.walks import Walks, remembering


@pytest.fixture
def industries() -> tuple[str, ...]:
    return ("manufacturing",)


people = with_staff(staffed)


@pytest.fixture
def furnish() -> Furnish:
    return people


Factory = remembering(Rehearsal, "order_of", "pass_general", "distribute")


@pytest.fixture
def factory(shop: Shop, clock: SetClock, database: str, walks: Walks) -> Rehearsal:
    """A factory with the people, calendar and products of the scenarios."""
    made: Rehearsal = Factory(shop, clock, staff_of(shop, STAFF))
    walks.begin(made, database)
    return made
