"""A studio on both databases, spoken to in the trade's own words."""

from __future__ import annotations

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.testing.fixtures import Furnish
from serviceflow_studio.rehearsal import STAFF, Rehearsal, staffed

from tests.plugins.conftest import staff_of, with_staff
from tests.plugins.walks import Walks, remembering


@pytest.fixture
def industries() -> tuple[str, ...]:
    return ("studio",)


people = with_staff(staffed)


@pytest.fixture
def furnish() -> Furnish:
    return people


Studio = remembering(Rehearsal, "at_payment", "booked", "to_the_camera")


@pytest.fixture
def studio(shop: Shop, clock: SetClock, database: str, walks: Walks) -> Rehearsal:
    """A studio with the catalogue `studio-demo` and one member of staff for each role."""
    made: Rehearsal = Studio(shop, clock, staff_of(shop, STAFF))
    walks.begin(made, database)
    return made
