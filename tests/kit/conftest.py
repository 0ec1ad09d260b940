"""The kit is tested with a shop that has no trade."""

from __future__ import annotations

import pytest


@pytest.fixture
def industries() -> tuple[str, ...]:
    return ()
