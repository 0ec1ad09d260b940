"""A branch on both databases, spoken to in the trade's own words."""

from __future__ import annotations

import pytest
from serviceflow.app import Shop
from serviceflow.clock import SetClock
from serviceflow.testing.fixtures import Furnish
from serviceflow_brokerage.rehearsal import STAFF, Branch, staffed

from tests.plugins.conftest import staff_of, with_staff
from tests.plugins.walks import Walks


@pytest.fixture
def industries() -> tuple[str, ...]:
    return ("brokerage",)


people = with_staff(staffed)


@pytest.fixture
def furnish() -> Furnish:
    return people


@pytest.fixture
def branch(shop: Shop, clock: SetClock, database: str, walks: Walks) -> Branch:
    """A branch with the shipped rules and one member of staff for each role, two for some."""
    made = Branch(shop, clock, staff_of(shop, STAFF))
    walks.begin(made, database)
    return made
