"""Requirement 7: the texts of the trades in this tree, as a shop without a provider has them."""

from __future__ import annotations

import pytest
from serviceflow.app import Shop
from serviceflow.remind.check import check


@pytest.fixture
def industries() -> None:
    """Every trade there is."""
    return


@pytest.mark.parametrize("database", ["sqlite"])
def test_no_text_would_fail(database: str, shop: Shop) -> None:
    assert database == "sqlite"
    assert len(shop.plugins.all()) >= 1
    assert check(shop) == []
